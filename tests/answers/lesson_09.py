"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl

norm = np.linalg.norm


def made_of(change):
    """A gradient that comes out of x, y, H, D and the weight in another way."""
    return lambda x, y, psf, weight: change(x, y, dl.Blur(psf, y.shape), dl.Gradient(), weight)


def in_spectra(x, y, psf, weight):
    h, d = dl.psf_to_otf(psf, y.shape), dl.gradient_power(y.shape)
    X, Y = np.fft.rfft2(x), np.fft.rfft2(y)
    return np.fft.irfft2(h.conj() * (h * X - Y) + weight * d * X, s=y.shape)


def summed(H, step, k):
    """Start, and what each iteration adds, one after the other."""
    gain = np.ones_like(H)
    for _ in range(k):
        gain = gain - step * H.conj() * (H * gain - 1)
    return gain


def left(H, step, k):
    return (1 - step * abs(H) ** 2) ** k


def descend(f, x, step):
    enough = 1e-3 * norm(f.gradient(x))
    while norm(f.gradient(x)) > enough:
        x = x - step * f.gradient(x)
    return x


def descend_with_the_package(f, x, step):
    enough = np.sum(f.gradient(x) ** 2) / 1e6
    return next(it.x for it in dl.gradient_descent(f, x, step=step) if np.sum(f.gradient(it.x) ** 2) <= enough)


def as_given(f, x, step):
    while True:
        new = x - step * f.gradient(x)
        if f(x) - f(new) < 1e-3 * f(new):
            return new
        x = new


def one_further(f, x, step):
    x = descend(f, x, step)
    return x - step * f.gradient(x)


def one_before(f, x, step):
    enough, before = 1e-3 * norm(f.gradient(x)), x
    while norm(f.gradient(x)) > enough:
        before, x = x, x - step * f.gradient(x)
    return before


def squared(f, x, step):
    enough = 1e-3 * np.sum(f.gradient(x) ** 2)
    while np.sum(f.gradient(x) ** 2) > enough:
        x = x - step * f.gradient(x)
    return x


def absolute(f, x, step):
    while norm(f.gradient(x)) > 1e-3:
        x = x - step * f.gradient(x)
    return x


ANSWERS = {
    "09-arrive-by-hand": {
        "right": [49, np.ceil(np.log(0.05) / np.log(0.94))],
        "wrong": {
            "a little more than 5 %": 48,
            "Iterations are whole": 48.415,
            "You left out the step": 74,
            "h is squared": 9,
            "stands there once": 32,
            "you left 95 %": 1,
            "not of the whole": 16,
            "still missing, and": 15.83,
            "one iteration leaves": 0.94,
        },
    },
    "09-write-the-gradient": {
        "right": [made_of(lambda x, y, H, D, w: H.T @ (H @ x - y) + w * (D.T @ (D @ x))), in_spectra],
        "wrong": {
            "You blurred the misses with H": made_of(lambda x, y, H, D, w: H @ (H @ x - y) + w * (D.T @ (D @ x))),
            "The misses stay where they are": made_of(lambda x, y, H, D, w: H @ x - y + w * (D.T @ (D @ x))),
            "The second term is missing": made_of(lambda x, y, H, D, w: H.T @ (H @ x - y)),
            "The weight is missing": made_of(lambda x, y, H, D, w: H.T @ (H @ x - y) + D.T @ (D @ x)),
            "make the picture rougher": made_of(lambda x, y, H, D, w: H.T @ (H @ x - y) - w * (D.T @ (D @ x))),
            "sign is the wrong way": made_of(lambda x, y, H, D, w: H.T @ (y - H @ x) - w * (D.T @ (D @ x))),
            "penalty identity": made_of(lambda x, y, H, D, w: H.T @ (H @ x - y) + w * x),
            "twice too large": made_of(lambda x, y, H, D, w: 2 * (H.T @ (H @ x - y) + w * (D.T @ (D @ x)))),
        },
    },
    "09-start-at-y": {
        "right": [lambda H, step, k: left(H, step, k) + (1 - left(H, step, k)) / H, summed],
        "wrong": {
            "starts from black": lambda H, step, k: (1 - left(H, step, k)) / H,
            "where the walk ends": lambda H, step, k: 1 / H,
            "brought a part already": lambda H, step, k: 1 + (1 - left(H, step, k)) / H,
            "were exchanged": lambda H, step, k: 1 / H + (1 - left(H, step, k)) * (1 - 1 / H),
            "H is complex": lambda H, step, k: 1 / H + (1 - step * H**2) ** k * (1 - 1 / H),
            "step is missing": lambda H, step, k: 1 / H + left(H, 1, k) * (1 - 1 / H),
            "one iteration too many": lambda H, step, k: summed(H, step, k + 1),
            "The phases of H": lambda H, step, k: 1 / abs(H) + left(H, step, k) * (1 - 1 / abs(H)),
        },
    },
    "09-mend-the-stop": {
        "right": [descend, descend_with_the_package],
        "wrong": {
            "which a short step makes it do anywhere": as_given,
            "It has not moved": lambda f, x, step: x,
            "too late": one_further,
            "too soon": one_before,
            "a gradient of 0.001": absolute,
            "squares of lengths": squared,
            "something beside it": lambda f, x, step: (descend(f, x, step), 5),
        },
    },
}  # fmt: skip

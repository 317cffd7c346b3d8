"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np
from scipy import ndimage
from scipy.fft import dctn, idctn

import deconvlab as dl


def by_arrow(slopes, by):
    length = np.hypot(*slopes)
    return slopes * np.maximum(length - by, 0) / np.maximum(length, by)


def as_complex(slopes, by):
    arrows = slopes[0] + 1j * slopes[1]
    short = np.exp(1j * np.angle(arrows)) * np.clip(abs(arrows) - by, 0, None)
    return np.stack([short.real, short.imag])


def by_number(slopes, by):
    return np.sign(slopes) * np.maximum(abs(slopes) - by, 0)


def shortened(factor):
    def shorten(slopes, by):
        with np.errstate(all="ignore"):
            return slopes * factor(np.hypot(*slopes), by)

    return shorten


def probing(draw, epsilon=0.001):
    def kept(restore, y, seed):
        probe = draw(np.random.default_rng(seed), y.shape)
        return np.mean(probe * (restore(y + epsilon * probe) - restore(y))) / epsilon

    return kept


signs = probing(lambda rng, shape: rng.choice([-1, 1], shape))


def forgetful(restore, y, seed):
    probe = np.random.default_rng(seed).choice([-1, 1], y.shape)
    return np.mean(restore(y + 0.001 * probe) - restore(y)) / 0.001


def one_pixel(restore, y, seed):
    probe = np.zeros(y.shape)
    probe[60, 70] = 0.001
    return (restore(y + probe) - restore(y))[60, 70] / 0.001


def cosines(image, sigma, size=8, hop=2):
    """Blocks of cosines, the weak ones set to 0, averaged over shifts."""
    padded = np.pad(image, [(size, size + -n % size) for n in image.shape], mode="reflect")
    total, shifts = np.zeros_like(padded), [(i, j) for i in range(0, size, hop) for j in range(0, size, hop)]
    for shift in shifts:
        moved = np.roll(padded, shift, (0, 1))
        blocks = moved.reshape(moved.shape[0] // size, size, -1, size)
        waves = dctn(blocks, axes=(1, 3), norm="ortho")
        strong = abs(waves) > 2.7 * sigma
        strong[:, 0, :, 0] = True
        moved = idctn(waves * strong, axes=(1, 3), norm="ortho").reshape(moved.shape)
        total += np.roll(moved, [-n for n in shift], (0, 1))
    return total[size : size + image.shape[0], size : size + image.shape[1]] / len(shifts)


def half_and_half(image, sigma):
    return (cosines(image, sigma, hop=4) + cosines(image, sigma, size=4)) / 2


ANSWERS = {
    "12-height-of-a-jump": {
        "right": [0.8, 1 - 2 * 0.5 / 5],
        "wrong": {"both sides move": 0.9, "That is a": 0.1, "all of its height": 1, "how many pixels": 0.6,
                  "That is the weight": 0.5, "how much is left": 0.2, "jump is gone": 0},
    },
    "12-shorten-the-slopes": {
        "right": [by_arrow, as_complex],
        "wrong": {
            "each by itself": by_number,
            "Long arrows kept": shortened(lambda length, by: length > by),
            "turned round": shortened(lambda length, by: 1 - by / length),
            "what is cut off": lambda slopes, by: slopes - by_arrow(slopes, by),
            "a division by 0": shortened(lambda length, by: np.maximum(length - by, 0) / length),
            "where do the arrows point": lambda slopes, by: np.array(2 * [np.maximum(np.hypot(*slopes) - by, 0)]),
            "not a share": lambda slopes, by: slopes * (1 - by),
            "The square of the length": shortened(lambda length, by: np.maximum(1 - by / length**2, 0)),
            "lost its sign": lambda slopes, by: abs(by_arrow(slopes, by)),
        },
    },
    "12-mend-the-probe": {
        "right": [signs, probing(lambda rng, shape: rng.standard_normal(shape), 1e-4)],
        "wrong": {
            "All of it": probing(lambda rng, shape: np.ones(shape)),
            "take their mean": lambda restore, y, seed: y.size * signs(restore, y, seed),
            "divide by its size": lambda restore, y, seed: signs(restore, y, seed) / 1000,
            "signs cancel": forgetful,
            "A chessboard": probing(lambda rng, shape: (-1.0) ** np.add.outer(*map(np.arange, shape))),
            "probe * probe": probing(lambda rng, shape: rng.uniform(-1, 1, shape)),
            "as often as up": probing(lambda rng, shape: rng.integers(0, 2, shape)),
            "mean of your probe": probing(lambda rng, shape: rng.random(shape)),
            "ask all pixels": one_pixel,
            "what was subtracted from what": lambda restore, y, seed: -signs(restore, y, seed),
        },
    },
    "12-beat-total-variation": {
        "right": [cosines, half_and_half],
        "wrong": {
            "as it was": lambda image, sigma: image,
            "lesson's block matching": dl.block_matching,
            "does not use sigma": lambda image, sigma: ndimage.median_filter(image, 3),
            "0.3 dB more are asked for": lambda image, sigma: dl.tikhonov(image, dl.delta(), 100 * sigma**2),
            "It changes the brightness": lambda image, sigma: image + sigma,
            "It returns the shape": lambda image, sigma: image[1:],
            "finite numbers": lambda image, sigma: image * np.nan,
        },
    },
}  # fmt: skip

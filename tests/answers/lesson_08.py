"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl


def counted(share_of, whole):
    """A count whose share comes out of |H|, |D|² and the weight in one way, and its sum in another."""

    def count(psf, shape, weight):
        share = share_of(abs(dl.psf_to_otf(psf, shape)), dl.gradient_power(shape), weight)
        return whole(share, shape[1] % 2 == 0)

    return count


def share(h, d, weight):
    return h**2 / (h**2 + weight * d)


def twins(share, even):
    return 2 * share.sum() - share[:, 0].sum() - even * share[:, -1].sum()


def full_transform(psf, shape, weight):
    canvas = np.zeros(shape)
    canvas[: psf.shape[0], : psf.shape[1]] = psf
    power = abs(np.fft.fft2(canvas)) ** 2
    rows, columns = (4 * np.sin(np.pi * np.arange(n) / n) ** 2 for n in shape)
    return np.sum(power / (power + weight * np.add.outer(rows, columns)))


def chosen(judged):
    """A choice of the weight with the least of what is judged: of x, H, y1, y2."""

    def choose(y1, y2, psf, weights):
        H = dl.Blur(psf, y1.shape)
        return weights[np.argmin([judged(dl.tikhonov(y1, psf, weight), H, y1, y2) for weight in weights])]

    return choose


def in_a_loop(y1, y2, psf, weights):
    best, lowest = None, np.inf
    for weight in weights:
        miss = dl.rms(dl.Blur(psf, y1.shape) @ dl.tikhonov(y1, psf, weight) - y2)
        if miss < lowest:
            best, lowest = weight, miss
    return best


def second_as_first(y1, y2, psf, weights):
    return in_a_loop(y2, y1, psf, weights)


def two_deblurred(y1, y2, psf, weights):
    return weights[np.argmin([dl.rms(dl.tikhonov(y1, psf, w) - dl.tikhonov(y2, psf, w)) for w in weights])]


def its_place(y1, y2, psf, weights):
    return np.flatnonzero(weights == in_a_loop(y1, y2, psf, weights))[0]


def of_the_astronaut(y, psf, sigma):
    x_true, weights = dl.sample_image("astronaut", size=128), np.geomspace(1e-5, 10, 31)
    return weights[np.argmax([dl.psnr(x_true, dl.tikhonov(y, psf, weight)) for weight in weights])]


def best_fit(y, psf, sigma):
    weights = np.geomspace(1e-5, 10, 31)
    return weights[np.argmin([dl.rms(dl.Blur(psf, y.shape) @ dl.tikhonov(y, psf, weight) - y) for weight in weights])]


ANSWERS = {
    "08-residual-to-leave": {
        "right": [3, 0.05 * np.sqrt(6400 - 2400 - 400)],
        "wrong": {
            "the plain principle": 4,
            "its root is asked for": 9,
            "what the others leave": 0.05 * 2800**0.5,
            "as whole ones": 0.05 * 3200**0.5,
            "You left out": 0.05 * 4000**0.5,
            "mean square of a pixel": 0.0375,
            "number of waves, too": 180,
            "how many waves are left": 3600,
            "Got 7": 7,
        },
    },
    "08-count-the-fitted": {
        "right": [counted(share, twins), full_transform],
        "wrong": {
            "where are the twins": counted(share, lambda s, even: s.sum()),
            "Not every column": counted(share, lambda s, even: 2 * s.sum()),
            "Look at the last column": counted(share, lambda s, even: 2 * s.sum() - s[:, 0].sum()),
            "for an even number of columns, for an odd one":
                counted(share, lambda s, even: 2 * s.sum() - s[:, 0].sum() - s[:, -1].sum()),
            "on average": lambda psf, shape, weight: full_transform(psf, shape, weight) / np.prod(shape),
            "square of |H|": counted(lambda h, d, w: h / (h + w * d), twins),
            "penalty identity": counted(lambda h, d, w: h**2 / (h**2 + w), twins),
            "what is lost": counted(lambda h, d, w: w * d / (h**2 + w * d), twins),
            "gains that make x": counted(lambda h, d, w: h / (h**2 + w * d), twins),
        },
    },
    "08-second-shot": {
        "right": [chosen(lambda x, H, y1, y2: np.mean((H @ x - y2) ** 2)), in_a_loop],
        "wrong": {
            "place in the list": its_place,
            "The same shot made the answer": chosen(lambda x, H, y1, y2: np.mean((H @ x - y1) ** 2)),
            "which is blurred": chosen(lambda x, H, y1, y2: np.mean((x - y2) ** 2)),
            "The smoothest answer": two_deblurred,
            "other way round": second_as_first,
        },
    },
    "08-honest-rule": {
        "right": [
            lambda y, psf, sigma: dl.sure(y, psf, sigma).weight,
            lambda y, psf, sigma: dl.gcv(y, psf).weight,
        ],
        "wrong": {
            "x_true is still in it": of_the_astronaut,
            "plain discrepancy principle": lambda y, psf, sigma: dl.discrepancy(y, psf, sigma).weight,
            "L-curve": lambda y, psf, sigma: dl.l_curve(y, psf).weight,
            "the smallest weight always does": best_fit,
            "the same weight for every picture": lambda y, psf, sigma: 0.01,
            "is .weight missing": lambda y, psf, sigma: dl.sure(y, psf, sigma),
            "the rule gave up": lambda y, psf, sigma: np.nan,
            "a weight is a positive number": lambda y, psf, sigma: -1.0,
        },
    },
}  # fmt: skip

"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

from fractions import Fraction

import numpy as np

import deconvlab as dl


def parts(combine, start=None, turns=2 * np.pi):
    """What is made of the sums with the cosine and with the sine."""

    def kept(shares, frequency):
        k = np.arange(shares.size) - (shares.size // 2 if start is None else start)
        return combine(shares @ np.cos(turns * frequency * k), shares @ np.sin(turns * frequency * k))

    return kept


def by_fourier(shares, frequency):
    return abs(np.sum(shares * np.exp(-2j * np.pi * frequency * np.arange(shares.size))))


def by_fractions(columns, length):
    found = [Fraction(k, length) * columns for k in range(1, length // 2 + 1)]
    return tuple(int(crests) for crests in found if crests.denominator == 1)


def crests(columns, length):
    return [k for k in range(1, columns // 2 + 1) if k * length % columns == 0]


def every(columns, length):
    return [k * columns / length for k in range(1, length // 2 + 1)]


def if_divisible(columns, length):
    return crests(columns, length) if columns % length == 0 else []


def moments(combine, axis=0):
    """What is made of the light of the columns and their places."""

    def spread(psf):
        light = psf.sum(axis=axis)
        return combine(light, np.arange(light.size))

    return spread


def variance(light, place):
    return np.sum(light * (place - np.sum(light * place)) ** 2)


def bell(exponent, normalize=True):
    def gaussian(spread):
        row = np.exp(-(np.arange(-25, 26) ** 2) * exponent(spread))
        return row / row.sum() if normalize else row

    return gaussian


ANSWERS = {
    "03-wipe-it-out": {
        "right": [[0.25, 0.5], (1 / 4, 1 / 2)],
        "wrong": {
            "only one neighbour": [1 / 3, 1 / 2],
            "exchanged": [1 / 2, 1 / 4],
            "stay in place": [1 / 2, 0],
            "Three equal shares": [1 / 3, 1 / 3],
            "both neighbours together": [1 / 2, 1],
            "It has the shape": 0.25,
            "f = 1/4, by 0.4": [0.25, 0.3],
            "f = 1/2, by 3": [-0.5, 0.5],
        },
    },
    "03-keep-of-a-lopsided-blur": {
        "right": [parts(np.hypot), by_fourier],
        "wrong": {
            "the old crest was": parts(lambda right, down: right),
            "where the old crest was": parts(lambda right, down: abs(right)),
            "part of the sine": parts(lambda right, down: down),
            "of the sine alone": parts(lambda right, down: abs(down)),
            "two parts are added": parts(lambda right, down: abs(right) + abs(down)),
            "parts are added: they": parts(lambda right, down: right + down),
            "the square": parts(lambda right, down: right**2 + down**2),
            "from the left end": parts(lambda right, down: right, start=0),
            "a turn of 2 pi": parts(np.hypot, turns=1),
            "How long is it": lambda shares, frequency: np.sum(
                shares * np.exp(-2j * np.pi * frequency * np.arange(shares.size))
            ),
            "not weakened": lambda shares, frequency: shares.sum(),
        },
    },
    "03-which-waves-are-gone": {
        "right": [crests, by_fractions],
        "wrong": {
            "even grey": lambda columns, length: [0, *crests(columns, length)],
            "beyond half": lambda columns, length: [k for k in range(1, columns) if k * length % columns == 0],
            "not whole": every,
            "were rounded:": lambda columns, length: [round(k) for k in every(columns, length)],
            "rounded down": lambda columns, length: [int(k) for k in every(columns, length)],
            "that the line fits into": lambda columns, length: list(range(length, columns // 2 + 1, length)),
            "only the first": lambda columns, length: crests(columns, length)[:1],
            "although the length": if_divisible,
            "crests are gone, too": lambda columns, length: crests(columns, length)[1:],
            "return a list": lambda columns, length: len(crests(columns, length)),
        },
    },
    "03-measure-the-spread": {
        "right": [
            moments(lambda light, place: np.sqrt(variance(light, place))),
            moments(lambda light, place: np.sqrt(np.sum(light * place**2) - np.sum(light * place) ** 2)),
        ],
        "wrong": {
            "the variance: take": moments(variance),
            "spread from top to bottom": moments(lambda light, place: variance(light, place) ** 0.5, axis=1),
            "variance from top": moments(variance, axis=1),
            "only sideways": lambda psf: np.sqrt(moments(variance)(psf) + moments(variance, axis=1)(psf)),
            "from the middle pixel": moments(lambda light, k: np.sqrt(np.sum(light * (k - k.size // 2) ** 2))),
            "from the left end": moments(lambda light, place: np.sqrt(np.sum(light * place**2))),
            "deviation of the shares": np.std,
            "light of the columns": moments(lambda light, place: np.std(light)),
            "mean distance": moments(lambda light, place: np.sum(light * abs(place - np.sum(light * place)))),
            "count alike": moments(lambda light, place: np.std(place)),
        },
    },
    "03-mend-the-gaussian": {
        "right": [
            bell(lambda spread: 0.5 / spread**2),
            lambda spread: dl.gaussian((1, spread), size=(11, 51)).sum(axis=0),
        ],
        "wrong": {
            "as it was": bell(lambda spread: 1 / spread),
            "a 2 is missing": bell(lambda spread: 1 / spread**2),
            "spread is not squared": bell(lambda spread: 1 / (2 * spread)),
            "The 2 is squared": bell(lambda spread: 1 / (2 * spread) ** 2),
            "above the line": bell(lambda spread: 2 / spread**2),
            "below the line": bell(lambda spread: 1 / 2 * spread**2),
            "area of the curve": lambda spread: (
                np.exp(-(np.arange(-25, 26) ** 2) / (2 * spread**2)) / (spread * (2 * np.pi) ** 0.5)
            ),
            "Its sum is not 1": bell(lambda spread: 0.5 / spread**2, normalize=False),
            "It has the shape": lambda spread: dl.gaussian(spread),
        },
    },
}

"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl


def rows_of(x, size, turn):
    return np.array([x[i : i + size][::turn] for i in range(len(x) - size + 1)])


def normal_equations(x, y, size):
    """Place every share by itself, and solve for the point where the gradient vanishes."""
    A = np.stack([x[size - 1 - k : len(x) - k] for k in range(size)], axis=1)
    return np.linalg.solve(A.T @ A, A.T @ y)


def least_squares(x, y, size, turn=-1):
    return np.linalg.lstsq(rows_of(x, size, turn), y)[0]


def first_equations(x, y, size):
    return np.linalg.solve(rows_of(x, size, -1)[:size], y[:size])


def faded(y):
    n = y.shape[1]
    return (y - y.mean(axis=1, keepdims=True)) * np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2


def length_of(y, fade=faded, log=lambda strength: np.log(strength + 1e-3), part=np.real):
    return 3 + np.argmin(part(np.fft.ifft(log(abs(np.fft.fft(fade(y), axis=1))).mean(axis=0)))[3:41])


def at_all_places(y):
    """One of two equal dips: round-off says which."""
    return 3 + np.argmin(np.fft.fft(np.log(abs(np.fft.fft(faded(y))) + 1e-3).mean(axis=0)).real[3:])


def in_power(y):
    """The mean power of all rows first, its log afterwards; the half of the spectrum that tells the other."""
    power = np.mean(abs(np.fft.rfft(faded(y), axis=1)) ** 2, axis=0)
    dips = np.fft.irfft(np.log(power)).tolist()
    return min(range(3, 41), key=dips.__getitem__)


def star(level, cut=lambda star: star):
    def psf_of(image):
        rim = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
        light = cut(image - level(image, rim))
        return light / light.sum()

    return psf_of


def brightest_of_the_rim(image):
    light = np.maximum(image - max(image[[0, -1]].max(), image[:, [0, -1]].max()), 0)
    return light / light.sum()


ANSWERS = {
    "13-stripes-to-length": {
        "right": [13, (12**2 + 5**2) ** 0.5],
        "wrong": {"along the rows alone": 12, "along the columns alone": 5, "right angle": 17,
                  "columns of the picture were exchanged": np.hypot(9.6, 6.25), "as high as": np.hypot(12, 6.25),
                  "as wide as": np.hypot(9.6, 5), "crests, not pixels": np.hypot(25, 48), "second stripe": 60 / 13,
                  "an angle": 22.6},
    },
    "13-price-of-a-bar": {
        "right": [[1 / 16, 1 / 2, 4], (0.06, 0.5, 4)],
        "wrong": {
            "sharp bar": [2, 2, 2],
            "each by itself": [1 / 4, 2, 16],
            "half of each": [1 / 32, 1 / 4, 2],
            "no box": [1 / 8, 1 / 2, 2],
            "Light is kept": [1, 2, 4],
            "bright pixels": [1 / 16, 1 / 2, 9],
            "no sum of squares": [1 / 2, 1 / 2, 4],
            "all its pixels, and then its slopes": [1 / 16, 1 / 2, 8],
            "The order": [4, 1 / 2, 1 / 16],
        },
    },
    "13-psf-of-a-known-row": {
        "right": [least_squares, normal_equations],
        "wrong": {
            "turned by half": lambda x, y, size: least_squares(x, y, size, 1),
            "first equations": first_equations,
            "transpose alone": lambda x, y, size: rows_of(x, size, -1).T @ y,
            "It was cut at 0: ": lambda x, y, size: least_squares(x, y, size).clip(0),
            "divided by its sum": lambda x, y, size: least_squares(x, y, size) / least_squares(x, y, size).sum(),
            "first part": lambda x, y, size: np.linalg.lstsq(rows_of(x, size, -1), y),
            "It has the shape": lambda x, y, size: least_squares(x, y, size)[:-1],
        },
    },
    "13-length-from-the-dip": {
        "right": [length_of, in_power],
        "wrong": {
            "3 too short": lambda y: length_of(y) - 3,
            "Place 0": lambda y: 0,
            "highest value": lambda y: length_of(y, part=lambda c: -c.real),
            "without its sign": lambda y: length_of(y, part=lambda c: -abs(c)),
            "so look at the first alone": at_all_places,
            "not faded": lambda y: length_of(y, fade=lambda y: y),
            "averaged too early": lambda y: length_of(faded(y.mean(axis=0)[None])[:1], fade=lambda row: row),
            "one row only": lambda y: length_of(faded(y)[len(y) // 2][None], fade=lambda row: row),
            "Without the log": lambda y: length_of(y, log=lambda strength: strength),
            "axis=1": lambda y: length_of(y.T),
            "a distance of stripes": lambda y: y.shape[1] / length_of(y),
            "the other end": lambda y: y.shape[1] - length_of(y),
            "your answer is nan": lambda y: np.nan,
            "more than 1 px off": lambda y: 17.5,
        },
    },
    "13-mend-the-star": {
        "right": [star(lambda image, rim: np.median(rim)), brightest_of_the_rim, star(lambda image, rim: rim.mean())],
        "wrong": {
            "as it was": star(lambda image, rim: image.min()),
            "The sky is still": star(lambda image, rim: 0),
            "typical of the rim": star(lambda image, rim: rim.min()),
            "One pixel is": star(lambda image, rim: image[0, 0]),
            "Half of the noise": star(lambda image, rim: np.median(rim), lambda star: star.clip(0)),
            "Half of the noise stays: below": star(lambda image, rim: rim.mean(), lambda star: star.clip(0)),
            "turned up": star(lambda image, rim: np.median(rim), abs),
            "Its sum is not 1": lambda image: image - image.min(),
            "faint parts": star(lambda image, rim: image.mean() + image.std(), lambda star: star.clip(0)),
            "divided by 0": star(lambda image, rim: image.mean()),
            "a PSF's is 1": lambda image: image - np.median(image),
            "there is still": star(lambda image, rim: rim.mean() - rim.std()),
            "It has the shape": lambda image: dl.as_psf(image, background=image[[0, -1]].max())[:5],
        },
    },
}  # fmt: skip

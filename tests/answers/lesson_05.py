"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl


def full_otf(psf, shape):
    point = np.zeros(shape)
    point[0, 0] = 1
    return np.fft.fft2(dl.Blur(psf, shape) @ point)


def chosen(gain):
    """A sum of waves whose gain comes out of H, its sorted sizes, Y and their number in another way."""

    def strongest(y, psf, keep):
        H, Y = full_otf(psf, y.shape), np.fft.fft2(y)
        return np.fft.ifft2(gain(H, np.sort(abs(H).ravel()), Y, keep) * Y).real

    return strongest


def by_index(y, psf, keep):
    H = full_otf(psf, y.shape).ravel()
    spectrum, best = np.zeros(y.size, complex), np.argsort(abs(H))[-keep:]
    spectrum[best] = np.fft.fft2(y).ravel()[best] / H[best]
    return np.fft.ifft2(spectrum.reshape(y.shape)).real


def half_counted(y, psf, keep):
    H = dl.psf_to_otf(psf, y.shape)
    gain = np.where(abs(H) >= np.sort(abs(H).ravel())[-keep], 1 / H, 0)
    return np.fft.irfft2(gain * np.fft.rfft2(y), s=y.shape)


def fast(y, norm="ortho"):
    """The fastest waves of fft2."""
    frequency = np.hypot(np.fft.fftfreq(y.shape[0])[:, None], np.fft.fftfreq(y.shape[1]))
    return np.fft.fft2(y, norm=norm)[frequency > 0.4]


def in_the_middle(y):
    """The slowest waves, taken for the fastest."""
    rows, columns = (n // 2 for n in y.shape)
    return dl.rms(np.fft.fftshift(np.fft.fft2(y, norm="ortho"))[rows - 4 : rows + 5, columns - 4 : columns + 5])


def searched(noise):
    """An epsilon found by trying many, from the noise that is made of gain and sigma."""

    def epsilon_for(psf, shape, sigma, limit):
        otf, tries = dl.psf_to_otf(psf, shape), np.geomspace(1e-6, 10, 2000)
        return min(tries, key=lambda e: abs(np.log(noise(dl.inverse_gain(otf, e), sigma) / limit)))

    return epsilon_for


def halved(psf, shape, sigma, limit):
    otf, low, high = dl.psf_to_otf(psf, shape), -5.0, 0.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        loud = sigma * np.sqrt(np.mean(abs(1 / (otf + 10**middle)) ** 2)) > limit
        low, high = (middle, high) if loud else (low, middle)
    return 10**low


def coarse(psf, shape, sigma, limit):
    """The interval is halved ten times, which leaves 0.001."""
    otf, low, high = dl.psf_to_otf(psf, shape), 1e-5, 1.0
    for _ in range(10):
        middle = (low + high) / 2
        loud = sigma * dl.rms(dl.inverse_gain(otf, middle)) > limit
        low, high = (middle, high) if loud else (low, middle)
    return middle


ANSWERS = {
    "05-how-many-to-add": {
        "right": [0.052, 0.02**2 * (1 + 4 + 100) + 0.01],
        "wrong": {
            "with all four": 1.042, "with two": 0.102, "with one": 0.3504, "three decimals": 0.05,
            "number of inputs": 3, "the noise alone": 0.042, "left out alone": 0.01,
            "root of the sum": 0.228, "not divided": 0.0112, "squares that add up": 0.36,
        },
    },
    "05-strongest-waves": {
        "right": [chosen(lambda H, s, Y, k: np.where(abs(H) >= s[-k], 1 / H, 0)), by_index],
        "wrong": {
            "without `abs`": chosen(lambda H, s, Y, k: (H.real >= np.sort(H.ravel())[-k].real) / H),
            "Nothing is left out": chosen(lambda H, s, Y, k: 1 / H),
            "not divided by H": chosen(lambda H, s, Y, k: abs(H) >= s[-k]),
            "their gain should be 0": chosen(lambda H, s, Y, k: np.where(abs(H) >= s[-k], 1 / H, 1)),
            "weakest waves are kept": chosen(lambda H, s, Y, k: (abs(H) <= s[k - 1]) / H),
            "was |H| sorted, or the data": chosen(lambda H, s, Y, k: (abs(Y) >= np.sort(abs(Y).ravel())[-k]) / H),
            "Too many are kept": half_counted,
            "missing: > where": chosen(lambda H, s, Y, k: (abs(H) > s[-k] * (1 + 1e-9)) / H),
            "phases of H": chosen(lambda H, s, Y, k: (abs(H) >= s[-k]) / abs(H)),
        },
    },
    "05-mend-the-floor": {
        "right": [
            lambda y: dl.rms(fast(y)),
            lambda y: dl.rms(np.fft.fftshift(np.fft.fft2(y))[:9, :9]) / y.size**0.5,
            lambda y: np.median(abs(fast(y))) / np.log(2) ** 0.5,
        ],
        "wrong": {
            "as it was": lambda y: dl.rms(np.fft.fft2(y, norm="ortho")[-9:, -9:]),
            "off the slowest": lambda y: dl.rms(np.fft.fft2(y, norm="ortho")[:9, :9]),
            "in the middle": in_the_middle,
            "larger by the root": lambda y: dl.rms(fast(y, None)),
            "smaller by the root": lambda y: dl.rms(fast(y, "forward")),
            "mean of the absolute": lambda y: abs(fast(y)).mean(),
            "the real part alone": lambda y: dl.rms(fast(y).real),
            "variance": lambda y: dl.rms(fast(y)) ** 2,
            "expected a number": fast,
        },
    },
    "05-as-loud-as-you-like": {
        "right": [searched(lambda gain, sigma: sigma * dl.rms(gain)), halved],
        "wrong": {
            "too quiet": lambda psf, shape, sigma, limit: sigma / limit,
            "which the limit allows": lambda psf, shape, sigma, limit: limit / sigma,
            "mean of the gains": searched(lambda gain, sigma: sigma * abs(gain).mean()),
            "the variance of the noise": searched(lambda gain, sigma: (sigma * dl.rms(gain)) ** 2),
            "where is sigma": searched(lambda gain, sigma: dl.rms(gain)),
            "too coarse": coarse,
            "lower end": lambda psf, shape, sigma, limit: 1e-5,
        },
    },
}  # fmt: skip

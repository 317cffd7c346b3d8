"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl


def filtered(change):
    """A filter whose spectrum comes out of Y, H, the weight and the guess's spectrum in another way."""

    def near(y, psf, weight, guess):
        spectrum = change(np.fft.rfft2(y), dl.psf_to_otf(psf, y.shape), weight, np.fft.rfft2(guess))
        return np.fft.irfft2(spectrum, s=y.shape)

    return near


def by_difference(y, psf, weight, guess):
    """Tikhonov's filter for what the guess does not explain."""
    return guess + dl.tikhonov(y - dl.Blur(psf, y.shape) @ guess, psf, weight, "identity")


def tamed(nsr, above=np.conj):
    """A filter whose noise-to-signal ratio comes out of sigma, the transform of `like`, and the number of pixels."""

    def wiener(y, psf, sigma, like):
        H = dl.psf_to_otf(psf, y.shape)
        return dl.apply_gain(y, above(H) / (abs(H) ** 2 + nsr(sigma, abs(np.fft.rfft2(like, norm="ortho")), y.size)))

    return wiener


def by_package(y, psf, sigma, like):
    return dl.wiener(y, psf, sigma**2 * like.size / abs(np.fft.rfft2(like)) ** 2)


def believing(nsr, above=np.conj):
    """A gain whose noise-to-signal ratio comes out of sigma and frequency."""
    return lambda otf, frequency, sigma: above(otf) / (abs(otf) ** 2 + nsr(sigma, frequency))


def borrowed(otf, frequency, sigma):
    """Wiener's gain with the spectrum of another photograph."""
    camera = dl.sample_image("camera", size=256)
    rings, power = dl.radial_mean(abs(np.fft.rfft2(camera, norm="ortho")) ** 2, camera.shape)
    return dl.wiener_gain(otf, sigma**2 / np.interp(frequency, rings, power))


def cost(gain):
    return (0.4 * gain - 1) ** 2 * 0.25 + gain**2 * 0.01


ANSWERS = {
    "06-what-a-wave-costs": {
        "right": [0.05, 0.01 / (0.4**2 + 0.04)],
        "wrong": {
            "the best gain": 2, "price of the division": 0.0625, "leaving the wave as it is": cost(1),
            "giving the wave up": 0.25, "the bias alone": 0.01, "the noise alone": 0.04,
            "where sigma squared": cost(0.4 / 0.56), "upside down": cost(0.4 / 25.16),
            "where H squared": cost(0.4 / 0.44), "the root": 0.05**0.5,
        },
    },
    "06-stay-near-a-guess": {
        "right": [filtered(lambda Y, H, w, G: (H.conj() * Y + w * G) / (abs(H) ** 2 + w)), by_difference],
        "wrong": {
            "where is the guess": filtered(lambda Y, H, w, G: H.conj() * Y / (abs(H) ** 2 + w)),
            "without its weight": filtered(lambda Y, H, w, G: (H.conj() * Y + G) / (abs(H) ** 2 + w)),
            "wrong sign": filtered(lambda Y, H, w, G: (H.conj() * Y - w * G) / (abs(H) ** 2 + w)),
            "added to Tikhonov's answer:": filtered(lambda Y, H, w, G: H.conj() * Y / (abs(H) ** 2 + w) + G),
            "was it blurred": filtered(lambda Y, H, w, G: H.conj() * (Y + w * G) / (abs(H) ** 2 + w)),
            "turns the PSF round": filtered(lambda Y, H, w, G: (H * Y + w * G) / (abs(H) ** 2 + w)),
            "H stands where |H|²": filtered(lambda Y, H, w, G: (H.conj() * Y + w * G) / (H + w)),
            "|H| stands where": filtered(lambda Y, H, w, G: (H.conj() * Y + w * G) / (abs(H) + w)),
            "missing under the fraction": filtered(lambda Y, H, w, G: (H.conj() * Y + w * G) / abs(H) ** 2),
            "The weight is squared": filtered(lambda Y, H, w, G: (H.conj() * Y + w**2 * G) / (abs(H) ** 2 + w**2)),
        },
    },
    "06-mend-the-wiener-filter": {
        "right": [tamed(lambda sigma, A, n: sigma**2 / A**2), by_package],
        "wrong": {
            "as it was": tamed(lambda sigma, A, n: sigma**2 / A**2 / n),
            "before it is squared": tamed(lambda sigma, A, n: sigma**2 / A**2 / n ** 0.5),
            "S is too small now": tamed(lambda sigma, A, n: sigma**2 / A**2 * n),
            "not its power.": tamed(lambda sigma, A, n: sigma**2 / A),
            "still in it": tamed(lambda sigma, A, n: sigma**2 / (A * n**0.5)),
            "where sigma² belongs": tamed(lambda sigma, A, n: sigma / A**2),
            "upside down": tamed(lambda sigma, A, n: A**2 / sigma**2),
            "are multiplied": tamed(lambda sigma, A, n: A**2 * sigma**2),
            "H turns the phase on": tamed(lambda sigma, A, n: sigma**2 / A**2, np.positive),
            "the mean power": tamed(lambda sigma, A, n: sigma**2 / np.mean(A**2)),
        },
    },
    "06-a-gain-of-your-own": {
        "right": [believing(lambda sigma, f: 4000 * sigma**2 * f**2), borrowed],
        "wrong": {
            "the same for every noise": believing(lambda sigma, f: 0.3 * f**2),
            "turns the phase of H back": believing(lambda sigma, f: 4000 * sigma**2 * f**2, np.positive),
            "0.95 times as bright": believing(lambda sigma, f: 20 * sigma**2),
            "is something upside down": believing(lambda sigma, f: 1e-4 * f**2 / sigma**2),
            "noise makes": believing(lambda sigma, f: sigma**2 * f**2),
            "the rest is bias": believing(lambda sigma, f: 4e6 * sigma**2 * f**2),
            "NaN or infinite": lambda otf, frequency, sigma: otf.conj() / (abs(otf) ** 2 + sigma**2) / frequency,
            "expected a number for each": lambda otf, frequency, sigma: sigma,
        },
    },
}  # fmt: skip

"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl


def padded(psf, shape):
    canvas = np.zeros(shape)
    canvas[: psf.shape[0], : psf.shape[1]] = psf
    return canvas


def moved(by):
    """A blur whose PSF is moved by so many rows and columns."""

    def blur(x, psf):
        canvas = np.roll(padded(psf, x.shape), by(psf.shape, x.shape), (0, 1))
        return np.fft.irfft2(np.fft.rfft2(x) * np.fft.rfft2(canvas), s=x.shape)

    return blur


def rolled_flat(x, psf):
    canvas = np.roll(padded(psf, x.shape), (-(psf.shape[0] // 2), -(psf.shape[1] // 2)))
    return np.fft.irfft2(np.fft.rfft2(x) * np.fft.rfft2(canvas), s=x.shape)


def divided(change):
    """A division whose spectrum comes out of Y, H and epsilon in another way."""

    def divide(y, psf, epsilon):
        spectrum = change(np.fft.rfft2(y), dl.psf_to_otf(psf, y.shape), epsilon)
        return np.fft.irfft2(spectrum, s=y.shape)

    return divide


def full_transform(y, psf, epsilon):
    canvas = np.roll(padded(psf, y.shape), [-(n // 2) for n in psf.shape], (0, 1))
    return np.fft.ifft2(np.fft.fft2(y) / (np.fft.fft2(canvas) + epsilon)).real


def gain(psf, shape, epsilon):
    canvas = np.roll(padded(psf, shape), [-(n // 2) for n in psf.shape], (0, 1))
    return 1 / (np.fft.fft2(canvas) + epsilon)


def rms(values):
    return np.sqrt(np.mean(abs(values) ** 2))


ANSWERS = {
    "04-gain-by-hand": {
        "right": [1 / 0.06, 16.7],
        "wrong": {
            "where is epsilon": 20, "epsilon is added.": 25, "does not replace": 100,
            "left of the wave, with": 0.06, "together": 0.83,
        },
    },
    "04-write-the-division": {
        "right": [dl.inverse_filter, full_transform],
        "wrong": {
            "Epsilon is missing": divided(lambda Y, H, e: Y / H),
            "blurs once more": divided(lambda Y, H, e: Y * (H + e)),
            "turned by half": divided(lambda Y, H, e: Y / (H.conj() + e)),
            "Tikhonov": divided(lambda Y, H, e: Y * H.conj() / (abs(H) ** 2 + e)),
            "phases of H are lost": divided(lambda Y, H, e: Y / (abs(H) + e)),
            "lost its sign": lambda y, psf, e: abs(full_transform(y, psf, e)),
            "It has the shape": lambda y, psf, e: full_transform(y, psf, e)[1:],
            "s=y.shape": lambda y, psf, e: np.fft.irfft2(np.fft.rfft2(y) / (dl.psf_to_otf(psf, y.shape) + e)),
            "still a spectrum": lambda y, psf, e: np.fft.rfft2(y) / (dl.psf_to_otf(psf, y.shape) + e),
            "It is complex": lambda y, psf, e: full_transform(y, psf, e) * (1 + 1j),
        },
    },
    "04-mend-the-shift": {
        "right": [moved(lambda k, n: (-(k[0] // 2), -(k[1] // 2))), lambda x, psf: dl.Blur(psf, x.shape) @ x],
        "wrong": {
            "as it was": moved(lambda k, n: (0, 0)),
            "moves by half the picture": moved(lambda k, n: (n[0] // 2, n[1] // 2)),
            "the wrong way": moved(lambda k, n: (k[0] // 2, k[1] // 2)),
            "exchanged in the move": moved(lambda k, n: (-(k[1] // 2), -(k[0] // 2))),
            "Only the columns": moved(lambda k, n: (0, -(k[1] // 2))),
            "Only the rows": moved(lambda k, n: (-(k[0] // 2), 0)),
            "one long row": rolled_flat,
            "middle of the canvas": moved(lambda k, n: ((n[0] - k[0]) // 2, (n[1] - k[1]) // 2)),
            "turned by half": lambda x, psf: dl.Blur(psf[::-1, ::-1], x.shape) @ x,
            "one row": moved(lambda k, n: (-(k[0] // 2) - 1, -(k[1] // 2))),
        },
    },
    "04-predict-the-error": {
        "right": [
            lambda psf, shape, e: rms(gain(psf, shape, e)) / 255 / 12**0.5,
            lambda psf, shape, e: dl.rms(dl.inverse_gain(dl.psf_to_otf(psf, shape), e)) / 255 / 12**0.5,
        ],
        "wrong": {
            "largest gain": lambda psf, shape, e: abs(gain(psf, shape, e)).max() / 255 / 12**0.5,
            "mean of the gains": lambda psf, shape, e: abs(gain(psf, shape, e)).mean() / 255 / 12**0.5,
            "times what error": lambda psf, shape, e: rms(gain(psf, shape, e)),
            "1/510": lambda psf, shape, e: rms(gain(psf, shape, e)) / 510,
            "root of 12": lambda psf, shape, e: rms(gain(psf, shape, e)) / 255,
            "of their mean": lambda psf, shape, e: np.linalg.norm(gain(psf, shape, e)) / 255 / 12**0.5,
            "not around H": lambda psf, shape, e: (
                rms(1 / (abs(dl.psf_to_otf(psf, shape)) + e)) / 255 / 12**0.5
            ),
            "has not weakened": lambda psf, shape, e: (
                rms(dl.psf_to_otf(psf, shape) / (dl.psf_to_otf(psf, shape) + e)) / 255 / 12**0.5
            ),
            "square the sizes": lambda psf, shape, e: np.sqrt(np.mean(gain(psf, shape, e) ** 2)) / 255 / 12**0.5,
            "divide by 255": lambda psf, shape, e: rms(gain(psf, shape, e)) / 12**0.5,
        },
    },
}  # fmt: skip

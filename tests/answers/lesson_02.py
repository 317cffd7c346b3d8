"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np


def wave(strength, shift, twins=True):
    """What is said of a wave, in other ways."""

    def wave_in(row, crests):
        pointer = np.fft.fft(row)[crests] / len(row)
        alone = twins and (crests == 0 or 2 * crests == len(row))
        return strength(pointer, len(row)) * (1 if alone else 2), shift(pointer, len(row), crests)

    return wave_in


def late(pointer, *_):
    return -np.angle(pointer) / (2 * np.pi)


def alone(row, crests, those):
    pointer = np.fft.fft(row)[crests] / len(row)
    return abs(pointer) * (1 if crests in those else 2), late(pointer)


def length(pointer, n):
    return abs(pointer)


def by_patterns(row, crests):
    """Strength and shift as in the lesson's `measure`."""
    turned = 2 * np.pi * crests * np.arange(len(row)) / len(row)
    a, b = (np.sum(row * f(turned)) / max(np.sum(f(turned) ** 2), 1) for f in (np.cos, np.sin))
    return np.hypot(a, b), np.arctan2(b, a) / (2 * np.pi)


def on_ring(stamp, n, sign=1):
    psf = np.zeros(n)
    for shift, share in stamp.items():
        psf[sign * shift % n] += share
    return psf


def multiplied(change):
    return lambda row, stamp: change(np.fft.fft(row), np.fft.fft(on_ring(stamp, len(row))))


def packed(row, stamp):
    psf = np.pad(list(stamp.values()), (0, len(row) - len(stamp)))
    return np.fft.ifft(np.fft.fft(row) * np.fft.fft(psf)).real


def correlated(row, stamp):
    return np.fft.ifft(np.fft.fft(row) * np.fft.fft(on_ring(stamp, len(row), -1))).real


def cut(which, factor=1):
    """A filter that keeps the entries for which `which` is true."""

    def smooth(row, most):
        place, n = np.arange(len(row)), len(row)
        return factor * np.fft.ifft(np.fft.fft(row) * which(place, n, most)).real

    return smooth


def half_spectrum(row, most):
    return np.fft.irfft(np.fft.rfft(row) * (np.arange(len(row) // 2 + 1) <= most), len(row))


def minus_zero(row, most):
    spectrum = np.fft.fft(row)
    spectrum[most + 1 : -most] = 0
    return np.fft.ifft(spectrum).real


ANSWERS = {
    "02-rebuild-the-row": {
        "right": [[3, 3, 1, 1], np.fft.ifft([8, 2 - 2j, 0, 2 + 2j]).real],
        "wrong": {
            "half its strength": [2.5, 2.5, 1.5, 1.5],
            "too strong": [4, 4, 0, 0],
            "not divided": [12, 12, 4, 4],
            "the wrong way": [3, 1, 1, 3],
            "grey is missing": [1, 1, -1, -1],
            "sine is missing": [3, 2, 1, 2],
            "Entry 0 of its np.fft.fft is 10+0j": [5, 3, 1, 1],
            "It is complex": np.fft.ifft([8, 2 - 2j, 0, 2 + 2j]) + 0j,
        },
    },
    "02-strength-and-shift": {
        "right": [wave(length, late), by_patterns],
        "wrong": {
            "each wave stands there twice": wave(lambda p, n: abs(p) / 2, late, twins=False),
            "these have no twin": wave(length, late, twins=False),
            "not divided by the number of pixels.": wave(lambda p, n: abs(p) * n, late),
            "nor doubled": wave(lambda p, n: abs(p) * n / 2, late, twins=False),
            "the real part": wave(lambda p, n: p.real, late),
            "wrong sign: a wave": wave(length, lambda p, n, crests: -late(p)),
            "in radians: one turn": wave(length, lambda p, n, crests: -np.angle(p)),
            "in radians, and": wave(length, lambda p, n, crests: np.angle(p)),
            "in degrees": wave(length, lambda p, n, crests: 360 * late(p)),
            "in pixels": wave(length, lambda p, n, crests: late(p) * n / max(crests, 1)),
            "from crest to crest": wave(length, lambda p, n, crests: late(p) / max(crests, 1)),
            "numbers are exchanged": lambda row, crests: wave(length, late)(row, crests)[::-1],
            "most crests that fit is doubled": lambda row, crests: alone(row, crests, (0,)),
            "fewer than half": lambda row, crests: alone(row, crests, (0, len(row) // 2)),
            "the shifts are not": wave(length, lambda p, n, crests: 0.123),
            "return two numbers": lambda row, crests: np.fft.fft(row)[crests],
        },
    },
    "02-multiply": {
        "right": [
            multiplied(lambda X, H: np.fft.ifft(X * H).real),
            lambda row, stamp: sum(share * np.roll(row, shift) for shift, share in stamp.items()),
        ],
        "wrong": {
            "a correlation": correlated,
            "The row is moved": packed,
            "go back with": multiplied(lambda X, H: X * H),
            "spectra were added": multiplied(lambda X, H: np.fft.ifft(X + H).real),
            "pixel by pixel": lambda row, stamp: row * on_ring(stamp, len(row)),
            "the PSF itself": lambda row, stamp: on_ring(stamp, len(row)),
            "this is the row": lambda row, stamp: row,
            "to the left are lost": lambda row, stamp: sum(
                share * np.roll(row, shift) for shift, share in stamp.items() if shift >= 0
            ),
            "by half the row": lambda row, stamp: np.roll(
                sum(share * np.roll(row, shift) for shift, share in stamp.items()), len(row) // 2
            ),
            "too large by the number": multiplied(lambda X, H: np.fft.ifft(X * H).real * X.size),
            "too small by the number": multiplied(lambda X, H: np.fft.ifft(X * H).real / X.size),
            "mere round-off": multiplied(lambda X, H: np.fft.ifft(X * H)),
        },
    },
    "02-mend-the-filter": {
        "right": [cut(lambda k, n, most: (k <= most) | (k >= n - most)), half_spectrum],
        "wrong": {
            "as it was: all": cut(lambda k, n, most: k <= most),
            "twice as it was": cut(lambda k, n, most: k <= most, 2),
            "too many is left: `most`": cut(lambda k, n, most: (k <= most + 1) | (k >= n - most - 1)),
            "`most` crests stay": cut(lambda k, n, most: (k < most) | (k > n - most)),
            "One twin is missing": cut(lambda k, n, most: (k <= most) | (k > n - most)),
            "One twin too many": cut(lambda k, n, most: (k <= most) | (k >= n - most - 1)),
            "the fine waves": cut(lambda k, n, most: (k > most) & (k < n - most)),
            "-0 is 0": minus_zero,
            "n=len(row)": lambda row, most: np.fft.irfft(np.fft.rfft(row) * (np.arange(len(row) // 2 + 1) <= most)),
            "lost its sign": lambda row, most: abs(half_spectrum(row, most)),
        },
    },
    "02-two-entries": {
        "right": [[(5, 3), (15, 27)], np.array([[-5, -3], [5, 3]])],
        "wrong": {
            "exchanged": [(3, 5), (17, 25)],
            "Rows and columns are exchanged": [(3, 5), (27, 15)],
            "counted from 1": [(6, 4), (16, 28)],
            "slant the other way": [(5, 27), (15, 3)],
            "from the middle": [(15, 18), (5, 12)],
            "off by one": [(5, 3), (14, 26)],
            "where is its twin": [(5, 3), (5, 3)],
            "One of the two": [(5, 3), (5, 27)],
            "Neither": [(1, 1), (2, 2)],
            "two pairs": (5, 3),
        },
    },
}

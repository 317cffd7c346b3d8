"""Half spectra of real pictures: what is easily forgotten about them."""

from __future__ import annotations

import numpy as np
from scipy import fft

from . import _check
from ._types import Number, Power, Shape


def power(spectrum, dtype=None):
    """|spectrum|**2, in another precision if one is given."""
    squares = np.square(spectrum.real, dtype=dtype)
    squares += np.square(spectrum.imag, dtype=dtype)
    return squares


def irfft2(spectrum, shape):
    """The real picture of a half spectrum, in whose own memory it is computed: SciPy takes some more each time."""
    return fft.irfft(fft.ifft(spectrum, axis=-2, overwrite_x=True), shape[-1], axis=-1)


def counts(columns):
    """How many columns of the whole spectrum each column of the half spectrum of an image with `columns` stands for."""
    times = np.full(columns // 2 + 1, 2.0)
    times[0] = 1
    if columns % 2 == 0:
        times[-1] = 1
    return times


def radial_mean(power: Power | Number, shape: Shape) -> tuple[Power, Power]:
    """Mean over all waves of the same frequency, whatever their direction: a spectrum as a curve.

    Parameters
    ----------
    power : (M, N//2 + 1) real array or float
        What to average, on the half spectrum: |X|**2, say, or one number for all waves. None of it negative.
    shape : (M, N) pair of ints
        Image shape in pixels.

    Returns
    -------
    frequency : (K,) float64 array
        In cycles per pixel, from 0 in steps of one crest along the longer side.
    mean : (K,) float64 array
        Its root is the rms in each ring.

    Raises
    ------
    ValueError
        If power is negative somewhere or does not fit the shape.

    Examples
    --------
    >>> frequency, mean = radial_mean(np.ones((4, 3)), (4, 4))
    >>> frequency, mean
    (array([0.  , 0.25, 0.5 , 0.75]), array([1., 1., 1., 1.]))
    """
    m, n = _check.shape("shape", shape)
    power = np.broadcast_to(_check.power("power", power, (m, n // 2 + 1)), (m, n // 2 + 1))
    frequency = np.hypot(fft.fftfreq(m)[:, None], fft.rfftfreq(n))
    ring = np.rint(max(m, n) * frequency).astype(int).ravel()
    waves = np.broadcast_to(counts(n), power.shape)
    total, number = (np.bincount(ring, values.ravel()) for values in (waves * power, waves))
    return np.arange(len(total)) / max(m, n), total / number

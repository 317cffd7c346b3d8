"""Half spectra of real pictures: what is easily forgotten about them."""

import numpy as np


def power(spectrum, dtype=None):
    """|spectrum|**2, in another precision if one is given."""
    squares = np.square(spectrum.real, dtype=dtype)
    squares += np.square(spectrum.imag, dtype=dtype)
    return squares


def counts(columns):
    """How many columns of the whole spectrum each column of the half spectrum of an image with `columns` stands for."""
    times = np.full(columns // 2 + 1, 2.0)
    times[0] = 1
    if columns % 2 == 0:
        times[-1] = 1
    return times

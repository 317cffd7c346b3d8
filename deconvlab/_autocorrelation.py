"""A PSF from how a blurred picture resembles itself when it is shifted; no edge is looked for."""

import numpy as np
from scipy import fft, ndimage

from ._spectrum import counts

LIMIT = 1.5  # times the rms: higher slopes count as much as this, so that no single edge says everything
STARTS, STEPS, LAST = 8, 60, 20  # of the search for phases: with more steps, round-off decides where it ends
RELAXED = 0.85  # share of the reflections in a step
ANGLES = 24


def from_autocorrelation(slopes, side, variance):
    """A PSF of this side, or what it is when turned by half: both have the same autocorrelation.

    Parameters
    ----------
    slopes : (2, M, N) float array
        Of the blurred picture, in both directions.
    side : int
        Rows and columns of the PSF, odd.
    variance : float
        Of the noise in the picture.

    Returns
    -------
    psf : (side, side) float64 array
        None of it negative.

    Notes
    -----
    Slopes of a sharp picture hardly resemble their neighbours; so the autocorrelation of the blurred slopes is nearly
    that of the PSF [1]_. Beyond the PSF it should be 0, so the least value in each direction is subtracted, which takes
    away what long edges add along them. The transform of the PSF's autocorrelation is the squared OTF. Its phases are
    those of a PSF that is not negative and 0 outside its frame, found by relaxed reflections from random starts [2]_.

    References
    ----------
    .. [1] A. Goldstein, R. Fattal, Blur-kernel estimation from spectral irregularities, ECCV 2012, 622-635,
       doi:10.1007/978-3-642-33715-4_45.
    .. [2] D. R. Luke, Relaxed averaged alternating reflections for diffraction imaging, Inverse Problems 21, 37-50,
       2005, doi:10.1088/0266-5611/21/1/004.
    """
    limit = LIMIT * np.sqrt(np.mean(slopes**2))
    return _with_phases(_less_the_scene(_autocorrelation(slopes.clip(-limit, limit), side, variance)), side)


def _autocorrelation(slopes, side, variance):
    """Mean products of slopes at all lags below the side, without those of white noise in the picture."""
    shape = [fft.next_fast_len(n + side, real=True) for n in slopes.shape[1:]]
    products = fft.irfft2((abs(fft.rfft2(slopes, shape)) ** 2).sum(axis=0), shape)
    lags = np.arange(1 - side, side)
    rows, columns = (n - abs(lags) for n in slopes.shape[1:])
    mean = products[np.ix_(lags, lags)] / np.outer(rows, columns)
    mean[side - 2 : side + 1, side - 2 : side + 1] -= variance * np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])
    return mean


def _less_the_scene(auto):
    """What is above the least value in its direction."""
    middle = len(auto) // 2
    angles, radii = np.pi * np.arange(ANGLES)[:, None] / ANGLES, np.arange(middle + 1)
    rays = ndimage.map_coordinates(auto, [middle + radii * np.sin(angles), middle + radii * np.cos(angles)], order=1)
    least = ndimage.uniform_filter1d(np.quantile(rays, 0.05, axis=1), 3, mode="wrap")
    down, right = np.mgrid[-middle : middle + 1, -middle : middle + 1]
    below = np.interp(np.arctan2(down, right), angles[:, 0], least, period=np.pi)
    below[middle, middle] = least.mean()  # no direction
    return (auto - below).clip(0)


def _with_phases(auto, side):
    """The PSF of this autocorrelation that comes nearest to it, of several starts."""
    grid, inside = (2 * side, 2 * side), np.zeros((2 * side, 2 * side), bool)
    inside[:side, :side] = True
    lags = np.arange(1 - side, side)
    wrapped = np.zeros(grid)
    wrapped[np.ix_(lags, lags)] = auto
    modulus = np.sqrt(fft.rfft2(wrapped).real.clip(0))

    def seen(x):
        spectrum = fft.rfft2(x)
        return fft.irfft2(modulus * spectrum / np.maximum(abs(spectrum), 1e-12 * modulus.max()), grid)

    def allowed(x):
        return np.where(inside, x.clip(0), 0)

    x, starts = np.zeros((STARTS, *grid)), np.random.default_rng(0).random((STARTS // 2, side, side))
    x[:, :side, :side] = np.concatenate([starts, starts.swapaxes(1, 2)])  # so that rows and columns are alike
    for _ in range(STEPS):
        p = seen(x)
        x = RELAXED * (allowed(2 * p - x) + x - p) + (1 - RELAXED) * p
    for _ in range(LAST):
        x = allowed(seen(x))
    misfit = (counts(2 * side) * (abs(fft.rfft2(x)) - modulus) ** 2).sum(axis=(1, 2))
    return x[misfit.argmin(), :side, :side]

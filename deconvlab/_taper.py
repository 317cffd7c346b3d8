"""Prepare a photograph for a filter that takes it for periodic."""

from __future__ import annotations

import numpy as np

from . import _check
from ._types import PSF, Image
from .operators import Blur


def edge_taper(y: Image, psf: PSF) -> Image:
    """Fade the rim of a photograph into its own periodic blur, so that opposite sides meet.

    Parameters
    ----------
    y : (M, N) float array
        Photograph that will go through one of the periodic filters.
    psf : (K, L) float array
        Assumed PSF. The rim that changes is almost as wide as it: a larger PSF changes more.

    Returns
    -------
    tapered : (M, N) float array
        A mean of y and H y. At the frame it is H y, which has no step where left meets right; further inside than the
        PSF is wide it is y.

    Raises
    ------
    ValueError
        If the PSF has an even size or is larger than the picture.

    Notes
    -----
    A periodic filter takes the step from the right side to the left for a part of the scene, sharpens it and rings. The
    taper takes the step away; it does not bring back what lay outside, so the rim stays wrong. The share of H y falls
    from 1 at the frame like the autocorrelation of the PSF's row and column sums. `Blur` with the boundary "unknown" is
    the honest way.

    References
    ----------
    .. [1] S. J. Reeves, Fast image restoration without boundary artifacts, IEEE Transactions on Image Processing 14,
       1448-1453, 2005.

    Examples
    --------
    >>> edge_taper(np.array([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]), np.full((1, 3), 1 / 3)).round(2)
    array([[0.33, 0.  , 0.11, 0.89, 1.  , 0.67]])
    """
    y = _check.image("y", y)
    psf = _check.psf(psf, y.shape).astype(y.dtype)
    blurred = Blur(psf, y.shape) @ y
    row_sums, column_sums = psf.sum(axis=1), psf.sum(axis=0)
    inside = np.outer(1 - _rim(row_sums, y.shape[0]), 1 - _rim(column_sums, y.shape[1]))
    return blurred + inside.astype(y.dtype) * (y - blurred)


def _rim(line, size):
    """Autocorrelation of a line with the distance from the nearer end of `size` pixels: 1 there, 0 out of reach."""
    if len(line) == 1:
        return np.zeros(size)
    correlation = np.correlate(line, line, "full")[len(line) - 1 :]
    distance = np.minimum(np.arange(size), np.arange(size)[::-1])
    return np.pad(correlation, (0, size))[distance] / correlation[0]

"""Fewer, larger pixels: of a picture, and of the PSF that belongs to it."""

import numpy as np

from . import _check


def shrink(x, factor):
    """A photograph on larger pixels, each with the mean light of factor x factor of the old ones.

    Parameters
    ----------
    x : (M, N) or (M, N, 3) float array
        Linear light: the mean of stored levels is another one.
    factor : int from 1 to 8
        Larger makes it smaller. Rows and columns that fill no new pixel, at the end, are left out.

    Returns
    -------
    small : (M // factor, N // factor) or (M // factor, N // factor, 3) array
        Its dtype is kept.

    Raises
    ------
    TypeError, ValueError
        If x is no photograph, or has no room for one new pixel.

    Examples
    --------
    >>> shrink(np.array([[0.0, 0.2, 0.9], [0.4, 0.2, 0.9]]), 2)
    array([[0.2]])
    """
    x, factor = _check.photograph("x", x), _check.whole("factor", factor, 1, 8)
    rows, columns = (n // factor for n in x.shape[:2])
    if not rows * columns:
        raise ValueError(f"x: got shape {x.shape}, expected at least factor={factor} pixels a side")
    if factor == 1:
        return x
    x = x[: rows * factor, : columns * factor]
    return sum(x[i::factor, j::factor] for i in range(factor) for j in range(factor)) / x.dtype.type(factor**2)


def coarse_psf(psf, factor):
    """The PSF of a photograph that was shrunk.

    Parameters
    ----------
    psf : (K, L) float array
        The PSF on the old pixels.
    factor : int from 1 to 8
        As for `shrink`.

    Returns
    -------
    psf : (K', L') float array
        About factor times shorter, and half a new pixel softer at each side.

    Raises
    ------
    ValueError
        If psf is no PSF.

    Notes
    -----
    Exact for a scene that is even within each new pixel; others have detail there that no larger pixel knows of.

    Examples
    --------
    >>> coarse_psf(np.full((1, 3), 1 / 3), 3).round(3)
    array([[0.111, 0.778, 0.111]])
    """
    psf, factor = _check.psf(psf), _check.whole("factor", factor, 1, 8)
    for axis in (0, 1) if factor > 1 else ():
        reach = psf.shape[axis] // 2
        far = (reach + factor - 1) // factor  # pixels of the camera to each side that light may come from
        distance = factor * np.arange(-far, far + 1)[:, None] - np.arange(-reach, reach + 1)
        share = np.maximum(1 - np.abs(distance) / factor, 0)  # of one pixel, moved so far, that the other covers
        psf = np.moveaxis(np.tensordot(share.astype(psf.dtype), psf, axes=(1, axis)), 0, axis)
    return psf

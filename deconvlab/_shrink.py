"""Fewer, larger pixels: of a picture, and of the PSF that belongs to it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from . import _check
from ._box import Box
from ._colour import grey
from ._types import PSF, Image


def shrink(x: Image, factor: int) -> Image:
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
    return sum(x[i::factor, j::factor] for i in range(factor) for j in range(factor)) / x.dtype.type(factor**2)  # type: ignore[return-value]


def coarse_psf(psf: PSF, factor: int) -> PSF:
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


class Pyramid:
    """A photograph with copies of half the size, a quarter, and so on, so that any part of it is quick to show.

    Parameters
    ----------
    image : (M, N) or (M, N, 3) float array
        Linear light; float32 saves memory.
    notes : tuple of str, optional
        Sentences on it, to be kept with it.
    most : int, optional
        Pixels on the longer side of the smallest copy and of any part, at most.

    Attributes
    ----------
    sizes : list of (M, N) or (M, N, 3) arrays
        The photograph, and smaller and smaller copies.
    notes : tuple of str

    Raises
    ------
    TypeError, ValueError
        If the image is no photograph, or `most` is not a whole number from 16 to 10000.

    Notes
    -----
    All copies together are a third larger than the photograph. Each time the size halves, the PSF becomes
    ``coarse_psf(psf, 2)``.
    """

    def __init__(self, image: Image, notes: Iterable[str] = (), *, most: int = 500) -> None:
        self.notes, self.most = tuple(notes), _check.whole("most", most, 16, 10_000)
        self.sizes = [_check.photograph("image", image)]
        while max(self.sizes[-1].shape) > self.most:
            self.sizes.append(shrink(self.sizes[-1], 2))

    def grey(self, box: tuple[float, float, float, float], most: int) -> Image:
        """The luminance of the middle of a box, at full size.

        Parameters
        ----------
        box : live.Box or (top, bottom, left, right)
            Shares of height and width, from 0 to 1.
        most : int
            Pixels a side, at most.

        Returns
        -------
        light : (K, L) array
        """
        part = Box(*box).cut(self.sizes[0])
        starts = (max(0, (n - most) // 2) for n in part.shape[:2])
        return grey(part[tuple(slice(start, start + most) for start in starts)])

    def part(self, box: tuple[float, float, float, float], least: int = 256) -> tuple[Image, int]:
        """The part in a box, and how many times its size was halved.

        Parameters
        ----------
        box : live.Box or (top, bottom, left, right)
            Shares of height and width, from 0 to 1.
        least : int, optional
            A smaller box is widened to so many pixels of the photograph, as far as there are.

        Returns
        -------
        part : (K, L) or (K, L, 3) array
            A view of the largest copy on which it has at most `most` pixels a side.
        halvings : int
        """
        rows, columns = self.sizes[0].shape[:2]
        wide = Box(*_widened(*box[:2], least / rows), *_widened(*box[2:], least / columns))
        parts = (wide.cut(image) for image in self.sizes)
        return next((part, k) for k, part in enumerate(parts) if max(part.shape) <= self.most)


def _widened(low, high, least):
    """A span of shares, at least this wide, within 0 to 1."""
    least = min(least, 1.0)
    low = max(0.0, min(low, (low + high - least) / 2, 1 - least))
    return low, max(high, low + least)

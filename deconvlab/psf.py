"""Point spread functions: the picture that a blur makes of a single bright point.

A PSF is a small float64 array with odd sizes, no negative entry and the sum 1; its centre is at ``(K//2, L//2)``. An
even size has no middle: `as_psf` takes the later of its two middle pixels, again ``K//2``, and makes it odd.
Lengths are in pixels; angles in degrees, counter-clockwise as seen on the screen, 0 to the right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from . import _check
from ._otf import psf_to_otf
from ._types import PSF, Number, Pair, Random, Shape

__all__ = ["as_psf", "delta", "disk", "gaussian", "motion", "psf_to_otf", "shake"]

LONGEST = 1e4  # pixels to a side
NEGLIGIBLE = 1e-9  # of the brightest row or column: what lies out there is no part of a PSF
UNPAIRED = 1e-3  # share of the light that an even size may lose to become odd


def gaussian(sigma: Pair, *, size: int | Shape | None = None) -> PSF:
    """Gaussian PSF: a soft blur without edges.

    Parameters
    ----------
    sigma : float > 0 or pair of floats
        Standard deviation in pixels, at most 1000, or one for (rows, columns). Larger blurs more.
    size : odd int or pair of odd ints, optional
        Size in pixels. By default it reaches 5 sigma to each side.

    Returns
    -------
    psf : (K, L) float64 array

    Raises
    ------
    ValueError
        If a sigma is not positive or too large, or a size is not odd.

    Notes
    -----
    Samples of exp(-(r**2 / sigma_r**2 + c**2 / sigma_c**2) / 2), normalized. The transfer function of the uncut
    Gaussian is positive everywhere. Cut at 5 sigma it dips to -4e-7 at most, cut at 4 sigma to -4e-5, and then
    ``otf + 1e-5`` can vanish. A lens out of focus is nearer to `disk`.

    Examples
    --------
    >>> gaussian(1.0).shape
    (11, 11)
    """
    sigmas = [_length("sigma", s, 10) for s in _check.pair("sigma", sigma)]
    if size is None:
        sizes = [2 * int(np.ceil(5 * s)) + 1 for s in sigmas]
    else:
        sizes = _check.shape("size", _check.pair("size", size))
        if any(n % 2 == 0 for n in sizes):
            raise ValueError(f"size: got {size}, expected odd sizes, so that the PSF has a centre")
        for n in sizes:
            _length("size", n)
    sigmas = np.maximum(sigmas, 0.01)  # a smaller one makes the same PSF: one pixel
    row, column = (np.exp(-0.5 * ((np.arange(n) - n // 2) / s) ** 2) for n, s in zip(sizes, sigmas, strict=True))
    psf = np.outer(row, column)
    return psf / psf.sum()


def disk(radius: Number) -> PSF:
    """Disk PSF: a lens out of focus.

    Parameters
    ----------
    radius : float > 0
        Radius in pixels, fractions welcome. Larger blurs more; up to 0.5 the disk fits into one pixel.

    Returns
    -------
    psf : (K, K) float64 array

    Raises
    ------
    ValueError
        If the radius is not positive or above 5,000 pixels.

    Notes
    -----
    Each weight is the exact area that pixel and disk share, so a slightly larger radius is a slightly different PSF.
    The model of geometric optics with a round aperture; a stopped-down lens shows its polygon instead.

    Examples
    --------
    >>> disk(3).shape
    (7, 7)
    """
    radius = max(_length("radius", radius, 2), 0.5)  # a smaller one makes the same PSF: one pixel
    half = max(0, int(np.ceil(radius - 0.5)))
    edge = np.clip(np.arange(-half, half + 2) - 0.5, -radius, radius)
    x, y = np.abs(edge[:, None]), np.abs(edge)

    def arc(t):  # sqrt(radius**2 - t**2), in a form that cannot round below 0
        return np.sqrt((radius - t) * (radius + t))

    def under_arc(t):  # its integral
        return (t * arc(t) + radius**2 * np.arcsin(t / radius)) / 2

    meets = np.minimum(x, arc(y))  # where the arc dips below the rectangle [0, x] by [0, y]
    area = np.sign(edge[:, None]) * np.sign(edge) * (meets * y + under_arc(x) - under_arc(meets))
    psf = np.diff(np.diff(area, axis=0), axis=1).clip(0)
    return psf / psf.sum()


def motion(length: Number, angle: Number = 0.0) -> PSF:
    """Line PSF: the camera or the object moved straight and steadily.

    Parameters
    ----------
    length : float > 0
        Length of the path in pixels, fractions welcome. Larger blurs more; 1 is almost no blur.
    angle : float, optional
        Direction in degrees, counter-clockwise on the screen; 0 is horizontal.

    Returns
    -------
    psf : (K, L) float64 array

    Raises
    ------
    ValueError
        If the length is not positive or above 10,000 pixels, or the angle not finite.

    Notes
    -----
    Each weight is the exact area that a pixel shares with a bar of this length, one pixel wide, so a slightly longer or
    turned bar is a slightly different PSF. Wrong when the speed was not constant, or the camera shook: see `shake`.

    Examples
    --------
    >>> motion(5)
    array([[0.2, 0.2, 0.2, 0.2, 0.2]])
    """
    length = max(_length("length", length), 1e-6)  # the areas below are differences, and round
    angle = np.deg2rad(_check.number("angle", angle, low=-np.inf))
    path = length * np.array([-np.sin(angle), np.cos(angle)])  # rows grow downwards on the screen
    path[np.abs(path) < 1e-9 * length] = 0.0  # 90 degrees is exactly vertical
    across = np.array([path[1], -path[0]]) / length
    half = np.maximum(0, np.ceil((np.abs(path) + np.abs(across)) / 2 - 0.5)).astype(int)
    y, x = (np.arange(-reach, reach + 2) - 0.5 for reach in half)  # borders of the pixels

    area = np.zeros((len(y), len(x)))  # of the bar, above and left of each pixel corner: a sum over the bar's sides
    corners = np.array([path + across, path - across, -path - across, -path + across]) / 2
    for (y0, x0), (y1, x1) in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        if x0 != x1:
            ends = np.minimum(x0, x), np.minimum(x1, x)
            start, stop = (y[:, None] - y0 - (end - x0) * (y1 - y0) / (x1 - x0) for end in ends)
            below = (start.clip(0) + stop.clip(0)) ** 2 / np.maximum(np.abs(start) + np.abs(stop), 1e-300) / 2
            area += (ends[1] - ends[0]) * below
    psf = np.abs(np.diff(np.diff(area, axis=0), axis=1))
    return psf / psf.sum()


def shake(length: Number, *, rng: Random) -> PSF:
    """Random curved path: a hand that did not hold still.

    Parameters
    ----------
    length : float > 0
        Length of the path in pixels. Larger blurs more.
    rng : numpy.random.Generator or int
        Chooses the path; the same int gives the same path.

    Returns
    -------
    psf : (K, L) float64 array
        Asymmetric; its centroid is at the centre.

    Raises
    ------
    ValueError
        If the length is not positive or above 10,000 pixels.

    Notes
    -----
    A point moves at constant speed while its direction performs a random walk, 1.5 radians rms from start to end. Real
    hands also pause and tremble.

    Examples
    --------
    >>> bool(np.allclose(shake(12, rng=0), shake(12, rng=0)))
    True
    """
    length = _length("length", length)
    rng = _check.generator(rng)
    steps = int(np.ceil(20 * length))
    turns = rng.normal(0, 1.5 / np.sqrt(steps), steps)
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(turns)
    path = np.cumsum([np.sin(heading), np.cos(heading)], axis=1) * length / steps
    path -= path.mean(axis=1, keepdims=True)

    half = np.ceil(np.abs(path).max(axis=1)).astype(int)
    psf = np.zeros(2 * half + 1)
    (row, column), (down, right) = np.floor(path).astype(int), path % 1
    for r, c, share in ((0, 0, (1 - down) * (1 - right)), (1, 0, down * (1 - right)),
                        (0, 1, (1 - down) * right), (1, 1, down * right)):  # fmt: skip
        rows, columns = np.minimum(row + r + half[0], 2 * half[0]), np.minimum(column + c + half[1], 2 * half[1])
        np.add.at(psf, (rows, columns), share)
    return psf / psf.sum()


def delta() -> PSF:
    """No blur at all: one pixel that holds everything.

    Returns
    -------
    psf : (1, 1) float64 array

    Examples
    --------
    >>> delta()
    array([[1.]])
    """
    return np.ones((1, 1))


def as_psf(array: ArrayLike, *, background: Number | None = None) -> PSF:
    """Make a PSF of any array: checked, freed of its background, trimmed, centred, brought to odd sizes, normalized.

    Parameters
    ----------
    array : (K, L) array of non-negative numbers
        A drawn, measured or photographed PSF, of any size and any sum, integers included.
    background : float, optional
        Level that is subtracted; what then lies below 0 counts as 0. A PSF cut out of a photograph stands on one: the
        median of the rim where there is no noise, the largest value of the rim, ``array[[0, -1]].max()``, where there
        is some, since half of the noise above the median would stay. By default none, and a rim that looks like one is
        refused; 0 says that the rim belongs to the PSF.

    Returns
    -------
    psf : (K', L') float64 array
        Without its empty rim, padded so that its centroid lies within half a pixel of the centre.

    Raises
    ------
    ValueError
        If the array is not two-dimensional, not finite, has a negative entry, nothing but zeros, a rim that looks like
        a background, or its light at opposite ends, as after ``ifftshift``.
    TypeError
        If it does not hold real numbers.

    Notes
    -----
    Centring shifts by whole pixels, so no weight changes: a PSF whose centroid lies between pixels keeps that fraction,
    and restored pictures are shifted by it. Half way between two pixels the later one becomes the centre. So a
    symmetric array of even size keeps its centre at ``(K//2, L//2)``, half a pixel after its middle; its first row has
    no partner then and is cut off if it holds less than a thousandth of the light, as in a PSF of the picture's own
    size, and otherwise a row of zeros is added at the end. Rows and columns fainter than 1e-9 of the brightest are rim.

    Examples
    --------
    >>> as_psf([[1, 1, 2]])
    array([[0.25, 0.25, 0.5 ]])
    >>> as_psf([[1, 1]])
    array([[0.5, 0.5, 0. ]])
    """
    array = _check.reals("array", array)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"array: got shape {array.shape}, expected two dimensions (rows, columns)")
    array = _check.floats("array", array.astype(np.float64))
    if background is None:
        fix = "take off its background with as_psf(array, background=...), or cut it off with array.clip(0)"
        array = _check.light("array", array, fix)
    else:
        array = (array - _check.number("background", background, low=-np.inf)).clip(0)
    if not array.any():
        level = "" if background is None else f" above the background {background:g}"
        raise ValueError(f"array: got no light{level}, expected some positive values")
    array = array / array.max()
    if background is None:
        _refuse_pedestal(array)
    _refuse_corners(array)
    array = _trimmed(array)
    array = array / array.sum()
    centre = _centre(array)
    first = tuple(
        int(n % 2 == 0 and c == n // 2 and array.take(0, axis).sum() < UNPAIRED)
        for axis, (n, c) in enumerate(zip(array.shape, centre, strict=True))
    )
    array = array[first[0] :, first[1] :] / array[first[0] :, first[1] :].sum()
    centre = [c - cut for c, cut in zip(centre, first, strict=True)]
    half = [max(c, n - 1 - c) for c, n in zip(centre, array.shape, strict=True)]
    return np.pad(array, [(h - c, h + c + 1 - n) for h, c, n in zip(half, centre, array.shape, strict=True)])


def _centre(array):
    """The pixel nearest to the centroid of an array of sum 1: the later one half way between two."""
    centroid = [np.arange(n) @ array.sum(axis=1 - axis) for axis, n in enumerate(array.shape)]
    return np.floor(np.round(centroid, 9) + 0.5).astype(int)  # round-off does not decide between two pixels


def _trimmed(array):
    """`array` without the rows and columns at its rim that hold next to nothing."""
    lines = (array.sum(axis=axis) for axis in (1, 0))
    rows, columns = (np.flatnonzero(line > NEGLIGIBLE * line.max()) for line in lines)
    return array[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _refuse_pedestal(array):
    """Refuse a PSF on a background: its rim is level, far below its peak, and makes up much of its light."""
    if min(array.shape) < 9:
        return

    def ring(depth):
        inside = array[depth : array.shape[0] - depth, depth : array.shape[1] - depth]
        return float(np.median(np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])))

    rim, inner = ring(0), ring(-(-min(array.shape) // 8))
    share = rim * array.size / array.sum()
    if rim < 0.3 and share > 0.02 and 0.5 * rim < inner < 1.5 * rim:
        what = f"a level rim that makes up {100 * share:.0f} % of the light"
        fix = "take it off with background=array[[0, -1]].max(), or say background=0 if it belongs to the PSF"
        raise ValueError(f"array: got {what}, expected one that fades out: {fix}")


def _refuse_corners(array):
    """Refuse a PSF whose centre stands at (0, 0), with the rest of it wrapped around."""
    for axis, n in enumerate(array.shape):
        line = array.sum(axis=1 - axis)
        middle = line[n // 4 : n - n // 4].sum()
        if n >= 8 and min(line[0], line[-1]) > NEGLIGIBLE * line.max() and middle < 0.05 * line.sum():
            fix = "np.fft.fftshift(array) if its centre is at (0, 0), np.pad(array, 1) if it is a double image"
            raise ValueError(f"array: got its light at opposite ends, expected it around one centre: pass {fix}")


def _length(name, value, times=1):
    """A length in pixels whose PSF, so many times as long, fits into the memory."""
    return _check.number(name, value, above=True, high=LONGEST / times, unit=" pixels")

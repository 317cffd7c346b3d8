"""The PSF from the blurred picture alone: coarse to fine from several beginnings, sketch and PSF in turns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, linalg, ndimage

from . import _check
from ._algebra import norm
from ._autocorrelation import from_autocorrelation
from ._evidence import surprises, windowed
from ._run import BlindIterate
from ._spectrum import irfft2, power
from ._types import PSF, Image
from .operators import Blur, Gradient, gradient_power

SLOPE = 0.03  # rms slope to which a picture is scaled, so that the weights suit every light
WEIGHT, FALL = 8e-3, 1.12  # of an edge pixel: at first, and its divisor after each round
LOOSE, TIGHT, TIGHTER = 16, 3e3, 1.5  # coupling of the slopes to the edges: at first over the weight, at last; factor
ROUNDS = 5  # at each size
RIDGE = 2.0  # keeps the PSF small where the picture has no edge that would show it
RIM, POINT, ALIKE = 0.02, 0.4, 0.7  # doubts: share of light at the frame, or in one pixel; likeness of the halves
FLAT = 3  # doubts: rms slope over the noise; white noise alone has 2
KEPT, HALF_KEPT = (5, 3), (3, 1)  # ways that get to the last size but one, and to the last; doubts: in each half
SAME = 0.9  # likeness from which two ways go on as one
FADE = 0.75  # width, over the PSF's side, in which the slopes fade out for the fit; a wide one wastes what is seen
NOISIER = 4, 1.5  # what the noise is taken for when they are compared, over what it is: before the last size, and at it
LARGEST = 65  # PSF, in pixels a side: a system of the square of that many equations is solved
FAINT, ISLAND = 0.15, 0.1  # what is left out of a PSF: below this share of its peak, islands below this share of light
STAYS = 0.05  # at the last size: there a faint part of the path may stay, as no larger size is led astray by it


def estimate_psf(y: Image, size: int) -> Iterator[BlindIterate]:
    """The PSF of a camera that moved or was out of focus, from the blurred picture alone.

    Parameters
    ----------
    y : (M, N) float array
        Photograph in linear light, with sharp edges in several directions before it was blurred.
    size : int
        Rows and columns of the PSF, odd, 5 to 65. Take it larger than the blur that you see, by a few pixels: what is
        too small cuts the path off, what is much too large leaves room for errors.

    Yields
    ------
    iterate : BlindIterate
        With the PSF of that step, on the way that looks best at small sizes; at last one with the best PSF of all, if
        that is another. The first comes after a third of the work. Sizes grow on the way, of `psf` to `size` and
        of `x` to that of y; x is a sketch that has edges and flat regions only, no restoration. The objective, of a
        size and a weight, is the squared misfit plus the weight times the number of edge pixels; it may rise from step
        to step.

    Raises
    ------
    ValueError
        If y is the same everywhere, or the size is even, or more than a third of the picture's shorter side.

    Notes
    -----
    A picture with few edges is blurred into the data; without that belief "no blur" explains them best [1]_. From small
    pictures to large ones, by factors of the square root of 2, each step finds (a) the picture with few edge pixels
    that the present PSF blurs into the data, by half-quadratic splitting [3]_ as in [2]_, and (b) the PSF, not
    negative, that takes its slopes to those of the data in the least-squares sense, as in [4]_. Where this ends depends
    on where it begins. So it begins five times: once small and from next to nothing, and at a half and at a third of
    the size from a PSF that has the autocorrelation of the data's slopes [5]_, which is also that of the PSF turned by
    half: from both (below 13, without the third). One region may lead astray what the rest would find, so the picture's
    four halves are searched, too (upper, lower, left and right, where a third of their shorter side holds the PSF),
    from their autocorrelations at half the size. The likeliest ways go on, fewer at each of the last two sizes, those
    that have come to the same PSF as one; from the PSF that is likeliest then, the last size is gone through once more
    in the whole picture; and the likeliest of all is the answer. What is likely is told by the spectrum of the whole
    picture, not by its edges: a sharp picture has about the same power at neighbouring frequencies, so narrow dark
    bands in the data are the PSF's [6]_. Then restore y with the last PSF, with the boundary "unknown". It fails where
    the scene has few edges or too many (a night sky, gravel), for a sharp picture, and where the blur differs across
    the frame or where much of a scene looks blurred itself (water, a passing car): ask `doubts`.

    References
    ----------
    .. [1] A. Levin, Y. Weiss, F. Durand, W. T. Freeman, Understanding and evaluating blind deconvolution algorithms,
       IEEE CVPR 2009, 1964-1971, doi:10.1109/CVPR.2009.5206815.
    .. [2] L. Xu, S. Zheng, J. Jia, Unnatural L0 sparse representation for natural image deblurring, IEEE CVPR 2013,
       1107-1114, doi:10.1109/CVPR.2013.147.
    .. [3] L. Xu, C. Lu, Y. Xu, J. Jia, Image smoothing via L0 gradient minimization, ACM Transactions on Graphics 30,
       174, 2011, doi:10.1145/2024156.2024208.
    .. [4] S. Cho, S. Lee, Fast motion deblurring, ACM Transactions on Graphics 28, 145, 2009,
       doi:10.1145/1618452.1618491.
    .. [5] A. Goldstein, R. Fattal, Blur-kernel estimation from spectral irregularities, ECCV 2012, 622-635,
       doi:10.1007/978-3-642-33715-4_45.
    .. [6] P. Whittle, Estimation and information in stationary time series, Arkiv for Matematik 2, 423-434, 1953,
       doi:10.1007/BF02590998.
    """
    y = _check.image("y", y).astype(np.float64)
    _check.varied("y", y)
    largest = min(LARGEST, _widest(y))
    size = _check.whole("size", size, 5, max(largest, 5))
    if size % 2 == 0 or size > largest:
        raise ValueError(
            f"size: got {size}, expected an odd number, at most {largest} for a picture of {y.shape} pixels"
        )
    return _coarse_to_fine(y, size)


def doubts(y: Image, psf: PSF) -> tuple[str, ...]:
    """What speaks against a PSF that `estimate_psf` has found.

    Parameters
    ----------
    y : (M, N) float array
        The blurred picture.
    psf : (K, K) float array
        The PSF that was found in it.

    Returns
    -------
    reasons : tuple of str
        A sentence for each reason, with what to do; empty if there is none, which is no proof.

    Raises
    ------
    ValueError
        If y or the PSF is none.

    Notes
    -----
    Four questions. Does the PSF reach its frame? Is it nearly a point? Are the slopes of the picture hardly more than
    those of its noise? (Their rms is below 3 times the noise [1]_; white noise alone has 2.) Do the halves of the
    picture, upper, lower, left and right, each on its own, find the same? (The correlation of the answers with the PSF,
    at the best shift, is 0.7 at least in the mean.) The limits were set on simulated shakes of 13 to 27 pixels. A
    texture, such as a brick wall, may mislead all four alike.

    References
    ----------
    .. [1] J. Immerkær, Fast noise variance estimation, Computer Vision and Image Understanding 64, 300-302, 1996,
       doi:10.1006/cviu.1996.0060.
    """
    psf = _check.psf(psf, np.shape(y))
    y = _check.image("y", y).astype(np.float64)
    size = min(max(5, *psf.shape), LARGEST)
    reasons = []
    if 1 - psf[1:-1, 1:-1].sum() > RIM:
        reasons.append("The PSF reaches its frame: take a larger size.")
    if psf.max() > POINT:
        reasons.append("The PSF is nearly a point: the picture is sharp, or its blur was not found.")
    if _slope(y) < FLAT * _noise(y):
        reasons.append("The slopes are hardly more than noise: take a brighter part with stronger edges.")
    halves = ((half, _ended(_begun(half, size), half, size, HALF_KEPT)) for half in _halves(y, size))
    found = [_psf(_likeliest(ways, half, size)[0]) for half, ways in halves]
    if not found:
        reasons.append("The halves of the picture are empty, or too small to find the PSF again: take a larger part.")
    elif len(found) < 2 or np.mean([_likeness(psf, half) for half in found]) < ALIKE:
        reasons.append(
            "The halves of the picture do not find the same PSF: choose a part with sharp edges in all directions."
        )
    return tuple(reasons)


def _widest(y):
    """The largest PSF that a picture can tell of."""
    return (min(y.shape) // 3 - 1) // 2 * 2 + 1


def _halves(y, size):
    """The upper, the lower, the left and the right one: those that are not empty and can tell of a PSF of this size."""
    halves = (half for axis in (0, 1) for half in np.array_split(y, 2, axis))
    return [half for half in halves if _widest(half) >= size and np.ptp(half)]


def _slope(y):
    return np.sqrt(2 * np.mean((Gradient("zero") @ y) ** 2))


def _noise(y):
    """Standard deviation of white noise, from second differences in both directions, which see little of a picture."""
    return np.median(abs(np.diff(np.diff(y, 2, axis=0), 2, axis=1))) / (6 * 0.6745)


def _likeness(a, b):
    """Correlation of two PSFs at their best shift: 1 if they are the same."""
    shape = [m + n - 1 for m, n in zip(a.shape, b.shape, strict=True)]
    return fft.irfft2(fft.rfft2(a, shape) * fft.rfft2(b, shape).conj(), shape).max() / (norm(a) * norm(b))


def _coarse_to_fine(y, size):
    unit = SLOPE / _slope(y)
    for k, (data, x, penalty, psf) in enumerate(_search(y, size)):
        misfit = norm(Blur(psf, x.shape, "reflect") @ x - data)
        yield BlindIterate(k, x / unit, (misfit**2 + penalty) / unit**2, misfit / unit, psf)


def _search(y, size):
    """The steps of one way through the whole picture, and one more if there is a likelier PSF in the end."""
    leading, *others = _likeliest(_begun(y, size), y, size)
    [leading] = _ended([leading], y, size, (1, 1))
    yield from leading[1]
    others += [way for half in _halves(y, size) for way in _begun(half, size, (1, 3))]
    best = _likeliest([leading, *_ended(others, y, size, KEPT)], y, size)[0]
    again = list(_in_turns(y, size, [size], _psf(best)))
    best = _likeliest([best, (y, again)], y, size)[0]
    if best is not leading:
        data, weight = _scaled(y, 1), _weight(size, size, ROUNDS - 1)
        x, edges = _few_edges(data, _psf(best), weight)
        yield data, x, weight * edges, _psf(best)


def _begun(part, size, some=(0, None)):
    """Ways through a part of the picture, pairs of the part and the steps, up to two sizes before the last."""
    middle, _ = _stages(size)
    beginnings = islice(_beginnings(part, size, middle), *some)
    return [(part, list(_in_turns(part, size, sides, psf))) for sides, psf in beginnings]


def _ended(ways, y, size, kept):
    """The ways that are likeliest and differ, many at the last size but one and few at the last, with their steps."""
    _, late = _stages(size)
    for side, number in zip(late, kept[-len(late) :], strict=False):
        ways = [
            (part, [*steps, *_in_turns(part, size, [side], _psf((part, steps)))])
            for part, steps in _distinct(_likeliest(ways, y, size))[:number]
        ]
    return ways


def _stages(size):
    """The sizes up to two before the last, and the last two."""
    sides = _sides(size)
    return (sides[:-2], sides[-2:]) if len(sides) > 2 else (sides[:1], sides[1:])


def _beginnings(y, size, sides):
    """Sizes and a PSF to begin with: all of them and next to nothing; the last ones and a PSF without phases, twice."""
    yield sides, np.full((3, 3), 1 / 9)
    for first in range(1, min(2, len(sides)) + 1):
        data = _scaled(y, sides[-first] / size)
        psf = from_autocorrelation(_slopes(data), sides[-first], _noise(data) ** 2)
        yield sides[-first:], psf
        yield sides[-first:], psf[::-1, ::-1]


def _likeliest(ways, y, size):
    """The best of them first, by what their last PSFs say of the picture."""
    if len(ways) == 1:
        return ways
    psfs = [_psf(way) for way in ways]
    side = len(psfs[0])
    data = _scaled(y, side / size)
    order = np.argsort(surprises(_slopes(data), psfs, NOISIER[side == size] * _noise(data) ** 2), kind="stable")
    return [ways[k] for k in order]


def _distinct(ways):
    """Without those that have come to nearly the PSF of one before."""
    kept = []
    for way in ways:
        if all(_likeness(_psf(way), _psf(other)) < SAME for other in kept):
            kept.append(way)
    return kept


def _psf(way):
    """The one in which it ends."""
    _, steps = way
    return steps[-1][-1]


def _in_turns(y, size, sides, psf):
    """Sketch and PSF, at each size, with the data and what the edges cost; one gets cheaper from round to round."""
    for side in sides:
        data, psf = _scaled(y, side / size), _tidy(_resized(psf, (side, side)))
        slopes = windowed(_slopes(data), side, FADE)
        for turn in range(ROUNDS):
            weight = _weight(size, side, turn)
            x, edges = _few_edges(data, psf, weight)
            psf = _tidy(_fitted(windowed(_slopes(x), side, FADE), slopes, side), STAYS if side == size else FAINT)
            yield data, x, weight * edges, psf


def _weight(size, side, turn):
    """Of an edge pixel, in a round at a side."""
    return WEIGHT / FALL ** (ROUNDS * _sides(size).index(side) + turn)


def _scaled(y, ratio):
    """The picture at another size, in the unit in which the weights are meant."""
    return SLOPE / _slope(y) * _resized(y, [round(n * ratio) for n in y.shape])


def _slopes(image):
    return np.stack([np.diff(image, axis=0)[:, :-1], np.diff(image, axis=1)[:-1]])


def _sides(size):
    """Odd sizes from 3 or 5 up to this one, by factors of about the square root of 2."""
    sides = [size]
    while sides[-1] > 5:
        sides.append(min(sides[-1] - 2, 2 * round((sides[-1] / 2**0.5 - 1) / 2) + 1))
    return sides[::-1]


def _resized(image, shape):
    """An image on other pixels of the same scene: fewer are read off a picture as blurred as they are wide."""
    ratio = [n / m for n, m in zip(image.shape, shape, strict=True)]
    if ratio == [1, 1]:
        return image
    smooth = ndimage.gaussian_filter(image, [max(0, (r - 1) / 2) for r in ratio], mode="nearest")
    places = [r * (np.arange(m) + 0.5) - 0.5 for r, m in zip(ratio, shape, strict=True)]
    return ndimage.map_coordinates(smooth, np.meshgrid(*places, indexing="ij"), order=3, mode="nearest")


def _few_edges(data, psf, weight):
    """argmin_x ||psf * x - data||**2 + weight * (pixels with a slope), roughly; and how many pixels have one.

    The slopes are a variable d of their own: at each coupling, d is the slope of x where it is worth its weight and 0
    elsewhere, and x is one division in frequency. The coupling grows slowly: in large steps wrong edges stay. Single
    precision will do for what is 0 in the mean.
    """
    rows, columns = data.shape
    light = data.mean()
    y = (_continued(data, len(psf)) - light).astype(np.float32)
    G, H = Gradient(), Blur(psf, y.shape).otf.astype(np.complex64)
    seen, gradient = power(H), gradient_power(y.shape).astype(np.float32)
    x, pull, coupling = y, H.conj() * fft.rfft2(y), LOOSE * weight
    while coupling < TIGHT:
        d = G @ x
        edge = d[0] ** 2 + d[1] ** 2 > weight / coupling
        d *= edge
        spectrum = fft.rfft2(G.T @ d)
        spectrum *= coupling
        spectrum += pull
        spectrum *= 1 / (seen + coupling * gradient)
        x = irfft2(spectrum, y.shape)
        coupling *= TIGHTER
    return x[:rows, :columns] + light, np.count_nonzero(edge[:rows, :columns])


def _continued(image, margin):
    """The image with at least `margin` more rows and columns, which lead from its end back to its start."""
    for axis in (0, 1):
        size = image.shape[axis]
        more = fft.next_fast_len(size + margin, real=True) - size
        share = np.linspace(0, 1, more + 2)[1:-1].reshape((-1, 1) if axis == 0 else (1, -1))
        first, last = image.take([0], axis), image.take([-1], axis)
        image = np.concatenate([image, (1 - share) * last + share * first], axis=axis)
    return image


def _fitted(x, y, side):
    """The PSF of this side, none of it negative, that takes the slopes x to the slopes y, which end in darkness."""
    X, Y = fft.rfft2(x), fft.rfft2(y)
    auto, cross = (irfft2((X.conj() * other).sum(axis=0), x.shape[1:]) for other in (X, Y))
    lags, centred = np.arange(1 - side, side), np.arange(side) - side // 2
    blocks = sliding_window_view(auto[np.ix_(lags, lags)], (side, side))[:, :, ::-1, ::-1]
    normal = blocks.reshape(side**2, side**2) + RIDGE * np.eye(side**2)
    right = cross[np.ix_(centred, centred)].ravel()
    psf, used = np.zeros(side**2), np.ones(side**2, bool)
    for _ in range(ROUNDS):
        psf[:] = 0
        psf[used] = linalg.cho_solve(linalg.cho_factor(normal[np.ix_(used, used)]), right[used])
        if (psf[used] > 0).all():
            break
        used = psf > 0
    return psf.clip(0).reshape(side, side)


def _tidy(psf, faint=FAINT):
    """Without what is faint or a small island, centred to a pixel, sum 1; a point if nothing is left."""
    psf = np.where(psf < faint * psf.max(), 0, psf)
    if not psf.any():
        psf[len(psf) // 2, len(psf) // 2] = 1
    islands, count = ndimage.label(psf, np.ones((3, 3)))
    light = ndimage.sum_labels(psf, islands, np.arange(count + 1))
    psf = np.where(light[islands] < min(ISLAND * psf.sum(), light.max()), 0, psf)
    off = [round(n // 2 - c) for n, c in zip(psf.shape, ndimage.center_of_mass(psf), strict=True)]
    psf = ndimage.shift(psf, off, order=0)
    return psf / psf.sum()

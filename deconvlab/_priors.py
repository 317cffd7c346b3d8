"""Deblurring with an idea of what pictures look like: flat with few edges, or whatever a denoiser leaves alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from . import _check
from ._algebra import norm, observed, started
from ._run import Iterate
from ._splitting import picture_near, slopes_near
from ._types import Denoiser, Image, Number
from .operators import Blur

START = 60, 0.07  # steps of total variation before the first denoising, and their weight in sigmas
LEVELS = 12  # of noise that the denoiser is told
FIRST, LAST = 1 / 3, 1 / 2  # of them, in standard deviations of y and of its noise
COUPLING = 1 / 3  # smaller trusts the denoiser more


def total_variation(H: Blur, y: Image, weight: Number, *, x0: Image | None = None) -> Iterator[Iterate]:
    """Deblurring by total variation: fit the data with as few and as low edges as possible.

    Parameters
    ----------
    H : Blur
        Forward model; its boundary is D's as well.
    y : (M, N) float array
        Observed picture.
    weight : float > 0
        Regularization weight, in units of y. Larger is flatter: noise goes first, then texture, then weak edges.
    x0 : (M, N) float array, optional
        Initial guess, by default y, its rim repeated where the picture is larger than y.

    Yields
    ------
    iterate : Iterate
        Objective: 1/2 ||H x - y||**2 + weight * sum sqrt(dx**2 + dy**2). It may rise for some steps.

    Raises
    ------
    ValueError
        If y or x0 has a wrong shape, or the weight is not positive.

    Notes
    -----
    Minimizes the convex objective above by the alternating direction method of multipliers [1]_: the slopes are a
    variable of their own, v, that is pulled towards D x. For given v a division gives x, for given x each slope is
    shortened by a constant. Where the boundary is unknown or pixels are masked, the blurred scene is another such
    variable, and the division stays a division [3]_; with darkness or a mirror outside a few preconditioned steps of
    conjugate gradients take its place, some eight times slower. An edge costs its height, however sharp it is, so edges
    survive; slow shading becomes a staircase, and texture goes.

    References
    ----------
    .. [1] S. Boyd, N. Parikh, E. Chu, B. Peleato, J. Eckstein, Distributed optimization and statistical learning via
       the alternating direction method of multipliers, Foundations and Trends in Machine Learning 3, 1-122, 2011,
       doi:10.1561/2200000016.
    .. [2] L. I. Rudin, S. Osher, E. Fatemi, Nonlinear total variation based noise removal algorithms, Physica D 60,
       259-268, 1992, doi:10.1016/0167-2789(92)90242-F.
    .. [3] M. S. C. Almeida, M. A. T. Figueiredo, Deconvolving images with unknown boundaries using the alternating
       direction method of multipliers, IEEE Transactions on Image Processing 22, 2013, arXiv:1210.2687.
    """
    y, weight = observed(H, y), _check.number("weight", weight, above=True)
    return _total_variation(H, y, weight, _first(H, y) if x0 is None else started(x0, H.shape_in, y.dtype))


def _total_variation(H, y, weight, x):
    near = slopes_near(H, y, x)
    coupling = 30 * weight / (float(np.ptp(_trusted(H, y))) or 1.0)
    slope = v = near.D @ near.scene
    u = np.zeros_like(v)
    for k in itertools.count():
        value = near.residual_norm**2 / 2 + weight * float(_lengths(near.counted(slope)).sum(dtype=np.float64))
        yield Iterate(k, near.x, value, near.residual_norm)
        near.step(coupling, v - u)
        slope = near.D @ near.scene
        u += 1.8 * slope
        u -= 0.8 * v
        cut = _limited(near.counted(u), weight / coupling)
        v, u = u - cut, cut


def plug_and_play(H: Blur, y: Image, denoise: Denoiser, *, sigma: Number) -> Iterator[Iterate]:
    """Deblurring with any denoiser in place of a penalty.

    Parameters
    ----------
    H : Blur
        Forward model.
    y : (M, N) float array
        Observed picture, in any range.
    denoise : function of (image, sigma) -> image
        Removes white noise of standard deviation `sigma`: `block_matching`, or for example
        ``lambda x, s: skimage.restoration.denoise_nl_means(x, 5, 7, h=0.9 * s, sigma=s)``.
    sigma : float > 0
        Noise of y, standard deviation in units of y. Larger trusts the denoiser more.

    Yields
    ------
    iterate : Iterate
        13 of them: the start, and what the denoiser returns at 12 noise levels. Objective: 1/2 ||H x - y||**2, all that
        has a formula here; it need not fall.

    Raises
    ------
    ValueError
        If y has another shape than H makes, sigma is not positive, or the denoiser returns another shape or NaN.

    Notes
    -----
    Half-quadratic splitting [2]_: z fits the data and stays near x, minimizing 1/2 ||H z - y||**2 + c/2 ||z - x||**2,
    then x is denoised from z. The noise level s that the denoiser is told falls by one factor from 1/3 of the standard
    deviation of y to sigma/2, and c = sigma**2 / (3 s**2). x starts as total variation's picture (60 steps, weight 0.07
    sigma): where the data say nothing, as outside of the frame, the start is felt to the end. All of it scales with the
    data. No objective is minimized and nothing guarantees that the result is likely; what the denoiser takes for noise,
    or for structure, decides, and the noise after a division is not as white as it was made for.

    References
    ----------
    .. [1] S. V. Venkatakrishnan, C. A. Bouman, B. Wohlberg, Plug-and-play priors for model based reconstruction, IEEE
       GlobalSIP 2013, 945-948, doi:10.1109/GlobalSIP.2013.6737048.
    .. [2] K. Zhang, Y. Li, W. Zuo, L. Zhang, L. Van Gool, R. Timofte, Plug-and-play image restoration with deep
       denoiser prior, IEEE Transactions on Pattern Analysis and Machine Intelligence 44, 6360-6376, 2022,
       doi:10.1109/TPAMI.2021.3088914.
    """
    y, sigma = observed(H, y), _check.number("sigma", sigma, above=True)
    if not callable(denoise):
        raise TypeError(f"denoise: got {type(denoise).__name__}, expected a function of (image, sigma)")
    return _plug_and_play(H, y, denoise, sigma)


def _plug_and_play(H, y, denoise, sigma):
    steps, weight = START
    x = next(itertools.islice(total_variation(H, y, weight * sigma), steps, None)).x
    near = picture_near(H, y, x)
    yield Iterate(0, x, near.residual_norm**2 / 2, near.residual_norm)
    first = max(FIRST * float(_trusted(H, y).std(dtype=np.float64)), sigma)
    for k, level in enumerate(np.geomspace(first, LAST * sigma, LEVELS).tolist(), 1):
        near.step(COUPLING * (sigma / level) ** 2, x)
        x = np.array(_check.image("denoise", denoise(near.x.copy(), level)), y.dtype)
        _check.same_shape("denoise", x, H.shape_in, ", the shape that it was given")
        residual_norm = norm(H @ x - y)
        yield Iterate(k, x, residual_norm**2 / 2, residual_norm)


def _trusted(H, y):
    return y if H.mask is None else y[H.mask]


def _first(H, y):
    """`y` as a first guess: where x is larger, the rim goes on."""
    if H.mask is not None:
        y = np.where(H.mask, y, _trusted(H, y).mean())
    rim = [((n - m) // 2, (n - m) // 2) for n, m in zip(H.shape_in, y.shape, strict=True)]
    return np.pad(y, rim, mode="edge") if H.shape_in != y.shape else y


def _lengths(slopes):
    return np.sqrt(np.square(slopes[0]) + np.square(slopes[1]))


def _limited(slopes, by):
    """Each slope, or the part of it that is `by` long: what the penalty takes from it."""
    return slopes * (by / np.maximum(_lengths(slopes), by))

"""Deblurring with an idea of what pictures look like: flat with few edges, or whatever a denoiser leaves alone."""

import itertools
from functools import cached_property

import numpy as np

from . import _check
from ._algebra import Real, conjugate_steps, coordinates, norm, observed, started
from ._run import Iterate
from .operators import Gradient

INNER_STEPS = 6  # of conjugate gradients, where there is no division
START = 60, 0.07  # steps of total variation before the first denoising, and their weight in sigmas
LEVELS = 12  # of noise that the denoiser is told
FIRST, LAST = 1 / 3, 1 / 2  # of them, in standard deviations of y and of its noise
COUPLING = 1 / 3  # smaller trusts the denoiser more


def total_variation(H, y, weight, *, x0=None):
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
    variable of their own, v, that is pulled towards D x. For given v a division gives x (a few preconditioned steps of
    conjugate gradients when the boundary is not periodic); for given x each slope is shortened by a constant. An edge
    costs its height, however sharp it is, so edges survive; slow shading becomes a staircase, and texture goes.

    References
    ----------
    .. [1] S. Boyd, N. Parikh, E. Chu, B. Peleato, J. Eckstein, Distributed optimization and statistical learning via
       the alternating direction method of multipliers, Foundations and Trends in Machine Learning 3, 1-122, 2011,
       doi:10.1561/2200000016.
    .. [2] L. I. Rudin, S. Osher, E. Fatemi, Nonlinear total variation based noise removal algorithms, Physica D 60,
       259-268, 1992, doi:10.1016/0167-2789(92)90242-F.
    """
    y, weight = observed(H, y), _check.number("weight", weight, above=True)
    return _total_variation(H, y, weight, _first(H, y) if x0 is None else started(x0, H.shape_in))


def _total_variation(H, y, weight, x):
    D = Gradient(H.boundary)
    solve = _Solve(H, y, D, x)
    coupling = 30 * weight / (float(np.ptp(y)) or 1.0)
    slope = v = D @ x
    u = np.zeros_like(v)
    for k in itertools.count():
        value = solve.residual_norm**2 / 2 + weight * float(_lengths(slope).sum(dtype=np.float64))
        yield Iterate(k, solve.x, value, solve.residual_norm)
        solve.step(coupling, v - u)
        slope = D @ solve.x
        relaxed = 1.8 * slope - 0.8 * v
        u += relaxed
        v = _shorten(u, weight / coupling)
        u -= v


def plug_and_play(H, y, denoise, *, sigma):
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
    start = next(itertools.islice(total_variation(H, y, weight * sigma), steps, None)).x
    solve, x = _Solve(H, y, Real(np.ones(1, y.dtype)), start), start
    yield _fit(H, y, 0, x)
    first = max(FIRST * float(y.std(dtype=np.float64)), sigma)
    for k, level in enumerate(np.geomspace(first, LAST * sigma, LEVELS).tolist(), 1):
        solve.step(COUPLING * (sigma / level) ** 2, x)
        x = np.array(_check.image("denoise", denoise(solve.x.copy(), level)), y.dtype)
        _check.same_shape("denoise", x, H.shape_in, ", the shape that it was given")
        yield _fit(H, y, k, x)


def _fit(H, y, k, x):
    """`x` as an iterate of which only the misfit is known."""
    residual_norm = norm(H @ x - y)
    return Iterate(k, x, residual_norm**2 / 2, residual_norm)


class _Solve:
    """Minimizer of 1/2 ||H x - y||**2 + weight/2 ||D x - target||**2, from the last one on.

    Exact in one step when periodic, otherwise nearer by some steps of conjugate gradients.
    """

    def __init__(self, H, y, D, x):
        self.space, self.D, self.x, self.residual = coordinates(H, y), D, x, H @ x - y
        if isinstance(D, Real):
            self.space.slope_power = D.gain**2
        self.periodic = H.boundary == "periodic"
        self.residual_norm = norm(self.residual)

    def step(self, weight, target):
        (self._divide if self.periodic else self._descend)(weight, target)

    def _divide(self, weight, target):
        space = self.space
        spectrum = space.into(self.D.T @ target)
        spectrum *= weight
        spectrum += self._start
        spectrum /= space.blur_power + weight * space.slope_power
        residual = space.H @ spectrum
        residual -= space.y
        self.x, self.residual_norm = space.back(spectrum), space.dot(residual, residual) ** 0.5

    @cached_property
    def _start(self):
        return self.space.H.T @ self.space.y

    def _descend(self, weight, target):
        space, state = self.space, (self.x, self.residual, self.D @ self.x - target)
        light = space.dot(space.y, space.y) + weight**2 * space.dot(state[2], state[2])
        roundoff = np.finfo(self.x.dtype).eps ** 2 * light  # a step too many runs away when the weight is huge
        steps = conjugate_steps(space, self.D, weight, state, lambda gradient: space.divide(gradient, weight), roundoff)
        *_, (self.x, self.residual, _) = itertools.chain([state], itertools.islice(steps, INNER_STEPS))
        self.residual_norm = norm(self.residual)


def _first(H, y):
    """`y` as a first guess: where x is larger, the rim goes on."""
    rim = [((n - m) // 2, (n - m) // 2) for n, m in zip(H.shape_in, y.shape, strict=True)]
    return np.pad(y, rim, mode="edge") if H.shape_in != y.shape else y


def _lengths(slopes):
    return np.sqrt(np.square(slopes[0]) + np.square(slopes[1]))


def _shorten(slopes, by):
    """Each slope shorter by `by`, or gone: the proximal step of the sum of lengths."""
    length = _lengths(slopes)
    return slopes * (np.maximum(length - by, 0) / np.maximum(length, by))

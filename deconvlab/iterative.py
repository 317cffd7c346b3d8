"""Improve step by step: an algorithm is a generator of iterates, and the caller owns the loop.

``for it in gradient_descent(objective, x0, step=0.5): ...`` draws, stops, times or logs as it likes; `run` is such a
loop.
"""

import itertools

import numpy as np
from scipy import fft

from . import _check
from ._run import History, Iterate, run
from .operators import Gradient, gradient_power
from .psf import psf_to_otf

__all__ = [
    "History",
    "Iterate",
    "Objective",
    "conjugate_gradient",
    "gradient_descent",
    "least_squares",
    "minimize_root",
    "root_least_squares",
    "run",
]


class Objective:
    """A function of a picture with its gradient.

    Attributes
    ----------
    evaluate : function of x -> (value, gradient, residual_norm)
        All three in one pass.
    lipschitz : float or None
        Lipschitz constant of the gradient, or slightly more: a fixed step below 2 / lipschitz descends. None where
        there is none.
    shape : pair of ints
        Shape of x.
    """

    def __init__(self, evaluate, lipschitz, shape):
        self.evaluate, self.lipschitz, self.shape = evaluate, lipschitz, shape

    def __call__(self, x):
        return self.evaluate(x)[0]

    def gradient(self, x):
        """Gradient at x."""
        return self.evaluate(x)[1]


def least_squares(H, y, weight=0.0):
    """Objective 1/2 ||H x - y||**2 + weight/2 ||D x||**2: fit the data and stay smooth.

    Parameters
    ----------
    H : Blur
        Forward model; its boundary is D's as well.
    y : (M, N) float array
        Observed picture.
    weight : float >= 0, optional
        Regularization weight, dimensionless when the PSF sums to 1. Larger is smoother.

    Returns
    -------
    objective : Objective

    Raises
    ------
    ValueError
        If y has another shape than H makes, or the weight is negative.

    Notes
    -----
    Gradient: H.T (H x - y) + weight D.T D x. For periodic data the minimizer is `tikhonov`'s picture, in one division.

    References
    ----------
    .. [1] P. C. Hansen, J. G. Nagy, D. P. O'Leary, Deblurring Images: Matrices, Spectra, and Filtering, SIAM 2006,
       ch. 6.
    """
    y, weight, D = _data(H, y), _check.number("weight", weight), Gradient(H.boundary)

    def evaluate(x):
        residual, slope = H @ x - y, D @ x
        value = (_dot(residual, residual) + weight * _dot(slope, slope)) / 2
        return value, H.T @ residual + weight * (D.T @ slope), _norm(residual)

    return Objective(evaluate, _lipschitz(H, weight), H.shape_in)


def root_least_squares(H, y, weight):
    """Objective sqrt(1/2 ||H x - y||**2) + weight * sqrt(1/2 ||D x||**2): both terms under a root.

    Parameters
    ----------
    H : Blur
        Forward model; its boundary is D's as well.
    y : (M, N) float array
        Observed picture.
    weight : float >= 0
        Regularization weight, dimensionless. Larger is smoother; above a finite value the minimizer is constant.

    Returns
    -------
    objective : Objective
        Its `lipschitz` is None: near zero residual the gradient turns arbitrarily fast, and no fixed step settles.

    Raises
    ------
    ValueError
        If y has another shape than H makes, or the weight is negative.

    Notes
    -----
    The gradient of the first term has the length ||H.T u|| / sqrt(2), u a unit vector, however far or near the minimum
    is. Where a term vanishes its gradient is taken as zero. Under a root the best weight hardly depends on the noise
    level; [1]_ shows it for another penalty.

    References
    ----------
    .. [1] A. Belloni, V. Chernozhukov, L. Wang, Square-root lasso: pivotal recovery of sparse signals via conic
       programming, Biometrika 98, 791-806, 2011, doi:10.1093/biomet/asr043.
    """
    y, weight, D = _data(H, y), _check.number("weight", weight), Gradient(H.boundary)

    def evaluate(x):
        residual, slope = H @ x - y, D @ x
        fit, rough = _norm(residual), _norm(slope)
        pull, smooth = H.T @ (residual / (2**0.5 * fit or 1)), D.T @ (slope / (2**0.5 * rough or 1))
        return (fit + weight * rough) / 2**0.5, pull + weight * smooth, fit

    return Objective(evaluate, None, H.shape_in)


def gradient_descent(objective, x0, *, step=None):
    """Gradient descent: walk downhill by a fixed step.

    Parameters
    ----------
    objective : Objective
        From `least_squares` or `root_least_squares`.
    x0 : (M, N) float array
        Initial guess.
    step : float > 0, optional
        Step length, by default 1 / objective.lipschitz. Larger is faster; from 2 / lipschitz on it diverges.

    Yields
    ------
    iterate : Iterate

    Raises
    ------
    ValueError
        If the step is not positive, or missing for an objective without a Lipschitz constant.

    Notes
    -----
    x <- x - step * gradient(x). Slow along directions that the blur has nearly lost, which acts like a regularization:
    stop early.
    """
    _check.objective(objective)
    if step is None:
        if objective.lipschitz is None:
            raise ValueError("step: got none, expected a number: this objective has no Lipschitz constant")
        step = 1 / objective.lipschitz
    x, step = _start(x0, objective.shape), _check.number("step", step, above=True)
    return _descend(objective, x, step)


def _descend(objective, x, step):
    for k in itertools.count():
        value, gradient, residual_norm = objective.evaluate(x)
        yield Iterate(k, x, value, residual_norm)
        x = x - step * gradient


def conjugate_gradient(H, y, *, weight=0.0, x0=None):
    """Conjugate gradients: the least-squares minimizer in as few steps as a first-order method can take.

    Parameters
    ----------
    H : Blur
        Forward model.
    y : (M, N) float array
        Observed picture.
    weight : float >= 0, optional
        Regularization weight of ||D x||**2 / 2. Larger is smoother, and needs fewer steps.
    x0 : (M, N) float array, optional
        Initial guess, zero by default.

    Yields
    ------
    iterate : Iterate
        Objective as in `least_squares`. Ends when the gradient is round-off.

    Raises
    ------
    ValueError
        If y or x0 has a wrong shape, or the weight is negative.

    Notes
    -----
    Solves (H.T H + weight D.T D) x = H.T y; each step costs one H and one H.T. With weight 0 the step count
    regularizes: too many steps bring the noise back.

    References
    ----------
    .. [1] J. Nocedal, S. J. Wright, Numerical Optimization, 2nd ed., Springer 2006, sec. 5.1,
       doi:10.1007/978-0-387-40065-5.
    """
    y, weight = _data(H, y), _check.number("weight", weight)
    x = np.zeros(H.shape_in, y.dtype) if x0 is None else _start(x0, H.shape_in)
    return _conjugate_gradient(H, y, weight, x)


def minimize_root(H, y, weight):
    """The exact minimizer of `root_least_squares`, in a few steps.

    Parameters
    ----------
    H : Blur
        Forward model.
    y : (M, N) float array
        Observed picture.
    weight : float >= 0
        Regularization weight. Larger is smoother; above a finite value the minimizer is the constant picture.

    Yields
    ------
    iterate : Iterate
        The objective never rises. Ends when it no longer falls.

    Raises
    ------
    ValueError
        If y has another shape than H makes, or the weight is negative.

    Notes
    -----
    For any s > 0, sqrt(t) <= (t / s + s) / 2, with equality where s = sqrt(t). With the current norms for s the two
    bounds add up to a least-squares objective of weight w = weight * ||H x - y|| / ||D x||. Each iterate takes two
    steps of preconditioned conjugate gradients on it, so the root objective falls, too [1]_. The preconditioner treats
    the frame as a mirror and divides in the cosine transform.

    The constant c is the minimizer if and only if ||D (D.T D)^+ H.T u|| <= weight, with u the unit vector along the
    residual H c - y. Then it is the only iterate.

    References
    ----------
    .. [1] D. R. Hunter, K. Lange, A tutorial on MM algorithms, The American Statistician 58, 30-37, 2004,
       doi:10.1198/0003130042836.
    """
    y, weight = _data(H, y), _check.number("weight", weight)
    return _minimize_root(H, y, weight)


def _conjugate_steps(H, D, weight, state, precondition, roundoff=0.0):
    """Conjugate gradients on 1/2 ||H x - y||**2 + weight/2 ||D x||**2, whose state is (x, H x - y, D x).

    Ends where the squared gradient is no more than `roundoff`: from there on the directions are noise and x runs away.
    """
    x, residual, slope = state
    gradient = H.T @ residual + weight * (D.T @ slope)
    downhill = precondition(gradient)
    p, slant = -downhill, _dot(gradient, downhill)
    while slant > roundoff:
        Hp, Dp = H @ p, D @ p
        step = slant / (_dot(Hp, Hp) + weight * _dot(Dp, Dp))
        x, residual, slope = x + step * p, residual + step * Hp, slope + step * Dp
        yield x, residual, slope
        gradient = H.T @ residual + weight * (D.T @ slope)
        downhill = precondition(gradient)
        slant, before = _dot(gradient, downhill), slant
        p = slant / before * p - downhill


def _conjugate_gradient(H, y, weight, x):
    D = Gradient(H.boundary)
    start = x, H @ x - y, D @ x
    light = _dot(y, y) + _dot(start[1], start[1]) + weight * _dot(start[2], start[2])
    roundoff = (4 * np.finfo(start[1].dtype).eps) ** 2 * _lipschitz(H, weight) * light
    steps = _conjugate_steps(H, D, weight, start, lambda gradient: gradient, roundoff)
    for k, (x, residual, slope) in enumerate(itertools.chain([start], steps)):
        yield Iterate(k, x, (_dot(residual, residual) + weight * _dot(slope, slope)) / 2, _norm(residual))


def _minimize_root(H, y, weight):
    D = Gradient(H.boundary)
    forward, back, blur_power, slope_power = _diagonal(H, y.dtype)
    roundoff = 4 * np.finfo(y.dtype).eps * _norm(y)

    light = H @ np.ones(H.shape_in, y.dtype)
    level = _dot(light, y) / _dot(light, light)
    residual = level * light - y
    push = H.T @ residual
    flat = slope_power == 0  # the constant has no slope, and is not pushed
    spread = back(forward(push) * ~flat / np.where(flat, 1, slope_power))
    if max(_dot(push, spread), 0) ** 0.5 <= weight * _norm(residual) or _norm(push) <= roundoff:
        yield Iterate(0, np.full(H.shape_in, level, y.dtype), _norm(residual) / 2**0.5, _norm(residual))
        return

    least = 1e-7 if H.boundary == "periodic" else 1e-3  # a mirror is not the frame: what it takes for lost may be there

    def divide(image, weight):  # what the preconditioner takes for (H.T H + weight D.T D)^-1
        return back(forward(image) / (blur_power + max(weight, least) * slope_power))

    x = 0.9 * (H.T @ y) + 0.1 * level  # H.T y itself may leave no residual, and from there no way leads back
    state = x, H @ x - y, D @ x
    before = np.inf
    for k in itertools.count():
        x, residual, slope = state
        fit, rough = _norm(residual), _norm(slope)
        value = (fit + weight * rough) / 2**0.5
        if value >= before:
            return
        yield Iterate(k, x, value, fit)
        if before - value <= (1e-10 if y.dtype == np.float64 else 1e-6) * value or fit <= roundoff:
            return
        before, quadratic = value, weight * fit / rough
        steps = _conjugate_steps(H, D, quadratic, state, lambda gradient, w=quadratic: divide(gradient, w))
        *_, state = itertools.chain([state], itertools.islice(steps, 2))


def _diagonal(H, dtype):
    """A transform that makes H.T H and D.T D (nearly) diagonal, and their diagonals."""
    m, n = H.shape_in
    if H.boundary == "periodic":
        forward, back = fft.rfft2, lambda spectrum: fft.irfft2(spectrum, s=(m, n))
        blur_power, slope_power = np.abs(H.otf) ** 2, gradient_power((m, n))
    else:  # the cosine transform of a mirrored frame lives on the frequencies of a grid of twice the size
        forward, back = (lambda x: fft.dctn(x, norm="ortho")), (lambda c: fft.idctn(c, norm="ortho"))
        power = np.abs(psf_to_otf(H.psf, (2 * m, 2 * n))) ** 2
        blur_power = (power[:m, :n] + power[-np.arange(m), :n]) / 2
        slope_power = gradient_power((2 * m, 2 * n))[:m, :n]
    return forward, back, blur_power.astype(dtype), slope_power.astype(dtype)


def _lipschitz(H, weight):  # exact when periodic; with darkness around it a picture is amplified no more than that
    return float((np.abs(H.otf) ** 2 + weight * gradient_power(H._grid)).max())


def _data(H, y):
    _check.operator(H, "T", "boundary", "otf", "psf")
    y = _check.image("y", y)
    _check.same_shape("y", y, H.shape_out, ", the shape that H makes")
    return y


def _start(x0, shape):
    x0 = _check.image("x0", x0)
    _check.same_shape("x0", x0, shape)
    return x0


def _dot(a, b):
    # Row by row: on a busy machine the threads of one large BLAS product wait a thousand times longer than they work.
    return float(np.vecdot(a, b).sum())


def _norm(a):
    return _dot(a, a) ** 0.5

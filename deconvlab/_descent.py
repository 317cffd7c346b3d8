"""Downhill on a quadratic objective or its root: one gradient after the other, or all of them at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from . import _check
from ._algebra import conjugate_steps, coordinates, lipschitz, observed, started
from ._objectives import Objective
from ._run import Iterate
from ._types import Image, Number
from .operators import Blur

MOST_INNER = 32  # steps of conjugate gradients between two iterates of `minimize_root`
NEAR = 1e-2  # share of the objective that may lie between it and its proved lower bound


def gradient_descent(objective: Objective, x0: Image, *, step: Number | None = None) -> Iterator[Iterate]:
    """Gradient descent: walk downhill by a fixed step.

    Parameters
    ----------
    objective : Objective
        From `least_squares` or `root_least_squares`.
    x0 : (M, N) float array
        Initial guess.
    step : float > 0, optional
        Step length, by default 1 / objective.lipschitz. Larger is faster; from 2 / lipschitz on it may diverge.

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
    return _descend(*_prepared(objective, x0, step))


def _descend(objective, x, step):
    x = objective.space.into(x)
    for k in itertools.count():
        value, gradient, residual_norm = objective.in_space(x)
        yield Iterate(k, objective.space.back(x), value, residual_norm)
        gradient *= -step
        x = gradient + x


def nesterov(objective: Objective, x0: Image, *, step: Number | None = None) -> Iterator[Iterate]:
    """Gradient descent with Nesterov's momentum: each step also goes on where the last one went.

    Parameters
    ----------
    objective : Objective
        From `least_squares`.
    x0 : (M, N) float array
        Initial guess.
    step : float > 0, optional
        Step length, by default 1 / objective.lipschitz. From about 4/3 of that on it may diverge: momentum allows less
        than plain descent, which allows 2.

    Yields
    ------
    iterate : Iterate
        The points at which the gradient is taken. The objective may rise for a while: momentum overshoots.

    Raises
    ------
    ValueError
        If the step is not positive, or missing for an objective without a Lipschitz constant.

    Notes
    -----
    x <- z - step * gradient(z), and z goes on from x by the share (t - 1) / t' of the last move, where
    t' = (1 + sqrt(1 + 4 t**2)) / 2. On a smooth convex objective the error falls like 1 / k**2, without momentum like
    1 / k.

    References
    ----------
    .. [1] A. Beck, M. Teboulle, A fast iterative shrinkage-thresholding algorithm for linear inverse problems, SIAM
       Journal on Imaging Sciences 2, 183-202, 2009, doi:10.1137/080716542.
    """
    return _momentum(*_prepared(objective, x0, step))


def _momentum(objective, z, step):
    x = z = objective.space.into(z)
    t = 1.0
    for k in itertools.count():
        value, gradient, residual_norm = objective.in_space(z)
        yield Iterate(k, objective.space.back(z), value, residual_norm)
        x, before = z - step * gradient, x
        t, momentum = (1 + (1 + 4 * t**2) ** 0.5) / 2, t - 1
        z = x + momentum / t * (x - before)


def _prepared(objective, x0, step):
    _check.objective(objective)
    if step is None:
        if objective.lipschitz is None:
            raise ValueError("step: got none, expected a number: this objective has no Lipschitz constant")
        step = 1 / objective.lipschitz
    return objective, started(x0, objective.shape, objective.dtype), _check.number("step", step, above=True)


def conjugate_gradient(
    H: Blur, y: Image, *, weight: Number = 0.0, x0: Image | None = None, precondition: bool = False
) -> Iterator[Iterate]:
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
    precondition : bool, optional
        Divide each gradient by what the blur and the penalty do to each frequency of a mirrored picture (of the picture
        itself when periodic: then one step is all). Pays when the weight is not tiny.

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
    regularizes: too many steps bring the noise back, and a preconditioner brings it back sooner.

    References
    ----------
    .. [1] J. Nocedal, S. J. Wright, Numerical Optimization, 2nd ed., Springer 2006, sec. 5.1,
       doi:10.1007/978-0-387-40065-5.
    """
    y, weight = observed(H, y), _check.number("weight", weight)
    x = np.zeros(H.shape_in, y.dtype) if x0 is None else started(x0, H.shape_in, y.dtype)
    return _conjugate_gradient(H, y, weight, x, _check.choice("precondition", precondition, (False, True)))


def _conjugate_gradient(H, y, weight, x, precondition):
    space = coordinates(H, y)
    dot, x = space.dot, space.into(x)
    start = x, space.H @ x - space.y, space.D @ x
    light = dot(space.y, space.y) + dot(start[1], start[1]) + weight * dot(start[2], start[2])
    roundoff = (4 * np.finfo(y.dtype).eps) ** 2 * light * (1 if precondition else lipschitz(H, weight))
    divide = (lambda gradient: space.divide(gradient, weight)) if precondition else (lambda gradient: gradient)
    steps = conjugate_steps(space, space.D, weight, start, divide, roundoff)
    for k, (x, residual, slope) in enumerate(itertools.chain([start], steps)):
        fit = dot(residual, residual)
        yield Iterate(k, space.back(x), (fit + weight * dot(slope, slope)) / 2, fit**0.5)


def minimize_root(H: Blur, y: Image, weight: Number) -> Iterator[Iterate]:
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
        The objective never rises. Ends when it no longer falls and is proved to be within 1 % of the minimum, or
        where rounding allows no further step; `run` says which of the two.

    Raises
    ------
    ValueError
        If y has another shape than H makes, or the weight is negative.

    Notes
    -----
    For any s > 0, sqrt(t) <= (t / s + s) / 2, with equality where s = sqrt(t). With the current norms for s the two
    bounds add up to a least-squares objective of weight w = weight * ||H x - y|| / ||D x||. Each iterate takes two
    steps of preconditioned conjugate gradients on it, so the root objective falls, too [1]_; where it falls slowly, as
    with a tiny weight, twice as many from one iterate to the next, up to 32. The preconditioner treats the frame as a
    mirror and divides in the cosine transform.

    How far the minimum can be is known: any u with H.T u + D.T v = 0, ||u|| <= 1 and ||v|| <= weight proves that it is
    at least -<u, y> / sqrt(2), by Fenchel's duality. The residual gives a u that is good near the minimum.

    The constant c is the minimizer if and only if ||D (D.T D)^+ H.T u|| <= weight, with u the unit vector along the
    residual H c - y. Then it is the only iterate.

    References
    ----------
    .. [1] D. R. Hunter, K. Lange, A tutorial on MM algorithms, The American Statistician 58, 30-37, 2004,
       doi:10.1198/0003130042836.
    """
    y, weight = observed(H, y), _check.number("weight", weight)
    return _minimize_root(coordinates(H, y), weight, np.ones(H.shape_in, y.dtype))


def _minimize_root(space, weight, white):
    H, D, y, dot = space.H, space.D, space.y, space.dot
    eps, white = np.finfo(white.dtype).eps, space.into(white)
    roundoff = 4 * eps * dot(y, y) ** 0.5

    light = H @ white
    level = dot(light, y) / dot(light, light)
    residual = level * light - y
    push, fit = H.T @ residual, dot(residual, residual) ** 0.5
    if max(dot(push, space.flatten(push)), 0) ** 0.5 <= weight * fit or dot(push, push) ** 0.5 <= roundoff:
        yield Iterate(0, space.back(level * white), fit / 2**0.5, fit)
        return

    def bound(residual):
        """What the minimum cannot be below, times sqrt(2)."""
        u = residual - dot(light, residual) / dot(light, light) * light  # H.T u holds no constant, so D.T v can be it
        push = H.T @ u
        size = max(dot(u, u) ** 0.5, max(dot(push, space.flatten(push)), 0) ** 0.5 / weight)
        return -dot(u, y) / size if size else 0.0

    x = 0.9 * (H.T @ y) + 0.1 * level * white  # H.T y itself may leave no residual, and from there no way leads back
    state = x, H @ x - y, D @ x
    k, inner, before = 0, 2, np.inf
    still = 1e-10 if eps < 1e-12 else 1e-6
    while True:
        x, residual, slope = state
        fit, rough = dot(residual, residual) ** 0.5, dot(slope, slope) ** 0.5
        value = fit + weight * rough
        fall = (before - value) / value
        if fall > 0:
            yield Iterate(k, space.back(x), value / 2**0.5, fit)
            k, before = k + 1, value
        if weight * rough <= roundoff:  # as good as no weight
            if fall <= still or fit <= roundoff:
                return
        elif fall <= 1e-2:
            if fall <= still or fit <= roundoff:
                least = bound(residual)
                if value - least <= NEAR * value:
                    return
                if inner == MOST_INNER or fit <= roundoff:
                    return f"no longer falling, with the minimum proved to be at least {least / 2**0.5:.3g}"
            inner = min(2 * inner, MOST_INNER)
        quadratic, gone = weight * fit / rough, 1e-3 * eps * fit * value
        steps = conjugate_steps(
            space, D, quadratic, state, lambda gradient, w=quadratic: space.divide(gradient, w), gone
        )
        *_, state = itertools.chain([state], itertools.islice(steps, inner))

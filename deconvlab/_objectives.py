"""What is minimized: functions of a picture that know their gradient."""

from __future__ import annotations

from collections.abc import Callable

from . import _check
from ._algebra import Frequencies, Pixels, coordinates, lipschitz, observed, started
from ._types import Image, Number
from .operators import Blur


class Objective:
    """A function of a picture with its gradient.

    Attributes
    ----------
    lipschitz : float or None
        Lipschitz constant of the gradient when the boundary is periodic, otherwise a bound above it: a fixed step below
        2 / lipschitz descends. None where there is none.
    shape : pair of ints
        Shape of x.
    dtype : numpy.dtype
        Precision of the data: x is brought to it, whatever its own.
    """

    def __init__(self, evaluate: Callable, lipschitz: float | None, space: Frequencies | Pixels) -> None:
        self.in_space, self.lipschitz, self.space = evaluate, lipschitz, space
        self.shape, self.dtype = space.shape, space.dtype

    def __call__(self, x: Image) -> float:
        return self.evaluate(x)[0]

    def gradient(self, x: Image) -> Image:
        """Gradient at x."""
        return self.evaluate(x)[1]

    def evaluate(self, x: Image) -> tuple[float, Image, float]:
        """Value, gradient and residual norm at x, in one pass."""
        value, gradient, residual_norm = self.in_space(self.space.into(started(x, self.shape, self.dtype, "x")))
        return value, self.space.back(gradient), residual_norm


def least_squares(H: Blur, y: Image, weight: Number = 0.0) -> Objective:
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
    y, weight = observed(H, y), _check.number("weight", weight)
    space = coordinates(H, y)

    def evaluate(x):
        residual = space.H @ x
        residual -= space.y
        fit, gradient = space.dot(residual, residual), space.H.T @ residual
        if not weight:
            return fit / 2, gradient, fit**0.5
        slope = space.D @ x
        rough, smooth = space.dot(slope, slope), space.D.T @ slope
        smooth *= weight
        gradient += smooth
        return (fit + weight * rough) / 2, gradient, fit**0.5

    return Objective(evaluate, lipschitz(H, weight), space)


def root_least_squares(H: Blur, y: Image, weight: Number) -> Objective:
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
        Its `lipschitz` is None: the smaller the residual, the faster the gradient turns, without a bound. A fixed step
        settles if it is short enough for the residual that the minimum leaves, and hops around it if not.

    Raises
    ------
    ValueError
        If y has another shape than H makes, or the weight is negative.

    Notes
    -----
    The gradient of the first term has the length ||H.T u|| / sqrt(2), u a unit vector, however far or near the minimum
    is. Where a term vanishes its gradient is taken as zero. Under a root the best weight depends less on the noise
    level: for ten times the noise 2 to 5 times as large, where that of squares is 31 to 67 times (six photographs). For
    another penalty it does not depend on it at all [1]_.

    References
    ----------
    .. [1] A. Belloni, V. Chernozhukov, L. Wang, Square-root lasso: pivotal recovery of sparse signals via conic
       programming, Biometrika 98, 791-806, 2011, doi:10.1093/biomet/asr043.
    """
    y, weight = observed(H, y), _check.number("weight", weight)
    space = coordinates(H, y)

    def evaluate(x):
        residual, slope = space.H @ x - space.y, space.D @ x
        fit, rough = space.dot(residual, residual) ** 0.5, space.dot(slope, slope) ** 0.5
        pull, smooth = space.H.T @ (residual / (2**0.5 * fit or 1)), space.D.T @ (slope / (2**0.5 * rough or 1))
        return (fit + weight * rough) / 2**0.5, pull + weight * smooth, fit

    return Objective(evaluate, None, space)

"""How much regularization?

Rules that choose the weight of Tikhonov's filter, for a periodic blur or for one that a mirror surrounds.

Each rule is a score of the weight. A score is a sum over frequencies, and a weight acts on a frequency only through the
share that it takes from it: ``lost = weight / (weight + ratio)`` with ``ratio = |H|**2 / |D|**2``.
"""

from __future__ import annotations

import numpy as np
import scipy  # which loads its parts when they are asked for: optimize takes its time

from . import _check, _spectrum
from ._bands import Bands, Selection
from ._types import PSF, Diagonal, Image, Number, Penalty

__all__ = ["Selection", "discrepancy", "gcv", "l_curve", "oracle", "sure"]
TINY = np.finfo(np.float64).tiny
CORNER = 0.1  # bends with a radius of ten e-folds and more are no corners


def discrepancy(
    y: Image,
    psf: PSF,
    sigma: Number,
    *,
    corrected: bool = False,
    penalty: Penalty = "gradient",
    boundary: Diagonal = "periodic",
) -> Selection:
    """Discrepancy principle: leave a residual as large as the noise.

    Parameters
    ----------
    y : (M, N) float array
        Observed picture.
    psf : (K, L) float array
        Assumed PSF, odd sizes, sum 1.
    sigma : float >= 0
        Standard deviation of the noise, in image units. Larger gives a larger weight.
    corrected : bool, optional
        Ask for the residual that the filter should leave instead of the one that the truth leaves: a smaller weight.
    penalty : {"gradient", "identity"}, optional
        As for `tikhonov`.
    boundary : {"periodic", "reflect"}, optional
        As for `tikhonov`.

    Returns
    -------
    selection : Selection
        Its scores are the residual norms ||H x - y||; corrected, sigma as each weight would have it.

    Raises
    ------
    ValueError
        If sigma is negative, the penalty unknown, or y the same everywhere.

    Notes
    -----
    Solves ||H x - y|| = sigma sqrt(M N). The residual grows with the weight, so there is one solution or none. The true
    picture leaves that residual; a filtered one fits part of the noise, so the weight comes out too large: 0.3 to
    1.3 dB below the best PSNR on photographs with the gradient penalty. Corrected, it solves
    ||H x - y|| = sigma sqrt(M N - trace(A)), where A takes y to H x: trace(A) counts the waves that the filter fits
    [2]_. Then the loss is 0.0 to 0.2 dB. It leaves out the waves that the blur wiped out: they hold noise alone, at any
    weight, and a little too much of it, by chance, would leave no solution. Like `sure` and `gcv` it judges the blurred
    picture, so with the identity penalty the uncorrected rule, too large and all, is often nearer to the best. A sigma
    that is 10 % too small makes the weight much too small: another 5 to 9 dB lost with a Gaussian PSF.

    References
    ----------
    .. [1] V. A. Morozov, Regularization of incorrectly posed problems and the choice of regularization parameter,
       USSR Computational Mathematics and Mathematical Physics 6(1), 1966, doi:10.1016/0041-5553(66)90046-2.
    .. [2] G. Wahba, Bayesian "confidence intervals" for the cross-validated smoothing spline, Journal of the Royal
       Statistical Society B 45(1), 133-150, 1983.
    """
    y, sigma = _check.image("y", y), _check.number("sigma", sigma)
    _check.choice("corrected", corrected, (False, True))
    bands = Bands(y, psf, penalty, boundary)
    told = bands.seen if corrected else np.ones_like(bands.seen)  # all of the others is left, whatever the weight
    power, count = bands.gather(bands.power() * told), bands.gather(told.astype(np.float64))
    scale = 1 if corrected else np.sqrt(y.size)

    def residual_norm(weight):
        lost = bands.lost(weight)
        return np.sqrt(lost**2 @ power / (max(lost @ count, TINY) if corrected else 1))

    scores = bands.scores(residual_norm)
    target = sigma * scale
    if not scores[0] < target < scores[-1]:
        low, high = scores[[0, -1]] / scale
        problem = f"the residual is from {low:.2g} to {high:.2g} rms, never {sigma:.2g}: check sigma and the PSF"
        return bands.select(np.nan, scores, f"needs sigma; no weight fits this sigma: {problem}")
    above = np.argmax(scores > target)
    low, high = np.log(bands.weights[[above - 1, above]])
    log_weight = scipy.optimize.brentq(lambda log_weight: np.log(residual_norm(np.exp(log_weight)) / target), low, high)
    return bands.select(np.exp(log_weight), scores, "needs sigma")


def gcv(y: Image, psf: PSF, *, penalty: Penalty = "gradient", boundary: Diagonal = "periodic") -> Selection:
    """Generalized cross-validation: predict each pixel from all the others.

    Parameters
    ----------
    y : (M, N) float array
        Observed picture.
    psf : (K, L) float array
        Assumed PSF, odd sizes, sum 1.
    penalty : {"gradient", "identity"}, optional
        As for `tikhonov`.
    boundary : {"periodic", "reflect"}, optional
        As for `tikhonov`.

    Returns
    -------
    selection : Selection
        Its scores are the mean squared errors of these predictions.

    Raises
    ------
    ValueError
        If the penalty is unknown, or y is the same everywhere.

    Notes
    -----
    Minimizes mean((H x - y)**2) / (trace(I - A) / (M N))**2, where A takes y to H x. Needs no sigma, because it takes
    for noise whatever the other pixels do not tell: right for white noise, far too small a weight when the noise is
    correlated, the PSF wrong, or the picture not periodic. It judges the blurred picture, not the sharp one: within
    0.1 dB of the best PSNR with the gradient penalty, 0.6 to 3.3 dB below it with the identity (photographs,
    sigma = 0.01).

    References
    ----------
    .. [1] G. H. Golub, M. Heath, G. Wahba, Generalized cross-validation as a method for choosing a good ridge
       parameter, Technometrics 21(2), 1979, doi:10.1080/00401706.1979.10489751.
    """
    bands = Bands(_check.image("y", y), psf, penalty, boundary)
    power, count = bands.gather(bands.power()), bands.gather(np.ones_like(bands.slope))

    def score(weight):
        lost = bands.lost(weight)
        return (lost**2 @ power / bands.pixels) / (lost @ count / bands.pixels) ** 2

    return bands.lowest(score, "needs nothing")


def l_curve(y: Image, psf: PSF, *, penalty: Penalty = "gradient", boundary: Diagonal = "periodic") -> Selection:
    """L-curve: the corner between a residual that grows and a roughness that falls.

    Parameters
    ----------
    y : (M, N) float array
        Observed picture.
    psf : (K, L) float array
        Assumed PSF, odd sizes, sum 1.
    penalty : {"gradient", "identity"}, optional
        As for `tikhonov`.
    boundary : {"periodic", "reflect"}, optional
        As for `tikhonov`.

    Returns
    -------
    selection : Selection
        Its scores are the curvatures, positive where the curve bends like the letter L.

    Raises
    ------
    ValueError
        If the penalty is unknown, or y is the same everywhere.

    Notes
    -----
    Takes the largest curvature of log ||D x|| against log ||H x - y||, computed from the slopes alone: the minimizer
    trades the one for the other, d||H x - y||**2 = -weight d||D x||**2, and second derivatives drop out. Waves that the
    blur wiped out are left out: their misfit is the same at any weight, and would bend the curve. Only a peak above 0.1
    counts, never an end of the curve: data without noise often have none. It shows the trade-off and promises nothing:
    0.1 to 3.4 dB below the best PSNR with the gradient penalty, 3 dB and far more with the identity (photographs,
    sigma = 0.01).

    References
    ----------
    .. [1] P. C. Hansen, D. P. O'Leary, The use of the L-curve in the regularization of discrete ill-posed problems,
       SIAM Journal on Scientific Computing 14(6), 1993, doi:10.1137/0914086.
    """
    bands = Bands(_check.image("y", y), psf, penalty, boundary)
    power = bands.gather(bands.power() * bands.seen)

    no_corner = "needs nothing; no corner: the curve bends nowhere like an L; is there any noise in y?"
    if not power.any():
        return bands.select(np.nan, np.zeros_like(bands.weights), no_corner)

    def curvature(weight):
        lost = bands.lost(weight)
        kept = lost * bands.ratio / weight  # 1 - lost, without losing digits
        both = (lost**2 * kept) @ power
        right = both / (lost**2 @ power)  # how fast log ||H x - y|| grows with log(weight)
        down = both / ((lost * kept) @ power)  # and log ||D x|| falls
        return right * down * (1 - 2 * right - 2 * down) / np.hypot(right, down) ** 3

    scores = bands.scores(curvature)
    before, here, after = scores[:-2], scores[1:-1], scores[2:]
    peaks = np.where((here > before) & (here >= after) & (here > CORNER), here, -np.inf)
    if np.isneginf(peaks).all():
        return bands.select(np.nan, scores, no_corner)
    weight = bands.refine(lambda weight: -curvature(weight), 1 + peaks.argmax())
    return bands.select(weight, scores, "needs nothing")


def sure(
    y: Image, psf: PSF, sigma: Number, *, penalty: Penalty = "gradient", boundary: Diagonal = "periodic"
) -> Selection:
    """Stein's unbiased risk estimate: the error, estimated without the truth.

    Parameters
    ----------
    y : (M, N) float array
        Observed picture.
    psf : (K, L) float array
        Assumed PSF, odd sizes, sum 1.
    sigma : float >= 0
        Standard deviation of the noise, in image units. Larger gives a larger weight.
    penalty : {"gradient", "identity"}, optional
        As for `tikhonov`.
    boundary : {"periodic", "reflect"}, optional
        As for `tikhonov`.

    Returns
    -------
    selection : Selection
        Its scores estimate mean((H x - H x_true)**2), without any constant left out; below 0 by chance, or where sigma
        is too large.

    Raises
    ------
    ValueError
        If sigma is negative, the penalty unknown, or y the same everywhere.

    Notes
    -----
    Minimizes mean((H x - y)**2) - sigma**2 + 2 sigma**2 trace(A) / (M N), where A takes y to H x. On average over the
    noise [1]_ this is the mean squared error of the *blurred* picture; the error of x itself cannot be estimated where
    the blur left nothing. With the gradient penalty both are smallest at nearly the same weight, within 0.1 dB of the
    best PSNR; with the identity it is 0.6 to 2.5 dB below (photographs, sigma = 0.01). The estimate of the error of x
    itself as far as the blur left something [2]_ does better there, but divides noise by |H|**2: with a Gaussian PSF a
    sigma that is 10 % too small then costs 50 dB; here it costs 0.3, but half of sigma costs 19 dB and more. Wrong when
    the noise is not white, the PSF wrong, or the picture not periodic.

    References
    ----------
    .. [1] C. M. Stein, Estimation of the mean of a multivariate normal distribution, The Annals of Statistics 9(6),
       1981, doi:10.1214/aos/1176345632.
    .. [2] Y. C. Eldar, Generalized SURE for exponential families: applications to regularization, IEEE Transactions on
       Signal Processing 57(2), 2009, arXiv:0804.3010.
    """
    y, sigma = _check.image("y", y), _check.number("sigma", sigma)
    bands = Bands(y, psf, penalty, boundary)
    power, count = bands.gather(bands.power()), bands.gather(np.ones_like(bands.slope))

    def score(weight):
        lost = bands.lost(weight)
        return lost**2 @ power / bands.pixels + sigma**2 - 2 * sigma**2 * (lost @ count / bands.pixels)

    return bands.lowest(score, "needs sigma")


def oracle(
    y: Image, psf: PSF, x_true: Image, *, penalty: Penalty = "gradient", boundary: Diagonal = "periodic"
) -> Selection:
    """The best weight there is, for those who know the truth.

    Parameters
    ----------
    y : (M, N) float array
        Observed picture.
    psf : (K, L) float array
        Assumed PSF, odd sizes, sum 1.
    x_true : (M, N) float array
        The true picture.
    penalty : {"gradient", "identity"}, optional
        As for `tikhonov`.
    boundary : {"periodic", "reflect"}, optional
        As for `tikhonov`.

    Returns
    -------
    selection : Selection
        Its scores are the mean squared errors of the filtered picture.

    Raises
    ------
    ValueError
        If the shapes differ, the penalty is unknown, or y is the same everywhere.

    Notes
    -----
    What the other rules are measured against. A figure obtained with it says what a method can do, not what it does.
    """
    y, x_true = _check.image("y", y), _check.image("x_true", x_true)
    _check.same_shape("x_true", x_true, y.shape, ", the shape of y")
    bands = Bands(y, psf, penalty, boundary)
    bands.torn = False  # whatever the frame does, the truth counts it
    X = bands.transform(x_true)
    noise = bands.otf.conj() * (bands.Y - bands.otf * X) / bands.slope  # error = (noise - weight X) / (weight + ratio)
    signal, both = bands.gather(_spectrum.power(X, np.float64)), bands.gather((X.conj() * noise).real)
    noise = bands.gather(_spectrum.power(noise, np.float64))
    error_of_mean = y.mean(dtype=np.float64) / np.sum(psf) - x_true.mean(dtype=np.float64)
    unseen = 0.0 if bands.sees_mean else error_of_mean**2

    def mean_square(weight):
        error = weight**2 * signal - 2 * weight * both + noise
        return (bands.lost(weight) / weight) ** 2 @ error / y.size + unseen

    return bands.lowest(mean_square, "needs the truth")

"""One division in frequency: every method here is a gain on the half spectrum.

The array that multiplies the spectrum can be drawn as a curve and applied to the picture; it is the same array. All
filters assume that the blur is periodic.
"""

import numpy as np
from scipy import fft

from . import _check
from ._latest import Latest
from ._spectrum import power
from .operators import gradient_power
from .psf import psf_to_otf


def inverse_gain(otf, epsilon=0.0):
    """Gain of plain division by the OTF, made safe by a small constant.

    Parameters
    ----------
    otf : (M, N//2 + 1) complex array
        Transfer function of the blur, from `psf_to_otf`.
    epsilon : float >= 0, optional
        Added to the OTF. Larger amplifies less, as long as the OTF is nowhere negative.

    Returns
    -------
    gain : (M, N//2 + 1) complex array

    Raises
    ------
    ValueError
        If epsilon is negative, or otf + epsilon vanishes somewhere.

    Notes
    -----
    1 / (H + epsilon). Where H is near -epsilon the sum is nearer to zero than H was: this epsilon protects only an OTF
    that is nowhere negative, such as a Gaussian's. `tikhonov_gain` protects any.
    """
    return _reciprocal(_check.otf(otf) + _check.number("epsilon", epsilon), "epsilon")


def truncated_gain(otf, threshold):
    """Gain that divides where the blur left something, and gives up elsewhere.

    Parameters
    ----------
    otf : (M, N//2 + 1) complex array
        Transfer function of the blur.
    threshold : float > 0
        Frequencies with |otf| below it are dropped. Larger is smoother; no gain exceeds 1 / threshold.

    Returns
    -------
    gain : (M, N//2 + 1) complex array

    Raises
    ------
    ValueError
        If the threshold is not positive.

    Notes
    -----
    The truncated singular value decomposition of a periodic blur. The hard edge in frequency rings in the picture.

    References
    ----------
    .. [1] P. C. Hansen, J. G. Nagy, D. P. O'Leary, Deblurring Images: Matrices, Spectra, and Filtering, SIAM 2006,
       ch. 6.
    """
    otf, threshold = _check.otf(otf), _check.number("threshold", threshold, above=True)
    size = np.abs(otf)
    inverse = np.divide(1, size, out=np.zeros_like(size), where=size >= threshold * (1 - 8 * np.finfo(size.dtype).eps))
    return otf.conj() * inverse * inverse  # one after the other: the square of a tiny size is zero


def tikhonov_gain(otf, weight, penalty=1.0):
    """Gain of Tikhonov's filter: least squares with a quadratic penalty.

    Parameters
    ----------
    otf : (M, N//2 + 1) complex array
        Transfer function of the blur, from `psf_to_otf`.
    weight : float >= 0
        Regularization weight, dimensionless when the PSF sums to 1. Larger is smoother; 0 is the inverse filter.
    penalty : float or (M, N//2 + 1) real array, optional
        |D|**2 of what is penalized: 1 for the image itself, ``gradient_power(shape)`` for its slope.

    Returns
    -------
    gain : (M, N//2 + 1) complex array

    Raises
    ------
    ValueError
        If the weight is negative, or so small that the denominator vanishes.

    Notes
    -----
    Minimizes 1/2 ||h * x - y||**2 + weight/2 ||d * x||**2 when the blur is periodic, hence
    conj(H) / (|H|**2 + weight |D|**2). Without the conj the phase of an asymmetric PSF is doubled instead of undone.

    References
    ----------
    .. [1] P. C. Hansen, J. G. Nagy, D. P. O'Leary, Deblurring Images: Matrices, Spectra, and Filtering, SIAM 2006,
       ch. 6.
    """
    otf = _check.otf(otf)
    weight, penalty = _check.number("weight", weight), _check.power("penalty", penalty, otf.shape)
    normal = power(otf)
    with np.errstate(over="ignore"):  # infinite is large enough
        normal += (weight * penalty).astype(normal.dtype)
    return otf.conj() * _reciprocal(normal, "weight")


def wiener_gain(otf, nsr):
    """Gain of Wiener's filter: the best linear guess when the spectra of noise and picture are known.

    Parameters
    ----------
    otf : (M, N//2 + 1) complex array
        Transfer function of the blur.
    nsr : float or (M, N//2 + 1) real array, >= 0
        Noise to signal power, sigma**2 / var(x) or the ratio of the two power spectra. Larger is smoother.

    Returns
    -------
    gain : (M, N//2 + 1) complex array

    Raises
    ------
    ValueError
        If nsr is negative, or so small that the denominator vanishes.

    Notes
    -----
    conj(H) / (|H|**2 + S_n / S_x), the minimizer of the expected squared error. With a number for `nsr` the picture is
    taken for white noise around its mean, which no photograph is: the filter equals Tikhonov's with penalty 1, but for
    frequency 0. A variance says nothing about the mean, so the mean is only divided by H.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, Digital Image Processing, 4th ed., Pearson 2018, sec. 5.8.
    """
    otf = _check.otf(otf)
    with np.errstate(over="ignore"):
        nsr = _check.power("nsr", nsr, otf.shape).astype(otf.real.dtype)
    if not nsr.ndim:
        nsr = np.full(otf.shape, nsr)
        nsr[0, 0] = 0
    return otf.conj() * _reciprocal(power(otf) + nsr, "nsr")


def apply_gain(y, gain):
    """Multiply the spectrum of a picture by a gain.

    Parameters
    ----------
    y : (M, N) float array
        Picture; its dtype is kept.
    gain : (M, N//2 + 1) complex or real array
        One factor per frequency: a transfer function blurs, a filter's gain restores.

    Returns
    -------
    x : (M, N) float array
        irfft2(gain * rfft2(y)): neither clipped nor made positive.

    Raises
    ------
    ValueError
        If the gain has another shape than the half spectrum of y.

    Examples
    --------
    >>> y = np.eye(4)
    >>> bool(np.allclose(apply_gain(y, np.ones((4, 3))), y))
    True
    """
    y, gain = _check.image("y", y), _check.numbers("gain", gain)
    if gain.shape != _half(y.shape):
        raise ValueError(f"gain: got shape {gain.shape}, expected {_half(y.shape)}, the half spectrum of y")
    return _apply(y, gain)


def inverse_filter(y, psf, epsilon=0.0):
    """Divide out the blur: Y / (H + epsilon).

    Parameters
    ----------
    y : (M, N) float array
        Observed picture.
    psf : (K, L) float array
        Assumed PSF, odd sizes, sum 1.
    epsilon : float >= 0, optional
        Added to the OTF before the division. Larger amplifies noise less.

    Returns
    -------
    x : (M, N) float array

    Raises
    ------
    ValueError
        If epsilon is negative, or H + epsilon vanishes somewhere.

    Notes
    -----
    See `inverse_gain` for the model. Noise of standard deviation sigma comes out with about sigma times the rms of the
    gain.

    Examples
    --------
    >>> from deconvlab.psf import gaussian
    >>> y = np.random.default_rng(0).random((12, 16))
    >>> inverse_filter(y, gaussian(1), 1e-3).shape
    (12, 16)
    """
    y, epsilon = _check.image("y", y), _check.number("epsilon", epsilon)
    return _apply(y, inverse_gain(_otf(psf, y), epsilon))


def truncated_inverse(y, psf, threshold):
    """Divide where |H| >= threshold, drop the other frequencies.

    Parameters
    ----------
    y : (M, N) float array
        Observed picture.
    psf : (K, L) float array
        Assumed PSF, odd sizes, sum 1.
    threshold : float > 0
        Larger is smoother, and rings more.

    Returns
    -------
    x : (M, N) float array

    Raises
    ------
    ValueError
        If the threshold is not positive.

    Notes
    -----
    See `truncated_gain`.
    """
    y, threshold = _check.image("y", y), _check.number("threshold", threshold, above=True)
    return _apply(y, truncated_gain(_otf(psf, y), threshold))


def tikhonov(y, psf, weight, penalty="gradient"):
    """Tikhonov's filter: fit the data and stay small, or smooth.

    Parameters
    ----------
    y : (M, N) float array
        Observed picture.
    psf : (K, L) float array
        Assumed PSF, odd sizes, sum 1.
    weight : float >= 0
        Regularization weight, dimensionless. Larger is smoother.
    penalty : {"gradient", "identity"}, optional
        What should be small: the slope of the picture, or the picture.

    Returns
    -------
    x : (M, N) float array

    Raises
    ------
    ValueError
        If the weight is negative or the penalty unknown.

    Notes
    -----
    Minimizes 1/2 ||H x - y||**2 + weight/2 ||D x||**2 for a periodic blur; see `tikhonov_gain`.
    """
    y, weight = _check.image("y", y), _check.number("weight", weight)
    _check.choice("penalty", penalty, ("gradient", "identity"))
    slope_power = _slope_power(np.array(y.shape)) if penalty == "gradient" else 1.0
    return _apply(y, tikhonov_gain(_otf(psf, y), weight, slope_power))


def wiener(y, psf, nsr):
    """Wiener's filter: the best linear guess for a known noise to signal ratio.

    Parameters
    ----------
    y : (M, N) float array
        Observed picture.
    psf : (K, L) float array
        Assumed PSF, odd sizes, sum 1.
    nsr : float or (M, N//2 + 1) real array, >= 0
        Noise to signal power; see `wiener_gain`. Larger is smoother.

    Returns
    -------
    x : (M, N) float array

    Raises
    ------
    ValueError
        If nsr is negative.

    Notes
    -----
    See `wiener_gain`.
    """
    y = _check.image("y", y)
    nsr = _check.power("nsr", nsr, _half(y.shape))
    return _apply(y, wiener_gain(_otf(psf, y), nsr))


def edge_taper(y, psf):
    """Fade the rim of a photograph into its own periodic blur, so that opposite sides meet.

    Parameters
    ----------
    y : (M, N) float array
        Photograph that will go through one of the periodic filters.
    psf : (K, L) float array
        Assumed PSF. The rim that changes is almost as wide as it: a larger PSF changes more.

    Returns
    -------
    tapered : (M, N) float array
        A mean of y and H y. At the frame it is H y, which has no step where left meets right; further inside than the
        PSF is wide it is y.

    Raises
    ------
    ValueError
        If the PSF has an even size or is larger than the picture.

    Notes
    -----
    A periodic filter takes the step from the right side to the left for a part of the scene, sharpens it and rings. The
    taper takes the step away; it does not bring back what lay outside, so the rim stays wrong. The share of H y falls
    from 1 at the frame like the autocorrelation of the PSF's row and column sums. `Blur` with the boundary "unknown" is
    the honest way.

    References
    ----------
    .. [1] S. J. Reeves, Fast image restoration without boundary artifacts, IEEE Transactions on Image Processing 14,
       1448-1453, 2005.

    Examples
    --------
    >>> edge_taper(np.array([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]), np.full((1, 3), 1 / 3)).round(2)
    array([[0.33, 0.  , 0.11, 0.89, 1.  , 0.67]])
    """
    y = _check.image("y", y)
    psf = _check.psf(psf, y.shape).astype(y.dtype)
    blurred = _apply(y, _otf(psf, y))
    row_sums, column_sums = psf.sum(axis=1), psf.sum(axis=0)
    inside = np.outer(1 - _rim(row_sums, y.shape[0]), 1 - _rim(column_sums, y.shape[1]))
    return blurred + inside.astype(y.dtype) * (y - blurred)


def _rim(line, size):
    """Autocorrelation of a line with the distance from the nearer end of `size` pixels: 1 there, 0 out of reach."""
    if len(line) == 1:
        return np.zeros(size)
    correlation = np.correlate(line, line, "full")[len(line) - 1 :]
    distance = np.minimum(np.arange(size), np.arange(size)[::-1])
    return np.pad(correlation, (0, size))[distance] / correlation[0]


def _apply(y, gain):
    spectrum = _spectrum(y)
    return fft.irfft2(spectrum * gain.astype(spectrum.dtype, copy=False), s=y.shape, overwrite_x=True)


_spectrum = Latest(fft.rfft2)
_slope_power = Latest(lambda shape: gradient_power(tuple(shape)))
_latest_otf = Latest(lambda psf, shape: psf_to_otf(psf, tuple(shape)))


def _otf(psf, y):
    """Transfer function in the precision of `y`."""
    return _latest_otf(_check.psf(psf, y.shape).astype(y.dtype), np.array(y.shape))


def _half(shape):
    return shape[0], shape[1] // 2 + 1


def _reciprocal(denominator, knob):
    """1 / denominator, in its own memory, or a sentence that says which knob keeps it away from zero."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        np.reciprocal(denominator, out=denominator)
    lost = denominator.size - np.count_nonzero(np.isfinite(denominator))
    if lost:
        lost = f"{lost} of {denominator.size} frequencies"
        raise ValueError(f"{knob}: too small, {lost} would be divided by zero; use a larger {knob}")
    return denominator

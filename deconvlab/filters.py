"""One division in frequency: every method here is a gain on the half spectrum.

The array that multiplies the spectrum can be drawn as a curve and applied to the picture; it is the same array. All
filters assume that the blur is periodic, or, where they are told so, that the picture goes on as its mirror.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from . import _check
from ._latest import Latest
from ._spectrum import irfft2, power, radial_mean
from ._taper import edge_taper
from ._types import OTF, PSF, Diagonal, Gain, Image, Number, Penalty, Power
from .operators import gradient_power
from .psf import psf_to_otf

__all__ = [
    "apply_gain",
    "edge_taper",
    "inverse_filter",
    "inverse_gain",
    "radial_mean",
    "tikhonov",
    "tikhonov_gain",
    "truncated_gain",
    "truncated_inverse",
    "wiener",
    "wiener_gain",
]


def inverse_gain(otf: OTF, epsilon: Number = 0.0) -> OTF:
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


def truncated_gain(otf: OTF, threshold: Number) -> OTF:
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


def tikhonov_gain(otf: OTF, weight: Number, penalty: Power | Number = 1.0) -> OTF:
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


def wiener_gain(otf: OTF, nsr: Power | Number) -> OTF:
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


def apply_gain(y: Image, gain: Gain, boundary: Diagonal = "periodic") -> Image:
    """Multiply the spectrum of a picture by a gain.

    Parameters
    ----------
    y : (M, N) float array
        Picture; its dtype is kept.
    gain : (M, N//2 + 1) complex or real array
        One factor per frequency: a transfer function blurs, a filter's gain restores. With a mirror: (M, N), one real
        factor per cosine, from ``psf_to_otf(psf, shape, "reflect")``.
    boundary : {"periodic", "reflect"}, optional
        What lies outside the picture: the picture again, or its mirror.

    Returns
    -------
    x : (M, N) float array
        irfft2(gain * rfft2(y)), or idctn(gain * dctn(y)): neither clipped nor made positive.

    Raises
    ------
    ValueError
        If the gain has another shape than the half spectrum of y, or with a mirror than y, or is not real there.

    Examples
    --------
    >>> y = np.eye(4)
    >>> bool(np.allclose(apply_gain(y, np.ones((4, 3))), y))
    True
    """
    y, gain = _check.image("y", y), _check.numbers("gain", gain)
    if _check.choice("boundary", boundary, ("periodic", "reflect")) == "periodic":
        _check.same_shape("gain", gain, _half(y.shape), ", the half spectrum of y")
    else:
        _check.same_shape("gain", gain, y.shape, ", a factor for each cosine of y")
        if gain.imag.any():
            raise ValueError('gain: got complex factors, expected real ones: make them of psf_to_otf(..., "reflect")')
    return _apply(y, gain, boundary)


def inverse_filter(y: Image, psf: PSF, epsilon: Number = 0.0) -> Image:
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


def truncated_inverse(y: Image, psf: PSF, threshold: Number) -> Image:
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


def tikhonov(
    y: Image, psf: PSF, weight: Number, penalty: Penalty = "gradient", *, boundary: Diagonal = "periodic"
) -> Image:
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
    boundary : {"periodic", "reflect"}, optional
        What lies outside the picture: the picture again, or its mirror, for a PSF that is alike up and down and left
        and right.

    Returns
    -------
    x : (M, N) float array

    Raises
    ------
    ValueError
        If the weight is negative, the penalty or the boundary unknown, or the PSF not symmetric where a mirror is asked
        for.

    Notes
    -----
    Minimizes 1/2 ||H x - y||**2 + weight/2 ||D x||**2 for a blur with this boundary; see `tikhonov_gain`. With a mirror
    the waves are cosines, and still one division does it [1]_. A photograph goes on neither as itself nor as its
    mirror, but the mirror has no step at the frame, which the division would turn into ripples.

    References
    ----------
    .. [1] M. K. Ng, R. H. Chan, W.-C. Tang, A fast algorithm for deblurring models with Neumann boundary conditions,
       SIAM Journal on Scientific Computing 21(3), 851-866, 1999, doi:10.1137/S1064827598341384.
    """
    y, weight = _check.image("y", y), _check.number("weight", weight)
    _check.choice("penalty", penalty, ("gradient", "identity"))
    _check.choice("boundary", boundary, ("periodic", "reflect"))
    slope_power = _slope_power(np.array(y.shape), np.array(boundary)) if penalty == "gradient" else 1.0
    return _apply(y, tikhonov_gain(_otf(psf, y, boundary), weight, slope_power), boundary)


def wiener(y: Image, psf: PSF, nsr: Power | Number) -> Image:
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


def _apply(y, gain, boundary="periodic"):
    if boundary == "reflect":
        return fft.idctn(_cosines(y) * gain.real.astype(y.dtype, copy=False), overwrite_x=True)
    spectrum = _spectrum(y)
    return irfft2(spectrum * gain.astype(spectrum.dtype, copy=False), y.shape)


_spectrum, _cosines = Latest(fft.rfft2), Latest(fft.dctn)
_slope_power = Latest(lambda shape, boundary: gradient_power(tuple(shape), boundary.item()))
_latest_otf = Latest(lambda psf, shape, boundary: psf_to_otf(psf, tuple(shape), boundary.item()))


def _otf(psf, y, boundary="periodic"):
    """Transfer function in the precision of `y`."""
    return _latest_otf(_check.psf(psf, y.shape).astype(y.dtype), np.array(y.shape), np.array(boundary))


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

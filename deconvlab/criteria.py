"""How good is a restored picture?

Scores that need the true picture, and one that needs the residual only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from . import _check, _spectrum
from ._types import Image, Number

SSIM_WINDOW = 11


def psnr(x_true: Image, x: Image, *, peak: Number | None = None, border: int = 0) -> float:
    """Peak signal to noise ratio in decibels.

    Parameters
    ----------
    x_true, x : (M, N) float arrays
        The true picture and the one to score.
    peak : float > 0, optional
        The value called white: 1, unless you say another. Never guessed from the data: where x_true leaves the range
        -2 to 2, it has to be said.
    border : int >= 0, optional
        Leave out so many pixels along the frame, where a blur is mostly a guess about the outside.

    Returns
    -------
    decibels : float
        10 log10(peak**2 / mean squared error): higher is better, infinite for equal pictures.

    Raises
    ------
    ValueError
        If the shapes differ, the peak is missing or not positive, or the border leaves nothing.

    Notes
    -----
    Counts every pixel alike: a sharp picture that is shifted by one pixel scores worse than a blurred one.

    Examples
    --------
    >>> round(psnr(np.zeros((4, 4)), np.full((4, 4), 0.1)), 6)
    20.0
    """
    x_true, x = _pair(x_true, "x", x)
    peak = _white(x_true, peak)
    border = _check.whole("border", border, 0, (min(x.shape) - 1) // 2)
    error = rms(_inside(x, border) - _inside(x_true, border))
    return float(20 * (np.log10(peak) - np.log10(error))) if error else np.inf


def ssim(x_true: Image, x: Image, *, peak: Number | None = None, border: int = 0) -> float:
    """Structural similarity: do small neighbourhoods agree in brightness, contrast and pattern?

    Parameters
    ----------
    x_true, x : (M, N) float arrays
        The true picture and the one to score, at least 11 by 11 pixels.
    peak : float > 0, optional
        The value called white, as for `psnr`.
    border : int >= 0, optional
        Leave out so many pixels along the frame, as for `psnr`.

    Returns
    -------
    similarity : float
        1 for equal pictures, about 0 for unrelated ones, negative where patterns are inverted.

    Raises
    ------
    ValueError
        If the shapes differ, the peak is missing or not positive, or less than 11 by 11 pixels are left.

    Notes
    -----
    The mean over Gaussian windows, 1.5 pixels wide (standard deviation), of the score in [1]_; a window counts where it
    lies inside the picture. Less strict than PSNR about a change of brightness, more about lost texture. In smooth
    areas small ripples cost much: the score follows what is there, not what people look at.

    References
    ----------
    .. [1] Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, Image quality assessment: from error visibility to
       structural similarity, IEEE Transactions on Image Processing 13(4), 2004, doi:10.1109/TIP.2003.819861.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((16, 16))
    >>> round(ssim(x, x), 6)
    1.0
    """
    x_true, x = _pair(x_true, "x", x)
    peak = _white(x_true, peak)
    if min(x.shape) < SSIM_WINDOW:
        window = f"{SSIM_WINDOW} rows and {SSIM_WINDOW} columns"
        raise ValueError(f"x_true: got shape {x.shape}, expected at least {window}, the size of the window")
    border = _check.whole("border", border, 0, (min(x.shape) - SSIM_WINDOW) // 2)
    from skimage.metrics import structural_similarity

    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(_inside(x_true, border), _inside(x, border), data_range=peak, **window))


def isnr(x_true: Image, y: Image, x: Image) -> float:
    """Improvement in signal to noise ratio: by how many decibels x is nearer to the truth than y was.

    Parameters
    ----------
    x_true, y, x : (M, N) float arrays
        The true picture, the observed one, the restored one.

    Returns
    -------
    decibels : float
        Positive where restoring helped, negative where it made things worse.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> truth = np.zeros((4, 4))
    >>> round(isnr(truth, truth + 0.1, truth + 0.01), 6)
    20.0
    """
    _pair(x_true, "y", y)
    return psnr(x_true, x, peak=1.0) - psnr(x_true, y, peak=1.0)  # of any peak


def relative_error(x_true: Image, x: Image) -> float:
    """Distance to the true picture, as a share of its own length.

    Parameters
    ----------
    x_true, x : (M, N) float arrays
        The true picture and the one to score.

    Returns
    -------
    error : float
        ||x - x_true|| / ||x_true||: 0 is perfect, 1 is as far away as a black picture.

    Raises
    ------
    ValueError
        If the shapes differ or x_true is zero everywhere.

    Examples
    --------
    >>> relative_error(np.ones((4, 4)), np.zeros((4, 4)))
    1.0
    """
    x_true, x = _pair(x_true, "x", x)
    length = rms(x_true)
    if not length:
        raise ValueError("x_true: got nothing but zeros, expected a picture with a length to compare with")
    return rms(x - x_true) / length


def rms(values: ArrayLike) -> float:
    """Root mean square: the usual size of an error, a residual or a gain.

    Parameters
    ----------
    values : array
        Real or complex, of any shape.

    Returns
    -------
    size : float
        sqrt(mean(|values|**2)): the standard deviation, where the mean is 0.

    Raises
    ------
    ValueError
        If there are no values, or some are not finite.

    Examples
    --------
    >>> rms([3, -3, 3j])
    3.0
    """
    sizes = np.abs(_check.numbers("values", values), dtype=np.float64)
    largest = sizes.max() or 1.0  # the square of a number below 1e-154 is zero
    return float(largest * np.sqrt(np.mean((sizes / largest) ** 2)))


def residual_whiteness(residual: Image) -> float:
    """How far a residual is from white noise.

    Parameters
    ----------
    residual : (M, N) float array
        y - H x, what the restored picture does not explain of the data.

    Returns
    -------
    whiteness : float
        About 1 for white noise, whatever its standard deviation; larger when neighbouring residuals know of each other.

    Raises
    ------
    ValueError
        If the residual is the same everywhere.

    Notes
    -----
    The rms over all shifts but zero of the circular autocorrelation, as a share of its value at zero, times
    sqrt(M N); the mean is removed first. By Parseval's theorem it comes from the sums of |R|**2 and of |R|**4 over the
    spectrum. Large when structure of the picture is left in the residual, or when noise was fitted and a hole in the
    spectrum is left: it says that something is wrong, not what. Correlated noise is not white to begin with. The idea
    is that of [1]_, which compares shifts up to a few pixels only.

    References
    ----------
    .. [1] M. S. C. Almeida, M. A. T. Figueiredo, Parameter estimation for blind and non-blind deblurring using residual
       whiteness measures, IEEE Transactions on Image Processing 22, 2013.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal((64, 64))
    >>> bool(abs(residual_whiteness(noise) - 1) < 0.1)
    True
    """
    residual = _check.varied("residual", _check.image("residual", residual))
    share = _spectrum.power(fft.rfft2(residual / np.abs(residual).max()), np.float64)
    share[0, 0] = 0  # the mean
    counts = _spectrum.counts(residual.shape[1])
    share /= (share @ counts).sum()
    excess = residual.size * (share**2 @ counts).sum() - 1
    return float(np.sqrt(excess * residual.size / (residual.size - 1)))


def _white(x_true, peak):
    """`peak`, or 1 for a picture of the nominal range: the truth says which it is, however far x has exploded."""
    largest = np.abs(x_true).max()
    if peak is None and largest > 2:
        raise ValueError(f"peak: got none with values up to {largest:.3g} in x_true, expected its white: say peak=255")
    return 1.0 if peak is None else _check.number("peak", peak, above=True)


def _inside(x, border):
    return x[border : x.shape[0] - border, border : x.shape[1] - border]


def _pair(x_true, name, x):
    x_true, x = _check.image("x_true", x_true), _check.image(name, x)
    _check.same_shape(name, x, x_true.shape, ", the shape of x_true")
    return x_true, x

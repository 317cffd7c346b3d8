"""How good is a restored picture? Scores that need the true one."""

import numpy as np

from . import _check


def psnr(x_true, x, *, peak=1.0, border=0):
    """Peak signal to noise ratio in decibels.

    Parameters
    ----------
    x_true, x : (M, N) float arrays
        The true picture and the one to score.
    peak : float > 0, optional
        The value called white. Always said, never guessed from the data.
    border : int >= 0, optional
        Leave out so many pixels along the frame, where a blur is mostly a guess about the outside.

    Returns
    -------
    decibels : float
        10 log10(peak**2 / mean squared error): higher is better, infinite for equal pictures.

    Raises
    ------
    ValueError
        If the shapes differ, the peak is not positive, or the border leaves nothing.

    Notes
    -----
    Counts every pixel alike: a sharp picture that is shifted by one pixel scores worse than a blurred one.

    Examples
    --------
    >>> round(psnr(np.zeros((4, 4)), np.full((4, 4), 0.1)), 6)
    20.0
    """
    x_true, x = _pair(x_true, "x", x)
    peak = _check.number("peak", peak, above=True)
    border = _check.whole("border", border, 0, (min(x.shape) - 1) // 2)
    inside = (slice(border, x.shape[0] - border), slice(border, x.shape[1] - border))
    mean_square = np.mean((x[inside] - x_true[inside]) ** 2, dtype=np.float64)
    return float(10 * np.log10(peak**2 / mean_square)) if mean_square else np.inf


def isnr(x_true, y, x):
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
    return psnr(x_true, x) - psnr(x_true, y)


def relative_error(x_true, x):
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
    length = np.linalg.norm(x_true)
    if not length:
        raise ValueError("x_true: got nothing but zeros, expected a picture with a length to compare with")
    return float(np.linalg.norm(x - x_true) / length)


def _pair(x_true, name, x):
    x_true, x = _check.image("x_true", x_true), _check.image(name, x)
    _check.same_shape(name, x, x_true.shape, ", the shape of x_true")
    return x_true, x

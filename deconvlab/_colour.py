"""Colour: a restoration is written for one channel, and a sensor that is full in one has lost the pixel."""

import numpy as np
from scipy import ndimage

from . import _check

FULL = 0.95  # share of white light from which a sensor counts as full; a JPEG leaves its pixels a little below white
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear sRGB: how bright red, green and blue look


def by_channel(restore, y, *, luminance=False):
    """Restore a photograph, in colour or grey, by a method for one channel.

    Parameters
    ----------
    restore : function of (M, N) array -> (M, N) array
        For example ``lambda channel: dl.tikhonov(channel, psf, 1e-3)``.
    y : (M, N) or (M, N, 3) float array
        Photograph in linear light.
    luminance : bool, optional
        Restore the luminance only, 0.2126 red + 0.7152 green + 0.0722 blue, and add what that has changed to all three:
        a third of the time, edges as sharp, colours as blurred as before.

    Returns
    -------
    x : array of the shape of y
        One call of `restore` for a grey photograph.

    Raises
    ------
    TypeError
        If `restore` is no function, or y does not hold floats.
    ValueError
        If y has another number of channels, or `restore` returns another shape: crop it there.

    Notes
    -----
    The blur is a sum of light, so it acts on each channel of linear light alone; on stored levels it does not, and with
    a lens each colour may have a PSF of its own. The luminance's weights are those of sRGB [1]_.

    References
    ----------
    .. [1] ITU-R BT.709-6, Parameter values for the HDTV standards, 2015.

    Examples
    --------
    >>> y = np.zeros((2, 2, 3))
    >>> by_channel(lambda channel: channel + 1, y).shape
    (2, 2, 3)
    """
    if not callable(restore):
        raise TypeError(f"restore: got {type(restore).__name__}, expected a function of one channel")
    y = _check.photograph("y", y)
    luminance = _check.choice("luminance", luminance, (False, True))
    if y.ndim == 2:
        return _restored(restore, y)
    if luminance:
        light = y @ np.array(LUMINANCE, y.dtype)
        return y + (_restored(restore, light) - light)[..., None]
    return np.stack([_restored(restore, np.ascontiguousarray(y[..., k])) for k in range(3)], axis=2)


def _restored(restore, channel):
    x = np.asarray(restore(channel))
    if x.shape != channel.shape:
        expected = f"{channel.shape}: return H.crop(x) where the boundary is unknown"
        raise ValueError(f"restore: got the shape {x.shape} back, expected {expected}")
    return x


def saturated(y):
    """Pixels that were too bright for the sensor, with their neighbours.

    Parameters
    ----------
    y : (M, N) or (M, N, 3) float array
        Photograph in linear light from 0 to 1, as it came from the camera.

    Returns
    -------
    full : (M, N) bool array
        True where a channel, or one of the eight pixels around, has at least 95 % of white. ``~full`` is the mask of
        the pixels to trust, for `Blur`.

    Raises
    ------
    TypeError, ValueError
        If y is no photograph.

    Notes
    -----
    Where the light was more than the sensor could count, y is not H x but the sensor's limit. A method that believes
    such pixels rings around every lamp; left out, they are filled by what their neighbours say. White paper that is no
    brighter than the limit is left out as well, which costs little. The neighbours go because colours are interpolated
    between pixels, and a JPEG mixes them.

    Examples
    --------
    >>> saturated(np.array([[0.1, 0.2, 0.3, 1.0]]))
    array([[False, False,  True,  True]])
    """
    y = _check.photograph("y", y)
    full = y >= FULL
    return ndimage.binary_dilation(full if y.ndim == 2 else full.any(axis=2), np.ones((3, 3)))

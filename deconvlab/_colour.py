"""Colour: a restoration is written for one channel, and a sensor that is full in one has lost the pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from scipy import ndimage

from . import _check
from ._types import Image, Mask

FULL = 0.95  # share of white light from which a sensor counts as full; a JPEG leaves its pixels a little below white
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear sRGB: how bright red, green and blue look


T = TypeVar("T", Image, Iterator[Image])


def by_channel(restore: Callable[[Image], T], y: Image, *, luminance: bool = False, in_turn: bool = False) -> T:
    """Restore a photograph, in colour or grey, by a method for one channel.

    Parameters
    ----------
    restore : function of (M, N) array -> (M, N) array, or iterator of them
        For example ``lambda channel: dl.tikhonov(channel, psf, 1e-3)``.
    y : (M, N) or (M, N, 3) float array
        Photograph in linear light.
    luminance : bool, optional
        Restore the luminance only, 0.2126 red + 0.7152 green + 0.0722 blue, and add what that has changed to all three:
        a third of the time, edges as sharp, colours as blurred as before.
    in_turn : bool, optional
        Of iterators, let one channel walk to its end before the next one starts: a third of the memory, and pictures on
        the way whose colours do not fit.

    Returns
    -------
    x : array of the shape of y, or iterator of them
        One call of `restore` for a grey photograph. Where `restore` returns an iterator: one of pictures on the way.

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
    in_turn = _check.choice("in_turn", in_turn, (False, True))
    if y.ndim == 2:
        channels = [y]
    elif luminance:
        channels = [grey(y)]
    else:
        channels = [np.ascontiguousarray(y[..., k]) for k in range(3)]
    results = [restore(channel) for channel in channels]
    if not isinstance(results[0], Iterator):
        return _put_back(y, channels, results)
    steps = _in_turn(channels, results) if in_turn else zip(*results, strict=True)
    return (_put_back(y, channels, parts) for parts in steps)  # type: ignore[return-value]


def grey(y):
    """The luminance of a colour photograph; a grey one as it is."""
    return y if y.ndim == 2 else y @ np.array(LUMINANCE, y.dtype)


def _in_turn(channels, walks):
    now = list(channels)
    for k, walk in enumerate(walks):
        for now[k] in walk:
            yield now


def _put_back(y, channels, results):
    """The photograph with its channels as they were restored; a luminance's change is added to all three."""
    for channel, x in zip(channels, results, strict=True):
        if np.shape(x) != channel.shape:
            expected = f"{channel.shape}: return H.crop(x) where the boundary is unknown"
            raise ValueError(f"restore: got the shape {np.shape(x)} back, expected {expected}")
    if y.ndim == 2:
        return np.asarray(results[0])
    if len(channels) == 3:
        return np.stack(results, axis=2)
    return y + (results[0] - channels[0])[..., None]


def saturated(y: Image) -> Mask:
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

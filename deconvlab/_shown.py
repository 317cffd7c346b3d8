"""What a view takes: words, and numbers that lose a mask, units or coordinates on purpose only."""

from math import nan
from reprlib import repr as short

import numpy as np

MEANING = ("unit", "units", "coords", "iloc")  # of astropy, of pint and unyt, of xarray, of pandas


def words(name, *texts):
    """Refuse titles, labels and notes that are no strings: a page or a picture would find out later."""
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{name}: got {short(text)}, expected a string")


def titled(name, things):
    """`things`, if it is a dict whose keys are strings."""
    if not isinstance(things, dict):
        raise TypeError(f"{name}: got {type(things).__name__}, expected a dict of titles and what they show")
    for title in things:
        if not isinstance(title, str):
            raise TypeError(f"{name}: got the title {short(title)}, expected a string: str({short(title)})")
    return things


def some(name, things):
    """The same, if it is not empty."""
    if not titled(name, things):
        raise ValueError(f"{name}: got none, expected at least one")
    return things


def brightness(name, value):
    """`value` as an array of floats; integers are refused, as nobody knows which of them is white."""
    array = _array(name, value)
    if array.dtype.kind in "iu":
        white = {"uint8": "255", "uint16": "65535, or 4095 if it has 12 bits"}.get(array.dtype.name, "its white level")
        fix = f"np.asarray({name}) / {white}"
        raise TypeError(f"{name}: got dtype {array.dtype}, expected floats from 0 (black) to 1 (white): {fix}")
    if array.dtype.kind == "b":
        raise TypeError(f"{name}: got dtype bool, expected floats: np.asarray({name}, float)")
    return numbers(name, array)


def numbers(name, value):
    """`value` as a float32 or float64 array in this machine's byte order, with NaN where it is masked."""
    array = _array(name, value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: got dtype {array.dtype}, expected real numbers")
    half = array.dtype.kind == "f" and array.dtype.itemsize <= 4
    with np.errstate(over="ignore"):  # a long double beyond float64 is infinite
        array = array.astype(np.float32 if half else np.float64, copy=False)
    return array.filled(nan) if isinstance(array, np.ma.MaskedArray) else array


def number(name, value):
    """`value` as a float; NaN if it is masked."""
    try:
        if getattr(value, "ndim", 0):  # NumPy before 2.4 would take the number out of an array of one
            raise TypeError
        return float(scalar(value, masked=nan))
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name}: got {short(value)}, expected a number") from None


def scalar(value, masked=None):
    """One number of NumPy as Python's own."""
    if np.ma.is_masked(value):
        return masked
    return value.item() if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0 else value


def _array(name, value):
    """`value` as an array, a masked one where something in it is masked."""
    parts = value if isinstance(value, (list, tuple)) else ()
    if any(getattr(part, what, None) is not None for part in (value, *parts[:1]) for what in MEANING):
        kind, fix = type(value).__name__, f"drop them with np.asarray({name})"
        raise TypeError(f"{name}: got a {kind} with units or coordinates, expected a plain array: {fix}")
    try:
        if any(hasattr(part, "mask") for part in parts):
            return np.ma.asarray([nan if part is np.ma.masked else part for part in parts])
        mask = getattr(value, "mask", None)
        return np.asarray(value) if mask is None or not np.any(mask) else np.ma.array(np.asarray(value), mask=mask)
    except ValueError:
        raise ValueError(f"{name}: got rows of different lengths, expected an array") from None


def sentence(error):
    """An exception as one readable line."""
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted. Move a slider to go on."
    first = (str(error).strip() or "no message").splitlines()[0]
    return first if isinstance(error, (ValueError, TypeError)) else f"{type(error).__name__}: {first}"

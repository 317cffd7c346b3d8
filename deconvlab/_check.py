"""Refuse bad input before any work, in one sentence that names the argument, what it got and what it expects.

What an array means besides its numbers is refused or lost on purpose: masked entries and units are refused, byte order,
coordinates and names of columns are lost. A number that is one rounding error outside its range counts as inside.
"""

from __future__ import annotations

from collections.abc import Collection
from reprlib import repr as short
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._types import OTF, PSF, Image, Mask, Power, Shape

ROUND_OFF = 1e-6  # share of the largest value that light may lie below zero: what a Fourier transform may have made
SUM = 1e-3  # how far the sum of a PSF may be from 1: single precision, or a few digits in a file
TINY = 1e-12  # how far below its least value a number may be


def floats(name: str, value: object) -> Image:
    """`value` as a float32 or float64 array without NaN or infinity."""
    array = _of_floats(name, value)
    if not np.isfinite(array).all():
        bad = np.count_nonzero(~np.isfinite(array))
        raise ValueError(f"{name}: got {bad} values that are NaN or infinite, expected finite numbers: mend them first")
    return array


def image(name: str, value: object) -> Image:
    """`value` as a grey image, (M, N) floats."""
    array = _of_floats(name, value)
    if array.ndim != 2 or not array.size:
        hint = ""
        if array.ndim > 2:
            colour = array.ndim == 3 and array.shape[-1] <= 4
            hint = f": take one {f'colour channel at a time, {name}[..., 0]' if colour else f'picture, {name}[0]'}"
        raise ValueError(f"{name}: got shape {array.shape}, expected a grey image (rows, columns){hint}")
    return floats(name, array)


def photograph(name: str, value: object) -> Image:
    """`value` as a grey or a colour image, (M, N) or (M, N, 3) floats."""
    array = floats(name, value)
    if not array.size or not (array.ndim == 2 or array.ndim == 3 and array.shape[2] == 3):
        raise ValueError(f"{name}: got shape {array.shape}, expected (rows, columns) or (rows, columns, 3)")
    return array


def trusted(name: str, value: object, mask: Mask | None) -> Image:
    """`value` as a grey image, 0 where the mask does not trust it: what stood there, NaN included, has no say."""
    array = _of_floats(name, value)
    if mask is not None and array.shape == mask.shape:
        array = np.where(mask, array, array.dtype.type(0))
    return image(name, array)


def light(name: str, array: Image, fix: str, round_off: float = 0.0) -> Image:
    """`array` without what rounding left below zero; `fix` says what to do about more than that."""
    least = array.min()
    if least < -max(ROUND_OFF * array.max(), round_off):
        raise ValueError(f"{name}: got values down to {least:.3g}, expected none below 0: {fix}")
    return np.maximum(array, 0) if least < 0 else array


def nominal(name: str, array: Image) -> Image:
    """`array`, unless most of it lies far above white, as in a picture on 0 to 255."""
    middle = np.median(array.ravel()[:: max(1, array.size // 4096)])
    if middle > 4:
        expected = f"the range 0 to 1: divide it by its white level, {name} / white"
        raise ValueError(f"{name}: got values about {middle:.3g}, expected {expected}")
    return array


def reals(name: str, value: object) -> NDArray:
    """`value` as an array of real numbers, integers included."""
    array = _array(name, value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: got dtype {array.dtype}, expected real numbers")
    return array


def same_shape(name: str, array: NDArray, shape: tuple[int, ...], whose: str = "") -> None:
    """Refuse an array of another shape than the one that something else asks for."""
    if array.shape != shape:
        raise ValueError(f"{name}: got shape {array.shape}, expected {shape}{whose}")


def varied(name: str, array: NDArray) -> NDArray:
    """Refuse an array that is the same everywhere."""
    if array.min() == array.max():
        raise ValueError(f"{name}: got {array.min():g} everywhere, expected values that differ")
    return array


def psf(value: object, shape: Shape | None = None, name: str = "psf") -> PSF:
    """`value` as a point spread function: odd sizes, sum 1, no larger than an image of `shape`."""
    array = kernel(value, shape, name)
    total = float(array.sum(dtype=np.float64))
    if abs(total - 1) > SUM:
        fix = f"make a PSF of it with as_psf({name})" if array.min() >= 0 else f"use {name} / {name}.sum()"
        raise ValueError(f"{name}: got the sum {total:.4g}, expected 1, which keeps the brightness: {fix}")
    return array


def kernel(value: object, shape: Shape | None, name: str) -> PSF:
    """`value` as a point spread function of any positive sum."""
    array, make = _array(name, value), f"make a PSF of it with as_psf({name})"
    if array.dtype.kind in "iub":
        raise TypeError(f"{name}: got dtype {array.dtype}, expected floats: {make}")
    _of_floats(name, array)
    if array.ndim != 2 or any(n % 2 == 0 for n in array.shape):
        raise ValueError(f"{name}: got shape {array.shape}, expected two odd sizes: {make}")
    floats(name, array)
    total = float(array.sum(dtype=np.float64))
    if total <= 0:
        raise ValueError(f"{name}: got the sum {total:.3g}, expected a positive one (1 keeps the brightness)")
    if shape is not None and any(k > m for k, m in zip(array.shape, shape, strict=True)):
        cuts = (-(-max(k - m, 0) // 2) for k, m in zip(array.shape, shape, strict=True))
        part = ", ".join(f"{cut}:{-cut}" if cut else ":" for cut in cuts)
        fix = f"use a smaller PSF, or cut its rim off with as_psf({name}[{part}])"
        raise ValueError(f"{name}: got shape {array.shape}, expected at most the image's {shape}: {fix}")
    return array


def mask(name: str, value: object, shape: Shape) -> Mask:
    """`value` as True and False for each pixel of `shape`, True somewhere."""
    array = _array(name, value)
    if array.dtype != bool:
        raise TypeError(f"{name}: got dtype {array.dtype}, expected True where a pixel is trusted, such as y < 1")
    same_shape(name, array, shape)
    if not array.any():
        raise ValueError(f"{name}: got False everywhere, expected True where a pixel is trusted: ~{name} swaps the two")
    return array


def otf(value: object) -> OTF:
    """`value` as a transfer function: complex, so that no PSF passes for one."""
    array = _array("otf", value)
    if array.dtype.kind != "c":
        raise TypeError(f"otf: got dtype {array.dtype}, expected a complex one: make it with psf_to_otf(psf, shape)")
    if not np.isfinite(array).all():
        raise ValueError("otf: got NaN or infinite values, expected finite ones: make it with psf_to_otf(psf, shape)")
    return array


def numbers(name: str, value: object) -> NDArray:
    """`value` as finite numbers, real or complex: a factor for each frequency, say."""
    array = _array(name, value)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name}: got dtype {array.dtype}, expected real or complex numbers")
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name}: got {'NaN or infinite values' if array.size else 'none'}, expected finite numbers")
    return array


def power(name: str, value: object, shape: Shape) -> Power:
    """`value` as the power at each frequency of a half spectrum, or one number for all: real, not negative."""
    array = reals(name, value)
    if array.shape not in ((), shape):
        raise ValueError(f"{name}: got shape {array.shape}, expected one number or {shape}, the half spectrum")
    if not np.isfinite(array).all() or array.min() < -ROUND_OFF * array.max():
        span = f"{array.min():g} to {array.max():g}"
        raise ValueError(f"{name}: got values from {span}, expected finite ones, none below 0")
    return np.maximum(array, 0)


def shape(name: str, value: object) -> Shape:
    """`value` as an image shape, two positive integers."""
    sizes = _array(name, value)
    if sizes.shape != (2,) or sizes.dtype.kind not in "iu" or (sizes < 1).any():
        raise ValueError(f"{name}: got {short(value)}, expected two positive integers (rows, columns)")
    return int(sizes[0]), int(sizes[1])


def pair(name: str, value: object) -> tuple[float, float]:
    """`value` twice, once for the rows and once for the columns, unless it is a pair already."""
    array = _array(name, value)
    if array.shape not in ((), (2,)):
        raise ValueError(f"{name}: got {short(value)}, expected a number or a pair (rows, columns)")
    return tuple(np.broadcast_to(array, 2).tolist())


def number(
    name: str, value: object, *, low: float = 0.0, above: bool = False, high: float = np.inf, unit: str = ""
) -> float:
    """`value` as a finite float that is at least `low`, or above it, and at most `high`."""
    value = _scalar(name, value, "a number")
    if low - TINY <= value < low and not above:
        value = low
    if not np.isfinite(value) or value < low or (above and value == low) or value > high:
        bounds = "" if low == -np.inf else f" {'above' if above else 'at least'} {low:g}"
        bounds += f" and at most {high:g}{unit}" if high < np.inf else ""
        raise ValueError(f"{name}: got {value:g}, expected a finite number{bounds}")
    return value


def whole(name: str, value: object, low: float, high: float) -> int:
    """`value` as an int from `low` to `high`."""
    value = _scalar(name, value, "a whole number")
    nearest = np.rint(value)
    if not low <= nearest <= high or abs(value - nearest) > TINY * max(abs(value), 1):
        raise ValueError(f"{name}: got {value:.10g}, expected a whole number from {low} to {high}")
    return int(nearest)


def operator(value, *needs):
    """`value`, if it has the attributes that the caller needs."""
    if not all(hasattr(value, need) for need in needs):
        raise TypeError(f"H: got {type(value).__name__}, expected an operator such as Blur(psf, shape)")
    return value


def objective(value):
    """`value`, if it is a function of a picture that knows its gradient."""
    if not all(hasattr(value, need) for need in ("in_space", "lipschitz", "shape")):
        raise TypeError(f"objective: got {type(value).__name__}, expected one such as least_squares(H, y, weight)")
    return value


def choice(name: str, value: Any, options: Collection) -> Any:
    """`value`, if it is one of `options`."""
    if np.ndim(value) != 0 or value not in options:
        raise ValueError(f"{name}: got {short(value)}, expected one of {', '.join(map(repr, options))}")
    return value


def generator(rng: object) -> np.random.Generator:
    """A random number generator from `rng`; None is refused, because what it draws cannot be drawn again."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, (int, np.integer)):
        raise TypeError(f"rng: got {short(rng)}, expected an int or a numpy.random.Generator")
    if rng < 0:
        raise ValueError(f"rng: got {rng}, expected an int that is not negative")
    return np.random.default_rng(rng)


def _array(name: str, value: object) -> NDArray:
    """`value` as an array in the machine's own byte order, if its numbers are all that it means."""
    masked = np.ma.count_masked(np.ma.asarray(value)) if _may_be_masked(value) else 0
    if masked:
        if name == "y":
            fix = "fill them with y.filled(0), and pass Blur(psf, shape, mask=~y.mask) to a method that iterates"
        elif name in ("psf", "psf0", "array"):
            fix = f"fill them with {name}.filled(0)"
        else:
            fix = f"take a part without them, or fill them with {name}.filled({name}.mean())"
        values = f"{masked} masked value{'s' if masked > 1 else ''}"
        raise ValueError(f"{name}: got a masked array with {values}, expected plain numbers: {fix}")
    unit = str(next((found for key in ("unit", "units") if (found := getattr(value, key, None)) is not None), ""))
    if unit not in ("", "dimensionless"):
        fix = f"pass np.asarray({name}), in pixels where it is a length"
        raise TypeError(f"{name}: got the unit {unit}, expected plain numbers: {fix}")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: got rows of different lengths, expected an array") from None
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _may_be_masked(value):  # a list of masked rows becomes an array without a word, too
    return isinstance(value, np.ma.MaskedArray) or (
        isinstance(value, (list, tuple)) and any(isinstance(part, np.ma.MaskedArray) for part in value)
    )


def _scalar(name: str, value: object, expected: str) -> float:
    array = _array(name, value)
    if array.ndim or array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: got {short(value)}, expected {expected}")
    return float(array)


def _of_floats(name: str, value: object) -> Image:
    array = _array(name, value)
    if array.dtype not in (np.float32, np.float64):
        own = name if isinstance(value, np.ndarray) else f"np.asarray({name})"
        white = f"divide it by its white level, {own} / "
        if array.dtype == np.uint8:
            fix = f": {white}255"
        elif array.dtype.kind in "iu":
            fix = f": {white}white, where white is 4095 for 12 bits, 65535 for 16"
        else:
            fix = f": convert it with {own}.astype(float)" if array.dtype.kind in "bf" else ""
        raise TypeError(f"{name}: got dtype {array.dtype}, expected float32 or float64{fix}")
    return array

"""Refuse bad input before any work, in one sentence that names the argument, what it got and what it expects."""

from reprlib import repr as short

import numpy as np


def floats(name, value):
    """`value` as a float32 or float64 array without NaN or infinity."""
    array = _of_floats(name, value)
    if not np.isfinite(array).all():
        bad = np.count_nonzero(~np.isfinite(array))
        raise ValueError(f"{name}: got {bad} values that are NaN or infinite, expected finite numbers: mend them first")
    return array


def image(name, value):
    """`value` as a grey image, (M, N) floats."""
    array = _of_floats(name, value)
    if array.ndim != 2 or not array.size:
        hint = ": take one colour channel at a time" if array.ndim == 3 else ""
        raise ValueError(f"{name}: got shape {array.shape}, expected a grey image (rows, columns){hint}")
    return floats(name, array)


def light(name, array, least=0.0):
    """`array`, if nothing in it is below `least`: zero, or round-off."""
    if array.min() < least:
        fix = f": cut it off with {name}.clip(0)"
        raise ValueError(f"{name}: got values down to {array.min():.3g}, expected none below 0{fix}")
    return array


def reals(name, value):
    """`value` as an array of real numbers, integers included."""
    array = _array(name, value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: got dtype {array.dtype}, expected real numbers")
    return array


def same_shape(name, array, shape, whose=""):
    """Refuse an array of another shape than the one that something else asks for."""
    if array.shape != shape:
        raise ValueError(f"{name}: got shape {array.shape}, expected {shape}{whose}")


def varied(name, array):
    """Refuse an array that is the same everywhere."""
    if array.min() == array.max():
        raise ValueError(f"{name}: got {array.min():g} everywhere, expected values that differ")
    return array


def psf(value, shape=None, name="psf"):
    """`value` as a point spread function: odd sizes, something in it, no larger than an image of `shape`."""
    array = _array(name, value)
    if array.dtype.kind in "iub":
        raise TypeError(f"{name}: got dtype {array.dtype}, expected floats: make a PSF of it with as_psf")
    _of_floats(name, array)
    if array.ndim != 2 or any(n % 2 == 0 for n in array.shape):
        raise ValueError(f"{name}: got shape {array.shape}, expected two odd sizes: make a PSF of it with as_psf")
    floats(name, array)
    if array.sum() <= 0:
        raise ValueError(f"{name}: got the sum {array.sum():.3g}, expected a positive one (1 keeps the brightness)")
    if shape is not None and any(k > m for k, m in zip(array.shape, shape, strict=True)):
        raise ValueError(f"{name}: got shape {array.shape}, expected at most the image's {shape}: use a smaller PSF")
    return array


def mask(name, value, shape):
    """`value` as True and False for each pixel of `shape`, True somewhere."""
    array = _array(name, value)
    if array.dtype != bool:
        raise TypeError(f"{name}: got dtype {array.dtype}, expected True where a pixel is trusted, such as y < 1")
    same_shape(name, array, shape)
    if not array.any():
        raise ValueError(f"{name}: got False everywhere, expected True where a pixel is trusted: ~{name} swaps the two")
    return array


def otf(value):
    """`value` as a transfer function: complex, so that no PSF passes for one."""
    array = np.asarray(value)
    if array.dtype.kind != "c":
        raise TypeError(f"otf: got dtype {array.dtype}, expected a complex one: make it with psf_to_otf(psf, shape)")
    if not np.isfinite(array).all():
        raise ValueError("otf: got NaN or infinite values, expected finite ones: make it with psf_to_otf(psf, shape)")
    return array


def numbers(name, value):
    """`value` as finite numbers, real or complex: a factor for each frequency, say."""
    array = _array(name, value)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name}: got dtype {array.dtype}, expected real or complex numbers")
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name}: got {'NaN or infinite values' if array.size else 'none'}, expected finite numbers")
    return array


def power(name, value, shape):
    """`value` as the power at each frequency of a half spectrum, or one number for all: real, not negative."""
    array = reals(name, value)
    if array.shape not in ((), shape):
        raise ValueError(f"{name}: got shape {array.shape}, expected one number or {shape}, the half spectrum")
    if not np.isfinite(array).all() or array.min() < 0:
        span = f"{array.min():g} to {array.max():g}"
        raise ValueError(f"{name}: got values from {span}, expected finite ones, none below 0")
    return array


def shape(name, value):
    """`value` as an image shape, two positive integers."""
    sizes = np.asarray(value)
    if sizes.shape != (2,) or sizes.dtype.kind not in "iu" or (sizes < 1).any():
        raise ValueError(f"{name}: got {short(value)}, expected two positive integers (rows, columns)")
    return int(sizes[0]), int(sizes[1])


def pair(name, value):
    """`value` twice, once for the rows and once for the columns, unless it is a pair already."""
    array = np.asarray(value)
    if array.shape not in ((), (2,)):
        raise ValueError(f"{name}: got {short(value)}, expected a number or a pair (rows, columns)")
    return tuple(np.broadcast_to(array, 2).tolist())


def number(name, value, *, low=0.0, above=False):
    """`value` as a finite float that is at least `low`, or above it."""
    if np.ndim(value) != 0 or np.asarray(value).dtype.kind not in "iuf":
        raise TypeError(f"{name}: got {short(value)}, expected a number")
    value = float(value)
    if not np.isfinite(value) or value < low or (above and value == low):
        bound = "" if low == -np.inf else f" {'above' if above else 'at least'} {low:g}"
        raise ValueError(f"{name}: got {value:g}, expected a finite number{bound}")
    return value


def whole(name, value, low, high):
    """`value` as an int from `low` to `high`."""
    if np.ndim(value) != 0 or np.asarray(value).dtype.kind not in "iuf":
        raise TypeError(f"{name}: got {short(value)}, expected a whole number")
    if not low <= value <= high or value != int(value):
        raise ValueError(f"{name}: got {short(value)}, expected a whole number from {low} to {high}")
    return int(value)


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


def choice(name, value, options):
    """`value`, if it is one of `options`."""
    if np.ndim(value) != 0 or value not in options:
        raise ValueError(f"{name}: got {short(value)}, expected one of {', '.join(map(repr, options))}")
    return value


def generator(rng):
    """A random number generator from `rng`; None is refused, because what it draws cannot be drawn again."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, (int, np.integer)):
        raise TypeError(f"rng: got {short(rng)}, expected an int or a numpy.random.Generator")
    if rng < 0:
        raise ValueError(f"rng: got {rng}, expected an int that is not negative")
    return np.random.default_rng(rng)


def _array(name, value):
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: got rows of different lengths, expected an array") from None


def _of_floats(name, value):
    array = _array(name, value)
    if array.dtype not in (np.float32, np.float64):
        white = {"uint8": 255, "uint16": 65535}.get(array.dtype.name, "its white level")
        fixes = {"u": f" / {white}", "i": f" / {white}", "b": ".astype(float)", "f": ".astype(float)"}
        fix = f": convert it with {name}{fixes[array.dtype.kind]}" if array.dtype.kind in fixes else ""
        raise TypeError(f"{name}: got dtype {array.dtype}, expected float32 or float64{fix}")
    return array

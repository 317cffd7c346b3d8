"""Refuse bad input before any work, in one sentence that names the argument, what it got and what it expects."""

import numpy as np


def floats(name, value):
    """`value` as a float32 or float64 array without NaN or infinity."""
    array = np.asarray(value)
    if array.dtype not in (np.float32, np.float64):
        fix = f"{name} / {np.iinfo(array.dtype).max}" if array.dtype.kind in "iu" else f"{name}.astype(float)"
        raise TypeError(f"{name}: got dtype {array.dtype}, expected float32 or float64: convert it with {fix}")
    if not np.isfinite(array).all():
        bad = np.count_nonzero(~np.isfinite(array))
        raise ValueError(f"{name}: got {bad} values that are NaN or infinite, expected finite numbers: mend them first")
    return array


def image(name, value):
    """`value` as a grey image, (M, N) floats."""
    array = np.asarray(value)
    if array.ndim != 2 or 0 in array.shape:
        hint = ": take one colour channel at a time" if array.ndim == 3 else ""
        raise ValueError(f"{name}: got shape {array.shape}, expected a grey image (rows, columns){hint}")
    return floats(name, array)


def same_shape(name, array, reference_name, reference):
    """Refuse two arrays that should have one shape and have two."""
    if array.shape != reference.shape:
        raise ValueError(f"{name}: got shape {array.shape}, expected {reference.shape}, the shape of {reference_name}")


def psf(value, shape=None):
    """`value` as a point spread function: odd sizes, something in it, no larger than an image of `shape`."""
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        raise TypeError(f"psf: got dtype {array.dtype}, expected floats: make a PSF of it with as_psf(psf)")
    if array.ndim != 2 or any(n % 2 == 0 for n in array.shape):
        raise ValueError(f"psf: got shape {array.shape}, expected two odd sizes: make a PSF of it with as_psf(psf)")
    floats("psf", array)
    if array.sum() <= 0:
        raise ValueError(f"psf: got the sum {array.sum():.3g}, expected a positive one (1 keeps the brightness)")
    if shape is not None and any(k > m for k, m in zip(array.shape, shape, strict=True)):
        raise ValueError(f"psf: got shape {array.shape}, expected at most the image's {tuple(shape)}: use a smaller PSF")
    return array


def shape(name, value):
    """`value` as an image shape, two positive integers."""
    sizes = np.asarray(value)
    if sizes.shape != (2,) or sizes.dtype.kind not in "iu" or (sizes < 1).any():
        raise ValueError(f"{name}: got {value!r}, expected two positive integers (rows, columns)")
    return int(sizes[0]), int(sizes[1])


def number(name, value, *, low=0.0, above=False):
    """`value` as a finite float that is at least `low`, or above it."""
    if isinstance(value, (str, bytes)) or np.ndim(value) != 0 or np.iscomplexobj(value):
        raise TypeError(f"{name}: got {value!r}, expected a number")
    value = float(value)
    if not np.isfinite(value) or value < low or (above and value == low):
        raise ValueError(f"{name}: got {value:g}, expected a finite number {'above' if above else 'at least'} {low:g}")
    return value


def choice(name, value, options):
    """`value`, if it is one of `options`."""
    if value not in options:
        raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(map(repr, options))}")
    return value

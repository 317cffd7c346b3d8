"""An honest experiment: a sharp picture, a known blur, and noise that somebody decided on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from . import _check
from ._colour import by_channel, saturated
from ._photo import Photo, linear_to_srgb, picture, read_photo, srgb_to_linear, stored
from ._shrink import Pyramid, coarse_psf, shrink
from ._types import PSF, Boundary, Image, Number, Random, Shape
from .operators import Blur

__all__ = [
    "Observation",
    "Photo",
    "Pyramid",
    "add_gaussian",
    "add_poisson",
    "by_channel",
    "coarse_psf",
    "linear_to_srgb",
    "quantize",
    "read_photo",
    "sample_image",
    "saturated",
    "save_image",
    "shrink",
    "simulate",
    "srgb_to_linear",
]

COLOUR_IMAGES = ("astronaut", "chelsea", "coffee", "hubble_deep_field", "retina", "rocket")
GREY_IMAGES = ("brick", "camera", "cell", "clock", "coins", "text")
ROUND_OFF = 1e-6  # light below zero that a Fourier transform may have made


@dataclass(frozen=True, eq=False)
class Observation:
    """A blurred, noisy picture together with all that is known about how it was made.

    Attributes
    ----------
    x_true, y : (M, N) float arrays
        The sharp picture and the observed one, which is smaller when the boundary is unknown.
    psf : (K, L) float array
        The PSF that blurred it.
    sigma : float
        Standard deviation of the Gaussian noise, in image units.
    boundary : str
        What lay outside the frame.
    """

    x_true: Image
    y: Image
    psf: PSF
    sigma: float
    boundary: Boundary

    @property
    def bsnr(self) -> float:
        """Blurred signal to noise ratio in dB: 10 log10(var(H x) / sigma**2); infinite without noise."""
        blurred = Blur(self.psf, self.y.shape, self.boundary) @ self.x_true
        return float(10 * np.log10(blurred.var() / self.sigma**2)) if self.sigma else np.inf

    @property
    def nsr(self) -> float:
        """Noise to signal ratio: sigma**2 / var(x_true), the noise against the *sharp* picture."""
        return float(self.sigma**2 / self.x_true.var())


def sample_image(name: str, *, size: int | Shape | None = None, colour: bool = False) -> Image:
    """A photograph that comes with scikit-image, so it is there without a network.

    Parameters
    ----------
    name : str
        astronaut, brick, camera, cell, chelsea, clock, coffee, coins, hubble_deep_field, retina, rocket or text.
    size : int or (rows, columns), optional
        Resize to this many pixels, with anti-aliasing; one number makes a square.
    colour : bool, optional
        Keep the colours of a colour photograph; otherwise its luminance is returned.

    Returns
    -------
    image : (M, N) or (M, N, 3) float64 array
        Values from 0 (black) to 1 (white).

    Raises
    ------
    ValueError
        For an unknown name, a size that is not positive, or colour asked of a grey photograph.

    References
    ----------
    .. [1] S. van der Walt et al., scikit-image: image processing in Python, PeerJ 2:e453, 2014, doi:10.7717/peerj.453.
    """
    _check.choice("name", name, sorted(COLOUR_IMAGES + GREY_IMAGES))
    shape = None if size is None else _check.shape("size", _check.pair("size", size))
    if colour and name not in COLOUR_IMAGES:
        raise ValueError(f"colour: got True for {name!r}, which is grey, expected one of {', '.join(COLOUR_IMAGES)}")
    return _photograph(name, shape, bool(colour)).copy()


@lru_cache(16)
def _photograph(name, shape, colour):
    """A sample image, kept: most of the time goes into decoding and resizing, for lessons that take it again."""
    from skimage import color, data, transform, util

    image = util.img_as_float64(getattr(data, name)())
    if name in COLOUR_IMAGES and not colour:
        image = color.rgb2gray(image)
    if shape is not None:
        image = transform.resize(image, shape, anti_aliasing=True)
    return image.clip(0, 1)


def save_image(x: Image, path: str | Path, *, bits: Literal[8, 16] = 8) -> None:
    """Write a picture to a PNG or TIFF file.

    Parameters
    ----------
    x : (M, N) or (M, N, 3) float array
        Nominal range 0 to 1; what lies outside is clipped in the file, never in the array.
    path : str or path
        Ends in ``.png``, ``.tif`` or ``.tiff``.
    bits : {8, 16}, optional
        Grey levels are 2**bits. Take 16 for pictures that will be deblurred again: rounding is noise.

    Raises
    ------
    ValueError
        For another ending or depth, a folder that is not there, a colour picture with 16 bits, or one most of which
        lies far above 1, as on a range of 0 to 255.

    Notes
    -----
    Rounds to the nearest level. Truncating instead (``astype("uint8")`` alone) darkens by half a level.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() not in (".png", ".tif", ".tiff"):
        raise ValueError(f"path: got {str(path)!r}, expected a name that ends in .png, .tif or .tiff")
    if not path.parent.is_dir():
        raise ValueError(f"path: got {str(path)!r}, expected a folder that is there: make {str(path.parent)!r} first")
    x = picture("x", x)
    bits = _check.whole("bits", bits, 8, 16)
    if bits not in (8, 16) or bits == 16 and x.ndim == 3:
        raise ValueError(f"bits: got {bits!r}, expected 8{' or 16' if x.ndim == 2 else ' for a colour picture'}")
    stored(x, bits).save(path)


def add_gaussian(x: Image, sigma: Number, *, rng: Random) -> Image:
    """Add white Gaussian noise: the electronics of the camera.

    Parameters
    ----------
    x : (M, N) float array
        Picture; its dtype is kept.
    sigma : float >= 0
        Standard deviation in image units. Larger is noisier.
    rng : numpy.random.Generator or int
        Source of the noise.

    Returns
    -------
    y : (M, N) float array

    Raises
    ------
    ValueError
        If sigma is negative.
    """
    x, sigma, rng = _check.image("x", x), _check.number("sigma", sigma), _check.generator(rng)
    return x + x.dtype.type(sigma) * rng.standard_normal(x.shape, dtype=x.dtype)


def add_poisson(x: Image, photons: Number, *, rng: Random) -> Image:
    """Count photons: the noise of light itself.

    Parameters
    ----------
    x : (M, N) float array
        Picture without negative values; its dtype is kept.
    photons : float > 0
        Expected count in a pixel of value 1. Larger is *less* noisy: the relative noise falls as one over its square
        root.
    rng : numpy.random.Generator or int
        Source of the counts.

    Returns
    -------
    y : (M, N) float array
        Counts divided by `photons`: mean x, variance x / photons.

    Raises
    ------
    ValueError
        If photons is not positive or x has negative values beyond round-off.
    """
    x, photons = _countable("x", _check.image("x", x)), _check.number("photons", photons, above=True)
    rng = _check.generator(rng)
    # NumPy draws in other ways at 0 and from 10 on: round-off, which differs between machines, must not choose the way.
    return (rng.poisson(np.round(photons * x.astype(float), 9)) / photons).astype(x.dtype)


def _countable(name, x):
    fix = f"count the photons of {name} - {name}.min(), and add {name}.min() to the result"
    return _check.light(name, x, fix, ROUND_OFF)


def quantize(x: Image, bits: int = 8) -> Image:
    """Round to the grey levels of a file or a sensor.

    Parameters
    ----------
    x : (M, N) float array
        Nominal range 0 to 1; the sensor saturates outside.
    bits : int from 1 to 16, optional
        Levels are 2**bits, from 0 to 1.

    Returns
    -------
    y : (M, N) float array
        Still floats. Rounding moves a value by at most half a level, rms 1 / (2**bits - 1) / sqrt(12).

    Raises
    ------
    ValueError
        If bits is not a whole number from 1 to 16, or most of x lies far above 1, as on a range of 0 to 255.

    Examples
    --------
    >>> quantize(np.array([[0.2, 0.4, 1.7]]), bits=1)
    array([[0., 0., 1.]])
    """
    x, bits = _check.nominal("x", _check.image("x", x)), _check.whole("bits", bits, 1, 16)
    levels = x.dtype.type(2**bits - 1)
    return np.rint(x.clip(0, 1) * levels) / levels


def simulate(
    x_true: Image,
    psf: PSF,
    *,
    sigma: Number,
    photons: Number | None = None,
    boundary: Boundary = "periodic",
    oversampling: int = 1,
    bits: int | None = None,
    rng: Random,
) -> Observation:
    """Blur a picture and spoil it as a camera would.

    Parameters
    ----------
    x_true : (M, N) float array
        The sharp picture, or the scene on a finer grid; its dtype is kept.
    psf : (K, L) float array
        Odd sizes, sum 1, in pixels of `x_true`.
    sigma : float >= 0
        Standard deviation of Gaussian noise, in image units. There is no default: noise is always a decision.
    photons : float > 0, optional
        Count photons before the Gaussian noise: expected count in a pixel of value 1.
    boundary : str, optional
        What lies outside the frame; see `Blur`. With "unknown" y is smaller than x_true by the PSF's reach.
    oversampling : int from 1 to 8, optional
        How many pixels of `x_true`, in each direction, one pixel of the camera averages.
    bits : int, optional
        Round to 2**bits grey levels at the end.
    rng : numpy.random.Generator or int
        Source of the noise.

    Returns
    -------
    observation : Observation
        With ``x_true, y, psf, sigma, boundary``. With oversampling x_true and psf are what the camera's pixels would
        show of them: the averages to compare with, and the PSF to believe in.

    Raises
    ------
    ValueError
        For any argument out of its range, before any work.

    Notes
    -----
    y = round(H x_true + n). The forward model has no epsilon and knows nothing of the method that will undo it.

    An inverse crime is to make the data with the same discrete model that is then inverted [1]_ [2]_. The test then
    contains the answer, and noise does not acquit. There are three, one for each part of the model, and an argument
    that commits each:

    - the grid: ``oversampling=1``. A scene does not consist of the camera's pixels. With 2 or 3 and a PSF that is as
      many times larger, no PSF on the camera's grid explains y exactly.
    - the boundary: "periodic", "zero" or "reflect" here, and the same one in the method. A larger scene and "unknown"
      here are what a camera does.
    - the PSF: `observation.psf`, or whatever made the data, in the method. A measured one is a little wrong: take
      ``dl.gaussian(2.1)`` for ``dl.gaussian(2)`` and see.

    References
    ----------
    .. [1] D. Colton, R. Kress, Inverse Acoustic and Electromagnetic Scattering Theory, 4th ed., Springer 2019,
       sec. 5.3, doi:10.1007/978-3-030-30351-8.
    .. [2] J. Kaipio, E. Somersalo, Statistical and Computational Inverse Problems, Springer 2005,
       doi:10.1007/b138659.

    Examples
    --------
    A scene twice as fine and larger than the frame:

    >>> from deconvlab.psf import gaussian
    >>> scene = np.random.default_rng(0).random((120, 160))
    >>> simulate(scene, gaussian(4), sigma=0.01, boundary="unknown", oversampling=2, rng=0).y.shape
    (40, 60)
    """
    x_true = _check.image("x_true", x_true)
    if photons is not None:
        _countable("x_true", x_true)
    sigma, rng = _check.number("sigma", sigma), _check.generator(rng)
    if photons is not None:
        _check.number("photons", photons, above=True)
    if bits is not None:
        _check.whole("bits", bits, 1, 16)
    psf, factor = _check.psf(psf, x_true.shape), _check.whole("oversampling", oversampling, 1, 8)
    if any(n % factor for n in x_true.shape):
        raise ValueError(f"x_true: got shape {x_true.shape}, expected multiples of oversampling={factor}: crop it")
    coarse = coarse_psf(psf, factor)
    shape, scene = x_true.shape, x_true
    if boundary == "unknown":  # the camera sees what no unknown light reaches
        shape = tuple(n - (k - 1) * factor for n, k in zip(shape, coarse.shape, strict=True))
        _check.psf(psf, tuple(max(n, 0) for n in shape))
        spare = [(n - m - k + 1) // 2 for n, m, k in zip(x_true.shape, shape, psf.shape, strict=True)]
        scene = x_true[tuple(slice(s, n - s) for s, n in zip(spare, x_true.shape, strict=True))]
    y = shrink(Blur(psf, shape, boundary) @ scene, factor)
    if photons is not None:
        y = add_poisson(y, photons, rng=rng)
    y = add_gaussian(y, sigma, rng=rng)
    if bits is not None:
        y = quantize(y, bits)
    return Observation(shrink(x_true, factor), y, coarse, sigma, boundary)

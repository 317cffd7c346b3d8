"""A photograph from a file, in linear light: the sum that a blur computes is one of light, not of stored levels."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from reprlib import repr as short
from typing import BinaryIO, NamedTuple

import numpy as np

from . import _check
from ._types import Image

SMALLEST = 16  # pixels a side: less is no photograph
LARGEST = 50e6  # pixels that are read without being asked for fewer
MOST = 170e6  # and that Pillow opens
GREY = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N")


class Photo(NamedTuple):
    """A photograph, and what became of it while it was read.

    Attributes
    ----------
    image : (M, N) or (M, N, 3) float32 array
        Linear light from 0 (black) to 1 (white), turned upright.
    notes : tuple of str
        A sentence for each thing that was left out or changed: transparency, further frames, colours, size.
    """

    image: Image
    notes: tuple[str, ...]


def read_photo(source: str | Path | bytes | BinaryIO, *, longest: int | None = None) -> Photo:
    """Read a photograph as linear light.

    Parameters
    ----------
    source : str, path, bytes or binary file
        JPEG, PNG, TIFF, WebP or any other file that Pillow reads; grey or colour, 8 or 16 bits.
    longest : int, optional
        Shrink until the longer side has at most so many pixels: each becomes the mean light of a square of them.

    Returns
    -------
    photo : Photo
        Its `image`, and `notes` on what reading it has changed.

    Raises
    ------
    ValueError
        If there is no file, it is no picture, is damaged, has fewer than 16 pixels on a side, or more than 50 million
        and no `longest` is given.

    Notes
    -----
    Cameras store the levels that look evenly spaced, not light; `srgb_to_linear` undoes that curve. The camera's own
    processing before it (a tone curve of its own, sharpening, removal of noise) is not undone: nobody knows it. Colours
    of a profile in the file are converted to sRGB's first. A photograph that was turned by a note in its file (Exif) is
    turned. Of several frames the first is read, and what is transparent lies on white.

    References
    ----------
    .. [1] IEC 61966-2-1:1999, Default RGB colour space, sRGB.
    """
    if longest is not None:
        longest = _check.whole("longest", longest, SMALLEST, 100_000)
    file, name = _opened(source)
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, on files that it reads nevertheless
            picture = Image.open(file)
            _check_size(name, picture.size, longest)
            _check_mode(name, picture.mode)
            notes = _notes(picture)
            levels = _levels(ImageOps.exif_transpose(picture), notes)
    except Image.DecompressionBombError:
        many = f"more than {MOST / 1e6:.0f} million pixels"
        raise ValueError(f"source: got {name} with {many}, expected fewer: crop it in another program") from None
    except (Image.UnidentifiedImageError, OSError, SyntaxError, EOFError) as error:
        what = "no picture" if isinstance(error, Image.UnidentifiedImageError) else f"a damaged picture ({error})"
        raise ValueError(f"source: got {name}, {what}, expected a JPEG, PNG, TIFF or WebP file that opens") from None
    finally:
        if file is not source:
            file.close()
    return Photo(_light(levels, longest, notes), tuple(notes))


def srgb_to_linear(levels: Image) -> Image:
    """Light of stored levels.

    Parameters
    ----------
    levels : float array
        From 0 to 1, as a file has them once they are divided by its white level.

    Returns
    -------
    light : array of the same shape and dtype
        From 0 to 1, proportional to the light.

    Raises
    ------
    TypeError, ValueError
        If the levels are no floats, or most of them lie far above 1.

    Examples
    --------
    >>> light = srgb_to_linear(0.5)  # half way between black and white for the eye ...
    >>> round(float(light), 3)  # ... is a fifth of the light
    0.214
    """
    levels = _check.nominal("levels", _check.floats("levels", levels))
    return np.where(levels <= 0.04045, levels / 12.92, ((np.maximum(levels, 0) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(light: Image) -> Image:
    """Levels to store, or to show, for light: the inverse of `srgb_to_linear`.

    Parameters
    ----------
    light : float array
        From 0 to 1.

    Returns
    -------
    levels : array of the same shape and dtype

    Raises
    ------
    TypeError, ValueError
        If the light is no array of floats, or most of it lies far above 1.

    Examples
    --------
    >>> bool(abs(linear_to_srgb(srgb_to_linear(0.3)) - 0.3) < 1e-12)
    True
    """
    light = _check.nominal("light", _check.floats("light", light))
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def picture(name, x):
    """`x` as a picture that a file can hold, (M, N) or (M, N, 3) floats."""
    return _check.nominal(name, _check.photograph(name, x))


def stored(x, bits):
    """A picture as Pillow has it, clipped to 0 to 1 and rounded to 2**bits levels."""
    from PIL import Image

    return Image.fromarray(np.rint(x.clip(0, 1) * (2**bits - 1)).astype(f"uint{bits}"))


def _opened(source):
    """A binary file, and how to name it in a sentence."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return io.BytesIO(source), f"{len(source)} bytes"
    if hasattr(source, "read"):
        if not isinstance(source.read(0), bytes):
            raise TypeError("source: got a file of text, expected a binary one: open(path, 'rb')")
        return source, short(getattr(source, "name", "a file"))
    if not isinstance(source, (str, Path)):
        raise TypeError(f"source: got {type(source).__name__}, expected a path, bytes or a binary file")
    path = Path(source).expanduser()
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise ValueError(f"source: got {str(path)!r}, which is {what}, expected the path of a picture")
    if not path.stat().st_size:
        raise ValueError(f"source: got {path.name!r}, which is empty, expected a picture: copy it again")
    return path.open("rb"), repr(path.name)


def _check_size(name, size, longest):
    got = f"source: got {name} with {size[0]} x {size[1]} pixels, expected"
    if min(size) < SMALLEST:
        raise ValueError(f"{got} at least {SMALLEST} on each side")
    if longest is None and size[0] * size[1] > LARGEST:
        raise ValueError(f"{got} at most {LARGEST / 1e6:.0f} million: give longest=3000 to shrink it")


def _check_mode(name, mode):
    if mode in ("F", "I"):
        fix = "expected 8 or 16 bits: save it as such"
        raise ValueError(f"source: got {name}, whose numbers have no white level, {fix}")


def _notes(picture):
    """What will be left out, as long as the file still tells."""
    notes = []
    if getattr(picture, "n_frames", 1) > 1:
        notes.append(f"The first of {picture.n_frames} frames was read.")
    if picture.mode not in GREY and any(";16" in str(tile) for tile in picture.tile):
        notes.append("Of the 16 bits of each colour the upper 8 were read.")
    if picture.mode == "CMYK":
        notes.append("Printing colours (CMYK) were converted to RGB, and may look different.")
    return notes


def _levels(picture, notes):
    """What is stored, as unsigned integers: (M, N) if grey, else (M, N, 3) in sRGB."""
    from PIL import Image

    if picture.mode.startswith("I;16"):
        return np.asarray(picture, np.uint16)
    grey, profile = picture.mode in GREY, picture.info.get("icc_profile")
    if picture.has_transparency_data:
        picture = picture.convert("LA" if grey else "RGBA")
        alpha = picture.getchannel("A")
        if alpha.getextrema()[0] < 255:
            notes.append("What was transparent lies on white.")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture.convert("RGBA"))
        picture = white.convert("L" if grey else "RGB")
    if grey:
        return np.asarray(picture.convert("L"))
    return np.asarray(_as_srgb(picture, profile, notes))


def _as_srgb(picture, profile, notes):
    """The picture in sRGB, whatever profile its file names."""
    if profile:
        from PIL import ImageCms

        if picture.mode == "P":
            picture = picture.convert("RGB")
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            notes.append("The colour profile in the file is damaged; its colours were taken for sRGB.")
    return picture.convert("RGB")


def _light(levels, longest, notes):
    """Linear light of the levels, or its mean over square blocks of them, a row of blocks at a time."""
    white = np.iinfo(levels.dtype).max
    light = srgb_to_linear(np.arange(white + 1) / white).astype(np.float32)
    rows, columns = levels.shape[:2]
    side = 1 if longest is None else -(-max(rows, columns) // longest)
    if side == 1:
        return light[levels]
    down, across = rows // side, columns // side
    blocks = levels[: down * side, : across * side].reshape(down, side, across, side, -1)
    notes.append(f"Shrunk from {columns} x {rows} to {across} x {down} pixels.")
    return np.stack([light[row].mean(axis=(0, 2)) for row in blocks]).reshape(down, across, *levels.shape[2:])

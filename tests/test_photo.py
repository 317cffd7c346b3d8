"""Photographs from files: every kind that Pillow reads, and every way in which one can be broken."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

import deconvlab as dl
from deconvlab import _photo

RNG = np.random.default_rng(0)
LEVELS = (RNG.random((24, 36, 3)) * 255).astype(np.uint8)
GREY = LEVELS[..., 0]


def file(picture, format, **options):
    buffer = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(buffer, format, **options)
    return buffer.getvalue()


def light(levels, white=255):
    """What the pixels are worth, by the formula of the standard for one number at a time."""

    def one(v):
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    return np.vectorize(one)(np.asarray(levels) / white)


# Pictures that are read


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "WebP"])
@pytest.mark.parametrize("levels", [LEVELS, GREY], ids=["colour", "grey"])
def test_pixels_are_pillows_in_linear_light(format, levels):
    """Catches: levels taken for light, rows and columns or colours exchanged, grey that becomes three channels."""
    options = {"lossless": True} if format == "WebP" else {}
    photo = dl.read_photo(file(levels, format, **options))
    expected = light(levels)
    if format == "WebP" and levels.ndim == 2:
        expected = np.stack([expected] * 3, axis=2)  # it knows colour only
    assert photo.image.shape == expected.shape and photo.image.dtype == np.float32 and photo.notes == ()
    assert abs(photo.image - expected).max() < 1e-6


def test_a_jpeg_is_what_pillow_decodes():
    """Catches: a decoder that is asked for fewer pixels, or for other colours."""
    data = file(LEVELS, "JPEG", quality=90)
    assert abs(dl.read_photo(data).image - light(Image.open(io.BytesIO(data)))).max() < 1e-6


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits_of_grey_stay(format):
    """Catches: the lower byte cut off, 65535 that is not white."""
    levels = np.linspace(0, 65535, 24 * 36).round().astype(np.uint16).reshape(24, 36)
    photo = dl.read_photo(file(levels, format))
    assert abs(photo.image - light(levels, 65535)).max() < 1e-6
    assert len(np.unique(photo.image)) == levels.size and photo.notes == ()


def png(rows, columns, bits, colour, body):
    """A file that Pillow reads and would not write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", columns, rows, bits, colour, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(body)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def test_sixteen_bits_of_colour_are_halved_and_said():
    """Catches: a loss that nobody is told of."""
    body = b"".join(b"\0" + (row.astype(">u2") * 257).astype(">u2").tobytes() for row in LEVELS)
    photo = dl.read_photo(png(24, 36, 16, 2, body))
    assert abs(photo.image - light(LEVELS)).max() < 1e-6
    assert photo.notes == ("Of the 16 bits of each colour the upper 8 were read.",)


def test_one_bit_is_black_and_white():
    photo = dl.read_photo(file(Image.fromarray(GREY > 100), "PNG"))
    assert np.array_equal(photo.image, (GREY > 100).astype(np.float32))


UPRIGHT = {  # what the standard says of each orientation
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("format", ["TIFF", "PNG"])
def test_a_turned_photograph_stands_upright(orientation, format):
    """Catches: a portrait that lies on its side, or one that is mirrored, in any of the eight ways."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = dl.read_photo(file(LEVELS, format, exif=exif)).image
    expected = light(UPRIGHT[orientation](LEVELS))
    assert image.shape == expected.shape and abs(image - expected).max() < 1e-6


def test_a_palette_is_its_colours():
    picture = Image.fromarray(LEVELS).quantize(16)
    assert abs(dl.read_photo(file(picture, "PNG")).image - light(picture.convert("RGB"))).max() < 1e-6


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB"])
def test_what_is_transparent_lies_on_white_and_is_said(mode):
    """Catches: the black, or the arbitrary colours, that lie under what cannot be seen."""
    options = {}
    if mode in ("RGBA", "LA"):
        picture = Image.fromarray(LEVELS).convert(mode)
        picture.putalpha(Image.fromarray(np.where(np.arange(36) < 18, 0, 255).astype(np.uint8)[None].repeat(24, 0)))
    else:
        picture = Image.new({"P": "P", "L": "L", "RGB": "RGB"}[mode], (36, 24))
        picture.paste({"P": 1, "L": 9, "RGB": (9, 9, 9)}[mode], (18, 0, 36, 24))
        options = {"transparency": {"P": 0, "L": 0, "RGB": (0, 0, 0)}[mode]}
    photo = dl.read_photo(file(picture, "PNG", **options))
    assert (photo.image[:, :18] == 1).all() and (photo.image[:, 18:] < 1).any()
    assert photo.notes == ("What was transparent lies on white.",)
    assert photo.image.ndim == (2 if mode in ("LA", "L") else 3)


def test_an_opaque_alpha_is_not_worth_a_word():
    photo = dl.read_photo(file(Image.fromarray(LEVELS).convert("RGBA"), "PNG"))
    assert photo.notes == () and abs(photo.image - light(LEVELS)).max() < 1e-6


def test_printing_colours_are_converted_and_said():
    photo = dl.read_photo(file(Image.fromarray(LEVELS).convert("CMYK"), "TIFF"))
    assert photo.image.shape == LEVELS.shape and "CMYK" in photo.notes[0]
    assert abs(photo.image - light(LEVELS)).max() < 0.02


@pytest.mark.parametrize("format", ["GIF", "WebP", "PNG", "TIFF"])
def test_of_several_frames_the_first_is_read_and_said(format):
    frames = [Image.fromarray(np.full((24, 36), level, np.uint8)) for level in (40, 200, 120)]
    options = {"lossless": True} if format == "WebP" else {}
    photo = dl.read_photo(file(frames[0], format, save_all=True, append_images=frames[1:], **options))
    assert abs(photo.image - light(40)).max() < 0.01
    assert photo.notes == ("The first of 3 frames was read.",)


def swapped_profile():
    """A profile whose red is sRGB's green, and the other way round."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"swap").replace(b"gXYZ", b"rXYZ").replace(b"swap", b"gXYZ")
    return profile.replace(b"rTRC", b"swap").replace(b"gTRC", b"rTRC").replace(b"swap", b"gTRC")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "P and transparent"])
def test_colours_of_a_profile_become_those_of_srgb(mode):
    """Catches: a profile that is ignored, so that a wide-gamut photograph looks dull, or lost with the transparency."""
    picture, options = Image.fromarray(LEVELS), {}
    if mode == "RGBA":
        picture.putalpha(Image.fromarray(np.where(np.arange(36) < 18, 0, 255).astype(np.uint8)[None].repeat(24, 0)))
    elif mode != "RGB":
        picture = picture.quantize(16)
        options = {"transparency": 255} if "transparent" in mode else {}
    photo = dl.read_photo(file(picture, "PNG", icc_profile=swapped_profile(), **options))
    expected = light(np.asarray(picture.convert("RGB"))[:, 18:, [1, 0, 2]])
    assert abs(photo.image[:, 18:] - expected).max() < 0.03
    assert mode != "RGBA" or (photo.image[:, :18] > 0.99).all()


def test_a_damaged_profile_stops_nothing_and_is_said():
    photo = dl.read_photo(file(LEVELS, "PNG", icc_profile=b"not a profile"))
    assert "profile" in photo.notes[0] and abs(photo.image - light(LEVELS)).max() < 1e-6


@pytest.mark.parametrize("way", ["str", "path", "bytes", "bytearray", "file", "buffer"])
def test_every_source_gives_the_same(way, tmp_path):
    """Catches: a file that is read up to its end for the first lab only, or closed under the caller's hands."""
    path = tmp_path / "a photo.png"
    path.write_bytes(file(LEVELS, "PNG"))
    with path.open("rb") as opened:
        data = path.read_bytes()
        sources = {"str": str(path), "path": path, "bytes": data, "bytearray": bytearray(data), "file": opened}
        sources["buffer"] = io.BytesIO(data)
        source = sources[way]
        assert abs(dl.read_photo(source).image - light(LEVELS)).max() < 1e-6
        assert not getattr(source, "closed", False)


def test_shrinking_keeps_the_light():
    """Catches: a mean of levels in place of light, a picture one pixel too long, a shrinking that nobody is told of."""
    stripes = np.zeros((60, 90), np.uint8)
    stripes[::2] = 255
    photo = dl.read_photo(file(stripes, "PNG"), longest=45)
    assert photo.image.shape == (30, 45) and abs(photo.image - 0.5).max() < 1e-6
    assert photo.notes == ("Shrunk from 90 x 60 to 45 x 30 pixels.",)
    assert dl.read_photo(file(stripes, "PNG"), longest=90).image.shape == (60, 90)
    odd = dl.read_photo(file(LEVELS, "PNG"), longest=17).image
    assert odd.shape == (8, 12, 3) and abs(odd[2, 3] - light(LEVELS)[6:9, 9:12].mean(axis=(0, 1))).max() < 1e-6


# Files that are refused

NO_PICTURE = b"Dear Sir or Madam, this is no picture.\n" * 50


BROKEN = {
    "text called .jpg": (NO_PICTURE, ["no picture", "JPEG, PNG, TIFF or WebP"]),
    "zero bytes": (b"", ["0 bytes", "no picture"]),
    "half a JPEG": (file(LEVELS.repeat(9, 0), "JPEG")[:3000], ["damaged"]),
    "half a PNG": (file(LEVELS, "PNG")[:900], ["damaged"]),
    "half a TIFF": (file(LEVELS, "TIFF")[:900], ["TIFF or WebP file that opens"]),
    "half a WebP": (file(LEVELS, "WebP", lossless=True)[:900], ["TIFF or WebP"]),
    "half a GIF": (file(LEVELS[..., 0].repeat(9, 0), "GIF")[:900], ["damaged"]),
    "the head of a PNG": (file(LEVELS, "PNG")[:20], ["expected a JPEG"]),
    "flipped bytes": (bytes(b ^ (255 if 100 < k < 200 else 0) for k, b in enumerate(file(LEVELS, "PNG"))), ["damaged"]),
    "one pixel": (file(LEVELS[:1, :1], "PNG"), ["1 x 1 pixels", "at least 16"]),
    "a strip": (file(LEVELS[:3], "PNG"), ["36 x 3 pixels", "at least 16"]),
    "a bomb": (png(30_000, 30_000, 8, 0, b""), ["more than 170 million pixels", "crop"]),
    "floats": (file(GREY.astype(np.float32), "TIFF"), ["no white level", "8 or 16 bits"]),
    "32 bits": (file(GREY.astype(np.int32), "TIFF"), ["no white level", "8 or 16 bits"]),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("way", ["bytes", "path", "file"])
def test_a_broken_file_is_named(name, way, tmp_path, recwarn):
    """Catches: Pillow's own exception, a warning, grey where half of the file is missing."""
    data, words = BROKEN[name]
    path = tmp_path / "IMG_7.jpg"
    path.write_bytes(data)
    if way == "path":
        words = ["empty", "copy it again"] if not data else [*words, "IMG_7.jpg"]
        words = [word for word in words if "bytes" not in word]
    with pytest.raises(ValueError, match="^source: got .*, expected ") as caught:
        dl.read_photo({"bytes": data, "path": path, "file": io.BytesIO(data)}[way])
    words = [word for word in words if way == "bytes" or word != "0 bytes"]
    assert all(word in str(caught.value) for word in words) and "\n" not in str(caught.value)
    assert not recwarn.list


def test_where_no_file_is(tmp_path):
    for path, what in ((tmp_path / "gone.jpg", "no file"), (tmp_path, "a folder")):
        with pytest.raises(ValueError, match=f"which is {what}, expected the path of a picture"):
            dl.read_photo(path)
    with pytest.raises(TypeError, match="file of text, expected a binary one"):
        dl.read_photo(io.StringIO("text"))
    with pytest.raises(TypeError, match="got ndarray, expected a path, bytes or a binary file"):
        dl.read_photo(LEVELS)


def test_a_large_picture_says_how_to_go_on(monkeypatch):
    """Catches: a limit without a way on, or a way that does not lead on."""
    monkeypatch.setattr(_photo, "LARGEST", 500)
    with pytest.raises(
        ValueError, match=r"36 x 24 pixels, expected at most .* million: give longest=3000 to shrink it"
    ):
        dl.read_photo(file(LEVELS, "PNG"))
    assert dl.read_photo(file(LEVELS, "PNG"), longest=3000).image.shape == LEVELS.shape


def test_the_pair_is_the_standard_and_its_own_inverse():
    """Catches: a gamma of 2.2, the wrong branch, float32 that comes back as float64."""
    levels = np.linspace(-0.02, 1.2, 997)
    assert abs(dl.srgb_to_linear(levels[levels >= 0]) - light(levels[levels >= 0], 1)).max() < 1e-12
    assert abs(dl.linear_to_srgb(dl.srgb_to_linear(levels)) - levels).max() < 1e-7
    assert dl.srgb_to_linear(levels.astype(np.float32)).dtype == np.float32

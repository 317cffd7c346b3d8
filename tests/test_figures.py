"""Still pictures: what is drawn, on which scale, and the text for those who do not see it.

Each test says which bug it would catch.
"""

import base64
import io
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib
import matplotlib.style
import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter, LatexExporter
from PIL import Image

import deconvlab as dl
from deconvlab import figures
from deconvlab._frame import encode
from deconvlab.figures import Curves, Panel, Picture

PHOTO = dl.sample_image("rocket")
SMALL = dl.sample_image("rocket", size=(40, 60))
CURVE = Curves({"gain": np.linspace(1, 2, 9)})
VIRIDIS_LOW, VIRIDIS_HIGH = (68, 1, 84), (253, 231, 37)


def pixels(picture):
    """The picture's PNG as (rows, columns, 3) integers."""
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(int)


def greys(picture):
    """How many pixels the picture has of each pure grey, 0 to 255."""
    rgb = pixels(picture).reshape(-1, 3)
    return np.bincount(rgb[(rgb == rgb[:, :1]).all(axis=1), 0], minlength=256)


def boxes(picture, colour, axis):
    """(start, end) of each broad run of columns (axis 0) or rows (axis 1) that hold much of one colour."""
    amount = (abs(picture - np.asarray(colour)) < 12).all(axis=2).sum(axis=axis)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], amount > 20, [False]]).astype(int)))
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end - start > 20]


def images_of(html):
    """The attributes of each <img> of a piece of HTML, as a browser reads them."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append(dict(attributes)) if tag == "img" else None
    parser.feed(html)
    return found


# What is drawn


def test_a_colour_picture_keeps_its_colours():
    """Red and blue exchanged, a picture stretched to its own range, or matplotlib's warning that it clips."""
    sky = np.zeros((60, 60, 3))
    sky[:30], sky[30:, :30], sky[30:, 30:] = (0.2, 0.4, 1.7), (-0.3, 0.8, 0.0), (np.nan, 0.0, 0.6)
    drawn = np.asarray(Image.open(io.BytesIO(figures.show_images({"sky": sky}).png)).convert("RGB")).reshape(-1, 3)
    for colour in ((51, 102, 255), (0, 204, 0), (204, 0, 153)):  # a colour that is not known is marked, as in a lab
        assert np.sum(np.abs(drawn.astype(int) - colour).max(axis=1) <= 6) > 2000, colour


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_grey_panels_share_the_scale_from_0_to_1(dtype):
    """A panel scaled to its own darkest and brightest pixel, which makes a faint error look like a strong one."""
    levels = np.array([64, 102, 153], dtype) / 255
    bands = np.repeat(levels, 20)[None].repeat(40, axis=0)
    seen = greys(figures.show_images({"": bands, " ": np.full_like(bands, levels[0])}))
    assert all(seen[level] > 2000 for level in (64, 102, 153))
    assert seen[:60].sum() < 2000  # nothing was stretched to black; the frame is


def test_values_outside_the_scale_are_drawn_at_its_ends():
    """Wrapping around: an overshoot of 1.2 drawn dark."""
    seen = greys(figures.show_images({"": np.array([[-0.4, -0.4], [1.2, 1.2]])}))
    assert seen[0] > 20_000 and seen[64:192].sum() < 200


def test_a_panel_with_its_own_range_uses_it():
    """vmin and vmax dropped on the way to the picture."""
    seen = greys(figures.show_images({"": Panel(np.full((8, 8), 10.0), 0, 40)}))
    assert seen[63:66].sum() > 2000


def test_only_a_panel_with_its_own_range_has_a_colour_bar():
    """A colour bar beside every photograph, or none beside a signed error."""

    def is_blue(picture):
        red, _, blue = np.moveaxis(pixels(picture), 2, 0)
        return (blue > red + 60).sum()

    error = Panel(np.full((30, 30), 0.4), -0.4, 0.4, "RdBu_r")  # all red: blue is in the bar alone
    assert is_blue(figures.show_images({"": error})) > 100
    assert greys(figures.show_images({"": np.full((30, 30), 0.5)}))[:100].sum() < 2000  # no bar


@pytest.mark.parametrize("shape", [(60, 120), (120, 60), (9, 9), (427, 640)])
def test_pixels_are_square(shape):
    """aspect="auto": a landscape photograph squeezed into a square."""
    picture = pixels(figures.show_images({"": np.full(shape, 0.2)}))
    (left, right), (top, bottom) = (boxes(picture, (51, 51, 51), axis)[0] for axis in (0, 1))
    assert (right - left) / (bottom - top) == pytest.approx(shape[1] / shape[0], rel=0.03)


def test_panels_of_one_shape_are_drawn_in_one_size():
    """A colour bar that takes its room from its own panel, or stands taller than it."""
    grey = np.full((60, 90), 0.2)
    picture = pixels(figures.show_images({"observed": grey, "restored": grey, "error": Panel(grey, 0.2, 2, "gray")}))
    widths = [end - start for start, end in boxes(picture, (51, 51, 51), 0) + boxes(picture, (0, 0, 0), 0)]
    assert len(widths) == 3 and max(widths) - min(widths) <= 2
    (top, bottom), *others = boxes(picture, (51, 51, 51), 1)
    drawn = np.flatnonzero((picture[:, -60:] < 128).any(axis=(1, 2)))  # the bar and its numbers
    assert not others and drawn.min() > top - 12 and drawn.max() < bottom + 12


def test_a_picture_is_drawn_the_right_way_round():
    """origin="lower", or rows and columns exchanged."""
    image = np.full((20, 20), 0.5)
    image[:5, :5] = 0.0
    picture = pixels(figures.show_images({"": image}))[:, :, 0]
    dark = np.argwhere(picture < 10).mean(axis=0)
    assert (dark < np.array(picture.shape) / 2).all()


def test_panels_of_a_colour_picture_stay_near_their_greys():
    """A palette so poor that greys beside a coloured error drift visibly, or shift as a whole."""
    error = Panel(PHOTO - np.roll(PHOTO, 3, axis=0), -0.3, 0.3, "RdBu")
    both, alone = pixels(figures.show_images({"": PHOTO, " ": error})), pixels(figures.show_images({"": PHOTO}))
    rows = slice(60, 240)
    ours, reference = both[rows, 60:300], alone[rows, 60:300]
    assert abs(ours.mean() - reference.mean()) < 4
    assert np.ptp(ours, axis=2).max() <= 24  # grey stays grey


def test_nan_is_shown_without_a_warning():
    """One bad pixel turning a whole panel white, or raising."""
    image = np.full((40, 40), 0.25)
    image[0, 0] = np.nan
    assert greys(figures.show_images({"": image}))[63:66].sum() > 2000
    assert greys(figures.show_images({"": Panel(image, None, None)})).sum() > 0


@pytest.mark.parametrize("array", [np.full((4, 4), np.nan), np.zeros((4, 4)), np.full((4, 4), 7.0)])
def test_a_panel_without_contrast_finds_a_range(array):
    """A division by zero where an automatic range has no extent."""
    panel = Panel(array, None, None)
    assert panel.vmin < panel.vmax
    assert figures.show_images({"flat": panel}).png


def test_a_panel_keeps_its_values():
    """Clipping or copying into another type: overshoots are what a lesson is about."""
    array = np.array([[-3.0, np.inf]], np.float32)
    panel = Panel(array)
    assert panel.array is array


def test_curves_on_a_log_axis_leave_out_zeros():
    """log10(0): a warning, or a line that dives to the bottom and hides the rest."""
    with_zeros = Curves({"a": np.array([0.0, 1, 10, -1, 100]), "b": np.zeros(5)}, log=True)
    with_gaps = Curves({"a": np.array([np.nan, 1, 10, np.nan, 100]), "b": np.full(5, np.nan)}, log=True)
    assert figures.show_curves(with_zeros).png == figures.show_curves(with_gaps).png


def test_a_fixed_axis_stays_while_the_line_moves():
    """ylim dropped: with each slider move the axis moves, and the line seems to stay."""

    def axis(top, **fixed):
        return pixels(figures.show_curves(Curves({"a": [0, top]}, **fixed)))[:, :30]

    assert np.array_equal(axis(1, ylim=(0, 5)), axis(3, ylim=(0, 5)))
    assert not np.array_equal(axis(1), axis(30))


def test_a_mark_is_a_line_with_its_name():
    """Marks that are computed and not drawn, or drawn without their names."""
    plain, line, named = (
        figures.show_curves(Curves({"a": [0, 1, 2]}, ylim=(0, 2), marks=marks))
        for marks in ({}, {"": 1.5}, {"cutoff": 1.5})
    )
    different = [(abs(pixels(p) - pixels(plain)).max(axis=2) > 60).any(axis=0).sum() for p in (line, named)]
    assert 0 < different[0] <= 4 < different[1] < 30  # columns: a thin line, and upright words beside it


def test_curves_take_lines_with_and_without_x():
    """x and y exchanged, or an index that starts at 1."""
    x, y = Curves({"index": [3, 4, 5]}).lines["index"]
    assert x.tolist() == [0, 1, 2] and y.tolist() == [3, 4, 5]
    x, y = Curves({"own": ([1, 2], [5, 6])}).lines["own"]
    assert x.tolist() == [1, 2] and y.tolist() == [5, 6]


def test_six_lines_differ_by_colour_and_by_dashes():
    """Two lines that a reader who confuses colours, or prints in grey, cannot tell apart."""
    assert len(set(figures.COLOURS)) == len(set(figures.DASHES)) == 6
    picture = pixels(figures.show_curves(Curves({str(k): [k, k] for k in range(6)})))
    colours = [[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in figures.COLOURS]
    inked = [(abs(picture - colour).max(axis=2) < 40).sum() for colour in colours]
    assert min(inked) > 50 and max(inked[1:]) < 0.9 * inked[0]  # all are there, and only the first is solid


def test_spectra_put_frequency_0_in_the_middle():
    """A forgotten fftshift: the bright spot in the corners."""
    picture = pixels(figures.show_spectrum({"": np.full((64, 64), 0.5)}))
    (left, right), (top, bottom) = (boxes(picture, VIRIDIS_LOW, axis)[0] for axis in (0, 1))
    spot = np.argwhere((abs(picture - VIRIDIS_HIGH) < 12).all(axis=2)[top:bottom, left:right]).mean(axis=0)
    assert abs(spot - [(bottom - top) / 2, (right - left) / 2]).max() < 4


def test_white_noise_lies_at_its_standard_deviation(monkeypatch):
    """A spectrum scaled by the number of pixels: noise that cannot be read off."""
    monkeypatch.setattr(figures, "draw", lambda panels, *_, **__: panels)
    noise = np.random.default_rng(0).normal(0, 0.01, (128, 96))
    panel = figures.show_spectrum({"noise": noise})["noise"]
    assert np.sqrt(np.mean(10 ** (2 * panel.array))) == pytest.approx(0.01, rel=0.02)


@pytest.mark.parametrize("image", [np.zeros((16, 16)), np.pad(dl.delta(), 8)], ids=["nothing", "a point"])
def test_a_flat_spectrum_is_one_colour(image):
    """A scale as narrow as round-off: a flat spectrum drawn as noise, or refused."""
    picture = pixels(figures.show_spectrum({"": image}))
    rows, columns = picture.shape[:2]
    middle = picture[rows // 3 : rows // 2, columns // 3 : columns // 2].reshape(-1, 3)
    assert len(np.unique(middle, axis=0)) == 1


@pytest.mark.parametrize("array", [np.zeros(5), np.full(3, -1.0), [np.nan, np.inf], [], np.ma.masked_all(4)])
def test_a_log_axis_without_a_positive_value_is_empty(array):
    """A lab that lives in the page and has no still, because matplotlib finds no end for the axis."""
    assert figures.show_curves(Curves({"a": array}, log=True, marks={"here": 1, "far": np.inf})).png


@pytest.mark.parametrize(
    "curves",
    [
        Curves({"a": [0, 1e308, -1e308]}),
        Curves({"a": [1, 1e300]}, log=True),
        Curves({"a": ([1e308, -1e308], [1, 2])}),
        Curves({"a": [1, 2]}, marks={"up": 1e308, "down": -1e308}),
    ],
)
def test_curves_that_explode_are_drawn_without_a_warning(curves):
    """matplotlib's overflow in the output of a lesson, or an error about its ticks, for what the page copes with."""
    assert figures.show_curves(curves).png


def test_the_seventh_line_is_drawn():
    """Lines that are left out in silence, once the colours are used up."""
    lines = {str(k): [k, k] for k in range(8)}
    six = Curves({name: lines[name] for name in list(lines)[:6]}, ylim=(-1, 8))
    assert (pixels(figures.show_curves(Curves(lines, ylim=(-1, 8)))) != pixels(figures.show_curves(six))).sum() > 500


def ink(picture, rows=slice(None)):
    """How many columns of a picture's upper rows hold anything dark."""
    return (pixels(picture)[rows] < 128).any(axis=(0, 2)).sum()


@pytest.mark.parametrize("text", ["from $5 to $6", r"\$5 and \$6", r"$\frac$", "$", "50 % of {x}_1^2"])
def test_titles_stand_as_they_are_written(text):
    """A title that matplotlib reads as a formula: the dollars vanish, and the words lean, or the picture raises."""
    white, alike = np.ones((60, 300)), text.replace("$", "S").replace("\\", "/")
    widths = [ink(figures.show_images({t: Panel(white, note=t)}), slice(0, 20)) for t in (text, alike)]
    assert widths[0] == pytest.approx(widths[1], rel=0.12, abs=2)
    figures.show_curves(Curves({text: [1, 2], "other": [2, 1]}, text, text, marks={text: 1}))


@pytest.mark.parametrize("name, less", [("_a", "."), ("$a$", "a")])
def test_every_line_stands_in_the_key(name, less):
    """matplotlib's own rules for labels: an underscore hides the line, dollars vanish."""
    one, two = (figures.show_curves(Curves({n: [0, 0], "other": [1, 1]}, ylim=(-5, 1))) for n in (name, less))
    dark = [(pixels(p)[:60] < 100).all(axis=2).sum() for p in (one, two)]
    assert dark[0] > dark[1] + 5


# Arrays of all kinds


MASK = np.arange(400).reshape(20, 20) % 7 == 0
RAMP = np.linspace(0, 1, 400).reshape(20, 20)


@pytest.mark.parametrize(
    "image",
    [
        np.ma.array(RAMP, mask=MASK),
        np.ma.array(RAMP.astype(">f4"), mask=MASK),
        [np.ma.array(row, mask=mask) for row, mask in zip(RAMP, MASK, strict=True)],
    ],
    ids=["masked", "masked, big-endian", "masked rows"],
)
def test_masked_pixels_are_not_finite(image):
    """A mask dropped by np.asarray: a saturated star, or a dead pixel of value -9999, shown as if it were light."""
    array = Panel(image).array
    assert type(array) is np.ndarray and np.array_equal(np.isnan(array), MASK)
    np.testing.assert_allclose(array[~MASK], RAMP[~MASK], rtol=1e-6)
    with pytest.raises(ValueError):
        figures.show_spectrum({"stars": image})


@pytest.mark.parametrize("channels", [(), (3,)], ids=["grey", "colour"])
def test_what_is_not_finite_is_marked_in_stills_too(channels):
    """NaN drawn white, the colour of the brightest star, or black, where the lab beside it is purple."""
    image = np.full((40, 40, *channels), 0.25)
    image[10:20, 10:20], image[20:30, 20:30] = np.nan, np.inf
    purple = (abs(pixels(figures.show_images({"": image})) - (204, 0, 153)).max(axis=2) <= 6).sum()
    area = greys(figures.show_images({"": image}))[63:66].sum()
    assert purple / (purple + area) == pytest.approx(200 / 1600, abs=0.02)


@pytest.mark.parametrize("dtype", [">f4", "<f4", ">f8", "<f8", "f2", "g"])
def test_any_float_is_drawn(dtype):
    """Foreign byte order that Pillow or matplotlib refuses; half floats that overflow; long doubles that warn."""
    image = RAMP.astype(dtype)
    panel = Panel(image, 0, 1)
    assert panel.array.dtype in (np.float32, np.float64) and panel.array.dtype.isnative
    assert figures.show_images({"ramp": image}).png and figures.show_spectrum({"ramp": image}).png
    faint = (1e-4 * RAMP).astype(dtype)
    assert encode(Panel(faint, 0, 1e-4)).max() in (253, 254)  # 253 is white
    x, y = Curves({"a": (np.arange(20).astype(dtype), image[0])}).lines["a"]
    assert x.dtype.isnative and y.dtype.isnative


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_lists_matrices_and_float_pictures_are_arrays():
    """A two-dimensional np.matrix that never loses a dimension, or a picture of Pillow that is no array."""
    for image in (RAMP.tolist(), tuple(map(tuple, RAMP)), np.matrix(RAMP), Image.fromarray(RAMP)):
        panel = Panel(image)
        assert type(panel.array) is np.ndarray
        np.testing.assert_allclose(panel.array, RAMP, atol=1e-7)
    assert Curves({"a": np.ma.array([1, 2, 3], mask=[0, 1, 0])}).lines["a"][1].tolist() == pytest.approx(
        [1, np.nan, 3], nan_ok=True
    )
    assert np.isnan(Curves({"a": [1.0, np.ma.masked]}).lines["a"][1]).tolist() == [False, True]


class Quantity(np.ndarray):
    """An array with a unit, as astropy has."""

    unit = "percent"


class Labelled:
    """Numbers with row and column labels (pandas), coordinates (xarray) or units (pint)."""

    def __init__(self, array, what):
        self.array = array
        setattr(self, what, "labels")

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.array, dtype)

    def __len__(self):
        return len(self.array)


FOREIGN = [
    lambda a: a.view(Quantity),
    *(lambda a, what=what: Labelled(a, what) for what in ("units", "coords", "iloc")),
]


@pytest.mark.parametrize("foreign", FOREIGN, ids=["astropy", "pint", "xarray", "pandas"])
def test_units_and_coordinates_are_lost_on_purpose_only(foreign):
    """50 percent shown as fifty times white, or a table whose index is not 0, 1, 2 drawn over 0, 1, 2."""
    for make, value in (
        (Panel, RAMP),
        (lambda a: figures.show_images({"a": a}), RAMP),
        (lambda a: figures.show_spectrum({"a": a}), RAMP),
        (lambda a: Curves({"a": a}), RAMP[0]),
        (lambda a: Curves({"a": (a, RAMP[0])}), RAMP[0]),
        (lambda a: Curves({"a": [a, a]}), RAMP[0]),
    ):
        with pytest.raises(TypeError, match=r"units or coordinates, expected a plain array: drop them with np.asarray"):
            make(foreign(value))
        if make is Panel:
            assert make(np.asarray(foreign(value)))


@pytest.mark.parametrize(
    "image",
    [
        (RAMP * 255).astype(np.uint8),
        Image.fromarray((RAMP * 255).astype(np.uint8)),
        (RAMP * 65535).astype(">u2"),
        Image.fromarray(RAMP > 0.5),
    ],
    ids=["uint8", "Pillow", "uint16", "Pillow, two levels"],
)
def test_the_advice_for_integers_can_be_followed_and_shows_the_picture(image):
    """`array.astype(float)` of a uint8 picture, which is white all over, or an advice that Pillow's pictures refuse."""
    with pytest.raises(TypeError) as caught:
        Panel(image)
    advice = re.search(r"np\.asarray\(.*?\)( / \d+)?", str(caught.value))[0]
    panel = Panel(eval(advice, {"np": np, "array": image}))
    assert panel.array.max() == 1 and 0.3 < panel.array.mean() < 0.7
    assert len(str(caught.value)) < 250


# The text


@pytest.mark.parametrize(
    "show",
    [
        figures.show_images,
        figures.show_spectrum,
        lambda images, **k: figures.show_curves({n: CURVE for n in images}, **k),
    ],
)
def test_every_picture_has_alt_text_and_is_a_png(show):
    """A picture without words: a screen reader says "image"."""
    made = show({"blurred": SMALL, "restored": SMALL})
    assert isinstance(made, Picture) and made.png.startswith(b"\x89PNG")
    assert "blurred" in made.alt and "restored" in made.alt
    assert show({"blurred": SMALL}, alt="The rocket cannot be seen.").alt == "The rocket cannot be seen."


def test_curves_are_named_in_the_alt_text():
    """Alt text that leaves out the lines."""
    assert figures.show_curves(Curves({"gain": [1, 2], "noise": [2, 1]})).alt == "Curves: gain, noise"


def test_html_is_one_figure_whose_alt_survives_any_character():
    """A quote or an angle bracket in the alt text that ends the attribute, or smuggles in markup."""
    alt = "H < 1 & \"gain\" > 'one' </figure><script>"
    html = Picture(b"png", alt)._repr_html_()
    (image,) = images_of(html)
    assert image["alt"] == alt and image["src"].startswith("data:image/png;base64,")
    assert html.count("<figure") == html.count("</figure>") == 1 and "<script" not in html


def test_exports_to_latex_find_the_picture_and_pages_keep_the_words():
    """A PDF without pictures, or a page whose picture has lost its alt text to a PNG, or is there twice."""
    picture = figures.show_images({"photo": SMALL}, alt="A rocket.")
    assert base64.b64decode(picture._repr_png_()) == picture.png
    data = {"text/html": picture._repr_html_(), "image/png": picture._repr_png_(), "text/plain": repr(picture)}
    output = nbformat.v4.new_output("execute_result", data, execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("show()", outputs=[output])])
    tex, files = LatexExporter().from_notebook_node(notebook)
    assert list(files["outputs"].values()) == [picture.png] and "includegraphics" in tex
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert [image.get("alt") for image in images_of(page)] == ["A rocket."]


def test_repr_says_what_is_seen():
    """nbval compares text/plain: a memory address in it fails in every run."""
    assert repr(Picture(b"", "A rocket.")) == "Picture: A rocket."


def test_save_writes_the_file(tmp_path):
    """A saved picture that no program opens."""
    picture = figures.show_images({"photo": SMALL})
    picture.save(tmp_path / "photo.png")
    assert (tmp_path / "photo.png").read_bytes() == picture.png


# What is refused


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: figures.show_images({}), ValueError, ["images", "got none", "expected at least one"]),
        (lambda: figures.show_spectrum({}), ValueError, ["images", "got none", "expected at least one"]),
        (lambda: figures.show_curves({}), ValueError, ["curves", "got none", "expected at least one"]),
        (lambda: figures.show_images(PHOTO), TypeError, ["images", "got ndarray", "expected a dict"]),
        (lambda: figures.show_spectrum(PHOTO), TypeError, ["images", "got ndarray", "expected a dict"]),
        (lambda: figures.show_images({"sky": np.zeros((4, 4, 2))}), ValueError, ["'sky'", "(4, 4, 2)", "columns, 3)"]),
        (lambda: figures.show_images({"sky": np.zeros((4, 4, 3, 1))}), ValueError, ["'sky'", "(4, 4, 3, 1)"]),
        (lambda: figures.show_images({"sky": np.zeros((4, 4), np.uint8)}), TypeError, ["'sky'", "uint8", "floats"]),
        (lambda: figures.show_images({"sky": np.zeros((0, 4))}), ValueError, ["'sky'", "(0, 4)"]),
        (lambda: figures.show_spectrum({"sky": np.full((4, 4), np.nan)}), ValueError, ["sky", "NaN", "finite"]),
        (lambda: figures.show_images({1: PHOTO}), TypeError, ["images", "got the title 1", "a string: str(1)"]),
        (lambda: figures.show_spectrum({None: PHOTO}), TypeError, ["images", "got the title None", "a string"]),
        (lambda: figures.show_curves({0.5: [1, 2]}), TypeError, ["curves", "got the title 0.5", "a string"]),
        (lambda: Curves({b"a": [1, 2]}), TypeError, ["lines", "got the title b'a'", "a string"]),
        (lambda: Curves({"a": [1]}, marks={3: 1}), TypeError, ["marks", "got the title 3", "a string"]),
        (lambda: Curves({"a": [1]}, marks={"m": "far"}), TypeError, ["marks['m']", "got 'far'", "a number"]),
        (lambda: Curves({"a": [1]}, xlabel=3), TypeError, ["xlabel", "got 3", "a string"]),
        (lambda: Panel(PHOTO, note=22.5), TypeError, ["note", "got 22.5", "a string"]),
        (lambda: Panel(PHOTO, cmap="greyish"), ValueError, ["cmap", "'greyish'", "colour map of matplotlib"]),
        (lambda: Panel(PHOTO, cmap=None), TypeError, ["cmap", "got None", "a string"]),
        (lambda: Panel(PHOTO, "black", 1), TypeError, ["vmin", "'black'", "a number"]),
        (lambda: Panel(PHOTO, 0, 1e-310), ValueError, ["vmin, vmax", "1e-310", "vmin below vmax"]),
        (lambda: Panel(PHOTO, -1e308, 1e308), ValueError, ["vmin, vmax", "1e+308", "that float64 can divide"]),
        (lambda: Panel(PHOTO * 1j), TypeError, ["array", "complex128", "real numbers"]),
        (lambda: Panel([[None, 1.0]]), TypeError, ["array", "object", "real numbers"]),
        (lambda: Curves({"a": [1j]}), TypeError, ["lines['a']", "complex128", "real numbers"]),
        (lambda: Curves({"a": (np.array(["2020"], "M8[Y]"), [1])}), TypeError, ["'a'", "datetime64", "real numbers"]),
        (lambda: Curves({"a": (1, 2, 3)}), ValueError, ["'a'", "a tuple of 3", "pair (x, y)"]),
        (lambda: Curves({"a": [[1], [1, 2]]}), ValueError, ["'a'", "different lengths"]),
        (lambda: Curves({}), ValueError, ["lines", "got none"]),
        (lambda: Curves({"a": [1]}, ylim=3), ValueError, ["ylim", "got 3", "(low, high)"]),
        (lambda: Curves({"a": [1]}, ylim=(1, 0)), ValueError, ["ylim", "got (1, 0)", "low < high"]),
        (lambda: Curves({"a": [1]}, log=True, ylim=(0, 1)), ValueError, ["ylim", "got (0, 1)", "0 < low"]),
        (lambda: Panel(np.zeros((4, 4)), 1, 0), ValueError, ["vmin, vmax", "got 1 and 0", "vmin below vmax"]),
        (lambda: Panel(np.zeros((4, 4)), 0.5, 0.5), ValueError, ["vmin, vmax", "got 0.5 and 0.5"]),
        (lambda: Curves({"gain": ([1, 2], [1, 2, 3])}), ValueError, ["lines", "(2,)", "(3,)", "'gain'"]),
        (lambda: Curves({"gain": np.zeros((2, 2))}), ValueError, ["lines", "(2, 2)", "'gain'"]),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(call, error, words):
    """An error from the depths of matplotlib that names neither the argument nor what is wrong with it."""
    with pytest.raises(error) as caught:
        call()
    assert all(word in str(caught.value) for word in words), str(caught.value)


# Good manners


def test_four_photographs_stay_small():
    """Notebooks of many megabytes."""
    rng = np.random.default_rng(0)
    noisy = {name: PHOTO + 0.02 * rng.standard_normal(PHOTO.shape) for name in ("truth", "observed", "restored")}
    picture = figures.show_images({**noisy, "error": Panel(0.02 * rng.standard_normal(PHOTO.shape), -0.1, 0.1, "RdBu")})
    assert len(picture.png) < 200_000
    assert pixels(picture).shape[1] < 1000  # fits beside JupyterLab's margins


def test_use_style_changes_only_what_it_says():
    """A style that resets the learner's own settings."""
    with matplotlib.rc_context({"axes.facecolor": "pink"}):
        before = dict(matplotlib.rcParams)
        figures.use_style()
        changed = {name for name, value in matplotlib.rcParams.items() if value != before[name]}
        assert changed <= set(figures._style())
        assert matplotlib.rcParams["figure.dpi"] == 80 and matplotlib.rcParams["axes.facecolor"] == "pink"


def test_drawing_leaves_the_settings_alone():
    """A picture that changes how the learner's next plot looks, or whose look depends on it."""
    with matplotlib.rc_context({"font.size": 23, "figure.dpi": 33}):
        before = dict(matplotlib.rcParams)
        plain = figures.show_images({"photo": SMALL}).png
        assert dict(matplotlib.rcParams) == before
        figures.use_style()
        assert figures.show_images({"photo": SMALL}).png == plain


FOREIGN_STYLE = {
    "text.usetex": "True",
    "image.aspect": "auto",
    "image.origin": "lower",
    "image.interpolation": "bilinear",
    "savefig.bbox": "tight",
    "savefig.transparent": "True",
    "figure.facecolor": "pink",
    "axes.facecolor": "black",
    "axes.titlecolor": "red",
    "axes.prop_cycle": "cycler('color', ['red'])",
    "axes.formatter.useoffset": "False",
    "font.family": "serif",
    "path.sketch": "1, 100, 2",
    "axes.xmargin": "0.3",
}
DRAW = """
import sys, warnings, numpy as np
from deconvlab import figures
warnings.simplefilter("error")  # `-W error` would turn on what old versions of pyparsing say to their developers
ramp = np.linspace(0, 1, 60).reshape(6, 10)
panels = figures.as_panels({"ramp": ramp, "error": figures.Panel(ramp, -1, 1, "RdBu")})
curves = {"gain": figures.Curves({"a": [0, 1, 100000], "b": [1, 2, 3]}, "x", marks={"here": 1})}
png = figures.draw(panels, curves, "").png
"""
ALONE = """
sys.stdout.buffer.write(png)
figures.use_style()
figures.show_spectrum({"a": np.ones((8, 8))})
figures.show_curves(figures.Curves({"a": np.ones(8)}, log=True))
assert "matplotlib.pyplot" not in sys.modules
"""


def test_pictures_need_no_pyplot_and_do_not_depend_on_a_matplotlibrc(tmp_path):
    """The learner's own style: LaTeX that is not installed, pictures out of proportion or upside down.

    Or open figures that pile up in memory, show twice in a notebook, or warn after the twentieth.
    """
    (tmp_path / "matplotlibrc").write_text("".join(f"{name}: {value}\n" for name, value in FOREIGN_STYLE.items()))
    environment = {**os.environ, "MATPLOTLIBRC": str(tmp_path / "matplotlibrc")}
    done = subprocess.run([sys.executable, "-c", DRAW + ALONE], capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    ours = {}
    exec(DRAW, ours)
    assert done.stdout == ours["png"]


@pytest.mark.parametrize("name", ["text.usetex", "image.aspect", "image.origin", "savefig.bbox", "figure.facecolor"])
def test_pictures_do_not_depend_on_what_a_learner_has_set(name):
    """The same, from a cell of the lesson, one by one; and that it stays set for the learner's own plots."""
    plain = figures.show_images({"photo": SMALL}).png
    with matplotlib.rc_context({name: FOREIGN_STYLE[name]}):
        set_to = matplotlib.rcParams[name]
        assert figures.show_images({"photo": SMALL}).png == plain
        assert matplotlib.rcParams[name] == set_to


@pytest.mark.parametrize("settings", ["default", "dark_background"])
def test_a_picture_carries_its_own_ground(settings):
    """Black titles and axes on a page that is dark, because the picture lets it shine through."""
    with matplotlib.style.context(settings), matplotlib.rc_context({"savefig.transparent": True}):
        pictures = [
            figures.show_images({"photo": SMALL, "error": Panel(SMALL - 0.5, -1, 1, "RdBu")}),
            figures.show_spectrum({"photo": SMALL}),
            figures.show_curves(CURVE),
        ]
    for picture in pictures:
        image = Image.open(io.BytesIO(picture.png))
        assert image.mode in ("L", "P") and "transparency" not in image.info
        rim = pixels(picture)[[0, -1]].min(), pixels(picture)[:, [0, -1]].min()
        assert min(rim) >= 254 and pixels(picture)[2:18].min() < 60, (rim, "the ground is white, the title black")


def test_grey_pictures_keep_their_greys():
    """Greys so few that a smooth sky falls into bands, or black and white that are neither."""
    levels = np.repeat(np.arange(256) / 255, 2)[None].repeat(90, axis=0)
    drawn = np.unique(pixels(figures.show_images({"": levels}))[60])
    assert drawn.min() == 0 and drawn.max() == 255 and np.diff(drawn).max() <= 4 and len(drawn) >= 100


def test_arguments_are_not_changed():
    """Sorting, clipping or marking in the learner's own array."""
    image, values = SMALL.copy(), np.array([0.0, 1, 2])
    curves = Curves({"a": values}, log=True)
    figures.show_images({"photo": image})
    figures.show_spectrum({"photo": image})
    figures.show_curves(curves)
    assert np.array_equal(image, SMALL) and values.tolist() == [0, 1, 2]

"""Still pictures: images, spectra and curves, each with a text for those who do not see them."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import cycle
from math import inf, isfinite
from pathlib import Path
from reprlib import repr as short

import numpy as np

from . import _check, _shown
from ._types import Image

# Okabe and Ito's colours, told apart by readers who confuse red and green; every line has its own dashes as well.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
LARGEST = float(np.finfo(np.float32).max)  # of what curves show, as in a lab
LOST = (204 / 255, 0, 153 / 255)  # what is masked or no finite number, as in a lab


@dataclass(frozen=True, eq=False)
class Panel:
    """An array with the way to show it.

    Parameters
    ----------
    array : (M, N) or (M, N, 3) array of floats
        What is shown, in colours of the map or in its own. Values outside the range are kept; what is masked becomes
        NaN, and what is not finite is shown in purple. Any byte order.
    vmin, vmax : float or None, optional
        The values shown black and white (or the ends of the colours); None takes the array's own.
    cmap : str, optional
        A colour map of matplotlib. Take a diverging one, such as "RdBu", for signed errors.
    note : str, optional
        A few words at the right of the title.

    Raises
    ------
    TypeError, ValueError
        For an array of another shape, or not of floats, or one that would lose its units or coordinates; a range
        without extent; a colour map that matplotlib does not know; a note that is no string.
    """

    array: Image
    vmin: float | None = 0.0
    vmax: float | None = 1.0
    cmap: str = "gray"
    note: str = ""

    def __post_init__(self):
        _shown.words("note", self.note)
        array = _shown.brightness("array", self.array)
        if array.shape[2:] not in ((), (3,)) or array.ndim < 2 or 0 in array.shape:
            raise ValueError(f"array: got shape {array.shape}, expected an image (rows, columns) or (rows, columns, 3)")
        if self.cmap != "gray":
            _check_cmap(self.cmap)
        ends = {"vmin": self.vmin, "vmax": self.vmax}
        given = {end: _shown.number(end, value) for end, value in ends.items() if value is not None}
        finite = array[np.isfinite(array)] if len(given) < 2 else array
        low = given["vmin"] if "vmin" in given else float(finite.min(initial=inf))
        high = given["vmax"] if "vmax" in given else float(finite.max(initial=-inf))
        narrow = 300 * float(np.finfo(array.dtype).tiny)  # 252 levels of grey have to fit in
        if len(given) < 2 and not high - low > narrow:  # a constant, or nothing finite: show it grey
            low, high = (low - 0.5, low + 0.5) if isfinite(low) else (0.0, 1.0)
        if not narrow < high - low < inf:
            expected = f"vmin below vmax, and a range that {array.dtype} can divide"
            raise ValueError(f"vmin, vmax: got {low:g} and {high:g}, expected {expected}")
        for name, value in (("array", array), ("vmin", low), ("vmax", high)):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False)
class Curves:
    """Lines over one horizontal axis.

    Parameters
    ----------
    lines : dict of name to array, or to (x, y)
        Without x the index counts. A line of one point is a dot.
    xlabel, ylabel : str, optional
        Quantity and unit.
    log : bool, optional
        Logarithmic vertical axis: values at or below zero are left out.
    marks : dict of name to x, optional
        Vertical lines with a label.
    ylim : pair of floats, optional
        Range of the vertical axis; fixed, so that a moving slider moves the line and not the axis.

    Raises
    ------
    TypeError, ValueError
        If x and y of a line differ in length or are no real numbers, for units or coordinates that would be lost, for
        no line, a range without extent, or names that are no strings.
    """

    lines: dict
    xlabel: str = ""
    ylabel: str = ""
    log: bool = False
    marks: dict = field(default_factory=dict)
    ylim: tuple | None = None

    def __post_init__(self):
        _shown.words("xlabel, ylabel", self.xlabel, self.ylabel)
        lines = {}
        for name, line in _shown.some("lines", self.lines).items():
            here = f"lines[{name!r}]"
            if isinstance(line, tuple) and len(line) != 2:
                raise ValueError(f"{here}: got a tuple of {len(line)}, expected an array or a pair (x, y)")
            x, y = line if isinstance(line, tuple) else (None, line)
            y = _shown.numbers(here, y)
            x = np.arange(y.size, dtype=float) if x is None else _shown.numbers(here, x)
            if x.ndim != 1 or x.shape != y.shape:
                raise ValueError(f"lines: got x {x.shape} and y {y.shape} for {name!r}, expected one length for both")
            lines[name] = (x, y)
        marks = _shown.titled("marks", self.marks)
        marks = {name: _shown.number(f"marks[{name!r}]", x) for name, x in marks.items()}
        for name, value in (("lines", lines), ("log", bool(self.log)), ("marks", marks), ("ylim", self._range())):
            object.__setattr__(self, name, value)

    def _range(self):
        if self.ylim is None:
            return None
        ends = [_shown.number("ylim", end) for end in self.ylim] if np.shape(self.ylim) == (2,) else [inf, inf]
        if not (0 if self.log else -LARGEST) < ends[0] < ends[1] < LARGEST:
            bound = "0 < low < high, as the axis is logarithmic" if self.log else "low < high, both of float32"
            raise ValueError(f"ylim: got {short(self.ylim)}, expected (low, high) with {bound}")
        return tuple(ends)


class Picture:
    """A finished picture: PNG bytes and the text that stands for them.

    Attributes
    ----------
    png : bytes
        The file.
    alt : str
        What is seen, in words.
    """

    def __init__(self, png: bytes, alt: str) -> None:
        self.png, self.alt = png, alt

    def save(self, path: str | Path) -> None:
        """Write the PNG file to `path`."""
        Path(path).write_bytes(self.png)

    def with_texts(self, **texts: str) -> bytes:
        """The file with more text fields."""
        from PIL import Image

        return png_with_texts(Image.open(io.BytesIO(self.png)), **texts, Description=self.alt)

    def __repr__(self):
        return f"Picture: {self.alt}"

    def _repr_png_(self):
        """For LaTeX and PDF, which know no HTML; wherever HTML is known it is preferred, and alt text with it."""
        return base64.b64encode(self.png).decode()

    def _repr_html_(self):
        data, alt = self._repr_png_(), html.escape(self.alt, quote=True)
        image = f'<img alt="{alt}" src="data:image/png;base64,{data}" style="max-width:100%">'
        return f'<figure style="margin:0">{image}</figure>'


def png_with_texts(image, **texts):
    """A picture of Pillow's as PNG bytes with text fields, each readable by any program that knows PNG."""
    from PIL import PngImagePlugin

    fields, file = PngImagePlugin.PngInfo(), io.BytesIO()
    for name, text in {**texts, "Software": "deconvlab"}.items():
        fields.add_itxt(name, text)
    image.save(file, "png", pnginfo=fields)
    return file.getvalue()


def use_style() -> None:
    """Give matplotlib the look of the lessons: thin frames, small pictures, grey for images."""
    import matplotlib

    matplotlib.rcParams.update(_style())


def show_images(images: Mapping[str, Image | Panel], *, alt: str | None = None) -> Picture:
    """Pictures side by side, on one grey scale from 0 to 1.

    Parameters
    ----------
    images : dict of title to array or Panel
        In the order truth, observed, restored, error. A Panel that has its own range gets a colour bar.
    alt : str, optional
        What is seen and what follows from it; by default the titles.

    Returns
    -------
    picture : Picture
        Shows itself as the last line of a cell.

    Raises
    ------
    ValueError
        If there is nothing to show, or an array is not a grey image.
    """
    panels = as_panels(images)
    return draw(panels, {}, alt or "Pictures side by side: " + "; ".join(panels))


def show_spectrum(images: Mapping[str, Image], *, alt: str | None = None) -> Picture:
    """How much of each frequency: the magnitude of the spectra, in powers of ten.

    Parameters
    ----------
    images : dict of title to (M, N) array
        Pictures or, padded to the size of a picture, PSFs.
    alt : str, optional
        What is seen and what follows from it; by default the titles.

    Returns
    -------
    picture : Picture
        Frequency 0 in the middle; axes in cycles per pixel, from -1/2 to 1/2.

    Notes
    -----
    log10 of the magnitude of the discrete Fourier transform divided by the square root of the number of pixels, so that
    white noise of standard deviation sigma lies at log10(sigma). All spectra share one colour scale.
    """
    spectra = {}
    for name, image in _shown.some("images", images).items():
        image = _check.image(name, _shown.brightness(name, image))
        magnitude = np.abs(np.fft.fftshift(np.fft.fft2(image, norm="ortho")))
        spectra[name] = np.log10(np.maximum(magnitude, 1e-12))
    top = max(s.max() for s in spectra.values())
    low = max(top - 8, min(np.percentile(s, 1) for s in spectra.values()))
    low = min(low, top - 1)  # a flat spectrum shows as flat, not as its round-off
    panels = {name: Panel(s, float(low), float(top), "viridis") for name, s in spectra.items()}
    return draw(panels, {}, alt or "Spectra, bright where a frequency is strong: " + "; ".join(panels), frequency=True)


def show_curves(curves: Curves | Mapping[str, object], *, alt: str | None = None) -> Picture:
    """Lines over one axis, told apart by colour and dashes.

    Parameters
    ----------
    curves : Curves or dict of title to Curves or array
        Several titles make several plots side by side.
    alt : str, optional
        What is seen and what follows from it; by default the names of the lines.

    Returns
    -------
    picture : Picture
    """
    curves = as_curves({"": curves} if isinstance(curves, Curves) else _shown.some("curves", curves))
    names = "; ".join(f"{title} {', '.join(c.lines)}".strip() for title, c in curves.items())
    return draw({}, curves, alt or f"Curves: {names}")


def as_panels(images):
    """A dict of arrays and Panels as a dict of Panels."""
    panels = {}
    for name, image in _shown.some("images", images).items():
        try:
            panels[name] = image if isinstance(image, Panel) else Panel(image)
        except (TypeError, ValueError) as error:
            raise type(error)(f"images[{name!r}]: {error}") from None
    return panels


def as_curves(curves):
    """A dict of arrays and Curves as a dict of Curves."""
    curves = _shown.titled("curves", curves)
    return {title: c if isinstance(c, Curves) else Curves({title: c}) for title, c in curves.items()}


def has_range(panel):
    """Whether black and white are other values than 0 and 1."""
    return not np.allclose((panel.vmin, panel.vmax), (0, 1), rtol=0, atol=1e-9)


def draw(panels, curves, alt, *, frequency=False):
    """One row of Panels and Curves as a Picture."""
    import matplotlib
    from matplotlib.figure import Figure

    aspects = [p.array.shape[1] / p.array.shape[0] for p in panels.values()] + [1.5] * len(curves)
    bars = 0.7 * sum(map(has_range, panels.values()))
    height = min(3.4, (10.6 - bars) / sum(aspects))
    # Neither a matplotlibrc nor what the learner has set since; the backend alone would not be set back.
    defaults = {name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"}
    with matplotlib.rc_context({**defaults, **_style()}), np.errstate(all="ignore"):  # matplotlib on 1e300
        figure = Figure(figsize=(height * sum(aspects) + bars + 0.4, height + 0.45), layout="compressed")
        axes = figure.subplots(1, len(aspects), squeeze=False, width_ratios=aspects)[0]
        for axis, (title, panel) in zip(axes, panels.items(), strict=False):
            _draw_panel(figure, axis, title, panel, frequency)
        for axis, (title, curve) in zip(axes[len(panels) :], curves.items(), strict=True):
            _draw_curves(axis, title, curve)
        file = io.BytesIO()
        figure.savefig(file, format="png")
    return Picture(_reduce(file), alt)


def _check_cmap(cmap):
    from matplotlib import colormaps

    _shown.words("cmap", cmap)
    if cmap not in colormaps:
        raise ValueError(f"cmap: got {short(cmap)}, expected a colour map of matplotlib, such as 'gray' or 'RdBu'")


def _draw_panel(figure, axis, title, panel, frequency):
    import matplotlib

    rows, columns = panel.array.shape[:2]
    extent = {"extent": (-0.5, 0.5, 0.5, -0.5), "aspect": rows / columns} if frequency else {}
    smooth = "nearest" if rows < 100 else "antialiased"
    cmap = matplotlib.colormaps[panel.cmap].with_extremes(bad=LOST)
    array = panel.array
    if array.ndim == 3:  # matplotlib shows colours from 0 to 1 only
        array = ((array - panel.vmin) / (panel.vmax - panel.vmin)).clip(0, 1)
        array[~np.isfinite(panel.array).all(axis=2)] = LOST
    shown = axis.imshow(array, interpolation=smooth, cmap=cmap, vmin=panel.vmin, vmax=panel.vmax, **extent)
    axis.set_title(_literal(title + (f"   {panel.note}" if panel.note else "")))
    if frequency:
        axis.set(xticks=[-0.5, 0, 0.5], yticks=[-0.5, 0, 0.5], xlabel="cycles per pixel")
    else:
        axis.set(xticks=[], yticks=[])
    if has_range(panel):
        figure.colorbar(shown, ax=axis, label="log10 magnitude" if frequency else "")


def _draw_curves(axis, title, curves):
    for (x, y), colour, dashes in zip(curves.lines.values(), cycle(COLOURS), cycle(DASHES), strict=False):
        shape = {"linestyle": dashes} if len(x) > 1 else {"linestyle": "none", "marker": "o", "markersize": 5}
        axis.plot(_visible(x), _visible(y, curves.log), color=colour, **shape)
    drawn = list(axis.lines)
    near, before, top = 0.05 * np.ptp(axis.get_xlim()), -inf, 0.97
    marks = {name: x for name, x in curves.marks.items() if abs(x) < LARGEST}
    for name, x in sorted(marks.items(), key=lambda mark: mark[1]):
        top = 0.97 if x - before > near or top < 0.5 else 0.45  # two names at one place stand below each other
        axis.axvline(x, color="0.4", linestyle=":", linewidth=1)
        where = {"xycoords": ("data", "axes fraction"), "rotation": 90, "va": "top", "ha": "right"}
        axis.annotate(_literal(name), (x, top), fontsize=8, **where)
        before = x
    axis.set(title=_literal(title), xlabel=_literal(curves.xlabel), ylabel=_literal(curves.ylabel))
    if curves.log:
        axis.set_yscale("log")
    if curves.ylim:
        axis.set_ylim(curves.ylim)
    elif curves.log and all(np.isnan(line.get_ydata()).all() for line in drawn):
        axis.set_ylim(0.1, 1)  # nothing to see, but the axis
    if len(curves.lines) > 1:
        axis.legend(drawn, map(_literal, curves.lines))


def _visible(values, log=False):
    """`values` with NaN for what a lab leaves out, too: those beyond float32, and below a logarithmic axis."""
    return np.where((np.abs(values) < LARGEST) & ((values > 0) | (not log)), values, np.nan)


def _literal(text):
    """`text` as it stands: to matplotlib two $ mean a formula, and to its 3.8 a first _ what no legend shows."""
    return f"{' ' * text.startswith('_')}{text}".replace("$", r"\$")


def _style():
    return {
        "figure.dpi": 80,
        "savefig.dpi": 80,
        "font.size": 10,
        "axes.titlesize": 10.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "lines.linewidth": 1.8,
        "legend.frameon": False,
        "image.cmap": "gray",
    }


def _reduce(file):
    """The PNG with 128 greys or 256 colours: a third of the size, no difference to the eye."""
    from PIL import Image

    picture, small = Image.open(file).convert("RGB"), io.BytesIO()
    grey = picture.convert("L")
    if np.array_equal(picture, grey.convert("RGB")):
        few = grey.point([round(round(level * 127 / 255) * 255 / 127) for level in range(256)])
    else:
        few = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(small, "png", optimize=True)
    return small.getvalue()

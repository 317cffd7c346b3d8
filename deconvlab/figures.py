"""Still pictures: images, spectra and curves, each with a text for those who do not see them."""

import base64
import html
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import _check

# Okabe and Ito's colours, told apart by readers who confuse red and green; every line has its own dashes as well.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))


@dataclass(frozen=True, eq=False)
class Panel:
    """An array with the way to show it.

    Parameters
    ----------
    array : (M, N) or (M, N, 3) array
        What is shown, in colours of the map or in its own. Values outside the range are kept; NaN is marked.
    vmin, vmax : float or None, optional
        The values shown black and white (or the ends of the colours); None takes the array's own.
    cmap : str, optional
        A colour map of matplotlib. Take a diverging one, such as "RdBu", for signed errors.
    note : str, optional
        A few words at the right of the title.

    Raises
    ------
    TypeError, ValueError
        For an array of another shape, or not of floats, or a range without extent.
    """

    array: np.ndarray
    vmin: float | None = 0.0
    vmax: float | None = 1.0
    cmap: str = "gray"
    note: str = ""

    def __post_init__(self):
        array = np.asarray(self.array)
        if array.shape[2:] not in ((), (3,)) or array.ndim < 2 or 0 in array.shape:
            raise ValueError(f"array: got shape {array.shape}, expected an image (rows, columns) or (rows, columns, 3)")
        if array.dtype.kind != "f":
            raise TypeError(f"array: got dtype {array.dtype}, expected floats: convert it with array.astype(float)")
        finite = array[np.isfinite(array)] if None in (self.vmin, self.vmax) else array
        low = self.vmin if self.vmin is not None else float(finite.min(initial=np.inf))
        high = self.vmax if self.vmax is not None else float(finite.max(initial=-np.inf))
        if None in (self.vmin, self.vmax) and not low < high:  # a constant, or nothing finite: show it grey
            low, high = (low - 0.5, low + 0.5) if np.isfinite(low) else (0.0, 1.0)
        if not -np.inf < low < high < np.inf:
            raise ValueError(f"vmin, vmax: got {low:g} and {high:g}, expected vmin below vmax")
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
    ValueError
        If x and y of a line differ in length.
    """

    lines: dict
    xlabel: str = ""
    ylabel: str = ""
    log: bool = False
    marks: dict = field(default_factory=dict)
    ylim: tuple | None = None

    def __post_init__(self):
        lines = {}
        for name, line in self.lines.items():
            x, y = line if isinstance(line, tuple) else (np.arange(len(line)), line)
            x, y = np.asarray(x, float), np.asarray(y, float)
            if x.ndim != 1 or x.shape != y.shape:
                raise ValueError(f"lines: got x {x.shape} and y {y.shape} for {name!r}, expected one length for both")
            lines[name] = (x, y)
        object.__setattr__(self, "lines", lines)


class Picture:
    """A finished picture: PNG bytes and the text that stands for them.

    Attributes
    ----------
    png : bytes
        The file.
    alt : str
        What is seen, in words.
    """

    def __init__(self, png, alt):
        self.png, self.alt = png, alt

    def save(self, path):
        """Write the PNG file to `path`."""
        Path(path).write_bytes(self.png)

    def with_texts(self, **texts):
        """The file with more text fields, each readable by any program that knows PNG."""
        from PIL import Image, PngImagePlugin

        fields, file = PngImagePlugin.PngInfo(), io.BytesIO()
        for name, text in {**texts, "Description": self.alt, "Software": "deconvlab"}.items():
            fields.add_itxt(name, text)
        Image.open(io.BytesIO(self.png)).save(file, "png", pnginfo=fields)
        return file.getvalue()

    def __repr__(self):
        return f"Picture: {self.alt}"

    def _repr_html_(self):
        data, alt = base64.b64encode(self.png).decode(), html.escape(self.alt, quote=True)
        image = f'<img alt="{alt}" src="data:image/png;base64,{data}" style="max-width:100%">'
        return f'<figure style="margin:0">{image}</figure>'


def use_style():
    """Give matplotlib the look of the lessons: their colours and dashes, thin frames, small pictures."""
    import matplotlib

    matplotlib.rcParams.update(_style())


def show_images(images, *, alt=None):
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


def show_spectrum(images, *, alt=None):
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
    for name, image in _some("images", images).items():
        image = _check.image(name, image)
        magnitude = np.abs(np.fft.fftshift(np.fft.fft2(image, norm="ortho")))
        spectra[name] = np.log10(np.maximum(magnitude, 1e-12))
    top = max(s.max() for s in spectra.values())
    low = max(top - 8, min(np.percentile(s, 1) for s in spectra.values()))
    low = min(low, top - 1)  # a flat spectrum shows as flat, not as its round-off
    panels = {name: Panel(s, float(low), float(top), "viridis") for name, s in spectra.items()}
    return draw(panels, {}, alt or "Spectra, bright where a frequency is strong: " + "; ".join(panels), frequency=True)


def show_curves(curves, *, alt=None):
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
    curves = as_curves({"": curves} if isinstance(curves, Curves) else _some("curves", curves))
    names = "; ".join(f"{title} {', '.join(c.lines)}".strip() for title, c in curves.items())
    return draw({}, curves, alt or f"Curves: {names}")


def as_panels(images):
    """A dict of arrays and Panels as a dict of Panels."""
    panels = {}
    for name, image in _some("images", images).items():
        try:
            panels[name] = image if isinstance(image, Panel) else Panel(image)
        except (TypeError, ValueError) as error:
            raise type(error)(f"images[{name!r}]: {error}") from None
    return panels


def as_curves(curves):
    """A dict of arrays and Curves as a dict of Curves."""
    return {title: c if isinstance(c, Curves) else Curves({title: c}) for title, c in curves.items()}


def draw(panels, curves, alt, *, frequency=False):
    """One row of Panels and Curves as a Picture."""
    import matplotlib
    from matplotlib.figure import Figure

    aspects = [p.array.shape[1] / p.array.shape[0] for p in panels.values()] + [1.5] * len(curves)
    bars = 0.7 * sum(map(_has_bar, panels.values()))
    height = min(3.4, (10.6 - bars) / sum(aspects))
    with matplotlib.rc_context(_style()):
        figure = Figure(figsize=(height * sum(aspects) + bars + 0.4, height + 0.45), layout="compressed")
        axes = figure.subplots(1, len(aspects), squeeze=False, width_ratios=aspects)[0]
        for axis, (title, panel) in zip(axes, panels.items(), strict=False):
            _draw_panel(figure, axis, title, panel, frequency)
        for axis, (title, curve) in zip(axes[len(panels) :], curves.items(), strict=True):
            _draw_curves(axis, title, curve)
        file = io.BytesIO()
        figure.savefig(file, format="png")
    return Picture(_reduce(file), alt)


def _some(name, things):
    if not isinstance(things, dict):
        raise TypeError(f"{name}: got {type(things).__name__}, expected a dict of titles and what they show")
    if not things:
        raise ValueError(f"{name}: got none, expected at least one")
    return things


def _has_bar(panel):
    return (panel.vmin, panel.vmax) != (0.0, 1.0)


def _draw_panel(figure, axis, title, panel, frequency):
    rows, columns = panel.array.shape[:2]
    extent = {"extent": (-0.5, 0.5, 0.5, -0.5), "aspect": rows / columns} if frequency else {}
    smooth = "nearest" if rows < 100 else "antialiased"
    scale = {"cmap": panel.cmap, "vmin": panel.vmin, "vmax": panel.vmax}
    array = panel.array
    if array.ndim == 3:  # matplotlib shows colours from 0 to 1 only
        array = np.nan_to_num((array - panel.vmin) / (panel.vmax - panel.vmin)).clip(0, 1)
    shown = axis.imshow(array, interpolation=smooth, **scale, **extent)
    axis.set_title(title + (f"   {panel.note}" if panel.note else ""))
    if frequency:
        axis.set(xticks=[-0.5, 0, 0.5], yticks=[-0.5, 0, 0.5], xlabel="cycles per pixel")
    else:
        axis.set(xticks=[], yticks=[])
    if _has_bar(panel):
        figure.colorbar(shown, ax=axis, label="log10 magnitude" if frequency else "")


def _draw_curves(axis, title, curves):
    for (name, (x, y)), colour, dashes in zip(curves.lines.items(), COLOURS, DASHES, strict=False):
        shape = {"linestyle": dashes} if len(x) > 1 else {"linestyle": "none", "marker": "o", "markersize": 5}
        axis.plot(x, np.where(y > 0, y, np.nan) if curves.log else y, color=colour, label=name, **shape)
    near, before, top = 0.05 * np.ptp(axis.get_xlim()), -np.inf, 0.97
    for name, x in sorted(curves.marks.items(), key=lambda mark: mark[1]):
        top = 0.97 if x - before > near or top < 0.5 else 0.45  # two names at one place stand below each other
        axis.axvline(x, color="0.4", linestyle=":", linewidth=1)
        where = {"xycoords": ("data", "axes fraction"), "rotation": 90, "va": "top", "ha": "right"}
        axis.annotate(name, (x, top), fontsize=8, **where)
        before = x
    axis.set(title=title, xlabel=curves.xlabel, ylabel=curves.ylabel, yscale="log" if curves.log else "linear")
    if curves.ylim:
        axis.set_ylim(curves.ylim)
    if len(curves.lines) > 1:
        axis.legend()


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
    """The PNG with a palette: a third of the size, no difference to the eye."""
    from PIL import Image

    small = io.BytesIO()
    Image.open(file).convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        small, "png", optimize=True
    )
    return small.getvalue()

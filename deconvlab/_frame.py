"""What a lab shows for one setting of its controls, and how it travels to the page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isfinite

import numpy as np

from . import _check, _shown, figures

ROWS = 32  # of a picture are encoded at a time: they stay in the processor's cache
MEMORY = 2**27  # bytes of pictures that a lab keeps to slide back through


@dataclass(frozen=True, eq=False)
class Frame:
    """What a lab shows for one setting of its controls.

    Parameters
    ----------
    images : dict of title to (M, N) or (M, N, 3) array or Panel
        Arrays are shown from 0 to 1, in grey or in their colours.
    curves : dict of title to Curves, optional
    numbers : dict of label to float, optional
        Printed under the pictures. Put the unit into the label.
    compare : pair of titles, optional
        While the Compare button is held, the second picture shows the first.
    step : int, optional
        Which iterate this is. A lab whose Frames say so gets a slider back through them; a curve that has grown along
        with the steps then stays whole, with a mark.
    alt : str, optional
        One sentence on what is seen, for those who do not see it.

    Raises
    ------
    TypeError, ValueError
        For something that cannot be shown, with the title in the message.
    """

    images: dict
    curves: dict = field(default_factory=dict)
    numbers: dict = field(default_factory=dict)
    compare: tuple = ()
    step: int | None = None
    alt: str = ""

    def __post_init__(self):
        object.__setattr__(self, "images", figures.as_panels(self.images))
        object.__setattr__(self, "curves", figures.as_curves(self.curves))
        numbers = _shown.titled("numbers", self.numbers)
        numbers = {label: _shown.number(f"numbers[{label!r}]", n) for label, n in numbers.items()}
        object.__setattr__(self, "numbers", numbers)
        if self.step is not None:
            object.__setattr__(self, "step", _check.whole("step", self.step, 0, 2**53))
        _shown.words("alt", self.alt)
        unknown = set(self.compare) - set(self.images)
        if unknown or len(self.compare) not in (0, 2):
            raise ValueError(f"compare: got {self.compare!r}, expected two of the images {list(self.images)}")
        shapes = {self.images[title].array.shape for title in self.compare}
        if len(shapes) > 1:
            raise ValueError(f"compare: got images of the shapes {sorted(shapes)}, expected one shape for both")

    def values_at(self, title: str, row: int, column: int) -> dict[str, str]:
        """The values of all pictures of the same shape as `title` at one pixel, as they are printed."""
        shape = self.images[title].array.shape[:2]
        here = {t: p.array[row, column] for t, p in self.images.items() if p.array.shape[:2] == shape}
        return {t: " ".join(f"{value:.4g}" for value in np.atleast_1d(values)) for t, values in here.items()}

    def texts(self) -> dict[str, str]:
        """The numbers as they are printed: four significant digits, and what is mere round-off as a bound."""
        return {label: "< 1e-9" if 0 < abs(n) < 1e-9 else f"{n:.4g}" for label, n in self.numbers.items()}

    def describe(self) -> str:
        """What is seen and the numbers, in one line."""
        seen = self.alt or "Pictures: " + ", ".join(self.images) + "."
        return " ".join([seen, *(f"{label}: {text}." for label, text in self.texts().items())])

    def picture(self) -> figures.Picture:
        """The frame as a still Picture."""
        return figures.draw(self.images, self.curves, self.describe())


def pack(frame, sent):
    """A Frame as one message: a small header, and as bytes the curves and the panels that changed.

    `sent` remembers what the page has; an empty one makes a message with everything.
    """
    images, curves, buffers = [], [], []
    titles = [*frame.images, *frame.curves]
    if sent.get("titles") != titles:  # the page makes new panels, which are empty
        sent.clear()
        sent.update(titles=titles, panels={})
    for title, panel in frame.images.items():
        codes, (old, cmap) = encode(panel), sent["panels"].get(title, (None, None))
        sent["panels"][title] = codes, panel.cmap
        same = cmap == panel.cmap and np.array_equal(old, codes)
        if not same:
            buffers += [codes.data, _palette(panel.cmap)]
        rows, columns, *colours = panel.array.shape
        limits = [panel.vmin, panel.vmax] if figures.has_range(panel) else None
        shape = {"rows": rows, "columns": columns, "colours": bool(colours)}
        images.append({"title": title, "note": panel.note, **shape, "range": limits, "same": same})
    for title, c in frame.curves.items():
        lines = [{"name": name, "length": len(x)} for name, (x, _) in c.lines.items()]
        marks = {name: float(x) for name, x in c.marks.items() if isfinite(x)}
        axes = {"xlabel": c.xlabel, "ylabel": c.ylabel, "log": c.log, "ylim": c.ylim}
        curves.append({"title": title, **axes, "lines": lines, "marks": marks})
        with np.errstate(over="ignore"):  # infinity then, which the page leaves out
            values = np.concatenate([array for line in c.lines.values() for array in line]).astype(np.float32)
        buffers.append(values.data)
    header = {"images": images, "curves": curves, "numbers": frame.texts(), "alt": frame.describe()}
    return {**header, "compare": frame.compare, "step": frame.step}, buffers


class Steps:
    """The Frames of one run that say which step they are; every second of them where `MEMORY` is too small for all."""

    def __init__(self):
        self.frames, self.every, self._size, self._arrays = {}, 1, {}, set()

    def add(self, frame):
        if frame.step is None or frame.step % self.every:
            return
        arrays = {id(panel.array): panel.array.nbytes for panel in frame.images.values()}
        self._size[frame.step] = sum(size for key, size in arrays.items() if key not in self._arrays)
        self.frames[frame.step], self._arrays = frame, set(arrays)  # kept Frames keep their arrays: an id stays theirs
        while sum(self._size.values()) > MEMORY and len(self.frames) > 2:
            self.every *= 2
            self.frames = {step: frame for step, frame in self.frames.items() if step % self.every == 0}
            self._size = {step: self._size[step] for step in self.frames}

    def at(self, step):
        """The Frame of the nearest step, with the curves of the whole run where they run along the steps."""
        step = min(self.frames, key=lambda kept: abs(kept - step))
        frame, last = self.frames[step], self.frames[max(self.frames)]
        curves = {
            title: replace(whole, marks={**whole.marks, "here": step}) if _ends(whole) == last.step else now
            for (title, whole), now in zip(last.curves.items(), frame.curves.values(), strict=True)
        }
        return frame if frame is last else replace(frame, curves=curves)


def _ends(curves):
    """Where the longest line ends."""
    return max((x[-1] for x, _ in curves.lines.values() if len(x)), default=None)


def encode(panel):
    """A Panel as bytes: 1 to 253 from vmin to vmax, 0 below, 254 above, 255 where it is not a finite number."""
    scale = 252 / (panel.vmax - panel.vmin)
    codes = np.empty(panel.array.shape, np.uint8)
    for start in range(0, len(codes), ROWS):
        rows = panel.array[start : start + ROWS]
        with np.errstate(over="ignore"):  # what is too large for a float is above, too
            values = rows * rows.dtype.type(scale)
        values += 1.5 - panel.vmin * scale
        np.clip(values, 0, 254, out=values)
        finite = np.isfinite(rows)
        if not finite.all():
            values[~finite] = 255
        codes[start : start + ROWS] = values
    return codes


def _palette(cmap):
    """The 253 colours of a map as RGB bytes; none for grey, which the page knows."""
    if cmap == "gray":
        return b""
    from matplotlib import colormaps

    return colormaps[cmap](np.linspace(0, 1, 253), bytes=True)[:, :3].tobytes()

"""Sliders to pixels: a lab is a function of its sliders.

The function stands in the notebook, returns a `Frame`, and knows nothing of widgets. `lab` turns it into a live view;
called like a function it needs no browser.
"""

import html
import inspect
import time
from dataclasses import KW_ONLY, asdict, dataclass, field
from math import isfinite, log10
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from . import figures
from .figures import Curves, Panel

__all__ = ["Choice", "Curves", "Frame", "Lab", "LogSlider", "Panel", "Slider", "Toggle", "lab"]


@dataclass(frozen=True)
class Slider:
    """A number on a linear scale.

    Parameters
    ----------
    value, low, high : float
        Where it starts, and its two ends, in `unit`.
    step : float, optional
        What one arrow key moves; by default about a hundredth of the range.
    label : str, optional
        What it is called; by default the name of the argument.
    unit : str, optional
        "px", "degrees" and the like.
    help : str, optional
        A few words under the label. Say here whether it moves the truth or the assumption.

    Raises
    ------
    ValueError
        If low is not below high, the value lies outside, or the step is not positive.
    """

    value: float
    low: float
    high: float
    step: float | None = None
    _: KW_ONLY
    label: str | None = None
    unit: str = ""
    help: str = ""

    def __post_init__(self):
        if not -np.inf < self.low < self.high < np.inf:
            raise ValueError(f"low, high: got {self.low} and {self.high}, expected low below high")
        if self.step is None:
            object.__setattr__(self, "step", self._default_step())
        if not self.step > 0:
            raise ValueError(f"step: got {self.step}, expected a positive number")
        self.checked("value", self.value)

    def _default_step(self):
        rough = (self.high - self.low) / 100
        power = 10.0 ** np.floor(log10(rough))
        return float(power * min((1, 2, 5, 10), key=lambda nice: abs(nice - rough / power)))

    def checked(self, name, value):
        """`value` as a float within the range, or a ValueError that names the slider."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = np.nan
        if not (isfinite(number) and self.low <= number <= self.high):
            raise ValueError(f"{name}: got {value!r}, expected a number from {self.low:g} to {self.high:g}")
        return number


@dataclass(frozen=True)
class LogSlider(Slider):
    """A number on a logarithmic scale, for what spans powers of ten.

    Parameters
    ----------
    value, low, high : float > 0
        Where it starts, and its two ends: the numbers themselves, not their logarithms.
    step : float, optional
        What one arrow key moves, in powers of ten; 0.05 by default, twenty steps from 1 to 10.
    label, unit, help : str, optional
        As for `Slider`.

    Raises
    ------
    ValueError
        If low is not positive, or as for `Slider`.
    """

    def __post_init__(self):
        if not self.low > 0:
            raise ValueError(f"low: got {self.low}, expected a positive number: a logarithmic scale has no zero")
        super().__post_init__()

    def _default_step(self):
        return 0.05


@dataclass(frozen=True)
class Choice:
    """One of several words.

    Parameters
    ----------
    value : str
        The one to start with.
    options : sequence of str
        All of them.
    label, help : str, optional
        As for `Slider`.

    Raises
    ------
    ValueError
        If the value is not among the options.
    """

    value: str
    options: tuple
    _: KW_ONLY
    label: str | None = None
    help: str = ""

    def __post_init__(self):
        object.__setattr__(self, "options", tuple(self.options))
        self.checked("value", self.value)

    def checked(self, name, value):
        """`value`, if it is an option, or a ValueError that names the choice."""
        if value not in self.options:
            raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(map(repr, self.options))}")
        return value


@dataclass(frozen=True)
class Toggle:
    """A switch, off or on.

    Parameters
    ----------
    value : bool
        How it starts.
    label, help : str, optional
        As for `Slider`.

    Raises
    ------
    ValueError
        If the value is neither True nor False.
    """

    value: bool
    _: KW_ONLY
    label: str | None = None
    help: str = ""

    def __post_init__(self):
        self.checked("value", self.value)

    def checked(self, name, value):
        """`value` as a bool, or a ValueError that names the switch."""
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"{name}: got {value!r}, expected True or False")
        return bool(value)


@dataclass(frozen=True, eq=False)
class Frame:
    """What a lab shows for one setting of its controls.

    Parameters
    ----------
    images : dict of title to (M, N) array or Panel
        Arrays are shown in grey from 0 to 1.
    curves : dict of title to Curves, optional
    numbers : dict of label to float, optional
        Printed under the pictures. Put the unit into the label.
    compare : pair of titles, optional
        While the Compare button is held, the second picture shows the first.
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
    alt: str = ""

    def __post_init__(self):
        object.__setattr__(self, "images", figures.as_panels(self.images))
        object.__setattr__(self, "curves", figures.as_curves(self.curves))
        object.__setattr__(self, "numbers", {label: float(number) for label, number in self.numbers.items()})
        unknown = set(self.compare) - set(self.images)
        if unknown or len(self.compare) not in (0, 2):
            raise ValueError(f"compare: got {self.compare!r}, expected two of the images {list(self.images)}")

    def texts(self):
        """The numbers as they are printed: four significant digits, and what is mere round-off as a bound."""
        return {label: "< 1e-9" if 0 < abs(n) < 1e-9 else f"{n:.4g}" for label, n in self.numbers.items()}

    def describe(self):
        """What is seen and the numbers, in one line."""
        seen = self.alt or "Pictures: " + ", ".join(self.images) + "."
        return " ".join([seen, *(f"{label}: {text}." for label, text in self.texts().items())])

    def picture(self):
        """The frame as a still Picture."""
        return figures.draw(self.images, self.curves, self.describe())


class Lab(anywidget.AnyWidget):
    """A function of sliders with its live view; made by `lab`.

    Call it for a Frame, `set` it to move the sliders too, read or observe `values`.

    Attributes
    ----------
    controls : dict of name to Slider, LogSlider, Choice or Toggle
    values : dict of name to value
        The current setting; a trait, to observe, set and link.
    """

    _esm = Path(__file__).with_name("live.js")
    _css = Path(__file__).with_name("live.css")
    spec = traitlets.List().tag(sync=True)
    values = traitlets.Dict()

    def __init__(self, function, controls):
        names = list(inspect.signature(function).parameters)
        if names != list(controls):
            expected = f"{names}, the arguments of {function.__name__}"
            raise TypeError(f"lab: got the controls {list(controls)}, expected {expected}")
        self.controls = controls
        self._function = function
        self._frame = None  # what the page shows
        self._sent, self._titles = {}, []  # what the page has, so that an unchanged panel is not sent again
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        initial = {name: control.value for name, control in controls.items()}
        super().__init__(spec=[_describe(name, c) for name, c in controls.items()], values=initial)
        self.on_msg(self._receive)

    def __call__(self, **values):
        """The Frame for these values; the others keep their initial ones."""
        initial = {name: control.value for name, control in self.controls.items()}
        return self._compute(self._checked({**initial, **values}))

    def set(self, **values):
        """Move controls to these values, here and in the browser, and return the Frame."""
        values = self._checked({**self.values, **values})
        self._show(values)
        return self._frame

    def _checked(self, values):
        unknown = set(values) - set(self.controls)
        if unknown:
            got, expected = ", ".join(sorted(unknown)), ", ".join(self.controls)
            raise TypeError(f"{self.__name__}: got {got}, expected only {expected}")
        return {name: control.checked(name, values[name]) for name, control in self.controls.items()}

    def _compute(self, values):
        frame = self._function(**values)
        if not isinstance(frame, Frame):
            raise TypeError(f"{self.__name__}: got a {type(frame).__name__} back, expected a live.Frame")
        return frame

    @traitlets.validate("values")
    def _complete(self, proposal):
        return self._checked({**self.values, **proposal["value"]})

    @traitlets.observe("values")
    def _follow(self, change):  # somebody set or linked the trait
        if self._frame is not None and change["new"] != self._shown:
            self._show(change["new"])

    def _show(self, values, **answer):
        """Compute, keep and send; `answer` says which request of the page this answers."""
        start = time.perf_counter()
        self._frame, self._shown = self._compute(values), values
        self._publish(ms=1e3 * (time.perf_counter() - start), **answer)
        self.values = values

    def _receive(self, _, content, buffers):
        """A message of the page: a new view, or new values of the controls."""
        if content["kind"] == "hello":
            self._sent.clear()
            if self._frame is None:  # in a box, which displays itself and not its labs
                self._show(self.values)
            else:
                self._publish()
            return
        answer = {"view": content["view"], "seq": content["seq"]}
        try:
            self._show(self._checked(content["values"]), **answer)
        except (Exception, KeyboardInterrupt) as error:  # the page shows it; the last good picture stays
            self.send({**answer, "error": _sentence(error)})

    def _publish(self, **header):
        """The current frame as one message: a small header, and the changed pixels and curves as bytes."""
        images, curves, buffers = [], [], []
        titles = [*self._frame.images, *self._frame.curves]
        if titles != self._titles:  # the page makes new panels, which are empty
            self._titles, self._sent = titles, {}
        for title, panel in self._frame.images.items():
            codes, (old, cmap) = encode(panel), self._sent.get(title, (None, None))
            self._sent[title] = codes, panel.cmap
            same = cmap == panel.cmap and np.array_equal(old, codes)
            if not same:
                buffers += [codes.data, _palette(panel.cmap)]
            rows, columns = panel.array.shape
            limits = None if (panel.vmin, panel.vmax) == (0, 1) else [panel.vmin, panel.vmax]
            images.append({"title": title, "note": panel.note, "rows": rows, "columns": columns, "range": limits,
                           "same": same})  # fmt: skip
        for title, c in self._frame.curves.items():
            lines = [{"name": name, "length": len(x)} for name, (x, _) in c.lines.items()]
            marks = {name: float(x) for name, x in c.marks.items() if isfinite(x)}
            curves.append({"title": title, "xlabel": c.xlabel, "ylabel": c.ylabel, "log": c.log, "ylim": c.ylim,
                           "lines": lines, "marks": marks})  # fmt: skip
            with np.errstate(over="ignore"):  # infinity then, which the page leaves out
                values = np.concatenate([array for line in c.lines.values() for array in line]).astype(np.float32)
            buffers.append(values.data)
        frame = {"images": images, "curves": curves, "numbers": self._frame.texts(), "compare": self._frame.compare}
        self.send({**header, **frame, "values": self._shown, "alt": self._frame.describe()}, buffers)

    def __repr__(self):
        return f"Lab {self.__name__}: sliders {', '.join(self.controls)}. Run this cell in JupyterLab to move them."

    def _repr_mimebundle_(self, **kwargs):
        if self._frame is None:
            self._show(self.values)
        note = "A live lab. To move its sliders, open this lesson in JupyterLab and run this cell."
        caption = f"<figcaption>{html.escape(note)}</figcaption></figure>"
        still = self._frame.picture()._repr_html_().replace("</figure>", caption)
        bundle = super()._repr_mimebundle_(**kwargs)
        view, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**view, "text/html": still, "text/plain": repr(self)}, metadata


def lab(**controls):
    """Turn a function into a live lab.

    Parameters
    ----------
    **controls : Slider, LogSlider, Choice or Toggle
        One for each argument of the function, in its order.

    Returns
    -------
    decorator : function -> Lab

    Raises
    ------
    TypeError
        If a control is none, or the function has other arguments.

    Examples
    --------
    >>> @lab(level=Slider(0.5, 0, 1))
    ... def grey(level):
    ...     return Frame(images={"grey": np.full((4, 4), level)}, numbers={"level": level})
    >>> grey(level=0.25).numbers
    {'level': 0.25}
    """
    for name, control in controls.items():
        if not isinstance(control, (Slider, Choice, Toggle)):
            raise TypeError(f"{name}: got {control!r}, expected a Slider, LogSlider, Choice or Toggle")
    return lambda function: Lab(function, controls)


def encode(panel):
    """A Panel as bytes: 1 to 253 from vmin to vmax, 0 below, 254 above, 255 where it is not a finite number."""
    scale = 252 / (panel.vmax - panel.vmin)
    with np.errstate(over="ignore"):  # what is too large for a float is above, too
        codes = panel.array * panel.array.dtype.type(scale)
    codes += 1.5 - panel.vmin * scale
    np.clip(codes, 0, 254, out=codes)
    finite = np.isfinite(panel.array)
    if not finite.all():
        codes[~finite] = 255
    return codes.astype(np.uint8, order="C")


def _palette(cmap):
    """The 253 colours of a map as RGB bytes; none for grey, which the page knows."""
    if cmap == "gray":
        return b""
    from matplotlib import colormaps

    return colormaps[cmap](np.linspace(0, 1, 253), bytes=True)[:, :3].tobytes()


def _describe(name, control):
    kind = type(control).__name__
    return {**asdict(control), "name": name, "kind": kind, "label": control.label or name}


def _sentence(error):
    """An exception as one readable line."""
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted. Move a slider to go on."
    first = (str(error).strip() or "no message").splitlines()[0]
    return first if isinstance(error, (ValueError, TypeError)) else f"{type(error).__name__}: {first}"

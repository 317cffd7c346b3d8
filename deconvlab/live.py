"""Sliders to pixels: a lab is a function of its sliders.

The function stands in the notebook and knows nothing of widgets. It returns a `Frame`, or yields Frames that get
better. `lab` turns it into a live view; called like a function it needs no browser.
"""

import contextlib
import html
import inspect
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import anywidget
import traitlets

from ._controls import Choice, LogSlider, Slider, Toggle, describe
from ._frame import Frame, Steps, pack
from .figures import Curves, Panel

__all__ = ["Choice", "Curves", "Frame", "Lab", "LogSlider", "Panel", "Slider", "Toggle", "lab"]

MOST_FRAMES = 1000  # of an iterative lab: what never converges ends here
PREVIEW = 0.03  # seconds of iterating before the first picture goes out
PERIOD = 1 / 15  # seconds between the pictures that follow
PATIENCE = 2.0  # seconds without an answer after which the page is taken for closed


class Lab(anywidget.AnyWidget):
    """A function of sliders with its live view; made by `lab`.

    Call it for a Frame, `set` it to move the sliders too, read or observe `values`. A function that yields is run to
    its last Frame, at most the thousandth.

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
        self._steps = Steps()  # and the Frames before it
        self._sent = {}  # what the page has, so that an unchanged panel is not sent again
        self._publishing = threading.RLock()
        self._generation = 0  # grows with each new setting; a run of an older one is out of date
        self._unseen = None  # when the oldest picture left that the page has not acknowledged
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        self._initial = {name: control.value for name, control in controls.items()}
        super().__init__(spec=[describe(name, controls) for name in controls], values=self._initial)
        self.on_msg(self._receive)

    def __call__(self, **values):
        """The Frame for these values; the others keep their initial ones."""
        return self._last(self._checked({**self._initial, **values}))

    def set(self, **values):
        """Move controls to these values, here and in the browser, and return the Frame."""
        self._show(self._checked({**self.values, **values}))
        return self._frame

    def _checked(self, values):
        unknown = set(values) - set(self.controls)
        if unknown:
            got, expected = ", ".join(sorted(unknown)), ", ".join(self.controls)
            raise TypeError(f"{self.__name__}: got {got}, expected only {expected}")
        return {name: control.checked(name, values[name]) for name, control in self.controls.items()}

    def _frames(self, values, steps=None):
        """The Frames for these values, each with whether a better one may follow; `steps` keeps them."""
        result = self._function(**values)
        many = isinstance(result, Iterator)
        for frame in itertools.islice(result if many else [result], MOST_FRAMES):
            if not isinstance(frame, Frame):
                raise TypeError(f"{self.__name__}: got a {type(frame).__name__} back, expected a live.Frame")
            if steps is not None:
                steps.add(frame)
            yield frame, many

    def _last(self, values, steps=None):
        return self._some(*deque((frame for frame, _ in self._frames(values, steps)), maxlen=1))

    def _some(self, frame=None):
        if frame is None:
            raise ValueError(f"{self.__name__}: yielded nothing, expected at least one live.Frame")
        return frame

    @traitlets.validate("values")
    def _complete(self, proposal):
        return self._checked({**self.values, **proposal["value"]})

    @traitlets.observe("values")
    def _follow(self, change):  # somebody set or linked the trait
        if self._frame is not None and change["new"] != self._shown:
            self._show(change["new"])

    def _show(self, values):
        """Compute to the end, keep and send."""
        self._generation += 1
        steps = Steps()
        self._publish(self._last(values, steps), values, steps)
        self.values = values

    def _receive(self, _, content, buffers):
        """A message of the page, answered by what it asks for or by the reason why not; the last good picture stays."""
        self._unseen = None
        answer = {key: content[key] for key in ("view", "seq") if key in content}
        try:
            self._obey(content, answer)
        except (Exception, KeyboardInterrupt) as error:
            self.send({**answer, "error": _sentence(error)})

    def _obey(self, content, answer):
        """A new view, new values of the controls, a step to go back to, the end of a run, ..."""
        if content["kind"] == "hello":
            with self._publishing:
                self._sent.clear()
                if self._frame is None:  # in a box, which displays itself and not its labs
                    self._show(self.values)
                else:
                    self._publish(self._frame, self._shown, self._steps)
        elif content["kind"] == "pixel":
            at, values = (content["row"], content["column"]), {}
            with contextlib.suppress(KeyError, IndexError):  # the picture has changed meanwhile
                values = self._frame.values_at(content["title"], *at)
            self.send({"kind": "pixel", "view": content["view"], "at": at, "values": values})
        elif content["kind"] == "stop":
            with self._publishing:
                self._generation += 1
                self._publish(self._frame, self._shown, self._steps)
        elif content["kind"] == "save":
            png = self._frame.picture().with_texts(Title=self.__name__, Settings=json.dumps(self._shown))
            self.send({"kind": "file", "view": content["view"], "name": f"{self.__name__}.png"}, [png])
        elif content["kind"] == "step":
            self._publish(self._steps.at(content["step"]), self._shown, self._steps, took=0, **answer)
        elif content["kind"] == "tick":
            self._answer(self._checked(content["values"]), answer)

    def _answer(self, values, answer):
        """Send a first picture soon, and better ones from another thread while these values are the newest."""
        self._generation += 1
        steps = Steps()
        frames, frame, more = self._frames(values, steps), None, True
        start = time.monotonic()
        while more and (frame is None or time.monotonic() < start + PREVIEW):
            frame, more = next(frames, (frame, False))
        self._publish(self._some(frame), values, steps, more=more, took=time.monotonic() - start, **answer)
        if more:
            run = self._generation, frames, frame, values, steps, answer
            threading.Thread(target=self._refine, args=run, daemon=True).start()
        self.values = values

    def _refine(self, generation, frames, frame, values, steps, answer):
        """The rest of a run: a picture each `PERIOD`, and the last one, unless newer values come or the page goes."""
        more, due = True, time.monotonic() + PERIOD
        try:
            while more:
                frame, more = next(frames, (frame, False))
                with self._publishing:
                    now = time.monotonic()
                    if generation != self._generation or now > (self._unseen or now) + PATIENCE:
                        return
                    if now > due or not more:
                        self._publish(frame, values, steps, more=more, **answer)
                        due = now + PERIOD
        except Exception as error:
            with self._publishing:
                if generation == self._generation:
                    self.send({**answer, "error": _sentence(error)})

    def _publish(self, frame, values, steps, **header):
        """Keep a Frame as the one that is shown, and send it as one message."""
        with self._publishing:
            self._frame, self._shown, self._steps = frame, values, steps
            content, buffers = pack(frame, self._sent)
            if self._unseen is None and header.get("more"):
                self._unseen = time.monotonic()
            content["steps"] = [] if header.get("more") else list(steps.frames)
            self.send({**header, **content, "values": values}, buffers)

    def __repr__(self):
        return f"Lab {self.__name__}: sliders {', '.join(self.controls)}. Run this cell in JupyterLab to move them."

    def _repr_mimebundle_(self, **kwargs):
        if self._frame is None:
            self._show(self.values)
        note = "A live lab. To move its sliders, open this lesson in JupyterLab and run this cell."
        caption = f"<figcaption>{html.escape(note)}</figcaption></figure>"
        picture = self._frame.picture()
        still = picture._repr_html_().replace("</figure>", caption)
        bundle = super()._repr_mimebundle_(**kwargs)
        view, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**view, "text/html": still, "image/png": picture._repr_png_(), "text/plain": repr(self)}, metadata


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
    >>> import numpy as np
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


def _sentence(error):
    """An exception as one readable line."""
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted. Move a slider to go on."
    first = (str(error).strip() or "no message").splitlines()[0]
    return first if isinstance(error, (ValueError, TypeError)) else f"{type(error).__name__}: {first}"

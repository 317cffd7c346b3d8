"""Sliders to pixels: a lab is a function of its sliders.

The function stands in the notebook and knows nothing of widgets. It returns a `Frame`, or yields Frames that get
better. `lab` turns it into a live view; called like a function it needs no browser.
"""

from __future__ import annotations

import contextlib
import html
import inspect
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

import anywidget
import traitlets

from . import _background, _page, _shown, _types
from ._box import Box
from ._controls import Choice, Control, LogSlider, Slider, Toggle, describe
from ._frame import Frame, Steps, pack
from ._fullsize import FullSize
from ._photo import stored
from ._region import Region
from ._upload import Arrivals, Upload
from ._ways import Ways
from .figures import Curves, Panel, png_with_texts

__all__ = [
    "Box",
    "Choice",
    "Curves",
    "Frame",
    "Lab",
    "LogSlider",
    "Panel",
    "Region",
    "Slider",
    "Toggle",
    "Upload",
    "lab",
]

MOST_FRAMES = 1000  # of an iterative lab: what never converges ends here
PREVIEW = 0.02  # seconds of iterating before the first picture goes out
PERIOD = 1 / 15  # seconds between the pictures that follow
PATIENCE = 2.0  # seconds without an answer after which the page is taken for closed


class Lab(anywidget.AnyWidget):
    """A function of sliders with its live view; made by `lab`.

    Call it for a Frame, `set` it to move the sliders too, read or observe `values`. A function that yields is run to
    its last Frame, at most the thousandth.

    Attributes
    ----------
    controls : dict of name to Slider, LogSlider, Choice, Toggle, Upload or Region
    values : dict of name to value
        The current setting; a trait, to observe, set and link.
    full : bool
        Whether there is a button "Full size"; see `at_full_size`.
    """

    _esm, _css = _page.script(), _page.FOLDER / "live.css"
    spec = traitlets.List().tag(sync=True)
    values = traitlets.Dict()
    full = traitlets.Bool().tag(sync=True)

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
        self._hearing = threading.RLock()  # a message at a time, whichever way it came
        self._ways = Ways(
            lambda *message: self.send(*message), self._join, lambda content: self._receive(None, content, [])
        )
        self._generation = 0  # grows with each new setting; a run of an older one is out of date
        self._unseen = None  # when the oldest picture left that the page has not acknowledged
        self._arrivals = Arrivals()  # files of the page's
        self._work = None  # the function for the picture at full size
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        self._initial = {name: control.checked(name, control.value) for name, control in controls.items()}
        super().__init__(spec=[describe(name, controls) for name in controls], values=self._initial)
        self.on_msg(self._receive)

    def __call__(self, **values: object) -> Frame:
        """The Frame for these values; the others keep their initial ones."""
        return self._last(self._checked({**self._initial, **values}))

    def set(self, **values: object) -> Frame:
        """Move controls to these values, here and in the browser, and return the Frame."""
        self._show(self._checked({**self.values, **values}))
        return self._frame

    def at_full_size(self, function: Callable) -> Callable:
        """Decorate the function behind a button "Full size".

        Parameters
        ----------
        function : generator function
            It takes the lab's arguments, yields the share of the work that is done, from 0 to 1, and at last the
            picture, an (M, N) or (M, N, 3) array of floats from 0 to 1.

        Returns
        -------
        function
            As it was.

        Raises
        ------
        TypeError
            If it yields nothing or takes other arguments.

        Notes
        -----
        In the browser it runs in the background with the values that the controls have when the button is pressed; the
        next share that it yields after Stop, or after the page has gone, is its last. What the page saves is a PNG file
        of 8 bits a channel, or 16 if it is grey, with the settings in its text fields. What lies outside 0 to 1 is
        clipped.
        """
        self._work = FullSize(function, list(self.controls))
        self.full = True
        return function

    def full_size(self, **values: object) -> _types.Image:
        """The picture at full size for these values; the others keep their initial ones."""
        if self._work is None:
            expected = f"one decorated with @{self.__name__}.at_full_size"
            raise TypeError(f"{self.__name__}: got no function for the full size, expected {expected}")
        return deque(self._work.steps(self._given(self._checked({**self._initial, **values}))), maxlen=1).pop()

    def _checked(self, values):
        unknown = set(values) - set(self.controls)
        if unknown:
            got, expected = ", ".join(sorted(unknown)), ", ".join(self.controls)
            raise TypeError(f"{self.__name__}: got {got}, expected only {expected}")
        return {name: control.checked(name, values[name]) for name, control in self.controls.items()}

    def _given(self, values):
        """The values as a function takes them."""
        return {name: control.given(values[name]) for name, control in self.controls.items()}

    def _told(self, values):
        """The values as the page and a file's settings have them: of a file its name only."""
        return {name: control.told(values[name]) for name, control in self.controls.items()}

    def _heard(self, sent):
        """The values that the page has sent."""
        heard = dict(sent)
        for name in set(sent) & set(self.controls):
            known = self._arrivals.files.get(name), self.values[name]
            heard[name] = self.controls[name].heard(sent[name], *filter(None, known))
        return self._checked(heard)

    def _frames(self, values, steps=None):
        """The Frames for these values, each with whether a better one may follow; `steps` keeps them."""
        result = self._function(**self._given(values))
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
        self._arrivals.files.clear()
        steps = Steps()
        self._publish(self._last(values, steps), values, steps)
        self.values = values

    def _receive(self, _, content, buffers):
        """A message of the page, answered by what it asks for or by the reason why not; the last good picture stays."""
        self._unseen = None
        if content["kind"] == "seen":
            return
        answer = {key: content[key] for key in ("view", "seq") if key in content}
        try:
            with self._hearing, self._work.hearing() if self._work else contextlib.nullcontext():
                self._obey(content, answer, buffers)
        except (Exception, KeyboardInterrupt) as error:
            self._ways.send({**answer, "error": _shown.sentence(error)})

    def _obey(self, content, answer, buffers):
        """A new view, new values of the controls, a step to go back to, the end of a run, ..."""
        if content["kind"] == "hello":
            self._join(content["view"])
            offer = self._ways.offer(content["view"], content.get("origin"))
            if offer:
                self.send({"kind": "offer", "view": content["view"], **offer})
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
            self._save(content["view"], self._frame.picture().with_texts, self._shown)
        elif content["kind"] == "step":
            self._publish(self._steps.at(content["step"]), self._shown, self._steps, took=0, **answer)
        elif content["kind"] == "tick":
            self._answer(self._heard(content["values"]), answer)
        elif content["kind"] == "piece":
            self._take(content, buffers[0])
        elif content["kind"] == "forget":
            self._arrivals = Arrivals()
        elif content["kind"] == "full":
            self._start(content["view"], self._heard(content["values"]))
        elif content["kind"] == "halt":
            self._work.stopped = True

    def _join(self, view, socket=None):
        """A view that has nothing yet on this way."""
        with self._publishing:
            self._ways.put(view, socket)
            self._sent.clear()
            if self._frame is None:  # in a box, which displays itself and not its labs
                self._show(self.values)
            else:
                self._publish(self._frame, self._shown, self._steps)

    def _save(self, view, file, values, suffix=""):
        """Let the page save a file, which is made by a function of its text fields."""
        png = file(Title=self.__name__, Settings=json.dumps(self._told(values)))
        self.send({"kind": "file", "view": view, "name": f"{self.__name__}{suffix}.png"}, [png])

    def _take(self, content, piece):
        """Acknowledge a piece of a file, or say why the file cannot be read."""
        answer = {key: content[key] for key in ("view", "control", "id")}
        try:
            more = self._arrivals.take(self.controls[content["control"]], content, piece)
        except Exception as error:
            more = {"error": _shown.sentence(error), "done": True}
        if more:
            self.send({**answer, "kind": "arrived", **more})

    def _start(self, view, values):
        """Begin the long work, unless it is going on."""
        with self._publishing:
            if self._work.view not in (None, view):
                raise ValueError("Full size: at work for another view of this lab. Try again when it has ended.")
            if self._work.view is None:
                self._work.view, self._work.stopped = view, False
                _background.go_on(self._finish(view, values), f"{self.__name__} at full size")

    def _finish(self, view, values):
        """The long work, and what the page hears of it."""
        answer = {"kind": "share", "view": view}
        end = {**answer, "ended": True}
        try:
            picture = yield from self._work.run(
                self._given(values), lambda share: self.send({**answer, "share": share}), PATIENCE
            )
            if picture is not None:
                image = stored(picture, 16 if picture.ndim == 2 else 8)
                self._save(view, partial(png_with_texts, image), values, "-full-size")
        except Exception as error:
            end["error"] = _shown.sentence(error)
        with self._publishing:
            self._work.view = None
            self.send(end)

    def _answer(self, values, answer):
        """Send a first picture soon, and better ones in the background while these values are the newest."""
        self._generation += 1
        steps = Steps()
        frames, frame, more = self._frames(values, steps), None, True
        start = time.monotonic()
        while more and (frame is None or time.monotonic() < start + PREVIEW):
            frame, more = next(frames, (frame, False))
        self._publish(self._some(frame), values, steps, more=more, took=time.monotonic() - start, **answer)
        if more:
            rest = self._refine(self._generation, frames, frame, values, steps, answer)
            _background.go_on(rest, f"{self.__name__} refines")
        self.values = values

    def _refine(self, generation, frames, frame, values, steps, answer):
        """The rest of a run: a picture each `PERIOD`, and the last one, unless newer values come or the page goes."""
        more, due = True, time.monotonic() + PERIOD
        try:
            while more:
                frame, more = next(frames, (frame, False))
                yield
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
                    self._ways.send({**answer, "error": _shown.sentence(error)})

    def _publish(self, frame, values, steps, **header):
        """Keep a Frame as the one that is shown, and send it as one message."""
        with self._publishing:
            self._frame, self._shown, self._steps = frame, values, steps
            content, buffers = pack(frame, self._sent)
            if self._unseen is None and header.get("more"):
                self._unseen = time.monotonic()
            content["steps"] = [] if header.get("more") else list(steps.frames)
            self._ways.send({**header, **content, "values": self._told(values)}, buffers)

    def __repr__(self):
        return f"Lab {self.__name__}: sliders {', '.join(self.controls)}. Run this cell in JupyterLab to move them."

    def _repr_mimebundle_(self, **kwargs):
        if self._frame is None:
            self._show(self.values)
        note = "A live lab. To move its sliders, open this lesson in JupyterLab and run this cell."
        caption = f"<figcaption>{html.escape(note)}</figcaption></figure>"
        bundle = super()._repr_mimebundle_(**kwargs)
        view, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        bundle = {**view, "text/plain": repr(self)}
        if _background.IN_BROWSER:  # drawing takes most of the time there, and the live view is on the page at once
            return bundle, metadata
        bundle["text/html"], picture = f"<figure>{caption}", self._still()
        if picture:
            bundle["text/html"] = picture._repr_html_().replace("</figure>", caption)
            bundle["image/png"] = picture._repr_png_()
        return bundle, metadata

    def _still(self):
        """A picture that a notebook may keep: none that shows a file of the learner's, but that of the start."""
        uploads = [name for name, control in self.controls.items() if isinstance(control, Upload)]
        if all(self._shown[name] is self._initial[name] for name in uploads):
            return self._frame.picture()
        with contextlib.suppress(Exception):  # then there is none
            return self().picture()


def lab(**controls: Control) -> Callable[[Callable], Lab]:
    """Turn a function into a live lab.

    Parameters
    ----------
    **controls : Slider, LogSlider, Choice, Toggle, Upload or Region
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
        if not isinstance(control, Control):
            raise TypeError(f"{name}: got {control!r}, expected a Slider, LogSlider, Choice, Toggle, Upload or Region")
    return lambda function: Lab(function, controls)

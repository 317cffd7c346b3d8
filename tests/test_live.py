"""Labs without a browser: controls, frames, and the messages that go between the kernel and a page.

Each test says which bug it would catch. The page's own half is tested in test_browser.py.
"""

import json
import subprocess
import sys

import numpy as np
import pytest
import traitlets

from deconvlab import _frame, live
from deconvlab.live import Choice, Curves, Frame, Lab, LogSlider, Panel, Slider, Toggle

SMALL = np.linspace(0, 1, 12).reshape(3, 4)


class Page:
    """A page that shows a lab: it keeps what a browser would keep, by the rules of live.js."""

    def __init__(self, lab, view="view-1"):
        self.lab, self.view, self.sequence = lab, view, 0
        self.messages, self.titles, self.panels, self.lines = [], None, {}, {}
        lab.send = self.take

    def hello(self):
        return self.say({"kind": "hello", "view": "v"})

    def tick(self, **values):
        self.sequence += 1
        return self.say(
            {"kind": "tick", "view": self.view, "seq": self.sequence, "values": {**self.lab.values, **values}}
        )

    def say(self, content):
        """Send a message and return the one answer."""
        before = len(self.messages)
        self.lab._handle_custom_msg(content, [])
        assert len(self.messages) == before + 1, "one message out, one message back"
        return self.messages[-1]

    def take(self, content, buffers=None):
        json.dumps(content, allow_nan=False)  # what the wire can carry
        self.messages.append((content, buffers or []))
        if "error" in content:
            return
        buffers, titles = list(buffers), [h["title"] for h in (*content["images"], *content["curves"])]
        if titles != self.titles:  # the page builds new panels, empty ones
            self.titles, self.panels = titles, {}
        for image in content["images"]:
            if not image["same"]:
                codes, palette = buffers.pop(0), buffers.pop(0)
                assert memoryview(codes).c_contiguous
                codes = np.frombuffer(codes, np.uint8).reshape(image["rows"], image["columns"])
                self.panels[image["title"]] = codes, bytes(palette)
        for curves in content["curves"]:
            values = np.frombuffer(buffers.pop(0), np.float32)
            lengths = [line["length"] for line in curves["lines"]]
            parts = np.split(values, np.cumsum(np.repeat(lengths, 2))[:-1])
            names = [line["name"] for line in curves["lines"]]
            self.lines[curves["title"]] = dict(zip(names, zip(parts[::2], parts[1::2], strict=True), strict=True))
        assert not buffers, "each buffer belongs to something"

    def shows(self, frame):
        """Whether the page's pixels are those of a frame."""
        return set(self.panels) >= set(frame.images) and all(
            np.array_equal(self.panels[title][0], _frame.encode(panel)) for title, panel in frame.images.items()
        )


def two_knobs():
    """A lab of two panels, each moved by its own slider, a curve and a number; and the list of its computations."""
    calls = []

    @live.lab(left=Slider(0.25, 0, 1), right=LogSlider(0.1, 0.01, 1))
    def levels(left, right):
        """Two levels of grey."""
        calls.append((left, right))
        return Frame(
            images={"left": np.full((2, 3), left), "right": np.full((3, 2), right)},
            curves={"line": Curves({"up": [left, right], "down": ([5, 6, 7], [3, 2, 1])}, xlabel="px")},
            numbers={"sum": left + right},
        )

    return levels, calls


@pytest.fixture
def lab():
    return two_knobs()[0]


def fragile():
    """A lab that computes a level, and raises or returns nonsense where the slider says so."""

    @live.lab(level=Slider(0.25, 0, 1), trouble=Choice("none", ["none", "value", "zero", "long", "stop", "nonsense"]))
    def sometimes(level, trouble):
        if trouble == "value":
            raise ValueError("epsilon: got 0, expected a positive number")
        if trouble == "zero":
            1 // 0  # noqa: B018
        if trouble == "long":
            raise RuntimeError("the first line\nand a second with details")
        if trouble == "stop":
            raise KeyboardInterrupt
        if trouble == "nonsense":
            return {"level": level}
        return Frame(images={"level": np.full((2, 2), level)}, numbers={"level": level})

    return sometimes


# Controls


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Slider(2, 0, 1), "value: got 2, expected a number from 0 to 1"),
        (lambda: Slider(np.nan, 0, 1), "value: got nan, expected a number from 0 to 1"),
        (lambda: Slider("many", 0, 1), "value: got 'many', expected a number from 0 to 1"),
        (lambda: Slider(1, 1, 1), "low, high: got 1 and 1, expected low below high"),
        (lambda: Slider(0.5, 0, np.inf), "low, high: got 0 and inf, expected low below high"),
        (lambda: Slider(0.5, np.nan, 1), "low, high: got nan and 1, expected low below high"),
        (lambda: Slider(0, 0, 1, 0), "step: got 0, expected a positive number"),
        (lambda: Slider(0, 0, 1, -0.1), "step: got -0.1, expected a positive number"),
        (lambda: LogSlider(1, 0, 10), "low: got 0, expected a positive number"),
        (lambda: LogSlider(100, 1, 10), "value: got 100, expected a number from 1 to 10"),
        (lambda: Choice("disk", ["gaussian", "line"]), "value: got 'disk', expected one of 'gaussian', 'line'"),
        (lambda: Toggle(1), "value: got 1, expected True or False"),
        (lambda: Toggle(np.ma.masked), "value: got masked, expected True or False"),
        (lambda: Slider(np.ma.masked, 0, 1), "value: got masked, expected a number from 0 to 1"),
        (lambda: Slider(1, "a", 2), "low, high: got 'a' and 2, expected low below high"),
        (lambda: Slider(1, 0, 10**400), "low, high: got 0 and 1000"),
        (lambda: Slider(0, 0, 1, np.inf), "step: got inf, expected a positive number"),
        (lambda: LogSlider(1, "a", 2), "low: got 'a', expected a positive number"),
        (lambda: Slider(0.3001 * 1.01, 0, 0.3), "value: got 0.3031"),
        (lambda: Choice("a", ["a", "b", "a"]), "options: got 'a' twice, expected options that differ"),
        (lambda: Choice(1, [1, 1.0]), "options: got 1.0 twice, expected options that differ"),
        (lambda: Choice("a", []), "options: got none, expected at least one"),
        (lambda: Choice(9, [3, 5]), "value: got 9, expected one of 3, 5"),
    ],
)
def test_controls_refuse_what_they_cannot_show(make, words):
    """A slider that starts outside its range: the page clamps it and shows another value than the kernel has."""
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value).startswith(words) and len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Slider(0, 0, 1, label=3), "label: got 3, expected a string"),
        (lambda: Slider(0, 0, 1, unit=None), "unit: got None, expected a string"),
        (lambda: LogSlider(1, 1, 2, help=1.5), "help: got 1.5, expected a string"),
        (lambda: Toggle(True, label=["a"]), "label: got ['a'], expected a string"),
        (lambda: Choice("a", "ab", help=0), "help: got 0, expected a string"),
        (lambda: Choice((3, 3), [(3, 3), (5, 5)]), "options: got (3, 3), expected words or finite numbers"),
        (lambda: Choice(1, [1, np.inf]), "options: got inf, expected words or finite numbers"),
        (lambda: Choice(None, [None, 1]), "options: got None, expected words or finite numbers"),
    ],
)
def test_controls_refuse_what_no_page_can_hold(make, words):
    """A label or an option that no JSON carries: found out in the page, which stays empty."""
    with pytest.raises(TypeError) as caught:
        make()
    assert str(caught.value) == words


@pytest.mark.parametrize(
    "control, value, kept",
    [
        (Slider(0.1, 0, 0.3), 0.1 * 3, 0.3),
        (Slider(0.1, 0, 0.3), np.float32(0.3), 0.3),
        (Slider(0.1, 0, 0.3), 1e-8, 1e-8),
        (Slider(0.1, 0, 0.3), np.array(0.1 * 3), 0.3),
        (Slider(0.5, 0, 1), -5e-17, 0.0),
        (Slider(0.5, 0.1, 1), 1 - 0.9, 0.1),
        (Slider(0.5, 0, 2 / 3), 0.667, 2 / 3),
        (Slider(0.5, 0, 2 / 3), 0.666667, 2 / 3),  # what the error message calls the end
        (LogSlider(0.5, 1e-3, 2 / 3), 0.667, 2 / 3),
        (LogSlider(0.5, 1 / 3, 1), 0.333, 1 / 3),
        (Slider(0.5, 1 / 3, 1), 0.333333, 1 / 3),
        (LogSlider(0.5, 1e-8, 1), np.float32(1e-8), 1e-8),
        (LogSlider(0.1, 1e-3, 1), 10**-3.0000001, 1e-3),
        (Slider(1000.5, 1000, 1001), np.float32(1001), 1001.0),
        (Choice(3, (3, 5, 7)), "5", 5),  # what a select element knows
        (Choice(3, (3, 5, 7)), 5.0, 5),
        (Choice(3, (3, 5, 7)), np.int64(7), 7),
        (Choice(3, (3, 5, 7)), np.float32(7), 7),
        (Choice(0.1, (0.1, 0.3)), 0.1 * 3, 0.3),
        (Choice(0.1, (0.1, 0.3)), np.float32(0.3), 0.3),
        (Choice(1.0, (0.5, 1.0, 2.0)), 2, 2.0),
        (Choice("a", ("a", "b")), np.str_("b"), "b"),
        (Choice(3, np.array([3, 5])), 5, 5),
        (Toggle(False), np.True_, True),
        (Toggle(False), np.array(True), True),
    ],
)
def test_what_rounding_and_other_dtypes_leave_is_the_value_meant(control, value, kept):
    """Exact comparison with a number that comes from arithmetic, from another dtype or back from a page."""
    got = control.checked("x", value)
    assert got == kept and type(got) is type(kept)


@pytest.mark.parametrize(
    "control, value",
    [
        (Slider(0.1, 0, 0.3), 0.301),
        (Slider(0.1, 0, 1), -0.001),
        (Slider(1000.5, 1000, 1001), 1001.01),
        (LogSlider(0.1, 1e-8, 1), 1.001),
        (LogSlider(0.1, 1e-8, 1), 0.99e-8),
        (LogSlider(0.1, 1e-8, 1), 0),
        (Slider(1001, 1000.4, 1001.4), 1000),
        (Choice(3, (3, 5)), 5.01),
        (Choice("a", ("a", "1")), 1),
        (Choice(3, (3, 5)), np.array([5])),
        (Choice(0, (0, 1)), np.ma.masked),
        (Toggle(False), "True"),
    ],
)
def test_what_is_more_than_rounding_is_refused(control, value):
    """A tolerance so broad that a value off the scale passes for its end, or a masked 0 for an option."""
    with pytest.raises(ValueError, match="x: got .*, expected"):
        control.checked("x", value)


@pytest.mark.parametrize("low, high, step", [(0, 1, 0.01), (0.5, 12, 0.1), (0, 360, 5), (1, 3, 0.02), (-90, 90, 2)])
def test_an_arrow_key_moves_about_a_hundredth_of_the_range(low, high, step):
    """A default step of 0.115: values that no one can read, or an end that the slider never reaches."""
    assert Slider(low, low, high).step == pytest.approx(step)
    assert 50 <= (high - low) / Slider(low, low, high).step <= 150


def test_a_logarithmic_step_counts_in_powers_of_ten():
    """A step taken from the linear range: one key press jumps over five decades."""
    assert LogSlider(1e-3, 1e-8, 1).step == 0.05


def test_values_become_plain_python():
    """A numpy.float32 or an int in `values`: it reaches the lab's function, or the page cannot read it."""
    assert type(Slider(1, 0, 2).checked("x", np.float32(1))) is float
    assert type(Slider(1, 0, 2).checked("x", 2)) is float
    assert type(Toggle(False).checked("x", np.bool_(True))) is bool
    assert Choice("a", ["a", "b"]).options == ("a", "b")
    for control in (
        Slider(np.float32(0.5), np.int64(0), np.float64(1), np.float32(0.25)),
        LogSlider(np.float64(0.1 * 3), 0.01, 0.3),
        Choice(np.int64(3), np.array([3, 5])),
        Choice(np.str_("a"), np.array(["a", "b"])),
        Toggle(np.True_),
    ):
        spec = live.describe("x", {"x": control})
        assert json.loads(json.dumps(spec))["value"] == control.checked("x", control.value)
    assert Slider(0.1 * 3, 0, 0.3).value == 0.3


def test_spec_tells_the_page_everything():
    """A label, unit or option that never reaches the browser."""

    @live.lab(
        sigma=Slider(3, 0.5, 12, unit="px", label="PSF radius (sigma)", help="moves the truth"),
        epsilon=LogSlider(1e-3, 1e-8, 1),
        kind=Choice("line", ["line", "disk"], label="PSF"),
        bits=Toggle(True, label="8 bits"),
    )
    def everything(sigma, epsilon, kind, bits):
        return Frame(images={"image": SMALL})

    sigma, epsilon, kind, bits = json.loads(json.dumps(everything.spec))
    assert sigma["label"] == "PSF radius (sigma)" and sigma["unit"] == "px" and sigma["help"] == "moves the truth"
    assert (sigma["low"], sigma["high"], sigma["value"], sigma["step"]) == (0.5, 12, 3, 0.1)
    assert epsilon["label"] == epsilon["name"] == "epsilon" and epsilon["kind"] == "LogSlider"
    assert kind["options"] == ["line", "disk"] and kind["kind"] == "Choice"
    assert bits["value"] is True and bits["kind"] == "Toggle"


# Frames


def test_a_frame_takes_plain_arrays():
    """A lesson that has to wrap every array by hand."""
    frame = Frame(images={"a": SMALL}, curves={"c": [1, 2], "d": Curves({"e": [3]})}, numbers={"n": np.float32(2)})
    assert (frame.images["a"].vmin, frame.images["a"].vmax) == (0, 1)
    assert list(frame.curves["c"].lines) == ["c"] and list(frame.curves["d"].lines) == ["e"]
    assert frame.numbers == {"n": 2.0} and type(frame.numbers["n"]) is float


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ({"images": {}}, ValueError, ["images", "got none"]),
        ({"images": SMALL}, TypeError, ["images", "got ndarray", "expected a dict"]),
        ({"images": {"sky": SMALL[0]}}, ValueError, ["'sky'", "(4,)", "(rows, columns)"]),
        ({"images": {"sky": SMALL.astype(int)}}, TypeError, ["'sky'", "int64", "floats"]),
        ({"images": {"sky": SMALL}, "compare": ("sky", "sea")}, ValueError, ["compare", "'sea'", "['sky']"]),
        ({"images": {"sky": SMALL}, "compare": ("sky",)}, ValueError, ["compare", "expected two"]),
        ({"images": {3: SMALL}}, TypeError, ["images", "the title 3", "a string: str(3)"]),
        ({"images": {"sky": SMALL}, "curves": {3: [1]}}, TypeError, ["curves", "the title 3", "a string"]),
        ({"images": {"sky": SMALL}, "curves": Curves({"a": [1]})}, TypeError, ["curves", "got Curves", "a dict"]),
        ({"images": {"sky": SMALL}, "numbers": {3: 1}}, TypeError, ["numbers", "the title 3", "a string"]),
        ({"images": {"sky": SMALL}, "numbers": [1]}, TypeError, ["numbers", "got list", "a dict"]),
        ({"images": {"sky": SMALL}, "numbers": {"n": 10**400}}, TypeError, ["'n'", "expected a number"]),
        ({"images": {"sky": SMALL}, "numbers": {"n": np.array([1.0])}}, TypeError, ["'n'", "expected a number"]),
        ({"images": {"sky": SMALL}, "alt": 3}, TypeError, ["alt", "got 3", "a string"]),
        ({"images": {"sky": SMALL}, "step": 1.5}, ValueError, ["step", "got 1.5", "whole number"]),
        ({"images": {"sky": SMALL}, "step": "last"}, TypeError, ["step", "got 'last'", "whole number"]),
    ],
)
def test_a_frame_refuses_what_cannot_be_shown(arguments, error, words):
    """An error that comes up in the page or in matplotlib, far from the line of the lesson that caused it."""
    with pytest.raises(error) as caught:
        Frame(**arguments)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_numbers_are_printed_with_four_digits():
    """22.512345678901 dB under a picture; a number and its alt text that differ."""
    frame = Frame(
        images={"a": SMALL}, numbers={"PSNR (dB)": 22.512345, "gain": 123456.0, "lost": np.inf, "bad": np.nan}
    )
    assert frame.texts() == {"PSNR (dB)": "22.51", "gain": "1.235e+05", "lost": "inf", "bad": "nan"}
    assert frame.describe() == "Pictures: a. PSNR (dB): 22.51. gain: 1.235e+05. lost: inf. bad: nan."
    assert Frame(images={"a": SMALL}, numbers={"n": 1}, alt="A ramp.").describe() == "A ramp. n: 1."


@pytest.mark.parametrize("number, text", [(3e-16, "< 1e-9"), (-4e-12, "< 1e-9"), (0.0, "0"), (1.5e-9, "1.5e-09")])
def test_round_off_is_printed_as_a_bound(number, text):
    """A stored number that differs on the next machine; or an exact zero that is called small."""
    assert Frame(images={"a": SMALL}, numbers={"error": number}).texts() == {"error": text}


def test_a_frame_of_numpys_own_numbers_can_travel():
    """A step, a range or a switch of NumPy's types, which JSON refuses when the picture is long computed."""
    curves = Curves({"a": [1, 2]}, log=np.True_, marks={"m": np.float32(1)}, ylim=np.array([1, 2], np.float32))
    panel = Panel(SMALL, np.float32(0), np.int64(2), note=np.str_("note"))
    frame = Frame(images={"a": panel}, curves={"c": curves}, numbers={"n": np.ma.masked}, step=np.int64(3))
    header, _ = _frame.pack(frame, {})
    assert json.loads(json.dumps(header))["step"] == 3 and frame.texts() == {"n": "nan"}


def test_masked_pixels_reach_the_page_as_lost():
    """A mask dropped on the way to the page: a dead pixel in a grey that means something."""
    masked = np.ma.array(SMALL, mask=SMALL > 0.5)
    assert ((_frame.encode(Frame(images={"stars": masked}).images["stars"]) == 255) == (SMALL > 0.5)).all()


# A lab is a function


@pytest.mark.parametrize(
    "controls, function",
    [
        ({"a": Toggle(True)}, lambda: None),
        ({}, lambda a: None),
        ({"a": Toggle(True)}, lambda b: None),
        ({"b": Toggle(True), "a": Toggle(True)}, lambda a, b: None),
    ],
)
def test_controls_and_arguments_must_agree(controls, function):
    """A slider that moves nothing, or an argument that no slider moves: found when it is used, not when written."""
    with pytest.raises(TypeError) as caught:
        live.lab(**controls)(function)
    message = str(caught.value)
    assert str(list(controls)) in message and all(name in message for name in function.__code__.co_varnames)


def test_a_control_must_be_a_control():
    """@lab(epsilon=1e-3): a number where a slider belongs."""
    with pytest.raises(
        TypeError, match=r"epsilon: got 0.001, expected a Slider, LogSlider, Choice, Toggle, Upload or Region"
    ):
        live.lab(epsilon=1e-3)


def test_a_call_takes_initial_values_and_moves_nothing(lab):
    """`lab()` in a later cell that depends on where the learner left the sliders, or moves them."""
    lab.set(left=0.75)
    assert lab().numbers == {"sum": 0.35}
    assert lab(right=1).numbers == {"sum": 1.25}
    assert lab.values == {"left": 0.75, "right": 0.1}


def test_set_takes_current_values_and_moves_the_sliders(lab):
    """`set(a)` after `set(b)` that puts b back."""
    assert lab.set(left=0.75).numbers == {"sum": 0.85}
    assert lab.set(right=1).numbers == {"sum": 1.75}
    assert lab.values == {"left": 0.75, "right": 1.0}


@pytest.mark.parametrize("how", [lambda lab, values: lab(**values), lambda lab, values: lab.set(**values)])
def test_wrong_values_are_refused_by_name(lab, how):
    """A value beyond the slider's end that is computed while the page shows another."""
    for values, error, words in [
        ({"left": 2}, ValueError, "left: got 2, expected a number from 0 to 1"),
        ({"right": 0}, ValueError, "right: got 0, expected a number from 0.01 to 1"),
        ({"middle": 1}, TypeError, "levels: got middle, expected only left, right"),
    ]:
        with pytest.raises(error, match=words):
            how(lab, values)
    assert lab.values == {"left": 0.25, "right": 0.1}


def test_a_lab_keeps_its_functions_name_and_documentation(lab):
    """help(lab) that documents a widget's forty traits and not the lesson's function."""
    assert lab.__name__ == "levels" and lab.__doc__ == "Two levels of grey."
    assert repr(lab) == "Lab levels: sliders left, right. Run this cell in JupyterLab to move them."


def test_values_can_be_observed():
    """An observer that is called twice for a change, or not at all, or before the values are there."""
    lab, _ = two_knobs()
    seen = []
    lab.observe(lambda change: seen.append((change["new"], dict(lab.values))), "values")
    lab.set(left=0.5)
    lab.set(left=0.5)
    lab()
    page = Page(lab)
    page.tick(left=0.75)
    expected = [{"left": 0.5, "right": 0.1}, {"left": 0.75, "right": 0.1}]
    assert seen == [(values, values) for values in expected]


def test_values_can_be_set_directly():
    """`lab.values = ...` that changes the trait and not the picture, or computes the picture twice."""
    lab, calls = two_knobs()
    page = Page(lab)
    lab.set()
    calls.clear()
    lab.values = {"left": 1}
    assert lab.values == {"left": 1.0, "right": 0.1} and calls == [(1.0, 0.1)]
    assert len(page.messages) == 2 and page.shows(lab(left=1))


def test_values_set_before_the_lab_is_shown_are_the_ones_shown():
    """A lab that is displayed with its initial values though it was linked or set before."""
    lab, calls = two_knobs()
    lab.values = {"left": 1}
    assert calls == []
    page = Page(lab)
    lab._repr_mimebundle_()
    assert calls == [(1.0, 0.1)] and page.messages[-1][0]["values"] == {"left": 1.0, "right": 0.1}


def test_an_invalid_value_is_refused_and_the_old_one_kept():
    """A trait that holds what no slider can show."""
    lab, calls = two_knobs()
    page = Page(lab)
    lab.set(left=0.5)
    for bad, error in [({"left": 7}, ValueError), ({"up": 1}, TypeError), (3, traitlets.TraitError)]:
        with pytest.raises(error):
            lab.values = bad
    assert lab.values == {"left": 0.5, "right": 0.1} and len(calls) == len(page.messages) == 1


def test_two_labs_can_be_linked():
    """Linked labs that answer each other for ever, or of which the second moves its slider and not its picture."""
    (first, first_calls), (second, second_calls) = two_knobs(), two_knobs()
    pages = Page(first), Page(second)
    first.set()
    second.set()
    link = traitlets.link((first, "values"), (second, "values"))
    pages[0].tick(left=0.75)
    second.set(right=1)
    assert first.values == second.values == {"left": 0.75, "right": 1.0}
    assert first_calls == second_calls == [(0.25, 0.1), (0.75, 0.1), (0.75, 1.0)]
    assert all(page.shows(first._frame) and len(page.messages) == 3 for page in pages)
    link.unlink()


# Errors


def test_a_call_raises_what_the_function_raises():
    """A lab in a test or a script that swallows the error, or wraps it."""
    lab = fragile()
    for trouble, error in [("value", ValueError), ("zero", ZeroDivisionError), ("stop", KeyboardInterrupt)]:
        with pytest.raises(error):
            lab(trouble=trouble)
        with pytest.raises(error):
            lab.set(trouble=trouble)
    assert lab.values["trouble"] == "none"


def test_a_function_must_return_a_frame():
    """A forgotten return: an AttributeError about NoneType from inside the package."""
    with pytest.raises(TypeError, match=r"sometimes: got a dict back, expected a live.Frame"):
        fragile()(trouble="nonsense")


@pytest.mark.parametrize(
    "trouble, line",
    [
        ("value", "epsilon: got 0, expected a positive number"),
        ("zero", "ZeroDivisionError: integer division or modulo by zero"),
        ("long", "RuntimeError: the first line"),
        ("stop", "Interrupted. Move a slider to go on."),
        ("nonsense", "sometimes: got a dict back, expected a live.Frame"),
    ],
)
def test_an_error_is_one_line_and_the_last_good_picture_stays(trouble, line):
    """A traceback into the page, a blank picture, or a lab that is dead after one bad setting."""
    lab = fragile()
    page = Page(lab)
    page.tick(level=0.5)
    content, buffers = page.tick(trouble=trouble)
    assert content == {"view": "view-1", "seq": 2, "error": line} and not buffers
    assert page.shows(lab(level=0.5)) and lab.values == {"level": 0.5, "trouble": "none"}
    page.tick(level=0.75, trouble="none")
    assert page.shows(lab(level=0.75))
    page.tick(trouble=trouble)
    page.hello()  # another view opens while the error stands
    assert page.shows(lab(level=0.75))


@pytest.mark.parametrize("values", [{"level": 9}, {"level": None}, {"unknown": 1}, {"trouble": "fire"}])
def test_a_page_cannot_send_what_no_control_shows(values):
    """A page of an older version, or a curious learner, that brings the kernel down."""
    lab = fragile()
    page = Page(lab)
    assert "expected" in page.tick(**values)[0]["error"]
    assert "error" not in page.tick()[0]


def test_an_error_without_words_still_says_something():
    """An empty line in red."""

    @live.lab(on=Toggle(False))
    def mute(on):
        raise AssertionError

    assert Page(mute).tick()[0]["error"] == "AssertionError: no message"


# Messages


def test_a_tick_is_answered_once_with_its_number():
    """Answers that a page takes for another's, or for those of an older setting."""
    lab, calls = two_knobs()
    page = Page(lab, view="view-7")
    for left in (0.5, 0.75):
        content, _ = page.tick(left=left)
        assert (content["view"], content["seq"]) == ("view-7", page.sequence)
        assert content["values"] == {"left": left, "right": 0.1} == lab.values
        assert content["numbers"] == {"sum": f"{left + 0.1:.4g}"} and content["alt"].endswith(f"sum: {left + 0.1:.4g}.")
        assert content["more"] is False
    assert calls == [(0.5, 0.1), (0.75, 0.1)] and page.shows(lab._frame)


def test_a_change_from_python_is_nobodys_answer(lab):
    """`lab.set` taken for the answer to a tick: the page then waits for ever, or sends twice."""
    page = Page(lab)
    lab.set(left=1)
    content, _ = page.messages[-1]
    assert "view" not in content and "seq" not in content and page.shows(lab(left=1))


def test_only_panels_that_changed_are_sent(lab):
    """A megabyte for a picture that did not change: ten pictures a second where there were thirty."""
    page = Page(lab)
    page.tick()
    content, buffers = page.tick(left=1)
    assert [image["same"] for image in content["images"]] == [False, True] and len(buffers) == 3
    content, buffers = page.tick(right=1)
    assert [image["same"] for image in content["images"]] == [True, False] and len(buffers) == 3
    content, buffers = page.tick()
    assert [image["same"] for image in content["images"]] == [True, True] and len(buffers) == 1
    assert page.shows(lab._frame)


def test_hello_sends_everything_and_computes_nothing():
    """A second view, or a reloaded page, that stays empty until a slider moves."""
    lab, calls = two_knobs()
    page = Page(lab)
    page.tick(left=1)
    calls.clear()
    page.panels.clear()
    content, buffers = page.hello()
    assert not any(image["same"] for image in content["images"]) and len(buffers) == 5
    assert page.shows(lab(left=1)) and content["values"] == lab.values and "seq" not in content
    assert len(calls) == 1  # that of the line before


def test_a_lab_inside_a_box_computes_when_the_page_says_hello():
    """ipywidgets.HBox([lab_1, lab_2]): two empty labs, because nothing displayed them one by one."""
    lab, calls = two_knobs()
    page = Page(lab)
    page.hello()
    assert calls == [(0.25, 0.1)] and page.shows(lab())


def test_a_lab_that_raises_inside_a_box_says_so_and_recovers():
    """A page that stays blank: hello was answered by a traceback in the kernel's log alone."""

    @live.lab(level=Slider(1, 0, 1))
    def fragile(level):
        if level == 1:
            raise ValueError("level: got 1, expected less")
        return Frame(images={"level": np.full((2, 2), level)})

    page = Page(fragile)
    assert page.hello() == ({"view": "v", "error": "level: got 1, expected less"}, [])
    page.tick(level=0.5)
    assert page.shows(fragile(level=0.5))
    page.hello()
    assert page.shows(fragile(level=0.5))


@pytest.mark.parametrize("kind", ["save", "stop", "step", "pixel"])
def test_whatever_a_page_asks_is_answered(kind):
    """An error on the way to a file, or before the first picture, that only the kernel's log knows of."""
    lab, _ = two_knobs()
    content = {"kind": kind, "view": "v", "seq": 1, "step": 3, "title": "left", "row": 0, "column": 0}
    answer, _ = Page(lab).say(content)
    assert answer["view"] == "v" and answer["error"]


@pytest.mark.parametrize("options", [(3, 5, 7), (0.5, 1.0, 2.0), np.array([3, 5, 7]), (False, True)])
def test_a_choice_may_hold_numbers(options):
    """Every change refused, because a page hands back a text, or a float for an int."""

    @live.lab(size=Choice(options[0], options))
    def sized(size):
        return Frame(images={"image": np.full((2, 2), float(size))}, numbers={"size": size})

    page = Page(sized)
    (spec,) = json.loads(json.dumps(sized.spec))
    for option, sent in zip(options, spec["options"], strict=True):
        for value in (sent, str(option)):
            content, _ = page.tick(size=value)
            assert content["values"]["size"] == sent and content["numbers"] == {"size": f"{float(option):.4g}"}


def test_a_panel_that_comes_back_is_sent_again():
    """A lab whose switch shows another set of panels: the page makes new, empty ones, also of those that stay."""

    @live.lab(both=Toggle(True))
    def sometimes_two(both):
        return Frame(images={"one": SMALL, "two": SMALL.T.copy()} if both else {"one": SMALL})

    page = Page(sometimes_two)
    for both in (True, False, True):
        page.tick(both=both)
        assert page.shows(sometimes_two(both=both)), both


def test_new_colours_for_the_same_codes_are_sent():
    """A Choice of colour maps that does nothing."""

    @live.lab(cmap=Choice("gray", ["gray", "viridis", "RdBu"]))
    def coloured(cmap):
        return Frame(images={"image": Panel(SMALL, cmap=cmap)})

    page = Page(coloured)
    palettes = [page.tick(cmap=cmap) and page.panels["image"][1] for cmap in ("viridis", "RdBu", "gray", "viridis")]
    assert len(set(palettes)) == 3 and palettes[0] == palettes[3]


def test_palettes_have_253_colours_and_grey_none():
    """Colours shifted by one code: the codes 1 to 253 are the map's first to last."""

    @live.lab(on=Toggle(True))
    def two(on):
        return Frame(images={"grey": SMALL, "error": Panel(SMALL - 0.5, -0.5, 0.5, "RdBu", note="signed")})

    page = Page(two)
    content, _ = page.tick()
    assert page.panels["grey"][1] == b"" and len(page.panels["error"][1]) == 3 * 253
    assert tuple(page.panels["error"][1][:3]) == (103, 0, 31) and tuple(page.panels["error"][1][-3:]) == (5, 48, 97)
    grey, error = content["images"]
    assert grey["range"] is None and error["range"] == [-0.5, 0.5] and error["note"] == "signed"
    assert (error["rows"], error["columns"]) == (3, 4)


def test_curves_travel_with_their_axes(lab):
    """x and y exchanged, or the second line read with the first one's length."""
    page = Page(lab)
    content, _ = page.tick(left=0.5)
    (line,) = content["curves"]
    assert (line["xlabel"], line["ylabel"], line["log"], line["ylim"], line["marks"]) == ("px", "", False, None, {})
    lines = page.lines["line"]
    assert lines["up"][0].tolist() == [0, 1] and lines["up"][1].tolist() == pytest.approx([0.5, 0.1])
    assert lines["down"][0].tolist() == [5, 6, 7] and lines["down"][1].tolist() == [3, 2, 1]


def test_curves_may_explode():
    """A gain of 1e300, or one divided by zero: a warning in the lesson's output, or a message that cannot be sent."""

    @live.lab(on=Toggle(True))
    def gain(on):
        marks = {"cutoff": 0.5, "beyond": np.inf}
        curves = Curves({"gain": [1, 1e300, np.inf, np.nan, 1e-300]}, log=True, marks=marks, ylim=(1e-4, 1e4))
        return Frame(images={"image": SMALL}, curves={"gain": curves})

    page = Page(gain)
    content, _ = page.tick()
    assert "error" not in content and content["curves"][0]["marks"] == {"cutoff": 0.5}
    values = page.lines["gain"]["gain"][1]
    assert values[0] == 1 and values[1] == np.inf and values[2] == np.inf and np.isnan(values[3]) and values[4] == 0


def test_columns_stay_columns():
    """An array in Fortran's order, such as x.T, whose bytes travel in that order: the picture is scrambled."""

    @live.lab(on=Toggle(True))
    def turned(on):
        return Frame(
            images={"T": SMALL.T, "rot": np.rot90(SMALL), "every": SMALL[:, ::2], "F": np.asfortranarray(SMALL)}
        )

    page = Page(turned)
    page.tick()
    for title, panel in turned().images.items():
        levels = (page.panels[title][0] - 1.0) / 252
        assert abs(levels - panel.array).max() <= 0.5 / 252 + 1e-9, title


# Codes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("low, high", [(0, 1), (-0.5, 0.5), (-12, 3), (1000, 1001)])
def test_every_grey_level_arrives_within_half_a_level(dtype, low, high):
    """Truncation in place of rounding, or an offset by one code: pictures half a level too dark."""
    levels = np.linspace(low, high, 4096, dtype=dtype).reshape(64, 64)
    codes = _frame.encode(Panel(levels, low, high))
    seen = low + (codes - 1.0) / 252 * (high - low)
    slack = 0.01 if dtype is np.float64 or abs(low) < 100 else 0.05  # float32 has few digits left at 1000
    assert codes.dtype == np.uint8 and codes.min() == 1 and codes.max() == 253
    assert abs(seen - levels).max() <= (0.5 + slack) * (high - low) / 252


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_no_grey_level_shows_has_its_own_code(dtype):
    """Clipping that hides ringing, NaN drawn as black, or an explosion that warns or wraps around."""
    huge = np.finfo(dtype).max / 2
    cases = [(0, 1), (1, 253), (0.5, 127), (-0.01, 0), (1.01, 254), (-1e30, 0), (1e30, 254), (-huge, 0), (huge, 254)]
    cases += [(np.nan, 255), (np.inf, 255), (-np.inf, 255), (-0.0, 1), (1e-45, 1)]
    values, codes = map(np.array, zip(*cases, strict=True))
    assert _frame.encode(Panel(values[None].astype(dtype)))[0].tolist() == codes.tolist()


def test_encoding_changes_nothing():
    """Codes computed in the learner's own array."""
    array = np.array([[-1, 0.5, np.nan]])
    _frame.encode(Panel(array))
    assert np.array_equal(array, [[-1, 0.5, np.nan]], equal_nan=True)


def test_a_colour_picture_travels_as_three_codes_a_pixel():
    """Colours exchanged, planes in place of pixels, or one value where three belong."""
    colours = np.random.default_rng(0).random((3, 5, 3))
    colours[0, 0], colours[1, 2, 1] = (-0.5, 0.5, 1.5), np.nan
    frame = Frame(images={"colour": colours, "grey": colours[:, :, 0], "other": colours[:2]})
    header, buffers = _frame.pack(frame, {})
    shapes = [(h["rows"], h["columns"], h["colours"]) for h in header["images"]]
    assert shapes == [(3, 5, True), (3, 5, False), (2, 5, True)]
    codes = np.frombuffer(buffers[0], np.uint8).reshape(3, 5, 3)
    assert codes[0, 0].tolist() == [0, 127, 254] and codes[1, 2, 1] == 255
    assert abs((codes[2] - 1.0) / 252 - colours[2]).max() <= 0.5 / 252 + 1e-9
    assert frame.values_at("grey", 0, 0) == {"colour": "-0.5 0.5 1.5", "grey": "-0.5"}


# Display


def test_displaying_computes_the_first_frame_exactly_once():
    """A notebook run that never runs the lab's mathematics, or runs it twice."""
    lab, calls = two_knobs()
    page = Page(lab)
    lab._repr_mimebundle_()
    page.hello()
    lab._repr_mimebundle_()
    assert calls == [(0.25, 0.1)]


def test_one_mimebundle_serves_the_live_and_the_static_page(lab):
    """A static page without a picture, or without words; a text/plain that differs in each run and fails nbval."""
    bundle, _ = lab._repr_mimebundle_()
    other, _ = two_knobs()[0]._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == lab.model_id
    assert bundle["text/plain"] == other["text/plain"] == repr(lab)
    assert bundle["text/html"] == other["text/html"]
    assert bundle["text/html"].count("<figure") == bundle["text/html"].count("</figure>") == 1
    assert 'alt="Pictures: left, right. sum: 0.35."' in bundle["text/html"]
    assert f"base64,{bundle['image/png']}" in bundle["text/html"]  # the same picture, for LaTeX
    assert "run this cell" in bundle["text/html"] and 'src="data:image/png;base64,' in bundle["text/html"]


def test_the_still_picture_survives_any_title():
    """A title with < or a quote that breaks the page."""

    @live.lab(on=Toggle(True))
    def odd(on):
        return Frame(images={'H < 1 "strange" </figure>': SMALL}, numbers={"a < b": 1}, alt='<b>"bold"</b>')

    html = odd._repr_mimebundle_()[0]["text/html"]
    assert html.count("</figure>") == 1 and "<b>" not in html and "&lt;b&gt;&quot;bold&quot;" in html


def test_labs_are_lab_widgets_of_their_own(lab):
    """Values, frames or controls shared between two labs through the class."""
    other, _ = two_knobs()
    lab.set(left=1)
    assert isinstance(lab, Lab) and other.values["left"] == 0.25 and other.model_id != lab.model_id


def test_nothing_warns():
    """A DeprecationWarning of ours or of a library that lands in every lesson's output."""
    code = """
import numpy as np
from deconvlab import live
@live.lab(level=live.Slider(0.5, 0, 1))
def grey(level):
    return live.Frame(images={"grey": np.full((4, 4), level)}, curves={"c": [1.0, 2.0]}, numbers={"level": level})
grey._repr_mimebundle_()
grey._handle_custom_msg({"kind": "tick", "view": "v", "seq": 1, "values": {"level": 0.25}}, [])
assert grey.values == {"level": 0.25}
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"numbers": {"PSNR (dB)": "high"}}, r"numbers\['PSNR \(dB\)'\]: got 'high', expected a number"),
        ({"numbers": {"PSNR (dB)": None}}, r"numbers\['PSNR \(dB\)'\]: got None, expected a number"),
        ({"compare": ("a", "b")}, r"compare: got images of the shapes \[\(2, 2\), \(2, 3\)\], expected one shape"),
    ],
)
def test_a_frame_names_what_it_cannot_show(frame, words):
    """A picture garbled by Compare, or an error that does not say which number."""
    with pytest.raises((TypeError, ValueError), match=words):
        Frame(images={"a": np.zeros((2, 2)), "b": np.zeros((2, 3))}, **frame)


# Controls that others make useless


def test_a_control_may_be_for_some_values_of_another():
    """Catches: conditions that the page cannot compare, because they are no options of the other control."""
    lab = live.lab(
        kind=Choice("line", ("line", "disk", "hand")),
        length=Slider(9, 1, 40, when={"kind": ("line", "hand")}),
        radius=Slider(3, 1, 9, when={"kind": "disk"}),
        exact=Toggle(True, when={"kind": ["line"]}),
    )(lambda kind, length, radius, exact: Frame(images={"a": SMALL}))
    whens = {spec["name"]: spec["when"] for spec in lab.spec}
    assert whens == {
        "kind": {},
        "length": {"kind": ["line", "hand"]},
        "radius": {"kind": ["disk"]},
        "exact": {"kind": ["line"]},
    }
    assert json.loads(json.dumps(whens)) == whens
    assert lab(kind="disk", length=12).numbers == {}  # hidden, it still has a value


@pytest.mark.parametrize(("when", "error", "words"), [
    ({"sort": "disk"}, ValueError, ["radius: got when={'sort'", "another control: 'kind'"]),
    ({"radius": 3}, ValueError, ["when={'radius'", "another control: 'kind'"]),
    ({"kind": "square"}, ValueError, ["radius: when['kind']: got 'square'", "'line', 'disk'"]),
    ("disk", TypeError, ["radius: got when='disk'", "a dict"]),
])  # fmt: skip
def test_a_condition_about_nothing_is_refused_when_the_lab_is_made(when, error, words):
    controls = {"kind": Choice("line", ("line", "disk")), "radius": Slider(3, 1, 9, when=when)}
    with pytest.raises(error) as caught:
        live.lab(**controls)(lambda kind, radius: Frame(images={"a": SMALL}))
    assert all(word in str(caught.value) for word in words)

"""Every lab of every lesson, without a browser: each control at its ends and in the middle, and random settings."""

import itertools
import re
import warnings
from collections.abc import Iterator
from reprlib import repr as short

import numpy as np
import pytest
from lessons import LESSONS, a_photograph, labs_in

from deconvlab import live
from deconvlab._frame import encode
from deconvlab.live import Box, Choice, Frame, LogSlider, Panel, Region, Slider, Toggle, Upload

RANDOM_SETTINGS = 100
FRAMES = 5  # of an iterative lab; at each fiftieth random setting it runs to its end
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)


def labs(lesson):
    """The different labs that a lesson shows."""
    return {id(lab): lab for shown in labs_in(lesson).values() for lab in shown}.values()


def stops(control):
    """The settings at which a control is tried: every option, both ends and the middle, some boxes, or a photograph."""
    if isinstance(control, Toggle):
        return False, True
    if isinstance(control, Choice):
        return control.options
    if isinstance(control, Region):
        return Box(), Box(0, 0.5, 0, 0.5), Box(0.4, 0.7, 0.3, 0.8)
    if isinstance(control, Upload):
        return control.value, a_photograph()
    low, high = float(control.low), float(control.high)
    return low, (low * high) ** 0.5 if isinstance(control, LogSlider) else (low + high) / 2, high


def anywhere(control, rng):
    """A random setting of a control, one that its slider can reach or lie between."""
    if isinstance(control, LogSlider):
        return float(np.clip(np.exp(rng.uniform(np.log(control.low), np.log(control.high))), control.low, control.high))
    if isinstance(control, Slider):
        return float(rng.uniform(control.low, control.high))
    if isinstance(control, Region):
        top, left, height, width = rng.uniform((0, 0, 0.1, 0.1), (0.5, 0.5, 0.5, 0.5))
        return Box(top, top + height, left, left + width)
    options = stops(control)
    return options[rng.integers(len(options))]


def frame_at(lab, values, most=FRAMES):
    """The frame of a lab for some values; of an iterative lab the last of the first few."""
    initial = {name: control.checked(name, control.value) for name, control in lab.controls.items()}
    result = lab._function(**lab._given(lab._checked(initial | values)))
    *_, frame = itertools.islice(result, most) if isinstance(result, Iterator) else [result]
    return frame


def problems_at(lab, values, show=frame_at):
    """What is wrong with a lab at one setting, in sentences; and the frame."""
    setting = f"{lab.__name__}({', '.join(f'{name}={short(value)}' for name, value in values.items())})"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            frame = show(lab, values)
            frame.describe()
    except Exception as error:
        return [f"{setting} raises {type(error).__name__}: {error}"], None
    bad = [f"the image {title!r}" for title, panel in frame.images.items() if not np.isfinite(panel.array).all()]
    bad += [f"the number {label!r}" for label, number in frame.numbers.items() if not np.isfinite(number)]
    return [f"{setting}: {what} is not finite" for what in bad], frame


def pictures(lab, name, others):
    """What the page shows as one control moves from end to end; and what is wrong."""
    problems, seen = [], set()
    for value in stops(lab.controls[name]):
        found, frame = problems_at(lab, {**others, name: value})
        problems += found
        if frame:
            seen.add(b"".join(encode(panel).tobytes() for panel in frame.images.values()))
    return seen, problems


def problems_of_control(lab, name):
    """What is wrong when one control moves away from the initial setting."""
    seen, problems = pictures(lab, name, {})
    switches = {other: c for other, c in lab.controls.items() if isinstance(c, Choice | Toggle) and other != name}
    for other, value in ((other, value) for other, control in switches.items() for value in stops(control)):
        if problems or len(seen) > 1:
            break
        seen, problems = pictures(lab, name, {other: value})  # a control may be for one of the choices only
    if not problems and len(seen) < 2:
        problems.append(f"{lab.__name__}: moving {name!r} from one end to the other changes no picture")
    return problems


def problems_of_words(lab):
    """Controls that do not say what they are, or whether they move the truth or the assumption."""
    words = {name: (control.label or name, control.help) for name, control in lab.controls.items()}
    labels = [label for label, _ in words.values()]
    problems = [
        f"{lab.__name__}: {name!r} has a label of spaces" for name, (label, _) in words.items() if not label.strip()
    ]
    problems += [
        f"{lab.__name__}: two controls are called {label!r}" for label in set(labels) if labels.count(label) > 1
    ]
    return problems + [
        f"{lab.__name__}: the help of {name!r} does not say: truth, assumption or neither"
        for name, (_, help) in words.items()
        if not {"truth", "assumption", "neither"} & set(re.findall(r"\w+", help))
    ]


def report(problems):
    assert not problems, f"{len(problems)} problems:\n" + "\n".join(problems[:20])


@every_lesson
def test_every_control_says_what_it_moves(lesson):
    report([problem for lab in labs(lesson) for problem in problems_of_words(lab)])


@every_lesson
def test_every_control_works_from_end_to_end(lesson):
    report([p for lab in labs(lesson) for name in lab.controls for p in problems_of_control(lab, name)])


@every_lesson
def test_random_settings_stay_finite(lesson):
    problems = []
    for lab in labs(lesson):
        rng = np.random.default_rng(0)
        for k in range(RANDOM_SETTINGS):
            values = {name: anywhere(control, rng) for name, control in lab.controls.items()}
            show = frame_at if k % 50 else lambda lab, values: lab(**values)
            problems += problems_at(lab, values, show)[0]
    report(problems)


# The checks themselves find what they look for


def test_the_checks_find_a_control_that_moves_nothing():
    @live.lab(
        dead=Slider(1, 0, 2), level=Slider(1, 0, 1), radius=Slider(0, 0, 1), kind=Choice("line", ["line", "disk"])
    )
    def lab(dead, level, radius, kind):
        return Frame(
            images={"image": np.full((2, 2), level), "psf": np.full((2, 2), radius if kind == "disk" else 1.0)}
        )

    assert [problems_of_control(lab, name) for name in ("level", "radius", "kind")] == [[], [], []]
    assert problems_of_control(lab, "dead") == ["lab: moving 'dead' from one end to the other changes no picture"]


def test_the_checks_find_what_is_not_finite_what_warns_and_what_raises():
    @live.lab(level=Slider(1, 0, 2), warns=Toggle(False), fails=Choice("no", ["no", "yes"]))
    def lab(level, warns, fails):
        if warns:
            warnings.warn("a warning", stacklevel=1)
        if fails == "yes":
            raise ZeroDivisionError("no way")
        image = np.full((2, 2), level if level else np.nan)
        return Frame(
            images={"image": image, "range": Panel(image, None, None)}, numbers={"n": [0, 1, np.inf][int(level)]}
        )

    assert problems_of_control(lab, "level") == [
        "lab(level=0.0): the image 'image' is not finite",
        "lab(level=0.0): the image 'range' is not finite",
        "lab(level=2.0): the number 'n' is not finite",
    ]
    assert problems_of_control(lab, "warns") == ["lab(warns=True) raises UserWarning: a warning"]
    assert problems_of_control(lab, "fails") == ["lab(fails='yes') raises ZeroDivisionError: no way"]


def test_the_checks_find_controls_without_words():
    @live.lab(
        good=Slider(0, 0, 1, help="moves the truth"),
        level=Slider(0, 0, 1, help="assumption: how bright"),
        other=Slider(0, 0, 1, label="level", help="truthful"),
        step=Slider(0, 0, 1, label=" ", help="neither: how far"),
    )
    def lab(good, level, other, step):
        return Frame(images={"image": np.zeros((2, 2))})

    assert problems_of_words(lab) == [
        "lab: 'step' has a label of spaces",
        "lab: two controls are called 'level'",
        "lab: the help of 'other' does not say: truth, assumption or neither",
    ]


def test_the_checks_move_a_region_and_bring_a_photograph():
    @live.lab(photo=Upload(np.zeros((8, 8)), len, help="neither"), part=Region(of="image"), dead=Region(of="image"))
    def lab(photo, part, dead):
        image = np.zeros((8, 8)) if isinstance(photo, np.ndarray) else np.full((8, 8), 1000 / photo)
        part.cut(image)[:] += 0.5
        return Frame(images={"image": image})

    assert [problems_of_control(lab, name) for name in ("photo", "part")] == [[], []]
    assert problems_of_control(lab, "dead") == ["lab: moving 'dead' from one end to the other changes no picture"]


def test_the_checks_look_at_the_first_frames_of_an_iterative_lab():
    @live.lab(level=Slider(1, 0, 1))
    def lab(level):
        for k in range(1000):
            yield Frame(images={"image": np.full((2, 2), level * k / 1000)}, numbers={"k": k})

    assert frame_at(lab, {"level": 0.5}).numbers == {"k": FRAMES - 1}
    assert problems_of_control(lab, "level") == []


def test_random_settings_lie_within_the_range_and_repeat():
    controls = [Slider(0, -2, 3), LogSlider(1e-3, 1e-8, 1), Choice("a", "abc"), Toggle(True), Region(of="image")]
    one, two = ([[anywhere(c, rng) for c in controls] for _ in range(50)] for rng in map(np.random.default_rng, (0, 0)))
    assert one == two
    for column, control in zip(zip(*one, strict=True), controls, strict=True):
        assert all(control.checked("value", value) == value for value in column) and len(set(column)) > 1

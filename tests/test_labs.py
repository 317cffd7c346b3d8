"""A lab without a browser: each control at its ends, and random settings.

`trials.py` asks this of every lab of every lesson; here the checks show that they find what they look for.
"""

import functools
import itertools
import re
import warnings
from collections.abc import Iterator
from reprlib import repr as short

import numpy as np
from lessons import a_photograph

from deconvlab import live
from deconvlab._frame import encode
from deconvlab.live import Box, Choice, Frame, LogSlider, Panel, Region, Slider, Toggle, Upload

RANDOM_SETTINGS = 4, 12  # for each control, and at most: few controls make few pairs
FRAMES = 5  # of an iterative lab; at the first random setting it runs to its end


def stops(control):
    """The settings at which a control is tried beside its start: every option, both ends, boxes, or a photograph."""
    if isinstance(control, Upload):
        return (a_photograph(),)
    if isinstance(control, Region):
        return Box(), Box(0, 0.5, 0, 0.5), Box(0.4, 0.7, 0.3, 0.8)
    ends = (float(control.low), float(control.high)) if isinstance(control, Slider | LogSlider) else options(control)
    return tuple(value for value in ends if value != control.value)


def options(control):
    """All settings of a switch."""
    return (False, True) if isinstance(control, Toggle) else control.options


def anywhere(control, share):
    """A setting of a control at this share of its way from end to end, which its slider can reach or lie between."""
    if isinstance(control, LogSlider):
        return float(np.clip(control.low * (control.high / control.low) ** share, control.low, control.high))
    if isinstance(control, Slider):
        return float(control.low + share * (control.high - control.low))
    if isinstance(control, Region):
        rng = np.random.default_rng(int(1e6 * share))
        top, left, height, width = rng.uniform((0, 0, 0.1, 0.1), (0.5, 0.5, 0.5, 0.5))
        return Box(top, top + height, left, left + width)
    settings = (control.value, *stops(control)) if isinstance(control, Upload) else options(control)
    return settings[int(share * len(settings))]


def random_settings(controls):
    """Settings of these controls, a Latin hypercube: each control once in each of as many equal parts of its way."""
    each, most = RANDOM_SETTINGS
    count = min(most, each * len(controls))
    rng, size = np.random.default_rng(0), (count, len(controls))
    parts = rng.permuted(np.broadcast_to(np.arange(count)[:, None], size), axis=0)
    for shares in (parts + rng.random(size)) / count:
        yield {name: anywhere(control, share) for (name, control), share in zip(controls.items(), shares, strict=True)}


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


@functools.cache
def at_start(lab):
    """What is wrong with a lab where it starts, from where each control moves; and the frame."""
    return problems_at(lab, {})


def problems_of_control(lab, name):
    """What is wrong when one control moves from its start to its ends, while the page shows it."""
    when = next(control["when"] for control in lab.spec if control["name"] == name)
    others = {other: values[0] for other, values in when.items() if lab._initial[other] not in values}
    tried = [problems_at(lab, others) if others else at_start(lab)]
    tried += [problems_at(lab, {**others, name: value}) for value in stops(lab.controls[name])]
    problems = [problem for found, _ in tried for problem in found]
    seen = {b"".join(encode(panel).tobytes() for panel in frame.images.values()) for _, frame in tried if frame}
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


def problems_anywhere(lab):
    """What is wrong at random settings, at the first of which a run goes to its end."""
    first, *others = random_settings(lab.controls)
    problems = problems_at(lab, first, lambda lab, values: lab(**values))[0]
    return problems + [problem for values in others for problem in problems_at(lab, values)[0]]


# Do they find what they look for?


def test_the_checks_find_a_control_that_moves_nothing():
    @live.lab(
        dead=Slider(1, 0, 2),
        level=Slider(1, 0, 1),
        radius=Slider(0, 0, 1, when={"kind": "disk"}),
        kind=Choice("line", ["line", "disk"]),
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


def test_random_settings_lie_within_the_range_and_everywhere_in_it():
    """Catches: a setting that the page refuses; a part of a slider, or an option, where no setting lies."""
    controls = {
        "slider": Slider(0, -2, 3),
        "log": LogSlider(1e-3, 1e-8, 1),
        "choice": Choice("a", "abc"),
        "toggle": Toggle(True),
        "region": Region(of="image"),
    }
    settings = list(random_settings(controls))
    count = RANDOM_SETTINGS[1]
    assert settings == list(random_settings(controls)) and len(settings) == count
    seen = {name: [values[name] for values in settings] for name in controls}
    for name, control in controls.items():
        assert all(control.checked("value", value) == value for value in seen[name])
    assert set(seen["choice"]) == set("abc") and set(seen["toggle"]) == {False, True}
    assert len(set(seen["region"])) == count
    for way in (np.sort(seen["slider"]) / 5, np.sort(np.log10(seen["log"])) / 8):
        assert max(np.diff(way)) < 2 / count and np.ptp(way) > 1 - 2 / count


def test_the_checks_find_two_controls_that_are_fine_alone_and_not_together():
    """Catches: so few random settings that none has two controls far from their starts."""

    @live.lab(level=Slider(0, 0, 1), epsilon=LogSlider(1e-6, 1e-6, 1))
    def lab(level, epsilon):
        together = level > 0.5 and epsilon > 1e-3
        return Frame(images={"image": np.full((2, 2), np.nan if together else level + epsilon)})

    assert [problems_of_control(lab, name) for name in lab.controls] == [[], []]
    assert any("the image 'image' is not finite" in problem for problem in problems_anywhere(lab))


def test_the_checks_run_one_random_setting_to_its_end():
    """Catches: a run that fails after the few frames at which the others are looked at."""

    @live.lab(level=Slider(1, 0, 1))
    def lab(level):
        for k in range(20):
            yield Frame(images={"image": np.full((2, 2), level)}, numbers={"k": k if k < 15 else np.nan})

    (problem,) = problems_anywhere(lab)
    assert "the number 'k' is not finite" in problem

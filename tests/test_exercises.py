"""`check` survives every answer, and says which of four things it is."""

import os
import sys

import numpy as np
import pytest

import deconvlab as dl
from deconvlab import exercises
from deconvlab.exercises import _answer, _check, compare
from deconvlab.exercises._answer import Function, Mistake
from deconvlab.exercises._tasks import Tasks

RNG = np.random.default_rng(0)


@pytest.fixture
def twice(monkeypatch):
    """A lesson with one task: write a function that doubles an array."""
    tasks = Tasks()

    @tasks.task("98-twice", "Multiply.", "x * 2")
    def judge(answer):
        x = RNG.random((4, 6)) - 0.5
        compare.array(Function(answer, "x")(x), 2 * x)
        return "Twice as much."

    monkeypatch.setattr(_check, "_task", tasks.__getitem__)


def verdict(capsys, answer, name="98-twice", **options):
    assert exercises.check(name, answer, **options) is None
    return " ".join(capsys.readouterr().out.removeprefix(f"{name}: ").split())


def raises(x):
    y = x + 1
    return y / undefined  # noqa: F821


def forever(x):
    while True:
        try:
            x = x + 1
        except Exception:
            x = 0


def loud(x):
    print("much")
    return 2 * x


def greedy(x):
    x *= 2
    return x


def deep(x):
    return deep(x)


def leaves(x):
    raise SystemExit


class Odd:
    """An answer that minds being compared or printed."""

    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = None

    def __repr__(self):
        raise RuntimeError("no")


ANSWERS = {
    "right": (lambda x: 2 * x, "right. Twice as much."),
    "another writing": (lambda x: x + x, "right."),
    "prints": (loud, "right."),
    "a list": (lambda x: (2 * x).tolist(), "right."),
    "ellipsis": (..., "not answered yet. Replace"),
    "none": (None, "not answered yet."),
    "half a list": ([1, ...], "not answered yet."),
    "half a dictionary": ({0.1: 2, 0.2: ...}, "not answered yet."),
    "a stub": (lambda x: ..., "not answered yet. Your function returns nothing yet"),
    "returns nothing": (lambda x: None, "not answered yet. Your function returns nothing yet"),
    "no function": (3, "not right. Got int, expected a function of (x)"),
    "called too early": (np.ones(3), "not right. Got ndarray, expected a function of (x)"),
    "two arguments": (lambda x, y: x, "not right. Your function should take (x)"),
    "no change": (lambda x: x, "not right. It is half"),
    "abs": (lambda x: abs(2 * x), "not right. It has lost its sign"),
    "shape": (lambda x: 2 * x[1:], "not right. It has the shape (3, 6), expected (4, 6)"),
    "axes": (lambda x: 2 * x.T, "not right. It has the shape (6, 4), rows and columns exchanged"),
    "nan": (lambda x: x * np.nan, "not right. 24 of its values are NaN"),
    "text": (lambda x: "twice", "not right. Got str, expected an array of numbers"),
    "ragged": (lambda x: [[1], [1, 2]], "not right. Got list, expected one array"),
    "changes its argument": (greedy, "not right. Your function changes its argument number 1"),
    "raises": (raises, "could not be run. Line "),
    "recursion": (deep, "could not be run. Line "),
    "leaves": (leaves, "could not be run. Line "),
    "a class": (Odd, "not right. Your function should take (x)"),
    "an odd object": (Odd(), "not right. Got Odd"),
    "complex": (lambda x: 2 * x + 0j, "not right. It is complex, with imaginary parts that are mere round-off"),
    "objects": (lambda x: np.array([Odd()]), "not right."),
}


@pytest.mark.parametrize("which", ANSWERS)
def test_every_answer_gets_its_verdict(which, twice, capsys):
    """Catches: an answer that crashes the checker, or gets the wrong one of the four outcomes."""
    answer, expected = ANSWERS[which]
    assert verdict(capsys, answer).startswith(expected)


def test_what_raises_is_told_with_its_line(twice, capsys):
    said = verdict(capsys, raises)
    assert "`return y / undefined # noqa: F821`" in said and "NameError: name 'undefined'" in said


def test_what_never_ends_is_stopped(twice, capsys, monkeypatch):
    """Catches: a class that waits for ever; a bare except that keeps the loop alive."""
    monkeypatch.setattr(_answer, "PATIENCE", 0.2)
    assert verdict(capsys, forever).startswith("could not be run. It did not end within")


def test_a_trace_that_was_there_is_there_again(twice, capsys):
    before = sys.gettrace()
    verdict(capsys, raises)
    assert sys.gettrace() is before


@pytest.mark.parametrize("which", ANSWERS)
def test_the_strict_run_raises_unless_it_is_right(which, twice, monkeypatch):
    monkeypatch.setenv("DECONVLAB_STRICT", "1")
    answer, expected = ANSWERS[which]
    if expected.startswith("right"):
        exercises.check("98-twice", answer)
    else:
        with pytest.raises(exercises.NotRight, match="98-twice: "):
            exercises.check("98-twice", answer)


def test_hints_come_in_steps(twice, capsys):
    assert verdict(capsys, ..., hint=1) == "Hint 1 of 2: Multiply."
    assert verdict(capsys, ..., hint=2) == "Hint 1 of 2: Multiply. Hint 2 of 2: x * 2"


# Predictions


@pytest.mark.parametrize("answer", ["b", "B", "(b)", " b."])
def test_a_prediction_is_right_in_any_writing(answer, capsys):
    assert verdict(capsys, answer, "04-prediction-1", a=False, b=np.True_, c=False) == "right. (b) came true."


def test_a_wrong_prediction_is_told_what_came_true(capsys):
    said = verdict(capsys, "a", "04-prediction-1", a=False, b=True, c=False)
    assert said.startswith("not right. You chose (a); (b) came true.")


@pytest.mark.parametrize("answer", ["d", "", 1, ["a"], Odd, b"a"])
def test_what_is_no_letter_is_told_the_letters(answer, capsys):
    assert 'expected one of "a", "b"' in verdict(capsys, answer, "04-prediction-1", a=False, b=True)


def test_an_untouched_prediction_is_not_answered(capsys):
    assert verdict(capsys, ..., "04-prediction-1", a=False, b=True).startswith("not answered yet. Write your letter")


@pytest.mark.parametrize("letters", [{"a": True, "b": True}, {"a": False, "b": False}])
def test_a_lab_that_does_not_decide_is_the_lessons_mistake(letters):
    """Catches: letters that overlap, or leave a gap into which the lab has fallen."""
    with pytest.raises(ValueError, match="letters: got"):
        exercises.check("04-prediction-1", ..., **letters)


def test_a_number_read_off_a_lab(capsys):
    assert verdict(capsys, 0.0102, "04-now-you", value=0.01) == "right. The lab says 0.01."
    assert verdict(capsys, 0.02, "04-now-you", value=0.01) == "not right. It is twice the right number."
    assert verdict(capsys, 0.013, "04-now-you", value=0.01, within=0.5).startswith("right.")
    assert verdict(capsys, ..., "04-now-you", value=0.01).startswith("not answered yet.")


def test_an_unknown_task_is_refused_by_name():
    with pytest.raises(ValueError, match="expected one of 04-gain-by-hand"):
        exercises.check("04-gain-by-foot", 3)
    with pytest.raises(ValueError, match="this lesson has no tasks"):
        exercises.check("97-nothing", 3)
    with pytest.raises(ValueError, match='such as "04-write-the-gain"'):
        exercises.check("gain", 3)


# Mistakes that are recognised by what they do


PICTURE = RNG.random((8, 8))
SIGNED = RNG.standard_normal((6, 9))
RECOGNISED = {
    "shifted by half a picture": (np.fft.fftshift(PICTURE), PICTURE),
    "turned by half": (SIGNED[::-1, ::-1], SIGNED),
    "mirrored, top to bottom": (SIGNED[::-1], SIGNED),
    "mirrored, left to right": (SIGNED[:, ::-1], SIGNED),
    "Rows and columns are exchanged": (PICTURE.T, PICTURE),
    "lost its sign": (abs(SIGNED), SIGNED),
    "255 times too large": (255 * PICTURE, PICTURE),
    "sign is the wrong way": (-SIGNED, SIGNED),
    "clipped": (SIGNED.clip(0, 1), SIGNED),
    "a variance": (PICTURE**2, PICTURE),
    "holds levels, not light": (dl.linear_to_srgb(PICTURE), PICTURE),
    "undone once too often": (dl.srgb_to_linear(PICTURE), PICTURE),
    "one row": (np.roll(SIGNED, 1, 0), SIGNED),
    "one column": (np.roll(SIGNED, -1, 1), SIGNED),
    "complex conjugate": ((SIGNED + 1j * SIGNED**2).conj(), SIGNED + 1j * SIGNED**2),
    "Its sum is 1": (PICTURE / PICTURE.sum(), PICTURE),
    "rounded to 256 levels": (np.rint(255 * PICTURE) / 255, PICTURE),
    "except along the frame": (np.pad(PICTURE[1:-1, 1:-1], 1), PICTURE),
    "was a `conj` or an `ifftshift` left out": (SIGNED + 1j * SIGNED**2, SIGNED),
}


@pytest.mark.parametrize("what", RECOGNISED)
def test_the_usual_mistakes_are_named(what):
    answer, right = RECOGNISED[what]
    compare.array(right, right)
    with pytest.raises(Mistake, match=what.replace("(", r"\(").replace(")", r"\)")):
        compare.array(answer, right, rim=1)


@pytest.mark.parametrize(("answer", "what"), [
    (-0.3, "sign"), (0.09, "square"), (0.3**0.5, "root"), (0.6, "twice"), (0.15, "half"), (1 / 0.3, "one divided by"),
    (np.complex128(0.3), "Got complex128"), (0.31, "Got 0.31"), ("much", "Got str"), ([1, 2], "Got list"),
    (np.nan, "Got nan"), (7, "like so"),
])  # fmt: skip
def test_numbers_too(answer, what):
    compare.number("0.3", 0.3)
    with pytest.raises(Mistake, match=what):
        compare.number(answer, 0.3, wrong={"like so": 7})


# Progress


def test_what_was_passed_is_remembered_where_somebody_said_so(twice, capsys, tmp_path, monkeypatch):
    """Catches: a file that appears unasked, a wrong answer that counts, a damaged file that stops the lesson."""
    place = tmp_path / "progress.json"
    verdict(capsys, lambda x: 2 * x)
    assert not list(tmp_path.iterdir())
    exercises.progress()
    assert "python lab.py" in capsys.readouterr().out
    monkeypatch.setenv("DECONVLAB_PROGRESS", os.fspath(place))
    verdict(capsys, lambda x: x)
    assert not place.exists()
    verdict(capsys, lambda x: 2 * x)
    verdict(capsys, lambda x: 2 * x)
    exercises.progress()
    assert capsys.readouterr().out == "Lesson 98: 1 passed: twice\n"
    place.write_text("{", encoding="utf-8")
    exercises.progress()
    assert capsys.readouterr().out == "No check passed yet.\n"
    verdict(capsys, lambda x: 2 * x)
    assert "98-twice" in place.read_text(encoding="utf-8")
    monkeypatch.setenv("DECONVLAB_PROGRESS", os.fspath(tmp_path / "no" / "folder"))
    verdict(capsys, lambda x: 2 * x)

"""A verdict with its reason, whatever the answer is. The tasks stand in one file per lesson; this one knows none."""

from __future__ import annotations

import importlib
import os
import re
import textwrap
from typing import Literal

from . import compare
from ._answer import Broken, Mistake, Unanswered, named
from ._progress import remember

STRICT = "DECONVLAB_STRICT"
WIDTH = 100  # characters of a line: JupyterLab would break a longer one within a word


class NotRight(AssertionError):
    """Raised in place of a printed verdict, where DECONVLAB_STRICT=1 asks for it."""


def check(
    name: str,
    answer: object,
    *,
    hint: Literal[0, 1, 2] = 0,
    value: float | None = None,
    within: float = 0.05,
    **letters: bool,
) -> None:
    """Print a verdict on an answer, and why.

    Parameters
    ----------
    name : str
        "04-write-the-gain": the number of the lesson, and its name there.
    answer : object
        A number, an array, a function, a letter: what the task asks for; ``...`` says that there is none yet.
    hint : {0, 1, 2}, optional
        Print so many hints instead, from a nudge to nearly everything.
    value, within : float, optional
        For a number that the lab decides: what the lab says, and how far the answer may be off, as a share of it.
    **letters : bool
        For a prediction: whether what each letter says has come true, computed from the lab. One of them has.

    Raises
    ------
    ValueError, TypeError
        If there is no such task, or not exactly one letter has come true: a mistake of the lesson's.
    NotRight
        If the environment variable DECONVLAB_STRICT is 1 and the answer is not right.

    Examples
    --------
    >>> check("04-prediction-1", "b", a=1 > 2, b=2 > 1)
    04-prediction-1: right. (b) came true.
    >>> check("04-prediction-1", ..., a=1 > 2, b=2 > 1)
    04-prediction-1: not answered yet. Write your letter above, in quotes, and run both cells.
    """
    if letters:
        judge, hints = _Prediction(letters), ()
    elif value is not None:
        judge, hints = _Reading(value, within), ()
    else:
        judge, hints = _task(name)
    strict = os.environ.get(STRICT) == "1"
    if hint and not strict:
        for number, text in enumerate(hints[: int(hint)] or ("There is no hint for this one.",), 1):
            print(f"Hint {number} of {max(len(hints), 1)}: {text}")
        return
    right, verdict = _judged(judge, answer)
    if right:
        remember(name)
    elif strict:
        raise NotRight(f"{name}: {verdict}")
    print(textwrap.fill(f"{name}: {verdict}", WIDTH, break_long_words=False, break_on_hyphens=False))


def _judged(judge, answer):
    """Whether the answer is right, and the verdict."""
    try:
        if answer is None or any(part is ... for part in _parts(answer)):
            raise Unanswered(getattr(judge, "invitation", "Replace ... by your answer, and run both cells."))
        praise = judge(answer)
        return True, f"right. {praise}" if praise else "right."
    except Unanswered as reason:
        return False, f"not answered yet. {reason}"
    except Mistake as reason:
        return False, f"not right. {reason}"
    except Broken as reason:
        return False, f"could not be run. {reason}"
    except Exception as error:  # an answer that nobody has thought of
        kind = type(answer).__name__
        return False, f"could not be run. Your answer, a {kind}, led to {named(error)}"


def _parts(answer):
    """An answer, or the parts of one that has several."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    return answer if isinstance(answer, (list, tuple)) else [answer]


class _Prediction:
    """The letters of a prediction, with what has come true."""

    invitation = "Write your letter above, in quotes, and run both cells."

    def __init__(self, letters):
        self.letters, true = letters, [letter for letter, so in letters.items() if so]
        if len(true) != 1:
            raise ValueError(
                f"letters: got {', '.join(true) or 'none'} come true, expected one of {', '.join(letters)}"
            )
        self.true = true[0]

    def __call__(self, answer):
        letter = re.sub(r"[^a-z]", "", answer.lower()) if isinstance(answer, str) else None
        if letter not in self.letters:
            expected = ", ".join(f'"{letter}"' for letter in self.letters)
            raise Mistake(f"Got {answer!r}, expected one of {expected}.")
        if letter != self.true:
            raise Mistake(f"You chose ({letter}); ({self.true}) came true. The numbers above say by how much.")
        return f"({letter}) came true."


class _Reading:
    """A number to be found in a lab, which knows it."""

    def __init__(self, value, within):
        self.value, self.within = float(value), within

    def __call__(self, answer):
        compare.number(answer, self.value, within=self.within)
        return f"The lab says {self.value:.4g}."


def _task(name):
    """The judge and the hints of a task, from the file of its lesson."""
    if not isinstance(name, str) or not re.fullmatch(r"\d\d-[a-z0-9-]+", name):
        raise ValueError(f'name: got {name!r}, expected one such as "04-write-the-gain"')
    module = f"{__package__}.lesson_{name[:2]}"
    try:
        tasks = importlib.import_module(module).tasks
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        tasks = {}
    if name not in tasks:
        raise ValueError(f"name: got {name!r}, expected one of {', '.join(tasks) or 'none: this lesson has no tasks'}")
    return tasks[name]

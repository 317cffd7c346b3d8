"""The loop around an algorithm: what an iterate is, and what a run collects."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from . import _check
from ._types import PSF, Image

MEMORY = 2**28  # bytes of pictures that `run` keeps at most


class Iterate(NamedTuple):
    """One step of an algorithm.

    Attributes
    ----------
    k : int
        How many steps were taken; 0 is the initial guess.
    x : (M, N) float array
        The picture, safe to keep: no later step changes it.
    objective : float
        What is minimized, at x.
    residual_norm : float
        ||H x - y||.
    """

    k: int
    x: Image
    objective: float
    residual_norm: float


class BlindIterate(NamedTuple):
    """One step of an algorithm that improves picture and PSF.

    Attributes
    ----------
    k, x, objective, residual_norm
        As of `Iterate`, with what is minimized at x and psf, and ||psf * x - y||.
    psf : (K, L) float64 array
        The PSF, safe to keep.
    """

    k: int
    x: Image
    objective: float
    residual_norm: float
    psf: PSF


@dataclass(frozen=True, eq=False)
class History:
    """What `run` collected.

    Attributes
    ----------
    x : (M, N) float array
        The last picture.
    k : int
        Its step.
    objective, residual_norm : lists of float
        One for each step, the initial guess included.
    kept : dict of int to (M, N) array
        The pictures that were asked for, by step.
    reason : str
        Why it stopped, in words.
    """

    x: Image
    k: int
    objective: list[float]
    residual_norm: list[float]
    kept: dict[int, Image] = field(repr=False)
    reason: str = ""


def run(
    iterates: Iterable[Iterate | BlindIterate],
    max_iter: int,
    *,
    stop: Callable[[Any], object] | None = None,
    keep: int | Iterable[int] | None = None,
    progress: bool | None = None,
) -> History:
    """Let an algorithm run, and collect what happened.

    Parameters
    ----------
    iterates : iterable of Iterate
        From a solver.
    max_iter : int >= 0
        Take at most so many steps.
    stop : function of Iterate -> bool, optional
        Stop after the first iterate for which it is true, for example
        ``lambda it: it.residual_norm <= sigma * np.sqrt(y.size)``.
    keep : int > 0 or collection of ints, optional
        Keep the picture of every n-th step, or of these steps. By default none but the last. All that is kept takes at
        most 256 MB: where every n-th would take more, every 2n-th is kept, and so on.
    progress : bool, optional
        Show how far it is. By default only when the work takes longer than two seconds.

    Returns
    -------
    history : History

    Raises
    ------
    ValueError
        If max_iter is negative, keep is not positive or names more steps than fit, or the solver yields nothing.

    Notes
    -----
    Interrupting the kernel returns what there is so far, with the reason "interrupted"; if there is nothing, it
    interrupts.
    """
    max_iter = _check.whole("max_iter", max_iter, 0, 10**9)
    if not isinstance(iterates, Iterable):
        raise TypeError(f"iterates: got {type(iterates).__name__}, expected what a solver returns when it is called")
    if stop is not None and not callable(stop):
        raise TypeError(f"stop: got {stop!r}, expected a function of an iterate")
    kept, progress = _Kept(keep), _check.choice("progress", progress, (None, True, False))
    objective, residual_norm, it = [], [], None
    steps, reason = _Steps(iterates), ""
    bar = Progress(max_iter, progress)
    try:
        for it in steps:
            objective.append(it.objective)
            residual_norm.append(it.residual_norm)
            kept.add(it)
            bar.show(it.k, f", objective {it.objective:.4g}")
            if stop is not None and stop(it):
                reason = "the stopping rule"
                break
            if it.k >= max_iter:
                reason = f"{max_iter} steps"
                break
    except KeyboardInterrupt:
        if it is None:
            raise
        reason = "interrupted"
    finally:
        bar.close()
    if it is None:
        raise ValueError("iterates: got none, expected at least the initial guess")
    return History(it.x, it.k, objective, residual_norm, kept.pictures, reason or steps.ending)


class _Steps:
    """What a solver yields, and what it returns: the reason, where it ends before its goal."""

    def __init__(self, iterates):
        self.iterates, self.ending = iter(iterates), "converged"

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self.iterates)
        except StopIteration as end:
            self.ending = end.value or "converged"
            raise


class _Kept:
    """The pictures that were asked for, as many as fit into the memory bound."""

    def __init__(self, keep):
        self.pictures, self.every = {}, None
        if keep is None or isinstance(keep, Iterable):
            self.steps = set(() if keep is None else keep)
        else:
            self.every = _check.whole("keep", keep, 1, 10**9)

    def add(self, it):
        most = max(MEMORY // it.x.nbytes, 1)
        if self.every is None and len(self.steps) > most:
            raise ValueError(f"keep: got {len(self.steps)} steps, expected at most {most} pictures of this size")
        if it.k not in self.steps if self.every is None else it.k % self.every:
            return
        self.pictures[it.k] = it.x
        while self.every is not None and len(self.pictures) > most:
            self.every *= 2
            self.pictures = {k: x for k, x in self.pictures.items() if k % self.every == 0}


class Progress:
    """One line that says how far a long run is."""

    def __init__(self, most, progress, what="step"):
        self.most, self.what, self.start = most, what, time.monotonic()
        self.due = {None: self.start + 2, True: self.start, False: np.inf}[progress]
        self.width = 0

    def show(self, k, words=""):
        now = time.monotonic()
        if now < self.due:
            return
        left = (now - self.start) / max(k, 1) * (self.most - k)
        line = f"{self.what} {k} of {self.most}{words}, at most {left:.0f} s to go"
        print("\r" + line.ljust(self.width), end="", file=sys.stderr, flush=True)
        self.due, self.width = now + 0.2, len(line)

    def close(self):
        if self.width:
            print("\r" + " " * self.width, end="\r", file=sys.stderr, flush=True)

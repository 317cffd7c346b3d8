"""The long work of a lab: a generator that says how far it is, and at last yields the picture at full size."""

import inspect
import time
from contextlib import closing, contextmanager
from math import inf

import numpy as np

from . import _photo, _shown

PERIOD = 0.1  # seconds between the shares that are told


class FullSize:
    """The function behind a lab's button "Full size", and the one run of it that may be going on.

    Parameters
    ----------
    function : generator function
        It yields the share done and at last the picture.
    arguments : list of str
        Those it has to take.
    """

    def __init__(self, function, arguments):
        if not inspect.isgeneratorfunction(function):
            raise TypeError(f"at_full_size: got {function!r}, expected a function that yields the share done")
        names = list(inspect.signature(function).parameters)
        if names != arguments:
            got = f"{function.__name__}({', '.join(names)})"
            raise TypeError(f"at_full_size: got {got}, expected the lab's arguments ({', '.join(arguments)})")
        self._function, self.name = function, function.__name__
        self.view = None  # the page's that runs it
        self.stopped = False
        self._unseen = None  # when the oldest share was told of that this page has not acknowledged

    def run(self, values, tell, patience):
        """Steps that return the picture, or None if stopped, or if `tell` has not been heard for so many seconds."""
        due = 0.0
        with closing(self.steps(values)) as steps:
            for got in steps:
                now = time.monotonic()
                if self.stopped or now > (self._unseen or now) + patience:
                    return None
                if not isinstance(got, float):
                    return got
                if now >= due:
                    self._unseen, due = self._unseen or now, now + PERIOD
                    tell(got)
                yield

    def steps(self, values):
        """The shares, and at last the picture."""
        with closing(self._function(**values)) as steps:
            for got in steps:
                if np.ndim(got):
                    yield _photo.picture(self.name, got)
                    return
                share = _shown.number(self.name, got)
                if not 0 <= share <= 1:
                    raise ValueError(f"{self.name}: yielded {share:g}, expected the share done, from 0 to 1")
                yield share
        raise ValueError(f"{self.name}: yielded no picture, expected one at last: an array of floats")

    @contextmanager
    def hearing(self):
        """While a message of the page's is dealt with, the next ones have to wait: that is no silence."""
        self._unseen = inf
        try:
            yield
        finally:
            self._unseen = None

"""What a learner wrote, run with care: it may print, change what it is given, raise, or never end."""

import contextlib
import copy
import inspect
import io
import linecache
import sys
import time

import numpy as np

PATIENCE = 5.0  # seconds for one call of a learner's function


class Mistake(Exception):
    """The answer is wrong; the message names the mistake."""


class Broken(Exception):
    """The answer could not be run; the message says where."""


class Unanswered(Exception):
    """There is no answer yet."""


class _Overdue(BaseException):
    """Raised inside a learner's function that takes too long; not to be caught by ``except Exception``."""


class Function:
    """A learner's function: called with copies, in silence, for a limited time."""

    def __init__(self, function, *arguments):
        if not callable(function):
            kind = type(function).__name__
            raise Mistake(
                f"Got {kind}, expected a function of ({', '.join(arguments)}): pass its name, without brackets."
            )
        with contextlib.suppress(ValueError, TypeError):  # of a function of NumPy, which has no signature
            try:
                inspect.signature(function).bind(*arguments)
            except TypeError:
                raise Mistake(f"Your function should take ({', '.join(arguments)}), in this order.") from None
        self.function = function

    def __call__(self, *arguments):
        given = copy.deepcopy(arguments)
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            np.errstate(all="ignore"),
        ):
            result = self._timed(given)
        if result is None or result is ...:
            raise Unanswered("Your function returns nothing yet: end it with `return ...`.")
        for number, (before, after) in enumerate(zip(arguments, given, strict=True), 1):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
                raise Mistake(f"Your function changes its argument number {number}. Work on a copy: `x = x.copy()`.")
        return result

    def _timed(self, arguments):
        due, before = time.monotonic() + PATIENCE, sys.gettrace()

        def watch(frame, event, argument):
            if time.monotonic() > due:
                raise _Overdue
            return watch

        sys.settrace(watch)
        try:
            return self.function(*arguments)
        except _Overdue:
            raise Broken(f"It did not end within {PATIENCE:.0f} seconds. Does a loop go on for ever?") from None
        except KeyboardInterrupt:  # the learner has pressed Stop
            raise
        except BaseException as error:
            raise Broken(self._where(error)) from None
        finally:
            sys.settrace(before)

    def _where(self, error):
        """The line of the learner's own code that raised, and what."""
        own = getattr(getattr(self.function, "__code__", None), "co_filename", None)
        trace, line = error.__traceback__, None
        while trace:
            if trace.tb_frame.f_code.co_filename == own:
                line = trace.tb_lineno
            trace = trace.tb_next
        text = linecache.getline(own, line).strip() if line else ""
        return f"Line {line} of your cell, `{text}`, raises {named(error)}" if text else f"It raises {named(error)}"


def named(error):
    """An exception as one line, with its kind."""
    return f"{type(error).__name__}: {(str(error).strip() or 'no message').splitlines()[0]}"

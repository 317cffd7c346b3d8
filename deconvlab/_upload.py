"""A file from the learner's computer: the control that takes it, and its way from the page in pieces."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._controls import Control, keep

MOST = 10**8  # bytes of a file
PIECE = 10**6  # bytes that travel at once: Jupyter's server refuses messages above 10 MB


@dataclass(frozen=True, eq=False)
class File:
    """What an Upload holds: the name of the file, None at the start, and what reading it gave."""

    name: str | None
    value: Any = field(repr=False)


@dataclass(frozen=True, eq=False)
class Upload(Control):
    """A file of the learner's, of at most 100 MB.

    Parameters
    ----------
    value : object
        What the lab's function receives until there is a file.
    read : function of bytes -> object
        What makes of the file's bytes that which the function receives from then on.
    label, help, when : optional
        As for `Slider`.

    Raises
    ------
    TypeError
        If `read` is no function, or the label or the help no string.

    Notes
    -----
    In a call and in `set` it takes a path or bytes, which are read, or anything else, which counts as read already.
    Among the lab's `values` stands a `File` with a `name` and a `value`. Neither the page nor a saved notebook holds
    more of it than the name, and the kernel no more than what `read` returned.
    """

    value: Any
    read: Callable

    def __post_init__(self):
        super().__post_init__()
        if not callable(self.read):
            raise TypeError(f"read: got {self.read!r}, expected a function that takes bytes")
        keep(self, start=File(None, self.value))

    def spec(self):
        return {"help": self.help, "value": None, "most": MOST, "piece": PIECE}

    def checked(self, name, value):
        """`value` as a File: one already, the start's, read from a path or from bytes, or taken as read."""
        if isinstance(value, File):
            return value
        if value is self.value:
            return self.start
        if isinstance(value, (bytes, bytearray, memoryview)):
            return File(f"{len(value)} bytes", self.read(bytes(value)))
        if not isinstance(value, (str, os.PathLike)):
            return File("from Python", value)
        path = Path(value).expanduser()
        if not path.is_file():
            raise ValueError(f"{name}: got {str(value)!r}, which is no file, expected the path of one")
        if path.stat().st_size > MOST:
            raise ValueError(f"{name}: got {_size(path.name, path.stat().st_size)}")
        return File(path.name, self.read(path.read_bytes()))

    def told(self, value):
        return value.name

    def heard(self, sent, *known):
        return next((file for file in known if file.name == sent), self.start)

    def given(self, value):
        return value.value


class Arrivals:
    """The files that come from a page to the Uploads of a lab; of each Upload the newest only."""

    def __init__(self):
        self.files = {}  # that have arrived, by the name of the control
        self._coming = {}  # the transfer, its size and its pieces so far

    def take(self, control, content, piece):
        """Add a piece of a file, and say how far it is; None for a piece that belongs nowhere."""
        name, transfer, size, start = (content[key] for key in ("control", "id", "size", "start"))
        if not 0 <= size <= MOST:
            raise ValueError(f"{name}: got {_size(content['name'], size)}")
        if start == 0 and self._coming.get(name, (None,))[0] != transfer:
            self._coming[name] = transfer, size, []
        known, size, pieces = self._coming.get(name, (None, 0, []))
        so_far = sum(map(len, pieces))
        if known != transfer or start != so_far or len(piece) > PIECE or so_far + len(piece) > size:
            return None
        pieces.append(bytes(piece))
        so_far += len(piece)
        if so_far == size:
            data = b"".join(pieces)
            self._coming[name] = transfer, -1, []  # no piece belongs to it any more
            pieces.clear()
            self.files[name] = File(content["name"], control.read(data))
        return {"bytes": so_far, "done": so_far == size}


def _size(name, size):
    return f"{name} with {size / 1e6:.0f} MB, expected at most {MOST / 1e6:.0f} MB: crop it, or save it smaller"

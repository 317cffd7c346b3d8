"""Which checks were passed: a small file beside the learner's own copies."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

PLACE = "DECONVLAB_PROGRESS"  # the file; nothing is written where nobody has named one


def remember(name):
    """Note that a check was passed."""
    path, passed = _file(), _passed()
    if path and name not in passed:
        with contextlib.suppress(OSError):  # a folder that cannot be written to spoils no lesson
            path.write_text(json.dumps(sorted([*passed, name]), indent=0), encoding="utf-8")


def progress() -> None:
    """Print which checks were passed, lesson by lesson; delete the file ``progress.json`` to begin again."""
    passed = _passed()
    if not _file():
        print("What you pass is remembered where the lessons were opened with: python lab.py")
    elif not passed:
        print("No check passed yet.")
    for lesson in sorted({name[:2] for name in passed}):
        names = [name[3:] for name in passed if name[:2] == lesson]
        print(f"Lesson {lesson}: {len(names)} passed: {', '.join(names)}")


def _file():
    place = os.environ.get(PLACE)
    return Path(place) if place else None


def _passed():
    """The names in the file; none if there is no file, or it is damaged."""
    path = _file()
    with contextlib.suppress(OSError, ValueError, TypeError):
        return [name for name in json.loads(path.read_text(encoding="utf-8")) if isinstance(name, str)] if path else []
    return []

"""The lessons as tests see them: the stored notebook, and the labs that come up when its code runs."""

import ast
import contextlib
import functools
import io
import json
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

from deconvlab import sample_image
from deconvlab.live import Lab

LESSONS = sorted((Path(__file__).parent.parent / "notebooks").glob("[0-9][0-9]-*.ipynb"))


def read(path):
    """A stored notebook."""
    return json.loads(path.read_text(encoding="utf-8"))


@functools.cache
def a_photograph():
    """The bytes of a small photograph in colour, for the controls that take a file."""
    file, levels = io.BytesIO(), 255 * sample_image("coffee", size=(120, 160), colour=True)
    Image.fromarray(np.rint(levels).astype(np.uint8)).save(file, "jpeg", quality=95)
    return file.getvalue()


def source(cell):
    """The text of a cell, which may be stored as lines."""
    return "".join(cell["source"])


def labs_of(notebook, folder):
    """Run a notebook's code in this process; the labs that each cell shows, by the cell's index."""
    shown = {}
    namespace = {"__name__": "__main__"}
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()), matplotlib.rc_context():
        for index, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] != "code":
                continue
            seen = []
            namespace["display"] = lambda *things, seen=seen: seen.extend(things)
            body = ast.parse(source(cell)).body
            last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), f"<cell {index + 1}>", "exec"), namespace)
            if last:
                seen.append(eval(compile(ast.Expression(last.value), f"<cell {index + 1}>", "eval"), namespace))
            if labs := [thing for thing in seen if isinstance(thing, Lab)]:
                shown[index] = labs
    return shown


@functools.cache
def labs_in(path):
    """The labs of a lesson, by the index of the cell that shows them; run once."""
    return labs_of(read(path), path.parent)

"""Python in a page that was brought to life: runs cells and carries the messages of labs, as a kernel would.

It runs inside the worker of `static/worker.js`. What it says to the page is JSON and, for pictures, bytes; see `post`.
"""

import base64
import html
import io
import json
import linecache
import os
import sys
import traceback
import types

import comm
import js
from pyodide.code import eval_code_async
from pyodide.ffi import to_js

os.environ["MPLBACKEND"] = "agg"  # else matplotlib draws into a document, which a worker has not
STAGES = {
    "NumPy": ["numpy", "numpy.fft"],
    "SciPy": ["scipy.fft", "scipy.ndimage", "scipy.optimize", "scipy.sparse.linalg"],
    "scikit-image": ["skimage.color", "skimage.data", "skimage.transform", "skimage.util", "skimage.io"],
    "Matplotlib": ["matplotlib.figure", "matplotlib.font_manager"],
    "deconvlab": ["deconvlab.live", "deconvlab.exercises"],
}
scope = {"__name__": "__main__"}  # the names of the cells


def post(kind, buffers=(), **content):
    """Say something to the page; the bytes are copied once, out of Python's memory, and then handed over."""
    js.post(json.dumps({"kind": kind, **content}), to_js([memoryview(buffer).cast("B") for buffer in buffers]))


def display(*values):
    """Show values below the cell: a lab as the name of its model, else HTML, a picture or text."""
    for value in values:
        many = value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else {}
        bundle = many[0] if isinstance(many, tuple) else many or {}
        view = bundle.get("application/vnd.jupyter.widget-view+json")
        if view and view["model_id"] in PageComm.opened:
            post("lab", model=view["model_id"])
        elif page := bundle.get("text/html") or part(value, "_repr_html_"):
            post("html", html=page)
        elif picture := bundle.get("image/png") or part(value, "_repr_png_"):
            post("html", html=image(picture, f"{type(value).__name__} that this cell shows"))
        else:
            post("text", text=f"{value!r}\n")


def part(value, name):
    return getattr(value, name)() if hasattr(value, name) and not isinstance(value, type) else None


def image(png, alt):
    text = png if isinstance(png, str) else base64.b64encode(png).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{text}">'


class Printed(io.TextIOBase):
    """What is printed goes below the cell."""

    def write(self, text):
        if text:
            post("text", text=text)
        return len(text)


async def run(source, name):
    """Run a cell: its output goes to the page as it comes, an error as a sentence and where it happened."""
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name  # lines for the traceback
    try:
        value = await eval_code_async(source, scope, filename=name)
        if value is not None:
            display(value)
        show_figures()
    except BaseException as error:  # `exit()` included: it ends the cell
        post("error", **told(error, name))


def show_figures():
    """The figures that pyplot has open, as Jupyter shows them at the end of a cell."""
    plt = sys.modules.get("matplotlib.pyplot")
    for number in plt.get_fignums() if plt else ():
        file = io.BytesIO()
        plt.figure(number).savefig(file, format="png", bbox_inches="tight")
        post("html", html=image(file.getvalue(), "Figure that this cell draws"))
        plt.close(number)


def told(error, name):
    """An error as one sentence, and the way to it from the cell on."""
    way = error.__traceback__
    while way and way.tb_frame.f_code.co_filename != name:
        way = way.tb_next
    lines = traceback.format_exception(type(error), error, way)
    return {"sentence": traceback.format_exception_only(error)[-1].strip(), "traceback": "".join(lines)}


def receive(model, content, buffers):
    """A message of a lab in the page."""
    data = {"method": "custom", "content": json.loads(content)}
    message = {"content": {"data": data}, "buffers": [buffer.to_bytes() for buffer in buffers]}
    comm.get_comm_manager().comms[model].handle_msg(message)


def stand_in_for_ipython():
    """What widgets import of IPython, which is 4 MB and two seconds, and of which a page needs this only."""
    modules = {name: types.ModuleType(name) for name in ("IPython", "IPython.display", "IPython.core.interactiveshell")}
    modules["IPython.core"] = types.ModuleType("IPython.core")
    modules["IPython"].get_ipython = lambda: None
    modules["IPython.display"].display = display
    modules["IPython.display"].clear_output = lambda wait=False: None
    modules["IPython.core.interactiveshell"].InteractiveShell = object
    sys.modules.update(modules)


class PageComm(comm.base_comm.BaseComm):
    """The way between a lab in Python and its views in the page."""

    opened = set()

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        data = data or {}
        if msg_type == "comm_open" and "_esm" in data["state"]:
            self.opened.add(self.comm_id)
        if self.comm_id not in self.opened:  # a part of a widget that no page shows
            return
        if "state" in data:
            state = {name: value for name, value in data["state"].items() if name in ("spec", "full")}
            post("state", model=self.comm_id, state=state)
        elif data.get("method") == "custom":
            post("message", buffers or (), model=self.comm_id, content=data["content"])


def begin():
    """Import what the lessons need, stage by stage."""
    stand_in_for_ipython()
    comm.create_comm = PageComm
    for name, modules in STAGES.items():
        yield name
        for module in modules:
            __import__(module)
    scope["display"] = display
    sys.stdout = sys.stderr = Printed()

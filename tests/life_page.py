"""A lesson of the site in Chromium, with the Pyodide of the rig in place of the CDN's, for tests and benchmarks."""

import contextlib
import json
import re
import shutil
from pathlib import Path

from jupyter_page import need_chromium
from lessons import LESSONS, read
from pyodide_rig import rig_or_skip
from site_pages import gathered, made, served


@contextlib.contextmanager
def site_with_python(folder):
    """The address of the site's pages and Python's wheels; skips where no Chromium exists, and CI has one."""
    need_chromium()
    (Path(folder) / "pyodide").symlink_to(rig_or_skip())
    for part in made().iterdir():  # which other tests share
        (Path(folder) / part.name).symlink_to(part)
    shutil.copytree(gathered(), Path(folder) / "wheels")
    file = Path(folder) / "wheels" / "python.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "pyodide": "/pyodide/"}))
    with served(folder) as address:
        yield address.rstrip("/")


class Lesson:
    """The page of a lesson: what a learner finds there."""

    def __init__(self, browser, site, name):
        self.asked = []  # what the page has fetched
        self.errors = []
        self.page = browser.new_page(viewport={"width": 1200, "height": 900})
        self.page.set_default_timeout(30_000)
        self.page.on("request", lambda request: self.asked.append(request.url.removeprefix(site)))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{site}/lessons/{name}.html")
        self.bar = self.page.get_by_role("region", name="Python in this page")
        self.cells = self.page.locator(".cell:has(.cell_input)")

    def button(self, name):
        return self.bar.get_by_role("button", name=name)

    def says(self):
        return self.bar.get_by_role("status").inner_text()

    def until(self, words, seconds=60):
        """Wait until the bar says something."""
        self.bar.get_by_role("status").get_by_text(words).wait_for(timeout=1000 * seconds)

    def bring_to_life(self):
        self.button(re.compile("Bring it to life|Try again")).click()
        self.idle(300)

    def text(self, cell):
        """What a cell has printed."""
        return "".join(cell.locator(".output.stream pre").all_text_contents())

    def edit(self, index, code):
        """Put other code into a cell, as a learner who types, and run it with Shift and Enter; the cell."""
        cell = self.cells.nth(index)
        box = cell.get_by_role("textbox", name="Code of cell")
        box.focus()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Shift+Enter")
        self.idle()
        return cell

    def idle(self, seconds=60):
        self.until("Python is ready", seconds)

    def lab(self, cell):
        cell.locator(".dcv canvas").first.wait_for()
        return cell.locator(".dcv")


def printed(name):
    """What the cells of a stored lesson have printed."""
    path = next(path for path in LESSONS if path.stem == name)
    outputs = [cell["outputs"] for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    return ["".join("".join(o["text"]) for o in cell if o["output_type"] == "stream") for cell in outputs]

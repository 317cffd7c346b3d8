"""Python in the page of a lesson: Chromium, the pages of the site, and Pyodide from the rig in place of the CDN's.

One page serves the tests in the order of this file: before, in and after its life, which the last one stops.
"""

import html
import json
import tomllib
import urllib.request
import zlib

import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyter_page import ROOT
from lessons import LESSONS, read
from life_page import Lesson, printed, site_with_python
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from pyodide_rig import VERSION, rig_or_skip
from site_pages import script

pytestmark = pytest.mark.browser

PYPROJECT = ROOT / "pyproject.toml"
# One of the fifteen, so that the test is short; test_lite_browser.py runs another, and benchmarks/life.py all of them.
LESSON = "02-add-up-waves"
LAB = """
import zlib
import numpy as np
from deconvlab import live

@live.lab(level=live.Slider(50, 0, 100, 1), file=live.Upload(0, zlib.crc32))
def grey(level, file):
    images = {"grey": np.full((256, 256), level / 100)}
    return live.Frame(images=images, numbers={"level": level, "file": file % 1000})

grey"""
STEPS = """
@live.lab(level=live.Slider(50, 0, 100, 1))
def slow(level):
    for k in range(60):
        for _ in range(20):
            np.fft.fft2(np.full((64, 64), float(k)))
        yield live.Frame(images={"grey": np.full((256, 256), level / 100)}, numbers={"k": k, "level": level}, step=k)

slow"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with site_with_python(tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest.fixture(scope="module")
def lesson(site, browser):
    """The page of a lesson, to be read."""
    lesson = Lesson(browser, site, LESSON)
    yield lesson
    lesson.page.context.close()


@pytest.fixture(scope="module")
def living(lesson):
    """The lesson, brought to life."""
    lesson.bring_to_life()
    return lesson


def numbers(lab):
    """Label and text of the numbers of a lab."""
    return dict(row.locator("span, b").all_inner_texts() for row in lab.locator(".dcv-numbers div").all())


def test_reading_fetches_no_python(lesson):
    """Catches: a page that loads 50 MB, or asks for them, although nobody wants to run anything."""
    lesson.page.wait_for_timeout(500)
    assert lesson.says().startswith("Starts Python in this page")
    assert not [address for address in lesson.asked if "pyodide" in address or "wheels" in address]
    assert not [address for address in lesson.asked if address.startswith("http")]  # another host


def test_the_page_loads_all_that_deconvlab_needs(site):
    """Catches: a dependency, or a version of one, that Pyodide has not and that nobody asks for again in the page."""
    with urllib.request.urlopen(f"{site}/wheels/python.json") as answer:
        page = json.load(answer)
    lock = json.loads((rig_or_skip() / "pyodide-lock.json").read_text())["packages"].values()
    versions = {canonicalize_name(entry["name"]): entry["version"] for entry in lock}
    loaded = {name: versions[name] for name in page["packages"]}
    loaded |= {name: str(version) for name, version, *_ in map(parse_wheel_filename, page["wheels"])}
    needed = [Requirement(text) for text in tomllib.loads(PYPROJECT.read_text())["project"]["dependencies"]]
    assert [str(one) for one in needed if loaded.get(canonicalize_name(one.name), "0") not in one.specifier] == []
    assert VERSION in script("wheels").PYODIDE


def test_python_that_cannot_be_loaded_says_so(lesson):
    """Catches: a bar that loads for ever, or goes on without a package, where the network or a file is not there."""
    lesson.page.route("**/scipy-*.whl", lambda route: route.abort())
    lesson.button("Bring it to life").click()
    lesson.until("Python could not be loaded")
    assert "scipy" in lesson.says() and "sliders still move" in lesson.says()
    lesson.page.unroute("**/scipy-*.whl")


def test_a_lesson_prints_what_is_stored(living):
    """Catches: a cell that fails in the browser, runs out of order, or prints into another one's place; labs that do
    not come to rest; a second try that the first one, which failed, has spoilt.
    """
    assert living.page.locator(".dcv-error").all_inner_texts() == []
    assert [living.text(cell) for cell in living.cells.all()] == printed(LESSON)
    living.page.wait_for_function("[...document.querySelectorAll('.dcv-more')].every(more => more.hidden)")
    assert [m for m in living.page.locator(".dcv-message").all_inner_texts() if m] == []
    assert living.errors == []


def test_labs_are_pythons_alone(living):
    """Catches: the player of what was computed ahead, which starts as a lab is scrolled to, in Python's place."""
    before = len(living.asked)
    for lab in living.page.locator(".dcv-lab").all():
        lab.scroll_into_view_if_needed()
        living.page.wait_for_timeout(100)
        assert lab.locator(".dcv").count() == 1
        assert lab.get_by_role("button", name="Save").is_visible()
    assert not [address for address in living.asked[before:] if "/labs/" in address]
    assert living.page.locator(".dcv-lab .dcv-note").all_inner_texts() == []


def test_pictures_are_drawn_anew_and_have_their_words(living):
    """Catches: figures that are lost, shown twice, or without the alt text that the stored ones have."""
    path = next(path for path in LESSONS if path.stem == LESSON)
    kept = [o["data"] for cell in read(path)["cells"] for o in cell.get("outputs", []) if "data" in o]
    stills = [data for data in kept if not "".join(data["text/plain"]).startswith("Lab ")]
    assert len(kept) > len(stills) > 0
    pictures = living.page.locator(".cell_output img").all()
    assert len(pictures) == len(stills)
    for picture, data in zip(pictures, stills, strict=True):
        alt = picture.get_attribute("alt")
        assert alt and alt in html.unescape("".join(data["text/html"]))


def test_a_lab_computes_any_value(living):
    """Catches: a slider that still plays what was computed ahead, or whose messages do not reach Python."""
    cell = living.edit(-2, LAB)
    lab = living.lab(cell)
    slider = lab.get_by_role("slider", name="level")
    slider.focus()
    living.page.keyboard.press("ArrowRight")
    lab.locator(".dcv-numbers").get_by_text("51").wait_for()
    grey = lab.locator("canvas").evaluate("canvas => canvas.getContext('2d').getImageData(9, 9, 1, 1).data[0]")
    assert abs(grey - 255 * 0.51) <= 1
    assert living.text(living.edit(-1, "print(grey.values['level'], grey(level=20).numbers['level'])")) == "51.0 20.0\n"


def test_a_file_of_the_learner_reaches_a_lab(living):
    """Catches: bytes that get lost, or changed, on their way into the worker."""
    data = bytes(range(256)) * 6000  # more than one piece
    lab = living.lab(living.cells.nth(-2))
    lab.locator("input[type=file]").set_input_files({"name": "bytes", "mimeType": "image/png", "buffer": data})
    lab.locator(".dcv-numbers").get_by_text(str(zlib.crc32(data) % 1000), exact=True).wait_for()


def test_a_lab_refines_and_newer_values_win(living):
    """Catches: steps that hold up the next value, run on for a value that is no more, or cannot be gone back to."""
    lab = living.lab(living.edit(-1, STEPS))
    slider = lab.get_by_role("slider", name="level")
    more = lab.locator(".dcv-more")  # shown for a second or two: a busy machine may look too late, so the page notes it
    more.evaluate(
        "more => new MutationObserver(() => { if (!more.hidden) window.said = more.textContent; })"
        ".observe(more, { attributes: true })"
    )
    slider.focus()
    for _ in range(5):
        living.page.keyboard.press("ArrowRight")
    lab.locator(".dcv-numbers").get_by_text("55", exact=True).wait_for()
    lab.locator(".dcv-numbers").get_by_text("59", exact=True).wait_for()
    more.wait_for(state="hidden")
    assert numbers(lab) == {"k": "59", "level": "55"} and more.evaluate("() => window.said").startswith("improving")
    back = lab.get_by_role("slider", name="iteration")
    back.focus()
    living.page.keyboard.press("Home")
    lab.locator(".dcv-numbers").get_by_text("0", exact=True).wait_for()
    assert numbers(lab) == {"k": "0", "level": "55"}


def test_a_cell_is_edited_as_code(living):
    """Catches: an Enter that makes a paragraph instead of a line, indentation that is lost, a caret that stays."""
    cell = living.edit(-2, "")
    cell.get_by_role("textbox").focus()
    for line in ("def double(x):", "if x:", "return 2 * x"):
        living.page.keyboard.type(line)
        living.page.keyboard.press("Enter")
    assert cell.get_by_role("textbox").inner_text().split("\n")[:3] == [
        "def double(x):",
        "    if x:",
        "        return 2 * x",
    ]
    living.page.keyboard.press("Shift+Tab")  # leaves the cell: the Tab key belongs to the page
    assert not cell.get_by_role("textbox").evaluate("box => box === document.activeElement")
    cell.get_by_role("button", name="Run cell").click()
    living.idle()
    assert cell.locator(".dcv-error").count() == 0
    assert living.text(living.edit(-1, "print(double(21))")) == "42\n"
    living.edit(-2, "1 + 1")
    assert living.cells.last.get_by_role("textbox").evaluate("box => box === document.activeElement")
    assert living.text(living.cells.nth(-2)) == "2\n"


def test_an_error_is_told_and_python_goes_on(living):
    """Catches: an error that ends Python, hides in the console, or shows our files for the learner's line."""
    cell = living.edit(-1, "print('before')\n\ndef share(n):\n    return 1 / n\n\nshare(0)")
    assert living.text(cell) == "before\n"
    assert cell.get_by_role("alert").inner_text() == "ZeroDivisionError: division by zero"
    way = cell.locator("details pre").text_content()
    assert "    return 1 / n\n" in way and "line 6, in <module>" in way and "pyodide" not in way
    cell = living.edit(-1, "if True print(1)")
    assert cell.get_by_role("alert").inner_text().startswith("SyntaxError: ")
    assert living.text(living.edit(-1, "raise SystemExit")) == ""
    assert living.text(living.edit(-1, "print('after')")) == "after\n"


def test_what_jupyter_shows_is_shown(living):
    """Catches: `display`, pyplot's figures or a cell that awaits, which work in JupyterLab and do nothing here."""
    code = (
        "import asyncio\nimport matplotlib.pyplot as plt\ndisplay(1, 'two')\nplt.plot([1, 2])\nawait asyncio.sleep(0);"
    )
    cell = living.edit(-1, code)
    assert living.text(cell) == "1\n'two'\n"
    assert cell.get_by_role("img", name="Figure that this cell draws").count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(living, theme):
    """Catches: an editor without a name, or text too faint to read, in a page that was brought to life."""
    failed, with_lab = living.edit(-1, "1 / 0"), living.cells.filter(has=living.page.locator(".dcv")).first
    for cell in (with_lab, living.cells.nth(-2), failed):  # the others look alike
        cell.evaluate("cell => cell.classList.add('looked-at')")
    living.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    living.page.wait_for_timeout(300)
    context = {"include": [[".dcv-life"], [".looked-at"]]}
    found = Axe().run(living.page, context).response["violations"]
    assert [(rule["id"], [node["html"][:100] for node in rule["nodes"][:3]]) for rule in found] == []


def test_python_is_stopped_and_starts_again(living):
    """Catches: a loop without end that can be stopped only by closing the page, or labs that pretend to be alive."""
    cell = living.cells.last
    cell.get_by_role("textbox").focus()
    living.page.keyboard.press("Control+A")
    living.page.keyboard.insert_text("while True:\n    pass")
    living.page.keyboard.press("Control+Enter")
    living.until("Python is busy")
    living.button("Stop").click()
    living.until("Python has stopped")
    living.page.get_by_text("The kernel has gone").first.wait_for()
    cell.get_by_role("textbox").focus()
    living.page.keyboard.press("Control+A")
    living.page.keyboard.insert_text("print('again')")
    living.page.keyboard.press("Control+Enter")  # which starts it
    living.idle(300)
    assert [living.text(cell) for cell in living.cells.all()][:-2] == printed(LESSON)[:-2]
    assert living.text(cell) == "again\n"

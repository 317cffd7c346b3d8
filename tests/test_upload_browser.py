"""A file, a region and a long work in real JupyterLab: what a learner does with a photograph of their own.

One notebook with one lab serves all tests, in the order of this file; the last ones save it and look into it.
"""

import base64
import io
import json
import os
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyter_page import open_notebook
from PIL import Image, ImageOps

pytestmark = pytest.mark.browser

CODE = """
import time
import numpy as np
import deconvlab as dl
from deconvlab import live

START = np.tile(np.linspace(0.1, 0.9, 60), (40, 1))

@live.lab(
    photo=live.Upload(START, lambda data: dl.read_photo(data).image, label="your photograph", help="neither: a file"),
    part=live.Region(of="photograph", help="neither: what is shown"),
    gain=live.Slider(1, 0, 1),
)
def clinic(photo, part, gain):
    row0, row1, column0, column1 = part.pixels(photo.shape)
    images = {"photograph": dl.linear_to_srgb(gain * photo), "part": dl.linear_to_srgb(part.cut(gain * photo))}
    sizes = {"height": photo.shape[0], "rows": row1 - row0, "columns": column1 - column0}
    return live.Frame(images=images, numbers={**sizes, "top": part.top, "left": part.left, "gain": gain})

@clinic.at_full_size
def whole(photo, part, gain):
    for k in range(30):
        time.sleep(0.05)
        yield k / 30
    if gain == 0:
        raise ValueError("gain: got 0, expected light")
    yield dl.linear_to_srgb(gain * photo)

clinic"""
PHOTOGRAPH = np.random.default_rng(0).integers(0, 256, (90, 160, 3)).astype(np.uint8)
PHOTOGRAPH[:, :, 0] //= 2  # a colour that nothing else in the notebook has
PHOTOGRAPH[:45, :80] = 250, 20, 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The notebook, a photograph that its camera held upright, and a text that pretends to be one."""
    root = tmp_path_factory.mktemp("clinic")
    cell = {"cell_type": "code", "id": "clinic", "metadata": {}, "source": CODE, "outputs": [], "execution_count": None}
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    (root / "clinic.ipynb").write_text(json.dumps(notebook))
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation: turn it a quarter to the right
    Image.fromarray(PHOTOGRAPH).save(root / "holiday.jpg", quality=95, exif=exif)
    (root / "text.jpg").write_text("This is no picture.")
    (root / "huge.jpg").touch()
    os.truncate(root / "huge.jpg", 10**8 + 1)
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (1600, 2000, 3)).astype(np.uint8)).save(
        root / "large.png"
    )
    return root


@pytest.fixture(scope="module")
def opened(folder, jupyter, browser):
    with open_notebook(browser, jupyter(folder / "clinic.ipynb")) as notebook:
        notebook.run_all()
        notebook.folder = folder
        yield notebook


@pytest.fixture
def notebook(opened):
    """The notebook; a test may not leave an error in the page's console."""
    opened.errors.clear()
    yield opened
    assert opened.errors == []


@pytest.fixture
def lab(notebook):
    """The lab at its start."""
    lab = notebook.labs[0]
    notebook.until(lambda: lab.numbers(), "the lab shows its numbers")
    lab.button("Reset").click()
    notebook.until(lambda: sizes(lab) == ["40", "40", "60"] and lab.numbers()["gain"] == "1", "Reset has brought back")
    return lab


def sizes(lab):
    numbers = lab.numbers()  # none yet, where a view has just come
    return [numbers.get(name) for name in ("height", "rows", "columns")]


def name_of_file(lab):
    return lab.root.locator(".dcv-Upload output span").inner_text()


def upload(lab, path):
    lab.control("your photograph").set_input_files(path)


@pytest.fixture
def photo(lab, folder):
    """The lab with the photograph."""
    upload(lab, folder / "holiday.jpg")
    lab.notebook.until(lambda: sizes(lab) == ["160", "160", "90"], "the photograph is there")
    lab.root.scroll_into_view_if_needed()
    return lab


def places(lab):
    """Where everything in the lab stands."""
    return lab.root.evaluate("""root => {
        const from = root.getBoundingClientRect(), all = root.querySelectorAll("*:not(.dcv-work *, .dcv-numbers *)");
        const shown = [...all].filter((e) => e.getClientRects().length).map((e) => e.getBoundingClientRect());
        return shown.map((r) => [r.left - from.left, r.top - from.top]);
    }""")


def percent(lab):
    return [lab.control(side).input_value() for side in ("top", "bottom", "left", "right")]


def drag(lab, start, end, steps=6, shift=False):
    page, pane = lab.notebook.page, lab.pane("photograph")
    page.mouse.move(*lab.notebook.middle(pane, *start))
    if shift:
        page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(*lab.notebook.middle(pane, *end), steps=steps)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


# The file


def test_a_photograph_arrives_upright_and_reset_forgets_it(notebook, photo):
    """A picture on its side, a name that lies, or a Reset that leaves the photograph in the kernel."""
    assert name_of_file(photo) == "holiday.jpg" and photo.message() == ""
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(jpeg(photo)))).convert("RGB"))
    assert upright.shape == (160, 90, 3) and abs(photo.rgb("photograph") - upright).max() <= 2
    assert notebook.run("print(clinic.values['photo'])")[0].strip() == "File(name='holiday.jpg')"
    photo.press("gain", "ArrowLeft")
    notebook.until(lambda: photo.numbers()["gain"] == "0.99", "the sliders move it")
    assert sizes(photo) == ["160", "160", "90"]
    photo.button("Reset").click()
    notebook.until(lambda: sizes(photo) == ["40", "40", "60"], "the start")
    assert name_of_file(photo) == "no file yet" and photo.control("your photograph").input_value() == ""
    assert notebook.run("print(clinic.values['photo'].name, clinic._arrivals.files)")[0].strip() == "None {}"


def jpeg(lab):
    """The bytes of the photograph."""
    return (lab.notebook.folder / "holiday.jpg").read_bytes()


def test_what_is_no_picture_is_one_line_and_the_photograph_stays(notebook, photo, folder):
    """A lab that shows the name of a file which it could not read, or sends 100 MB before it says no."""
    seen, before = photo.seen(), places(photo)
    upload(photo, folder / "text.jpg")
    notebook.until(lambda: photo.message().startswith("source: got 19 bytes, no picture"), "the reason")
    assert name_of_file(photo) == "holiday.jpg" and photo.seen() == seen and places(photo) == before
    upload(photo, folder / "huge.jpg")
    too_much = "your photograph: got huge.jpg with 100 MB, expected at most 100 MB: crop it, or save it smaller"
    assert photo.message() == too_much and name_of_file(photo) == "holiday.jpg"
    photo.press("gain", "ArrowLeft")
    notebook.until(lambda: photo.message() == "" and sizes(photo) == ["160", "160", "90"], "it goes on")


def test_a_bar_shows_how_far_a_file_is_and_nothing_jumps(notebook, lab, folder):
    """A bar that is full at once, a page that moves under the pointer, an older file that arrives after a newer one."""
    before = places(lab)
    lab.root.evaluate("""root => {
        const bar = root.querySelector(".dcv-Upload progress"), canvas = root.querySelector("canvas");
        window.seen = [];
        const note = () => seen.push([bar.value, canvas.getBoundingClientRect().top]);
        new MutationObserver(note).observe(bar, { attributes: true });
    }""")
    upload(lab, folder / "large.png")
    upload(lab, folder / "holiday.jpg")
    notebook.until(lambda: sizes(lab) == ["160", "160", "90"], "the newer one")
    upload(lab, folder / "large.png")
    notebook.until(lambda: sizes(lab)[0] == "1600", "all of the large one")
    shares, tops = zip(*notebook.page.evaluate("() => window.seen"), strict=True)
    assert len({share for share in shares if 0 < share < 1}) >= 8 and len(set(tops)) == 1
    assert lab.root.locator(".dcv-Upload progress").is_hidden()
    lab.button("Reset").click()
    notebook.until(lambda: places(lab) == before, "all stands where it stood")


def test_a_file_may_be_dropped_on_the_words_of_its_control(notebook, lab, folder):
    """A drop beside the button that opens the photograph in place of JupyterLab."""
    data = base64.b64encode((folder / "holiday.jpg").read_bytes()).decode()
    lab.root.locator(".dcv-Upload").evaluate(
        """(row, data) => {
            const transfer = new DataTransfer(), bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
            transfer.items.add(new File([bytes], "dropped.jpg"));
            row.querySelector("label").dispatchEvent(
                new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""",
        data,
    )
    notebook.until(lambda: sizes(lab) == ["160", "160", "90"], "the photograph is there")
    assert name_of_file(lab) == "dropped.jpg"


# The region


def test_a_region_is_drawn_with_the_mouse(notebook, photo):
    """Rows and columns exchanged, a drag that pans, a region that a double click or a zoom moves."""
    frame = photo.root.locator(".dcv-region").first
    assert percent(photo) == ["0", "100", "0", "100"] and frame.is_hidden()
    drag(photo, (0.2, 0.75), (0.6, 0.25))
    notebook.until(lambda: sizes(photo) == ["160", "80", "36"], "the part")
    assert [float(share) for share in percent(photo)] == pytest.approx([25, 75, 20, 60], abs=0.6)
    assert photo.rgb("part").shape == (80, 36, 3) and frame.is_visible()
    top, left = (float(photo.numbers()[name]) for name in ("top", "left"))
    assert (top, left) == pytest.approx((0.25, 0.2), abs=0.006)

    pane = photo.pane("photograph")
    inside = """frame => {
        const [a, b] = [frame, frame.parentElement].map((e) => e.getBoundingClientRect());
        const place = [(a.left - b.left) / b.width, (a.top - b.top) / b.height];
        return [...place, a.width / b.width, a.height / b.height];
    }"""
    assert frame.evaluate(inside) == pytest.approx([0.2, 0.25, 0.4, 0.5], abs=0.01)
    notebook.page.mouse.dblclick(*notebook.middle(pane, 0.05, 0.05))  # beside it, where one click would end it
    notebook.page.wait_for_timeout(600)
    assert photo.zoom("photograph") == 4 and sizes(photo) == ["160", "80", "36"]
    at = frame.evaluate(inside)
    drag(photo, (0.5, 0.5), (0.3, 0.4), shift=True)  # pans
    assert frame.evaluate(inside)[0] == pytest.approx(at[0] - 0.2, abs=0.01) and sizes(photo) == ["160", "80", "36"]
    drag(photo, (0.5, 0.5), (0.9, 0.9))
    notebook.until(lambda: sizes(photo) == ["160", "16", "9"], "drawn in the zoomed picture")
    pane.focus()
    notebook.page.keyboard.press("0")
    assert photo.zoom("photograph") == 1


def test_a_region_ends_by_escape_and_by_a_click_beside_it(notebook, photo):
    """A region that cannot be got rid of, or one that the first half of a double click has lost."""
    for end in ("click", "Escape"):
        drag(photo, (0.1, 0.1), (0.5, 0.5))
        notebook.until(lambda: sizes(photo) == ["160", "64", "36"], "the part")
        notebook.page.mouse.click(*notebook.middle(photo.pane("photograph"), 0.3, 0.3))
        notebook.page.wait_for_timeout(600)
        assert sizes(photo) == ["160", "64", "36"]
        if end == "click":
            notebook.page.mouse.click(*notebook.middle(photo.pane("photograph"), 0.9, 0.9))
        else:
            notebook.page.keyboard.press("Escape")
        notebook.until(lambda: sizes(photo) == ["160", "160", "90"], f"{end} has brought back all of it")
        assert percent(photo) == ["0", "100", "0", "100"] and photo.message() == ""


def test_a_region_is_moved_with_the_keys(notebook, photo, folder):
    """Numbers that JupyterLab takes for shortcuts, that mend each other, or a box upside down without a word."""
    for _ in range(3):
        photo.press("top", "ArrowUp")
    for _ in range(10):
        photo.press("right", "ArrowDown")
    notebook.until(lambda: percent(photo) == ["3", "100", "0", "90"] and sizes(photo) == ["160", "155", "81"], "moved")
    photo.control("bottom").fill("2")
    words = "part: got [0.03, 0.02, 0, 0.9], expected shares (top, bottom, left, right) from 0 to 1"
    notebook.until(lambda: photo.message().startswith(words), "the reason")
    assert sizes(photo) == ["160", "155", "81"]
    photo.control("bottom").fill("")
    notebook.until(lambda: photo.message().startswith("part: got [0.03, None, 0, 0.9]"), "the reason")
    photo.control("bottom").fill("53")
    notebook.until(lambda: sizes(photo) == ["160", "80", "81"] and photo.message() == "", "it recovers")
    notebook.run("clinic.set(part=(0.5, 1, 0.25, 0.75))")
    notebook.until(lambda: percent(photo) == ["50", "100", "25", "75"], "a cell moves it")
    notebook.run(f"clinic.set(photo={str(folder / 'large.png')!r})")  # another shape
    notebook.until(lambda: sizes(photo) == ["1600", "800", "1000"], "the same shares of another picture")
    assert name_of_file(photo) == "large.png"


# The long work


def test_full_size_is_computed_while_the_sliders_move_and_saved(notebook, photo):
    """A file of the preview, of later values, without its settings; a page that jumps or stands still meanwhile."""
    before, bar = places(photo), photo.root.locator(".dcv-work progress")
    photo.press("gain", "ArrowLeft")
    notebook.until(lambda: photo.numbers()["gain"] == "0.99", "the slider")
    assert bar.is_hidden()
    with notebook.page.expect_download() as download:
        photo.button("Full size").focus()
        notebook.page.keyboard.press("Enter")
        notebook.until(lambda: re.fullmatch(r"full size: [1-9]\d? %", work(photo)), "the bar is on its way")
        share = bar.evaluate("bar => bar.value")
        assert 0 < share < 1 and places(photo) == before
        photo.button("Full size").click()  # a second press is none
        photo.press("gain", "ArrowLeft")
        notebook.until(lambda: photo.numbers()["gain"] == "0.98", "a preview meanwhile")
        notebook.until(lambda: bar.evaluate("bar => bar.value") > share, "it goes on")
    notebook.until(bar.is_hidden, "it has ended")
    assert download.value.suggested_filename == "clinic-full-size.png" and photo.message() == ""
    saved = Image.open(download.value.path())
    assert saved.mode == "RGB" and saved.size == (90, 160) and saved.text["Title"] == "clinic"
    assert json.loads(saved.text["Settings"]) == {"photo": "holiday.jpg", "part": [0, 1, 0, 1], "gain": 0.99}
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(jpeg(photo)))).convert("RGB"))
    bright = np.asarray(saved)[5:60, 60:85].astype(int)  # the plain part
    assert abs(bright - np.asarray(upright)[5:60, 60:85]).max() <= 4
    notebook.page.wait_for_timeout(300)
    assert places(photo) == before and work(photo) == ""


def work(lab):
    return lab.root.locator(".dcv-work span").text_content()


def test_stop_ends_the_long_work_and_an_error_is_one_line(notebook, photo):
    """A work that nobody can end, that saves a file although it was stopped, or fails without a word."""
    downloads = []
    notebook.page.on("download", lambda file: downloads.append(file))
    photo.button("Full size").click()
    notebook.until(lambda: photo.button("Stop full size").is_visible(), "it runs")
    photo.button("Stop full size").click()
    notebook.until(lambda: photo.button("Stop full size").is_hidden(), "it has stopped", seconds=1)
    assert photo.button("Full size").evaluate("b => b === document.activeElement")
    photo.press("gain", "Home")
    notebook.until(lambda: photo.numbers()["gain"] == "0", "no light")
    photo.button("Full size").click()
    notebook.until(lambda: photo.message() == "gain: got 0, expected light", "the reason")
    assert photo.root.locator(".dcv-work progress").is_hidden() and downloads == []
    photo.button("Reset").click()


# What a screen reader finds, what is seen, and what is left


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_serious(notebook, photo, theme):
    """Four numbers without a name, a bar that says nothing, text too faint to read."""
    notebook.command("apputils:change-theme", {"theme": theme})
    dark = theme.endswith("Dark")
    notebook.until(lambda: ("dark" in photo.root.get_attribute("class").split()) == dark, f"the lab is in {theme}")
    drag(photo, (0.2, 0.2), (0.7, 0.6))
    photo.button("Full size").click()
    notebook.until(lambda: photo.button("Stop full size").is_visible(), "it runs")
    notebook.wait_until_faded()
    photo.root.evaluate("root => root.id = 'looked-at'")
    found = Axe().run(notebook.page, context="#looked-at").response["violations"]
    assert [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found if v["impact"] != "minor"] == []
    for control in photo.root.locator("input").all():
        assert control.evaluate("input => input.labels.length === 1 && input.labels[0].textContent.trim().length > 0")
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    notebook.until(lambda: photo.button("Stop full size").is_hidden(), "it has ended")
    notebook.command("apputils:change-theme", {"theme": "JupyterLab Light"})


def test_neither_the_saved_notebook_nor_the_page_after_reload_holds_the_photograph(notebook, photo, folder):
    """The promise: a photograph stays on the learner's computer and in the kernel's memory."""
    notebook.run("clinic")  # a second view, and a still picture, while the photograph is shown
    notebook.until(lambda: len(notebook.labs) == 2 and sizes(notebook.labs[1])[0] == "160", "the second view")
    state = notebook.run("import ipywidgets; print(ipywidgets.Widget.get_manager_state())")[0]
    notebook.command("docmanager:save")
    saved = (folder / "clinic.ipynb").read_text()
    assert saved.count("A live lab. To move its sliders") == 2
    notebook.page.reload()
    notebook.page.wait_for_function("window.jupyterapp && document.querySelector('.jp-Notebook .jp-Cell')")
    notebook.wait_until_idle()
    page = notebook.page.content()
    data = jpeg(photo)
    run = data[len(data) // 2 :][:60]
    traces = [base64.b64encode(run[k:])[:72].decode() for k in range(3)] + [run.hex(), run.decode("latin1"), str(run)]
    assert any(trace in base64.b64encode(data).decode() for trace in traces)  # the search can find something
    for text in (saved, page, state):
        assert not [trace for trace in traces if trace in text] and len(text) > 1000
        for picture in re.findall(r"iVBORw0KGgo[\w+/=]{100,}", text):
            pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")).astype(int)
            assert np.ptp(pixels, axis=2).max() < 30  # all that is stored is grey
    assert len(re.findall(r"iVBORw0KGgo", saved)) == 4

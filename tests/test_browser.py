"""Lesson 06 in real JupyterLab and headless Chromium: what a learner sees, hears and moves.

One server, one browser and one page serve all tests, in the order of this file; the last one ends the kernel.
"""

import ast
import io
import itertools
import json
import re
import shutil

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyter_page import ROOT, Notebook, open_notebook
from lessons import LESSONS, read
from matplotlib import colormaps
from nbconvert import HTMLExporter
from PIL import Image
from test_notebooks import images_in

pytestmark = pytest.mark.browser

PANEL, SLIDER, SCORE = "restored", "epsilon", "PSNR"


def lesson_06():
    return next(path for path in LESSONS if path.name.startswith("06-"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """For a copy of lesson 06 to work on."""
    return tmp_path_factory.mktemp("lessons")


def up_to_its_first_lab(lesson):
    """A lesson without what follows, which takes most of the time: trials.py runs all of it."""
    shows = next(k for k, cell in enumerate(lesson["cells"]) if any(map(name_of_lab, cell.get("outputs", []))))
    return {**lesson, "cells": lesson["cells"][: shows + 1]}


def name_of_lab(output):
    """The name of the lab that a stored output shows, if it does."""
    text = "".join(output.get("data", {}).get("text/plain", ""))
    return text.split(":")[0].removeprefix("Lab ") if text.startswith("Lab ") else None


@pytest.fixture(scope="module")
def opened(folder, jupyter, browser):
    """The lesson open in JupyterLab, nothing run."""
    (folder / "lesson.ipynb").write_text(json.dumps(up_to_its_first_lab(read(lesson_06()))))
    with open_notebook(browser, jupyter(folder / "lesson.ipynb")) as notebook:
        yield notebook


@pytest.fixture(scope="module")
def executed(opened):
    """The lesson with all its cells run."""
    opened.run_all()
    opened.until(lambda: opened.labs and all(lab.numbers() for lab in opened.labs), "every lab shows its numbers")
    return opened


@pytest.fixture
def lesson(executed):
    """The executed lesson; a test may not leave an error in the page's console, and its cells go."""
    executed.errors.clear()
    count = executed.page.locator(".jp-Notebook .jp-Cell").count()
    yield executed
    executed.keep(count)
    assert executed.errors == []


@pytest.fixture(params=["short way", "comm"])
def way(lesson, request):
    """The way of the messages of all labs made from now on; for tests of what goes to and fro, and when."""
    lesson.tell(f"import os; os.environ['DECONVLAB_DIRECT'] = '{int(request.param == 'short way')}'")
    return request.param


@pytest.fixture(scope="module")
def first_lab(executed):
    """The lesson's lab, which has a slider, a picture and a score to watch, and its name in the kernel."""
    outputs = up_to_its_first_lab(read(lesson_06()))["cells"][-1]["outputs"]
    (name,), (lab,) = map(name_of_lab, outputs), executed.labs
    assert lab.control(SLIDER).count() and PANEL in lab.titles() and any(SCORE in label for label in lab.numbers())
    lab.name, lab.start = name, lab.seen()
    return lab


@pytest.fixture
def lab(lesson, first_lab):
    """That lab, as it was at the start."""
    if first_lab.seen() != first_lab.start:
        first_lab.button("Reset").click()
        lesson.until(lambda: first_lab.seen() == first_lab.start, "Reset has brought back the start")
    return first_lab


def score(lab):
    return next(text for label, text in lab.numbers().items() if SCORE in label)


def wait_for_change(lab, before):
    """Wait until the picture and the score both differ from what was seen before."""
    lab.notebook.until(
        lambda: lab.pixels(PANEL) != before["pixels"][PANEL] and lab.numbers() != before["numbers"],
        f"the picture {PANEL!r} and its numbers change",
    )


# Before anything runs


def test_before_it_is_run_a_lab_is_a_still_picture_that_says_so(opened):
    """An empty place, or sliders that move nothing, where a reader has run no cell yet."""
    stills = opened.page.locator(".jp-OutputArea-output figure", has_text="run this cell")
    assert stills.count() >= 1 and opened.labs == []
    assert all(image.get_attribute("alt") for image in stills.locator("img").all())
    assert opened.page.get_by_text("Error displaying widget").count() == 0


# The lab of the lesson


def test_running_the_lesson_makes_every_lab_live(lesson):
    """A still picture beside the live lab, a lab that stays empty, or an error in the page's console."""
    assert len(lesson.labs) >= 1
    assert lesson.page.locator("figure", has_text="run this cell").count() == 0
    for lab in lesson.labs:
        assert lab.message() == "" and lab.numbers() and all(lab.pixels(title) for title in lab.titles())


def test_restart_and_run_all_brings_every_lab_back(lesson):
    """Labs of the last kernel that stay dead, or stand beside the new ones."""
    count = len(lesson.labs)
    lesson.page.evaluate("() => { jupyterapp.commands.execute('notebook:restart-run-all'); }")
    lesson.page.locator(".jp-Dialog .jp-mod-accept").click()
    lesson.until(lambda: any("gone" in lab.message() for lab in lesson.labs), "the old labs say that they are old")
    alive = "lab => lab.querySelector('.dcv-numbers b') && !lab.querySelector('.dcv-message').textContent"
    count_alive = f"all => [all.length, all.filter({alive}).length]"
    every = lesson.page.locator(".dcv")
    lesson.until(lambda: every.evaluate_all(count_alive) == [count, count], "all are live again, once", seconds=60)
    lesson.wait_until_idle()
    lab = next(lab for lab in lesson.labs if any(SCORE in label for label in lab.numbers()))
    before = lab.seen()
    lab.press(SLIDER, "ArrowLeft")
    wait_for_change(lab, before)
    lab.button("Reset").click()
    lesson.until(lambda: lab.seen() == before, "Reset has brought back the start")


def test_arrow_keys_move_the_picture_and_its_score(lesson, lab):
    """The job itself: a key press on the epsilon slider, and other pixels and another number."""
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"):
        before = lab.seen()
        lab.press(SLIDER, key)
        wait_for_change(lab, before)
        assert lab.spoken(SLIDER) != before["spoken"][SLIDER]
        assert score(lab) in lab.canvas(PANEL).get_attribute("aria-label")
    assert lab.message() == ""


def test_home_and_end_go_to_the_ends(lesson, lab):
    """A key that JupyterLab takes for itself: Home scrolls the notebook, and the slider stays."""
    slider = lab.control(SLIDER)
    for key, end in (("Home", "min"), ("End", "max"), ("Home", "min")):
        before = lab.seen()
        lab.press(SLIDER, key)
        assert slider.input_value() == slider.get_attribute(end)
        wait_for_change(lab, before)
    before = lab.seen()
    lab.press(SLIDER, "PageUp")
    wait_for_change(lab, before)
    assert int(slider.input_value()) > 1


def test_reset_brings_the_first_picture_back(lesson, lab):
    """A reset that moves the sliders and not the picture, or not exactly to the start."""
    lab.press(SLIDER, "End")
    wait_for_change(lab, lab.start)
    lab.button("Reset").click()
    lesson.until(lambda: lab.seen() == lab.start, "Reset has brought back the start")


def test_keys_held_down_end_at_the_last_value(lesson, lab):
    """An older answer that overtakes a newer one, or a last value that is never computed."""
    lab.control(SLIDER).focus()
    for _ in range(15):
        lesson.page.keyboard.press("ArrowRight")
    said = lab.spoken(SLIDER)
    printed, _ = lesson.run(f"""
control = {lab.name}.controls["{SLIDER}"]
value = float(f"{{control.value * 10 ** (15 * control.step):.3g}}")
print((value, {lab.name}({SLIDER}=value).texts()))""")
    value, texts = ast.literal_eval(printed)
    lesson.until(lambda: lab.numbers() == texts, f"the page shows {texts}")
    assert lesson.run(f"print({lab.name}.values['{SLIDER}'])")[0].strip() == str(value)
    assert lab.spoken(SLIDER) == said and value > 5 * float(lab.start["spoken"][SLIDER])


def test_set_in_a_cell_moves_the_slider_in_the_page(lesson, lab):
    """Values that change in the kernel and not in the page."""
    printed, _ = lesson.run(f"print({lab.name}.set({SLIDER}=2e-3).texts())")
    wait_for_change(lab, lab.start)
    assert lab.spoken(SLIDER) == "2.0e-3" and lab.numbers() == ast.literal_eval(printed)
    lab.press(SLIDER, "ArrowRight")  # and goes on from there
    lesson.until(lambda: lab.spoken(SLIDER) == "2.2e-3", "the slider goes on from where it was set")


def test_a_screen_reader_finds_names_values_and_pictures(lesson, lab):
    """A slider without a name, a value without its unit, a picture that is only "graphic"."""
    for control in lab.root.locator("input, select").all():
        assert control.evaluate("input => input.labels.length === 1 && input.labels[0].textContent.trim().length > 0")
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    for slider in lab.root.get_by_role("slider").all():
        assert slider.get_attribute("aria-valuetext")
    for title in lab.titles():
        canvas = lab.canvas(title)
        assert canvas.get_attribute("role") == "img"
        label = canvas.get_attribute("aria-label")
        assert title in label and all(f"{name}: {text}" in label for name, text in lab.numbers().items())


def test_the_dark_theme_reaches_the_lab(lesson, lab):
    """Black lines and labels on a black page."""
    colour = "element => getComputedStyle(element).color"
    assert "dark" not in lab.root.get_attribute("class") and lab.root.evaluate(colour) == "rgba(0, 0, 0, 0.87)"
    before = lab.pixels(lab.titles()[-1])
    for theme, dark in (("JupyterLab Dark", True), ("JupyterLab Light", False)):
        lesson.command("apputils:change-theme", {"theme": theme})
        lesson.until(
            lambda dark=dark: ("dark" in lab.root.get_attribute("class").split()) == dark, f"the lab is in {theme}"
        )
        if dark:
            lesson.until(lambda: lab.root.evaluate(colour) != "rgba(0, 0, 0, 0.87)", "the text is light")
    lesson.until(lambda: lab.pixels(lab.titles()[-1]) == before, "the curves are drawn as before")


@pytest.mark.parametrize(
    "where, dark, light",
    [
        ("document.documentElement.dataset.theme", "dark", "light"),  # a site
        ("document.documentElement.attributes.theme.value", "dark", "light"),  # Colab
        ("document.body.dataset.vscodeThemeKind", "vscode-dark", "vscode-light"),
        ("document.body.dataset.vscodeThemeKind", "vscode-high-contrast", "vscode-high-contrast-light"),
    ],
)
def test_the_theme_of_other_pages_reaches_the_lab(lesson, lab, where, dark, light):
    """A lab that is dark where the page is light, since the system prefers that."""
    page, stated = lesson.page, "document.body.dataset.jpThemeLight"
    page.evaluate(f"() => {{ delete {stated}; document.documentElement.setAttribute('theme', ''); }}")
    try:
        for theme, is_dark in ((dark, True), (light, False)):
            page.evaluate(f"theme => {{ {where} = theme; }}", theme)
            lesson.until(
                lambda is_dark=is_dark: ("dark" in lab.root.get_attribute("class").split()) == is_dark, f"it is {theme}"
            )
    finally:
        page.evaluate(
            f"""() => {{
                {stated} = "true";
                delete document.documentElement.dataset.theme;
                delete document.body.dataset.vscodeThemeKind;
                document.documentElement.removeAttribute("theme");
            }}"""
        )


def test_the_exported_page_shows_still_pictures(lesson, folder):
    """A page for people without Jupyter: empty places, state of dead widgets, or pictures without words."""
    lesson.command("docmanager:save")
    html, _ = HTMLExporter().from_filename(folder / "lesson.ipynb")
    assert html.count("A live lab. To move its sliders") == len(lesson.labs)
    assert all(alt and alt.strip() for alt in images_in(html)) and len(images_in(html)) > len(lesson.labs)
    assert "widget-state+json" not in html and "widget-view+json" not in html


def test_a_saved_lesson_opens_with_still_pictures(lesson, folder):
    """A view of a dead widget that was saved, and hides the picture behind an error."""
    lesson.command("docmanager:save")
    shutil.copy(folder / "lesson.ipynb", folder / "saved.ipynb")
    path, count = lesson.page.evaluate("jupyterapp.shell.currentWidget.context.path"), len(lesson.labs)
    opens = "path => void jupyterapp.commands.execute('docmanager:open', { path })"
    lesson.page.evaluate(opens, path.replace("lesson.ipynb", "saved.ipynb"))
    try:
        saved = lesson.page.locator(".jp-NotebookPanel:visible:has(.jp-OutputArea)")
        stills = saved.locator(".jp-OutputArea-output figure", has_text="run this cell")
        lesson.until(lambda: stills.count() == count, "every lab shows its still picture")
        cells = "jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model)"
        trusted = f"{cells}.every(cell => cell.type !== 'code' || cell.trusted)"
        assert lesson.page.evaluate(trusted)  # in an untrusted one nobody would look for the view
        lesson.wait_until_idle()
        assert saved.get_by_text("Error displaying widget").count() == 0 == saved.locator(".dcv").count()
    finally:
        lesson.command("application:close")
    assert all(lab.numbers() and lab.message() == "" for lab in lesson.labs)  # saving takes nothing from the open page


# Little labs of our own


def test_an_arrow_and_its_opposite_come_back_to_the_start(lesson):
    """A grid that goes past the start, so that 0.01 becomes 0.00949; an end that is sent as 0.667 and refused."""
    starts = {"tenth": 0.1 * 3, "noise": 0.01, "third": 1 / 3, "edge": 0.5, "low": 2.0, "fine": 0.123}
    _, cell = lesson.run("""
sliders = dict(
    tenth=live.Slider(0.1 * 3, 0, 0.3, label="tenth"), noise=live.LogSlider(0.01, 0.003, 0.03, label="noise"),
    third=live.Slider(1 / 3, 0, 2 / 3, label="third"), edge=live.LogSlider(0.5, 0.06666, 2 / 3, label="edge"),
    low=live.Slider(2, 2, 9, 3, label="low"), fine=live.LogSlider(0.123, 0.1, 1, 0.001, label="fine"))

@live.lab(**sliders)
def back(tenth, noise, third, edge, low, fine):
    values = dict(tenth=tenth, noise=noise, third=third, edge=edge, low=low, fine=fine)
    return live.Frame(images={"grey": np.full((8, 8), tenth)}, alt=repr(values))

back""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.titles(), "the first picture")
    ends = {"tenth": (0, 0.3), "noise": (0.003, 0.03), "third": (0, 2 / 3), "edge": (0.06666, 2 / 3), "low": (2, 9)}
    ends["fine"] = (0.1, 1)

    def values():
        return ast.literal_eval(re.search("{.*}", lab.canvas("grey").get_attribute("aria-label"))[0])

    for name, start in starts.items():
        there, again = ("ArrowRight", "ArrowLeft") if start < ends[name][1] else ("ArrowLeft", "ArrowRight")
        lab.press(name, there)
        lesson.until(lambda name=name, start=start: values()[name] != pytest.approx(start, rel=1e-3), f"{name} moves")
        lab.press(name, again)
        exactly = min(start, ends[name][1])
        lesson.until(lambda name=name, exactly=exactly: values()[name] == exactly, f"{name} is {exactly} again")
        for key, end in zip(("Home", "End"), ends[name], strict=True):
            lab.press(name, key)
            lesson.until(lambda name=name, end=end: values()[name] == end, f"{name} is {end}")
            if key == "End":  # the last position before it
                lab.press(name, "ArrowLeft")
                lesson.until(lambda name=name, end=end: values()[name] < end, f"{name} leaves {end}")
                assert ends[name][0] <= values()[name] and lab.message() == ""


def test_colours_on_the_screen_are_those_of_the_array(lesson):
    """Red and blue exchanged, or a pixel painted grey that is clipped in one colour or not a number."""
    _, cell = lesson.run("""
colours = np.random.default_rng(0).random((4, 6, 3))
colours[0, 0, 2], colours[1, 1, 0], colours[2, 2, 1] = 1.5, -0.5, np.nan

@live.lab(level=live.Slider(1, 0, 1))
def colour(level):
    return live.Frame(images={"colour": colours, "small": level * colours[:2]}, numbers={"level": level})

colour""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"level": "1"}, "the first picture")
    array = np.random.default_rng(0).random((4, 6, 3))
    array[0, 0, 2], array[1, 1, 0] = 1, 0
    expected = np.round(array * 255)
    expected[2, 2] = 204, 0, 153  # not a number
    assert abs(lab.rgb("colour") - expected).max() <= 2
    lab.button("Mark clipped").click()
    expected[0, 0], expected[1, 1] = (230, 120, 0), (0, 114, 178)
    assert abs(lab.rgb("colour") - expected).max() <= 2


def test_compare_shows_the_first_picture_while_it_is_held(lesson):
    """A flip that sticks, or that needs a mouse."""
    _, cell = lesson.run("""
@live.lab(level=live.Slider(0.25, 0, 1))
def flip(level):
    images = {"before": np.full((4, 4), level), "after": np.full((4, 4), 0.75)}
    return live.Frame(images=images, compare=("before", "after"))

flip""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.titles() == ["before", "after"], "the first picture")
    before, after = lab.pixels("before"), lab.pixels("after")
    button = lab.button("Compare")
    button.focus()
    for press, release in (
        (lambda: lesson.page.keyboard.down("Space"), lambda: lesson.page.keyboard.up("Space")),
        (lambda: (button.hover(), lesson.page.mouse.down()), lesson.page.mouse.up),
    ):
        press()
        assert lab.pixels("after") == before
        release()
        assert lab.pixels("after") == after


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_serious_in_a_lab(lesson, chart, theme):
    """A control without a name, text too faint to read, a role that lies: what axe-core knows and we forget."""
    lesson.command("apputils:change-theme", {"theme": theme})
    dark = theme.endswith("Dark")
    lesson.until(lambda: ("dark" in chart.root.get_attribute("class").split()) == dark, f"the lab is in {theme}")
    lesson.wait_until_faded()
    pictures, curves = chart.root, lesson.labs[0].root
    for root in (pictures, curves):
        root.evaluate("root => root.id = 'looked-at'")
        found = Axe().run(lesson.page, context="#looked-at").response["violations"]
        root.evaluate("root => root.removeAttribute('id')")
        assert [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found if v["impact"] != "minor"] == []
    lesson.command("apputils:change-theme", {"theme": "JupyterLab Light"})


@pytest.fixture
def chart(lesson):
    """A lab of two pictures in which every pixel has its own value."""
    _, cell = lesson.run("""
ramp = np.arange(4096.0).reshape(64, 64) / 4095
ramp[0, 63] = np.nan

@live.lab(gain=live.Slider(1, 1, 3))
def chart(gain):
    return live.Frame(images={"ramp": ramp, "bright": gain * ramp, "small": ramp[:8, :16]}, numbers={"gain": gain})

chart""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"gain": "1"}, "the first picture")
    lab.root.scroll_into_view_if_needed()
    return lab


def grey_at(pane, across, down):
    """The grey level of the screen, from 0 to 255, at a place from 0 to 1 in a pane."""
    image = np.asarray(Image.open(io.BytesIO(pane.screenshot())).convert("L"))
    return int(image[int(down * (len(image) - 1)), int(across * (image.shape[1] - 1))])


def point_at(lesson, element, across, down):
    lesson.page.mouse.move(*lesson.middle(element, across, down))


def test_zoom_shows_the_same_part_of_all_pictures_and_the_values_there(lesson, chart):
    """A zoom that moves one picture, the wrong way, or past the rim; values of another pixel, clipped or rounded."""
    pane, other = chart.pane("ramp"), chart.pane("bright")
    probe, whole = chart.root.locator(".dcv-probe"), pane.screenshot()
    point_at(lesson, pane, 0.758, 0.258)
    lesson.until(lambda: probe.inner_text().startswith("row 16, column 48:"), "the values under the pointer")
    assert probe.inner_text() == "row 16, column 48: ramp 0.2618, bright 0.2618"
    assert chart.zoom("ramp") == 1
    lesson.page.mouse.dblclick(*lesson.middle(pane, 0.758, 0.258))
    assert chart.zoom("ramp") == chart.zoom("bright") == chart.zoom("small") == 4
    assert grey_at(pane, 0.758, 0.258) == pytest.approx(0.2618 * 255, abs=3)
    assert grey_at(other, 0.02, 0.98) == pytest.approx(255 * ((16 + 12) * 64 + 36) / 4095, abs=6)
    point_at(lesson, pane, 0.755, 0.26)
    lesson.until(lambda: probe.inner_text().startswith("row 16, column 48:"), "the point has stayed under the pointer")

    pane.focus()
    for _ in range(30):
        lesson.page.keyboard.press("ArrowRight")
        lesson.page.keyboard.press("ArrowUp")
    point_at(lesson, pane, 0.995, 0.004)
    lesson.until(lambda: probe.inner_text() == "row 0, column 63: ramp nan, bright nan", "the corner, and no further")
    chart.press("gain", "End")
    lesson.until(lambda: chart.numbers() == {"gain": "3"}, "the lab goes on while zoomed")
    point_at(lesson, pane, 0.5, 0.9)
    lesson.until(lambda: "bright 0.6" in probe.inner_text(), "the new values")
    assert chart.zoom("bright") == 4
    pane.focus()
    for key, zoom in (("+", 8), ("-", 4), ("-", 2), ("-", 1), ("-", 1), ("+", 2), ("0", 1)):
        lesson.page.keyboard.press(key)
        assert chart.zoom("ramp") == zoom
    lesson.page.keyboard.press("+")
    chart.button("Reset").click()
    lesson.until(lambda: chart.numbers() == {"gain": "1"}, "the first picture")
    point_at(lesson, chart.button("Reset"), 0.5, 0.5)
    assert chart.zoom("ramp") == 1 and pane.screenshot() == whole
    assert probe.inner_text() == ""


def test_the_wheel_zooms_with_control_only_and_dragging_moves(lesson, chart):
    """A wheel that no longer scrolls the page once it is over a picture, or a drag that runs the other way."""
    pane, probe = chart.pane("ramp"), chart.root.locator(".dcv-probe")
    point_at(lesson, pane, 0.5, 0.5)
    lesson.page.mouse.wheel(0, -10)
    lesson.page.wait_for_timeout(200)  # the page scrolls
    assert chart.zoom("ramp") == 1
    point_at(lesson, pane, 0.5, 0.5)
    lesson.page.keyboard.down("Control")
    for turns in range(1, 8):
        lesson.page.mouse.wheel(0, -100)
        lesson.until(lambda turns=turns: chart.zoom("ramp") == pytest.approx(1.25**turns, rel=1e-3), "a turn zooms")
    lesson.page.keyboard.up("Control")
    point_at(lesson, pane, 0.53, 0.53)
    lesson.until(lambda: probe.inner_text().startswith("row 32, column 32:"), "the middle")
    lesson.page.mouse.down()
    point_at(lesson, pane, 0.93, 0.93)
    lesson.page.mouse.up()
    point_at(lesson, pane, 0.94, 0.94)
    lesson.until(lambda: probe.inner_text().startswith("row 32, column 32:"), "the middle went with the pointer")
    chart.button("Reset").click()


def test_save_gives_a_png_that_knows_its_settings(lesson, chart):
    """A file of which nobody knows a week later how it was made."""
    chart.press("gain", "End")
    lesson.until(lambda: chart.numbers() == {"gain": "3"}, "the last picture")
    with lesson.page.expect_download() as download:
        chart.button("Save").click()
    assert download.value.suggested_filename == "chart.png"
    saved = Image.open(download.value.path())
    assert saved.format == "PNG" and min(saved.size) > 100
    assert json.loads(saved.text["Settings"]) == {"gain": 3} and saved.text["Title"] == "chart"
    assert "gain: 3" in saved.text["Description"]


def test_a_control_that_the_others_make_useless_is_hidden_in_its_place(lesson):
    """Sliders that move nothing, a page that jumps when they go, or a Tab key that stops at what nobody sees."""
    _, cell = lesson.run("""
@live.lab(
    kind=live.Choice("line", ("line", "disk")),
    length=live.Slider(9, 1, 40, when={"kind": "line"}),
    radius=live.Slider(3, 1, 9, when={"kind": "disk"}),
    bright=live.Toggle(True),
)
def blurred(kind, length, radius, bright):
    return live.Frame(images={"grey": np.full((8, 8), length / 40)}, numbers={"length": length, "radius": radius})

blurred""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"length": "9", "radius": "3"}, "the first picture")
    below = "c => c.getBoundingClientRect().top - c.closest('.dcv').getBoundingClientRect().top"
    place = lab.canvas("grey").evaluate(below)
    assert lab.control("length").is_visible() and not lab.control("radius").is_visible()
    lab.control("kind").focus()
    for expected in ("length", "bright"):  # the hidden one is passed over
        lesson.page.keyboard.press("Tab")
        assert lab.control(expected).evaluate("c => c === document.activeElement")
    lab.control("kind").select_option("disk")
    lesson.until(lambda: lab.control("radius").is_visible() and not lab.control("length").is_visible(), "they change")
    assert lab.canvas("grey").evaluate(below) == place
    lab.press("radius", "End")
    lesson.until(lambda: lab.numbers() == {"length": "9", "radius": "9"}, "the hidden one keeps its value")
    lab.button("Reset").click()
    lesson.until(lambda: lab.control("length").is_visible() and not lab.control("radius").is_visible(), "Reset")


# What goes to and fro, over both ways


def test_an_error_is_one_line_and_the_picture_stays(lesson, way):
    """A traceback in the page, a picture that vanishes, or a lab that never recovers."""
    _, cell = lesson.run("""
@live.lab(level=live.Slider(0.5, 0, 1, 0.25))
def fragile(level):
    if level > 0.75:
        raise ValueError("level: got too much, expected at most 0.75\\nand more lines")
    return live.Frame(images={"square": np.full((8, 8), level)}, numbers={"level": level})

fragile""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"level": "0.5"}, "the first picture")
    lab.press("level", "ArrowRight")
    lesson.until(lambda: lab.numbers() == {"level": "0.75"}, "the second picture")
    picture = lab.pixels("square")
    lab.press("level", "End")
    lesson.until(lambda: lab.message() == "level: got too much, expected at most 0.75", "the error is told")
    assert lab.pixels("square") == picture and lab.numbers() == {"level": "0.75"}
    lab.press("level", "Home")
    lesson.until(lambda: lab.message() == "" and lab.numbers() == {"level": "0"}, "the lab recovers")
    assert lab.pixels("square") != picture


def test_a_choice_of_numbers_moves(lesson, way):
    """Every change refused as '5', or a list that shows nothing because 1.0 is written 1."""
    _, cell = lesson.run("""
@live.lab(size=live.Choice(3, (3, 5, 7)), factor=live.Choice(1.0, np.array([0.5, 1.0, 2.0])))
def chosen(size, factor):
    return live.Frame(images={"grey": np.full((8, 8), 0.1 * size)}, numbers={"product": size * factor})

chosen""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"product": "3"}, "the first picture")
    lab.control("size").select_option("5")
    lesson.until(lambda: lab.numbers() == {"product": "5"}, "five")
    lab.control("factor").select_option("2")
    lesson.until(lambda: lab.numbers() == {"product": "10"}, "twice five")
    assert lesson.run("print(chosen.values)")[0].strip() == "{'size': 5, 'factor': 2.0}"
    lesson.run("chosen.set(factor=0.5)")
    lesson.until(lambda: lab.numbers() == {"product": "2.5"}, "half of five")
    assert [lab.control(name).input_value() for name in ("size", "factor")] == ["5", "0.5"]
    assert lab.message() == ""


def test_a_lab_that_raises_inside_a_box_says_so(lesson, way):
    """A blank page, and the reason in the kernel's log alone."""
    _, cell = lesson.run("""
import ipywidgets

@live.lab(level=live.Slider(1, 0, 1, label="level"))
def boxed(level):
    if level == 1:
        raise ValueError("level: got 1, expected less")
    return live.Frame(images={"grey": np.full((8, 8), level)}, numbers={"level": level})

ipywidgets.HBox([boxed])""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.message() == "level: got 1, expected less", "the reason")
    lab.button("Save").click()  # there is nothing to save: no error either
    lab.press("level", "ArrowLeft")
    lesson.until(lambda: lab.numbers() == {"level": "0.99"} and lab.message() == "", "it recovers")


def test_pixels_on_the_screen_are_those_of_the_array(lesson, way):
    """Rows and columns exchanged, a palette off by one, an unchanged panel that is empty once another comes or goes."""
    _, cell = lesson.run("""
image = np.linspace(0, 1, 12).reshape(3, 4)
image[0, 0], image[2, 3], image[1, 1] = -0.5, 1.5, np.nan

@live.lab(both=live.Toggle(False, label="both panels"), how=live.Choice("as it is", ["as it is", "turned"]))
def panels(both, how):
    shown = image if how == "as it is" else image.T
    error = live.Panel(shown - 0.5, -0.5, 0.5, "RdBu")
    return live.Frame(images={"image": shown, "error": error} if both else {"image": shown}, numbers={"both": both})

panels""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"both": "0"}, "the first picture")
    levels = np.round(np.linspace(0, 1, 12).reshape(3, 4) * 252) / 252
    levels[0, 0], levels[2, 3] = 0, 1
    grey, error = (colormaps[cmap](levels, bytes=True)[:, :, :3].astype(int) for cmap in ("gray", "RdBu"))
    grey[1, 1] = error[1, 1] = 204, 0, 153  # not a number
    marked = grey.copy()
    marked[0, 0], marked[2, 3] = (0, 114, 178), (230, 120, 0)
    assert abs(lab.rgb("image") - grey).max() <= 1
    for expected in (marked, grey):
        lab.button("Mark clipped").click()
        assert abs(lab.rgb("image") - expected).max() <= 1

    grey, error = grey.transpose(1, 0, 2), error.transpose(1, 0, 2)
    lab.control("how").select_option("turned")
    lesson.until(lambda: lab.rgb("image").shape == grey.shape, "the picture is turned")
    for titles in (["image", "error"], ["image"]):
        lab.press("both panels", "Space")
        lesson.until(lambda titles=titles: lab.titles() == titles, f"the panels are {titles}")
        shown = {"image": grey, "error": error}
        assert all(abs(lab.rgb(title) - shown[title]).max() <= 1 for title in titles)


def test_two_views_of_a_lab_move_together(lesson, way):
    """A lab that is shown twice and whose views fight, or of which one stays empty."""
    _, first = lesson.run("""
@live.lab(level=live.Slider(0.5, 0, 1, 0.25))
def twice(level):
    return live.Frame(images={"square": np.full((8, 8), level)}, numbers={"level": level})

twice""")
    _, second = lesson.run("twice")
    one, two = lesson.lab_in(first), lesson.lab_in(second)
    lesson.until(lambda: one.numbers() == two.numbers() == {"level": "0.5"}, "both show the first picture")
    for mover, key, text in ((one, "End", "1"), (two, "Home", "0"), (one, "ArrowRight", "0.25")):
        mover.press("level", key)
        lesson.until(lambda text=text: one.numbers() == two.numbers() == {"level": text}, f"both show {text}")
        lesson.until(lambda: one.spoken("level") == two.spoken("level"), "both sliders stand at one place")
        assert one.pixels("square") == two.pixels("square")


def test_an_iterative_lab_can_be_slid_back(lesson, way):
    """A slider back through the run that shows the last picture, another run's, or one that the numbers do not fit."""
    _, cell = lesson.run("""
@live.lab(level=live.Slider(0.5, 0, 1, 0.25))
def run(level):
    values = []
    for k in range(11):
        values.append(100.0 - k)
        yield live.Frame(images={"grey": np.full((8, 8), level * k / 10)}, numbers={"k": k, "level": level}, step=k,
                         curves={"objective": live.Curves({"objective": values}, "step", marks={"rule": 3})})

run""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"k": "10", "level": "0.5"}, "the whole run")
    pictures, back = {10: lab.rgb("grey")[0, 0, 0]}, lab.control("iteration")
    assert lab.spoken("iteration") == "10" and back.input_value() == "10"
    for key, k in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("PageUp", 3), ("End", 10)):
        lab.press("iteration", key)
        lesson.until(lambda k=k: lab.numbers() == {"k": str(k), "level": "0.5"}, f"step {k}")
        assert lab.spoken("iteration") == str(k)
        pictures[k] = lab.rgb("grey")[0, 0, 0]
    assert pictures == {k: pytest.approx(127.5 * k / 10, abs=2) for k in (0, 1, 2, 3, 10)}
    lab.press("iteration", "Home")
    lesson.until(lambda: lab.numbers()["k"] == "0", "the start")
    lab.press("level", "End")
    lesson.until(lambda: lab.numbers() == {"k": "10", "level": "1"}, "a new run ends at its end")
    lesson.until(lambda: back.input_value() == "10", "and so does the slider")
    lab.press("iteration", "ArrowLeft")
    lesson.until(lambda: lab.numbers() == {"k": "9", "level": "1"}, "back in the new run")
    assert lab.rgb("grey")[0, 0, 0] == pytest.approx(0.9 * 255, abs=2)


CHANGE_OF_WAY = """async () => {
  const { engine } = await import("/engine.js"), shown = [];
  let receive, socket;
  window.WebSocket = class extends EventTarget { constructor() { super(); socket = this; } send() {} };
  const model = { on: (name, f) => { if (name === "msg:custom") receive = f; }, off() {}, send() {} };
  const page = { told: {}, question: () => ({ kind: "tick" }), show: ({ picture }) => shown.push(picture) };
  const lab = engine(model, "v", { ...page, say() {}, follow() {}, rested() {}, lost() {} });
  function bySocket(content) {
    const head = new TextEncoder().encode(JSON.stringify({ sizes: [], ...content }));
    const data = new Uint8Array([head.length, 0, 0, 0, ...head]).buffer;
    socket.dispatchEvent(new MessageEvent("message", { data }));
  }
  receive({ kind: "offer", view: "v", port: 1, ticket: "" });
  lab.want(); // 1, by the comm
  bySocket({ picture: "all" }); // from now on by the socket, where 2 asks again
  bySocket({ view: "v", seq: 1, took: 0, picture: "first" });
  bySocket({ view: "v", seq: 2, took: 0, picture: "second" });
  bySocket({ view: "v", seq: 1, took: 0, picture: "overtaken" });
  return shown;
}"""


def test_a_picture_that_comes_while_the_way_changes_is_shown(browser):
    """An answer that is dropped, though the kernel takes it for shown, and sends no picture with the next: the same."""
    page, modules = browser.new_page(), ROOT / "deconvlab" / "page"
    page.route(
        "http://localhost/*.js", lambda route: route.fulfill(path=modules / route.request.url.rpartition("/")[2])
    )
    page.route("http://localhost/", lambda route: route.fulfill(body=""))
    page.goto("http://localhost/")
    assert page.evaluate(CHANGE_OF_WAY) == ["all", "first", "second"]
    page.context.close()


def test_a_large_picture_in_colour_follows(lesson, way):
    """Buffers that are too large to pass, or rows, columns and channels that trade places on their way."""
    _, cell = lesson.run("""
@live.lab(level=live.Slider(1, 0, 1))
def large(level):
    down, right = np.mgrid[:1024, :1024] / 1023
    return live.Frame(images={"colour": np.dstack([level * down, right, 1 - right])}, numbers={"level": level})

large""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"level": "1"}, "the first picture")
    corner = """c => [[0, 0], [1023, 0], [0, 1023], [511, 511]].map(
        ([x, y]) => Array.from(c.getContext("2d").getImageData(x, y, 1, 1).data.slice(0, 3)))"""
    assert lab.canvas("colour").evaluate(corner) == [[0, 0, 255], [0, 255, 0], [255, 0, 255], [128, 128, 128]]
    lab.press("level", "Home")
    lesson.until(lambda: lab.numbers() == {"level": "0"}, "the picture follows")
    assert lab.canvas("colour").evaluate(corner) == [[0, 0, 255], [0, 255, 0], [0, 0, 255], [0, 128, 128]]


def test_stop_keeps_the_picture_of_a_run_that_goes_on_and_on(lesson, way):
    """A run that nobody can end, as Interrupt does not reach it; or one that cannot be started again."""
    _, cell = lesson.run("""
import itertools, time

@live.lab(level=live.Slider(0, 0, 1))
def endless(level):
    for k in itertools.count() if level else range(3):
        time.sleep(0.01)
        yield live.Frame(images={"grey": np.full((8, 8), level)}, numbers={"k": k, "level": level}, step=k)

endless""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"k": "2", "level": "0"}, "the first picture")
    assert lab.button("Stop").is_hidden()
    for level in "1", "0.99":
        lab.press("level", "End" if level == "1" else "ArrowLeft")
        lesson.until(lambda level=level: lab.numbers()["level"] == level and int(lab.numbers()["k"]) > 20, "it runs")
        lab.button("Stop").click()
        lesson.until(lab.button("Stop").is_hidden, "it has stopped")
        stopped = lab.numbers()
        lesson.page.wait_for_timeout(200)
        assert lab.numbers() == stopped and lab.control("iteration").is_enabled()


SLOW_LAB = """
import time

@live.lab(level=live.Slider(0, 0, 100, 1))
def slow(level):
    for k in range(30):
        time.sleep(0.01)
        if level == 99 and k == 20:
            raise RuntimeError("step 20 failed")
        yield live.Frame(images={"grey": np.full((8, 8), level / 100)}, numbers={"level": level, "k": k})

slow
"""


def test_a_drag_on_a_slow_lab_ends_with_the_last_value_and_its_last_picture(lesson, way):
    """A stale picture that arrives late, or a run that stops short of its end when the slider rests."""
    _, cell = lesson.run(SLOW_LAB)
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"level": "0", "k": "29"}, "the first picture is there, converged")
    lab.control("level").focus()
    shown = set()
    for _ in range(40):
        lesson.page.keyboard.press("ArrowRight")
        shown.add(lab.numbers()["level"])
    lesson.until(lambda: lab.numbers() == {"level": "40", "k": "29"}, "the last value has converged")
    assert len(shown) > 3  # the picture followed while the slider moved
    lesson.page.wait_for_timeout(200)
    assert lab.numbers() == {"level": "40", "k": "29"} and lab.root.locator(".dcv-more").is_hidden()
    assert set(lab.rgb("grey").ravel().tolist()) == {round(round(0.4 * 252) * 255 / 252)}

    lab.press("level", "End")
    lesson.until(lambda: lab.numbers()["level"] == "100", "the end is reached")
    lab.press("level", "ArrowLeft")
    lesson.until(lambda: lab.message() == "RuntimeError: step 20 failed", "the error is one line")
    assert int(lab.numbers()["k"]) < 20 and lab.numbers()["level"] == "99"
    lab.press("level", "ArrowLeft")
    lesson.until(lambda: lab.numbers() == {"level": "98", "k": "29"} and lab.message() == "", "it has recovered")


REMEMBER_SOCKETS = """() => {
    if (window.sockets) return void (sockets.length = 0);
    window.sockets = [];
    const Plain = WebSocket;
    window.WebSocket = class extends Plain { constructor(...all) { super(...all); sockets.push(this); } };
}"""


DRAG = """async ([root, end]) => {  // sixty steps in 1.2 s; after thirty the short way is cut at one end
    const slider = root.querySelector("input[type=range]"), numbers = root.querySelector(".dcv-numbers"), seen = [];
    const watch = new MutationObserver(() => seen.push(Number(numbers.querySelector("b").textContent)));
    watch.observe(numbers, { childList: true, subtree: true });
    for (let k = 1; k <= 60; k++) {
        await new Promise(next => setTimeout(next, 20));
        slider.stepUp();
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        if (k === 30 && end) end === "page" ? sockets.at(-1).close() : sockets.at(-1).send("no JSON");
    }
    for (let k = 0; k < 100 && seen.at(-1) !== 60; k++) await new Promise(next => setTimeout(next, 50));
    await new Promise(next => setTimeout(next, 100));  // in which an old one may come late
    watch.disconnect();
    return seen;
}"""


@pytest.mark.parametrize(
    ("way", "end"), [("short way", "page"), ("short way", "kernel"), ("comm", None)], indirect=["way"]
)
def test_a_way_that_is_cut_in_the_middle_of_a_drag_is_not_noticed(lesson, way, end):
    """A picture lost, repeated or out of order, or a slider that stops, where the short way ends."""
    lesson.page.evaluate(REMEMBER_SOCKETS)
    _, cell = lesson.run("""
@live.lab(level=live.Slider(0, 0, 60, 1))
def dragged(level):
    return live.Frame(images={"grey": np.full((64, 64), level / 60), "same": np.ones((8, 8))}, numbers={"level": level})

dragged""")
    lab = lesson.lab_in(cell)
    short = way == "short way"
    lesson.until(lambda: lesson.page.evaluate("sockets.length") == short and lab.numbers(), "the first picture")
    lesson.page.wait_for_timeout(300)
    ways = "print(len(dragged._ways._sockets), len(dragged._ways._others))"
    assert lesson.run(ways)[0] == ("1 0\n" if short else "0 1\n")
    seen = lesson.page.evaluate(DRAG, [lab.root.element_handle(), end])
    pictures = [level for level, _ in itertools.groupby(seen)]  # the one that stands there is drawn anew, unseen
    assert pictures == sorted(set(pictures)) and pictures[-1] == 60 and len(pictures) > 10
    assert lesson.run(ways)[0] == "0 1\n"
    assert set(lab.rgb("grey").ravel().tolist()) == {255} == set(lab.rgb("same").ravel().tolist())


ENDS = {
    "a restart": "session.kernel.restart()",
    "a crash": "session.kernel.requestExecute({ code: 'import os; os._exit(1)' })",
    "a shutdown": "shutdown()",
}


LAST_LAB = """
import numpy as np
from deconvlab import live

@live.lab(level=live.Slider(0.5, 0, 1), bright=live.Toggle(True))
def last(level, bright):
    return live.Frame(images={"square": np.full((8, 8), level)}, numbers={"level": level})

last"""


@pytest.mark.parametrize("end", ENDS)
def test_when_the_kernel_has_gone_the_labs_of_both_ways_say_so(lesson, end):
    """Sliders that pretend: they move, and nothing follows."""
    labs = []
    for direct in 0, 1:
        _, cell = lesson.run(f"import os; os.environ['DECONVLAB_DIRECT'] = '{direct}'\n{LAST_LAB}")
        labs.append(lesson.lab_in(cell))
        lesson.until(lambda: labs[-1].numbers() == {"level": "0.5"}, "the first picture")
    picture = labs[0].pixels("square")
    lesson.page.evaluate(f"() => {{ jupyterapp.shell.currentWidget.sessionContext.{ENDS[end]}; }}")
    for lab in labs:
        lesson.until(lambda lab=lab: "The kernel has gone. Run this cell" in lab.message(), f"the lab tells of {end}")
        assert lab.control("level").is_disabled() and lab.control("bright").is_disabled()
        assert lab.button("Reset").is_disabled() and lab.pixels("square") == picture
    assert all("The kernel has gone" in other.message() for other in lesson.labs)
    if end == "a crash":
        lesson.page.get_by_role("button", name="Ok", exact=True).click()  # JupyterLab tells of it, too
    if end != "a shutdown":
        lesson.wait_until_idle()


# Elsewhere


def test_a_lab_works_in_notebook_7(tmp_path, jupyter, browser):
    """A view that leans on something only JupyterLab has."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": LAST_LAB, "outputs": [], "execution_count": None}
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    lesson = {"cells": [cell], "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "lesson.ipynb").write_text(json.dumps(lesson))
    notebook = Notebook(browser, jupyter(tmp_path / "lesson.ipynb", place="notebooks"))
    notebook.run_all()
    notebook.until(lambda: notebook.labs and notebook.labs[0].numbers() == {"level": "0.5"}, "the lab is live")
    lab, notebook.errors[:] = notebook.labs[0], []  # Notebook's own, while it starts
    picture = lab.pixels("square")
    lab.press("level", "ArrowLeft")
    notebook.until(lambda: lab.numbers() == {"level": "0.49"}, "the lab follows")
    assert lab.message() == "" and lab.pixels("square") != picture and notebook.errors == []
    notebook.command("kernelmenu:shutdown")
    notebook.until(lambda: "Run this cell" in lab.message(), "the lab says that the kernel has gone")

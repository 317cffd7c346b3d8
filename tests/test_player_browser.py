"""Labs on a page without Python, in a real browser: live.js, the player that answers it, and the page's labs.js."""

import shutil

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyter_page import Lab
from site_pages import ROOT, SCRIPTS, script, served
from static_lab import File, colours, level, places, walk

from deconvlab import live
from deconvlab.live import LogSlider, Slider

pytestmark = pytest.mark.browser
export, grid = script("export"), script("grid")

PAGE = """<!doctype html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Labs</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="../_static/live.css">
<style>html[data-theme="dark"] { background: #121212; color: #eee; --jp-ui-font-color1: #eee; --jp-layout-color2: #222;
--jp-ui-font-color2: #bbb; --jp-border-color1: #777; --jp-layout-color1: #121212; }</style></head>
<body><main><h1>Labs</h1>LABS</main><script type="module" src="../_static/labs.js"></script></body></html>"""
STILL = """<div class="dcv-lab" data-lab="20-test.{}"><figure>
<img alt="A still." width="300" height="100"></figure></div>"""
GREY = np.array([0, *np.floor(np.arange(253) * 255 / 252 + 0.5), 255, 204])  # of each code, the first byte


class Page:
    """The page in the browser, with the labs that it shows by their name."""

    def __init__(self, browser, address, names):
        self.page, self.errors = browser.new_page(viewport={"width": 1000, "height": 900}), []
        self.page.set_default_timeout(20_000)
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
        self.page.goto(address)
        self.names = names

    def place(self, name):
        return self.page.locator(".dcv-lab").nth(self.names.index(name))

    def lab(self, name):
        """The lab once its sliders are there, at the start."""
        lab = Lab(self, self.place(name).locator(".dcv"))
        lab.button("Reset").click()
        return lab


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A site of one page with labs that were computed ahead."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("_static", "labs", "lessons"):
        (folder / name).mkdir()
    for file in (*(SCRIPTS / "static").glob("*.js"), *(ROOT / "deconvlab/page").iterdir()):
        shutil.copy(file, folder / "_static")
    for lab in (level(), colours(), walk()):
        export.write(lab, folder / "labs" / f"20-test.{lab.__name__}.bin")
    export.write(colours(), folder / "labs" / "20-test.few.bin", 3 * (6000,))
    return folder


@pytest.fixture(scope="module")
def opened(folder, browser):
    """A function that opens a page with labs of these names, and what else stands between them."""
    with served(folder) as address:
        pages = []

        def open_page(*names, between=""):
            file = folder / "lessons" / f"{'-'.join(names)}.html"
            file.write_text(PAGE.replace("LABS", between.join(STILL.format(name) for name in names)))
            pages.append(Page(browser, f"{address}lessons/{file.name}", names))
            return pages[-1]

        yield open_page
        for page in pages:
            page.page.close()


@pytest.fixture(scope="module")
def page(opened):
    page = opened("level", "colours", "walk")
    yield page
    assert page.errors == []


def settled(lab):
    """Wait until a run has played to its end."""
    lab.root.locator(".dcv-more").wait_for(state="hidden")


def shows(page, lab, title, codes):
    """Wait until a canvas shows exactly these codes as grey levels."""
    expected = GREY[codes]
    page.page.wait_for_timeout(30)
    for _ in range(100):
        seen = lab.rgb(title)
        if seen.shape == expected.shape and np.array_equal(seen, expected):
            return
        page.page.wait_for_timeout(30)
    assert seen.shape == expected.shape and np.abs(seen - expected).max() == 0


def says(page, lab, **texts):
    """Wait until sliders say these values."""
    for _ in range(100):
        if (spoken := {name: lab.spoken(name) for name in texts}) == texts:
            return
        page.page.wait_for_timeout(30)
    assert spoken == texts


def test_every_position_of_a_slider_shows_its_picture_bit_by_bit(page, folder):
    """Catches: colours that the browser manages, rounding in a decoder, a picture of another setting, arrow keys that
    skip a position."""
    lab, file = page.lab("level"), File(folder / "labs/20-test.level.bin")
    runs = {tuple(values.values()): run for values, run in file.settings()}
    lab.press("offset", "Home")
    for offset in places(file.header["spec"][0]):
        message = runs[offset, False][-1]
        shows(page, lab, "after", file.picture(message["images"][1]))
        assert lab.numbers() == message["numbers"] and float(lab.spoken("offset").removesuffix(" levels")) == offset
        lab.press("offset", "ArrowRight")
    assert lab.spoken("offset") == "0.50 levels"


def test_a_drag_gets_one_answer_for_each_request_and_ends_at_its_end(page, folder):
    """Catches: an old picture that comes last, a request without an answer, a model that answers while it is asked."""
    answers = page.page.evaluate(
        """async () => {
          const { played } = await import("../_static/player.js");
          const model = await played("../labs/20-test.level.bin"), heard = [];
          model.on("msg:custom", ({ seq, values }) => heard.push([seq, values.offset]));
          const [{ name, positions }] = model.get("spec");
          let early = 0;
          positions.forEach((value, seq) => {
            model.send({ kind: "tick", view: "a", seq, values: { [name]: value, negative: false } });
            early += heard.length;
          });
          while (heard.length < positions.length) await new Promise((resolve) => setTimeout(resolve, 5));
          return { heard, asked: positions.map((value, seq) => [seq, value]), early };
        }"""
    )
    assert answers["heard"] == answers["asked"] and answers["early"] == 0
    lab, file = page.lab("level"), File(folder / "labs/20-test.level.bin")
    lab.control("offset").evaluate(
        """async (input) => {
          for (let k = 0; k < 60; k++) {
            input.value = k % (Number(input.max) + 1);
            input.dispatchEvent(new Event("input"));
            await new Promise(requestAnimationFrame);
          }
        }"""
    )
    last = places(file.header["spec"][0])[59 % 17]
    (run,) = [run for values, run in file.settings() if values == {"offset": last, "negative": False}]
    shows(page, lab, "after", file.picture(run[-1]["images"][1]))
    assert lab.numbers() == run[-1]["numbers"]


def test_a_switch_compare_mark_clipped_and_zoom_work(page, folder):
    """Catches: what live.js does by itself and needs whole codes for."""
    lab, file = page.lab("level"), File(folder / "labs/20-test.level.bin")
    lab.control("negative").check()
    (run,) = [run for values, run in file.settings() if values == {"offset": 0, "negative": True}]
    before, after = (file.picture(image) for image in run[-1]["images"][:2])
    shows(page, lab, "after", after)
    lab.button("Compare").focus()
    page.page.keyboard.down("Enter")
    shows(page, lab, "after", before)
    page.page.keyboard.up("Enter")
    lab.button("Mark clipped").click()
    assert (lab.rgb("after")[after[..., 0] == 0] == (0, 114, 178)).all() and (after == 0).any()
    lab.button("Mark clipped").click()
    lab.pane("after").focus()
    page.page.keyboard.press("+")
    assert lab.zoom("before") == lab.zoom("after") == 2
    assert lab.rgb("error").std(axis=2).max() > 0  # in the colours of its map


def test_what_needs_a_kernel_is_hidden_and_a_sentence_says_what_to_do(page):
    """Catches: buttons and controls that do nothing, and a page that does not say why."""
    lab = page.lab("colours")
    assert lab.button("Save").count() == lab.button("Full size").count() == lab.control("your photograph").count() == 0
    says = page.place("colours").locator(".dcv-note").inner_text()
    assert "one slider at a time" in says and "your photograph, part" in says and "JupyterLab" in says
    says = page.place("level").locator(".dcv-note").inner_text()
    assert "34 settings" in says and "one slider" not in says


def test_in_a_star_the_other_sliders_return_to_their_start(page, folder):
    """Catches: sliders that say other values than the picture has; a choice that returns without need."""
    lab, file = page.lab("colours"), File(folder / "labs/20-test.colours.bin")
    lab.control("kind").select_option("ramp")
    lab.press("red", "End")
    lab.press("green", "Home")
    says(page, lab, red="0.5", green="0.0", blue="0.1", slope="1.0")
    assert lab.control("kind").input_value() == "ramp"
    values = {"red": 0.5, "green": 0.0, "blue": 0.1, "kind": "ramp", "slope": 1.0}
    (run,) = [run for known, run in file.settings() if known == values]
    shows(page, lab, "colours", file.picture(run[-1]["images"][0]))
    lab.press("slope", "End")
    says(page, lab, green="0.5", slope="2.0")


def test_where_choices_are_too_many_they_return_as_well(page, folder):
    """Catches: a slider that jumps back while it is moved; a request that nothing answers; more that returns than has
    to."""
    returns = File(folder / "labs/20-test.few.bin").header["returns"]
    answers = page.page.evaluate(
        """async () => {
          const { played } = await import("../_static/player.js");
          const model = await played("../labs/20-test.few.bin"), spec = model.get("spec"), answers = [];
          model.on("msg:custom", ({ values }) => answers.push(values));
          const start = Object.fromEntries(spec.map(({ name, value }) => [name, value]));
          const tick = (moves) => model.send({ kind: "tick", view: "a", seq: 1, values: { ...start, ...moves } });
          const ends = (name) => spec.find((s) => s.name === name).positions.at(-1);
          tick({ kind: "ramp" });
          tick({ kind: "ramp", red: ends("red") });
          tick({ kind: "ramp", slope: ends("slope") });
          while (answers.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
          return answers;
        }"""
    )
    start = {"red": 0.5, "green": 0.5, "blue": 0.1, "kind": "flat", "slope": 1}
    assert returns == "controls"
    assert answers == [start | {"kind": "ramp"}, start | {"red": 1}, start | {"kind": "ramp", "slope": 2}]


def test_a_run_plays_to_its_end_and_can_be_slid_back(page, folder):
    """Catches: a run that shows its last picture only; a step that shows another's picture; a curve that is cut."""
    lab, file = page.lab("walk"), File(folder / "labs/20-test.walk.bin")
    settled(lab)
    lab.press("speed", "End")
    lab.root.locator(".dcv-more").wait_for()
    settled(lab)
    (run,) = [run for values, run in file.settings() if values == {"speed": 0.5}]
    shows(page, lab, "reached", file.picture(run[-1]["images"][1]))
    assert lab.spoken("iteration") == "40" and lab.control("iteration").get_attribute("max") == str(len(run) - 1)
    for key, k in ("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2):
        lab.press("iteration", key)
        shows(page, lab, "reached", file.picture(run[k]["images"][1]))
        assert lab.spoken("iteration") == str(run[k]["step"]) and lab.numbers() == run[k]["numbers"]


def test_stop_keeps_the_picture_and_a_move_starts_anew(page, folder):
    """Catches: a run that goes on after Stop; one that its successor does not end."""
    lab = page.lab("walk")
    lab.press("speed", "Home")
    lab.button("Stop").click()
    settled(lab)
    numbers = lab.numbers()
    last = lab.control("iteration").get_attribute("max")
    page.page.wait_for_timeout(300)
    assert lab.numbers() == numbers and int(lab.spoken("iteration")) < 40 and 3 < int(last) < 12
    lab.press("speed", "ArrowRight")
    settled(lab)
    assert lab.spoken("iteration") == "40"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page, theme):
    """Catches: colours without contrast, controls without names, a sentence that is not read."""
    page.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    page.page.wait_for_timeout(300)
    found = Axe().run(page.page)
    page.page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert found.violations_count == 0, found.generate_report()


def test_a_live_model_takes_the_place_with_its_first_picture(page):
    """Catches: a gap between the two, an old view that goes on, a sentence that is no longer true."""
    lab = page.lab("level")
    states = page.page.evaluate(
        """async () => {
          const { mount, labs } = await import("../_static/labs.js"), { played } = await import("../_static/player.js");
          const el = labs()[0], model = await played("../labs/20-test.level.bin"), old = el.querySelector(".dcv");
          const count = (what) => el.querySelectorAll(what).length;
          const state = () => [old.isConnected, count(".dcv"), count(".dcv-note")];
          const before = state(), get = model.get;
          let answer;
          const send = (...what) => { answer = what; };
          mount(el, { ...model, send, get: (name) => (name === "played" ? undefined : get(name)) });
          const between = state();
          model.send(...answer);
          await new Promise((resolve) => setTimeout(resolve, 200));
          return [before, between, state()];
        }"""
    )
    assert states == [[True, 1, 1], [True, 2, 1], [False, 1, 0]]
    assert lab.titles() == ["before", "after", "error", "levels"]


def test_a_missing_file_leaves_the_still_and_says_so(opened):
    """Catches: a lab that is neither a still nor live, an endless progress bar."""
    page = opened("gone", "level")
    page.lab("level")
    says = page.place("gone").locator(".dcv-note")
    says.get_by_text("could not be loaded").wait_for()
    assert says.locator("progress").count() == 0
    assert page.place("gone").get_by_role("img", name="A still.").is_visible()
    assert all("404" in error for error in page.errors)


def test_a_lab_far_below_is_loaded_when_it_comes_near(opened):
    """Catches: all files of a page loaded at once; a lab that moves up what stands below it."""
    page = opened("level", "walk", between="<div style='height: 4000px'></div>")
    page.lab("level")
    assert page.page.evaluate("performance.getEntriesByType('resource').every(({ name }) => !name.includes('walk'))")
    still = page.place("walk").bounding_box()["height"]
    page.page.evaluate("scrollBy(0, 2500)")
    page.place("walk").locator(".dcv-numbers").wait_for(state="attached")
    assert page.place("walk").bounding_box()["height"] >= still


def test_the_positions_are_those_of_the_live_sliders(page):
    """Catches: an exporter that thins other positions than a live lab has."""
    controls = {
        "a": Slider(1, 0.5, 25, 0.2),
        "b": Slider(0, -90, 90),
        "c": LogSlider(0.0058, 1e-6, 10),
        "d": LogSlider(1, 1, 22016),
        "e": Slider(2 / 3, -1 / 7, 1, 0.07),
    }
    spec = live.lab(**controls)(lambda a, b, c, d, e: None).spec
    positions = page.page.evaluate(
        """async (spec) => {
          const { scale } = await import("../_static/scale.js");
          return spec.map(scale).map(({ count, at }) => Array.from({ length: count + 1 }, (_, k) => at(k)));
        }""",
        spec,
    )
    assert positions == [grid.positions(control) for control in spec]

"""An exercise in real JupyterLab: type an answer, run the check, read the verdict."""

import json
import shutil
from pathlib import Path

import pytest
from jupyter_page import open_notebook

pytestmark = pytest.mark.browser

COPY = Path(__file__).parent.parent / "notebooks/exercises/04-divide-out-the-blur.ipynb"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("exercises")


@pytest.fixture(scope="module")
def page(place, jupyter, browser):
    """The learner's copy, open."""
    with open_notebook(browser, jupyter(shutil.copy(COPY, place / COPY.name))) as notebook:
        progress = str(place / "progress.json")
        notebook.run(f"import os; os.environ['DECONVLAB_PROGRESS'] = {progress!r}")  # as lab.py does
        yield notebook


def verdicts(page):
    return [text.strip() for text in page.page.locator(".jp-OutputArea-output pre").all_inner_texts() if "04-" in text]


def test_an_untouched_copy_says_what_to_do(page):
    page.run_all()
    said = verdicts(page)
    assert len(said) == COPY.read_text(encoding="utf-8").count('"check(')
    assert all("not answered yet" in text for text in said)


@pytest.mark.parametrize(("typed", "verdict"), [
    ("gain_of_the_wave = 1 / 0.05", "not right. That is 1 / 0.05: where is epsilon?"),
    ("gain_of_the_wave = 'much", "not answered yet."),  # a cell that cannot be run leaves the last answer standing
    ("gain_of_the_wave = 1 / (0.05 + 0.01)", "right."),
])  # fmt: skip
def test_a_typed_answer_gets_its_verdict(page, typed, verdict):
    """Catches: a verdict that does not follow the answer, or that nobody can read in the page."""
    if "much" in typed:
        page.run("gain_of_the_wave = ...")
    cell = page.page.locator(".jp-CodeCell", has_text="gain_of_the_wave = ").first
    cell.locator(".cm-content").click()
    page.page.keyboard.press("Control+a")
    page.page.keyboard.type(typed)
    page.page.keyboard.press("Shift+Enter")
    page.wait_until_idle()
    check = page.page.locator(".jp-CodeCell", has_text='check("04-gain-by-hand"').first
    check.locator(".cm-content").click()
    page.page.keyboard.press("Shift+Enter")
    page.wait_until_idle()
    page.until(lambda: verdict in check.locator(".jp-OutputArea-output").inner_text(), f"the verdict is {verdict!r}")


def test_what_was_passed_is_kept(page, place):
    page.until(lambda: (place / "progress.json").exists(), "the progress is noted")
    assert json.loads((place / "progress.json").read_text(encoding="utf-8")) == ["04-gain-by-hand"]
    text, _ = page.run("from deconvlab.exercises import progress\nprogress()")
    assert text.strip() == "Lesson 04: 1 passed: gain-by-hand"

"""How quick Python in a page is: Pyodide in a worker of a lesson's page, in headless Chromium.

    python benchmarks/life.py [--json]

From the button to the first cell, and from a key press to changed pixels, noted in the page itself: a lab of 256x256
that divides, and one that iterates. Then every lesson, with how many of its printed lines are not those that are
stored. Pyodide comes from the tests' rig over the loopback, so what a network adds is not in it. Needs the extras
`test` and `site`, and Chromium. Close everything else first; it takes a quarter of an hour.
"""

import statistics
import sys
import tempfile
import time
from itertools import zip_longest
from pathlib import Path

import numpy as np
from measure import machine, options, row, show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from jupyter_page import chromium  # noqa: E402
from lessons import LESSONS, read  # noqa: E402
from life_page import Lesson, printed, site_with_python  # noqa: E402
from site_pages import script  # noqa: E402

LESSON = "04-divide-out-the-blur"
PRESSES, DRAG, DRAG_SECONDS = 40, 60, 2
SETUP = """
import numpy as np, deconvlab as dl
from deconvlab import live
x_true = dl.sample_image("astronaut", size=256)
y = dl.simulate(x_true, dl.gaussian(3), sigma=0.01, rng=0).y
"""
LABS = {
    "division": """
@live.lab(sigma=live.Slider(2, 1, 6, 0.05))
def division(sigma):
    x = dl.tikhonov(y, dl.gaussian(sigma), 1e-2)
    return live.Frame(images={"blurred": y, "restored": x}, numbers={"sigma": sigma})

division""",
    "iterative lab": """
@live.lab(sigma=live.Slider(2, 1, 6, 0.05))
def iterative(sigma):
    for it in dl.richardson_lucy(dl.Blur(dl.gaussian(sigma), y.shape), y.clip(0, 1)):
        yield live.Frame(images={"blurred": y, "restored": it.x}, numbers={"sigma": sigma}, step=it.k)
        if it.k == 100:
            return

iterative""",
}
PRESS = """
async (root, presses) => {  // from the event to the frame in which the numbers and the picture are those of the value
  const slider = root.querySelector("input[type=range]"), frame = () => new Promise(requestAnimationFrame), took = [];
  const canvas = [...root.querySelectorAll("canvas")][1], numbers = root.querySelector(".dcv-numbers");
  const shown = () => numbers.textContent + canvas.getContext("2d").getImageData(128, 128, 8, 8).data.join();
  for (let k = 0; k < presses; k++) {
    await new Promise(go => setTimeout(go, 120 + 13 * (k % 7)));
    const before = numbers.textContent, start = performance.now();
    slider.stepUp();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (numbers.textContent === before) await frame();
    shown();
    took.push(performance.now() - start);
  }
  return took;
}"""
DRAGGED = """
async (root, [events, seconds]) => {
  const slider = root.querySelector("input[type=range]"), frames = new Set();
  const pen = CanvasRenderingContext2D.prototype, { putImageData } = pen;
  pen.putImageData = function (...all) { putImageData.apply(this, all); frames.add(document.timeline.currentTime); };
  const start = performance.now();
  for (let k = 1; k <= events; k++) {
    await new Promise(next => setTimeout(next, start + (1000 * seconds * k) / events - performance.now()));
    slider.value = 5 + (k % 50);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
  pen.putImageData = putImageData;
  return frames.size / seconds;
}"""


def rows(browser, site):
    lesson, start = Lesson(browser, site, LESSON), time.monotonic()
    lesson.button("Bring it to life").click()
    lesson.bar.get_by_text("Running cell").wait_for(timeout=300_000)
    ready = time.monotonic() - start
    yield row("from the button to the first cell", f"{ready:.1f} s", "", "at most 25 s", ready <= 25)
    lesson.idle(300)
    lesson.edit(-2, SETUP)
    for name, code in LABS.items():
        root = lesson.lab(lesson.edit(-1, code)).element_handle()
        lesson.page.wait_for_timeout(2000)
        took = lesson.page.evaluate(f"([root, n]) => ({PRESS})(root, n)", [root, PRESSES])
        middle, slow = statistics.median(took), np.quantile(took, 0.95)
        yield row(f"{name}, 256x256: key press to changed pixels, median (p95)", f"{middle:.0f} ({slow:.0f}) ms", "",
                  "at most 100 ms", middle <= 100)  # fmt: skip
        rate = lesson.page.evaluate(f"([root, ...n]) => ({DRAGGED})(root, n)", [root, DRAG, DRAG_SECONDS])
        yield row(f"{name}: pictures a second in a drag of 60 events", f"{rate:.0f}", "", "at least 10", rate >= 10)


def every_lesson(browser, site):
    for path in (path for path in LESSONS if script("pages").runs(read(path))):
        lesson, start = Lesson(browser, site, path.stem), time.monotonic()
        lesson.button("Bring it to life").click()
        lesson.idle(1800)
        pairs = zip(printed(path.stem), map(lesson.text, lesson.cells.all()), strict=True)
        lines = sum(a != b for old, new in pairs for a, b in zip_longest(old.splitlines(), new.splitlines()))
        errors = lesson.page.locator(".dcv-error p").all_inner_texts()
        seconds = f"{time.monotonic() - start:.0f} s"
        yield row(f"{path.stem}, from the button to its end", seconds)
        yield row("its lines that are not as stored; its errors", f"{lines}; {', '.join(errors) or 'none'}")
        lesson.page.close()


def main():
    choice = options(__doc__)
    with tempfile.TemporaryDirectory() as folder, site_with_python(folder) as site, chromium() as browser:
        about = machine()
        table = [*rows(browser, site), *every_lesson(browser, site)]
    show(table, about, choice.json)


if __name__ == "__main__":
    main()

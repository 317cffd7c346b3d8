"""How labs that were computed ahead follow a finger: the site's own files in headless Chromium, without Python.

    python benchmarks/drag.py [--json]

Of each lab of build/site (`python lab.py site`): a slider is dragged from end to end in one second, with 60 events, and
shows 25 pictures or, where the lesson's own slider has no 26 positions, each that it has. The slider that falls
shortest counts, of those that are shown at the start. And from an arrow key to the frame with other pixels. Then what
the files weigh. Needs the extra `test` and Chromium. Close everything else first; it takes six minutes.
"""

import sys
from pathlib import Path

import numpy as np
from measure import machine, options, row, show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from jupyter_page import chromium  # noqa: E402
from site_pages import ROOT, script, served  # noqa: E402
from static_lab import File  # noqa: E402

SITE = ROOT / "build" / "site"
PAGE = """<!doctype html><html lang="en" data-theme="light"><link rel="stylesheet" href="_static/live.css">
<div class="dcv-lab" data-lab="{}"></div><script type="module" src="_static/labs.js"></script></html>"""
PICTURES, MIDDLE, SLOW = 25, 17, 60  # a second; milliseconds
LAB, LARGE, WHOLE = 7, {"00-start-here.playground": 9}, 150  # MB
MOVED = """
async (slider) => {
  const pen = CanvasRenderingContext2D.prototype, { putImageData } = pen;
  let drawn = () => {};
  pen.putImageData = function (...all) { putImageData.apply(this, all); drawn(); };
  const wait = (time) => new Promise((go) => setTimeout(go, time)), most = Number(slider.max);
  const move = (value) => { slider.value = value; slider.dispatchEvent(new Event("input", { bubbles: true })); };

  move(0);
  await wait(1500);  // in which a run plays to its end
  const frames = new Set(), start = performance.now();
  drawn = () => frames.add(document.timeline.currentTime);
  for (let k = 1; k <= 60; k++) {
    await wait(start + (1000 * k) / 60 - performance.now());
    const value = Math.round((most * k) / 60);
    if (value !== Number(slider.value)) move(value);
  }
  await wait(50);  // less than what is between two pictures of a run

  const took = [];
  for (let k = most - 1; k >= Math.max(0, most - 12); k--) {
    await wait(150);
    const seen = new Promise((go) => { drawn = () => requestAnimationFrame(go); }), pressed = performance.now();
    move(k);
    if (await Promise.race([seen, wait(1000)])) took.push(performance.now() - pressed);  // else it shows the same
  }
  pen.putImageData = putImageData;
  return [slider.labels[0].textContent, frames.size, took];
}"""


def moved(browser, address, name):
    """Of each slider its label, its pictures a second, and the milliseconds of its key presses."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.route("**/alone.html", lambda route: route.fulfill(body=PAGE.format(name), content_type="text/html"))
    page.goto(f"{address}alone.html")
    page.locator(".dcv-panels figure").first.wait_for(timeout=60_000)  # then its controls are shown as well
    sliders = page.locator(".dcv-controls input[type=range]:visible").element_handles()
    measured = [slider.evaluate(MOVED) for slider in sliders]
    page.close()
    return measured


def wanted(file):
    """How many pictures a drag of each slider is to show, by its label: more than it has, no slider can."""
    sliders = [control for control in File(file).header["spec"] if "positions" in control]
    return {control["label"]: min(PICTURES, len(script("grid").positions(control)) - 1) for control in sliders}


def drag(pictures, want):
    """The line of the slider that falls shortest."""
    label, count = min(pictures, key=lambda slider: slider[1] / want[slider[0]])
    target = f"at least {PICTURES}" if want[label] == PICTURES else f"each of the {want[label]} that {label} can show"
    return row("its pictures a second in a drag", f"{count}", "", target, count >= want[label])


def rows(browser, address):
    files, taken = sorted((SITE / "labs").glob("*.bin")), []
    for file in files:
        measured = moved(browser, address, file.stem)
        taken += [ms for _, _, took in measured for ms in took]
        size, most = file.stat().st_size / 1e6, LARGE.get(file.stem, LAB)
        yield row(f"{file.stem}: MB", f"{size:.1f}", "", f"at most {most}", size <= most)
        if measured:
            yield drag([slider[:2] for slider in measured], wanted(file))
    for what, ms, most in ("median", np.median(taken), MIDDLE), ("p95", np.quantile(taken, 0.95), SLOW):
        yield row(f"from a key to other pixels, {what}", f"{ms:.0f} ms", "", f"at most {most}", ms <= most)
    size = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) / 1e6
    yield row(f"the site with {len(files)} labs: MB", f"{size:.0f}", "", f"at most {WHOLE}", size <= WHOLE)


def main():
    choice = options(__doc__)
    if not (SITE / "labs").is_dir():
        sys.exit("There is no site: python lab.py site")
    with served(SITE) as address, chromium() as browser:
        about = machine()
        table = list(rows(browser, address))
    show(table, about, choice.json)


if __name__ == "__main__":
    main()

"""Labs computed ahead, one file each, for pages without Python: python site/export.py [--lessons 04 09] [--out DIR]

A file is four bytes that say how long the header is (little endian), the header (JSON, gzip) and blobs. The header has
the spec of the controls, the settings that were computed, and for each of them the messages that a live lab would send;
in place of its buffers a message has the numbers of blobs. A picture is a lossless WebP file of its codes, or of what
they differ from a mix of two others, as "between" says; a curve is float32; each different one stands there once.
"""

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import multiprocessing
import os
import random
import re
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import zip_longest
from pathlib import Path
from statistics import mean
from unittest import mock

import between
import numpy as np
from grid import ERRORS, STEPS, plans
from PIL import Image

from deconvlab._frame import pack

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
BUDGETS = 1_600_000, 4_000_000, 7_000_000  # bytes of one lab, by how much its plan is needed: see grid.Plan
MORE = {
    "00-start-here.playground": (1_600_000, 4_000_000, 9_000_000),
    # Pictures so large that a drag skips some: these need more positions than it is to show.
    "04-divide-out-the-blur.divide_line": 3 * (7_000_000,),
    "04-divide-out-the-blur.divide_spot": 3 * (7_000_000,),
}
# Of what a plan seems to take after a part of it: later settings have more pictures that are there already.
SHARED = 0.8
PROBED = 6  # settings of each kind, and those by which their pictures are guessed
AHEAD = 1 / 3  # of a run's pictures come before the first that is played, as in player.js
GRAIN = 1  # bits of a pixel, lossless, beyond those of the error, above which a picture is full of noise or texture
# Twice the time of FAST, for 3 to 6 % less of whole pictures; the slowest takes far longer for little more.
WEBP = {"lossless": True, "method": 4, "quality": 60}
FAST = {"lossless": True, "method": 1, "quality": 25}  # of steps, nearly noise, unless each byte counts: half the time


def export(notebooks, target):
    """Compute the labs of these notebooks ahead, each into its file in the folder `target`; print what they are."""
    target.mkdir(parents=True, exist_ok=True)
    print(f"\n{'lab':44}{'settings':>9}{'pictures':>9}{'different':>10}{'MB':>6}{'s':>5}")
    fresh = multiprocessing.get_context("spawn")  # a process for each notebook, which leaves no memory behind
    with ProcessPoolExecutor(os.cpu_count(), mp_context=fresh, max_tasks_per_child=1) as pool:
        work = [pool.submit(export_notebook, path, target) for path in reversed(notebooks)]  # the long ones first
        rows = [row for done in as_completed(work) for row in _told(done.result())]
    print(f"{len(rows)} labs, {sum(row[4] for row in rows):.0f} MB", flush=True)


def _told(rows):
    for lab, settings, pictures, different, size, seconds, note in rows:
        print(f"{lab:44}{settings:9}{pictures:9}{different:10}{size:6.1f}{seconds:5.0f}  {note}", flush=True)
    return rows


def export_notebook(path, target):
    """Run a notebook's code, and where it shows a lab for the first time, compute it; rows of the table.

    No lesson sleeps: some do, so that a run is slow enough to watch.
    """
    notebook, rows, shown = json.loads(path.read_text(encoding="utf-8")), [], set()
    namespace = {"__name__": "__main__", "display": lambda *things: None}
    with contextlib.chdir(path.parent), contextlib.redirect_stdout(io.StringIO()), mock.patch("time.sleep"):
        for number, cell in enumerate(notebook["cells"], 1):
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), f"<{path.stem}, cell {number}>", "exec"), namespace)
            for name in dict.fromkeys(labs_of(cell)):
                if name not in shown:
                    shown.add(name)
                    lab = f"{path.stem}.{name}"
                    rows.append((lab, *write(namespace[name], target / f"{lab}.bin", MORE.get(lab, BUDGETS))))
    return rows


def labs_of(cell):
    """The names of the labs that a stored cell shows."""
    texts = ("".join(output.get("data", {}).get("text/plain", "")) for output in cell.get("outputs", []))
    return [match[1] for match in (re.match(r"Lab (\w+):", text) for text in texts) if match]


def write(lab, path, budgets=BUDGETS):
    """Write the file of a lab with the finest plan that fits; its row of the table."""
    start = time.monotonic()
    record = Record(lab)
    plan, stored, note = fit(record, budgets)
    runs = [record.run(plan, setting) for setting in plan.settings]
    data = _file(lab, plan, runs, stored)
    path.write_bytes(data)
    pictures = [image["codes"] for run in runs for message in run for image in message["images"]]
    return len(plan.settings), len(pictures), len(set(pictures)), len(data) / 1e6, time.monotonic() - start, note


def fit(record, budgets):
    """The best plan whose file is small enough, what is stored for it, and a note where it is not the first.

    Settings are computed in a random order until they take more bytes than the plan's budget: what they took says which
    plan to try next, a coarser or, once one fits, a finer one. What a few of the finest plan take says where to begin.
    A plan with an error that none had before is tried: nothing says what its pictures take.
    """
    better, best, rates = list(plans(record.lab.spec)), None, {}
    first = better[0]

    def take(plan, most, few=None):
        stored = Stored(record, plan)
        rates[plan.error] = {kind: rate / record.pictures(plan) for kind, rate in stored.fill(most, few).items()}
        return stored

    def promises(plan):
        if plan.error not in rates:
            return True
        size = sum(rates[plan.error][bool(plan.between(setting))] for setting in plan.settings)
        return SHARED * size * record.pictures(plan) <= budgets[plan.need]

    take(first, np.inf, PROBED)
    while better:
        plan = next(filter(promises, better), None if best else better[-1])
        if plan is None:
            break
        stored = take(plan, budgets[plan.need])
        if stored.size <= budgets[plan.need]:
            best = plan, stored
            del better[better.index(plan) :]
        else:
            better.remove(plan)
    if best is None:
        raise ValueError(
            f"{record.lab.__name__}: got more than {budgets[-1]} bytes for every plan, expected a lab of less"
        )
    return *best, "" if best[0] is first else f"thinned from {len(first.settings)} settings"


class Record:
    """The messages of a lab for all settings computed so far; by their hash its blobs, and the codes of pictures."""

    def __init__(self, lab):
        self.lab, self.blobs, self.codes, self._runs = lab, {}, {}, {}

    def run(self, plan, setting):
        """The messages of a setting, as many as the plan keeps."""
        values = plan.values(setting)
        key = tuple(values.values())
        if key not in self._runs:
            frames = self.lab._frames(self.lab._checked({**self.lab._initial, **values}))
            packed = [pack(frame, {}) for frame, _ in frames]
            self._runs[key] = [self._message(*packed[k]) for k in kept(len(packed))]
        run = [self._runs[key][k] for k in evenly(len(self._runs[key]), plan.steps)]
        return run if plan.whole(setting) else [run[k] for k in passed(len(run))]

    def pictures(self, plan):
        """How many messages a run has with this plan, on average."""
        return mean(min(plan.steps, len(run)) for run in self._runs.values())

    def _message(self, content, buffers):
        """A message with the keys of blobs in place of its buffers."""
        buffers = list(buffers)
        for image in content["images"]:
            del image["same"]
            codes = np.frombuffer(buffers.pop(0), np.uint8).reshape(_shape(image))
            image["codes"] = _key(codes, str(codes.shape))
            self.codes[image["codes"]] = codes
            colours = buffers.pop(0)
            image["palette"] = self._blob(colours) if colours else None
        for curve in content["curves"]:
            values, lengths = np.frombuffer(buffers.pop(0), np.float32), [line["length"] for line in curve["lines"]]
            parts = np.split(values, np.cumsum(np.repeat(lengths, 2))[:-1]) if lengths else []
            curve["parts"] = [self._blob(part.tobytes()) for part in parts]
            ends = [part[-1] for part in parts[::2] if len(part)]
            curve["along"] = bool(ends and max(ends) == content["step"])  # it has grown with the steps
        return content

    def _blob(self, data):
        key = _key(data)
        self.blobs[key] = bytes(data)
        return key

    def whole(self, key):
        """The file of a picture as it is."""
        if key not in self.blobs:
            self.blobs[key] = _webp(self.codes[key])
        return self.blobs[key]


class Stored:
    """What the file of a plan holds: blobs by key, and of pictures that are steps from others between which two."""

    def __init__(self, record, plan):
        self.record, self.plan, self.blobs, self.between, self.size = record, plan, {}, {}, 0
        self.added, self.shown = set(), {}  # settings; the codes of pictures as the page will have them

    def fill(self, most, few=None):
        """Add settings, all or a few of each kind, until more than `most` bytes are there; bytes of a setting by kind.

        Those where nothing is lost come first: of what others show, too, nothing is.
        """
        order, rates = random.Random(0).sample(self.plan.settings, len(self.plan.settings)), {}
        order.sort(key=self.plan.exact, reverse=True)
        for moved in False, True:
            size, number = self.size, len(self.added)
            for setting in [setting for setting in order if bool(self.plan.between(setting)) == moved][:few]:
                self.add(setting)
                if self.size > most:
                    break
            rates[moved] = (self.size - size) / max(1, len(self.added) - number)
        return rates

    def add(self, setting):
        """Add what a setting shows and what is not there yet, after those by which its pictures are guessed."""
        if setting in self.added:
            return
        self.added.add(setting)
        ends, run = self.plan.between(setting), self.record.run(self.plan, setting)
        for end in ends:
            self.add(end)
        around = [self.record.run(self.plan, end) for end in ends]
        for message in run:
            passing = not self.plan.exact(setting) or message is not run[0] and message is not run[-1]
            beside = [_at(other, message["step"])["images"] for other in around]
            for image, *others in zip_longest(message["images"], *beside):
                if image and image["codes"] not in self.blobs:
                    self._picture(image, passing, others)
            self.size += 150  # a message takes about as much, compressed
            for key in _others(message):
                self._put(key, self.record.blobs[key])

    def _put(self, key, data):
        if key not in self.blobs:
            self.blobs[key] = data
            self.size += len(data) + 2

    def _picture(self, image, passing, ends):
        """Add a picture; one in passing as steps from its guess, or from nothing, where that will take less."""
        key, error, guess = image["codes"], self.plan.error, 0
        codes = self.record.codes[key]
        ways = [(codes, None)]
        if passing and bits(codes) > GRAIN + np.log2(error):  # few grey levels would be seen where no grain hides them
            ways = [(between.difference(codes, 0, error), ([], []))]
        if passing and ends and all(end and _shape(end) == codes.shape for end in ends):
            shown = [self.shown[end["codes"]] for end in ends]
            weights = between.weights(shown, codes)
            guess = between.mix(shown, weights)
            ways.append((between.difference(codes, guess, error), (weights, [end["codes"] for end in ends])))
        left, way = min(ways, key=lambda way: bits(way[0])) if len(ways) > 1 else ways[0]
        effort = FAST if error == ERRORS[0] else WEBP
        self._put(key, self.record.whole(key) if way is None else _webp(left, effort))
        self.shown[key] = codes if way is None else between.restored(left, guess if way[1] else 0, error)
        if way is not None:
            self.between[key] = way


def _shape(image):
    return image["rows"], image["columns"], *([3] if image["colours"] else [])


def _key(data, kind=""):
    return hashlib.blake2b(data, digest_size=16, salt=kind.encode()[:16]).digest()


def _webp(codes, options=WEBP):
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "webp", **options)
    return file.getvalue()


def bits(codes):
    """About how many bits a pixel will take in a file: the entropy of the codes, or of what they add to neighbours."""
    along = np.diff(codes, axis=0)
    return min(entropy(some) for some in (codes, along, np.diff(along, axis=1)))


def entropy(codes):
    share = np.bincount(codes.ravel(), minlength=256) / codes.size
    return -np.sum(share * np.log2(share, out=np.zeros(256), where=share > 0))


def kept(count):
    """Which of a run's pictures are kept: the first and the last, and most at the beginning, where most happens."""
    return sorted({round(k) - 1 for k in np.geomspace(1, count, min(STEPS, count))})


def evenly(count, most):
    """At most so many of the numbers below `count`, the first and the last among them."""
    return sorted({round(k) for k in np.linspace(0, count - 1, min(most, count))})


def passed(count):
    """Which of a run's pictures are kept where a slider only passes: the one that it shows first, and the last."""
    return sorted({int(AHEAD * (count - 1)), count - 1})


def _at(run, step):
    """The message of a run that is nearest to a step."""
    return min(run, key=lambda message: abs((message["step"] or 0) - (step or 0)))


def _others(message):
    """The keys of a message's blobs that are no pictures."""
    for image in message["images"]:
        if image["palette"] is not None:
            yield image["palette"]
    for curve in message["curves"]:
        yield from curve["parts"]


def _file(lab, plan, runs, stored):
    """The header with numbers in place of keys, and the blobs in the order of these numbers."""
    numbers = {None: None}

    def numbered(key):
        return numbers.setdefault(key, len(numbers) - 1)

    def message(content):
        images = [{**i, "codes": numbered(i["codes"]), "palette": numbered(i["palette"])} for i in content["images"]]
        curves = [{**c, "parts": [numbered(key) for key in c["parts"]]} for c in content["curves"]]
        return {**content, "images": images, "curves": curves}

    places = {axis.name: {"positions": axis.values} for axis in plan.axes if axis.slides}
    header = {
        "spec": [
            {**control, **places.get(control["name"], {})} for control in lab.spec if control["name"] in _names(plan)
        ],
        "returns": plan.returns,
        "without": [control["label"] for control in lab.spec if control["name"] not in _names(plan)],
        "settings": plan.settings,
        "runs": [[message(content) for content in run] for run in runs],
        "step": 2 * plan.error + 1,
        "between": {
            numbers[key]: [*weights, *(numbered(end) for end in ends)]
            for key, (weights, ends) in stored.between.items()
        },
    }
    blobs = [stored.blobs[key] for key in numbers if key is not None]
    header["blobs"] = [len(blob) for blob in blobs]
    text = gzip.compress(json.dumps(header, allow_nan=False, separators=(",", ":")).encode(), mtime=0)
    return b"".join([len(text).to_bytes(4, "little"), text, *blobs])


def _names(plan):
    return {axis.name for axis in plan.axes}


def main():
    parser = argparse.ArgumentParser(description="Compute the labs of the lessons ahead.")
    parser.add_argument("--lessons", nargs="+", default=[""], metavar="NN", help="these lessons only")
    parser.add_argument("--out", type=Path, default=NOTEBOOKS.parent / "build" / "site" / "labs", help="the folder")
    options = parser.parse_args()
    export(
        sorted(p for number in options.lessons for p in NOTEBOOKS.glob(f"{number or '[0-9][0-9]'}-*.ipynb")),
        options.out,
    )


if __name__ == "__main__":
    main()

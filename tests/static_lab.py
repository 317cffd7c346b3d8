"""The file of a lab that was computed ahead, read back; and labs to compute."""

import gzip
import io
import json

import numpy as np
from PIL import Image

from deconvlab import live
from deconvlab.live import Choice, Curves, Frame, LogSlider, Panel, Region, Slider, Toggle, Upload


class File:
    """The header of a file, and its blobs."""

    def __init__(self, path):
        data = path.read_bytes()
        start = 4 + int.from_bytes(data[:4], "little")
        self.header = json.loads(gzip.decompress(data[4:start]))
        ends = np.cumsum([start, *self.header["blobs"]])
        assert ends[-1] == len(data), "the blobs do not fill the file"
        self._blobs = [data[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True)]

    def settings(self):
        """The values of the controls, and the messages, of each setting."""
        for setting, run in zip(self.header["settings"], self.header["runs"], strict=True):
            controls = zip(self.header["spec"], setting, strict=True)
            yield {control["name"]: places(control)[k] for control, k in controls}, run

    def picture(self, image):
        """The codes of a picture, as three channels."""
        return self._codes(image["codes"])

    def _codes(self, number):
        left = np.asarray(Image.open(io.BytesIO(self._blobs[number])).convert("RGB"))
        if str(number) not in self.header["between"]:
            return left
        guess = 0
        if known := self.header["between"][str(number)]:
            first, second, level, *ends = known
            below, above = map(self._codes, ends)
            guess = np.floor(first * below + second * above + level + 0.5)  # in this order: the last bit may count
        return np.uint8((self.header["step"] * left.astype(int) + guess) % 256)

    def line(self, curve, number):
        return np.frombuffer(self._blobs[curve["parts"][number]], np.float32)

    def palette(self, image):
        return b"" if image["palette"] is None else self._blobs[image["palette"]]


def places(control):
    """The positions of a control on the page."""
    return control.get("positions") or control.get("options") or [False, True]


PHOTO = np.random.default_rng(0).uniform(-0.1, 1.1, (24, 32))


def level(offset=0.0, negative=False):
    """A lab of one slider and a switch: all positions."""

    @live.lab(offset=Slider(0, -0.3, 0.5, 0.05, unit="levels", help="how bright"), negative=Toggle(False))
    def level(offset, negative):
        x = (1 - PHOTO if negative else PHOTO) + offset
        levels = Curves({"mean": ([0, 1], [offset, offset]), "one": ([0.5], [offset])}, "x", "level")
        pictures = {"before": PHOTO, "after": x, "error": Panel(x - PHOTO, -1, 1, cmap="RdBu_r")}
        return Frame(pictures, {"levels": levels}, {"mean": float(x.mean())}, ("before", "after"), alt="Noise.")

    return level


def colours():
    """A lab of three sliders, which are too many for a grid, in colours, with what needs a kernel."""

    @live.lab(
        photo=Upload(PHOTO, len, label="your photograph"),
        box=Region(of="colours", label="part"),
        red=Slider(0.5, 0, 1, 0.1),
        green=Slider(0.5, 0, 1, 0.1),
        blue=LogSlider(0.1, 0.01, 1, 0.25),
        kind=Choice("flat", ["flat", "ramp"]),
        slope=Slider(1, 0, 2, 0.5, when={"kind": "ramp"}),
    )
    def colours(photo, box, red, green, blue, kind, slope):
        ramp = np.linspace(0, slope, 32) if kind == "ramp" else np.ones(32)
        return Frame({"colours": ramp[:, None] * [red, green, blue] * np.ones((24, 1, 1))}, alt="Colours.")

    return colours


def walk(steps=40):
    """A lab that walks step by step, with a curve that grows along."""

    @live.lab(speed=Slider(0.1, 0.05, 0.5, 0.05, help="of the walk"))
    def walk(speed):
        far = []
        for k in range(steps + 1):
            far.append((1 - speed) ** k)
            left = Curves({"left": (range(k + 1), far[:])}, "step", "left")
            yield Frame({"goal": PHOTO, "reached": PHOTO * (1 - far[-1])}, {"left": left}, {"left": far[-1]}, step=k)

    return walk

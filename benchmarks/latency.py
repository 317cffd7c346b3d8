"""How live: from a slider to changed pixels, in JupyterLab and headless Chromium.

    python benchmarks/latency.py [--json]

The same three pictures of 512x512, as a lab of deconvlab on its short way and on the comm, in turns, and as `interact`
with matplotlib's inline figures, each alone in the notebook, in one run. Two floors: a page that draws such pictures
without a kernel, and one that gets their bytes from a bare websocket. A script in the page moves the slider, and notes
when, and in which frame other pixels are there. It moves it at the beginning of a frame, where Chromium hands the
moves of a pointer to a page (https://developer.chrome.com/blog/aligning-input-events; of 120 moves of a mouse nine in
ten came less than 1 ms before). Meanwhile the remote control of the browser is away: it copies every message of a
websocket into its own, in the page's thread, and took a third of what was measured. Needs the extra `test` and
Chromium. Close everything else first: the table says how busy the machine was.

After a key press, a click or a tap Chromium holds back, until it has drawn the next frame, all that the page would do
(its feature DeferRendererTasksAfterInput). So what a message brings is seen in the second frame at the earliest, 25 ms
after a key press on average, however quick the message. A drag is not held back. Keys are pressed by remote control.
"""

import contextlib
import functools
import http.server
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from measure import machine, options, row, show

import deconvlab as dl
from deconvlab import live
from deconvlab._frame import pack

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from jupyter_page import CHROMIUM, FLAGS, Notebook, jupyterlab, need_chromium  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

ROUNDS, MOVES, DRAGS = 3, 20, 2  # a round: so many moves, and drags of each kind, on each way, in turns
DRAG, SLOW, QUICK = 60, 1.5, 1.0  # events of a drag, and the seconds that it takes: 40 or 60 events a second
SETUP = """
import time
import numpy as np
import matplotlib.pyplot as plt
from ipywidgets import FloatSlider, interact
import deconvlab as dl
from deconvlab import live

x_true = dl.sample_image("astronaut", size=512).astype(np.float32)
y = dl.simulate(x_true, dl.gaussian(3), sigma=0.01, rng=0).y

def divided(sigma):
    x = dl.tikhonov(y, dl.gaussian(sigma), 1e-2)
    return {"blurred": y, "restored": x, "error": x - x_true + np.float32(0.5)}
"""
LAB = """
@live.lab(sigma=live.Slider(2, 1, 6, 0.05))
def division(sigma):
    return live.Frame(images=divided(sigma), numbers={"sigma": sigma})

division"""
INTERACT = """
def drawn(sigma):
    figure, axes = plt.subplots(1, 3, figsize=(12, 4))
    for axis, (title, image) in zip(axes, divided(sigma).items()):
        axis.imshow(image, cmap="gray", vmin=0, vmax=1)
        axis.set_title(f"{title} {sigma:.2f}")
        axis.axis("off")
    plt.show()

interact(drawn, sigma=FloatSlider(value=2, min=1, max=6, step=0.05));"""
COLOUR = """
photograph = dl.sample_image("astronaut", size=1024, colour=True).astype(np.float32)

@live.lab(sigma=live.Slider(2, 1, 6, 0.05))
def colour(sigma):
    otf = dl.psf_to_otf(dl.gaussian(sigma).astype(np.float32), photograph.shape[:2])
    x = dl.by_channel(lambda channel: dl.apply_gain(channel, otf), photograph)
    return live.Frame(images={"photograph": photograph, "blurred": x}, numbers={"sigma": sigma})

colour"""
ITERATIVE = """
@live.lab(level=live.Slider(0, 0, 100, 1))
def iterative(level):
    for k in range(30):
        time.sleep(0.01)
        yield live.Frame(images={"grey": np.full((512, 512), (level + k / 30) / 101)}, numbers={"level": level, "k": k})

iterative"""
FLOORS = '''
import asyncio, threading
import anywidget, traitlets
from tornado import httpserver, netutil, web, websocket

class Bare(websocket.WebSocketHandler):
    def check_origin(self, origin):
        return True

    def open(self):
        self.set_nodelay(True)

    def on_message(self, level):
        self.write_message(bytes([int(level)]) * (3 * 512 * 512), binary=True)

async def serve():
    [listener] = netutil.bind_sockets(0, "127.0.0.1")
    httpserver.HTTPServer(web.Application([("/", Bare)])).add_socket(listener)
    ports.append(listener.getsockname()[1])
    opened.set()
    await asyncio.Event().wait()

ports, opened = [], threading.Event()
threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
opened.wait()

class Floor(anywidget.AnyWidget):
    _esm = """
export default { render({ model, el }) {
  const port = model.get("port"), slider = document.createElement("input"), numbers = document.createElement("div");
  numbers.className = "dcv-numbers";
  Object.assign(slider, { type: "range", min: 0, max: 200, value: 100 });
  slider.setAttribute("data-lm-suppress-shortcuts", "true");  // or JupyterLab takes the arrow keys
  const canvases = [0, 1, 2].map(() => Object.assign(document.createElement("canvas"), { width: 512, height: 512 }));
  for (const canvas of canvases) canvas.style.width = "30%";
  el.append(slider, numbers, ...canvases);
  function draw(codes) {
    canvases.forEach((canvas, k) => {
      const pen = canvas.getContext("2d"), pixels = pen.createImageData(512, 512);
      const target = new Uint32Array(pixels.data.buffer);
      for (let i = 0; i < target.length; i++) target[i] = 0xff000000 | (0x010101 * codes[k * target.length + i]);
      pen.putImageData(pixels, 0, 0);
    });
    numbers.textContent = codes[0];
  }
  const socket = port ? new WebSocket(`ws://127.0.0.1:${port}`) : null, codes = new Uint8Array(3 * 512 * 512);
  if (socket) { socket.binaryType = "arraybuffer"; socket.onmessage = ({ data }) => draw(new Uint8Array(data)); }
  slider.addEventListener("input", () => (socket ? socket.send(slider.value) : draw(codes.fill(slider.value))));
  draw(codes.fill(100));
} };
"""
    port = traitlets.Int().tag(sync=True)
'''
RANGE = "input[type=range]"
PAGE = """
() => {  // what moves a slider and sees what a frame shows
  const wait = time => new Promise(next => setTimeout(next, time));
  const frame = () => new Promise(requestAnimationFrame);
  const now = () => performance.timeOrigin + performance.now();
  const clock = { asked: [], drawn: [] };  // when a message leaves for the kernel, and when a picture is drawn
  const socket = WebSocket.prototype, { send } = socket;
  const pen = CanvasRenderingContext2D.prototype, { putImageData } = pen;
  socket.send = function (data) { clock.asked.push(now()); send.call(this, data); };
  pen.putImageData = function (...all) { putImageData.apply(this, all); clock.drawn.push(now()); };

  function watch(root) {  // a frame as a text: the number under our pictures and some pixels, or a figure's picture
    const log = { moved: [], frames: [] };
    let number, last;
    function shown() {
      const image = root.querySelector(".jp-OutputArea img, .jp-RenderedImage img");
      if (image) return image.complete ? image.src.length + image.src.slice(-4000, -3800) : last;
      const text = root.querySelector(".dcv-numbers").textContent;
      if (text === number) return last;  // to read pixels takes the page's time
      number = text;
      const canvas = [...root.querySelectorAll("canvas")][Math.min(1, root.querySelectorAll("canvas").length - 1)];
      return text + canvas.getContext("2d").getImageData(250, 250, 8, 8).data.join();
    }
    function look() {
      const seen = shown();
      if (seen !== last) log.frames.push([now(), root.querySelector(".dcv-numbers")?.textContent ?? ""]);
      last = seen;
      if (root.isConnected) requestAnimationFrame(look);
    }
    look();
    return log;
  }
  function move(slider, up, log) {
    log.moved.push(now());
    if (!slider.matches("input")) {  // of ipywidgets
      const key = up ? "ArrowRight" : "ArrowLeft";
      return slider.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
    up ? slider.stepUp() : slider.stepDown();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
  async function single(slider, log, k, moment) {  // a step, and when it did what
    for (const list of [...Object.values(log), ...Object.values(clock)]) list.length = 0;
    await wait(50 * Math.random());
    if (moment === "dragged") await frame();
    move(slider, k % 6 < 3, log);
    for (let waited = 0; !log.frames.length && waited < 5000; waited += 50) await wait(50);
    await wait(150);
    return [log.moved[0], clock.asked[0], clock.drawn.at(-1), log.frames[0]?.[0]];
  }
  async function drag(slider, log, [events, seconds]) {
    if (slider.matches("input")) slider.value = slider.min;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await wait(1500);
    for (const list of Object.values(log)) list.length = 0;
    const start = performance.now(), half = 8;  // of the time from frame to frame
    for (let k = 1; k <= events; k++) {
      do await frame(); while (performance.now() + half < start + (1000 * seconds * k) / events);
      move(slider, true, log);
    }
    await wait(2000);
    return structuredClone(log);
  }
  window.measure = async (root, slider, moves, drags) => {
    const log = watch(root), given = { dragged: [], between: [], drags: [] };
    await wait(1500);
    for (let k = 0; k < 3; k++) await single(slider, log, k);  // for warming up
    for (const moment of ["dragged", "between"])
      for (let k = 0; k < moves; k++) given[moment].push(await single(slider, log, k, moment));
    for (const how of drags) given.drags.push(await drag(slider, log, how));
    return given;
  };
  Object.assign(window, { watch, now });
}"""

KERNEL_CLOCK = """
from deconvlab._ways import Ways

arrived, left = [], []
receive, send = live.Lab._receive, Ways.send

def _receive(self, *message):
    arrived.append(time.time())
    receive(self, *message)

def _send(self, *message):
    left.append(time.time())
    send(self, *message)

live.Lab._receive, Ways.send = _receive, _send"""
STAGES = "to leave the page, to the kernel, in it (alone: compute, encode), back and drawn, to the next frame"
ALONE = """
async ([index, selector, moves, drags, port]) => {
  const root = document.querySelectorAll(".jp-Notebook .jp-Cell")[index];
  const given = measure(root, root.querySelector(selector), moves, drags).catch(error => ({ error: error.stack }));
  const send = body => fetch(`http://127.0.0.1:${port}`, { method: "POST", mode: "no-cors", body });
  setTimeout(async () => send(JSON.stringify(await given)));
}"""


class Letter(http.server.BaseHTTPRequestHandler):
    """What a page has measured."""

    def __init__(self, given, *rest):
        self._given = given
        super().__init__(*rest)

    def do_POST(self):
        self._given.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Unwatched:
    """A notebook in a browser whose remote control comes and goes."""

    def __init__(self, playwright, port, address):
        self._playwright, self._port = playwright, port
        self._given = queue.Queue()
        self._letters = http.server.HTTPServer(("127.0.0.1", 0), functools.partial(Letter, self._given))
        threading.Thread(target=self._letters.serve_forever, daemon=True).start()
        self._connect()
        self.notebook = Notebook(self, address)
        self.page.evaluate(PAGE)

    def new_page(self, **options):
        self.page = self._browser.contexts[0].new_page()
        return self.page

    def _connect(self):
        self._browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{self._port}")

    def measure(self, code, selector, moves=0, drags=()):
        """Show a lab in a new cell, move its slider while nobody watches, and take it away again."""
        self.notebook.run(code)
        self.page.locator(f".jp-Notebook .jp-Cell.jp-mod-active {selector}").first.wait_for()
        index = self.page.evaluate("() => jupyterapp.shell.currentWidget.content.activeCellIndex")
        self.page.evaluate(ALONE, [index, selector, moves, drags, self._letters.server_port])
        self._browser.close()
        given = self._given.get(timeout=300)
        self._connect()
        [self.page] = [page for page in self._browser.contexts[0].pages if "latency.ipynb" in page.url]
        self.notebook.page = self.page
        self.notebook.command("notebook:delete-cell")
        if "error" in given:
            raise RuntimeError(f"in the page: {given['error']}")
        return given

    def set_way(self, short):
        """Let the labs that are shown next have a short way, or none."""
        self.notebook.run(f"import os; os.environ['DECONVLAB_DIRECT'] = '{int(short)}'")
        self.notebook.command("notebook:delete-cell")

    def presses(self, code, count):
        """Milliseconds from a key press, as a person does it, to other pixels."""
        _, cell = self.notebook.run(code)
        slider = cell.locator(RANGE).first
        slider.focus()
        slider.evaluate("""slider => {
            const root = slider.closest(".jp-Cell");
            root.log = watch(root);
            root.addEventListener("keydown", () => root.log.moved.push(now()), true);
        }""")
        taken = []
        for k in range(count + 3):
            cell.evaluate("root => { root.log.moved.length = root.log.frames.length = 0; }")
            self.page.keyboard.press("ArrowLeft" if k % 6 < 3 else "ArrowRight")
            self.notebook.until(lambda: cell.evaluate("root => root.log.frames.length"), "the picture changes")
            self.page.wait_for_timeout(120)
            pressed, shown = cell.evaluate("root => [root.log.moved[0], root.log.frames[0][0]]")
            taken.append(shown - pressed)
        self.notebook.command("notebook:delete-cell")
        return statistics.median(taken[3:])


@contextlib.contextmanager
def chromium(profile):
    """The port of a browser for a remote control."""
    command = [CHROMIUM, "--headless", *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}"]
    command += ["--window-size=1200,1500", "about:blank"]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        told = Path(profile) / "DevToolsActivePort"
        while not (told.exists() and "\n" in told.read_text()):
            if browser.poll() is not None:
                raise RuntimeError("Chromium did not start")
            time.sleep(0.1)
        yield told.read_text().split()[0]
    finally:
        browser.terminate()
        browser.wait(20)


def took(given, moment="dragged"):
    """Milliseconds from each move to the frame with other pixels."""
    return [frame - moved for moved, *_, frame in given[moment]]


def stages(unwatched):
    """Where the milliseconds of a move go, in their order: medians, on the one clock of kernel and page."""
    moves = np.array(unwatched.measure(LAB, RANGE, MOVES)["between"]).T
    text, _ = unwatched.notebook.run("import json; print(json.dumps([arrived, left]))")
    unwatched.notebook.command("notebook:delete-cell")
    arrived, left = (1e3 * np.array(times[-MOVES:]) for times in json.loads(text))
    moved, asked, drawn, frame = moves
    return np.median(np.diff([moved, asked, arrived, left, drawn, frame], axis=0), axis=1)


def in_python():
    """Milliseconds that the function and the encoding of its Frame take, without a page."""
    x_true = dl.sample_image("astronaut", size=512).astype(np.float32)
    y = dl.simulate(x_true, dl.gaussian(3), sigma=0.01, rng=0).y
    compute, encode, sent = [], [], {}
    for k in range(40):
        start = time.perf_counter()
        x = dl.tikhonov(y, dl.gaussian(2 + 0.05 * k), 1e-2)
        images = {"blurred": y, "restored": x, "error": x - x_true + np.float32(0.5)}
        middle = time.perf_counter()
        pack(live.Frame(images=images), sent)
        compute.append(middle - start)
        encode.append(time.perf_counter() - middle)
    return 1e3 * statistics.median(compute), 1e3 * statistics.median(encode)


def pictures_a_second(log):
    during = [at for at, _ in log["frames"] if at <= log["moved"][-1]]
    return 1e3 * len(during) / (log["moved"][-1] - log["moved"][0])


def end(log):
    """Milliseconds from the end of a drag to the final picture."""
    return log["frames"][-1][0] - log["moved"][-1]


def busy():
    """Cores that were at work during two seconds; nothing where the system does not tell."""

    def ticks():
        return [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]

    if not Path("/proc/stat").exists():
        return None
    before = ticks()
    time.sleep(2)
    spent = np.subtract(ticks(), before)
    return (spent.sum() - spent[3] - spent[4]) / 2 / os.sysconf("SC_CLK_TCK")


class Measured:
    """What the moves and drags of one way have brought."""

    def __init__(self, is_short):
        self.is_short, self.moved, self.between, self.slow, self.quick = is_short, [], [], [], []

    def round(self, unwatched):
        unwatched.set_way(self.is_short)
        given = unwatched.measure(LAB, RANGE, MOVES, [[DRAG, SLOW], [DRAG, QUICK]] * DRAGS)
        self.moved += took(given)
        self.between += took(given, "between")
        self.slow += given["drags"][::2]
        self.quick += given["drags"][1::2]

    @property
    def moves(self):
        return statistics.median(self.moved), float(np.quantile(self.moved, 0.95))

    def rate(self, drags):
        return statistics.median(map(pictures_a_second, drags))

    @property
    def end(self):
        return statistics.median(map(end, self.slow + self.quick))

    def late(self):
        """Pictures out of order, and whether each drag ended with the last value's."""
        shown = [[float(text.removeprefix("sigma")) for _, text in log["frames"]] for log in self.slow + self.quick]
        late = sum(b < a for sigmas in shown for a, b in zip(sigmas, sigmas[1:], strict=False))
        return late, all(abs(sigmas[-1] - (1 + 0.05 * DRAG)) < 1e-6 for sigmas in shown)


def rows(unwatched):
    idle = busy()
    short, comm = ways = Measured(True), Measured(False)
    for _ in range(ROUNDS):
        for way in ways:
            way.round(unwatched)
    theirs = unwatched.measure(INTERACT, ".noUi-handle, " + RANGE, MOVES, [[DRAG, SLOW]])
    other, [their_drag] = statistics.median(took(theirs)), theirs["drags"]
    unwatched.notebook.run(FLOORS)
    floors = [unwatched.measure(f"Floor(port={port})", RANGE, 2 * MOVES) for port in ("0", "ports[0]")]
    pressed = []
    for way in ways:
        unwatched.set_way(way.is_short)
        pressed.append(unwatched.presses(LAB, MOVES))

    if idle is not None:
        yield row(
            "cores busy before it began, JupyterLab and the page idle", f"{idle:.1f}", "", "below 0.5", idle < 0.5
        )
    said = "floors: the page alone {:.1f} ms, a bare websocket {:.1f} ms"
    dragged, between = (
        said.format(*[statistics.median(took(floor, moment)) for floor in floors]) for moment in ("dragged", "between")
    )
    (median, p95), (slower, slowest) = short.moves, comm.moves
    yield row("slider to changed pixels, three 512x512 panels, short way: median", f"{median:.1f} ms",
              f"comm {slower:.1f} ms: {slower / median:.1f}x; {dragged}",
              "1.6x below the comm; 18 ms on a quiet machine",
              slower >= 1.6 * median and median <= 18)  # fmt: skip
    yield row(f"the same, p95 of {len(short.moved)}", f"{p95:.1f} ms", "", "at most 30 ms", p95 <= 30)
    yield row("the same, moved at any moment between two frames, as no hand does: median",
              f"{statistics.median(short.between):.1f} ms",
              f"comm {statistics.median(comm.between):.1f} ms; {between}")  # fmt: skip
    yield row("the same, comm: median", f"{slower:.1f} ms",
              f"interact with inline matplotlib {other:.0f} ms: {other / slower:.1f}x",
              "6x below interact; 35 ms on a quiet machine", other / slower >= 6 and slower <= 35)  # fmt: skip
    yield row("the same, comm: p95", f"{slowest:.1f} ms", "", "at most 55 ms", slowest <= 55)
    yield row("key press by remote control to changed pixels, short way: median", f"{pressed[0]:.0f} ms",
              f"comm {pressed[1]:.0f} ms; Chromium holds the page back for a frame")  # fmt: skip
    quick, slow = short.rate(short.quick), comm.rate(comm.slow)
    yield row("pictures a second in a drag of 60 events a second, short way", f"{quick:.0f}",
              f"comm {comm.rate(comm.quick):.0f}", "at least 50", quick >= 50)  # fmt: skip
    yield row("the same at 40 events a second, comm", f"{slow:.0f}",
              f"short way {short.rate(short.slow):.0f}, interact {pictures_a_second(their_drag):.0f}", "at least 20",
              slow >= 20)  # fmt: skip
    late = [way.late() for way in ways]
    yield row("of them out of order; last picture is the last value's: short way, comm",
              f"{late[0][0]}, {late[1][0]}; {late[0][1]}, {late[1][1]}", "", "0; True",
              late == [(0, True)] * 2)  # fmt: skip
    yield row("end of the drag to the final picture, short way", f"{short.end:.0f} ms",
              f"comm {comm.end:.0f} ms, interact {end(their_drag):.0f} ms", "at most 25 ms",
              short.end <= 25)  # fmt: skip

    for is_short, name, most in ((True, "short way", 60), (False, "comm", 100)):
        unwatched.set_way(is_short)
        logs = unwatched.measure(ITERATIVE, RANGE, 0, [[DRAG, SLOW]] * 3)["drags"]
        firsts = [next(at for at, text in log["frames"] if text.startswith(f"level{DRAG}k")) for log in logs]
        first = statistics.median(at - log["moved"][-1] for at, log in zip(firsts, logs, strict=True))
        last = statistics.median(map(end, logs))
        yield row(f"iterative lab of 300 ms, {name}: end of the drag to the first picture of the last value",
                  f"{first:.0f} ms", "", f"at most {most} ms", first <= most)  # fmt: skip
        yield row("and to its converged one", f"{last:.0f} ms", "", "at most 600 ms",
                  last <= 600 and all(log["frames"][-1][1] == f"level{DRAG}k29" for log in logs))  # fmt: skip

    for is_short, name in ((True, "short way"), (False, "comm")):
        unwatched.set_way(is_short)
        given = unwatched.measure(COLOUR, RANGE, MOVES, [[DRAG, SLOW]])
        median, rate = statistics.median(took(given)), pictures_a_second(given["drags"][0])
        yield row(f"two 1024x1024 pictures in colour, 3 MB each, {name}: slider to changed pixels, median",
                  f"{median:.0f} ms", "without short way and memory: 115 ms", "half of that",
                  median <= 115 / 2 if is_short else None)  # fmt: skip
        yield row("pictures a second in a drag of 40 events a second", f"{rate:.0f}", "the same: 8", "twice that",
                  rate >= 16 if is_short else None)  # fmt: skip

    unwatched.notebook.run(KERNEL_CLOCK)
    compute, encode = in_python()
    for is_short, name in ((True, "the short way"), (False, "the comm")):
        unwatched.set_way(is_short)
        ask, there, inside, back, wait = stages(unwatched)
        parts = f"{ask:.1f}, {there:.1f}, {inside:.1f} ({compute:.1f}, {encode:.1f}), {back:.1f}, {wait:.1f} ms"
        yield row(f"where a move goes on {name}: {STAGES}", parts)


def main():
    choice = options(__doc__)
    need_chromium()
    temporary = tempfile.TemporaryDirectory
    with temporary() as root, temporary() as home, temporary(ignore_cleanup_errors=True) as profile:
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [], "source": SETUP}
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        (Path(root) / "latency.ipynb").write_text(json.dumps(notebook))
        with jupyterlab(Path(root), Path(home)) as address, chromium(profile) as port, sync_playwright() as playwright:
            unwatched = Unwatched(playwright, port, address("latency.ipynb"))
            unwatched.notebook.run_all()
            about = machine()
            table = list(rows(unwatched))
    show(table, about, choice.json)


if __name__ == "__main__":
    main()

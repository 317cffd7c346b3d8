"""JupyterLab in a headless Chromium, for test_browser.py: a server, a notebook in a page, a lab in a notebook."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are in the page, seen or not
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
LITE = "/lab/extensions/@jupyterlite/"  # JupyterLite's kernel is of no use in JupyterLab, and says so
DEBUGGER = "Could not restore the debugger state: Canceled future"  # a notebook was closed while JupyterLab asked
KERNEL = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
# Of a canvas a text that differs where a pixel does: its size, and FNV-1a of its pixels.
HASH = """c => {
  const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
  let hash = 2166136261;
  for (const word of new Uint32Array(data.buffer)) hash = Math.imul(hash ^ word, 16777619);
  return `${c.width} x ${c.height}: ${hash}`;
}"""
RUNNING = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].some(p => p.textContent.includes('*'))"

# JupyterLab calls it an error if a page closes before the kernel has answered this, which it asks once it is ready.
ASKING = f"""[...({KERNEL}?._futures ?? new Map()).values()].some(
  f => f.msg.header.msg_type === 'create_subshell_request')"""


@contextlib.contextmanager
def jupyterlab(root, home):
    """JupyterLab, with Notebook beside it, that serves the folder `root` and writes all else to `home`.

    Gives the address of a file, open in the one or, as place="notebooks", the other.
    """
    for name, settings in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    folders = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "run"}
    own = {f"JUPYTER_{name}": str(home / folder) for name, folder in folders.items()}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    own |= {"IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_PATH": str(ROOT)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += [
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    log = home / "jupyterlab.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, env={**os.environ, **own}, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + 60
        while not answers(f"http://127.0.0.1:{port}/api/status?token={token}"):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        workspace = f"lab/workspaces/{secrets.token_hex(3)}/tree"
        yield lambda name, place=workspace: f"http://127.0.0.1:{port}/{place}/{name}?token={token}&reset"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def answers(address):
    try:
        with urllib.request.urlopen(address):
            return True
    except OSError:
        return False


def need_chromium():
    """Skip where no Chromium exists; CI has one."""
    if CHROMIUM is None:
        message = "the browser tests need Chromium: install the package 'chromium', or Google Chrome"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


@contextlib.contextmanager
def chromium():
    """A browser that is closed again."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def open_notebook(browser, address):
    """The notebook at an address, open in a page of its own."""
    notebook = Notebook(browser, address)
    yield notebook
    notebook.page.context.close()


class Notebook:
    """A notebook open in JupyterLab."""

    def __init__(self, browser, address):
        self.address = address
        self.errors = []  # what the page's console calls an error
        self.page = browser.new_page(viewport={"width": 1200, "height": 1500})
        self.page.set_default_timeout(30_000)
        self.page.on("console", lambda message: message.type == "error" and self._said(message.text))
        self.page.on("pageerror", lambda error: self._uncaught(error))
        self.page.goto(address)
        self.page.wait_for_function(
            "window.jupyterapp && document.querySelector('.jp-Notebook .jp-Cell')", timeout=60_000
        )
        self.wait_until_idle()

    def _said(self, text):
        if LITE not in text and not text.startswith(DEBUGGER):
            self.errors.append(text)

    def _uncaught(self, error):
        frames = [line for line in (error.stack or "").splitlines() if line.strip().startswith("at ")]
        # else it is JupyterLab's alone, not ours
        if not frames or not all("/static/lab/" in line or LITE in line for line in frames):
            self.errors.append(f"{error}\n{error.stack}")

    def until(self, true, what, seconds=20):
        """Wait until a function says true; what it waits for stands in the error."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
            self.page.wait_for_timeout(60)

    def wait_until_idle(self):
        idle = f"{KERNEL}?.status === 'idle' && !{RUNNING} && !{ASKING}"
        self.page.wait_for_function(idle, timeout=120_000, polling=50)

    def wait_until_faded(self):
        """Wait until no colour changes any more, as it does after a change of the theme."""
        self.page.wait_for_function("document.getAnimations().every(a => !(a instanceof CSSTransition))")

    def command(self, name, arguments=None):
        """Run one of JupyterLab's commands to its end; what it returns."""
        return self.page.evaluate("([name, args]) => jupyterapp.commands.execute(name, args)", [name, arguments or {}])

    def run_all(self):
        assert self.command("notebook:run-all-cells"), (
            f"a cell failed:\n{self.page.locator('.jp-RenderedText').last.inner_text()}"
        )
        self.wait_until_idle()

    def run(self, code):
        """Run code in a new last cell; the text that it prints, and the cell."""
        self.page.evaluate(
            "() => { const { content } = jupyterapp.shell.currentWidget; content.activeCellIndex = 1e6; }"
        )
        self.command("notebook:insert-cell-below")
        self.page.evaluate(
            "code => jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource(code)", code.strip()
        )
        assert self.command("notebook:run-cell") is not False, f"the cell failed:\n{code}"
        self.wait_until_idle()
        cell = self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
        text = "".join(cell.locator(".jp-OutputArea-output pre").all_inner_texts())
        index = self.page.evaluate("() => jupyterapp.shell.currentWidget.content.activeCellIndex")
        return text, self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def tell(self, code):
        """Run code in the kernel, without a cell."""
        done = f"async code => (await {KERNEL}.requestExecute({{ code }}).done).content"
        said = self.page.evaluate(done, code)
        assert said["status"] == "ok", said

    def keep(self, count):
        """Delete all cells but the first ones, with the labs that they show."""
        self.page.evaluate(
            """count => {
            const { model, widgets } = jupyterapp.shell.currentWidget.content;
            model.sharedModel.deleteCellRange(count, widgets.length);
        }""",
            count,
        )

    def middle(self, element, across=0.5, down=0.5):
        """Where a place in an element, from 0 to 1 across and down, is in the page."""
        box = element.bounding_box()
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    @property
    def labs(self):
        """All live labs, in their order on the page."""
        return [Lab(self, root) for root in self.page.locator(".dcv").all()]

    def lab_in(self, cell):
        """The one live lab that a cell shows."""
        root = cell.locator(".dcv")
        root.wait_for()
        return Lab(self, root)


class Lab:
    """A live lab in a page: what a person, or a screen reader, finds there."""

    def __init__(self, notebook, root):
        self.notebook, self.root = notebook, root

    def control(self, label):
        """The native input that carries a label."""
        return self.root.get_by_label(label, exact=True)

    def press(self, label, key):
        """Focus a control and press a key."""
        self.control(label).focus()
        self.notebook.page.keyboard.press(key)

    def spoken(self, label):
        """What a screen reader says for the value of a slider."""
        return self.control(label).get_attribute("aria-valuetext")

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def titles(self):
        return self.root.locator("figcaption b").all_inner_texts()

    def canvas(self, title):
        return self.root.locator("figure", has=self.notebook.page.locator("figcaption b", has_text=title)).locator(
            "canvas"
        )

    def pane(self, title):
        """The window through which a picture is seen."""
        return self.canvas(title).locator("..")

    def zoom(self, title):
        """How many times larger a picture is drawn than the pane that shows it."""
        return self.canvas(title).evaluate(
            "c => c.getBoundingClientRect().width / c.parentElement.getBoundingClientRect().width"
        )

    def pixels(self, title):
        """The picture of a panel as a short text, to compare."""
        return self.canvas(title).evaluate(HASH)

    def numbers(self):
        """Label and text of the numbers under the pictures."""
        texts = "rows => rows.map(row => [...row.querySelectorAll('span, b')].map(e => e.innerText))"
        return dict(self.root.locator(".dcv-numbers div").evaluate_all(texts))

    def message(self):
        """The line in which the lab says that something is wrong."""
        return self.root.get_by_role("alert").inner_text()

    def rgb(self, title):
        """The picture of a panel as a (rows, columns, 3) array."""
        width, height, values = self.canvas(title).evaluate(
            """c => [c.width, c.height, Array.from(c.getContext("2d").getImageData(0, 0, c.width, c.height).data)]"""
        )
        return np.array(values).reshape(height, width, 4)[:, :, :3]

    def seen(self):
        """All that can change: sliders, pictures and numbers."""
        said = "all => all.map(s => [s.labels[0].textContent, s.getAttribute('aria-valuetext')])"
        drawn = f"all => all.map(f => [f.querySelector('figcaption b').innerText, ({HASH})(f.querySelector('canvas'))])"
        return {
            "spoken": dict(self.root.get_by_role("slider").evaluate_all(said)),
            "pixels": dict(self.root.locator("figure").evaluate_all(drawn)),
            "numbers": self.numbers(),
        }

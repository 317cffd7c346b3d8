"""JupyterLite in Chromium: what the newest kernel would fetch, and a lesson that runs for real on the rig's Pyodide."""

import json
import shutil
import time

import pyodide_rig
import pytest
from jupyter_page import SETTINGS, Notebook
from site_pages import ROOT, gathered, script, served

lite, npm = script("lite"), script("npm")
LESSON = "04-divide-out-the-blur.ipynb"
# The kernel wants a micropip that the rig's Pyodide has not; this one is the newest that this Pyodide can import.
MICROPIP = "micropip==0.10.0 --hash=sha256:2b03473388a21e558735a01a66817faac1b01f5248f7b9b97e0a2bd0cef8eede"
pytestmark = pytest.mark.browser


class Listening:
    """A browser whose pages note what they ask for, of whom, and what fails."""

    def __init__(self, browser, **options):
        self.browser, self.options, self.asked, self.failed = browser, options, set(), []

    def new_page(self, **options):
        context = self.browser.new_context(**options, **self.options)
        context.on("request", lambda request: self.asked.add(request.url))
        context.on("requestfailed", lambda request: self.failed.append(request.url))
        context.on("response", lambda response: response.ok or self.failed.append(response.url))
        return context.new_page()

    def elsewhere(self, address):
        return {url for url in self.asked if not url.startswith((address, "data:", "blob:"))}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of JupyterLite alone."""
    target = tmp_path_factory.mktemp("site")
    shutil.copytree(gathered(), target / "wheels")
    lite.build(target)
    return target


# As it is built: every lesson, and the newest kernel up to the files that it would fetch


def test_every_lesson_and_exercise_is_there(site):
    """Catches: a notebook left out, and one whose printed lines the page would show with commas between them."""
    stored = [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("notebooks/exercises/*.ipynb")]
    names = {path.relative_to(ROOT / "notebooks") for path in stored}
    files = site / "lite" / "files"
    assert {path.relative_to(files) for path in files.rglob("*.ipynb")} == names
    for name in names:
        outputs = [o for cell in json.loads((files / name).read_bytes())["cells"] for o in cell.get("outputs", [])]
        assert all(isinstance(output.get("text", ""), str) for output in outputs)


def test_is_small(site):
    """Catches: source maps, applications that nobody opens, or packages of Pyodide that got into the site."""
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 45e6
    assert not list(site.rglob("*.map"))


def test_newest_kernel_fetches_what_the_lock_says(site, browser, tmp_path):
    """Catches: a package of another version or place than the lock says, one too many, a missing wheel of ours."""
    core = npm.unpack(f"pyodide@{lite.PYODIDE_VERSION}", tmp_path)
    lock = json.loads((core / "pyodide-lock.json").read_bytes())["packages"]
    ours = json.loads((site / "lite" / "pyodide" / "pyodide-lock.json").read_bytes())["packages"]
    needed, new = set(), {name.replace("_", "-") for name in lite.PRELOADED}
    while new:
        needed |= new
        new = {need.lower().replace("_", "-") for name in new for need in ours[name]["depends"]} - needed
    cdn = f"{lite.PYODIDE_CDN_URL}/"
    expected = {cdn + lock[name]["file_name"] for name in needed & lock.keys()}
    expected |= {cdn + name for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")}

    def answer(route):
        file = core / route.request.url.removeprefix(cdn)
        allowed = {"access-control-allow-origin": "*"}
        route.fulfill(path=file, headers=allowed) if file.exists() else route.abort()

    listening = Listening(browser, service_workers="block")  # behind a service worker no request would be seen
    with served(site) as address:
        page = listening.new_page()
        page.context.route(f"{cdn}**", answer)
        page.goto(f"{address}lite/lab/index.html?path={LESSON}")
        deadline = time.monotonic() + 90
        while not listening.elsewhere(address) >= expected and time.monotonic() < deadline:
            page.wait_for_timeout(100)
        page.wait_for_timeout(1000)  # in which it may ask for what nobody expects
        page.context.close()
    assert listening.elsewhere(address) == expected
    assert {f"{address}wheels/{path.name}" for path in (site / "wheels").glob("*.whl")} <= listening.asked
    # The service worker would answer for the drive, and any page may be asked for an icon.
    ours = {url for url in listening.failed if url.startswith(address)}
    assert ours <= {f"{address}lite/api/drive", f"{address}favicon.ico"}


def test_phone_gets_the_lesson_without_the_list_of_files(site, browser):
    """Catches: a lesson squeezed into 70 pixels beside JupyterLab's list of files."""
    listening = Listening(browser)
    with served(site) as address:
        page = listening.new_page(viewport={"width": 400, "height": 800})
        page.context.route(f"{lite.PYODIDE_CDN_URL}/**", lambda route: route.abort())
        page.goto(f"{address}lite/lab/index.html?path={LESSON}")
        title = page.locator(".jp-Notebook h1").first
        title.wait_for(timeout=60_000)
        assert title.bounding_box()["width"] > 300
        page.goto(f"{address}lite/lab/index.html")
        page.get_by_text(LESSON).first.wait_for(timeout=60_000)
        page.context.close()


# For real, on the Pyodide that the tests put together


@pytest.fixture(scope="module")
def lesson(site, browser, tmp_path_factory):
    """A lesson in JupyterLite, run from top to bottom."""
    target = tmp_path_factory.mktemp("real") / "site"
    shutil.copytree(site, target)
    app = target / "lite"
    (app / "rig").symlink_to(pyodide_rig.rig_or_skip())
    try:
        pyodide_rig.download(MICROPIP, target / "wheels", "--python-version=3.13")
    except pyodide_rig.Gone as gone:
        pytest.skip(f"no micropip that the rig's Pyodide can import: PyPI did not give {gone}")
    listening = Listening(browser)
    with served(target) as address:
        lock = json.loads((app / "rig" / "pyodide-lock.json").read_bytes())
        lite.equip(app, lock, f"{address}lite/rig/", sorted((target / "wheels").glob("*.whl")))
        page = app / "jupyter-lite.json"
        config = json.loads(page.read_text(encoding="utf-8"))
        config["jupyter-config-data"]["exposeAppInBrowser"] = True
        settings = config["jupyter-config-data"]["settingsOverrides"]
        settings |= {f"@jupyterlab/{name.replace('/', ':')}": values for name, values in SETTINGS.items()}
        page.write_text(json.dumps(config), encoding="utf-8")
        notebook = Notebook(listening, f"{address}lite/lab/index.html?path={LESSON}")
        notebook.run_all()
        notebook.elsewhere = lambda: listening.elsewhere(address)
        yield notebook
        notebook.page.context.close()


def printed(cells):
    """What each code cell printed."""
    streams = [[o for o in cell["outputs"] if o.get("name") == "stdout"] for cell in cells if "outputs" in cell]
    return ["".join("".join(output["text"]) for output in outputs) for outputs in streams]


def test_lesson_prints_what_is_stored(lesson):
    """Catches: a lesson that needs what the browser does not have, or computes something else there."""
    cells = lesson.page.evaluate("() => jupyterapp.shell.currentWidget.content.model.toJSON().cells")
    stored = json.loads((ROOT / "notebooks" / LESSON).read_text(encoding="utf-8"))["cells"]
    assert printed(cells) == printed(stored)


def test_lab_moves(lesson):
    """Catches: a lab that the kernel in the page does not answer, or answers with undefined where None is meant."""
    lab = lesson.labs[0]
    slider = lab.root.get_by_role("slider").first
    before = lab.seen()
    assert "undefined" not in lab.root.inner_text() and "iteration" not in before["spoken"]
    slider.focus()
    for _ in range(10):
        lesson.page.keyboard.press("ArrowLeft")
    lesson.until(lambda: lab.seen()["pixels"] != before["pixels"], "the picture changes")


def test_iterative_lab_goes_on_without_threads(lesson):
    """Catches: a lab that stops at its first picture in the kernel of the page, or blocks the next move."""
    text, cell = lesson.run("""
@live.lab(step=live.Slider(1, 1, 9, 1))
def count(step):
    for k in range(10):
        yield live.Frame(images={"x": np.full((16, 16), k / 9)}, numbers={"sum": k * step}, step=k)

count
""")
    lab = lesson.lab_in(cell)
    lesson.until(lambda: lab.numbers() == {"sum": "9"}, "the lab has counted")
    lab.press("step", "ArrowRight")
    lesson.until(lambda: lab.numbers() == {"sum": "18"}, "it has counted anew")
    assert text == "" and "iteration" in lab.seen()["spoken"]


def test_lab_follows_the_theme(lesson):
    """Catches: dark labels on JupyterLab's dark page, where the system's wish decides."""
    colour = "() => getComputedStyle(document.querySelector('.dcv label')).color"
    light = lesson.page.evaluate(colour)
    lesson.page.emulate_media(color_scheme="dark")
    is_light = "() => document.body.dataset.jpThemeLight"
    lesson.until(lambda: lesson.page.evaluate(is_light) == "false", "JupyterLab says that it is dark")
    lesson.until(lambda: lesson.page.evaluate(colour) != light, "labels are light")


def test_no_other_host_is_asked(lesson):
    """Catches: news, an extension manager or a package index asked while a lesson opens and runs."""
    assert lesson.elsewhere() == set()

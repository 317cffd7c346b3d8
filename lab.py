#!/usr/bin/env python3
__doc__ = """Open the lessons, test them, or store fresh outputs. Needs Python 3.11 or newer and nothing else.

    python lab.py [options of JupyterLab]    open the lessons; the first start installs everything into .venv
    python lab.py test [options of pytest]   run every test; --quick leaves out the notebooks and the browser
    python lab.py execute [NN ...]           run the notebooks with these numbers, or all, and store their outputs
    python lab.py exercises                  make the learners' copies of the exercises from the solved ones
    python lab.py handout NN [...]           put these lessons and their exercises, without solutions, into a zip file
    python lab.py site                       build the web site of the lessons in build/site

You work on your own copies of the lessons, in my-lessons: an update never touches a copy that you changed.
To repair the installation, delete the folder .venv and start again. Your copies stay.
"""

import sys

# Python 2.7 and every 3 must be able to read this file, or an old one would print a syntax error, not this sentence.
if sys.version_info < (3, 11):
    sys.exit("deconvlab needs Python 3.11 or newer, and this is Python {}.{}: install a newer one and start lab.py "
             "with it.".format(*sys.version_info[:2]))

import ast
import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
import tomllib
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent
LESSONS = ROOT / "notebooks"
MINE = ROOT / "my-lessons"
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed-by-lab.txt"
SPARE = ROOT / ".venv.old"

UNSEEN = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8",
          "errors": "replace"}

# The proof of an installation is that these import, for each extra: the first two, and all that needs no extra, are
# always there.
NEEDED = {
    "lessons": ("numpy", "scipy.fft", "skimage", "matplotlib.pyplot", "ipywidgets", "anywidget", "jupyterlab",
                "ipykernel.kernelapp", "nbconvert", "nbval"),
    "big": ("dask.array", "distributed", "zarr"),  # lesson 15's
    "test": ("pytest", "xdist", "nbclient", "hypothesis", "playwright.sync_api", "axe_playwright_python",
             "check_jsonschema", "ruff", "mypy", "setuptools"),
    "site": ("sphinx", "myst_nb", "pydata_sphinx_theme", "jupyterlite_core", "jupyterlite_pyodide_kernel"),
}

# What the user has set for other programs of these families would break the lessons or change them ...
FOREIGN = ("PYTHON", "__PYVENV", "VIRTUAL_ENV", "PIP_", "SSLKEYLOGFILE", "JUPYTER", "IPYTHON", "MPL", "MATPLOTLIB",
           "ANYWIDGET", "PYTEST", "COVERAGE_PROCESS", "DECONVLAB")
# ... but how pip gets at packages (a mirror, a proxy, a certificate) and who listens where is the user's to say.
REACH = ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert", "client-cert", "proxy",
         "timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir", "keyring-provider", "use-feature")
KEPT = ["PIP_CONFIG_FILE", "JUPYTER_TOKEN", "JUPYTER_PORT", "JUPYTER_ALLOW_INSECURE_WRITES", "DECONVLAB_DIRECT"]
KEPT += ["PIP_" + name.upper().replace("-", "_") for name in REACH]


def main(arguments):
    command, rest = arguments[:1], arguments[1:]
    if command in (["-h"], ["--help"]):
        say(__doc__.strip())
        return 0
    try:
        if command == ["test"]:
            return test(rest)
        if command == ["execute"]:
            return execute(rest)
        if command in (["exercises"], ["handout"]):
            prepare()
            return run("-m", "deconvlab.exercises", *arguments)
        if command == ["site"]:
            prepare("site")
            return run(ROOT / "site" / "build.py", *rest)
        if command and not command[0].startswith("-"):
            sys.exit("There is no command '{}': say test, execute, exercises, handout, site, or nothing to open the "
                     "lessons.".format(command[0]))
        return open_lessons(arguments)
    except KeyboardInterrupt:
        say("")
        return 130
    except OSError as error:
        trouble = "{}: {}.".format(error.filename, error.strerror) if error.filename else "{}.".format(error)
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            trouble += " Move the whole deconvlab folder to a place where you may write, such as your home folder."
        sys.exit(trouble)


# The commands


def open_lessons(options):
    prepare()
    copy_lessons()
    first = min((path.name for path in LESSONS.glob("*.ipynb")), default="")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options = ["--allow-root"] + options
    say("Opening the lessons in {}. To stop, press Ctrl-C here.".format(MINE))
    root_dir = "--ServerApp.root_dir={}".format(MINE)
    default_url = "--LabApp.default_url=/lab/tree/{}".format(quote(os.fsencode(first)))
    # Where the checks note what was passed; and of each kernel one thread, for several wait for each other while the
    # browser, too, wants the cores.
    settings = {"DECONVLAB_PROGRESS": str(MINE / "progress.json"), "OMP_NUM_THREADS": "1"}
    return run("-m", "jupyterlab", root_dir, default_url, *options, **settings)


def test(options):
    prepare("test", "site")
    if "--quick" in options:
        options = [option for option in options if option != "--quick"]
        # First, so that a later -m wins. Not --ignore, which spares what testpaths names.
        options = ["--deselect=notebooks", "-m", "not browser"] + options
    # A process for each core, and none takes another's; conftest.py says which tests stay together. A later -n wins.
    return run("-m", "pytest", "-n=auto", *options, OMP_NUM_THREADS="1")


def execute(numbers):
    every = sorted(LESSONS.glob("*.ipynb")) + sorted(LESSONS.glob("solutions/*.ipynb"))
    chosen = [path for path in every if not numbers or path.name.split("-")[0] in numbers]
    missing = set(numbers) - {path.name.split("-")[0] for path in chosen}
    if missing:
        sys.exit("No notebook has the number {}.".format(" or ".join(sorted(missing))))
    prepare()
    for path in chosen:
        say("Running {} ...".format(path.relative_to(LESSONS)))
        with tempfile.TemporaryDirectory() as folder:
            # Errors are allowed so that nbconvert hands the notebook back, and we can name the cell.
            code, words = hear(
                PYTHON, "-m", "nbconvert", path, "--to=notebook", "--execute", "--allow-errors", "--output-dir", folder,
                "--ExecutePreprocessor.timeout=600", "--ExecutePreprocessor.kernel_name=python3")
            if code:
                sys.exit("{}\n{} stays as it was: it did not run to its end.".format(words[-2000:], path.name))
            notebook = json.loads((Path(folder) / path.name).read_bytes())
        failure = first_failure(notebook)
        if failure:
            sys.exit("{} stays as it was: {}".format(path.name, failure))
        text = json.dumps(clean(notebook), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        replace(path, text.encode("utf-8"))
    return 0


# The installation


@contextlib.contextmanager
def alone():
    """Let a second start wait. The lock is the operating system's: it ends with the process, however that ends."""
    check_writable(ROOT)
    with open(str(ROOT / ".lab.lock"), "a") as file:
        if not lock(file):
            say("Another start is at work in this folder: waiting for it ...")
            while not lock(file):
                time.sleep(0.2)
        yield


def lock(file):
    try:
        if os.name == "nt":
            import msvcrt
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN)  # some network drives have no locks: go on without
    return True


@alone()
def prepare(*extras):
    """Make sure that .venv is whole and up to date. STAMP says what is in it, and counts only if that imports."""
    settle()
    if VENV.exists():
        check_writable(VENV)
    recipe = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        recipe.update((ROOT / name).read_bytes())
    stamp = STAMP.read_bytes().split() if STAMP.exists() else []
    # Once there, an extra stays.
    extras = [name for name in NEEDED if name in ("lessons", "big") + extras or name.encode("ascii") in stamp]
    wanted = [recipe.hexdigest().encode("ascii")] + [name.encode("ascii") for name in extras]
    needed = [module for name in extras for module in NEEDED[name]]
    stamped = stamp == wanted
    if stamped and not trouble(needed):
        return
    anew = stamped or trouble(["pip._internal.cli.main"])
    try:
        fill(anew, extras)
        if not anew and trouble(needed):  # pip takes a package with holes for a whole one
            fill(True, extras)
        words = trouble(needed)
        if words:
            sys.exit("{}\nThe installation ended, but Python cannot use it: see its words above.".format(words))
        replace(STAMP, b"\n".join(wanted))
    finally:
        settle()


def settle():
    """Of two installations keep the whole one: the older, unless the newer got its stamp."""
    if SPARE.exists():
        if not STAMP.exists():
            with contextlib.suppress(OSError):
                os.replace(VENV / "install.log", SPARE / "install.log")
            shutil.rmtree(VENV, ignore_errors=True)
            SPARE.rename(VENV)
        shutil.rmtree(SPARE, ignore_errors=True)


def trouble(modules):
    """Why .venv cannot import these, or find deconvlab, under this very version of Python; nothing if it can."""
    proof = ("import sys, importlib.util; assert sys.version_info[:2] == {}, sys.version; import {}; "
             "assert importlib.util.find_spec('deconvlab')".format(sys.version_info[:2], ", ".join(modules)))
    try:
        code, words = hear(PYTHON, "-P", "-c", proof)
    except OSError as error:
        return str(error)
    return words or "exit code {}".format(code) if code else ""


def fill(anew, extras):
    """Install what pyproject.toml names. deconvlab stays where it is: a path relative to .venv survives a move."""
    if anew:
        make_venv()
    modules = Path(sysconfig.get_path("purelib", "venv", {"base": str(VENV)}))
    (modules / "deconvlab.pth").write_text(os.path.relpath(str(ROOT), str(modules)))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    install(project["dependencies"] + [package for name in extras for package in optional[name]])
    # A lesson opens without JupyterLab's question about news on top of it.
    settings = VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    settings.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": quiet}))


def make_venv():
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        sys.exit("This Python lacks venv or ensurepip, so it cannot make .venv: on Debian or Ubuntu, run 'sudo apt "
                 "install python{}.{}-venv'; elsewhere, install Python anew.".format(*sys.version_info[:2]))
    if VENV.exists():
        say("Repairing .venv, which is incomplete or belongs to another Python.")
    if STAMP.exists():
        VENV.rename(SPARE)
    # The base Python, since sys.executable may lie in the very .venv that is cleared.
    base = getattr(sys, "_base_executable", None) or sys.executable
    code, words = hear(base, "-m", "venv", "--clear", VENV)
    if code:
        sys.exit("{}\nPython could not make .venv: see its words above.".format(words))


def install(packages):
    say("Installing, about two minutes the first time; each dot is a package.")
    log = VENV / "install.log"
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar=off",
               "-c", "constraints.txt"] + packages
    lines = []
    with log.open("w", encoding="utf-8") as file, \
            subprocess.Popen(command, cwd=ROOT, env=environment_of_pip(), **UNSEEN) as pip:
        for line in pip.stdout:
            file.write(line)
            lines.append(line)
            if line.startswith(("Collecting ", "Processing ")):
                say(".", end="")
    say("")
    if pip.returncode:
        reasons = [line for line in lines if "ERROR: " in line] or lines[-6:]
        sys.exit("{}The installation failed: check that this computer is online and its disk is not full, then start "
                 "again. pip's words stand above, all of them in {}.".format("".join(reasons), log))


# The learner's copies


@alone()
def copy_lessons():
    """Bring new and updated lessons to my-lessons, and never touch what the learner changed.

    my-lessons/.copied.json remembers the fingerprint of each file as it was copied. A copy that still has it, or that
    equals the lesson as it is now, is unchanged; every other one, also when the memory is lost, is the learner's.
    """
    check_writable(MINE)
    memory = MINE / ".copied.json"
    try:
        copied = dict(json.loads(memory.read_bytes()))
    except (OSError, ValueError, TypeError):
        copied = {}
    before, here = dict(copied), set()
    for original in sorted(LESSONS.rglob("*")):
        name = original.relative_to(LESSONS)
        hidden = any(part.startswith((".", "__")) for part in name.parts)
        if hidden or name.parts[0] == "solutions" or not original.is_file():
            continue
        key, copy, newest = name.as_posix(), MINE / name, fingerprint(original)
        here.add(key)
        if copy.exists():
            mine = fingerprint(copy)
            if mine not in (newest, copied.get(key)):
                if newest != copied.get(key):
                    say("{} stays as you changed it, though there is a newer one: to get that, rename yours and start "
                        "again.".format(copy.relative_to(ROOT)))
                continue
        if not copy.exists() or mine != newest:
            say("{} {}".format("Updating" if copy.exists() else "Adding", copy.relative_to(ROOT)))
            copy.parent.mkdir(parents=True, exist_ok=True)
            replace(copy, original.read_bytes())
        copied[key] = newest
    for gone in sorted(set(copied) - here):  # said once: what is no lesson any more is the learner's
        del copied[gone]
        if (MINE / gone).exists():
            newer = [key for key in sorted(here) if without_number(key) == without_number(gone)]
            now = "is now {}".format(newer[0]) if newer else "is no longer part of the course"
            say("{} stays where it is, with all that you did in it; that lesson {}.".format(
                (MINE / gone).relative_to(ROOT), now))
    if copied != before:
        replace(memory, json.dumps(copied, indent=1).encode("utf-8"))


def without_number(key):
    """A lesson's folder and its name: it may be renumbered, but hardly renamed."""
    folder, _, name = key.rpartition("/")
    return folder, name.partition("-")[2] or name


def fingerprint(path):
    """What a person wrote: of a notebook its cells' types and sources, for running it is no change; else all bytes."""
    try:
        content = path.read_bytes()
        if path.suffix == ".ipynb":
            cells = [[cell["cell_type"], "".join(cell["source"])] for cell in json.loads(content)["cells"]]
            # JupyterLab adds an empty cell when the last one is run.
            content = json.dumps([cell for cell in cells if cell[1].strip()]).encode("utf-8")
    except OSError:
        return "unreadable"
    except (ValueError, KeyError, TypeError):
        pass  # no notebook any more: its bytes decide
    return hashlib.sha256(content).hexdigest()


# Stored notebooks


def clean(notebook):
    """Leave in an executed notebook what a reader and nbval need, and nothing that differs from run to run."""
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)  # timings
        if cell["cell_type"] == "code":
            cell["outputs"] = clean_outputs(cell["outputs"])
    return notebook


def clean_outputs(outputs):
    cleaned = []
    for output in outputs:
        if "text/html" in output.get("data", {}):
            # A lab's widget died with its kernel: JupyterLab would show an error where the still picture can stand.
            output["data"].pop("application/vnd.jupyter.widget-view+json", None)
        if output["output_type"] == "stream" and cleaned and cleaned[-1].get("name") == output["name"]:
            # Into how many pieces a printed text falls is a matter of timing.
            text = "".join(cleaned[-1]["text"]) + "".join(output["text"])
            cleaned[-1]["text"] = text.splitlines(keepends=True)
        else:
            cleaned.append(output)
    return cleaned


def first_failure(notebook):
    for cell in notebook["cells"]:
        expected = "raises-exception" in cell["metadata"].get("tags", [])
        for output in cell.get("outputs", []):
            if output["output_type"] == "error" and not expected:
                return "cell [{}] failed with {}: {}".format(cell["execution_count"], output["ename"], output["evalue"])
    return None


# Small tools


def say(words, end="\n"):
    sys.stdout.write(words + end)
    sys.stdout.flush()


def check_writable(folder):
    """A read-only folder fails here, where main() makes a sentence of it."""
    folder.mkdir(exist_ok=True)
    probe = folder / ".write-test-{}".format(os.getpid())  # two starts at once have one each
    probe.write_text("")
    probe.unlink()


def replace(path, content):
    """Write a file all at once, so that an interruption leaves the old one."""
    part = path.with_name("." + path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)


def environment():
    """For every child: the user's settings of Python, pip and Jupyter neither change the lessons nor are changed."""
    ours = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(FOREIGN)}
    ours.update(PYTHONUTF8="1", PYTHONNOUSERSITE="1", JUPYTER_CONFIG_PATH=str(ROOT))
    home = VENV / "jupyter"
    for name, folder in (("JUPYTER_CONFIG_DIR", "config"), ("JUPYTER_DATA_DIR", "data"), ("IPYTHONDIR", "ipython"),
                         ("MPLCONFIGDIR", "matplotlib")):
        ours[name] = str(home / folder)
    return ours


def environment_of_pip():
    """Of the user's files of settings for pip, too, take only how to get at packages. To pip, empty is not set."""
    _, words = hear(PYTHON, "-m", "pip", "config", "list", PIP_USER="0", PIP_QUIET="0")  # else they may hide the list
    ours = {}
    for line in words.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section in ("global", "install") and name in REACH:  # in this order
            ours["PIP_" + name.upper().replace("-", "_")] = ast.literal_eval(value)
    ours.update({name: value for name, value in environment().items() if value}, PIP_CONFIG_FILE=os.devnull)
    return ours


def hear(*command, **settings):
    """Run a program unseen; its exit code and all that it printed."""
    done = subprocess.run(command, cwd=ROOT, env=dict(environment(), **settings), **UNSEEN)
    return done.returncode, done.stdout.strip()


def run(*command, **settings):
    """Let .venv's Python run something; its exit code. Ctrl-C reaches it too, and how to end is its business."""
    child = subprocess.Popen([PYTHON] + list(command), cwd=ROOT, env=dict(environment(), **settings))
    signal.signal(signal.SIGTERM, lambda *ignored: child.terminate())
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    if sys.stdout.errors == "strict":  # the folder's name may have letters that the terminal has not
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))

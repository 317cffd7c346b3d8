"""lab.py really started, with a real pip but no network: small wheels stand in for the packages.

Every test says which mistake it would catch.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = """
[project]
dependencies = []
[project.optional-dependencies]
lessons = ["lessons-stand-in"]
big = ["big-stand-in"]
test = ["test-stand-in"]
site = ["site-stand-in"]
"""
# Run as `python -m pytest` or `python -m jupyterlab`, it prints what it finds; its exit code is that of a failure.
REPORT = """
import json, os, subprocess, sys
import numpy
deconvlab = [sys.executable, "-P", "-c", "import deconvlab; print(deconvlab.__file__)"]
found = subprocess.run(deconvlab, capture_output=True, text=True, cwd=os.path.dirname(sys.executable)).stdout.strip()
print("REPORT " + json.dumps({"environ": dict(os.environ), "numpy": numpy.__file__, "deconvlab": found}))
sys.exit(3)
"""
POISON = {
    "PYTHONPATH": "{foreign}/modules",
    "PYTHONHOME": "",  # the Python that runs lab.py would not start
    "PYTHONSTARTUP": "{foreign}/startup.py",
    "PYTHONWARNINGS": "error",
    "PYTHONOPTIMIZE": "2",
    "PYTHONUTF8": "0",
    "PYTHONIOENCODING": "ascii",
    "JUPYTER_PATH": "{foreign}/jupyter",
    "JUPYTER_CONFIG_PATH": "{foreign}/jupyter",
    "JUPYTER_RUNTIME_DIR": "{foreign}/jupyter",
    "PIP_USER": "1",
    "PIP_TARGET": "{foreign}/target",
    "PIP_PREFIX": "{foreign}/prefix",
    "PIP_REQUIRE_HASHES": "1",
    "PIP_NO_DEPS": "1",
    "PIP_DRY_RUN": "1",
    "PIP_CONSTRAINT": "{foreign}/no-such-file.txt",
    "PIP_CONFIG_FILE": "{foreign}/pip.conf",
    "MPLBACKEND": "foreign",
    "MPLCONFIGDIR": "{foreign}/matplotlib",
    "VIRTUAL_ENV": "{foreign}",
    "PYTEST_ADDOPTS": "--foreign",
    "SSLKEYLOGFILE": "{foreign}/no/such/folder/keys",
    "HOME": "/proc/no/such/home",
    "USERPROFILE": "/proc/no/such/home",
}
OFFLINE = {
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": os.devnull,
}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def write_wheel(folder, name, modules):
    """A wheel of these modules; those that lab.py runs report."""
    files = {}
    for module in modules:
        parts = module.split(".")
        for depth in range(1, len(parts) + 1):
            files["/".join(parts[:depth]) + "/__init__.py"] = ""
        if module in ("pytest", "jupyterlab"):
            files[module + "/__main__.py"] = REPORT
    info = f"{name}-1.0.dist-info"
    files[info + "/METADATA"] = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n"
    files[info + "/WHEEL"] = "Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[info + "/RECORD"] = "".join(f"{file},,\n" for file in [*files, info + "/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """The environment variables of a user who has set a mirror for pip, here a folder of wheels."""
    sys.path.insert(0, str(ROOT))
    try:
        import lab
    finally:
        sys.path.remove(str(ROOT))
    folder = tmp_path_factory.mktemp("mirror")
    for extra, modules in lab.NEEDED.items():
        write_wheel(folder, f"{extra}_stand_in", modules)
    return {**OFFLINE, "PIP_FIND_LINKS": str(folder)}


def write_folder(root):
    """A deconvlab folder that is not installed yet."""
    (root / "deconvlab").mkdir(parents=True)
    (root / "deconvlab" / "__init__.py").write_text("")
    (root / "notebooks").mkdir()
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "constraints.txt").write_text("")
    shutil.copy(ROOT / "lab.py", root)
    return root


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory, mirror):
    """A folder that was installed by two starts at once while everything foreign was set, and a terminal without the
    letters of its name: the folder, what came of the start that installed and of the other, and the foreign."""
    foreign = tmp_path_factory.mktemp("foreign")
    (foreign / "modules" / "numpy").mkdir(parents=True)
    (foreign / "modules" / "numpy" / "__init__.py").write_text("raise ImportError('the numpy of PYTHONPATH')")
    (foreign / "pip.conf").write_text(
        f"[global]\nuser = true\nquiet = 2\nrequire-hashes = true\nfind-links = {mirror['PIP_FIND_LINKS']}\n"
        f"[install]\ntarget = {foreign / 'target'}\nno-deps = true\ndry-run = true\n"
    )
    poison = {name: value.format(foreign=foreign) for name, value in POISON.items() if value}
    root = write_folder(tmp_path_factory.mktemp("poisoned") / "my Übung ñ 画像")
    # The mirror is named in pip.conf alone: of that file, it has to be taken.
    environ = {**mirror, "PIP_FIND_LINKS": "", **ASCII, **poison}
    with ThreadPoolExecutor() as threads:
        done = list(threads.map(lambda _: start(root, "test", **environ), range(2)))
    assert (root / ".venv" / "installed-by-lab.txt").exists(), [one.stdout + one.stderr for one in done]
    return root, *sorted(done, key=lambda one: "Installing" not in one.stdout), foreign


@pytest.fixture
def installed(poisoned, tmp_path):
    """A copy of the installed folder, so a moved one, too; its name has letters that are not ASCII."""

    def copy(source, target):  # the thousand files of pip, which nobody changes, are not written again
        return os.link(source, target) if "pip" in Path(source).parts else shutil.copy2(source, target)

    return Path(shutil.copytree(poisoned[0], tmp_path / "Übung ñ 画像", symlinks=True, copy_function=copy))


def command(root, *arguments):
    return [sys.executable, str(root / "lab.py"), *arguments]


def start(root, *arguments, prefix=(), **environ):
    return subprocess.run(
        [*prefix, *command(root, *arguments)],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )


@contextlib.contextmanager
def background(command, **options):
    """A program that runs while the test goes on, and no longer."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options) as program:
        try:
            yield program
        finally:
            program.kill()


def report(done):
    assert (done.returncode, done.stderr) == (3, ""), done.stdout + done.stderr
    return json.loads(done.stdout.split("REPORT ")[1])


# The environment


def test_poisoned_environment(poisoned):
    """Catches: an installation, or a start, that takes packages, places or options from the user's other programs."""
    root, done, _, foreign = poisoned
    assert "Installing" in done.stdout
    seen = report(done)
    assert Path(seen["numpy"]).is_relative_to(root / ".venv")
    assert Path(seen["deconvlab"]) == root / "deconvlab" / "__init__.py"
    leaks = {name for name, value in seen["environ"].items() if str(foreign) in value}
    assert leaks == {"PIP_CONFIG_FILE"}, "the mirror's"
    assert seen["environ"]["HTTPS_PROXY"] == OFFLINE["HTTPS_PROXY"], "the user's way to the network"
    assert {path.name for path in foreign.iterdir()} == {"modules", "pip.conf"}, "nothing was installed there"


def test_broken_settings_of_pip_break_nothing(installed):
    """Catches: a pip.conf that pip cannot read, and so an installation that counts as broken and is thrown away.

    Then nothing can be installed from, and the report is missing.
    """
    conf = installed.parent / "pip.conf"
    conf.write_text("[global\nuser = ")
    report(start(installed, "test", **{**OFFLINE, "PIP_CONFIG_FILE": str(conf)}))


def test_optimized_python_has_help(installed):
    """Catches: PYTHONOPTIMIZE=2, which takes all docstrings away, and with them what --help says."""
    done = start(installed, "--help", PYTHONOPTIMIZE="2")
    assert "python lab.py test" in done.stdout and done.returncode == 0


# A whole installation


@pytest.mark.parametrize("environ", [ASCII, {"PYTHONIOENCODING": "cp1252"}], ids=["ASCII", "cp1252"])
def test_moved_folder_needs_no_network(installed, environ):
    """Catches: reinstalling after a move or for letters that the terminal lacks; deconvlab from the old place."""
    done = start(installed, **{**OFFLINE, **environ})
    assert "Installing" not in done.stdout and "Repairing" not in done.stdout
    found = report(done)["deconvlab"]
    assert Path(found) == installed / "deconvlab" / "__init__.py"


def test_work_in_progress_is_no_broken_installation(installed):
    """Catches: reinstalling everything because somebody is in the middle of editing deconvlab."""
    (installed / "deconvlab" / "__init__.py").write_text("def unfinished(")
    done = start(installed, "test", **OFFLINE)
    assert done.returncode == 3 and "Repairing" not in done.stdout


def test_failed_update_keeps_what_works(installed):
    """Catches: an update without network after which not even the old version starts."""
    old = (installed / "pyproject.toml").read_text()
    (installed / "pyproject.toml").write_text(old.replace("lessons-stand-in", "lessons-stand-in>=2"))
    done = start(installed, **OFFLINE)
    assert done.returncode == 1 and "The installation failed" in done.stderr
    (installed / "pyproject.toml").write_text(old)
    done = start(installed, **OFFLINE)
    assert "Installing" not in done.stdout
    report(done)


def test_failed_repair_keeps_what_is_there(installed, mirror):
    """Catches: a .venv cleared for a new one that then cannot be had; pip's words lost; no repair when it can."""
    (numpy,) = (installed / ".venv").rglob("site-packages/numpy")
    shutil.rmtree(numpy)
    done = start(installed, **OFFLINE)
    assert done.returncode == 1 and "The installation failed" in done.stderr
    assert "ERROR: " in (installed / ".venv" / "install.log").read_text()
    assert (numpy.parent / "scipy").exists() and not (installed / ".venv.old").exists()
    done = start(installed, "test", **mirror)
    assert "Repairing" in done.stdout
    report(done)
    assert numpy.exists() and not (installed / ".venv.old").exists()


def test_killed_repair_brings_the_old_one_back(installed):
    """Catches: a .venv set aside for good because the power failed before its replacement was whole."""
    (installed / ".venv").rename(installed / ".venv.old")
    (installed / ".venv" / "lib").mkdir(parents=True)
    done = start(installed, **OFFLINE)
    assert "Installing" not in done.stdout
    report(done)


# Two starts at once


def test_two_starts_at_once(poisoned):
    """Catches: two pips in one .venv ("Directory not empty"); a second start that waits without a word; an installation
    that fails on the letters of its folder's name, which the terminal has not.
    """
    root, *both, _ = poisoned
    found = {report(done)["deconvlab"] for done in both}
    assert ["Installing" in done.stdout for done in both] == [True, False]
    assert ["waiting" in done.stdout for done in both] == [False, True]
    assert found == {str(root / "deconvlab" / "__init__.py")}


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes in one way only")
def test_killed_start_leaves_no_lock(installed):
    """Catches: a lock that outlives its process, so that every later start waits for nobody."""
    code = "import lab, time\nwith lab.alone():\n    print('locked', flush=True)\n    time.sleep(600)"
    with background([sys.executable, "-c", code], cwd=installed) as holder:
        assert holder.stdout.readline() == "locked\n"
        with background(command(installed), env={**os.environ, **OFFLINE}) as waiting:
            assert "waiting" in waiting.stdout.readline()
            time.sleep(0.5)
            assert waiting.poll() is None, "it waits"
            holder.kill()
            assert "REPORT" in waiting.communicate(timeout=60)[0]


# Folders that cannot be written


# CI is root, whom no folder refuses: without these two rights even root is refused.
AS_ANYBODY = (
    "import ctypes, os, sys\n"
    "if os.geteuid() == 0:\n"
    "    for right in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH\n"
    "        assert ctypes.CDLL(None).prctl(24, right, 0, 0, 0) == 0  # PR_CAPBSET_DROP\n"
    "os.execv(sys.argv[1], sys.argv[1:])\n"
)
posix = pytest.mark.skipif(os.name == "nt", reason="a folder of Windows has no such permissions")


def forbid_writing(folder):
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


def allow_writing(folder):
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o200)


@posix
@pytest.mark.parametrize("where, arguments", [(".", ["test"]), (".venv", []), ("my-lessons", [])])
def test_read_only_folder_gets_a_sentence(installed, where, arguments):
    """Catches: a traceback of pip, JupyterLab or lab.py where an installed folder cannot be written any more."""
    (installed / "my-lessons").mkdir()
    folder = installed / where
    forbid_writing(folder)
    try:
        done = start(installed, *arguments, prefix=(sys.executable, "-c", AS_ANYBODY), **OFFLINE)
    finally:
        allow_writing(folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Permission denied. Move the whole deconvlab folder" in done.stderr and done.stderr.count("\n") == 1


@posix
def test_read_only_home(installed):
    """Catches: a start that needs to write in the home folder."""
    home = installed.parent / "home"
    home.mkdir(mode=0o555)
    prefix = (sys.executable, "-c", AS_ANYBODY)
    report(start(installed, "test", prefix=prefix, HOME=str(home), **OFFLINE))
    assert list(home.iterdir()) == []


# pytest without lab.py


def test_nbval_works_from_another_folder(tmp_path):
    """Catches: nbval's file of patterns looked for where pytest was started, so that every cell is an error.

    All other tests start in the folder itself.
    """
    root = tmp_path / "deconvlab"
    for name in ("pyproject.toml", "conftest.py", "tests/nbval.cfg", "tests/trials.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    html = "<img src='data:image/png;base64,{}'>"
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
    output["data"] = {"text/html": [html.format("AAAA")], "text/plain": ["Still"]}
    source = (
        "class Still:\n"
        "    def __repr__(self):\n"
        "        return 'Still'\n"
        "    def _repr_html_(self):\n"
        f'        return "{html.format("BBBB")}"\n'
        "Still()"
    )
    cell = {"cell_type": "code", "execution_count": 1, "id": "a", "metadata": {}, "outputs": [output], "source": source}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook["metadata"] = {"kernelspec": {"display_name": "", "language": "python", "name": "python3"}}
    (root / "notebooks").mkdir()
    (root / "notebooks" / "still.ipynb").write_text(json.dumps(notebook))
    pytest_nbval = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider", root / "notebooks"]
    done = subprocess.run(pytest_nbval, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr

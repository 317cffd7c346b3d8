"""lab.py without network: every test says which mistake it would catch."""

import ast
import importlib.metadata
import importlib.util
import json
import re
import runpy
import shutil
import signal
import subprocess
import sys
import sysconfig
import tomllib
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "lab.py"
PROJECT = """
[project]
dependencies = ["numpy"]
optional-dependencies.lessons = ["jupyter"]
optional-dependencies.big = ["dask"]
optional-dependencies.test = ["pytest"]
optional-dependencies.site = ["sphinx"]
"""


@pytest.fixture
def lab(tmp_path):
    """lab.py as a module, alone in a folder with a space in its name and three small lessons."""
    root = tmp_path / "my deconvlab"
    root.mkdir()
    shutil.copy(SOURCE, root)
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "constraints.txt").write_text("numpy==1")
    spec = importlib.util.spec_from_file_location("lab_under_test", root / "lab.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    write_notebook(module.LESSONS / "03-divide.ipynb", "# Divide", "1 + 1")
    write_notebook(module.LESSONS / "exercises" / "03-divide.ipynb", "# Your turn")
    (module.LESSONS / "blur.png").write_bytes(b"\x89PNG")
    return module


def write_notebook(path, *sources, outputs=(), metadata=None):
    cells = [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": list(outputs), "source": [source]}
        for source in sources
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}))


# Old Pythons


def test_old_python_gets_a_sentence(monkeypatch):
    """Catches: an import or a call above the version check that an old Python cannot do."""
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and this is Python 3\.8"):
        runpy.run_path(str(SOURCE))


def test_old_python_can_read_the_file():
    """Catches: syntax or letters on which Python 2.7 or 3.6 stops before it reaches the sentence."""
    text = SOURCE.read_text(encoding="utf-8")
    assert text.isascii(), "Python 2 takes no other letters without a coding line"
    modern = (ast.JoinedStr, ast.NamedExpr, ast.AnnAssign, ast.Nonlocal, ast.YieldFrom, ast.Match, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, modern), f"line {node.lineno}: {type(node).__name__}"
        assert not isinstance(node, ast.Raise) or node.cause is None, f"line {node.lineno}: raise ... from"
        assert not isinstance(node, ast.Name) or node.id != "print", f"line {node.lineno}: print, a statement in 2.7"
        assert not isinstance(node, ast.List | ast.Tuple) or not any(isinstance(e, ast.Starred) for e in node.elts)
        if isinstance(node, ast.FunctionDef):
            assert not node.args.kwonlyargs and not node.returns and not any(a.annotation for a in node.args.args)


# The learner's copies


def test_everything_is_copied_once(lab, capsys):
    """Catches: subfolders or pictures left out, solutions handed out, a second start that copies again."""
    write_notebook(lab.LESSONS / "solutions" / "03-divide.ipynb", "the answer")
    write_notebook(lab.LESSONS / ".ipynb_checkpoints" / "03-divide-checkpoint.ipynb", "old")
    lab.copy_lessons()
    files = {path.relative_to(lab.MINE).as_posix() for path in lab.MINE.rglob("*") if path.is_file()}
    assert files == {"03-divide.ipynb", "exercises/03-divide.ipynb", "blur.png", ".copied.json"}
    assert capsys.readouterr().out.count("Adding") == 3
    memory = (lab.MINE / ".copied.json").stat().st_mtime_ns
    lab.copy_lessons()
    assert capsys.readouterr().out == ""
    assert (lab.MINE / ".copied.json").stat().st_mtime_ns == memory


@pytest.mark.parametrize("ran", [False, True], ids=["untouched", "merely run"])
def test_unchanged_copy_is_updated(lab, capsys, ran):
    """Catches: a lesson that was only run, to its end with Shift-Enter, taken for the learner's work."""
    lab.copy_lessons()
    copy = lab.MINE / "03-divide.ipynb"
    if ran:
        write_notebook(copy, "# Divide", "1 + 1", "", outputs=[{"output_type": "stream"}], metadata={"kernel": "mine"})
    write_notebook(lab.LESSONS / "03-divide.ipynb", "# Divide better", "1 + 1")
    lab.copy_lessons()
    assert "Divide better" in copy.read_text()
    assert "Updating" in capsys.readouterr().out
    lab.copy_lessons()
    assert capsys.readouterr().out == ""
    write_notebook(lab.LESSONS / "03-divide.ipynb", "# Divide best", "1 + 1")
    lab.copy_lessons()
    assert "Divide best" in copy.read_text()


def test_new_outputs_alone_do_not_replace_a_copy(lab):
    """Catches: the learner's own run thrown away because the stored outputs were made anew."""
    lab.copy_lessons()
    before = (lab.MINE / "03-divide.ipynb").read_bytes()
    write_notebook(lab.LESSONS / "03-divide.ipynb", "# Divide", "1 + 1", outputs=[{"output_type": "stream"}])
    lab.copy_lessons()
    assert (lab.MINE / "03-divide.ipynb").read_bytes() == before


@pytest.mark.parametrize("work", ["a new cell", "another cell type", "a file that is no notebook any more"])
def test_changed_copy_is_never_touched(lab, capsys, work):
    """Catches: a learner's work lost in an update, or kept without a word on how to get the new lesson."""
    lab.copy_lessons()
    copy = lab.MINE / "03-divide.ipynb"
    if work == "a new cell":
        write_notebook(copy, "# Divide", "1 + 1", "my own thoughts")
    elif work == "another cell type":
        copy.write_text(copy.read_text().replace('"code"', '"raw"'))
    else:
        copy.write_text("{half a notebo")
    mine = copy.read_bytes()
    capsys.readouterr()
    lab.copy_lessons()
    assert capsys.readouterr().out == "", "nothing newer, nothing to say"
    write_notebook(lab.LESSONS / "03-divide.ipynb", "# Divide better")
    lab.copy_lessons()
    assert copy.read_bytes() == mine
    said = capsys.readouterr().out
    assert "03-divide.ipynb stays as you changed it" in said and "rename yours" in said
    copy.rename(copy.with_name("03-divide-mine.ipynb"))
    lab.copy_lessons()
    assert "Divide better" in copy.read_text()
    assert copy.with_name("03-divide-mine.ipynb").read_bytes() == mine


@pytest.mark.parametrize("damage", ["", "{", "[1, 2]", '"text"', "\xff"])
def test_lost_memory_loses_no_work(lab, capsys, damage):
    """Catches: a damaged .copied.json that crashes the start, or after which changed copies count as unchanged."""
    lab.copy_lessons()
    write_notebook(lab.MINE / "03-divide.ipynb", "my own thoughts")
    mine = (lab.MINE / "03-divide.ipynb").read_bytes()
    (lab.MINE / ".copied.json").write_text(damage, encoding="latin-1")
    capsys.readouterr()
    lab.copy_lessons()
    assert (lab.MINE / "03-divide.ipynb").read_bytes() == mine
    assert capsys.readouterr().out.count("stays as you changed it") == 1, "the untouched copies are recognised"
    (lab.LESSONS / "blur.png").write_bytes(b"newer")
    lab.copy_lessons()
    assert (lab.MINE / "blur.png").read_bytes() == b"newer", "and updated again from then on"


def test_copies_of_renumbered_lessons_survive_and_are_told_of_once(lab, capsys):
    """Catches: a learner's lesson 03 that goes, or is overwritten, or stays without a word beside the new 04."""
    lab.copy_lessons()
    copy = lab.MINE / "03-divide.ipynb"
    write_notebook(copy, "# Divide", "1 + 1", "my own thoughts")
    mine = copy.read_bytes()
    (lab.LESSONS / "03-divide.ipynb").rename(lab.LESSONS / "04-divide.ipynb")
    capsys.readouterr()
    lab.copy_lessons()
    said = capsys.readouterr().out
    assert "03-divide.ipynb stays where it is, with all that you did in it; that lesson is now 04-divide.ipynb" in said
    assert copy.read_bytes() == mine and "my own" not in (lab.MINE / "04-divide.ipynb").read_text()
    lab.copy_lessons()
    assert capsys.readouterr().out == ""
    (lab.LESSONS / "04-divide.ipynb").unlink()
    lab.copy_lessons()
    assert "04-divide.ipynb stays where it is" in (said := capsys.readouterr().out)
    assert "no longer part of the course" in said and (lab.MINE / "04-divide.ipynb").exists()


def test_deleted_copy_comes_back(lab):
    """Catches: a lesson remembered as copied and so never brought again."""
    lab.copy_lessons()
    shutil.rmtree(lab.MINE / "exercises")
    (lab.MINE / "blur.png").unlink()
    lab.copy_lessons()
    assert (lab.MINE / "exercises" / "03-divide.ipynb").exists() and (lab.MINE / "blur.png").exists()


def test_unreadable_copy_is_left_alone(lab, capsys):
    """Catches: a crash, or an overwrite, where the learner's file cannot be read (here it is a folder)."""
    (lab.MINE / "blur.png").mkdir(parents=True)
    lab.copy_lessons()
    assert (lab.MINE / "blur.png").is_dir()
    assert "blur.png stays as you changed it" in capsys.readouterr().out


def test_interrupted_copy_leaves_the_old_file(lab, monkeypatch):
    """Catches: writing in place, so that a full disk or a Ctrl-C leaves half a notebook."""
    lab.copy_lessons()
    before = (lab.MINE / "03-divide.ipynb").read_bytes()
    write_notebook(lab.LESSONS / "03-divide.ipynb", "# Divide better")
    monkeypatch.setattr(lab.os, "replace", lambda *paths: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        lab.copy_lessons()
    assert (lab.MINE / "03-divide.ipynb").read_bytes() == before


# The installation


@pytest.fixture
def steps(lab, monkeypatch):
    """What prepare() does, as words; the .venv is whole from the first make_venv on."""
    done = []

    def make_venv():
        done.append("make")
        shutil.rmtree(lab.VENV, ignore_errors=True)
        modules_of(lab).mkdir(parents=True)

    monkeypatch.setattr(lab, "trouble", lambda modules: "" if modules_of(lab).exists() else "no .venv")
    monkeypatch.setattr(lab, "make_venv", make_venv)
    monkeypatch.setattr(lab, "install", lambda packages: done.append(" ".join(packages)))
    return done


def modules_of(lab):
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(lab.VENV)}))


def test_second_start_installs_nothing(lab, steps):
    """Catches: a stamp that never matches, or one that forgets an extra."""
    for extras in ([], [], ["test"], ["test"], [], ["site"], ["test"], []):
        lab.prepare(*extras)
    assert steps == ["make", "numpy jupyter dask", "numpy jupyter dask pytest", "numpy jupyter dask pytest sphinx"]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_new_requirements_are_installed(lab, steps, name):
    """Catches: an update whose new dependency is missing; a test extra that goes stale."""
    lab.prepare("test")
    with (lab.ROOT / name).open("a") as file:
        file.write("# changed\n")
    lab.prepare()
    assert steps == ["make", "numpy jupyter dask pytest", "numpy jupyter dask pytest"]


def test_broken_venv_is_made_anew(lab, steps, monkeypatch):
    """Catches: trusting the stamp of an installation of which a package is gone; pip would find all satisfied."""
    lab.prepare("test")
    answers = ["No module named 'scipy'", ""]
    monkeypatch.setattr(lab, "trouble", lambda modules: answers.pop(0))
    lab.prepare()
    assert steps == ["make", "numpy jupyter dask pytest", "make", "numpy jupyter dask pytest"]


def test_holes_are_mended_once(lab, steps, monkeypatch):
    """Catches: a stamp for what an interrupted pip left with holes; an installation repeated without end."""
    lab.prepare()
    (lab.ROOT / "constraints.txt").write_text("newer")
    monkeypatch.setattr(lab, "trouble", lambda modules: "No module named 'scipy'" if "scipy.fft" in modules else "")
    with pytest.raises(SystemExit, match="(?s)No module named 'scipy'.*Python cannot use it"):
        lab.prepare()
    assert steps == ["make", "numpy jupyter dask", "numpy jupyter dask", "make", "numpy jupyter dask"]
    assert not lab.STAMP.exists()


@pytest.mark.parametrize("garbage", [b"", b"\xff\x00", b"test"])
def test_damaged_stamp_counts_as_none(lab, steps, garbage):
    """Catches: a traceback, or trust, where a crash of the computer left garbage in the stamp."""
    lab.prepare()
    lab.STAMP.write_bytes(garbage)
    lab.prepare()
    assert steps[:2] == ["make", "numpy jupyter dask"] and len(steps) == 3


def test_failed_installation_is_tried_again(lab, steps):
    """Catches: a stamp written before the installation succeeded; an old one that is gone though nothing changed."""
    lab.prepare()
    old = (lab.ROOT / "constraints.txt").read_text()
    (lab.ROOT / "constraints.txt").write_text("newer")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(lab, "install", lambda packages: sys.exit("no network"))
        lab.prepare()
    (lab.ROOT / "constraints.txt").write_text(old)
    lab.prepare()
    assert steps == ["make", "numpy jupyter dask"], "what is there is still whole"
    (lab.ROOT / "constraints.txt").write_text("newer")
    lab.prepare()
    assert steps == ["make", "numpy jupyter dask", "numpy jupyter dask"]


@pytest.mark.parametrize(
    "version, modules, answer",
    [
        (sys.version_info, ["json"], ""),
        (sys.version_info, ["json", "no_such_module"], "No module named 'no_such_module'"),
        ((3, 99), ["json"], "AssertionError: 3."),
    ],
)
def test_proof_is_an_import(lab, monkeypatch, version, modules, answer):
    """Catches: a .venv with holes, or of another Python, taken for a good one."""
    monkeypatch.setattr(lab, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(lab.sys, "version_info", version)
    words = lab.trouble(modules)
    assert answer in words and bool(words) == bool(answer)


def test_missing_venv_is_noticed(lab):
    """Catches: a traceback where .venv has no Python at all."""
    assert "python" in lab.trouble(["json"])


def test_proof_covers_every_dependency(lab):
    """Catches: a new dependency that may be missing while the installation counts as whole."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    modules = {}
    for module, names in importlib.metadata.packages_distributions().items():
        for name in names:
            modules.setdefault(name.lower(), set()).add(module)
    modules["jupyter"] = {"jupyterlab"}  # a name for many packages
    for extra, proof in lab.NEEDED.items():
        requirements = project["optional-dependencies"][extra] + project["dependencies"] * (extra == "lessons")
        for requirement in requirements:
            name = re.split("[>=]=", requirement)[0]
            assert modules[name] & {needed.split(".")[0] for needed in proof}, name


def test_venv_is_made_by_the_base_python(lab, monkeypatch):
    """Catches: .venv/bin/python clearing the very folder it runs from; forgetting to clear a broken one."""
    heard = []
    monkeypatch.setattr(lab, "hear", lambda *command: heard.append(command) or (0, ""))
    lab.make_venv()
    assert heard == [(sys._base_executable, "-m", "venv", "--clear", lab.VENV)]


# One sentence for each failure


THIS = "{}.{}".format(*sys.version_info[:2])


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_debian_without_venv(lab, monkeypatch, missing):
    """Catches: Debian's commonest failure told as a traceback, or without the package to install."""
    find = importlib.util.find_spec
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(SystemExit, match=f"sudo apt install python{THIS}-venv") as stop:
        lab.main([])
    assert "\n" not in stop.value.code
    assert not lab.VENV.exists()


def test_venv_fails_for_another_reason(lab, monkeypatch):
    """Catches: going on to pip after `python -m venv` has failed."""
    monkeypatch.setattr(lab, "hear", lambda *command: (1, "disk on fire"))
    with pytest.raises(SystemExit, match="(?s)disk on fire.*could not make .venv"):
        lab.main([])


def test_read_only_folder(lab, monkeypatch):
    """Catches: a traceback where nothing may be written, as on a shared drive."""

    def refuse(path, **options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(lab.Path, "mkdir", refuse)
    with pytest.raises(SystemExit, match=r"my deconvlab: Permission denied\. Move the whole deconvlab folder"):
        lab.main([])


def test_full_disk(lab, monkeypatch):
    """Catches: an error that is no matter of permission told as one."""

    def fill(*anything):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lab, "prepare", fill)
    with pytest.raises(SystemExit) as stop:
        lab.main([])
    assert "No space left" in stop.value.code and "Move" not in stop.value.code


class FakeProgram:
    """Stands in for subprocess.Popen: prints lines, then ends with a code."""

    def __init__(self, lines, code):
        self.stdout, self.code, self.command = lines, code, None

    def __call__(self, command, **options):
        self.command = [str(word) for word in command]
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.returncode = self.code

    def wait(self):
        return self.code


def test_no_network(lab, monkeypatch, capsys):
    """Catches: a failed pip that goes unnoticed, or whose own words are lost."""
    lab.VENV.mkdir()
    pip = FakeProgram(["Collecting numpy\n", "  ERROR: No matching distribution found\n", "note: a subprocess\n"], 1)
    monkeypatch.setattr(lab, "environment_of_pip", dict)
    monkeypatch.setattr(lab.subprocess, "Popen", pip)
    with pytest.raises(SystemExit, match="No matching distribution found\nThe installation failed: check .* online"):
        lab.install(["numpy", "pytest"])
    assert (lab.VENV / "install.log").read_text() == "".join(pip.stdout)
    assert pip.command[-4:] == ["-c", "constraints.txt", "numpy", "pytest"]
    assert "\n.\n" in capsys.readouterr().out, "a dot for the package"


def test_unknown_command(lab):
    """Catches: a slip of the finger passed on to JupyterLab after two minutes of installing."""
    with pytest.raises(SystemExit, match="no command 'tset'"):
        lab.main(["tset"])


def test_ctrl_c_is_quiet(lab, monkeypatch):
    """Catches: a traceback as the answer to Ctrl-C while installing."""

    def interrupt(*anything):
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "prepare", interrupt)
    assert lab.main([]) == 130


def test_help(lab, capsys):
    """Catches: --help that starts JupyterLab."""
    assert lab.main(["--help"]) == 0
    assert "python lab.py test" in capsys.readouterr().out


# What is started


@pytest.fixture
def started(lab, monkeypatch):
    """The commands given to run(), nothing installed."""
    commands = []
    monkeypatch.setattr(lab, "prepare", lambda *extras: commands.append(extras))
    monkeypatch.setattr(lab, "run", lambda *command, **settings: commands.append([*command, *settings.items()]) or 5)
    return commands


@pytest.mark.parametrize("user", [0, 1000])
def test_jupyterlab_opens_the_first_lesson(lab, started, monkeypatch, user):
    """Catches: the wrong folder or lesson, an unquoted name, lost options, root refused by JupyterLab.

    And progress that is noted nowhere, or by every program that comes after.
    """
    monkeypatch.setattr(lab.os, "geteuid", lambda: user, raising=False)
    write_notebook(lab.LESSONS / "00-start here.ipynb", "# Welcome")
    assert lab.main(["--no-browser", "--port", "9999"]) == 5
    extras, command = started
    assert extras == ()
    assert command[:2] == ["-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={lab.MINE}" in command
    assert "--LabApp.default_url=/lab/tree/00-start%20here.ipynb" in command
    settings = [("DECONVLAB_PROGRESS", str(lab.MINE / "progress.json")), ("OMP_NUM_THREADS", "1")]
    assert command[-5:] == ["--no-browser", "--port", "9999", *settings]
    assert "DECONVLAB_PROGRESS" not in lab.os.environ
    assert ("--allow-root" in command) == (user == 0)
    assert (lab.MINE / "00-start here.ipynb").exists()


@pytest.mark.parametrize(
    "given, passed",
    [
        ([], []),
        (["-k", "psf", "tests/test_psf.py"], ["-k", "psf", "tests/test_psf.py"]),
        (["--quick"], ["--deselect=notebooks", "-m", "not browser"]),
        (["-x", "--quick", "-m", "browser"], ["--deselect=notebooks", "-m", "not browser", "-x", "-m", "browser"]),
    ],
)
def test_pytest_gets_its_arguments(lab, started, given, passed):
    """Catches: --quick that reaches pytest, or that beats the user's own -m; an exit code that is not pytest's."""
    assert lab.main(["test", *given]) == 5
    assert started == [("test", "site"), ["-m", "pytest", "-n=auto", *passed, ("OMP_NUM_THREADS", "1")]]


def test_site_is_built_by_its_script(lab, started):
    """Catches: the standard library's module `site` run in its place; lost options, a missing extra."""
    assert lab.main(["site", "--lessons", "04"]) == 5
    assert started == [("site",), [lab.ROOT / "site" / "build.py", "--lessons", "04"]]


FOREIGN = [
    "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONIOENCODING",
    "PYTHONUSERBASE", "__PYVENV_LAUNCHER__", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_PREFER_ENV_PATH", "JUPYTER_NO_CONFIG", "JUPYTERLAB_DIR",
    "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR", "PIP_USER", "PIP_TARGET", "PIP_PREFIX",
    "PIP_ROOT", "PIP_REQUIRE_HASHES", "PIP_NO_DEPS", "PIP_DRY_RUN", "PIP_CONSTRAINT", "PIP_PYTHON", "PIP_Target",
    "MPLBACKEND", "MPLCONFIGDIR", "MATPLOTLIBRC", "VIRTUAL_ENV", "ANYWIDGET_HMR", "SSLKEYLOGFILE",
    "COVERAGE_PROCESS_START", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
]  # fmt: skip
REACH = [
    "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_CACHE_DIR",
    "PIP_CONFIG_FILE", "JUPYTER_TOKEN", "LANG", "CI", "DECONVLAB_DIRECT",
]  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_setting_stays_out(lab, monkeypatch, name):
    """Catches: a child whose packages, kernels, settings, pictures or exit depend on what the user set elsewhere."""
    monkeypatch.setenv(name, "foreign")
    assert "foreign" not in lab.environment().values()


@pytest.mark.parametrize("name", REACH)
def test_way_to_the_packages_stays(lab, monkeypatch, name):
    """Catches: an installation that fails behind the proxy or the mirror that the user has set."""
    monkeypatch.setenv(name, "mine")
    assert lab.environment()[name] == "mine"


def test_child_writes_and_reads_utf_8(lab, monkeypatch):
    """Catches: a child that writes its folder's umlaut in cp1252 or fails on it in ASCII."""
    monkeypatch.setenv("PYTHONUTF8", "0")
    assert lab.environment()["PYTHONUTF8"] == "1"


def test_saved_lesson_keeps_still_pictures_only(lab):
    """Catches: a dead view that hides a lab's still picture; a plain widget, a picture or a file that is not saved."""
    assert lab.environment()["JUPYTER_CONFIG_PATH"] == str(lab.ROOT)
    settings = types.SimpleNamespace(ContentsManager=types.SimpleNamespace())
    runpy.run_path(str(ROOT / "jupyter_server_config.py"), {"get_config": lambda: settings})
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}}
    outputs = [{"data": {**view, "text/html": "<img>"}}, {"data": dict(view)}, {"output_type": "stream", "text": "1"}]
    cells = [{"cell_type": "markdown"}, {"cell_type": "code", "outputs": outputs}]
    hook = settings.ContentsManager.pre_save_hook
    hook(model={"type": "notebook", "content": {"cells": cells}}, path="a.ipynb", contents_manager=None)
    assert outputs == [{"data": {"text/html": "<img>"}}, {"data": view}, {"output_type": "stream", "text": "1"}]
    hook(model={"type": "file", "content": "text"}, path="a.txt", contents_manager=None)
    hook(model={"type": "directory", "content": None}, path="a", contents_manager=None)


def test_home_is_not_needed(lab, monkeypatch):
    """Catches: matplotlib's warning on stderr, with a private path, where the home folder cannot be written."""
    monkeypatch.setenv("HOME", "/proc/no/such/home")
    monkeypatch.setattr(lab, "PYTHON", Path(sys.executable))
    code, words = lab.hear(sys.executable, "-c", "import matplotlib as m; print(m.get_configdir(), m.get_cachedir())")
    assert (code, words) == (0, f"{lab.VENV / 'jupyter' / 'matplotlib'} {lab.VENV / 'jupyter' / 'matplotlib'}")


def test_run_hands_on_environment_folder_and_exit_code(lab, monkeypatch):
    """Catches: the user's own Jupyter settings read or written; a failing child that looks like success."""
    terminate = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(lab, "PYTHON", Path(sys.executable))
    (lab.ROOT / "probe.py").write_text(
        "import os, sys, pathlib\n"
        "names = 'JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR IPYTHONDIR'.split()\n"
        "pathlib.Path('seen').write_text('\\n'.join(os.environ[name] for name in names))\n"
        "sys.exit(int(sys.argv[1]))\n"
    )
    try:
        assert lab.run("-m", "probe", "7") == 7
    finally:
        signal.signal(signal.SIGTERM, terminate)
    folders = (lab.ROOT / "seen").read_text().splitlines()
    assert len(folders) == 3 and all(Path(folder).is_relative_to(lab.VENV) for folder in folders)


def test_ctrl_c_is_left_to_jupyterlab(lab, monkeypatch):
    """Catches: JupyterLab killed while it asks whether to shut down."""
    answers = [KeyboardInterrupt, 0]

    class Asking(FakeProgram):
        def wait(self):
            answer = answers.pop(0)
            if answer is KeyboardInterrupt:
                raise answer
            return answer

    monkeypatch.setattr(lab.subprocess, "Popen", Asking([], 0))
    monkeypatch.setattr(lab.signal, "signal", lambda *anything: None)
    assert lab.run("-m", "jupyterlab") == 0
    assert answers == []


# Stored notebooks


NOISY = {
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {"tags": ["keep"]}, "source": ["# Entfaltung für Anfänger"]},
        {
            "cell_type": "code",
            "execution_count": 3,
            "id": "b",
            "metadata": {"execution": {"iopub.status.busy": "now"}, "nbgrader": {"grade_id": "x"}},
            "outputs": [
                {
                    "data": {
                        "application/vnd.jupyter.widget-view+json": {"model_id": "random"},
                        "text/html": ["<figure></figure>"],
                        "text/plain": ["lab"],
                    },
                    "execution_count": 3,
                    "metadata": {},
                    "output_type": "execute_result",
                },
                {
                    "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "m"}, "text/plain": ["slider"]},
                    "metadata": {},
                    "output_type": "display_data",
                },
                {"name": "stdout", "output_type": "stream", "text": ["1\n", "2"]},
                {"name": "stdout", "output_type": "stream", "text": ["\n"]},
                {"name": "stderr", "output_type": "stream", "text": ["oh\n"]},
            ],
            "source": ["lab"],
        },
    ],
    "metadata": {"kernelspec": {"name": "mine"}, "language_info": {"version": "3.11.7"}, "widgets": {"state": 1}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def nbconvert(lab, started, monkeypatch):
    """Stands in for nbconvert: `nbconvert.result` is the executed notebook, or None if it breaks down."""

    def hear(*command):
        path, folder = command[3], Path(command[command.index("--output-dir") + 1])
        if hear.result is None:
            return 1, "DeadKernelError: Kernel died"
        (folder / path.name).write_text(json.dumps(hear.result), encoding="utf-8")
        return 0, ""

    hear.result = NOISY
    monkeypatch.setattr(lab, "hear", hear)
    return hear


def test_stored_notebook_is_clean(lab, nbconvert):
    """Catches: timings, widget state, versions or random ids in a stored notebook; lost tags, counts or stills.

    Also a printed text that falls into other pieces at every run, which makes a diff of nothing.
    """
    assert lab.main(["execute", "03"]) == 0
    text = (lab.LESSONS / "03-divide.ipynb").read_bytes().decode("utf-8")
    assert text.endswith("}\n") and "\r" not in text and '\n "cells": [\n  {\n' in text and "für Anfänger" in text
    stored = json.loads(text)
    assert stored["metadata"] == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    prose, code = stored["cells"]
    assert prose["metadata"] == {"tags": ["keep"]}
    assert code["metadata"] == {"nbgrader": {"grade_id": "x"}}
    assert code["execution_count"] == 3
    still, slider, *streams = code["outputs"]
    assert set(still["data"]) == {"text/html", "text/plain"}
    assert len(slider["data"]) == 2, "without a still, the view is all there is"
    assert [stream["text"] for stream in streams] == [["1\n", "2\n"], ["oh\n"]], "a print in one piece"


def failing(tags):
    error = {"output_type": "error", "ename": "ValueError", "evalue": "psf: got", "traceback": []}
    cell = {"cell_type": "code", "execution_count": 4, "metadata": {"tags": tags}, "outputs": [error], "source": ["f"]}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_failing_cell_leaves_the_stored_notebook(lab, nbconvert):
    """Catches: a traceback stored in a lesson; a failure that does not say where."""
    before = (lab.LESSONS / "03-divide.ipynb").read_bytes()
    nbconvert.result = failing([])
    with pytest.raises(SystemExit, match=r"03-divide.ipynb stays as it was: cell \[4\] failed with ValueError: psf"):
        lab.main(["execute"])
    nbconvert.result = None
    with pytest.raises(SystemExit, match="(?s)Kernel died.*03-divide.ipynb stays as it was"):
        lab.main(["execute"])
    assert (lab.LESSONS / "03-divide.ipynb").read_bytes() == before


def test_intended_error_is_stored(lab, nbconvert):
    """Catches: a lesson that shows an error on purpose and can never be executed."""
    nbconvert.result = failing(["raises-exception"])
    assert lab.main(["execute"]) == 0
    assert "psf: got" in (lab.LESSONS / "03-divide.ipynb").read_text()


def test_execute_takes_the_numbers_given(lab, nbconvert, capsys):
    """Catches: all notebooks run where one was asked for; an unknown number passed over in silence."""
    write_notebook(lab.LESSONS / "04-other.ipynb", "2")
    assert lab.main(["execute", "04"]) == 0
    assert capsys.readouterr().out == "Running 04-other.ipynb ...\n"
    with pytest.raises(SystemExit, match="No notebook has the number 05"):
        lab.main(["execute", "04", "05"])


def test_sentence_ends_with_exit_code_1(lab):
    """Catches: a missing entry point; a sentence on stdout, or one that looks like success."""
    done = subprocess.run([sys.executable, lab.ROOT / "lab.py", "tset"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("There is no command")

"""What stands around the package: its lists agree, its imports point one way, and lint passes."""

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner

import deconvlab

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "deconvlab"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted([*PACKAGE.rglob("*.js"), *(ROOT / "site").rglob("*.js")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSIONS = runpy.run_path(str(ROOT / ".ci" / "versions.py"))


def name_of(requirement):
    return re.split(r"[\s<>=!~\[;]", requirement, maxsplit=1)[0].lower().replace("_", "-")


# The lists of packages


def test_environment_equals_pyproject():
    """Catches: a dependency, or its lowest version, changed in one list only."""
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").split("dependencies:\n")[1].splitlines()
    conda = {line.split("#")[0].strip().removeprefix("- ") for line in lines}
    assert "python=3.12" in conda, "Binder takes a range for unspecified"
    # conda-forge's matplotlib-base is matplotlib without Qt
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["lessons"] + extras["big"]
    expected = {re.sub(r"^matplotlib\b", "matplotlib-base", requirement) for requirement in wanted}
    assert conda - {"python=3.12", "pip"} == expected


def test_constraints_pin_every_dependency():
    """Catches: a new dependency that lab.py would install in whatever version is newest that day."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!]+", pin) for pin in pins)
    pinned = {name_of(pin) for pin in pins}
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = VERSIONS["requirements"](*(set(extras) - {"bench"}))
    assert {name_of(requirement) for requirement in wanted} <= pinned
    assert not pinned & {"pip", "deconvlab"}


def test_oldest_constraints_equal_pyproject():
    """Catches: a lowest version that is promised and no longer tested."""
    assert (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8") == VERSIONS["lowest"]()


def test_refresh_pins_what_was_installed(tmp_path, monkeypatch):
    """Catches: constraints written from a half-made environment, pip among the pins, a heading without its command."""
    refresh, asked = VERSIONS["refresh"], []
    monkeypatch.setitem(refresh.__globals__, "ROOT", tmp_path)
    monkeypatch.setitem(
        refresh.__globals__, "environment", lambda name, packages: asked.extend(packages) or sys.executable
    )
    refresh([])
    first, *pins = (tmp_path / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert "python .ci/versions.py refresh" in first and (ROOT / "constraints.txt").read_text().startswith(first)
    assert {"numpy", "pytest", "mypy"} <= {name_of(pin) for pin in pins} and not any(
        pin.startswith("pip=") for pin in pins
    )
    assert {"sphinx", "zarr", "nbgrader"} <= {name_of(package) for package in asked}
    assert (tmp_path / "constraints-oldest.txt").read_text(encoding="utf-8") == VERSIONS["lowest"]()


def test_every_file_of_the_package_is_shipped():
    """Catches: a new .js or .css that works from the checkout and is missing once installed."""
    shipped = PROJECT["tool"]["setuptools"]["package-data"]["deconvlab"]
    files = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*") if path.is_file())
    others = [path for path in files if path.suffix not in (".py", ".pyc")]
    assert others and not [path for path in others if not any(path.match(pattern) for pattern in shipped)]


def test_readme_keeps_its_word():
    """Catches: an example that no longer runs, or prints something else; a lesson missing from the list."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example = readme.split("```python\n")[1].split("```")[0]
    done = subprocess.run([sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip(), done.stderr
    assert f"It prints `{done.stdout.strip()}`" in readme
    assert all(f"(notebooks/{path.name})" in readme for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
@pytest.mark.parametrize("name", ["postBuild", ".ci/run"])
def test_scripts_can_be_run(name):
    """Catches: Binder or CI that finds a script it may not execute, or cannot parse."""
    assert os.access(ROOT / name, os.X_OK)
    assert subprocess.run(["bash", "-n", ROOT / name]).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="a script for bash")
@pytest.mark.parametrize("tested, oldest", [(0, 0), (1, 0), (0, 2)])
def test_ci_says_which_job_failed(tmp_path, tested, oldest):
    """Catches: a failure of the oldest versions that passes, one of the tested that keeps the other from running."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "lab.py").write_text(f"raise SystemExit({tested})")
    (tmp_path / ".ci" / "versions.py").write_text(f"raise SystemExit({oldest})")
    for name in ("chromium", "npm"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "python3").symlink_to(sys.executable)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run([tmp_path / ".ci" / "run"], env={**os.environ, "PATH": path}, capture_output=True, text=True)
    said = [
        f"{name} versions: {'FAILED' if code else 'passed'}" for name, code in (("tested", tested), ("oldest", oldest))
    ]
    assert done.returncode == (tested or oldest), done.stderr
    assert [line.partition(" (")[0] for line in done.stdout.splitlines()] == said


def test_no_file_names_a_package_registry():
    """Catches: a lock file, a badge or a command that ties the project to one registry's address."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True)
    if git.returncode:
        pytest.skip("not a git checkout: its files cannot be told from those of the tools")
    # Put together from halves, or this file would match.
    hosts = ["py" + "pi.org", "python" + "hosted", "npm" + "js.", "ana" + "conda.org", "deb." + "debian", "un" + "pkg."]
    pattern = re.compile("|".join(map(re.escape, hosts)).encode())
    files = [ROOT / name for name in git.stdout.split("\0") if name]
    assert ROOT / "pyproject.toml" in files
    assert [path.name for path in files if path.is_file() and pattern.search(path.read_bytes())] == []


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def lint(schema, *files):
    """What check-jsonschema's command says to these files, in this process."""
    done = CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", schema, *map(str, files)])
    assert done.exit_code == 0, done.output


def test_workflows_are_valid():
    """Catches: a key that GitHub does not know, a step that does nothing, an action at a branch or in two versions."""
    lint("vendor.github-workflows", *WORKFLOWS)
    actions = {use for path in WORKFLOWS for use in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))}
    assert actions and all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in actions)
    assert len({action.split("@")[0] for action in actions}) == len(actions)


def test_workflow_tries_every_system_and_version():
    """Catches: a job that may write, a Python or an extreme that nobody tries."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))
    jobs = workflow["jobs"]
    assert workflow["permissions"] == {} and {str(job["permissions"]) for job in jobs.values()} == {
        "{'contents': 'read'}"
    }
    systems = {"ubuntu-latest", "macos-latest", "windows-latest"}
    assert all(set(jobs[name]["strategy"]["matrix"]["os"]) == systems for name in ("tested", "oldest", "newest"))
    assert jobs["tested"]["strategy"]["matrix"]["python"][0] == PROJECT["project"]["requires-python"].removeprefix(">=")
    assert {f"python .ci/versions.py {name}" for name in ("oldest", "newest")} <= {
        job["steps"][-1]["run"] for job in jobs.values()
    }


# What is built


BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
DOCTESTS = """
import doctest, importlib, sys
folder, *modules = sys.argv[1:]
class Nothing:
    def find_spec(self, name, path=None, target=None):
        package = name.partition(".")[0]
        if package not in {"deconvlab", "numpy", "scipy", *sys.stdlib_module_names} and not package.startswith("_"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
sys.path.insert(0, folder)
for name in modules:
    module = importlib.import_module("deconvlab." + name)
    assert module.__file__.startswith(folder), module.__file__
    tried = doctest.testmod(module)
    print(name, tried.attempted, tried.failed)
"""


def built(command, source, folder):
    """The file that setuptools builds of the sources in a folder."""
    done = subprocess.run([sys.executable, "-c", BUILD, command, folder], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


def test_built_package_needs_numpy_and_scipy_only(tmp_path):
    """Catches: a file that the sdist or the wheel lacks, and numerics that need a view's package once installed.

    Also an `import deconvlab` that takes seconds, because it looks for such a package.
    """
    copy = tmp_path / "checkout"  # setuptools leaves traces where it builds
    ignored = shutil.ignore_patterns("__pycache__", "exercises.json")
    shutil.copytree(PACKAGE, copy / "deconvlab", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, copy)
    with tarfile.open(built("build_sdist", copy, tmp_path)) as sdist:
        sdist.extractall(tmp_path, filter="data")
    (source,) = tmp_path.glob("deconvlab-*/")
    with zipfile.ZipFile(built("build_wheel", source, tmp_path)) as wheel:
        wheel.extractall(tmp_path / "installed")
    files = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    installed = tmp_path / "installed" / "deconvlab"
    assert {path.relative_to(installed) for path in installed.rglob("*") if path.is_file()} == files
    texts = {name: (PACKAGE / f"{name}.py").read_text(encoding="utf-8") for name in ONLY_NUMPY_AND_SCIPY - {"__init__"}}
    numerics = sorted(name for name, text in texts.items() if not re.search("import.* skimage|from skimage", text))
    run = [sys.executable, "-c", DOCTESTS, tmp_path / "installed", *numerics]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
    counts = [line.split() for line in done.stdout.splitlines()]
    assert [name for name, *_ in counts] == numerics, done.stderr
    assert sum(int(tried) for _, tried, _ in counts) > 30 and {failed for *_, failed in counts} == {"0"}, done.stdout


def test_citation_is_valid_and_current():
    """Catches: a citation that no program reads, or that names a version which is gone."""
    lint("vendor.citation-file-format", ROOT / "CITATION.cff")
    citation, project = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8")), PROJECT["project"]
    assert citation["version"] == project["version"] == deconvlab.__version__
    assert (citation["license"], citation["keywords"]) == (project["license"], project["keywords"])


# The package's modules


NUMERICS = {"psf", "operators", "problem", "denoise", "filters", "iterative", "criteria", "selection", "blind", "tiles"}
MAY_IMPORT = {
    "_types": set(),
    "_check": set(),
    "_otf": set(),
    "psf": {"_otf"},
    "_spectrum": set(),
    "operators": {"psf", "_spectrum"},
    "_colour": set(),
    "_photo": set(),
    "_box": set(),
    "_shrink": {"_box", "_colour"},
    "problem": {"psf", "operators", "_colour", "_photo", "_shrink"},
    "denoise": set(),
    "_latest": set(),
    "_taper": {"operators"},
    "filters": {"psf", "operators", "_spectrum", "_latest", "_taper"},
    "_run": set(),
    "_algebra": {"psf", "operators", "_spectrum"},
    "_objectives": {"operators", "_algebra"},
    "_descent": {"operators", "_algebra", "_objectives", "_run"},
    "_photons": {"operators", "_algebra", "_run"},
    "_splitting": {"operators", "_algebra", "_spectrum"},
    "_priors": {"operators", "_splitting", "_algebra", "_run"},
    "iterative": {"_objectives", "_descent", "_photons", "_priors", "_run"},
    "_bands": {"psf", "operators", "_spectrum"},
    "criteria": {"_spectrum"},
    "selection": {"_bands", "_spectrum"},
    "_autocorrelation": {"_spectrum"},
    "_evidence": {"_spectrum", "operators", "psf"},
    "_shaken": {"operators", "_algebra", "_autocorrelation", "_evidence", "_run", "_spectrum"},
    "blind": {
        "_run",
        "_shaken",
        "psf",
        "operators",
        "problem",
        "filters",
        "iterative",
        "_algebra",
        "_photons",
        "_spectrum",
    },
    "tiles": {"_run", "problem"},
    "_shown": set(),
    "figures": NUMERICS | {"_shown"},
    "_controls": {"_shown"},
    "_frame": {"_shown", "figures"},
    "_region": {"_box", "_shown", "_controls"},
    "_upload": {"_controls"},
    "_fullsize": {"_photo", "_shown"},
    "_background": set(),
    "_direct": set(),
    "_page": set(),
    "_ways": {"_direct"},
    "live": NUMERICS
    | {"figures", "_background", "_box", "_controls", "_frame", "_fullsize", "_photo", "_region", "_shown", "_upload"}
    | {"_page", "_ways"},
    "exercises": NUMERICS,
    "__init__": NUMERICS,
}
VIEWS = {"figures", "_controls", "_frame", "_direct", "live", "exercises"}
ONLY_NUMPY_AND_SCIPY = set(MAY_IMPORT) - VIEWS - {"problem", "tiles"}


def imports(path):
    """The absolute name of everything a module imports, and whether it does so at its top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = [PACKAGE.name, *path.relative_to(PACKAGE).parent.parts]
            start = [*package[: len(package) - node.level + 1], *filter(None, [node.module])]
            names = [".".join([*start, alias.name]) for alias in node.names]
        else:
            continue
        for name in names:
            yield name, node in tree.body


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    """Catches: numerics that import a view, two modules that import each other, a heavy package at the top level."""
    own = "exercises" if path.parent.name == "exercises" else path.stem
    assert own in MAY_IMPORT, "a new module needs its place in MAY_IMPORT"
    for name, top in imports(path):
        package, _, rest = name.partition(".")
        if package == "deconvlab":
            module = rest.split(".")[0]
            assert module in MAY_IMPORT[own] | {own, "_check", "_types"}, f"{path.name} may not import {module}"
        elif top and own in ONLY_NUMPY_AND_SCIPY:
            assert package in sys.stdlib_module_names | {"numpy", "scipy"}, f"{path.name} imports {package} at the top"


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_holds_one_idea(path):
    """Catches: a module on its way to two thousand lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


# Lint


def test_ruff_is_content():
    """Catches: lint that fails only where nobody looks."""
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", ROOT]
    done = subprocess.run(ruff, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

"""What stands around the package: its lists agree, its imports point one way, and lint passes."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "deconvlab"
MODULES = sorted(PACKAGE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


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
    wanted = project["dependencies"] + project["optional-dependencies"]["lessons"]
    expected = {re.sub(r"^matplotlib\b", "matplotlib-base", requirement) for requirement in wanted}
    assert conda - {"python=3.12", "pip"} == expected


def test_constraints_pin_every_dependency():
    """Catches: a new dependency that lab.py would install in whatever version is newest that day."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!]+", pin) for pin in pins)
    pinned = {name_of(pin) for pin in pins}
    extras = PROJECT["project"]["optional-dependencies"]
    pinned_extras = ["lessons", "site", "test", "big", "teach"]
    wanted = PROJECT["project"]["dependencies"] + [package for name in pinned_extras for package in extras[name]]
    assert {name_of(requirement) for requirement in wanted} <= pinned
    assert not pinned & {"pip", "setuptools", "deconvlab"}


def test_every_file_of_the_package_is_shipped():
    """Catches: a new .js or .css that works from the checkout and is missing once installed."""
    shipped = PROJECT["tool"]["setuptools"]["package-data"]["deconvlab"]
    others = {path.name for path in PACKAGE.iterdir() if path.suffix != ".py" and path.is_file()}
    assert others <= set(shipped)


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


# The package's modules


NUMERICS = {"psf", "operators", "problem", "denoise", "filters", "iterative", "criteria", "blind", "tiles"}
MAY_IMPORT = {
    "_check": set(),
    "_otf": set(),
    "psf": {"_otf"},
    "_spectrum": set(),
    "operators": {"psf"},
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
    "_objectives": {"_algebra"},
    "_descent": {"_algebra", "_run"},
    "_photons": {"_algebra", "_run"},
    "_splitting": {"operators", "_algebra", "_spectrum"},
    "_priors": {"_splitting", "_algebra", "_run"},
    "iterative": {"_objectives", "_descent", "_photons", "_priors", "_run"},
    "_bands": {"psf", "operators", "_spectrum"},
    "_selection": {"_bands", "_spectrum"},
    "criteria": {"_bands", "_selection", "_spectrum"},
    "_autocorrelation": set(),
    "_evidence": {"operators", "_algebra"},
    "_shaken": {"operators", "_algebra", "_autocorrelation", "_evidence", "_run", "_spectrum"},
    "blind": {"_run", "_shaken", "psf", "operators", "problem", "filters", "iterative", "_algebra", "_photons"},
    "tiles": {"psf", "operators", "problem", "filters", "iterative"},
    "_shown": set(),
    "figures": NUMERICS | {"_shown"},
    "_controls": {"_shown"},
    "_frame": {"_shown", "figures"},
    "_region": {"_box", "_shown", "_controls"},
    "_upload": {"_controls"},
    "_fullsize": {"_photo", "_shown"},
    "_background": set(),
    "_direct": set(),
    "_ways": {"_direct"},
    "live": NUMERICS
    | {"figures", "_background", "_box", "_controls", "_frame", "_fullsize", "_photo", "_region", "_shown", "_upload"}
    | {"_ways"},
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
            assert module in MAY_IMPORT[own] | {own, "_check"}, f"{path.name} may not import {module}"
        elif top and own in ONLY_NUMPY_AND_SCIPY:
            assert package in sys.stdlib_module_names | {"numpy", "scipy"}, f"{path.name} imports {package} at the top"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_module_holds_one_idea(path):
    """Catches: a module on its way to two thousand lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_import_is_light():
    """Catches: `import deconvlab` that takes seconds in a script, or fails where no widgets are installed."""
    heavy = {"matplotlib", "skimage", "ipywidgets", "anywidget", "IPython", "dask", "zarr"}
    code = f"import sys, deconvlab; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [], "")


# Lint


def test_ruff_is_content():
    """Catches: lint that fails only where nobody looks."""
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", ROOT]
    done = subprocess.run(ruff, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

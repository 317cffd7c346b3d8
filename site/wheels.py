"""The wheels that Python in the page needs beside Pyodide's own: deconvlab's, and those of its widgets."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Where a browser fetches Python and its compiled packages from: the version that tests/pyodide_rig.py puts together.
PYODIDE = "https://cdn.jsdelivr.net/pyodide/v0.27.7/full/"
PACKAGES = ["numpy", "scipy", "scikit-image", "matplotlib", "traitlets", "typing-extensions"]  # which Pyodide has
WIDGETS = ["anywidget", "ipywidgets", "comm", "psygnal"]  # which it has not
OWN = ["pyproject.toml", "README.md", "LICENSE"]  # beside the package, what its wheel is made of


def gather(target):
    """Put the wheels into `target`, with python.json, which says what a page loads. The paths of the wheels."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    # Only what is pure Python: the same files for any version of Pyodide, whatever Python builds the site.
    pure = ["--platform=any", "--python-version=3.12", "--implementation=py", "--abi=none", "--only-binary=:all:"]
    pip("download", "--no-deps", *pure, f"--constraint={ROOT / 'constraints.txt'}", f"--dest={target}", *WIDGETS)
    with tempfile.TemporaryDirectory() as copy:  # what an earlier build left behind would get into it
        shutil.copytree(ROOT / "deconvlab", Path(copy) / "deconvlab", ignore=shutil.ignore_patterns("__pycache__"))
        for name in OWN:
            shutil.copy(ROOT / name, copy)
        pip("wheel", "--no-deps", f"--wheel-dir={target}", copy)
    wheels = sorted(target.glob("*.whl"))
    page = {"pyodide": PYODIDE, "packages": PACKAGES, "wheels": [path.name for path in wheels]}
    (target / "python.json").write_text(json.dumps(page))
    return wheels


def pip(command, *options):
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    ran = subprocess.run([sys.executable, "-m", "pip", command, *quiet, *options], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"The wheels for Python in the page could not be had:\n{ran.stderr.strip()}")


if __name__ == "__main__":
    print(*gather(Path(sys.argv[1])), sep="\n")

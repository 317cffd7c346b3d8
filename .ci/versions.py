"""The package under other versions of its dependencies than constraints.txt names.

    python .ci/versions.py oldest [-k ...]   test it with the lowest versions that pyproject.toml allows
    python .ci/versions.py newest [-k ...]   test it with the newest that pip finds, releases in preparation included
    python .ci/versions.py refresh           write both files of constraints anew; then run .ci/run

Both tests run what mirrors the package: its doctests, and tests/test_NAME.py of each module. pytest's options pass.
"""

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = ("lessons", "site", "test", "big", "teach")
RUNNERS = ("pytest", "pytest-xdist", "hypothesis", "nbval")  # of the extras, what the package's own tests need
BESIDE = ("nbconvert",)  # a part of jupyter, which is much more than they need
PARTNER = "pyparsing==3.1.2"  # of matplotlib 3.8: later ones warn of what it calls
NEWER = (3, 13)  # Python for which some of the oldest have no wheel


def requirements(*extras):
    """What pyproject.toml asks for, with these extras."""
    return PROJECT["dependencies"] + [line for name in extras for line in PROJECT["optional-dependencies"][name]]


def under_test():
    """What the package needs, and its own tests."""
    runners = [line for line in requirements("lessons", "test") if line.partition(">=")[0] in RUNNERS]
    return requirements("big") + runners


def lowest():
    """The text of constraints-oldest.txt."""
    pins = sorted([line.replace(">=", "==") for line in under_test()] + [PARTNER])
    return "# Made from pyproject.toml by: python .ci/versions.py refresh\n" + "\n".join(pins) + "\n"


def environment(name, packages, *options):
    """A fresh environment with these packages; its Python."""
    folder = BUILD / name
    venv.create(folder, clear=True, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Not compiled: that takes half of the time, and most of it is never imported.
    subprocess.run([*pip, "--no-compile", *options, *packages], cwd=ROOT, check=True)
    return python


def test(python, *options):
    """Run what mirrors the package; pytest's exit code."""
    modules = sorted({path.stem.strip("_") for path in (ROOT / "deconvlab").glob("*.py")} - {"types"})  # needs mypy
    files = [file for file in (ROOT / "tests" / f"test_{module}.py" for module in modules) if file.is_file()]
    pytest = [python, "-m", "pytest", "-q", "-n=auto", "-m", "not browser", "-p", "no:cacheprovider", *options]
    own = {**os.environ, "OMP_NUM_THREADS": "1"}  # a process for each core, and none takes another's
    return subprocess.run([*pytest, "deconvlab", *files], cwd=ROOT, env=own).returncode


def oldest(options):
    if sys.version_info >= NEWER:
        print("Not run: this Python is younger than the oldest versions. Start this with 3.11 or 3.12.")
        return 0
    python = environment("oldest", [*under_test(), *BESIDE], "-c", "constraints-oldest.txt")
    return test(python, *options)


def newest(options):
    return test(environment("newest", [*under_test(), *BESIDE], "--pre"), *options)


def refresh(options):
    (ROOT / "constraints-oldest.txt").write_text(lowest(), encoding="utf-8")
    python = environment("refresh", requirements(*PINNED))
    freeze = [python, "-m", "pip", "freeze", "--all", "--exclude=pip"]
    pins = subprocess.run(freeze, check=True, capture_output=True, encoding="utf-8").stdout
    head = "# The exact versions last tested, for lab.py. To refresh: python .ci/versions.py refresh (Python 3.11)\n"
    (ROOT / "constraints.txt").write_text(head + pins, encoding="utf-8")


if __name__ == "__main__":
    commands = {"oldest": oldest, "newest": newest, "refresh": refresh}
    if sys.argv[1:2] == [] or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]](sys.argv[2:]))

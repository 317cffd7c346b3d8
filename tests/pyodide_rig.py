"""Pyodide 0.27.7 put together from PyPI alone: Python in the browser, for tests that may not ask a CDN.

The wheel of open-webui carries Pyodide's core, its lock file and most of its packages, the same bytes that the CDN
serves: the wheel is pinned here, and each package is checked against the lock. What is pure Python comes from PyPI at
the lock's version, but as another file, since Pyodide builds its own wheels; these are pinned here, too.

Two packages are not what the CDN serves. No file of PyPI has scikit-image 0.25.0 compiled for Pyodide: the rig takes
its Python files as they are, and in place of each compiled module one that imports and says so when a function of it is
called. `data`, `color`, `transform.rescale`, `metrics` and most of `restoration` compute as ever. tifffile is imported
where it is there only, as in the CDN's wheel (pyodide/pyodide, packages/scikit-image/patches). And sqlite3, for which
IPython asks at its import, has no database here. PyWavelets, which scikit-image uses where it is there, is left out.

It is a tool of the tests and no dependency: `python tests/pyodide_rig.py` prints the folder where it lies.
"""

import functools
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

VERSION = "0.27.7"
LOCK = "9c45b916001a750f4102fc287494f3eab215909c7535c626a20db80fd6333e2c"  # also that of `npm pack pyodide@0.27.7`
CARRIER = "open-webui==0.6.22 --hash=sha256:2363b4a505ec155a77a201a50487d1431739fc36bba41354243a50231ab30188"
INSIDE = "open_webui/frontend/pyodide/"
CORE = ["pyodide.js", "pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip"]
PURE = """
asttokens==2.4.1 --hash=sha256:051ed49c3dcae8913ea7cd08e46a606dba30b79993209636c4875bc1d637bc24
decorator==5.1.1 --hash=sha256:b8c3f85900b9dc423225913c5aace94729fe1fa9763b38939a95226f02d37186
executing==2.0.1 --hash=sha256:eac49ca94516ccc753f9fb5ce82603156e590b27525a8bc32cce8ae302eb61bc
imageio==2.36.0 --hash=sha256:471f1eda55618ee44a3c9960911c35e647d9284c68f077e868df633398f137f0
ipython==8.23.0 --hash=sha256:07232af52a5ba146dc3372c7bf52a0f890a23edf38d77caef8d53f9cdc2584c1
jedi==0.19.1 --hash=sha256:e983c654fe5c02867aef4cdfce5a2fbb4a50adc0af145f70504238f18ef5e7e0
lazy-loader==0.4 --hash=sha256:342aa8e14d543a154047afb4ba8ef17f5563baad3fc610d7b15b213b0f119efc
matplotlib-inline==0.1.7 --hash=sha256:df192d39a4ff8f21b1895d72e6a13f5fcc5099f00fa84384e0ea28c2cc0653ca
networkx==3.4.2 --hash=sha256:df5d4365b724cf81b8c6a7312509d0c22386097011ad1abe274afd5e9d3bbc5f
parso==0.8.4 --hash=sha256:a418670a20291dacd2dddc80c377c5c3791378ee1e8d12bffc35420643d43f18
prompt-toolkit==3.0.43 --hash=sha256:a11a29cb3bf0a28a387fe5122cdb649816a957cd9261dcedf8c9f1fef33eacf6
pure-eval==0.2.3 --hash=sha256:1db8e35b67b3d218d818ae653e27f06c3aa420901fa7b081ca98cbedc874e0d0
pygments==2.17.2 --hash=sha256:b27c2826c47d0f3219f29554824c30c5e8945175d888647acd804ddd04af846c
setuptools==69.5.1 --hash=sha256:c636ac361bc47580504644275c9ad802c50415c7522212252c033bd15f301f32
stack-data==0.6.3 --hash=sha256:d5558e0c25a4cb0853cddad3d77da9891a08cb85dd9f9f91b9f8cd66e511e695
traitlets==5.14.3 --hash=sha256:b74e89e397b1ed28cc831db7aea759ba6640cb3de13090ca145426688ff1ac4f
wcwidth==0.2.13 --hash=sha256:3da69048e4540d84af32131829ff948f1e022c1c6bdb8d6102117aac784f6859
"""
SKIMAGE = "scikit-image==0.25.0 --hash=sha256:758f55d858aa796114a4275051ca4bb41d8b40c53eb78cb60f0b1ed235d4144b"
COMPILED_AWAY = '''
"""Takes the place of a compiled module; see tests/pyodide_rig.py."""

def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    def missing(*args, **kwargs):
        raise NotImplementedError(f"{__name__}.{name} is compiled, and not in the rig")
    return missing
'''
SQLITE = """
class Error(Exception):
    pass

class DatabaseError(Error):
    pass

class OperationalError(DatabaseError):
    pass

class Connection:
    pass

def connect(*args, **kwargs):
    raise Error("there is no database in the rig")

def register_adapter(*args):
    pass

register_converter = register_adapter
PARSE_DECLTYPES, PARSE_COLNAMES = 1, 2
"""
NO_TIFFFILE = (b"from tifffile import", b"with __import__('contextlib').suppress(ImportError): from tifffile import")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deconvlab"


class Gone(Exception):
    """PyPI does not give a file any more, or cannot be reached."""


def rig_or_skip():
    """The folder of the rig; a test skips where PyPI does not give what it is made of."""
    try:
        return rig()
    except Gone as gone:
        pytest.skip(f"no Pyodide to test with: PyPI did not give {gone}")


@functools.cache
def rig(cache=CACHE):
    """The folder of the rig, made where it is not there yet."""
    made_of = [CARRIER, SKIMAGE, PURE, COMPILED_AWAY, SQLITE, NO_TIFFFILE]
    folder = Path(cache) / f"pyodide-{VERSION}-{hashlib.sha256(repr(made_of).encode()).hexdigest()[:8]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as new:
            make(Path(new) / "rig", Path(new))
            if not folder.exists():  # else another test made it meanwhile
                (Path(new) / "rig").rename(folder)
    return folder


def make(target, wheels):
    """Put the rig together; `wheels` holds what it is made of."""
    target.mkdir()
    download(CARRIER, wheels)
    download(PURE, wheels, "--python-version=3.12")
    download(SKIMAGE, wheels, "--python-version=3.12", "--platform=manylinux2014_x86_64")
    carrier, skimage = (zipfile.ZipFile(next(wheels.glob(f"{name}-*.whl"))) for name in ("open_webui", "scikit_image"))
    with carrier, skimage:
        lock = json.loads(checked(carrier.read(INSIDE + "pyodide-lock.json"), LOCK, "the lock file"))
        for name in CORE:  # which the lock does not know; the hash of the whole wheel holds for them
            (target / name).write_bytes(carrier.read(INSIDE + name))
        (target / lock["packages"]["scikit-image"]["file_name"]).write_bytes(without_compiled(skimage))
        with zipfile.ZipFile(target / lock["packages"]["sqlite3"]["file_name"], "w") as new:
            new.writestr("sqlite3/__init__.py", SQLITE)
            new.writestr("sqlite3-1.0.0.dist-info/METADATA", "Name: sqlite3\nVersion: 1.0.0\n")
        for package in lock["packages"].values():
            file = package["file_name"]
            if INSIDE + file in carrier.namelist():
                (target / file).write_bytes(checked(carrier.read(INSIDE + file), package["sha256"], file))
            elif (wheels / file).exists():
                (wheels / file).rename(target / file)
    (target / "pyodide-lock.json").write_text(json.dumps(lock_of(lock, target)))


def download(requirements, target, *options):
    """Let pip fetch the wheels of one interpreter, and check each of them."""
    file = target / "requirements.txt"
    file.write_text(requirements)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--require-hashes", *options, f"--dest={target}", f"--requirement={file}"]
    ran = subprocess.run(command, capture_output=True, text=True)
    if "DO NOT MATCH THE HASHES" in ran.stderr:
        raise ValueError(ran.stderr)
    if ran.returncode:
        raise Gone(f"{requirements.split('=')[0].strip()}, or what follows it: {ran.stderr.strip()[-300:]}")


def checked(content, sha256, name):
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"{name}: got sha256 {found}, expected {sha256}")
    return content


def without_compiled(wheel):
    """The wheel of scikit-image with a Python module in place of each compiled one, and without tests."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
            for name in wheel.namelist():
                if name.endswith(".so") and name.startswith("skimage/"):
                    new.writestr(f"{name.split('.')[0]}.py", COMPILED_AWAY)
                elif "/tests/" not in name and not name.startswith("scikit_image.libs/"):
                    content = wheel.read(name)
                    new.writestr(name, content.replace(*NO_TIFFFILE) if name.endswith("io/collection.py") else content)
        file.seek(0)
        return file.read()


def lock_of(lock, target):
    """The lock of what is there: these packages, their own hashes, and each other alone as what they need."""
    there = {name: package for name, package in lock["packages"].items() if (target / package["file_name"]).exists()}
    same = {name.lower().replace("_", "-") for name in there}
    for package in there.values():
        package["sha256"] = hashlib.sha256((target / package["file_name"]).read_bytes()).hexdigest()
        package["depends"] = [name for name in package["depends"] if name.lower().replace("_", "-") in same]
    return {**lock, "packages": there}


if __name__ == "__main__":
    print(rig())

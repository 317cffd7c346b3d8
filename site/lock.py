"""A copy of Pyodide's lock file in which stand wheels that Pyodide does not have."""

import hashlib
import os
import sys
import zipfile
from pathlib import PurePosixPath
from urllib.parse import urljoin

from packaging.metadata import Metadata
from packaging.utils import canonicalize_name

NEEDLESS = {"jupyterlab-widgets"}  # ipywidgets wants it for a JupyterLab beside it; here that is the page itself


def extended(lock, pyodide, wheels, folder):
    """The lock of the Pyodide at an address, to be written into a folder, with wheels of the site added to it."""
    packages = {name: {**entry, "file_name": urljoin(pyodide, entry["file_name"])}
                for name, entry in lock["packages"].items()}  # fmt: skip
    packages |= {entry["name"]: entry for entry in (_entry(wheel, lock, folder) for wheel in wheels)}
    missing = {
        need for entry in packages.values() for need in map(canonicalize_name, entry["depends"])
    } - packages.keys()
    if missing:
        sys.exit(f"Pyodide has no {', '.join(sorted(missing))}: add what is missing to site/wheels.py.")
    return {**lock, "packages": packages}


def _entry(wheel, lock, folder):
    """What a lock says of a wheel: the format is that of the tool pyodide-lock, version 0.x of its PackageSpec."""
    with zipfile.ZipFile(wheel) as archive:
        files = [PurePosixPath(name) for name in archive.namelist()]
        about = next(str(file) for file in files if file.match("*.dist-info/METADATA"))
        metadata = Metadata.from_email(archive.read(about), validate=False)
    names = {file.parts[0].removesuffix(".py") for file in files if file.suffix == ".py"}
    version = ".".join(lock["info"]["python"].split(".")[:2])
    page = {"python_version": version, "sys_platform": "emscripten", "platform_system": "Emscripten", "extra": ""}
    wanted = [need for need in metadata.requires_dist or [] if need.marker is None or need.marker.evaluate(page)]
    return {
        "name": canonicalize_name(metadata.name),
        "version": str(metadata.version),
        "file_name": os.path.relpath(wheel, folder).replace(os.sep, "/"),
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(names),
        "depends": sorted({canonicalize_name(need.name) for need in wanted} - NEEDLESS),
        "unvendored_tests": False,
    }

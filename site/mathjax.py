"""MathJax inside the site: of npm's package what tex-svg.js loads."""

import base64
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

import npm

VERSION = "3.2.2"
SHA512 = "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw=="
# The folders are what its menu, its speech and rarer commands load on demand. tex-chtml.js would fetch its fonts from
# another host; in SVG they are paths.
PARTS = ("tex-svg.js", "sre", "ui", "a11y", "input")


def fetch(target):
    """Put MathJax into target/mathjax, unless this version is there."""
    done = target / "mathjax" / f"{VERSION}.txt"
    if done.exists():
        return
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        package = npm.unpack(f"mathjax@{VERSION}", Path(folder))
        (archive,) = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != SHA512:
            sys.exit(f"MathJax {VERSION}: what npm fetched has the SHA-512 {digest}, expected {SHA512}.")
        for part in PARTS:
            source, copy = package / "es5" / part, target / "mathjax" / part
            copy.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, copy)
        shutil.copyfile(package / "LICENSE", done)

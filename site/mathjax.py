"""MathJax inside the site: the package of npm, checked, and of it what tex-svg.js loads."""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "mathjax@3.2.2"
SHA512 = "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw=="
# tex-chtml.js would fetch its fonts from elsewhere; the folders are those that tex-svg.js, its menu and its speech
# load when a reader asks for them.
PARTS = ("tex-svg.js", "sre", "ui", "a11y", "input")


def fetch(target):
    """Put MathJax into target/mathjax, unless it is there."""
    if (target / "mathjax" / "tex-svg.js").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = _packed(Path(folder))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != SHA512:
            sys.exit(f"{PACKAGE}: what npm has fetched is not what the site was tested with (SHA-512 {digest}).")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        for part in PARTS:
            source, copy = Path(folder, "package", "es5", part), target / "mathjax" / part
            copy.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, copy)


def _packed(folder):
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("The site needs MathJax, which npm fetches, and there is no npm here: install Node.js, or on Debian "
                 "and Ubuntu the package npm.")  # fmt: skip
    run = subprocess.run([npm, "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"npm could not fetch {PACKAGE}. Is the computer online?\n{run.stderr}")
    return folder / run.stdout.split()[-1]

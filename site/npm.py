"""What npm fetches for the site."""

import shutil
import subprocess
import sys
import tarfile


def unpack(package, folder):
    """Unpack a package, name@version, into a folder; where its files are. npm itself checks that it came whole."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit(f"The site needs {package}, and npm, which would fetch it, is not here: install Node.js.")
    run = subprocess.run([npm, "pack", package, "--silent"], cwd=folder, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"npm could not fetch {package}. Is the computer online?\n{run.stderr}")
    with tarfile.open(folder / run.stdout.split()[-1]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"

"""Stand-in until the branch site-life brings its own."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def gather(target):
    folder = target / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip"]
    names = ["anywidget", "comm", "ipywidgets", "psygnal"]
    pins = [line for line in (ROOT / "constraints.txt").read_text().split() if line.split("==")[0] in names]
    plain = ["--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none"]
    subprocess.run([*pip, "download", "-q", "--no-deps", *plain, "-d", folder, *pins], check=True)
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "-w", folder, ROOT], check=True)
    return sorted(folder.glob("*.whl"))

"""Build the site into build/site: python site/build.py [--lessons 04 09]"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

import mathjax
import pages

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SOURCES, MATHJAX, TARGET = BUILD / "src", BUILD / "mathjax", BUILD / "site"


def chosen(numbers):
    """The lessons with these numbers, or all."""
    lessons = [path for path in pages.lessons() if not numbers or path.name[:2] in numbers]
    missing = set(numbers) - {path.name[:2] for path in lessons}
    if missing:
        sys.exit(
            f"There is no lesson {', '.join(sorted(missing))}: {', '.join(path.name[:2] for path in pages.lessons())}"
        )
    return lessons


def html():
    """Let Sphinx make the pages; what it warns of is an error."""
    folders = [SOURCES, TARGET]
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "-j", "auto"]
    command += ["-c", Path(__file__).parent, "-d", BUILD / "doctrees", *folders]
    if subprocess.run(command).returncode:
        sys.exit("Sphinx could not make the pages: mend what it names above.")


def steps(lessons):
    """What is done, in words, and how."""
    return [
        ("the sources of the pages", lambda: pages.write(lessons, SOURCES)),
        ("MathJax", lambda: mathjax.fetch(MATHJAX)),
        ("the pages", html),
    ]


def main():
    parser = argparse.ArgumentParser(description="Build the site into build/site.")
    parser.add_argument("--lessons", nargs="+", default=[], metavar="NN", help="these lessons only")
    lessons = chosen(parser.parse_args().lessons)
    shutil.rmtree(TARGET, ignore_errors=True)
    for what, step in steps(lessons):
        start = time.monotonic()
        print(f"{what} ...", end=" ", flush=True)
        step()
        print(f"{time.monotonic() - start:.0f} s", flush=True)
    print(f"The site is in {TARGET}. To read it: {sys.executable} -m http.server -d {TARGET}")


if __name__ == "__main__":
    main()

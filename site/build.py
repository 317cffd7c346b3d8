"""Build the site into build/site: python site/build.py [--lessons 04 09]"""

import argparse
import shutil
import sys
import time
from pathlib import Path

import mathjax
import pages
from sphinx.cmd.build import build_main

BUILD = pages.ROOT / "build"
SOURCES, TARGET = BUILD / "src", BUILD / "site"


def steps(lessons):
    """What is done, in words, and how."""
    return [
        ("MathJax", lambda: mathjax.fetch(BUILD / "mathjax")),
        ("Sources of the pages", lambda: pages.write(lessons, SOURCES)),
        ("Pages", html),
    ]


def html():
    """Let Sphinx make the pages; what it warns of is an error."""
    options = ["-b", "html", "-c", pages.SITE, "-d", BUILD / "doctrees", "-j", "auto", "-q", "-W", "--keep-going"]
    if build_main([str(option) for option in [*options, SOURCES, TARGET]]):
        sys.exit("Sphinx could not make the pages: mend what it names above.")


def chosen(numbers):
    """The lessons with these numbers, or all."""
    known = {path.name[:2]: path for path in pages.lessons()}
    if unknown := set(numbers) - set(known):
        sys.exit(f"There is no lesson {', '.join(sorted(unknown))}: say some of {', '.join(known)}.")
    return [path for number, path in known.items() if number in numbers or not numbers]


def main():
    parser = argparse.ArgumentParser(description="Build the site into build/site.")
    parser.add_argument("--lessons", nargs="+", default=[], metavar="NN", help="these lessons only")
    lessons = chosen(parser.parse_args().lessons)
    for folder in (TARGET, BUILD / "doctrees"):
        shutil.rmtree(folder, ignore_errors=True)
    for what, step in steps(lessons):
        print(f"{what} ...", end=" ", flush=True)
        start = time.monotonic()
        step()
        print(f"{time.monotonic() - start:.0f} s", flush=True)
    print(f"The site is in {TARGET}. To read it: {sys.executable} -m http.server -d {TARGET}")


if __name__ == "__main__":
    main()

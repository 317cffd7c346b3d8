"""Build the site into build/site: python site/build.py [--lessons 04 09]"""

import argparse
import shutil
import sys
import time

import export
import lite
import mathjax
import pages
import wheels
from sphinx.cmd.build import build_main

BUILD = pages.ROOT / "build"


def steps(lessons):
    """What is done, in words, and how."""
    return [
        ("Pages", lambda: read(lessons, BUILD)),
        ("Labs, computed ahead", lambda: export.export(lessons, BUILD / "site" / "labs")),
        ("Wheels for Python in the page", lambda: wheels.gather(BUILD / "site" / "wheels")),
        ("JupyterLite", lambda: lite.build(BUILD / "site")),
    ]


def read(lessons, folder):
    """Make the pages of these lessons in folder/site; what Sphinx warns of is an error."""
    mathjax.fetch(BUILD / "mathjax")
    sources, doctrees, target = (folder / name for name in ("src", "doctrees", "site"))
    for old in (sources, doctrees, target):
        shutil.rmtree(old, ignore_errors=True)
    pages.write(lessons, sources)
    options = ["-b", "html", "-c", pages.SITE, "-d", doctrees, "-j", "auto", "-q", "-W", "--keep-going"]
    if build_main([str(option) for option in [*options, sources, target]]):
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
    for what, step in steps(chosen(parser.parse_args().lessons)):
        print(f"{what} ...", flush=True)
        start = time.monotonic()
        step()
        print(f"... done in {time.monotonic() - start:.0f} s.", flush=True)
    print(f"The site is in {BUILD / 'site'}. To read it: {sys.executable} -m http.server -d {BUILD / 'site'}")


if __name__ == "__main__":
    main()

import re
from collections import defaultdict
from pathlib import Path

import nbformat
import pytest

# The learners' copies have no outputs that nbval could compare: tests/test_exercise_notebooks.py runs them.
# The settings beside the solved ones are for nbgrader to read.
collect_ignore_glob = ["notebooks/exercises/*", "notebooks/solutions/*.py"]


def pytest_configure(config):
    """nbval looks for its file where pytest was started, which may be notebooks/ or any other folder."""
    if not config.option.nbval_sanitize_with:
        config.option.nbval_sanitize_with = str(Path(__file__).with_name("tests") / "nbval.cfg")


TESTS = Path(__file__).with_name("tests")
LESSONS = {path.stem: path for path in Path(__file__).with_name("notebooks").glob("[0-9]*.ipynb")}
TRIALS = re.findall(r"^def (\w+)\(lesson\)", (TESTS / "trials.py").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """A lesson runs once, in nbval's kernel: around its cells come some of ours, which try its labs there."""
    report = yield
    if collector.path in LESSONS.values() and report.passed:
        cells, lesson = report.result, f"__import__('pathlib').Path({str(collector.path)!r})"

        def cell(number, name, code):
            given = {"name": name, "cell_num": number, "cell": nbformat.v4.new_code_cell(code)}
            return type(cells[0]).from_parent(collector, **given, options=defaultdict(bool, check=True))

        watch = cell(-1, "watch", f"__import__('sys').path.append({str(TESTS)!r})\n__import__('trials').watch()")
        tried = [cell(k, name, f"__import__('trials').{name}({lesson})") for k, name in enumerate(TRIALS, len(cells))]
        report.result = [watch, *cells, *tried]
    return report


BROWSERS = {
    "JupyterLab": ("test_browser.py", "test_exercises_browser.py", "test_upload_browser.py"),
    "pages": ("browser.py", "test_site.py"),  # of the site: made once
}


def together(nodeid):
    """What one process has to run: all tests of a file.

    Also all that opens JupyterLab, with one server, and all that opens a page of the site. These two may run at once:
    their tests wait for what they need to see, and no fixed time.
    """
    file = nodeid.partition("::")[0]
    return next((name for name, files in BROWSERS.items() if file.endswith(files)), file)


def pytest_collection_modifyitems(items):
    """Where several processes share the tests, the longest pieces come first, so that none is left at the end."""

    def short(item):
        lesson = LESSONS.get(item.path.stem) == item.path
        return together(item.nodeid) not in BROWSERS, -int(item.path.stem[:2]) if lesson else 1

    items.sort(key=short)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    # Not --dist=loadgroup: to tell its groups, xdist 3.8 writes into _nodeid, which pytest 9.2 does not read.
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        _split_scope = staticmethod(together)

    config.option.loadscopereorder = False
    return Together(config, log)

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


def together(nodeid):
    """What one process has to run: all tests of a file, and all that moves a browser.

    So at most one browser is moved: two on two cores would keep each other waiting, past their deadlines. The tests of
    the site come with it, whose pages are made once.
    """
    file = nodeid.partition("::")[0]
    return "browser" if file.endswith(("browser.py", "test_site.py")) else file


def pytest_collection_modifyitems(items):
    """Where several processes share the tests, the longest pieces come first, so that none is left at the end."""

    def short(item):
        lesson = LESSONS.get(item.path.stem) == item.path
        return together(item.nodeid) != "browser", -int(item.path.stem[:2]) if lesson else 1

    items.sort(key=short)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    # Not --dist=loadgroup: to tell its groups, xdist 3.8 writes into _nodeid, which pytest 9.2 does not read.
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        _split_scope = staticmethod(together)

    config.option.loadscopereorder = False
    return Together(config, log)

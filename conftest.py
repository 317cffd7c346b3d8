from pathlib import Path

import pytest

# The learners' copies have no outputs that nbval could compare: tests/test_exercise_notebooks.py runs them.
# The settings beside the solved ones are for nbgrader to read.
collect_ignore_glob = ["notebooks/exercises/*", "notebooks/solutions/*.py"]


def pytest_configure(config):
    """nbval looks for its file where pytest was started, which may be notebooks/ or any other folder."""
    if not config.option.nbval_sanitize_with:
        config.option.nbval_sanitize_with = str(Path(__file__).with_name("tests") / "nbval.cfg")


LESSONS = {path.stem for path in Path(__file__).with_name("notebooks").glob("*.ipynb")}


def together(nodeid):
    """What one process has to run: all tests of a lesson, which runs once for them, and else the tests of a file.

    All that moves a browser, too, so that at most one does: two on two cores would keep each other waiting, past their
    deadlines. And with it the tests of the site, whose pages are made once.
    """
    file, _, test = nodeid.partition("::")
    if file.endswith(("browser.py", "test_site.py")):
        return "browser"
    lesson = test.rpartition("[")[2].rstrip("]")
    return lesson if lesson in LESSONS else file


def pytest_collection_modifyitems(items):
    """Where several processes share the tests, the longest pieces come first, so that none is left at the end."""

    def short(item):
        piece = together(item.nodeid)
        return piece != "browser", item.path.suffix != ".ipynb", piece not in LESSONS

    items.sort(key=short)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    # Not --dist=loadgroup: to tell its groups, xdist 3.8 writes into _nodeid, which pytest 9.2 does not read.
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        _split_scope = staticmethod(together)

    config.option.loadscopereorder = False
    return Together(config, log)

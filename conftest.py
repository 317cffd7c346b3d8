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


JUPYTERLAB = ("test_browser.py", "test_exercises_browser.py", "test_upload_browser.py")
PAGES = ("browser.py", "test_site.py")  # of the site: made once


def together(nodeid):
    """What one process has to run: all tests of a lesson, which runs once for them, and else the tests of a file.

    Also all that opens JupyterLab, with one server, and all that opens a page of the site. These two may run at once:
    their tests wait for what they need to see, and no fixed time.
    """
    file, _, test = nodeid.partition("::")
    for name, files in {"JupyterLab": JUPYTERLAB, "pages": PAGES}.items():
        if file.endswith(files):
            return name
    lesson = test.rpartition("[")[2].rstrip("]")
    return lesson if lesson in LESSONS else file


def pytest_collection_modifyitems(items):
    """Where several processes share the tests, the longest pieces come first, so that none is left at the end."""

    def short(item):
        piece = together(item.nodeid)
        return piece not in ("JupyterLab", "pages"), item.path.suffix != ".ipynb", piece not in LESSONS

    items.sort(key=short)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    # Not --dist=loadgroup: to tell its groups, xdist 3.8 writes into _nodeid, which pytest 9.2 does not read.
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        _split_scope = staticmethod(together)

    config.option.loadscopereorder = False
    return Together(config, log)

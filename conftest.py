from pathlib import Path

import pytest

# The learners' copies have no outputs that nbval could compare: tests/test_exercise_notebooks.py runs them.
# The settings beside the solved ones are for nbgrader to read.
collect_ignore_glob = ["notebooks/exercises/*", "notebooks/solutions/*.py"]


def pytest_configure(config):
    """nbval looks for its file where pytest was started, which may be notebooks/ or any other folder."""
    if not config.option.nbval_sanitize_with:
        config.option.nbval_sanitize_with = str(Path(__file__).with_name("tests") / "nbval.cfg")


def together(nodeid):
    """What one process has to run: a file, for its tests share a kernel or a folder, and all that moves a browser.

    So at most one browser moves at a time: two on two cores would keep each other waiting, past their deadlines.
    """
    file = nodeid.split("::")[0]
    return "browser" if file.endswith("browser.py") else file


def pytest_collection_modifyitems(items):
    """Where several processes share the tests, the longest pieces come first, so that none is left at the end."""
    items.sort(key=lambda item: (together(item.nodeid) != "browser", item.path.suffix != ".ipynb"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    # Not --dist=loadgroup: to tell its groups, xdist 3.8 writes into _nodeid, which pytest 9.2 does not read.
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        _split_scope = staticmethod(together)

    config.option.loadscopereorder = False
    return Together(config, log)

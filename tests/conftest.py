import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50, database=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="module")
def browser():
    """The one Chromium of a file's tests, which open pages of their own in it.

    Not of all files: while Playwright runs, no other test of the process can start an event loop.
    """
    from jupyter_page import chromium, need_chromium  # not above: the oldest versions are tested without a browser

    need_chromium()
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    """Gives the address of a notebook in one of pytest's folders, from the one JupyterLab of all tests."""
    from jupyter_page import jupyterlab

    root = tmp_path_factory.getbasetemp()
    with jupyterlab(root, tmp_path_factory.mktemp("jupyter")) as address:
        yield lambda path, **place: address(path.relative_to(root).as_posix(), **place)

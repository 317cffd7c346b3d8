"""Python in the page of a lesson: Chromium, the pages of the site, and Pyodide from the rig in place of the CDN's.

One page, brought to life once, serves the tests in the order of this file; the last ones stop it.
"""

import functools
import http.server
import json
import os
import sys
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyter_page import CHROMIUM, ROOT, chromium
from lessons import LESSONS, read
from PIL import Image
from pyodide_rig import pyodide, rig  # noqa: F401: a fixture

pytestmark = pytest.mark.browser

LESSON = "04-divide-out-the-blur"
ITERATIVE = "09-deblur-by-iterating"


@pytest.fixture(scope="module")
def site(tmp_path_factory, pyodide):  # noqa: F811
    """Two lessons of the site and the wheels, served with the rig. Gives the address."""
    if CHROMIUM is None:
        message = "the browser tests need Chromium: install the package 'chromium', or Google Chrome"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "site")
        import build
        import wheels

        build.read(build.chosen([LESSON[:2], ITERATIVE[:2]]), folder)
        wheels.gather(folder / "site" / "wheels")
    file = folder / "site" / "wheels" / "python.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "pyodide": "/pyodide/"}))
    (folder / "site" / "pyodide").symlink_to(pyodide)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder / "site")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass

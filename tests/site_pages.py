"""The pages and wheels of the site, made once for all tests, and served as a web server would."""

import atexit
import contextlib
import functools
import http.server
import importlib
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "site"


def script(name):
    """A module of the folder site, which is no package."""
    with mock.patch.object(sys, "path", [str(SCRIPTS), *sys.path]):
        return importlib.import_module(name)


def kept():
    """A new folder that stays until the tests have ended."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def gathered():
    """The folder with the wheels that Python in a page needs."""
    folder = kept() / "wheels"
    script("wheels").gather(folder)
    return folder


@functools.cache
def made():
    """The folder with the pages of all lessons, without what the other steps add."""
    folder = kept()
    code = f"import build, pathlib; build.read(build.chosen([]), pathlib.Path({str(folder)!r}))"
    run = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / "site"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def served(folder):
    """The address under which a folder is served."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()

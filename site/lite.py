"""JupyterLite at lite/: every lesson and exercise in a JupyterLab whose Python runs in the page and has deconvlab.

The kernel loads Pyodide from the address that it was made for. Which packages there are, and where, stands in Pyodide's
lock file; the site has its own copy of it, to which the wheels that Pyodide lacks are added: our own, those of the
widgets, and the kernel's. So `import deconvlab` needs no cell that installs, and no package index is asked.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urljoin

import lock
import nbformat
import npm
import pages
from jupyterlite_pyodide_kernel.constants import (
    PYODIDE_CDN_URL,
    PYODIDE_KERNEL_NPM_NAME,
    PYODIDE_KERNEL_PLUGIN_ID,
    PYODIDE_VERSION,
)

EXTENSIONS = ["anywidget", "@jupyter-widgets/jupyterlab-manager", PYODIDE_KERNEL_NPM_NAME]
SETTINGS = {
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},  # light or dark as the system is
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}
# Loaded as Python starts. Those of the kernel stand here too, or it would ask a package index for them.
PRELOADED = ["comm", "deconvlab", "ipykernel", "ipython", "jedi", "micropip", "piplite", "pyodide-kernel"]
# JupyterLab's list of files would leave no room for a lesson; Notebook shows one at a time, and its tree the list.
NARROW = """<script>
if (innerWidth < 700) {
  const { search } = location;
  location.replace(`../${new URLSearchParams(search).has("path") ? "notebooks" : "tree"}/index.html${search}`);
}
</script>"""


def build(target):
    """Put JupyterLite into target/lite; the wheels are in target/wheels."""
    app, ours = target / "lite", sorted((target / "wheels").glob("*.whl"))
    make(app)
    with tempfile.TemporaryDirectory() as folder:
        distributed = npm.unpack(f"pyodide@{PYODIDE_VERSION}", Path(folder)) / "pyodide-lock.json"
        equip(app, json.loads(distributed.read_bytes()), f"{PYODIDE_CDN_URL}/", ours)


def make(app):
    """JupyterLab, and Notebook for narrow screens, with the lessons and what shows their labs."""
    shutil.rmtree(app, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        # From a folder of its own: what a build remembers of the last one makes the next one leave things out.
        files = Path(folder, "files")
        for path in pages.handed_out():
            copy = files / path.relative_to(pages.NOTEBOOKS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            # nbformat joins the lines of a text, as Jupyter's server does. Without, the page puts commas between them.
            copy.write_text(json.dumps(ready(nbformat.read(path, as_version=4))), encoding="utf-8")
        Path(folder, "overrides.json").write_text(json.dumps(SETTINGS))
        installed = Path(sys.prefix, "share", "jupyter", "labextensions")
        config = {
            "apps": ["lab", "notebooks", "tree"],
            "contents": [str(files)],
            "federated_extensions": [str(installed / name) for name in EXTENSIONS],
            "ignore_sys_prefix": True,
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        }
        Path(folder, "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": config}))
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", folder, "--output-dir", app]
        run = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            sys.exit(f"JupyterLite could not be built:\n{run.stdout[-3000:]}")
    page = app / "lab" / "index.html"
    page.write_text(page.read_text(encoding="utf-8").replace("</head>", f"{NARROW}</head>", 1), encoding="utf-8")


def ready(notebook):
    """A notebook with each picture once: inside HTML, with its alt text. As PNG it is for LaTeX, which no page runs."""
    pages.said(notebook)
    for output in (output for cell in notebook["cells"] for output in cell.get("outputs", [])):
        if "text/html" in output.get("data", {}):
            output["data"].pop("image/png", None)
    return notebook


def equip(app, distributed, pyodide, ours):
    """Let JupyterLite use the Pyodide at an address, its lock extended by our wheels and by the kernel's own."""
    folder = app / "pyodide"
    folder.mkdir(exist_ok=True)
    kernels = sorted((app / "extensions" / PYODIDE_KERNEL_NPM_NAME / "static" / "pypi").glob("*.whl"))
    text = json.dumps(lock.extended(distributed, pyodide, [*kernels, *ours], folder))
    (folder / "pyodide-lock.json").write_text(text, encoding="utf-8")
    options = {"lockFileURL": "./pyodide/pyodide-lock.json", "packages": PRELOADED}
    kernel = {"pyodideUrl": urljoin(pyodide, "pyodide.mjs"), "loadPyodideOptions": options}
    page = app / "jupyter-lite.json"
    config = json.loads(page.read_text(encoding="utf-8"))
    config["jupyter-config-data"] |= {"appName": "deconvlab", "litePluginSettings": {PYODIDE_KERNEL_PLUGIN_ID: kernel}}
    page.write_text(json.dumps(config, indent=1), encoding="utf-8")

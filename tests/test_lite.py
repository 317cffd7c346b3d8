"""What JupyterLite and the public forge are given: the lock with our wheels, the notebooks, the links, the workflow."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jinja2
import nbformat
import pytest
import yaml
from site_pages import ROOT, SCRIPTS, script

forge, lite, lock = script("forge"), script("lite"), script("lock")
NOTEBOOKS = ROOT / "notebooks"
WORKFLOW = ROOT / ".github" / "workflows" / "pages.yml"
LOCK = {
    "info": {"python": "3.12.7"},
    "packages": {"numpy": {"name": "numpy", "file_name": "numpy-2.0.whl", "depends": [], "version": "2.0"}},
}


@pytest.fixture
def wheel(tmp_path):
    """Makes the wheel of a package that needs others."""

    def made(name, *needs):
        path = tmp_path / "wheels" / f"{name}-1.5-py3-none-any.whl"
        path.parent.mkdir(exist_ok=True)
        about = [
            "Metadata-Version: 2.1",
            f"Name: {name}",
            "Version: 1.5",
            *(f"Requires-Dist: {need}" for need in needs),
        ]
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}/__init__.py", "")
            archive.writestr(f"{name}/data.txt", "")
            archive.writestr(f"{name}-1.5.dist-info/METADATA", "\n".join(about))
        return path

    return made


# The lock


def extended(tmp_path, *wheels):
    return lock.extended(LOCK, "https://cdn.example/v1/full/", wheels, tmp_path / "lite" / "pyodide")["packages"]


def test_lock_has_our_wheels_and_keeps_the_others(tmp_path, wheel):
    """Catches: a wheel that Pyodide refuses (hash), does not find (address, name) or loads without what it needs."""
    ours = wheel("Our_Lab", "numpy>=2", "other-lab; extra == 'test'", "tomli; python_version < '3.11'")
    packages = extended(tmp_path, ours)
    assert packages["numpy"]["file_name"] == "https://cdn.example/v1/full/numpy-2.0.whl"
    entry = packages["our-lab"]
    assert entry["file_name"] == "../../wheels/Our_Lab-1.5-py3-none-any.whl"
    assert entry["sha256"] == hashlib.sha256(ours.read_bytes()).hexdigest()
    assert (entry["version"], entry["imports"], entry["depends"]) == ("1.5", ["Our_Lab"], ["numpy"])
    assert LOCK["packages"]["numpy"]["file_name"] == "numpy-2.0.whl"


def test_lock_prefers_our_wheel(tmp_path, wheel):
    """Catches: an old version on the CDN that wins over the one that the site brings."""
    assert extended(tmp_path, wheel("numpy"))["numpy"]["version"] == "1.5"


def test_lock_says_what_is_missing(tmp_path, wheel):
    """Catches: a new dependency that the browser lacks, found by the first learner instead of by the build."""
    with pytest.raises(SystemExit, match="no pandas, scipy: .*wheels.py"):
        extended(tmp_path, wheel("lab", "scipy", "numpy", "pandas"))


# Notebooks for JupyterLite, for Colab, and links


def test_jupyterlite_has_each_picture_once():
    """Catches: pictures without their alt text, or twice; one that has no other form and is lost; a lesson that cannot
    run there and does not say so."""
    data = [{"text/html": "<img>", "image/png": "AAAA", "text/plain": "Picture"}, {"image/png": "AAAA"}]
    cells = [{"cell_type": "code", "source": "import deconvlab.tiles", "outputs": [{"data": d} for d in data]}]
    title, said, code = lite.ready({"cells": [{"cell_type": "markdown", "source": "# T"}, *cells]})["cells"]
    assert [set(output["data"]) for output in code["outputs"]] == [{"text/html", "text/plain"}, {"image/png"}]
    assert "your own computer" in said["source"]


@pytest.mark.parametrize(
    "path", [*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("exercises/*.ipynb")], ids=lambda p: p.stem
)
def test_colab_installs_before_the_first_code(path):
    """Catches: an installation that comes too late, changes the rest of the lesson, or is no valid cell."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    ready = forge.prepared(json.loads(path.read_text(encoding="utf-8")), "owner/name")
    nbformat.validate(ready)
    code = [cell for cell in ready["cells"] if cell["cell_type"] == "code"]
    assert not code or "git+https://github.com/owner/name" in "".join(code[0]["source"])
    assert [cell for cell in ready["cells"] if cell["id"] != "install"] == stored["cells"]


def test_installing_cell_does_nothing_where_it_is_installed(tmp_path):
    """Catches: a cell that installs again at each run, or fails elsewhere than on Colab."""
    code = "import sys; from IPython.core.interactiveshell import InteractiveShell as Shell; import forge\n"
    code += "shell = Shell(); shell.register_magic_function(lambda line: print('pip', line), magic_name='pip')\n"
    code += "cell = forge.INSTALL.format(repository='owner/name')\n"
    code += "shell.run_cell(cell).raise_error(); print('nothing')\n"
    code += "shell.run_cell(cell.replace('deconvlab\"', 'no_such_package\"')).raise_error()"
    own = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, env=own, capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["nothing", 'pip install --quiet "git+https://github.com/owner/name"'], (
        done.stderr
    )


def test_without_an_address_there_are_no_links():
    """Catches: a link to Colab or Binder that leads nowhere."""
    assert forge.links("") == {}
    with pytest.raises(SystemExit, match="set GITHUB_REPOSITORY to OWNER/NAME"):
        forge.write(None, "")


@pytest.mark.parametrize("links", [{}, forge.links("owner/name")], ids=["unknown", "known"])
def test_pages_link_to_colab_and_binder_once_the_address_is_known(links):
    """Catches: a lesson without its links, or links of which half is missing."""
    template = jinja2.Environment(loader=jinja2.FileSystemLoader(SCRIPTS / "templates")).get_template("run.html")
    page = template.render(
        pagename="lessons/04-x", pathto=lambda path, _: f"../{path}", runs=["04-x.ipynb"], elsewhere=links
    )
    hrefs = re.findall(r'href="(http[^"]+)"', page)
    assert hrefs == [f"{address}04-x.ipynb" for address in links.values()]
    assert "Run in JupyterLab" in page and "Exercises" not in page
    assert "JupyterLab" not in template.render(
        pagename="lessons/05-y", pathto=lambda path, _: f"../{path}", runs=["04-x.ipynb"], elsewhere={}
    )


# The workflow


@pytest.fixture(scope="module")
def jobs():
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]


def test_workflow_may_do_only_what_it_must(jobs):
    """Catches: a build that could write to the repository, and a deployment of what a stranger proposes."""
    assert yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "build": {"contents": "read"},
        "deploy": {"pages": "write", "id-token": "write"},
        "colab": {"contents": "write"},
    }
    for name in ("deploy", "colab"):
        assert jobs[name]["needs"] == "build" and "refs/heads/main" in jobs[name]["if"]
        assert "!= 'pull_request'" in jobs[name]["if"]


def test_workflow_runs_every_test_of_the_site(jobs):
    """Catches: a new test of the site that the workflow does not know, and so never runs before a deployment."""
    (check,) = (step["run"] for step in jobs["build"]["steps"] if step.get("name") == "Check")
    named = {path for pattern in check.split() if "*" in pattern for path in ROOT.glob(pattern)}
    tools = re.compile(r"^(from|import) (site_pages|static_lab|pyodide_rig)\b", re.MULTILINE)
    ours = {path for path in (ROOT / "tests").glob("test_*.py") if tools.search(path.read_text(encoding="utf-8"))}
    assert {Path(__file__)} <= ours <= named


@pytest.mark.skipif(os.name == "nt" or not shutil.which("git"), reason="the workflow runs on Linux, with git")
def test_workflow_fills_the_branch_of_colab(jobs, tmp_path):
    """Catches: a step that cannot work, or a branch with anything but the notebooks, each of them with its cell."""
    (step,) = (step["run"] for step in jobs["colab"]["steps"] if "run" in step)
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"

    def git(*words):
        return subprocess.run(["git", *map(str, words)], check=True, capture_output=True, text=True).stdout

    git("init", "-q", "--bare", origin)
    git("init", "-q", clone)
    git("-C", clone, "remote", "add", "origin", origin)
    (clone / ".gitignore").write_text("/build/\n")
    for name in ("site/forge.py", "notebooks/glossary.ipynb", "notebooks/exercises/01-blur-an-image.ipynb"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    for _ in range(2):  # the second time over the first
        own = {**os.environ, "GITHUB_REPOSITORY": "owner/name"}
        done = subprocess.run(["bash", "-e", "-c", step], cwd=clone, env=own, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    names = git("-C", origin, "ls-tree", "-r", "--name-only", "colab").split()
    assert names == ["exercises/01-blur-an-image.ipynb", "glossary.ipynb"]
    assert "git+https://github.com/owner/name" in git("-C", origin, "show", f"colab:{names[0]}")
    assert git("-C", origin, "rev-list", "--count", "colab").strip() == "1"

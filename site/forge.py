"""What needs the public address of the repository: links to Colab and Binder, and the lessons as Colab wants them.

GitHub says the address where it builds the site; elsewhere set GITHUB_REPOSITORY to OWNER/NAME. Without it the site has
no such links. Colab opens notebooks of a branch, not of a site: `python site/forge.py FOLDER` writes what the workflow
pages.yml puts into that branch. It needs no package.
"""

import json
import os
import sys
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
REPOSITORY = os.environ.get("GITHUB_REPOSITORY", "")
BRANCH = "colab"
INSTALL = """# Colab does not have deconvlab: this cell installs it. Where it is installed, the cell does nothing.
import importlib.util

if importlib.util.find_spec("deconvlab") is None:
    %pip install --quiet "git+https://github.com/{repository}\""""


def links(repository=REPOSITORY):
    """Where a lesson can be run elsewhere, by name; the name of its notebook is to follow."""
    if not repository:
        return {}
    return {
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/",
        "Binder": f"https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/notebooks/",
    }


def write(target, repository=REPOSITORY):
    """Write lessons, glossary and exercises for Colab: each with a first cell that installs, if need be."""
    if not repository:
        sys.exit("The address of the repository is not known: set GITHUB_REPOSITORY to OWNER/NAME.")
    for path in [*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("exercises/*.ipynb")]:
        copy = target / path.relative_to(NOTEBOOKS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        notebook = prepared(json.loads(path.read_text(encoding="utf-8")), repository)
        copy.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def prepared(notebook, repository):
    """A notebook with the cell that installs before its first code, after its title."""
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    if "code" in kinds:
        source = INSTALL.format(repository=repository).splitlines(keepends=True)
        cell = {"cell_type": "code", "id": "install", "metadata": {}, "execution_count": None, "outputs": []}
        notebook["cells"].insert(1, {**cell, "source": source})
    return notebook


if __name__ == "__main__":
    write(Path(sys.argv[1]))

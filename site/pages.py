"""Notebooks to sources for Sphinx: the lessons with their labs marked, and what is made of README."""

import html
import json
import re
import shutil
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "site"
NOTEBOOK = re.compile(r"\[([^\]]+)\]\(((?:exercises/)?[\w-]+\.ipynb)\)")
ROW = re.compile(r"^\| \[(.+)\]\(notebooks/(.+)\.ipynb\) \| (.+) \|$", re.MULTILINE)


def lessons():
    """The stored lessons, in order."""
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))


def write(chosen, target):
    """Write the sources of the pages; of the lessons, the chosen ones."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "lessons").mkdir(parents=True)
    notebooks = [*chosen, ROOT / "notebooks" / "glossary.ipynb"]
    names = {path.name for path in notebooks}
    rows = [row for row in listed() if f"{row[1]}.ipynb" in names]
    questions = {slug: question for _, slug, question in rows}
    for path in notebooks:
        notebook = page(json.loads(path.read_text(encoding="utf-8")), path.stem, questions[path.stem], names)
        (target / "lessons" / path.name).write_text(json.dumps(notebook), encoding="utf-8")
    home = Template((SITE / "index.md").read_text(encoding="utf-8"))
    table = "\n".join(f"| [{title}](lessons/{slug}.ipynb) | {question} |" for title, slug, question in rows)
    tree = "\n".join(f"{title} <lessons/{slug}>" for title, slug, _ in rows)
    (target / "index.md").write_text(home.substitute(lessons=table, tree=tree), encoding="utf-8")
    shutil.copyfile(SITE / "api.md", target / "api.md")
    shutil.copyfile(ROOT / "TEACHING.md", target / "teaching.md")


def listed():
    """Title, slug and question of each lesson, as README lists them."""
    return ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def page(notebook, slug, question, names):
    """A notebook as a source: its labs marked, its links to what is not on the site leading to JupyterLite."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = linked("".join(cell["source"]), names)
        for output in cell.get("outputs", []):
            if "data" in output:
                output["data"] = shown(output["data"], slug)
    notebook["metadata"]["myst"] = {"html_meta": {"description": question}}
    return notebook


def linked(text, names):
    """Markdown whose links to notebooks that are not on the site open them in JupyterLite."""

    def link(match):
        title, name = match.groups()
        return match[0] if name in names else f'<a href="../lite/lab/index.html?path={name}">{title}</a>'

    return NOTEBOOK.sub(link, text)


def shown(data, slug):
    """Of a stored output what the page shows: its HTML, which has the alt text; a lab is marked for labs.js."""
    if "text/html" not in data:
        return data
    figure, lab = "".join(data["text/html"]), re.match(r"Lab (\w+):", "".join(data["text/plain"]))
    if lab:
        figure = f'<div class="dcv-lab" data-lab="{html.escape(slug)}.{lab[1]}">{figure}</div>'
    return {"text/html": figure}

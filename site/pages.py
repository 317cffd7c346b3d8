"""Notebooks to sources for Sphinx: the lessons with their labs marked, and what is made of README."""

import html
import inspect
import json
import re
import shutil
from importlib import import_module
from pathlib import Path
from string import Template

import deconvlab

ROOT = Path(__file__).resolve().parent.parent
SITE, NOTEBOOKS = ROOT / "site", ROOT / "notebooks"
LINK = re.compile(r"\[([^\]]+)\]\(((?:exercises/)?[\w-]+\.ipynb)\)")
ROW = re.compile(r"^\| \[(.+)\]\(notebooks/(.+)\.ipynb\) \| (.+) \|$", re.MULTILINE)
HEADING = re.compile(r"^## (.+)\n", re.MULTILINE)
PROCESSES = re.compile(r"^\s*(from|import) deconvlab\.tiles\b", re.MULTILINE)
COMPUTER = "This lesson starts processes, which a web page cannot: read it here, and run it on your own computer."
MATHEMATICS = ("psf", "operators", "problem", "denoise", "filters", "iterative", "criteria", "selection", "blind")


def lessons():
    """The stored lessons, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))


def write(chosen, target):
    """Write the sources of all pages; of the lessons, the chosen ones."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "lessons").mkdir(parents=True)
    notebooks = {path.stem: path for path in [*chosen, NOTEBOOKS / "glossary.ipynb"]}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [row for row in ROW.findall(readme) if row[1] in notebooks]
    for _, slug, question in rows:
        notebook = json.loads(notebooks[slug].read_text(encoding="utf-8"))
        text = json.dumps(page(notebook, slug, question, notebooks), ensure_ascii=False)
        (target / "lessons" / f"{slug}.ipynb").write_text(text, encoding="utf-8")
    _fill("index.md", target, **home(readme, rows))
    _fill("api.md", target, mathematics=chapters())
    shutil.copyfile(ROOT / "TEACHING.md", target / "teaching.md")
    shutil.copytree(ROOT / "docs", target / "docs")


def _fill(name, target, **blanks):
    text = Template((SITE / name).read_text(encoding="utf-8")).substitute(blanks)
    (target / name).write_text(text, encoding="utf-8")


def page(notebook, slug, question, there):
    """A notebook as a source: its labs marked, its links to what is not there leading to JupyterLite."""
    said(notebook)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = linked("".join(cell["source"]), there)
        for output in cell.get("outputs", []):
            if "data" in output:
                output["data"] = {"text/html": shown(output["data"], slug)}
    notebook["metadata"]["myst"] = {"html_meta": {"description": question}}
    return notebook


def runs(notebook):
    """Whether Python in a web page can run a notebook."""
    return not any(PROCESSES.search("".join(c["source"])) for c in notebook["cells"] if c["cell_type"] == "code")


def handed_out():
    """The files of all lessons and exercises."""
    return [*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("exercises/*.ipynb")]


def running():
    """The lessons and exercises, as paths, that JupyterLite can run."""
    readable = (path for path in handed_out() if runs(json.loads(path.read_text(encoding="utf-8"))))
    return [path.relative_to(NOTEBOOKS).as_posix() for path in readable]


def said(notebook):
    """Let a notebook that a web page cannot run say so below its title; life.js and labs.js look for that."""
    if not runs(notebook):
        text = f'<p class="dcv-computer">{COMPUTER}</p>'
        notebook["cells"].insert(1, {"cell_type": "markdown", "id": "computer", "metadata": {}, "source": text})


def linked(text, there):
    """Markdown whose links to notebooks that are not on the site open them in JupyterLite."""

    def link(match):
        words, path = match.groups()
        known = path.removesuffix(".ipynb") in there
        return match[0] if known else f'<a href="../lite/lab/index.html?path={path}">{words}</a>'

    return LINK.sub(link, text)


def shown(data, slug):
    """A stored output as HTML, which has the alt text; a lab is marked for labs.js."""
    figure, lab = "".join(data["text/html"]), re.match(r"Lab (\w+):", "".join(data["text/plain"]))
    return f'<div class="dcv-lab" data-lab="{html.escape(slug)}.{lab[1]}">{figure}</div>' if lab else figure


def home(readme, rows):
    """What the first page takes from README: what this is, the lessons and how to begin."""
    start, *parts = HEADING.split(readme)
    _, what, picture, needs = start.split("\n\n")[:4]
    return {
        "what": what,
        "picture": f"[{picture}](lessons/{rows[0][1]}.ipynb)",
        "needs": needs.strip(),
        "lessons": "\n".join(f"| [{title}](lessons/{slug}.ipynb) | {question} |" for title, slug, question in rows),
        "contents": "\n".join(f"{title} <lessons/{slug}>" for title, slug, _ in rows),
        "commands": dict(zip(parts[::2], parts[1::2], strict=True))["The two commands"],
    }


def chapters():
    """The API page's part on the mathematics: of each module its idea, and the public names that it brings in.

    A module imports from those before it, so the first one that knows a name is its home.
    """
    left, parts = set(deconvlab.__all__), []
    for module in (import_module(f"deconvlab.{name}") for name in MATHEMATICS):
        title = inspect.getdoc(module).splitlines()[0].partition(":")[0].rstrip(".")
        parts += [f"## {title}", "```{eval-rst}", f".. automodule:: {module.__name__}", ""]
        for name in [name for name in vars(module) if name in left]:
            kind = "class" if inspect.isclass(getattr(deconvlab, name)) else "function"
            parts.append(f".. auto{kind}:: deconvlab.{name}")
            left.remove(name)
        parts += ["```", ""]
    return "\n".join(parts)

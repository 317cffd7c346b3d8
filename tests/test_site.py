"""The pages of the site as files: what stands in them, and where their links lead."""

import posixpath
import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from lessons import LESSONS, read, source
from site_pages import ROOT, SCRIPTS, made, script

import deconvlab
from deconvlab import live

GLOSSARY = ROOT / "notebooks" / "glossary.ipynb"


class Page(HTMLParser):
    """What the tests ask of a page: its links, anchors, pictures, labs, code and description."""

    def __init__(self, path):
        super().__init__()
        self.links, self.needs, self.anchors, self.pictures, self.labs, self.code = [], [], set(), [], [], []
        self.description, self.cell, self.text = "", False, []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = "".join(self.text)

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("link", "script", "img"):
            self.needs += [given[name] for name in ("src", "href") if name in given]
        if tag == "img":
            self.pictures.append(given.get("alt", ""))
        elif tag == "meta" and given.get("name") == "description":
            self.description = given["content"]
        elif "dcv-lab" in given.get("class", "").split():
            self.labs.append(given["data-lab"])
        elif "cell_input" in given.get("class", "").split():
            self.cell = True
        elif tag == "pre" and self.cell:
            self.code.append("")

    def handle_endtag(self, tag):
        self.cell = self.cell and tag != "pre"

    def handle_data(self, data):
        if self.cell and self.code:
            self.code[-1] += data
        self.text.append(data)


@pytest.fixture(scope="module")
def pages():
    folder = made()
    return {
        path.relative_to(folder).as_posix(): Page(path)
        for path in folder.rglob("*.html")
        if "_static" not in path.parts
    }


def lesson(pages, path):
    return pages[f"lessons/{path.stem}.html"]


def outputs(path):
    """The data of all stored pictures of a notebook."""
    cells = read(path)["cells"]
    return [output["data"] for cell in cells for output in cell.get("outputs", []) if "data" in output]


def test_each_lesson_has_a_page_and_a_row(pages):
    """Catches: a lesson without a page, or that README's table, from which the first page is made, leaves out."""
    expected = {f"lessons/{path.stem}.html" for path in [*LESSONS, GLOSSARY]}
    assert {name for name in pages if name.startswith("lessons/")} == expected
    assert expected <= set(pages["index.html"].links)


def test_each_lesson_describes_itself_by_its_question(pages):
    """Catches: pages that all look the same in the results of a search engine."""
    descriptions = [lesson(pages, path).description for path in LESSONS]
    assert len(set(descriptions)) == len(LESSONS)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all("?" in description and f" | {description} |" in readme for description in descriptions)
    assert all(page.description for name, page in pages.items() if name != "search.html")


def leads_somewhere(pages, name, link):
    """Whether a link on a page leads to a file and anchor of the site, or to a notebook that JupyterLite will have."""
    parts = urlsplit(link)
    there = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) if parts.path else name
    if there == "lite/lab/index.html":
        return all((ROOT / "notebooks" / path).is_file() for path in parse_qs(parts.query).get("path", []))
    if parts.fragment and there in pages:
        return unquote(parts.fragment) in pages[there].anchors
    return (made() / there).is_file()


def test_every_link_leads_somewhere(pages):
    """Catches: a link to a notebook, a section, a script or an exercise that the site does not have."""
    links = [(name, link) for name, page in pages.items() for link in page.links + page.needs]
    inner = [(name, link) for name, link in links if not urlsplit(link).scheme]
    assert len(inner) > 1000
    assert [at for at in inner if not leads_somewhere(pages, *at)] == []


def test_no_page_needs_another_host(pages):
    """Catches: a font, script or picture of a theme or of MathJax that comes from elsewhere."""
    needs = {need for page in pages.values() for need in page.needs if not need.startswith("data:")}
    assert needs and not [need for need in needs if urlsplit(need).netloc]
    for style in made().rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", style.read_text(encoding="utf-8")), style


def test_each_stored_picture_is_there_with_its_text(pages):
    """Catches: a picture without alternative text, as the stored PNG would be, or left out."""
    for path in LESSONS:
        pictures = lesson(pages, path).pictures
        assert len(pictures) == len(outputs(path)) > 0, path.name
        assert all(pictures), path.name
    assert all(all(page.pictures) for page in pages.values())


def test_each_lab_is_marked_where_it_stands(pages):
    """Catches: a lab that stays a still picture because nobody can find it, or gets the data of another."""
    for path in LESSONS:
        stored = [re.match(r"Lab (\w+):", "".join(data["text/plain"])) for data in outputs(path)]
        assert lesson(pages, path).labs == [f"{path.stem}.{lab[1]}" for lab in stored if lab], path.name


def test_all_code_can_be_read(pages):
    """Catches: a cell that is hidden, cut or changed on its way to the page."""
    for path in LESSONS:
        cells = [source(cell).strip() for cell in read(path)["cells"] if cell["cell_type"] == "code"]
        assert [code.strip() for code in lesson(pages, path).code] == cells, path.name


def test_a_link_goes_to_jupyterlab_where_the_site_has_no_page():
    """Catches: a link to an exercise, or in a site of some lessons to another lesson, that leads nowhere."""
    linked = script("pages").linked
    assert linked("[a](04-b.ipynb), [c](https://d.org/e.ipynb)", {"04-b"}) == (
        "[a](04-b.ipynb), [c](https://d.org/e.ipynb)"
    )
    for path in ("exercises/04-b.ipynb", "05-f.ipynb"):
        assert linked(f"see [a *b*]({path}).", {"04-b"}) == (
            f'see <a href="../lite/lab/index.html?path={path}">a *b*</a>.'
        )


def notebook(*code):
    """A notebook of a title and code."""
    cells = [
        {"cell_type": "code", "id": f"c{k}", "metadata": {}, "source": [c], "outputs": []} for k, c in enumerate(code)
    ]
    return {"cells": [{"cell_type": "markdown", "id": "t", "metadata": {}, "source": ["# T"]}, *cells], "metadata": {}}


def test_a_lesson_that_starts_processes_says_where_to_run_it():
    """Catches: a button that starts what cannot end well; a lesson that says so without need, or twice."""
    module = script("pages")
    tiles = "import numpy\nfrom deconvlab.tiles import map_tiles"
    for code, runs in (tiles, False), ("import deconvlab.tiles as t", False), ("import deconvlab # .tiles", True):
        there = notebook("x = 1", code)
        assert module.runs(there) == runs
        page = module.page(there, "15-x", "", {})
        said = [k for k, cell in enumerate(page["cells"]) if 'class="dcv-computer"' in "".join(cell["source"])]
        assert said == ([] if runs else [1])


def test_the_playground_s_picture_leads_to_the_playground(pages):
    """Catches: a picture on the first page that looks like a lab and does nothing."""
    text = (made() / "index.html").read_text(encoding="utf-8")
    (address,) = re.findall(r'<a [^>]*href="([^"]+)">(?:<span[^>]*>)?<img alt="The playground', text)
    assert address == "lessons/00-start-here.html"


def test_the_package_page_has_every_public_name(pages):
    """Catches: a function that was added and can be found nowhere, or that has two homes."""
    expected = {f"deconvlab.{name}" for name in deconvlab.__all__}
    expected |= {f"deconvlab.live.{name}" for name in set(live.__all__) - {"Curves", "Panel"}}
    expected |= {
        f"deconvlab.figures.{name}" for name in ("Curves", "Panel", "show_images", "show_spectrum", "show_curves")
    }
    assert expected | {"deconvlab.exercises.check"} <= pages["api.html"].anchors


def test_docstrings_read_as_in_the_terminal(pages):
    """Catches: |H| taken for a substitution, [1] for a link, and what was done against it left in the text."""
    text = pages["api.html"].text
    assert "Divide where |H| >= threshold" in text
    assert "[1]_" not in text and ".. [1]" not in text
    assert "A. Beck, M. Teboulle" in text and "\\" not in text


def test_a_number_without_a_lesson_is_named():
    """Catches: a site without the lesson that was asked for, and nobody told."""
    with pytest.raises(SystemExit, match="no lesson 77: say some of 00, 01"):
        script("build").chosen(["04", "77"])


def test_another_mathjax_is_refused(tmp_path, monkeypatch):
    """Catches: code in every page that is not the code that was tested."""

    def unpack(package, folder):
        (folder / "mathjax.tgz").write_bytes(b"something else")
        return folder / "package"

    mathjax = script("mathjax")
    monkeypatch.setattr(mathjax.npm, "unpack", unpack)
    with pytest.raises(SystemExit, match="SHA-512"):
        mathjax.fetch(tmp_path / "mathjax")
    assert not (tmp_path / "mathjax").exists()


def test_the_scripts_stay_small():
    """Catches: a part of the site that grows beyond one idea."""
    for path in [*SCRIPTS.glob("*.py"), *SCRIPTS.glob("static/*.js")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name

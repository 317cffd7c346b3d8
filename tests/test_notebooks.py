"""The lint of the lessons: their skeleton, predictions, cells, stored outputs and metadata.

Each rule is a function that takes a Lesson and yields its problems as sentences. The second half of this file breaks a
good little lesson in every way that a rule forbids, and looks that the rule, and no other, says so.
"""

import ast
import functools
import itertools
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from lessons import LESSONS, labs_in, labs_of, read, source

PREAMBLE = """import numpy as np

import deconvlab as dl
from deconvlab import figures, live
from deconvlab.exercises import check

figures.use_style()"""
WITH_MUSEUM = {
    "01",
    "03",
    "04",
    "05",
    "06",
    "07",
    "09",
    "10",
    "11",
    "12",
    "13",
    "14",
    "15",
}  # where the curriculum corrects a mistake of the seeds
DOOR = [
    "Does it work here?",
    "What you will be able to do",
    "How to move a slider",
    "The playground",
    "The map",
]
GLOSSARY = LESSONS[0].parent / "glossary.ipynb"
CODE_LINES, WORDS, MINUTES, BYTES = 20, 160, 50, 1_500_000
MACHINE_PATH = re.compile(r"(?:^|[\s'\"(=:,>])(/(?:home|root|tmp|Users|work)/|[A-Z]:\\)", re.MULTILINE)
WIDGET = "application/vnd.jupyter.widget-view+json"
RULES = []


@dataclass
class Lesson:
    """A stored notebook, taken apart."""

    name: str
    folder: Path
    notebook: dict
    size: int
    labs: dict = field(default_factory=dict)  # cell index: the Lab objects that the cell shows

    @property
    def number(self):
        return self.name[:2]

    @functools.cached_property
    def cells(self):
        return [(index, cell["cell_type"], source(cell), cell) for index, cell in enumerate(self.notebook["cells"])]

    @functools.cached_property
    def code(self):
        return [(index, text, cell) for index, kind, text, cell in self.cells if kind == "code"]

    @functools.cached_property
    def words(self):
        return [(index, text) for index, kind, text, _ in self.cells if kind == "markdown"]

    @functools.cached_property
    def sections(self):
        """Title of each ## section: index of its cell, and its text up to the next one, in order."""
        sections, title = [], None
        for index, text in self.words:
            for line in without_code(text).splitlines():
                if line.startswith("## "):
                    title = line[3:].strip()
                    sections.append([title, index, ""])
                elif title:
                    sections[-1][2] += line + "\n"
        return sections

    def section(self, title):
        return next((found for found in self.sections if found[0] == title), [title, None, ""])

    def outputs(self):
        """Each output of each code cell."""
        return [(index, output) for index, _, cell in self.code for output in cell.get("outputs", [])]

    def texts(self):
        """Each piece of text of each output, pictures left out."""
        for index, output in self.outputs():
            yield index, joined(output.get("text", ""))
            for kind, data in output.get("data", {}).items():
                if kind.startswith("text/"):
                    yield index, re.sub(r"base64,[A-Za-z0-9+/=\s]+", "base64,", joined(data))

    def at(self, index):
        """A cell as a reader finds it."""
        first = self.cells[index][2].strip().split("\n")[0]
        return f"cell {index + 1} ({first[:40]})"


def rule(function):
    RULES.append(function)
    return function


def lint(lesson):
    """All problems of a lesson."""
    return [problem for check in RULES for problem in check(lesson)]


def joined(text):
    return "".join(text)


def without_code(text):
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def items(text):
    """The list items of a piece of markdown."""
    return re.findall(r"^(?:[-*+]|\d+\.) +.*(?:\n[ \t]+.*)*", text, flags=re.MULTILINE)


def images_in(html):
    """The alt text of each <img>, None where it has none."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tag == "img" and found.append(dict(attributes).get("alt"))
    parser.feed(html)
    return found


# The skeleton


@rule
def starts_with_a_title_and_a_question(lesson):
    if not lesson.words or lesson.words[0][0] != 0 or not lesson.words[0][1].startswith("# "):
        yield "the first cell is not a markdown cell that starts with '# Title'"
    elif not any(line.strip().rstrip("*_").endswith("?") for line in lesson.words[0][1].splitlines()):
        yield "the first cell asks no question: no line of it ends with '?'"
    if any(re.search(r"^# ", without_code(text), re.MULTILINE) for _, text in lesson.words[1:]):
        yield "there is a second title '# ...'"


@rule
def has_its_sections_in_order(lesson):
    titles = [title for title, _, _ in lesson.sections]
    if lesson.number == "00":  # a door, not a lesson
        if titles != DOOR:
            yield f"the sections are {titles}, expected {DOOR}"
        return
    numbered = [title for title in titles if re.match(r"\d", title)]
    expected = [
        "What you will learn",
        "What you need",
        *numbered,
        "Summary",
        "Now you",
        "Going further",
    ]
    if titles != expected:
        yield f"the sections are {titles}, expected {expected}"
    if not 3 <= len(numbered) <= 6:
        yield f"there are {len(numbered)} numbered sections, expected 3 to 6"
    if [title.split(" ")[0] for title in numbered] != [f"{n}." for n in range(1, len(numbered) + 1)]:
        yield f"the numbered sections are {numbered}, expected 1., 2., 3. without gaps"


@rule
def says_what_one_learns_and_how_long_it_takes(lesson):
    if lesson.number == "00":
        return
    _, _, text = lesson.section("What you will learn")
    if not 3 <= len(items(text)) <= 5:
        yield f"'What you will learn' has {len(items(text))} list items, expected 3 to 5"
    said, minutes = re.search(r"\b[Aa]bout (\d+) minutes", text), core_minutes(lesson)
    if not said or int(said[1]) != minutes:
        yield f"'What you will learn' does not say 'about {minutes} minutes', which its core takes"
    if minutes > MINUTES:
        yield f"the core, title to summary, takes {minutes} minutes, expected at most {MINUTES}"


def core_minutes(lesson):
    """What a learner needs from the title to the summary: a minute for 60 words, and for 4 lines of code."""
    end = lesson.section("Summary")[1] or len(lesson.cells)
    core = [(kind, text) for index, kind, text, _ in lesson.cells if index <= end]
    words = sum(len(text.split()) for kind, text in core if kind == "markdown")
    lines = sum(bool(line.strip()) for kind, text in core if kind == "code" for line in text.splitlines())
    return round(words / 60 + lines / 4)


@rule
def has_the_preamble(lesson):
    first = 1 if lesson.number == "00" else 0  # the door checks the installation before anything is imported
    if len(lesson.code) <= first or lesson.code[first][1].strip() != PREAMBLE:
        yield f"the {('first', 'second')[first]} code cell is not the preamble:\n{PREAMBLE}"
        return
    need, first = (lesson.section(title)[1] for title in ("What you need", first_numbered(lesson)))
    if need is not None and first is not None and not need < lesson.code[0][0] < first:
        yield "the preamble does not stand between 'What you need' and the first numbered section"


def first_numbered(lesson):
    door = "How to move a slider"  # the door has no numbers; its first section after the picture
    return next((title for title, _, _ in lesson.sections if title.startswith("1.") or title == door), "1.")


@rule
def opens_with_a_picture(lesson):
    first = lesson.section(first_numbered(lesson))[1] or 0
    if not any(images_in(text) for index, text in lesson.texts() if index < first):
        yield "no picture stands before the first numbered section"


@rule
def ends_well(lesson):
    if lesson.section("Summary")[1] is not None and not re.search(r"^\|[ :|-]+\|$", lesson.section("Summary")[2], re.M):
        yield "'Summary' holds no table"
    if lesson.section("Now you")[1] is not None and not lesson.section("Now you")[2].strip():
        yield "'Now you' is empty"
    if lesson.section("Going further")[1] is None:
        return
    parts = dict(re.findall(r"^### (.+)\n((?:(?!### ).*\n)*)", lesson.section("Going further")[2], re.MULTILINE))
    for title in ("In practice", "Further reading"):
        if not parts.get(title, "").strip():
            yield f"'Going further' holds no '### {title}' with something in it"
    further = items(parts.get("Further reading", ""))
    if not 2 <= len(further) <= 4:
        yield f"'Further reading' has {len(further)} list items, expected 2 to 4"
    for item in further:
        if not re.search(r"\b10\.\d{4,}/|https?://", item):
            yield f"'Further reading': no DOI or address in {item[:60]!r}"


@rule
def visits_the_museum(lesson):
    if lesson.number in WITH_MUSEUM and not any(
        re.search(r"^### From the museum: \S", text, re.MULTILINE) for _, text in lesson.words
    ):
        yield "there is no box '### From the museum: ...'"


# Predict, try, explain


@rule
def has_a_lab(lesson):
    if not lesson.labs:
        yield "there is no lab"


@rule
def predicts_and_explains(lesson):
    if lesson.number == "00":
        return
    predicts = [index for index, text in lesson.words if "**Predict.**" in text]
    explains = [index for index, text in lesson.words if "**Explain.**" in text]
    if len(predicts) < 3:
        yield f"there are {len(predicts)} cells with **Predict.**, expected at least 3"
    for index, following in itertools.pairwise([*predicts, len(lesson.cells)]):
        lab = min((k for k in lesson.labs if k > index), default=None)
        if lab is None:
            yield f"{lesson.at(index)} predicts, and no lab follows"
            continue
        labels = {c.label or name for lab in lesson.labs[lab] for name, c in lab.controls.items()}
        bold = set(re.findall(r"\*\*(.+?)\*\*", lesson.cells[index][2])) - {"Predict."}
        if not bold & labels:
            yield f"{lesson.at(index)} names none of the controls of the next lab in bold: {sorted(labels)}"
        if not any(lab < explain < following for explain in explains):
            yield f"{lesson.at(index)}: no **Explain.** stands between the next lab and the next **Predict.**"


@rule
def never_says_play(lesson):
    for index, text in lesson.words:
        if re.search(r"play (around )?with the (slider|control|lab)", text, re.IGNORECASE):
            yield f"{lesson.at(index)} says 'play with the slider': name the control, a range, and what to watch"


# Cells


@rule
def keeps_cells_short(lesson):
    for index, text, _ in lesson.code:
        lines = len(text.strip().splitlines())
        if not 0 < lines <= CODE_LINES:
            yield f"{lesson.at(index)} has {lines} lines of code, expected 1 to {CODE_LINES}"
    for index, text in lesson.words:
        words = sum(any(map(str.isalnum, word)) for word in re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL).split())
        if words > WORDS:
            yield f"{lesson.at(index)} has {words} words, expected at most {WORDS}"
        if text.count("$$") > 2:
            yield f"{lesson.at(index)} has {text.count('$$') // 2} display formulas, expected one at most"


@rule
def is_plain_python_without_hidden_ways(lesson):
    for index, text, _ in lesson.code:
        try:
            tree = ast.parse(text)
        except SyntaxError:
            yield f"{lesson.at(index)} is not plain Python: no magics and no shell lines"
            continue
        for what, why in BANNED.items():
            if any(what in found for found in names_used(tree)):
                yield f"{lesson.at(index)} uses {what}: {why}"


BANNED = {
    "plt.show()": "a picture is the last line of its cell, so that it has alt text",
    "import *": "a reader cannot see where a name comes from",
    "sys.path": "the package is installed",
    "os.environ": "a lesson does not depend on the machine",
    "warnings.filterwarnings": "mend what warns",
    "warnings.simplefilter": "mend what warns",
    "get_ipython": "no magics",
    "random without a seed": "the numbers differ in each run: use np.random.default_rng(0)",
    "the clock": "the outputs differ in each run",
    "import requests": "lessons work offline",
    "import urllib": "lessons work offline",
    "import pooch": "lessons work offline",
    "import subprocess": "no shell",
}
SEEDED = {"Generator", "SeedSequence", "default_rng"}


def names_used(tree):
    """What a piece of code imports, calls and reads, in the words of BANNED."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (f"import {alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"import {node.module}"
            for alias in node.names:
                yield f"import {alias.name}"
                yield f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Attribute | ast.Name):
            name = ast.unparse(node)
            yield name
            if re.fullmatch(r"(np|numpy)\.random\.\w+", name) and node.attr not in SEEDED:
                yield "random without a seed"
        elif isinstance(node, ast.Call):
            name, arguments = ast.unparse(node.func), [ast.unparse(a) for a in [*node.args, *node.keywords]]
            if name == "plt.show":
                yield "plt.show()"
            if name.split(".")[-1] == "default_rng" and arguments in ([], ["None"], ["seed=None"]):
                yield "random without a seed"
            if name in ("time.time", "time.time_ns", "datetime.now", "datetime.datetime.now"):
                yield "the clock"


# What is stored


@rule
def was_run_from_top_to_bottom(lesson):
    counts = [cell.get("execution_count") for _, _, cell in lesson.code]
    if None in counts:
        yield f"{counts.count(None)} code cells were not run: nbval compares nothing there"
    elif counts != list(range(1, len(counts) + 1)):
        yield f"the execution counts are {counts}, expected 1 to {len(counts)} in order: run all cells after a restart"


@rule
def has_clean_outputs(lesson):
    for index, output in lesson.outputs():
        if output["output_type"] == "error":
            yield f"{lesson.at(index)} stores an error: {output.get('ename')}"
        if output.get("name") == "stderr":
            yield f"{lesson.at(index)} stores stderr: {joined(output['text'])[:60]!r}"
        if WIDGET in output.get("data", {}):
            yield f"{lesson.at(index)} stores a dead widget: run `python lab.py execute {lesson.number}`"
    for index, text in lesson.texts():
        if "Warning" in text:
            yield f"{lesson.at(index)} stores a warning: {text[:60]!r}"
        if path := MACHINE_PATH.search(text):
            yield f"{lesson.at(index)} stores a path of somebody's machine: {text[path.start() :][:40].strip()!r}"


@rule
def has_words_for_every_picture(lesson):
    for index, output in lesson.outputs():
        for kind in output.get("data", {}):  # beside text/html, which has the words, LaTeX finds its picture
            if kind.startswith("image/") and not images_in(joined(output["data"].get("text/html", ""))):
                yield f"{lesson.at(index)} stores {kind}, which has no alt text: show it with figures.show_images"
    pictures = [(index, alt) for index, text in lesson.texts() for alt in images_in(text)]
    for index, text in lesson.words:
        pictures += [(index, alt) for alt in [*images_in(text), *re.findall(r"!\[(.*?)\]\(", text)]]
    for index, alt in pictures:
        if not (alt or "").strip():
            yield f"{lesson.at(index)} has a picture without alt text"


@rule
def has_lean_metadata(lesson):
    metadata = lesson.notebook["metadata"]
    if metadata.get("kernelspec", {}).get("name") != "python3":
        yield f"the kernel is {metadata.get('kernelspec', {}).get('name')!r}, expected 'python3'"
    if extra := set(metadata) - {"kernelspec", "language_info"}:
        yield f"the metadata hold {sorted(extra)}, expected the kernelspec alone"
    if metadata.get("language_info", {"name": "python"}) != {"name": "python"}:
        yield "the metadata hold the version of somebody's Python"
    for index, _, _, cell in lesson.cells:
        if extra := set(cell["metadata"]) & {"execution", "ExecuteTime", "widgets"}:
            yield f"{lesson.at(index)} holds {sorted(extra)} in its metadata"
    ids = [cell.get("id") for _, _, _, cell in lesson.cells]
    if None in ids or len(set(ids)) < len(ids):
        yield "the cells' ids are missing or not unique"


@rule
def is_small(lesson):
    if lesson.size > BYTES:
        yield f"the file has {lesson.size / 1e6:.1f} MB, expected at most {BYTES / 1e6:.1f}"


@rule
def links_to_files_that_exist(lesson):
    for index, text in lesson.words:
        for target in re.findall(r"\]\(<?([^)\s>]+)", without_code(text)):
            path = target.split("#")[0]
            if path and not re.match(r"[a-z]+:", path) and not (lesson.folder / path).exists():
                yield f"{lesson.at(index)} links to {path}, which does not exist"


def test_lessons_have_numbers_and_one_number_each():
    numbers = [path.name[:2] for path in LESSONS]
    assert numbers and len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"\d\d(-[a-z0-9]+)+\.ipynb", path.name) for path in LESSONS)
    others = set(LESSONS[0].parent.glob("*.ipynb")) - set(LESSONS)
    assert others == {GLOSSARY}, "a notebook without a number is checked by nobody"


def test_every_lesson_is_tried_in_its_kernel(request):
    """Catches: trials that `conftest.py` no longer finds, after a change of its pattern, of theirs or of nbval."""
    import trials  # which imports this file, in every kernel: so it does without nbval
    from nbval.plugin import IPyNbFile

    cells = IPyNbFile.from_parent(request.session, path=LESSONS[0])
    names = [cell.name for cell in request.node.ihook.pytest_make_collect_report(collector=cells).result]
    asked = [name for name, thing in vars(trials).items() if (thing.__doc__ or "").startswith("Catches:")]
    assert len(asked) > 3 and names[0] == "watch" and names[-len(asked) :] == asked


def test_the_glossary_is_in_order_and_links_to_lessons_that_use_the_word():
    """Catches: a word that no lesson explains, a lesson that has moved, a word that stands twice."""
    text = "\n".join(map(source, read(GLOSSARY)["cells"]))
    rows = re.findall(r"^\| (.+?) \| (.+?) \| \[(\d\d)\]\((.+?)\) \|$", text, re.MULTILINE)
    words = [word for word, *_ in rows]
    assert len(rows) == text.count("\n| ") - text.count("| word |") > 50
    assert words == sorted(set(words), key=str.lower)
    for word, meaning, number, file in rows:
        lesson = GLOSSARY.with_name(file)
        assert file.startswith(number) and lesson.exists() and meaning.strip(), (word, file)
        told = "\n".join(map(source, read(lesson)["cells"])).lower()
        assert re.sub(r"(?:'s)? .*", "", word.lower()) in told, f"{file} does not mention {word!r}"


# The lint itself, on a good little lesson and on broken ones

LAB = """@live.lab(level=live.Slider(0.5, 0, 1, label="grey level", help="truth"))
def grey(level):
    return live.Frame(images={"grey": np.full((4, 4), level)})

grey"""
IMG = '<figure><img alt="A grey square." src="data:image/png;base64,AAAA/home/BBBB"></figure>'
BARE_PNG = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "AAAA", "text/plain": "<Figure>"}}
PICTURE = {"text/html": IMG, "image/png": "AAAA/home/BBBB", "text/plain": "Picture: grey"}


def markdown(text, index):
    return {"cell_type": "markdown", "id": f"cell-{index}", "metadata": {}, "source": text}


def code(text, index, **data):
    outputs = [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 0}] if data else []
    return {"cell_type": "code", "id": f"cell-{index}", "metadata": {}, "source": text, "outputs": outputs}


def good_notebook():
    """The smallest lesson that keeps all rules, as a list of cells with their kind in front."""
    texts = [
        "# Show a grey square\n\n**How grey is it?**",
        "## What you will learn\n\nAbout 8 minutes\n\n- see\n- hear\n- feel",
        "## What you need\n\nNothing.",
        ("code", PREAMBLE, {}),
        ("code", 'figures.show_images({"grey": np.ones((4, 4))})', PICTURE),
    ]
    for n in (1, 2, 3):
        texts += [
            f"## {n}. Look\n\n$$a = b$$",
            "> **Predict.** Move **grey level** to 1. The square will (a) darken, (b) brighten.",
            ("code", LAB, {"text/html": IMG, "text/plain": "Lab grey: sliders level."}),
            "> **Explain.** More light is brighter: the answer is (b).",
        ]
    texts += [
        "### From the museum: a square",
        "## Summary\n\n| method | fails |\n|---|---|\n| looking | in the dark |",
        "## Now you\n\nLook again, [here](03-good.ipynb#look) or ![a square](data:image/png;base64,AA).",
        "## Going further\n\n### In practice\n\nOpen your eyes.",
        "### Further reading\n\n- A book, doi:10.1137/1.9780898718874\n- A page, https://example.org",
    ]
    cells = [
        code(text[1], k, **text[2]) if isinstance(text, tuple) else markdown(text, k) for k, text in enumerate(texts)
    ]
    for count, cell in enumerate((cell for cell in cells if cell["cell_type"] == "code"), 1):
        cell["execution_count"] = count
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def cell_with(notebook, text):
    return next(cell for cell in notebook["cells"] if text in cell["source"])


def put(notebook, old, new):
    """Replace a piece of text where it stands first."""
    cell = cell_with(notebook, old)
    cell["source"] = cell["source"].replace(old, new)


def drop(notebook, text):
    """Take out the first cell that holds a text, and count the others anew."""
    notebook["cells"].remove(cell_with(notebook, text))
    for count, cell in enumerate((cell for cell in notebook["cells"] if cell["cell_type"] == "code"), 1):
        cell["execution_count"] = count


def output(notebook, text, **change):
    """Change the first output of the first cell that holds a text."""
    cell_with(notebook, text)["outputs"][0].update(change)


def append(notebook, line):
    """A line more in the cell of the first picture, before the picture."""
    cell = cell_with(notebook, "show_images")
    cell["source"] = f"{line}\n{cell['source']}"


def add_words(notebook, number):
    """So many more words in the first section."""
    place = notebook["cells"].index(cell_with(notebook, "## 1. Look")) + 1
    for k in range(number // 140):
        notebook["cells"].insert(place, markdown("word " * 140, f"more-{k}"))


def lesson_of(notebook, folder, name="03-good.ipynb"):
    """A notebook as a Lesson, whose labs are those of the good one, wherever it shows them."""
    (folder / "03-good.ipynb").touch()
    labs = {k: good_lab() for k, cell in enumerate(notebook["cells"]) if source(cell) == LAB}
    lesson = Lesson(name, folder, notebook, len(json.dumps(notebook)), labs)
    for cell in notebook["cells"]:  # it says the right minutes, unless the text about them was changed
        cell["source"] = source(cell).replace("About 8 minutes", f"About {core_minutes(lesson)} minutes")
    return Lesson(name, folder, notebook, len(json.dumps(notebook)), labs)


@functools.cache
def good_lab():
    return next(iter(labs_of(good_notebook(), Path(__file__).parent).values()))


def test_a_good_lesson_has_no_problems(tmp_path):
    notebook = good_notebook()
    assert lint(lesson_of(notebook, tmp_path)) == []
    assert lint(lesson_of(json.loads(json.dumps(notebook), object_hook=with_lines), tmp_path)) == []


def test_the_labs_of_a_notebook_are_found_where_it_shows_them(tmp_path):
    labs = labs_of(good_notebook(), tmp_path)
    assert {index: [lab.__name__ for lab in shown] for index, shown in labs.items()} == {
        7: ["grey"],
        11: ["grey"],
        15: ["grey"],
    }
    texts = ["", "x = 1", "display(lab, lab)", "lab;", "lab", "lab.values"]
    cells = [
        code("from deconvlab import live\n" + LAB.replace("grey\n", "lab = grey\n"), 0),
        *map(code, texts, range(1, 7)),
    ]
    cells[0]["source"] = cells[0]["source"].replace("def grey", "def lab").removesuffix("grey")
    assert {index: len(shown) for index, shown in labs_of({"cells": cells}, tmp_path).items()} == {3: 2, 4: 1, 5: 1}


def with_lines(thing):
    """As notebooks are stored: each text as a list of lines."""
    lines = {key: thing[key].splitlines(True) for key in ("source", "text", "text/html", "text/plain") if key in thing}
    return {**thing, **lines}


def test_the_door_has_sections_of_its_own(tmp_path):
    """A door without a map, or one that imports before it has checked that it can."""
    door = next(path for path in LESSONS if path.name.startswith("00"))
    notebook, labs = read(door), labs_in(door)
    for path in [*LESSONS, GLOSSARY]:
        (tmp_path / path.name).touch()

    def problems(cells):
        return lint(Lesson(door.name, tmp_path, {**notebook, "cells": cells}, 1000, labs))

    assert problems(notebook["cells"]) == []
    without_map = [c for c in notebook["cells"] if not source(c).startswith("## The map")]
    assert any("the sections are" in problem for problem in problems(without_map))
    late = [c for c in notebook["cells"] if "importlib" not in source(c)]
    assert any("second code cell is not the preamble" in problem for problem in problems(late))


BROKEN = {
    "no title": (
        lambda n: put(n, "# Show", "Show"),
        "the first cell is not a markdown cell that starts with '# Title'",
    ),
    "code first": (
        lambda n: n["cells"].insert(0, n["cells"].pop(3)),
        ["the first cell is not", "the preamble does not stand"],
    ),
    "no question": (lambda n: put(n, "is it?", "it is."), "asks no question"),
    "two titles": (lambda n: put(n, "Nothing.", "Nothing.\n\n# Again"), "a second title"),
    "a section missing": (lambda n: drop(n, "## Now you"), "the sections are"),
    "a section more": (lambda n: put(n, "Nothing.", "Nothing.\n\n## Notes"), "the sections are"),
    "a gap": (lambda n: put(n, "## 3.", "## 4."), "without gaps"),
    "few sections": (lambda n: put(n, "## 3.", "### 3."), "there are 2 numbered sections"),
    "few verbs": (lambda n: put(n, "- see\n", ""), "'What you will learn' has 2 list items"),
    "many verbs": (lambda n: put(n, "- see\n", "- see\n" * 4), "'What you will learn' has 6 list items"),
    "no minutes": (lambda n: put(n, "8 minutes", "no time"), "does not say 'about"),
    "a guess": (lambda n: put(n, "8 minutes", "45 minutes"), "does not say 'about"),
    "a long lesson": (lambda n: add_words(n, 45 * 60), "minutes, expected at most 50"),
    "a longer preamble": (lambda n: put(n, "use_style()", "use_style()\nx = 1"), "is not the preamble"),
    "no first picture": (
        lambda n: output(n, "show_images", data={"text/plain": "Picture: grey"}),
        "no picture stands before the first numbered section",
    ),
    "no table": (lambda n: put(n, "|---|---|\n", ""), "'Summary' holds no table"),
    "little reading": (lambda n: put(n, "\n- A page, https://example.org", ""), "'Further reading' has 1 list items"),
    "no address": (lambda n: put(n, "https://example.org", "somewhere"), "no DOI or address in '- A page, somewhere'"),
    "nothing in practice": (lambda n: put(n, "Open your eyes.", ""), "holds no '### In practice'"),
    "no task": (
        lambda n: (
            put(n, "Look again, [here](03-good.ipynb#look)", "")
            or put(n, " or ![a square](data:image/png;base64,AA).", "")
        ),
        "'Now you' is empty",
    ),
    "no museum": (lambda n: drop(n, "museum"), "no box '### From the museum: ...'"),
    "no lab": (
        lambda n: [put(n, LAB, "grey = 1") for _ in range(3)],
        ["there is no lab", *3 * ["predicts, and no lab follows"]],
    ),
    "two predictions": (
        lambda n: (drop(n, "**Predict.**"), drop(n, "**Explain.**")),
        "there are 2 cells with **Predict.**",
    ),
    "no explanation": (lambda n: drop(n, "**Explain.**"), "no **Explain.** stands between"),
    "no lab after the prediction": (
        lambda n: n["cells"].insert(-1, markdown("**Predict.** Move **grey level**.", "late")),
        ["predicts, and no lab follows"],
    ),
    "a control that the lab has not": (lambda n: put(n, "**grey level**", "**epsilon**"), "in bold: ['grey level']"),
    "a control not in bold": (lambda n: put(n, "**grey level**", "grey level"), "in bold: ['grey level']"),
    "a prediction about nothing": (lambda n: put(n, "**grey level**", "the slider"), "names none of the controls"),
    "play": (lambda n: put(n, "Nothing.", "Play with the slider!"), "says 'play with the slider'"),
    "an empty cell": (lambda n: n["cells"][4].update(source=""), "has 0 lines of code"),
    "a long cell": (lambda n: append(n, "x = 1\n" * 20), "has 22 lines of code"),
    "many words": (lambda n: put(n, "Nothing.", "word " * 161), "words, expected at most 160"),
    "two formulas": (lambda n: put(n, "$$a = b$$", "$$a$$ $$b$$"), "has 2 display formulas"),
    "plt.show": (lambda n: append(n, "plt.show()"), "uses plt.show()"),
    "star import": (lambda n: append(n, "from math import *"), "uses import *"),
    "sys.path": (lambda n: append(n, "import sys; sys.path.append('.')"), "uses sys.path"),
    "os.environ": (lambda n: append(n, "import os; os.environ['A'] = '1'"), "uses os.environ"),
    "environ": (lambda n: append(n, "from os import environ"), "uses os.environ"),
    "filterwarnings": (lambda n: append(n, "import warnings; warnings.filterwarnings('ignore')"), "mend what warns"),
    "get_ipython": (lambda n: append(n, "get_ipython()"), "uses get_ipython"),
    "default_rng()": (lambda n: append(n, "np.random.default_rng()"), "random without a seed"),
    "default_rng(None)": (lambda n: append(n, "rng = np.random.default_rng(None)"), "random without a seed"),
    "np.random.rand": (lambda n: append(n, "np.random.rand(3)"), "random without a seed"),
    "time": (lambda n: append(n, "import time; t = time.time()"), "uses the clock"),
    "requests": (lambda n: append(n, "import requests"), "uses import requests"),
    "urllib": (lambda n: append(n, "from urllib.request import urlopen"), "uses import urllib"),
    "a magic": (lambda n: append(n, "%matplotlib inline"), "not plain Python"),
    "a shell line": (lambda n: append(n, "!pip install x"), "not plain Python"),
    "not run": (lambda n: n["cells"][4].update(execution_count=None), "1 code cells were not run"),
    "run in disorder": (lambda n: n["cells"][4].update(execution_count=9), "the execution counts are [1, 9, 3"),
    "an error": (
        lambda n: n["cells"][3]["outputs"].append({"output_type": "error", "ename": "NameError", "evalue": ""}),
        "stores an error: NameError",
    ),
    "stderr": (
        lambda n: n["cells"][3]["outputs"].append({"output_type": "stream", "name": "stderr", "text": ["oh", "no"]}),
        "stores stderr: 'ohno'",
    ),
    "a warning": (
        lambda n: n["cells"][3]["outputs"].append(
            {"output_type": "stream", "name": "stdout", "text": "FutureWarning: x"}
        ),
        "stores a warning",
    ),
    "a dead widget": (
        lambda n: cell_with(n, "@live.lab")["outputs"][0]["data"].update({WIDGET: {"model_id": "x"}}),
        "stores a dead widget",
    ),
    "a path": (
        lambda n: n["cells"][3]["outputs"].append({"output_type": "stream", "name": "stdout", "text": "in /tmp/x.png"}),
        "stores a path of somebody's machine: '/tmp/x.png'",
    ),
    "a Windows path": (
        lambda n: output(n, "show_images", data={"text/html": IMG + "C:\\Users\\me", "text/plain": "Picture"}),
        "stores a path of somebody's machine",
    ),
    "no alt": (
        lambda n: output(n, "@live.lab", data={"text/html": "<img src='x'>", "text/plain": "Lab grey"}),
        "has a picture without alt text",
    ),
    "an empty alt": (
        lambda n: output(n, "@live.lab", data={"text/html": "<img alt=' '>", "text/plain": "Lab grey"}),
        "has a picture without alt text",
    ),
    "a bare PNG": (
        lambda n: n["cells"][4]["outputs"].append(BARE_PNG),
        "stores image/png, which has no alt text",
    ),
    "a markdown picture": (lambda n: put(n, "![a square]", "![]"), "has a picture without alt text"),
    "another kernel": (lambda n: n["metadata"]["kernelspec"].update(name="my-venv"), "the kernel is 'my-venv'"),
    "widget state": (lambda n: n["metadata"].update(widgets={}), "the metadata hold ['widgets']"),
    "a version": (
        lambda n: n["metadata"].update(language_info={"name": "python", "version": "3.12"}),
        "the version of somebody's Python",
    ),
    "timings": (lambda n: n["cells"][3]["metadata"].update(execution={"x": 1}), "holds ['execution'] in its metadata"),
    "one id twice": (lambda n: n["cells"][3].update(id=n["cells"][4]["id"]), "ids are missing or not unique"),
    "no id": (lambda n: n["cells"][3].pop("id"), "ids are missing or not unique"),
    "a broken link": (lambda n: put(n, "(03-good.ipynb#look)", "(05-gone.ipynb)"), "links to 05-gone.ipynb"),
    "a large file": (lambda n: n["cells"][2].update(attachments={"a": "x" * BYTES}), "the file has 1.5 MB"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_lint_finds(name, tmp_path):
    change, expected = BROKEN[name]
    notebook = good_notebook()
    change(notebook)
    problems = lint(lesson_of(notebook, tmp_path))
    expected = [expected] if isinstance(expected, str) else expected
    assert len(problems) == len(expected), problems
    assert all(phrase in problem for phrase, problem in zip(expected, problems, strict=True)), problems


def test_every_rule_is_broken_once(tmp_path):
    """A rule that no broken lesson breaks may be one that never fires."""
    fired = set()
    for change, _ in BROKEN.values():
        notebook = good_notebook()
        change(notebook)
        lesson = lesson_of(notebook, tmp_path)
        fired |= {check.__name__ for check in RULES if list(check(lesson))}
    assert fired == {check.__name__ for check in RULES}

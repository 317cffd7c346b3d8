"""The solved exercises, the learners' copies, and every wrong answer that somebody has thought of."""

import contextlib
import importlib
import io
import json
import re
import zipfile
from pathlib import Path

import matplotlib
import pytest
from lessons import LESSONS, read, source

from deconvlab import exercises
from deconvlab.exercises.__main__ import as_text, copy_for_learners, hand_out, make_copies

ROOT = Path(__file__).parent.parent
SOLVED = sorted((ROOT / "notebooks/solutions").glob("*.ipynb"))
COPIES = sorted((ROOT / "notebooks/exercises").glob("*.ipynb"))
every_solved = pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.name[:2])
every_copy = pytest.mark.parametrize("path", COPIES, ids=lambda path: path.name[:2])


def grading(cell):
    return cell["metadata"].get("nbgrader", {})


def checks(notebook):
    """The names that a notebook checks, in its order."""
    text = "\n".join(source(cell) for cell in notebook["cells"] if cell["cell_type"] == "code")
    return re.findall(r'^check\("([^"]+)"', text, re.MULTILINE)


def lesson_of(path):
    return importlib.import_module(f"deconvlab.exercises.lesson_{path.name[:2]}")


def printed(notebook, folder):
    """What the code of a notebook prints, run in this process."""
    namespace, out = {"__name__": "__main__"}, io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), matplotlib.rc_context():
        for number, cell in enumerate(notebook["cells"], 1):
            if cell["cell_type"] == "code":
                exec(compile(source(cell), f"<cell {number}>", "exec"), namespace)
    return out.getvalue()


def verdicts_in(text):
    """The names that were checked, and what was said of them."""
    return re.findall(r"^(\d\d-[a-z0-9-]+): (.*)$", text, re.MULTILINE)


def test_each_copy_comes_from_a_solved_one():
    """Catches: a copy that was edited, forgotten, or left behind. Mend: python lab.py exercises"""
    made = {path.name: as_text(copy_for_learners(read(path))) for path in SOLVED}
    assert {path.name: path.read_text(encoding="utf-8") for path in COPIES} == made


@every_solved
def test_solved_exercises_are_in_the_graders_format(path):
    """Catches: a solution that stays in the copy, a check without points, an exercise without a text or a time."""
    notebook, seen = read(path), set()
    lesson = next((ROOT / "notebooks").glob(f"{path.name[:2]}-*.ipynb"))
    assert path.name == lesson.name and f"../{lesson.name}" in source(notebook["cells"][0])
    exercise, points = [], 0
    for cell in notebook["cells"]:
        g, text = grading(cell), source(cell)
        assert g["schema_version"] == 3 and g["grade_id"] == cell["id"] and g["grade_id"] not in seen
        seen.add(g["grade_id"])
        assert g["solution"] == ("### BEGIN SOLUTION" in text) and g["locked"] != g["solution"]
        assert g["grade"] == text.startswith("check(") and (g["grade"] == ("points" in g))
        points += g.get("points", 0)
        assert cell["cell_type"] == "markdown" or len(text.splitlines()) <= 20
        if text.startswith("## "):
            exercise.append(text)
            assert text.startswith(f"## {len(exercise)}. ") and len(text.split()) <= 160
    times = [int(re.search(r"^\*[^*]*, (\d+) minutes\.\*", text, re.MULTILINE)[1]) for text in exercise]
    assert 3 <= len(exercise) <= 5 and all(5 <= minutes <= 20 for minutes in times) and points >= len(exercise)
    assert any(re.search(r"\bbug\b", text) for text in exercise)
    assert any("Pencil and paper" in text for text in exercise)


@every_solved
def test_every_task_is_set_and_every_check_known(path):
    """Catches: a judge that no notebook calls, a name that was misspelt, a task without two hints."""
    tasks = lesson_of(path).tasks
    assert checks(read(path)) == list(tasks)
    assert all(len(hints) == 2 for _, hints in tasks.values())


@every_solved
def test_solved_exercises_are_right(path):
    """Catches: a solution that its own check refuses. That it prints what is stored, nbval sees."""
    outputs = [output for cell in read(path)["cells"] for output in cell.get("outputs", [])]
    verdicts = verdicts_in("".join("".join(output.get("text", "")) for output in outputs))
    assert [name for name, _ in verdicts] == checks(read(path))
    assert all(verdict.startswith("right.") for _, verdict in verdicts), verdicts


@every_copy
def test_untouched_copies_run_and_are_not_answered(path):
    """Catches: a copy that stops before the learner has begun, or counts as right."""
    verdicts = verdicts_in(printed(read(path), path.parent))
    assert [name for name, _ in verdicts] == checks(read(path))
    assert all(verdict.startswith("not answered yet.") for _, verdict in verdicts), verdicts


@every_copy
def test_no_copy_holds_a_solution(path):
    """Catches: lines of a solution, its marks, hidden tests or outputs in what is handed out."""
    text, solved = path.read_text(encoding="utf-8"), read(ROOT / "notebooks/solutions" / path.name)
    assert "SOLUTION" not in text and "HIDDEN" not in text
    lines = {line for cell in json.loads(text)["cells"] for line in source(cell).splitlines()}
    for cell in solved["cells"]:
        for part in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source(cell), re.DOTALL):
            secret = [line for line in part.splitlines() if len(line.strip()) > 12]
            # a program with a bug shows some right lines of its own; not all of them
            assert not secret or not set(secret) <= lines
    assert all(not cell.get("outputs") for cell in json.loads(text)["cells"])


ANSWERS = [
    (name, kind, words, answer)
    for path in SOLVED
    for name, answers in importlib.import_module(f"answers.lesson_{path.name[:2]}").ANSWERS.items()
    for kind, listed in answers.items()
    for words, answer in (listed.items() if kind == "wrong" else (("", answer) for answer in listed))
]


@pytest.mark.parametrize(("name", "kind", "words", "answer"), ANSWERS, ids=[f"{n}-{k}-{w}" for n, k, w, _ in ANSWERS])
def test_answers_get_the_verdict_that_they_deserve(name, kind, words, answer, capsys):
    """Catches: a right answer in another writing that is refused, a mistake that is praised, or has another's name.

    Most judges draw their inputs anew: each has five answers or more, so other inputs every time.
    """
    exercises.check(name, answer)
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(f"{name}: right." if kind == "right" else f"{name}: not right."), said
    assert words in said, said


@every_solved
def test_each_check_was_tried_with_right_and_wrong_answers(path):
    answers = importlib.import_module(f"answers.lesson_{path.name[:2]}").ANSWERS
    assert list(answers) == list(lesson_of(path).tasks)
    assert all(len(a["right"]) >= 2 and len(a["wrong"]) >= 3 for a in answers.values())


# What is handed out


@pytest.fixture
def course(tmp_path):
    """A course of three lessons, one of them with exercises."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "outputs": [{"text": "secret"}]}
    solved = "def f(x):\n    ### BEGIN SOLUTION\n    return 'secret'\n    ### END SOLUTION"
    (tmp_path / "solutions").mkdir()
    for name in ("00-start-here", "03-a", "04-b", "glossary", "solutions/04-b"):
        text = solved if "solutions" in name else "1 + 1"
        notebook = {"cells": [{**cell, "source": text}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / f"{name}.ipynb").write_text(as_text(notebook), encoding="utf-8")
    make_copies(tmp_path)
    return tmp_path


def test_copies_are_made_anew(course, capsys):
    """Catches: a copy that differs from run to run, or stays after its source has gone."""
    copy = course / "exercises/04-b.ipynb"
    first = copy.read_bytes()
    assert json.loads(first)["cells"][0]["source"] == ["def f(x):\n", "    ..."]
    (course / "exercises/05-gone.ipynb").write_text("{}", encoding="utf-8")
    make_copies(course)
    assert copy.read_bytes() == first and [path.name for path in copy.parent.iterdir()] == ["04-b.ipynb"]


def test_a_handout_holds_the_chosen_lessons_and_no_solution(course, capsys):
    """Catches: a solution, its outputs or another lesson in the zip file."""
    hand_out(["04"], course, course)
    with zipfile.ZipFile(course / "handout-04.zip") as file:
        assert file.namelist() == ["00-start-here.ipynb", "glossary.ipynb", "04-b.ipynb", "exercises/04-b.ipynb"]
        assert b"secret" not in file.read("exercises/04-b.ipynb")
    with pytest.raises(SystemExit, match="No lesson has the number 4: say two digits"):
        hand_out(["4"], course, course)


def test_no_handout_of_the_course_holds_a_solution(tmp_path, capsys):
    """Catches: a solved notebook, or a part of one, in the zip file that a teacher makes."""
    numbers = [path.name[:2] for path in COPIES]
    hand_out(numbers, ROOT / "notebooks", tmp_path)
    with zipfile.ZipFile(tmp_path / f"handout-{'-'.join(numbers)}.zip") as file:
        assert sum(name.startswith("exercises/") for name in file.namelist()) == len(COPIES)
        assert not any("solution" in name or b"### BEGIN SOLUTION" in file.read(name) for name in file.namelist())


def test_teachers_find_every_lesson():
    """Catches: a lesson that TEACHING.md does not know, or minutes for its exercises that it does not promise."""
    text = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
    assert [path.name[:2] for path in LESSONS] == re.findall(r"^\| (\d\d) [A-Z]", text, re.MULTILINE)
    low, high = map(int, re.search(r"another (\d+) to (\d+) minutes a lesson", text).groups())
    for path in COPIES:
        code = "\n".join(source(cell) for cell in read(path)["cells"])
        minutes = sum(map(int, re.findall(r"^\*[^*]*, (\d+) minutes\.\*", code, re.MULTILINE)))
        assert low <= minutes <= high, f"{path.name}: {minutes}"


# Predictions of the lessons


@pytest.mark.parametrize("path", LESSONS[1:], ids=lambda path: path.name[:2])
def test_every_prediction_gets_its_verdict(path):
    """Catches: a prediction that nothing compares, a verdict before the lab or after the answer, a letter left out."""
    cells = read(path)["cells"]
    texts, number = [source(cell) for cell in cells], path.name[:2]
    asked = [
        (k, re.match(r"prediction_\d+", text)[0]) for k, text in enumerate(texts) if text.startswith("prediction_")
    ]
    assert len(asked) >= 3
    for k, name in asked:
        letters = re.findall(r"\(([a-e])\)", next(text for text in texts[k - 1 :: -1] if "**Predict.**" in text))
        call = f'check("{number}-{name.replace("_", "-")}", {name}, '
        verdicts = [j for j, text in enumerate(texts) if call in text]
        explain = next(j for j in range(k, len(texts)) if "**Explain" in texts[j])
        assert len(verdicts) == 1, f"no verdict on {name}: {call}..."
        shown = [
            j for j in range(k, verdicts[0] + 1) if any("text/html" in o.get("data", {}) for o in cells[j]["outputs"])
        ]
        assert shown, f"the verdict on {name} stands before its lab"
        assert verdicts[0] < explain, f"the answer to {name} stands before its verdict"
        asked_for = re.search(re.escape(call) + r"(.*?)\)$", texts[verdicts[0]], re.DOTALL | re.MULTILINE)[1]
        assert sorted(set(letters)) == re.findall(r"(?<![\w.])([a-e])=(?!=)", asked_for), f"{name}: letters {letters}"
        said = "".join("".join(o.get("text", "")) for o in cells[verdicts[0]]["outputs"])
        assert f"{number}-{name.replace('_', '-')}: not answered yet." in said

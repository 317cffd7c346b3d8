"""The solved exercises are what nbgrader wants: it hands out, grades, and gives the grades that are deserved."""

import csv
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from lessons import read, source

ROOT = Path(__file__).parent.parent
SOLVED = ROOT / "notebooks/solutions"
LESSON = "04-divide-out-the-blur.ipynb"
POINTS = sum(cell["metadata"]["nbgrader"].get("points", 0) for cell in read(SOLVED / LESSON)["cells"])


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """Its commands, installed apart from the learner's packages, which it sees."""
    place = tmp_path_factory.mktemp("teach")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    (Path(packages) / "learners.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    pip = [python, "-m", "pip", "install", "-q", "--no-compile", "-c", ROOT / "constraints.txt", *extras["teach"]]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        message = f"nbgrader could not be installed: {done.stderr[-500:]}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    settings = {**os.environ, "PATH": os.pathsep.join([str(scripts), os.environ["PATH"]])}

    def run(folder, *apps):
        """Run some of its commands, each an app with its arguments, in one process."""
        code = "from nbgrader import apps\n" + "".join(
            f"apps.{app}.launch_instance({words})\napps.{app}.clear_instance()\n" for app, *words in apps
        )
        done = subprocess.run([python, "-c", code], cwd=folder, env=settings, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def course(tmp_path_factory, nbgrader):
    """A class of three: solved, untouched, and one exercise right of which all others are wrong."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(SOLVED / "nbgrader_config.py", folder)
    (folder / "source/04").mkdir(parents=True)
    shutil.copy(SOLVED / LESSON, folder / "source/04")
    nbgrader(folder, ("GenerateAssignmentApp", "04"))
    for learner in ("right", "untouched", "wrong"):
        (folder / "submitted" / learner / "04").mkdir(parents=True)
    handed_out = folder / "release/04" / LESSON
    shutil.copy(SOLVED / LESSON, folder / "submitted/right/04")
    shutil.copy(handed_out, folder / "submitted/untouched/04")
    wrong = read(handed_out)
    answers = {
        "gain_of_the_wave": "gain_of_the_wave = 20",
        "def divide": "divide = dl.inverse_filter",
        "def blur(": "blur = 1 / 0",
        "check(": "print('passed')",  # a learner may edit the check: the grader's own comes back
    }
    for cell in wrong["cells"]:
        for start, answer in answers.items():
            if cell["cell_type"] == "code" and source(cell).startswith(start):
                cell["source"] = answer
    (folder / "submitted/wrong/04" / LESSON).write_text(json.dumps(wrong), encoding="utf-8")
    nbgrader(folder, ("AutogradeApp", "04"), ("ExportApp",))
    return folder


def test_what_is_handed_out_is_the_learners_copy(course):
    """Catches: a solution that nbgrader leaves in, a stub that raises, a copy of ours that differs from its own."""

    def code(path):
        cells = [source(cell).split() for cell in read(path)["cells"] if cell["cell_type"] == "code"]
        return [words[:-1] if words[-2:] == ["...", "..."] else words for words in cells]  # its stub under a name's own

    assert code(course / "release/04" / LESSON) == code(ROOT / "notebooks/exercises" / LESSON)


def test_everybody_gets_the_grade_that_is_deserved(course):
    """Catches: a check that costs nothing, points without an answer, an error that stops the grading of the rest."""
    rows = csv.DictReader((course / "grades.csv").read_text(encoding="utf-8").splitlines())
    grades = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in rows}
    assert grades == {"right": (POINTS, POINTS), "untouched": (0, POINTS), "wrong": (2, POINTS)}


def test_the_graded_copy_names_the_mistake(course):
    graded = (course / "autograded/wrong/04" / LESSON).read_text(encoding="utf-8")
    assert "where is epsilon?" in graded and "ZeroDivisionError" in graded

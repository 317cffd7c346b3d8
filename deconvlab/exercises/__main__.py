"""For teachers, behind ``python lab.py``: the learners' copies of the exercises, and what is handed out."""

import json
import sys
import zipfile
from pathlib import Path

BEGIN, END, STUB = "### BEGIN SOLUTION", "### END SOLUTION", "..."
NOTEBOOKS = Path("notebooks")


def copy_for_learners(notebook):
    """The notebook without solutions and outputs; what a learner replaces is ``...``."""
    cells = []
    for cell in notebook["cells"]:
        cell = {**cell, "source": _without_solution(cell["source"])}
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
        cells.append(cell)
    return {**notebook, "cells": cells}


def _without_solution(source):
    lines, inside = [], False
    for line in "".join(source).splitlines():
        if line.lstrip() == BEGIN:
            inside, indent = True, line[: -len(BEGIN)]
            if indent:  # a function needs a body; a name has its ``...`` above
                lines.append(indent + STUB)
        elif line.lstrip() == END:
            inside = False
        elif not inside:
            lines.append(line)
    if inside:
        raise ValueError(f"{BEGIN} without {END}")
    return "\n".join(lines).splitlines(keepends=True)


def as_text(notebook):
    """A notebook as it is stored, always the same for the same."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def make_copies(notebooks=NOTEBOOKS):
    """Write the learners' copies anew."""
    copies = notebooks / "exercises"
    copies.mkdir(exist_ok=True)
    for old in copies.glob("*.ipynb"):
        old.unlink()
    for path in sorted(notebooks.glob("solutions/*.ipynb")):
        copy = as_text(copy_for_learners(json.loads(path.read_text(encoding="utf-8"))))
        (copies / path.name).write_text(copy, encoding="utf-8", newline="\n")
    print(f"{len(list(copies.glob('*.ipynb')))} notebooks in {copies}, without solutions.")


def hand_out(numbers, notebooks=NOTEBOOKS, folder=Path()):
    """Put the start, the glossary, these lessons and the learners' copies of their exercises into a zip file."""
    chosen = [notebooks / "00-start-here.ipynb", notebooks / "glossary.ipynb"]
    for number in numbers:
        found = sorted(notebooks.glob(f"{number}-*.ipynb"))
        if not found:
            sys.exit(f"No lesson has the number {number}: say two digits, such as 04.")
        chosen += found + sorted(notebooks.glob(f"exercises/{number}-*.ipynb"))
    target = folder / f"handout-{'-'.join(numbers)}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for path in dict.fromkeys(chosen):
            file.write(path, path.relative_to(notebooks))
    print(f"{target}: {len(dict.fromkeys(chosen))} notebooks, without solutions.")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["exercises"]:
            make_copies()
        case ["handout", _, *_]:
            hand_out(sys.argv[2:])
        case _:
            sys.exit("Say: python lab.py exercises, or: python lab.py handout 04 05")

"""The types of the public face: complete, true to what the functions do, and read by a type checker."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typed import use

import deconvlab as dl
from deconvlab import exercises, figures, live

ROOT = Path(__file__).parents[1]
TYPED = ROOT / "tests" / "typed"
METHODS = ("__init__", "__call__", "__matmul__")


def public():
    """Every function and method that a script may call."""
    shown = {name: getattr(figures, name) for name in ("Picture", "show_curves", "show_images", "show_spectrum")}
    lab = {name: getattr(live, name) for name in ("Frame", "Lab", "lab")}
    checks = {name: getattr(exercises, name) for name in ("check", "progress")}
    for name, thing in {**{name: getattr(dl, name) for name in dl.__all__}, **shown, **lab, **checks}.items():
        own = vars(thing).items() if inspect.isclass(thing) else [("", thing)]
        for method, function in own:
            known = not method.startswith("_") or method in METHODS
            if inspect.isfunction(function) and known and (name, method) != ("Lab", "__init__"):  # `lab` calls that one
                yield pytest.param(function, id=f"{name}.{method}".rstrip("."))


@pytest.mark.parametrize("function", list(public()))
def test_says_what_it_takes_and_gives(function):
    """Catches: a new function or argument of which a type checker knows nothing, so that it checks nothing."""
    signature = inspect.signature(function)
    arguments = [argument for name, argument in signature.parameters.items() if name != "self"]
    assert all(argument.annotation is not argument.empty for argument in arguments), signature
    assert signature.return_annotation is not signature.empty, signature


def test_type_checker_finds_the_mistakes_and_nothing_else():
    """Catches: a type that refuses what works, one that lets a mistake pass, one that the package itself breaks."""
    mypy = [sys.executable, "-m", "mypy", "--hide-error-context", "deconvlab", TYPED]
    done = subprocess.run(mypy, cwd=ROOT, capture_output=True, text=True)
    lines = (TYPED / "misuse.py").read_text(encoding="utf-8").splitlines()
    wrong = {("misuse.py", number) for number, line in enumerate(lines, 1) if "# wrong: " in line}
    found = re.findall(r"^(?:.*[/\\])?(\w+\.py):(\d+): error", done.stdout, re.MULTILINE)
    assert {(name, int(number)) for name, number in found} == wrong, done.stdout + done.stderr


def test_typed_script_runs():
    """Catches: a type that lets a call pass which the function refuses: the function raises."""
    use.main()

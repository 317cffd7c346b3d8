"""What is asked of a lesson in the kernel where nbval has run it: its labs are there, so no test runs it once more.

`conftest.py` puts `watch` before the first cell of a lesson, and after its last one a cell for each function here that
takes the lesson.
"""

import json
import re

from lessons import read
from site_pages import script
from test_labels import unknown_labels
from test_labs import problems_anywhere, problems_of_control, problems_of_words
from test_notebooks import Lesson, lint

from deconvlab.figures import Curves
from deconvlab.live import Lab

SHOWN, DRAWN = [], set()  # every lab that a cell has shown, in order; each line that was drawn, and its axis


def watch():
    """Keep what is shown and drawn from now on."""
    show, check = Lab._repr_mimebundle_, Curves.__post_init__

    def showing(lab, **options):
        SHOWN.append(lab)
        return show(lab, **options)

    def checking(curves):
        check(curves)
        DRAWN.update((line, curves.xlabel) for line in curves.lines)

    Lab._repr_mimebundle_, Curves.__post_init__ = showing, checking


def labs():
    """The different labs that were shown."""
    return list({id(lab): lab for lab in SHOWN}.values())


def stored(path):
    """Index of a cell and the name of a lab that it shows, as stored; nbval has seen that it shows the same now."""
    cells = enumerate(read(path)["cells"])
    return [(index, name) for index, cell in cells for name in script("export").labs_of(cell)]


def report(problems):
    assert not problems, f"{len(problems)} problems:\n" + "\n".join(problems[:20])


def controls_say_what_they_move(lesson):
    """Catches: a control without a name, with the name of another, or silent about truth and assumption."""
    report([problem for lab in labs() for problem in problems_of_words(lab)])


def controls_work_from_end_to_end(lesson):
    """Catches: an end where a lab raises, warns or is not finite; a control that moves no picture."""
    report(list(dict.fromkeys(p for lab in labs() for name in lab.controls for p in problems_of_control(lab, name))))


def random_settings_stay_finite(lesson):
    """Catches: two controls that are fine alone and not together, a run that fails after its first frames."""
    report([problem for lab in labs() for problem in problems_anywhere(lab)])


def labels_have_one_meaning(lesson):
    """Catches: "data" as a choice and as a curve, "step" as a length and as a count, two units for one angle.

    All choices of the labs have been tried above, so their lines have been drawn.
    """
    report(unknown_labels(labs(), DRAWN))


def lesson_keeps_the_rules(lesson):
    """Catches: what the rules of `test_notebooks.py` forbid."""
    shown = {}
    for (index, name), lab in zip(stored(lesson), SHOWN, strict=True):
        assert name == lab.__name__
        shown.setdefault(index, []).append(lab)
    report(lint(Lesson(lesson.name, lesson.parent, read(lesson), lesson.stat().st_size, shown)))


def labs_have_plans_from_fine_to_coarse(lesson):
    """Catches: a lab whose page asks for another file, two labs of one name, values that a lab refuses, a slider that
    can be moved to where no setting has it, and an end or a start without whole pictures."""
    names = [name for _, name in stored(lesson)]
    page = json.dumps(script("pages").page(read(lesson), lesson.stem, "", {}))
    assert re.findall(r'data-lab=\\"(.+?)\\"', page) == [f"{lesson.stem}.{name}" for name in names]
    assert sorted(lab.__name__ for lab in labs()) == sorted(set(names)), "two labs of one name"
    for lab in labs():
        plans = list(script("grid").plans(lab.spec))
        assert len(plans[-1].settings) <= 80, f"{lab.__name__}: its coarsest plan is too fine"
        for plan in (plans[0], plans[-1]):
            each = {(k, at): setting for setting in plan.settings for k, at in enumerate(setting)}  # value of each axis
            for setting in each.values():
                lab._checked({**lab._initial, **plan.values(setting)})
            start = tuple(axis.start for axis in plan.axes)
            assert start in plan.settings, f"{lab.__name__}: its start {start} has no setting"
            for k, axis in enumerate(plan.axes):
                assert {setting[k] for setting in plan.settings} == set(range(len(axis.values))), (lab, axis.name)
                assert {0, axis.start, len(axis.values) - 1} <= set(axis.whole), (lab, axis.name)

"""Labs computed ahead: what is planned, what is computed, and what their files hold."""

import json
import subprocess
import sys

import numpy as np
import pytest
from lessons import LESSONS, labs_of, read
from site_pages import SCRIPTS, script
from static_lab import File, colours, level, walk

from deconvlab import live
from deconvlab._frame import pack
from deconvlab.live import Choice, LogSlider, Slider, Toggle

between, export, grid = map(script, ("between", "export", "grid"))


def lab_of(lesson, name):
    """A lab of a lesson, of which only what stands before it is run."""
    cells = read(lesson)["cells"]
    end = next(k for k, cell in enumerate(cells) if name in export.labs_of(cell))
    *_, (lab,) = labs_of({"cells": cells[: end + 1]}, lesson.parent).values()
    return lab


def spec(**controls):
    """What the page knows of these controls."""
    function = eval(f"lambda {', '.join(controls)}: None")
    return live.lab(**controls)(function).spec


# Positions and plans


def test_positions_are_the_ends_and_whole_steps_from_the_start():
    """Catches: a start between two positions, an end that is not reached, float noise in between."""
    (slider,) = spec(x=Slider(1, 0, 2.25, 0.5))
    assert grid.positions(slider) == [0, 0.5, 1, 1.5, 2, 2.25]
    (slider,) = spec(x=Slider(0, 0, 0.3, 0.1))
    assert grid.positions(slider) == [0, 0.1, 0.2, 0.3]
    (slider,) = spec(x=LogSlider(1, 0.01, 10, 0.5))
    assert grid.positions(slider) == [0.01, 0.0316, 0.1, 0.316, 1, 3.16, 10]


@pytest.mark.parametrize("start", [0, 1, 50, 98, 99])
@pytest.mark.parametrize("most", [3, 12, 48])
def test_a_thinned_slider_keeps_its_ends_and_its_start(start, most):
    """Catches: Reset to a value that was not computed; a slider that has lost its end; uneven steps."""
    thin = grid.thin(list(range(100)), start, most)
    assert {0, start, 99} <= set(thin) and len(thin) in (most, most + 1) and thin == sorted(thin)
    below, above = (np.diff([v for v in thin if within(v)]) for within in (start.__ge__, start.__le__))
    assert all(np.ptp(steps) <= 1 for steps in (below, above) if len(steps))


def test_few_positions_are_all_kept():
    """Catches: a slider of 60 positions thinned to 48 although 60 are few enough."""
    assert grid.thin(list(range(60)), 7, 48) == list(range(60))


def sizes(plan):
    return {axis.name: len(axis.values) for axis in plan.axes}


def test_one_slider_and_choices_are_a_full_grid():
    """Catches: combinations that are left out where all have room."""
    plan = next(grid.plans(spec(x=Slider(0, 0, 40, 1), kind=Choice("a", "abc"), on=Toggle(False))))
    assert len(plan.settings) == len(set(plan.settings)) == 41 * 3 * 2 and plan.returns == ""


def test_two_sliders_are_a_grid_of_28_by_28():
    """Catches: a grid as fine as for one slider, which no budget has room for; one in which a drag jumps."""
    plan = next(grid.plans(spec(x=Slider(0, 0, 40, 1), y=LogSlider(1, 1, 1e4), on=Toggle(False))))
    assert sizes(plan) == {"x": 28, "y": 28, "on": 2} and len(plan.settings) == 28 * 28 * 2 and plan.returns == ""


def test_three_sliders_are_a_star_with_all_choices():
    """Catches: a star that forgets the choices, or the start of an arm."""
    plan = next(grid.plans(spec(x=Slider(0, 0, 9, 1), y=Slider(5, 0, 9, 1), z=Slider(9, 0, 9, 1), on=Toggle(False))))
    assert len(plan.settings) == 2 * (1 + 3 * 9) and plan.returns == "sliders"


def test_a_slider_counts_only_while_it_is_shown():
    """Catches: a star where never more than one slider is shown; settings that differ in a hidden control."""
    controls = {
        "kind": Choice("a", "ab"),
        "x": Slider(0, 0, 9, 1, when={"kind": "a"}),
        "y": Slider(0, 0, 9, 1, when={"kind": "b"}),
    }
    plan = next(grid.plans(spec(**controls, z=Toggle(False))))
    assert len(plan.settings) == (10 + 10) * 2 and plan.returns == ""


def test_a_setting_lies_between_two_that_are_nearer_to_rest():
    """Catches: a start or an end where something is lost, a guess from one side only, two settings that each need the
    other, a picture of a run guessed from settings that have left it out."""
    plan = next(grid.plans(spec(x=Slider(5, 0, 24, 1), y=Slider(0, 0, 24, 1), kind=Choice("a", "abc"))))
    x, y, kind = plan.axes
    assert {0, 5, 24} <= set(x.whole) and len(x.whole) == len(y.whole) == 9 and list(kind.whole) == [0, 1, 2]
    known = {setting for setting in plan.settings if {setting[0], setting[1]} <= {0, 5, 24} and setting[1] != 5}
    assert {setting for setting in plan.settings if not plan.between(setting)} == known
    left = set(plan.settings) - known
    while left:
        added = {setting for setting in left if set(plan.between(setting)) <= known}
        assert added, "settings that wait for each other"
        for setting in added:
            ends = np.array(plan.between(setting))
            assert np.all(ends.min(axis=0) <= setting) and np.all(ends.max(axis=0) >= setting)
            assert not plan.whole(setting) or all(map(plan.whole, plan.between(setting)))
        known, left = known | added, left - added


# What is computed


def whole(file, values):
    """Whether all sliders are at an end or at their start, where nothing may be lost with small steps; or all start."""
    if file.header["step"] > 5:
        return all(values[c["name"]] == c["value"] for c in file.header["spec"])
    sliders = [control for control in file.header["spec"] if "positions" in control]
    return all(values[c["name"]] in (c["positions"][0], c["positions"][-1], c["value"]) for c in sliders)


def alike(stored, now, step):
    """Whether grey levels are within half a step, and what is none is the same."""
    off, grey = np.abs(stored.astype(int) - now), (now > 0) & (now < 254)
    return off.max() <= step // 2 and not off[~grey].any()


def compare(lab, file, chosen):
    """That a file has for these settings what the lab computes now."""
    for values, run in chosen:
        content, buffers = pack(lab(**values), {})
        buffers, message = list(buffers), run[-1]
        for image, stored in zip(content["images"], message["images"], strict=True):
            codes, palette = buffers.pop(0), buffers.pop(0)
            shape = image["rows"], image["columns"], 3
            now = np.frombuffer(codes, np.uint8).reshape(*shape[:2], -1)
            step = 1 if whole(file, values) else file.header["step"]
            assert alike(file.picture(stored), np.broadcast_to(now, shape), step), (values, image["title"])
            assert file.palette(stored) == bytes(palette)
        for curve, stored in zip(content["curves"], message["curves"], strict=True):
            lines = [file.line(stored, k) for k in range(2 * len(curve["lines"]))]
            assert np.array_equal(np.concatenate(lines).tobytes(), bytes(buffers.pop(0)))
        assert {key: message[key] for key in ("numbers", "alt", "step")} == {
            key: content[key] for key in ("numbers", "alt", "step")
        }


def test_a_file_has_what_the_lab_of_a_lesson_computes(tmp_path):
    """Catches: lossy or shifted pictures, settings that belong to others, a file above its budget."""
    lab, budget = lab_of(LESSONS[4], "crime_meter"), 6e5
    export.write(lab, tmp_path / "lab.bin", 3 * (budget,))
    assert (tmp_path / "lab.bin").stat().st_size <= budget
    file = File(tmp_path / "lab.bin")
    settings = list(file.settings())
    compare(lab, file, settings[:: max(1, len(settings) // 6)])


@pytest.mark.parametrize("made", [level, colours, walk])
def test_a_file_has_all_settings(tmp_path, made):
    """Catches: what the lessons' labs do not have: colours, a curve of one point, controls that need a kernel."""
    lab = made()
    export.write(lab, tmp_path / "lab.bin")
    file = File(tmp_path / "lab.bin")
    compare(lab, file, file.settings())


@pytest.mark.parametrize(("ends", "error"), [(0, 2), (2, 2), (2, 6)])
def test_a_coarse_picture_is_off_by_so_many_levels_at_most(ends, error):
    """Catches: an error that is larger or grows from picture to picture, and a pixel that is marked as clipped, or no
    longer, because of it."""
    rng = np.random.default_rng(0)
    below, codes, above = rng.integers(0, 256, (3, 200, 300), np.uint8)
    guess = between.mix([below, above][:ends], [0.3, 0.6, 12.3])
    left = between.difference(codes, guess, error)
    shown = between.restored(left, guess, error)
    off = np.abs(shown.astype(int) - codes)
    assert off.max() == error and not off[(codes == 0) | (codes >= 254)].any()
    assert ((shown > 0) & (shown < 254))[off > 0].all()
    steady = codes // 2 + 64
    around = [steady // 2, 200 - steady // 3]
    assert not between.difference(steady, between.mix(around, between.weights(around, steady)), error).any()
    assert between.mix([codes, codes], [0.3, 0.7, 0]).tolist() == codes.tolist()


def test_what_changes_evenly_takes_few_bytes(tmp_path):
    """Catches: pictures between two others that are stored whole."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, (64, 64))

    @live.lab(sigma=Slider(0, 0, 2, 0.05))
    def noisy(sigma):
        return live.Frame({"noisy": 0.5 + sigma * noise})

    export.write(noisy, tmp_path / "lab.bin")
    file = File(tmp_path / "lab.bin")
    compare(noisy, file, file.settings())
    coarse = {k: size for k, size in enumerate(file.header["blobs"]) if str(k) in file.header["between"]}
    others = [size for k, size in enumerate(file.header["blobs"]) if k not in coarse]
    assert len(coarse) == 39 and len(others) == 2 and 8 * np.mean([*coarse.values()]) < np.mean(others)


def test_steps_are_larger_before_a_drag_shows_too_few_pictures(tmp_path):
    """Catches: three sliders of noise, each with so few positions that their pictures jump; coarse ones without need;
    a start that is not exact."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, (4, 32, 32))

    @live.lab(**{name: Slider(0, 0, 1, 0.02) for name in "abc"})
    def noisy(a, b, c):
        phases = 40 * np.array([a, b, c])[:, None, None]
        return live.Frame({"noisy": 0.5 + noise[3] + np.sum(noise[:3] * np.sin(1 + 9 * noise[:3] + phases), axis=0)})

    for budget, step, positions in (100_000, 5, 51), (47_000, 9, 26), (42_000, 13, 26):
        export.write(noisy, tmp_path / "lab.bin", 3 * (budget,))
        file = File(tmp_path / "lab.bin")
        compare(noisy, file, list(file.settings())[::5])
        assert file.header["step"] == step
        assert [len(control["positions"]) for control in file.header["spec"]] == 3 * [positions]


def test_a_smooth_picture_has_no_steps(tmp_path):
    """Catches: bands in a sky, because few grey levels take fewer bytes than all."""
    wave = np.sin(np.linspace(0, 6.28, 200)) * np.cos(np.linspace(0, 6.28, 200))[:, None] / 2

    @live.lab(size=Slider(1, 0.8, 1, 0.1))
    def rising(size):
        for k in range(6):
            yield live.Frame({"wave": 0.5 + size * (0.5 + k / 10) * wave}, step=k)

    export.write(rising, tmp_path / "lab.bin")
    file = File(tmp_path / "lab.bin")
    messages = [message for _, run in file.settings() for message in run]
    assert len(messages) > 9 and min(len(np.unique(file.picture(m["images"][0]))) for m in messages) > 60


def test_what_needs_a_kernel_is_left_out_by_name(tmp_path):
    """Catches: an upload button that nobody answers."""
    export.write(colours(), tmp_path / "lab.bin")
    header = File(tmp_path / "lab.bin").header
    assert header["without"] == ["your photograph", "part"] and header["returns"] == "sliders"
    assert [control["name"] for control in header["spec"]] == ["red", "green", "blue", "kind", "slope"]


def test_each_picture_is_stored_once(tmp_path):
    """Catches: the picture that no control moves, stored with every setting."""
    export.write(level(), tmp_path / "lab.bin")
    file = File(tmp_path / "lab.bin")
    befores = {run[0]["images"][0]["codes"] for _, run in file.settings()}
    whole = [blob for k, blob in enumerate(file._blobs) if str(k) not in file.header["between"]]
    assert len(befores) == 1 and len(set(whole)) == len(whole) > 30  # two differences may be the same


def test_a_run_keeps_its_first_and_last_picture_and_more_of_the_beginning(tmp_path):
    """Catches: a run that ends before its end; steps that cannot be gone back to; a drag that shows early and late
    pictures in turns."""
    export.write(walk(), tmp_path / "lab.bin")
    file = File(tmp_path / "lab.bin")
    runs = [([message["step"] for message in run], whole(file, values)) for values, run in file.settings()]
    (steps, *others) = [steps for steps, rests in runs if rests]
    assert steps[0] == 0 and steps[-1] == 40 and 12 <= len(steps) <= 16 and steps[6] < 10
    assert others and all(other == steps for other in others)
    short = [steps for steps, _ in runs if len(steps) == 2]
    assert len(short) > 4 and all(other[0] == steps[(len(steps) - 1) // 3] and other[-1] == 40 for other in short)
    assert all(message["curves"][0]["along"] for _, run in file.settings() for message in run)
    assert export.kept(1) == [0] and export.kept(3) == [0, 1, 2] and export.evenly(16, 6) == [0, 3, 6, 9, 12, 15]
    assert export.passed(1) == [0] and export.passed(2) == [0, 1] and export.passed(6) == [1, 5]


def test_a_lab_above_its_budget_is_thinned_until_it_fits(tmp_path):
    """Catches: a file that is larger than was asked for, or much smaller than it could be."""
    _, _, _, whole, _, note = export.write(level(), tmp_path / "lab.bin")
    assert note == ""
    budget = int(whole * 7e5)
    settings, *_, note = export.write(level(), tmp_path / "lab.bin", 3 * (budget,))
    assert 0.4 * budget < (tmp_path / "lab.bin").stat().st_size <= budget
    assert note == "thinned from 34 settings" and settings < 34


def test_a_run_without_sliders_keeps_fewer_pictures_where_it_must(tmp_path):
    """Catches: a lab of switches that is called too large although fewer pictures of its runs would do."""
    walk = np.random.default_rng(0).normal(0, 0.1, (20, 32, 32)).cumsum(0)

    @live.lab(on=Toggle(False))
    def running(on):
        for k in range(20):
            yield live.Frame({"noise": 0.5 + walk[k] * (1 if on else -1)}, step=k)

    pictures = []
    for budget in 1e6, 20_000:
        export.write(running, tmp_path / "lab.bin", 3 * (budget,))
        file = File(tmp_path / "lab.bin")
        compare(running, file, file.settings())
        pictures.append([len(run) for _, run in file.settings()])
    assert pictures[0] == 2 * [len(export.kept(20))] and 6 <= pictures[1][0] == pictures[1][1] < pictures[0][0]


def test_a_lab_that_never_fits_is_named(tmp_path):
    """Catches: an endless search, or a file above its budget."""
    with pytest.raises(ValueError, match="level: got more than 1000 bytes for every plan"):
        export.write(level(), tmp_path / "lab.bin", 3 * (1000,))


CELLS = [
    "from static_lab import level, walk\nlevel = level()",
    "level",
    "print('a lesson prints')\nlevel",
    "walk = walk(9)\nwalk",
]


def notebook(path, cells=CELLS, shown=("", "level", "level", "walk")):
    """A small notebook, stored with its labs."""
    outputs = [[{"data": {"text/plain": [f"Lab {name}: sliders x."]}}] if name else [] for name in shown]
    code = [{"cell_type": "code", "source": [c], "outputs": o} for c, o in zip(cells, outputs, strict=True)]
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": ["no(code"]}, *code]}))
    return path


def test_the_program_exports_each_lab_of_a_notebook_once_and_says_what_it_made(tmp_path):
    """Catches: a lab that is shown twice and computed twice, output of a lesson in the table, a lesson that sleeps, a
    worker process that does not find its modules."""
    path = notebook(tmp_path / "20-a-lesson.ipynb")
    call = f"import export, pathlib; export.export([pathlib.Path({str(path)!r})], pathlib.Path({str(tmp_path)!r}))"
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.append({str(SCRIPTS.parent / 'tests')!r}); {call}"],
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    head, *rows, total = run.stdout.strip().splitlines()
    assert head.split()[:2] == ["lab", "settings"] and total.startswith("2 labs, 0 MB")
    assert [row.split()[:2] for row in rows] == [["20-a-lesson.level", "34"], ["20-a-lesson.walk", "10"]]
    assert {p.name for p in tmp_path.glob("*.bin")} == {"20-a-lesson.level.bin", "20-a-lesson.walk.bin"}


def test_an_error_names_the_lesson_and_the_cell(tmp_path):
    """Catches: a traceback from which nobody can tell where it happened."""
    path = notebook(tmp_path / "20-a-lesson.ipynb", ["x = 1\n1 / 0"], [""])
    with pytest.raises(ZeroDivisionError) as error:
        export.export_notebook(path, tmp_path)
    assert "<20-a-lesson, cell 2>" in [str(entry.path) for entry in error.traceback]

"""The loop around a solver: when it stops, what it keeps, what it says, and what it gives back when interrupted."""

import itertools

import numpy as np
import pytest

import deconvlab as dl
from deconvlab import _run


def endless(start=0):
    for k in itertools.count(start):
        yield dl.Iterate(k, np.full((2, 2), float(k)), 100.0 - k, 10.0 - k)


def ending(steps):
    return itertools.islice(endless(), steps + 1)


@pytest.fixture
def clock(monkeypatch):
    """A solver whose every step takes clock.tick seconds."""

    class Clock:
        now, tick = 1000.0, 0.0

        def steps(self):
            for it in endless():
                yield it
                self.now += self.tick

    clock = Clock()
    monkeypatch.setattr(_run.time, "monotonic", lambda: clock.now)
    return clock


def screen(printed):
    """What a terminal shows in its last line."""
    line = ""
    for piece in printed.split("\r"):
        line = piece + line[len(piece) :]
    return line


@pytest.mark.parametrize("max_iter", [0, 1, 7])
def test_max_iter_counts_steps_and_the_initial_guess_is_not_one(max_iter):
    history = dl.run(endless(), max_iter)
    assert history.k == max_iter and history.reason == f"{max_iter} steps"
    assert history.objective == [100.0 - k for k in range(max_iter + 1)]
    assert history.residual_norm == [10.0 - k for k in range(max_iter + 1)]
    assert history.x[0, 0] == max_iter and history.kept == {}


def test_an_endless_solver_is_asked_for_no_more_than_max_iter_steps():
    solver = endless()
    dl.run(solver, 5)
    assert next(solver).k == 6


def test_a_solver_that_ends_has_converged():
    history = dl.run(ending(3), 10)
    assert (history.k, history.reason, len(history.objective)) == (3, "converged", 4)


def test_stop_is_asked_at_every_iterate_and_the_one_it_stops_at_counts():
    asked = []
    history = dl.run(endless(), 10, stop=lambda it: asked.append(it.k) or it.residual_norm <= 6)
    assert asked == [0, 1, 2, 3, 4]
    assert (history.k, history.reason, history.x[0, 0], history.residual_norm[-1]) == (4, "the stopping rule", 4, 6)


def test_stop_at_the_last_step_is_the_reason():
    assert dl.run(endless(), 4, stop=lambda it: it.k == 4).reason == "the stopping rule"


@pytest.mark.parametrize("keep", [3, np.int64(3), 3.0])
def test_keep_every_nth(keep):
    kept = dl.run(endless(), 10, keep=keep).kept
    assert {k: x[0, 0] for k, x in kept.items()} == {0: 0, 3: 3, 6: 6, 9: 9}


@pytest.mark.parametrize("keep", [[1, 4, 40], {1, 4}, (4, 1), range(1, 5, 3), np.array([1, 4]), iter([1, 4])])
def test_keep_these(keep):
    assert list(dl.run(endless(), 10, keep=keep).kept) == [1, 4]


@pytest.mark.parametrize("keep", [None, [], np.array([], int)])
def test_keep_none_but_the_last(keep):
    assert dl.run(endless(), 10, keep=keep).kept == {}


def test_what_is_kept_are_the_solvers_own_pictures():
    iterates = list(ending(4))
    history = dl.run(iterates, 10, keep=2)
    assert all(history.kept[k] is iterates[k].x for k in (0, 2, 4)) and history.x is iterates[4].x


@pytest.mark.parametrize(("pictures", "spacing"), [(1, 128), (2, 64), (3, 64), (10, 16), (50, 4), (101, 1), (1000, 1)])
@pytest.mark.parametrize("keep", [1, 3])
def test_keep_every_nth_stays_within_the_memory_bound(monkeypatch, keep, pictures, spacing):
    picture = np.zeros((2, 2)).nbytes
    monkeypatch.setattr(_run, "MEMORY", pictures * picture + picture - 1)
    kept = _run._Kept(keep)
    for it in itertools.islice(endless(), 100 * keep + 1):
        kept.add(it)
        assert len(kept.pictures) <= pictures
    expected = {k: k for k in range(0, 100 * keep + 1, spacing * keep)}
    assert {k: x[0, 0] for k, x in kept.pictures.items()} == expected
    history = dl.run(endless(), 100 * keep, keep=keep)
    assert list(history.kept) == list(expected) and len(history.objective) == 100 * keep + 1


def test_keep_one_is_always_allowed_however_large(monkeypatch):
    monkeypatch.setattr(_run, "MEMORY", 1)
    assert list(dl.run(endless(), 5, keep=1).kept) == [0]
    assert list(dl.run(endless(), 5, keep=[4]).kept) == [4]


def test_a_set_that_does_not_fit_is_refused_at_once(monkeypatch):
    """Catches: a refusal that comes when the first of the steps is reached, and the work is lost."""
    monkeypatch.setattr(_run, "MEMORY", 3 * np.zeros((2, 2)).nbytes)
    assert list(dl.run(endless(), 9, keep=[5, 6, 7]).kept) == [5, 6, 7]
    solver = endless()
    with pytest.raises(ValueError, match="^keep: got 4 steps, expected at most 3 pictures of this size$"):
        dl.run(solver, 9, keep=[5, 6, 7, 8])
    assert next(solver).k == 1


def test_the_memory_bound_is_what_the_docstring_says():
    assert _run.MEMORY == 256 * 2**20 and "256 MB" in dl.run.__doc__


def test_an_interrupt_inside_a_solver_returns_what_there_is(monkeypatch):
    """The interrupt comes while H works, in the middle of a step."""
    y, calls = np.random.default_rng(0).random((8, 11)), 0

    class Interrupted(dl.Blur):
        def __matmul__(self, x):
            nonlocal calls
            calls += 1
            if calls == 6:
                raise KeyboardInterrupt
            return super().__matmul__(x)

    H = Interrupted(dl.gaussian(0.5), y.shape, "zero")
    full = dl.run(dl.conjugate_gradient(dl.Blur(H.psf, y.shape, "zero"), y, weight=0.1), 10, keep=1)
    history = dl.run(dl.conjugate_gradient(H, y, weight=0.1), 10, keep=2)
    assert (history.reason, history.k, list(history.kept)) == ("interrupted", 4, [0, 2, 4])
    np.testing.assert_array_equal(history.x, full.kept[4])
    assert history.objective == full.objective[:5]


def test_interrupt_returns_what_there_is(capsys):
    def interrupted():
        yield from ending(3)
        raise KeyboardInterrupt

    history = dl.run(interrupted(), 10, keep=1, progress=True)
    assert (history.k, history.reason, len(history.objective), list(history.kept)) == (
        3,
        "interrupted",
        4,
        [0, 1, 2, 3],
    )
    assert screen(capsys.readouterr().err).strip() == ""


def test_interrupt_before_the_initial_guess_interrupts():
    def interrupted():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        dl.run(interrupted(), 10)


def test_a_solver_that_fails_fails_and_the_line_is_erased(capsys):
    def failing():
        yield from ending(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        dl.run(failing(), 10, progress=True)
    assert screen(capsys.readouterr().err).strip() == ""


@pytest.mark.parametrize(("tick", "progress"), [(0.1, None), (100, False)])
def test_nothing_is_printed_when_it_is_quick_or_not_wanted(clock, tick, progress, capsys):
    clock.tick = tick
    dl.run(clock.steps(), 19, progress=progress)
    assert capsys.readouterr() == ("", "")


def test_progress_shows_after_two_seconds_how_far_it_is_and_at_most_how_long(clock, capsys):
    clock.tick, shown = 0.5, {}

    def read(it):
        text = capsys.readouterr()
        assert text.out == ""
        shown[it.k] = text.err

    dl.run(clock.steps(), 20, stop=read)
    assert [k for k, line in shown.items() if line] == list(range(4, 21))
    assert screen(shown[4]) == "step 4 of 20, objective 96, at most 8 s to go"
    assert screen(shown[20]).startswith("step 20 of 20") and "at most 0 s" in shown[20]
    assert screen(shown[20] + capsys.readouterr().err).strip() == ""


def test_progress_on_request_shows_at_once_and_not_more_often_than_one_can_read(clock, capsys):
    clock.tick = 0.01
    dl.run(clock.steps(), 100, progress=True)
    lines = [line for line in capsys.readouterr().err.split("\r") if line.startswith("step")]
    assert lines[0].startswith("step 0 of 100") and 5 <= len(lines) <= 6


def test_a_shorter_line_leaves_no_rest_of_a_longer_one(clock, capsys):
    clock.tick = 1000
    printed = ""

    def read(it):
        nonlocal printed
        printed += capsys.readouterr().err
        assert screen(printed).rstrip().endswith(" s to go")
        assert screen(printed).count("step") == 1 and screen(printed).count("to go") == 1

    dl.run(clock.steps(), 12, stop=read, progress=True)
    assert screen(printed + capsys.readouterr().err).strip() == ""


def test_history_says_how_it_ended_without_printing_the_pictures():
    assert "kept" not in repr(dl.run(endless(), 2, keep=1)) and "'2 steps'" in repr(dl.run(endless(), 2))


def test_a_solver_that_ends_before_its_goal_says_why():
    """Catches: "converged" for whatever ends by itself."""

    def solver():
        yield dl.Iterate(0, np.zeros((2, 2)), 1.0, 1.0)
        return "rounding"

    assert dl.run(solver(), 5).reason == "rounding"
    assert dl.run(iter([dl.Iterate(0, np.zeros((2, 2)), 1.0, 1.0)]), 5).reason == "converged"

"""The memory of a few results: used when nothing changed, never used when something did."""

import threading

import numpy as np
import pytest

from deconvlab import _latest
from deconvlab._latest import BEGINNING, Latest


class Counted:
    """A remembered sum that counts how often it is really computed."""

    def __init__(self):
        self.count, self.remembered = 0, Latest(self.compute)

    def compute(self, *arrays):
        self.count += 1
        return sum(array.sum() * np.ones(3, array.dtype) for array in arrays)

    def __call__(self, *arrays):
        return self.remembered(*arrays)


def test_equal_arrays_are_computed_once_and_other_arrays_again():
    f, a, b = Counted(), np.arange(6.0).reshape(2, 3), np.ones(2)
    first = f(a, b)
    assert f(a, b) is first and f(a.copy(), b.copy()) is first and f(np.asfortranarray(a), b) is first
    assert f.count == 1
    for changed in [(a + 1, b), (a, 2 * b), (a.reshape(3, 2), b), (a, b), (a.astype(np.float32), b), (a,), (a, b, b)]:
        count = f.count
        np.testing.assert_array_equal(f(*changed), Counted()(*changed))
        assert f.count == count + 1 and f(*changed).dtype == Counted()(*changed).dtype
        assert f.count == count + 1


def test_three_channels_in_turn_are_computed_once_each():
    """Catches: a photograph in colour whose channels push each other out, at each tick anew."""
    f = Counted()
    for _ in range(4):
        for channel in range(3):
            np.testing.assert_array_equal(f(np.full(2, float(channel))), 2 * channel)
    assert f.count == 3


@pytest.mark.parametrize("argument", [0, 1])
def test_an_array_that_was_changed_in_place_is_another_one(argument):
    """Catches: a look at the beginning only, which is the same."""
    f, arrays = Counted(), [np.arange(4.0 * BEGINNING), np.ones((3, BEGINNING))]
    before = f(*arrays).copy()
    arrays[argument].flat[-1] += 1
    np.testing.assert_array_equal(f(*arrays), before + 1)
    arrays[argument].flat[-1] -= 1
    np.testing.assert_array_equal(f(*arrays), before)


def test_nobody_writes_into_what_is_remembered():
    f = Counted()
    with pytest.raises(ValueError, match="read-only"):
        f(np.ones(2))[0] = 7
    np.testing.assert_array_equal(f(np.ones(2)), 2)


def test_what_is_too_large_is_computed_each_time(monkeypatch):
    monkeypatch.setattr(_latest, "LARGEST", 3)
    f = Counted()
    f(np.ones(2)), f(np.ones(2))
    assert f.count == 1
    monkeypatch.setattr(_latest, "LARGEST", 2)
    np.testing.assert_array_equal(f(np.full(2, 5.0)), 10)
    np.testing.assert_array_equal(f(np.full(2, 5.0)), 10)
    assert f.count == 3
    monkeypatch.setattr(_latest, "LARGEST", 8)
    for _ in range(2):
        for level in 6.0, 7.0, 8.0:  # of three values each: two are kept
            f(np.full(2, level))
    assert f.count == 9 and len(f.remembered.memory) == 2
    np.testing.assert_array_equal(f(np.ones(2)), 2)


def test_a_failure_is_not_remembered():
    remembered = Latest(lambda a: 1 / a if a.all() else 1 // 0)
    remembered(np.ones(2))
    with pytest.raises(ZeroDivisionError):
        remembered(np.zeros(2))
    with pytest.raises(ZeroDivisionError):
        remembered(np.zeros(2))
    np.testing.assert_array_equal(remembered(np.ones(2)), 1)


def test_a_result_that_comes_late_is_not_taken_for_another_one():
    """Catches: arguments remembered before their result is there, or apart from it."""
    started, go_on, late = threading.Event(), threading.Event(), []

    def double(a):
        if a[0] == 1:
            started.set()
            assert go_on.wait(10)
        return 2 * a

    remembered, slow, quick = Latest(double), np.array([1.0, 1.0]), np.array([3.0, 4.0])
    thread = threading.Thread(target=lambda: late.append(remembered(slow)))
    thread.start()
    assert started.wait(10)
    np.testing.assert_array_equal(remembered(quick), [6, 8])
    np.testing.assert_array_equal(remembered(quick), [6, 8])
    slow[1] = 9  # while it is worked on: what comes out belongs to neither
    go_on.set()
    thread.join()
    np.testing.assert_array_equal(remembered(quick), [6, 8])
    np.testing.assert_array_equal(remembered(np.array([1.0, 1.0])), [2, 2])
    np.testing.assert_array_equal(remembered(slow), [2, 18])

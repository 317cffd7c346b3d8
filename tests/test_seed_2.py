"""Seed 2 in numbers: 500 steps along a nearly straight line, and the minimum that they do not reach."""

import runpy
import sys
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from skimage import color, data, transform

import deconvlab as dl

MU = 0.2
PRINTED = {0: (65.6, 0.15), 1: (65.3, 0.15), 101: (37.7, 0.15), 201: (15.0, 0.15), 301: (3.06, 0.02), 401: (2.29, 0.02)}


@cache
def seed_psf():
    point = np.zeros((13, 13))
    point[6, 6] = 1
    kernel = ndimage.gaussian_filter(point, (1, 3))
    return kernel / kernel.sum()


@cache
def experiment(anti_aliasing=False):
    """The picture, its blur and the blurred picture, as in the seed's day or as scikit-image shrinks it today."""
    grey = color.rgb2gray(data.astronaut())
    x_true = transform.rescale(grey, 1 / 3, mode="constant", anti_aliasing=anti_aliasing)
    H = dl.Blur(seed_psf(), x_true.shape, "zero")
    return x_true, H, H @ x_true


@cache
def descent(start, anti_aliasing=False):
    """The seed's 500 steps of 0.5 from random noise."""
    x_true, H, y = experiment(anti_aliasing)
    x0 = np.random.default_rng(start).standard_normal(x_true.shape) / 10
    return dl.run(dl.gradient_descent(dl.root_least_squares(H, y, MU), x0, step=0.5), 500, progress=False)


@cache
def exact(anti_aliasing=False, dtype=np.float64, weight=MU, steps=60):
    _, H, y = experiment(anti_aliasing)
    return dl.run(dl.minimize_root(H, y.astype(dtype), weight), steps, progress=False)


@pytest.mark.parametrize("start", [0, 1, 2])
def test_the_seeds_printed_objectives_come_out(start):
    for k, (printed, tolerance) in PRINTED.items():
        assert descent(start).objective[k] == pytest.approx(printed, abs=tolerance), f"after {k} steps"
    assert descent(start).objective[500] == pytest.approx(2.192, abs=0.002)
    assert descent(start).x.dtype == np.float64


def test_the_first_steps_fall_along_a_nearly_straight_line():
    losses = np.array(descent(0).objective)
    assert np.abs(np.diff(losses[1:200], 2)).max() < 0.01
    assert losses[0] - losses[1] == pytest.approx(0.29, abs=0.01)
    assert losses[1] - losses[101] == pytest.approx(27.6, abs=0.2)
    assert losses[101] - losses[201] == pytest.approx(22.7, abs=0.2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_exact_minimizer_ends_below_the_seeds_end(dtype):
    x_true, H, y = experiment()
    history = exact(dtype=dtype)
    assert history.reason == "converged" and history.x.dtype == dtype and history.k <= 20
    assert history.objective[-1] == pytest.approx(2.1644, abs=0.0005)
    assert dl.root_least_squares(H, y, MU)(history.x.astype(float)) == pytest.approx(2.16435, abs=2e-5)
    assert dl.psnr(x_true, history.x.astype(float)) == pytest.approx(22.18, abs=0.01)
    assert next(k for k, value in enumerate(history.objective) if value < 2.192) <= 5
    assert np.all(np.diff(history.objective) <= 0)


def test_the_weight_of_the_minimum_is_a_tikhonov_weight():
    _, H, y = experiment()
    x, G = exact().x, dl.Gradient("zero")
    weight = MU * exact().residual_norm[-1] / np.linalg.norm(G @ x)
    gradient = dl.least_squares(H, y, weight).gradient(x)
    assert np.linalg.norm(gradient) < 1e-3 * np.linalg.norm(dl.least_squares(H, y, weight).gradient(y))
    solver = dl.conjugate_gradient(H, y, weight=weight)
    assert np.abs(dl.run(solver, 500, progress=False).x - x).max() < 0.01


def test_todays_shrinking_gives_other_numbers():
    x_true, *_ = experiment(True)
    losses = descent(0, True).objective
    assert [losses[k] for k in (300, 400, 500)] == pytest.approx([2.93, 2.17, 2.084], abs=0.005)
    assert exact(True).objective[-1] == pytest.approx(2.05853, abs=1e-5)
    assert dl.psnr(x_true, exact(True).x) == pytest.approx(24.05, abs=0.005)


def test_the_seeds_psf_is_not_the_gaussian_it_is_called():
    offset = np.arange(13) - 6
    down, right = (seed_psf().sum(axis=axis) @ offset**2 for axis in (1, 0))
    assert (down, right) == pytest.approx((1.0, 8.1), abs=0.05)
    _, H, y = experiment()
    ours = dl.Blur(dl.gaussian((1, 3)), y.shape, "zero")
    assert dl.operator_norm(H) < 1
    assert np.abs(ours @ experiment()[0] - y).max() > 0.01


def test_a_huge_weight_gives_the_constant_and_a_weight_below_it_does_not():
    assert np.ptp(exact(weight=100).x) == 0 and exact(weight=100).k == 0
    assert np.ptp(exact(weight=20).x) > 0.1


@pytest.mark.parametrize("weight", [0, 1e-6])
def test_a_tiny_weight_stays_near_the_picture(weight):
    """Catches: a preconditioner that divides by what only the mirrored picture has lost: 29 instead of 0 to 1."""
    history = exact(weight=weight)
    assert history.objective[-1] < 0.1 and np.ptp(history.x) < 5
    assert np.all(np.diff(history.objective) <= 0)


def test_two_solvers_agree_where_both_converge():
    _, H, y = experiment()
    squares = dl.least_squares(H, y, 0.5)
    by_steps = dl.run(dl.gradient_descent(squares, y, step=1.9 / squares.lipschitz), 150, progress=False)
    *_, last = islice(dl.conjugate_gradient(H, y, weight=0.5), 60)
    assert by_steps.objective[-1] == pytest.approx(last.objective, rel=1e-6)


def test_the_benchmark_solves_this_problem_and_says_what_it_misses(monkeypatch):
    folder = Path(__file__).parents[1] / "benchmarks"
    monkeypatch.syspath_prepend(folder)  # as Python does for a program that it runs
    benchmark = runpy.run_path(folder / "seed2.py")
    psf, y, x0 = benchmark["problem"]()
    np.testing.assert_array_equal(psf, seed_psf())
    np.testing.assert_array_equal(y, experiment()[2])
    losses, _ = benchmark["our_ways"](psf, y, x0)["minimize_root to below 2.192, float32"]()
    assert losses[-1] < 2.192 <= losses[-2]
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(SystemExit, match=r"TensorFlow is missing.*pip install -e \"\.\[bench\]\""):
        benchmark["tensorflow_ways"](psf, y, x0)

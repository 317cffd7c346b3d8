"""Pixels that are not trusted: what y says there has no say, whatever the method, and the rest is as exact as ever."""

import itertools

import numpy as np
import pytest
from helpers import (
    BOUNDARIES,
    PSFS,
    dense_blur,
    dense_gradient,
    frozen,
    least_total_variation,
    pairwise,
    ramp,
    total_variation_of,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage, optimize, special

import deconvlab as dl

SHAPE = (8, 9)
every_boundary = pytest.mark.parametrize("boundary", BOUNDARIES)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def mask(share=0.25, shape=SHAPE, seed=0):
    """A hole of 2 x 3 pixels, one at the rim, and some here and there."""
    trusted = np.random.default_rng(seed).random(shape) >= share
    trusted[3:5, 4:7] = False
    trusted[0, 2] = False
    return frozen(trusted)


def data(dtype=float, shape=SHAPE):
    y = np.ones(shape)
    y[:4, :5], y[6:, 2:] = 2, 1.6
    return frozen((y + 0.1 * np.random.default_rng(1).standard_normal(shape)).astype(dtype))


def problem(boundary, name="ramp 3x5", trusted=None):
    """A Blur with a mask, and the matrices of blur and differences: the rows of pixels without trust are 0."""
    trusted = mask() if trusted is None else trusted
    H = dl.Blur(PSFS[name], SHAPE, boundary, mask=trusted)
    A = trusted.reshape(-1, 1) * dense_blur(PSFS[name], SHAPE, boundary)
    return H, A, dense_gradient(H.shape_in, boundary)


def first(iterates, n):
    return list(itertools.islice(iterates, n + 1))


# The operator


@given(
    st.sampled_from(BOUNDARIES),
    st.sampled_from(list(PSFS)),
    st.sampled_from([(8, 9), (7, 7), (11, 8)]).flatmap(lambda shape: arrays(bool, shape)).filter(np.any),
)
def test_masked_blur_and_its_adjoint_are_the_dense_matrix(boundary, name, trusted):
    """Catches: a mask in one of the two only, or one that is laid over the picture before the blur."""
    H = dl.Blur(PSFS[name], trusted.shape, boundary, mask=frozen(trusted))
    A = trusted.reshape(-1, 1) * dense_blur(PSFS[name], trusted.shape, boundary)
    rng = np.random.default_rng(2)
    x, r = frozen(rng.standard_normal(H.shape_in)), frozen(rng.standard_normal(H.shape_out))
    np.testing.assert_allclose((H @ x).ravel(), A @ x.ravel(), atol=1e-13)
    np.testing.assert_allclose((H.T @ r).ravel(), A.T @ r.ravel(), atol=1e-13)
    assert dl.dot_test(H, rng=0) < 1e-12
    assert dl.operator_norm(H) == pytest.approx(np.linalg.norm(A, 2), rel=1e-6)
    assert H.circulant is False and not (H.as_linear_operator() @ x.ravel())[~trusted.ravel()].any()


@every_boundary
@both_dtypes
def test_a_mask_keeps_the_precision_of_the_picture(boundary, dtype):
    H = dl.Blur(PSFS["shake"], SHAPE, boundary, mask=mask())
    assert (H @ np.ones(H.shape_in, dtype)).dtype == (H.T @ data(dtype)).dtype == dtype


@every_boundary
@pytest.mark.parametrize("weight", [0, 0.3])
@pytest.mark.parametrize("make", [dl.least_squares, dl.root_least_squares])
def test_objectives_are_their_formulas_and_gradients_their_differences(make, boundary, weight):
    (H, A, D), x = problem(boundary), np.random.default_rng(3).standard_normal
    x, step = x(H.shape_in), x(H.shape_in)
    y = np.where(mask(), data(), 0)
    f = make(H, data(), weight)
    fit, rough = np.linalg.norm(A @ x.ravel() - y.ravel()), np.linalg.norm(D @ x.ravel())
    root = make is dl.root_least_squares
    expected = (fit + weight * rough) / 2**0.5 if root else (fit**2 + weight * rough**2) / 2
    value, gradient, residual_norm = f.evaluate(x)
    assert (value, residual_norm) == pytest.approx((expected, fit), rel=1e-11)
    slope = (f(x + 1e-5 * step) - f(x - 1e-5 * step)) / 2e-5
    assert np.sum(gradient * step) == pytest.approx(slope, rel=1e-6)
    if not root:
        assert f.lipschitz >= np.linalg.norm(A.T @ A + weight * D.T @ D, 2) * (1 - 1e-9)


# What y says where it is not trusted


SOLVERS = {
    "gradient_descent": lambda H, y: dl.gradient_descent(dl.least_squares(H, y, 0.1), np.zeros(H.shape_in, y.dtype)),
    "nesterov": lambda H, y: dl.nesterov(dl.least_squares(H, y, 0.1), np.zeros(H.shape_in, y.dtype)),
    "root": lambda H, y: dl.gradient_descent(dl.root_least_squares(H, y, 0.1), np.zeros(H.shape_in, y.dtype), step=0.1),
    "conjugate_gradient": lambda H, y: dl.conjugate_gradient(H, y, weight=0.1),
    "preconditioned": lambda H, y: dl.conjugate_gradient(H, y, weight=0.1, precondition=True),
    "minimize_root": lambda H, y: dl.minimize_root(H, y, 0.1),
    "richardson_lucy": lambda H, y: dl.richardson_lucy(H, y, background=0.1),
    "accelerated": lambda H, y: dl.richardson_lucy(H, y, accelerate=True),
    "total_variation": lambda H, y: dl.total_variation(H, y, 0.05),
    "plug_and_play": lambda H, y: dl.plug_and_play(H, y, lambda x, s: ndimage.gaussian_filter(x, 5 * s), sigma=0.05),
}
every_solver = pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)


@pairwise(solver=SOLVERS, boundary=BOUNDARIES, dtype=[np.float32, np.float64])
def test_what_is_not_trusted_has_no_say(solver, boundary, dtype):
    """Catches: a NaN, a dead or a saturated pixel that leaks into a start, a step, a weight or an objective."""
    H, solver = dl.Blur(PSFS["shake"], SHAPE, boundary, mask=mask()), SOLVERS[solver]
    usual = first(solver(H, data(dtype)), 12)
    assert len(usual) > 3
    for wrong in (np.nan, np.inf, -7.0, 1e6):
        y = frozen(np.where(mask(), data(dtype), dtype(wrong)))
        for a, b in zip(usual, first(solver(H, y), 12), strict=True):
            np.testing.assert_array_equal(a.x, b.x)
            assert (a.objective, a.residual_norm) == (b.objective, b.residual_norm) and np.isfinite(a.x).all()
            assert a.x.dtype == dtype


@every_boundary
@every_solver
def test_a_mask_that_trusts_every_pixel_changes_nothing(solver, boundary):
    """Catches: a mask of which the step, the start or the preconditioner of one method knows nothing.

    Where the picture repeats, two methods leave the spectrum for it, and get to the same end on another way.
    """
    y, H = (
        data(),
        [dl.Blur(PSFS["ramp 3x5"], SHAPE, boundary, mask=trusted) for trusted in (np.ones(SHAPE, bool), None)],
    )
    if boundary != "periodic" or solver not in (SOLVERS["total_variation"], SOLVERS["plug_and_play"]):
        for masked, plain in zip(*(first(solver(blur, y), 15) for blur in H), strict=True):
            np.testing.assert_allclose(masked.x, plain.x, atol=1e-12)
            assert masked.objective == pytest.approx(plain.objective, rel=1e-11)
        return
    masked, plain = (dl.run(solver(blur, y), 400, progress=False) for blur in H)
    close = 0.02 if solver is SOLVERS["plug_and_play"] else 1e-3
    assert masked.objective[-1] == pytest.approx(plain.objective[-1], rel=close)
    np.testing.assert_allclose(masked.x, plain.x, atol=3e-2 if close > 1e-3 else 2e-3)


@every_boundary
def test_one_trusted_pixel_is_enough_to_start_from(boundary):
    trusted = np.zeros(SHAPE, bool)
    trusted[2, 3] = True
    H = dl.Blur(PSFS["ramp 3x5"], SHAPE, boundary, mask=trusted)
    for solver in SOLVERS.values():
        for it in first(solver(H, data()), 20):
            assert np.isfinite(it.x).all() and np.isfinite(it.objective)


# Where each ends


@every_boundary
@pytest.mark.parametrize("precondition", [False, True])
def test_conjugate_gradient_ends_at_the_dense_solution(boundary, precondition):
    H, A, D = problem(boundary)
    y = np.where(mask(), data(), 0).ravel()
    expected = np.linalg.solve(A.T @ A + 0.1 * D.T @ D, A.T @ y)
    history = dl.run(dl.conjugate_gradient(H, data(), weight=0.1, precondition=precondition), 400)
    np.testing.assert_allclose(history.x.ravel(), expected, atol=1e-9)
    assert history.reason == "converged"


@pytest.mark.parametrize(
    ("boundary", "weight"), [("periodic", 0.02), ("zero", 0.3), ("reflect", 0.02), ("unknown", 0.3)]
)
def test_minimize_root_finds_what_an_optimizer_finds(boundary, weight):
    """Catches: a pixel without trust that counts in the residual, its root or its gradient."""
    H, A, D = problem(boundary)
    f = dl.root_least_squares(H, data(), weight)
    found = optimize.minimize(
        lambda x: (f(x.reshape(H.shape_in)), f.gradient(x.reshape(H.shape_in)).ravel()),
        np.full(A.shape[1], data().mean()) + 0.1 * np.random.default_rng(0).random(A.shape[1]),
        jac=True, method="BFGS", options={"maxiter": 5000, "gtol": 1e-8},
    )  # fmt: skip
    end = dl.run(dl.minimize_root(H, data(), weight), 2000).objective[-1]
    assert end == pytest.approx(found.fun, rel=1e-5)


@every_boundary
def test_a_huge_weight_gives_the_mean_of_the_trusted_pixels(boundary):
    """Catches: (D.T D)^+ among cosines where the picture repeats, and a level that counts pixels without trust."""
    H, A, _ = problem(boundary)
    light, y = A.sum(axis=1), np.where(mask(), data(), 0).ravel()
    level = light @ y / (light @ light)
    history = dl.run(dl.minimize_root(H, data(), 50.0), 10)
    assert history.k == 0
    np.testing.assert_allclose(history.x, level, rtol=1e-12)
    np.testing.assert_allclose(dl.run(dl.total_variation(H, data(), 50.0), 800).x, level, atol=1e-4)


@every_boundary
@pytest.mark.parametrize("weight", [0.02, 0.3])
def test_total_variation_finds_the_minimum_behind_a_mask(boundary, weight):
    H, A, D = problem(boundary)
    y = np.where(mask(), data(), 0)
    lowest = least_total_variation(A, D, y, weight)
    history = dl.run(dl.total_variation(H, data(), weight), 1500, stop=lambda it: it.objective <= lowest * (1 + 1e-5))
    assert history.reason == "the stopping rule"
    expected = total_variation_of(A, D, history.x, y, weight)
    assert (history.objective[-1], history.residual_norm[-1]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("boundary", "background", "accelerate"),
    [
        ("periodic", 0, False),
        ("periodic", 0.4, True),
        ("zero", 0.4, False),
        ("reflect", 0, True),
        ("unknown", 0.4, True),
    ],
)
def test_richardson_lucy_ends_up_at_the_likeliest_picture_of_the_trusted_pixels(boundary, background, accelerate):
    """Catches: a background that pixels without trust are charged with, a frame correction that counts them."""
    psf = np.array([[0.04, 0.1, 0.01], [0.12, 0.55, 0.07], [0.02, 0.06, 0.03]])
    trusted, y = mask(0.1), np.random.default_rng(4).poisson(6, SHAPE).astype(float)
    H = dl.Blur(psf, SHAPE, boundary, mask=trusted)
    A = dense_blur(psf, SHAPE, boundary)[trusted.ravel()]

    def deviance(x):
        model = A @ x + background
        return special.kl_div(y[trusted], model).sum(), A.T @ (1 - y[trusted] / model)

    options = {"maxiter": 20000, "maxfun": 50000, "ftol": 1e-15, "gtol": 1e-10}
    start, bounds = np.full(A.shape[1], 3.0), [(1e-12, None)] * A.shape[1]
    found = optimize.minimize(deviance, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
    history = dl.run(dl.richardson_lucy(H, y, background=background, accelerate=accelerate), 100 if accelerate else 700)
    assert history.objective[-1] == pytest.approx(deviance(history.x.ravel())[0], abs=1e-9)
    assert history.objective[-1] == pytest.approx(found.fun, abs=1e-2)
    assert np.diff(history.objective).max() <= 1e-11 * y.sum()


@every_boundary
def test_richardson_lucy_starts_with_the_light_of_the_trusted_pixels(boundary):
    """Catches: a background that is taken off for pixels without trust, too."""
    H, y = dl.Blur(ramp(3, 5), SHAPE, boundary, mask=mask()), data()
    start = first(dl.richardson_lucy(H, y, background=0.3), 0)[0].x
    assert np.ptp(start) == 0 and (H @ start).sum() == pytest.approx((y - 0.3)[mask()].sum(), rel=1e-12)


@every_boundary
def test_richardson_lucy_returns_a_constant_in_one_step(boundary):
    H = dl.Blur(ramp(3, 5), SHAPE, boundary, mask=mask())
    its = first(dl.richardson_lucy(H, H @ np.full(H.shape_in, 0.7), x0=np.full(H.shape_in, 2.0)), 1)
    seen = H.T @ np.ones(SHAPE) > 1e-2
    np.testing.assert_allclose(its[1].x[seen], 0.7, rtol=1e-12)


@pytest.mark.parametrize("name", ["ramp 3x5", "shake"])
def test_blind_steps_never_make_the_trusted_pixels_less_likely(name):
    """Catches: a PSF step that counts what the mask hides, a sum that it loses, a NaN that has a say."""
    y = dl.Blur(PSFS[name], (24, 25)) @ np.random.default_rng(0).uniform(0.2, 2, (24, 25))
    trusted, psf0 = mask(0.2, y.shape), dl.gaussian(1.2, size=5)
    its = first(dl.blind_richardson_lucy(y, psf0, mask=trusted), 60)
    assert np.diff([it.objective for it in its]).max() <= 1e-11 * y.sum()
    assert its[-1].objective < 0.5 * its[0].objective
    for it in its:
        model = (dl.Blur(it.psf, y.shape) @ it.x)[trusted]
        assert it.psf.sum() == pytest.approx(1) and it.x.min() >= 0
        assert it.objective == pytest.approx(special.kl_div(y[trusted], model).sum(), abs=1e-9)
    for a, b in zip(
        its, first(dl.blind_richardson_lucy(np.where(trusted, y, np.nan), psf0, mask=trusted), 60), strict=True
    ):
        np.testing.assert_array_equal(a.x, b.x)
        np.testing.assert_array_equal(a.psf, b.psf)
    whole = first(dl.blind_richardson_lucy(y, psf0, mask=np.ones(y.shape, bool)), 30)
    for a, b in zip(whole, first(dl.blind_richardson_lucy(y, psf0), 30), strict=True):
        np.testing.assert_allclose(a.x, b.x, rtol=1e-7)
        np.testing.assert_allclose(a.psf, b.psf, atol=1e-9)


# What it is for


def test_a_saturated_star_no_longer_rings():
    """The light that smeared into a white line is found again from what spilled over its rim."""
    scene, psf = 0.3 + 0.1 * np.add.outer(np.sin(np.arange(64) / 5), np.cos(np.arange(70) / 7)), dl.motion(9, 30)
    scene[30:33, 30:33] = 20.0
    y = dl.add_gaussian((dl.Blur(psf, scene.shape) @ scene).clip(0, 1), 0.003, rng=0).clip(0, 1)
    around = np.ones(scene.shape, bool)
    around[28:35, 28:35] = False
    errors = {}
    for name, trusted in (("believed", None), ("masked", y < 0.98)):
        H = dl.Blur(psf, scene.shape, mask=trusted)
        x = dl.run(dl.total_variation(H, y, 1e-3), 150, progress=False).x
        errors[name] = dl.rms((x - scene)[around])
    assert errors["masked"] < 0.4 * errors["believed"]

"""Total variation and plug-and-play against dense matrices and against solvers that know nothing of their steps."""

import itertools
from functools import cache

import numpy as np
import pytest
from helpers import (
    BOUNDARIES,
    PSFS,
    dense_blur,
    dense_gradient,
    frozen,
    least_total_variation,
    ramp,
    total_variation_of,
)
from scipy import ndimage, optimize
from skimage.restoration import denoise_nl_means

import deconvlab as dl
from deconvlab import _priors
from deconvlab._priors import _limited
from deconvlab._splitting import _Descent, picture_near, slopes_near

SHAPE = (8, 9)
every_boundary = pytest.mark.parametrize("boundary", BOUNDARIES)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
some_psfs = pytest.mark.parametrize("name", ["ramp 3x5", "shake", "delta"])


def blocks(dtype=float, shape=SHAPE):
    """Flat pieces, the frame darker here and brighter there, and noise."""
    x = np.zeros(shape)
    x[:4, :5] = 1
    x[6:, 2:] = 0.6
    x[:, -1] += 0.8
    x[0] -= 0.5
    return frozen((x + 0.05 * np.random.default_rng(0).standard_normal(shape)).astype(dtype))


def problem(name, boundary, shape=SHAPE):
    """A Blur, the shape of what it blurs, and the matrices of blur and differences."""
    H = dl.Blur(frozen(PSFS[name]), shape, boundary)
    return H, H.shape_in, dense_blur(PSFS[name], shape, boundary), dense_gradient(H.shape_in, boundary)


@cache
def minimum(name, boundary, weight):
    """The least objective, by dense solves."""
    _, _, A, D = problem(name, boundary)
    return least_total_variation(A, D, blocks(), weight)


def first(iterates, n):
    return list(itertools.islice(iterates, n + 1))


# The two halves of a step


@pytest.mark.parametrize("by", [0.01, 0.3, 2.0])
def test_slopes_without_their_limited_part_are_the_proximal_step_of_their_length(by):
    slopes = frozen(np.random.default_rng(1).standard_normal((2, 3, 4)))
    got = slopes - _limited(slopes, by)
    for pixel in np.ndindex(3, 4):
        slope = slopes[:, *pixel]
        found = optimize.minimize(
            lambda z, s=slope: np.sum((z - s) ** 2) / 2 + by * np.hypot(*z), slope * 0.9, method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-15},
        )  # fmt: skip
        np.testing.assert_allclose(got[:, *pixel], found.x, atol=1e-6)


@both_dtypes
def test_a_slope_of_zero_is_no_division_by_zero(dtype):
    slopes = np.zeros((2, 2, 2), dtype)
    slopes[:, 0, 0] = 3, 4
    got = _limited(slopes, 1.0)
    assert got.dtype == dtype and not got[:, 1].any()
    np.testing.assert_allclose(got[:, 0, 0], [0.6, 0.8], rtol=1e-6)


@every_boundary
@pytest.mark.parametrize("name", ["ramp 3x5", "shake"])
@pytest.mark.parametrize("penalty", ["slope", "picture"])
@pytest.mark.parametrize("weight", [0.03, 2.0])
def test_quadratic_half_is_the_dense_solution(name, boundary, penalty, weight):
    """In one step when periodic, otherwise after some; each goes on from the last. What lies outside has no say."""
    H, shape, A, D = problem(name, boundary)
    y, rng, x = blocks(), np.random.default_rng(2), frozen(np.random.default_rng(3).random(shape))
    near = (slopes_near if penalty == "slope" else picture_near)(H, y, x)
    D = D if penalty == "slope" else np.eye(A.shape[1])
    np.testing.assert_array_equal(near.x, x)
    assert near.residual_norm == pytest.approx(np.linalg.norm(A @ x.ravel() - y.ravel()))
    for _ in range(2):
        target = rng.standard_normal((2, *shape) if penalty == "slope" else shape)
        if penalty == "slope" and boundary != "periodic":
            target[0, -1] = target[1, :, -1] = 0  # there are no such slopes
        expected = np.linalg.solve(A.T @ A + weight * D.T @ D, A.T @ y.ravel() + weight * D.T @ target.ravel())
        before = np.linalg.norm(near.x.ravel() - expected)
        for k in range({"periodic": 1, "unknown": 400}.get(boundary, 80)):
            slopes = near.D @ near.scene
            free = slopes - near.counted(slopes) if penalty == "slope" else 0
            wide = np.pad(target, [(0, n - m) for n, m in zip(slopes.shape, target.shape, strict=True)])
            near.step(weight, frozen(wide + free) if penalty == "slope" else frozen(target))
            if k == 30:
                assert np.linalg.norm(near.x.ravel() - expected) < 0.7 * before
        np.testing.assert_allclose(near.x.ravel(), expected, atol=1e-7)
        assert near.residual_norm == pytest.approx(np.linalg.norm(A @ expected - y.ravel()), abs=1e-7)


# Total variation


@every_boundary
@both_dtypes
@some_psfs
def test_iterates_report_what_the_formula_says_and_are_safe_to_keep(name, boundary, dtype):
    (H, shape, A, D), y = problem(name, boundary), blocks(dtype)
    solver, its, copies = dl.total_variation(H, y, 0.02), [], []
    for it in itertools.islice(solver, 41):
        its.append(it)
        copies.append(it.x.copy())
    assert [it.k for it in its] == list(range(41))
    for it in its:
        assert it.x.dtype == dtype and it.x.shape == shape
        expected = total_variation_of(A, D, it.x.astype(float), y.astype(float), 0.02)
        close = {"rel": 1e-4, "abs": 1e-5} if dtype == np.float32 else {"rel": 1e-11}
        assert (it.objective, it.residual_norm) == pytest.approx(expected, **close)
        assert type(it.objective) is type(it.residual_norm) is float
    first(solver, 3)
    assert all(np.array_equal(it.x, copy) for it, copy in zip(its, copies, strict=True))


@every_boundary
@pytest.mark.parametrize(("name", "weight"), [("ramp 3x5", 0.005), ("ramp 3x5", 0.3), ("shake", 0.02)])
def test_total_variation_finds_the_minimum(name, boundary, weight):
    H, lowest = problem(name, boundary)[0], minimum(name, boundary, weight)
    solver = dl.total_variation(H, blocks(), weight)
    history = dl.run(solver, 500, stop=lambda it: it.objective <= lowest * (1 + 1e-5))
    assert history.reason == "the stopping rule"
    for it in itertools.islice(solver, 5):  # and stays there
        assert it.objective == pytest.approx(lowest, rel=1e-4)
    assert history.objective[0] > 1.1 * lowest


@every_boundary
def test_the_start_is_the_photograph_with_its_rim_repeated_and_is_soon_forgotten(boundary):
    (H, shape, *_), y = problem("ramp 3x5", boundary), blocks()
    x0 = first(dl.total_variation(H, y, 0.1), 0)[0].x
    np.testing.assert_array_equal(H.crop(x0), y)
    if boundary == "unknown":
        np.testing.assert_array_equal(x0, np.pad(y, ((1, 1), (2, 2)), mode="edge"))
    other = frozen(np.random.default_rng(3).standard_normal(shape))
    (start, *_, end), usual = first(dl.total_variation(H, y, 0.1, x0=other), 100), dl.total_variation(H, y, 0.1)
    np.testing.assert_array_equal(start.x, other)
    assert end.objective == pytest.approx(first(usual, 100)[-1].objective, rel=1e-3)


def test_sixty_steps_are_enough_for_a_photograph():
    """The case of the project's target; 400 steps are within 1e-6 of the minimum."""
    x_true, psf = dl.sample_image("camera", size=256), np.full((9, 9), 1 / 81)
    H = dl.Blur(psf, x_true.shape)
    clean = H @ x_true
    y = (clean + np.sqrt(clean.var() / 1e4) * np.random.default_rng(0).standard_normal(clean.shape)).astype(np.float32)
    objective = dl.run(dl.total_variation(H, y, 5.6e-5), 400).objective
    assert objective[60] == pytest.approx(objective[400], rel=9e-5)
    assert min(objective) == pytest.approx(objective[400], rel=1e-5) and objective[0] > 10 * objective[400]


@pytest.mark.parametrize(
    ("name", "length", "sigma", "weight"), [("camera", 20, 0.01, 3e-4), ("coins", 27, 0.005, 1e-4)]
)
def test_one_division_and_a_window_lead_where_conjugate_gradients_lead(name, length, sigma, weight, monkeypatch):
    """On a simulated shake: the same picture and the same objective, in sixty steps."""
    psf = dl.shake(length, rng=1)
    seen = dl.simulate(dl.sample_image(name, size=(130, 141)), psf, sigma=sigma, boundary="unknown", rng=1)
    H = dl.Blur(psf, seen.y.shape, "unknown")
    window = dl.run(dl.total_variation(H, seen.y, weight), 60)
    monkeypatch.setattr(_priors, "slopes_near", lambda H, y, x: _Descent(H, y, x, dl.Gradient(H.boundary)))
    descent = dl.run(dl.total_variation(H, seen.y, weight), 300)
    assert min(window.objective) == pytest.approx(min(descent.objective), rel=3e-4)
    monkeypatch.undo()
    assert dl.run(dl.total_variation(H, seen.y, weight), 200).objective[-1] <= min(descent.objective) * (1 + 1e-5)
    x_true = H.crop(seen.x_true)
    assert dl.psnr(x_true, H.crop(window.x)) == pytest.approx(dl.psnr(x_true, H.crop(descent.x)), abs=0.05)


@every_boundary
@both_dtypes
@pytest.mark.parametrize("name", ["shake", "delta"])
def test_a_huge_weight_gives_the_constant_that_fits_best(name, boundary, dtype):
    """Catches: inner steps that go on when only round-off is left, and run away to a thousand times the picture."""
    (H, _, A, _), y = problem(name, boundary), blocks(dtype)
    light = A.sum(axis=1)
    level = light @ y.ravel() / (light @ light)
    assert boundary == "zero" or level == pytest.approx(y.mean(), rel=1e-6)
    settled = 500 if boundary == "unknown" else 60  # a ramp from rim to rim hides in the slopes outside for long
    for weight, digits in ((100, 1e-5), (1e6, 0.02 if boundary in ("zero", "reflect") else 1e-5)):
        for it in first(dl.total_variation(H, y, weight), settled + 50)[settled:]:
            np.testing.assert_allclose(it.x, level, atol=digits if dtype == np.float32 else 1e-5)


@every_boundary
@both_dtypes
def test_a_tiny_weight_gives_the_picture_that_was_blurred(boundary, dtype):
    H, x_true = dl.Blur(dl.gaussian((0.45, 0.4), size=5), SHAPE, boundary), blocks()
    if boundary == "unknown":
        x_true = np.pad(x_true, 2, mode="edge")
    x = first(dl.total_variation(H, (H @ x_true).astype(dtype), 1e-7), 60)[-1].x
    np.testing.assert_allclose(H.crop(x), H.crop(x_true), atol=0.02 if boundary == "unknown" else 1e-4)


@every_boundary
def test_a_picture_and_a_psf_on_their_side_give_the_solution_on_its_side(boundary):
    y, psf = blocks(), PSFS["shake"]
    upright = dl.total_variation(dl.Blur(psf, y.shape, boundary), y, 0.02)
    lying = dl.total_variation(dl.Blur(psf.T, y.T.shape, boundary), y.T, 0.02)
    for a, b in itertools.islice(zip(upright, lying, strict=True), 15):
        np.testing.assert_allclose(a.x, b.x.T, atol=1e-10)
        assert a.objective == pytest.approx(b.objective, rel=1e-12)


@every_boundary
def test_the_weight_has_the_unit_of_y_and_brightness_does_not_matter(boundary):
    y, H = blocks(), dl.Blur(PSFS["ramp 3x5"], SHAPE, boundary)
    for one, scaled in zip(
        first(dl.total_variation(H, y, 0.02), 15), first(dl.total_variation(H, 255 * y, 255 * 0.02), 15), strict=True
    ):
        np.testing.assert_allclose(255 * one.x, scaled.x, atol=1e-8)
    if boundary != "zero":
        lighter = first(dl.total_variation(H, y + 3, 0.02), 15)[-1].x
        np.testing.assert_allclose(first(dl.total_variation(H, y, 0.02), 15)[-1].x + 3, lighter, atol=1e-10)


@every_boundary
def test_total_variation_in_single_precision_walks_where_double_precision_walks(boundary):
    H, y = dl.Blur(PSFS["shake"], (24, 31), boundary), blocks(shape=(24, 31))
    singles = dl.total_variation(H, y.astype(np.float32), 0.02)
    for single, double in itertools.islice(zip(singles, dl.total_variation(H, y, 0.02), strict=True), 40):
        np.testing.assert_allclose(single.x, double.x, atol=2e-4)
        assert single.objective == pytest.approx(double.objective, rel=1e-4)


@every_boundary
@both_dtypes
@pytest.mark.parametrize("level", [0.0, 0.3, -2.0])
def test_total_variation_of_a_constant_is_that_constant(boundary, dtype, level):
    H = dl.Blur(ramp(3, 5), SHAPE, boundary)
    for it in first(dl.total_variation(H, H @ np.full(H.shape_in, level, dtype), 0.01), 40)[-2:]:
        np.testing.assert_allclose(it.x, level, atol=1e-3 if boundary == "zero" else 1e-5)
    flat = first(dl.total_variation(H, np.full(SHAPE, level, dtype), 0.01), 40)[-1]
    assert np.isfinite(flat.x).all() and np.isfinite(flat.objective)


@every_boundary
@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (1, 1), (3, 5)])
def test_the_smallest_pictures(boundary, shape):
    psf = ramp(*(min(n, 3) for n in shape))
    y, H = np.random.default_rng(5).random(shape), dl.Blur(psf, shape, boundary)
    for iterates in (dl.total_variation(H, y, 0.01), dl.plug_and_play(H, y, lambda x, s: 0.9 * x, sigma=0.1)):
        for it in first(iterates, 30):
            assert it.x.shape == H.shape_in and np.isfinite(it.x).all() and np.isfinite(it.objective)


# Plug and play


def levels(y, sigma):
    return np.geomspace(max(y.std() / 3, sigma), sigma / 2, 12)


def smoother(x, s):
    """A linear denoiser that does more when the noise is said to be more."""
    return ndimage.gaussian_filter(x, 5 * s, mode="nearest")


def plugged(solve, y, x, denoise, sigma):
    """The iterates after the first, each denoised from a picture that `solve` finds for a coupling and the last x."""
    for s in levels(y, sigma):
        x = denoise(solve((sigma / s) ** 2 / 3, x), s)
        yield x


@every_boundary
@pytest.mark.parametrize("denoise", [lambda x, s: x, smoother], ids=["identity", "smoother"])
@pytest.mark.parametrize(("name", "sigma"), [("ramp 3x5", 0.02), ("ramp 7x1", 0.1), ("shake", 0.1)])
def test_plug_and_play_is_the_dense_computation(name, boundary, denoise, sigma):
    """Catches: the picture of the data step returned, another level or coupling, the residual of another x.

    Where the data step is not exact, it is the same one, and the end is near the dense one.
    """
    (H, shape, A, _), y = problem(name, boundary), blocks()
    its = list(dl.plug_and_play(H, y, denoise, sigma=sigma))
    assert [it.k for it in its] == list(range(13))
    start = first(dl.total_variation(H, y, 0.07 * sigma), 60)[-1].x
    np.testing.assert_array_equal(its[0].x, start)
    near = picture_near(H, y, start)

    def stepped(c, x):
        near.step(c, x)
        return near.x

    def dense(c, x):
        return np.linalg.solve(A.T @ A + c * np.eye(x.size), A.T @ y.ravel() + c * x.ravel()).reshape(shape)

    for it, expected in zip(its[1:], plugged(stepped, y, start, denoise, sigma), strict=True):
        np.testing.assert_allclose(it.x, expected, atol=1e-10)
    for it, expected in zip(its[1:], plugged(dense, y, start, denoise, sigma), strict=True):
        if boundary == "periodic":
            np.testing.assert_allclose(it.x, expected, atol=1e-10)
    assert dl.relative_error(H.crop(expected), H.crop(it.x)) < (0.4 if sigma == 0.02 else 1e-2)
    for it in its:
        residual = A @ it.x.ravel() - y.ravel()
        assert (it.objective, it.residual_norm) == pytest.approx((residual @ residual / 2, np.linalg.norm(residual)))
        assert type(it.objective) is type(it.residual_norm) is float


@every_boundary
@both_dtypes
@pytest.mark.parametrize("sigma", [1e-4, 0.03, 2.0])
def test_denoiser_is_told_falling_levels_and_gets_what_it_gives(boundary, dtype, sigma):
    """Catches: levels that stop at the noise or do not know it; a first level below it where the noise is strong."""
    H, y, told = dl.Blur(ramp(3, 5), SHAPE, boundary), blocks(dtype), []

    def denoise(x, s):
        assert x.dtype == dtype and x.shape == H.shape_in and type(s) is float
        told.append(s)
        return x.astype(np.float64 if dtype == np.float32 else np.float32) * 0.9

    its = list(dl.plug_and_play(H, y, denoise, sigma=sigma))
    np.testing.assert_allclose(told, levels(y, sigma), rtol=1e-6)
    assert np.all(np.diff(told) < 0) and told[0] >= sigma and told[-1] == pytest.approx(sigma / 2)
    assert all(it.x.dtype == dtype and it.x.shape == H.shape_in for it in its)
    assert not any(np.shares_memory(a.x, b.x) for a, b in itertools.combinations(its, 2))


@every_boundary
def test_a_denoiser_that_works_in_place_changes_no_iterate(boundary):
    """Catches: the picture itself handed out, with it the start of the next step; the denoiser's memory kept."""
    H, y, memory = dl.Blur(ramp(3, 5), SHAPE, boundary), blocks(), []

    def in_place(x, s):
        x *= 0.9
        return x

    def into_one_buffer(x, s):
        if not memory:
            memory.append(np.empty_like(x))
        return np.multiply(x, 0.9, out=memory[0])

    copied, *others = (
        list(dl.plug_and_play(H, y, f, sigma=0.03)) for f in (lambda x, s: 0.9 * x, in_place, into_one_buffer)
    )
    for other in others:
        for a, b in zip(copied, other, strict=True):
            np.testing.assert_array_equal(a.x, b.x)


@every_boundary
@pytest.mark.parametrize("factor", [255, 4e-4])
def test_plug_and_play_scales_with_the_data(boundary, factor):
    """Catches: a level of so many 1/255, which is no noise at all in a picture from 0 to 255."""
    H, y = dl.Blur(PSFS["shake"], (16, 17), boundary), blocks(shape=(16, 17))
    for denoise in (lambda x, s: ndimage.gaussian_filter(x, 1, mode="nearest"), dl.block_matching):
        one, scaled = (list(dl.plug_and_play(H, c * y, denoise, sigma=c * 0.02)) for c in (1, factor))
        for a, b in zip(one, scaled, strict=True):
            np.testing.assert_allclose(factor * a.x, b.x, rtol=0, atol=1e-6 * factor)
            assert factor * a.residual_norm == pytest.approx(b.residual_norm)


def test_plug_and_play_returns_what_the_denoiser_returned():
    """Catches: the picture of the data step in its place, as noisy as the last level is low."""
    returned = []

    def denoise(x, s):
        returned.append(smoother(x, s))
        return returned[-1]

    its = list(dl.plug_and_play(dl.Blur(ramp(3, 5), SHAPE), blocks(), denoise, sigma=0.03))
    for it, x in zip(its[1:], returned, strict=True):
        np.testing.assert_array_equal(it.x, x)


@every_boundary
def test_plug_and_play_in_single_precision_walks_where_double_precision_walks(boundary):
    H, y = dl.Blur(PSFS["shake"], (24, 31), boundary), blocks(shape=(24, 31))
    singles, doubles = (dl.plug_and_play(H, v, smoother, sigma=0.03) for v in (y.astype(np.float32), y))
    for single, double in zip(singles, doubles, strict=True):
        np.testing.assert_allclose(single.x, double.x, atol=2e-4)
        assert single.objective == pytest.approx(double.objective, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize(("returned", "error", "words"), [
    (lambda x: np.where(x > x.min(), x, np.nan), ValueError, "NaN or infinite"),
    (lambda x: x[1:], ValueError, r"got shape \(7, 9\), expected \(8, 9\), the shape that it was given"),
    (lambda x: (255 * x).astype(int), TypeError, "int64"),
    (lambda x: (255 * x.clip(0, 1)).astype(np.uint8), TypeError, "uint8"),
    (lambda x: x[..., None], ValueError, "grey image"),
    (lambda x: None, TypeError, "object"),
])  # fmt: skip
def test_a_denoiser_that_returns_something_else_is_told_so(returned, error, words):
    solver = dl.plug_and_play(dl.Blur(ramp(3, 5), SHAPE), blocks(), lambda x, s: returned(x), sigma=0.02)
    with pytest.raises(error, match=words) as caught:
        list(solver)
    assert str(caught.value).startswith("denoise: got ") and "expected" in str(caught.value)


# Photographs: the classical experiments of deblurring, and camera shakes


def best_total_variation(H, y, sigma, x_true, factors):
    """PSNR of total variation with the best of some weights, inside the frame."""
    runs = (dl.run(dl.total_variation(H, y, factor * sigma), 60, progress=False).x for factor in factors)
    return max(dl.psnr(x_true, H.crop(x)) for x in runs)


def non_local_means(x, s):
    return denoise_nl_means(x, patch_size=5, patch_distance=7, h=0.9 * s, sigma=s)


@pytest.mark.parametrize(("denoise", "gain", "size"), [(dl.block_matching, 0.7, 128), (non_local_means, 0.3, 256)])
def test_plug_and_play_beats_the_best_total_variation(denoise, gain, size):
    """9x9 uniform, BSNR 40 dB. Catches: a schedule that ends too early, or starts where the blur is not yet undone."""
    x_true, psf = dl.sample_image("camera", size=size), np.full((9, 9), 1 / 81)
    H = dl.Blur(psf, x_true.shape)
    clean = H @ x_true
    sigma = np.sqrt(clean.var() / 1e4)
    y = (clean + sigma * np.random.default_rng(0).standard_normal(clean.shape)).astype(np.float32)
    best = best_total_variation(H, y, sigma, x_true, (0.015, 0.02, 0.025, 0.03))
    assert dl.psnr(x_true, dl.run(dl.plug_and_play(H, y, denoise, sigma=sigma), 20, progress=False).x) > best + gain


@pytest.mark.parametrize("name", ["camera", "coins", "astronaut"])
def test_plug_and_play_beats_the_best_total_variation_where_noise_is_strong_and_blur_is_weak(name):
    """Gaussian of std 0.4, variance 64. Catches: the data step returned, which has all the noise (0.6 dB, not 4)."""
    x_true, sigma = dl.sample_image(name, size=128), 8 / 255
    H = dl.Blur(dl.gaussian(0.4, size=25), x_true.shape)
    y = (H @ x_true + sigma * np.random.default_rng(0).standard_normal(x_true.shape)).astype(np.float32)
    x = dl.run(dl.plug_and_play(H, y, dl.block_matching, sigma=sigma), 20, progress=False).x
    assert dl.psnr(x_true, x) > best_total_variation(H, y, sigma, x_true, (0.3, 0.45, 0.6, 0.8)) + 0.2


@pytest.mark.parametrize(("name", "length", "sigma"), [("astronaut", 15, 0.005), ("chelsea", 11, 0.01)])
def test_plug_and_play_undoes_camera_shake_better_than_total_variation(name, length, sigma):
    """The camera cropped a larger scene. Catches: a start that knows nothing of what is outside (-1.8 dB)."""
    scene, psf = dl.sample_image(name, size=120), dl.shake(length, rng=2)
    H = dl.Blur(psf, [n - k + 1 for n, k in zip(scene.shape, psf.shape, strict=True)], "unknown")
    y = dl.add_gaussian(H @ scene, sigma, rng=0).astype(np.float32)
    x, x_true = dl.run(dl.plug_and_play(H, y, dl.block_matching, sigma=sigma), 20, progress=False).x, H.crop(scene)
    assert dl.psnr(x_true, H.crop(x)) > best_total_variation(H, y, sigma, x_true, (0.05, 0.08, 0.12)) + 0.3

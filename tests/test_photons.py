"""Richardson-Lucy against its formula on dense matrices, scikit-image, and an optimizer that knows nothing of it."""

import itertools

import numpy as np
import pytest
from helpers import BOUNDARIES, PSFS, dense_blur, frozen, pairwise, ramp
from scipy import optimize, special
from skimage import restoration

import deconvlab as dl
from deconvlab._photons import Photons

SHAPE = (8, 11)
HOLES = np.array([[0, 0, 2, 0, 0], [0, 3, 6, 1, 0], [0, 1, 2, 0, 0.0]])  # corners that see nothing
FAINT = np.where(HOLES, HOLES, 1e-12)
KERNELS = {**PSFS, "holes": HOLES / HOLES.sum(), "faint": FAINT / FAINT.sum()}
every_boundary = pytest.mark.parametrize("boundary", BOUNDARIES)
both_paces = pytest.mark.parametrize("accelerate", [False, True])
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
NAMES = ["ramp 3x5", "ramp 7x1", "shake", "gaussian", "delta", "holes", "faint"]


def counts(seed=0, shape=SHAPE, dtype=float):
    """Photons: a third of the pixels dark, the others bright."""
    rng = np.random.default_rng(seed)
    return frozen(rng.poisson(rng.choice([0.1, 6, 12], shape)).astype(dtype))


def steps(H, y, n, **options):
    return list(itertools.islice(dl.richardson_lucy(H, y, **options), n + 1))


# The formula


@pairwise(name=NAMES, boundary=BOUNDARIES, background=[0, 0.7])
def test_a_step_is_the_formula(name, boundary, background):
    psf = frozen(0.9992 * KERNELS[name])  # rounded
    H, A, y = dl.Blur(psf, SHAPE, boundary), dense_blur(psf, SHAPE, boundary), counts()
    x0 = frozen(np.random.default_rng(1).uniform(1, 2, H.shape_in))
    x, seen = x0.ravel(), A.T @ np.ones(y.size)
    hidden = seen <= 1e-3 * seen.max()
    for it in steps(H, y, 6, x0=x0, background=background):
        model = A @ x + background
        np.testing.assert_allclose(it.x.ravel(), x, rtol=1e-10, atol=1e-11)
        assert it.objective == pytest.approx(special.kl_div(y.ravel(), model).sum(), rel=1e-10)
        assert it.residual_norm == pytest.approx(np.linalg.norm(model - y.ravel()), rel=1e-10)
        ratio = np.divide(y.ravel(), model, out=np.zeros(y.size), where=y.ravel() > 0)
        x = np.where(hidden, x, x / np.where(hidden, 1, seen) * (A.T @ ratio))
    assert hidden.any() == (boundary == "unknown" and name in ("holes", "faint", "shake", "gaussian"))


@every_boundary
def test_without_frame_correction_a_step_divides_by_the_sum_of_the_psf(boundary):
    psf = 0.9992 * ramp(3, 5)
    H, A, y = dl.Blur(psf, SHAPE, boundary), dense_blur(psf, SHAPE, boundary), counts()
    x = np.full(A.shape[1], y.sum() / A.shape[1] / 0.9992)
    for it in steps(H, y, 6, frame_correction=False):
        np.testing.assert_allclose(it.x.ravel(), x, rtol=1e-11, atol=1e-14)
        x = x / 0.9992 * (A.T @ (y.ravel() / (A @ x)))


@both_dtypes
@pytest.mark.parametrize("name", ["ramp 3x5", "ramp 7x1", "shake", "random"])
@pytest.mark.parametrize("shape", [(24, 31), (31, 24), (16, 16)])
def test_without_frame_correction_and_with_darkness_outside_it_is_scikit_image(name, shape, dtype):
    y = np.random.default_rng(2).uniform(0.1, 1, shape).astype(dtype)
    x0 = np.full(shape, 0.5, dtype)
    x = steps(dl.Blur(PSFS[name], shape, "zero"), y, 15, x0=x0, frame_correction=False)[-1].x
    expected = restoration.richardson_lucy(y, PSFS[name].astype(dtype), num_iter=15, clip=False)
    np.testing.assert_allclose(x, expected, rtol=1e-3 if dtype == np.float32 else 1e-6)


@every_boundary
def test_the_blur_of_each_plain_step_keeps_the_light(boundary):
    """Every pixel of x is seen here; without anything outside x itself keeps the light."""
    y = counts()
    for share in (1, 1.001):  # of the light that the PSF lets through
        H = dl.Blur(share * ramp(3, 5), SHAPE, boundary)
        for it in steps(H, y, 8, x0=np.random.default_rng(1).random(H.shape_in))[1:]:
            assert (H @ it.x).sum() == pytest.approx(y.sum(), rel=1e-12)
            assert boundary != "periodic" or it.x.sum() == pytest.approx(y.sum() / share, rel=1e-12)


# Where it starts


@pairwise(name=NAMES, boundary=BOUNDARIES, accelerate=[False, True], dtype=[np.float32, np.float64])
def test_a_constant_picture_is_where_it_starts_and_stays(name, boundary, accelerate, dtype):
    for psf, background in ((KERNELS[name], 0), (1.0008 * KERNELS[name], 0.25)):
        H = dl.Blur(psf, SHAPE, boundary)
        y = H @ np.full(H.shape_in, 0.3, dtype) + dtype(background)
        its = steps(H, y, 3, background=background, accelerate=accelerate)
        assert its[0].k == 0 and np.ptp(its[0].x) == 0 and (len(its) > 1 or accelerate)
        for it in its:
            np.testing.assert_allclose(it.x, 0.3, rtol=1e-3 if dtype == np.float32 else 1e-11)
            assert abs(it.objective) < (1e-4 if dtype == np.float32 else 1e-12)


def test_the_start_keeps_some_light_when_the_background_explains_it_all():
    H, y = dl.Blur(ramp(3, 5), SHAPE, "zero"), counts()
    dark, light = steps(H, y, 0, background=1e3)[0].x, steps(H, y, 0)[0].x
    assert np.ptp(dark) == 0
    np.testing.assert_allclose(dark, 0.01 * light, rtol=1e-12)


@both_paces
def test_a_pixel_that_starts_at_zero_stays_zero(accelerate):
    x0 = np.ones(SHAPE)
    x0[2:5, 3:9] = 0
    for it in steps(dl.Blur(ramp(3, 5), SHAPE), counts(), 6, x0=frozen(x0), accelerate=accelerate):
        assert not it.x[2:5, 3:9].any() and it.x[x0 > 0].all()


@both_paces
@both_dtypes
@pytest.mark.parametrize("name", ["holes", "faint", "shake"])
def test_pixels_that_are_hardly_seen_keep_their_value(name, accelerate, dtype):
    H, y = dl.Blur(KERNELS[name], SHAPE, "unknown"), counts(dtype=dtype)
    seen = dense_blur(KERNELS[name], SHAPE, "unknown").sum(axis=0).reshape(H.shape_in)
    hidden = seen <= 1e-3
    assert 0 < hidden.sum() < 40
    x0 = (3 + np.random.default_rng(4).random(H.shape_in)).astype(dtype)
    for it in steps(H, y, 30, x0=x0, accelerate=accelerate)[1:]:
        np.testing.assert_array_equal(it.x[hidden], x0[hidden])
        assert not np.any(it.x[~hidden] == x0[~hidden])


# What it promises on the way


DATA = {
    "photons": counts(),
    "dark half": counts() * (np.arange(8) < 4)[:, None],
    "one star": np.pad([[5.0]], ((3, 4), (6, 4))),
    "dark": np.zeros(SHAPE),
    "few stars": np.where(np.random.default_rng(5).random(SHAPE) < 0.1, 3e5, 0.0),
    "noise": np.random.default_rng(6).random(SHAPE),
    "faint": 1e-6 * np.random.default_rng(7).random(SHAPE),
}


@pairwise(
    name=["ramp 7x1", "shake", "holes", "faint"],
    boundary=BOUNDARIES,
    accelerate=[False, True],
    dtype=[np.float32, np.float64],
)
def test_it_stays_non_negative_and_finite_and_its_objective_never_rises(name, boundary, accelerate, dtype):
    """Catches: zeros in data and picture, pixels that nothing sees, round-off of a transform below zero."""
    H = dl.Blur(KERNELS[name], SHAPE, boundary)
    for y, background in itertools.product(DATA.values(), (0, 0.1)):
        its = steps(H, y.astype(dtype), 15, background=background * y.max(), accelerate=accelerate)
        assert [it.k for it in its] == list(range(len(its))) and (len(its) == 16 or accelerate)
        for it in its:
            assert it.x.dtype == dtype and it.x.shape == H.shape_in
            assert np.isfinite(it.x).all() and it.x.min() >= 0
            assert type(it.objective) is type(it.residual_norm) is float and np.isfinite(it.objective)
        digits = 1e-5 if dtype == np.float32 else 1e-13
        assert np.diff([it.objective for it in its], prepend=its[0].objective).max() <= digits * y.sum()


@both_paces
@both_dtypes
def test_without_frame_correction_it_stays_non_negative_and_finite_too(accelerate, dtype):
    skies = ("one star", "few stars", "faint")
    for name, boundary, data in itertools.product(("ramp 7x1", "holes"), BOUNDARIES, skies):
        H, y = dl.Blur(KERNELS[name], SHAPE, boundary), DATA[data]
        for it in steps(H, y.astype(dtype), 40, accelerate=accelerate, frame_correction=False):
            assert it.x.dtype == dtype and np.isfinite(it.x).all() and it.x.min() >= 0 and np.isfinite(it.objective)


def test_a_model_of_zero_between_two_steps_is_no_division_by_zero():
    """Catches: a search along a direction whose model is nothing but round-off."""
    star, H = np.zeros((16, 16), np.float32), dl.Blur(PSFS["ramp 7x1"], (16, 16), "reflect")
    star[5, 7] = 1
    for it in steps(H, star, 60, accelerate=True, frame_correction=False):
        assert np.isfinite(it.x).all() and np.isfinite(it.objective)


@every_boundary
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_best_step_is_where_a_search_along_the_line_ends(boundary, seed):
    H, y, rng = dl.Blur(ramp(3, 5), SHAPE, boundary), counts(), np.random.default_rng(seed)
    photons = Photons(H, y, 0.5, H.T @ np.ones(SHAPE))
    x = rng.uniform(0.5, 8, H.shape_in)
    model = photons.model(x)
    direction = x * (photons.factor(model) - 1) * rng.uniform(0.7, 1.3, x.shape)
    direction = np.maximum(direction, -0.3 * x)
    blurred, uphill = H @ direction, np.sum(photons.seen * direction)
    found = optimize.minimize_scalar(
        lambda t: np.sum(model + t * blurred - y * np.log(model + t * blurred)), bounds=(0, 3), method="bounded",
        options={"xatol": 1e-9},
    )  # fmt: skip
    assert 0.5 < found.x < 2.99
    assert photons.best_step(model, blurred, uphill, 3.0) == pytest.approx(found.x, abs=1e-3)
    assert photons.best_step(model, blurred, uphill, 0.4) == 0.4
    assert photons.best_step(model, -0.01 * blurred, -0.01 * uphill, 3.0) == 0


@both_paces
def test_no_light_is_a_dark_picture(accelerate):
    """Catches: a floor under the model that is brighter than the data."""
    its = steps(dl.Blur(ramp(3, 5), SHAPE), np.zeros(SHAPE), 4, accelerate=accelerate)
    assert not its[-1].x.any() and abs(its[-1].objective) < 1e-300 and its[-1].residual_norm < 1e-300
    its = steps(dl.Blur(ramp(3, 5), SHAPE), np.zeros(SHAPE), 200, x0=np.ones(SHAPE), accelerate=accelerate)
    assert its[0].objective == pytest.approx(88) and its[-1].x.max() < 1e-150


@every_boundary
@both_paces
def test_iterates_report_what_the_formula_says_and_are_safe_to_keep(boundary, accelerate):
    H, y, x0 = dl.Blur(ramp(3, 5), SHAPE, boundary), counts(), frozen(np.full(SHAPE, 2.0))
    A = dense_blur(ramp(3, 5), SHAPE, boundary)
    its = steps(H, y, 40, x0=x0 if boundary != "unknown" else None, background=0.2, accelerate=accelerate)
    for it in its:
        model = A @ it.x.ravel() + 0.2
        assert it.objective == pytest.approx(special.kl_div(y.ravel(), model).sum(), rel=1e-11)
        assert it.residual_norm == pytest.approx(np.linalg.norm(model - y.ravel()), rel=1e-11)
    assert not any(np.shares_memory(a.x, b.x) for a, b in itertools.combinations(its, 2))
    again = steps(H, y, 40, x0=x0 if boundary != "unknown" else None, background=0.2, accelerate=accelerate)
    assert all(np.array_equal(a.x, b.x) for a, b in zip(its, again, strict=True))


@every_boundary
@both_paces
def test_single_precision_walks_where_double_precision_walks(boundary, accelerate):
    H, y = dl.Blur(PSFS["shake"], (24, 31), boundary), counts(shape=(24, 31))
    options = {"background": 0.3, "accelerate": accelerate}
    for single, double in zip(steps(H, y.astype(np.float32), 8, **options), steps(H, y, 8, **options), strict=True):
        assert dl.relative_error(double.x, single.x.astype(float)) < 2e-4
        assert single.objective == pytest.approx(double.objective, rel=1e-4)
        assert single.residual_norm == pytest.approx(double.residual_norm, rel=1e-4)


@every_boundary
@both_paces
def test_brighter_light_gives_a_brighter_picture_and_nothing_else(boundary, accelerate):
    H, y = dl.Blur(ramp(3, 5), SHAPE, boundary), counts()
    options = {"accelerate": accelerate}
    for a, b in zip(steps(H, y, 12, background=0.2, **options), steps(H, y / 255, 12, background=0.2 / 255, **options),
                    strict=True):  # fmt: skip
        np.testing.assert_allclose(a.x, 255 * b.x, rtol=1e-9, atol=1e-9)
        assert a.objective == pytest.approx(255 * b.objective, rel=1e-9)


# Where it ends


LIGHT = np.array([[0.04, 0.1, 0.01], [0.12, 0.55, 0.07], [0.02, 0.06, 0.03]])


@every_boundary
@pytest.mark.parametrize("background", [0, 0.4])
@pytest.mark.parametrize(("accelerate", "n"), [(False, 700), (True, 300)])
def test_it_ends_up_at_the_likeliest_picture(boundary, background, accelerate, n):
    """Kuhn-Tucker: no slope where there is light, none downhill where there is none; and an optimizer agrees."""
    shape = (6, 7)
    H, A, rng = dl.Blur(LIGHT, shape, boundary), dense_blur(LIGHT, shape, boundary), np.random.default_rng(1)
    y = rng.poisson(rng.choice([0, 0.3, 6, 12], shape)).astype(float)

    def deviance(x):
        model = A @ x + background
        return special.kl_div(y.ravel(), model).sum(), A.T @ (1 - y.ravel() / model)

    options = {"maxiter": 20000, "maxfun": 50000, "ftol": 1e-15, "gtol": 1e-10}
    start, bounds = np.full(A.shape[1], 3.0), [(1e-12, None)] * A.shape[1]
    found = optimize.minimize(deviance, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
    history = dl.run(dl.richardson_lucy(H, y, background=background, accelerate=accelerate), n)
    x = history.x.ravel()
    slow = boundary == "unknown" and not accelerate
    value, slope = deviance(x)
    assert value == pytest.approx(found.fun, abs=1e-3 if slow else 1e-9)
    assert history.objective[-1] == pytest.approx(value, abs=1e-11)
    assert slope.min() > (-1e-4 if slow else -1e-8) and np.abs(x * slope).max() < (1e-3 if slow else 1e-7)
    assert np.sum(x < 1e-6) > 20
    if boundary != "unknown":  # there many pictures are equally likely
        np.testing.assert_allclose(x, found.x, atol=1e-5)


@pytest.mark.parametrize("boundary", ["periodic", "zero", "reflect"])
@both_paces
def test_light_without_noise_comes_back_and_the_background_does_not(boundary, accelerate):
    H, x_true = dl.Blur(LIGHT, SHAPE, boundary), np.random.default_rng(3).uniform(0.1, 1, SHAPE)
    history = dl.run(dl.richardson_lucy(H, H @ x_true + 0.5, background=0.5, accelerate=accelerate), 400)
    np.testing.assert_allclose(history.x, x_true, atol=1e-5)
    assert abs(history.objective[-1]) < 1e-10
    ignored = dl.run(dl.richardson_lucy(H, H @ x_true + 0.5, accelerate=accelerate), 40)
    assert ignored.x.sum() > history.x.sum() + 0.4 * x_true.size


SCENES = {
    "camera": (128, dl.gaussian(2), "periodic"),
    "astronaut": (256, dl.disk(4), "zero"),
    "coins": (128, dl.motion(13, 30), "reflect"),
    "hubble_deep_field": (128, dl.shake(20, rng=1), "unknown"),
    "text": (128, ramp(5, 9), "unknown"),
    "cell": (128, dl.disk(4), "periodic"),
}


@pairwise(name=SCENES, photons=[50, 1000, 1e5], background=[0, 0.05])
def test_eight_accelerated_steps_do_what_thirty_plain_ones_do(name, photons, background):
    """Nine at the lowest noise, where the plain steps are still far from their end."""
    size, psf, boundary = SCENES[name]
    scene = dl.sample_image(name, size=size)
    H = dl.Blur(psf, [n - k + 1 for n, k in zip(scene.shape, psf.shape, strict=True)], "unknown")
    y = (np.random.default_rng(0).poisson((H @ scene).clip(0) * photons) / photons).astype(np.float32)
    H = dl.Blur(psf, y.shape, boundary)
    plain = steps(H, y, 30, background=background)
    fast = steps(H, y, 9, background=background, accelerate=True)
    assert fast[8 if photons < 1e5 else 9].objective <= plain[30].objective
    assert fast[1].objective < 1.1 * plain[1].objective

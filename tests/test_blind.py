"""Unknown PSFs: what is found is right, or it is said that nothing was found."""

import functools
import itertools

import numpy as np
import pytest
from helpers import covering, dense_blur, frozen, offsets, on_one_grid, pairwise, ramp
from scipy import special

import deconvlab as dl


def turned(a, b):
    """From one direction to another, in degrees: a motion and its reverse are one."""
    return (b - a + 90) % 180 - 90


# Motion


def test_the_clock_moved_sideways_by_36_pixels():
    """A real photograph: its dial is smeared along the horizontal."""
    length, angle = dl.motion_from_cepstrum(dl.sample_image("clock"))
    assert 33 <= length <= 40 and abs(angle) <= 5


CASES = [  # each photograph and each length with each boundary
    (name, length, angle, sigma, boundary)
    for (name, length, boundary), (angle, sigma) in zip(
        covering(("camera", "coins", "astronaut", "rocket"), (9.4, 17, 27.3, 40), ("periodic", "unknown")),
        itertools.cycle([(0, 0.001), (20, 0.005), (-37.5, 0.01), (45, 0), (90, 0.005), (-75, 0.003), (60.2, 0.001)]),
        strict=False,
    )
]

HARD = [
    ("rocket", 33.9, 76.2, 0.01, "periodic", 34),
    ("cell", 34.5, 15.3, 0.01, "periodic", 120),
    ("brick", 23.9, 8.8, 0.01, "periodic", 280),
    ("cell", 23.0, 52.2, 0.005, "unknown", 390),
    ("retina", 9.3, -31.1, 0.01, "unknown", 0),  # one stripe above the noise
]


@functools.cache
def motion_of(name, length, angle, sigma, boundary, seed=1):
    """What is found in a photograph that was moved."""
    y = dl.simulate(dl.sample_image(name), dl.motion(length, angle), sigma=sigma, boundary=boundary, rng=seed).y
    return dl.motion_from_cepstrum(frozen(y))


@pytest.mark.parametrize(("name", "length", "angle", "sigma", "boundary"), CASES)
def test_simulated_motion_is_found_to_a_pixel_and_two_degrees(name, length, angle, sigma, boundary):
    """Catches: mirrored angles, rows for columns, a length that misses by one, the cross that the frame makes."""
    found, direction = motion_of(name, length, angle, sigma, boundary)
    assert type(found) is type(direction) is float
    if not np.isnan(found):  # it may say that it cannot tell, but see the next test
        assert abs(found - length) <= 1 and abs(turned(angle, direction)) <= 2
        assert -90 <= direction < 90


def test_most_simulated_motions_are_found():
    """Catches: conditions so strict that there is hardly ever an answer."""
    answers = [motion_of(*case)[0] for case in CASES]
    assert np.isfinite(answers).mean() > 0.9


@pytest.mark.parametrize(("name", "length", "angle", "sigma", "boundary", "seed"), HARD)
def test_where_a_fit_would_be_wrong_there_is_no_answer(name, length, angle, sigma, boundary, seed):
    """Catches: a fit that misses by more than a pixel or two degrees, and halves that do not agree."""
    assert np.isnan(motion_of(name, length, angle, sigma, boundary, seed)).all()


STILL = {"sharp": dl.delta(), "gaussian": dl.gaussian(2), "disk": dl.disk(4)}


@pairwise(name=["camera", "coins", "brick", "chelsea"], blur=STILL, sigma=[0.001, 0.01])
def test_what_did_not_move_gets_no_answer(name, blur, sigma):
    """Catches: a confident length for a picture that nobody moved; a disk has stripes, too, in rings."""
    y = dl.simulate(dl.sample_image(name), STILL[blur], sigma=sigma, rng=0).y
    assert np.isnan(dl.motion_from_cepstrum(y)).all()


@pytest.mark.parametrize("shape", [(3, 4), (11, 200), (40, 40)])
def test_noise_and_pictures_too_small_get_no_answer(shape):
    assert np.isnan(dl.motion_from_cepstrum(np.random.default_rng(0).random(shape))).all()


def test_motion_is_found_in_single_precision_and_upside_down():
    y = dl.simulate(dl.sample_image("camera"), dl.motion(21, 30), sigma=0.002, rng=0).y
    length, angle = dl.motion_from_cepstrum(y)
    for picture, expected in ((y.astype(np.float32), angle), (y[::-1], -angle), (y.T, 90 - angle)):
        found, direction = dl.motion_from_cepstrum(np.ascontiguousarray(picture))
        assert found == pytest.approx(length, abs=0.05) and abs(turned(expected, direction)) < 0.2


@pytest.mark.parametrize("shape", [(12, 12), (14, 30), (64, 64)])
def test_a_lonely_light_has_no_dip_and_gets_no_answer(shape):
    """Its spectrum is the same everywhere. Catches: a dip looked for in the centre, where the length is 0."""
    y = np.zeros(shape)
    y[shape[0] // 2, shape[1] // 2] = 1
    assert np.isnan(dl.motion_from_cepstrum(y)).all()


def test_motion_does_not_depend_on_the_unit_of_the_light():
    """Catches: a trend of the logarithm that takes the unit for part of the picture."""
    y = dl.simulate(dl.sample_image("camera", size=256), dl.motion(21, 30), sigma=0.005, rng=0).y
    found = dl.motion_from_cepstrum(y)
    assert found[0] == pytest.approx(21, abs=1)
    for gain in (1e-100, 65535, 1e100):
        assert dl.motion_from_cepstrum(gain * y + gain) == pytest.approx(found, abs=1e-3)


def test_motion_is_averaged_over_a_large_picture_that_is_not_square():
    """Catches: rows for columns."""
    y = dl.simulate(dl.sample_image("camera"), dl.motion(17, -35), sigma=0.005, rng=0).y
    for picture in (np.tile(y, (1, 3))[:300, :1100], np.tile(y, (3, 1))[:1100, :300]):
        assert dl.motion_from_cepstrum(picture) == pytest.approx((17, -35), abs=0.5)


# An edge


def edge(make, width, angle, noise=0.01, size=50):
    """A blurred step whose normal points along `angle`, pixels lit by 8x8 samples."""
    fine, grown = 8, 2 * size
    row, column = (np.mgrid[: grown * fine, : grown * fine] + 0.5) / fine - grown / 2
    turn = np.deg2rad(angle)
    x = 0.2 + 0.6 * (column * np.cos(turn) - row * np.sin(turn) > 1.3)
    x = x.reshape(grown, fine, grown, fine).mean(axis=(1, 3))
    y = dl.Blur(make(width), x.shape, "reflect") @ x
    return dl.add_gaussian(y, noise, rng=0), (size // 2, size // 2 + size, size // 2, size // 2 + size)


def spread(psf):
    """Rms radius of a PSF."""
    row, column = offsets(psf)
    return np.sqrt(((row**2 + column**2) * psf).sum())


NARROW_AND_BROAD = [((dl.gaussian, 1.2), (dl.disk, 5.5)), ((dl.disk, 2), (dl.gaussian, 3))]


@pytest.mark.parametrize(
    ("angle", "make", "width"),
    [(angle, *blur) for k, angle in enumerate([0, 5, 30, 45, 80, 90, 200]) for blur in NARROW_AND_BROAD[k % 2]],
)
def test_an_edge_gives_the_psf(make, width, angle):
    """Catches: an edge spread taken for a line spread, a width that depends on the slant, disk for Gaussian."""
    image, box = edge(make, width, angle)
    psf = dl.psf_from_edge(frozen(image), box)
    assert spread(psf) == pytest.approx(spread(make(width)), rel=0.05)
    found, expected = on_one_grid(psf, make(width))
    assert np.abs(found - expected).sum() < 0.12
    assert psf.sum() == pytest.approx(1) and psf.shape[0] % 2 == 1


@pytest.mark.parametrize("gain", [1e-9, 1e-4, -1, 65535])
def test_an_edge_does_not_depend_on_the_unit_of_the_light(gain):
    """Catches: a fit that stops at its start, because the numbers are small."""
    image, box = edge(dl.gaussian, 1.2, 30)
    expected = dl.psf_from_edge(image, box)
    np.testing.assert_allclose(dl.psf_from_edge(gain * image + gain, box), expected, atol=1e-4)


@pytest.mark.parametrize("angle", [0, 35, 90, -125])
def test_a_box_need_not_be_square_nor_a_tuple(angle):
    """Catches: rows for columns, a box that is shifted or transposed."""
    image, _ = edge(dl.gaussian, 1.5, angle, noise=0.002)
    image[:20] = image[:, :30] = image[80:] = image[:, 70:] = 3  # none of this is asked for
    for box in ([20, 80, 30, 70], np.array([35, 65, 30, 70], np.uint8)):
        psf = dl.psf_from_edge(frozen(image.astype(np.float32)), box)
        assert spread(psf) == pytest.approx(spread(dl.gaussian(1.5)), rel=0.03)


@pytest.mark.parametrize("width", [0.3, 0.5])
def test_a_sharp_edge_gives_next_to_no_blur(width):
    image, box = edge(dl.gaussian, width, 20, noise=0.001)
    assert spread(dl.psf_from_edge(image, box)) == pytest.approx(spread(dl.gaussian(width)), abs=0.05)


def test_a_blur_too_wide_for_the_box_is_refused():
    image, _ = edge(dl.gaussian, 6, 20)
    assert spread(dl.psf_from_edge(image, (25, 75, 25, 75))) == pytest.approx(spread(dl.gaussian(6)), rel=0.1)
    with pytest.raises(ValueError, match="box: .* or a larger one"):
        dl.psf_from_edge(image, (43, 58, 43, 58))


def test_a_box_of_uneven_lists_is_named():
    with pytest.raises(ValueError, match="^box: got rows of different lengths"):
        dl.psf_from_edge(np.eye(40), ([0, 30], 0, 30))


@pytest.mark.parametrize("make", [
    lambda: np.full((40, 40), 0.5),
    lambda: np.random.default_rng(0).random((40, 40)),
    lambda: np.tile([0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8], (40, 5)),
], ids=["flat", "noise", "many edges"])  # fmt: skip
def test_a_box_without_one_clear_edge_is_refused(make):
    with pytest.raises(ValueError, match="box: got a step of .* expected one clear, straight edge"):
        dl.psf_from_edge(make(), (0, 40, 0, 40))


# Blind


def stars(shape=(24, 31)):
    x = np.full(shape, 0.02)
    rng = np.random.default_rng(3)
    x[tuple(rng.integers(2, n - 2, 25) for n in shape)] += rng.random(25)
    return x


def test_blind_steps_keep_light_and_sum_and_never_make_the_likelihood_worse():
    x, psf = stars(), ramp(5, 3)
    y = dl.add_poisson(dl.Blur(psf, x.shape) @ x, 2000, rng=0)
    before, kept = np.inf, []
    for it in itertools.islice(dl.blind_richardson_lucy(frozen(y), frozen(np.full((7, 5), 1 / 35))), 40):
        H = dl.Blur(it.psf, y.shape)
        model = dense_blur(it.psf, y.shape) @ it.x.ravel()
        assert it.objective == pytest.approx(special.kl_div(y.ravel(), model).sum(), rel=1e-9)
        assert it.residual_norm == pytest.approx(np.linalg.norm(H @ it.x - y), rel=1e-9)
        assert it.objective <= before * (1 + 1e-12)
        assert it.psf.sum() == pytest.approx(1) and it.psf.min() >= 0 and it.x.min() >= 0
        if it.k:
            assert it.x.sum() == pytest.approx(y.sum())
        before = it.objective
        kept.append((it.x, it.x.copy(), it.psf, it.psf.copy()))
    assert all(np.array_equal(a, b) and np.array_equal(c, d) for a, b, c, d in kept)
    x, _, psf, _ = kept[1]
    assert before < 0.5 * special.kl_div(y, dl.Blur(psf, y.shape) @ x).sum()


def test_the_psf_step_is_the_gradient_step():
    """Catches: convolution for correlation, a PSF that comes out turned or shifted."""
    x, psf = stars(), ramp(3, 5)
    y = dl.add_gaussian(dl.Blur(ramp(3, 5)[::-1], x.shape) @ x, 0.001, rng=0).clip(0)
    _, it = itertools.islice(dl.blind_richardson_lucy(y, psf, x0=frozen(x)), 2)
    ratio = y / (dl.Blur(psf, y.shape) @ it.x)
    pull = np.empty_like(psf)
    for row, column in np.ndindex(psf.shape):
        point = np.zeros_like(psf)
        point[row, column] = 1
        pull[row, column] = np.sum(ratio * (dl.Blur(point, y.shape) @ it.x))
    np.testing.assert_allclose(it.psf, psf * pull / np.sum(psf * pull), rtol=1e-9)


def test_no_blur_explains_everything_and_the_truth_stays_near():
    """The trap: a start at delta stays there, and fits best of all."""
    x, psf = stars(), ramp(5, 3)
    y = dl.add_poisson(dl.Blur(psf, x.shape) @ x, 1e5, rng=0)
    point = np.pad([[1.0]], ((2, 2), (1, 1)))
    nothing = dl.run(dl.blind_richardson_lucy(y, point), 20)
    assert np.array_equal(list(itertools.islice(dl.blind_richardson_lucy(y, point), 21))[-1].psf, point)
    np.testing.assert_allclose(nothing.x, y, atol=1e-9)
    *_, last = itertools.islice(dl.blind_richardson_lucy(y, psf), 21)
    assert np.abs(last.psf - psf).sum() < 0.3 and nothing.objective[-1] < last.objective


def test_zeros_give_no_nan_and_single_precision_stays():
    y = np.zeros((9, 12), np.float32)
    for seen in (y, y + np.eye(9, 12, dtype=np.float32)):
        for it in itertools.islice(dl.blind_richardson_lucy(seen, ramp(3, 5)), 5):
            assert it.x.dtype == np.float32 and np.isfinite(it.x).all() and np.isfinite(it.psf).all()
            assert np.isfinite([it.objective, it.residual_norm]).all()
            assert seen.any() or it.objective == pytest.approx(0, abs=1e-30), "a dark picture is explained by darkness"


def test_a_first_guess_that_cannot_explain_the_light_is_refused():
    """Catches: 0 / 0 in the PSF, and round-off taken for light."""
    y, x0 = np.zeros((2, 9, 12))
    y[2, 3] = x0[6, 8] = 1
    with pytest.raises(ValueError, match="x0: got no light, blurred by psf0, at 1 pixels where y has some"):
        dl.blind_richardson_lucy(y, ramp(3, 5), x0=x0)
    x0[3, 5] = 1e-6  # the far corner of the PSF's reach
    *_, it = itertools.islice(dl.blind_richardson_lucy(y, ramp(3, 5), x0=x0), 3)
    assert it.x[3, 5] == pytest.approx(1) and it.psf[0, 0] == pytest.approx(1)


def test_a_dark_picture_holds_the_psf_whatever_the_precisions():
    for kinds in itertools.product((np.float32, np.float64), repeat=2):
        y, x0 = np.zeros((9, 12), kinds[0]), np.ones((9, 12), kinds[1])
        for it in itertools.islice(dl.blind_richardson_lucy(y, ramp(3, 5), x0=x0), 3):
            assert np.isfinite([it.objective, it.residual_norm]).all()
            np.testing.assert_allclose(it.psf, ramp(3, 5))


def test_the_first_iterate_is_safe_to_keep():
    x0 = stars()
    first = next(dl.blind_richardson_lucy(stars(), ramp(3, 5), x0=x0))
    x0[:] = 0
    assert np.array_equal(first.x, stars())


@pytest.mark.parametrize("shape", [(7, 7), (8, 7), (7, 12)])
def test_a_psf_may_be_as_large_as_the_picture(shape):
    y = np.random.default_rng(0).random(shape) + 0.1
    before = np.inf
    for it in itertools.islice(dl.blind_richardson_lucy(y, ramp(7, 7)), 10):
        assert it.psf.shape == (7, 7) and it.objective <= before
        before = it.objective


def test_the_first_guess_is_a_constant_and_a_psf_of_any_sum_and_precision():
    """Catches: a PSF of sum 7 taken as it is, single precision in the PSF, a constant with other light than y's."""
    y, psf = stars(), ramp(3, 5)
    for guess in (psf, 7 * psf, psf.astype(np.float32)):
        first, second = itertools.islice(dl.blind_richardson_lucy(y, frozen(guess)), 2)
        np.testing.assert_allclose(first.x, np.full_like(y, y.mean()))
        np.testing.assert_allclose(first.psf, psf, rtol=1e-6)
        assert first.psf.dtype == second.psf.dtype == np.float64 and second.psf.sum() == pytest.approx(1, abs=1e-12)

"""Unknown PSFs: what is found is right, or it is said that nothing was found."""

import itertools

import numpy as np
import pytest
from helpers import dense_blur, frozen, offsets, on_one_grid, ramp
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


CASES = [
    (name, length, angle, sigma)
    for (name, length), (angle, sigma) in zip(
        itertools.product(("camera", "coins", "astronaut", "rocket"), (9.4, 17, 27.3, 40)),
        itertools.cycle([(0, 0.001), (20, 0.005), (-37.5, 0.01), (45, 0), (90, 0.005), (-75, 0.003), (60.2, 0.001)]),
        strict=False,
    )
]


@pytest.mark.parametrize("periodic", [True, False], ids=["periodic", "cut"])
@pytest.mark.parametrize(("name", "length", "angle", "sigma"), CASES)
def test_simulated_motion_is_found_to_a_pixel_and_two_degrees(name, length, angle, sigma, periodic):
    """Catches: mirrored angles, rows for columns, a length that misses by one, the cross that the frame makes."""
    psf, boundary = dl.motion(length, angle), "periodic" if periodic else "unknown"
    y = dl.simulate(dl.sample_image(name), psf, sigma=sigma, boundary=boundary, rng=1).y
    found, direction = dl.motion_from_cepstrum(frozen(y))
    assert abs(found - length) <= 1 and abs(turned(angle, direction)) <= 2
    assert -90 <= direction < 90 and type(found) is type(direction) is float


@pytest.mark.parametrize("sigma", [0.001, 0.01])
@pytest.mark.parametrize("psf", [dl.delta(), dl.gaussian(2), dl.disk(4)], ids=["sharp", "gaussian", "disk"])
@pytest.mark.parametrize("name", ["camera", "coins", "brick", "chelsea"])
def test_what_did_not_move_gets_no_answer(name, psf, sigma):
    """A confident length for a picture that nobody moved; a disk has stripes, too, in rings."""
    assert np.isnan(dl.motion_from_cepstrum(dl.simulate(dl.sample_image(name), psf, sigma=sigma, rng=0).y)).all()


@pytest.mark.parametrize("shape", [(3, 4), (11, 200), (40, 40)])
def test_noise_and_pictures_too_small_get_no_answer(shape):
    assert np.isnan(dl.motion_from_cepstrum(np.random.default_rng(0).random(shape))).all()


def test_motion_is_found_in_single_precision_and_upside_down():
    y = dl.simulate(dl.sample_image("camera"), dl.motion(21, 30), sigma=0.002, rng=0).y
    length, angle = dl.motion_from_cepstrum(y)
    for picture, expected in ((y.astype(np.float32), angle), (y[::-1], -angle), (y.T, 90 - angle)):
        found, direction = dl.motion_from_cepstrum(np.ascontiguousarray(picture))
        assert found == pytest.approx(length, abs=0.05) and abs(turned(expected, direction)) < 0.2


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


@pytest.mark.parametrize("angle", [0, 5, 30, 45, 80, 90, 200])
@pytest.mark.parametrize(("make", "width"), [(dl.gaussian, 1.2), (dl.gaussian, 3), (dl.disk, 2), (dl.disk, 5.5)])
def test_an_edge_gives_the_psf(make, width, angle):
    """Catches: an edge spread taken for a line spread, a width that depends on the slant, disk for Gaussian."""
    image, box = edge(make, width, angle)
    psf = dl.psf_from_edge(frozen(image), box)
    assert spread(psf) == pytest.approx(spread(make(width)), rel=0.05)
    found, expected = on_one_grid(psf, make(width))
    assert np.abs(found - expected).sum() < 0.12
    assert psf.sum() == pytest.approx(1) and psf.shape[0] % 2 == 1


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

import numpy as np
import pytest
from helpers import PSFS, SHAPES, frozen, moments, offsets, on_one_grid, ramp
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import deconvlab as dl

MADE = {
    "gaussian": dl.gaussian(1.7),
    "gaussian rows, columns": dl.gaussian((0.6, 2.2)),
    "gaussian size": dl.gaussian(2, size=(5, 9)),
    "disk": dl.disk(3.3),
    "small disk": dl.disk(0.2),
    "motion": dl.motion(9.7, 33),
    "short motion": dl.motion(0.3, 33),
    "shake": dl.shake(17, rng=5),
    "short shake": dl.shake(1e-3, rng=5),
    "delta": dl.delta(),
}


@pytest.mark.parametrize("name", MADE)
def test_is_a_psf(name):
    psf = MADE[name]
    assert psf.dtype == np.float64
    assert psf.ndim == 2 and all(n % 2 for n in psf.shape)
    assert psf.min() >= 0
    assert psf.sum() == pytest.approx(1, abs=1e-14)
    assert np.abs(moments(psf)[0]).max() < 1e-12


def test_gaussian_is_its_formula_at_every_pixel():
    psf = dl.gaussian((1.5, 3), size=(7, 13))
    row, column = offsets(psf)
    expected = np.exp(-(row**2) / (2 * 1.5**2) - column**2 / (2 * 3**2))
    np.testing.assert_allclose(psf, expected / expected.sum(), rtol=1e-13)


@pytest.mark.parametrize("sigma", [0.9, 1.7, 3, 12, (1, 4), (4.5, 1.2)])
def test_gaussian_has_the_variances_it_says_rows_first(sigma):
    _, covariance = moments(dl.gaussian(sigma))
    np.testing.assert_allclose(covariance, np.diag(np.broadcast_to(sigma, 2) ** 2), rtol=1e-3, atol=1e-12)


def test_gaussian_size_is_rows_first():
    assert dl.gaussian(1, size=(3, 7)).shape == (3, 7)
    assert dl.gaussian(1, size=5).shape == (5, 5)
    assert dl.gaussian((1, 3)).shape == (11, 31)


@pytest.mark.parametrize("sigma", [0.4, 1, 1.9, 2.7, 5, 8.1, 12, 500**0.5])
def test_gaussian_default_reach_keeps_the_otf_positive_and_four_sigma_does_not(sigma):
    shape = (256, 255)
    assert dl.psf_to_otf(dl.gaussian(sigma), shape).real.min() > -4e-7
    if sigma >= 1.9:
        cut = dl.gaussian(sigma, size=2 * int(np.ceil(4 * sigma)) + 1)
        assert -4e-5 < dl.psf_to_otf(cut, shape).real.min() < -1e-6


@given(radius=st.floats(0.51, 12))
def test_disk_weights_are_shared_areas(radius):
    psf = dl.disk(radius)
    fine = 41
    rows, columns = (np.arange(fine * n) / fine - n / 2 + 0.5 / fine for n in psf.shape)
    inside = rows[:, None] ** 2 + columns**2 <= radius**2
    share = inside.reshape(psf.shape[0], fine, psf.shape[1], fine).mean(axis=(1, 3))
    np.testing.assert_allclose(psf * np.pi * radius**2, share, atol=0.04)


@given(radius=st.floats(0.75, 60))
def test_disk_has_the_area_of_a_circle(radius):
    psf = dl.disk(radius)
    assert 1 / psf[psf.shape[0] // 2, psf.shape[1] // 2] == pytest.approx(np.pi * radius**2, rel=1e-11)


@given(radius=st.floats(0.05, 30))
def test_disk_looks_the_same_from_all_sides(radius):
    psf = dl.disk(radius)
    for other in (psf.T, psf[::-1], psf[:, ::-1]):
        np.testing.assert_allclose(psf, other, atol=1e-13)


def test_disk_is_finite_where_its_arc_ends():
    """Catches: the root of a number that rounding took below 0, as r**2 - y**2 can be at y = r."""
    for radius in [3.020508561042597, *np.random.default_rng(0).uniform(0.1, 12, 100)]:
        assert np.isfinite(dl.disk(radius)).all(), radius


def test_disk_within_a_pixel_is_no_blur():
    np.testing.assert_array_equal(dl.disk(0.5), dl.delta())
    assert dl.disk(0.52)[1, 1] > 0.98


@given(radius=st.floats(0.6, 20))
def test_disk_moves_smoothly(radius):
    a, b = on_one_grid(dl.disk(radius), dl.disk(radius + 0.1))
    assert 0.005 < np.abs(a - b).sum() < 0.6


@pytest.mark.parametrize("length", [1, 3, 9, 31])
def test_whole_line_is_equal_weights_across_and_exactly_vertical_at_90(length):
    line = np.full((1, length), 1 / length)
    for angle, expected in ((0, line), (180, line), (-180, line), (90, line.T), (270, line.T), (-90, line.T)):
        np.testing.assert_allclose(dl.motion(length, angle), expected, rtol=1e-14)


def test_motion_of_even_length_stays_centred():
    np.testing.assert_allclose(dl.motion(4), [[0.125, 0.25, 0.25, 0.25, 0.125]])


def axis_along(angle):
    return np.array([-np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))])


@given(length=st.floats(3, 45), angle=st.floats(-360, 360))
def test_motion_has_the_length_and_angle_that_it_says(length, angle):
    _, covariance = moments(dl.motion(length, angle))
    along, across = axis_along(angle), axis_along(angle + 90)
    assert along @ covariance @ along == pytest.approx(length**2 / 12, abs=0.2)
    assert across @ covariance @ across < 0.25
    seen = np.rad2deg(np.arctan2(-2 * covariance[0, 1], covariance[1, 1] - covariance[0, 0])) / 2
    assert abs((seen - angle + 90) % 180 - 90) < max(0.05, 32 / length**2)


def test_motion_turns_counter_clockwise_on_the_screen():
    psf = dl.motion(21, 30)
    middle_row, middle_column = psf.shape[0] // 2, psf.shape[1] // 2
    assert psf[:middle_row, middle_column + 1 :].sum() > 0.35
    assert psf[:middle_row, :middle_column].sum() == pytest.approx(0, abs=1e-12)


@given(length=st.floats(0.2, 40), angle=st.floats(-180, 180))
def test_motion_turned_by_a_quarter_is_the_picture_turned(length, angle):
    for other, expected in (
        (dl.motion(length, angle + 90), np.rot90(dl.motion(length, angle))),
        (dl.motion(length, -angle), dl.motion(length, angle)[::-1]),
        (dl.motion(length, angle + 180), dl.motion(length, angle)),
    ):
        a, b = on_one_grid(other, expected)
        np.testing.assert_allclose(a, b, atol=1e-11)


@given(length=st.floats(0.5, 25), angle=st.floats(-180, 180))
def test_motion_weights_are_the_area_shared_with_a_bar(length, angle):
    psf = dl.motion(length, angle)
    fine = 41
    rows, columns = (np.arange(fine * n) / fine - n / 2 + 0.5 / fine for n in psf.shape)
    along, across = (u * rows[:, None] + v * columns for u, v in (axis_along(angle), axis_along(angle + 90)))
    inside = (np.abs(along) <= length / 2) & (np.abs(across) <= 0.5)
    share = inside.reshape(psf.shape[0], fine, psf.shape[1], fine).mean(axis=(1, 3))
    np.testing.assert_allclose(psf * length, share, atol=0.06)


@given(length=st.floats(2, 40), angle=st.floats(-180, 180), step=st.sampled_from([(0.1, 0), (0, 0.5)]))
def test_motion_moves_smoothly_and_has_no_dead_angle(length, angle, step):
    a, b = on_one_grid(dl.motion(length, angle), dl.motion(length + step[0], angle + step[1]))
    assert 1e-3 < np.abs(a - b).sum() < 0.25


@given(angle=st.floats(-180, 180))
def test_motion_of_one_pixel_is_almost_no_blur(angle):
    assert dl.motion(1, angle).max() > 0.82


def test_shake_is_the_same_for_the_same_int_and_another_for_another():
    np.testing.assert_array_equal(dl.shake(15, rng=4), dl.shake(15, rng=4))
    np.testing.assert_array_equal(dl.shake(15, rng=np.random.default_rng(4)), dl.shake(15, rng=4))
    a, b = on_one_grid(dl.shake(15, rng=4), dl.shake(15, rng=5))
    assert np.abs(a - b).sum() > 0.2


@given(length=st.floats(4, 60), seed=st.integers(0, 10**6))
def test_shake_is_centred_asymmetric_and_no_longer_than_its_path(length, seed):
    psf = dl.shake(length, rng=seed)
    centroid, covariance = moments(psf)
    assert np.abs(centroid).max() < 1e-11
    assert np.sqrt(np.trace(covariance)) < length / np.sqrt(12) + 1
    assert np.abs(psf - psf[::-1, ::-1]).max() > 1e-3 * psf.max()


def test_shake_turns_by_one_and_a_half_radians():
    length = 400
    chords = [np.trace(moments(dl.shake(length, rng=seed))[1]) for seed in range(40)]
    rng = np.random.default_rng(0)
    heading = np.cumsum(rng.normal(0, 1.5 / np.sqrt(1000), (400, 1000)), axis=1)
    paths = np.cumsum(np.exp(1j * heading), axis=1) * length / 1000
    assert np.mean(chords) == pytest.approx(np.mean(np.var(paths, axis=1)), rel=0.1)


def test_as_psf_centres_a_corner_point():
    corner = np.zeros((4, 6))
    corner[0, 5] = 7
    np.testing.assert_array_equal(dl.as_psf(corner), dl.delta())


@pytest.mark.parametrize("array", [np.ones((2, 2)), np.eye(4), np.ones((3, 4), int), np.ones((2, 3), bool)])
def test_as_psf_makes_even_sizes_odd_and_keeps_every_weight(array):
    psf = dl.as_psf(array)
    assert all(n % 2 for n in psf.shape)
    np.testing.assert_allclose(np.sort(psf[psf > 0]), np.full(np.count_nonzero(array), 1 / np.count_nonzero(array)))


@given(arrays(np.int64, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 5)))
def test_as_psf_is_centred_normalized_and_stays_itself(array):
    assume(array.any())
    psf = dl.as_psf(frozen(array))
    assert psf.dtype == np.float64 and all(n % 2 for n in psf.shape)
    assert psf.sum() == pytest.approx(1)
    assert np.abs(moments(psf)[0]).max() <= 0.5 + 1e-9
    np.testing.assert_allclose(np.sort(psf[psf > 0]) * array.sum(), np.sort(array[array > 0]))
    np.testing.assert_allclose(dl.as_psf(psf), psf, rtol=1e-12)


@given(arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 4)), elements=st.floats(0.01, 1)))
def test_as_psf_does_not_let_round_off_choose_between_two_middles(half):
    even = np.hstack([half, half[:, ::-1]])
    psf, other = dl.as_psf(even), dl.as_psf(np.ones_like(even))
    assert (psf[psf.shape[0] // 2] > 0).tolist() == (other[other.shape[0] // 2] > 0).tolist()
    np.testing.assert_allclose(dl.as_psf(psf), psf, rtol=1e-12)


def test_as_psf_keeps_the_orientation():
    array = np.zeros((5, 8))
    array[1:4, 2:7] = ramp(3, 5)
    psf = dl.as_psf(array)
    rows, columns = np.nonzero(psf)
    np.testing.assert_allclose(psf[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], ramp(3, 5))


def direct_dft(psf, shape):
    row, column = offsets(psf)
    u, v = np.arange(shape[0]), np.arange(shape[1] // 2 + 1)
    by_row = np.exp(-2j * np.pi * u[:, None] * row.ravel() / shape[0])
    by_column = np.exp(-2j * np.pi * column.ravel()[:, None] * v / shape[1])
    return by_row @ psf @ by_column


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PSFS)
def test_otf_is_the_direct_sum_over_the_psf(name, shape):
    np.testing.assert_allclose(dl.psf_to_otf(frozen(PSFS[name]), shape), direct_dft(PSFS[name], shape), atol=1e-14)


@pytest.mark.parametrize("shape", [(7, 9), (9, 7), (1, 5), (5, 1), (1, 1), (15, 3)])
def test_otf_of_a_psf_as_large_as_the_image(shape):
    np.testing.assert_allclose(dl.psf_to_otf(ramp(*shape), shape), direct_dft(ramp(*shape), shape), atol=1e-14)


@given(st.data())
def test_otf_is_the_direct_sum_for_any_sizes(data):
    half = data.draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
    psf = data.draw(arrays(np.float64, tuple(2 * h + 1 for h in half), elements=st.floats(0, 1)))
    assume(psf.sum() > 0.01)
    psf /= psf.sum()
    shape = tuple(n + data.draw(st.integers(0, 6)) for n in psf.shape)
    np.testing.assert_allclose(dl.psf_to_otf(psf, shape), direct_dft(psf, shape), atol=1e-12)


def test_otf_of_float32_stays_single_and_agrees_with_double():
    psf = dl.shake(9, rng=0)
    single = dl.psf_to_otf(psf.astype(np.float32), (31, 40))
    assert single.dtype == np.complex64
    np.testing.assert_allclose(single, dl.psf_to_otf(psf, (31, 40)), atol=3e-7)
    assert dl.psf_to_otf(psf, (31, 40)).dtype == np.complex128


def test_otf_takes_the_shape_of_an_image_as_it_comes():
    image = np.zeros((12, 15))
    np.testing.assert_array_equal(dl.psf_to_otf(ramp(3, 3), image.shape), dl.psf_to_otf(ramp(3, 3), np.array([12, 15])))


# What an even size has for a centre, and a PSF as large as the picture


@pytest.mark.parametrize("rows", range(1, 13))
@pytest.mark.parametrize("columns", [1, 2, 5, 8, 11])
def test_as_psf_takes_the_later_middle_of_an_even_size(rows, columns):
    """Catches: a shift up for two rows, and down for four."""
    psf = dl.as_psf(np.ones((rows, columns)))
    assert psf.shape == (rows // 2 * 2 + 1, columns // 2 * 2 + 1)
    assert (psf[:rows, :columns] > 0).all() and psf[rows:].sum() == psf[:, columns:].sum() == 0


def gaussian_of_size(size, sigma):
    """Centred at size // 2, as MATLAB and FFT code have it."""
    r = np.arange(size) - size // 2
    return np.exp(-(r[:, None] ** 2 + r**2) / 2 / sigma**2)


@pytest.mark.parametrize("size", [31, 32, 63, 64, 65, 128])
@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.15])
def test_as_psf_of_a_psf_of_the_pictures_own_size_fits_into_the_picture(size, share):
    """Catches: 65x65 of 64x64, which is then refused; a shift by a pixel."""
    psf = dl.as_psf(7 * gaussian_of_size(size, share * size))
    assert max(psf.shape) <= size
    assert np.unravel_index(psf.argmax(), psf.shape) == (psf.shape[0] // 2, psf.shape[1] // 2)
    expected = np.fft.rfft2(np.fft.ifftshift(gaussian_of_size(size, share * size)))
    np.testing.assert_allclose(dl.psf_to_otf(psf, (size, size)), expected / expected[0, 0], atol=2e-3)


def test_a_full_size_psf_restores_as_well_as_the_small_one():
    x_true = dl.sample_image("camera", size=64)
    y = dl.simulate(x_true, dl.gaussian(1.5), sigma=0.01, rng=0).y
    weight = dl.oracle(y, dl.gaussian(1.5), x_true).weight
    small, full = (dl.tikhonov(y, psf, weight) for psf in (dl.gaussian(1.5), dl.as_psf(gaussian_of_size(64, 1.5))))
    assert dl.psnr(x_true, full) == pytest.approx(dl.psnr(x_true, small), abs=1e-4)


@pytest.mark.parametrize("size", [16, 17, 64, 65])
@pytest.mark.parametrize("psf", [dl.gaussian(0.7), dl.disk(2), dl.motion(5), dl.motion(5, 90), dl.shake(4, rng=2)])
def test_as_psf_refuses_a_centre_at_the_corner_and_its_advice_mends_it(size, psf):
    """Catches: four blobs in the corners, taken for a PSF."""
    array = np.zeros((size, size))
    array[: psf.shape[0], : psf.shape[1]] = psf
    array = np.roll(array, [-(k // 2) for k in psf.shape], (0, 1))
    with pytest.raises(
        ValueError, match=r"pass np.fft.fftshift\(array\) if its centre is at \(0, 0\), np.pad\(array, 1\)"
    ):
        dl.as_psf(array)
    a, b = on_one_grid(dl.as_psf(np.fft.fftshift(array)), psf)
    np.testing.assert_allclose(a, b, atol=1e-8)


def test_as_psf_takes_a_double_image_by_its_advice():
    double = np.zeros((1, 12))
    double[0, [0, -1]] = 1
    psf = dl.as_psf(np.pad(double, 1))
    assert np.flatnonzero(psf).size == 2 and np.ptp(np.nonzero(psf)[1]) == 11


# A PSF cut out of a photograph


@pytest.mark.parametrize(
    ("level", "noise", "size"), [(0.002, 0, 41), (0.002, 0.001, 41), (5e-4, 5e-4, 25), (0.01, 0.002, 25)]
)
def test_as_psf_refuses_a_pedestal_and_its_advice_takes_it_off(level, noise, size):
    """Catches: 9 dB and more lost in silence; a median under noise, half of which stays as a pedestal."""
    x_true = dl.sample_image("camera", size=64)
    y = dl.simulate(x_true, dl.gaussian(1.5), sigma=0.01, rng=0).y
    weight = dl.oracle(y, dl.gaussian(1.5), x_true).weight

    def score(psf):
        return dl.psnr(x_true, dl.tikhonov(y, psf, weight))

    rng = np.random.default_rng(0)
    array = (dl.gaussian(1.5, size=size) + level + noise * rng.standard_normal((size, size))).clip(0)
    with pytest.raises(
        ValueError, match=r"a level rim .* background=(array\[\[0, -1\]\].max\(\)), or say background=0"
    ):
        dl.as_psf(array)
    best = score(dl.gaussian(1.5))
    assert score(dl.as_psf(array, background=array[[0, -1]].max())) > best - 1
    assert score(dl.as_psf(array, background=0)) < best - 3


@pytest.mark.parametrize("psf", [
    np.ones((15, 15)), dl.disk(9), dl.gaussian(3, size=15), dl.gaussian(4, size=13), dl.motion(21, 30),
    dl.shake(25, rng=3), np.random.default_rng(0).random((20, 20)), np.eye(30), gaussian_of_size(64, 12),
    np.hypot(*np.mgrid[-9:10, -9:10]) // 2 == 4,
])  # fmt: skip
def test_as_psf_does_not_take_a_psf_for_a_pedestal_or_a_corner(psf):
    """Catches: a box, a cut Gaussian or a ring refused."""
    assert dl.as_psf(psf).sum() == pytest.approx(1)


def test_as_psf_subtracts_the_background_and_clips_what_is_below():
    np.testing.assert_allclose(dl.as_psf([[1, 3, 5, 3, 1.5]], background=2), [[0.2, 0.6, 0.2]])
    with pytest.raises(ValueError, match="no light above the background 9"):
        dl.as_psf([[1, 2]], background=9)


# Sizes beyond reason


@pytest.mark.parametrize("size", [5e-324, 1e-200, 1e-20, 1e-9])
@pytest.mark.filterwarnings("error")
def test_psfs_of_next_to_no_size_are_psfs(size):
    """Catches: 0 / 0 in an area or an exponent, and a bar whose area is lost in rounding."""
    for psf in (dl.gaussian(size), dl.gaussian((size, 2)), dl.disk(size), dl.shake(size, rng=0), dl.motion(size, 33)):
        assert np.isfinite(psf).all() and psf.min() >= 0 and psf.sum() == pytest.approx(1)
    assert dl.gaussian(size).max() == dl.disk(size).max() == 1
    a, b = on_one_grid(dl.motion(size, 33), dl.motion(1e-3, 33))
    np.testing.assert_allclose(a, b, atol=1e-3)


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e200, 1e307])
def test_as_psf_knows_no_smallest_and_no_largest_number(scale):
    np.testing.assert_allclose(dl.as_psf(scale * np.array([[1, 1, 2.0]])), [[0.25, 0.25, 0.5]], rtol=1e-3)

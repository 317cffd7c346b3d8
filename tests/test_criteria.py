import numpy as np
import pytest
from helpers import frozen
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage import metrics

import deconvlab as dl

BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def pictures(dtype=float, shape=(21, 34)):
    rng = np.random.default_rng(2)
    x_true = rng.random(shape).astype(dtype)
    return frozen(x_true, (x_true + 0.1 * rng.standard_normal(shape)).astype(dtype))


@BOTH
@pytest.mark.parametrize("peak", [1, 255.0])
def test_psnr_is_scikit_image_with_the_range_said(dtype, peak):
    x_true, x = pictures(dtype)
    expected = metrics.peak_signal_noise_ratio(x_true.astype(float), x.astype(float), data_range=peak)
    assert dl.psnr(x_true, x, peak=peak) == pytest.approx(expected, abs=1e-5)
    assert isinstance(dl.psnr(x_true, x), float)


@given(border=st.integers(0, 10), rows=st.integers(21, 24))
def test_psnr_leaves_out_the_border_on_all_four_sides(border, rows):
    x_true, x = pictures(shape=(rows, 34))
    inside = np.s_[border : rows - border, border : 34 - border]
    assert dl.psnr(x_true, x, border=border) == pytest.approx(dl.psnr(x_true[inside], x[inside]), abs=1e-12)


def test_psnr_border_hides_exactly_the_rim():
    x_true = np.zeros((9, 7))
    rim = np.ones((9, 7))
    rim[2:-2, 2:-2] = 0
    assert dl.psnr(x_true, rim, border=2) == np.inf
    assert dl.psnr(x_true, rim, border=1) < np.inf
    assert dl.psnr(x_true, rim, border=3) == np.inf


def test_equal_pictures_score_infinity():
    x_true, x = pictures()
    assert dl.psnr(x, x) == np.inf
    assert dl.isnr(x_true, x, x_true) == np.inf
    assert dl.relative_error(x, x) == 0


def test_psnr_never_guesses_the_peak():
    assert dl.psnr(np.full((3, 3), 0.5), np.full((3, 3), 0.4)) == pytest.approx(20)
    assert dl.psnr(np.full((3, 3), 50.0), np.full((3, 3), 40.0), peak=1) == pytest.approx(-20)


@pytest.mark.parametrize("score", [dl.psnr, dl.ssim])
def test_a_picture_on_another_range_needs_its_peak(score):
    """Catches: -24.6 dB where 23.6 are meant; and an exploded picture, refused though the truth is in range."""
    x_true, x = pictures()
    with pytest.raises(ValueError, match="^peak: got none with values up to 25.*: say peak=255"):
        score(255 * x_true, 255 * x)
    with pytest.raises(ValueError, match="^peak: got none"):
        score(255 * x_true, x)
    assert score(255 * x_true, 255 * x, peak=255) == pytest.approx(score(x_true, x))
    assert np.isfinite(score(x_true, 1e6 * x))
    assert dl.isnr(255 * x_true, 255 * x, 255 * (x + x_true) / 2) == pytest.approx(dl.isnr(x_true, x, (x + x_true) / 2))


@BOTH
def test_isnr_is_the_gain_over_the_observation(dtype):
    x_true, y = pictures(dtype)
    half_way = ((x_true + y) / 2).astype(dtype)
    assert dl.isnr(x_true, y, half_way) == pytest.approx(20 * np.log10(2), abs=1e-4)
    assert dl.isnr(x_true, half_way, y) == pytest.approx(-20 * np.log10(2), abs=1e-4)


@BOTH
def test_relative_error_is_scikit_image_normalized_root_mse(dtype):
    x_true, x = pictures(dtype)
    expected = metrics.normalized_root_mse(x_true.astype(float), x.astype(float))
    assert dl.relative_error(x_true, x) == pytest.approx(expected, rel=1e-5)
    assert dl.relative_error(x_true, np.zeros_like(x)) == pytest.approx(1)
    assert dl.relative_error(x, x_true) != pytest.approx(expected, rel=1e-3)


@BOTH
def test_rms_is_the_root_of_the_mean_of_the_squared_sizes(dtype):
    x_true, x = pictures(dtype)
    assert dl.rms(x - x_true) == pytest.approx(np.sqrt(metrics.mean_squared_error(x_true, x)), rel=1e-5)
    assert dl.rms(np.exp(1j * x_true)) == pytest.approx(1)
    assert dl.rms(np.full((3, 4, 5), -2)) == 2 and type(dl.rms(x)) is float


def similarity(x_true, x, peak):
    """The formula of Wang et al., window by window."""
    offset = np.arange(-5, 6)
    window = np.exp(-(offset[:, None] ** 2 + offset**2) / 2 / 1.5**2)
    window /= window.sum()
    c_1, c_2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    values = []
    for i, j in np.ndindex(x.shape[0] - 10, x.shape[1] - 10):
        a, b = x_true[i : i + 11, j : j + 11], x[i : i + 11, j : j + 11]
        mean_a, mean_b = (window * a).sum(), (window * b).sum()
        a, b = a - mean_a, b - mean_b
        brightness = (2 * mean_a * mean_b + c_1) / (mean_a**2 + mean_b**2 + c_1)
        pattern = (2 * (window * a * b).sum() + c_2) / ((window * a**2).sum() + (window * b**2).sum() + c_2)
        values.append(brightness * pattern)
    return np.mean(values)


@BOTH
@pytest.mark.parametrize("peak", [1, 255.0])
@pytest.mark.parametrize("shape", [(21, 34), (11, 12), (16, 11), (11, 11)])
def test_ssim_is_the_formula_of_wang_et_al(dtype, peak, shape):
    x_true, x = pictures(dtype, shape)
    assert dl.ssim(x_true, x, peak=peak) == pytest.approx(similarity(x_true, x, peak), abs=1e-4)
    if dtype == np.float64:
        assert dl.ssim(x_true, x, peak=peak) == pytest.approx(similarity(x_true, x, peak), abs=1e-12)
    assert isinstance(dl.ssim(x_true, x), float)


def test_ssim_knows_equal_and_inverted_pictures():
    x_true, x = pictures()
    assert dl.ssim(x, x) == 1
    assert dl.ssim(x_true, 1 - x_true) < -0.5
    assert dl.ssim(x_true, x) == pytest.approx(dl.ssim(x, x_true), abs=1e-12)
    assert dl.ssim(x_true, x.astype(np.float32)) == pytest.approx(dl.ssim(x_true, x), abs=1e-5)


@given(border=st.integers(0, 5), rows=st.integers(21, 24))
def test_ssim_leaves_out_the_border_on_all_four_sides(border, rows):
    x_true, x = pictures(shape=(rows, 34))
    inside = np.s_[border : rows - border, border : 34 - border]
    assert dl.ssim(x_true, x, border=border) == pytest.approx(dl.ssim(x_true[inside], x[inside]), abs=1e-12)


def whiteness(residual):
    """From the autocorrelation at every shift, one after the other."""
    residual = residual - residual.mean()
    shifts = list(np.ndindex(residual.shape))[1:]
    autocorrelation = [np.sum(residual * np.roll(residual, shift, (0, 1))) for shift in shifts]
    return np.sqrt(np.mean(np.square(autocorrelation)) * residual.size) / np.sum(residual**2)


@BOTH
@pytest.mark.parametrize("shape", [(5, 6), (6, 5), (7, 7), (4, 4), (8, 3), (1, 8), (1, 9), (9, 1), (8, 2), (1, 2)])
def test_residual_whiteness_is_the_explicit_autocorrelation(dtype, shape):
    residual = np.random.default_rng(4).standard_normal(shape).astype(dtype) + dtype(0.7)
    expected = whiteness(residual.astype(float))
    assert dl.residual_whiteness(frozen(residual)) == pytest.approx(expected, rel=1e-5 if dtype == np.float32 else 1e-9)


@pytest.mark.parametrize("shape", [(64, 64), (63, 65), (40, 101), (1, 4001)])
def test_white_noise_has_whiteness_one_whatever_its_strength(shape):
    noise = np.random.default_rng(5).standard_normal(shape)
    assert dl.residual_whiteness(noise) == pytest.approx(1, abs=0.06)
    assert dl.residual_whiteness(1e-3 * noise + 10) == pytest.approx(dl.residual_whiteness(noise), rel=1e-9)
    faint = (1e-25 * noise).astype(np.float32)  # its squares are zero in float32
    assert dl.residual_whiteness(faint) == pytest.approx(dl.residual_whiteness(noise), rel=1e-4)
    assert isinstance(dl.residual_whiteness(noise), float)


def test_structure_left_or_noise_fitted_makes_a_residual_less_white():
    x_true, psf = dl.sample_image("camera", size=128), dl.motion(9)
    y = dl.simulate(x_true, psf, sigma=0.01, rng=0).y
    H, best = dl.Blur(psf, y.shape), dl.oracle(y, psf, x_true).weight
    left = {factor: dl.residual_whiteness(y - H @ dl.tikhonov(y, psf, factor * best)) for factor in (1e-4, 1, 100)}
    assert dl.residual_whiteness(y - H @ x_true) == pytest.approx(1, abs=0.03)
    assert 1 < left[1] < 1.4 < 2 < left[1e-4]
    assert left[100] > 2
    assert dl.residual_whiteness(ndimage.gaussian_filter(y - H @ x_true, 1)) > 2

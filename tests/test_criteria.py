import numpy as np
import pytest
from helpers import frozen
from hypothesis import given
from hypothesis import strategies as st
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
    assert dl.psnr(np.full((3, 3), 50.0), np.full((3, 3), 40.0)) == pytest.approx(-20)


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

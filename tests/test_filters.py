import numpy as np
import pytest
from helpers import PSFS, SHAPES, dense_blur, dense_gradient, frozen, full_otf, ramp
from scipy import fft
from skimage import restoration
from skimage.restoration import uft

import deconvlab as dl

NAMES = ["ramp 3x5", "ramp 7x1", "shake", "random", "gaussian", "delta"]
every_blur = pytest.mark.parametrize(("name", "shape"), [(name, shape) for name in NAMES for shape in SHAPES])


def picture(shape, dtype=float):
    return frozen(np.random.default_rng(3).random(shape).astype(dtype))


def solve(matrix, y):
    return np.linalg.solve(matrix, y.ravel()).reshape(y.shape)


@every_blur
@pytest.mark.parametrize("epsilon", [1.5, 2])
def test_inverse_filter_solves_h_plus_epsilon(name, shape, epsilon):
    y, H = picture(shape), dense_blur(PSFS[name], shape)
    expected = solve(H + epsilon * np.eye(y.size), y)
    np.testing.assert_allclose(dl.inverse_filter(y, frozen(PSFS[name]), epsilon), expected, atol=1e-11)


def test_inverse_filter_undoes_an_asymmetric_blur_exactly():
    x = picture((31, 24))
    np.testing.assert_allclose(dl.inverse_filter(dl.Blur(ramp(3, 5), x.shape) @ x, ramp(3, 5)), x, atol=1e-12)


@every_blur
def test_truncated_inverse_is_the_truncated_singular_value_decomposition(name, shape):
    y = picture(shape)
    U, s, V = np.linalg.svd(dense_blur(PSFS[name], shape))
    gaps = np.sort(s)[1:] - np.sort(s)[:-1]
    middle = len(s) // 4 + np.argmax(gaps[len(s) // 4 : 3 * len(s) // 4])
    threshold = np.sort(s)[middle : middle + 2].mean() if name != "delta" else 0.5
    inverse = np.where(s >= threshold, 1 / np.maximum(s, threshold), 0)
    expected = (V.T @ (inverse * (U.T @ y.ravel()))).reshape(shape)
    np.testing.assert_allclose(dl.truncated_inverse(y, frozen(PSFS[name]), threshold), expected, atol=1e-10)


@every_blur
@pytest.mark.parametrize("weight", [1e-2, 0.3])
def test_tikhonov_solves_the_normal_equations(name, shape, weight):
    y, H, D = picture(shape), dense_blur(PSFS[name], shape), dense_gradient(shape)
    for penalty, R in (("gradient", D.T @ D), ("identity", np.eye(y.size))):
        expected = solve(H.T @ H + weight * R, (H.T @ y.ravel()).reshape(shape))
        np.testing.assert_allclose(dl.tikhonov(y, frozen(PSFS[name]), weight, penalty), expected, atol=1e-10)
    np.testing.assert_array_equal(dl.tikhonov(y, PSFS[name], weight), dl.tikhonov(y, PSFS[name], weight, "gradient"))


@every_blur
def test_wiener_is_the_best_linear_guess_for_a_known_covariance(name, shape):
    y, H, sigma = picture(shape), dense_blur(PSFS[name], shape), 0.2
    colour = dense_blur(dl.gaussian((0.6, 1.0), size=5), shape)
    covariance = colour @ colour.T + 0.05 * np.eye(y.size)
    expected = covariance @ H.T @ solve(H @ covariance @ H.T + sigma**2 * np.eye(y.size), y).ravel()
    power = np.abs(dl.psf_to_otf(dl.gaussian((0.6, 1.0), size=5), shape)) ** 2 + 0.05
    np.testing.assert_allclose(dl.wiener(y, PSFS[name], sigma**2 / power).ravel(), expected, atol=1e-10)


def test_wiener_with_a_number_is_tikhonov_with_the_identity():
    y = picture((12, 17))
    expected = dl.tikhonov(y, ramp(3, 5), 0.07, "identity")
    np.testing.assert_allclose(dl.wiener(y, ramp(3, 5), 0.07), expected, atol=1e-14)


@pytest.mark.parametrize("name", ["ramp 3x5", "shake", "random", "motion"])
@pytest.mark.parametrize("shape", [(24, 31), (31, 24), (16, 16)])
def test_filters_agree_with_scikit_image(name, shape):
    y, psf, weight = picture(shape), PSFS[name], 0.05
    identity = np.ones((shape[0], shape[1] // 2 + 1), complex)
    laplacian = uft.laplacian(2, shape)[0]
    slope = np.sqrt(dl.gradient_power(shape)).astype(complex)
    otf = dl.psf_to_otf(psf, shape)
    for reg, x in (
        (identity, dl.wiener(y, psf, weight)),
        (None, dl.apply_gain(y, dl.tikhonov_gain(otf, weight, np.abs(laplacian) ** 2))),
        (slope, dl.tikhonov(y, psf, weight)),
    ):
        np.testing.assert_allclose(x, restoration.wiener(y, psf, weight, reg=reg, clip=False), atol=1e-12)


def gains(otf, power):
    """One of each kind, with knobs that hold any frequency away from zero."""
    return {
        "inverse": dl.inverse_gain(otf, 1.5),
        "truncated": dl.truncated_gain(otf, 0.1),
        "identity": dl.tikhonov_gain(otf, 0.02),
        "gradient": dl.tikhonov_gain(otf, 0.02, power),
        "wiener": dl.wiener_gain(otf, 0.02),
        "wiener spectrum": dl.wiener_gain(otf, 0.01 + power),
    }


def test_single_precision_gains_stay_single_and_agree_with_double():
    otf = dl.psf_to_otf(dl.shake(9, rng=2), (32, 45))
    power = dl.gradient_power((32, 45))
    double, single = gains(otf, power), gains(otf.astype(np.complex64), power)
    for name in double:
        assert double[name].dtype == np.complex128 and single[name].dtype == np.complex64, name
        np.testing.assert_allclose(single[name], double[name], rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("psf_dtype", [np.float32, np.float64])
def test_restored_picture_keeps_its_dtype_and_single_agrees_with_double(psf_dtype):
    psf, y = dl.shake(9, rng=2), picture((32, 45))
    calls = (dl.inverse_filter, 1.5), (dl.truncated_inverse, 0.1), (dl.tikhonov, 0.02), (dl.wiener, 0.02)
    for function, knob in calls:
        single = function(y.astype(np.float32), psf.astype(psf_dtype), knob)
        assert single.dtype == np.float32
        assert function(y, psf.astype(psf_dtype), knob).dtype == np.float64
        np.testing.assert_allclose(single, function(y, psf, knob), atol=2e-5)


def test_arguments_are_left_alone():
    y, psf = picture((12, 17)), frozen(ramp(3, 5))
    otf, power = frozen(dl.psf_to_otf(psf, y.shape)), frozen(dl.gradient_power(y.shape))
    for gain in gains(otf, power).values():
        assert not np.shares_memory(gain, otf) and not np.shares_memory(gain, power)
        dl.apply_gain(y, frozen(gain))
    dl.apply_gain(y.astype(np.float32), frozen(otf))
    dl.wiener(y, psf, frozen(power + 1))


def test_restored_picture_is_neither_clipped_nor_made_positive():
    y = np.zeros((16, 16))
    y[8, 8] = 1
    x = dl.inverse_filter(y, ramp(3, 3), 0.2)
    assert x.min() < -0.1 and x.max() > 1.1
    assert x.sum() == pytest.approx(1 / 1.2)


@pytest.mark.parametrize("shape", SHAPES)
def test_gain_of_ones_changes_nothing_and_an_otf_blurs(shape):
    y = picture(shape)
    np.testing.assert_allclose(dl.apply_gain(y, np.ones((shape[0], shape[1] // 2 + 1), int)), y, atol=1e-14)
    blurred = dl.Blur(ramp(3, 5), shape) @ y
    np.testing.assert_allclose(dl.apply_gain(y, dl.psf_to_otf(ramp(3, 5), shape)), blurred, atol=1e-14)


def test_truncated_gain_keeps_the_threshold_itself_and_no_gain_exceeds_its_inverse():
    otf = np.array([[1, 0.5, 0.5j, 0.49, 0]], complex)
    np.testing.assert_array_equal(dl.truncated_gain(otf, 0.5), [[1, 2, -2j, 0, 0]])


def test_noise_comes_out_as_sigma_times_the_rms_of_the_gain_over_the_whole_spectrum():
    shape, psf = (128, 97), dl.gaussian(1.5)
    noise = np.random.default_rng(0).normal(0, 0.01, shape)
    rms = np.sqrt(np.mean(1 / np.abs(full_otf(psf, shape) + 1e-2) ** 2))
    assert dl.inverse_filter(noise, psf, 1e-2).std() == pytest.approx(0.01 * rms, rel=0.05)


def test_division_by_an_exact_zero_names_the_knob():
    otf = fft.rfft2(np.array([[0.5, 0.25, 0, 0.25]]))
    assert otf[0, 2] == 0
    for knob, call in (
        ("epsilon", lambda: dl.inverse_gain(otf)),
        ("weight", lambda: dl.tikhonov_gain(otf, 0)),
        ("nsr", lambda: dl.wiener_gain(otf, 0.0)),
    ):
        with pytest.raises(ValueError, match=rf"^{knob}: .*\b1 of 3 frequencies.*larger {knob}"):
            call()
    with pytest.raises(ValueError, match="^epsilon"):
        dl.inverse_gain(-otf, 1.0)
    assert np.isfinite(dl.tikhonov_gain(otf, 1e-9, dl.gradient_power((1, 4)))).all()

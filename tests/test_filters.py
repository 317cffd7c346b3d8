import threading

import numpy as np
import pytest
from helpers import PSFS, SHAPES, dense_blur, dense_gradient, frozen, full_otf, pairwise, ramp
from scipy import fft
from skimage import restoration
from skimage.restoration import uft

import deconvlab as dl
from deconvlab import filters

NAMES = ["ramp 3x5", "ramp 7x1", "shake", "random", "gaussian", "delta"]
every_blur = pytest.mark.parametrize(("name", "shape"), [(name, shape) for name in NAMES for shape in SHAPES])


def picture(shape, dtype=float):
    return frozen(np.random.default_rng(3).random(shape).astype(dtype))


def solve(matrix, y):
    return np.linalg.solve(matrix, y.ravel()).reshape(y.shape)


@pairwise(name=NAMES, shape=SHAPES, epsilon=[1.5, 2])
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


@pairwise(name=NAMES, shape=SHAPES, weight=[1e-2, 0.3])
def test_tikhonov_solves_the_normal_equations(name, shape, weight):
    y, H, D = picture(shape), dense_blur(PSFS[name], shape), dense_gradient(shape)
    for penalty, R in (("gradient", D.T @ D), ("identity", np.eye(y.size))):
        expected = solve(H.T @ H + weight * R, (H.T @ y.ravel()).reshape(shape))
        np.testing.assert_allclose(dl.tikhonov(y, frozen(PSFS[name]), weight, penalty), expected, atol=1e-10)
    np.testing.assert_array_equal(dl.tikhonov(y, PSFS[name], weight), dl.tikhonov(y, PSFS[name], weight, "gradient"))


# With a mirror outside

SYMMETRIC = {
    "gaussian": dl.gaussian((0.5, 1), size=(3, 7)),
    "disk": dl.disk(1.7),
    "motion": dl.motion(5),
    "column": dl.motion(5, 90),
    "delta": dl.delta(),
}
mirrored = pytest.mark.parametrize(("name", "shape"), [(name, shape) for name in SYMMETRIC for shape in SHAPES])


@mirrored
def test_cosine_otf_is_what_the_mirrored_blur_does_to_each_cosine(name, shape):
    H, otf = dense_blur(SYMMETRIC[name], shape, "reflect"), dl.psf_to_otf(SYMMETRIC[name], shape, "reflect")
    assert otf.shape == shape and otf.dtype == complex and not otf.imag.any()
    for row, column in np.ndindex(shape):
        cosine = np.outer(*(
            np.cos(np.pi * k * (np.arange(n) + 0.5) / n) for k, n in zip((row, column), shape, strict=True)
        ))  # fmt: skip
        np.testing.assert_allclose(H @ cosine.ravel(), otf[row, column].real * cosine.ravel(), atol=1e-13)


@pairwise(name=SYMMETRIC, shape=SHAPES, weight=[1e-2, 0.3])
def test_mirrored_tikhonov_solves_the_normal_equations(name, shape, weight):
    """Catches: a cosine that is half a pixel off, slopes that wrap around, a gain in the wrong order of axes."""
    y, H, D = picture(shape), dense_blur(SYMMETRIC[name], shape, "reflect"), dense_gradient(shape, "reflect")
    otf = dl.psf_to_otf(SYMMETRIC[name], shape, "reflect")
    for penalty, R in (("gradient", D.T @ D), ("identity", np.eye(y.size))):
        expected = solve(H.T @ H + weight * R, (H.T @ y.ravel()).reshape(shape))
        x = dl.tikhonov(y, frozen(SYMMETRIC[name]), weight, penalty, boundary="reflect")
        np.testing.assert_allclose(x, expected, atol=1e-10)
        power = dl.gradient_power(shape, "reflect") if penalty == "gradient" else 1.0
        gain = dl.tikhonov_gain(otf, weight, power)  # drawn and applied like the others
        np.testing.assert_allclose(dl.apply_gain(y, gain, "reflect"), expected, atol=1e-10)


@mirrored
def test_mirrored_gains_undo_a_mirrored_blur(name, shape):
    x, psf = picture(shape), 0.4 * SYMMETRIC[name]
    psf[psf.shape[0] // 2, psf.shape[1] // 2] += 0.6  # no zeros
    otf = dl.psf_to_otf(psf, shape, "reflect")
    y = dl.apply_gain(x, otf, "reflect")
    np.testing.assert_allclose(y, dl.Blur(psf, shape, "reflect") @ x, atol=1e-12)
    for gain in (dl.inverse_gain(otf), dl.truncated_gain(otf, 1e-3), dl.wiener_gain(otf, 0.0)):
        np.testing.assert_allclose(dl.apply_gain(y, gain, "reflect"), x, atol=1e-9)


@pytest.mark.parametrize("name", ["ramp 3x5", "ramp 1x7", "ramp 7x1", "shake", "motion"])
def test_a_psf_that_mixes_the_cosines_is_refused(name):
    """Catches: a picture that is wrong without a word. A line at 20 degrees is alike when turned, not when flipped."""
    y = picture((12, 11))
    for call in (
        lambda: dl.tikhonov(y, PSFS[name], 0.1, boundary="reflect"),
        lambda: dl.gcv(y, PSFS[name], boundary="reflect"),
        lambda: dl.psf_to_otf(PSFS[name], y.shape, "reflect"),
    ):
        with pytest.raises(
            ValueError, match=r'^psf: got one that differs from its flip.*Blur\(psf, shape, "reflect"\)'
        ):
            call()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mirrored_pictures_keep_their_precision(dtype):
    y = picture((33, 40), dtype)
    x = dl.tikhonov(y, dl.disk(2), 0.01, boundary="reflect")
    assert x.dtype == dtype
    np.testing.assert_allclose(x, dl.tikhonov(y.astype(float), dl.disk(2), 0.01, boundary="reflect"), atol=1e-5)


def test_a_photograph_rings_less_behind_a_mirror():
    psf = dl.disk(5)
    seen = dl.simulate(dl.sample_image("camera", size=266), psf, sigma=0.01, boundary="unknown", rng=0)
    x_true = dl.Blur(psf, seen.y.shape, "unknown").crop(seen.x_true)
    periodic, tapered, mirrored = (
        dl.psnr(x_true, x) for x in (
            dl.tikhonov(seen.y, psf, 0.01),
            dl.tikhonov(dl.edge_taper(seen.y, psf), psf, 0.01),
            dl.tikhonov(seen.y, psf, 0.01, boundary="reflect"),
        )
    )  # fmt: skip
    assert mirrored > tapered > periodic + 2


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
    expected += y.mean() - expected.mean()
    np.testing.assert_allclose(dl.wiener(y, ramp(3, 5), 0.07), expected, atol=1e-14)


def test_wiener_with_a_number_keeps_the_mean_whatever_it_is():
    """Catches: a variance taken for the mean's power, which darkens the picture."""
    x_true = dl.sample_image("camera", size=64)
    seen = dl.simulate(x_true, dl.gaussian(1.5), sigma=0.01, rng=0)
    apart = dl.wiener(seen.y - seen.y.mean(), seen.psf, 0.1) + seen.y.mean()
    np.testing.assert_allclose(dl.wiener(seen.y, seen.psf, 0.1), apart, atol=1e-12)
    assert dl.psnr(x_true, dl.wiener(seen.y, seen.psf, 0.1)) > dl.psnr(
        x_true, dl.tikhonov(seen.y, seen.psf, 0.1, "identity")
    )


@pytest.mark.parametrize("name", ["ramp 3x5", "shake", "random", "motion"])
@pytest.mark.parametrize("shape", [(24, 31), (31, 24), (16, 16)])
def test_filters_agree_with_scikit_image(name, shape):
    y, psf, weight = picture(shape), PSFS[name], 0.05
    identity = np.ones((shape[0], shape[1] // 2 + 1), complex)
    laplacian = uft.laplacian(2, shape)[0]
    slope = np.sqrt(dl.gradient_power(shape)).astype(complex)
    otf = dl.psf_to_otf(psf, shape)
    for reg, x in (
        (identity, dl.tikhonov(y, psf, weight, "identity")),
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", [0, 1])
def test_wiener_with_the_true_spectra_beats_the_best_number(dtype, seed):
    """The expected squared error, over draws of the noise: no number for nsr comes near the ratio of the spectra."""
    x, psf, sigma = dl.sample_image("camera", size=64), dl.shake(7, rng=seed), 0.02
    H, rng = dl.Blur(psf, x.shape), np.random.default_rng(seed)
    draws = [(H @ x + sigma * rng.standard_normal(x.shape)).astype(dtype) for _ in range(4)]

    def error(nsr):
        return np.mean([np.mean((dl.wiener(y, psf, nsr) - x) ** 2) for y in draws])

    ratio = sigma**2 * x.size / np.abs(fft.rfft2(x)) ** 2
    assert error(ratio) < 0.7 * min(error(nsr) for nsr in np.geomspace(1e-5, 1, 26))
    assert error(ratio) < min(error(ratio / 3), error(3 * ratio))


# Photographs


def tapered(y, psf):
    """The formula of the docstring, pixel by pixel: a mean of y and H y, from sums and the dense matrix."""
    blurred = (dense_blur(psf, y.shape) @ y.ravel()).reshape(y.shape)
    out = np.empty(y.shape)
    for pixel in np.ndindex(y.shape):
        inside = 1.0
        for axis, line in enumerate((psf.sum(axis=1), psf.sum(axis=0))):
            away = min(pixel[axis], y.shape[axis] - 1 - pixel[axis])
            if len(line) > 1:
                shared = sum(line[k] * line[k + away] for k in range(len(line) - away))
                inside *= 1 - shared / sum(line**2)
        out[pixel] = inside * y[pixel] + (1 - inside) * blurred[pixel]
    return out


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_blur
def test_edge_taper_is_a_mean_that_follows_the_autocorrelation(name, shape, dtype):
    y = picture(shape, dtype)
    got = dl.edge_taper(y, frozen(PSFS[name]))
    assert got.dtype == dtype and got.shape == shape
    np.testing.assert_allclose(got, tapered(y.astype(float), PSFS[name]), atol=1e-6 if dtype == np.float32 else 1e-14)


@pytest.mark.parametrize(("shape", "size"), [((24, 31), (5, 7)), ((31, 24), (7, 3)), ((20, 20), (9, 9))])
def test_edge_taper_is_the_one_of_other_packages(shape, size):
    """Autocorrelations as others compute them: by a Fourier transform one shorter than the picture."""
    y, psf = picture(shape), ramp(*size)

    def fade(line, n):
        z = fft.ifft(np.abs(fft.fft(line, n - 1)) ** 2).real
        return 1 - np.append(z, z[0]) / z.max()

    inside = np.outer(fade(psf.sum(axis=1), shape[0]), fade(psf.sum(axis=0), shape[1]))
    expected = inside * y + (1 - inside) * (dl.Blur(psf, shape) @ y)
    np.testing.assert_allclose(dl.edge_taper(y, psf), expected, atol=1e-14)


@pytest.mark.parametrize(("shape", "size"), [((9, 12), (3, 5)), ((8, 11), (1, 5)), ((8, 11), (5, 1)), ((7, 7), (3, 3))])
def test_edge_taper_blurs_the_frame_and_leaves_the_inside(shape, size):
    y, psf = picture(shape), ramp(*size)
    got, blurred = dl.edge_taper(y, psf), dl.Blur(psf, shape) @ y
    if size[0] > 1:
        np.testing.assert_allclose(got[[0, -1]], blurred[[0, -1]], atol=1e-15)
    if size[1] > 1:
        np.testing.assert_allclose(got[:, [0, -1]], blurred[:, [0, -1]], atol=1e-15)
    rows, columns = (k if k > 1 else 0 for k in size)
    inside = np.s_[rows : shape[0] - rows, columns : shape[1] - columns]
    np.testing.assert_allclose(got[inside], y[inside], atol=1e-15)
    changed = np.ptp([got, y], axis=0) > 1e-6
    if size[0] > 1:
        assert changed[rows - 1, columns : -columns or None].any()
    if size[1] > 1:
        assert changed[rows : -rows or None, columns - 1].any()


@pytest.mark.parametrize("psf", [ramp(7, 9), ramp(1, 9), ramp(7, 1), ramp(1, 1), np.pad([[1.0]], ((0, 6), (0, 2)))])
def test_edge_taper_takes_a_psf_as_large_as_the_picture_and_keeps_a_constant(psf):
    y = picture((7, 9))
    np.testing.assert_allclose(dl.edge_taper(y, psf), tapered(y, psf), atol=1e-14)
    np.testing.assert_allclose(dl.edge_taper(np.full((7, 9), 0.3), psf), 0.3, atol=1e-15)
    if psf.size == 1:
        np.testing.assert_allclose(dl.edge_taper(y, psf), y, atol=1e-15)


@pytest.mark.parametrize(("psf", "gain"), [(dl.motion(9, 20), 6), (dl.disk(4), 5), (dl.shake(12, rng=3), 0.5)])
def test_a_photograph_rings_less_when_its_edges_are_tapered(psf, gain):
    scene = dl.sample_image("camera", size=128)
    H = dl.Blur(psf, tuple(n - k + 1 for n, k in zip(scene.shape, psf.shape, strict=True)), "unknown")
    y = H @ scene + np.random.default_rng(0).normal(0, 0.01, H.shape_out)
    ringing, quiet = (dl.psnr(H.crop(scene), dl.tikhonov(v, psf, 1e-3), border=16) for v in (y, dl.edge_taper(y, psf)))
    assert quiet > ringing + gain


# The memory


FILTERS = {
    "inverse": lambda y, psf: dl.inverse_filter(y, psf, 1.5),
    "truncated": lambda y, psf: dl.truncated_inverse(y, psf, 0.1),
    "gradient": lambda y, psf: dl.tikhonov(y, psf, 0.02),
    "identity": lambda y, psf: dl.tikhonov(y, psf, 0.02, "identity"),
    "wiener": lambda y, psf: dl.wiener(y, psf, 0.02),
    "gain": lambda y, psf: dl.apply_gain(y, dl.wiener_gain(dl.psf_to_otf(psf, y.shape), 0.02)),
}
MEMORIES = "_spectrum", "_latest_otf", "_slope_power"
every_filter = pytest.mark.parametrize("name", FILTERS)


def fresh(name, y, psf):
    """What the filter gives when nothing is remembered."""
    for memory in MEMORIES:
        getattr(filters, memory).memory = ()
    return FILTERS[name](y.copy(), psf.copy())


def counted(monkeypatch):
    """How often each remembered function is computed from now on."""
    counts = dict.fromkeys(MEMORIES, 0)

    def count(memory, function):
        def counting(*arrays):
            counts[memory] += 1
            return function(*arrays)

        return counting

    for memory in MEMORIES:
        latest = getattr(filters, memory)
        monkeypatch.setattr(latest, "memory", ())
        monkeypatch.setattr(latest, "function", count(memory, latest.function))
    return counts


def test_a_tick_computes_again_only_what_changed(monkeypatch):
    counts, y, psf = counted(monkeypatch), picture((12, 17)), ramp(3, 5)
    for weight in (0.1, 0.2, 0.3):
        dl.tikhonov(y, psf, weight)
    assert counts == {"_spectrum": 1, "_latest_otf": 1, "_slope_power": 1}
    dl.tikhonov(y, dl.gaussian(1), 0.1), dl.wiener(y, dl.gaussian(1), 0.1), dl.inverse_filter(y, dl.gaussian(1), 0.1)
    assert counts == {"_spectrum": 1, "_latest_otf": 2, "_slope_power": 1}
    dl.tikhonov(y + 0.1, dl.gaussian(1), 0.1)
    assert counts == {"_spectrum": 2, "_latest_otf": 2, "_slope_power": 1}


def test_single_precision_pictures_get_a_single_precision_transfer_function():
    """Catches: a tick that takes twice the time it needs."""
    for dtype, kind in ((np.float32, np.complex64), (np.float64, np.complex128)):
        assert filters._otf(ramp(3, 5), picture((12, 17), dtype)).dtype == kind


@every_filter
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_remembered_gives_the_very_same_picture(name, dtype):
    y, psf = picture((12, 17), dtype), frozen(ramp(3, 5))
    expected = fresh(name, y, psf)
    for _ in range(3):
        x = FILTERS[name](y, psf)
        np.testing.assert_array_equal(x, expected, strict=True)
        x[:] = np.nan  # the caller's own


@every_filter
def test_what_is_remembered_is_never_used_for_something_else(name):
    """Catches: data recognized by identity, by shape, by values without their dtype."""
    y, psf = picture((12, 12)).copy(), ramp(3, 5)
    coarse = np.float32(8 * y).round() / 8  # the same numbers in both precisions
    changes = [
        (y, psf),
        (coarse, psf),
        (coarse.astype(float), psf),
        (coarse, psf.astype(np.float32)),
        (y, psf[::-1]),
        (y, psf.T),
        (y, psf),
        (y.T, psf),
        (y.reshape(8, 18), psf),
        (y.reshape(18, 8), psf),
        (y[:, :11], psf),
        (np.zeros((12, 12)), psf),
        (np.zeros((12, 13)), psf),
    ]
    for data, kernel in changes:
        np.testing.assert_array_equal(FILTERS[name](data, kernel), (x := fresh(name, data, kernel)), strict=True)
        FILTERS[name](data, kernel)
        assert x.dtype == data.dtype


@every_filter
def test_a_change_in_place_is_noticed(name):
    y, psf = picture((12, 17)).copy(), ramp(3, 5).copy()
    FILTERS[name](y, psf)
    y[3, 4] += 1e-3
    x = FILTERS[name](y, psf)
    np.testing.assert_array_equal(x, fresh(name, y, psf))
    psf[1, 2], psf[0, 0] = psf[0, 0], psf[1, 2]
    x = FILTERS[name](y, psf)
    np.testing.assert_array_equal(x, fresh(name, y, psf))


def test_threads_do_not_get_each_others_pictures():
    jobs = [(name, picture((24, 31)) + k, PSFS[psf]) for k, (name, psf) in enumerate(zip(FILTERS, NAMES, strict=True))]
    expected, wrong = [fresh(*job) for job in jobs], []
    start = threading.Barrier(len(jobs))

    def work(job, right):
        start.wait()
        for _ in range(100):
            if not np.array_equal(FILTERS[job[0]](*job[1:]), right):
                wrong.append(job[0])

    threads = [threading.Thread(target=work, args=pair) for pair in zip(jobs, expected, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong

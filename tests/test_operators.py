import numpy as np
import pytest
from helpers import BOUNDARIES, PSFS, SHAPES, dense_blur, dense_gradient, frozen, pairwise, ramp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import fft, ndimage, signal, sparse

import deconvlab as dl

ASYMMETRIC = ["ramp 3x5", "ramp 1x7", "ramp 7x1", "shake", "random"]
CORNER = np.pad([[1.0]], ((0, 4), (0, 2)))  # moves the picture as far as its size allows
every_boundary = pytest.mark.parametrize("boundary", BOUNDARIES)


def picture(shape, dtype=float):
    return frozen(np.random.default_rng(7).standard_normal(shape).astype(dtype))


@pairwise(name=PSFS, shape=SHAPES, boundary=BOUNDARIES)
def test_blur_and_its_adjoint_are_the_dense_matrix(name, shape, boundary):
    H, matrix = dl.Blur(frozen(PSFS[name]), shape, boundary), dense_blur(PSFS[name], shape, boundary)
    x, r = picture(H.shape_in), picture(H.shape_out)
    np.testing.assert_allclose((H @ x).ravel(), matrix @ x.ravel(), atol=1e-13)
    np.testing.assert_allclose((H.T @ r).ravel(), matrix.T @ r.ravel(), atol=1e-13)
    assert dl.operator_norm(H) == pytest.approx(np.linalg.svd(matrix, compute_uv=False)[0], rel=1e-10)
    assert dl.dot_test(H, rng=0) < 1e-10


@every_boundary
@pytest.mark.parametrize(
    ("psf", "shape"),
    [
        (ramp(3, 5).astype(np.float32), (8, 11)),
        (ramp(5, 7), (5, 7)),
        (ramp(1, 7), (1, 7)),
        (ramp(7, 1), (7, 1)),
        (ramp(1, 1), (1, 1)),
        (ramp(1, 1), (1, 2)),
        (CORNER, (6, 4)),
        (np.array([[-1.0, 3.0, -1.0]]), (3, 8)),
    ],
    ids=["float32", "whole image", "one row", "one column", "one pixel", "two pixels", "corner", "sharpens"],
)
def test_small_and_odd_blurs_are_the_dense_matrix_too(psf, shape, boundary):
    H, matrix = dl.Blur(psf, shape, boundary), dense_blur(psf, shape, boundary)
    x, r = picture(H.shape_in), picture(H.shape_out)
    tolerance = 1e-7 if psf.dtype == np.float32 else 1e-12
    np.testing.assert_allclose((H @ x).ravel(), matrix @ x.ravel(), atol=10 * tolerance)
    np.testing.assert_allclose((H.T @ r).ravel(), matrix.T @ r.ravel(), atol=10 * tolerance)
    norm = np.linalg.svd(matrix, compute_uv=False)[0]
    assert dl.operator_norm(H) == pytest.approx(norm, rel=max(tolerance, 1e-10))


ONE_PIXEL_WIDE = [(ramp(1, 9), (1, 20)), (ramp(9, 1), (20, 1)), (ramp(1, 9), (12, 9)), (ramp(9, 1), (9, 12))]
LARGE = [(ramp(9, 13), (9, 13)), (ramp(9, 13), (9, 30)), (ramp(9, 13), (31, 13)), (ramp(13, 5), (64, 45))]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("psf", "shape"),
    [*((PSFS[name], (8, 11)) for name in PSFS), *ONE_PIXEL_WIDE, *LARGE],  # small ones have a dense matrix above
    ids=lambda value: "x".join(map(str, np.shape(value) if isinstance(value, np.ndarray) else value)),
)
def test_zero_boundary_is_scipys_same(psf, shape, dtype):
    x, H = picture(shape, dtype), dl.Blur(frozen(psf), shape, "zero")
    y, back = H @ x, H.T @ x
    assert y.dtype == back.dtype == dtype
    tolerance = 3e-6 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(y, signal.convolve2d(x.astype(float), psf, "same"), atol=tolerance)
    np.testing.assert_allclose(back, signal.correlate2d(x.astype(float), psf, "same"), atol=tolerance)


def test_zero_boundary_lets_no_light_in_from_the_other_side():
    x = np.zeros((9, 12))
    x[0] = x[:, -1] = 1
    y = dl.Blur(ramp(5, 5), x.shape, "zero") @ x
    np.testing.assert_allclose(y[3:, :9], 0, atol=1e-15)
    assert np.all((dl.Blur(ramp(5, 5), x.shape, "zero") @ np.ones(x.shape))[0] < 0.9)


@pytest.mark.parametrize("name", PSFS)
def test_zero_boundary_otf_is_the_psf_on_a_grid_with_room_for_what_spreads(name):
    psf, shape = PSFS[name], (8, 11)
    H = dl.Blur(psf, shape, "zero")
    rows, half = H.otf.shape
    fitting = [n for n in (2 * half - 2, 2 * half - 1) if np.array_equal(H.otf, dl.psf_to_otf(psf, (rows, n)))]
    columns = fitting[-1]
    assert rows >= shape[0] + psf.shape[0] // 2 and columns >= shape[1] + psf.shape[1] // 2
    spectrum = H.otf * fft.rfft2(picture(shape), s=(rows, columns))
    whole = fft.irfft2(spectrum, s=(rows, columns))
    np.testing.assert_allclose(H @ picture(shape), whole[: shape[0], : shape[1]], atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("psf", "shape"), [*((PSFS[name], (30, 41)) for name in PSFS), *ONE_PIXEL_WIDE, *LARGE])
def test_reflect_boundary_is_ndimages(psf, shape, dtype):
    x, H = picture(shape, dtype), dl.Blur(frozen(psf), shape, "reflect")
    y = H @ x
    assert y.dtype == (H.T @ x).dtype == dtype
    tolerance = 3e-6 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(y, ndimage.convolve(x.astype(float), psf, mode="reflect"), atol=tolerance)
    np.testing.assert_allclose(H @ np.ones(shape), 1, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("psf", "shape"), [*((PSFS[name], (30, 41)) for name in PSFS), *ONE_PIXEL_WIDE, *LARGE])
def test_unknown_boundary_is_a_larger_scene_that_the_camera_crops(psf, shape, dtype):
    H = dl.Blur(frozen(psf), shape, "unknown")
    assert H.shape_in == tuple(n + k - 1 for n, k in zip(shape, psf.shape, strict=True)) and H.shape_out == shape
    x, r = picture(H.shape_in, dtype), picture(shape, dtype)
    assert (H @ x).dtype == (H.T @ r).dtype == H.crop(x).dtype == dtype
    tolerance = 3e-6 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(H @ x, signal.convolve2d(x.astype(float), psf, "valid"), atol=tolerance)
    np.testing.assert_allclose(H.T @ r, signal.correlate2d(r.astype(float), psf, "full"), atol=tolerance)
    point = np.pad([[1.0]], [(k // 2, k // 2) for k in psf.shape])
    np.testing.assert_allclose(H.crop(x), signal.convolve2d(x.astype(float), point, "valid"), atol=1e-14)


@pytest.mark.parametrize("boundary", ["periodic", "zero", "reflect"])
def test_crop_of_what_has_no_margin_is_the_whole_picture(boundary):
    x = picture((8, 11))
    np.testing.assert_array_equal(dl.Blur(ramp(3, 5), (8, 11), boundary).crop(x), x)


@every_boundary
def test_linear_operator_is_the_dense_matrix_and_solves_with_scipy(boundary):
    H, matrix = dl.Blur(ramp(3, 5), (7, 9), boundary), dense_blur(ramp(3, 5), (7, 9), boundary)
    A = H.as_linear_operator()
    assert A.shape == matrix.shape and A.dtype == np.float64
    np.testing.assert_allclose(A @ np.eye(matrix.shape[1]), matrix, atol=1e-14)
    np.testing.assert_allclose(A.H @ np.eye(matrix.shape[0]), matrix.T, atol=1e-14)
    y = picture((7, 9)).ravel()
    expected = np.linalg.solve(matrix.T @ matrix + 0.01 * np.eye(matrix.shape[1]), matrix.T @ y)
    np.testing.assert_allclose(sparse.linalg.lsqr(A, y, damp=0.1, atol=1e-13, btol=1e-13)[0], expected, atol=1e-9)


@every_boundary
@pytest.mark.parametrize("psf_dtype", [np.float32, np.float64])
def test_one_blur_serves_both_precisions_in_any_order(boundary, psf_dtype):
    """Catches: a transfer function kept in the precision of the first picture, or for the adjoint of the other."""
    psf = (np.r_[np.arange(1, 15), 23].reshape(3, 5) / 128).astype(psf_dtype)  # the same numbers in both precisions
    matrix = dense_blur(psf.astype(float), (8, 11), boundary)
    tolerance = 1e-6 if psf_dtype == np.float32 else 1e-13
    for order in ([np.float32, np.float64], [np.float64, np.float32]):
        H = dl.Blur(psf, (8, 11), boundary)
        for dtype in order * 2:
            x, r = picture(H.shape_in, dtype), picture((8, 11), dtype)
            close = {"atol": 1e-5 if dtype == np.float32 else tolerance, "strict": True}
            np.testing.assert_allclose(H @ x, (matrix @ x.ravel()).astype(dtype).reshape(8, 11), **close)
            np.testing.assert_allclose(H.T @ r, (matrix.T @ r.ravel()).astype(dtype).reshape(H.shape_in), **close)


@every_boundary
def test_pictures_in_any_memory_order_and_results_of_ones_own(boundary):
    H = dl.Blur(ramp(3, 5), (8, 11), boundary)
    x, r = picture(H.shape_in), picture((8, 11))
    for operator, value in ((H, x), (H.T, r)):
        expected = operator @ value
        every_second = frozen(np.repeat(np.repeat(value, 2, axis=0), 2, axis=1))[::2, ::2]
        for same in (np.asfortranarray(value), every_second, value[::-1][::-1]):
            np.testing.assert_allclose(operator @ same, expected, atol=1e-15)
        first = operator @ value
        assert first.flags.c_contiguous and first.flags.writeable
        (operator @ value)[:] = np.nan
        np.testing.assert_array_equal(first, expected)
    assert np.shares_memory(H.crop(x), x) and H.crop(x).shape == (8, 11)


@every_boundary
@pytest.mark.parametrize("name", PSFS)
def test_otf_is_the_psf_on_the_working_grid(name, boundary):
    H = dl.Blur(PSFS[name], (8, 11), boundary)
    rows, half = H.otf.shape
    fitting = [n for n in (2 * half - 2, 2 * half - 1) if np.array_equal(H.otf, dl.psf_to_otf(PSFS[name], (rows, n)))]
    assert fitting and rows >= 8 and fitting[-1] >= 11
    if boundary == "periodic" or name == "delta":
        assert (rows, half) == (8, 6)


@given(st.data())
def test_any_blur_and_its_adjoint_agree(data):
    """Catches: an adjoint that is wrong for one parity, one boundary, or a PSF as large as the image."""
    k, size = (data.draw(st.tuples(st.integers(0, 4), st.integers(0, 4))) for _ in range(2))
    psf = data.draw(arrays(np.float64, [2 * n + 1 for n in k], elements=st.floats(0, 1)))
    psf.flat[data.draw(st.integers(0, psf.size - 1))] += 1
    shape = tuple(2 * n + 1 + more for n, more in zip(k, size, strict=True))
    H = dl.Blur(psf / psf.sum(), shape, data.draw(st.sampled_from(BOUNDARIES)))
    assert dl.dot_test(H, rng=data.draw(st.integers(0, 99))) < 1e-10


def test_operator_norm_with_darkness_outside_is_quick():
    """Catches: a slow start, of 250 and more blurs for a picture of this size."""

    class Counting(dl.Blur):
        blurs = 0

        def __matmul__(self, x):
            Counting.blurs += 1
            return super().__matmul__(x)

    norm = dl.operator_norm(Counting(dl.gaussian(2), (171, 171), "zero"))
    assert norm == pytest.approx(0.9986881453714928, abs=1e-10)
    assert Counting.blurs < 60


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(30, 41), (41, 30), (32, 32)])
@pytest.mark.parametrize("name", PSFS)
def test_blur_is_ndimage_wrap_and_keeps_the_dtype(name, shape, dtype):
    x = picture(shape, dtype)
    y = dl.Blur(PSFS[name], shape) @ x
    assert y.dtype == dtype
    expected = ndimage.convolve(x.astype(float), PSFS[name], mode="wrap")
    np.testing.assert_allclose(y, expected, atol=2e-6 if dtype == np.float32 else 1e-13)
    adjoint = ndimage.correlate(x.astype(float), PSFS[name], mode="wrap")
    np.testing.assert_allclose(dl.Blur(PSFS[name], shape).T @ x, adjoint, atol=2e-6 if dtype == np.float32 else 1e-13)


def test_blur_of_a_point_is_the_psf_where_the_point_was():
    x = np.zeros((9, 12))
    x[4, 7] = 1
    np.testing.assert_allclose((dl.Blur(ramp(3, 5), x.shape) @ x)[3:6, 5:10], ramp(3, 5), atol=1e-15)


@given(st.data())
def test_blur_moves_the_picture_with_its_psf_and_keeps_the_brightness(data):
    m, n = data.draw(st.tuples(st.integers(3, 12), st.integers(3, 12)))
    x = data.draw(arrays(np.float64, (m, n), elements=st.floats(-1, 1)))
    down, right = data.draw(st.tuples(st.integers(-1, 1), st.integers(-1, 1)))
    point = np.zeros((3, 3))
    point[1 + down, 1 + right] = 1
    y = dl.Blur(point, (m, n)) @ x
    np.testing.assert_allclose(y, np.roll(x, (down, right), axis=(0, 1)), atol=1e-13)
    assert (dl.Blur(ramp(3, 3), (m, n)) @ x).sum() == pytest.approx(x.sum(), abs=1e-11)


def test_single_precision_psf_does_not_lower_a_double_picture():
    H = dl.Blur(ramp(3, 5).astype(np.float32), (8, 11))
    assert H.dtype == np.float32 and H.otf.dtype == np.complex64
    assert (H @ picture((8, 11))).dtype == (H.T @ picture((8, 11))).dtype == np.float64


def test_blur_says_its_shapes_and_its_transpose_turns_back():
    H = dl.Blur(ramp(3, 5), (8, 11))
    assert H.shape_in == H.shape_out == H.T.shape_in == H.T.shape_out == (8, 11)
    assert H.T.T is H
    assert H.dtype == H.T.dtype == np.float64
    assert H.boundary == "periodic"
    np.testing.assert_array_equal(H.otf, dl.psf_to_otf(ramp(3, 5), (8, 11)))


@every_boundary
@pytest.mark.parametrize("name", PSFS)
def test_dot_test_passes_the_exact_adjoint(name, boundary):
    assert dl.dot_test(dl.Blur(PSFS[name], (64, 45), boundary), rng=0) < 1e-10


class OwnAdjoint:
    """The commonest wrong adjoint: a blur taken for its own transpose."""

    def __init__(self, H):
        self.H, self.T, self.shape_in, self.shape_out = H, H, H.shape_in, H.shape_out

    def __matmul__(self, x):
        return self.H @ x


@pytest.mark.parametrize("boundary", ["periodic", "zero", "reflect"])
@pytest.mark.parametrize("shape", [(8, 8), (9, 12), (64, 45)])
@pytest.mark.parametrize("name", ASYMMETRIC)
def test_dot_test_catches_a_blur_that_is_its_own_adjoint(name, shape, boundary):
    H = OwnAdjoint(dl.Blur(PSFS[name], shape, boundary))
    assert np.median([dl.dot_test(H, rng=seed) for seed in range(9)]) > 0.2 / np.sqrt(np.prod(shape))
    assert max(dl.dot_test(H, rng=seed) for seed in range(3)) > 1e-3


def test_dot_test_takes_operators_that_change_the_shape():
    class Gradient:
        shape_in, shape_out = (20,), (40,)
        matrix = dense_gradient((4, 5))

        def __matmul__(self, x):
            return self.matrix @ x

        @property
        def T(self):
            return self.matrix.T

    assert dl.dot_test(Gradient(), rng=1) < 1e-14


@pytest.mark.parametrize("shape", [*SHAPES, (1, 6), (6, 1), (2, 2)])
def test_gradient_power_is_forward_differences_down_and_right(shape):
    x = picture(shape)
    normal = dense_gradient(shape).T @ dense_gradient(shape)
    filtered = fft.irfft2(dl.gradient_power(shape) * fft.rfft2(x), s=shape)
    np.testing.assert_allclose(filtered.ravel(), normal @ x.ravel(), atol=1e-12)


def test_gradient_power_obeys_parseval_on_the_whole_spectrum():
    x = picture((7, 10))
    row, column = 4 * np.sin(np.pi * fft.fftfreq(7)) ** 2, 4 * np.sin(np.pi * fft.fftfreq(10)) ** 2
    whole = row[:, None] + column
    np.testing.assert_allclose(dl.gradient_power((7, 10)), whole[:, :6], atol=1e-13)
    assert np.sum(whole * np.abs(fft.fft2(x)) ** 2) / x.size == pytest.approx(
        np.sum((dense_gradient(x.shape) @ x.ravel()) ** 2)
    )
    assert dl.gradient_power((7, 10)).min() == 0 and dl.gradient_power((8, 10)).max() == pytest.approx(8)


@pytest.mark.parametrize("shape", [*SHAPES, (1, 6), (6, 1), (2, 2)])
def test_radial_mean_averages_the_whole_spectrum_ring_by_ring(shape):
    """Catches: mirrored columns counted once, rings of the wrong width, rows for columns."""
    whole = np.abs(fft.fft2(picture(shape))) ** 2
    frequency = np.hypot(*np.meshgrid(*map(fft.fftfreq, shape), indexing="ij"))
    found, mean = dl.radial_mean(frozen(whole[:, : shape[1] // 2 + 1]), shape)
    for f, average in zip(found, mean, strict=True):
        ring = np.rint(frequency * max(shape)) == round(f * max(shape))
        assert average == pytest.approx(whole[ring].mean())
    assert found[0] == 0 and found[-1] == pytest.approx(frequency.max(), abs=0.5 / max(shape))


@pairwise(shape=[*SHAPES, (1, 6), (6, 1), (1, 1), (2, 2)], boundary=BOUNDARIES, dtype=[np.float32, np.float64])
def test_gradient_and_its_adjoint_are_the_dense_matrix(shape, dtype, boundary):
    G, matrix = dl.Gradient(boundary), dense_gradient(shape, boundary)
    x, slopes = picture(shape, dtype), picture((2, *shape), dtype)
    forward, back = G @ x, G.T @ slopes
    assert forward.shape == (2, *shape) and back.shape == shape and forward.dtype == back.dtype == dtype
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    np.testing.assert_allclose(forward.ravel(), matrix @ x.ravel(), atol=tolerance)
    np.testing.assert_allclose(back.ravel(), matrix.T @ slopes.ravel(), atol=tolerance)
    assert G.T.T is G and G.boundary == boundary


@every_boundary
def test_gradient_is_zero_for_a_constant_and_for_nothing_else(boundary):
    assert not (dl.Gradient(boundary) @ np.full((7, 12), 0.3)).any()
    assert np.linalg.matrix_rank(dense_gradient((7, 12), boundary)) == 7 * 12 - 1


@pytest.mark.parametrize("shape", [*SHAPES, (1, 6), (6, 1)])
def test_gradient_has_the_power_that_gradient_power_says(shape):
    x, columns = picture(shape), np.arange(shape[1])
    whole = dl.gradient_power(shape)[:, np.minimum(columns, shape[1] - columns)]
    power = np.sum(whole * np.abs(fft.fft2(x)) ** 2) / x.size
    assert np.sum((dl.Gradient() @ x) ** 2) == pytest.approx(power)
    assert np.sum((dl.Gradient("zero") @ x) ** 2) < power

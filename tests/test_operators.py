import numpy as np
import pytest
from helpers import PSFS, SHAPES, dense_blur, dense_gradient, frozen, ramp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import fft, ndimage

import deconvlab as dl

ASYMMETRIC = ["ramp 3x5", "ramp 1x7", "ramp 7x1", "shake", "random"]


def picture(shape, dtype=float):
    return frozen(np.random.default_rng(7).standard_normal(shape).astype(dtype))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PSFS)
def test_blur_and_its_adjoint_are_the_dense_matrix(name, shape):
    H, matrix, x = dl.Blur(frozen(PSFS[name]), shape), dense_blur(PSFS[name], shape), picture(shape)
    np.testing.assert_allclose((H @ x).ravel(), matrix @ x.ravel(), atol=1e-13)
    np.testing.assert_allclose((H.T @ x).ravel(), matrix.T @ x.ravel(), atol=1e-13)
    assert dl.operator_norm(H) == pytest.approx(np.linalg.svd(matrix, compute_uv=False)[0], rel=1e-12)


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


@pytest.mark.parametrize("shape", [*SHAPES, (64, 45)])
@pytest.mark.parametrize("name", PSFS)
def test_dot_test_passes_the_exact_adjoint(name, shape):
    assert dl.dot_test(dl.Blur(PSFS[name], shape), rng=0) < 1e-10


class OwnAdjoint:
    """The commonest wrong adjoint: a blur taken for its own transpose."""

    def __init__(self, H):
        self.H, self.T, self.shape_in, self.shape_out = H, H, H.shape_in, H.shape_out

    def __matmul__(self, x):
        return self.H @ x


@pytest.mark.parametrize("shape", [(8, 8), (9, 12), (64, 45)])
@pytest.mark.parametrize("name", ASYMMETRIC)
def test_dot_test_catches_a_blur_that_is_its_own_adjoint(name, shape):
    H = OwnAdjoint(dl.Blur(PSFS[name], shape))
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

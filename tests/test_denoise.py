"""Block matching: against a slow and obvious version of itself, and on what a denoiser must not do."""

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers import frozen
from hypothesis import given, settings
from scipy import fft
from skimage.restoration import denoise_tv_chambolle

import deconvlab as dl

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def noisy(shape=(21, 26), sigma=0.1, dtype=float):
    """A bar, a slope and noise."""
    x = np.zeros(shape)
    x[:, shape[1] // 3 : shape[1] // 2] = 1
    x += np.linspace(0, 0.5, shape[0])[:, None] + sigma * np.random.default_rng(0).standard_normal(shape)
    return frozen(x.astype(dtype))


# Against the formula, patch by patch


def slow_pass(x, guide, gain, size=6, step=3, reach=9, count=16):
    """One pass with dictionaries and loops: each block by SciPy's transform in three dimensions."""
    heights, widths = (n - size + 1 for n in x.shape)
    total, weight = np.zeros(x.shape), np.zeros(x.shape)

    def patch(v, i, j):
        return v[i : i + size, j : j + size]

    for row in sorted({*range(0, heights, step), heights - 1}):
        for column in sorted({*range(0, widths, step), widths - 1}):
            apart = {}
            for i in range(max(row - reach, 0), min(row + reach + 1, heights)):
                for j in range(max(column - reach, 0), min(column + reach + 1, widths)):
                    apart[i, j] = np.sum((patch(guide, i, j) - patch(guide, row, column)) ** 2)
            near = sorted(apart, key=apart.get)[:count]
            assert near[0] == (row, column)
            spectrum, pilot = (fft.dctn(np.stack([patch(v, i, j) for i, j in near]), norm="ortho") for v in (x, guide))
            factors = gain(pilot)
            factors[0, 0, 0] = 1
            share = 1 / np.sum(factors**2)
            for (i, j), estimate in zip(near, fft.idctn(factors * spectrum, norm="ortho"), strict=True):
                patch(total, i, j)[:] += share * estimate
                patch(weight, i, j)[:] += share
    return total / weight


def test_block_matching_is_what_its_formula_says():
    """Catches: a block without its own patch, a group of others than the nearest, another gain or weight."""
    x, sigma = noisy(), 0.1
    first = slow_pass(x, x, lambda s: (abs(s) > 2.7 * sigma).astype(float))
    expected = slow_pass(x, first, lambda s: s**2 / (s**2 + sigma**2))
    np.testing.assert_allclose(dl.block_matching(x, sigma), expected, atol=1e-10)
    assert np.abs(expected - first).max() > 0.01


# Noise goes, pictures stay


@both_dtypes
def test_noise_alone_almost_vanishes(dtype):
    noise = np.random.default_rng(1).standard_normal((64, 67)).astype(dtype)
    left = dl.block_matching(noise, 1.0)
    assert left.std() < 0.15 and left.mean() == pytest.approx(noise.mean(), abs=0.02)


@pytest.mark.parametrize(("name", "sigma", "gain"), [("camera", 5, 0.2), ("coins", 15, 0.3), ("astronaut", 40, 0.2)])
def test_photographs_come_out_better_than_by_total_variation(name, sigma, gain):
    """Catches: levels or thresholds that fit one noise only, matches that noise decides."""
    x_true, sigma = dl.sample_image(name, size=128), sigma / 255
    y = dl.add_gaussian(x_true, sigma, rng=0)
    flat = max(dl.psnr(x_true, denoise_tv_chambolle(y, weight=w * sigma)) for w in (0.4, 0.6, 0.8, 1.0, 1.3))
    assert dl.psnr(x_true, dl.block_matching(y, sigma)) > max(flat + gain, dl.psnr(x_true, y) + 2)


def test_the_second_pass_earns_its_time(monkeypatch):
    x_true, sigma = dl.sample_image("camera", size=128), 20 / 255
    y = dl.add_gaussian(x_true, sigma, rng=0)
    both = dl.psnr(x_true, dl.block_matching(y, sigma))
    monkeypatch.setattr("deconvlab.denoise._wiener", lambda s: np.ones_like(s))
    assert dl.psnr(x_true, dl.block_matching(y, sigma)) < dl.psnr(x_true, y) + 0.01 < both - 5


@both_dtypes
def test_a_picture_without_noise_stays(dtype):
    x = dl.sample_image("text", size=64).astype(dtype)
    np.testing.assert_allclose(dl.block_matching(x, 1e-6), x, atol=1e-5)
    np.testing.assert_allclose(dl.block_matching(x, 1e-30), x, atol=1e-5)


def test_what_repeats_is_recognized_and_what_occurs_once_fades():
    """The docstring says when the model is wrong."""
    dots, star = np.zeros((60, 60)), np.zeros((60, 60))
    dots[5::6, 5::6] = star[30, 30] = 1
    kept, faded = (dl.block_matching(dl.add_gaussian(x, 0.1, rng=2), 0.1) for x in (dots, star))
    assert kept[5::6, 5::6].mean() > 0.7 > 0.2 > faded[30, 30]


# What it must not depend on


@both_dtypes
@pytest.mark.parametrize("factor", [255, 1e-12, 3e10])
def test_the_picture_scales_with_its_noise(dtype, factor):
    x = noisy(dtype=dtype)
    tolerance = 1e-4 if dtype == np.float32 else 1e-9
    scaled = dl.block_matching((factor * x).astype(dtype), factor * 0.1) / factor
    np.testing.assert_allclose(scaled, dl.block_matching(x, 0.1), atol=tolerance)


@pytest.mark.parametrize("level", [-5.0, 0.3, 1000.0])
def test_a_constant_more_is_that_constant_more(level):
    """Catches: the mean of a dark block taken for noise."""
    x = noisy()
    np.testing.assert_allclose(dl.block_matching(x + level, 0.1), dl.block_matching(x, 0.1) + level, atol=1e-9)


def test_a_picture_on_its_side_comes_out_on_its_side():
    """About: of equally near patches, the first is taken. Catches: rows for columns."""
    x = noisy((30, 47))
    np.testing.assert_allclose(dl.block_matching(x.T, 0.1).T, dl.block_matching(x, 0.1), atol=0.02)


@both_dtypes
def test_the_dtype_stays_and_both_agree(dtype):
    x = noisy(dtype=dtype)
    got = dl.block_matching(x, np.float64(0.1))
    assert got.dtype == dtype and got.shape == x.shape and not np.shares_memory(got, x)
    np.testing.assert_allclose(got, dl.block_matching(noisy(), 0.1), atol=1e-3)
    np.testing.assert_array_equal(got, dl.block_matching(x, 0.1))


@pytest.mark.parametrize("view", [lambda x: x[::2, ::-1], lambda x: x.T, np.asfortranarray], ids=["steps", "T", "F"])
def test_the_order_in_memory_does_not_matter(view):
    x = view(noisy((40, 41)))
    expected = dl.block_matching(np.ascontiguousarray(x), 0.1)
    np.testing.assert_allclose(dl.block_matching(x, 0.1), expected, atol=1e-9)


# Any shape, any values


@both_dtypes
@settings(max_examples=60, deadline=None)
@given(shape=st.tuples(st.integers(1, 23), st.integers(1, 23)), sigma=st.sampled_from([1e-30, 1e-3, 0.1, 1e3, 1e30]))
def test_every_shape_gives_a_finite_picture_within_reach_of_the_data(shape, sigma, dtype):
    """Catches: pixels without a patch, corners with fewer than 16, 0 / 0 where a gain or a noise underflows."""
    x = np.random.default_rng(shape).random(shape).astype(dtype)
    got = dl.block_matching(x, sigma)
    assert got.shape == shape and got.dtype == dtype and np.isfinite(got).all()
    assert x.min() - 1 < got.min() and got.max() < x.max() + 1


@both_dtypes
@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (9, 30), (40, 40)])
@pytest.mark.parametrize("level", [0.0, -3.5, 1e-42, 1e30])
def test_a_constant_stays(shape, level, dtype):
    """Catches: equal distances among which a patch does not find itself, and a pixel without any answer."""
    np.testing.assert_allclose(dl.block_matching(np.full(shape, level, dtype), 0.1), np.full(shape, level, dtype))


def test_flat_areas_leave_no_pixel_out():
    """Catches: 0 / 0 where more than 16 neighbours are exactly equal."""
    x = np.zeros((40, 40), np.float32)
    x[17:22, 17:22] = 1
    got = dl.block_matching(x, 0.01)
    np.testing.assert_allclose(got, x, atol=0.05)

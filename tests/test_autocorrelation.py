"""A PSF from the autocorrelation of slopes: against sums over shifts, and on scenes without any order."""

import numpy as np
from scipy import fft, ndimage

import deconvlab as dl
from deconvlab import _autocorrelation, _shaken


def test_the_autocorrelation_is_the_mean_of_products():
    """Catches: lags that wrap around, a mean over pixels that have no partner, noise taken off at the wrong lag."""
    slopes, side, variance = np.random.default_rng(0).standard_normal((2, 14, 17)), 5, 0.3
    auto = _autocorrelation._autocorrelation(slopes, side, variance)
    noise = {(0, 0): 4, (0, 1): -1, (0, -1): -1, (1, 0): -1, (-1, 0): -1}
    for down in range(-4, 5):
        for right in range(-4, 5):
            near = slopes[:, max(0, down) : 14 + min(0, down), max(0, right) : 17 + min(0, right)]
            far = slopes[:, max(0, -down) : 14 + min(0, -down), max(0, -right) : 17 + min(0, -right)]
            expected = (near * far).sum(axis=0).mean() - variance * noise.get((down, right), 0)
            assert abs(auto[down + 4, right + 4] - expected) < 1e-12


def test_white_noise_alone_has_no_autocorrelation():
    """Catches: a variance that is not the slopes'."""
    noise = 0.1 * np.random.default_rng(0).standard_normal((300, 300))
    assert abs(_autocorrelation._autocorrelation(_shaken._slopes(noise), 7, 0.01)).max() < 0.03 * 0.04


def test_phases_come_back():
    """Catches: reflections of the wrong sign, a frame that is not the PSF's; a PSF may come back turned by half."""
    psf = np.zeros((11, 11))
    psf[[2, 3, 4, 5, 6, 6, 7, 8], [2, 2, 3, 4, 5, 6, 7, 7]] = [1, 2, 3, 3, 2, 2, 1, 1]
    auto = ndimage.correlate(np.pad(psf, 10)[5:-5, 5:-5], psf, mode="constant")
    found = _autocorrelation._with_phases(auto, 11)
    assert max(_shaken._likeness(found, psf), _shaken._likeness(found[::-1, ::-1], psf)) > 0.95


def test_a_path_is_seen_in_a_scene_without_order():
    """Catches: the PSF of another size or negative, one that long edges or the noise have drawn."""
    noise = np.random.default_rng(1).standard_normal((220, 220))
    steep = np.sqrt(np.maximum(dl.gradient_power(noise.shape), 1e-3))
    scene = 0.05 * fft.irfft2(fft.rfft2(noise) / steep, noise.shape)  # its slopes are white
    psf = dl.shake(11, rng=3)
    y = dl.simulate(scene, psf, sigma=0.005, boundary="unknown", rng=0).y
    found = _autocorrelation.from_autocorrelation(_shaken._slopes(y), 17, 0.005**2)
    assert found.shape == (17, 17) and found.min() >= 0
    assert max(_shaken._likeness(found, psf), _shaken._likeness(found[::-1, ::-1], psf)) > 0.7


def test_rows_and_columns_are_alike():
    """Catches: a centre that counts as a direction, half of a spectrum for the whole, a search that round-off decides.

    Long edges in one direction, so that what is subtracted is not the same in all.
    """
    y = dl.simulate(
        dl.sample_image("chelsea", size=(400, 360)), dl.shake(16, rng=1), sigma=0.005, oversampling=2, rng=0
    ).y
    for side in (5, 7, 17):
        one, other = (
            _autocorrelation.from_autocorrelation(_shaken._slopes(image), side, 0.005**2) for image in (y, y.T)
        )
        assert _shaken._likeness(one, other.T) > 1 - 1e-6

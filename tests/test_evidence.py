"""The evidence: which of several PSFs explains a blurred picture best."""

import numpy as np

import deconvlab as dl
from deconvlab import _evidence, _shaken


def test_the_true_psf_is_the_likeliest():
    """Catches: "no blur" or a turned PSF that explains better, a sign of a term that is wrong."""
    psf = dl.shake(13, rng=3)
    y = dl.simulate(dl.sample_image("camera", size=170), psf, sigma=0.005, boundary="unknown", rng=0).y
    point, spread = np.zeros_like(psf), np.full(psf.shape, 1 / psf.size)
    point[psf.shape[0] // 2, psf.shape[1] // 2] = 1
    slopes = _evidence.windowed(_shaken._slopes(y), len(psf))
    true, *others = (_evidence.surprise(slopes, p, 2 * 0.005**2) for p in (psf, psf[::-1, ::-1], point, spread))
    assert true < min(others) - 0.02


def test_the_unit_of_the_picture_does_not_matter():
    """Catches: a constant that suits one brightness; two PSFs are compared by a difference."""
    y = dl.simulate(dl.sample_image("camera", size=100), dl.motion(5), sigma=0.01, boundary="unknown", rng=0).y

    def gain(unit):
        slopes = _evidence.windowed(unit * _shaken._slopes(y), 5)
        one, other = (
            _evidence.surprise(slopes, psf, 2 * (unit * 0.01) ** 2) for psf in (dl.motion(5), dl.motion(5, 90))
        )
        return one - other

    assert gain(1) < 0 and abs(gain(10) - gain(1)) < 1e-2 * abs(gain(1))


def test_the_slopes_solve_their_system():
    """Catches: an adjoint forgotten, conjugate gradients that go astray; by what is left of the equations."""
    rng, H = np.random.default_rng(0), dl.Blur(dl.as_psf(np.arange(9.0).reshape(3, 3) ** 2), (20, 23))
    g, spread = rng.standard_normal((2, 20, 23)), 0.5 + rng.random((2, 20, 23))
    x, precision, gain = np.zeros_like(g), 1 / 0.3 + 1 / spread, abs(H.otf) ** 2
    pull = np.stack([H.T @ one for one in g])
    for _ in range(20):
        x = _evidence._mean(gain, pull, 0.3, spread, precision, x)
    left = np.stack([H.T @ (H @ one - data) for one, data in zip(x, g, strict=True)]) / 0.3 + x / spread
    assert abs(left).max() < 1e-6


def test_slopes_fade_into_darkness():
    """Catches: a seam where the last row meets the first, a PSF that reaches around, axes exchanged."""
    slopes, side = 1 + np.random.default_rng(0).random((2, 40, 47)), 5
    faded = _evidence.windowed(slopes, side)
    assert np.array_equal(faded[:, 8:-16, 8:-16], slopes[:, 8 : faded.shape[1] - 16, 8 : faded.shape[2] - 16])
    assert abs(faded[:, [0, 1]]).max() == abs(faded[:, :, [0, 1]]).max() == 0
    assert abs(faded[:, 38:]).max() == abs(faded[:, :, 45:]).max() == 0
    assert faded.shape[1] >= 45 and faded.shape[2] >= 52
    assert np.array_equal(_evidence.windowed(slopes.swapaxes(1, 2), side), faded.swapaxes(1, 2))

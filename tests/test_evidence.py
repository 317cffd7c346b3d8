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
    slopes = _shaken._slopes(y)
    true, *others = (_evidence.surprise(slopes, p, 2 * 0.005**2) for p in (psf, psf[::-1, ::-1], point, spread))
    assert true < min(others) - 0.02


def test_the_unit_of_the_picture_does_not_matter():
    """Catches: a constant that suits one brightness; two PSFs are compared by a difference."""
    y = dl.simulate(dl.sample_image("camera", size=100), dl.motion(5), sigma=0.01, boundary="unknown", rng=0).y

    def gain(unit):
        slopes = unit * _shaken._slopes(y)
        one, other = (
            _evidence.surprise(slopes, psf, 2 * (unit * 0.01) ** 2) for psf in (dl.motion(5), dl.motion(5, 90))
        )
        return one - other

    assert gain(1) < 0 and abs(gain(10) - gain(1)) < 1e-2 * abs(gain(1))


def test_the_slopes_solve_their_system():
    """Catches: an adjoint forgotten, conjugate gradients that go astray; by what is left of the equations."""
    rng, psf = np.random.default_rng(0), dl.gaussian(1)
    H = dl.Blur(psf, (20, 23), "unknown")
    g, spread = rng.standard_normal(H.shape_out), 0.5 + rng.random(H.shape_in)
    x, precision = np.zeros(H.shape_in), 1 / 0.3 + 1 / spread
    for _ in range(12):
        x = _evidence._mean(H, g, 0.3, spread, precision, x)
    assert abs(H.T @ (H @ x - g) / 0.3 + x / spread).max() < 1e-6

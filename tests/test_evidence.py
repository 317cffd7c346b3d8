"""The evidence: which of several PSFs suits the spectrum of a blurred picture best."""

import numpy as np
import pytest

import deconvlab as dl
from deconvlab import _evidence, _shaken


def framed(psf, side):
    """The PSF in a frame of this side."""
    return np.pad(psf, [((side - n) // 2,) * 2 for n in psf.shape])


@pytest.mark.parametrize("name", ["camera", "coffee", "astronaut"])
def test_the_true_psf_is_the_likeliest(name):
    """Catches: "no blur" that explains better, a sign of a term that is wrong, a path too short or too long."""
    y = dl.simulate(dl.sample_image(name, size=(170, 190)), dl.motion(9, 30), sigma=0.005, boundary="unknown", rng=0).y
    psfs = dl.motion(9, 30), dl.delta(), dl.motion(9, -30), dl.motion(7, 30), dl.motion(11, 30), dl.disk(4), dl.disk(5)
    true, *wrong = _evidence.surprises(_shaken._slopes(y), [framed(psf, 11) for psf in psfs], 0.005**2)
    assert true < min(wrong) - 0.2


def test_a_psf_turned_by_half_is_as_likely():
    """Catches: a phase that enters; the docstring says that none does."""
    psf = dl.shake(13, rng=3)
    y = dl.simulate(dl.sample_image("camera", size=150), psf, sigma=0.005, boundary="unknown", rng=0).y
    one, other = _evidence.surprises(_shaken._slopes(y), [psf, psf[::-1, ::-1]], 0.005**2)
    assert one == pytest.approx(other, abs=1e-9)


def test_the_unit_of_the_picture_does_not_matter():
    """Catches: a constant that suits one brightness; two PSFs are compared by a difference."""
    y = dl.simulate(dl.sample_image("camera", size=100), dl.motion(5), sigma=0.01, boundary="unknown", rng=0).y
    psfs = [framed(psf, 5) for psf in (dl.motion(5), dl.motion(5, 90))]
    one, other = (_evidence.surprises(unit * _shaken._slopes(y), psfs, (unit * 0.01) ** 2) for unit in (1, 10))
    assert np.ptp(one) > 0.01 and np.ptp(other) == pytest.approx(np.ptp(one), rel=1e-9)


def test_rows_and_columns_are_alike():
    """Catches: lags or waves with their axes exchanged, in a picture that is not square."""
    slopes, psf = np.random.default_rng(0).standard_normal((2, 60, 47)), framed(np.arange(15.0).reshape(5, 3) / 105, 5)
    one, other = _evidence.surprises(slopes, [psf], 0.1), _evidence.surprises(slopes.swapaxes(1, 2), [psf.T], 0.1)
    assert one == pytest.approx(other, abs=1e-9)


def test_data_that_are_as_expected_are_explained_best():
    """Catches: a factor of noise, PSF or leak that is lost; log m + d / m is least at m = d, for any d."""
    shape = 24, 30
    near = np.exp(-np.add.outer(*(np.fft.fftfreq(n, 1 / n) ** 2 for n in shape)) / 8)
    seen, other = (np.abs(dl.Blur(psf, shape).otf) ** 2 for psf in (dl.motion(5), dl.motion(5, 90)))
    for leak in (np.ones(shape), np.exp(-np.add.outer(*(np.fft.fftfreq(n, 1 / n) ** 2 for n in shape)) / 200)):
        data = np.fft.rfft2(leak * np.fft.irfft2(1.7 * seen, shape)).real + 0.01
        least = _evidence._mean(np.log(data), shape) + 1
        assert _evidence._surprise(data, seen, 0.01, near, leak) == pytest.approx(least, abs=1e-3)
        assert _evidence._surprise(data, other, 0.01, near, leak) > least + 0.1


def test_noise_alone_is_explained_by_noise():
    """Catches: noise of the same power in all slopes, where slow waves have hardly any."""
    y = 0.1 * np.random.default_rng(0).standard_normal((120, 150))
    [surprise] = _evidence.surprises(_shaken._slopes(y), [framed(dl.delta(), 5)], 0.1**2)
    waves = 4 - 2 * np.cos(2 * np.pi * np.fft.fftfreq(90))[:, None] - 2 * np.cos(2 * np.pi * np.fft.fftfreq(90))
    assert surprise == pytest.approx(np.log(waves.clip(1e-2) / waves.mean()).mean() + 1, abs=0.05)


def test_a_doubling_is_told_by_its_distance():
    """Catches: a sharp picture of the same power at all waves, for which a fine texture would be a blur."""
    twice, far = np.zeros((2, 25, 25))
    twice[12, [11, 13]] = far[12, [6, 18]] = 0.5
    rng, x, told = np.random.default_rng(0), dl.sample_image("camera", size=(150, 160)), []
    for psf in (twice, far):
        y = dl.Blur(psf, x.shape) @ x + 0.01 * rng.standard_normal(x.shape)
        sharp, doubled = _evidence.surprises(_shaken._slopes(y), [framed(dl.delta(), 25), psf], 1e-4)
        told.append(sharp - doubled)
    assert 0 < told[0] < 0.06 < 0.09 < told[1]


def test_a_picture_without_noise_has_a_likeliest_psf():
    """Catches: a division by the noise, of which a drawing has none."""
    y = dl.Blur(dl.motion(5), (100, 110)) @ dl.sample_image("camera", size=(100, 110))
    psfs = [framed(psf, 5) for psf in (dl.delta(), dl.motion(5), dl.motion(5, 90), dl.disk(2))]
    surprises = _evidence.surprises(_shaken._slopes(y), psfs, 0.0)
    assert np.isfinite(surprises).all() and surprises.argmin() == 1


def test_slopes_fade_into_darkness():
    """Catches: a seam where the last row meets the first, a PSF that reaches around, axes exchanged."""
    slopes, side = 1 + np.random.default_rng(0).random((2, 40, 47)), 5
    faded = _evidence.windowed(slopes, side, 2)
    share = faded[:, :40, :47] / slopes
    assert np.array_equal(faded[:, 10:30, 10:37], slopes[:, 10:30, 10:37])
    assert np.all(np.diff(share[:, :11], axis=1)[:, :, 10:37] > 0) and np.all(np.diff(share[:, 29:], axis=1) < 0)
    assert share[:, [0, -1]].max() < 0.01 and share[:, :, [0, -1]].max() < 0.01
    assert not faded[:, 40:].any() and not faded[:, :, 47:].any()
    assert faded.shape[1] >= 45 and faded.shape[2] >= 52
    assert np.array_equal(_evidence.windowed(slopes.swapaxes(1, 2), side, 2), faded.swapaxes(1, 2))
    wide = _evidence.windowed(slopes, 13, 2)[:, :40, :47] / slopes  # wider than half of the picture: to its middle
    assert wide.max() == 1 and np.all(np.diff(wide[:, :20], axis=1) > 0)


def test_dark_bands_are_as_bright_as_the_leaks_make_them(monkeypatch):
    """Catches: leaks of another fading than the data's, or none, where a PSF leaves nothing; by many noisy scenes."""
    rng, psf, runs = np.random.default_rng(0), framed(dl.motion(9, 45), 11), []
    monkeypatch.setattr(_evidence, "_surprise", lambda *given: runs.append(given) or 0.0)
    for _ in range(60):
        slopes = dl.Blur(psf, (60, 70), "zero") @ rng.standard_normal((60, 70))
        _evidence.surprises(np.stack([slopes, slopes])[:, 11:-11, 11:-11], [psf], 0.0)
    power = np.mean([data for data, *_ in runs], axis=0)
    _, seen, _, _, leak = runs[0]
    expected = np.fft.rfft2(leak * np.fft.irfft2(seen, leak.shape)).real
    dark = seen < 0.01 * expected
    level = power.mean() / expected.mean()
    assert dark.sum() > 20 and np.mean(power[dark] / expected[dark]) == pytest.approx(level, rel=0.2)

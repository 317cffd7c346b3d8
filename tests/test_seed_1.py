"""Seed 1 in numbers: epsilon both ways looks perfect in double precision, and eight bits betray it."""

from functools import cache

import numpy as np
import pytest
from helpers import full_otf, ramp

import deconvlab as dl

EPSILON = 1e-5
SIGMA = np.sqrt(1000 / 2)  # the seed's r is 2 sigma**2
PSFS = {
    "gaussian": dl.gaussian(SIGMA, size=(427, 639)),
    "gaussian to 5 sigma": dl.gaussian(SIGMA),
    "gaussian to 4 sigma": dl.gaussian(SIGMA, size=2 * int(np.ceil(4 * SIGMA)) + 1),
    "line at 0": dl.motion(31),
    "line at 20": dl.motion(31, 20),
    "ramp": ramp(1, 31),
    "shake": dl.shake(31, rng=1),
}
every_psf = pytest.mark.parametrize("name", PSFS)


@cache
def rocket():
    return dl.sample_image("rocket")


@cache
def crime(name):
    """The rocket, blurred with the same epsilon that will undo it."""
    return dl.apply_gain(rocket(), dl.psf_to_otf(PSFS[name], rocket().shape) + EPSILON)


def rms(array):
    return float(np.sqrt(np.mean(np.square(array, dtype=float))))


def rms_error(y, name):
    return rms(dl.inverse_filter(y, PSFS[name], EPSILON) - rocket())


@cache
def rms_error_of_eight_bits(name):
    return rms_error(dl.quantize(crime(name)), name)


@every_psf
def test_epsilon_both_ways_recovers_the_rocket(name):
    assert rocket().dtype == np.float64 and rocket().shape == (427, 640)
    assert np.abs(dl.inverse_filter(crime(name), PSFS[name], EPSILON) - rocket()).max() < 1e-6


@every_psf
def test_eight_bits_cost_the_rounding_times_the_rms_of_the_gain(name):
    gain = 1 / np.abs(full_otf(PSFS[name], rocket().shape) + EPSILON)
    assert 0.5 < rms_error_of_eight_bits(name) / (1 / 255 / np.sqrt(12) * rms(gain)) < 2


def test_eight_bits_ruin_the_gaussian_and_spare_the_asymmetric():
    assert 60 < rms_error_of_eight_bits("gaussian") < 200
    assert rms_error_of_eight_bits("line at 0") < 1
    assert 1 < rms_error_of_eight_bits("line at 20") < 100
    assert rms_error_of_eight_bits("ramp") < 0.1
    assert rms_error_of_eight_bits("shake") < 0.1


@pytest.mark.parametrize("psf_dtype", [np.float32, np.float64])
def test_single_precision_does_not_recover_the_rocket(psf_dtype):
    psf, x = PSFS["gaussian"].astype(psf_dtype), rocket().astype(np.float32)
    y = dl.apply_gain(x, dl.psf_to_otf(psf, x.shape) + psf_dtype(EPSILON))
    restored = dl.inverse_filter(y, psf, EPSILON)
    assert restored.dtype == np.float32
    assert rms(restored - x) > 1e-3


@every_psf
def test_honest_blur_without_epsilon_costs_far_more_than_the_crime(name):
    honest = rms_error(dl.Blur(PSFS[name], rocket().shape) @ rocket(), name)
    assert honest > 1e5 * rms_error(crime(name), name)
    assert honest > 1e-6


def test_cutting_the_gaussian_at_four_sigma_is_worse_than_at_five():
    names = "gaussian", "gaussian to 5 sigma", "gaussian to 4 sigma"
    whole, five, four = (rms_error_of_eight_bits(name) for name in names)
    assert five == pytest.approx(whole, rel=0.05)
    assert four > 1.4 * five
    four, five = (
        rms_error(dl.Blur(PSFS[name], rocket().shape) @ rocket(), name)
        for name in ("gaussian to 4 sigma", "gaussian to 5 sigma")
    )
    assert four > 4 * five


def test_ruin_is_shown_with_its_negative_half():
    restored = dl.inverse_filter(dl.quantize(crime("gaussian")), PSFS["gaussian"], EPSILON)
    assert np.mean(restored < 0) == pytest.approx(0.5, abs=0.02)
    assert restored.mean() == pytest.approx(rocket().mean(), abs=1e-4)

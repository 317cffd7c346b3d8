"""Colour photographs by methods for one channel, and pixels that the sensor has lost."""

import numpy as np
import pytest

import deconvlab as dl

RNG = np.random.default_rng(0)
GREY, COLOUR = RNG.random((12, 17)), RNG.random((12, 17, 3))
PSF = dl.motion(5, 30)


def restore(channel):
    return dl.tikhonov(channel, PSF, 1e-2)


def test_each_channel_is_restored_alone():
    """Catches: channels exchanged or mixed, the last axis taken for rows."""
    x = dl.by_channel(restore, COLOUR)
    assert x.shape == COLOUR.shape
    for k in range(3):
        assert abs(x[..., k] - restore(COLOUR[..., k])).max() < 1e-12


def test_a_grey_photograph_is_one_channel():
    for luminance in (False, True):
        assert np.array_equal(dl.by_channel(restore, GREY, luminance=luminance), restore(GREY))


def test_the_luminance_alone_is_restored_and_the_colour_differences_stay():
    """Catches: weights that do not sum to 1, gamma's weights, a change that is scaled by them once more."""
    x = dl.by_channel(restore, COLOUR, luminance=True)
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert abs(x @ weights - restore(COLOUR @ weights)).max() < 1e-12
    assert abs(np.diff(x, axis=2) - np.diff(COLOUR, axis=2)).max() < 1e-12


def test_a_grey_picture_in_three_channels_is_the_same_either_way():
    three = np.stack([GREY] * 3, axis=2)
    assert abs(dl.by_channel(restore, three) - dl.by_channel(restore, three, luminance=True)).max() < 1e-12


def test_one_call_for_the_luminance_and_three_for_the_channels():
    calls = []

    def counted(channel):
        assert channel.flags.c_contiguous
        calls.append(channel.shape)
        return channel

    dl.by_channel(counted, COLOUR)
    dl.by_channel(counted, COLOUR, luminance=True)
    assert calls == [(12, 17)] * 4


@pytest.mark.parametrize("luminance", [False, True])
def test_single_precision_stays_and_the_photograph_is_not_changed(luminance):
    y = COLOUR.astype(np.float32)
    before = y.copy()
    assert dl.by_channel(restore, y, luminance=luminance).dtype == np.float32 and np.array_equal(y, before)


def test_a_pixel_is_lost_when_one_channel_is_full():
    """Catches: the mean of the channels, a pixel whose neighbours are not suspected, rows and columns exchanged."""
    y = np.full((9, 11, 3), 0.4)
    y[2, 7, 1] = 1
    full = dl.saturated(y)
    expected = np.zeros((9, 11), bool)
    expected[1:4, 6:9] = True
    assert full.dtype == bool and np.array_equal(full, expected)
    assert np.array_equal(dl.saturated(y[..., 1]), expected) and not dl.saturated(y[..., 0]).any()


def test_light_below_the_limit_is_trusted():
    assert not dl.saturated(np.full((5, 5), 0.94)).any() and dl.saturated(np.full((5, 5), 0.96)).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_lamp_rings_less_when_its_pixels_are_left_out(seed):
    """Catches: a mask that is turned round, or that no method uses."""
    rng = np.random.default_rng(seed)
    x_true = 0.2 * dl.sample_image("camera", size=96)
    for row, column in rng.integers(20, 76, (4, 2)):
        x_true[row - 1 : row + 2, column - 1 : column + 2] = 20
    psf = dl.shake(13, rng=seed)
    y = dl.simulate(x_true, psf, sigma=0.002, boundary="unknown", rng=seed).y.clip(0, 1)
    trusted, errors = ~dl.saturated(y), []
    for mask in (None, trusted):
        H = dl.Blur(psf, y.shape, "unknown", mask=mask)
        x = dl.run(dl.total_variation(H, y, 1e-4), 100, progress=False).x
        far = dl.saturated(np.minimum(H.crop(x_true), 1))
        errors.append(dl.rms((H.crop(x) - H.crop(x_true))[~far]))
    assert 0.5 < trusted.mean() < 0.99 and errors[1] < errors[0] / 2


@pytest.mark.parametrize("luminance", [False, True])
@pytest.mark.parametrize("shape", [(6, 7), (6, 7, 3)])
def test_walks_of_the_channels_go_side_by_side_or_in_turn(shape, luminance):
    """Catches: a walk taken for a picture, channels exchanged, a walk cut short, pictures that change later."""
    y = np.random.default_rng(0).random(shape)

    def walk(channel):
        return (channel * factor for factor in (1, 2, 3))

    finished = [dl.by_channel(lambda channel: channel * f, y, luminance=luminance) for f in (1, 2, 3)]  # noqa: B023
    beside = list(dl.by_channel(walk, y, luminance=luminance))
    np.testing.assert_allclose(beside, finished)
    in_turn = list(dl.by_channel(walk, y, luminance=luminance, in_turn=True))
    walks = 3 if y.ndim == 3 and not luminance else 1
    assert len(in_turn) == 3 * walks
    np.testing.assert_allclose(in_turn[-1], finished[-1])
    if walks == 3:
        np.testing.assert_allclose(in_turn[4], np.stack([3 * y[..., 0], 2 * y[..., 1], y[..., 2]], axis=2))

import itertools
import socket

import numpy as np
import pytest
from helpers import BOUNDARIES, PSFS, frozen, ramp
from PIL import Image
from scipy import ndimage, signal
from skimage import measure

import deconvlab as dl
from deconvlab.problem import COLOUR_IMAGES, GREY_IMAGES, _photograph

BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def picture(dtype=float):
    return frozen(np.random.default_rng(5).random((40, 31)).astype(dtype))


@BOTH
@pytest.mark.parametrize("sigma", [0.02, 1.5])
def test_gaussian_noise_has_mean_zero_its_sigma_and_no_memory(sigma, dtype):
    x = frozen(np.full((300, 200), 0.5, dtype))
    y = dl.add_gaussian(x, sigma, rng=1)
    noise = (y - x).astype(float)
    assert y.dtype == dtype
    assert abs(noise.mean()) < 4 * sigma / np.sqrt(x.size)
    assert noise.std() == pytest.approx(sigma, rel=0.015)
    assert np.mean(np.abs(noise) < sigma) == pytest.approx(0.6827, abs=0.01)
    for axis in (0, 1):
        assert abs(np.mean(noise * np.roll(noise, 1, axis))) < 4 * sigma**2 / np.sqrt(x.size)


@BOTH
@pytest.mark.parametrize("photons", [0.5, 30, 1e5])
@pytest.mark.parametrize("level", [0.02, 0.6, 1.7])
def test_poisson_noise_has_mean_x_and_variance_x_over_photons(level, photons, dtype):
    x = frozen(np.full((300, 200), level, dtype))
    y = dl.add_poisson(x, photons, rng=2)
    assert y.dtype == dtype
    counts = y.astype(float) * photons
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-6 * counts.max())
    deviation = np.sqrt(level / photons)
    assert y.mean(dtype=float) == pytest.approx(level, abs=4 * deviation / np.sqrt(x.size))
    kurtosis = 3 + 1 / (photons * level)
    assert y.var(dtype=float) == pytest.approx(deviation**2, rel=4 * np.sqrt((kurtosis - 1) / x.size))


def test_poisson_accepts_the_round_off_of_a_blur_and_refuses_real_negatives():
    x = np.zeros((5, 5))
    assert (dl.add_poisson(x - 1e-9, 100, rng=0) == 0).all()
    with pytest.raises(ValueError, match="^x: "):
        dl.add_poisson(x - 1e-3, 100, rng=0)


@pytest.mark.parametrize("light", [0.0, 0.2])  # photons * light is 10, where NumPy's way of drawing changes
def test_counts_do_not_depend_on_round_off(light):
    """Catches: a pixel of 1e-17 instead of 0, or 9.999999999999998 instead of 10, after which all counts are others."""
    dark = picture().copy()
    dark[::2] = light
    for rest in (-1e-16, 1e-16):
        other = np.where(dark == light, light + rest, dark)
        np.testing.assert_array_equal(dl.add_poisson(dark, 50, rng=3), dl.add_poisson(other, 50, rng=3))


@pytest.mark.parametrize("noise", [dl.add_gaussian, dl.add_poisson])
def test_noise_is_the_same_for_the_same_int_only(noise):
    x = picture()
    np.testing.assert_array_equal(noise(x, 9, rng=3), noise(x, 9, rng=3))
    np.testing.assert_array_equal(noise(x, 9, rng=3), noise(x, 9, rng=np.random.default_rng(3)))
    assert (noise(x, 9, rng=3) != noise(x, 9, rng=4)).any()
    rng = np.random.default_rng(3)
    assert (noise(x, 9, rng=rng) != noise(x, 9, rng=rng)).any()


@BOTH
@pytest.mark.parametrize("bits", [1, 2, 8, 12, 16])
def test_quantize_rounds_to_the_nearest_of_two_to_the_bits_levels(bits, dtype):
    x = frozen(np.random.default_rng(6).random((300, 200)).astype(dtype))
    y = dl.quantize(x, bits)
    levels = 2**bits - 1
    round_off = np.finfo(dtype).eps
    assert y.dtype == dtype
    np.testing.assert_allclose(y.astype(float) * levels, np.rint(y.astype(float) * levels), atol=levels * round_off)
    error = y.astype(float) - x
    assert np.abs(error).max() <= 0.5 / levels + round_off
    assert np.sqrt(np.mean(error**2)) == pytest.approx(1 / levels / np.sqrt(12), rel=0.02)
    assert abs(error.mean()) < 4 / levels / np.sqrt(12 * x.size)
    np.testing.assert_array_equal(dl.quantize(y, bits), y)


def test_quantize_saturates_and_has_eight_bits_by_default():
    x = np.array([[-0.3, 0.0, 1.0, 1.2, 100.4 / 255, 100.6 / 255]])
    np.testing.assert_array_equal(dl.quantize(x), np.array([[0, 0, 255, 255, 100, 101]]) / 255)


@BOTH
@pytest.mark.parametrize("ending", [".png", ".tif", ".tiff", ".PNG"])
@pytest.mark.parametrize("bits", [8, 16, np.int64(8), 16.0])
def test_saved_image_is_rounded_never_truncated(tmp_path, ending, bits, dtype):
    white = 2 ** int(bits) - 1
    codes = np.random.default_rng(8).integers(0, white + 1, (31, 20))
    codes[0, :2] = 0, white
    x = frozen(((codes + np.random.default_rng(9).uniform(-0.4, 0.4, codes.shape)) / white).astype(dtype))
    path = tmp_path / f"picture{ending}"
    dl.save_image(x, path, bits=bits)
    read = np.asarray(Image.open(path))
    assert read.dtype == f"uint{int(bits)}"
    np.testing.assert_array_equal(read, codes)


def test_saved_image_is_clipped_in_the_file_and_takes_colour_and_strings(tmp_path):
    dl.save_image(frozen(np.array([[-0.5, 1.5, 0.5]])), str(tmp_path / "a.png"))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), [[0, 255, 128]])
    colour = np.random.default_rng(0).integers(0, 256, (6, 5, 3))
    dl.save_image(colour / 255, tmp_path / "b.tif")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "b.tif")), colour)


def test_quantized_picture_survives_a_file_unchanged(tmp_path):
    x = dl.quantize(picture())
    dl.save_image(x, tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")) / 255, x)


@pytest.fixture
def offline(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("the test asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    _photograph.cache_clear()


@pytest.mark.parametrize("name", COLOUR_IMAGES + GREY_IMAGES)
def test_sample_image_is_float64_in_range_and_needs_no_network(name, offline):
    image = dl.sample_image(name)
    assert image.dtype == np.float64 and image.ndim == 2
    assert image.min() >= 0 and image.max() <= 1
    assert image.std() > 0.05 and len(np.unique(image)) > 50


@pytest.mark.parametrize("name", ["rocket", "coffee"])
def test_colour_sample_has_the_luminance_of_its_colours(name):
    colour, grey = dl.sample_image(name, colour=True), dl.sample_image(name)
    assert colour.shape == (*grey.shape, 3) and np.ptp(colour, axis=2).max() > 0.1
    np.testing.assert_allclose(colour @ [0.2125, 0.7154, 0.0721], grey, atol=1e-12)


def test_sample_image_resizes_rows_first_and_with_anti_aliasing():
    full, small = dl.sample_image("camera"), dl.sample_image("camera", size=(32, 64))
    assert small.shape == (32, 64) and dl.sample_image("camera", size=32).shape == (32, 32)
    assert dl.sample_image("coffee", size=(20, 30), colour=True).shape == (20, 30, 3)
    means = full.reshape(32, 16, 64, 8).mean(axis=(1, 3))
    assert np.abs(small - means).mean() < 0.015
    assert small.min() >= 0 and small.max() <= 1


def test_sample_image_gives_a_new_array_each_time():
    first = dl.sample_image("text")
    first[:] = 0
    assert dl.sample_image("text").max() > 0.5


@BOTH
def test_simulate_without_noise_is_the_blur_and_nothing_else(dtype):
    x, psf = picture(dtype), ramp(3, 5)
    observation = dl.simulate(x, psf, sigma=0, rng=0)
    assert observation.y.dtype == dtype
    expected = ndimage.convolve(x.astype(float), psf, mode="wrap")
    np.testing.assert_allclose(observation.y, expected, atol=1e-6 if dtype == np.float32 else 1e-14)
    assert observation.x_true is x and observation.psf is psf
    assert (observation.sigma, observation.boundary) == (0, "periodic")


def test_simulate_blurs_then_counts_photons_then_adds_noise_then_rounds():
    x, psf, rng = picture(), ramp(3, 5), np.random.default_rng(11)
    expected = dl.add_poisson(dl.Blur(psf, x.shape) @ x, 200, rng=rng)
    expected = dl.quantize(dl.add_gaussian(expected, 0.03, rng=rng), 6)
    observation = dl.simulate(x, psf, sigma=0.03, photons=200, bits=6, rng=11)
    np.testing.assert_array_equal(observation.y, expected)


def test_simulate_is_the_same_for_the_same_int_only():
    one, two, three = (dl.simulate(picture(), ramp(3, 3), sigma=0.1, rng=seed).y for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert (one != three).any()


def test_simulated_noise_has_the_sigma_that_the_observation_says():
    x = dl.sample_image("camera", size=128)
    observation = dl.simulate(x, dl.gaussian(2), sigma=0.05, rng=0)
    noise = observation.y - dl.Blur(dl.gaussian(2), x.shape) @ x
    assert noise.std() == pytest.approx(observation.sigma, rel=0.03)


@BOTH
def test_bsnr_is_about_the_blurred_picture_and_nsr_about_the_sharp_one(dtype):
    x = picture(dtype)
    observation = dl.simulate(x, ramp(5, 5), sigma=0.02, bits=4, rng=0)
    blurred = ndimage.convolve(x.astype(float), ramp(5, 5), mode="wrap")
    assert observation.bsnr == pytest.approx(10 * np.log10(blurred.var() / 0.02**2), rel=1e-5)
    assert observation.nsr == pytest.approx(0.02**2 / x.astype(float).var(), rel=1e-5)
    assert dl.simulate(x, ramp(5, 5), sigma=0, rng=0).bsnr == np.inf
    assert dl.simulate(x, ramp(5, 5), sigma=0, rng=0).nsr == 0


def test_observation_cannot_be_changed_by_accident():
    observation = dl.simulate(picture(), ramp(3, 3), sigma=0, rng=0)
    with pytest.raises(AttributeError):
        observation.sigma = 1


def test_an_unknown_surrounding_is_seen_and_cropped():
    """Catches: a picture that is blurred as if it ended, or scores that compare two frames."""
    x, psf = dl.sample_image("camera", size=40), dl.shake(7, rng=2)
    seen = dl.simulate(x, psf, sigma=0.0, boundary="unknown", rng=0)
    assert seen.y.shape == tuple(n - k + 1 for n, k in zip(x.shape, psf.shape, strict=True))
    np.testing.assert_allclose(seen.y, signal.convolve2d(x, psf, "valid"), atol=1e-14)
    noisy = dl.simulate(x, psf, sigma=0.1, boundary="unknown", rng=0)
    assert noisy.bsnr == pytest.approx(10 * np.log10(seen.y.var() / 0.01))
    assert dl.Blur(psf, seen.y.shape, "unknown").crop(x).shape == seen.y.shape
    with pytest.raises(ValueError, match="psf"):
        dl.simulate(x, np.full((41, 3), 1 / 123), sigma=0.0, boundary="unknown", rng=0)


# A scene that is finer than the camera


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("name", ["ramp 3x5", "ramp 7x1", "shake", "delta"])
def test_a_scene_even_within_each_pixel_is_seen_through_the_coarse_psf(name, factor, boundary):
    """Catches: a PSF that moves by half a pixel between the grids, a sum that is lost, a crop off its place."""
    coarse = np.random.default_rng(0).random((14, 17))
    scene = frozen(coarse.repeat(factor, 0).repeat(factor, 1))
    seen = dl.simulate(scene, PSFS[name], sigma=0, boundary=boundary, oversampling=factor, rng=0)
    H = dl.Blur(seen.psf, seen.y.shape, boundary)
    assert seen.x_true.shape == H.shape_in and seen.psf.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(seen.x_true, coarse, atol=1e-12)
    np.testing.assert_allclose(seen.y, H @ coarse, atol=1e-12)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_each_pixel_of_the_camera_averages_the_blurred_scene(factor):
    scene, psf = frozen(np.random.default_rng(1).random((36, 42))), PSFS["shake"]
    seen = dl.simulate(scene, psf, sigma=0, boundary="unknown", oversampling=factor, rng=0)
    blurred, reach = signal.convolve2d(scene, psf, "same"), [k // 2 * factor for k in seen.psf.shape]
    means = measure.block_reduce(blurred[reach[0] : -reach[0], reach[1] : -reach[1]], (factor, factor), np.mean)
    np.testing.assert_allclose(seen.y, means, atol=1e-12)
    np.testing.assert_allclose(seen.x_true, measure.block_reduce(scene, (factor, factor), np.mean), atol=1e-14)


@pytest.mark.parametrize("shape", [(7, 9), (8, 6, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_photograph_is_shrunk_by_means(shape, dtype):
    """Catches: colours mixed, a pixel at the end counted for a whole block, float32 promoted, an x that is changed."""
    x = frozen(np.random.default_rng(0).random(shape).astype(dtype))
    for factor in (1, 2, 3):
        small = dl.shrink(x, factor)
        fit = x[: shape[0] // factor * factor, : shape[1] // factor * factor]
        blocks = measure.block_reduce(fit, (factor, factor, 1)[: x.ndim], np.mean)
        assert small.dtype == dtype
        np.testing.assert_allclose(small, blocks, atol=1e-6)
    with pytest.raises(ValueError, match="factor=8"):
        dl.shrink(x[:5, :5], 8)


def test_the_coarse_psf_of_a_line_is_a_shorter_line():
    """Catches: a PSF that keeps its length when the photograph shrinks."""
    psf = dl.coarse_psf(dl.motion(21), 2)
    np.testing.assert_allclose(psf, [[1.5 / 21, *[2 / 21] * 9, 1.5 / 21]])
    with pytest.raises(ValueError, match="psf: got the sum"):
        dl.coarse_psf(np.ones((3, 3)), 2)


def test_no_psf_of_the_camera_explains_a_finer_scene():
    """The crime is not committed: an inversion without noise does not come back to the truth."""
    scene = dl.sample_image("camera", size=256)
    honest = dl.simulate(scene, dl.gaussian(1), sigma=0, oversampling=2, rng=0)
    crime = dl.simulate(honest.x_true, honest.psf, sigma=0, rng=0)
    errors = [dl.rms(dl.tikhonov(o.y, o.psf, 1e-10) - o.x_true) for o in (honest, crime)]
    assert errors[0] > 0.01 and errors[1] < 1e-8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_oversampling_keeps_the_precision_and_adds_noise_once(dtype):
    scene = np.full((300, 300), 0.5, dtype)
    seen = dl.simulate(scene, dl.gaussian(1), sigma=0.01, oversampling=3, rng=0)
    assert seen.y.dtype == seen.x_true.dtype == dtype and seen.y.shape == (100, 100)
    assert seen.y.std() == pytest.approx(0.01, rel=0.05)  # not a third of it


# A photograph on smaller and smaller pixels


@pytest.mark.parametrize("shape", [(700, 900), (1300, 500, 3), (40, 30)])
def test_a_pyramid_halves_until_it_is_small(shape):
    """Catches: one copy too many or too few, colours lost, parts of different copies that show different places."""
    x = frozen(np.random.default_rng(0).random(shape, dtype=np.float32))
    pyramid = dl.Pyramid(x, ["a note"], most=300)
    small = pyramid.sizes[-1]
    assert max(small.shape) <= 300 < 2 * max(small.shape) or len(pyramid.sizes) == 1
    assert pyramid.sizes[0] is x and pyramid.notes == ("a note",)
    for size, smaller in itertools.pairwise(pyramid.sizes):
        np.testing.assert_array_equal(smaller, dl.shrink(size, 2))
    part, halvings = pyramid.part((0, 1, 0, 1))
    assert halvings == len(pyramid.sizes) - 1 and np.array_equal(part, small)


def test_the_middle_of_a_box_is_seen_in_grey():
    """Catches: the corner of the box, blue taken for as bright as green, another size than was asked for."""
    x = np.random.default_rng(0).random((400, 600, 3))
    middle = dl.Pyramid(x).grey((0.5, 1, 0.5, 1), most=100)
    np.testing.assert_allclose(middle, x[250:350, 400:500] @ (0.2126, 0.7152, 0.0722))
    np.testing.assert_array_equal(dl.Pyramid(x[..., 0]).grey((0, 1, 0, 0.1), most=100), x[150:250, :60, 0])


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0.25, 0.75, 0.25, 0.75), (200, 600, 100, 300)),  # larger than the least: as it is
        ((0.499, 0.501, 0.4975, 0.5025), (300, 500, 100, 300)),  # in the middle: widened to both sides
        ((0.99, 1, 0, 0.01), (600, 800, 0, 200)),  # in a corner: widened into the picture
    ],
)
def test_a_small_part_is_widened_within_the_picture(box, expected):
    """Catches: a part beyond the frame, another place than the box, a part that is empty."""
    x = np.arange(800 * 400.0).reshape(800, 400)
    part, halvings = dl.Pyramid(x, most=800).part(box, least=200)
    top, bottom, left, right = expected
    assert halvings == 0
    np.testing.assert_array_equal(part, x[top:bottom, left:right])
    whole, _ = dl.Pyramid(x[:50, :60], most=800).part(box, least=200)
    assert whole.shape == (50, 60)

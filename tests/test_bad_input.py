"""Bad input is refused before any work, in one sentence that names the argument, what it got and what it expects."""

import inspect
import itertools
import re
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import scipy.fft
from helpers import ramp

import deconvlab as dl
from deconvlab import live, tiles


class Quantity(np.ndarray):
    """An array with a unit, as astropy, pint and xarray have them."""

    unit = "adu"


Y = np.random.default_rng(0).random((12, 17))
PSF = ramp(3, 5)
OTF = dl.psf_to_otf(PSF, Y.shape)
H = dl.Blur(PSF, Y.shape)
MASKED = dl.Blur(PSF, Y.shape, mask=Y < 0.9)
F = dl.least_squares(H, Y, 0.1)
WIDE = dl.Blur(PSF, Y.shape, "unknown")  # of a picture of 14 x 21 pixels
SHARPENER = dl.Blur(np.array([[-1.0, 3.0, -1.0]]), Y.shape)
ROOT = dl.root_least_squares(H, Y, 0.1)
NAN = np.where(Y > 0.9, np.nan, Y)
COLOUR = np.dstack([Y, Y, Y])
BYTES = (255 * Y).astype(np.uint8)
EVEN = np.full((4, 5), 0.05)
LARGE = ramp(3, 19)
PNG = "nowhere.png"

GREY = "grey image (rows, columns)"
FINITE = "NaN or infinite"

# What an image, a PSF and a number can be wrong in; every function that takes one refuses all of it.
VALUES = [
    (NAN, ValueError, [FINITE, f"got {np.isnan(NAN).sum()} values", "finite numbers"]),
    (np.where(Y > 0.9, np.inf, Y), ValueError, [FINITE]),
    (BYTES, TypeError, ["uint8", "float32 or float64", " / 255"]),
    (BYTES.astype(np.uint16), TypeError, ["uint16", " / white", "4095 for 12 bits, 65535 for 16"]),
    (BYTES.astype(">i2"), TypeError, ["int16", " / white"]),
    (BYTES.astype(int), TypeError, ["int64", " / white"]),
    (BYTES.tolist(), TypeError, ["int64", "np.asarray(", ") / white"]),
    (np.ma.array(Y, mask=Y > 0.9), ValueError, [f"got a masked array with {np.sum(Y > 0.9)} masked values", "fill"]),
    ([np.ma.array(row, mask=row > 0.9) for row in Y], ValueError, ["masked values", "plain numbers"]),
    (Y.view(Quantity), TypeError, ["the unit adu", "plain numbers", "np.asarray("]),
    (Y > 0.5, TypeError, ["bool", ".astype(float)"]),
    (Y.astype(np.float16), TypeError, ["float16", ".astype(float)"]),
    (Y + 0j, TypeError, ["complex128", "float32 or float64"]),
    (None, TypeError, ["object", "float32 or float64"]),
    ("rocket", TypeError, ["float32 or float64"]),
    ([[1.0, 2.0], [3.0]], ValueError, ["rows of different lengths"]),
]
IMAGES = [
    (Y[0], ValueError, ["(17,)", GREY]),
    (COLOUR, ValueError, ["(12, 17, 3)", GREY, "one colour channel at a time", "[..., 0]"]),
    (np.stack([Y] * 20), ValueError, ["(20, 12, 17)", GREY, "take one picture, ", "[0]"]),
    (np.zeros((0, 5)), ValueError, ["(0, 5)", GREY]),
    *VALUES,
]
PHOTOGRAPHS = [
    (Y[0], ValueError, ["(17,)", "(rows, columns, 3)"]),
    (np.dstack([Y, Y]), ValueError, ["(12, 17, 2)", "(rows, columns, 3)"]),
    (np.zeros((0, 5)), ValueError, ["(0, 5)"]),
    *VALUES,
]
SECOND_IMAGES = [*IMAGES, (Y[1:], ValueError, ["(11, 17)", "(12, 17)", "x_true"])]
KERNELS = [
    (EVEN, ValueError, ["(4, 5)", "odd", "as_psf"]),
    (PSF[0], ValueError, ["(5,)", "two odd sizes"]),
    (PSF * np.nan, ValueError, [FINITE]),
    (PSF * 0, ValueError, ["sum 0", "positive"]),
    (PSF - PSF.mean() - 1, ValueError, ["sum -15", "positive"]),
    (LARGE, ValueError, ["(3, 19)", "(12, 17)", "smaller PSF", "[:, 1:-1]"]),
    (np.eye(3, dtype=int), TypeError, ["int64", "as_psf"]),
    (np.ma.array(PSF, mask=PSF[0, 0] == PSF), ValueError, ["a masked array with 1 masked value,", ".filled(0)"]),
    (PSF.view(Quantity), TypeError, ["the unit adu", "np.asarray("]),
    (OTF, TypeError, ["complex128", "float32 or float64"]),
    ([[1, 2], [3]], ValueError, ["rows of different lengths"]),
]
LOPSIDED = [(PSF, ValueError, ["differs from its flip", 'Blur(psf, shape, "reflect")'])]
SCALED = [
    (255 * PSF, ValueError, ["the sum 255", "expected 1", "as_psf("]),
    (0.99 * PSF, ValueError, ["the sum 0.99", "expected 1", "as_psf("]),
    (2 * np.array([[-1.0, 3.0, -1.0]]), ValueError, ["the sum 2", "expected 1", ".sum()"]),
]
FIRST_GUESSES = KERNELS
KERNELS = [*KERNELS, *SCALED]
NUMBERS = [
    (np.ma.masked, ValueError, ["a masked array with 1 masked value", "plain numbers"]),
    (np.array(0.1).view(Quantity), TypeError, ["the unit adu", "plain numbers"]),
    (-1e-3, ValueError, ["-0.001", "finite number"]),
    (np.nan, ValueError, ["nan", "finite number"]),
    (np.inf, ValueError, ["inf", "finite number"]),
    ("0.1", TypeError, ["'0.1'", "a number"]),
    (None, TypeError, ["None", "a number"]),
    (True, TypeError, ["True", "a number"]),
    (1 + 0j, TypeError, ["(1+0j)", "a number"]),
    ([0.1, 0.2, 0.3], TypeError, ["[0.1, 0.2, 0.3]", "a number"]),
]
ABOVE_ZERO = [*NUMBERS, (0, ValueError, ["got 0", "above 0"])]
SIZES = [
    (3, ValueError, ["two positive integers (rows, columns)"]),
    ((3, 0), ValueError, ["(3, 0)", "two positive integers"]),
    ((3.0, 4.0), ValueError, ["(3.0, 4.0)", "two positive integers"]),
    (None, ValueError, ["None", "two positive integers"]),
]
SHRINKINGS = [
    (0, ValueError, ["got 0", "from 1 to 8"]),
    (9, ValueError, ["got 9", "from 1 to 8"]),
    (1.5, ValueError, ["1.5", "whole number"]),
    ("2", TypeError, ["'2'", "whole number"]),
]
POWERS = [
    (-1.0, ValueError, ["-1", "none below 0"]),
    (np.full(OTF.shape, np.nan), ValueError, ["nan", "finite"]),
    (np.ones(Y.shape), ValueError, ["(12, 17)", "(12, 9)", "half spectrum"]),
    (np.ones(9), ValueError, ["(9,)", "(12, 9)"]),
    ("gradient", TypeError, ["real numbers"]),
    (1j, TypeError, ["complex128", "real numbers"]),
    (None, TypeError, ["object", "real numbers"]),
]
OTFS = [
    (PSF, TypeError, ["float64", "complex", "psf_to_otf(psf, shape)"]),
    (OTF * np.nan, ValueError, [FINITE]),
]
RNGS = [
    (None, TypeError, ["None", "int or a numpy.random.Generator"]),
    (1.5, TypeError, ["1.5", "Generator"]),
    (True, TypeError, ["True", "Generator"]),
    (-1, ValueError, ["-1", "not negative"]),
]
BITS = [
    (0, ValueError, ["got 0", "whole number from"]),
    (17, ValueError, ["got 17", "to 16"]),
    (np.ma.masked, ValueError, ["masked"]),
    (7.5, ValueError, ["7.5", "whole number"]),
    ("8", TypeError, ["'8'", "whole number"]),
    (True, TypeError, ["True", "whole number"]),
]

BLURS = [
    (OTF, TypeError, ["ndarray", "Blur(psf, shape)"]),
    (H.T, TypeError, ["_Adjoint", "Blur(psf, shape)"]),
    (None, TypeError, ["NoneType", "Blur(psf, shape)"]),
]
CONSTANT = (0 * Y + 0.25, ValueError, ["0.25 everywhere", "values that differ"])
FRAMES = [
    ("zero", ValueError, ["'zero'", "'periodic', 'reflect'"]),
    (None, ValueError, ["None", "'periodic', 'reflect'"]),
    (Y, ValueError, ["array", "'periodic', 'reflect'"]),
]
MASKS = [
    (Y, TypeError, ["float64", "True where a pixel is trusted"]),
    ([1, 0], TypeError, ["int64", "True where a pixel is trusted"]),
    (np.ones((12, 16), bool), ValueError, ["(12, 16)", "(12, 17)"]),
    (np.zeros((12, 17), bool), ValueError, ["False everywhere", "~mask swaps the two"]),
    ([[True], [True, False]], ValueError, ["rows of different lengths"]),
]
PENALTIES = [
    ("slope", ValueError, ["'slope'", "'gradient', 'identity'"]),
    (1.0, ValueError, ["1.0", "'gradient', 'identity'"]),
    (Y, ValueError, ["array", "'gradient', 'identity'"]),
]
NEGATIVE = [(Y - 0.5, ValueError, ["down to -0.", "none below 0: "])]
FLAGS = [
    ("yes", ValueError, ["'yes'", "False, True"]),
    (None, ValueError, ["None", "False, True"]),
    (0.5, ValueError, ["0.5", "False, True"]),
]
OBSERVED = [*IMAGES, (Y[1:], ValueError, ["(11, 17)", "(12, 17)"])]
WHOLE = [(Y, ValueError, ["(12, 17)", "(14, 21)"])]
CROPPED = [(np.ones((14, 21)), ValueError, ["(14, 21)", "(12, 17)"])]


BRIGHT = (255 * Y, ValueError, ["got values about 1", "0 to 1", "/ white"])
UNSAID = [(None, ValueError, ["got none", "values up to 25", "say peak=255"])]


def keep(x, sigma):
    """A denoiser that leaves everything."""
    return x


BOXES = [
    (3, ValueError, ["got 3", "(row0, row1, column0, column1)"]),
    ((0, 12, 0), ValueError, ["(0, 12, 0)", "four ints"]),
    ((0.0, 12.0, 0.0, 12.0), ValueError, ["four ints"]),
    ((0, 13, 0, 12), ValueError, ["(0, 13, 0, 12)", "inside (12, 17)"]),
    ((0, 12, 4, 15), ValueError, ["(0, 12, 4, 15)", "at least 12 pixels"]),
    ((0, 12, 6, 18), ValueError, ["(0, 12, 6, 18)", "inside (12, 17)"]),
    ((-1, 12, 0, 12), ValueError, ["(-1, 12, 0, 12)", "inside (12, 17)"]),
]

# (function, argument that is wrong, call with the wrong value, what can be wrong with it)
TABLE = [
    ("motion_from_cepstrum", "y", dl.motion_from_cepstrum, IMAGES),
    ("motion_from_cepstrum", "y", dl.motion_from_cepstrum, [(np.full((12, 17), 0.3), ValueError, ["0.3"])]),
    ("psf_from_edge", "image", lambda v: dl.psf_from_edge(v, (0, 12, 0, 12)), IMAGES),
    ("psf_from_edge", "box", lambda v: dl.psf_from_edge(Y, v), BOXES),
    ("estimate_psf", "y", lambda v: dl.estimate_psf(v, 5), [*IMAGES, (Y * 0, ValueError, ["0 everywhere"])]),
    ("estimate_psf", "size", lambda v: dl.estimate_psf(np.pad(Y, 20), v), [
        (6, ValueError, ["6", "odd", "at most 17", "(52, 57)"]),
        (19, ValueError, ["19", "from 5 to 17"]),
        (3, ValueError, ["3", "from 5 to 17"]),
        (5.5, ValueError, ["5.5", "whole number"]),
        ("5", TypeError, ["'5'"]),
    ]),
    ("doubts", "y", lambda v: dl.doubts(v, PSF), [(NAN, ValueError, [FINITE]), (BYTES, TypeError, ["uint8"])]),
    ("doubts", "psf", lambda v: dl.doubts(np.pad(Y, 20), v), [
        (np.full((4, 6), 1 / 24), ValueError, ["(4, 6)", "odd", "as_psf"]),
    ]),
    ("blind_richardson_lucy", "y", lambda v: dl.blind_richardson_lucy(v, PSF), [
        *IMAGES, (Y - 0.5, ValueError, ["below 0"])
    ]),
    ("blind_richardson_lucy", "psf0", lambda v: dl.blind_richardson_lucy(Y, v), FIRST_GUESSES),
    ("blind_richardson_lucy", "psf0", lambda v: dl.blind_richardson_lucy(Y, v), [
        (SHARPENER.psf, ValueError, ["below 0"])
    ]),
    ("blind_richardson_lucy", "x0", lambda v: dl.blind_richardson_lucy(Y, PSF, x0=v), [
        *[row for row in OBSERVED if row[0] is not None], (Y - 0.5, ValueError, ["below 0"])
    ]),
    ("gaussian", "sigma", dl.gaussian, [row for row in ABOVE_ZERO if not isinstance(row[0], list)]),
    ("gaussian", "sigma", dl.gaussian, [((1, 2, 3), ValueError, ["(1, 2, 3)", "pair (rows, columns)"])]),
    ("gaussian", "sigma", dl.gaussian, [((1, -2), ValueError, ["-2", "above 0"])]),
    ("gaussian", "size", lambda v: dl.gaussian(1, size=v), [(4, ValueError, ["got 4", "odd"]), *SIZES[1:3]]),
    ("gaussian", "size", lambda v: dl.gaussian(1, size=v), [((3, 5, 7), ValueError, ["(3, 5, 7)", "pair"])]),
    ("gaussian", "sigma", dl.gaussian, [(1e300, ValueError, ["1e+300", "at most 1000 pixels"])]),
    ("gaussian", "size", lambda v: dl.gaussian(1, size=v), [(10**9 + 1, ValueError, ["1e+09", "10000 pixels"])]),
    ("disk", "radius", dl.disk, [*ABOVE_ZERO, (1e300, ValueError, ["1e+300", "at most 5000 pixels"])]),
    ("motion", "length", dl.motion, [*ABOVE_ZERO, (1e5, ValueError, ["100000", "at most 10000 pixels"])]),
    ("motion", "angle", lambda v: dl.motion(5, v), [row for row in NUMBERS if row[0] != -1e-3]),
    ("shake", "length", lambda v: dl.shake(v, rng=0), [*ABOVE_ZERO, (1e9, ValueError, ["1e+09", "10000 pixels"])]),
    ("shake", "rng", lambda v: dl.shake(5, rng=v), RNGS),
    ("as_psf", "array", dl.as_psf, [
        (np.ones(3), ValueError, ["(3,)", "two dimensions"]),
        (np.zeros((0, 3)), ValueError, ["(0, 3)", "two dimensions"]),
        (np.zeros((3, 3)), ValueError, ["no light", "some positive"]),
        (PSF - 0.1, ValueError, ["-0.09", "none below 0", "background"]),
        (np.fft.ifftshift(dl.gaussian(1.5)), ValueError, ["opposite ends", "fftshift(array)", "np.pad(array, 1)"]),
        (np.roll(np.pad(dl.motion(3), ((0, 0), (0, 9))), -1, 1), ValueError, ["opposite ends"]),
        (dl.gaussian(1.5, size=41) + 0.002, ValueError, ["level rim", "77 % of the light", "background="]),
        (np.ma.array(PSF, mask=PSF[0, 0] == PSF), ValueError, ["masked", "array.filled(0)"]),
        (PSF * np.nan, ValueError, [FINITE]),
        (PSF + 0j, TypeError, ["complex128", "real numbers"]),
        ("psf", TypeError, ["real numbers"]),
        ([[1, 2], [3]], ValueError, ["rows of different lengths"]),
    ]),
    ("psf_to_otf", "psf", lambda v: dl.psf_to_otf(v, Y.shape), KERNELS),
    ("psf_to_otf", "shape", lambda v: dl.psf_to_otf(PSF, v), SIZES),
    ("psf_to_otf", "boundary", lambda v: dl.psf_to_otf(PSF, Y.shape, v), FRAMES),
    ("psf_to_otf", "psf", lambda v: dl.psf_to_otf(v, Y.shape, "reflect"), [*KERNELS, *LOPSIDED]),
    ("tikhonov", "boundary", lambda v: dl.tikhonov(Y, PSF, 0.1, boundary=v), FRAMES),
    ("tikhonov", "psf", lambda v: dl.tikhonov(Y, v, 0.1, boundary="reflect"), LOPSIDED),
    ("apply_gain", "boundary", lambda v: dl.apply_gain(Y, OTF, v), FRAMES),
    ("apply_gain", "gain", lambda v: dl.apply_gain(Y, v, "reflect"), [
        (OTF, ValueError, ["(12, 9)", "(12, 17)", "a factor for each cosine"]),
        (np.full(Y.shape, 1j), ValueError, ["complex", "real"]),
    ]),
    ("discrepancy", "boundary", lambda v: dl.discrepancy(Y, PSF, 0.1, boundary=v), FRAMES),
    ("gcv", "boundary", lambda v: dl.gcv(Y, PSF, boundary=v), FRAMES),
    ("l_curve", "boundary", lambda v: dl.l_curve(Y, PSF, boundary=v), FRAMES),
    ("sure", "boundary", lambda v: dl.sure(Y, PSF, 0.1, boundary=v), FRAMES),
    ("oracle", "boundary", lambda v: dl.oracle(Y, PSF, Y, boundary=v), FRAMES),
    ("discrepancy", "corrected", lambda v: dl.discrepancy(Y, PSF, 0.1, corrected=v), FLAGS),
    ("simulate", "oversampling", lambda v: dl.simulate(Y, PSF, sigma=0, oversampling=v, rng=0), SHRINKINGS),
    ("simulate", "x_true", lambda v: dl.simulate(v, PSF, sigma=0, oversampling=2, rng=0), [
        (Y, ValueError, ["(12, 17)", "multiples of oversampling=2"]),
    ]),
    ("Blur", "psf", lambda v: dl.Blur(v, Y.shape), KERNELS),
    ("Blur", "shape", lambda v: dl.Blur(PSF, v), SIZES),
    ("Blur", "boundary", lambda v: dl.Blur(PSF, Y.shape, v), [
        ("mirror", ValueError, ["'mirror'", "'periodic', 'zero', 'reflect', 'unknown'"]),
        (None, ValueError, ["None", "'periodic'"]),
        (Y, ValueError, ["array", "'periodic'"]),
    ]),
    ("Blur", "mask", lambda v: dl.Blur(PSF, Y.shape, mask=v), MASKS),
    ("blind_richardson_lucy", "mask", lambda v: dl.blind_richardson_lucy(Y, PSF, mask=v), MASKS),
    *[
        ("Blur", "y", lambda v, solve=solve: solve(MASKED, v), [
            (np.ma.array(Y, mask=Y > 0.5), ValueError, ["a masked array", "y.filled(0)"]),
            (Y.view(Quantity), TypeError, ["the unit adu"]),
        ])
        for solve in (dl.conjugate_gradient, dl.richardson_lucy)
    ],
    ("Blur", "x", lambda v: H @ v, OBSERVED),
    ("Blur", "r", lambda v: H.T @ v, [*IMAGES, (Y.T, ValueError, ["(17, 12)", "(12, 17)"])]),
    ("Blur", "x", lambda v: WIDE @ v, [*WHOLE, *VALUES[:3]]),
    ("Blur", "x", lambda v: WIDE.crop(v), [*WHOLE, *IMAGES]),
    ("Blur", "x", lambda v: H.crop(v), OBSERVED),
    ("Blur", "r", lambda v: WIDE.T @ v, [*CROPPED, *VALUES[:3]]),
    ("Gradient", "boundary", dl.Gradient, [
        ("reflected", ValueError, ["'reflected'", "'periodic', 'zero', 'reflect', 'unknown'"]),
        (None, ValueError, ["None", "'periodic'"]),
        (Y, ValueError, ["array", "'periodic'"]),
    ]),
    ("Gradient", "x", lambda v: dl.Gradient("zero") @ v, IMAGES),
    ("Gradient", "slopes", lambda v: dl.Gradient().T @ v, [
        (Y, ValueError, ["(12, 17)", "(2, rows, columns)"]),
        (COLOUR, ValueError, ["(12, 17, 3)", "(2, rows, columns)"]),
        (np.zeros((2, 0, 5)), ValueError, ["(2, 0, 5)", "(2, rows, columns)"]),
        (Y[None], ValueError, ["(1, 12, 17)", "(2, rows, columns)"]),
        *VALUES,
    ]),
    ("gradient_power", "shape", dl.gradient_power, SIZES),
    ("gradient_power", "boundary", lambda v: dl.gradient_power(Y.shape, v), [
        ("mirror", ValueError, ["'mirror'", "'periodic', 'zero', 'reflect', 'unknown'"]),
    ]),
    ("radial_mean", "shape", lambda v: dl.radial_mean(np.ones((3, 3)), v), SIZES),
    ("radial_mean", "power", lambda v: dl.radial_mean(v, Y.shape), POWERS),
    ("dot_test", "rng", lambda v: dl.dot_test(H, rng=v), RNGS),
    ("dot_test", "H", lambda v: dl.dot_test(v, rng=0), [(PSF, TypeError, ["ndarray", "Blur(psf, shape)"])]),
    ("operator_norm", "H", dl.operator_norm, [*BLURS, (dl.Gradient(), TypeError, ["Gradient", "Blur(psf, shape)"])]),
    ("sample_image", "name", dl.sample_image, [
        ("moon", ValueError, ["'moon'", *dl.problem.COLOUR_IMAGES, *dl.problem.GREY_IMAGES]),
        (None, ValueError, ["None", "'rocket'"]),
    ]),
    ("sample_image", "size", lambda v: dl.sample_image("text", size=v), [
        (0, ValueError, ["(0, 0)", "two positive integers"]),
        (2.5, ValueError, ["2.5", "two positive integers"]),
        ((1, 2, 3), ValueError, ["(1, 2, 3)", "pair (rows, columns)"]),
    ]),
    ("sample_image", "colour", lambda v: dl.sample_image("text", colour=v), [
        (True, ValueError, ["'text'", "grey", *dl.problem.COLOUR_IMAGES]),
    ]),
    ("save_image", "x", lambda v: dl.save_image(v, PNG), [BRIGHT, *PHOTOGRAPHS]),
    ("save_image", "path", lambda v: dl.save_image(Y, v), [
        ("a.jpg", ValueError, ["a.jpg", ".png, .tif or .tiff"]),
        ("no/such/folder/a.png", ValueError, ["no/such/folder/a.png", "make 'no/such/folder' first"]),
        ("~/no/such/folder/a.png", ValueError, ["folder that is there", str(Path("~").expanduser())]),
    ]),
    ("save_image", "bits", lambda v: dl.save_image(Y, PNG, bits=v), [(12, ValueError, ["12", "8 or 16"]), *BITS]),
    ("save_image", "bits", lambda v: dl.save_image(COLOUR, PNG, bits=v), [(16, ValueError, ["16", "8", "colour"])]),
    ("read_photo", "source", dl.read_photo, [
        ("gone.jpg", ValueError, ["gone.jpg", "no file"]),
        (".", ValueError, ["a folder", "path of a picture"]),
        (b"no picture", ValueError, ["10 bytes", "JPEG, PNG, TIFF or WebP"]),
        (Y, TypeError, ["ndarray", "a path, bytes or a binary file"]),
    ]),
    ("read_photo", "longest", lambda v: dl.read_photo("gone.jpg", longest=v), [
        (8, ValueError, ["8", "16"]),
        (99.5, ValueError, ["99.5", "whole number"]),
    ]),
    ("by_channel", "y", lambda v: dl.by_channel(np.negative, v), PHOTOGRAPHS),
    ("by_channel", "restore", lambda v: dl.by_channel(v, Y), [
        (PSF, TypeError, ["ndarray", "a function of one channel"]),
        (np.transpose, ValueError, ["(17, 12)", "(12, 17)", "H.crop(x)"]),
    ]),
    ("by_channel", "luminance", lambda v: dl.by_channel(np.negative, Y, luminance=v), [
        ("yes", ValueError, ["'yes'", "False, True"]),
    ]),
    ("by_channel", "in_turn", lambda v: dl.by_channel(np.negative, Y, in_turn=v), [
        ("yes", ValueError, ["'yes'", "False, True"]),
    ]),
    ("saturated", "y", dl.saturated, PHOTOGRAPHS),
    ("Pyramid", "image", lambda v: dl.Pyramid(v).sizes[0], PHOTOGRAPHS),
    ("Pyramid", "most", lambda v: dl.Pyramid(Y, most=v).sizes[0], [
        (15, ValueError, ["got 15", "from 16 to 10000"]),
        (20.5, ValueError, ["20.5", "whole number"]),
    ]),
    ("shrink", "x", lambda v: dl.shrink(v, 2), PHOTOGRAPHS),
    ("shrink", "factor", lambda v: dl.shrink(Y, v), SHRINKINGS),
    ("coarse_psf", "psf", lambda v: dl.coarse_psf(v, 2), [bad for bad in KERNELS if bad[0] is not LARGE]),
    ("coarse_psf", "factor", lambda v: dl.coarse_psf(PSF, v), SHRINKINGS),
    ("srgb_to_linear", "levels", dl.srgb_to_linear, [BRIGHT, *VALUES]),
    ("linear_to_srgb", "light", dl.linear_to_srgb, [BRIGHT, *VALUES]),
    ("add_gaussian", "x", lambda v: dl.add_gaussian(v, 0.1, rng=0), IMAGES),
    ("add_gaussian", "sigma", lambda v: dl.add_gaussian(Y, v, rng=0), NUMBERS),
    ("add_gaussian", "rng", lambda v: dl.add_gaussian(Y, 0.1, rng=v), RNGS),
    ("add_poisson", "x", lambda v: dl.add_poisson(v, 10, rng=0), [*IMAGES, (Y - 1, ValueError, ["-0.9", "below 0"])]),
    ("add_poisson", "photons", lambda v: dl.add_poisson(Y, v, rng=0), ABOVE_ZERO),
    ("add_poisson", "rng", lambda v: dl.add_poisson(Y, 10, rng=v), RNGS),
    ("quantize", "x", dl.quantize, [*IMAGES, BRIGHT]),
    ("quantize", "bits", lambda v: dl.quantize(Y, v), BITS),
    ("simulate", "x_true", lambda v: dl.simulate(v, PSF, sigma=0, rng=0), IMAGES),
    ("simulate", "x_true", lambda v: dl.simulate(v, PSF, sigma=0, photons=9, rng=0), [
        (Y - 1, ValueError, ["-0.9", "below 0"]),
    ]),
    ("simulate", "psf", lambda v: dl.simulate(Y, v, sigma=0, rng=0), KERNELS),
    ("simulate", "sigma", lambda v: dl.simulate(Y, PSF, sigma=v, rng=0), NUMBERS),
    ("simulate", "photons", lambda v: dl.simulate(Y, PSF, sigma=0, photons=v, rng=0), [
        row for row in ABOVE_ZERO if row[0] is not None
    ]),
    ("simulate", "boundary", lambda v: dl.simulate(Y, PSF, sigma=0, boundary=v, rng=0), [
        ("mirror", ValueError, ["'mirror'", "'periodic'"]),
    ]),
    ("simulate", "bits", lambda v: dl.simulate(Y, PSF, sigma=0, bits=v, rng=0), BITS),
    ("simulate", "rng", lambda v: dl.simulate(Y, PSF, sigma=0, rng=v), RNGS),
    ("inverse_gain", "otf", dl.inverse_gain, OTFS),
    ("inverse_gain", "epsilon", lambda v: dl.inverse_gain(OTF, v), NUMBERS),
    ("truncated_gain", "otf", lambda v: dl.truncated_gain(v, 0.1), OTFS),
    ("truncated_gain", "threshold", lambda v: dl.truncated_gain(OTF, v), ABOVE_ZERO),
    ("tikhonov_gain", "otf", lambda v: dl.tikhonov_gain(v, 0.1), OTFS),
    ("tikhonov_gain", "weight", lambda v: dl.tikhonov_gain(OTF, v), NUMBERS),
    ("tikhonov_gain", "penalty", lambda v: dl.tikhonov_gain(OTF, 0.1, v), POWERS),
    ("wiener_gain", "otf", lambda v: dl.wiener_gain(v, 0.1), OTFS),
    ("wiener_gain", "nsr", lambda v: dl.wiener_gain(OTF, v), POWERS),
    ("apply_gain", "y", lambda v: dl.apply_gain(v, OTF), IMAGES),
    ("apply_gain", "gain", lambda v: dl.apply_gain(Y, v), [
        (OTF[:, 1:], ValueError, ["(12, 8)", "(12, 9)", "half spectrum"]),
        (np.ones(Y.shape), ValueError, ["(12, 17)", "(12, 9)"]),
        (1.0, ValueError, ["()", "(12, 9)"]),
        (np.full(OTF.shape, np.nan), ValueError, [FINITE]),
        ("ones", TypeError, ["real or complex"]),
    ]),
    ("inverse_filter", "y", lambda v: dl.inverse_filter(v, PSF, 0.1), IMAGES),
    ("inverse_filter", "psf", lambda v: dl.inverse_filter(Y, v, 0.1), KERNELS),
    ("inverse_filter", "epsilon", lambda v: dl.inverse_filter(Y, PSF, v), NUMBERS),
    ("truncated_inverse", "y", lambda v: dl.truncated_inverse(v, PSF, 0.1), IMAGES),
    ("truncated_inverse", "psf", lambda v: dl.truncated_inverse(Y, v, 0.1), KERNELS),
    ("truncated_inverse", "threshold", lambda v: dl.truncated_inverse(Y, PSF, v), ABOVE_ZERO),
    ("tikhonov", "y", lambda v: dl.tikhonov(v, PSF, 0.1), IMAGES),
    ("tikhonov", "psf", lambda v: dl.tikhonov(Y, v, 0.1), KERNELS),
    ("tikhonov", "weight", lambda v: dl.tikhonov(Y, PSF, v), NUMBERS),
    ("tikhonov", "penalty", lambda v: dl.tikhonov(Y, PSF, 0.1, v), [
        ("slope", ValueError, ["'slope'", "'gradient', 'identity'"]),
        (Y, ValueError, ["array", "'gradient', 'identity'"]),
    ]),
    ("wiener", "y", lambda v: dl.wiener(v, PSF, 0.1), IMAGES),
    ("wiener", "psf", lambda v: dl.wiener(Y, v, 0.1), KERNELS),
    ("wiener", "nsr", lambda v: dl.wiener(Y, PSF, v), POWERS),
    ("edge_taper", "y", lambda v: dl.edge_taper(v, PSF), IMAGES),
    ("edge_taper", "psf", lambda v: dl.edge_taper(Y, v), KERNELS),
    ("least_squares", "H", lambda v: dl.least_squares(v, Y), BLURS),
    ("least_squares", "y", lambda v: dl.least_squares(H, v), OBSERVED),
    ("least_squares", "weight", lambda v: dl.least_squares(H, Y, v), NUMBERS),
    ("least_squares", "x", F.evaluate, OBSERVED),
    ("root_least_squares", "H", lambda v: dl.root_least_squares(v, Y, 0.1), BLURS),
    ("root_least_squares", "y", lambda v: dl.root_least_squares(H, v, 0.1), OBSERVED),
    ("root_least_squares", "weight", lambda v: dl.root_least_squares(H, Y, v), NUMBERS),
    ("root_least_squares", "x", dl.root_least_squares(H, Y, 0.1), OBSERVED),
    ("gradient_descent", "objective", lambda v: dl.gradient_descent(v, Y), [
        (H, TypeError, ["Blur", "least_squares(H, y, weight)"]),
        (dl.least_squares, TypeError, ["function", "least_squares(H, y, weight)"]),
    ]),
    ("gradient_descent", "x0", lambda v: dl.gradient_descent(F, v), OBSERVED),
    ("gradient_descent", "step", lambda v: dl.gradient_descent(F, Y, step=v), [
        row for row in ABOVE_ZERO if row[0] is not None
    ]),
    ("gradient_descent", "step", lambda v: dl.gradient_descent(ROOT, Y, step=v), [
        (None, ValueError, ["got none", "a number", "no Lipschitz constant"]),
    ]),
    ("conjugate_gradient", "H", lambda v: dl.conjugate_gradient(v, Y), BLURS),
    ("conjugate_gradient", "y", lambda v: dl.conjugate_gradient(H, v), OBSERVED),
    ("conjugate_gradient", "weight", lambda v: dl.conjugate_gradient(H, Y, weight=v), NUMBERS),
    ("conjugate_gradient", "x0", lambda v: dl.conjugate_gradient(H, Y, x0=v), [
        row for row in OBSERVED if row[0] is not None
    ]),
    ("minimize_root", "H", lambda v: dl.minimize_root(v, Y, 0.1), BLURS),
    ("minimize_root", "y", lambda v: dl.minimize_root(H, v, 0.1), OBSERVED),
    ("conjugate_gradient", "precondition", lambda v: dl.conjugate_gradient(H, Y, precondition=v), [
        ("cosine", ValueError, ["'cosine'", "False, True"]),
        (None, ValueError, ["None", "False, True"]),
        (Y, ValueError, ["array", "False, True"]),
    ]),
    ("minimize_root", "weight", lambda v: dl.minimize_root(H, Y, v), NUMBERS),
    ("nesterov", "objective", lambda v: dl.nesterov(v, Y), [
        (H, TypeError, ["Blur", "least_squares(H, y, weight)"]),
        (dl.least_squares, TypeError, ["function", "least_squares(H, y, weight)"]),
    ]),
    ("nesterov", "x0", lambda v: dl.nesterov(F, v), OBSERVED),
    ("nesterov", "step", lambda v: dl.nesterov(F, Y, step=v), [row for row in ABOVE_ZERO if row[0] is not None]),
    ("nesterov", "step", lambda v: dl.nesterov(ROOT, Y, step=v), [
        (None, ValueError, ["got none", "a number", "no Lipschitz constant"]),
    ]),
    ("richardson_lucy", "H", lambda v: dl.richardson_lucy(v, Y), BLURS),
    ("richardson_lucy", "psf", lambda v: dl.richardson_lucy(v, Y), [
        (SHARPENER, ValueError, ["down to -1", "none below 0: make a PSF of it with as_psf(psf.clip(0))"]),
    ]),
    ("richardson_lucy", "y", lambda v: dl.richardson_lucy(H, v), [*OBSERVED, *NEGATIVE]),
    ("richardson_lucy", "x0", lambda v: dl.richardson_lucy(H, Y, x0=v), [
        row for row in [*OBSERVED, *NEGATIVE] if row[0] is not None
    ]),
    ("richardson_lucy", "background", lambda v: dl.richardson_lucy(H, Y, background=v), NUMBERS),
    ("richardson_lucy", "accelerate", lambda v: dl.richardson_lucy(H, Y, accelerate=v), FLAGS),
    ("richardson_lucy", "frame_correction", lambda v: dl.richardson_lucy(H, Y, frame_correction=v), FLAGS),
    ("total_variation", "H", lambda v: dl.total_variation(v, Y, 0.1), BLURS),
    ("total_variation", "y", lambda v: dl.total_variation(H, v, 0.1), OBSERVED),
    ("total_variation", "weight", lambda v: dl.total_variation(H, Y, v), ABOVE_ZERO),
    ("total_variation", "x0", lambda v: dl.total_variation(H, Y, 0.1, x0=v), [
        row for row in OBSERVED if row[0] is not None
    ]),
    ("block_matching", "x", lambda v: dl.block_matching(v, 0.1), IMAGES),
    ("block_matching", "sigma", lambda v: dl.block_matching(Y, v), ABOVE_ZERO),
    ("plug_and_play", "H", lambda v: dl.plug_and_play(v, Y, keep, sigma=0.1), BLURS),
    ("plug_and_play", "y", lambda v: dl.plug_and_play(H, v, keep, sigma=0.1), OBSERVED),
    ("plug_and_play", "denoise", lambda v: dl.plug_and_play(H, Y, v, sigma=0.1), [
        (0.1, TypeError, ["float", "function of (image, sigma)"]),
        (Y, TypeError, ["ndarray", "function of (image, sigma)"]),
        (None, TypeError, ["NoneType", "function of (image, sigma)"]),
    ]),
    ("plug_and_play", "sigma", lambda v: dl.plug_and_play(H, Y, keep, sigma=v), ABOVE_ZERO),
    ("least_squares", "y", lambda v: dl.least_squares(WIDE, v), CROPPED),
    ("minimize_root", "y", lambda v: dl.minimize_root(WIDE, v, 0.1), CROPPED),
    ("conjugate_gradient", "x0", lambda v: dl.conjugate_gradient(WIDE, Y, x0=v), WHOLE),
    ("richardson_lucy", "x0", lambda v: dl.richardson_lucy(WIDE, Y, x0=v), WHOLE),
    ("total_variation", "x0", lambda v: dl.total_variation(WIDE, Y, 0.1, x0=v), WHOLE),
    ("run", "iterates", lambda v: dl.run(v, 3), [
        (dl.gradient_descent, TypeError, ["function", "what a solver returns"]),
        (F, TypeError, ["Objective", "what a solver returns"]),
        (None, TypeError, ["NoneType", "what a solver returns"]),
        ([], ValueError, ["got none", "initial guess"]),
    ]),
    ("run", "max_iter", lambda v: dl.run(dl.gradient_descent(F, Y), v), [
        (-1, ValueError, ["-1", "whole number from 0"]),
        (2.5, ValueError, ["2.5", "whole number"]),
        (np.inf, ValueError, ["inf", "whole number"]),
        (None, TypeError, ["None", "whole number"]),
        (True, TypeError, ["True", "whole number"]),
    ]),
    ("run", "stop", lambda v: dl.run(dl.gradient_descent(F, Y), 3, stop=v), [
        (1e-3, TypeError, ["0.001", "function of an iterate"]),
        (True, TypeError, ["True", "function of an iterate"]),
    ]),
    ("run", "keep", lambda v: dl.run(dl.gradient_descent(F, Y), 3, keep=v), [
        (0, ValueError, ["got 0", "whole number from 1"]),
        (-2, ValueError, ["-2", "whole number from 1"]),
        (2.5, ValueError, ["2.5", "whole number"]),
        (True, TypeError, ["True", "whole number"]),
    ]),
    ("run", "progress", lambda v: dl.run(dl.gradient_descent(F, Y), 3, progress=v), [
        ("bar", ValueError, ["'bar'", "None, True, False"]),
        (2, ValueError, ["got 2", "None, True, False"]),
    ]),
    ("psnr", "x_true", lambda v: dl.psnr(v, Y), IMAGES),
    ("psnr", "x", lambda v: dl.psnr(Y, v), SECOND_IMAGES),
    ("psnr", "peak", lambda v: dl.psnr(Y, Y, peak=v), [row for row in ABOVE_ZERO if row[0] is not None]),
    ("psnr", "peak", lambda v: dl.psnr(255 * Y, 255 * Y, peak=v), UNSAID),
    ("psnr", "border", lambda v: dl.psnr(Y, Y, border=v), [
        (-1, ValueError, ["-1", "whole number from 0 to 5"]),
        (6, ValueError, ["got 6", "0 to 5"]),
        (1.5, ValueError, ["1.5", "whole number"]),
        ("1", TypeError, ["'1'", "whole number"]),
    ]),
    ("isnr", "x_true", lambda v: dl.isnr(v, Y, Y), IMAGES),
    ("isnr", "y", lambda v: dl.isnr(Y, v, Y), SECOND_IMAGES),
    ("isnr", "x", lambda v: dl.isnr(Y, Y, v), SECOND_IMAGES),
    ("relative_error", "x_true", lambda v: dl.relative_error(v, Y), IMAGES),
    ("relative_error", "x_true", lambda v: dl.relative_error(v, Y), [(Y * 0, ValueError, ["nothing but zeros"])]),
    ("relative_error", "x", lambda v: dl.relative_error(Y, v), SECOND_IMAGES),
    ("rms", "values", dl.rms, [
        ([], ValueError, ["got none", "finite numbers"]),
        ([1, np.nan], ValueError, ["NaN", "finite numbers"]),
        (["a"], TypeError, ["real or complex numbers"]),
        ([[1, 2], [3]], ValueError, ["different lengths"]),
    ]),
    ("ssim", "x_true", lambda v: dl.ssim(v, Y), IMAGES),
    ("ssim", "x_true", lambda v: dl.ssim(v, v), [
        (Y[:10], ValueError, ["(10, 17)", "at least 11 rows and 11 columns"]),
        (Y[:, :10], ValueError, ["(12, 10)", "at least 11 rows and 11 columns"]),
    ]),
    ("ssim", "x", lambda v: dl.ssim(Y, v), SECOND_IMAGES),
    ("ssim", "peak", lambda v: dl.ssim(Y, Y, peak=v), [row for row in ABOVE_ZERO if row[0] is not None]),
    ("ssim", "peak", lambda v: dl.ssim(255 * Y, 255 * Y, peak=v), UNSAID),
    ("ssim", "border", lambda v: dl.ssim(Y, Y, border=v), [
        (-1, ValueError, ["-1", "whole number from 0 to 0"]),
        (1, ValueError, ["got 1", "0 to 0"]),
        (0.5, ValueError, ["0.5", "whole number"]),
        ("1", TypeError, ["'1'", "whole number"]),
    ]),
    ("residual_whiteness", "residual", dl.residual_whiteness, [*IMAGES, CONSTANT]),
    ("discrepancy", "y", lambda v: dl.discrepancy(v, PSF, 0.1), [*IMAGES, CONSTANT]),
    ("discrepancy", "psf", lambda v: dl.discrepancy(Y, v, 0.1), KERNELS),
    ("discrepancy", "sigma", lambda v: dl.discrepancy(Y, PSF, v), NUMBERS),
    ("discrepancy", "penalty", lambda v: dl.discrepancy(Y, PSF, 0.1, penalty=v), PENALTIES),
    ("gcv", "y", lambda v: dl.gcv(v, PSF), [*IMAGES, CONSTANT]),
    ("gcv", "psf", lambda v: dl.gcv(Y, v), KERNELS),
    ("gcv", "penalty", lambda v: dl.gcv(Y, PSF, penalty=v), PENALTIES),
    ("l_curve", "y", lambda v: dl.l_curve(v, PSF), [*IMAGES, CONSTANT]),
    ("l_curve", "psf", lambda v: dl.l_curve(Y, v), KERNELS),
    ("l_curve", "penalty", lambda v: dl.l_curve(Y, PSF, penalty=v), PENALTIES),
    ("sure", "y", lambda v: dl.sure(v, PSF, 0.1), [*IMAGES, CONSTANT]),
    ("sure", "psf", lambda v: dl.sure(Y, v, 0.1), KERNELS),
    ("sure", "sigma", lambda v: dl.sure(Y, PSF, v), NUMBERS),
    ("sure", "penalty", lambda v: dl.sure(Y, PSF, 0.1, penalty=v), PENALTIES),
    ("oracle", "y", lambda v: dl.oracle(v, PSF, Y), [*IMAGES, CONSTANT]),
    ("oracle", "psf", lambda v: dl.oracle(Y, v, Y), KERNELS),
    ("oracle", "x_true", lambda v: dl.oracle(Y, PSF, v), [*IMAGES, (Y[1:], ValueError, ["(11, 17)", "(12, 17)"])]),
    ("oracle", "penalty", lambda v: dl.oracle(Y, PSF, Y, penalty=v), PENALTIES),
]  # fmt: skip
SHARES = [
    ((0.9, 0.1, 0, 1), ValueError, ["(0.9, 0.1, 0, 1)", "top < bottom"]),
    ((0, 1, 0.5, 0.5), ValueError, ["(0, 1, 0.5, 0.5)", "left < right"]),
    ((0, np.nan, 0, 1), ValueError, ["nan", "from 0 to 1"]),
    ((0, 100, 0, 100), ValueError, ["(0, 100, 0, 100)", "from 0 to 1"]),
    ((0, 1, 0), ValueError, ["(0, 1, 0)", "(top, bottom, left, right)"]),
    ("all of it", ValueError, ["'all of it'", "(top, bottom, left, right)"]),
    (None, ValueError, ["None", "(top, bottom, left, right)"]),
    ([np.ma.masked, 1, 0, 1], ValueError, ["masked", "from 0 to 1"]),
]


@live.lab(photo=live.Upload(Y, len), part=live.Region(of="photo"))
def upload_lab(photo, part):
    raise AssertionError("the lab ran before its values were refused")


# What labs refuse, in the same way.
VIEWS = [
    ("Region", "value", lambda v: live.Region(v, of="photo"), SHARES),
    ("Region", "part", lambda v: upload_lab(part=v), SHARES),
    ("Region", "of", lambda v: live.Region(of=v), [(3, TypeError, ["got 3", "a string"])]),
    ("Box", "shape", lambda v: live.Box().pixels(v), [((3,), ValueError, ["(3,)", "two positive integers"]), SIZES[1]]),
    ("Upload", "read", lambda v: live.Upload(None, v), [(b"data", TypeError, ["b'data'", "a function"])]),
    ("Upload", "label", lambda v: live.Upload(None, len, label=v), [(3, TypeError, ["got 3", "a string"])]),
    ("Upload", "photo", lambda v: upload_lab(photo=v), [
        ("nowhere.jpg", ValueError, ["'nowhere.jpg'", "no file", "the path of one"]),
        (Path.home(), ValueError, ["no file"]),
    ]),
    ("Lab", "at_full_size", upload_lab.at_full_size, [
        (len, TypeError, ["len", "yields the share done"]),
        (lambda photo, part: 1.0, TypeError, ["<lambda>", "yields the share done"]),
        (lambda photo: (yield 1.0), TypeError, ["(photo)", "(photo, part)"]),
    ]),
]  # fmt: skip


def mean(y):
    """A method that loses all but the mean."""
    return np.full_like(y, y.mean())


TILED = [row for row in PHOTOGRAPHS if not isinstance(row[0], str)]  # a string is a path there
METHODS = [(PSF, TypeError, ["ndarray", "a function of one picture"]), (None, TypeError, ["NoneType"])]
KERNELS_ALONE = [row for row in KERNELS if row[0] is not LARGE]
TILES = [
    ("map_tiles", "deblur", lambda v: tiles.map_tiles(v, Y, PSF), METHODS),
    ("map_tiles", "y", lambda v: tiles.map_tiles(mean, v, PSF, tile=8), [
        *TILED,
        ("nowhere.zarr", ValueError, ["'nowhere.zarr'", "no Zarr array", "the path of one"]),
        (da.from_array(BYTES), TypeError, ["uint8", "y / 255"]),
        (da.from_array(Y[0]), ValueError, ["(17,)", "(rows, columns, 3)"]),
        (da.from_array(Y)[da.from_array(Y[:, 0]) > 0.5], ValueError, ["unknown shape", "y.compute_chunk_sizes()"]),
    ]),
    ("map_tiles", "psf", lambda v: tiles.map_tiles(mean, Y, v, tile=8), KERNELS),
    ("map_tiles", "tile", lambda v: tiles.map_tiles(mean, Y, PSF, tile=v), [
        (0, ValueError, ["got 0", "whole number from 1"]),
        (7.5, ValueError, ["7.5", "whole number"]),
        ((1, 2, 3), ValueError, ["(1, 2, 3)", "pair (rows, columns)"]),
        (4, ValueError, ["(4, 4)", "at least the PSF's shape (3, 5)"]),
    ]),
    ("map_tiles", "overlap", lambda v: tiles.map_tiles(mean, Y, PSF, tile=8, overlap=v), [
        (-1, ValueError, ["-1", "whole number from 0"]),
        ("2", TypeError, ["'2'", "whole number"]),
    ]),
    ("map_tiles", "tolerance", lambda v: tiles.map_tiles(mean, Y, PSF, tolerance=v), ABOVE_ZERO),
    ("map_tiles", "out", lambda v: tiles.map_tiles(mean, Y, PSF, out=v), [(3, TypeError, ["int", "a path"])]),
    ("map_tiles", "scheduler", lambda v: tiles.map_tiles(mean, Y, PSF, scheduler=v), [
        (8786, ValueError, ["8786", "None, 'threads', 'processes', 'synchronous'"]),
    ]),
    ("map_tiles", "progress", lambda v: tiles.map_tiles(mean, Y, PSF, progress=v), [
        ("yes", ValueError, ["'yes'", "one of None, True, False"]),
    ]),
    ("influence", "deblur", lambda v: tiles.influence(v, PSF), METHODS),
    ("influence", "psf", lambda v: tiles.influence(mean, v), KERNELS_ALONE),
    ("influence", "size", lambda v: tiles.influence(mean, PSF, v), [(1, ValueError, ["got 1", "from 2 to 10000"])]),
    ("reach", "deblur", lambda v: tiles.reach(v, PSF), METHODS),
    ("reach", "psf", lambda v: tiles.reach(mean, v), KERNELS_ALONE),
    ("reach", "tolerance", lambda v: tiles.reach(mean, PSF, v), ABOVE_ZERO),
]  # fmt: skip
TAKEN = [
    pytest.param(argument, call, rows, id=f"{function}-{argument}")
    for function, argument, call, rows in TABLE + VIEWS + TILES
    if rows
]


@pytest.fixture
def no_fft(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a Fourier transform ran before the input was refused")

    for name in (kind + dimension for kind in ("fft", "ifft", "rfft", "irfft") for dimension in ("", "2", "n")):
        monkeypatch.setattr(scipy.fft, name, refuse)


@pytest.mark.parametrize(("argument", "call", "rows"), TAKEN)
def test_refused_before_any_work(argument, call, rows, no_fft, tmp_path, monkeypatch):
    """Catches: bad input that is taken, or refused late, by another error or in words that name no way out."""
    monkeypatch.chdir(tmp_path)
    for value, error, words in rows:
        with pytest.raises((ValueError, TypeError)) as caught:
            call(value)
            pytest.fail(f"{value!r} was taken")
        message = str(caught.value)
        assert type(caught.value) is error, message
        assert message.startswith(f"{argument}: got "), message
        assert all(word in message for word in [*words, "expected"]), message
        assert "\n" not in message and len(message) < 250, message
        assert not any(tmp_path.iterdir())


def test_every_public_function_that_takes_arguments_is_in_the_table():
    public = {name for name in dl.__all__ if inspect.signature(getattr(dl, name)).parameters}
    containers = {"BlindIterate", "History", "Iterate", "Objective", "Observation", "Photo", "Selection"}
    assert public - containers == {function for function, *_ in TABLE}
    assert set(tiles.__all__) == {function for function, *_ in TILES}


@pytest.mark.parametrize("call", [
    lambda: dl.shake(5),
    lambda: dl.add_gaussian(Y, 0.1),
    lambda: dl.add_poisson(Y, 10),
    lambda: dl.simulate(Y, PSF, sigma=0.1),
    lambda: dl.dot_test(H),
])  # fmt: skip
def test_random_functions_have_no_default_rng(call, no_fft):
    with pytest.raises(TypeError, match="rng"):
        call()


@pytest.mark.parametrize("call", [
    lambda: dl.shake(5, 0),
    lambda: dl.add_gaussian(Y, 0.1, 0),
    lambda: dl.add_poisson(Y, 10, 0),
    lambda: dl.dot_test(H, 0),
    lambda: dl.psnr(Y, Y, 1.0),
    lambda: dl.ssim(Y, Y, 1.0),
    lambda: dl.gcv(Y, PSF, "identity"),
    lambda: dl.sure(Y, PSF, 0.1, "identity"),
    lambda: dl.gaussian(1, 5),
    lambda: dl.simulate(Y, PSF, 0.1, rng=0),
    lambda: dl.gradient_descent(F, Y, 0.5),
    lambda: dl.conjugate_gradient(H, Y, 0.1),
    lambda: dl.nesterov(F, Y, 0.5),
    lambda: dl.richardson_lucy(H, Y, Y),
    lambda: dl.total_variation(H, Y, 0.1, Y),
    lambda: dl.plug_and_play(H, Y, keep, 0.1),
    lambda: dl.run(dl.gradient_descent(F, Y), 3, None),
])  # fmt: skip
def test_options_are_passed_by_name(call, no_fft):
    with pytest.raises(TypeError, match="positional"):
        call()


def test_noise_is_always_a_decision(no_fft):
    with pytest.raises(TypeError, match="sigma"):
        dl.simulate(Y, PSF, rng=0)


def test_a_table_row_that_is_not_refused_reaches_the_fft(no_fft):
    with pytest.raises(AssertionError, match="Fourier"):
        dl.inverse_filter(Y, PSF, 0.1)
    with pytest.raises(AssertionError, match="Fourier"):
        H @ Y


# What is as good as the plain thing gives the same answer, in every function that takes a picture or a PSF.
MEANS_THE_SAME = {
    "big-endian": lambda a: a.astype(">f8"),
    "little-endian": lambda a: a.astype("<f8"),
    "masked, but nothing in it": lambda a: np.ma.array(a, mask=False),
    "list": lambda a: a.tolist(),
    "columns first": np.asfortranarray,
    "backwards in memory": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
}
TAKES = [
    pytest.param(call, good, id=f"{function}-{argument}")
    for function, argument, call, rows in TABLE
    for kind, good in ((NAN, Y), (EVEN, PSF))
    if rows and any(row[0] is kind for row in rows) and function != "save_image"
]


def numbers(result):
    """Whatever a function returns, as a flat array of its numbers."""
    if inspect.isgenerator(result):
        result = [part for it in itertools.islice(result, 2) for part in it]
    if isinstance(result, dl.Observation):
        result = result.y
    if isinstance(result, dl.Selection):
        result = result.scores
    if isinstance(result, dl.Blur):
        result = result.otf
    if isinstance(result, dl.Objective):
        result = result(Y)
    parts = result if isinstance(result, (list, tuple)) else [result]
    parts = [list(part.encode()) if isinstance(part, str) else part for part in parts]  # a sentence of doubts
    return np.concatenate([np.ravel(part) for part in parts])


@pytest.mark.parametrize(("call", "good"), TAKES)
def test_another_form_of_the_same_array_gives_the_same_answer(call, good):
    """Catches: a FITS file refused, or told to lose its precision; a mask without entries refused."""
    try:
        expected = call(good)
    except ValueError as error:
        for same in MEANS_THE_SAME.values():
            with pytest.raises(ValueError, match=re.escape(str(error))):  # no edge in this picture, say
                call(same(good))
        return
    expected = numbers(expected)
    for form, same in MEANS_THE_SAME.items():
        np.testing.assert_allclose(numbers(call(same(good))), expected, rtol=1e-9, atol=1e-12, err_msg=form)


# Each advice, followed to the letter.


def advice(call, pattern):
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    found = re.search(pattern, str(caught.value))
    assert found, str(caught.value)
    return found[1]


DARK = np.random.default_rng(1).normal(0.0001, 0.01, (40, 41))  # a dark frame was taken off


def test_advice_for_negative_data_keeps_the_light():
    """Catches: clip(0), which raises the light of a dark field 27-fold."""
    H, y = dl.Blur(dl.gaussian(1.5), DARK.shape), DARK + 0.002
    found = advice(lambda: dl.richardson_lucy(H, y), r"pass (y - y.min\(\) and background=-y.min\(\))")
    lifted, background = y - y.min(), -y.min()
    assert found == "y - y.min() and background=-y.min()"
    x, clipped = (
        dl.run(dl.richardson_lucy(H, data, background=level), 30).x.sum()
        for data, level in ((lifted, background), (y.clip(0), 0))
    )
    assert abs(x - y.sum()) < 0.3 * abs(clipped - y.sum())

    lifted, back = advice(lambda: dl.blind_richardson_lucy(y, PSF), "pass (.* to) the picture").split(", and add ")
    x = dl.run(dl.blind_richardson_lucy(eval(lifted), PSF), 5).x + eval(back.removesuffix(" to"))
    assert x.sum() == pytest.approx(y.sum(), rel=1e-6)

    x, x_true = DARK, DARK
    for call in (lambda: dl.add_poisson(x, 1e6, rng=0), lambda: dl.simulate(x_true, PSF, sigma=0, photons=1e6, rng=0)):
        lifted, back = advice(call, "count the photons of (.* to) the result").split(", and add ")
        z = dl.add_poisson(eval(lifted), 1e6, rng=0) + eval(back.removesuffix(" to"))
        assert z.mean() == pytest.approx(DARK.mean(), abs=1e-5) and np.std(z - DARK) < 1e-3


def test_advice_for_a_negative_start_leaves_no_pixel_stuck_at_zero():
    y, x0 = Y, Y - 0.5
    for call in (lambda x0: dl.richardson_lucy(H, y, x0=x0), lambda x0: dl.blind_richardson_lucy(y, PSF, x0=x0)):
        lifted = eval(advice(lambda call=call: call(x0), r"leave it out, or lift it with (.*)$"))
        assert lifted.min() > 0 and lifted.std() == pytest.approx(x0.std())
        assert dl.run(call(lifted), 3).x.sum() == pytest.approx(y.sum(), rel=1e-6)
        assert dl.run(call(None), 3).x.sum() == pytest.approx(y.sum(), rel=1e-6)


@pytest.mark.parametrize("psf", [255 * PSF, 0.9 * PSF, 2 * np.array([[-1.0, 3.0, -1.0]])])
def test_advice_for_the_sum_of_a_psf_keeps_the_light(psf):
    as_psf = dl.as_psf
    better = eval(advice(lambda: dl.Blur(psf, Y.shape), r"(?:with|use) (as_psf\(psf\)|psf / psf.sum\(\))$"), locals())
    assert (dl.Blur(better, Y.shape) @ Y).mean() == pytest.approx(Y.mean())
    assert dl.tikhonov(Y, better, 0.1).mean() == pytest.approx(Y.mean())


def test_advice_for_a_psf_with_negative_entries_keeps_the_light():
    """Catches: psf.clip(0), whose sum is no longer 1."""
    psf, as_psf = SHARPENER.psf, dl.as_psf
    better = eval(advice(lambda: dl.richardson_lucy(SHARPENER, Y), r"with (as_psf.*)$"), locals())
    assert dl.run(dl.richardson_lucy(dl.Blur(better, Y.shape), Y), 2).x.sum() == pytest.approx(Y.sum())


class Photo(list):
    """Like a picture of Pillow: an array can be made of it, but it cannot be divided."""


@pytest.mark.parametrize("kind", [np.asarray, lambda a: Photo(a.tolist())])
@pytest.mark.parametrize(("dtype", "white"), [("uint8", 255), ("uint16", 4095), (">u2", 65535), ("int32", 4095)])
def test_advice_for_integers_gives_the_nominal_range(kind, dtype, white):
    """Catches: y / 255 for what cannot be divided; 65535 for 12 bits; .astype(float), which shows white."""
    y = kind(np.rint(white * Y).astype(dtype))
    own = eval(advice(lambda: dl.gcv(y, PSF), r"white level, ([^,]*)"))
    if dtype != "uint8" or isinstance(y, list):
        own = np.asarray(y) / white  # "white" is what the reader knows
        assert own.shape == Y.shape
    assert np.abs(own - Y).max() <= 0.51 / white


def test_advice_for_other_shapes_is_a_picture():
    for y in (COLOUR, np.stack([Y] * 20), np.stack([Y] * 20)[None]):
        while np.ndim(y) > 2:
            y = eval(advice(lambda y=y: dl.gcv(y, PSF), r"(y\[[^\]]*\])$"))
        np.testing.assert_array_equal(y, Y)


def test_advice_for_masked_entries():
    y = np.ma.array(Y, mask=Y > 0.9)
    filled = eval(advice(lambda: dl.total_variation(H, y, 0.1), r"fill them with (y.filled\(0\)), and pass Blur"))
    assert filled.max() <= 0.9 and np.isfinite(dl.tikhonov(filled, PSF, 0.1)).all()
    psf = np.ma.array(PSF, mask=PSF[0, 0] == PSF)
    assert dl.as_psf(eval(advice(lambda: dl.Blur(psf, Y.shape), r"with (psf.filled\(0\))$"))).sum() == pytest.approx(1)
    x = np.ma.array(Y, mask=Y > 0.9)
    assert eval(advice(lambda: dl.psnr(Y, x), r"with (x.filled.*)$")).mean() == pytest.approx(x.mean())


def test_advice_for_masked_data_keeps_them_out_of_the_picture():
    """Catches: a saturated star of 1e6, masked in vain, that leaks into the result."""
    y = np.ma.array(np.where(Y > 0.95, 1e6, Y), mask=Y > 0.95)
    words = advice(lambda: dl.total_variation(H, y, 0.01), r"pass (Blur\(psf, shape, mask=~y.mask\)) to a method")
    masked = eval(words, {"Blur": dl.Blur, "psf": PSF, "shape": Y.shape, "y": y})
    x = dl.run(dl.total_variation(masked, y.filled(0), 0.01), 50).x
    assert -2 < x.min() < x.max() < 3


def test_advice_for_a_path_leads_home(monkeypatch, tmp_path):
    """Catches: a folder that is called ~."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    dl.save_image(Y, "~/a.png")
    assert (tmp_path / "a.png").exists()


@pytest.mark.parametrize("value", [-1e-17, -1e-13])
def test_one_rounding_error_below_zero_is_zero(value):
    """Catches: 0.3 - 0.1 * 3 refused as negative; light that a Fourier transform made."""
    dark = np.where(Y < 0.1, value, Y)
    np.testing.assert_allclose(dl.tikhonov(Y, PSF, 0.1 + value), dl.tikhonov(Y, PSF, 0.1))
    assert dl.add_gaussian(Y, value, rng=0) == pytest.approx(Y)
    assert dl.run(dl.richardson_lucy(H, dark, x0=dark + 0.1), 2).x.min() >= 0
    assert np.isfinite(dl.run(dl.blind_richardson_lucy(dark, np.where(PSF < 0.01, value, PSF)), 2).x).all()
    assert dl.as_psf(np.where(PSF < 0.01, value, PSF)).min() == 0
    assert np.isfinite(dl.wiener(Y, PSF, np.where(np.eye(*OTF.shape) > 0, value, 0.1))).all()
    assert dl.radial_mean(np.where(np.eye(*OTF.shape) > 0, value, 0.1), Y.shape)[1].min() >= 0


def test_one_rounding_error_beside_a_whole_number_or_a_sum_of_one_is_none():
    np.testing.assert_array_equal(dl.quantize(Y, 0.1 * 30), dl.quantize(Y, 3))
    assert dl.psnr(Y, Y + 0.1, border=2.9999999999999996) == dl.psnr(Y, Y + 0.1, border=3)
    for psf in (PSF.astype(np.float32), PSF * (1 + 1e-15), np.round(PSF, 4)):
        assert dl.tikhonov(Y, psf, 0.1).mean() == pytest.approx(Y.mean(), rel=1e-3)
    flat = np.full((1, 3), 1 / 3) * (1 - 1e-15)
    assert dl.truncated_inverse(Y, flat, 1.0).mean() == pytest.approx(Y.mean())


@pytest.mark.parametrize("scale", [1e-200, 1e-20, 1e200])
def test_scores_know_no_smallest_number(scale):
    """Catches: the square of a small number, which is zero; of a large one, which is infinite."""
    truth, y, x = Y, Y + 0.1, Y + 0.01
    assert dl.psnr(scale * truth, scale * x, peak=scale) == pytest.approx(40)
    assert dl.isnr(scale * truth, scale * y, scale * x) == pytest.approx(20)
    assert dl.relative_error(scale * truth, scale * x) == pytest.approx(dl.relative_error(truth, x))
    assert dl.rms(scale * Y) == pytest.approx(scale * dl.rms(Y))
    assert dl.residual_whiteness(scale * Y) == pytest.approx(dl.residual_whiteness(Y))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weight", [1e38, 1e39, 1e300])
def test_a_huge_weight_leaves_the_mean_without_a_warning(dtype, weight):
    """Catches: infinity times zero at frequency 0, with the advice to take a *larger* weight."""
    y = Y.astype(dtype)
    np.testing.assert_allclose(dl.tikhonov(y, PSF, weight), y.mean(), rtol=1e-5)
    np.testing.assert_allclose(dl.wiener(y, PSF, weight), y.mean(), rtol=1e-5)


SOLVERS = {
    "gradient_descent": lambda y, x0: dl.gradient_descent(dl.least_squares(H, y, 0.1), x0),
    "nesterov": lambda y, x0: dl.nesterov(dl.least_squares(H, y, 0.1), x0),
    "conjugate_gradient": lambda y, x0: dl.conjugate_gradient(H, y, x0=x0),
    "richardson_lucy": lambda y, x0: dl.richardson_lucy(H, y, x0=x0),
    "total_variation": lambda y, x0: dl.total_variation(H, y, 0.1, x0=x0),
    "blind_richardson_lucy": lambda y, x0: dl.blind_richardson_lucy(y, PSF, x0=x0),
    "wide": lambda y, x0: dl.conjugate_gradient(WIDE, y, x0=np.pad(x0, ((1, 1), (2, 2)))),
}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("data", "start"), [(np.float32, np.float64), (np.float64, np.float32)])
def test_in_mixed_precision_the_data_decide(solver, data, start):
    """Catches: a first guess that decides how fast and how fine everything after it is."""
    for it in itertools.islice(SOLVERS[solver](Y.astype(data), Y.astype(start)), 3):
        assert it.x.dtype == data


@pytest.mark.parametrize("make", [dl.least_squares, dl.root_least_squares])
@pytest.mark.parametrize("blur", [H, WIDE])
@pytest.mark.parametrize(("data", "point"), [(np.float32, np.float64), (np.float64, np.float32)])
def test_an_objective_answers_in_the_precision_of_its_data(make, blur, data, point):
    objective = make(blur, Y.astype(data), 0.1)
    assert objective.gradient(np.ones(blur.shape_in, point)).dtype == data

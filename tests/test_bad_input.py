"""Bad input is refused before any work, in one sentence that names the argument, what it got and what it expects."""

import inspect

import numpy as np
import pytest
import scipy.fft
from helpers import ramp

import deconvlab as dl

Y = np.random.default_rng(0).random((12, 17))
PSF = ramp(3, 5)
OTF = dl.psf_to_otf(PSF, Y.shape)
H = dl.Blur(PSF, Y.shape)
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
    (BYTES.astype(np.uint16), TypeError, ["uint16", " / 65535"]),
    (BYTES.astype(int), TypeError, ["int64", "/ its white level"]),
    (Y > 0.5, TypeError, ["bool", ".astype(float)"]),
    (Y.astype(np.float16), TypeError, ["float16", ".astype(float)"]),
    (Y + 0j, TypeError, ["complex128", "float32 or float64"]),
    (None, TypeError, ["object", "float32 or float64"]),
    ("rocket", TypeError, ["float32 or float64"]),
    ([[1.0, 2.0], [3.0]], ValueError, ["rows of different lengths"]),
]
IMAGES = [
    (Y[0], ValueError, ["(17,)", GREY]),
    (COLOUR, ValueError, ["(12, 17, 3)", GREY, "one colour channel at a time"]),
    (np.zeros((0, 5)), ValueError, ["(0, 5)", GREY]),
    *VALUES,
]
SECOND_IMAGES = [*IMAGES, (Y[1:], ValueError, ["(11, 17)", "(12, 17)", "x_true"])]
KERNELS = [
    (EVEN, ValueError, ["(4, 5)", "odd", "as_psf"]),
    (PSF[0], ValueError, ["(5,)", "two odd sizes"]),
    (PSF * np.nan, ValueError, [FINITE]),
    (PSF * 0, ValueError, ["sum 0", "positive"]),
    (PSF - PSF.mean() - 1, ValueError, ["sum -15", "positive"]),
    (LARGE, ValueError, ["(3, 19)", "(12, 17)", "smaller PSF"]),
    (np.eye(3, dtype=int), TypeError, ["int64", "as_psf"]),
    (OTF, TypeError, ["complex128", "float32 or float64"]),
    ([[1, 2], [3]], ValueError, ["rows of different lengths"]),
]
NUMBERS = [
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
PENALTIES = [
    ("slope", ValueError, ["'slope'", "'gradient', 'identity'"]),
    (1.0, ValueError, ["1.0", "'gradient', 'identity'"]),
    (Y, ValueError, ["array", "'gradient', 'identity'"]),
]
NEGATIVE = [(Y - 0.5, ValueError, ["down to -0.", "none below 0: cut it off with", ".clip(0)"])]
FLAGS = [
    ("yes", ValueError, ["'yes'", "False, True"]),
    (None, ValueError, ["None", "False, True"]),
    (0.5, ValueError, ["0.5", "False, True"]),
]
OBSERVED = [*IMAGES, (Y[1:], ValueError, ["(11, 17)", "(12, 17)"])]
WHOLE = [(Y, ValueError, ["(12, 17)", "(14, 21)"])]
CROPPED = [(np.ones((14, 21)), ValueError, ["(14, 21)", "(12, 17)"])]


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
    ("blind_richardson_lucy", "y", lambda v: dl.blind_richardson_lucy(v, PSF), [
        *IMAGES, (Y - 0.5, ValueError, ["below 0"])
    ]),
    ("blind_richardson_lucy", "psf0", lambda v: dl.blind_richardson_lucy(Y, v), KERNELS),
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
    ("disk", "radius", dl.disk, ABOVE_ZERO),
    ("motion", "length", dl.motion, ABOVE_ZERO),
    ("motion", "angle", lambda v: dl.motion(5, v), NUMBERS[1:]),
    ("shake", "length", lambda v: dl.shake(v, rng=0), ABOVE_ZERO),
    ("shake", "rng", lambda v: dl.shake(5, rng=v), RNGS),
    ("as_psf", "array", dl.as_psf, [
        (np.ones(3), ValueError, ["(3,)", "two dimensions"]),
        (np.zeros((0, 3)), ValueError, ["(0, 3)", "two dimensions"]),
        (np.zeros((3, 3)), ValueError, ["0 to 0", "some positive"]),
        (PSF - 0.1, ValueError, ["-0.09", "none negative"]),
        (PSF * np.nan, ValueError, [FINITE]),
        (PSF + 0j, TypeError, ["complex128", "real numbers"]),
        ("psf", TypeError, ["real numbers"]),
        ([[1, 2], [3]], ValueError, ["rows of different lengths"]),
    ]),
    ("psf_to_otf", "psf", lambda v: dl.psf_to_otf(v, Y.shape), KERNELS),
    ("psf_to_otf", "shape", lambda v: dl.psf_to_otf(PSF, v), SIZES),
    ("Blur", "psf", lambda v: dl.Blur(v, Y.shape), KERNELS),
    ("Blur", "shape", lambda v: dl.Blur(PSF, v), SIZES),
    ("Blur", "boundary", lambda v: dl.Blur(PSF, Y.shape, v), [
        ("mirror", ValueError, ["'mirror'", "'periodic', 'zero', 'reflect', 'unknown'"]),
        (None, ValueError, ["None", "'periodic'"]),
        (Y, ValueError, ["array", "'periodic'"]),
    ]),
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
    ("save_image", "x", lambda v: dl.save_image(v, PNG), [
        (Y[0], ValueError, ["(17,)", "(rows, columns, 3)"]),
        (np.dstack([Y, Y]), ValueError, ["(12, 17, 2)", "(rows, columns, 3)"]),
        (np.zeros((0, 5)), ValueError, ["(0, 5)"]),
        *VALUES,
    ]),
    ("save_image", "path", lambda v: dl.save_image(Y, v), [
        ("a.jpg", ValueError, ["a.jpg", ".png, .tif or .tiff"]),
        ("no/such/folder/a.png", ValueError, ["no/such/folder/a.png", "make 'no/such/folder' first"]),
    ]),
    ("save_image", "bits", lambda v: dl.save_image(Y, PNG, bits=v), [(12, ValueError, ["12", "8 or 16"]), *BITS]),
    ("save_image", "bits", lambda v: dl.save_image(COLOUR, PNG, bits=v), [(16, ValueError, ["16", "8", "colour"])]),
    ("add_gaussian", "x", lambda v: dl.add_gaussian(v, 0.1, rng=0), IMAGES),
    ("add_gaussian", "sigma", lambda v: dl.add_gaussian(Y, v, rng=0), NUMBERS),
    ("add_gaussian", "rng", lambda v: dl.add_gaussian(Y, 0.1, rng=v), RNGS),
    ("add_poisson", "x", lambda v: dl.add_poisson(v, 10, rng=0), [*IMAGES, (Y - 1, ValueError, ["-0.9", "below 0"])]),
    ("add_poisson", "photons", lambda v: dl.add_poisson(Y, v, rng=0), ABOVE_ZERO),
    ("add_poisson", "rng", lambda v: dl.add_poisson(Y, 10, rng=v), RNGS),
    ("quantize", "x", dl.quantize, IMAGES),
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
        (SHARPENER, ValueError, ["down to -1", "none below 0: cut it off with psf.clip(0)"]),
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
    ("psnr", "peak", lambda v: dl.psnr(Y, Y, peak=v), ABOVE_ZERO),
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
    ("ssim", "peak", lambda v: dl.ssim(Y, Y, peak=v), ABOVE_ZERO),
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
ROWS = [
    pytest.param(argument, call, *row, id=f"{function}-{argument}-{row[2][0]}")
    for function, argument, call, rows in TABLE
    for row in rows
]


@pytest.fixture
def no_fft(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a Fourier transform ran before the input was refused")

    for name in (kind + dimension for kind in ("fft", "ifft", "rfft", "irfft") for dimension in ("", "2", "n")):
        monkeypatch.setattr(scipy.fft, name, refuse)


@pytest.mark.parametrize(("argument", "call", "value", "error", "words"), ROWS)
def test_refused_before_any_work(argument, call, value, error, words, no_fft, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, TypeError)) as caught:
        call(value)
    message = str(caught.value)
    assert type(caught.value) is error, message
    assert message.startswith(f"{argument}: got "), message
    assert all(word in message for word in [*words, "expected"]), message
    assert "\n" not in message and len(message) < 250, message
    assert not any(tmp_path.iterdir())


def test_every_public_function_that_takes_arguments_is_in_the_table():
    public = {name for name in dl.__all__ if inspect.signature(getattr(dl, name)).parameters}
    containers = {"BlindIterate", "History", "Iterate", "Objective", "Observation", "Selection"}
    assert public - containers == {function for function, *_ in TABLE}


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

"""deconvlab: learn image deblurring by moving sliders.

``import deconvlab as dl`` brings the mathematics and loads nothing but NumPy and SciPy;
``from deconvlab import figures, live`` brings the pictures and the sliders.
"""

from .criteria import isnr, psnr, relative_error
from .filters import (
    apply_gain,
    inverse_filter,
    inverse_gain,
    tikhonov,
    tikhonov_gain,
    truncated_gain,
    truncated_inverse,
    wiener,
    wiener_gain,
)
from .iterative import (
    History,
    Iterate,
    Objective,
    conjugate_gradient,
    gradient_descent,
    least_squares,
    minimize_root,
    root_least_squares,
    run,
)
from .operators import Blur, Gradient, dot_test, gradient_power, operator_norm
from .problem import Observation, add_gaussian, add_poisson, quantize, sample_image, save_image, simulate
from .psf import as_psf, delta, disk, gaussian, motion, psf_to_otf, shake

__version__ = "0.1.0"
__all__ = [
    "Blur",
    "Gradient",
    "History",
    "Iterate",
    "Objective",
    "Observation",
    "add_gaussian",
    "add_poisson",
    "apply_gain",
    "as_psf",
    "conjugate_gradient",
    "delta",
    "disk",
    "dot_test",
    "gaussian",
    "gradient_descent",
    "gradient_power",
    "inverse_filter",
    "inverse_gain",
    "isnr",
    "least_squares",
    "minimize_root",
    "motion",
    "operator_norm",
    "psf_to_otf",
    "psnr",
    "quantize",
    "relative_error",
    "root_least_squares",
    "run",
    "sample_image",
    "save_image",
    "shake",
    "simulate",
    "tikhonov",
    "tikhonov_gain",
    "truncated_gain",
    "truncated_inverse",
    "wiener",
    "wiener_gain",
]

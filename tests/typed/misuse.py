"""Each line marked here is a mistake that a type checker has to find. It is never run."""

# mypy: disallow-untyped-calls, disallow-untyped-defs

import numpy as np
from numpy.typing import NDArray

import deconvlab as dl
from deconvlab import figures, live


def main(y: NDArray[np.float64], stored: NDArray[np.uint8]) -> None:
    psf, otf = dl.disk(2), dl.psf_to_otf(dl.disk(2), y.shape)
    H = dl.Blur(psf, y.shape)
    dl.wiener(stored, psf, 0.01)  # wrong: levels for light
    dl.wiener(y, otf, 0.01)  # wrong: a transfer function for a PSF
    dl.inverse_gain(psf)  # wrong: a PSF for a transfer function
    dl.Blur(psf, y.shape, "mirror")  # wrong: no such boundary
    dl.tikhonov(y, psf, 0.1, "tv")  # wrong: no such penalty
    dl.tikhonov(y, psf, 0.1, boundary="zero")  # wrong: no division there
    dl.gaussian("2")  # wrong: words for a number
    dl.simulate(y, psf, sigma=0.1)  # wrong: noise that cannot be drawn again
    dl.conjugate_gradient(y, H)  # wrong: arguments the other way round
    dl.gradient_descent(H, y)  # wrong: an operator for an objective
    dl.run(dl.least_squares(H, y), 10)  # wrong: an objective for a solver
    dl.save_image(y, "y.png", bits=12)  # wrong: no such depth
    dl.plug_and_play(H, y, dl.gaussian, sigma=0.1)  # wrong: no denoiser
    H.crop(dl.saturated(y))  # wrong: a mask for a picture
    sorted(dl.psnr(y, y))  # wrong: a number is no sequence
    figures.show_images([y])  # wrong: pictures without titles
    live.lab(sigma=1.0)  # wrong: a number for a control

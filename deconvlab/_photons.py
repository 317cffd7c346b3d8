"""Deblurring where light is counted: photons are never negative, and their noise grows with their number."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from . import _check
from ._algebra import dot, norm, observed, started
from ._run import Iterate
from ._types import Image, Number
from .operators import Blur

OFFSET = "pass y - y.min() and background=-y.min(), so that noise may stay below 0"
LIFT = "leave it out, or lift it with x0 - 1.01 * x0.min()"  # what starts at 0 stays there


def richardson_lucy(
    H: Blur,
    y: Image,
    *,
    x0: Image | None = None,
    background: Number = 0.0,
    accelerate: bool = False,
    frame_correction: bool = True,
) -> Iterator[Iterate]:
    """Richardson-Lucy: the likeliest picture for counted photons, approached by multiplications.

    Parameters
    ----------
    H : Blur
        Forward model; PSF without negative entries.
    y : (M, N) float array
        Observed picture, none of it negative.
    x0 : (M, N) float array, optional
        Initial guess, none of it negative; a pixel that starts at 0 stays 0. By default the constant that explains the
        light in y.
    background : float >= 0, optional
        Light that reaches the sensor without the blur, for every pixel, in units of y.
    accelerate : bool, optional
        Take the best step along conjugate directions instead of the plain one. Needs about a quarter of the steps.
    frame_correction : bool, optional
        Divide by H.T 1, the share of each pixel's light that was seen. Without it pixels near the frame come out dark.

    Yields
    ------
    iterate : Iterate
        Objective: sum(m - y + y log(y / m)) with the model m = H x + background, the Poisson likelihood of y up to sign
        and a constant, 0 where m = y. With the frame correction it does not rise.

    Raises
    ------
    ValueError
        If y or x0 has a wrong shape or negative values, the PSF has negative entries, or the background is negative.

    Notes
    -----
    x <- x / (H.T 1) * H.T (y / (H x + background)): a step along the gradient, as long as x / (H.T 1), which keeps the
    picture non-negative; without background its blur keeps the light of y. The accelerated form takes the same steps
    for directions, makes them conjugate and searches along each [3]_. Pixels that H.T 1 hardly sees (less than a
    thousandth) keep their value. It assumes Poisson noise; with much Gaussian noise y has to be made non-negative
    first. The step count regularizes: noise comes back with too many.

    References
    ----------
    .. [1] W. H. Richardson, Bayesian-based iterative method of image restoration, Journal of the Optical Society of
       America 62, 55-59, 1972, doi:10.1364/JOSA.62.000055.
    .. [2] L. B. Lucy, An iterative technique for the rectification of observed distributions, The Astronomical Journal
       79, 745-754, 1974, doi:10.1086/111605.
    .. [3] L. Kaufman, Implementing and accelerating the EM algorithm for positron emission tomography, IEEE
       Transactions on Medical Imaging 6, 37-51, 1987.
    """
    y, background = _check.light("y", observed(H, y), OFFSET), _check.number("background", background)
    _check.light("psf", H.psf, "make a PSF of it with as_psf(psf.clip(0))")
    for name, flag in (("accelerate", accelerate), ("frame_correction", frame_correction)):
        _check.choice(name, flag, (False, True))
    x0 = None if x0 is None else _check.light("x0", started(x0, H.shape_in, y.dtype), LIFT)
    seen = H.T @ np.ones(H.shape_out, y.dtype) if frame_correction else np.full(H.shape_in, H.psf.sum(), y.dtype)
    if x0 is None:
        light = y.sum(dtype=np.float64)
        trusted = y.size if H.mask is None else np.count_nonzero(H.mask)
        level = max(light - background * trusted, 0.01 * light) / seen.sum(dtype=np.float64)
        x0 = np.full(H.shape_in, level, y.dtype)
    return (_accelerated if accelerate else _plain)(Photons(H, y, background, seen), x0)


class Photons:
    """What plain and accelerated steps share: the Poisson likelihood of y, and the step that never makes it worse."""

    def __init__(self, H, y, background, seen):
        self.y = y
        self.look(H, seen)
        self.background = background if H.mask is None or not background else y.dtype.type(background) * H.mask
        kind = np.finfo(y.dtype)
        self.scratch = np.where(y > 0, y, 1)
        self.least = y.sum(dtype=np.float64) - dot(y, np.log(self.scratch, out=self.scratch))
        self.floor = kind.eps * float(y.max()) or kind.tiny  # below it all is round-off of the transforms

    def look(self, H, seen):
        """Through this blur, which shows `seen` of the light of each pixel."""
        self.H, self.seen = H, seen
        self.hidden = np.flatnonzero(seen <= 1e-3 * seen.max())
        self.share = seen
        if self.hidden.size:
            self.share = seen.copy()
            self.share.flat[self.hidden] = 1
        self.even = bool(max(seen.max() - 1, 1 - seen.min()) <= 16 * np.finfo(self.y.dtype).eps)

    def model(self, x):
        model = self.H @ x
        if np.any(self.background):
            model += self.background
        return np.maximum(model, self.floor, out=model)

    def iterate(self, k, x, model):
        light = dot(model, np.ones(model.shape[1], model.dtype))
        deviance = light - dot(self.y, np.log(model, out=self.scratch)) - self.least
        return Iterate(k, x, float(deviance), norm(np.subtract(model, self.y, out=self.scratch)))

    def factor(self, model):
        """What Richardson-Lucy multiplies x by."""
        factor = self.H.T @ np.divide(self.y, model, out=self.scratch)
        if not self.even:
            factor /= self.share
            factor.flat[self.hidden] = 1
        return np.maximum(factor, 0, out=factor)

    def best_step(self, model, blurred, x_slope, longest):
        """Where the likelihood along a direction is best, by Newton's method; `blurred` is H times the direction."""
        step = 1.0
        for _ in range(4):
            ratio = model + step * blurred
            np.divide(blurred, np.maximum(ratio, self.floor, out=ratio), out=ratio)
            slope, bend = x_slope - dot(self.y, ratio), dot(self.y * ratio, ratio)
            step = min(max(step - slope / bend, 0.0), longest) if bend else longest
        return step


def _plain(photons, x):
    for k in itertools.count():
        model = photons.model(x)
        yield photons.iterate(k, x, model)
        factor = photons.factor(model)
        factor *= x
        x = factor


def _accelerated(photons, x):
    model, longest = photons.model(x), 1.0
    direction, before, slant_before = 0.0, 0.0, np.inf
    for k in itertools.count():
        yield photons.iterate(k, x, model)
        pull = photons.factor(model) - 1  # minus the gradient, in units of what is seen
        downhill, gradient = x * pull, -photons.share * pull
        slant = -dot(gradient, downhill)
        if slant <= 0:
            return
        turn = max(-dot(gradient - before, downhill) / slant_before, 0.0)
        direction = downhill + turn * direction
        if dot(gradient, direction) >= 0:
            direction = downhill
        direction = np.maximum(direction, -0.99 / longest * x)  # so that x stays positive up to the longest step
        before, slant_before = gradient, slant
        blurred = photons.H @ direction
        step = photons.best_step(model, blurred, dot(photons.seen, direction), longest)
        x = np.maximum(x + step * direction, 0)  # the rounding of the smallest numbers is not as careful
        model = np.maximum(model + step * blurred, photons.floor)
        longest = max(2.0, 1.5 * step)

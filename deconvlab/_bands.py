"""The frequencies of a picture in bands: what every rule for the weight sums over."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
import scipy  # which loads its parts when they are asked for: optimize takes its time
from scipy import fft

from . import _check, _spectrum
from ._types import Power
from .operators import gradient_power
from .psf import psf_to_otf

BANDS = 4096
TORN = (
    'y does not wrap around, as no photograph does, and a periodic rule fails: take boundary="reflect", or '
    "edge_taper(y, psf) for y"
)


@dataclass(frozen=True, eq=False)
class Selection:
    """What a rule chose, and why.

    Attributes
    ----------
    weight : float
        The chosen weight, for `tikhonov`; nan when the rule found none, or y visibly does not wrap around.
    weights : (61,) float array
        Where the score was computed: five weights in a decade, from 1e-8 to 1e4 times max |H|**2 / max |D|**2.
    scores : (61,) float array
        The rule's own score of each of them.
    note : str
        What the rule needs, and what happened if it found none.
    """

    weight: float
    weights: Power = field(repr=False)
    scores: Power = field(repr=False)
    note: str


class Bands:
    """The frequencies of a picture, gathered into bands: a weight takes the same share from all with the same ratio.

    A sum over frequencies of anything that depends smoothly on log(ratio) is the sum over bands to 1e-8 of itself.
    """

    def __init__(self, y, psf, penalty, boundary):
        _check.choice("penalty", penalty, ("gradient", "identity"))
        _check.varied("y", y)
        self.otf = psf_to_otf(psf, y.shape, boundary).astype(np.result_type(y, 1j), copy=False)
        self.transform = functools.partial(fft.rfft2 if boundary == "periodic" else fft.dctn, norm="ortho")
        self.Y, self.pixels = self.transform(y), y.size
        self.counts, self.torn = 1.0, False
        if boundary == "periodic":
            self.counts = _spectrum.counts(y.shape[1])
            self.torn = _is_torn(fft.irfft2(self.Y * (0.1 / (0.1 + _spectrum.power(self.otf))), s=y.shape))
        self.sees_mean = penalty == "identity"  # no weight on the gradient takes anything from the mean
        self.slope = np.ones(self.otf.shape) if self.sees_mean else gradient_power(y.shape, boundary)
        power = _spectrum.power(self.otf, np.float64)
        self.weights = np.geomspace(1e-8, 1e4, 61) * power.max() / self.slope.max()
        if not self.sees_mean:
            self.slope[0, 0] = 1  # so that nothing is divided by zero; `gather` leaves the mean out
        ratio = (power / self.slope).ravel()
        low, high = np.log(self.weights[0]) - 20, np.log(ratio.max())
        step = (high - low) / (BANDS - 1)
        self.seen = power > np.exp(low) * self.slope  # the others are lost at any weight
        place = (np.log(ratio.clip(np.exp(low))) - low) / step
        self.band = place.astype(np.intp)
        self.beyond = place - self.band
        self.ratio = np.exp(low + step * np.arange(-1, BANDS + 2))

    def power(self):
        return _spectrum.power(self.Y, np.float64)

    def gather(self, values):
        """Sum the values of all frequencies in each band: each goes to four neighbours, as in cubic interpolation."""
        values = values * self.counts
        values[0, 0] *= self.sees_mean
        values, t = values.ravel(), self.beyond
        bands = np.zeros(self.ratio.size)
        bands[:-3] += np.bincount(self.band, t * (1 - t) * (t - 2) / 6 * values, BANDS)
        bands[1:-2] += np.bincount(self.band, (t + 1) * (1 - t) * (2 - t) / 2 * values, BANDS)
        bands[2:-1] += np.bincount(self.band, (t + 1) * t * (2 - t) / 2 * values, BANDS)
        bands[3:] += np.bincount(self.band, (t + 1) * t * (t - 1) / 6 * values, BANDS)
        return bands

    def lost(self, weight):
        """The share that the filter takes from each band."""
        return weight / (weight + self.ratio)

    def scores(self, score):
        return np.array([score(weight) for weight in self.weights])

    def refine(self, score, i):
        """The weight with the lowest score between the neighbours of the i-th."""
        bounds = np.log(self.weights[[i - 1, i + 1]])
        search = {"bounds": bounds, "method": "bounded", "options": {"xatol": 1e-6}}
        return np.exp(scipy.optimize.minimize_scalar(lambda log_weight: score(np.exp(log_weight)), **search).x)

    def lowest(self, score, needs):
        scores = self.scores(score)
        i = scores.argmin()
        if np.ptp(scores) <= 1e-6 * np.abs(scores).max():
            return self.select(np.nan, scores, f"{needs}; every weight scores the same: there is nothing to choose")
        if i in (0, scores.size - 1):
            problem = "is there no noise, or are sigma, PSF or boundary wrong?" if i == 0 else "is there only noise?"
            return self.select(np.nan, scores, f"{needs}; the best weight is at the end of the range: {problem}")
        return self.select(self.refine(score, i), scores, needs)

    def select(self, weight, scores, note):
        if self.torn:
            weight, note = np.nan, f"{note}; {TORN}"
        return Selection(float(weight), self.weights, scores, note)


def _is_torn(lost):
    """Is there more along the frame than along any line inside, in what the blur should have taken from a picture?

    Where a picture wraps around, next to nothing but noise is left there, and noise is the same everywhere. On 432
    periodic pictures of 12 photographs this was never true; on others it found 92 % of those whose weight loses 6 dB.
    """
    lost = np.square(lost)
    for line in (lost.mean(axis=1), lost.mean(axis=0)):
        rim = max(2, line.size // 16)
        inside = line[rim:-rim]
        if inside.size and line[0] + line[-1] > 4 * inside.max():
            return True
    return False

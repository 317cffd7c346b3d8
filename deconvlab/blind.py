"""When the PSF is unknown: read it off the picture, off an edge, or guess it along with the picture.

Each of these is a guess with conditions. Where they do not hold, a wrong PSF restores what was never there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import scipy  # which loads its parts when they are asked for: optimize and signal take their time
from scipy import fft, ndimage

from . import _check
from ._algebra import norm, started
from ._photons import LIFT, Photons
from ._run import BlindIterate
from ._shaken import doubts, estimate_psf
from ._spectrum import irfft2
from ._types import PSF, Image, Mask
from .operators import Blur
from .psf import disk, gaussian

__all__ = ["BlindIterate", "blind_richardson_lucy", "doubts", "estimate_psf", "motion_from_cepstrum", "psf_from_edge"]

SIZE = 512  # of a block, at most: what is larger is averaged over several
SECOND = 1.75  # how many stripes have to rise above the noise: with one alone, a picture's own slope shifts it
AGREE = 1.0, np.deg2rad(2)  # how far the motions of a picture and of its halves may lie apart


def motion_from_cepstrum(y: Image) -> tuple[float, float]:
    """Length and angle of a straight, steady motion blur, from the blurred picture alone.

    Parameters
    ----------
    y : (M, N) float array
        Blurred picture. The larger it is against the blur, and the less noisy, the surer the answer.

    Returns
    -------
    length, angle : floats
        For `motion`: in pixels, and in degrees from -90 up to 90. Both are nan where it cannot tell.

    Raises
    ------
    ValueError
        If y is the same everywhere.

    Notes
    -----
    A line PSF multiplies the spectrum by a sinc, dark stripes at equal distances across the motion. The cepstrum, the
    inverse transform of the logarithm of the power spectrum, shows stripes as one dip, one length away from the centre
    along the motion [1]_. The spectrum is averaged over windowed blocks, its slow trend and what is only noise are
    taken out, and around the dip length and angle are refined: the power at each frequency, divided by what the model
    expects, should look like noise (Whittle's likelihood). There is an answer when two stripes to each side rise above
    the noise and explain the spectrum better than none, in the picture and in at least one of its four halves, and all
    that see them agree. Short lengths, or more than a third of the picture's shorter side, curved or jerky paths, and a
    pattern of stripes in the scene itself defeat it.

    References
    ----------
    .. [1] M. Cannon, Blind deconvolution of spatially invariant image blurs with phase, IEEE Transactions on Acoustics,
       Speech, and Signal Processing 24, 58-63, 1976.
    """
    y = _check.image("y", y).astype(np.float64)
    _check.varied("y", y)
    power, smooth, noise = _block_power(y)
    cepstrum, lag = _cepstrum(power, smooth, noise), fft.fftfreq(len(power), 1 / len(power))
    distance = np.hypot(lag[:, None], lag)
    inside = (distance >= 4) & (distance <= min(y.shape) / 3)
    if not inside.any():
        return np.nan, np.nan
    row, column = np.unravel_index(np.where(inside, cepstrum, np.inf).argmin(), cepstrum.shape)
    angle = np.arctan2(-lag[row], lag[column])
    length, angle, gain = _fit_stripes(power, noise, distance[row, column], angle)
    if gain <= 0:
        return np.nan, np.nan
    halves = [half for axis in (0, 1) for half in np.array_split(y, 2, axis)]
    fits = [_fit_stripes(power, noise, length, angle) for power, _, noise in map(_block_power, halves)]
    seen = [fit[:2] for fit in fits if fit[2] > 0]
    if not seen or (np.ptp([(length, angle), *seen], axis=0) > AGREE).any():
        return np.nan, np.nan
    return float(length), float((np.rad2deg(angle) + 90) % 180 - 90)


def _block_power(y):
    """Power spectrum, averaged over half-overlapping windowed blocks; the same smoothed; and the level of its noise."""
    sizes = [min(SIZE, n) for n in y.shape]
    starts = [
        np.linspace(0, n - k, 1 + int(np.ceil(2 * (n - k) / k))).round().astype(int)
        for n, k in zip(y.shape, sizes, strict=True)
    ]
    window = np.outer(*(np.sin(np.pi * (np.arange(k) + 0.5) / k) ** 2 for k in sizes))
    window /= window.sum()
    side, power = fft.next_fast_len(max(sizes), real=True), 0
    for row, column in itertools.product(*starts):
        block = y[row : row + sizes[0], column : column + sizes[1]]
        block = window * (block - (window * block).sum())
        power = power + np.abs(fft.rfft2(block, s=(side, side))) ** 2
    smooth = _smooth(power, 0.012)
    return power, smooth, max(np.quantile(smooth, 0.05), 1e-12 * power.max())


def _smooth(power, width):
    """A half spectrum blurred by a Gaussian of so many cycles per pixel."""
    side = len(power)
    fade = np.exp(-2 * (np.pi * width * fft.fftfreq(side, 1 / side)) ** 2)
    return fft.rfft2(fft.irfft2(power, s=(side, side)) * fade[:, None] * fade).real


def _cepstrum(power, smooth, noise):
    """Inverse transform of the log spectrum, without its slow trend and without what is only noise."""
    visible = (1 - 2 * noise / smooth.clip(noise)).clip(0)
    log = np.log(power / noise + 1e-3)
    trend = _smooth(visible * log, 0.023) / (_smooth(visible, 0.023) + 1e-3)
    return fft.irfft2(visible * (log - trend), s=(len(power), len(power)))


def _fit_stripes(power, noise, length, angle):
    """Length and angle (in radians) of the likeliest stripes near a guess, and how much likelier than none they are.

    Where noise hides the second stripe they count for nothing: -inf. What changes over more than a third of the
    distance between two stripes is taken for the picture.
    """
    row, column = fft.fftfreq(len(power))[:, None], fft.rfftfreq(len(power))
    rise, width = row**2 + column**2, 0.35 / length  # times the rise, a picture's spectrum is nearly level
    floor = noise * rise
    fog = _smooth(floor, width)
    light = _smooth(rise * power, width) - fog
    seen = light > 0.2 * fog
    if not seen.any():
        return length, angle, -np.inf
    row, column = (np.broadcast_to(f, seen.shape)[seen] for f in (row, column))
    light, floor, data = light[seen], floor[seen], (rise * power)[seen]
    along = np.linspace(-0.75, 0.75, 1501)

    def minus_log_likelihood(model):
        return float((np.log(model) + data / model).sum())

    def misfit(guess):
        if abs(guess[0] - length) > 3.5:
            return np.inf
        stripes = np.sinc(guess[0] * along) ** 2
        stripes /= ndimage.gaussian_filter1d(stripes, 1000 * width, mode="nearest", truncate=3)
        stripes = (stripes + 0.1) / 1.1
        place = column * np.cos(guess[1]) - row * np.sin(guess[1])
        return minus_log_likelihood(light * np.interp(place, along, stripes) + floor)

    turn = min(0.14, 1.5 / length)
    guesses = itertools.product(length + np.arange(-2, 2.1), angle + turn * np.linspace(-1, 1, 5))
    best = min(guesses, key=misfit)
    simplex = [best, (best[0] + 0.3, best[1]), (best[0], best[1] + turn / 6)]
    search = {"initial_simplex": simplex, "xatol": 0.01, "fatol": 1, "maxfev": 80}
    found = scipy.optimize.minimize(misfit, best, method="Nelder-Mead", options=search)
    far = np.quantile(np.abs(column * np.cos(found.x[1]) - row * np.sin(found.x[1])), 0.95)
    gain = minus_log_likelihood(light + floor) - found.fun
    return *found.x, gain if far * found.x[0] > SECOND else -np.inf


def psf_from_edge(image: Image, box: tuple[int, int, int, int]) -> PSF:
    """PSF from a straight edge between a dark and a bright side, as a Gaussian or a disk, whichever fits better.

    Parameters
    ----------
    image : (M, N) float array
        Blurred photograph, in linear light.
    box : (row0, row1, column0, column1) ints
        The part that holds one edge and little else: rows row0 to row1 - 1, columns column0 to column1 - 1, at least
        12 pixels each way.

    Returns
    -------
    psf : (K, K) float64 array
        From `gaussian` or `disk`.

    Raises
    ------
    ValueError
        If the box does not lie in the image or is too small, or no blurred step explains what is in it.

    Notes
    -----
    The model is a step along a straight line, its pixels lit by their share of each side, blurred alike in all
    directions. Angle, place, both levels and the width of the PSF are fitted by least squares; an edge at a slant
    crosses the pixels at all fractions, and that makes the fit fine [1]_. Motion is not alike in all directions: an
    edge along it looks sharp. A gamma curve makes the bright side look wider.

    References
    ----------
    .. [1] ISO 12233:2017, Photography: Electronic still picture imaging: Resolution and spatial frequency responses.
    """
    image = _check.image("image", image)
    limits = _check.reals("box", box)
    if limits.shape != (4,) or limits.dtype.kind not in "iu":
        raise ValueError(f"box: got {box!r}, expected four ints (row0, row1, column0, column1)")
    row0, row1, column0, column1 = limits.tolist()
    inside = min(row0, column0) >= 0 and row1 <= image.shape[0] and column1 <= image.shape[1]
    if not inside or min(row1 - row0, column1 - column0) < 12:
        expected = f"(row0, row1, column0, column1), at least 12 pixels each way inside {image.shape}"
        raise ValueError(f"box: got {tuple(limits.tolist())}, expected {expected}")
    patch = image[row0:row1, column0:column1].astype(np.float64)
    fits = [_fit_edge(patch, make) for make in (gaussian, disk)]
    misfit, contrast, width, make = min(fits, key=lambda fit: fit[0])
    if not 4 * misfit < contrast or width > min(patch.shape) / 3:
        found = f"a step of {contrast:.2g} with {misfit:.2g} rms left over"
        raise ValueError(f"box: got {found}, expected one clear, straight edge: choose another part, or a larger one")
    return make(width)


def _fit_edge(patch, make):
    """Misfit (rms), height of the step, width of the PSF and its maker, for the step that fits best."""
    down, right = (np.gradient(patch, axis=axis).mean() for axis in (0, 1))
    reach = np.hypot(*patch.shape) / 2

    def step_and_misfit(guess):
        edge = _blurred_edge(patch.shape, guess[0], guess[1], make(np.exp(guess[2]))).ravel()
        columns = np.stack([np.ones_like(edge), edge], axis=1)
        levels = np.linalg.lstsq(columns, patch.ravel())[0]
        return abs(levels[1]) * np.ptp(edge), columns @ levels - patch.ravel()  # what of the step lies in the patch

    angle, offsets = np.arctan2(-down, right), np.linspace(-reach, reach, 2 * int(reach) + 1)
    starts = [(angle, offset, np.log(1.5)) for offset in offsets]
    start = min(starts, key=lambda guess: norm(step_and_misfit(guess)[1]))
    widest = np.log(min(patch.shape) / 2)
    fit = scipy.optimize.least_squares(
        lambda guess: step_and_misfit(guess)[1], start, diff_step=1e-4, x_scale=(0.01, 0.3, 0.1), gtol=None,
        bounds=([-np.inf, -np.inf, np.log(0.3)], [np.inf, np.inf, widest]),
    )  # fmt: skip
    step, residual = step_and_misfit(fit.x)
    return norm(residual) / patch.size**0.5, step, float(np.exp(fit.x[2])), make


def _blurred_edge(shape, angle, offset, psf):
    """A step from 0 to 1 across a line whose normal has this angle, at this offset from the centre, blurred."""
    row, column = (np.arange(n + k - 1) - (n + k - 2) / 2 for n, k in zip(shape, psf.shape, strict=True))
    distance = column * np.cos(angle) - row[:, None] * np.sin(angle) - offset
    wide, narrow = (max(abs(side), 1e-5) / 2 for side in (np.cos(angle), np.sin(angle)))
    corners = ((1, wide + narrow), (-1, wide - narrow), (-1, narrow - wide), (1, -wide - narrow))
    share = sum(sign * np.maximum(distance + corner, 0) ** 2 for sign, corner in corners) / (8 * wide * narrow)
    return scipy.signal.fftconvolve(share, psf, mode="valid")


def blind_richardson_lucy(
    y: Image, psf0: PSF, *, x0: Image | None = None, mask: Mask | None = None
) -> Iterator[BlindIterate]:
    """Blind Richardson-Lucy: improve the picture and the PSF in turns.

    Parameters
    ----------
    y : (M, N) float array
        Observed picture, none of it negative.
    psf0 : (K, L) float array
        First guess of the PSF, of any sum. Its size is the largest that is allowed, and where it is 0 it stays 0.
    x0 : (M, N) float array, optional
        First guess of the picture, none of it negative; by default a constant.
    mask : (M, N) bool array, optional
        True where a pixel of y is trusted, as for `Blur`.

    Yields
    ------
    iterate : BlindIterate
        With the PSF. Objective: sum(m - y + y log(y / m)) with m = psf * x, as in `richardson_lucy`; it never rises.

    Raises
    ------
    ValueError
        If y, psf0, x0 or the mask has a wrong shape, one has negative values, or x0, blurred by psf0, is dark where y
        is not.

    Notes
    -----
    One multiplicative step for x with the PSF held, then one for the PSF with x held [1]_; the blur is periodic, the
    light of y and the sum 1 of the PSF are kept. With a mask each step divides by what was seen, and what the PSF's sum
    gains or loses goes into the picture. The likelihood alone cannot tell picture from PSF: "no blur" explains
    y perfectly, and a start at `delta` stays there. What comes out depends on the start and on the number of steps
    more than on the data [2]_.

    References
    ----------
    .. [1] D. A. Fish, A. M. Brinicombe, E. R. Pike, J. G. Walker, Blind deconvolution by means of the Richardson-Lucy
       algorithm, Journal of the Optical Society of America A 12, 58-65, 1995, doi:10.1364/JOSAA.12.000058.
    .. [2] A. Levin, Y. Weiss, F. Durand, W. T. Freeman, Understanding and evaluating blind deconvolution algorithms,
       IEEE CVPR 2009, 1964-1971, doi:10.1109/CVPR.2009.5206815.
    """
    lift = "pass y - y.min(), and add y.min() to the picture"
    if mask is not None:
        mask = _check.mask("mask", mask, np.shape(y))
    y = _check.light("y", _check.trusted("y", y, mask), lift)
    psf0 = _check.kernel(psf0, y.shape, "psf0").astype(np.float64)
    psf0 = _check.light("psf0", psf0, "make a PSF of it with as_psf(psf0.clip(0))")
    if x0 is None:
        level = y.mean() if mask is None else y[mask].mean()
        return _blind_richardson_lucy(y, psf0 / psf0.sum(), np.full_like(y, level), mask)
    x0 = _check.light("x0", started(x0, y.shape, y.dtype), LIFT)
    holes = np.sign(psf0)
    sources = holes.sum() * (Blur(holes / holes.sum(), y.shape) @ np.sign(x0))  # how many each pixel of y has
    dark = np.count_nonzero((sources < 0.5) & (y > 0))
    if dark:
        raise ValueError(f"x0: got no light, blurred by psf0, at {dark} pixels where y has some, expected some there")
    return _blind_richardson_lucy(y, psf0 / psf0.sum(), x0.copy(), mask)


def _blind_richardson_lucy(y, psf, x, mask):
    row, column = ((np.arange(k) - k // 2) % n for k, n in zip(psf.shape, y.shape, strict=True))
    ones = np.ones_like(y)

    def through(psf):
        H = Blur(psf, y.shape, mask=mask)
        return H, ones if mask is None else H.T @ ones

    def gathered(x, r):  # for each entry of the PSF, what it would carry from x to r
        return np.maximum(irfft2(fft.rfft2(x).conj() * fft.rfft2(r), y.shape)[np.ix_(row, column)], 0)

    H, seen = through(psf)
    photons = Photons(H, y, 0.0, seen)
    for k in itertools.count():
        model = photons.model(x)
        yield BlindIterate(*photons.iterate(k, x, model), psf)
        x = x * photons.factor(model)
        pull = psf * gathered(x, y / photons.model(x))
        if mask is not None and pull.any():
            light = gathered(x, mask.astype(y.dtype))
            pull = np.where(light > 1e-3 * light.max(), pull / np.maximum(light, 1e-3 * light.max()), 0)
            x = x * pull.sum()
        if pull.any():
            psf = pull / pull.sum()
            photons.look(*through(psf))

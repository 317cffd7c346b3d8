"""How well a PSF explains the spectrum of a blurred picture, whatever the sharp one is."""

import numpy as np
from scipy import fft

from ._spectrum import counts, irfft2, power
from .operators import gradient_power
from .psf import psf_to_otf

REACH = 3  # slopes of a sharp picture have to do with each other over the PSF's side divided by this
FADE = 2  # width, over the PSF's side, in which the slopes fade out; a narrow one blurs the bands
ROUNDS = 4  # of the sharp picture's power, and of the weight that each wave has in it
QUIET = 1e-3  # of the data's power: less noise is not believed, as a drawing has none, but its frame leaks a little


def surprises(slopes, psfs, variance):
    """Minus the log likelihood of some PSFs, per wave and up to a constant: the likelier a PSF, the less.

    Parameters
    ----------
    slopes : (2, M, N) float array
        Of the blurred picture, in both directions.
    psfs : sequence of (K, K) float arrays
        The PSFs in question, all of one size.
    variance : float
        Of the noise in a pixel. More than it has makes the answer depend less on the weak waves.

    Returns
    -------
    surprises : (len(psfs),) float64 array
        To compare PSFs of one size on one picture.

    Notes
    -----
    The slopes of a sharp picture have about the same power at neighbouring frequencies; a blur takes power away in
    narrow bands. So each wave of the data has an amplitude that is normal, and the variance ``abs(H)**2 * S + noise``
    (this likelihood is Whittle's [1]_), where S is the smooth power that suits the data best: in each round the
    weighted mean over neighbouring waves of what the noise and the PSF leave of the data's power, each with the weight
    that its spread deserves. As the picture ends, each wave leaks into its neighbours and fills dark bands a little:
    the fading tells how much. It is wrong for a scene with fringes of its own, such as a fence, and for one of a single
    direction, such as planks: they look blurred along it. Phases do not enter, so a PSF turned by half is as likely:
    that is for the sketches to tell, which look at edges. A long edge counts for more in them than in this [2]_. Near
    the frame, where the slopes are faded out, less is learnt.

    References
    ----------
    .. [1] P. Whittle, Estimation and information in stationary time series, Arkiv for Matematik 2, 423-434, 1953,
       doi:10.1007/BF02590998.
    .. [2] A. Goldstein, R. Fattal, Blur-kernel estimation from spectral irregularities, ECCV 2012, 622-635,
       doi:10.1007/978-3-642-33715-4_45.
    """
    side = len(psfs[0])
    faded, [fade] = windowed(slopes, side, FADE), windowed(np.ones_like(slopes[:1]), side, FADE)
    shape, size = fade.shape, np.sum(fade**2)
    data, leak = power(fft.rfft2(faded)).sum(axis=0) / size, irfft2(power(fft.rfft2(fade)), shape) / size
    unit = _mean(data, shape)
    data, noise = data / unit, max(variance / unit, QUIET) * gradient_power(shape)
    lags = (fft.fftfreq(n, 1 / n) ** 2 for n in shape)
    near = np.exp(-np.add.outer(*lags) / 2 * (REACH / side) ** 2)
    return np.array([_surprise(data, power(psf_to_otf(psf, shape)), noise, near, leak) for psf in psfs])


def _surprise(data, seen, noise, near, leak):
    def over(lags, spectrum):
        """The mean over neighbouring waves that these weights of the lags stand for."""
        return fft.rfft2(lags * irfft2(spectrum, lags.shape)).real

    sharp = np.ones_like(data)
    for _ in range(ROUNDS):
        weight = seen / (over(leak, seen * sharp) + noise) ** 2
        sharp = (over(near, weight * (data - noise)) / over(near, weight * seen)).clip(QUIET)
    expected = over(leak, seen * sharp) + noise
    return _mean(np.log(expected) + data / expected, near.shape)


def _mean(values, shape):
    """Over the waves of the whole spectrum, of which the half is given."""
    return values.mean(axis=0) @ counts(shape[1]) / shape[1]


def windowed(slopes, side, width):
    """Slopes that fade out towards the frame, where a PSF of this side brings in what the camera did not see.

    Over `width` times the side, at most to the middle. With darkness around them as wide as the PSF: a blur may take
    them for periodic.
    """
    depths = (np.minimum(np.arange(n), np.arange(n)[::-1]) + 0.5 for n in slopes.shape[1:])
    ramps = (d / min(width * side, d.max()) for d in depths)
    fade = np.outer(*(0.5 - 0.5 * np.cos(np.pi * ramp.clip(0, 1)) for ramp in ramps))
    dark = [(0, fft.next_fast_len(n + side, real=True) - n) for n in fade.shape]
    return np.pad(slopes * fade, [(0, 0), *dark])

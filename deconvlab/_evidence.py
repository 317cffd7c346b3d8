"""How well a PSF explains a blurred picture, whatever the sharp one is."""

import numpy as np
from scipy import fft

from ._algebra import dot
from ._spectrum import irfft2, power
from .psf import psf_to_otf

INFLATED = 3  # what the noise's variance is taken for, over what it is: sizes and PSFs are a little wrong, too
ROUNDS, STEPS = 12, 3  # of the variances, and of conjugate gradients in each
QUIET = 1e-6  # of the slopes' mean square: less noise than that is not believed, as a drawing has none
SOLVED = 1e-12  # of the residual's square
HOT, COLD = 10, 5  # times the noise at first; rounds with the noise itself


def surprise(slopes, psf, variance):
    """Minus twice the log evidence of a PSF, per slope and up to a constant: the likelier the PSF, the less.

    Parameters
    ----------
    slopes : (2, M, N) float array
        Of the blurred picture, in both directions, `windowed`.
    psf : (K, K) float array
        The PSF in question.
    variance : float
        Of the noise in a slope.

    Returns
    -------
    surprise : float
        To compare PSFs of one size on one picture.

    Notes
    -----
    Each slope of the sharp picture is normal with a variance of its own, which nobody knows. A free variance is cheap
    where it is next to 0, so few slopes explain best, but nothing has to be 0: what is uncertain is averaged over, and
    that is why "no blur" does not win here [1]_. Variances and slopes improve each other in turns [2]_; the slopes'
    covariance is taken for diagonal. Near the frame, where the data are faded out, nothing is learnt.

    References
    ----------
    .. [1] A. Levin, Y. Weiss, F. Durand, W. T. Freeman, Efficient marginal likelihood optimization in blind
       deconvolution, IEEE CVPR 2011, 2657-2664, doi:10.1109/CVPR.2011.5995308.
    .. [2] D. Wipf, H. Zhang, Revisiting Bayesian blind deconvolution, Journal of Machine Learning Research 15,
       3775-3814, 2014.
    """
    g = slopes.astype(np.float32)
    H = psf_to_otf(psf, g.shape[1:]).astype(np.complex64)
    pull, gain = _filtered(H.conj(), g), power(H)
    seen, noise = np.float32(np.sum(psf**2)), np.float32(INFLATED * max(variance, QUIET * np.mean(g**2)))
    x, spread = np.zeros_like(g), np.full_like(g, 3 * np.mean(g**2))
    for k in range(ROUNDS):
        heat = noise * np.float32(HOT ** (2 * max(0, 1 - k / (ROUNDS - COLD))))
        precision = seen / heat + 1 / spread
        x = _mean(gain, pull, heat, spread, precision, x)
        spread = x**2 + 1 / precision + np.float32(1e-12)
    misfit = _filtered(H, x) - g
    return (dot(misfit, misfit) / noise + np.sum(x**2 / spread + np.log1p(seen * spread / noise))) / g.size


def windowed(slopes, side):
    """Slopes that fade out towards the frame, where a PSF of this side brings in what the camera did not see.

    With darkness around them as wide as the PSF: a blur may take them for periodic.
    """
    depths = (np.minimum(np.arange(n), np.arange(n)[::-1]) + 0.5 for n in slopes.shape[1:])
    fade = np.outer(*(0.5 - 0.5 * np.cos(np.pi * (d / side - 0.5).clip(0, 1)) for d in depths))
    dark = [(0, fft.next_fast_len(n + side, real=True) - n) for n in fade.shape]
    return np.pad(slopes * fade, [(0, 0), *dark])


def _filtered(gain, x):
    return irfft2(gain * fft.rfft2(x), x.shape[1:])


def _mean(gain, pull, noise, spread, precision, x):
    """From x towards the x with (H.T H / noise + 1 / spread) x = H.T g / noise, preconditioned by the diagonal."""
    r = (pull - _filtered(gain, x)) / noise - x / spread
    z = p = r / precision
    start = left = dot(r, z)
    for _ in range(STEPS):
        if left <= SOLVED * start:  # a PSF that is a point needs one step
            break
        Ap = _filtered(gain, p) / noise + p / spread
        step = np.float32(left / dot(p, Ap))
        x, r = x + step * p, r - step * Ap
        z = r / precision
        before, left = left, dot(r, z)
        p = z + np.float32(left / before) * p
    return x

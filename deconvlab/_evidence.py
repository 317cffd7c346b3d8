"""How well a PSF explains a blurred picture, whatever the sharp one is."""

import numpy as np

from ._algebra import dot
from .operators import Blur

INFLATED = 3  # what the noise's variance is taken for, over what it is: sizes and PSFs are a little wrong, too
ROUNDS, STEPS = 12, 5  # of the variances, and of conjugate gradients in each
SOLVED = 1e-12  # of the residual's square
HOT, COLD = 10, 5  # times the noise at first; rounds with the noise itself


def surprise(slopes, psf, variance):
    """Minus twice the log evidence of a PSF, per slope and up to a constant: the likelier the PSF, the less.

    Parameters
    ----------
    slopes : (2, M, N) float array
        Of the blurred picture, in both directions.
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
    covariance is taken for diagonal.

    References
    ----------
    .. [1] A. Levin, Y. Weiss, F. Durand, W. T. Freeman, Efficient marginal likelihood optimization in blind
       deconvolution, IEEE CVPR 2011, 2657-2664, doi:10.1109/CVPR.2011.5995308.
    .. [2] D. Wipf, H. Zhang, Revisiting Bayesian blind deconvolution, Journal of Machine Learning Research 15,
       3775-3814, 2014.
    """
    H, squares = Blur(psf, slopes.shape[1:], "unknown"), psf**2
    ones = np.ones(H.shape_out, np.float32)
    seen = (Blur(squares / squares.sum(), H.shape_out, "unknown").T @ ones).clip(0) * np.float32(squares.sum())
    noise = np.float32(INFLATED * variance)
    return sum(_one_way(H, g.astype(np.float32), seen, noise) for g in slopes) / slopes.size


def _one_way(H, g, seen, noise):
    """Of the slopes in one direction."""
    x, spread = np.zeros(H.shape_in, np.float32), np.full(H.shape_in, 3 * np.mean(g**2))
    for k in range(ROUNDS):
        heat = np.float32(HOT ** (2 * max(0, 1 - k / (ROUNDS - COLD))))
        precision = seen / (heat * noise) + 1 / spread
        x = _mean(H, g, heat * noise, spread, precision, x)
        spread = x**2 + 1 / precision + np.float32(1e-12)
    misfit = H @ x - g
    return dot(misfit, misfit) / noise + np.sum(x**2 / spread + np.log1p(seen * spread / noise))


def _mean(H, g, noise, spread, precision, x):
    """From x towards the x with (H.T H / noise + 1 / spread) x = H.T g / noise, preconditioned by the diagonal."""
    r = H.T @ (g - H @ x) / noise - x / spread
    z = p = r / precision
    start = left = dot(r, z)
    for _ in range(STEPS):
        if left <= SOLVED * start:  # a PSF that is a point needs one step
            break
        Ap = H.T @ (H @ p) / noise + p / spread
        step = np.float32(left / dot(p, Ap))
        x, r = x + step * p, r - step * Ap
        z = r / precision
        before, left = left, dot(r, z)
        p = z + np.float32(left / before) * p
    return x

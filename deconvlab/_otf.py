"""From a PSF to what it does to each frequency."""

from __future__ import annotations

import numpy as np
from scipy import fft

from . import _check
from ._types import OTF, PSF, Diagonal, Shape


def psf_to_otf(psf: PSF, shape: Shape, boundary: Diagonal = "periodic") -> OTF:
    """Optical transfer function: what the blur does to each frequency.

    Parameters
    ----------
    psf : (K, L) float array
        Odd sizes, centre at ``(K//2, L//2)``.
    shape : (M, N) pair of ints
        Shape in pixels of the image that is blurred.
    boundary : {"periodic", "reflect"}, optional
        What lies outside the image: the image again, or its mirror.

    Returns
    -------
    otf : (M, N//2 + 1) or (M, N) complex array
        Half spectrum of the PSF with its centre moved to ``(0, 0)``; double precision unless the PSF is float32. With a
        mirror: what the blur does to each cosine of the image, k / (2 M) and l / (2 N) cycles per pixel fast; its
        imaginary part is 0.

    Raises
    ------
    ValueError
        If the PSF has an even size, is not finite, does not sum to 1, or is larger than the image; with a mirror, if it
        is not symmetric up and down and left and right.

    Notes
    -----
    A periodic blur multiplies frequency f of the image by ``otf[f]``. Without moving the centre the image would come
    out shifted by half the PSF's size. At frequency 0 the OTF is the sum of the PSF, which is 1.

    In a mirrored image every wave meets its reflection, and both together are a cosine. A PSF that is symmetric in both
    axes leaves each cosine where it is and multiplies it by one number [1]_; any other PSF mixes them, and there is no
    such list of numbers.

    References
    ----------
    .. [1] M. K. Ng, R. H. Chan, W.-C. Tang, A fast algorithm for deblurring models with Neumann boundary conditions,
       SIAM Journal on Scientific Computing 21(3), 851-866, 1999, doi:10.1137/S1064827598341384.

    Examples
    --------
    >>> psf_to_otf(np.ones((1, 1)), (4, 4)).real
    array([[1., 1., 1.],
           [1., 1., 1.],
           [1., 1., 1.],
           [1., 1., 1.]])
    """
    m, n = _check.shape("shape", shape)
    psf = _check.psf(psf, (m, n))
    if _check.choice("boundary", boundary, ("periodic", "reflect")) == "reflect":
        return _cosine_otf(psf, (m, n))
    row, column = ((np.arange(k) - k // 2) % size for k, size in zip(psf.shape, (m, n), strict=True))
    lines = np.zeros((len(row), n), psf.dtype)
    lines[:, column] = psf
    half_done = fft.rfft(lines, axis=1)  # the other rows are empty, and so are their transforms
    otf = np.zeros((m, n // 2 + 1), half_done.dtype)
    otf[row] = half_done
    return fft.fft(otf, axis=0, overwrite_x=True)


def _cosine_otf(psf, shape):
    uneven = max(np.abs(psf - psf[::-1]).max(), np.abs(psf - psf[:, ::-1]).max())
    if uneven > 1e-6 * np.abs(psf).max():
        alike = "expected one alike up and down and left and right, or the mirror is no division"
        raise ValueError(f'psf: got one that differs from its flip, {alike}: solve with Blur(psf, shape, "reflect")')
    rows, columns = (
        np.cos(np.pi / size * np.outer(np.arange(size), np.arange(k) - k // 2))
        for k, size in zip(psf.shape, shape, strict=True)
    )
    return (rows @ psf @ columns.T).astype(np.result_type(psf, 1j))

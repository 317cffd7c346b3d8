"""The forward model y = H x: a blur that reads like the formula, and can prove its adjoint.

``H @ x`` blurs, ``H.T @ r`` is the exact adjoint.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.sparse.linalg import LinearOperator, eigsh

from . import _check
from ._spectrum import irfft2
from ._types import PSF, Boundary, Image, Mask, Power, Random, Shape
from .psf import psf_to_otf

BOUNDARIES = ("periodic", "zero", "reflect", "unknown")


class Blur:
    """Blur by a PSF, as a linear operator.

    Parameters
    ----------
    psf : (K, L) float array
        Odd sizes, centre at ``(K//2, L//2)``.
    shape : (M, N) pair of ints
        Shape of the observation.
    boundary : {"periodic", "zero", "reflect", "unknown"}, optional
        What lies outside the frame. Periodic: the image repeats, left continues at the right. Zero: darkness. Reflect:
        a mirror, ``b a | a b``. Unknown: more of the scene; ``x`` is larger than the observation by the PSF's reach.
    mask : (M, N) bool array, optional
        True where a pixel of the observation is trusted. The others, saturated or dead, are 0 in ``H @ x``, and no
        method that iterates asks what the observation says there: it may be NaN.

    Attributes
    ----------
    otf : (P, Q//2 + 1) complex array
        Transfer function on the working grid: the image's own when periodic, otherwise larger by the PSF's reach.
    grid : pair of ints
        Shape (P, Q) of the working grid.
    frame : pair of slices
        Where on it the observation lies.
    shape_in, shape_out : pairs of ints
        Shapes of ``x`` and of ``H @ x``. They differ for "unknown": ``shape_in = shape_out + psf.shape - 1``.
    dtype : numpy.dtype
        Precision of the transfer function. Images keep their own: a float32 image stays float32.
    circulant : bool
        Whether the blur is a multiplication in frequency and nothing else: periodic, and without a mask.
    T : operator
        The adjoint: ``H.T @ r`` correlates with the PSF where ``H @ x`` convolves.

    Raises
    ------
    ValueError
        If the PSF has an even size, is larger than the image or does not sum to 1, the boundary is not known, or the
        mask has another shape or trusts no pixel.
    TypeError
        If the mask does not hold True and False.

    Notes
    -----
    (H x)[i] = sum_k psf[k] x[i - k], the indices counted from the PSF's centre. A periodic blur is a multiplication in
    frequency: H x = irfft2(otf * rfft2(x)). No photograph is periodic: what leaves on one side enters on the other. Nor
    is one surrounded by darkness: with "zero" the frame itself comes out darker. A mirror is a guess that looks natural
    and is wrong wherever something crosses the frame. "unknown" is what a camera does: it guesses nothing, and near the
    frame many scenes explain one photograph.

    References
    ----------
    .. [1] P. C. Hansen, J. G. Nagy, D. P. O'Leary, Deblurring Images: Matrices, Spectra, and Filtering, SIAM 2006,
       ch. 4.

    Examples
    --------
    >>> from deconvlab.psf import motion
    >>> H = Blur(motion(3), (1, 6))
    >>> (H @ np.array([[0.0, 3.0, 0.0, 0.0, 0.0, 0.0]])).round(12) + 0.0
    array([[1., 1., 1., 0., 0., 0.]])

    A light that was too bright for the sensor has no say:

    >>> y = np.array([[0.2, 0.6, 1.0, 1.0, 0.6, 0.2]])
    >>> (Blur(motion(3), y.shape, mask=y < 1) @ np.ones(y.shape)).round(12)
    array([[1., 1., 0., 0., 1., 1.]])
    """

    def __init__(self, psf: PSF, shape: Shape, boundary: Boundary = "periodic", mask: Mask | None = None) -> None:
        self.boundary = _check.choice("boundary", boundary, BOUNDARIES)
        self.shape_in = self.shape_out = shape = _check.shape("shape", shape)
        self.psf = _check.psf(psf, shape)
        self.mask = None if mask is None else _check.mask("mask", mask, shape)
        self.circulant = self.boundary == "periodic" and self.mask is None
        self.dtype = self.psf.dtype
        reach = tuple(k // 2 for k in self.psf.shape)
        self._reach = reach if self.boundary in ("reflect", "unknown") else (0, 0)  # what x has around the frame
        self.frame = tuple(slice(r, r + n) for n, r in zip(shape, self._reach, strict=True))
        if self.boundary == "unknown":
            self.shape_in = tuple(n + 2 * r for n, r in zip(shape, reach, strict=True))
        self.grid = shape
        if self.boundary != "periodic" and any(reach):  # room for that, and for what the blur carries over the frame
            sizes = (n + r + around for n, r, around in zip(shape, reach, self._reach, strict=True))
            self.grid = tuple(fft.next_fast_len(n, real=True) for n in sizes)
        self.otf = psf_to_otf(self.psf, self.grid)
        self._gains = {}

    def __matmul__(self, x: Image) -> Image:
        x = self._checked("x", x, self.shape_in)
        if self.boundary == "reflect":
            x = np.pad(x, [(r, r) for r in self._reach], mode="symmetric")
        y = self._filter(x, self._gain(x.dtype), self.frame)
        return y if self.mask is None else np.multiply(y, self.mask, out=y)

    @property
    def T(self) -> _Adjoint:
        return _Adjoint(self)

    def crop(self, x: Image) -> Image:
        """The part of `x` inside the frame: all of it, unless the boundary is unknown.

        Parameters
        ----------
        x : (M', N') float array
            Of shape ``shape_in``.

        Returns
        -------
        x : (M, N) float array
            A view of shape ``shape_out``, to show or to score.
        """
        x = self._checked("x", x, self.shape_in)
        return x[self.frame] if self.boundary == "unknown" else x

    def as_linear_operator(self) -> LinearOperator:
        """The same blur for SciPy's solvers, which take pictures as vectors.

        Returns
        -------
        operator : scipy.sparse.linalg.LinearOperator
            From ``x.ravel()`` to ``(H @ x).ravel()``; its ``rmatvec`` is ``H.T``.
        """

        def on_vectors(operator):
            return lambda v: (operator @ v.reshape(operator.shape_in)).ravel()

        shape = tuple(int(np.prod(sizes)) for sizes in (self.shape_out, self.shape_in))
        return LinearOperator(shape, on_vectors(self), on_vectors(self.T), dtype=self.dtype)

    def _adjoint(self, r):
        r = self._checked("r", r, self.shape_out)
        if self.mask is not None:
            r = r * self.mask
        if any(self._reach):
            r = np.pad(r, [(reach, reach) for reach in self._reach])
        x = self._filter(r, self._gain(r.dtype, adjoint=True), tuple(slice(n) for n in r.shape))
        return _fold(_fold(x.T, self._reach[1]).T, self._reach[0]) if self.boundary == "reflect" else x

    def _gain(self, dtype, adjoint=False):  # kept for each precision, so that no image is promoted
        key = dtype.char, adjoint
        if key not in self._gains:
            gain = self.otf.astype(np.result_type(dtype, np.complex64), copy=False)
            self._gains[key] = gain.conj() if adjoint else gain
        return self._gains[key]

    @staticmethod
    def _checked(name, x, shape):
        x = _check.image(name, x)
        _check.same_shape(name, x, shape, ", the shape that this Blur was made for")
        return x

    def _filter(self, x, gain, part):
        spectrum = fft.rfft2(x, s=self.grid)
        spectrum *= gain
        return np.ascontiguousarray(irfft2(spectrum, self.grid)[part])


class _Adjoint:
    """The transpose of a Blur; its own transpose is the Blur again."""

    def __init__(self, H: Blur) -> None:
        self.T = H
        self.shape_in, self.shape_out, self.dtype = H.shape_out, H.shape_in, H.dtype

    def __matmul__(self, r: Image) -> Image:
        return self.T._adjoint(r)


def _fold(x, reach):
    """Transpose of the mirror: what stands in the `reach` rows behind it returns to where it came from."""
    inside = x[reach : len(x) - reach].copy()
    inside[:reach] += x[:reach][::-1]
    inside[len(inside) - reach :] += x[len(x) - reach :][::-1]
    return inside


class Gradient:
    """Forward differences to the next row and to the next column, as a linear operator.

    Parameters
    ----------
    boundary : {"periodic", "zero", "reflect", "unknown"}, optional
        Periodic: the last row is followed by the first. Otherwise it is followed by nothing, and its difference is 0.

    Attributes
    ----------
    T : operator
        The adjoint: ``G.T @ slopes`` takes a (2, M, N) array back to (M, N).

    Raises
    ------
    ValueError
        If the boundary is not known.

    Notes
    -----
    ||G x||**2 weighs how rough a picture is; it is 0 for a constant and for nothing else.

    Examples
    --------
    >>> G = Gradient("zero")
    >>> (G @ np.array([[0.0, 1.0, 3.0]]))[1]
    array([[1., 2., 0.]])
    """

    def __init__(self, boundary: Boundary = "periodic") -> None:
        self.boundary = _check.choice("boundary", boundary, BOUNDARIES)

    def __matmul__(self, x: Image) -> NDArray[np.floating]:
        x = _check.image("x", x)
        slopes = np.zeros((2, *x.shape), x.dtype)
        np.subtract(x[1:], x[:-1], out=slopes[0, :-1])
        np.subtract(x[:, 1:], x[:, :-1], out=slopes[1, :, :-1])
        if self.boundary == "periodic":
            slopes[0, -1], slopes[1, :, -1] = x[0] - x[-1], x[:, 0] - x[:, -1]
        return slopes

    @property
    def T(self) -> _GradientAdjoint:
        return _GradientAdjoint(self)


class _GradientAdjoint:
    """Minus the divergence; its own transpose is the Gradient again."""

    def __init__(self, G: Gradient) -> None:
        self.T = G

    def __matmul__(self, slopes: NDArray[np.floating]) -> Image:
        slopes = _check.floats("slopes", slopes)
        if slopes.ndim != 3 or len(slopes) != 2 or not slopes.size:
            raise ValueError(f"slopes: got shape {slopes.shape}, expected (2, rows, columns)")
        down, right = slopes
        x = -down
        if self.T.boundary != "periodic":
            x[-1] = 0
        x[1:] += down[:-1]
        x[:, :-1] -= right[:, :-1]
        x[:, 1:] += right[:, :-1]
        if self.T.boundary == "periodic":
            x[0] += down[-1]
            x[:, -1] -= right[:, -1]
            x[:, 0] += right[:, -1]
        return x


def gradient_power(shape: Shape, boundary: Boundary = "periodic") -> Power:
    """Power response |D|**2 of forward differences.

    Parameters
    ----------
    shape : (M, N) pair of ints
        Image shape in pixels.
    boundary : {"periodic", "zero", "reflect", "unknown"}, optional
        As for `Gradient`.

    Returns
    -------
    power : (M, N//2 + 1) or (M, N) float64 array
        4 sin(pi f)**2 summed over both directions, f in cycles per pixel: 0 for a constant, at most 8. Periodic: on the
        half spectrum. Otherwise: on the cosines of the mirrored image (DCT-II), f = k / (2 M) and l / (2 N).

    Raises
    ------
    ValueError
        If the shape is not two positive integers, or the boundary not known.

    Notes
    -----
    By Parseval ||D x||**2 is the sum of ``power * abs(fft2(x))**2 / (M N)`` over the whole spectrum, or of
    ``power * dctn(x, norm="ortho")**2``. Weighs fine detail most.

    Examples
    --------
    >>> gradient_power((2, 2)).round(12)
    array([[0., 4.],
           [4., 8.]])
    >>> gradient_power((2, 2), "reflect").round(12)
    array([[0., 2.],
           [2., 4.]])
    """
    m, n = _check.shape("shape", shape)
    if _check.choice("boundary", boundary, BOUNDARIES) == "periodic":
        row, column = fft.fftfreq(m), fft.rfftfreq(n)
    else:
        row, column = np.arange(m) / (2 * m), np.arange(n) / (2 * n)
    return 4 * np.sin(np.pi * row[:, None]) ** 2 + 4 * np.sin(np.pi * column) ** 2


def dot_test(H: Any, *, rng: Random) -> float:
    """How well an operator and its adjoint agree, on random arrays.

    Parameters
    ----------
    H : operator
        Anything with ``H @ x``, ``H.T @ r``, ``shape_in`` and ``shape_out``.
    rng : numpy.random.Generator or int
        Source of the random arrays.

    Returns
    -------
    mismatch : float
        |<H x, r> - <x, H.T r>| / (||H x|| ||r||): below 1e-12 for an exact adjoint in float64, of the order of
        1 / sqrt(pixels) for a wrong one.

    Notes
    -----
    A solver that follows a wrong adjoint walks in a wrong direction and often still looks plausible; this test does
    not.

    References
    ----------
    .. [1] J. F. Claerbout, Earth Soundings Analysis: Processing versus Inversion, Blackwell 1992, ch. 5.

    Examples
    --------
    >>> from deconvlab.psf import shake
    >>> dot_test(Blur(shake(9, rng=1), (20, 31)), rng=0) < 1e-12
    True
    """
    _check.operator(H, "T", "shape_in", "shape_out")
    rng = _check.generator(rng)
    x, r = rng.standard_normal(H.shape_in), rng.standard_normal(H.shape_out)
    forward, backward = H @ x, H.T @ r
    return float(abs(np.vdot(forward, r) - np.vdot(x, backward)) / (np.linalg.norm(forward) * np.linalg.norm(r)))


def operator_norm(H: Blur) -> float:
    """Largest singular value of a blur: the most that it can amplify a picture.

    Parameters
    ----------
    H : Blur

    Returns
    -------
    norm : float
        For a PSF without negative entries that sums to 1: exactly 1 when periodic, slightly less with darkness or the
        unknown outside or a mask, more (up to 2) with a mirror and a PSF that is not.

    Notes
    -----
    max |otf| for a periodic blur without mask, otherwise Lanczos' method on H.T H. The square of the norm is the
    Lipschitz constant of the least-squares gradient; gradient descent converges for steps below 2 / norm**2.

    Examples
    --------
    >>> from deconvlab.psf import disk
    >>> round(operator_norm(Blur(disk(2), (32, 32))), 12)
    1.0
    """
    _check.operator(H, "circulant", "otf", "psf", "T")
    if H.circulant or H.psf.size == 1:
        return float(np.abs(H.otf).max())
    normal = LinearOperator(
        2 * (np.prod(H.shape_in),), dtype=np.float64, matvec=lambda x: (H.T @ (H @ x.reshape(H.shape_in))).ravel()
    )
    bump = np.outer(*(np.sin(np.pi * (np.arange(n) + 1) / (n + 1)) for n in H.shape_in))  # dark at the frame: near it
    return float(np.sqrt(eigsh(normal, k=1, v0=bump.ravel(), tol=1e-8, return_eigenvectors=False)[0]))

"""What the iterative methods share: sums of products, coordinates in which a blur is cheap, conjugate gradients."""

from functools import cached_property

import numpy as np
from scipy import fft

from . import _check
from ._spectrum import irfft2, power
from .operators import Blur, Gradient, gradient_power
from .psf import psf_to_otf


def dot(a, b):
    """Sum of products, of the real parts where the arrays are complex."""
    # Row by row: on a busy machine the threads of one large BLAS product wait a thousand times longer than they work.
    return float(np.vecdot(a, b).real.sum(dtype=np.float64))


def norm(a):
    """Square root of the sum of squares."""
    return dot(a, a) ** 0.5


def observed(H, y):
    """`y`, if it is a picture that `H` could have made: 0 where it is not trusted."""
    _check.operator(H, "T", "boundary", "otf", "psf")
    y = _check.trusted("y", y, H.mask)
    _check.same_shape("y", y, H.shape_out, ", the shape that H makes")
    return y


def started(x, shape, dtype, name="x0"):
    """`x` in the precision of the data, if it is a picture of this shape: in mixed precision the data decide."""
    x = _check.image(name, x)
    _check.same_shape(name, x, shape)
    return x.astype(dtype, copy=False)


def lipschitz(H, weight):
    """A bound of the largest eigenvalue of H.T H + weight D.T D; exact when H is circulant."""
    if H.boundary == "periodic":
        return float((power(H.otf) + weight * gradient_power(H.shape_in)).max())
    if H.boundary == "reflect":  # ||A||**2 is at most the largest row sum of |A| times its largest column sum
        size = np.abs(H.psf).sum()
        columns = size * (Blur(np.abs(H.psf) / size, H.shape_out, "reflect").T @ np.ones(H.shape_out))
        return float(size * columns.max() + 8 * weight)
    return float(power(H.otf).max() + 8 * weight)


class Frequencies:
    """Half spectra: in them a periodic blur and periodic differences are multiplications.

    The transforms keep lengths, so `dot` gives what it would give for the pictures.
    """

    def __init__(self, H, y):
        self.shape, self.dtype = H.shape_in, y.dtype
        kind = np.result_type(y.dtype, np.complex64)
        self.H = Diagonal(H.otf.astype(kind, copy=False))
        self.D = Real(np.sqrt(gradient_power(self.shape)).astype(kind))
        self.y = self.into(y)

    def into(self, x):
        return fft.rfft2(x, norm="ortho")

    def back(self, spectrum):
        return fft.irfft2(spectrum, s=self.shape, norm="ortho")

    def dot(self, a, b):  # every column of the whole spectrum appears twice in it, but the first and an even last one
        once = slice(None, None, a.shape[1] - 1) if self.shape[1] % 2 == 0 else slice(1)
        return 2 * dot(a, b) - dot(a[:, once], b[:, once])

    @cached_property
    def blur_power(self):
        return power(self.H.gain)

    @cached_property
    def slope_power(self):
        return self.D.gain.real**2

    def divide(self, gradient, weight):
        """(H.T H + weight D.T D)^-1 gradient."""
        return gradient / (self.blur_power + max(weight, 1e-7) * self.slope_power)

    def flatten(self, gradient):
        """(D.T D)^+ gradient."""
        flat = self.slope_power == 0
        return gradient * ~flat / np.where(flat, 1, self.slope_power)


class Pixels:
    """Pictures as they are, for blurs with a frame or a mask."""

    def __init__(self, H, y):
        self.H, self.D, self.y = H, Gradient(H.boundary), y
        self.dot, self.shape, self.dtype = dot, H.shape_in, y.dtype

    def into(self, x):
        return x

    back = into

    def divide(self, gradient, weight):
        """About (H.T H + weight D.T D)^-1 gradient: as if there were neither mask nor darkness, but a mirror."""
        normal = self.blur_power + max(weight, 1e-3) * self.slope_power  # what a mirror has lost may be there
        return self._spectral(gradient, normal)

    def flatten(self, gradient):
        """(D.T D)^+ gradient."""
        return self._spectral(gradient, np.where(self.slope_power == 0, np.inf, self.slope_power))

    def _spectral(self, gradient, divisor):
        """Divide where D.T D is at home: among waves where the picture repeats, otherwise among cosines."""
        if self.H.boundary == "periodic":
            return irfft2(fft.rfft2(gradient) / divisor, self.shape)
        return fft.idctn(fft.dctn(gradient, norm="ortho") / divisor, norm="ortho", overwrite_x=True)

    @cached_property
    def blur_power(self):  # the cosines of a mirrored picture live on the frequencies of a grid of twice the size
        if self.H.boundary == "periodic":
            return power(self.H.otf).astype(self.y.dtype)
        m, n = self.shape
        twice = power(psf_to_otf(self.H.psf, (2 * m, 2 * n)))
        return ((twice[:m, :n] + twice[-np.arange(m), :n]) / 2).astype(self.y.dtype)

    @cached_property
    def slope_power(self):
        return gradient_power(self.shape, self.H.boundary).astype(self.y.dtype)


def coordinates(H, y):
    """The coordinates in which `H` costs least."""
    return (Frequencies if H.circulant else Pixels)(H, y)


class Diagonal:
    """Multiplication by a gain, as a linear operator."""

    def __init__(self, gain):
        self.gain = gain

    def __matmul__(self, x):
        return self.gain * x

    @cached_property
    def T(self):
        return Diagonal(self.gain.conj())


class Real(Diagonal):
    """Multiplication by a real gain, in the memory of a complex one: it multiplies spectra faster."""

    @property
    def T(self):
        return self


def conjugate_steps(space, D, weight, state, precondition, roundoff=0.0):
    """Conjugate gradients on 1/2 ||H x - y||**2 + weight/2 ||D x - t||**2, whose state is (x, H x - y, D x - t).

    Each x is new; the other two are changed in place. Ends where the squared gradient is no more than `roundoff`: from
    there on the directions are noise and x runs away.
    """
    H, dot = space.H, space.dot
    x, residual, slope = state

    def slide():
        gradient, smooth = H.T @ residual, D.T @ slope
        smooth *= weight
        gradient += smooth
        return gradient, precondition(gradient)

    gradient, downhill = slide()
    p, slant = -downhill, dot(gradient, downhill)
    while slant > roundoff:
        Hp, Dp = H @ p, D @ p
        step = slant / (dot(Hp, Hp) + weight * dot(Dp, Dp))
        x = x + step * p
        Hp *= step
        Dp *= step
        residual += Hp
        slope += Dp
        yield x, residual, slope
        gradient, downhill = slide()
        slant, before = dot(gradient, downhill), slant
        p *= slant / before
        p -= downhill

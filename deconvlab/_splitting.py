"""The quadratic half of a splitting method: the picture that fits the data and lies near what the prior has asked for.

Each class minimizes 1/2 ||H x - y||**2 + weight/2 ||D x - target||**2 over x, and has the same face: `x` and its
`residual_norm`; the `scene`, on which D works and which may be larger than x; `counted`, the slopes that lie in x; and
`step`, which is exact or comes nearer each time.
"""

import itertools

import numpy as np
from scipy import fft

from ._algebra import Frequencies, Pixels, Real, conjugate_steps, norm
from ._spectrum import irfft2, power
from .operators import Gradient, gradient_power

INNER_STEPS = 6  # of conjugate gradients, where there is no division


def slopes_near(H, y, x):
    """The minimizer whose D takes slopes."""
    return _minimizer(H)(H, y, x, Gradient("periodic" if H.boundary == "unknown" else H.boundary))


def picture_near(H, y, x):
    """The minimizer whose D is the identity."""
    return _minimizer(H)(H, y, x, Real(np.ones(1, y.dtype)))


def _minimizer(H):
    if H.circulant:
        return _Division
    return _Window if H.boundary in ("periodic", "unknown") else _Descent


def _wish(spectrum, weight, slope_power):
    """weight D.T target, from the spectrum of D.T target. Slopes say nothing of the mean: their round-off would."""
    spectrum[0, 0] *= np.any(slope_power[0, 0])
    spectrum *= weight
    return spectrum


class _Division:
    """One division, exact, for a circulant blur."""

    def __init__(self, H, y, x, D):
        self.space, self.D, self.scene = Frequencies(H, y), D, x
        self.slope_power = np.ones((1, 1), y.dtype) if isinstance(D, Real) else self.space.slope_power
        self.light = self.space.H.T @ self.space.y
        self.residual_norm = norm(H @ x - y)

    @property
    def x(self):
        return self.scene

    @staticmethod
    def counted(slopes):
        return slopes

    def step(self, weight, target):
        space = self.space
        spectrum = _wish(space.into(self.D.T @ target), weight, self.slope_power)
        spectrum += self.light
        spectrum /= space.blur_power + weight * self.slope_power
        residual = space.H @ spectrum
        residual -= space.y
        self.scene, self.residual_norm = space.back(spectrum), space.dot(residual, residual) ** 0.5


class _Descent(_Division):
    """Conjugate gradients from the last x on, for any blur."""

    def __init__(self, H, y, x, D):
        self.space, self.D, self.scene, self.residual = Pixels(H, y), D, x, H @ x - y
        if isinstance(D, Real):
            self.space.slope_power = D.gain**2
        self.residual_norm = norm(self.residual)

    def step(self, weight, target):
        space, state = self.space, (self.scene, self.residual, self.D @ self.scene - target)
        light = space.dot(space.y, space.y) + weight**2 * space.dot(state[2], state[2])
        roundoff = np.finfo(space.y.dtype).eps ** 2 * light  # a step too many runs away when the weight is huge
        steps = conjugate_steps(space, self.D, weight, state, lambda gradient: space.divide(gradient, weight), roundoff)
        *_, (self.scene, self.residual, _) = itertools.chain([state], itertools.islice(steps, INNER_STEPS))
        self.residual_norm = norm(self.residual)


class _Window:
    """One division and one mean for a blur that is circulant but for what the camera sees of it: a frame, or a mask.

    The scene is blurred whole, A x, on the working grid, and then looked at through the window. So A x becomes a
    variable of its own, z: a division finds the x whose A x is near z, and z is a mean of A x and y, pixel by pixel,
    where the camera looks, and A x where it does not. u adds up what keeps z and A x apart.
    """

    def __init__(self, H, y, x, D):
        grid, kind = H.grid, np.result_type(y.dtype, np.complex64)
        self.D, self.otf, self.inside = D, H.otf.astype(kind, copy=False), tuple(slice(n) for n in H.shape_in)
        self.y, self.seen = np.zeros(grid, y.dtype), np.zeros(grid, y.dtype)
        self.y[H.frame], self.seen[H.frame] = y, 1 if H.mask is None else H.mask
        self.blur_power = power(self.otf)
        self.slope_power = np.ones((1, 1)) if isinstance(D, Real) else gradient_power(grid)
        self.slope_power = self.slope_power.astype(y.dtype)
        self.rim = None
        if H.boundary == "unknown":
            self.rim = np.zeros((2, *grid), y.dtype)
            rows, columns = H.shape_in
            self.rim[0, : rows - 1, :columns] = self.rim[1, :rows, : columns - 1] = 1
        self.eager, self.repeats = (1.0, INNER_STEPS) if isinstance(D, Real) else (0.6, 1)
        self.scene = self._widened(x)
        self.z = irfft2(self.otf * fft.rfft2(self.scene), grid)
        self.u = np.zeros_like(self.z)
        self.residual_norm = norm(self.seen * (self.z - self.y))

    @property
    def x(self):
        return np.ascontiguousarray(self.scene[self.inside])

    def counted(self, slopes):
        return slopes if self.rim is None else slopes * self.rim

    def step(self, weight, target):
        wish = _wish(fft.rfft2(self.D.T @ self._widened(target)), weight, self.slope_power)
        pull = min(self.eager * weight**0.5, 1.0)
        pulled, divisor = pull * self.otf.conj(), pull * self.blur_power + weight * self.slope_power
        for _ in range(self.repeats):
            spectrum = fft.rfft2(self.z - self.u)
            spectrum *= pulled
            spectrum += wish
            spectrum /= divisor
            blurred = irfft2(self.otf * spectrum, self.y.shape)
            self.u += 1.8 * blurred
            self.u -= 0.8 * self.z
            meant = self.u
            self.u = self.seen * (meant - self.y)
            self.u /= 1 + pull
            self.z = meant - self.u
        self.residual_norm = norm(self.seen * (blurred - self.y))
        self.scene = irfft2(spectrum, self.y.shape)

    def _widened(self, x):
        if x.shape[-2:] == self.y.shape:
            return x
        return np.pad(x, [(0, n - m) for n, m in zip(self.y.shape, x.shape, strict=True)], mode="edge")

"""Slow and obvious versions of what the package does fast, to compare with."""

import itertools

import numpy as np
import pytest

import deconvlab as dl


def ramp(*shape):
    """A PSF without any symmetry: no transpose, flip or shift of it looks the same."""
    psf = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    return psf / psf.sum()


PSFS = {
    "ramp 3x5": ramp(3, 5),
    "ramp 1x7": ramp(1, 7),
    "ramp 7x1": ramp(7, 1),
    "shake": dl.shake(5, rng=3),
    "random": dl.as_psf(np.random.default_rng(1).random((5, 3)) ** 3),
    "motion": dl.motion(5, 20),
    "gaussian": dl.gaussian((0.5, 1), size=7),
    "delta": dl.delta(),
}
SHAPES = [(8, 8), (9, 9), (8, 11), (11, 8), (7, 12), (7, 7)]


def covering(*axes):
    """Rows with one value of each axis, so few that each value meets each of any other axis in a row or two.

    A bug that shows with one boundary, one shape or one PSF shows in such a row, and so does one that needs two of them
    together; all combinations of three take four times as long to find the same. Greedy, and the same every time.
    """
    axes = [list(axis) for axis in axes]
    couples = list(itertools.combinations(range(len(axes)), 2))
    missing = {(i, a, j, b) for i, j in couples for a in range(len(axes[i])) for b in range(len(axes[j]))}

    def met(row):
        return missing & {(i, row[i], j, row[j]) for i, j in couples}

    every, rows = list(itertools.product(*(range(len(axis)) for axis in axes))), []
    while missing:
        row = max(every, key=lambda row: len(met(row)))
        missing -= met(row)
        rows.append(tuple(axis[k] for axis, k in zip(axes, row, strict=True)))
    return rows


def pairwise(**axes):
    """A test's arguments, of which each two are tried with each other."""
    return pytest.mark.parametrize(tuple(axes), covering(*axes.values()))


def offsets(psf):
    """Rows and columns of a PSF, counted from its centre."""
    rows, columns = (np.arange(n) - n // 2 for n in psf.shape)
    return rows[:, None], columns[None, :]


def moments(psf):
    """Centroid (2,) and covariance (2, 2) of a PSF, (row, column), in pixels."""
    row, column = np.broadcast_arrays(*offsets(psf))
    points = np.stack([row.ravel(), column.ravel()])
    centroid = points @ psf.ravel()
    return centroid, (psf.ravel() * points) @ points.T - np.outer(centroid, centroid)


BOUNDARIES = ["periodic", "zero", "reflect", "unknown"]


def dense_blur(psf, shape, boundary="periodic"):
    """Matrix of a convolution: where each pixel of y looks for each PSF entry, and whose light it finds there."""
    (m, n), reach = shape, [k // 2 for k in psf.shape]
    rows, columns = (m + 2 * reach[0], n + 2 * reach[1]) if boundary == "unknown" else shape
    matrix = np.zeros((m, n, rows, columns))

    def source(i, size, margin):
        if boundary == "unknown":
            return i + margin
        if boundary == "reflect":  # b a | a b
            return -i - 1 if i < 0 else 2 * size - i - 1 if i >= size else i
        return i % size

    for row, column in np.ndindex(psf.shape):
        down, right = row - reach[0], column - reach[1]
        for i, j in np.ndindex(shape):
            if boundary != "zero" or (0 <= i - down < m and 0 <= j - right < n):
                matrix[i, j, source(i - down, m, reach[0]), source(j - right, n, reach[1])] += psf[row, column]
    return matrix.reshape(m * n, -1)


def dense_gradient(shape, boundary="periodic"):
    """Matrix of the forward differences down and to the right: 2 M N rows."""
    eye = np.eye(np.prod(shape)).reshape(*shape, -1)
    down, right = (np.roll(eye, -1, axis) - eye for axis in (0, 1))
    if boundary != "periodic":
        down[-1] = right[:, -1] = 0
    return np.concatenate([difference.reshape(np.prod(shape), -1) for difference in (down, right)])


def least_total_variation(A, D, y, weight):
    """The least objective of total variation, by least squares: each slope weighs the inverse of its length."""
    x = np.zeros(A.shape[1])
    for k in range(250):
        length = np.sqrt(np.sum((D @ x).reshape(2, -1) ** 2, axis=0) + max(10 ** (-1 - k / 20), 1e-8) ** 2)
        x = np.linalg.solve(A.T @ A + D.T @ (np.tile(weight / length, 2)[:, None] * D), A.T @ y.ravel())
    return total_variation_of(A, D, x, y, weight)[0]


def total_variation_of(A, D, x, y, weight):
    """Objective of total variation by its formula, and the residual norm."""
    residual, slopes = A @ x.ravel() - y.ravel(), (D @ x.ravel()).reshape(2, -1)
    return residual @ residual / 2 + weight * np.hypot(*slopes).sum(), np.linalg.norm(residual)


def full_otf(psf, shape):
    """Transfer function on the whole spectrum, by padding, rolling and fft2."""
    padded = np.zeros(shape)
    padded[: psf.shape[0], : psf.shape[1]] = psf
    return np.fft.fft2(np.roll(padded, [-(n // 2) for n in psf.shape], axis=(0, 1)))


def on_one_grid(*psfs):
    """The same PSFs with zeros around them, so that they can be subtracted."""
    size = np.max([p.shape for p in psfs], axis=0)
    return [np.pad(p, [((n - k) // 2, (n - k) // 2) for n, k in zip(size, p.shape, strict=True)]) for p in psfs]


def frozen(*arrays):
    """Copies that raise when somebody writes into them."""
    copies = [np.array(a) for a in arrays]
    for copy in copies:
        copy.flags.writeable = False
    return copies if len(copies) > 1 else copies[0]

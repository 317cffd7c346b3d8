"""The PSF of a shake, found in the picture alone: against the true one, and against dense computations."""

import numpy as np
import pytest
from scipy import fft, ndimage

import deconvlab as dl
from deconvlab import _evidence, _shaken


def shaken(name, length, seed, size=560, sigma=0.005):
    """A camera shake from a scene twice as fine as the pixels, and larger than the frame."""
    scene, psf = dl.sample_image(name, size=size), dl.shake(2 * length, rng=seed)
    return dl.simulate(scene, psf, sigma=sigma, boundary="unknown", oversampling=2, rng=seed)


def last(y, size):
    *_, iterate = dl.estimate_psf(y, size)
    return iterate


def restored_error(psf, seen):
    """Squared error of the restoration with a PSF, at the best of some shifts: where a path starts, nobody can tell."""
    H = dl.Blur(psf, seen.y.shape, "unknown")
    x = H.crop(dl.run(dl.total_variation(H, seen.y, 1e-3), 60, progress=False).x)
    truth = dl.Blur(seen.psf, seen.y.shape, "unknown").crop(seen.x_true)[15:-15, 15:-15]
    shifts = [(down, right) for down in np.arange(-1, 1.1, 0.5) for right in np.arange(-1, 1.1, 0.5)]
    return min(np.sum((ndimage.shift(x, s, order=3, mode="nearest")[15:-15, 15:-15] - truth) ** 2) for s in shifts)


@pytest.mark.parametrize(("name", "length", "seed"), [("camera", 15, 3), ("coffee", 20, 1), ("astronaut", 17, 7)])
def test_a_shake_is_found(name, length, seed):
    """Catches: "no blur", a PSF that is turned by half or mirrored, a picture that gets worse by it."""
    seen = shaken(name, length, seed)
    size = max(seen.psf.shape) + 4
    found, best = last(seen.y, size).psf, restored_error(seen.psf, seen)
    error = restored_error(found, seen)
    assert error < 3 * best and restored_error(found[::-1, ::-1], seen) > 1.5 * error
    truth = dl.Blur(seen.psf, seen.y.shape, "unknown").crop(seen.x_true)
    assert np.sum((seen.y - truth)[15:-15, 15:-15] ** 2) > 1.5 * error


def test_a_faint_end_of_the_path_stays():
    """Catches: a camera that is quick for a moment, whose PSF is cut where it is faint."""
    psf = np.zeros((11, 11))
    psf[5, 1:8], psf[6:10, 8] = 1, 0.12
    psf /= psf.sum()
    y = dl.simulate(dl.sample_image("coffee", size=280), psf, sigma=0.005, boundary="unknown", rng=0).y
    found = last(y, 15).psf
    alike = fft.irfft2(fft.rfft2(found) * fft.rfft2(psf, found.shape).conj(), found.shape)
    down, right = np.unravel_index(alike.argmax(), alike.shape)
    assert np.roll(found, (-down, -right), axis=(0, 1))[7:10, 7:10].sum() > 0.4 * psf[7:].sum()


def test_a_half_that_knows_better_is_believed():
    """Catches: halves that are not searched, an edge that leads the whole astray, an answer not the last."""
    seen = shaken("rocket", np.linspace(13, 27, 12)[5], 5, 600)
    *led, answer = dl.estimate_psf(seen.y, 25)
    assert answer.psf.shape == led[-1].psf.shape == (25, 25) and answer.x.shape == seen.y.shape
    assert restored_error(answer.psf, seen) < 0.6 * restored_error(led[-1].psf, seen)


def test_ways_that_came_to_the_same_psf_go_on_as_one():
    """Catches: places taken by copies, the later one kept, a PSF at another place taken for another PSF."""
    first, second = (np.zeros((9, 9)) for _ in range(2))
    first[4, 2:7] = second[2:7, 4] = 0.2
    ways = [(None, [(psf,)]) for psf in (first, np.roll(first, 1, 0), second, 0.97 * first + 0.03 * second)]
    assert [way is kept for way, kept in zip(ways[::2], _shaken._distinct(ways), strict=True)] == [True, True]


def test_the_iterates_grow_and_are_safe_to_keep():
    """Catches: a PSF of another size, sum or sign; iterates that later steps overwrite; data that are changed."""
    y = shaken("camera", 8, 0, 200).y
    before, kept = y.copy(), list(dl.estimate_psf(y, 15))
    copies = [(it.x.copy(), it.psf.copy()) for it in kept]
    assert np.array_equal(y, before) and [it.k for it in kept] == list(range(len(kept)))
    sides = [it.psf.shape[0] for it in kept]
    assert sides == sorted(sides) and sides[0] <= 7 and sides[-1] == 15 and kept[-1].x.shape == y.shape
    for it, (x, psf) in zip(kept, copies, strict=True):
        assert np.array_equal(it.x, x) and np.array_equal(it.psf, psf)
        assert it.psf.shape[0] == it.psf.shape[1] and it.psf.min() >= 0 and abs(it.psf.sum() - 1) < 1e-12
        centroid = ndimage.center_of_mass(it.psf)
        assert abs(np.array(centroid) - it.psf.shape[0] // 2).max() <= 0.75
        assert np.isfinite([it.objective, it.residual_norm]).all()


def test_the_unit_of_the_picture_does_not_matter():
    """Catches: a weight that suits pictures from 0 to 1 only."""
    y = shaken("camera", 8, 0, 200).y
    one, other = last(y, 11), last(0.01 * y + 3, 11)
    assert abs(one.psf - other.psf).max() < 1e-6
    assert abs(0.01 * one.x + 3 - other.x).max() < 1e-6 and other.residual_norm == pytest.approx(
        0.01 * one.residual_norm
    )


def test_rows_and_columns_are_alike():
    """Catches: axes exchanged in the window, the fit or the resizing; a start that prefers a direction."""
    y = shaken("camera", 8, 1, (200, 240)).y
    one, other = last(y, 11), last(np.ascontiguousarray(y.T), 11)
    assert abs(one.psf - other.psf.T).max() < 1e-6


@pytest.mark.parametrize("shape", [(40, 47), (41, 44)])
def test_the_fit_is_the_least_squares_psf(shape):
    """Catches: a conj dropped, lags of the wrong sign, too little darkness around; by a dense matrix."""
    rng, side = np.random.default_rng(0), 5
    x, y = rng.random(shape), rng.random(shape)
    y += dl.Blur(dl.as_psf(np.arange(25.0).reshape(5, 5) ** 2), shape) @ (5 * x)
    X, Y = (_evidence.windowed(_shaken._slopes(image), side, 1) for image in (x, y))
    centred = range(-(side // 2), side // 2 + 1)
    columns = [np.roll(X, (down, right), (1, 2)).ravel() for down in centred for right in centred]
    matrix = np.stack(columns, axis=1)
    normal, right = matrix.T @ matrix + _shaken.RIDGE * np.eye(25), matrix.T @ Y.ravel()
    used = np.ones(25, bool)
    for _ in range(_shaken.ROUNDS):
        psf = np.zeros(25)
        psf[used] = np.linalg.solve(normal[np.ix_(used, used)], right[used])
        used = psf > 0
    assert abs(_shaken._fitted(X, Y, side) - psf.clip(0).reshape(5, 5)).max() < 1e-9


def test_the_sketch_has_few_edges_and_keeps_the_strong_one():
    """Catches: a penalty with the wrong sign, the adjoint forgotten, a step that is smoothed away with the noise."""
    rng = np.random.default_rng(0)
    step = np.where(np.arange(60) < 27, 0.2, 0.8)[None].repeat(50, axis=0)
    psf = dl.motion(5, 20)
    y = dl.simulate(step, psf, sigma=0.01, boundary="reflect", rng=rng).y
    x, edges = _shaken._few_edges(y, psf, 4e-3)
    assert (
        edges < 0.1 * y.size and abs(x[10:-10, 10:20] - 0.2).max() < 0.03 and abs(x[10:-10, 35:50] - 0.8).max() < 0.03
    )
    assert (np.diff(x[10:-10], axis=1).max(axis=1) > 0.4).all()  # the step is back, in one place


def test_a_picture_is_continued_to_where_it_begins():
    """Catches: a seam, which the sketch would take for an edge."""
    y = np.random.default_rng(0).random((30, 41)).cumsum(axis=0).cumsum(axis=1) / 300
    big = _shaken._continued(y, 9)
    assert np.array_equal(big[:30, :41], y) and big.shape[0] >= 39 and big.shape[1] >= 50
    steps = [abs(np.diff(big, axis=axis, append=big.take([0], axis))).max() for axis in (0, 1)]
    inside = [abs(np.diff(y, axis=axis)).max() for axis in (0, 1)]
    assert all(a <= max(b, np.ptp(y) / 9) for a, b in zip(steps, inside, strict=True))


def test_faint_parts_and_islands_are_left_out():
    psf = np.zeros((9, 9))
    psf[3:6, 4], psf[4, 5], psf[0, 0], psf[8, 8] = 1, 0.04, 0.09, 0.06
    tidy = _shaken._tidy(psf)
    assert np.count_nonzero(tidy) == 3 and tidy[3:6, 4] == pytest.approx(1 / 3)


def test_a_psf_of_islands_keeps_the_brightest():
    """Catches: a PSF of which nothing is left, because no island of it is large, and then "not a number"."""
    psf = np.zeros((9, 9))
    psf[::2, ::2], psf[4, 6] = 1, 1.5
    assert _shaken._tidy(psf)[4, 4:].sum() == 1 == _shaken._tidy(np.zeros((9, 9)))[4, 4]


@pytest.mark.parametrize("size", [5, 7, 13])
def test_a_drawing_without_noise_has_a_psf(size):
    """Catches: a division by the noise, of which a screenshot has none."""
    lamp = np.where(np.indices((48, 48)).sum(axis=0) == 41, 0.6, 0.5)
    for y in (np.repeat(np.arange(60.0)[None] > 20, 50, axis=0), np.kron(np.eye(8), np.ones((6, 6))), lamp):
        psf = last(y.astype(float), size).psf
        assert np.isfinite(psf).all() and abs(psf.sum() - 1) < 1e-12


def test_doubts_are_said_where_they_are_due():
    """Catches: a wrong answer that nobody doubts, and doubts about a good one."""
    seen = shaken("camera", 15, 3)
    assert dl.doubts(seen.y, last(seen.y, max(seen.psf.shape) + 4).psf) == ()
    small = dl.doubts(seen.y, last(seen.y, 7).psf)
    assert any("take a larger size" in reason for reason in small)
    sharp = dl.simulate(dl.sample_image("camera", size=300), dl.delta(), sigma=0.005, oversampling=2, rng=0).y
    assert any("nearly a point" in reason for reason in dl.doubts(sharp, last(sharp, 13).psf))
    lawn = dl.simulate(
        dl.sample_image("brick", size=320), dl.shake(20, rng=6), sigma=0.005, boundary="unknown", rng=0
    ).y
    assert dl.doubts(lawn, last(lawn, 25).psf)
    empty = np.where(np.arange(sharp.shape[0])[:, None] < sharp.shape[0] // 2, 0.5, sharp)
    assert any("halves" in reason for reason in dl.doubts(empty, dl.motion(9, 30)))
    noise = 0.5 + 0.05 * np.random.default_rng(0).standard_normal((160, 170))
    assert dl.doubts(noise, last(noise, 13).psf)
    part = seen.y[:96, :140]  # large enough for the search, not in halves; and a PSF that is smaller than any search
    assert any("larger part" in reason for reason in dl.doubts(part, last(part, 31).psf))
    assert not any("larger part" in reason for reason in dl.doubts(part, dl.delta()))


def test_slopes_that_are_hardly_more_than_noise_are_doubted():
    """Catches: a noise that is off, a limit in the unit of the picture."""
    noise = 0.3 * np.random.default_rng(0).standard_normal((160, 170))
    assert _shaken._noise(noise) == pytest.approx(0.3, rel=0.05)
    assert _shaken._slope(noise) == pytest.approx(0.6, rel=0.05)
    sky = np.add.outer(np.linspace(0.1, 0.5, 150), np.where(np.arange(160) < 60, 0, 0.1))
    y = dl.simulate(sky, dl.disk(4), sigma=0.005, boundary="reflect", rng=0).y
    for seen in (y, 0.01 * y + 3):
        assert any("noise" in reason for reason in dl.doubts(seen, dl.disk(4)))
    y = shaken("camera", 8, 0, 300).y
    assert not any("noise" in reason for reason in dl.doubts(y, dl.disk(4)))

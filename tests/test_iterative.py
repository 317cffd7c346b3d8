"""Objectives and solvers against dense matrices, finite differences and a search that knows nothing of them."""

import itertools
from functools import cache

import numpy as np
import pytest
from helpers import BOUNDARIES, PSFS, dense_blur, dense_gradient, frozen, pairwise, ramp
from scipy import fft, linalg, ndimage, optimize

import deconvlab as dl
from deconvlab._algebra import coordinates

SHAPE = (8, 11)
OBJECTIVES = [dl.least_squares, dl.root_least_squares]
every_boundary = pytest.mark.parametrize("boundary", BOUNDARIES)
both_objectives = pytest.mark.parametrize("make", OBJECTIVES)
NAMES = ["ramp 3x5", "ramp 7x1", "shake", "gaussian", "delta"]
some_psfs = pytest.mark.parametrize("name", NAMES)


def picture(seed=0, dtype=float, shape=SHAPE):
    return frozen(np.random.default_rng(seed).random(shape).astype(dtype))


def blur(name, boundary):
    """A Blur and the shape of what it blurs."""
    H = dl.Blur(frozen(PSFS[name]), SHAPE, boundary)
    return H, H.shape_in


@cache
def dense(name, boundary):
    return dense_blur(PSFS[name], SHAPE, boundary), dense_gradient(blur(name, boundary)[1], boundary)


def value(make, name, boundary, x, y, weight):
    """The formula of the objective, and ||H x - y||."""
    A, D = dense(name, boundary)
    fit, rough = np.linalg.norm(A @ x.ravel() - y.ravel()), np.linalg.norm(D @ x.ravel())
    if make is dl.least_squares:
        return (fit**2 + weight * rough**2) / 2, fit
    return np.sqrt(fit**2 / 2) + weight * np.sqrt(rough**2 / 2), fit


def solution(name, boundary, y, weight):
    """The least-squares minimizer, from the dense normal equations."""
    A, D = dense(name, boundary)
    return np.linalg.solve(A.T @ A + weight * D.T @ D, A.T @ y.ravel()).reshape(blur(name, boundary)[1])


# Objectives


@pairwise(make=OBJECTIVES, name=NAMES, boundary=BOUNDARIES, weight=[0, 0.3])
def test_objective_is_its_formula(make, name, boundary, weight):
    H, shape = blur(name, boundary)
    x, y = picture(1, shape=shape), picture(2)
    f = make(H, y, weight)
    expected, fit = value(make, name, boundary, x, y, weight)
    got, gradient, residual_norm = f.evaluate(x)
    assert (got, residual_norm, f(x)) == pytest.approx((expected, fit, expected), rel=1e-12)
    np.testing.assert_array_equal(f.gradient(x), gradient)
    assert gradient.shape == f.shape == shape and type(got) is type(residual_norm) is float


@every_boundary
@both_objectives
@pytest.mark.parametrize("name", ["ramp 3x5", "ramp 7x1"])
@pytest.mark.parametrize("weight", [0, 0.3])
def test_gradient_is_the_finite_difference(make, name, boundary, weight):
    H, shape = blur(name, boundary)
    x, f = picture(1, shape=shape), make(H, picture(2), weight)
    numerical, h = np.empty(shape), 1e-5
    for pixel in np.ndindex(shape):
        nudge = np.zeros(shape)
        nudge[pixel] = h
        numerical[pixel] = (f(x + nudge) - f(x - nudge)) / (2 * h)
    np.testing.assert_allclose(f.gradient(x), numerical, atol=1e-8)


def test_gradient_of_a_root_that_vanishes_is_zero_and_not_nan():
    H, dark, flat = dl.Blur(ramp(3, 5), SHAPE, "zero"), np.zeros(SHAPE), np.full(SHAPE, 0.5)
    f = dl.root_least_squares(H, dark, 0.3)
    assert f.evaluate(dark)[0] == 0 and not f.gradient(dark).any()
    fit = dl.root_least_squares(H, dark, 0)
    np.testing.assert_array_equal(f.gradient(flat), fit.gradient(flat))


def test_root_data_term_falls_by_at_most_a_quarter_a_step():
    """Catches: a factor of sqrt(2) between the roots and the seed's."""
    f = dl.root_least_squares(dl.Blur(dl.delta(), SHAPE), picture(2), 0)
    assert np.linalg.norm(f.gradient(picture(1))) == pytest.approx(1 / np.sqrt(2))


@pairwise(name=NAMES, boundary=BOUNDARIES, weight=[0, 1e-3, 0.3, 100])
def test_lipschitz_bounds_the_curvature_and_is_exact_when_periodic(name, boundary, weight):
    A, D = dense(name, boundary)
    largest = np.linalg.eigvalsh(A.T @ A + weight * D.T @ D)[-1]
    lipschitz = dl.least_squares(blur(name, boundary)[0], picture(), weight).lipschitz
    if boundary == "periodic":
        assert lipschitz == pytest.approx(largest, rel=1e-12)
    else:
        assert largest <= lipschitz * (1 + 1e-12) and lipschitz < (1.8 if boundary == "reflect" else 1.5) * largest


@pytest.mark.parametrize("weight", [0, 0.3])
def test_a_step_of_two_over_lipschitz_is_the_edge(weight):
    f = dl.least_squares(dl.Blur(ramp(3, 5), SHAPE), y := picture(), weight)
    A, D = dense("ramp 3x5", "periodic")
    steepest = np.linalg.eigh(A.T @ A + weight * D.T @ D)[1][:, -1].reshape(SHAPE)
    x0 = solution("ramp 3x5", "periodic", y, max(weight, 1e-3)) + steepest

    def losses(step):
        return np.array([it.objective for it in itertools.islice(dl.gradient_descent(f, x0, step=step), 200)])

    assert np.all(np.diff(losses(1.99 / f.lipschitz)) < 1e-14)
    assert np.all(np.diff(losses(2.02 / f.lipschitz))[100:] > 0)


@every_boundary
@some_psfs
def test_gradient_is_zero_at_the_minimizer_only(name, boundary):
    (H, shape), y, weight = blur(name, boundary), picture(), 0.02
    x = dl.tikhonov(y, PSFS[name], weight) if boundary == "periodic" else solution(name, boundary, y, weight)
    f = dl.least_squares(H, y, weight)
    assert np.abs(f.gradient(x)).max() < 1e-14
    assert all(f(x) < f(x + 1e-3 * picture(seed, shape=shape)) for seed in range(5))


def test_root_objective_has_no_lipschitz_constant():
    assert dl.root_least_squares(dl.Blur(dl.delta(), SHAPE), picture(), 0.1).lipschitz is None


@pytest.mark.parametrize("shape", [(8, 11), (7, 8), (9, 1), (1, 2), (6, 2), (1, 9), (5, 3)])
def test_half_spectra_have_the_lengths_and_angles_of_their_pictures(shape):
    a, b = picture(1, shape=shape), picture(2, shape=shape) - 0.7
    space = coordinates(dl.Blur(dl.delta(), shape), b)
    assert space.dot(space.into(a), space.y) == pytest.approx(np.sum(a * b), rel=1e-12)
    assert space.dot(space.y, space.into(a)) == pytest.approx(np.sum(a * b), rel=1e-12)
    assert space.dot(space.D @ space.y, space.D @ space.y) == pytest.approx(np.sum((dl.Gradient() @ b) ** 2))
    np.testing.assert_allclose(space.back(space.into(a)), a, atol=1e-15)


# What all solvers promise


def solvers(boundary, dtype=float):
    """Each solver's iterates on the same data, and what it minimizes; the arguments write-protected."""
    H, shape = blur("ramp 3x5", boundary)
    y, x0 = picture(2, dtype), picture(3, dtype, shape)
    quadratic, root = (make(H, y, 0.02) for make in OBJECTIVES)
    yield dl.least_squares, dl.gradient_descent(quadratic, x0)
    yield dl.root_least_squares, dl.gradient_descent(root, x0, step=0.3)
    yield dl.least_squares, dl.nesterov(quadratic, x0)
    yield dl.root_least_squares, dl.nesterov(root, x0, step=0.1)
    for start, precondition in itertools.product((None, x0), (False, True)):
        yield dl.least_squares, dl.conjugate_gradient(H, y, weight=0.02, x0=start, precondition=precondition)
    yield dl.root_least_squares, dl.minimize_root(H, y, 0.02)


@every_boundary
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_iterates_count_from_zero_and_are_safe_to_keep(boundary, dtype):
    shape = blur("ramp 3x5", boundary)[1]
    for _, iterates in solvers(boundary, dtype):
        kept = list(itertools.islice(iterates, 8))
        copies = [it.x.copy() for it in kept[:-1]]
        assert [it.k for it in kept] == list(range(len(kept)))
        assert all(it.x.dtype == dtype and it.x.shape == shape for it in kept)
        assert all(type(it.objective) is type(it.residual_norm) is float for it in kept)
        list(itertools.islice(iterates, 5))
        assert all(np.array_equal(it.x, copy) for it, copy in zip(kept, copies, strict=False))
        assert not any(np.shares_memory(a.x, b.x) for a, b in itertools.combinations(kept, 2))


@every_boundary
def test_iterates_report_what_the_formula_says(boundary):
    for make, iterates in solvers(boundary):
        for it in itertools.islice(iterates, 80):
            expected = value(make, "ramp 3x5", boundary, it.x, picture(2), 0.02)
            assert (it.objective, it.residual_norm) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@every_boundary
def test_single_precision_walks_where_double_precision_walks(boundary):
    for (_, single), (_, double) in zip(solvers(boundary, np.float32), solvers(boundary), strict=True):
        for a, b in itertools.islice(zip(single, double, strict=False), 6):
            np.testing.assert_allclose(a.x, b.x, atol=1e-5)
            assert (a.objective, a.residual_norm) == pytest.approx((b.objective, b.residual_norm), rel=1e-4)


# Gradient descent


@both_objectives
def test_gradient_descent_takes_the_step_it_is_told(make):
    f, x = make(dl.Blur(ramp(3, 5), SHAPE, "zero"), picture(2), 0.1), picture(3)
    for it in itertools.islice(dl.gradient_descent(f, x, step=0.7), 4):
        np.testing.assert_allclose(it.x, x, atol=1e-14)
        x = x - 0.7 * f.gradient(x)


def test_gradient_descent_steps_by_one_over_lipschitz():
    f = dl.least_squares(dl.Blur(ramp(3, 5), SHAPE), picture(2), 0.1)
    usual, told = dl.gradient_descent(f, picture(3)), dl.gradient_descent(f, picture(3), step=1 / f.lipschitz)
    for a, b in itertools.islice(zip(usual, told, strict=True), 4):
        np.testing.assert_array_equal(a.x, b.x)


@every_boundary
@pytest.mark.parametrize("solver", [dl.gradient_descent, dl.nesterov])
def test_descent_ends_up_at_the_minimizer(solver, boundary):
    (H, shape), y = blur("ramp 3x5", boundary), picture(2)
    history = dl.run(solver(dl.least_squares(H, y, 0.3), np.zeros(shape)), 1000)
    np.testing.assert_allclose(history.x, solution("ramp 3x5", boundary, y, 0.3), atol=1e-8)
    assert np.all(np.diff(history.objective) < 1e-14) or solver is dl.nesterov


@pytest.mark.parametrize("solver", [dl.gradient_descent, dl.nesterov])
def test_descent_without_a_step_refuses_a_root_at_the_call(solver):
    f = dl.root_least_squares(dl.Blur(ramp(3, 5), SHAPE), picture(), 0.1)
    with pytest.raises(ValueError, match="^step: got none, expected a number: .* no Lipschitz constant$"):
        solver(f, picture())


def test_a_new_weight_costs_no_search_for_the_largest_singular_value(monkeypatch):
    """Catches: a slider of the weight that takes seconds, each time, for a 512x512 picture."""
    H = dl.Blur(ramp(3, 5), SHAPE, "zero")
    largest = dl.operator_norm(H) ** 2
    monkeypatch.setattr("deconvlab.operators.eigsh", None)  # a search raises
    assert dl.least_squares(H, picture(), 0.1).lipschitz > largest


# Nesterov's momentum


@every_boundary
def test_nesterov_takes_the_steps_of_beck_and_teboulle(boundary):
    (A, D), (H, shape) = dense("ramp 3x5", boundary), blur("ramp 3x5", boundary)
    y, x, step = picture(2), picture(3, shape=shape).ravel(), 0.4
    points, t = [x], 1.0
    for _ in range(12):
        z = points[-1]
        new = z - step * (A.T @ (A @ z - y.ravel()) + 0.1 * D.T @ (D @ z))
        t_new = (1 + np.sqrt(1 + 4 * t * t)) / 2
        points.append(new + (t - 1) / t_new * (new - x))
        x, t = new, t_new
    iterates = dl.nesterov(dl.least_squares(H, y, 0.1), picture(3, shape=shape), step=step)
    for it, z in zip(iterates, points, strict=False):
        np.testing.assert_allclose(it.x.ravel(), z, atol=1e-12)


def test_nesterov_keeps_its_bound_where_gradient_descent_is_slow():
    """Catches: momentum that is forgotten, starts late or stays small, with which it still descends."""
    H, y = dl.Blur(dl.gaussian(1.5, size=7), SHAPE), picture(2)
    f, x0 = dl.least_squares(H, y, 1e-6), np.zeros(SHAPE)
    best = dl.tikhonov(y, H.psf, 1e-6)
    told = dl.nesterov(f, x0, step=1 / f.lipschitz)
    gap = []
    for it, same in itertools.islice(zip(dl.nesterov(f, x0), told, strict=True), 300):
        np.testing.assert_array_equal(it.x, same.x)
        gap.append(f(it.x - f.gradient(it.x) / f.lipschitz) - f(best))
    k = np.arange(1, 301)
    assert np.all(gap <= 2 * f.lipschitz * np.sum((x0 - best) ** 2) / (k + 1) ** 2)
    assert gap[-1] < 0.2 * (dl.run(dl.gradient_descent(f, x0), 300).objective[-1] - f(best))


@pytest.mark.parametrize("weight", [0, 0.3])
def test_momentum_allows_four_thirds_of_the_step(weight):
    f = dl.least_squares(dl.Blur(ramp(3, 5), SHAPE), y := picture(), weight)
    A, D = dense("ramp 3x5", "periodic")
    steepest = np.linalg.eigh(A.T @ A + weight * D.T @ D)[1][:, -1].reshape(SHAPE)
    x0 = solution("ramp 3x5", "periodic", y, max(weight, 1e-3)) + steepest

    def last(share):
        return dl.run(dl.nesterov(f, x0, step=share / f.lipschitz), 1500).objective[-1]

    assert last(1.3) < f(x0) and last(1.4) > 1e3 * f(x0)


# Conjugate gradients


@pairwise(name=NAMES, boundary=BOUNDARIES, weight=[1e-3, 10], precondition=[False, True])
def test_conjugate_gradient_ends_by_itself_at_the_dense_solution(name, boundary, weight, precondition):
    (H, shape), y = blur(name, boundary), picture()
    exact = precondition and (boundary == "periodic" or name == "delta" or (name, boundary) == ("gaussian", "reflect"))
    for x0 in (None, picture(5, shape=shape)):
        history = dl.run(dl.conjugate_gradient(H, y, weight=weight, x0=x0, precondition=precondition), 1000)
        assert history.reason == "converged" and history.k < (3 if exact else 600 if boundary == "unknown" else 200)
        np.testing.assert_allclose(history.x, solution(name, boundary, y, weight), atol=1e-11)
        assert np.diff(history.objective).max() < 1e-14 * history.objective[0]


@pytest.mark.parametrize(("boundary", "plain", "fewer"), [("zero", 16, 6), ("reflect", 12, 4), ("unknown", 30, 12)])
def test_a_preconditioner_saves_most_steps(boundary, plain, fewer):
    """Catches: a preconditioner that is off by a factor or a flip, with which it still converges."""
    H, y = dl.Blur(PSFS["shake"], (48, 61), boundary), picture(shape=(48, 61))

    def steps(precondition):
        history = dl.run(dl.conjugate_gradient(H, y, weight=1, precondition=precondition), 200)
        gap = np.array(history.objective) - history.objective[-1]
        return np.argmax(gap < 1e-8 * gap[0])

    assert steps(True) <= fewer and steps(False) >= plain


@pytest.mark.parametrize("name", ["ramp 3x5", "ramp 7x1", "shake", "random"])
@pytest.mark.parametrize(("boundary", "shape"), [("zero", (7, 8)), ("reflect", (8, 7)), ("unknown", (7, 7))])
def test_preconditioner_knows_what_the_blur_leaves_of_each_cosine(name, boundary, shape):
    """Catches: cosines on the wrong grid, half of the power of a PSF that is not symmetric."""
    H = dl.Blur(PSFS[name], shape, boundary)
    power = coordinates(H, picture(shape=shape)).blur_power
    assert power.shape == H.shape_in
    for k in np.ndindex(H.shape_in):
        cosine = np.zeros(H.shape_in)
        cosine[k] = 1
        cosine = np.pad(fft.idctn(cosine, norm="ortho"), [(0, n) for n in H.shape_in], mode="symmetric")
        left = ndimage.convolve(cosine, PSFS[name], mode="wrap")
        assert power[k] == pytest.approx(np.sum(left**2) / np.sum(cosine**2), abs=1e-12)


def test_conjugate_gradient_needs_few_steps():
    """Catches: a wrong beta, with which it still descends, as slowly as gradient descent."""
    H, y = dl.Blur(dl.gaussian(0.7, size=7), (64, 64), "zero"), picture(shape=(64, 64))
    end = dl.run(dl.conjugate_gradient(H, y, weight=0.01), 1000)
    gap = np.array(end.objective) - end.objective[-1]
    assert end.k < 150 and np.argmax(gap < 1e-6 * gap[0]) < 35
    descent = dl.run(dl.gradient_descent(dl.least_squares(H, y, 0.01), np.zeros(y.shape)), 100)
    assert descent.objective[-1] > end.objective[35]


@pytest.mark.parametrize("precondition", [False, True])
@pytest.mark.parametrize("boundary", ["periodic", "zero", "reflect"])
def test_conjugate_gradient_without_a_weight_undoes_a_blur_that_lost_nothing(boundary, precondition):
    H, x = dl.Blur(dl.gaussian(0.45, size=7), SHAPE, boundary), picture()
    history = dl.run(dl.conjugate_gradient(H, H @ x, precondition=precondition), 1000)
    np.testing.assert_allclose(history.x, x, atol=1e-12)
    assert history.reason == "converged" and history.k < (25 if precondition else 150)


@every_boundary
@pytest.mark.parametrize("weight", [0, 1e-6, 1e6])
def test_conjugate_gradient_does_not_run_away_nor_report_a_residual_it_does_not_have(boundary, weight):
    """Catches: steps after the gradient is round-off, which double the objective every few steps, up to infinity."""
    tries = itertools.product(((np.float64, 1e-13), (np.float32, 1e-4)), (False, True))
    for (dtype, digits), precondition in tries:
        y, H = picture(dtype=dtype), dl.Blur(ramp(3, 5), SHAPE, boundary)
        history = dl.run(dl.conjugate_gradient(H, y, weight=weight, precondition=precondition), 400)
        tolerance = digits * (20 + float(np.linalg.norm(history.x)))
        assert np.linalg.norm(H @ history.x - y) == pytest.approx(history.residual_norm[-1], abs=tolerance)
        assert np.diff(history.objective).max() < digits * history.objective[0]


def test_conjugate_gradient_has_nothing_to_do_at_the_minimum():
    H, y = dl.Blur(ramp(3, 5), SHAPE), picture()
    assert [it.k for it in dl.conjugate_gradient(H, np.zeros(SHAPE), weight=0.1)] == [0]
    x0 = dl.tikhonov(y, ramp(3, 5), 0.1)
    assert len(list(dl.conjugate_gradient(H, y, weight=0.1, x0=x0))) < 3
    assert next(dl.conjugate_gradient(H, y, x0=x0)).x is not None


@every_boundary
def test_conjugate_gradient_in_single_precision_ends_and_is_as_good_as_it_can_be(boundary):
    y, H = picture(), dl.Blur(ramp(3, 5), SHAPE, boundary)
    for precondition in (False, True):
        solver = dl.conjugate_gradient(H, y.astype(np.float32), weight=0.1, precondition=precondition)
        history = dl.run(solver, 1000)
        assert history.reason == "converged" and history.x.dtype == np.float32
        np.testing.assert_allclose(history.x, solution("ramp 3x5", boundary, y, 0.1), atol=1e-5)


# The exact minimizer of the root objective


@cache
def modes(name, boundary):
    """V and d with V.T (H.T H + D.T D) V = I and V.T D.T D V = diag(d)."""
    A, D = dense(name, boundary)
    return linalg.eigh(D.T @ D, A.T @ A + D.T @ D)[::-1]


@cache
def slope_of_push(name, boundary):
    """D (D.T D)^+, by a dense pseudoinverse."""
    _, D = dense(name, boundary)
    return D @ np.linalg.pinv(D.T @ D, rcond=1e-12)


def search(name, boundary, y, weight):
    """The lowest root objective that a dense Tikhonov solution or a constant reaches: the minimizer is one of them."""
    (A, _), (V, d) = dense(name, boundary), modes(name, boundary)
    light, data = A.sum(axis=1), y.ravel()
    level = light @ data / (light @ light)

    def objective(log):
        x = V @ ((V.T @ (A.T @ data)) / (1 - d + np.exp(log) * d))
        return value(dl.root_least_squares, name, boundary, x, y, weight)[0]

    grid = np.linspace(-25, 18, 60)
    best = grid[np.argmin([objective(log) for log in grid])]
    found = optimize.minimize_scalar(objective, bounds=(best - 1, best + 1), method="bounded", options={"xatol": 1e-9})
    constant = value(dl.root_least_squares, name, boundary, np.full(A.shape[1], level), y, weight)[0]
    return min(found.fun, constant), constant


def threshold(name, boundary, y):
    """The weight above which the constant is the minimizer, from the formula with dense pseudoinverses."""
    A, _ = dense(name, boundary)
    light, data = A.sum(axis=1), y.ravel()
    residual = light * (light @ data) / (light @ light) - data
    push = A.T @ residual / np.linalg.norm(residual)
    return np.linalg.norm(slope_of_push(name, boundary) @ push)


@pairwise(name=["ramp 7x1", "shake", "delta"], boundary=BOUNDARIES, part=[0.1, 0.5, 0.99])
def test_minimize_root_finds_what_a_search_finds(name, boundary, part):
    """Catches, with the delta: a start without residual, from which no step leads away.

    With the unknown outside and a small weight the minimizer fits y exactly or nearly so, and the steps get short.
    """
    crawls = boundary == "unknown" and part == 0.1
    y = picture()
    weight = part * threshold(name, boundary, y)
    lowest, constant = search(name, boundary, y, weight)
    history = dl.run(dl.minimize_root(dl.Blur(PSFS[name], SHAPE, boundary), y, weight), 1000)
    assert history.reason == "converged" or crawls
    assert history.objective[-1] == pytest.approx(lowest, rel=0.02 if crawls else 1e-7)
    assert np.all(np.diff(history.objective) <= 0)
    assert history.objective[-1] < constant or part > 0.9
    exact = value(dl.root_least_squares, name, boundary, history.x, y, weight)
    assert (history.objective[-1], history.residual_norm[-1]) == pytest.approx(exact, rel=1e-11, abs=1e-13)


@every_boundary
@some_psfs
def test_minimize_root_knows_from_which_weight_on_the_constant_wins(name, boundary):
    y, H = picture(), dl.Blur(PSFS[name], SHAPE, boundary)
    edge = threshold(name, boundary, y)
    above, below = (search(name, boundary, y, factor * edge) for factor in (1.03, 0.97))
    assert above[0] == pytest.approx(above[1], rel=1e-9) and below[0] < below[1] * (1 - 1e-6)  # the formula is right

    (constant,) = dl.minimize_root(H, y, edge * (1 + 1e-9))
    assert np.ptp(constant.x) == 0 and constant.objective == pytest.approx(above[1])
    first = next(dl.minimize_root(H, y, edge * (1 - 1e-9)))
    assert np.ptp(first.x) > 0


@pairwise(
    boundary=["unknown", "zero", "periodic"],
    name=["gaussian", "shake"],
    dtype=[np.float32, np.float64],
    weight=[0.1, 1e-3],
)
def test_minimize_root_with_a_small_weight_comes_near_the_minimum_or_says_so(name, boundary, dtype, weight):
    """Catches: "converged" far above the minimum, where each step is short and many are left."""
    y = picture()
    lowest, _ = search(name, boundary, y, weight)
    solver = dl.minimize_root(dl.Blur(PSFS[name], SHAPE, boundary), y.astype(dtype), weight)
    history = dl.run(solver, 400, progress=False)
    reached = history.objective[-1]
    assert reached < lowest * 1.01 + 1e-6 or history.reason != "converged"
    assert reached < lowest * 1.2 + 1e-3, history.reason


def test_minimize_root_says_that_rounding_stopped_it():
    """Catches: a picture that fits y exactly, three times as rough as another one that does, and "converged"."""
    y = picture(dtype=np.float32)
    history = dl.run(dl.minimize_root(dl.Blur(PSFS["motion"], SHAPE, "unknown"), y, 1e-6), 2000, progress=False)
    assert history.reason.startswith("no longer falling, ") and "proved to be at least" in history.reason


@every_boundary
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_huge_weight_gives_the_constant_that_fits_best(boundary, dtype):
    y, H = picture(dtype=dtype), dl.Blur(ramp(3, 5), SHAPE, boundary)
    light = dense("ramp 3x5", boundary)[0].sum(axis=1)
    for weight in (10, 1e10, 1e300):
        (it,) = dl.minimize_root(H, y, weight)
        assert np.ptp(it.x) == 0 and it.x.dtype == dtype
        assert it.x[0, 0] == pytest.approx(light @ y.ravel() / (light @ light), rel=1e-6)
        assert it.residual_norm == pytest.approx(np.linalg.norm(H @ it.x - y), rel=1e-6)
        assert it.objective == pytest.approx(it.residual_norm / np.sqrt(2))


@every_boundary
@pytest.mark.parametrize("weight", [0, 1e-3, 1])
@pytest.mark.parametrize("level", [0.0, 0.3, -0.3])
def test_flat_data_of_a_flat_picture_give_the_flat_picture(boundary, weight, level):
    H, shape = blur("ramp 3x5", boundary)
    history = dl.run(dl.minimize_root(H, H @ np.full(shape, level), weight), 100)
    np.testing.assert_allclose(history.x, level, atol=1e-12)
    assert history.reason == "converged" and history.objective[-1] < 1e-14


def stripes(psf, boundary):
    """Data of which the blur sees nothing, or next to nothing."""
    return dl.Blur(psf, SHAPE, boundary), np.tile([[0.5], [-0.5]], (4, 11))


@every_boundary
@pytest.mark.parametrize("weight", [0, 1e-300, 1e-4])
def test_a_tiny_weight_stays_bounded_and_ends(boundary, weight):
    """Catches: division by a norm that is zero, or that has become smaller than any number."""
    blurs = [dl.Blur(PSFS[name], SHAPE, boundary) for name in ("ramp 3x5", "shake", "delta")]
    problems = [(H, picture(dtype=dtype)) for H in blurs for dtype in (np.float32, np.float64)]
    problems += [(H, np.full(SHAPE, 0.3)) for H in blurs]
    problems += [stripes(np.array([[0.25], [0.5], [0.25]]), boundary), stripes(ramp(3, 1), boundary)]
    for H, y in problems:
        history = dl.run(dl.minimize_root(H, y, weight), 60)
        assert np.all(np.isfinite(history.objective)) and np.all(np.isfinite(history.x))
        assert np.all(np.diff(history.objective) <= 0)
        assert np.abs(history.x).max() < 1e4
        digits = 1e-4 if y.dtype == np.float32 else 1e-11
        assert np.linalg.norm(H @ history.x - y) == pytest.approx(history.residual_norm[-1], abs=digits)


@pytest.mark.parametrize("name", ["gaussian", "delta"])
@every_boundary
def test_without_a_weight_it_ends_when_what_is_left_to_fit_is_round_off(name, boundary):
    H, shape = blur(name, boundary)
    x = picture(shape=shape)
    history = dl.run(dl.minimize_root(H, H @ x, 0), 2000)
    assert history.reason == "converged" and history.residual_norm[-1] < 1e-9
    if boundary != "unknown" or name == "delta":  # otherwise many pictures fit
        np.testing.assert_allclose(history.x, x, atol=1e-9)


@every_boundary
@some_psfs
def test_minimize_root_in_single_precision_ends_close_to_the_minimum(name, boundary):
    y = picture()
    weight = 0.4 * threshold(name, boundary, y)
    solver = dl.minimize_root(dl.Blur(PSFS[name], SHAPE, boundary), y.astype(np.float32), weight)
    history = dl.run(solver, 300)
    assert history.reason == "converged" and history.x.dtype == np.float32
    lowest, _ = search(name, boundary, y, weight)
    assert value(dl.root_least_squares, name, boundary, history.x, y, weight)[0] == pytest.approx(lowest, rel=1e-4)


def test_a_step_that_rounding_made_worse_is_not_shown(monkeypatch):
    """Catches: a last objective above the last but one, as happens to some data in single precision."""
    twice = "deconvlab._descent.conjugate_steps", lambda space, D, w, state, *_: iter([[2 * part for part in state]])
    monkeypatch.setattr(*twice)
    assert [it.k for it in dl.minimize_root(dl.Blur(ramp(3, 5), SHAPE), picture(), 0.1)] == [0]


@pytest.mark.parametrize("columns", [5, 6, 7])
def test_a_blur_that_leaves_no_slope_is_no_division_by_zero(columns):
    H = dl.Blur(np.full((3, 3), 1 / 9), (3, columns))
    for y in (np.indices(H.shape_in)[0] % 2 - 0.5, np.indices(H.shape_in)[1] % 3 - 1.0):
        for dtype in (np.float32, np.float64):
            history = dl.run(dl.minimize_root(H, y.astype(dtype), 0), 100)
            assert np.all(np.isfinite(history.x)) and np.abs(history.x).max() < 10


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 5)])
@every_boundary
def test_minimize_root_takes_the_smallest_pictures(shape, boundary):
    psf = ramp(min(shape[0], 3) // 2 * 2 - 1 if shape[0] > 1 else 1, 1)
    y = picture(shape=shape)
    for weight in (0, 1e-3, 0.1, 100):
        history = dl.run(dl.minimize_root(dl.Blur(psf, shape, boundary), y, weight), 2000)
        assert history.reason == "converged" and np.all(np.isfinite(history.x))
    assert np.ptp(history.x) == 0

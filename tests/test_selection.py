"""Rules that choose the weight: what they compute, what they pick, and where they fail."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from helpers import dense_blur, dense_gradient, frozen, full_otf, pairwise, ramp
from scipy import ndimage, optimize

import deconvlab as dl

SIGMA = 0.05
RULES = {
    "discrepancy": lambda y, psf, x_true, **options: dl.discrepancy(y, psf, SIGMA, **options),
    "corrected": lambda y, psf, x_true, **options: dl.discrepancy(y, psf, SIGMA, corrected=True, **options),
    "gcv": lambda y, psf, x_true, **options: dl.gcv(y, psf, **options),
    "l_curve": lambda y, psf, x_true, **options: dl.l_curve(y, psf, **options),
    "sure": lambda y, psf, x_true, **options: dl.sure(y, psf, SIGMA, **options),
    "oracle": dl.oracle,
}
EVERY = pytest.mark.parametrize("rule", RULES)
PENALTIES = pytest.mark.parametrize("penalty", ["gradient", "identity"])
SMALL = pytest.mark.parametrize(
    ("shape", "psf"), [((8, 11), ramp(3, 5)), ((7, 12), ramp(1, 7)), ((9, 9), ramp(3, 3)), ((8, 8), ramp(5, 1))],
    ids=["8x11", "7x12", "9x9", "8x8"],
)  # fmt: skip


MIRRORED = pytest.mark.parametrize(
    ("shape", "psf"), [((8, 11), dl.gaussian((0.6, 1), size=(3, 5))), ((7, 12), dl.motion(5)), ((9, 9), dl.disk(1.3))],
    ids=["8x11", "7x12", "9x9"],
)  # fmt: skip


def observed(shape, psf, dtype=float, seed=3):
    """A small smooth picture with a strong edge, blurred, with noise of SIGMA."""
    x_true = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), 1.5, mode="wrap")
    x_true = (x_true - x_true.min()) / np.ptp(x_true)
    x_true[: shape[0] // 2, 1 : shape[1] // 3] += 0.5
    y = dl.simulate(x_true, psf, sigma=SIGMA, rng=seed).y
    return frozen(y.astype(dtype), x_true.astype(dtype))


def decibels(y, psf, x_true, weight, penalty="gradient"):
    return dl.psnr(x_true, dl.tikhonov(y, psf, weight, penalty))


def derivatives(f, u, h=0.02):
    """First and second derivative by differences of fourth order."""
    far_left, left, here, right, far_right = (f(u + k * h) for k in (-2, -1, 0, 1, 2))
    first = (8 * (right - left) - (far_right - far_left)) / (12 * h)
    return first, (16 * (left + right) - far_left - far_right - 30 * here) / (12 * h**2)


# What the scores are


class Dense:
    """The same problem in matrices, without any Fourier transform."""

    def __init__(self, y, psf, x_true, penalty, boundary="periodic"):
        self.y, self.x_true, self.H = y.ravel(), x_true.ravel(), dense_blur(psf, y.shape, boundary)
        self.D = dense_gradient(y.shape, boundary) if penalty == "gradient" else np.eye(y.size)

    def hat(self, weight):
        """The matrix A that takes y to H x."""
        return self.H @ np.linalg.solve(self.H.T @ self.H + weight * self.D.T @ self.D, self.H.T)

    def x(self, weight):
        return np.linalg.solve(self.H.T @ self.H + weight * self.D.T @ self.D, self.H.T @ self.y)

    def residual_norm(self, weight):
        return np.linalg.norm(self.H @ self.x(weight) - self.y)

    discrepancy = residual_norm

    def corrected(self, weight):
        """What sigma would have to be; without the part of y that no x explains."""
        seen = self.H @ np.linalg.pinv(self.H, rcond=1e-10)
        left = np.linalg.norm(seen @ (self.H @ self.x(weight) - self.y))
        return left / np.trace(seen - self.hat(weight)) ** 0.5

    def gcv(self, weight):
        trace = np.trace(np.eye(self.y.size) - self.hat(weight))
        return self.y.size * self.residual_norm(weight) ** 2 / trace**2

    def sure(self, weight):
        freedom = np.trace(self.hat(weight))
        return (self.residual_norm(weight) ** 2 + 2 * SIGMA**2 * freedom) / self.y.size - SIGMA**2

    def oracle(self, weight):
        return np.mean((self.x(weight) - self.x_true) ** 2)

    def l_curve(self, weight):
        """How fast the direction of the curve turns along it; without the part of y that no x explains."""
        seen = self.H @ np.linalg.pinv(self.H, rcond=1e-10)
        misfit = lambda u: np.log(np.linalg.norm(seen @ (self.H @ self.x(np.exp(u)) - self.y)))  # noqa: E731
        x_1, x_2 = derivatives(misfit, np.log(weight))
        y_1, y_2 = derivatives(lambda u: np.log(np.linalg.norm(self.D @ self.x(np.exp(u)))), np.log(weight))
        return (x_1 * y_2 - y_1 * x_2) / np.hypot(x_1, y_1) ** 3


@EVERY
@PENALTIES
@SMALL
def test_scores_are_those_of_dense_matrices(rule, penalty, shape, psf):
    """Catches: half-spectrum columns not counted twice; a wrong trace, norm, sign or power of the weight."""
    y, x_true = observed(shape, psf)
    selection = RULES[rule](y, psf, x_true, penalty=penalty)
    dense = getattr(Dense(y, psf, x_true, penalty), rule)
    some = slice(18, 56, 4)
    expected = [dense(weight) for weight in selection.weights[some]]
    tolerance = {"abs": 1e-5} if rule == "l_curve" else {"rel": 1e-7}
    assert selection.scores[some] == pytest.approx(expected, **tolerance)


@EVERY
@PENALTIES
@MIRRORED
def test_scores_of_mirrored_pictures_are_those_of_dense_matrices(rule, penalty, shape, psf):
    """Catches: a cosine that counts twice, a mean in the wrong place, slopes that wrap around."""
    y, x_true = observed(shape, psf)
    selection = RULES[rule](y, psf, x_true, penalty=penalty, boundary="reflect")
    dense = getattr(Dense(y, psf, x_true, penalty, "reflect"), rule)
    some = slice(18, 56, 4)
    expected = [dense(weight) for weight in selection.weights[some]]
    tolerance = {"abs": 1e-5} if rule == "l_curve" else {"rel": 1e-7}
    assert selection.scores[some] == pytest.approx(expected, **tolerance)


@PENALTIES
@pytest.mark.parametrize("shape", [(40, 33), (33, 40)])
def test_scores_are_those_of_the_filter_itself(penalty, shape):
    """Catches: a missing conj, a mean that is left out or counted twice, bands that are too coarse."""
    psf = dl.shake(6, rng=1)
    y, x_true = observed(shape, psf)
    H = dl.Blur(psf, shape)
    left, error = dl.discrepancy(y, psf, SIGMA, penalty=penalty), dl.oracle(y, psf, x_true, penalty=penalty)
    for weight, residual_norm, mean_square in zip(left.weights, left.scores, error.scores, strict=True):
        x = dl.tikhonov(y, psf, weight, penalty)
        assert np.linalg.norm(H @ x - y) == pytest.approx(residual_norm, rel=1e-7)
        assert np.mean((x - x_true) ** 2) == pytest.approx(mean_square, rel=1e-7)


def full_spectrum(y, psf, x_true, penalty):
    """Every score as a sum over all frequencies, one by one: no half spectrum and no bands."""
    n, frequencies = y.size, np.meshgrid(*(2 * np.pi * np.fft.fftfreq(size) for size in y.shape), indexing="ij")
    H, D = full_otf(psf, y.shape), np.ones(y.shape)
    if penalty == "gradient":
        D = sum(2 - 2 * np.cos(frequency) for frequency in frequencies)
    Y, X = (np.fft.fft2(image) / np.sqrt(n) for image in (y, x_true))

    def filtered(weight):
        return np.conj(H) * Y / (np.abs(H) ** 2 + weight * D)

    def residual(weight):
        return np.sum(np.abs(H * filtered(weight) - Y) ** 2)

    def trace(weight):
        return np.sum(weight * D / (np.abs(H) ** 2 + weight * D))

    seen = np.abs(H) ** 2 > np.exp(-20) * 1e-8 * np.max(np.abs(H) ** 2) / np.max(D) * D  # not lost at any weight

    def corrected(weight):
        left = np.sum(np.abs(H * filtered(weight) - Y)[seen] ** 2)
        return (left / np.sum((weight * D / (np.abs(H) ** 2 + weight * D))[seen])) ** 0.5

    def curvature(weight):
        misfit = lambda u: np.log(np.sum(np.abs(H * filtered(np.exp(u)) - Y)[seen] ** 2)) / 2  # noqa: E731
        x_1, x_2 = derivatives(misfit, np.log(weight))
        rough = lambda u: np.log(np.sum(D * np.abs(filtered(np.exp(u))) ** 2)) / 2  # noqa: E731
        y_1, y_2 = derivatives(rough, np.log(weight))
        return (x_1 * y_2 - y_1 * x_2) / np.hypot(x_1, y_1) ** 3

    return {
        "discrepancy": lambda weight: residual(weight) ** 0.5,
        "corrected": corrected,
        "gcv": lambda weight: n * residual(weight) / trace(weight) ** 2,
        "sure": lambda weight: residual(weight) / n - SIGMA**2 + 2 * SIGMA**2 * (1 - trace(weight) / n),
        "oracle": lambda weight: np.mean(np.abs(filtered(weight) - X) ** 2),
        "l_curve": curvature,
    }


BLURS = {"gaussian": dl.gaussian(2), "motion": dl.motion(9, 30), "shake": dl.shake(9, rng=2)}


def photograph(psf, dtype=float):
    x_true = dl.sample_image("camera", size=(97, 64)).astype(dtype)
    return dl.simulate(x_true, psf, sigma=SIGMA, rng=0).y, x_true


@pairwise(rule=RULES, penalty=["gradient", "identity"], blur=BLURS)
def test_bands_lose_nothing(rule, penalty, blur):
    """Catches: fewer bands, or coarser interpolation between them, than 1e-8 takes."""
    psf = BLURS[blur]
    y, x_true = photograph(psf)
    selection = RULES[rule](y, psf, x_true, penalty=penalty)
    exact = full_spectrum(y, psf, x_true, penalty)[rule]
    some = slice(20, None, 5) if rule == "l_curve" else slice(None)  # differences need smooth sums
    tolerance = {"rel": 1e-5, "abs": 1e-5} if rule == "l_curve" else {"rel": 2e-8}
    assert selection.scores[some] == pytest.approx([exact(weight) for weight in selection.weights[some]], **tolerance)


@pairwise(rule=RULES, penalty=["gradient", "identity"], blur=BLURS)
def test_the_pick_is_the_optimum_and_not_a_grid_point(rule, penalty, blur):
    """Catches: a search that stops at the grid, brackets the wrong side, or climbs where it should descend."""
    psf = BLURS[blur]
    y, x_true = photograph(psf)
    selection = RULES[rule](y, psf, x_true, penalty=penalty)
    exact = full_spectrum(y, psf, x_true, penalty)[rule]
    if rule == "discrepancy":
        assert exact(selection.weight) == pytest.approx(SIGMA * np.sqrt(y.size), rel=1e-7)
        return
    if rule == "corrected":
        assert exact(selection.weight) == pytest.approx(SIGMA, rel=1e-7)
        return
    sign = -1 if rule == "l_curve" else 1
    near = np.log(selection.weight) + np.array([-2, 2])
    log_weight = optimize.brute(lambda u: sign * exact(np.exp(u[0])), [tuple(near)], Ns=41, finish=optimize.fmin,
                                disp=False)  # fmt: skip
    assert np.log(selection.weight) == pytest.approx(log_weight[0], abs=1e-3)
    if rule != "l_curve":
        assert exact(selection.weight) <= min(selection.scores) * (1 + 1e-8)
    else:
        assert exact(selection.weight) >= max(selection.scores[1:-1]) - 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_waves_that_the_blur_wiped_out_do_not_unsettle_the_corrected_rule(seed):
    """Catches: no pick at all where they hold a little more noise than they should, by chance."""
    psf, x_true = dl.motion(15), dl.sample_image("camera", size=(120, 120))  # 120 is a multiple of 15: exact zeros
    y = dl.simulate(x_true, psf, sigma=SIGMA, rng=seed).y
    pick, best = dl.discrepancy(y, psf, SIGMA, corrected=True), dl.oracle(y, psf, x_true)
    assert 1 < pick.weight / best.weight < 2


def test_sure_is_right_on_average_over_the_noise():
    """Catches: a constant or a factor 2 that is missing from the estimate."""
    psf, shape, draws = ramp(3, 5), (9, 12), 500
    x_true = observed(shape, psf)[1]
    blurred = dl.Blur(psf, shape) @ x_true
    rng = np.random.default_rng(7)
    some = slice(10, 60, 8)
    weights = dl.sure(blurred, psf, SIGMA).weights[some]
    hats = [Dense(blurred, psf, x_true, "gradient").hat(weight) for weight in weights]
    difference = np.empty((draws, len(weights)))
    for draw in range(draws):
        y = dl.add_gaussian(blurred, SIGMA, rng=rng)
        true = [np.mean((hat @ y.ravel() - blurred.ravel()) ** 2) for hat in hats]
        difference[draw] = dl.sure(y, psf, SIGMA).scores[some] - true
    standard_error = difference.std(axis=0) / np.sqrt(draws)
    assert (np.abs(difference.mean(axis=0)) < 3.5 * standard_error).all()
    assert (standard_error[:4] < 0.01 * SIGMA**2).all()


# Curvature


def test_one_frequency_has_a_curve_in_closed_form_and_no_corner():
    """||H x - y|| = c s and ||x|| = c (1 - s) with s = weight / (1 + weight): it bends the other way everywhere."""
    y = np.tile(np.cos(2 * np.pi * 3 * np.arange(16) / 16), (12, 1))
    selection = dl.l_curve(y, dl.delta(), penalty="identity")
    s = selection.weights / (1 + selection.weights)
    expected = -(1 / (s * (1 - s) ** 2) + 1 / (s**2 * (1 - s))) / (1 / s**2 + 1 / (1 - s) ** 2) ** 1.5
    assert selection.scores == pytest.approx(expected, rel=1e-6)
    assert np.isnan(selection.weight)
    assert "no corner" in selection.note


def test_two_frequencies_have_a_corner_where_the_formula_says():
    """A strong wave that the blur keeps and a weak one that it nearly loses, on a curve in closed form."""
    psf, columns = dl.gaussian((1, 2.5)), 2 * np.pi * np.arange(48) / 48
    y = np.tile(np.cos(2 * columns) + 1e-4 * np.cos(15 * columns), (12, 1))
    ratio = np.abs(full_otf(psf, y.shape)[0, [2, 15]]) ** 2
    energy = y.size / 2 * np.array([1, 1e-8])

    def place(log_weight):
        lost = np.exp(log_weight) / (np.exp(log_weight) + ratio)
        return np.log([lost**2 @ energy, (1 - lost) ** 2 @ (energy / ratio)]) / 2

    def curvature(log_weight):
        (x_1, y_1), (x_2, y_2) = derivatives(place, log_weight)
        return (x_1 * y_2 - y_1 * x_2) / np.hypot(x_1, y_1) ** 3

    selection = dl.l_curve(y, psf, penalty="identity")
    log_weights = np.log(selection.weights)
    assert selection.scores == pytest.approx([curvature(u) for u in log_weights], abs=1e-4, rel=1e-4)
    assert selection.scores.max() > 1 > 0 > selection.scores.min()
    fine = np.linspace(log_weights[0], log_weights[-1], 20001)
    corner = fine[np.argmax([curvature(u) for u in fine])]
    assert np.log(selection.weight) == pytest.approx(corner, abs=0.01)
    assert ratio[1] < selection.weight < ratio[0]


def test_an_end_of_the_curve_is_no_corner(monkeypatch):
    """Catches: M31. The curvature that grows up to an end of the range has its maximum there, and no corner."""
    y, _ = photograph(dl.gaussian(2))
    corner, geomspace = dl.l_curve(y, dl.gaussian(2)).weight, np.geomspace
    for low, high, end in ((2 * corner, 1e3, 0), (1e-9, corner / 2, 60)):
        part = geomspace(8 * low, 8 * high, 61)
        monkeypatch.setattr(np, "geomspace", lambda *_, part=part: part)
        cut = dl.l_curve(y, dl.gaussian(2))
        assert cut.scores.argmax() == end and cut.scores[end] > 0.1
        assert np.isnan(cut.weight) and "no corner" in cut.note


# What is the same for every rule


@EVERY
def test_a_selection_says_what_it_needs(rule):
    y, x_true = observed((12, 17), ramp(3, 5))
    selection = RULES[rule](y, ramp(3, 5), x_true)
    needs = {rule: "needs sigma" for rule in ("discrepancy", "corrected", "sure")} | {"oracle": "needs the truth"}
    assert selection.note == needs.get(rule, "needs nothing")
    assert isinstance(selection.weight, float)
    assert selection.weights[0] < selection.weight < selection.weights[-1]
    assert selection.weights.shape == selection.scores.shape == (61,)
    assert np.isfinite(selection.scores).all()
    with pytest.raises(dataclasses.FrozenInstanceError):
        selection.weight = 1.0


@PENALTIES
def test_weights_are_relative_to_the_blur_and_the_penalty(penalty):
    y, _ = observed((12, 16), ramp(3, 5))
    weights = dl.gcv(y, ramp(3, 5), penalty=penalty).weights
    assert weights == pytest.approx(np.geomspace(1e-8, 1e4, 61) / (8 if penalty == "gradient" else 1))
    sharpener = np.array([[-1.0, 3.0, -1.0]])  # up to 5 times as strong at some waves
    assert dl.gcv(y, sharpener, penalty=penalty).weights == pytest.approx(25 * weights)


@EVERY
@PENALTIES
def test_float32_gives_the_same_answer(rule, penalty):
    psf = dl.shake(9, rng=2)
    (y, x_true), (y_32, x_32) = photograph(psf), (image.astype(np.float32) for image in photograph(psf))
    selection, single = RULES[rule](y, psf, x_true, penalty=penalty), RULES[rule](y_32, psf, x_32, penalty=penalty)
    assert single.weight == pytest.approx(selection.weight, rel=1e-3)
    assert single.scores == pytest.approx(selection.scores, rel=1e-3, abs=1e-3 if rule == "l_curve" else 0)
    coarse = RULES[rule](y_32, psf.astype(np.float32), x_32, penalty=penalty)
    assert coarse.weight == pytest.approx(selection.weight, rel=1e-3)


@EVERY
@PENALTIES
def test_shifted_mirrored_and_scaled_pictures_get_the_same_weight(rule, penalty, monkeypatch):
    """Catches: rows and columns mixed up, a PSF off its centre, a score that depends on the unit of brightness."""
    psf = ramp(3, 5)
    y, x_true = observed((18, 25), psf)

    def pick(y, psf, x_true):
        return RULES[rule](y, psf, x_true, penalty=penalty).weight

    weight = pytest.approx(pick(y, psf, x_true), rel=1e-3 if rule == "l_curve" else 1e-5)
    assert pick(np.roll(y, (3, -4), (0, 1)), psf, np.roll(x_true, (3, -4), (0, 1))) == weight
    assert pick(y.T, psf.T, x_true.T) == weight
    assert pick(y[::-1, ::-1], psf[::-1, ::-1], x_true[::-1, ::-1]) == weight
    monkeypatch.setitem(globals(), "SIGMA", 100 * SIGMA)
    assert pick(100 * y, psf, 100 * x_true) == weight


@EVERY
def test_a_constant_does_not_matter_to_the_gradient(rule):
    y, x_true = observed((18, 25), ramp(3, 5))
    weight = RULES[rule](y, ramp(3, 5), x_true).weight
    assert RULES[rule](y + 7, ramp(3, 5), x_true + 7).weight == pytest.approx(weight, rel=1e-5)


def test_an_error_of_the_mean_is_counted_and_does_not_move_the_oracle():
    y, x_true = observed((18, 25), ramp(3, 5))
    right, off = dl.oracle(y, ramp(3, 5), x_true), dl.oracle(y, ramp(3, 5), x_true + 1)
    error = y.mean() - x_true.mean()
    assert off.scores - right.scores == pytest.approx(np.full(61, (error - 1) ** 2 - error**2))
    assert off.weight == pytest.approx(right.weight, rel=1e-4)


@EVERY
@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (2, 33), (33, 2)])
def test_thin_pictures(rule, shape):
    psf = np.full((1, 3) if shape[0] <= 2 else (3, 1), 1 / 3)
    rng = np.random.default_rng(0)
    x_true = np.cumsum(rng.standard_normal(shape), axis=np.argmax(shape)) / 10
    y = dl.simulate(x_true, psf, sigma=SIGMA, rng=1).y
    selection = RULES[rule](y, psf, x_true)
    exact = full_spectrum(y, psf, x_true, "gradient")[rule]
    some = slice(30, 60, 6)
    assert selection.scores[some] == pytest.approx([exact(w) for w in selection.weights[some]], rel=1e-5, abs=1e-5)


@EVERY
def test_memory_stays_within_twelve_pictures(rule):
    """Of single precision, where whatever is done in double counts twice."""
    y = np.random.default_rng(0).random((512, 512), dtype=np.float32)
    tracemalloc.start()
    RULES[rule](y, dl.gaussian(2), y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * y.nbytes


# No answer


@pytest.mark.parametrize("sigma", [0, 1e-4, 10.0])
def test_no_weight_fits_an_absurd_sigma(sigma):
    psf = dl.gaussian(2)
    y, _ = photograph(psf)
    selection = dl.discrepancy(y, psf, sigma)
    assert np.isnan(selection.weight)
    assert selection.note.startswith("needs sigma; no weight fits this sigma: the residual is from ")
    low, high = selection.scores[[0, -1]] / np.sqrt(y.size)
    assert f"{low:.2g} to {high:.2g} rms, never {sigma:.2g}" in selection.note


def test_nan_is_refused_by_the_filter():
    y, _ = photograph(dl.gaussian(2))
    with pytest.raises(ValueError, match="weight: got nan"):
        dl.tikhonov(y, dl.gaussian(2), dl.discrepancy(y, dl.gaussian(2), 0).weight)


@pytest.mark.parametrize("psf", [dl.gaussian(2), dl.motion(9, 30)], ids=["gaussian", "motion"])
def test_data_without_noise_want_no_weight(psf):
    x_true = dl.sample_image("camera", size=128)
    y = dl.simulate(x_true, psf, sigma=0, rng=0).y
    for selection in (dl.gcv(y, psf), dl.sure(y, psf, 0), dl.oracle(y, psf, x_true)):
        assert np.isnan(selection.weight)
        assert selection.scores.argmin() == 0
        assert "; the best weight is at the end of the range: is there no noise" in selection.note
    corner = dl.l_curve(y, psf)
    assert np.isnan(corner.weight)
    assert corner.note.startswith("needs nothing; no corner: ")


def test_nothing_but_noise_wants_all_weight():
    y = np.random.default_rng(0).standard_normal((64, 65))
    for selection in (dl.oracle(y, dl.gaussian(2), 0 * y), dl.sure(y, dl.gaussian(2), 1.5)):
        assert np.isnan(selection.weight)
        assert selection.scores.argmin() == 60
        assert selection.note.endswith("the best weight is at the end of the range: is there only noise?")


def test_nothing_to_choose():
    """A weight on the identity without a blur scales the picture, and cross-validation does not see that."""
    y, _ = photograph(dl.gaussian(2))
    selection = dl.gcv(y, dl.delta(), penalty="identity")
    assert np.isnan(selection.weight)
    assert selection.note == "needs nothing; every weight scores the same: there is nothing to choose"


@EVERY
def test_a_blur_that_leaves_only_the_mean(rule):
    """Every frequency is lost whatever the weight: some sentence, no warning, no crash."""
    y = np.random.default_rng(0).random((11, 11))
    selection = RULES[rule](y, np.full((11, 11), 1 / 121), y)
    assert np.isnan(selection.weight)
    assert np.isfinite(selection.scores).all()
    assert "; " in selection.note


# How good they are on photographs, and where they fail


@pairwise(name=["camera", "coins", "astronaut"], blur=["gaussian", "motion"], size=[256, None])
def test_on_photographs(name, blur, size):
    """Catches: a rule that loses more than it should, or that fits one photograph, one blur or one size only."""
    x_true = dl.sample_image(name, size=size)
    psf = dl.gaussian(2) if blur == "gaussian" else dl.motion(15)
    H = dl.Blur(psf, x_true.shape)
    for seed in range(3):
        y = dl.simulate(x_true, psf, sigma=0.01, rng=seed).y
        best = decibels(y, psf, x_true, dl.oracle(y, psf, x_true).weight)
        lost = {rule: best - decibels(y, psf, x_true, selection.weight) for rule, selection in {
            "gcv": dl.gcv(y, psf), "sure": dl.sure(y, psf, 0.01), "l_curve": dl.l_curve(y, psf),
        }.items()}  # fmt: skip
        assert -1e-6 < lost["gcv"] < 0.15
        assert -1e-6 < lost["sure"] < 0.15
        assert -1e-6 < lost["l_curve"] < 1.5
        x = dl.tikhonov(y, psf, dl.discrepancy(y, psf, 0.01).weight)
        assert np.linalg.norm(H @ x - y) == pytest.approx(0.01 * np.sqrt(y.size), rel=1e-6)
        assert 0.2 < best - dl.psnr(x_true, x) < 1.3
        corrected = dl.discrepancy(y, psf, 0.01, corrected=True)
        assert -1e-6 < best - decibels(y, psf, x_true, corrected.weight) < 0.15


class Camera:
    """The cameraman behind a blur, with noise of 0.01."""

    def __init__(self, psf):
        self.psf, self.x_true = psf, dl.sample_image("camera", size=256)
        self.y = dl.simulate(self.x_true, psf, sigma=0.01, rng=0).y

    def lost(self, rule, *arguments, y=None, psf=None):
        """How many dB below the oracle, which is given the same data and the same PSF."""
        y, psf = self.y if y is None else y, self.psf if psf is None else psf
        best = decibels(y, psf, self.x_true, dl.oracle(y, psf, self.x_true).weight)
        return best - decibels(y, psf, self.x_true, rule(y, psf, *arguments).weight)


def test_gcv_fails_when_the_noise_is_correlated():
    motion, soft = Camera(dl.motion(15)), Camera(dl.gaussian(2))
    noise = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((256, 256)), 1, mode="wrap")
    noise *= 0.01 / noise.std()
    assert motion.lost(dl.gcv) < 0.15
    assert motion.lost(dl.gcv, y=dl.Blur(motion.psf, noise.shape) @ motion.x_true + noise) > 2
    assert soft.lost(dl.gcv) < 0.15
    y = dl.Blur(soft.psf, noise.shape) @ soft.x_true + noise
    selection = dl.gcv(y, soft.psf)
    assert np.isnan(selection.weight) and "end of the range" in selection.note
    assert decibels(y, soft.psf, soft.x_true, selection.weights[0]) < -10


def test_sure_fails_when_sigma_is_halved():
    motion, soft = Camera(dl.motion(15)), Camera(dl.gaussian(2))
    assert motion.lost(dl.sure, 0.01) < 0.15
    assert motion.lost(dl.sure, 0.009) < 0.4
    assert motion.lost(dl.sure, 0.005) > 15
    assert soft.lost(dl.sure, 0.01) < 0.15
    assert soft.lost(dl.sure, 0.009) < 0.4
    selection = dl.sure(soft.y, soft.psf, 0.005)
    assert np.isnan(selection.weight) and "end of the range" in selection.note
    assert decibels(soft.y, soft.psf, soft.x_true, selection.weights[0]) < -10


def test_discrepancy_fails_when_sigma_is_halved():
    motion, soft = Camera(dl.motion(15)), Camera(dl.gaussian(2))
    assert motion.lost(dl.discrepancy, 0.01) < 1.2
    assert motion.lost(dl.discrepancy, 0.005) > 4
    assert soft.lost(dl.discrepancy, 0.01) < 1.2
    assert soft.lost(dl.discrepancy, 0.009) > 5
    selection = dl.discrepancy(soft.y, soft.psf, 0.005)
    assert np.isnan(selection.weight) and "no weight fits" in selection.note
    assert decibels(soft.y, soft.psf, soft.x_true, selection.weights[0]) < -10


def test_gcv_fails_when_the_psf_is_wrong():
    soft = Camera(dl.gaussian(2))
    assert soft.lost(dl.gcv) < 0.15
    assert soft.lost(dl.gcv, psf=dl.gaussian(2.5)) > 3


@pytest.mark.parametrize(("psf", "lost"), [(dl.gaussian(2), 15), (dl.motion(15), 4)], ids=["gaussian", "motion"])
def test_gcv_would_fail_when_the_picture_is_not_periodic_and_says_so(psf, lost):
    """Catches: a weight that blows the picture up, with the note "needs nothing"."""
    camera = Camera(psf)
    mirrored = np.pad(camera.x_true, 32, mode="symmetric")
    blurred = (dl.Blur(psf, mirrored.shape) @ mirrored)[32:-32, 32:-32]
    assert camera.lost(dl.gcv) < 0.15
    y = dl.add_gaussian(blurred, 0.01, rng=0)
    selection = dl.gcv(y, psf)
    assert np.isnan(selection.weight) and "edge_taper(y, psf)" in selection.note
    best = decibels(y, psf, camera.x_true, dl.oracle(y, psf, camera.x_true).weight)
    assert best - decibels(y, psf, camera.x_true, selection.weights[selection.scores.argmin()]) > lost
    tapered = dl.edge_taper(y, psf)
    assert best - decibels(tapered, psf, camera.x_true, dl.gcv(tapered, psf).weight) < 1  # the advice, taken


@pytest.mark.parametrize("rule", [name for name in RULES if name != "oracle"])
@pytest.mark.parametrize("boundary", ["reflect", "unknown"])
def test_no_rule_gives_a_weight_for_data_that_do_not_wrap_around(rule, boundary):
    """Catches: any rule but the one that was looked at. The oracle sees the truth, and may choose."""
    psf, x_true = dl.gaussian(1.5), dl.sample_image("camera", size=64)
    seen = dl.simulate(x_true, psf, sigma=0.01, boundary=boundary, rng=0)
    x_true = dl.Blur(psf, seen.y.shape, boundary).crop(x_true)
    selection = RULES[rule](seen.y, psf, x_true)
    assert np.isnan(selection.weight) and "wrap around" in selection.note
    assert np.isfinite(dl.oracle(seen.y, psf, x_true).weight)


@pytest.mark.parametrize("name", [*dl.problem.COLOUR_IMAGES, *dl.problem.GREY_IMAGES])
def test_no_false_alarm_on_periodic_pictures(name):
    """Catches: a picture of a bright sky over dark ground, taken for one that does not wrap around."""
    x_true = dl.sample_image(name, size=96)
    for psf in (dl.gaussian(1.5), dl.motion(15), dl.motion(15, 90)):
        y = dl.simulate(x_true, psf, sigma=0.005, rng=0).y
        assert "wrap around" not in dl.gcv(y, psf).note, psf.shape


@pytest.mark.parametrize("psf", [dl.gaussian(2), dl.motion(15), dl.disk(4)], ids=["gaussian", "motion", "disk"])
def test_a_mirror_saves_the_rules_where_the_picture_is_not_periodic(psf):
    """What the camera sees of a larger scene: with the mirror every rule that finds noise finds it again."""
    reach = [k // 2 for k in psf.shape]
    seen = dl.simulate(dl.sample_image("camera", size=276), psf, sigma=0.01, boundary="unknown", rng=0)
    x_true = dl.Blur(psf, seen.y.shape, "unknown").crop(seen.x_true)

    def decibels(boundary, weight):
        return dl.psnr(x_true, dl.tikhonov(seen.y, psf, weight, boundary=boundary), border=max(reach))

    def best(boundary):
        return decibels(boundary, dl.oracle(seen.y, psf, x_true, boundary=boundary).weight)

    rules = [
        lambda **options: dl.gcv(seen.y, psf, **options),
        lambda **options: dl.sure(seen.y, psf, 0.01, **options),
        lambda **options: dl.discrepancy(seen.y, psf, 0.01, corrected=True, **options),
    ]
    assert best("reflect") > best("periodic") + 0.5
    for rule in rules:
        assert decibels("reflect", rule(boundary="reflect").weight) > best("reflect") - 0.5
    torn = dl.gcv(seen.y, psf)
    assert np.isnan(torn.weight) and 'take boundary="reflect"' in torn.note


def test_the_l_curve_leaves_out_waves_that_are_wiped_out():
    """Catches: a pick at a weight of 1e-9, where a misfit that no weight can mend bends the curve."""
    x_true, psf = dl.sample_image("cell", size=(264, 220)), dl.motion(15)
    assert np.isclose(np.abs(dl.psf_to_otf(psf, x_true.shape)).min(), 0, atol=1e-12)
    y = dl.simulate(x_true, psf, sigma=0.01, rng=0).y
    best = dl.psnr(x_true, dl.tikhonov(y, psf, dl.oracle(y, psf, x_true).weight))
    assert best - dl.psnr(x_true, dl.tikhonov(y, psf, dl.l_curve(y, psf).weight)) < 3


def test_the_l_curve_is_never_the_best():
    """It fails a little with the gradient, and much with the identity."""
    soft = Camera(dl.gaussian(2))
    assert 0.3 < soft.lost(dl.l_curve) < 1
    weight = dl.l_curve(soft.y, soft.psf, penalty="identity").weight
    best = dl.oracle(soft.y, soft.psf, soft.x_true, penalty="identity").weight
    assert decibels(soft.y, soft.psf, soft.x_true, best, "identity") > 3 + decibels(
        soft.y, soft.psf, soft.x_true, weight, "identity"
    )

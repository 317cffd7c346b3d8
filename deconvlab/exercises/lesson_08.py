"""Lesson 08, choose the weight."""

import numpy as np
from scipy import ndimage

from .. import criteria, filters, operators, problem, selection
from .. import psf as psfs
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks, random_psf

tasks = Tasks()


@tasks.task(
    "08-residual-to-leave",
    "A wave that comes back by half counts as half a wave.",
    "Fitted is (3/8 + 1/16) of 6400, which leaves 3600; the sum of squares is 0.05 squared times that.",
)
def residual_to_leave(answer):
    left = 0.05 * 3600**0.5
    compare.number(
        answer,
        left,
        within=0.005,
        wrong={
            "That is sigma times the root of N, the plain principle: what of the noise that the answer swallowed?": 4,
            "That is the sum of the squares: its root is asked for.": left**2,
            "That belongs to the fitted waves; the residual holds what the others leave.": 0.05 * 2800**0.5,
            "You counted the waves that come back by half as whole ones.": 0.05 * 3200**0.5,
            "You left out the waves that come back by half.": 0.05 * 4000**0.5,
            "That is the root of the mean square of a pixel: the length is the root of the sum.": left / 80,
            "Sigma has to be squared, too, before the root is taken.": (0.05 * 3600) ** 0.5,
            "The root is to be taken of the number of waves, too.": 0.05 * 3600,
            "That is how many waves are left; the noise has sigma squared in each.": 3600,
            "The root was taken of the number of waves, but not of sigma squared.": 0.05**2 * 60,
        },
    )
    return "The plain principle would leave 4, and a picture that is too smooth."


@tasks.task(
    "08-count-the-fitted",
    "Column 0 is alone. Is the last column? Compare np.fft.rfftfreq(6) with np.fft.rfftfreq(7).",
    "Twice the sum, minus column 0, and, if shape[1] is even, minus the last column as well.",
)
def count_the_fitted(answer):
    count, rng = Function(answer, "psf", "shape", "weight"), np.random.default_rng()
    for shape in ((12, 16), (13, 15), (10, 9), (9, 8)):
        psf, weight = random_psf(rng, (3, 5)), rng.uniform(0.05, 0.2)
        strength, slope = abs(psfs.psf_to_otf(psf, shape)), operators.gradient_power(shape)

        def whole(share, even=shape[1] % 2 == 0):
            return 2 * share.sum() - share[:, 0].sum() - even * share[:, -1].sum()

        share = strength**2 / (strength**2 + weight * slope)
        compare.number(
            count(psf, shape, weight),
            whole(share),
            wrong={
                "That is the sum over one half of the waves: where are the twins?": share.sum(),
                "Not every column has a twin outside of the half: those of no waves across stand there once.":
                    2 * share.sum(),
                "Look at the last column: is it alone for an even number of columns, for an odd one, or for both?":
                    2 * share.sum() - share[:, 0].sum() - (shape[1] % 2) * share[:, -1].sum(),
                "That is the share of one wave on average: sum over all waves.": whole(share) / np.prod(shape),
                "The square of |H| is missing.": whole(strength / (strength + weight * slope)),
                "The weight is not multiplied by |D|²: that is the penalty identity.":
                    whole(strength**2 / (strength**2 + weight)),
                "That counts what is lost of each wave, not what comes back.": whole(1 - share),
                "That is the sum of the gains that make x; here it is about Hx.":
                    whole(strength / (strength**2 + weight * slope)),
            },
        )  # fmt: skip
    return "For odd and even numbers of columns. It is what SURE and GCV call fitted."


def shots(rng, shape):
    """Two shots of one scene with blotchy noise, more in the second; the PSF, and weights in no order."""
    scene = problem.sample_image(str(rng.choice(["camera", "coins", "chelsea", "brick"])), size=shape)
    psf = random_psf(rng, (5, 7))
    blurred = operators.Blur(psf, shape) @ scene
    noise = ndimage.gaussian_filter(rng.standard_normal((2, *shape)), (0, 0.7, 0.7), mode="wrap")
    noise *= np.reshape((0.02, 0.06), (2, 1, 1)) / noise.std()
    return *(blurred + noise), psf, rng.permutation(np.geomspace(1.3e-5, 770, 40))


def picks(y1, y2, psf, weights):
    """The weight that predicts the second shot best, and what the usual mistakes pick."""
    H = operators.Blur(psf, y1.shape)
    first, second = ([filters.tikhonov(y, psf, weight) for weight in weights] for y in (y1, y2))

    def best(pictures, data):
        return weights[np.argmin([np.mean((picture - data) ** 2) for picture in pictures])]

    return best([H @ x for x in first], y2), {
        "The same shot made the answer and judges it: then the smallest weight, which fits the noise, wins.":
            best([H @ x for x in first], y1),
        "The smoothest answer won: were two deblurred pictures compared, or np.argmax taken for np.argmin?":
            weights.max(),
        "You compared the sharp picture with y2, which is blurred.": best(first, y2),
        "You deblurred y2, and y1 judged: it is asked the other way round.": best([H @ x for x in second], y1),
    }  # fmt: skip


@tasks.task(
    "08-second-shot",
    "y2 is blurred: what of x should look like it?",
    "For each weight the mean square of H @ x - y2, with x from y1; weights[np.argmin(...)] of these.",
)
def second_shot(answer):
    choose, rng = Function(answer, "y1", "y2", "psf", "weights"), np.random.default_rng()
    for shape in ((48, 64), (63, 49), (64, 64)):
        for _ in range(9):  # until each mistake picks another weight
            data = shots(rng, shape)
            right, wrong = picks(*data)
            if len({right, *wrong.values()}) > len(wrong):
                break
        place = np.flatnonzero(data[-1] == right)[0]
        wrong["That is its place in the list: return the weight itself."] = place
        compare.number(choose(*data), right, wrong=wrong)
    return "It needs no sigma, and stands correlated noise: what the two shots share is the scene."


def cases(rng):
    """Photographs, PSFs and noise that the exercise does not show."""
    for name, psf, sigma in (
        ("camera", psfs.disk(3), 0.01), ("coins", psfs.motion(7, angle=40), 0.03), ("brick", psfs.disk(2), 0.05),
        ("coffee", psfs.shake(9, rng=rng), 0.02), ("chelsea", psfs.gaussian(1.5), 0.005),
    ):  # fmt: skip
        x = problem.sample_image(name, size=128)
        yield x, problem.simulate(x, psf, sigma=sigma, rng=rng).y, psf, sigma


@tasks.task(
    "08-honest-rule",
    "Which name in the program is no argument of it? Then: which rules of the package come within 0.3 dB?",
    "x_true is the oracle's. Return dl.sure(y, psf, sigma).weight, or that of dl.gcv(y, psf).",
)
def honest_rule(answer):
    rule, picked, worst = Function(answer, "y", "psf", "sigma"), [], 0
    astronaut, weights = problem.sample_image("astronaut", size=128), np.geomspace(1e-5, 10, 31)
    for x, y, psf, sigma in cases(np.random.default_rng(8)):  # always the same, so that the praise is, too
        weight = rule(y, psf, sigma)
        try:
            weight = float(weight)
        except (TypeError, ValueError):
            kind = type(weight).__name__
            raise Mistake(f"It returns a {kind}, expected a number: is .weight missing?") from None
        if np.isnan(weight):
            raise Mistake("On one photograph it returns nan: the rule gave up there. Another one does not.")
        if not 0 < weight < np.inf:
            raise Mistake(f"It returns {weight:g}: a weight is a positive number.")
        picked.append(weight)
        best = selection.oracle(y, psf, x).weight
        lost = quality(x, y, psf, best) - quality(x, y, psf, weight)
        worst = max(worst, lost)
        if lost <= 0.3:
            continue
        pictures = [filters.tikhonov(y, psf, w) for w in weights]
        for why, other in {
            "It picks what makes the picture most like the astronaut of this notebook: x_true is still in it.":
                weights[np.argmin([np.mean((x - astronaut) ** 2) for x in pictures])],
            "It takes the plain discrepancy principle: too smooth, as the answer has swallowed some of the noise.":
                selection.discrepancy(y, psf, sigma).weight,
            "It takes the L-curve's corner, which promises nothing.": selection.l_curve(y, psf).weight,
            "It fits the data best, noise included: the smallest weight always does.": weights[0],
        }.items():  # fmt: skip
            if np.isclose(weight, other, rtol=1e-3):
                raise Mistake(f"{why} It loses {lost:.2f} dB on a photograph.")
        if len(picked) > 1 and np.ptp(picked) < 1e-9 * picked[0]:
            raise Mistake("It picks the same weight for every picture and noise: none serves all.")
        raise Mistake(f"On one photograph it picks {weight:.2g} and loses {lost:.2f} dB, more than 0.3.")
    return f"On five unseen photographs it loses {worst:.2f} dB at most, and says what it needs: its arguments."


def quality(x, y, psf, weight):
    return criteria.psnr(x, filters.tikhonov(y, psf, weight))

"""Lesson 09, deblur by iterating."""

import itertools

import numpy as np

from .. import iterative, operators
from .. import psf as psfs
from . import compare
from ._answer import Function
from ._tasks import Tasks, random_psf

tasks = Tasks()


@tasks.task(
    "09-arrive-by-hand",
    "One iteration leaves 1 - step * h * h of what is missing; the next one leaves as much of that.",
    "0.94 to the power of k is to be at most 0.05: k is at least log(0.05) / log(0.94), and whole.",
)
def arrive_by_hand(answer):
    compare.number(
        answer,
        49,
        within=0.002,
        wrong={
            "After 48 iterations a little more than 5 % is still missing.": 48,
            "Iterations are whole: after how many is it enough?": np.log(0.05) / np.log(0.94),
            "You left out the step: it is 1.5.": 74,
            "You left out the step, and iterations are whole.": np.log(0.05) / np.log(0.96),
            "The blur acts twice in the gradient: h is squared.": 9,
            "The blur acts twice in the gradient, and iterations are whole.": np.log(0.05) / np.log(0.7),
            "The step stands there once; only h is squared.": 32,
            "95 % is to arrive; you left 95 %.": 1,
            "An iteration takes 6 % of what is still missing, not of the whole.": 16,
            "An iteration takes 6 % of what is still missing, and iterations are whole.": 0.95 / 0.06,
            "That is the part that one iteration leaves: how often until at most 0.05 is left?": 0.94,
        },
    )
    return "A wave of gain 0.1 would take 199: half of h takes about four times as long."


@tasks.task(
    "09-write-the-gradient",
    "Two terms: each difference goes back by its own transpose, and no factor 2 is left.",
    "H.T @ (H @ x - y) + weight * (D.T @ (D @ x)).",
)
def write_the_gradient(answer):
    gradient, rng = Function(answer, "x", "y", "psf", "weight"), np.random.default_rng()
    for shape in ((12, 16), (13, 15), (16, 9)):
        x, y, psf, weight = *rng.random((2, *shape)), random_psf(rng, (3, 5)), rng.uniform(0.3, 0.7)
        H, D = operators.Blur(psf, shape), operators.Gradient()
        r, rough = H @ x - y, D.T @ (D @ x)
        misses = H.T @ r
        compare.array(
            gradient(x, y, psf, weight),
            misses + weight * rough,
            wrong={
                "You blurred the misses with H; H.T brings them back. For a symmetric PSF it is the same.":
                    H @ r + weight * rough,
                "The misses stay where they are: H.T has to bring them back to the pixels they come from.":
                    r + weight * rough,
                "The second term is missing: nothing asks for a smooth picture.": misses,
                "The weight is missing.": misses + rough,
                "The weight was squared.": misses + weight**2 * rough,
                "The second term has the wrong sign: this walk would make the picture rougher.":
                    misses - weight * rough,
                "The misses are y - H x here: uphill and downhill were exchanged in this term.":
                    -misses + weight * rough,
                "That is the gradient of the penalty identity: D and its transpose are missing.": misses + weight * x,
                "H.T belongs to y as well: it acts on the whole difference.": H.T @ (H @ x) - y + weight * rough,
                "One of the halves is still there.": misses + weight / 2 * rough,
                "One of the halves is still there, in the first term.": misses / 2 + weight * rough,
            },
        )  # fmt: skip
    return "For odd and even shapes, and PSFs that are not symmetric."


@tasks.task(
    "09-start-at-y",
    "The end of the walk is Y / H. How far from it is Y, and which part of that way is left after k iterations?",
    "The end, plus what is left: 1 / H + (1 - step * abs(H) ** 2) ** k * (1 - 1 / H).",
)
def start_at_y(answer):
    gain, rng = Function(answer, "H", "step", "k"), np.random.default_rng()
    for shape, step, k in (((12, 16), 1.3, 3), ((13, 15), 1.5, 8), ((16, 9), 0.7, 1), ((8, 8), 1.2, 0)):
        H = psfs.psf_to_otf(random_psf(rng, (3, 5)), shape)

        def walked(left, H=H):
            return 1 / H + left * (1 - 1 / H)

        left = (1 - step * abs(H) ** 2) ** k
        compare.array(
            gain(H, step, k),
            walked(left),
            wrong={
                "That walk starts from black.": (1 - left) / H,
                "That is where the walk ends, after infinitely many iterations.": 1 / H,
                "What is missing at the start is 1 / H - 1 times Y: its sign is the wrong way round.":
                    1 / H - left * (1 - 1 / H),
                "The walk from black was added to the start: but the start has brought a part already.":
                    1 + (1 - left) / H,
                "What is left and what has arrived were exchanged.": walked(1 - left),
                "H squared is no |H| squared: H is complex.": walked((1 - step * H**2) ** k),
                "|H| is squared in what an iteration leaves: once for H, once for its transpose.":
                    walked((1 - step * abs(H)) ** k),
                "The step is missing.": walked((1 - abs(H) ** 2) ** k),
                "The phases of H are lost: divide by H, not by |H|.": 1 / abs(H) + left * (1 - 1 / abs(H)),
                "That is one iteration too many.": walked((1 - step * abs(H) ** 2) ** (k + 1)),
                "That is the share that has arrived, not the gain: of what?": 1 - left,
            },
        )  # fmt: skip
    return "With k = 0 it is 1, with many iterations 1 / H: the start is forgotten, in weak waves last."


def descent(f, x, step):
    while True:
        yield x
        x = x - step * f.gradient(x)


def lengths(f, x):
    return np.sqrt(np.sum(f.gradient(x) ** 2))


def first(f, x, step, arrived):
    """The first picture of a walk that has arrived, with the one before and the one after it."""
    before = x
    walk = descent(f, x, step)
    for here in itertools.islice(walk, 3000):
        if arrived(here):
            return before, here, next(walk)
        before = here
    return before, before, before


@tasks.task(
    "09-mend-the-stop",
    "A fall of f is about the step times the squared length of the gradient: which of the two made it small?",
    "Before the loop: enough = 1e-3 * norm(f.gradient(x)); then walk while norm(f.gradient(x)) > enough.",
)
def mend_the_stop(answer):
    descend, rng = Function(answer, "f", "x", "step"), np.random.default_rng()
    for shape, step, weight in (((12, 16), 1.0, 0.1), ((13, 15), 0.1, 0.3), ((9, 16), 0.03, 0.3)):
        H = operators.Blur(random_psf(rng, (3, 5)), shape)
        f = iterative.least_squares(H, 10 * rng.random(shape), weight)
        x = rng.random(shape)
        start = lengths(f, x)
        before, right, after = first(f, x, step, lambda x, f=f, enough=1e-3 * start: lengths(f, x) <= enough)
        *_, after_bug = first(
            f,
            x,
            step,
            lambda x, f=f, step=step: f(x) - f(x - step * f.gradient(x)) < 1e-3 * f(x - step * f.gradient(x)),
        )
        _, absolute, _ = first(f, x, step, lambda x, f=f: lengths(f, x) <= 1e-3)
        _, squared, _ = first(f, x, step, lambda x, f=f, enough=1e-3 * start**2: lengths(f, x) ** 2 <= enough)
        compare.array(
            descend(f, x, step),
            right,
            within=1e-9,
            wrong={
                "It still stops where f falls slowly, which a short step makes it do anywhere.": after_bug,
                "It has not moved: the walk ends when the gradient is short, and begins when it is long.": x,
                "It stops one iteration too late: the picture before had arrived.": after,
                "It stops one iteration too soon.": before,
                "It waits for a gradient of 0.001: a thousandth of its length at the start is enough.": absolute,
                "It compares squares of lengths: take their roots, or a millionth.": squared,
            },
        )
    return "With long steps and short ones it arrives at the same minimum, and takes its time."

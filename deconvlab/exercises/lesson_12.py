"""Lesson 12, keep edges."""

import numpy as np

from .. import criteria, iterative, problem
from .. import psf as psfs
from ..denoise import block_matching
from ..operators import Blur
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks

tasks = Tasks()

UNSEEN = {"chelsea": psfs.disk(2.5), "cell": psfs.gaussian(1.5), "rocket": psfs.motion(7, 30)}
SIZE, NOISE, WEIGHT, MARGIN = (80, 96), 0.02, 0.0026, 0.3


@tasks.task(
    "12-height-of-a-jump",
    "Write the sum as a function of a alone: ten pixels are off by a, and the jump is 1 - 2a high.",
    "The sum is 5 a**2 + 0.5 (1 - 2a). Its slope, 10 a - 1, vanishes at a = 0.1: how high is the jump?",
)
def height_of_a_jump(answer):
    compare.number(
        answer,
        0.8,
        within=0.005,
        wrong={
            "Only a part of what is lost is missing here: do both sides move? Is the 1/2 of the misfit there?": 0.9,
            "That is a, by how much each side moves: how high is the jump, then?": 0.1,
            "A jump does not keep all of its height: it costs as much as it is high.": 1,
            "Too much was lost: how many pixels are off by a?": 0.6,
            "That is the weight. How far do the sides move, when ten pixels share the misfit?": 0.5,
            "That is what the jump loses: how much is left?": 0.2,
            "The jump is gone: then each pixel is off by 0.5. Is that cheaper?": 0,
        },
    )
    return "It loses 2 * weight / 5: the more pixels a plateau has, the less. So small spots fade before large ones."


@tasks.task(
    "12-shorten-the-slopes",
    "First the length of each arrow, one number for a pixel; then the factor by which the arrow gets shorter.",
    "length = np.hypot(*slopes); the factor is 1 - by / length, where that is above 0, and 0 elsewhere: "
    "np.maximum(length - by, 0) / np.maximum(length, by).",
)
def shorten_the_slopes(answer):
    shorten, rng = Function(answer, "slopes", "by"), np.random.default_rng()
    for shape in ((7, 9), (8, 8), (1, 12)):
        slopes, by = rng.standard_normal((2, *shape)), 0.9
        slopes[:, 0, 0] = [0.3, -0.4]  # one that is shorter than `by`
        slopes[:, 0, 1] = [3, -4]  # and one that is longer
        length = np.hypot(*slopes)
        right = slopes * np.maximum(1 - by / length, 0)
        compare.array(
            shorten(slopes, by),
            right,
            wrong={
                "Downwards and right were shortened each by itself: the arrow should keep its direction.":
                    np.sign(slopes) * np.maximum(abs(slopes) - by, 0),
                "Long arrows kept their length: take `by` off them, too.": slopes * (length > by),
                "Short arrows have turned round: they should be 0.": slopes * (1 - by / length),
                "This is what is cut off, not what is left.": slopes - right,
                "Nothing but the short arrows is left.": slopes * (length <= by),
                "Each number lost `by`: a slope may be negative.": slopes - by,
                "Its lengths are right, but where do the arrows point? Both numbers are needed.":
                    np.broadcast_to(np.maximum(length - by, 0), slopes.shape),
                "`by` is a length, not a share: an arrow that was 5 long is 5 - by long afterwards.": slopes * (1 - by),
                "It should get shorter by `by`, not be multiplied by it.": by * slopes,
                "The square of the length was taken for the length.":
                    slopes * np.maximum(1 - by / length**2, 0),
                "The length of an arrow was taken for the sum of its two numbers.":
                    slopes * np.maximum(1 - by / abs(slopes).sum(axis=0), 0),
            },
        )  # fmt: skip
        slopes[:, 0, 0] = 0  # an even grey
        compare.array(shorten(slopes, by), slopes * np.maximum(1 - by / np.maximum(np.hypot(*slopes), 1e-300), 0))
    return "Arrows keep their direction, short ones vanish, and 0 stays 0, without a division by it."


@tasks.task(
    "12-mend-the-probe",
    "If all pixels are raised alike, what do a pixel's neighbours do to it? When would that average out?",
    "Let the probe be random signs: np.random.default_rng(seed).choice([-1, 1], y.shape).",
)
def mend_the_probe(answer):
    kept, rng = Function(answer, "restore", "y", "seed"), np.random.default_rng()
    y = rng.standard_normal((120, 136))
    same = np.add.outer(range(3), range(5)) % 2 == 1  # the fields that a chessboard paints like the middle
    other, same[1, 2] = ~same, False
    for own in (0.45, 0.6):
        psf = np.zeros((3, 5))  # most of it on these, so that a chessboard for a probe is found out
        psf[same] = 0.8 * (1 - own) * rng.dirichlet(np.ones(6))
        psf[other] = 0.2 * (1 - own) * rng.dirichlet(np.ones(8))
        psf[1, 2] = own
        H, seed = Blur(psf, y.shape), int(rng.integers(10**6))

        def blur(z, H=H):
            return H @ z

        _number(kept(blur, y, seed), own, own + 0.6 * (1 - own))

    def cut(z):
        return np.sign(z) * np.maximum(abs(z) - 0.7, 0)

    one = "One pixel keeps all of its noise here, another one nothing: ask all pixels, and take the mean."
    compare.number(
        kept(cut, y, int(rng.integers(10**6))), np.mean(abs(y) > 0.7), within=0.08, wrong={one: 1, f"{one} ": 0}
    )
    return "Each pixel's own share: for two blurs, and for a method that has no formula."


def _number(answer, own, board, pixels=120 * 136):
    compare.number(
        answer,
        own,
        within=0.08,
        wrong={
            "All of it, says your program: what do the neighbours of a pixel add to what it gets back?": 1,
            "It adds up the shares of all pixels: take their mean.": pixels * own,
            "It is as small as the probe: divide by its size.": own / 1000,
            "It is nearly 0: what comes back was not multiplied by the probe, so signs cancel.": 0,
            "A chessboard is no chance: neighbours of neighbours have the same sign, and add up.": board,
            "It is a third of that: is the mean of probe * probe 1?": own / 3,
            "The neighbours add to it still: does your probe go down as often as up?": (1 + own) / 4,
            "The neighbours add to it still: is the mean of your probe 0?": 1 / 4 + own / 12,
            "Its sign is wrong: what was subtracted from what?": -own,
        },
    )


@tasks.task(
    "12-beat-total-variation",
    "In small blocks a picture needs few waves and noise all of them alike: set waves to 0 that are no stronger than "
    "noise would be. Or find patches that look alike, and average them.",
    "For each of several shifts (np.roll) cut the image into blocks of 8 x 8 (reshape), transform each "
    "(scipy.fft.dctn(..., axes=(1, 3), norm='ortho')), set to 0 what is below 2.7 sigma but for the mean, go back, "
    "and average over the shifts.",
)
def beat_total_variation(answer):
    denoise, rng = Function(answer, "image", "sigma"), np.random.default_rng()
    x = problem.sample_image("retina", size=(41, 54))
    noisy = problem.add_gaussian(x, 0.1, rng=rng)
    got = np.asarray(denoise(noisy, 0.1))
    if got.shape != x.shape:
        raise Mistake(f"It returns the shape {got.shape} for an image of the shape {x.shape}.")
    if not (got.dtype.kind == "f" and np.isfinite(got).all()):
        raise Mistake("It should return an image of finite numbers, not complex ones or NaN.")
    if np.allclose(got, noisy):
        raise Mistake("It returns the image as it was: no noise was removed.")
    if np.allclose(got, block_matching(noisy, 0.1)):
        raise Mistake("This is the lesson's block matching: write one of your own.")
    if abs(got.mean() - noisy.mean()) > 0.03:
        raise Mistake(f"It changes the brightness: a mean of {noisy.mean():.2f} becomes {got.mean():.2f}.")
    yours, theirs = [], []
    for name, psf in UNSEEN.items():
        scene = problem.sample_image(name, size=SIZE)
        y, H = problem.simulate(scene, psf, sigma=NOISE, rng=1).y, Blur(psf, SIZE)
        plugged = iterative.run(iterative.plug_and_play(H, y, denoise, sigma=NOISE), 12, progress=False)
        rival = iterative.run(iterative.total_variation(H, y, WEIGHT), 90, progress=False)
        yours.append(criteria.psnr(scene, plugged.x))
        theirs.append(criteria.psnr(scene, rival.x))
    mine, wanted = np.mean(yours), np.mean(theirs) + MARGIN
    score = f"{mine:.2f} dB on average of three photographs; total variation {wanted - MARGIN:.2f} dB"
    if mine < wanted:
        why = f"{score}, and {MARGIN} dB more are asked for."
        if np.allclose(got, denoise(noisy, 0.3)):
            why += " It does not use sigma: at first much noise is to be removed, at last little."
        elif np.std(got - x) > np.std(noisy - x):
            why += " At noise 0.1 its images are further from the truth than the noisy ones: is too much removed?"
        raise Mistake(why)
    return f"{score}."

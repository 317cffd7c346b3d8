"""Lesson 11, count photons."""

import numpy as np

from .. import problem
from .. import psf as psfs
from ..operators import Blur
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks, random_psf

tasks = Tasks()


def _mirror(H, x):
    """The correlation that is H.T, from H alone: for a periodic blur."""
    return (H @ x[::-1, ::-1])[::-1, ::-1]


@tasks.task(
    "11-step-by-hand",
    "First what x predicts: each pixel the mean of its own and of its left neighbour's number; then y divided by that. "
    "On the way back light goes the other way: each pixel takes the mean of its own and of its right neighbour's.",
    "Predicted: 2, 4, 6, 4. Quotients: 0.5, 1, 1.5, 0.5. Their means with the right neighbour: 0.75, 1.25, 1, 0.5. "
    "Multiply x by these.",
)
def step_by_hand(answer):
    x, y = np.array([4.0, 4, 8, 0]), np.array([1.0, 4, 9, 2])

    def blurred(row):
        return (row + np.roll(row, 1)) / 2

    def back(row):
        return (row + np.roll(row, -1)) / 2

    quotient = y / blurred(x)
    compare.array(
        answer,
        x * back(quotient),
        within=0.005,
        otherwise="Take it in three: blur x, divide y by that, spread the quotients back. Which of the three slips?",
        wrong={
            "The way back went the way of the blur: which pixels does a pixel's light reach?": x * blurred(quotient),
            "The quotients were not spread back: a pixel's light is seen in two pixels.": x * quotient,
            "This is what x is multiplied by. And then?": back(quotient),
            "Those are the quotients: spread them back, and multiply x by them.": quotient,
            "This is what x predicts: compare it with y.": blurred(x),
            "This adds differences, as gradient descent does; here quotients multiply.": x + back(y - blurred(x)),
            "The quotient is upside down: predicted by counted.": x * back(blurred(x) / y),
            "The blur takes the left neighbour, not the right one.": x * blurred(y / back(x)),
            "The data were divided by x itself: what does x predict?": x * back(y / np.where(x > 0, x, np.inf)),
        },
    )
    return "The light adds up to 16, as in y; and what was 0 is 0, though y has light there."


@tasks.task(
    "11-photons-of-a-wall",
    "Both exposures lie on one line: variance against mean. Its slope is the factor; where does it meet variance 0?",
    "The factor is (1600 - 800) / (900 - 500) = 2, so 800 = 2 * 2 * photons.",
)
def photons_of_a_wall(answer):
    compare.number(
        answer,
        200,
        within=0.005,
        wrong={
            "That is mean / factor: what does the camera store where no photon has come?": 250,
            "That is mean - offset, in the camera's units: a photon adds more than 1.": 400,
            "A count's variance is its mean, but what the camera stores is a count times a factor: what does that do "
            "to a variance?": 800,
            "That is the mean that was stored: it holds an offset, and a photon adds more than 1.": 500,
            "That is mean**2 / variance, which leaves the offset out.": 500**2 / 800,
            "That is the offset.": 100,
            "That is the factor: how many photons, then?": 2,
        },
    )
    return "The offset is 100, and the brighter exposure had 400 photons: (900 - 100) / 2, and 1600 / 4."


@tasks.task(
    "11-mend-the-camera",
    "Follow one photon of the background, and one of the scene: through which steps does each go before it is counted?",
    "The lens blurs first, the glow of the background comes on top, and last of all is counted: "
    "poisson(photons * (H @ x + background)) / photons.",
)
def mend_the_camera(answer):
    seeds = np.random.default_rng()
    camera = Function(answer, "x", "psf", "background", "photons", "seed")
    for shape in ((24, 31), (32, 20)):
        x, psf = seeds.random(shape), random_psf(seeds, (3, 5))
        H, photons = Blur(psf, shape), 1e12  # so bright that no grain is seen
        y = camera(x, psf, 0.3, photons, int(seeds.integers(10**6)))
        compare.array(
            y,
            H @ x + 0.3,
            within=1e-4,
            wrong={
                "The background is missing, or it was not multiplied by photons.": H @ x,
                "The blur is missing.": x + 0.3,
                "These are counts: divided by photons they are a brightness.": photons * (H @ x + 0.3),
                "The picture was correlated with the PSF, not blurred.": _mirror(H, x) + 0.3,
                "The background came twice.": H @ x + 0.6,
            },
        )
    psf, shape, photons, grey, glow = psfs.disk(2), (256, 256), 50, 0.8, 0.3
    y = np.asarray(camera(np.full(shape, grey), psf, glow, photons, int(seeds.integers(10**6))), float)
    scene, whole, left = grey / (grey + glow), 1.0, float(np.sum(np.square(psf)))
    compare.number(
        photons * y.var() / (grey + glow),
        1,
        within=0.08,
        wrong={
            "The scene's light was counted before it was blurred: the blur smooths the grain away.": left * scene,
            "All light was counted before it was blurred: the blur smooths the grain away.": left * whole,
            "The background has no grain: its photons are counted, too.": scene,
            "It has no grain at all.": 0,
            "It is too grainy: is the light counted twice over?": 2,
            "The background's grain is there, the scene's is not.": 1 - scene,
        },
    )
    if not np.allclose(photons * y, np.rint(photons * y), atol=1e-6):
        raise Mistake("The variance is right, but photons * y is not made of whole numbers: a camera counts.")
    return "Blur, background, count: now the grain is that of the light which arrives."


@tasks.task(
    "11-photons-of-two",
    "Subtract one from the other: what is left of the scene? And what is the variance of a difference of two noises?",
    "Each pixel of y1 - y2 has the variance 2 x / photons: on average 2 mean(x) / photons. And y1 and y2 tell mean(x).",
)
def photons_of_two(answer):
    seeds, estimate = np.random.default_rng(), Function(answer, "y1", "y2")
    for name, size in (("coins", (129, 145)), ("coffee", (128, 160)), ("rocket", (150, 128))):
        x, photons = problem.sample_image(name, size=size), float(seeds.uniform(1000, 3000))
        y1, y2 = (problem.add_poisson(x, photons, rng=seeds) for _ in range(2))
        square = np.mean((y1 - y2) ** 2)
        compare.number(
            estimate(y1, y2),
            photons,
            within=0.08,
            wrong={
                "It is half as much: the difference holds the noise of both photographs.": x.mean() / square,
                "It is twice as much: the mean of y1 + y2 is twice that of x.": 4 * x.mean() / square,
                "As if every pixel were white: what does the variance depend on?": 2 / square,
                "As if every pixel were white, and one photograph without noise.": 1 / square,
                "The variance of one photograph is mostly that of its scene: subtract the scene.": y1.mean() / y1.var(),
                "The variance of the mean of both is mostly that of the scene: subtract.":
                    y1.mean() / ((y1 + y2) / 2).var(),
                "This is how noisy white is, not how many photons there were.": (square / 2 / x.mean()) ** 0.5,
                "This is the slope, variance by mean: photons is one divided by it.": square / 2 / x.mean(),
                "It has a standard deviation where the variance belongs.": 2 * x.mean() / square**0.5,
                "This is the mean squared by the variance: that counts the photons of a pixel, not of a white one.":
                    2 * x.mean() ** 2 / square,
            },
        )  # fmt: skip
    return "Within 8 % on three photographs, and nobody had to know the scene."


@tasks.task(
    "11-two-blurs-one-scene",
    "Set the gradient of f1 + f2 to zero, and bring it to the form: something divided by something is 1.",
    "The gradient is H1.T 1 + H2.T 1 minus H1.T (y1 / m1) + H2.T (y2 / m2), each m with its own H: divide the second "
    "sum by the first.",
)
def two_blurs_one_scene(answer):
    step, rng = Function(answer, "x", "H1", "y1", "H2", "y2", "b"), np.random.default_rng()
    for shape, boundary in (((12, 16), "zero"), ((13, 11), "periodic"), ((11, 12), "unknown")):
        H1, H2 = (Blur(random_psf(rng, (3, 5)), shape, boundary) for _ in range(2))
        x, y1, y2, b = rng.random(H1.shape_in), *rng.random((2, *shape)), 0.2

        def parts(b, H1=H1, H2=H2, x=x, y1=y1, y2=y2):
            return [(H.T @ (y / (H @ x + b)), H.T @ np.ones_like(y)) for H, y in ((H1, y1), (H2, y2))]

        (one, seen), (other, seen_too) = parts(b)
        after = x * one / seen
        wrong = {
            "The background is missing in what x predicts.":
                x * sum(q for q, _ in parts(0.0)) / (seen + seen_too),
            "This is a step for the first photograph alone.": after,
            "This is a step for the second photograph alone.": x * other / seen_too,
            "It is not divided by H1.T 1 + H2.T 1: where the data fit, x should stay.": x * (one + other),
            "It is divided by the light that one camera has seen: two have looked.": x * (one + other) / seen,
            "These are two steps, one after the other.":
                after * (H2.T @ (y2 / (H2 @ after + b))) / seen_too,
            "Both steps from the same x were multiplied: where one photograph is content, the other should not decide "
            "alone.": x * one / seen * other / seen_too,
            "This is the mean of two steps: near the frame it trusts a camera that saw little as much as the other.":
                x * (one / seen + other / seen_too) / 2,
            "It is divided by 2: near the frame less light was seen.": x * (one + other) / 2,
            "The quotients of both steps were added, so x doubles where the data fit.":
                x * (one / seen + other / seen_too),
            "The last step is missing: multiply x by this.": (one + other) / (seen + seen_too),
            "Data and prediction were exchanged in the quotient.":
                x * sum(H.T @ ((H @ x + b) / y) for H, y in ((H1, y1), (H2, y2))) / (seen + seen_too),
        }  # fmt: skip
        if boundary != "unknown":
            forth = sum(H @ (y / (H @ x + b)) for H, y in ((H1, y1), (H2, y2)))
            wrong["The way back must be H.T: this blurs once more."] = x * forth / (seen + seen_too)
        compare.array(step(x, H1, y1, H2, y2, b), x * (one + other) / (seen + seen_too), wrong=wrong)
    return "Whatever lies outside the frame, and however different the two blurs are."

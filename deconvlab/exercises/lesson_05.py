"""Lesson 05, watch noise explode."""

import numpy as np

from .. import criteria, filters, operators, problem
from .. import psf as psfs
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks, random_psf

tasks = Tasks()


@tasks.task(
    "05-how-many-to-add",
    "Write two numbers under each input: what it costs to add it, and what it costs to leave it out.",
    "Adding costs (0.02 / s) ** 2, leaving out the share squared. Take the smaller of each pair, and add them up.",
)
def how_many_to_add(answer):
    sigma, s, share = 0.02, np.array([1, 0.5, 0.1, 0.02]), np.array([0.8, 0.5, 0.3, 0.1])
    added, left_out = (sigma / s) ** 2, share**2
    right = np.minimum(added, left_out).sum()
    if isinstance(answer, int) and 1 <= answer <= 4:
        raise Mistake("That looks like a number of inputs: which sum of squares do they leave?")
    compare.number(
        answer,
        right,
        within=0.01,
        wrong={
            "That is rounded too far: give three decimals.": 0.05,
            "That is the error with one: compare what the second brings with what it is worth.":
                added[0] + left_out[1:].sum(),
            "That is the error with all four: compare what the fourth brings with what it is worth.": added.sum(),
            "That is the error with two: compare what the third brings with what it is worth.":
                added[:2].sum() + left_out[2:].sum(),
            "That is the noise alone: what about the input that is left out?": added[:3].sum(),
            "That is what is left out alone: what about the noise of those that are added?": left_out[3:].sum(),
            "That is the root of the sum; the sum was asked for.": right**0.5,
            "The noise was not divided by the singular values.": 3 * sigma**2 + left_out[3],
            "These errors were added; it is their squares that add up.": sum(sigma / s[:3]) + share[3],
        },
    )  # fmt: skip
    return "Stop after the third. The fourth alone would bring a squared error of 1."


@tasks.task(
    "05-strongest-waves",
    "np.sort(abs(H).ravel()) has the largest |H| at its end: which of them is the smallest that still counts?",
    "gain = np.where(abs(H) >= np.sort(abs(H).ravel())[-keep], 1 / H, 0); multiply np.fft.fft2(y) by it, and go back.",
)
def strongest_waves(answer):
    strongest, rng = Function(answer, "y", "psf", "keep"), np.random.default_rng()
    for shape in ((12, 16), (13, 15), (16, 16)):
        y, psf, point = rng.standard_normal(shape), random_psf(rng, (3, 5)), np.zeros(shape)
        point[0, 0] = 1
        H, Y = np.fft.fft2(operators.Blur(psf, shape) @ point), np.fft.fft2(y)
        s, half = np.sort(abs(H).ravel())[::-1], np.sort(abs(psfs.psf_to_otf(psf, shape)).ravel())[::-1]
        keep = _between_pairs((s, half), y.size // 3)
        kept = abs(H) >= s[keep - 1]

        def back(spectrum):
            return np.fft.ifft2(spectrum).real

        compare.array(
            strongest(y, psf, keep),
            back(kept * Y / H),
            wrong={
                "Nothing is left out.": back(Y / H),
                "H is complex, and was sorted without `abs`: the sizes |H| count.":
                    back((H.real >= np.sort(H.real.ravel())[-keep]) * Y / H),
                "The right waves are kept, and not divided by H.": back(kept * Y),
                "The waves left out are still there, undivided: their gain should be 0.":
                    back(np.where(kept, Y / H, Y)),
                "The weakest waves are kept, the strongest left out.": back((abs(H) <= s[-keep]) * Y / H),
                "The right number of waves, but those that the blur weakened most are among them: "
                "was |H| sorted, or the data?": back((abs(Y) >= np.sort(abs(Y).ravel())[-keep]) * Y / H),
                "Too many are kept: np.fft.rfft2 lists only one of each pair of twins, and `keep` counts both.":
                    back((abs(H) >= half[keep - 1] * (1 - 1e-9)) * Y / H),
                "The last of them is missing: > where >= was meant?": back((abs(H) > s[keep - 1]) * Y / H),
                "The last two of them are missing: > where >= was meant?":
                    back((abs(H) > s[keep - 1] * (1 + 1e-9)) * Y / H),
                "The phases of H are lost: divide by H, not by abs(H).": back(kept * Y / abs(H)),
                "It is blurred once more: divide by H.": back(kept * Y * H),
            },
        )  # fmt: skip
    return "This is the truncated SVD of a picture of any size, without its matrix."


def _between_pairs(lists, keep):
    """The next number of waves that parts no twins, whose values are equal but for rounding, in any of the lists."""
    while any(s[keep - 1] - s[keep] < 1e-6 for s in lists):
        keep += 1
    return keep


@tasks.task(
    "05-mend-the-floor",
    "np.fft.fftfreq(8) prints the frequencies in the order of the list. What is the last one?",
    "Choose by frequency, not by place: Y[np.hypot(down[:, None], across) > 0.4], both from np.fft.fftfreq.",
)
def mend_the_floor(answer):
    noise_level = Function(answer, "y")
    for name, shape, sigma in (("coins", (96, 130), 0.02), ("coffee", (101, 88), 0.005)):
        x, psf = problem.sample_image(name, size=shape), psfs.gaussian(2)
        noisy = [problem.simulate(x, psf, sigma=sigma, rng=k).y for k in range(30)]
        end = [criteria.rms(np.fft.fft2(y, norm="ortho")[-9:, -9:]) for y in noisy]
        start = [criteria.rms(np.fft.fft2(y, norm="ortho")[:9, :9]) for y in noisy]
        pixels = shape[0] * shape[1]
        read = [noise_level(y) for y in noisy]
        for one in read:
            compare.number(one, sigma, within=np.inf)  # is it a number at all?
        compare.number(
            np.mean(read),
            sigma,
            within=0.07,
            wrong={
                "It is as it was: the end of the list of np.fft.fft2 holds frequencies just below 0, slow waves.":
                    np.mean(end),
                "It is read off the slowest waves: the list begins with them, np.fft.fftshift puts them in the middle.":
                    np.mean(start),
                "It is larger by the root of the number of pixels: where did norm=\"ortho\" go?": sigma * pixels**0.5,
                "It is smaller by the root of the number of pixels: norm=\"ortho\" divides once by that root.":
                    sigma / pixels**0.5,
                "That is the mean of the absolute values: for an rms, square first.": sigma * np.pi**0.5 / 2,
                "That is the real part alone: half of the noise is in the imaginary part.": sigma / 2**0.5,
                "That is the variance: take its root.": sigma**2,
                "That is the standard deviation of the whole picture: only its fastest waves are noise alone.":
                    np.mean([y.std() for y in noisy]),
            },
        )  # fmt: skip
    return "No truth was needed: the blur has cleared the fastest waves for you."


@tasks.task(
    "05-as-loud-as-you-like",
    "Try an epsilon: is the noise too loud? Then you know on which side of it the answer lies.",
    "Keep two ends, 1e-5 (too loud) and 1 (too quiet). Forty times: take np.sqrt(low * high), and let it replace one.",
)
def as_loud_as_you_like(answer):
    epsilon_for, shape = Function(answer, "psf", "shape", "sigma", "limit"), (65, 96)
    for spread, sigma, limit in ((1, 0.02, 0.3), (1.5, 0.01, 0.1), (2.5, 0.001, 0.2)):
        otf = psfs.psf_to_otf(psfs.gaussian(spread), shape)
        got, right = epsilon_for(psfs.gaussian(spread), shape, sigma, limit), _epsilon(otf, criteria.rms, limit / sigma)
        if spread > 1 and isinstance(got, (int, float)) and 0.05 * right < abs(got - right) < 0.002:
            noise = sigma * criteria.rms(filters.inverse_gain(otf, got))
            raise Mistake(
                f"For a Gaussian of {spread} px and the limit {limit} the noise comes out as {noise:.3g}, although "
                "larger epsilons came out right: the steps of the search are too coarse where epsilon is small."
            )
        compare.number(
            got,
            right,
            within=0.05,
            wrong={
                "With this, the largest gain times sigma is the limit; most waves have less, and it is too quiet.":
                    sigma / limit,
                "That is the gain which the limit allows; an epsilon is small where a gain is large.": limit / sigma,
                "With this, the mean of the gains does it; in an rms, squares are averaged.":
                    _epsilon(otf, np.mean, limit / sigma),
                "With this, the variance of the noise is the limit; its rms should be.":
                    _epsilon(otf, criteria.rms, limit**0.5 / sigma),
                "With this, the rms of the gains is the limit: where is sigma?": _epsilon(otf, criteria.rms, limit),
                "It is the lower end, where the noise is loudest: the wrong end moves.": 1e-5,
                "It is the upper end, where the noise is lowest: the wrong end moves.": 1.0,
            },
        )  # fmt: skip
    return "Three Gaussians, three noises, three limits: all within 5 %."


def _epsilon(otf, mean, level):
    """The epsilon at which a mean of the gains falls to a level."""
    low, high = 1e-7, 10.0
    for _ in range(60):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if mean(abs(filters.inverse_gain(otf, middle))) > level else (low, middle)
    return middle

"""Lesson 07, mind the boundary."""

import functools

import numpy as np

from .. import criteria, filters, operators, problem
from .. import psf as psfs
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks, random_psf

tasks = Tasks()


@tasks.task(
    "07-three-pixels-of-a-wall",
    "Left and right are alike, so call them a, and the middle b. Write down what the blur makes of each.",
    "The left pixel: a/2 + b/4 = 0.6. The middle: a/4 + b/2 + a/4 = 0.6. Subtract one from the other.",
)
def three_pixels_of_a_wall(answer):
    blur = np.array([[2, 1, 0], [1, 2, 1], [0, 1, 2]]) / 4
    data = np.full(3, 0.6)
    compare.array(
        answer,
        np.linalg.solve(blur, data),
        wrong={
            "That is the wall as it is. Blur it with darkness on both sides: do the data come out?": data,
            "That is the wall blurred in darkness; the question goes the other way.": blur @ data,
            "Each pixel was made brighter on its own. Blur your three: a pixel also changes its neighbours.":
                data / blur.sum(axis=1),
            "Ends and middle are exchanged: at which of them is light missing?": np.array([0, 1.2, 0]),
        },
        otherwise="Blur your three, with darkness on both sides: does each of them come out as 0.6?",
    )  # fmt: skip
    return "The ends are twice as bright as the wall, and the middle, between two such lights, is black."


@tasks.task(
    "07-two-frames-from-one-blur",
    "Let the other world begin outside a larger picture, which you make first. How far does the PSF reach?",
    'np.pad by half of the PSF on each side, "constant" or "symmetric" (not "reflect"); blur it; cut the margin off.',
)
def two_frames_from_one_blur(answer):
    framed, rng = Function(answer, "x", "psf", "boundary"), np.random.default_rng()
    modes = {"zero": "constant", "reflect": "symmetric"}
    for shape, size in (((12, 16), (5, 5)), ((13, 15), (7, 3)), ((15, 11), (3, 5))):
        x, psf = rng.random(shape), random_psf(rng, size)
        reach = [n // 2 for n in size]

        def blurred(mode, margins=reach, psf=psf, x=x, start=None):
            wide = np.pad(x, [(n, n) for n in margins], mode=mode)
            wide = operators.Blur(psf, wide.shape) @ wide
            down, across = margins if start is None else start
            return wide[down : down + x.shape[0], across : across + x.shape[1]]

        for boundary, mode in modes.items():
            other = next(m for b, m in modes.items() if b != boundary)
            wrong = {
                f'"{boundary}": there is no margin, and the picture still repeats.': operators.Blur(psf, shape) @ x,
                f'"{boundary}": the other of the two worlds is outside.': blurred(other),
                f'"{boundary}": the margin is not cut off evenly: the picture has moved.': blurred(mode, start=(0, 0)),
                f'"{boundary}": the PSF is turned round, a correlation.': blurred(mode, psf=psf[::-1, ::-1]),
                f'"{boundary}": outside, the outermost pixel goes on for ever.': blurred("edge"),
            }
            if reach[0] != reach[1]:
                wrong[f'"{boundary}": rows and columns of the margin are exchanged.'] = blurred(mode, reach[::-1])
            if max(reach) > 1:
                wrong[f'"{boundary}": a margin of 1 px is not enough for every PSF.'] = blurred(mode, (1, 1))
            if boundary == "reflect":
                wrong['"reflect": the mirror stands in the middle of the outermost pixel, which is there only once. '
                      "What NumPy calls reflect is not our mirror."] = blurred("reflect")  # fmt: skip
            compare.array(framed(x, psf, boundary), blurred(mode), wrong=wrong)
    return "A periodic blur can do any boundary, if it is given enough room."


PLAIN, ENOUGH, RIM = 0.85, 0.6, 12


@functools.cache
def _photographed():
    """Scenes in a camera's frame, its data, and the PSFs."""
    shape = (106, 132)
    ramp = np.outer([1, 2, 4, 2, 1], np.arange(1.0, 8))
    trials = []
    for name in ("coffee", "astronaut", "camera"):
        for psf in (psfs.motion(9, 30), psfs.disk(3), ramp / ramp.sum()):
            down, across = (n // 2 for n in psf.shape)
            scene = problem.sample_image(name, size=(shape[0] + 2 * down, shape[1] + 2 * across))
            y = problem.simulate(scene, psf, sigma=0.01, boundary="unknown", rng=0).y
            trials.append((scene[down:-down, across:-across], y, psf))
    return trials


def _parts(error):
    """The rms in the rim and in the middle."""
    rim = np.ones(error.shape, bool)
    rim[RIM:-RIM, RIM:-RIM] = False
    return criteria.rms(error[rim]), criteria.rms(error[3 * RIM : -3 * RIM, 3 * RIM : -3 * RIM])


@tasks.task(
    "07-mend-the-margin",
    "np.pad fills the margin with zeros unless you say otherwise: what does the method see at the frame then?",
    'Another mode of np.pad, such as "symmetric" or "edge", makes no jump at the frame. Or use dl.edge_taper.',
)
def mend_the_margin(answer):
    deblur = Function(answer, "y", "psf", "weight")
    shares = []
    for x, y, psf in _photographed():
        got = np.asarray(deblur(y, psf, 0.01))
        if got.shape != y.shape:
            raise Mistake(f"It has the shape {got.shape}, expected {y.shape}: is the margin cut off?")
        if got.dtype.kind not in "iuf" or not np.isfinite(got).all():
            raise Mistake("Its values are not all finite real numbers.")
        plain = filters.tikhonov(y, psf, 0.01)
        shares.append(np.array(_parts(got - x)) / _parts(plain - x))
    rim, middle = np.mean(shares, axis=0)
    if middle > 1.3:
        raise Mistake(
            f"The middle has {middle:.2f} times the error of the plain filter's: is the margin cut off where it was "
            "put on?"
        )
    grey = np.asarray(deblur(np.full((64, 80), 0.5), psfs.disk(3), 0.01))
    if np.ptp(grey) > 0.05:
        raise Mistake(
            f"An even grey of 0.5 comes back as {grey.min():.2f} to {grey.max():.2f}: it meets something that is not "
            "grey. What is in the margin?"
        )
    verdict = f"In the rim it has {rim:.2f} times the error of the plain filter"
    if rim > PLAIN:
        raise Mistake(f"{verdict}, {ENOUGH} was asked for: does left still meet right?")
    if rim > ENOUGH:
        raise Mistake(f"{verdict}, {ENOUGH} was asked for. Is there still a jump where photograph and margin meet?")
    return f"{verdict}, on three photographs with three PSFs, and an even grey stays even."


@tasks.task(
    "07-ask-the-blur",
    "Only one of the three changes an even grey. And where does the light of a pixel at the frame go?",
    "An even grey comes back uneven: zero. Otherwise light one pixel in a corner: on the far side there is light if "
    "and only if it is periodic.",
)
def ask_the_blur(answer):
    boundary_of, rng = Function(answer, "blur", "shape"), np.random.default_rng()
    boundaries, mixed, right = ("periodic", "zero", "reflect"), {}, 0
    for shape, size in (((12, 16), (3, 5)), ((13, 15), (5, 3)), ((20, 20), (7, 7))):
        for boundary in boundaries:
            psf = random_psf(rng, size)
            said = boundary_of(operators.Blur(psf, shape, boundary).__matmul__, shape)
            if not isinstance(said, str) or said not in boundaries:
                raise Mistake(f"It says {said!r}, expected one of {', '.join(boundaries)}.")
            if said != boundary:
                mixed.setdefault((boundary, said), 0)
                mixed[boundary, said] += 1
            right += said == boundary
    if not mixed:
        return "Nine blurs, nine right answers. You have seen nothing but what they made of your pictures."
    if right == 3 and len({said for _, said in mixed}) == 1 and len(mixed) == 2:
        raise Mistake(
            "It always says the same. What would show a difference? Rounding may leave 1e-17 where 0 should be."
        )
    truth, said = max(mixed, key=mixed.get)
    if "zero" in (truth, said):
        question = (
            "Only darkness makes an even grey uneven. (One pixel tells less: if the PSF is not symmetric, a mirror, "
            "too, gives back more or less light than there was.)"
        )
    else:
        question = "Both leave an even grey even. Where does the light of a pixel at the frame go?"
    if said == "periodic":
        question += " Do not take rounding, such as 1e-17, for light."
    raise Mistake(f"{right} of 9 are right. It takes {truth} for {said}. {question}")


@tasks.task(
    "07-what-nobody-saw",
    "The photograph of the pattern is 0 everywhere: what do any three neighbours add up to?",
    "2 + 3 + ? = 0, then 3 + (-5) + ? = 0, and so on.",
)
def what_nobody_saw(answer):
    pattern = [2, 3]
    for _ in range(4):
        pattern.append(-pattern[-1] - pattern[-2])
    compare.array(
        answer,
        pattern[2:],
        wrong={
            "The first three add up to 10, and the camera would see it.": [5, 8, 13, 21],
            "What is the photograph of 2, 3, 0? The camera would see it.": [0, 0, 0, 0],
            "Is there one sign for all? 2 + 3 and your first number should be invisible.": [5, 2, 3, 5],
            "The pattern began with 2, 3; the four numbers after these are asked for.": [2, 3, -5, 2],
            "2 and -2 cancel two by two; the camera adds three neighbours.": [-2, -3, 2, 3],
        },
        otherwise="Photograph your row: 2, 3 and your four. Is it 0 everywhere?",
    )
    return "Two numbers can be chosen, as the PSF reaches over three pixels: as many patterns stay unseen."

"""Lesson 03, shape the blur."""

import numpy as np

from .. import psf as psfs
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks, random_psf

tasks = Tasks()


@tasks.task(
    "03-wipe-it-out",
    "Write down the sum over the three pixels, with the cosine of the wave at each, and ask when it is 0.",
    "(1 - 2a) + 2a cos(2 pi f) = 0. The cosine is -1 at f = 1/2, and 0 at f = 1/4.",
)
def wipe_it_out(answer):
    cosine = np.cos(2 * np.pi * np.array([1 / 2, 1 / 4]))
    right = 1 / (2 - 2 * cosine)
    wrong = {
        "The cosine of only one neighbour was counted: the wave comes in from both sides.": 1 / (2 - cosine),
        "The two are exchanged: the finest wave, f = 1/2, is the first.": right[::-1],
        "Those are the shares that stay in place: a is the share of a neighbour.": 1 - 1 / (1 - cosine),
        "Three equal shares wipe out f = 1/3, as a third of a turn apart they cancel.": [1 / 3, 1 / 3],
        "That is the share of both neighbours together: a goes to each.": 1 / (1 - cosine),
    }
    got = np.asarray(answer)
    known = any(np.allclose(got, other, atol=1e-6) for other in (right, *wrong.values()) if got.shape == (2,))
    if got.shape == (2,) and got.dtype.kind in "iuf" and not known:
        for a, H, what in zip(got, 1 - 2 * got + 2 * got * cosine, ("first, f = 1/2", "second, f = 1/4"), strict=True):
            if abs(H) > 1e-6:
                raise Mistake(f"With a = {a:.4g} the blur multiplies the {what}, by {H:.3g}: it should be 0.")
    compare.array(answer, right, wrong=wrong)
    return "With the second nothing stays in place: each pixel becomes the mean of its two neighbours."


@tasks.task(
    "03-keep-of-a-lopsided-blur",
    "Each share is a copy of the wave, moved by its distance from the middle. How are pointers of copies added?",
    "To the right: the sum of share * cos(2 pi f k); down: the sum of share * sin(2 pi f k). The strength is the "
    "length of that pointer, by Pythagoras (np.hypot).",
)
def keep_of_a_lopsided_blur(answer):
    kept, rng = Function(answer, "shares", "frequency"), np.random.default_rng()
    for size in (3, 5, 9):
        for frequency in rng.uniform(0.03, 0.47, 3):
            shares = rng.dirichlet(np.ones(size))
            turn = 2 * np.pi * frequency * (np.arange(size) - size // 2)
            left, right, down = 2 * np.pi * frequency * np.arange(size), shares @ np.cos(turn), shares @ np.sin(turn)
            got = kept(shares, float(frequency))
            if np.iscomplexobj(got):
                raise Mistake("It is complex: that is the pointer. How long is it?")
            compare.number(
                got,
                np.hypot(right, down),
                wrong={
                    "That is the height where the old crest was. A lopsided blur moves the crest.":
                        right,
                    "That is the size of what is left where the old crest was. A lopsided blur moves the crest.":
                        abs(right),
                    "That is the part of the sine alone.": down,
                    "That is the size of the part of the sine alone.": abs(down),
                    "The sizes of the two parts are added: they are at a right angle, so Pythagoras.":
                        abs(right) + abs(down),
                    "The two parts are added: they are at a right angle, so Pythagoras.": right + down,
                    "That is the cosine part, counted from the left end of the PSF.": shares @ np.cos(left),
                    "Frequency is in crests per pixel: one crest is a turn of 2 pi.":
                        abs(shares @ np.exp(1j * turn / (2 * np.pi))),
                    "The wave is not weakened: this is the sum of the shares.": 1.0,
                },
            )  # fmt: skip
    return "Where the PSF is alike on both sides, it is the lesson's |H|."


@tasks.task(
    "03-which-waves-are-gone",
    "The line wipes out the frequencies 1/length, 2/length, ... Which of them are a whole number of crests per frame?",
    "Keep the crests from 1 to columns // 2 for which crests * length is a multiple of columns: % gives the rest.",
)
def which_waves_are_gone(answer):
    wiped_out = Function(answer, "columns", "length")
    for columns, length in ((126, 9), (120, 9), (100, 15), (45, 5), (60, 15), (128, 9)):
        size = abs(psfs.psf_to_otf(psfs.motion(length), (length + 2, columns))[0])
        right = np.flatnonzero(size < 1e-9).tolist()
        found = np.asarray(wiped_out(columns, length))
        if found.ndim != 1 or (found.size and found.dtype.kind not in "iuf"):
            raise Mistake("Your function should return a list of numbers; if no wave is gone, the empty list [].")
        found = sorted(found.tolist())
        if found == right:
            continue
        at = f"{columns} columns, a line of {length}: "
        every = [k * columns / length for k in range(1, length // 2 + 1)]
        whole = range(1, columns // 2 + 1)
        for sentence, other in {
            "0 crests are the even grey: no blur takes it away.": [0, *right],
            "crests beyond half the columns are in your list: they look like fewer.":
                [k for k in range(1, columns) if k * length % columns == 0],
            "those are numbers of crests that are not whole: they do not close around the frame.": every,
            "those were rounded: a wave beside a zero is weak, and not gone.": sorted({round(k) for k in every}),
            "those were rounded down: a wave beside a zero is weak, and not gone.": [int(k) for k in every],
            "those are the columns that the line fits into, not crests: 1/length is a frequency.":
                [k for k in whole if k % length == 0],
            "only the first is there: two and three whole waves on the line cancel, too.": right[:1],
            "some are gone, although the length does not divide the columns.": [],
            "none is gone: no zero falls on a whole number of crests.": found if not right else None,
        }.items():  # fmt: skip
            if found == other:
                raise Mistake(at + sentence)
        missing, extra = sorted(set(right) - set(found)), sorted(set(found) - set(right))
        raise Mistake(at + (f"{missing[0]} crests are gone, too." if missing else f"{extra[0]} crests are not gone."))
    return "All six pairs of frame and line agree with what dl.psf_to_otf says is 0."


@tasks.task(
    "03-measure-the-spread",
    "How much light falls into each column? Where is its centre of gravity? How far is the light from there?",
    "light = psf.sum(axis=0); middle = the sum of light * place; the root of the sum of light * (place - middle)**2.",
)
def measure_the_spread(answer):
    spread, rng = Function(answer, "psf"), np.random.default_rng()
    for size in ((5, 7), (9, 3), (3, 9)):
        psf = random_psf(rng, size)
        places = [np.arange(n) - n // 2 for n in size]
        lights = psf.sum(axis=1), psf.sum(axis=0)
        squares = [light @ place**2 for light, place in zip(lights, places, strict=True)]
        down, right = (
            square - (light @ place) ** 2 for square, light, place in zip(squares, lights, places, strict=True)
        )
        compare.number(
            spread(psf),
            right**0.5,
            wrong={
                "That is the variance: take the root.": right,
                "That is the spread from top to bottom: psf.sum(axis=0) adds up each column.": down**0.5,
                "That is the variance from top to bottom.": down,
                "That is the spread in both directions together: only sideways, please.": (right + down) ** 0.5,
                "That is measured from the middle pixel: measure from the centre of gravity, a blur may also move.":
                    squares[1] ** 0.5,
                "That is measured from the left end: measure from the centre of gravity.":
                    (lights[1] @ np.arange(size[1]) ** 2) ** 0.5,
                "That is the standard deviation of the shares: not of where they lie.": psf.std(),
                "That is the standard deviation of the light of the columns: not of where it lies.": lights[1].std(),
                "That is the mean distance: in a standard deviation, squares are averaged.":
                    lights[1] @ abs(places[1] - lights[1] @ places[1]),
                "All columns count alike here: weigh each with its light.": places[1].std(),
            },
        )  # fmt: skip
    return "For a disk it is half the radius, for a line the length divided by the root of 12."


@tasks.task(
    "03-mend-the-gaussian",
    "Measure what it makes: how is the measured spread related to the one that was asked for?",
    "A Gaussian with the standard deviation s is exp(-k**2 / (2 * s**2)).",
)
def mend_the_gaussian(answer):
    gaussian, k = Function(answer, "spread"), np.arange(-25, 26)

    def bell(exponent):
        row = np.exp(-(k**2) * exponent)
        return row / row.sum()

    for spread in (*np.random.default_rng().uniform(1.2, 1.8, 2), 3.0, 0.7):
        compare.array(
            gaussian(float(spread)),
            bell(1 / (2 * spread**2)),
            wrong={
                "This is as it was. Measure the spread of what it makes for 2 and for 8: what is it?": bell(1 / spread),
                "Nearly: the spread is squared now, and a 2 is missing. Measure it.": bell(1 / spread**2),
                "Nearly: the 2 is there now, and the spread is not squared. Measure 1 and 4.": bell(1 / (2 * spread)),
                "The 2 is squared, too: measure what comes out.": bell(1 / (4 * spread**2)),
                "The 2 is above the line: it belongs below.": bell(2 / spread**2),
                "Is the spread below the line? 1 / 2 * a**2 multiplies by a**2; write 1 / (2 * a**2).":
                    bell(spread**2 / 2),
                "For a narrow one the sum is not 1: divide by the sum of the shares, not by the area of the curve.":
                    np.exp(-(k**2) / (2 * spread**2)) / (spread * (2 * np.pi) ** 0.5),
                "Its sum is not 1: divide by the sum, or the picture gets brighter.": np.exp(-(k**2) / (2 * spread**2)),
            },
        )  # fmt: skip
    return "The measured spread is the one that was asked for."

"""Lesson 13, guess the PSF."""

import numpy as np

from .. import problem
from .. import psf as psfs
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks

tasks = Tasks()


@tasks.task(
    "13-stripes-to-length",
    "A wave vanishes if a whole number of its crests fits on the line. How many pixels of the line lie along the rows, "
    "how many along the columns?",
    "25 crests in 300 columns: one crest is 12 px long, so the line is 12 columns long. Do the same for its rows, then "
    "Pythagoras.",
)
def stripes_to_length(answer):
    columns, rows = 300 / 25, 240 / 48
    compare.number(
        answer,
        np.hypot(columns, rows),
        within=0.005,
        wrong={
            "That is the line's length along the rows alone. It is slanted.": columns,
            "That is the line's length along the columns alone. It is slanted.": rows,
            "Both parts were added: they are at a right angle, so Pythagoras.": columns + rows,
            "Rows and columns of the picture were exchanged: which crests are counted along which?":
                np.hypot(240 / 25, 300 / 48),
            "Is the picture as high as it is wide?": np.hypot(columns, 300 / 48),
            "Is the picture as wide as it is high?": np.hypot(240 / 25, rows),
            "Those are crests, not pixels: how long is one crest, in a picture of 300 columns?": np.hypot(25, 48),
            "The wave of 25 crests across and 48 down lies on the second stripe: take columns and rows one by one.":
                1 / np.hypot(1 / columns, 1 / rows),
            "That is an angle: how long is the line?": np.degrees(np.arctan2(rows, columns)),
        },
    )  # fmt: skip
    return "12 columns and 5 rows. The stripes also tell the direction, but which end came first, nobody can tell."


@tasks.task(
    "13-price-of-a-bar",
    "Draw it: write down the pixels of the blurred bar. How high does it get, and in how many steps?",
    "It climbs in two steps of 1/8 to 2/8, stays, and descends in two: which slopes are not 0, and how high are they?",
)
def price_of_a_bar(answer):
    def prices(row):
        slopes = np.diff(row)
        return np.array([np.sum(slopes**2), np.sum(abs(slopes)), np.count_nonzero(slopes)])

    blurred = np.convolve([0, 1, 1, 0], np.full(8, 1 / 8))
    square, size, number = prices(blurred)
    compare.array(
        answer,
        [square, size, number],
        within=0.001,  # of 4: 0.06 will do for 1/16
        otherwise="Write the blurred bar down, all its pixels, and then its slopes: up, level, down.",
        wrong={
            "That is what the sharp bar costs: what does the blurred one?": prices([0, 1, 1, 0]),
            "Those are two edges, each by itself: the second begins before the first has reached its full height.":
                [16 / 8**2, 2, 16],
            "That is half of each: of one side only, or of a bar of one pixel.": [square / 2, size / 2, number / 2],
            "The blurred bar is no box: at its ends only one of the two pixels brings light.": [2 / 4**2, 2 / 4, 2],
            "The last is the number of bright pixels: how many slopes are not 0?":
                [square, size, np.count_nonzero(blurred)],
            "The first is no sum of squares yet: (1/8)² is 1/64.": [size, size, number],
            "Light is kept: a bar of 2 pixels, smeared over 8, does not stay as bright.": [4 / 2**2, 4 / 2, 4],
            "The order is: squares, sizes, number.": [number, size, square],
        },
    )  # fmt: skip
    return (
        "The sharp bar costs 2 by each. |Slope| is fair to a lone edge; of narrow things it prefers the blur as well. "
        "Only the number does not."
    )


@tasks.task(
    "13-psf-of-a-known-row",
    "A row of A holds the pixels of x that y[i] is made of, each in the column of its share. Check one by hand.",
    "A = np.array([x[i : i + size][::-1] for i in range(len(y))]), then np.linalg.lstsq(A, y)[0].",
)
def psf_of_a_known_row(answer):
    find, rng = Function(answer, "x", "y", "size"), np.random.default_rng()
    for length, size in ((40, 5), (33, 4), (60, 9), (25, 3)):
        right = np.ones(size)
        while right.min() > -0.005:  # so that a cut at 0 shows
            x, psf = rng.random(length), rng.dirichlet(np.ones(size))
            psf[-1], psf[0] = 0, psf[0] + psf[-1]
            seen = np.array([x[i : i + size] for i in range(length - size + 1)])
            y = seen @ psf[::-1] + 0.05 * rng.standard_normal(len(seen))
            right = np.linalg.lstsq(seen[:, ::-1], y)[0]
        got = find(x, y, size)
        if isinstance(got, tuple):
            raise Mistake("That is all that lstsq returns: the PSF is its first part, [0].")
        turned, few = np.linalg.lstsq(seen, y)[0], np.linalg.solve(seen[:size, ::-1], y[:size])
        compare.array(
            got,
            right,
            wrong={
                "It belongs to a PSF turned by half, a correlation: psf[0] is the share of x[i + size - 1].": turned,
                "Only the first equations were used, as many as unknowns. Their noise goes straight into the PSF.": few,
                "A's transpose alone does not solve it: the shares mix in A.T @ A.": seen[:, ::-1].T @ y,
                "It was cut at 0: nothing but least squares is asked for here.": right.clip(0),
                "It was cut at 0 and divided by its sum: nothing but least squares is asked for here.":
                    right.clip(0) / right.clip(0).sum(),
                "It was divided by its sum: nothing but least squares is asked for here.": right / right.sum(),
            },
        )  # fmt: skip
    return "Noise makes it wrong by a little, and here and there negative: estimate_psf forbids that."


def faded(y):
    n = y.shape[1]
    return (y - y.mean(axis=1, keepdims=True)) * np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2


def cepstrum(y, logarithm=lambda strength: np.log(strength + 1e-3)):
    return np.fft.ifft(logarithm(abs(np.fft.fft(y, axis=1))).mean(axis=0)).real


def lowest(values):
    return 3 + int(np.argmin(values[3:41]))


@tasks.task(
    "13-length-from-the-dip",
    "Of each row: fade, spectrum, log of its strength. The stripes stand at the same place in all rows, the scene does "
    "not. Where can the rows be averaged?",
    "np.log(abs(np.fft.fft(faded(y), axis=1)) + 1e-3).mean(axis=0) has the stripes. Then np.fft.ifft, its real part, "
    "and 3 + np.argmin(...[3:41]).",
)
def length_from_the_dip(answer):
    length_of, rng = Function(answer, "y"), np.random.default_rng(13)
    cases = []
    for name, length in (("camera", 8), ("camera", 11), ("chelsea", 7), ("coins", 14), ("astronaut", 27), ("text", 21)):
        scene = problem.sample_image(name, size=(int(rng.integers(140, 160)), int(rng.integers(180, 200))))
        y = problem.simulate(scene, psfs.motion(length), sigma=0.005, boundary="unknown", rng=rng).y
        cases.append((name, length, y))
    found = []
    for name, length, y in cases:
        try:
            found.append(float(length_of(y)))
        except (TypeError, ValueError):
            raise Mistake("Your function should return one number, the length.") from None
        if not np.isfinite(found[-1]):
            raise Mistake(f"{name}, moved by {length} px: your answer is nan. The dip is there: use your own function.")
    wrong = {
        "It is 3 too short: a place in values[3:41] is counted from 3.": lambda y: lowest(cepstrum(faded(y))) - 3,
        "Place 0 is the mean of the log, not a wave: begin to look at 3.": lambda y: 0,
        "That is the highest value, or the largest without its sign. Look for a dip: the lowest, with its sign.":
            lambda y: lowest(-cepstrum(faded(y))),
        "The rows were not faded: the jump at their ends fills the stripes.": lambda y: lowest(cepstrum(y)),
        "The rows were averaged too early: first the spectrum of each, with its log, or the scene hides the stripes.":
            lambda y: lowest(cepstrum(faded(y.mean(axis=0)[None]))),
        "You asked one row only. In all rows the stripes are the same, the scene is not: average.":
            lambda y: lowest(cepstrum(faded(y)[len(y) // 2][None])),
        "Without the log the blur multiplies the scene's waves, and does not add to them.":
            lambda y: lowest(cepstrum(faded(y), lambda strength: strength)),
        "The scene moved along the rows: the spectra should be those of rows, axis=1.":
            lambda y: lowest(cepstrum(faded(y.T))),
        "That is the length of the frame divided by the right one: a distance of stripes.":
            lambda y: y.shape[1] / lowest(cepstrum(faded(y))),
    }  # fmt: skip
    missed = [(case, got) for case, got in zip(cases, found, strict=True) if abs(got - case[1]) > 1.01]
    if not missed:
        return "Within a pixel for six pictures that you have not seen, and no star was needed."
    nearer = [min(got, y.shape[1] - got) for (*_, y), got in zip(cases, found, strict=True)]
    if all(abs(got - length) <= 1.01 for (_, length, _), got in zip(cases, nearer, strict=True)):
        raise Mistake(
            "It was counted from the other end: the second half repeats the first, so look at the first alone."
        )
    for sentence, other in wrong.items():
        if np.allclose([other(y) for *_, y in cases], found, atol=0.5):
            raise Mistake(sentence)
    (name, length, _), got = missed[0]
    raise Mistake(f"{name}, moved by {length} px: you found {got:.4g}. {len(missed)} of 6 are more than 1 px off.")


@tasks.task(
    "13-mend-the-star",
    "How dark is the darkest of 529 noisy pixels, compared with the sky? How much light is that, all pixels together?",
    "Take off the mean (or the median) of pixels that have no star in them, such as the rim; and keep what is below 0, "
    "as it cancels what is above.",
)
def mend_the_star(answer):
    psf_of, rng = Function(answer, "cut"), np.random.default_rng()
    outside, inside, likely = [], [], None
    for _ in range(20):
        path = psfs.shake(14, rng=rng)
        path = np.pad(path, [((23 - n) // 2, (23 - n) // 2) for n in path.shape])
        cut = rng.uniform(0.1, 0.4) + 20 * path + 0.01 * rng.standard_normal(path.shape)
        got = _star(psf_of(cut), cut)
        fits = {sentence for sentence, star in _usual_stars(cut).items() if np.allclose(got, star)}
        likely = fits if likely is None else likely & fits
        outside.append(got[path == 0].sum())
        inside.append(np.sqrt(np.sum((got - path)[path > 0] ** 2) / np.sum(path**2)))
    for sentence in likely:
        raise Mistake(sentence)
    if abs(got.sum() - 1) > 1e-6:
        raise Mistake(f"Its sum is {got.sum():.3g}: a PSF's is 1.")
    share = np.sqrt(np.mean(np.square(outside)))
    if share > 0.065:
        raise Mistake(f"Where no star is, there is still {share:.0%} of the light: is that the sky, or its noise?")
    if np.mean(inside) > 0.09:
        raise Mistake("The faint parts of the path have gone: too much was taken off.")
    return "For twenty stars, next to no light is left where the path has not been."


def _star(got, cut):
    got = np.asarray(got)
    if got.shape != cut.shape:
        raise Mistake(f"It has the shape {got.shape}, expected that of cut, {cut.shape}.")
    if got.dtype.kind not in "iuf":
        raise Mistake("It should be an array of numbers.")
    if not np.isfinite(got).all() or abs(got).max() > 1e6:
        raise Mistake("It was divided by 0, or nearly: the mean of all pixels, say, has the star in it.")
    return got


def _usual_stars(cut):
    """Sentences, and what each of the usual mistakes makes of a star."""
    rim = np.concatenate([cut[[0, -1]].ravel(), cut[1:-1, [0, -1]].ravel()])
    stars = {
        "It is as it was: the darkest pixel is the sky and the lowest value of its noise.": cut - cut.min(),
        "The sky is still in it.": cut,
        "The darkest pixel of the rim is the sky and the lowest value of its noise there. What is typical of the rim?":
            cut - rim.min(),
        "One pixel is the sky and its own noise: ask many.": cut - cut[0, 0],
        "Half of the noise stays: what is below 0 was cut, what is above was not, and both would cancel.":
            (cut - np.median(rim)).clip(0),
        "Half of the noise stays: below 0 was cut, and above 0 was not. Both would cancel.":
            (cut - rim.mean()).clip(0),
        "Noise below 0 was turned up: without abs it cancels what is above.": abs(cut - np.median(rim)),
        "Noise below the sky was turned up: without abs it cancels what is above.": abs(cut - rim.mean()),
    }  # fmt: skip
    unscaled = {"Its sum is not 1, and there is more: " + sentence: star for sentence, star in stars.items()}
    return {sentence: star / star.sum() for sentence, star in stars.items()} | unscaled

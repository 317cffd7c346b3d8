"""Lesson 14, restore a photo."""

import functools
import time

import numpy as np

from .. import criteria, filters, iterative, problem
from .. import psf as psfs
from ..operators import Blur
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks

tasks = Tasks()

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@tasks.task(
    "14-speed-from-a-streak",
    "How long is the streak in the full photograph, and how many millimetres is one pixel there?",
    "24 px of 3 mm each are 0.072 m, ridden in 0.01 s. One metre a second is 3.6 kilometres an hour.",
)
def speed_from_a_streak(answer):
    compare.number(
        answer,
        25.92,
        within=0.02,
        wrong={
            "The streak was measured on the copy, the hubs on the full photograph: were both brought together?": 8.64,
            "You made the streak shorter: is it longer or shorter in the full photograph than on the copy?": 2.88,
            "That is in metres a second: kilometres an hour are asked for.": 7.2,
            "That is in metres a second, and the streak is still as long as on the copy.": 2.4,
            "You divided by 3.6: are there more metres a second or more kilometres an hour?": 2,
            "That is a thousand times too much: millimetres for metres?": 25920,
            "That is how far it rode, in millimetres: in which time?": 72,
            "That is how far it rode, in metres: in which time?": 0.072,
            "The shrinking was counted twice.": 77.76,
        },
    )
    return "One pixel more or less on the copy is three in the photograph: 3.2 km/h."


def to_light(levels, straight=True):
    """Light of levels; without the straight piece near black if so asked."""
    bent = ((levels + 0.055) / 1.055) ** 2.4
    return np.where(levels <= 0.04045, levels / 12.92, bent) if straight else bent


def to_levels(light, straight=True):
    bent = 1.055 * light ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, bent) if straight else bent


def squares(values):
    """The mean of each square of 2 x 2."""
    return (values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]) / 4


@tasks.task(
    "14-shrink-a-file",
    "Three steps: levels to light, the mean of four pixels, light to levels. The last one is the first one turned "
    "round: solve light = ((levels + 0.055) / 1.055) ** 2.4 for the levels.",
    "np.where(light <= 0.04045 / 12.92, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) goes back; "
    "light[::2, ::2], light[1::2, ::2], light[::2, 1::2] and light[1::2, 1::2] are the four pixels of each square.",
)
def shrink_a_file(answer):
    smaller, rng = Function(answer, "levels"), np.random.default_rng()
    for shape in ((8, 12), (6, 6), (10, 4)):
        levels = rng.random(shape)
        levels[:2] *= 0.04  # a row of squares that is nearly black
        levels[2:4] = rng.uniform(0.05, 0.18, levels[2:4].shape)  # and one that is dark, on the bent piece
        light = squares(to_light(levels))
        right = to_levels(light)
        compare.array(
            smaller(levels),
            right,
            wrong={
                "That is the mean of the levels: what does a pixel of the copy add up?": squares(levels),
                "It holds light: the copy is a file again, of levels.": light,
                "The curve was used the wrong way round: from light to levels first.":
                    to_light(squares(to_levels(levels))),
                "It left out three pixels of four: a copy adds up the light of all.": levels[::2, ::2],
                "Near black it is wrong: the curve has a straight piece there, in both directions.":
                    to_levels(squares(to_light(levels, False)), False),
                "Near black it is wrong: did you use the straight piece on the way to light?":
                    to_levels(squares(to_light(levels, False))),
                "Near black it is wrong: the way back has a straight piece, too.": to_levels(light, False),
                "Near black it is wrong: on the way back the straight piece ends at a light, 0.04045 / 12.92.":
                    np.where(light <= 0.04045, 12.92 * light, to_levels(light, False)),
                "It adds up four pixels: take their mean.": to_levels(4 * light),
                "The power 2.2 comes near to this curve, and is not it.": squares(levels**2.2) ** (1 / 2.2),
                "On the way back 0.055 is to be taken off at the end.":
                    np.where(light <= 0.0031308, right, right + 0.055),
            },
        )  # fmt: skip
    return "A square half black, half white becomes level 0.74: as bright, from far away, as its pixels are together."


@tasks.task(
    "14-two-ways",
    "First g, one channel. Then for each of the three channels: what has to be added to g to get it, and restored by "
    "`smooth`?",
    "g = light @ np.array([0.2126, 0.7152, 0.0722]); the new channel k is sharp(g) + smooth(light[..., k] - g); "
    "np.dstack puts three of them together.",
)
def two_ways(answer):
    restore, rng = Function(answer, "light", "sharp", "smooth"), np.random.default_rng()
    for shape in ((7, 10), (9, 9), (12, 5)):
        light, (a, b) = rng.random((*shape, 3)), rng.random((2, 3, 3))

        def sharp(channel, a=a):
            return 3 * channel - filters.tikhonov(channel, a / a.sum(), 0.5)

        def smooth(channel, b=b):
            return filters.tikhonov(channel, b / b.sum(), 2)

        def together(g, base, other, light=light):
            return np.dstack([base + other(light[..., k] - g) for k in range(3)])

        g, mean, turned = light @ LUMINANCE, light.mean(axis=2), light @ LUMINANCE[::-1]
        right = together(g, sharp(g), smooth)
        compare.array(
            restore(light, sharp, smooth),
            right,
            wrong={
                "The channels count alike here; the eye sees green as brighter than blue.":
                    together(mean, sharp(mean), smooth),
                "Red and blue are exchanged in g: which is the first channel?": together(turned, sharp(turned), smooth),
                "`sharp` and `smooth` are exchanged.": together(g, smooth(g), sharp),
                "The colours are gone: all three channels are alike. What makes red differ from g?":
                    np.dstack(3 * [sharp(g)]),
                "Only the differences are there: where is the luminance?": together(g, 0, smooth),
                "The differences came through as they were: `smooth` should restore them.":
                    together(g, sharp(g), lambda d: d),
                "The luminance came through as it was: `sharp` should restore it.": together(g, g, smooth),
                "The luminance is in twice: `smooth` restores the channel less g.":
                    together(0, sharp(g), smooth),
                "The difference was taken from the restored g. What did `light` hold: that, or g as it came?":
                    together(sharp(g), sharp(g), smooth),
                "The differences are the wrong way round: red less g, not g less red.":
                    together(g, sharp(g), lambda d: -smooth(d)),
                "Each channel went through `sharp` by itself: no luminance was made.": together(0, 0, sharp),
                "Each channel went through `smooth` by itself: no luminance was made.": together(0, 0, smooth),
                "The channels come first here: rows, columns, channels, as in `light`.": np.moveaxis(right, 2, 0),
            },
        )  # fmt: skip
    return "In a grey photograph all differences are 0: there `smooth` has nothing to do."


@tasks.task(
    "14-mend-the-mask",
    "What are the three numbers of a pixel of the red lamp? Which of them can be believed, and what is their mean?",
    "A pixel is to be trusted only if all three of its numbers are below 0.95: (y < 0.95).all(axis=2).",
)
def mend_the_mask(answer):
    trusted, rng = Function(answer, "y"), np.random.default_rng()
    for shape in ((7, 10), (9, 9), (12, 5)):
        y = rng.uniform(0, 1.25, (*shape, 3)).clip(0, 1)
        y[0, :3] = 0.94, 0.01, 0.02  # a red that no channel has filled
        y[1, :3] = 0.98, 0.98, 0.02
        y[2, :4] = (1, 1, 0.9), (0.96, 0.1, 0.1), (1, 1, 0.8), (1, 0.92, 1)  # which tell the wrong ones apart
        y[-3:, -3:] = 0.5  # and a corner whose neighbours are not full either
        right = (y < 0.95).all(axis=2)
        got = trusted(y)
        wrong = {
            "The mask is turned round: True is for the pixels that count.": ~right,
            "It is as it was: the mean of three numbers is below 0.95 though one of them is full.":
                y.mean(axis=2) < 0.95,
            "The luminance, too, can be low while red is full: look at each channel.": y @ LUMINANCE < 0.95,
            "A pixel is left out only if all three channels are full. Can the others be believed, if one is?":
                (y < 0.95).any(axis=2),
            "Two numbers of three can be below 0.95, and the pixel is wrong all the same.":
                np.median(y, axis=2) < 0.95,
            "From 0.95 on a count is full, not from 1 on.": (y < 1).all(axis=2),
            "It looks at red alone: a lamp may be blue.": y[..., 0] < 0.95,
            "It looks at green alone: a lamp may be blue.": y[..., 1] < 0.95,
            "It looks at blue alone: a lamp may be red.": y[..., 2] < 0.95,
            "It compares sums: three channels that are nearly full together are no full one.": y.sum(axis=2) < 0.95,
            "It went along the rows: channels stand last in y.": (y < 0.95).all(axis=0),
            "It went along the columns: channels stand last in y.": (y < 0.95).all(axis=1),
            "There is a mask for each channel: make one of them.": y < 0.95,
            "The neighbours of full pixels are left out as well. Here only the full ones should be.":
                ~problem.saturated(y),
            "y is light already: sRGB's curve does not belong here.":
                (problem.srgb_to_linear(y) < 0.95).all(axis=2),
            "y is light, not levels: nothing has to be converted.":
                (problem.linear_to_srgb(y) < 0.95).all(axis=2),
        }  # fmt: skip
        compare.array(got, right.astype(float), wrong={why: mask.astype(float) for why, mask in wrong.items()})
        if np.asarray(got).dtype != bool:
            raise Mistake(f"It is right, but in numbers ({np.asarray(got).dtype}): a mask holds True and False.")
    return "A pixel counts if all three of its numbers do."


SHOTS = {  # photographs, and the length and angle of their motion
    "astronaut": (9, 20), "chelsea": (13, -40), "rocket": (11, 75), "retina": (15, 0), "hubble_deep_field": (7, -15),
    "coffee": (11, 50),
}  # fmt: skip
SIZE, NOISE, WEIGHTS, MARGIN, SECONDS = (96, 128), 0.01, (0.01, 0.015, 0.02, 0.03, 0.05), 1, 3


@functools.cache
def shots():
    """PSF, true light and the levels of the file, for each photograph."""
    made = []
    for seed, (name, motion) in enumerate(SHOTS.items(), 1):
        light, psf = problem.sample_image(name, size=SIZE, colour=True), psfs.motion(*motion)
        if name == "coffee":  # which the learner has seen the right way up
            light = light[::-1]
        channels, rng = np.moveaxis(problem.srgb_to_linear(light), 2, 0), np.random.default_rng(seed)
        seen = [problem.simulate(c, psf, sigma=NOISE, boundary="unknown", rng=rng).y for c in channels]
        levels = [problem.quantize(problem.linear_to_srgb(y.clip(0, 1))) for y in seen]
        crop = Blur(psf, seen[0].shape, "unknown").crop
        made.append((psf, np.dstack([crop(c) for c in channels]), np.dstack(levels)))
    return made


def decibels(truth, x):
    """PSNR of colours in light, of the whole frame."""
    return -20 * np.log10(criteria.rms(np.asarray(x) - truth))


@functools.cache
def figures():
    """The best of Tikhonov's at one weight, and total variation: mean PSNR."""

    def score(restore):
        return np.mean([
            decibels(truth, problem.by_channel(lambda y, psf=psf: restore(y, psf), problem.srgb_to_linear(levels)))
            for psf, truth, levels in shots()
        ])  # fmt: skip

    def edges(y, psf):
        H = Blur(psf, y.shape, "unknown")
        return H.crop(iterative.run(iterative.total_variation(H, y, 0.001), 30, progress=False).x)

    plain = [score(lambda y, psf, w=w: filters.tikhonov(filters.edge_taper(y, psf), psf, w)) for w in WEIGHTS]
    return max(plain), score(edges)


@tasks.task(
    "14-beat-tikhonov",
    "What have you met that takes nothing for granted outside the frame? And what keeps edges? Find a weight on the "
    "coffee. Colours may be treated otherwise than the luminance.",
    "y = dl.srgb_to_linear(levels); for each channel H = dl.Blur(psf, channel.shape, 'unknown') and "
    "H.crop(dl.run(dl.total_variation(H, channel, 0.001), 30, progress=False).x); dl.by_channel does it for all three.",
)
def beat_tikhonov(answer):
    restore, spent, pictures = Function(answer, "levels", "psf"), 0.0, []
    for psf, truth, levels in shots():
        start = time.thread_time()
        x = np.asarray(restore(levels, psf))
        spent += time.thread_time() - start
        if spent > SECONDS:
            raise Mistake(f"{len(pictures) + 1} photographs took {spent:.1f} s; {SECONDS} s are there for all six.")
        if x.shape != truth.shape:
            raise Mistake(f"It returns the shape {x.shape}, expected {truth.shape}: rows, columns, channels, no rim.")
        if x.dtype.kind != "f" or not np.isfinite(x).all():
            raise Mistake("It should return finite floats, not integers, complex numbers or NaN.")
        pictures.append(x.astype(float))
    (plain, edges), truths = figures(), [truth for _, truth, _ in shots()]
    score = np.mean([decibels(truth, x) for truth, x in zip(truths, pictures, strict=True)])
    said = f"{score:.2f} dB in light, on average of six photographs; Tikhonov at its best single weight {plain:.2f} dB"
    if score < plain + MARGIN:
        raise Mistake(f"{said}, and {MARGIN} dB more is asked for. {_why(pictures, truths)}")
    return f"{said}, and total variation, channel by channel at the weight 0.001, {edges:.2f} dB."


def _why(pictures, truths):
    """What is amiss with pictures that lose, said of the first thing found."""
    every = list(zip(pictures, shots(), strict=True))
    if np.mean([x.mean() for x in pictures]) > 10:
        return compare.EIGHT_BITS
    if all(np.allclose(x, problem.srgb_to_linear(levels)) for x, (_, _, levels) in every):
        return "This is the light as it came: nothing was deblurred."
    light = [problem.srgb_to_linear(x.clip(0, 1)) for x in pictures]
    if np.mean([decibels(t, x) for t, x in zip(truths, light, strict=True)]) > 3 + np.mean(
        [decibels(t, x) for t, x in zip(truths, pictures, strict=True)]
    ):
        return "It holds levels: light is asked for."
    if all(np.ptp(x, axis=2).max() < 1e-9 for x in pictures):
        return "It has no colours: all three channels are alike."
    rims, insides, misses, rough = [], [], [], []
    for x, (psf, truth, levels) in every:
        rim = tuple(slice(n // 2 + 1, -(n // 2) - 1) for n in psf.shape)
        error, inside = (x - truth) ** 2, np.zeros(x.shape[:2], bool)
        inside[rim] = True
        insides.append(error[inside].mean())
        rims.append(error[~inside].mean())
        blurred = problem.by_channel(lambda y, psf=psf: Blur(psf, y.shape) @ y, x)
        rough.append(_roughness(x[rim]) / _roughness(truth[rim]))
        misses.append(np.mean((blurred - problem.srgb_to_linear(levels))[rim] ** 2))
    ratio, miss = np.sqrt(np.mean(rims) / np.mean(insides)), np.sqrt(np.mean(misses))
    if ratio > 2:
        return f"Along the frame the error is {ratio:.1f} times that inside: what did you assume outside?"
    if np.median(rough) > 1.1:
        return f"They are {np.median(rough):.1f} times as rough as the truth: noise, or levels, taken for details?"
    said = f"Blurred again, your pictures miss the light of the file by {miss:.3f} rms; its noise is {NOISE}."
    if miss > 1.3 * NOISE:
        return f"{said} Too smooth? Or deblurred as levels?"
    return f"{said} As it should be; so what is assumed of edges, colours and the outside must get better."


def _roughness(x):
    """The rms of the steps from pixel to pixel, in both directions."""
    return np.hypot(criteria.rms(np.diff(x, axis=0)), criteria.rms(np.diff(x, axis=1)))

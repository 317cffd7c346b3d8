"""Lesson 15, deblur beyond memory."""

import numpy as np

from . import compare
from ._answer import Function
from ._tasks import Tasks

tasks = Tasks()


@tasks.task(
    "15-memory-of-the-tiles",
    "How many rows does the method get for a tile of 2048 rows? How many bytes is one array of that size?",
    "(2048 + 64 + 64)**2 pixels of 4 bytes are 18.9 MB; 9 such arrays for each of 4 workers.",
)
def memory_of_the_tiles(answer):
    megabytes = 4 * 9 * 4 / 1e6
    compare.number(
        answer,
        megabytes * 2176**2,
        within=0.005,
        wrong={
            "That is without the overlap: the method works on it, too.": megabytes * 2048**2,
            "The overlap lies on both sides of a tile.": megabytes * 2112**2,
            "That is one array for each worker: the method holds nine.": megabytes * 2176**2 / 9,
            "That is one array of one worker.": megabytes * 2176**2 / 36,
            "That is in bytes.": 1e6 * megabytes * 2176**2,
            "A quarter of it: was it one worker of four, or pixels in place of bytes?": megabytes * 2176**2 / 4,
            "A float32 has 4 bytes, not 8.": 2 * megabytes * 2176**2,
            "That is the whole slide at once: why did we cut it?": megabytes * 40000**2 / 4,
        },
    )
    return "For the whole slide at once it would be 57,600 MB."


@tasks.task(
    "15-enough-overlap",
    "`left[d]` is what is left beyond d pixels. Which is the first d at which it is below the tolerance?",
    "np.argmax(left < tolerance) is that d; the overlap is width - 1 more.",
)
def enough_overlap(answer):
    enough, rng = Function(answer, "left", "width", "tolerance"), np.random.default_rng()
    for width in (1, 5, 9):
        left, reach = np.sort(rng.uniform(0.01, 1, 60))[::-1], int(rng.integers(20, 30))
        tolerance = (left[reach - 1] + left[reach]) / 2
        compare.number(
            enough(left, width, tolerance),
            reach + width - 1,
            within=0,
            wrong={
                "That is the reach alone: within the PSF of the tile's frame pixels hold light from outside.": reach,
                "One too many: of a PSF 1 px wide no light goes elsewhere.": reach + width,
                "One too few: there it is still above the tolerance.": reach + width - 2,
                "That is where it is still above the tolerance, and without the PSF.": reach - 1,
                "That counts from the far end.": 60 - reach,
                "The PSF counts once: its light comes from half its width on either side, and so does ours.":
                    reach + 2 * (width - 1),
                "That counts half of the PSF: within its whole width of the frame a pixel may be wrong.":
                    reach + width // 2,
                "That is the largest place that is below: take the first.": 59 + width - 1,
            },
        )  # fmt: skip
    return "With a PSF of one pixel nothing is added: what is in the frame has all its light."


def joined(deblur, y, tile, overlap, crop=min, after=1):
    """A picture solved in tiles; `crop` says how much of a tile's first rows is thrown away."""
    x = np.zeros_like(y)
    for top in range(0, y.shape[0], tile):
        for left in range(0, y.shape[1], tile):
            above, before = min(top, overlap), min(left, overlap)
            bottom, right = top + tile + after * overlap, left + tile + after * overlap
            part = deblur(y[top - above : bottom, left - before : right])
            above, before = crop(top, overlap), crop(left, overlap)
            place = x[top : top + tile, left : left + tile]
            kept = part[above:, before:][: place.shape[0], : place.shape[1]]
            place[: kept.shape[0], : kept.shape[1]] = kept
    return x


def blurred(y):
    """Something that looks 2 px far, unlike in each direction, and guesses darkness outside."""
    x = np.pad(y, 2)
    return 0.5 * x[2:-2, 2:-2] + 0.3 * x[:-4, 1:-3] + 0.2 * x[4:, 4:] - 0.1 * x[2:-2, :-4]


@tasks.task(
    "15-mend-the-tiles",
    "How many rows does the first tile see above itself? And how many does the program throw away there?",
    "Keep above = min(top, overlap) and before = min(left, overlap), and throw away just these.",
)
def mend_the_tiles(answer):
    in_tiles, rng = Function(answer, "deblur", "y", "tile", "overlap"), np.random.default_rng()
    for shape, tile, overlap in (((24, 36), 8, 2), ((20, 26), 8, 3), ((17, 30), 5, 12)):
        y = rng.random(shape)
        alone = joined(blurred, y, tile, 0)
        compare.array(
            in_tiles(blurred, y, tile, overlap),
            blurred(y),
            wrong={
                "It is as it was: the first tiles of each row and column are shifted. What do they see above "
                "themselves, and to the left?": joined(blurred, y, tile, overlap, crop=lambda start, overlap: overlap),
                "What a tile sees of its neighbours is kept: its first rows are not its own.":
                    joined(blurred, y, tile, overlap, crop=lambda start, overlap: 0),
                "There are seams: no tile sees its neighbours.": alone,
                "There are seams: tiles see what is above and left, and nothing below and right.":
                    joined(blurred, y, tile, overlap, after=0),
                "Nothing was deblurred.": y,
            },
        )  # fmt: skip
    return "It has no seam, with any size of picture and any overlap, where the method looks no farther."

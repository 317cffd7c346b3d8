"""Lesson 01, blur an image."""

import numpy as np
from scipy import ndimage, signal

from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks, random_psf

tasks = Tasks()


@tasks.task(
    "01-find-the-stamp",
    "Begin at the left end: only one of the two bright pixels sends light to pixel 1, and it sends it to its left.",
    "Pixel 1 holds 4 times the share to the left; pixel 4 holds 8 times the share to the right. The three add up to 1.",
)
def find_the_stamp(answer):
    before, after = [0, 0, 4, 8, 0, 0], [0, 2, 5, 3, 2, 0]
    table = np.array([[before[(i - k) % 6] for k in (-1, 0, 1)] for i in range(6)])
    right = np.linalg.lstsq(table, after, rcond=None)[0]
    wrong = {
            "That is read from right to left: the first share is the one that goes to the left.": right[::-1],
            "That is the stamp of the pixel of 4: which share of its light is each number?": 4 * right,
            "That is the stamp of the pixel of 8: which share of its light is each number?": 8 * right,
            "Those are percent: all the light of a pixel is the share 1.": 100 * right,
            "Pixels 2 and 3 get light from both: take one stamp away before you divide.": [0.5, 5 / 4, 2 / 8],
            "Pixels 2 and 3 get light from both: take one stamp away first.": [0.5, 3 / 8, 2 / 8],
    }  # fmt: skip
    got = np.asarray(answer)
    known = any(np.allclose(got, other, atol=1e-6) for other in (right, *wrong.values()) if got.shape == (3,))
    if got.shape == (3,) and got.dtype.kind in "iuf" and not known:
        gets = table @ got
        apart = int(abs(gets - after).argmax())
        raise Mistake(f"With these shares pixel {apart} would hold {gets[apart]:.4g} afterwards, not {after[apart]}.")
    compare.array(answer, right, wrong=wrong)
    return "You have undone a blur, as far as its PSF goes: the row before and the row after give it away."


SYMMETRIES = {
    "turned by half it is the same: it cannot tell a correlation from a convolution.": lambda p: p[::-1, ::-1],
    "mirrored left to right it is the same.": lambda p: p[:, ::-1],
    "mirrored top to bottom it is the same.": lambda p: p[::-1],
    "with rows and columns exchanged it is the same.": lambda p: p.T,
    "mirrored at its other diagonal it is the same.": lambda p: p[::-1, ::-1].T,
}


@tasks.task(
    "01-draw-a-witness",
    "One 1 is not enough: wherever it stands, a mirror through it and the middle leaves the table alike.",
    "Two ones are enough: one in a corner, and one beside it.",
)
def draw_a_witness(answer):
    got = np.asarray(answer)
    if got.shape != (3, 3):
        raise Mistake(f"It has the shape {got.shape}, expected three rows of three numbers.")
    if not np.isin(got, (0, 1)).all():
        raise Mistake("It holds something else than zeros and ones.")
    if not 1 <= got.sum() <= 3:
        raise Mistake(f"It has {int(got.sum())} ones, expected 1, 2 or 3.")
    for why, moved in SYMMETRIES.items():
        if np.array_equal(moved(got), got):
            raise Mistake(f"It does not tell all slips: {why}")
    return f"No mirror and no turn takes it into itself, with {int(got.sum())} ones of nine."


@tasks.task(
    "01-add-the-copies",
    "How far does the copy move that belongs to psf[row, column]? For the middle of the PSF, not at all.",
    "For every row and column of the PSF: np.roll(x, (row - psf.shape[0] // 2, column - psf.shape[1] // 2), (0, 1)), "
    "times psf[row, column]; add them up.",
)
def add_the_copies(answer):
    blur, rng = Function(answer, "x", "psf"), np.random.default_rng()
    for shape, size in (((9, 12), (3, 5)), ((11, 8), (5, 3)), ((12, 12), (5, 7))):
        x, psf = rng.random(shape), random_psf(rng, size)
        half = size[0] // 2, size[1] // 2

        def copies(moves, x=x, psf=psf):
            return sum(share * np.roll(x, moves(*place), (0, 1)) for place, share in np.ndenumerate(psf))

        right = ndimage.convolve(x, psf, mode="wrap")
        compare.array(
            blur(x, psf),
            right,
            rim=max(half),
            wrong={
                "Each copy goes the wrong way: light that moves right makes room on the left. This is a correlation.":
                    ndimage.correlate(x, psf, mode="wrap"),
                "The whole picture has moved down and right: the PSF's middle stands for no shift, not its corner.":
                    copies(lambda r, c: (r, c)),
                "Rows and columns are exchanged in the shift.":
                    copies(lambda r, c, half=half: (c - half[1], r - half[0])),
                "Only the columns are shifted: a PSF reaches up and down, too.":
                    copies(lambda r, c, half=half: (0, c - half[1])),
                "Only the rows are shifted: a PSF reaches left and right, too.":
                    copies(lambda r, c, half=half: (r - half[0], 0)),
                "The copies are averaged once too often: the shares have the sum 1 already.": right / psf.size,
                "The picture itself was not blurred, but added to its blur.": x + right,
                "All copies are equally faint: each has the share of its own pixel of the PSF.":
                    copies(lambda r, c, half=half: (r - half[0], c - half[1]), psf=np.full(size, 1 / psf.size)),
            },
        )  # fmt: skip
    return "PSFs that are lopsided, high and wide all come out."


@tasks.task(
    "01-mend-the-turn",
    "The three tests of the author have something in common. Which direction can a PSF of one column not test?",
    "Half a turn reverses rows and columns; the program reverses only one of them.",
)
def mend_the_turn(answer):
    blur, rng = Function(answer, "x", "psf"), np.random.default_rng()
    for shape, size in (((9, 12), (3, 5)), ((11, 8), (5, 3)), ((12, 12), (5, 5))):
        x, psf = rng.random(shape), random_psf(rng, size)

        def summed(psf, x=x):
            return ndimage.correlate(x, psf, mode="wrap")

        compare.array(
            blur(x, psf),
            summed(psf[::-1, ::-1]),
            rim=max(size) // 2,
            wrong={
                "This is as it was: a PSF with light on one side only, left or right, shows what is wrong.":
                    summed(psf[::-1]),
                "This is a correlation: nothing is reversed at all.": summed(psf),
                "Now it is right from left to right, and wrong from top to bottom.": summed(psf[:, ::-1]),
                "Rows and columns are exchanged: that is a mirror, not half a turn.": summed(psf.T),
                "That is a quarter turn.": summed(psf.T[::-1]),
                "That is a quarter turn, the other way.": summed(psf.T[:, ::-1]),
            },
        )  # fmt: skip
    return "Lopsided PSFs come out in both directions."


@tasks.task(
    "01-two-blurs-make-one",
    "What does the second blur make of the picture that the first has made of a point?",
    "Add copies of `second`, each moved to a pixel of `first` and as faint as it: in a black array with "
    "first.shape[0] + second.shape[0] - 1 rows.",
)
def two_blurs_make_one(answer):
    together, rng = Function(answer, "first", "second"), np.random.default_rng()
    for sizes in (((3, 5), (5, 3)), ((5, 5), (3, 3)), ((1, 3), (3, 7))):
        first, second = (random_psf(rng, size) for size in sizes)
        right = signal.convolve2d(first, second)
        largest = np.maximum(*sizes)

        def padded(psf, shape):
            rims = [((n - m) // 2,) * 2 for n, m in zip(shape, psf.shape, strict=True)]
            return np.pad(psf, rims)

        def middle(shape, right=right):
            rows, columns = ((n - m) // 2 for n, m in zip(right.shape, shape, strict=True))
            return right[rows : rows + shape[0], columns : columns + shape[1]]

        laid = np.zeros(right.shape)
        for (r, c), share in np.ndenumerate(first):
            laid[r : r + second.shape[0], c : c + second.shape[1]] = share * second
        both = padded(first, largest), padded(second, largest)
        mean = (padded(first, right.shape) + padded(second, right.shape)) / 2
        compare.array(
            together(first, second),
            right,
            wrong={
                "It is cut off at the size of the first: light that goes left twice goes further.": middle(first.shape),
                "It is cut off at the size of the larger one: light that goes left twice goes further.":
                    middle(largest),
                "The blurs are not done after each other, but averaged.": mean,
                "The blurs are not done after each other: their PSFs are only added.": 2 * mean,
                "Each copy wipes out what lies under it: add it, with +=.": laid,
                "The blurs are not done after each other, but averaged: the copies must reach further out.":
                    (both[0] + both[1]) / 2,
                "They are multiplied pixel by pixel: but the second blur treats every pixel of the first's picture.":
                    both[0] * both[1],
                "One of them is turned by half: this is their correlation.":
                    signal.convolve2d(first, second[::-1, ::-1]),
                "One of them is turned by half: this is their correlation, the other way.":
                    signal.convolve2d(first[::-1, ::-1], second),
            },
        )  # fmt: skip
    return "So many small blurs after each other are one blur, and their order does not matter."

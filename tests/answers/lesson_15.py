"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np


def enough(left, width, tolerance):
    return int(np.argmax(left < tolerance)) + width - 1


def in_a_loop(left, width, tolerance):
    d = 0
    while left[d] >= tolerance:
        d += 1
    return d + width - 1


def in_tiles(deblur, y, tile, overlap):
    x = np.zeros_like(y)
    for top in range(0, y.shape[0], tile):
        for left in range(0, y.shape[1], tile):
            above, before = min(top, overlap), min(left, overlap)
            part = deblur(y[top - above : top + tile + overlap, left - before : left + tile + overlap])
            x[top : top + tile, left : left + tile] = part[above : above + tile, before : before + tile]
    return x


def padded(deblur, y, tile, overlap):
    """The other way round: places in the picture, cut off at its frame."""
    x, (rows, columns) = np.empty(y.shape), y.shape
    for top in range(0, rows, tile):
        for left in range(0, columns, tile):
            first, start = max(top - overlap, 0), max(left - overlap, 0)
            last, end = min(top + tile + overlap, rows), min(left + tile + overlap, columns)
            part = deblur(y[first:last, start:end])
            bottom, right = min(top + tile, rows), min(left + tile, columns)
            x[top:bottom, left:right] = part[top - first : bottom - first, left - start : right - start]
    return x


def as_it_was(deblur, y, tile, overlap):
    x = np.zeros_like(y)
    for top in range(0, y.shape[0], tile):
        for left in range(0, y.shape[1], tile):
            part = deblur(
                y[max(top - overlap, 0) : top + tile + overlap, max(left - overlap, 0) : left + tile + overlap]
            )
            kept = part[overlap : overlap + tile, overlap : overlap + tile]
            x[top : top + kept.shape[0], left : left + kept.shape[1]] = kept
    return x


ANSWERS = {
    "15-memory-of-the-tiles": {
        "right": [681.8, 4 * 9 * 4 * 2176**2 / 1e6, 682],
        "wrong": {"without the overlap": 604, "on both sides": 642.3, "A quarter of it": 170.5,
                  "the method holds nine": 75.8, "one array of one worker": 18.94, "in bytes": 681836544,
                  "not 8": 1363.7, "why did we cut it": 57600, "Got 650": 650},
    },
    "15-enough-overlap": {
        "right": [enough, in_a_loop],
        "wrong": {
            "the reach alone": lambda left, width, tolerance: np.argmax(left < tolerance),
            "One too many": lambda left, width, tolerance: np.argmax(left < tolerance) + width,
            "still above the tolerance": lambda left, width, tolerance: np.argmax(left < tolerance) + width - 2,
            "from the far end": lambda left, width, tolerance: np.sum(left < tolerance),
            "take the first": lambda left, width, tolerance: np.flatnonzero(left < tolerance).max() + width - 1,
            "expected a number": lambda left, width, tolerance: left < tolerance,
        },
    },
    "15-mend-the-tiles": {
        "right": [in_tiles, padded],
        "wrong": {
            "as it was": as_it_was,
            "no tile sees its neighbours": lambda deblur, y, tile, overlap: in_tiles(deblur, y, tile, 0),
            "Nothing was deblurred": lambda deblur, y, tile, overlap: y.copy(),
            "It has the shape": lambda deblur, y, tile, overlap: in_tiles(deblur, y, tile, overlap)[overlap:],
        },
    },
}  # fmt: skip

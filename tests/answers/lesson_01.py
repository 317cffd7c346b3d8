"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np
from scipy import ndimage, signal


def copies(move, share=lambda psf, r, c: psf[r, c]):
    """A blur that adds up copies, moved by other rules."""

    def blur(x, psf):
        y, (rows, columns) = np.zeros(x.shape), psf.shape
        for r in range(rows):
            for c in range(columns):
                y += share(psf, r, c) * np.roll(
                    x, move(r - rows // 2, c - columns // 2, rows // 2, columns // 2), (0, 1)
                )
        return y

    return blur


def collected(x, psf):
    rows, columns = psf.shape
    padded = np.pad(x, ((rows // 2,) * 2, (columns // 2,) * 2), mode="wrap")
    return np.array([
        [(padded[i : i + rows, j : j + columns] * psf[::-1, ::-1]).sum() for j in range(x.shape[1])]
        for i in range(x.shape[0])
    ])  # fmt: skip


def correlated(change, **more):
    return lambda x, psf: ndimage.correlate(x, change(psf), **{"mode": "wrap", **more})


def stamps(first, second):
    rows, columns = first.shape
    psf = np.zeros((rows + second.shape[0] - 1, columns + second.shape[1] - 1))
    for (r, c), share in np.ndenumerate(second):
        psf[r : r + rows, c : c + columns] += share * first
    return psf


def laid(first, second):
    psf = np.zeros(stamps(first, second).shape)
    for (r, c), share in np.ndenumerate(first):
        psf[r : r + second.shape[0], c : c + second.shape[1]] = share * second
    return psf


def padded(psf, shape):
    return np.pad(psf, [((n - m) // 2,) * 2 for n, m in zip(shape, psf.shape, strict=True)])


def same_size(combine, full=False):
    def together(first, second):
        shape = stamps(first, second).shape if full else np.maximum(first.shape, second.shape)
        return combine(padded(first, shape), padded(second, shape))

    return together


ANSWERS = {
    "01-find-the-stamp": {
        "right": [[0.5, 0.25, 0.25], np.array([2, 1, 1]) / 4],
        "wrong": {
            "from right to left": [0.25, 0.25, 0.5],
            "pixel of 4": [2, 1, 1],
            "pixel of 8": [4, 2, 2],
            "before you divide": [0.5, 1.25, 0.25],
            "take one stamp away first": [0.5, 0.375, 0.25],
            "It has the shape": [0.5, 0.25],
            "percent": [50, 25, 25],
            "pixel 4 would hold 3.2 afterwards, not 2": [0.5, 0.3, 0.4],
        },
    },
    "01-draw-a-witness": {
        "right": [[[1, 1, 0], [0, 0, 0], [0, 0, 0]], np.array([[0, 0, 0], [0, 1, 1], [1, 0, 0]])],
        "wrong": {
            "tell a correlation": [[1, 0, 0], [0, 0, 0], [0, 0, 1]],
            "mirrored left to right": [[0, 1, 0], [0, 1, 0], [0, 0, 0]],
            "mirrored top to bottom": [[0, 0, 0], [1, 1, 0], [0, 0, 0]],
            "rows and columns exchanged": [[1, 1, 0], [1, 0, 0], [0, 0, 0]],
            "other diagonal": [[0, 1, 1], [0, 0, 1], [0, 0, 0]],
            "It has 0 ones": np.zeros((3, 3)),
            "It has the shape": [[1, 1], [0, 1]],
            "something else": [[3, 2, 1], [0, 0, 0], [0, 0, 0]],
        },
    },
    "01-add-the-copies": {
        "right": [copies(lambda r, c, h, w: (r, c)), collected],
        "wrong": {
            "goes the wrong way": copies(lambda r, c, h, w: (-r, -c)),
            "down and right": copies(lambda r, c, h, w: (r + h, c + w)),
            "exchanged in the shift": copies(lambda r, c, h, w: (c, r)),
            "Only the columns": copies(lambda r, c, h, w: (0, c)),
            "Only the rows": copies(lambda r, c, h, w: (r, 0)),
            "averaged once too often": copies(lambda r, c, h, w: (r, c), lambda psf, r, c: psf[r, c] / psf.size),
            "equally faint": copies(lambda r, c, h, w: (r, c), lambda psf, r, c: 1 / psf.size),
            "added to its blur": lambda x, psf: x + collected(x, psf),
            "along the frame": lambda x, psf: ndimage.convolve(x, psf, mode="constant"),
        },
    },
    "01-mend-the-turn": {
        "right": [correlated(lambda psf: psf[::-1, ::-1]), lambda x, psf: ndimage.convolve(x, psf, mode="wrap")],
        "wrong": {
            "as it was": correlated(lambda psf: psf[::-1]),
            "a correlation": correlated(lambda psf: psf),
            "wrong from top to bottom": correlated(lambda psf: psf[:, ::-1]),
            "not half a turn": correlated(lambda psf: psf.T),
            "a quarter turn": correlated(np.rot90),
            "along the frame": correlated(lambda psf: psf[::-1, ::-1], mode="reflect"),
        },
    },
    "01-two-blurs-make-one": {
        "right": [stamps, lambda first, second: signal.convolve2d(second, first)],
        "wrong": {
            "size of the first": lambda first, second: signal.convolve2d(first, second, mode="same"),
            "size of the larger": lambda first, second: ndimage.convolve(
                padded(first, np.maximum(first.shape, second.shape)), second, mode="constant"
            ),
            "but averaged": same_size(lambda a, b: (a + b) / 2, full=True),
            "reach further out": same_size(lambda a, b: (a + b) / 2),
            "only added": same_size(lambda a, b: a + b, full=True),
            "with +=": laid,
            "pixel by pixel": same_size(lambda a, b: a * b),
            "turned by half": lambda first, second: stamps(first, second[::-1, ::-1]),
            "the other way": lambda first, second: stamps(first[::-1, ::-1], second),
        },
    },
}

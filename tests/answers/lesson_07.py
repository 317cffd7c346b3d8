"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl


def padded(modes, margin=lambda k: k // 2, turn=1, start=None):
    """A blur in a padded picture."""

    def framed(x, psf, boundary):
        down, across = (margin(k) for k in psf.shape)
        wide = np.pad(x, [(down, down), (across, across)], mode=modes[boundary])
        wide = dl.Blur(psf[::turn, ::turn], wide.shape) @ wide
        down, across = (down, across) if start is None else start
        return wide[down : down + x.shape[0], across : across + x.shape[1]]

    return framed


MODES = {"zero": "constant", "reflect": "symmetric"}


def exchanged(x, psf, boundary):
    down, across = (k // 2 for k in psf.shape)
    wide = np.pad(x, [(across, across), (down, down)], mode=MODES[boundary])
    return (dl.Blur(psf, wide.shape) @ wide)[across : across + x.shape[0], down : down + x.shape[1]]


def margined(mode, margin=16):
    """A filter in a margin."""

    def deblur(y, psf, weight):
        return dl.tikhonov(np.pad(y, margin, mode=mode), psf, weight)[margin:-margin, margin:-margin]

    return deblur


def in_a_mean(y, psf, weight):
    return margined("constant")(y - y.mean(), psf, weight) + y.mean()


def moved(y, psf, weight):
    return dl.tikhonov(np.pad(y, 16, mode="edge"), psf, weight)[:-32, :-32]


def asked(blur, shape):
    if np.ptp(blur(np.ones(shape))) > 1e-9:
        return "zero"
    corner = np.zeros(shape)
    corner[0, 0] = 1
    return "periodic" if abs(blur(corner)[-1]).max() > 1e-9 else "reflect"


def unrounded(blur, shape):
    if asked(blur, shape) == "zero":
        return "zero"
    row = np.zeros(shape)
    row[0] = np.random.default_rng(0).random(shape[1])
    return "periodic" if abs(blur(row)[-1]).max() > 0 else "reflect"


def rolled(blur, shape):
    x = np.random.default_rng(0).random(shape)
    if np.allclose(blur(np.roll(x, (3, 4), (0, 1))), np.roll(blur(x), (3, 4), (0, 1))):
        return "periodic"
    return "reflect" if np.allclose(blur(np.ones(shape)), 1) else "zero"


ANSWERS = {
    "07-three-pixels-of-a-wall": {
        "right": [[1.2, 0, 1.2], np.linalg.solve([[0.5, 0.25, 0], [0.25, 0.5, 0.25], [0, 0.25, 0.5]], [0.6] * 3)],
        "wrong": {
            "the wall as it is": [0.6, 0.6, 0.6], "goes the other way": (0.45, 0.6, 0.45),
            "on its own": [0.8, 0.6, 0.8], "exchanged": [0, 1.2, 0], "It has the shape": [1.2, 0],
            "come out as 0.6": [0.8, 0.4, 0.8],
        },
    },
    "07-two-frames-from-one-blur": {
        "right": [padded(MODES), lambda x, psf, boundary: dl.Blur(psf, x.shape, boundary) @ x],
        "wrong": {
            "NumPy calls reflect": padded({"zero": "constant", "reflect": "reflect"}),
            "still repeats": lambda x, psf, boundary: dl.Blur(psf, x.shape) @ x,
            '"reflect": the other of the two': padded({"zero": "constant", "reflect": "constant"}),
            '"zero": the other of the two': padded({"zero": "symmetric", "reflect": "symmetric"}),
            "has moved": padded(MODES, start=(0, 0)),
            "turned round": padded(MODES, turn=-1),
            "1 px is not enough": padded(MODES, lambda k: 1),
            "are exchanged": exchanged,
            "goes on for ever": padded({"zero": "edge", "reflect": "edge"}),
        },
    },
    "07-mend-the-margin": {
        "right": [
            margined("edge"),
            margined("symmetric", 32),
            lambda y, psf, weight: dl.tikhonov(dl.edge_taper(y, psf), psf, weight),
        ],
        "wrong": {
            "What is in the margin": margined("constant"),
            "does left still meet right": lambda y, psf, weight: dl.tikhonov(y, psf, weight),
            "still a jump": in_a_mean,
            "is the margin cut off?": lambda y, psf, weight: dl.tikhonov(np.pad(y, 16, mode="edge"), psf, weight),
            "where it was put on": moved,
        },
    },
    "07-ask-the-blur": {
        "right": [asked, rolled],
        "wrong": {
            "always says the same": lambda blur, shape: "periodic",
            "reflect for periodic": lambda blur, shape: "periodic" if np.ptp(blur(np.ones(shape))) < 1e-9 else "zero",
            "reflect for zero": lambda blur, shape: "periodic" if rolled(blur, shape) == "periodic" else "zero",
            "1e-17, for light": unrounded,
            "expected one of": lambda blur, shape: "wrap",
        },
    },
    "07-what-nobody-saw": {
        "right": [[-5, 2, 3, -5], np.array([-5.0, 2, 3, -5])],
        "wrong": {
            "add up to 10": [5, 8, 13, 21], "2, 3, 0": [0, 0, 0, 0], "one sign": [5, 2, 3, 5],
            "four numbers after": [2, 3, -5, 2], "two by two": [-2, -3, 2, 3],
            "Photograph your row": [4, 5, 6, 7],
        },
    },
}  # fmt: skip

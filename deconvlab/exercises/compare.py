"""Compare an answer with the right one; where they differ, recognise the usual mistakes by what they do to it."""

import numpy as np

from .. import problem
from ._answer import Mistake

EIGHT_BITS = "It is 255 times too large: keep pictures from 0 to 1."


def number(answer, right, *, within=1e-6, wrong=None):
    """Refuse a number that is not the right one.

    Parameters
    ----------
    answer : object
        What the learner wrote.
    right : float
    within : float
        How far it may be off, relative to `right`, or absolute where that is 0.
    wrong : dict of str to float, optional
        Sentences, and the numbers that call for them.
    """
    try:
        value = float(answer)
    except (TypeError, ValueError):
        raise Mistake(f"Got {type(answer).__name__}, expected a number.") from None
    near = _near(within)
    if near(value, right):
        return
    for sentence, other in (wrong or {}).items():
        if near(value, other):
            raise Mistake(sentence)
    for sentence, other in {
        "The sign is the wrong way round.": -right, "Degrees and radians were exchanged.": np.deg2rad(right),
        "It is the square of the right number: a variance for a standard deviation?": right**2,
        "It is the root of the right number: a standard deviation for a variance?": abs(right) ** 0.5,
        "It is twice the right number.": 2 * right, "It is half of the right number.": right / 2,
        "It is one divided by the right number.": 1 / right if right else np.nan,
    }.items():  # fmt: skip
        if near(value, other):
            raise Mistake(sentence)
    raise Mistake(f"Got {value:.4g}.")


def _near(within):
    return lambda a, b: bool(abs(a - b) <= within * (abs(b) or 1))


def array(answer, right, *, wrong=None, rim=0, within=1e-6, tell=True):
    """Refuse an array that is not the right one.

    Parameters
    ----------
    answer : object
        What the learner's function returned.
    right : array
        For random input, so that no accident makes two answers equal.
    wrong : dict of str to array, optional
        Sentences, and the arrays that call for them.
    rim : int, optional
        If all but so many pixels along the frame agree, it is the boundary that differs.
    within : float, optional
        Largest difference, relative to the largest value.
    tell : bool, optional
        Say which number was expected. Not so where the numbers of a row are the answer itself.
    """
    right = np.asarray(right)
    got = _as_array(answer, right)

    def same(a, b=got):
        return a.shape == b.shape and np.allclose(b, a, rtol=0, atol=within * abs(a).max())

    for sentence, other in (wrong or {}).items():
        other = np.asarray(other)
        if same(other) and not same(other, right):
            raise Mistake(sentence)
    if got.shape != right.shape:
        if got.shape == right.T.shape:
            raise Mistake(f"It has the shape {got.shape}, rows and columns exchanged: {right.shape} was expected.")
        raise Mistake(f"It has the shape {got.shape}, expected {right.shape}.")
    if same(right):
        return
    for sentence, other in _usual(right):
        if same(other):
            raise Mistake(sentence)
    inside = tuple(slice(rim, n - rim) for n in right.shape)
    if rim and same(right[inside], got[inside]):
        raise Mistake("It is right except along the frame: what lies outside it was taken for something else.")
    if np.abs(255 * got - np.rint(255 * got)).max() < 1e-6 and abs(got - right).max() < 1 / 255:
        raise Mistake("It is rounded to 256 levels: keep floats.")
    apart = np.unravel_index(abs(got - right).argmax(), right.shape)
    if not tell:
        raise Mistake(f"Number {apart[0] + 1} of {len(right)}, {got[apart]:.4g}, is off most.")
    raise Mistake(f"At {tuple(map(int, apart))} it is {got[apart]:.4g}, expected {right[apart]:.4g}.")


def _as_array(answer, right):
    got = np.asarray(answer)
    if got.dtype.kind not in "biufc":
        raise Mistake(f"Got {type(answer).__name__}, expected an array of numbers.")
    if got.dtype.kind == "b":
        got = got.astype(float)
    if not np.isfinite(got).all():
        raise Mistake(f"{np.count_nonzero(~np.isfinite(got))} of its values are NaN or infinite: a division by 0?")
    if got.dtype.kind == "c" and right.dtype.kind != "c":
        if np.allclose(got.imag, 0, atol=1e-9 * (abs(got).max() or 1)):
            raise Mistake("It is complex, with imaginary parts that are mere round-off: take the real part, `.real`.")
        raise Mistake("It is complex, and its imaginary parts are not 0: was a `conj` or an `ifftshift` left out?")
    return got


def _usual(right):
    """Sentences, and what each of the usual mistakes makes of the right answer."""
    plane = right.ndim == 2
    yield "The sign is the wrong way round.", -right
    yield EIGHT_BITS, 255 * right
    yield "It is twice too large.", 2 * right
    yield "It is half of what it should be: where did a 2 go?", right / 2
    if right.dtype.kind == "c":
        yield "It is the complex conjugate of the right answer: a `conj` too many, or one left out.", right.conj()
        return
    yield "It has lost its sign: no `abs` here.", abs(right)
    yield "It was clipped to 0 and 1: clip for the eye only.", right.clip(0, 1)
    yield "It is the square of the right answer: a variance for a standard deviation?", right**2
    yield "It is the root of the right answer: a standard deviation for a variance?", np.sqrt(abs(right))
    if right.sum():
        yield "Its sum is 1 here, and should not be.", right / right.sum()
    if plane:
        for name, moved in (("fftshift", np.fft.fftshift(right)), ("ifftshift", np.fft.ifftshift(right))):
            yield f"It is shifted by half a picture: is the PSF's centre at (0, 0)? ({name})", moved
        yield "Rows and columns are exchanged.", right.T
        yield "It is turned by half: a correlation in place of a convolution, or a `conj` left out.", right[::-1, ::-1]
        yield "It is mirrored, top to bottom.", right[::-1]
        yield "It is mirrored, left to right.", right[:, ::-1]
        for axis, what in enumerate(("row", "column")):
            for by in (-1, 1):
                yield f"It is shifted by one {what}.", np.roll(right, by, axis)
    elif right.ndim == 1:
        yield "It is turned round.", right[::-1]
        for by in (-1, 1):
            yield "It is shifted by one place.", np.roll(right, by)
    if right.min() >= 0 and right.max() <= 1:
        yield (
            "It holds levels, not light: sRGB was not undone, or applied once too often.",
            problem.linear_to_srgb(right),
        )
        yield "The curve of sRGB was undone once too often.", problem.srgb_to_linear(right)

"""Lesson 04, divide out the blur."""

import numpy as np

from .. import psf as psfs
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks, random_psf

tasks = Tasks()


@tasks.task(
    "04-gain-by-hand",
    "The OTF says what the blur left of the wave; the division has to make up for it, with epsilon in the sum.",
    "One divided by (0.05 + 0.01).",
)
def gain_by_hand(answer):
    compare.number(
        answer,
        1 / 0.06,
        within=0.01,
        wrong={
            "That is 1 / 0.05: where is epsilon?": 20,
            "That is 1 / (0.05 - 0.01): epsilon is added.": 25,
            "That is 1 / 0.01: epsilon is added to the OTF, it does not replace it.": 100,
            "That is what blur and division together leave of the wave: the division alone was asked for.": 0.05 / 0.06,
            "That is what is left of the wave, with epsilon, not what it is multiplied by.": 0.06,
        },
    )
    return "A wave that is twice as weak would be multiplied by 28.6: epsilon has begun to hold it back."


@tasks.task(
    "04-write-the-division",
    "Three lines: the spectrum of y, that times a gain, and back.",
    "np.fft.rfft2(y), dl.psf_to_otf(psf, y.shape), and np.fft.irfft2(..., s=y.shape).",
)
def write_the_division(answer):
    divide, rng = Function(answer, "y", "psf", "epsilon"), np.random.default_rng()
    for shape in ((12, 16), (13, 15), (16, 16)):
        y, psf = rng.standard_normal(shape), random_psf(rng, (3, 5))
        H, Y, epsilon = psfs.psf_to_otf(psf, shape), np.fft.rfft2(y), 0.3

        def back(spectrum, shape=shape):
            return np.fft.irfft2(spectrum, s=shape)

        corner = np.zeros(shape)
        corner[:3, :5] = psf
        got = divide(y, psf, epsilon)
        if np.shape(got) == Y.shape and np.allclose(got, Y / (H + epsilon)):
            raise Mistake("This is still a spectrum: go back to a picture with np.fft.irfft2.")
        compare.array(
            got,
            back(Y / (H + epsilon)),
            wrong={
                "np.fft.irfft2 cannot know that there was an odd number of columns: write s=y.shape.":
                    np.fft.irfft2(Y / (H + epsilon)),
                "Epsilon is missing: this is Y / H.": back(Y / H),
                "This blurs once more: divide by H + epsilon.": back(Y * (H + epsilon)),
                "Epsilon was added to the result of the division, not to H.": back(Y / H + epsilon),
                "Epsilon was subtracted.": back(Y / (H - epsilon)),
                "H is conjugated: this deblurs the PSF turned by half.": back(Y / (H.conj() + epsilon)),
                "This is Tikhonov's filter, of lesson 06.": back(Y * H.conj() / (abs(H) ** 2 + epsilon)),
                "The phases of H are lost: no `abs` in the division.": back(Y / (abs(H) + epsilon)),
                "The PSF's centre is not at (0, 0): dl.psf_to_otf moves it there.":
                    back(Y / (np.fft.rfft2(corner) + epsilon)),
            },
        )  # fmt: skip
    return "Odd and even sizes, and PSFs that are not symmetric, all come out."


@tasks.task(
    "04-mend-the-shift",
    "Blur a picture that is black but for one bright pixel, and look where the light ends up.",
    "np.fft.rfft2 takes the pixel (0, 0) for the centre; np.roll moves an array's rows and columns, around the end.",
)
def mend_the_shift(answer):
    blur, rng = Function(answer, "x", "psf"), np.random.default_rng()
    for shape in ((12, 16), (13, 15), (16, 16)):
        x, psf = rng.random(shape), random_psf(rng, (5, 7))
        right, corner = np.fft.irfft2(np.fft.rfft2(x) * psfs.psf_to_otf(psf, shape), s=shape), np.zeros(shape)
        corner[:5, :7] = psf
        home, (top, left) = (
            np.roll(corner, (-2, -3), (0, 1)),
            ((n - m) // 2 for n, m in zip(shape, (5, 7), strict=True)),
        )
        wrong = {
            "This is as it was: the PSF's centre is at row 2, column 3 of the canvas, and belongs to (0, 0).": corner,
            "np.fft.fftshift moves by half the picture, and the centre is not there.": np.fft.fftshift(corner),
            "It moves the right number of pixels the wrong way.": np.roll(corner, (2, 3), (0, 1)),
            "Rows and columns are exchanged in the move.": np.roll(corner, (-3, -2), (0, 1)),
            "Only the columns are moved: the centre is two rows too low, as well.": np.roll(corner, -3, 1),
            "Only the rows are moved: the centre is three columns too far right, as well.": np.roll(corner, -2, 0),
            "np.roll without axes moves the array as one long row: say (0, 1) for rows and columns.":
                np.roll(corner, -5),
            "The PSF stands in the middle of the canvas: its centre belongs to (0, 0).":
                np.roll(corner, (top, left), (0, 1)),
            "The centre is in its place, but the PSF is turned by half: this is a correlation.":
                np.roll(home[::-1, ::-1], (1, 1), (0, 1)),
        }  # fmt: skip
        got, spectrum = blur(x, psf), np.fft.rfft2(x)
        moved = {why: np.fft.irfft2(spectrum * np.fft.rfft2(canvas), s=shape) for why, canvas in wrong.items()}
        compare.array(got, right, wrong=moved)
    return "The light stays where it was, for pictures of odd and even sizes."


@tasks.task(
    "04-predict-the-error",
    "The error in each frequency is multiplied by the gain there; the rms of all waves is that of the picture.",
    "Rounding to 256 levels has the rms error 1 / 255 / 12 ** 0.5; the half spectrum of np.fft.rfft2 leaves out the "
    "twins, so take np.fft.fft2 of the moved PSF, or dl.rms(dl.inverse_gain(...)) for a wide picture.",
)
def predict_the_error(answer):
    predict, shape = Function(answer, "psf", "shape", "epsilon"), (64, 64)
    rounding = 1 / 255 / 12**0.5
    lopsided = np.array([[0.6, 0.3, 0.1]])  # its H is complex
    for psf, epsilon in ((psfs.gaussian(1), 0.01), (psfs.motion(5), 0.3), (psfs.disk(3), 0.05), (lopsided, 0.1)):
        H = psfs.psf_to_otf(psf, shape)
        gain = 1 / (H + epsilon)
        whole = np.sqrt(np.mean(abs(gain) ** 2))
        got = predict(psf, shape, epsilon)
        if np.iscomplexobj(got):
            raise Mistake("It is complex: square the sizes of the gains, abs(...) ** 2.")
        compare.number(
            got,
            rounding * whole,
            within=0.1,
            wrong={
                "That is the largest gain times the rounding: few waves have it.": rounding * abs(gain).max(),
                "That is the mean of the gains; in an rms, squares are averaged.": rounding * abs(gain).mean(),
                "That is the rms of the gains: times what error?": whole,
                "That is the largest error of the rounding, 1/510; its rms is smaller.": whole / 510,
                "That is the error with an rms of 1/255: where is the root of 12?": whole / 255,
                "That is the root of the sum of the squares: take the root of their mean.":
                    rounding * whole * (shape[0] * shape[1]) ** 0.5,
                "Of H + epsilon the size counts, so `abs` goes around the sum, not around H.":
                    rounding * np.sqrt(np.mean(1 / (abs(H) + epsilon) ** 2)),
                "That is the error with the gain H / (H + epsilon): the blur has not weakened the rounding.":
                    rounding * np.sqrt(np.mean(abs(H * gain) ** 2)),
                "That is in grey levels of 255: divide by 255.": 255 * rounding * whole,
            },
        )  # fmt: skip
    return "For a Gaussian, a line, a disk and a lopsided PSF it is within 10 % of what the division does."

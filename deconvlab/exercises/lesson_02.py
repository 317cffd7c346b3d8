"""Lesson 02, add up waves."""

import numpy as np

from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks

tasks = Tasks()


@tasks.task(
    "02-rebuild-the-row",
    "Divide by the number of pixels first. Then: which even grey, and which wave do the two twins make together?",
    "The grey is 2. The twins are 0.5 - 0.5j and 0.5 + 0.5j: together 1 times the cosine and 1 times the sine.",
)
def rebuild_the_row(answer):
    spectrum, turn = np.array([8, 2 - 2j, 0, 2 + 2j]), np.pi / 2 * np.arange(4)
    grey, cosine, sine = 2, np.cos(turn), np.sin(turn)
    right = np.fft.ifft(spectrum).real
    wrong = {
            "The wave has half its strength: it stands in the list twice, and both halves count.":
                grey + (cosine + sine) / 2,
            "The wave is too strong: the entry for one crest has to be divided by the number of pixels, too.":
                grey + 2 * (cosine + sine),
            "It is not divided by the number of pixels.": right * 4,
            "The wave goes the wrong way: down in the pointer, -j, is a shift to the right, so plus the sine.":
                grey + cosine - sine,
            "The even grey is missing: entry 0 is not a wave, and counts as well.": cosine + sine,
            "The sine is missing: the part with j says how much of it there is.": grey + cosine,
    }  # fmt: skip
    got = np.asarray(answer)
    known = any(np.allclose(got, other, atol=1e-6) for other in (right, *wrong.values()) if got.shape == (4,))
    if got.shape == (4,) and got.dtype.kind in "iuf" and not known:
        entries = np.fft.fft(got)
        apart = int(abs(entries - spectrum).argmax())
        raise Mistake(f"Entry {apart} of its np.fft.fft is {entries[apart]:.4g}, not {spectrum[apart]:.4g}.")
    compare.array(answer, right, wrong=wrong)
    return "np.fft.fft([3, 3, 1, 1]) gives that list."


@tasks.task(
    "02-strength-and-shift",
    "np.fft.fft(row)[crests] / len(row) is a pointer. Is it the whole wave? And does a wave that is late have a "
    "pointer above or below?",
    "The strength is abs of it, doubled where there is a twin; the shift is -np.angle(...) / (2 * np.pi).",
)
def strength_and_shift(answer):
    wave_in, rng = Function(answer, "row", "crests"), np.random.default_rng()
    for n in (8, 9, 12):
        row, crests = rng.standard_normal(n), np.arange(n // 2 + 1)
        pointers = np.fft.fft(row)[crests] / n
        twin = np.where((crests == 0) | (2 * crests == n), 1, 2)
        got = [wave_in(row, int(k)) for k in crests]
        if any(np.shape(pair) != (2,) for pair in got):
            raise Mistake("Your function should return two numbers: `return strength, shift`.")
        strengths, shifts = np.array(got, float).T
        if np.allclose(shifts, twin * abs(pointers)):
            raise Mistake("The two numbers are exchanged: first the strength, then the shift.")
        compare.array(
            strengths,
            twin * abs(pointers),
            wrong={
                "The strengths are half of what they should be: each wave stands there twice.": abs(pointers),
                "The strengths of 0 crests, or of the most that fit, are doubled: these have no twin.":
                    2 * abs(pointers),
                "The strength of the most crests that fit is doubled: half as many as pixels, they have no twin.":
                    np.where(crests == 0, 1, 2) * abs(pointers),
                "With an odd number of pixels the most crests that fit are fewer than half, and have a twin.":
                    np.where((crests == 0) | (crests == n // 2), 1, 2) * abs(pointers),
                "The strengths are not divided by the number of pixels.": twin * abs(pointers) * n,
                "The strengths are not divided by the number of pixels, nor doubled.": abs(pointers) * n,
                "That is the real part: the amount of the cosine, without the sine.": twin * pointers.real,
            },
        )  # fmt: skip
        right = -np.angle(pointers) / (2 * np.pi)

        def near(other, shifts=shifts):
            return abs((shifts - other + 0.5) % 1 - 0.5).max() < 1e-6

        if not near(right):
            for sentence, other in {
                "The strengths are right. The shifts have the wrong sign: a wave shifted to the right is late.": -right,
                "The strengths are right. The shifts are in radians: one turn is 2 * np.pi.": 2 * np.pi * right,
                "The strengths are right. The shifts are in radians, and have the wrong sign.": -2 * np.pi * right,
                "The strengths are right. The shifts are in degrees: one turn is 360.": 360 * right,
                "The strengths are right. The shifts are in pixels, not in turns.": right * n / np.maximum(crests, 1),
                "The strengths are right. One turn is from crest to crest, not once around the row.":
                    right / np.maximum(crests, 1),
            }.items():  # fmt: skip
                if near(other):
                    raise Mistake(sentence)
            raise Mistake("The strengths are right, the shifts are not.")
    return "Even and odd numbers of pixels come out, and the waves without a twin."


@tasks.task(
    "02-multiply",
    "Make a row of len(row) zeros, and put each share at the pixel to which it sends light from pixel 0.",
    "psf[shift] = share, where psf[-1] is the last pixel; then np.fft.ifft(np.fft.fft(psf) * np.fft.fft(row)).real.",
)
def multiply(answer):
    blur, rng = Function(answer, "row", "stamp"), np.random.default_rng()
    for n, shifts in ((8, (-2, -1, 0, 1)), (9, (-1, 0, 1, 2, 3)), (12, (-3, 0, 2))):
        row = rng.standard_normal(n)
        stamp = dict(zip(shifts, map(float, rng.dirichlet(np.ones(len(shifts)))), strict=True))
        spread, turned, packed = np.zeros((3, n))
        for k, share in stamp.items():
            spread[k], turned[-k] = share, share
        packed[: len(stamp)] = list(stamp.values())
        X, H = np.fft.fft(row), np.fft.fft(spread)
        got = blur(row, stamp)
        if np.iscomplexobj(got) and np.shape(got) == (n,) and np.allclose(got, X * H):
            raise Mistake("This is the spectrum of the blurred row: go back with np.fft.ifft.")
        compare.array(
            got,
            np.fft.ifft(X * H).real,
            wrong={
                "Light goes the wrong way: a shift of 1 is to the right. This is a correlation.":
                    np.fft.ifft(X * np.fft.fft(turned)).real,
                "The row is moved: the first share does not belong to pixel 0, but to the pixel of its shift.":
                    np.fft.ifft(X * np.fft.fft(packed)).real,
                "It is moved by half the row: the share for a shift of 0 belongs to pixel 0, not to the middle.":
                    np.fft.ifft(X * np.fft.fft(np.roll(spread, n // 2))).real,
                "It is too large by the number of pixels: np.fft.ifft divides by it, once.":
                    n * np.fft.ifft(X * H).real,
                "It is too small by the number of pixels: np.fft.ifft has divided by it.": np.fft.ifft(X * H).real / n,
                "The spectra were added: multiply them, entry by entry.": np.fft.ifft(X + H).real,
                "The row and the PSF were multiplied pixel by pixel: multiply their spectra.": row * spread,
                "This is the list of the PSF back in pixels, the PSF itself: where is the row?": spread,
                "It is not blurred: this is the row.": row,
                "Shifts to the left are lost: pixel -1 is the last pixel of the ring.":
                    np.fft.ifft(X * np.fft.fft(np.where(np.arange(n) < n // 2, spread, 0))).real,
            },
        )  # fmt: skip
    return "Stamps with gaps, to the left and to the right, come out on rows of even and odd length."


@tasks.task(
    "02-mend-the-filter",
    "How often does a wave stand in the list? Print the spectrum of np.cos(2 * np.pi * np.arange(8) / 8).",
    "The twins stand at the end of the list: keep the entries 0 to `most`, and the last `most`. Try most = 0, too.",
)
def mend_the_filter(answer):
    smooth, rng = Function(answer, "row", "most"), np.random.default_rng()
    for n in (8, 9, 12):
        place = np.arange(n)
        row = rng.standard_normal(n) + 3 * np.cos(2 * np.pi * place / n)  # so that it has both signs
        spectrum, crests = np.fft.fft(row), np.minimum(place, n - place)
        for most in (2, 1, 0, n // 2):

            def kept(which, spectrum=spectrum):
                return np.fft.ifft(spectrum * which).real

            right, as_it_was = kept(crests <= most), kept(place <= most)
            wrong = {
                "This is as it was: all waves but the even grey have half their strength.": as_it_was,
                "This is twice as it was: now the even grey is too strong.": 2 * as_it_was,
                "One wave too many is left: `most` crests are the most.": kept(crests <= most + 1),
                "One wave is missing: `most` crests stay.": kept(crests < most),
                "One twin is missing: the last wave to stay has half its strength.":
                    kept((place <= most) | (place > n - most)),
                "One twin too many is left: a half of a wave comes with it.":
                    kept((place <= most) | (place >= n - most - 1)),
                "That is what it should take away: the fine waves.": row - right,
            }  # fmt: skip
            if most == 0:
                wrong["For most = 0 nothing is taken away: in Python -0 is 0, so that [1:-0] is empty."] = row
            if n % 2:
                half = np.fft.rfft(row) * (np.arange(n // 2 + 1) <= most)
                wrong["np.fft.irfft cannot know that the length was odd: write n=len(row)."] = np.fft.irfft(half)
            compare.array(smooth(row, most), right, wrong=wrong)
    return "Rows of even and odd length come out, from the grey alone to all waves."


@tasks.task(
    "02-two-entries",
    "One entry has the counts of the crests as its row and column. Its twin has both counts reversed.",
    "Row -5 of 20 is row 15; count column -3 of 30 in the same way.",
)
def two_entries(answer):
    rows, columns, down, across = 20, 30, 5, 3
    got = np.asarray(answer)
    if got.shape != (2, 2) or got.dtype.kind not in "iuf":
        raise Mistake("Expected two pairs: [(row, column), (row, column)].")

    def pair(down, across):
        return {(down % rows, across % columns), (-down % rows, -across % columns)}

    found = {(int(r) % rows, int(c) % columns) for r, c in got}
    if found == pair(down, across):
        return "np.fft.fft2 of that wave is 0 everywhere else, to round-off."
    if found == {(across, down), ((columns - across) % rows, rows - down)}:
        raise Mistake("Rows and columns are exchanged: crests down the picture give the row.")
    for sentence, other in {
        "Rows and columns are exchanged: crests down the picture give the row.": pair(across, down),
        "That is counted from 1: the first row and the first column are 0.":
            {(r + 1, c + 1) for r, c in pair(down, across)},
        "Only one of the two counts was reversed: those are the stripes that slant the other way.":
            pair(down, -across),
        "That is counted from the middle, as np.fft.fftshift shows it. In the list itself the grey is at (0, 0).":
            {(rows // 2 + s * down, columns // 2 + s * across) for s in (-1, 1)},
        "The twin is off by one: -1 is the last row, so which is -5?":
            {(down, across), (rows - down - 1, columns - across - 1)},
    }.items():  # fmt: skip
        if found == other:
            raise Mistake(sentence)
    if len(found) == 1:
        raise Mistake("That is one entry: where is its twin?")
    if found & pair(down, across):
        raise Mistake("One of the two is right. The other has both counts reversed.")
    raise Mistake("Neither of the two is right.")

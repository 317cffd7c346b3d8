"""Pictures off by at most `error` of 253 grey levels: stored as steps by which they differ from the mix of two others.

Where a slider moves, most pictures are nearly the mix of those before and after, and what is left takes a tenth of
the bytes. Where the mix is no help, as in noise that a division blew up, the steps are from nothing, unless the picture
is smooth. Codes that are no grey level (clipped below and above, not a number) stay what they are: modulo 256, any
number is some number of steps. static/player.js does the same sums.
"""

import numpy as np

LOWEST, HIGHEST = 1, 253  # codes of grey levels, as deconvlab/_frame.py has them


def weights(ends, codes):
    """How much of each of two pictures, and which level, come nearest to these codes (least squares)."""
    some = [picture.ravel()[:: max(1, codes.size // 10000)].astype(float) for picture in (*ends, codes)]
    fit = np.linalg.lstsq(np.stack([*some[:2], np.ones(some[0].size)], 1), some[2])[0]
    return [round(float(weight), 4) for weight in fit]


def mix(ends, weights):
    """The codes that this mix of two pictures has; 0 without them."""
    if not ends:
        return 0
    (below, above), (first, second, level) = ends, weights
    return np.floor(first * below + second * above + level + 0.5).astype(int)  # the page adds in this order, too


def difference(codes, guess, error):
    """The steps from a guess, modulo 256, to codes that are off by at most `error`: few and small numbers."""
    codes, step = codes.astype(int), 2 * error + 1
    coarse = step * np.round((codes - guess) / step).astype(int)
    grey = (codes >= LOWEST) & (codes <= HIGHEST)
    fits = grey & (guess + coarse >= LOWEST) & (guess + coarse <= HIGHEST)
    return (np.where(fits, coarse, codes - guess) * pow(step, -1, 256) % 256).astype(np.uint8)


def restored(difference, guess, error):
    """The codes that the page shows."""
    return (((2 * error + 1) * difference.astype(int) + guess) % 256).astype(np.uint8)

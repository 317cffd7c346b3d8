"""Pictures between two others: stored as what they differ from the mix of the two, off by at most `ERROR` grey levels.

Where a slider moves, most pictures are nearly the mix of those before and after, and what is left takes a tenth of
the bytes. Where the mix is no help, as in noise that a division blew up, the picture itself is stored, as coarsely,
unless it is smooth. Codes that are no grey level (clipped below and above, not a number) stay what they are.
static/player.js does the same sums.
"""

import numpy as np

ERROR = 2  # of 253 grey levels: 0.8 % of their range, which nobody sees while a slider moves
LOWEST, HIGHEST = 1, 253  # codes of grey levels, as deconvlab/_frame.py has them


def mix(ends, share):
    """The codes at a share of the way from one picture to another; 0 without them."""
    if not ends:
        return 0
    below, above = (codes.astype(float) for codes in ends)
    return np.floor(below + (above - below) * share + 0.5).astype(int)


def difference(codes, guess):
    """What to add to a guess, modulo 256, for codes that are off by at most `ERROR`: few and small numbers."""
    codes, step = codes.astype(int), 2 * ERROR + 1
    coarse = step * np.round((codes - guess) / step).astype(int)
    grey = (codes >= LOWEST) & (codes <= HIGHEST)
    fits = grey & (guess + coarse >= LOWEST) & (guess + coarse <= HIGHEST)
    return (np.where(fits, coarse, codes - guess) % 256).astype(np.uint8)


def restored(difference, guess):
    """The codes that the page shows."""
    return ((difference.astype(int) + guess) % 256).astype(np.uint8)

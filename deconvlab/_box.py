"""A part of a picture, whatever its size."""

from __future__ import annotations

from math import floor
from typing import NamedTuple

from . import _check
from ._types import Image


class Box(NamedTuple):
    """A part of a picture, in shares of its height and width, so that it fits a preview and the whole picture alike.

    Attributes
    ----------
    top, bottom, left, right : float
        From 0 to 1; the whole picture by default.

    Examples
    --------
    >>> Box(0.25, 0.75, 0, 0.5).pixels((100, 200))
    (25, 75, 0, 100)
    """

    top: float = 0.0
    bottom: float = 1.0
    left: float = 0.0
    right: float = 1.0

    def pixels(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """(row0, row1, column0, column1) of the part of a picture of this shape, at least one pixel each way."""
        rows, columns = _check.shape("shape", shape[:2])
        return *_whole(self.top, self.bottom, rows), *_whole(self.left, self.right, columns)

    def cut(self, image: Image) -> Image:
        """That part of an (M, N) or (M, N, 3) array, without a copy."""
        row0, row1, column0, column1 = self.pixels(image.shape)
        return image[row0:row1, column0:column1]


def _whole(low, high, size):
    first = min(floor(low * size + 0.5), size - 1)
    return first, max(floor(high * size + 0.5), first + 1)

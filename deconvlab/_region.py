"""A rectangle that is chosen in a picture."""

from dataclasses import KW_ONLY, dataclass
from math import nan
from reprlib import repr as short

from . import _shown
from ._box import Box
from ._controls import ROUNDING, Control, keep


@dataclass(frozen=True)
class Region(Control):
    """A rectangle, drawn with the mouse in one of the lab's pictures, or typed in per cent.

    Parameters
    ----------
    value : Box or (top, bottom, left, right), optional
        Where it starts; by default it is all of the picture.
    of : str
        The title of the picture in which it is drawn. Of several Regions of one picture, the first that `when` shows.
    label, help, when : optional
        As for `Slider`.

    Raises
    ------
    ValueError
        If the value is no such box.
    TypeError
        If a title, the label or the help is no string.

    Notes
    -----
    The lab's function receives a `Box`.
    """

    value: Box = Box()
    _: KW_ONLY
    of: str

    def __post_init__(self):
        super().__post_init__()
        _shown.words("of", self.of)
        keep(self, value=self.checked("value", self.value))

    def checked(self, name, value):
        """`value` as a Box, or a ValueError that names the control."""
        try:
            top, bottom, left, right = (_inside(_shown.number(name, share)) for share in value)
        except (TypeError, ValueError):
            top = bottom = left = right = nan
        if not (0 <= top < bottom <= 1 and 0 <= left < right <= 1):
            expected = "shares (top, bottom, left, right) from 0 to 1, top < bottom, left < right"
            raise ValueError(f"{name}: got {short(value)}, expected {expected}")
        return Box(top, bottom, left, right)

    def told(self, value):
        return list(value)


def _inside(share):
    """A share that rounding has carried beyond an end, at that end."""
    return min(max(share, 0.0), 1.0) if -ROUNDING <= share <= 1 + ROUNDING else share

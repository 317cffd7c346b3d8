"""The controls of a lab: what they hold, and which values they take."""

from dataclasses import KW_ONLY, asdict, dataclass
from math import isfinite, log10

import numpy as np


@dataclass(frozen=True)
class Slider:
    """A number on a linear scale.

    Parameters
    ----------
    value, low, high : float
        Where it starts, and its two ends, in `unit`.
    step : float, optional
        What one arrow key moves; by default about a hundredth of the range.
    label : str, optional
        What it is called; by default the name of the argument.
    unit : str, optional
        "px", "degrees" and the like.
    help : str, optional
        A few words under the label. Say here whether it moves the truth or the assumption.

    Raises
    ------
    ValueError
        If low is not below high, the value lies outside, or the step is not positive.
    """

    value: float
    low: float
    high: float
    step: float | None = None
    _: KW_ONLY
    label: str | None = None
    unit: str = ""
    help: str = ""

    def __post_init__(self):
        if not -np.inf < self.low < self.high < np.inf:
            raise ValueError(f"low, high: got {self.low} and {self.high}, expected low below high")
        if self.step is None:
            object.__setattr__(self, "step", self._default_step())
        if not self.step > 0:
            raise ValueError(f"step: got {self.step}, expected a positive number")
        self.checked("value", self.value)

    def _default_step(self):
        rough = (self.high - self.low) / 100
        power = 10.0 ** np.floor(log10(rough))
        return float(power * min((1, 2, 5, 10), key=lambda nice: abs(nice - rough / power)))

    def checked(self, name, value):
        """`value` as a float within the range, or a ValueError that names the slider."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = np.nan
        if not (isfinite(number) and self.low <= number <= self.high):
            raise ValueError(f"{name}: got {value!r}, expected a number from {self.low:g} to {self.high:g}")
        return number


@dataclass(frozen=True)
class LogSlider(Slider):
    """A number on a logarithmic scale, for what spans powers of ten.

    Parameters
    ----------
    value, low, high : float > 0
        Where it starts, and its two ends: the numbers themselves, not their logarithms.
    step : float, optional
        What one arrow key moves, in powers of ten; 0.05 by default, twenty steps from 1 to 10.
    label, unit, help : str, optional
        As for `Slider`.

    Raises
    ------
    ValueError
        If low is not positive, or as for `Slider`.
    """

    def __post_init__(self):
        if not self.low > 0:
            raise ValueError(f"low: got {self.low}, expected a positive number: a logarithmic scale has no zero")
        super().__post_init__()

    def _default_step(self):
        return 0.05


@dataclass(frozen=True)
class Choice:
    """One of several words.

    Parameters
    ----------
    value : str
        The one to start with.
    options : sequence of str
        All of them.
    label, help : str, optional
        As for `Slider`.

    Raises
    ------
    ValueError
        If the value is not among the options.
    """

    value: str
    options: tuple
    _: KW_ONLY
    label: str | None = None
    help: str = ""

    def __post_init__(self):
        object.__setattr__(self, "options", tuple(self.options))
        self.checked("value", self.value)

    def checked(self, name, value):
        """`value`, if it is an option, or a ValueError that names the choice."""
        if value not in self.options:
            raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(map(repr, self.options))}")
        return value


@dataclass(frozen=True)
class Toggle:
    """A switch, off or on.

    Parameters
    ----------
    value : bool
        How it starts.
    label, help : str, optional
        As for `Slider`.

    Raises
    ------
    ValueError
        If the value is neither True nor False.
    """

    value: bool
    _: KW_ONLY
    label: str | None = None
    help: str = ""

    def __post_init__(self):
        self.checked("value", self.value)

    def checked(self, name, value):
        """`value` as a bool, or a ValueError that names the switch."""
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"{name}: got {value!r}, expected True or False")
        return bool(value)


def describe(name, control):
    """A control as the page needs it."""
    return {**asdict(control), "name": name, "kind": type(control).__name__, "label": control.label or name}

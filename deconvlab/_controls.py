"""The controls of a lab: what they hold, and which values they take."""

from dataclasses import KW_ONLY, asdict, dataclass, field
from math import floor, inf, isclose, isfinite, log10, nan
from reprlib import repr as short

from ._shown import number, scalar, words

ROUNDING = 1e-6  # more than arithmetic or float32 moves a number, relative to it or to the range


@dataclass(frozen=True, kw_only=True)
class Control:
    """What all controls have: words, a condition, and the ways of a value between page, lab and function."""

    label: str | None = None
    help: str = ""
    when: dict = field(default_factory=dict)

    def __post_init__(self):
        words("label", self.label or "")
        words("unit", getattr(self, "unit", ""))
        words("help", self.help)

    def spec(self):
        """The control as the page needs it."""
        return asdict(self)

    def told(self, value):
        """`value` as the page and a file's settings have it."""
        return value

    def heard(self, sent, *known):
        """What the page has sent, which may name one of the `known` values."""
        return sent

    def given(self, value):
        """`value` as the lab's function takes it."""
        return value


@dataclass(frozen=True)
class Slider(Control):
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
    when : dict of name to value or tuple of values, optional
        Show it only while the other controls have these values: ``when={"kind": ("motion", "hand")}``. Hidden, it keeps
        its place and its value.

    Raises
    ------
    ValueError
        If low is not below high, the value lies outside, or the step is not positive.
    TypeError
        If the label, the unit or the help is no string.

    Notes
    -----
    Its positions are the two ends and whole steps from `value`: an arrow key and its opposite come back to the start.
    What rounding has carried a little beyond an end is that end.
    """

    value: float
    low: float
    high: float
    step: float | None = None
    _: KW_ONLY
    unit: str = ""

    def __post_init__(self):
        super().__post_init__()
        low, high = _number(self.low), _number(self.high)
        if not -inf < low < high < inf:
            raise ValueError(f"low, high: got {short(self.low)} and {short(self.high)}, expected low below high")
        keep(self, low=low, high=high)
        step = self._default_step() if self.step is None else _number(self.step)
        if not 0 < step < inf:
            raise ValueError(f"step: got {short(self.step)}, expected a positive number")
        keep(self, step=step, value=self.checked("value", self.value))

    def _default_step(self):
        rough = (self.high - self.low) / 100
        power = 10.0 ** floor(log10(rough))
        return float(power * min((1, 2, 5, 10), key=lambda nice: abs(nice - rough / power)))

    def checked(self, name, value):
        """`value` as a float within the range, or a ValueError that names the slider."""
        number = _number(value)
        if self.low <= number <= self.high:
            return number
        for end in (self.low, self.high):
            if self._means(end, number):
                return end
        raise ValueError(f"{name}: got {short(value)}, expected a number from {self.low:g} to {self.high:g}")

    def _means(self, end, number):
        """Whether a number beyond an end is that end after rounding: 2/3 is printed as 0.667 or 0.666667."""
        if isclose(number, end, rel_tol=ROUNDING, abs_tol=self._slack()):
            return True
        printed = number in (float(f"{end:.3g}"), float(f"{end:g}"))
        return printed and abs(number - end) < (self.high - self.low) / 100

    def _slack(self):
        return ROUNDING * (self.high - self.low)


@dataclass(frozen=True)
class LogSlider(Slider):
    """A number on a logarithmic scale, for what spans powers of ten.

    Parameters
    ----------
    value, low, high : float > 0
        Where it starts, and its two ends: the numbers themselves, not their logarithms.
    step : float, optional
        What one arrow key moves, in powers of ten; 0.05 by default, twenty steps from 1 to 10.
    label, unit, help, when : optional
        As for `Slider`.

    Raises
    ------
    ValueError, TypeError
        If low is not positive, or as for `Slider`.
    """

    def __post_init__(self):
        if not _number(self.low) > 0:
            raise ValueError(f"low: got {short(self.low)}, expected a positive number: a logarithmic scale has no zero")
        super().__post_init__()

    def _default_step(self):
        return 0.05

    def _slack(self):
        return 0.0


@dataclass(frozen=True)
class Choice(Control):
    """One of several words or numbers.

    Parameters
    ----------
    value : str, int, float or bool
        The one to start with.
    options : sequence of str, int, float or bool
        All of them.
    label, help, when : optional
        As for `Slider`.

    Raises
    ------
    ValueError
        If the value is not among the options, or two of them cannot be told apart.
    TypeError
        If an option is neither a word nor a finite number, or the label or the help is no string.
    """

    value: object
    options: tuple

    def __post_init__(self):
        super().__post_init__()
        options = tuple(map(scalar, self.options))
        for k, option in enumerate(options):
            if not isinstance(option, (str, int, float)) or (isinstance(option, float) and not isfinite(option)):
                raise TypeError(f"options: got {short(option)}, expected words or finite numbers")
            if any(_same(option, other) for other in options[:k]):
                raise ValueError(f"options: got {short(option)} twice, expected options that differ")
        if not options:
            raise ValueError("options: got none, expected at least one")
        keep(self, options=options)
        keep(self, value=self.checked("value", self.value))

    def checked(self, name, value):
        """The option that `value` is, also as a text or in another dtype, or a ValueError that names the choice."""
        for option in self.options:
            if _same(option, scalar(value)):
                return option
        raise ValueError(f"{name}: got {short(value)}, expected one of {', '.join(map(repr, self.options))}")


@dataclass(frozen=True)
class Toggle(Control):
    """A switch, off or on.

    Parameters
    ----------
    value : bool
        How it starts.
    label, help, when : optional
        As for `Slider`.

    Raises
    ------
    ValueError
        If the value is neither True nor False.
    TypeError
        If the label or the help is no string.
    """

    value: bool

    def __post_init__(self):
        super().__post_init__()
        keep(self, value=self.checked("value", self.value))

    def checked(self, name, value):
        """`value` as a bool, or a ValueError that names the switch."""
        if not isinstance(scalar(value), bool):
            raise ValueError(f"{name}: got {short(value)}, expected True or False")
        return bool(value)


def describe(name, controls):
    """A control as the page needs it."""
    control, when = controls[name], {}
    for other, values in _conditions(name, control).items():
        able = [known for known, c in controls.items() if known != name and isinstance(c, (Slider, Choice, Toggle))]
        if other not in able:
            others = ", ".join(map(repr, able))
            raise ValueError(f"{name}: got when={{{other!r}: ...}}, expected the name of another control: {others}")
        values = values if isinstance(values, (tuple, list, set)) else [values]
        when[other] = [controls[other].checked(f"{name}: when[{other!r}]", value) for value in values]
    about = {"name": name, "kind": type(control).__name__, "label": control.label or name, "when": when}
    return {**control.spec(), **about}


def _conditions(name, control):
    if not isinstance(control.when, dict):
        expected = "a dict of another control's name and its values"
        raise TypeError(f"{name}: got when={short(control.when)}, expected {expected}")
    return control.when


def keep(control, **values):
    """Set attributes of a frozen control."""
    for name, value in values.items():
        object.__setattr__(control, name, value)


def _number(value):
    """`value` as a float; NaN for what is none."""
    try:
        return number("value", value)
    except TypeError:
        return nan


def _same(option, value):
    """Whether a value that may come from a page, or in another dtype, is this option."""
    if isinstance(value, str):
        return str(option) == value
    return isinstance(value, (int, float)) and not isinstance(option, str) and isclose(option, value, rel_tol=1e-6)

"""Which settings of a lab are computed ahead: the positions of its sliders, and plans from the finest to the coarsest.

A plan is a grid, all positions of up to two sliders with all choices, or a star: one slider at a time, the others at
their start. Where a lab with all its choices is too much, the choices with the most options join the star.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, floor, log10

ALONE, PAIR, ARM = 56, 28, 47  # positions of a slider that moves alone, of each of two, in a star
LEAST = 26  # with fewer another layout is better: a drag from end to end in a second is to show 25 pictures
APART = 3  # positions from one at which all pictures of a run are kept to the next, if there is room
SHARES = [0.92**k for k in range(38)]  # of those positions, finer ones first
ERRORS = 2, 4, 6  # grey levels of 253 by which a picture may be off: more only where positions would else be too few
STEPS, FEWEST = 16, 6  # pictures of a run that are kept, and how many of them always


@dataclass(frozen=True)
class Axis:
    """A control that moves on the page: its positions, and which of them is its start."""

    name: str
    slides: bool
    values: Sequence
    start: int
    when: dict
    whole: Sequence  # the positions, by index, at which all pictures of a run are kept
    rests: Sequence  # of these the ends and the start, where nothing is lost

    def around(self, index):
        """The two positions by which the pictures of one are guessed, as it halves a range again and again; or none.

        Whole positions halve the range between two rests, the others that between two whole ones.
        """
        if index in self.rests:
            return []
        roots, halves = (self.rests, self.whole) if index in self.whole else (self.whole, range(len(self.values)))
        below, above = max(k for k in roots if k < index), min(k for k in roots if k > index)
        while True:
            inner = [k for k in halves if below < k < above]
            middle = inner[len(inner) // 2]
            if middle == index:
                return [below, above]
            below, above = (below, middle) if index < middle else (middle, above)


@dataclass(frozen=True)
class Plan:
    """Settings, each as the index of a position for each axis; of an iterative run so many pictures are kept."""

    axes: list
    settings: list
    steps: int
    returns: str  # which of the others go back to their start when a control moves: "", "sliders" or "controls"
    error: int  # of ERRORS
    need: int  # 0 with more positions than a drag needs, 1 with just enough, 2 where no other layout takes less

    def values(self, setting):
        return _values(self.axes, setting)

    def whole(self, setting):
        """Whether all pictures of a run are kept."""
        return all(index in axis.whole for axis, index in zip(self.axes, setting, strict=True))

    def exact(self, setting):
        """Whether nothing is lost: where all sliders rest, and with a larger error at the start alone."""
        if self.error == ERRORS[0]:
            return not self.between(setting)
        return all(index == axis.start for axis, index in zip(self.axes, setting, strict=True))

    def between(self, setting):
        """The two settings by which the pictures of this one are guessed; none where all sliders rest."""
        away = [k for k, (axis, index) in enumerate(zip(self.axes, setting, strict=True)) if index not in axis.rests]
        # First on an axis where it lies between whole positions: those have all pictures of a run.
        for k in sorted(away, key=lambda k: setting[k] in self.axes[k].whole)[:1]:
            return [(*setting[:k], end, *setting[k + 1 :]) for end in self.axes[k].around(setting[k])]
        return []


def positions(slider):
    """All positions of a slider: its two ends, and whole steps from its start, as `scale` in scale.js has them."""
    start, low, high, step = (slider[key] for key in ("value", "low", "high", "step"))
    log = slider["kind"] == "LogSlider"

    def until(end):
        apart = abs(log10(end) - log10(start)) if log else abs(end - start)
        return 0 if end == start else max(1, ceil(apart / step - 0.1))

    def at(k):
        if log:
            value = float(f"{start * 10 ** (k * step):.{min(17, max(3, ceil(1.4 - log10(step))))}g}")
        else:
            value = float(f"{start + k * step:.{min(100, max(0, 6 - floor(log10(step))))}f}")
        return min(high, max(low, value))

    below, above = until(low), until(high)
    inner = [start if k == 0 else at(k) for k in range(min(0, 1 - below), max(1, above))]
    return [low] * (below > 0) + inner + [high] * (above > 0)


def thin(values, start, most):
    """About `most` of the values: both ends, the one at the index `start`, and steps as even as they can be."""
    last = len(values) - 1
    if len(values) <= 1.25 * most:
        return list(values)
    below = min(max(round((most - 1) * start / last), start > 0), most - 1 - (start < last))
    picks = {round(k * start / below) for k in range(below)} if below else set()
    picks |= (
        {start + round(k * (last - start) / (most - 1 - below)) for k in range(most - below)}
        if start < last
        else {last}
    )
    return [values[k] for k in sorted(picks)]


def plans(spec):
    """The plans for a lab's controls, the best first."""
    controls = [control for control in spec if control["kind"] in ("Slider", "LogSlider", "Choice", "Toggle")]
    choices = sorted((c for c in controls if not _slides(c)), key=lambda c: len(_options(c)))
    beside = _beside(controls)
    together, seen = max(beside.values(), default=1), set()
    layouts = [(None, PAIR)] if together <= 2 else []
    layouts += [([c["name"] for c in choices[:k]], ARM) for k in range(len(choices) - (together < 2), -1, -1)]
    for number, (along, shared) in enumerate(layouts, 1):
        room = {name: ALONE if others < 2 else shared for name, others in beside.items()}
        last = number == len(layouts)
        for share, error in _shares(room, last):
            steps = max(FEWEST, round(share**2 * STEPS))
            spare = all(SHARES[2] * share * most >= LEAST for most in room.values()) if room else steps > FEWEST
            need = 0 if spare else 2 if last else 1
            apart = APART if need < 2 else ALONE
            axes = [_axis(control, max(3, round(share * room.get(control["name"], 0))), apart) for control in controls]
            settings = _grid(axes) if along is None else _star(axes, along)
            if (key := (tuple(settings), steps, error)) not in seen:
                seen.add(key)
                everything = along is not None and len(along) == len(choices)
                returns = "" if along is None else "sliders" if everything else "controls"
                yield Plan(axes, settings, steps, returns, error, need)


def _shares(room, last):
    """Shares of the positions in `room`, and errors; with the last layout also larger errors, and too few positions."""
    enough = [share for share in SHARES if all(share * most >= LEAST for most in room.values())]
    fine = [(share, ERRORS[0]) for share in enough]
    coarse = [(enough[-1], error) for error in ERRORS[1:]] + [(share, ERRORS[-1]) for share in SHARES[len(enough) :]]
    return fine + coarse if last else fine


def _slides(control):
    return control["kind"] in ("Slider", "LogSlider")


def _options(control):
    return [False, True] if control["kind"] == "Toggle" else list(control["options"])


def _axis(control, most, apart=APART):
    values = positions(control) if _slides(control) else _options(control)
    whole = rests = range(len(values))
    if _slides(control):
        values = thin(values, values.index(control["value"]), most)
        most = max(3, ceil((len(values) - 1) / apart) + 1)  # both ends and the start
        whole = thin(range(len(values)), values.index(control["value"]), most)
        rests = {0, values.index(control["value"]), len(values) - 1}
    start = values.index(control["value"])
    return Axis(control["name"], _slides(control), values, start, control["when"], whole, rests)


def _beside(controls):
    """How many sliders move together with each, itself counted, at most."""
    axes = [_axis(control, 3) for control in controls]
    most = {axis.name: 1 for axis in axes if axis.slides}
    for setting in _product(axes, {axis.name for axis in axes if not axis.slides}):
        values = _values(axes, setting)
        used = [axis.name for axis in axes if axis.slides and _used(axis, values)]
        most.update((name, max(most[name], len(used))) for name in used)
    return most


def _values(axes, setting):
    return {axis.name: axis.values[index] for axis, index in zip(axes, setting, strict=True)}


def _used(axis, values):
    """Whether the page shows this control while all have these values."""
    return all(values[other] in allowed for other, allowed in axis.when.items())


def _product(axes, free):
    """All settings that differ in the free axes only; a control that is of no use stays at its start.

    Those on which the use of others depends go first: four sliders, three of them hidden, have millions of settings.
    """
    first = {name for axis in axes for name in axis.when}

    def ranges(moving, at):
        return [range(len(a.values)) if a.name in moving else [k] for a, k in zip(axes, at, strict=True)]

    for setting in product(*ranges(first.intersection(free), [axis.start for axis in axes])):
        values = _values(axes, setting)
        used = {axis.name for axis in axes if _used(axis, values)}
        at = [k if axis.name in used else axis.start for axis, k in zip(axes, setting, strict=True)]
        yield from product(*ranges(used.intersection(free) - first, at))


def _grid(axes):
    return list(dict.fromkeys(_product(axes, {axis.name for axis in axes})))


def _star(axes, along):
    """One control at a time, with all options of the choices `along`, and of those on which its use depends."""
    arms = [_product(axes, {axis.name, *along, *axis.when}) for axis in axes if axis.name not in along]
    return list(dict.fromkeys(setting for arm in [_product(axes, along), *arms] for setting in arm))

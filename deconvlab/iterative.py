"""Improve step by step: an algorithm is a generator of iterates, and the caller owns the loop.

``for it in gradient_descent(objective, x0, step=0.5): ...`` draws, stops, times or logs as it likes; `run` is such a
loop.
"""

from ._descent import conjugate_gradient, gradient_descent, minimize_root, nesterov
from ._objectives import Objective, least_squares, root_least_squares
from ._photons import richardson_lucy
from ._priors import plug_and_play, total_variation
from ._run import History, Iterate, run

__all__ = [
    "History",
    "Iterate",
    "Objective",
    "conjugate_gradient",
    "gradient_descent",
    "least_squares",
    "minimize_root",
    "nesterov",
    "plug_and_play",
    "richardson_lucy",
    "root_least_squares",
    "run",
    "total_variation",
]

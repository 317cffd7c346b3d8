"""Names for what the functions take and give, for readers and type checkers. The shapes stand in the docstrings."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.floating]  # light, in grey or colour
PSF = NDArray[np.floating]
OTF = NDArray[np.complexfloating]  # complex, so that no PSF passes for one
Gain = NDArray[np.inexact]  # a factor for each frequency
Power = NDArray[np.floating]  # for each frequency
Mask = NDArray[np.bool]

Number = float | np.floating | np.integer
Pair = Number | tuple[Number, Number]  # for rows and columns
Shape = tuple[int, int]
Random = np.random.Generator | int

Boundary = Literal["periodic", "zero", "reflect", "unknown"]
Diagonal = Literal["periodic", "reflect"]  # where a blur is one number for each frequency
Penalty = Literal["gradient", "identity"]

Denoiser = Callable[[Image, float], Image]

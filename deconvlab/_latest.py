"""A slider tick repeats all but one of its steps: what did not change need not be computed again."""

import numpy as np

LARGEST = 2**22


class Latest:
    """A function of arrays that remembers its latest result, and gives it again for equal arrays.

    The result cannot be written to. Nothing larger than `LARGEST` values is kept.
    """

    def __init__(self, function):
        self.function, self.memory = function, ((), None)

    def __call__(self, *arrays):
        known, result = self.memory
        if not self._same(arrays, known):
            result = self.function(*arrays)
            result.flags.writeable = False
            if result.size <= LARGEST:
                self.memory = tuple(array.copy() for array in arrays), result
        return result

    @staticmethod
    def _same(arrays, known):
        return len(arrays) == len(known) and all(
            a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(arrays, known, strict=True)
        )

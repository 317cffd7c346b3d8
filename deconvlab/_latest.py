"""A slider tick repeats all but one of its steps: what did not change need not be computed again."""

import numpy as np

LARGEST = 2**22
KEPT = 3  # the channels of a photograph
BEGINNING = 256  # numbers by which most other arrays are told apart, without a look at the rest


class Latest:
    """A function of arrays that remembers its latest results, and gives one again for equal arrays.

    A result cannot be written to. Three are kept, of `LARGEST` values together.
    """

    def __init__(self, function):
        self.function, self.memory = function, ()

    def __call__(self, *arrays):
        memory = self.memory
        for known, result in memory:
            if self._same(arrays, known):
                return result
        result = self.function(*arrays)
        result.flags.writeable = False
        kept = [(tuple(array.copy() for array in arrays), result), *memory][:KEPT]
        while sum(result.size for _, result in kept) > LARGEST:
            kept.pop()
        self.memory = tuple(kept)
        return result

    @staticmethod
    def _same(arrays, known):
        return len(arrays) == len(known) and all(
            a.dtype == b.dtype and np.array_equal(a.flat[:BEGINNING], b.flat[:BEGINNING]) and np.array_equal(a, b)
            for a, b in zip(arrays, known, strict=True)
        )

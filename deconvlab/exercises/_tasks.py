"""The tasks of a lesson: a judge for each, with hints; and the PSF that a judge tries an answer with."""

import numpy as np


class Tasks(dict):
    """Name to (judge, hints). A judge takes the answer, raises `Mistake`, and returns a word of praise or nothing."""

    def task(self, name, *hints):
        def decorate(judge):
            self[name] = judge, hints
            return judge

        return decorate


def random_psf(rng, shape):
    """A PSF of this shape that no symmetry helps: its axes, its ends and its corners can be told apart."""
    return rng.dirichlet(np.ones(np.prod(shape))).reshape(shape)

"""Exercises and predictions that answer back: ``from deconvlab.exercises import check``."""

from ._check import NotRight, check
from ._progress import progress

__all__ = ["NotRight", "check", "progress"]

"""Random numbers that belong to a subject, whoever else is simulated beside them.

Every subject owns streams derived from ``SeedSequence(seed, spawn_key=(subject, stream))``: one
for traits and one for each task. More subjects, tasks or cycles therefore leave the earlier ones
as they were, and so does splitting the work.
"""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.standard import TASKS

Array = NDArray[np.float64]


def _generator(seed: int, subject: int, stream: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(subject, stream)))


def trait_normals(seed: int, subjects: range, n_traits: int) -> Array:
    """Return the standard normals behind each subject's traits, shape (n_subjects, n_traits)."""
    return np.stack([_generator(seed, s, 0).standard_normal(n_traits) for s in subjects])


def stride_normals(seed: int, subjects: range, task: str, n_cycles: int, width: int) -> Array:
    """Return the standard normals behind each stride of a task, shape (n_subjects, n_cycles, width)."""
    stream = 1 + list(TASKS).index(task)
    draws = [_generator(seed, s, stream).standard_normal((n_cycles, width)) for s in subjects]
    return np.stack(draws)

"""Random numbers that belong to a subject, whoever else is simulated beside them.

Every subject owns streams derived from ``SeedSequence(seed, spawn_key=(subject, stream, ...))``:
one for traits and one for each task, speed asked for and session. More subjects, tasks or cycles
therefore leave the earlier ones as they were, and so does splitting the work.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.standard import TASKS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """What subjects are asked to do.

    Attributes
    ----------
    task : str
        Task name.
    speed_m_s : float or None
        Speed asked for; None for the subject's own.
    session : int
        0, or 1 after a treatment.
    """

    task: str
    speed_m_s: float | None = None
    session: int = 0

    @property
    def spawn_key(self) -> tuple[int, ...]:
        """Which stream of a subject is this trial's."""
        millimetres = 0 if self.speed_m_s is None else round(1000 * self.speed_m_s)
        return (1 + list(TASKS).index(self.task), millimetres, self.session)


def _generator(seed: int, *spawn_key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))


def trait_normals(seed: int, subjects: range, n_traits: int, session: int = 0) -> Array:
    """Return the standard normals behind each subject's traits, shape (n_subjects, n_traits)."""
    return np.stack([_generator(seed, s, 0, session).standard_normal(n_traits) for s in subjects])


def stride_normals(
    seed: int, subjects: range, trial: Trial, n_before: int, shape: tuple[int, int]
) -> tuple[Array, Array]:
    """Return the standard normals behind the strides of a trial.

    Returns
    -------
    before : ndarray, shape (n_subjects, n_before)
        Of the time before the first stride.
    each : ndarray, shape (n_subjects, *shape)
        Of each stride.
    """
    before, each = np.empty((len(subjects), n_before)), np.empty((len(subjects), *shape))
    for row, subject in enumerate(subjects):
        generator = _generator(seed, subject, *trial.spawn_key)
        before[row] = generator.standard_normal(n_before)
        each[row] = generator.standard_normal(shape)
    return before, each

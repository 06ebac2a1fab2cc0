"""Draws of a few training subjects; everybody else is tested."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.study_design import StudyDesign


class Draw(NamedTuple):
    """Row positions of the training subjects, and of all others."""

    train: NDArray[np.intp]
    test: NDArray[np.intp]


def subject_draws(
    design: StudyDesign, n_subjects: int, n_draws: int, rng: np.random.Generator
) -> list[Draw]:
    """Draw training subjects, without replacement within a draw.

    Parameters
    ----------
    design : StudyDesign
        Target and subjects.
    n_subjects : int
        Training subjects: of each class where each subject has one class, else of all.
    n_draws : int
        How many draws.
    rng : numpy.random.Generator
        Where all chance comes from.

    Raises
    ------
    SchemaError
        If no subject of a class would be left to test.
    """
    strata = _strata(design)
    fewest = min(len(people) for people in strata)
    if not 1 <= n_subjects < fewest:
        raise SchemaError(
            expected=f"from 1 to {fewest - 1} training subjects",
            got=str(n_subjects),
            where="subjects",
            fix="each class needs a subject to be tested on",
        )
    draws = []
    for _ in range(n_draws):
        chosen = np.concatenate([rng.permutation(people)[:n_subjects] for people in strata])
        trains = np.isin(design.subject, chosen)
        draws.append(Draw(np.flatnonzero(trains), np.flatnonzero(~trains)))
    return draws


def _strata(design: StudyDesign) -> list[NDArray[np.intp]]:
    if design.classes is not None:
        by_class = [np.unique(design.subject[design.target == name]) for name in design.classes]
        if sum(map(len, by_class)) == design.n_subjects:
            return by_class
    return [np.arange(design.n_subjects)]

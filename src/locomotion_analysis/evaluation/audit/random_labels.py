"""Labels without meaning: one drawn for each subject."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.evaluation.audit.fold_kinds import (
    Kind,
    folds_of_cycles,
    folds_of_subjects,
)
from locomotion_analysis.evaluation.audit.optimism import Labelling


def random_labelling(
    y: NDArray[Any], subjects: NDArray[np.intp], kind: Kind, n_splits: int, seed: int
) -> Labelling:
    """Draw a label for each subject: heads or tails, or the number of another subject.

    Half of the subjects are heads (a classification, whatever its classes), so that chance is
    0.5 in balanced accuracy. For a number the subjects' means change hands. All cycles of a
    subject share the label: a model can be right about them only by recognising the subject.

    Parameters
    ----------
    y : ndarray, shape (n_cycles,)
        The target.
    subjects : ndarray of int, shape (n_cycles,)
        Subject number of each cycle.
    kind : {"classification", "regression"}
        Kind of target.
    n_splits : int
        Folds.
    seed : int
        Seed of labels and folds.
    """
    rng = np.random.default_rng(seed)
    count = np.bincount(subjects)
    if kind == "classification":
        of_subject = rng.permutation(np.arange(len(count)) % 2)
    else:
        of_subject = rng.permutation(np.bincount(subjects, weights=y.astype(float)) / count)
    values = of_subject[subjects]
    with warnings.catch_warnings():
        # Few subjects in a class are told of for the target itself.
        warnings.simplefilter("ignore", LocomotionWarning)
        grouped = folds_of_subjects(values, subjects, kind, n_splits, seed)
    return Labelling(
        y=values,
        classes=np.array([0, 1]) if kind == "classification" else None,
        ungrouped=folds_of_cycles(values, kind, n_splits, seed),
        grouped=grouped,
    )

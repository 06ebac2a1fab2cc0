"""Folds of cycles, which let a subject stand on both sides, and folds of subjects."""

import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from locomotion_analysis.errors import LocomotionWarning, TargetError
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold, check_cv
from locomotion_analysis.selection.checks import run_folds
from locomotion_analysis.selection.subject_folds import Fold

Kind = Literal["classification", "regression"]


def folds_of_cycles(y: NDArray[Any], kind: Kind, n_splits: int, random_state: int) -> list[Fold]:
    """Split cycles as if they were independent: what the audit shows the harm of."""
    splitter = StratifiedKFold if kind == "classification" else KFold
    folds = splitter(n_splits, shuffle=True, random_state=random_state)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        return run_folds(folds, np.zeros((len(y), 1)), y, None)


def folds_of_subjects(
    y: NDArray[Any], subjects: NDArray[Any], kind: Kind, n_splits: int, random_state: int
) -> list[Fold]:
    """Split subjects, so that nobody is on both sides.

    Raises
    ------
    SplitLeakError
        If there are fewer subjects than folds.
    """
    splitter = SubjectStratifiedKFold if kind == "classification" else SubjectQuantileKFold
    return check_cv(splitter(n_splits, random_state), None, y, subjects)


def folds_of_named_subjects(
    y: NDArray[Any], subjects: NDArray[Any], kind: Kind, n_splits: int, random_state: int
) -> list[Fold]:
    """Split subjects although the classes name them, so that no class can be kept in proportion."""
    try:
        with warnings.catch_warnings():
            # That each class has one subject is the finding, told in the verdict.
            warnings.simplefilter("ignore", LocomotionWarning)
            return folds_of_subjects(y, subjects, kind, n_splits, random_state)
    except TargetError:
        return check_cv(GroupKFold(n_splits), None, y, subjects)

"""Rows, target, subjects and folds of an explanation, checked once."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_regressor

from locomotion_analysis.evaluation.classification import check_classes_in_training
from locomotion_analysis.evaluation.fold_checks import check_features_in_training
from locomotion_analysis.evaluation.folds import checked_folds
from locomotion_analysis.evaluation.inputs import (
    Features,
    check_groups_keep_people,
    checked_inputs,
    continuous_target,
    cycle_key,
    is_simulated,
)
from locomotion_analysis.evaluation.metric_sums import sums_of
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold
from locomotion_analysis.selection.strata import class_codes
from locomotion_analysis.selection.subject_folds import Fold
from locomotion_analysis.selection.subjects import subject_codes

_N_SPLITS = 5


@dataclass(frozen=True, slots=True)
class Task:
    """What is predicted for whom, and the folds it is tested on.

    Attributes
    ----------
    X : DataFrame or ndarray
        Features or sequences.
    y : ndarray, shape (n_cycles,)
        Target.
    subjects : ndarray of int, shape (n_cycles,)
        Subject number of each row.
    names : ndarray, shape (n_subjects,)
        Names of the subjects.
    classes : ndarray or None
        Sorted classes; None for a regressor.
    folds : list of (train, test)
        Folds of subjects.
    simulated : bool
        Whether `X` says that it comes from simulated gait.
    """

    X: Features
    y: NDArray[Any]
    subjects: NDArray[np.intp]
    names: NDArray[Any]
    classes: NDArray[Any] | None
    folds: list[Fold]
    simulated: bool

    @classmethod
    def of(cls, model: Any, X: Any, y: Any, groups: Any, cv: Any) -> Self:
        """Check rows and target and list the folds.

        Raises
        ------
        SchemaError, TargetError, SplitLeakError
            As the evaluator.
        """
        features, key = checked_inputs(X, y, groups), cycle_key(X, y)
        values, classes = _target(model, y)
        splitter = SubjectQuantileKFold if classes is None else SubjectStratifiedKFold
        folds, _ = checked_folds(cv or splitter(_N_SPLITS), key, values, groups, False)
        check_groups_keep_people(key, groups)
        if classes is not None:
            check_classes_in_training(class_codes(values)[0], classes, folds)
        check_features_in_training(features, folds)
        subjects, names = subject_codes(groups)
        return cls(features, values, subjects, names, classes, folds, is_simulated(X))

    @property
    def metric(self) -> str:
        """Balanced accuracy, or the mean absolute error."""
        return "mae" if self.classes is None else "balanced_accuracy"

    def sums(self, rows: NDArray[np.intp], predicted: NDArray[Any]) -> NDArray[np.float64]:
        """Return what each subject contributes to the metric with these predictions."""
        contribute = sums_of(self.y[rows], predicted.reshape(-1), self.classes)
        return np.asarray(contribute(self.subjects[rows], len(self.names)), dtype=np.float64)


def _target(model: Any, y: Any) -> tuple[NDArray[Any], NDArray[Any] | None]:
    if is_regressor(model):
        return continuous_target(y), None
    codes, classes = class_codes(y)
    return classes[codes], classes

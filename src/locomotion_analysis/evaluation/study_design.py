"""What every study of a model's behaviour starts from: the same inputs, target and folds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from locomotion_analysis.evaluation.folds import checked_folds
from locomotion_analysis.evaluation.inputs import (
    Features,
    check_groups_keep_people,
    checked_inputs,
    continuous_target,
    cycle_key,
    is_simulated,
)
from locomotion_analysis.evaluation.metric_sums import chosen_metric
from locomotion_analysis.selection import (
    SubjectQuantileKFold,
    SubjectStratifiedKFold,
    subject_codes,
)
from locomotion_analysis.selection.strata import class_codes
from locomotion_analysis.selection.subject_folds import Fold


@dataclass(frozen=True, slots=True)
class StudyDesign:
    """Checked inputs of a study that fits a model many times.

    Attributes
    ----------
    model : scikit-learn estimator
        Unfitted, computing on one core: the study itself may run on several.
    X : DataFrame or ndarray
        Features or sequences.
    target : ndarray of shape (n_cycles,)
        Target as it is fitted.
    classes : ndarray or None
        Sorted classes; None for a regression.
    subject : ndarray of int of shape (n_cycles,)
        Subject number of each row.
    n_subjects : int
        How many there are.
    key : Index
        Labels of the rows.
    cv : splitter or list of (train, test)
        Where the folds come from.
    metric : str
        Score that is looked at.
    simulated : bool
        Whether the features say that they come from simulated gait.
    """

    model: Any
    X: Features
    target: NDArray[Any]
    classes: NDArray[Any] | None
    subject: NDArray[np.intp]
    n_subjects: int
    key: pd.Index
    cv: Any
    metric: str
    simulated: bool

    def folds(self, values: NDArray[Any] | None = None) -> list[Fold]:
        """Return the folds, of other target values where given."""
        target = self.target if values is None else values
        if self.classes is not None:
            target = np.searchsorted(self.classes, target)
        return checked_folds(self.cv, self.key, target, self.subject, False)[0]

    @property
    def kind(self) -> str:
        """Whether classes or a number is predicted."""
        return "regression" if self.classes is None else "classification"


def study_design(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    *,
    cv: Any = None,
    metric: str | None = None,
    n_splits: int = 5,
    random_state: int = 0,
) -> StudyDesign:
    """Check the inputs of a study and choose its folds.

    A target of floating-point numbers is a regression, all else a classification.

    Raises
    ------
    SplitLeakError, TargetError, SchemaError
        As the evaluator does.
    """
    features = checked_inputs(X, y, groups)
    key = cycle_key(features, y)
    subject, names = subject_codes(groups)
    check_groups_keep_people(key, groups)
    classes = None
    if pd.api.types.is_float_dtype(np.asarray(y)):
        values: NDArray[Any] = continuous_target(y)
    else:
        codes, classes = class_codes(y)
        values = classes[codes]
    splitter = SubjectQuantileKFold if classes is None else SubjectStratifiedKFold
    return StudyDesign(
        model=on_one_core(model),
        X=features,
        target=values,
        classes=classes,
        subject=subject,
        n_subjects=len(names),
        key=key,
        cv=splitter(n_splits, random_state=random_state) if cv is None else _reusable(cv),
        metric=chosen_metric("regression" if classes is None else "classification", metric),
        simulated=is_simulated(features),
    )


def on_one_core(model: Any) -> Any:
    """Return an unfitted copy of a model that computes on one core."""
    copy = clone(model)
    asked = copy.get_params().items()
    jobs = [name for name, value in asked if name.split("__")[-1] == "n_jobs" and value is not None]
    return copy.set_params(**dict.fromkeys(jobs, 1))


def _reusable(cv: Any) -> Any:
    """Keep folds that can be read only once."""
    return list(cv) if isinstance(cv, Iterator) else cv

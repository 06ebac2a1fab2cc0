"""One model over subject-safe folds: what classification and regression have in common."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.evaluation.classification import check_classes_in_training
from locomotion_analysis.evaluation.common_results import (
    common_results,
    fold_sizes,
    held_out_subjects,
)
from locomotion_analysis.evaluation.fold_checks import (
    check_features_in_training,
    warn_of_untrained_classes,
)
from locomotion_analysis.evaluation.folds import checked_folds
from locomotion_analysis.evaluation.inputs import (
    Features,
    check_groups_keep_people,
    cycle_key,
)
from locomotion_analysis.evaluation.predictions import HeldOut, predict_held_out
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection.subject_folds import Fold


class CrossValidation(NamedTuple):
    """Folds, held-out predictions, the tested subjects, and the results of either kind."""

    folds: list[Fold]
    held_out: HeldOut
    subjects: tuple[NDArray[np.intp], NDArray[Any]] | None
    results: dict[str, Any]


def cross_validated(
    model: Any,
    X: Features,
    y: Any,
    values: NDArray[Any],
    groups: Any,
    *,
    cv: Any,
    allow_subject_overlap: bool,
    progress: Progress | None,
    classes: NDArray[Any] | None = None,
) -> CrossValidation:
    """Fit and predict every fold, after proof that the folds are fit to be trained on.

    Parameters
    ----------
    model : scikit-learn estimator
        Left as it is.
    X : DataFrame or ndarray
        Checked features or sequences.
    y : array-like of shape (n_cycles,)
        Target as it was passed; gives its name and, for sequences, the cycle key.
    values : ndarray of shape (n_cycles,)
        Target: numbers of a regression, class numbers of a classification.
    groups : array-like of shape (n_cycles,) or None
        Subject of each row.
    cv : splitter or iterable of (train, test)
        The splitter.
    allow_subject_overlap : bool
        Run even when subjects overlap or are unknown.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.
    classes : ndarray of shape (n_classes,), optional
        Sorted classes; makes it a classification.

    Raises
    ------
    SplitLeakError, TargetError, SchemaError
        See the evaluator.
    """
    key = cycle_key(X, y)
    folds, overlap = checked_folds(cv, key, values, groups, allow_subject_overlap)
    if not allow_subject_overlap:
        check_groups_keep_people(key, groups)
    target = values if classes is None else classes[values]
    if classes is not None:
        check_classes_in_training(values, classes, folds)
        warn_of_untrained_classes(values, classes, folds)
    check_features_in_training(X, folds)
    held_out = predict_held_out(model, X, target, folds, progress, classes, groups)
    results = {
        **common_results(held_out, key, X, y, target, groups, classes),
        "fold_sizes": fold_sizes(folds, groups),
        "subject_overlap": overlap,
    }
    return CrossValidation(folds, held_out, held_out_subjects(groups, held_out), results)

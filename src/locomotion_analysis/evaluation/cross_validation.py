"""One model over subject-safe folds: what classification and regression have in common."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.evaluation.folds import (
    Features,
    HeldOut,
    check_features_in_training,
    check_groups_keep_people,
    checked_folds,
    cycle_key,
    is_simulated,
    open_identity,
    predict_held_out,
    warn_of_untrained_classes,
)
from locomotion_analysis.evaluation.metrics import check_classes_in_training
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection import subject_codes
from locomotion_analysis.selection.splitters import Fold


class CrossValidation(NamedTuple):
    """One model over subject-safe folds.

    Attributes
    ----------
    folds : list of (train, test)
        Row positions.
    held_out : HeldOut
        Predictions and importances.
    subjects : tuple of ndarray, or None
        Number of the subject of each tested row, and the tested subjects' names, sorted; None
        where subjects are unknown.
    results : dict
        What an evaluation returns whatever the kind of target.
    """

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
    identity = open_identity(X, key, groups)
    target = values if classes is None else classes[values]
    if classes is not None:
        check_classes_in_training(values, classes, folds)
        warn_of_untrained_classes(values, classes, folds)
    check_features_in_training(X, folds)
    held_out = predict_held_out(model, X, target, folds, progress, classes, groups)
    rows = held_out.rows
    predictions: dict[str, Any] = {"fold": held_out.fold + 1}
    # Where subjects are unknown, rows are counted in their place.
    counted, subjects, n_subjects = np.arange(len(values)), None, None
    if groups is not None:
        counted, names = subject_codes(groups)
        predictions["subject"] = names[counted[rows]]
        tested, numbers = np.unique(counted[rows], return_inverse=True)
        n_subjects = len(tested)
        subjects = numbers.astype(np.intp), names[tested]
    predictions |= {"y_true": target[rows], "y_pred": held_out.predicted}
    if held_out.probability is not None and classes is not None:
        columns = [f"probability_{label}" for label in classes]
        predictions |= dict(zip(columns, held_out.probability.T, strict=True))
    results = {
        "predictions": pd.DataFrame(predictions, index=key[rows]),
        "feature_importances": held_out.importances,
        "importance_kind": held_out.importance_kind,
        "n_subjects": n_subjects,
        "n_cycles": len(np.unique(rows)),
        "simulated": is_simulated(X),
        "identity": identity,
        "target": str(y.name) if getattr(y, "name", None) is not None else None,
        "fold_sizes": [
            (len(np.unique(counted[train])), len(np.unique(counted[test]))) for train, test in folds
        ],
        "subject_overlap": overlap,
    }
    return CrossValidation(folds, held_out, subjects, results)

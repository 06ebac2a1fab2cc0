"""MERGED cross validation.

- What every evaluation returns: predictions by cycle, importances, counts.
- One model over subject-safe folds: what classification and regression have in common.
"""

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
    predict_held_out,
    warn_of_untrained_classes,
)
from locomotion_analysis.evaluation.metrics import check_classes_in_training
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection import subject_codes
from locomotion_analysis.selection.splitters import Fold

# ----------------------------------------------------------------------
# What every evaluation returns: predictions by cycle, importances, counts.


def held_out_subjects(
    groups: Any, held_out: HeldOut
) -> tuple[NDArray[np.intp], NDArray[Any]] | None:
    """Give the tested subjects numbers; None where subjects are unknown.

    Returns
    -------
    numbers : ndarray of int of shape (n_tested,)
        Subject number of each tested row.
    subjects : ndarray of shape (n_tested_subjects,)
        Names, sorted.
    """
    if groups is None:
        return None
    codes, subjects = subject_codes(groups)
    tested, numbers = np.unique(codes[held_out.rows], return_inverse=True)
    return numbers.astype(np.intp), subjects[tested]


def fold_sizes(folds: list[Fold], groups: Any) -> list[tuple[int, int]]:
    """Count the subjects (rows, where unknown) trained on and tested in each fold."""
    codes = None if groups is None else subject_codes(groups)[0]

    def size(rows: NDArray[np.intp]) -> int:
        return len(rows if codes is None else np.unique(codes[rows]))

    return [(size(train), size(test)) for train, test in folds]


def common_results(
    held_out: HeldOut,
    key: pd.Index,
    X: Features,
    y: Any,
    values: NDArray[Any],
    groups: Any,
    classes: NDArray[Any] | None = None,
) -> dict[str, Any]:
    """Return the results that do not depend on the kind of target.

    Parameters
    ----------
    held_out : HeldOut
        The predictions.
    key : Index of length n_cycles
        Labels of the rows.
    X : DataFrame or ndarray
        Features or sequences.
    y : array-like of shape (n_cycles,)
        Target as it was passed; gives its name.
    values : ndarray of shape (n_cycles,)
        Target as it was fitted.
    groups : array-like of shape (n_cycles,) or None
        Subject of each row.
    classes : ndarray of shape (n_classes,), optional
        Classes that the probabilities are of.
    """
    codes, names = (None, None) if groups is None else subject_codes(groups)
    subjects = None if names is None else names[codes]
    return {
        "predictions": _predictions_table(held_out, key, values, subjects, classes),
        "feature_importances": held_out.importances,
        "importance_kind": held_out.importance_kind,
        "n_subjects": None if names is None else len(names),
        "n_cycles": len(values),
        "simulated": is_simulated(X),
        "target": str(y.name) if getattr(y, "name", None) is not None else None,
    }


def _predictions_table(
    held_out: HeldOut,
    key: pd.Index,
    y: NDArray[Any],
    subjects: NDArray[Any] | None,
    classes: NDArray[Any] | None = None,
) -> pd.DataFrame:
    columns: dict[str, Any] = {"fold": held_out.fold + 1}
    if subjects is not None:
        columns["subject"] = subjects[held_out.rows]
    columns |= {"y_true": y[held_out.rows], "y_pred": held_out.predicted}
    if held_out.probability is not None and classes is not None:
        names = [f"probability_{label}" for label in classes]
        columns |= dict(zip(names, held_out.probability.T, strict=True))
    return pd.DataFrame(columns, index=key[held_out.rows])


# ----------------------------------------------------------------------
# One model over subject-safe folds: what classification and regression have in common.


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

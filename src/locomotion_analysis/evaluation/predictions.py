"""Cross-validation of one model: its held-out predictions and importances, fold by fold."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import TargetError
from locomotion_analysis.evaluation.folds import FittedFold, empty_features_named, fit_folds
from locomotion_analysis.evaluation.importances import fold_importances, mean_importances
from locomotion_analysis.evaluation.inputs import Features, take_rows
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection.subject_folds import Fold


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Predictions for rows that the predicting model was not fitted on, in the order of rows.

    Attributes
    ----------
    rows : ndarray of int of shape (n_tested,)
        Row positions, ascending; a row tested in several folds comes several times.
    fold : ndarray of int of shape (n_tested,)
        Fold of each, from 0.
    predicted : ndarray of shape (n_tested,)
        Prediction of each.
    probability : ndarray of float of shape (n_tested, n_classes) or None
        Probability of each class, where the model gives it.
    importance_kind : str or None
        Attribute of the model that the importances come from.
    importances : DataFrame or None
        See :func:`~locomotion_analysis.evaluation.importances.mean_importances`.
    """

    rows: NDArray[np.intp]
    fold: NDArray[np.intp]
    predicted: NDArray[Any]
    probability: NDArray[np.float64] | None
    importance_kind: str | None
    importances: pd.DataFrame | None


def predict_held_out(
    model: Any,
    X: Features,
    y: NDArray[Any],
    folds: list[Fold],
    progress: Progress | None = None,
    classes: NDArray[Any] | None = None,
    groups: Any = None,
) -> HeldOut:
    """Fit a copy of the model on each fold and gather what it predicts for the test rows.

    Parameters
    ----------
    model : scikit-learn estimator
        Left as it is.
    X : DataFrame or ndarray
        Features or sequences.
    y : ndarray of shape (n_cycles,)
        Target.
    folds : list of (train, test)
        Row positions.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.
    classes : ndarray of shape (n_classes,), optional
        Sorted classes, for probabilities.
    groups : array-like of shape (n_cycles,), optional
        Subject of each row, for models whose ``fit`` takes them.

    Returns
    -------
    HeldOut
        Predictions of all folds.
    """
    predicted, probability, importances = [], [], []
    for fold in fit_folds(model, X, y, folds, progress, groups):
        predicted.append(fold.predicted)
        importances.append(fold_importances(fold.model, X))
        if classes is not None:
            probability.append(_probability(fold, take_rows(X, fold.test), classes))
    rows, number, order = _in_row_order(folds)
    weighed = [found for found in importances if found is not None]
    known = [each for each in probability if each is not None]
    return HeldOut(
        rows=rows,
        fold=number,
        predicted=np.concatenate(predicted)[order],
        probability=np.concatenate(known)[order] if len(known) == len(folds) else None,
        importance_kind=weighed[0][0] if weighed else None,
        importances=mean_importances([values for _, values in weighed]),
    )


def _in_row_order(
    folds: list[Fold],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    tests = [test for _, test in folds]
    rows = np.concatenate(tests)
    order = np.argsort(rows, kind="stable")
    number = np.repeat(np.arange(len(tests)), [len(test) for test in tests])
    return rows[order], number[order], order


def in_row_order(per_fold: list[NDArray[Any]], folds: list[Fold]) -> NDArray[Any]:
    """Join values of each fold's test rows in the order of rows, as :class:`HeldOut` has them."""
    joined: NDArray[Any] = np.concatenate(per_fold)[_in_row_order(folds)[2]]
    return joined


def class_numbers(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the number of each label among the sorted classes.

    Raises
    ------
    TargetError
        If a label is none of the classes.
    """
    codes: NDArray[np.intp] = pd.Index(classes).get_indexer(pd.Index(labels))
    if (codes < 0).any():
        raise TargetError(
            expected=f"predictions among the classes {classes.tolist()}",
            got=str(labels[codes < 0][0]),
            where="model.predict",
            fix="use a classifier, or evaluate_regression for a continuous target",
        )
    return codes


def _probability(
    fold: FittedFold, held_out: Features, classes: NDArray[Any]
) -> NDArray[np.float64] | None:
    if not (hasattr(fold.model, "predict_proba") and hasattr(fold.model, "classes_")):
        return None
    # A class that no training row of the fold has keeps probability 0.
    probability = np.zeros((len(fold.test), len(classes)))
    columns = class_numbers(np.asarray(fold.model.classes_), classes)
    with empty_features_named():
        probability[:, columns] = fold.model.predict_proba(held_out)
    return probability

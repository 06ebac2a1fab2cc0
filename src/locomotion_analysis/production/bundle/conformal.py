"""Prediction sets and intervals that hold the truth in a stated share of new people's rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.production.bundle.manifest import Conformal

COVERAGE = 0.9


def subject_quantile(
    scores: NDArray[np.float64], subjects: NDArray[Any], level: float
) -> float | None:
    """Return the limit that a row of a new person stays below with a probability of `level`.

    Quantile of the scores, each person weighing 1 / (K + 1) and the new one as infinity
    (hierarchical conformal prediction, Lee, Barber & Willett 2023, arXiv:2306.06342).

    Parameters
    ----------
    scores : ndarray, shape (n_rows,)
        Nonconformity of rows that the model was not fitted on.
    subjects : ndarray, shape (n_rows,)
        Person of each row.
    level : float
        Between 0 and 1.

    Returns
    -------
    float or None
        None where K people are too few: the limit is then infinite.

    Examples
    --------
    >>> people = np.repeat(np.arange(19), 2)
    >>> subject_quantile(people / 10, people, 0.9)
    1.7
    >>> subject_quantile(people / 10, people, 0.99) is None
    True
    """
    _, person, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    weights = 1 / counts[person] / (len(counts) + 1)
    order = np.argsort(scores, kind="stable")
    below = np.cumsum(weights[order])
    # Sums of thirds and sevenths must not miss the level by a rounding error.
    at = int(np.searchsorted(below, level - 1e-9))
    return float(scores[order][at]) if at < len(scores) else None


def calibrated_limit(
    held_out: pd.DataFrame, classes: Sequence[Any], coverage: float = COVERAGE
) -> Conformal | None:
    """Return the conformal limit of a model from its predictions for held-out people.

    Parameters
    ----------
    held_out : DataFrame
        ``subject``, ``y_true``, ``y_pred`` and, for classes, ``probability_<class>``.
    classes : sequence
        Labels; empty for a quantity.
    coverage : float
        Share of rows of new people.

    Returns
    -------
    Conformal or None
        None where there are no probabilities. For classes the score is one minus the
        probability of the true class (Sadinle, Lei & Wasserman 2019,
        doi:10.1080/01621459.2017.1395341), for a quantity the absolute error.
    """
    subjects = held_out["subject"].to_numpy()
    if not len(classes):
        scores = (held_out["y_true"] - held_out["y_pred"]).abs().to_numpy(float)
    else:
        names = [f"probability_{label}" for label in classes]
        if not set(names) <= set(held_out):
            return None
        column = held_out["y_true"].astype(str).map({str(c): n for n, c in enumerate(classes)})
        rows = np.arange(len(held_out))
        scores = 1 - held_out[names].to_numpy(float)[rows, column.to_numpy(int)]
    n_subjects = len(np.unique(subjects))
    return Conformal(coverage, subject_quantile(scores, subjects, coverage), n_subjects)


def prediction_sets(
    probability: NDArray[np.float64],
    labels: NDArray[Any],
    classes: Sequence[Any],
    conformal: Conformal,
) -> list[list[Any]]:
    """Return the set of classes of each row; it always holds the predicted one.

    Parameters
    ----------
    probability : ndarray, shape (n_rows, n_classes)
        Of each class.
    labels : ndarray, shape (n_rows,)
        Predicted classes.
    classes : sequence
        All classes.
    conformal : Conformal
        The limit.
    """
    if conformal.limit is None:
        return [list(classes) for _ in labels]
    inside = (1 - probability <= conformal.limit + 1e-12) | (
        labels[:, None] == np.asarray(classes)[None, :]
    )
    return [[label for label, kept in zip(classes, row, strict=True) if kept] for row in inside]

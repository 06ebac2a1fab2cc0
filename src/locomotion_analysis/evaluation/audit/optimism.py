"""How much better a model looks where the same subject is trained on and tested."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.evaluation.bootstrap import (
    Interval,
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.metric_sums import metric_values, sums_of
from locomotion_analysis.evaluation.predictions import predict_held_out
from locomotion_analysis.selection.subject_folds import Fold

POINTS = 100.0
"""Points in a score of one."""


@dataclass(frozen=True, slots=True)
class Optimism:
    """One model under folds of cycles and under folds of subjects.

    Attributes
    ----------
    ungrouped, grouped : float
        Score of all held-out cycles (balanced accuracy, or R²), mean of the draws of labels.
    ungrouped_interval, grouped_interval : tuple of float
        95 % intervals, bootstrapped over subjects (and draws of labels).
    points, points_interval : float, tuple of float
        Ungrouped minus grouped, times 100, and its interval on the same draws of subjects.
    n_draws : int
        Draws of labels; 1 for the target itself.
    """

    ungrouped: float
    grouped: float
    ungrouped_interval: Interval
    grouped_interval: Interval
    points: float
    points_interval: Interval
    n_draws: int


@dataclass(frozen=True, slots=True)
class Labelling:
    """Labels of all cycles, with both kinds of folds for them.

    Attributes
    ----------
    y : ndarray, shape (n_cycles,)
        Labels.
    classes : ndarray or None
        Sorted classes; None for a number.
    ungrouped, grouped : list of (train, test)
        Folds of cycles, and of subjects.
    """

    y: NDArray[Any]
    classes: NDArray[Any] | None
    ungrouped: list[Fold]
    grouped: list[Fold]


def optimism(
    model: Any,
    X: pd.DataFrame,
    labellings: list[Labelling],
    subjects: NDArray[np.intp],
    n_bootstrap: int,
    random_state: int,
    step: Callable[[], None],
) -> Optimism:
    """Score a model under both kinds of folds, over one or several labellings of the cycles.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned in every fold.
    X : DataFrame, shape (n_cycles, n_features)
        Features.
    labellings : list of Labelling
        The target itself, or draws of random labels.
    subjects : ndarray of int, shape (n_cycles,)
        Subject number of each cycle.
    n_bootstrap : int
        Draws of subjects for each labelling.
    random_state : int
        Seed.
    step : callable
        Called after each cross-validation.
    """
    n_subjects = int(subjects.max()) + 1
    weights = subject_weights(n_subjects, n_bootstrap, random_state)
    values, draws = [], []
    for labels in labellings:
        metric = "r2" if labels.classes is None else "balanced_accuracy"
        for folds in (labels.ungrouped, labels.grouped):
            held_out = predict_held_out(model, X, labels.y, folds, groups=subjects)
            contribute = sums_of(labels.y[held_out.rows], held_out.predicted, labels.classes)
            sums = contribute(subjects[held_out.rows], n_subjects)
            values.append(float(metric_values(metric, sums.sum(axis=0, keepdims=True))[0]))
            draws.append(metric_values(metric, resampled_sums(weights, sums)))
            step()
    ungrouped, grouped = np.concatenate(draws[::2]), np.concatenate(draws[1::2])
    means = float(np.mean(values[::2])), float(np.mean(values[1::2]))
    return Optimism(
        ungrouped=means[0],
        grouped=means[1],
        ungrouped_interval=percentile_interval(ungrouped),
        grouped_interval=percentile_interval(grouped),
        points=POINTS * (means[0] - means[1]),
        points_interval=percentile_interval(POINTS * (ungrouped - grouped)),
        n_draws=len(labellings),
    )

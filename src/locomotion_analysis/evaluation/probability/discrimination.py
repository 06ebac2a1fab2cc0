"""Discrimination: does the model rank cycles of a class above the rest, at any threshold."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.evaluation.bootstrap import percentile_interval, subject_weights
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.evaluation.probability.held_out import (
    Probabilities,
    held_out_probabilities,
)

GRID = np.linspace(0.0, 1.0, 101)

_Curve = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


class _Ranked(NamedTuple):
    """Cycles of one class against the rest, the most probable first."""

    truth: NDArray[np.bool_]
    subject: NDArray[np.intp]
    last_of_tie: NDArray[np.intp]


def roc_curve(
    results: Mapping[str, Any], n_bootstrap: int = 1000, random_state: int = 0
) -> pd.DataFrame:
    """Return the receiver operating characteristic of each class against the rest.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    n_bootstrap, random_state : int
        Draws of subjects for the interval, and their seed.

    Returns
    -------
    DataFrame
        ``class``, ``false_positive_rate`` (101 values from 0 to 1), ``true_positive_rate``,
        ``low`` and ``high`` (95 % over subjects at each false positive rate). Of two classes
        only the second.

    Raises
    ------
    SchemaError
        If the model gave no probabilities.
    """
    names = ("false_positive_rate", "true_positive_rate")
    return _curves(results, _roc_on_grid, names, n_bootstrap, random_state)


def precision_recall_curve(
    results: Mapping[str, Any], n_bootstrap: int = 1000, random_state: int = 0
) -> pd.DataFrame:
    """Return precision at each recall, of each class against the rest.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    n_bootstrap, random_state : int
        Draws of subjects for the interval, and their seed.

    Returns
    -------
    DataFrame
        ``class``, ``recall`` (101 values from 0 to 1), ``precision`` (at the highest threshold
        that reaches the recall), ``low`` and ``high`` (95 % over subjects). Of two classes only
        the second.

    Raises
    ------
    SchemaError
        If the model gave no probabilities.
    """
    return _curves(results, _precision_on_grid, ("recall", "precision"), n_bootstrap, random_state)


def discrimination_scores(
    results: Mapping[str, Any], n_bootstrap: int = 1000, random_state: int = 0
) -> pd.DataFrame:
    """Return the areas under both curves, class against the rest, with intervals over subjects.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    n_bootstrap, random_state : int
        Draws of subjects, and their seed.

    Returns
    -------
    DataFrame
        One row a class: ``class``, ``roc_auc`` (0.5 is chance), ``roc_auc_low``,
        ``roc_auc_high``, ``average_precision`` (chance is the ``prevalence``) with its interval,
        and ``prevalence``, the share of cycles of the class.

    Raises
    ------
    SchemaError
        If the model gave no probabilities.
    """
    given = held_out_probabilities(results)
    weights = subject_weights(given.n_subjects, n_bootstrap, random_state)
    rows = []
    for position in given.shown:
        ranked = _ranked(given, position)
        whole = _areas(*_counts(ranked, np.ones(given.n_subjects)))
        draws = np.array([_areas(*_counts(ranked, weight)) for weight in weights])
        auc, precision = (percentile_interval(column) for column in draws.T)
        rows.append(
            {
                "class": given.classes[position],
                "roc_auc": whole[0],
                "roc_auc_low": auc[0],
                "roc_auc_high": auc[1],
                "average_precision": whole[1],
                "average_precision_low": precision[0],
                "average_precision_high": precision[1],
                "prevalence": given.truth[:, position].mean(),
            }
        )
    return pd.DataFrame(rows)


def _curves(
    results: Mapping[str, Any],
    curve: _Curve,
    names: tuple[str, str],
    n_bootstrap: int,
    random_state: int,
) -> pd.DataFrame:
    given = held_out_probabilities(results)
    weights = subject_weights(given.n_subjects, n_bootstrap, random_state)
    tables = []
    for position in given.shown:
        ranked = _ranked(given, position)
        draws = np.array([curve(*_counts(ranked, weight)) for weight in weights])
        bounds = [percentile_interval(column) for column in draws.T]
        tables.append(
            pd.DataFrame(
                {
                    "class": given.classes[position],
                    names[0]: GRID,
                    names[1]: curve(*_counts(ranked, np.ones(given.n_subjects))),
                    "low": [low for low, _ in bounds],
                    "high": [high for _, high in bounds],
                }
            )
        )
    return said_simulated(pd.concat(tables, ignore_index=True), results["simulated"])


def _ranked(given: Probabilities, position: int) -> _Ranked:
    probability = given.probability[:, position]
    order = np.argsort(-probability, kind="stable")
    # Cycles of one probability pass the threshold together.
    last = np.flatnonzero(np.append(np.diff(probability[order]) != 0, True))
    return _Ranked(given.truth[order, position], given.subject[order], last)


def _counts(
    ranked: _Ranked, weight: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the true and false positives at each threshold, from none to all cycles."""
    of_cycle = weight[ranked.subject].astype(float)
    positives = np.cumsum(of_cycle * ranked.truth)[ranked.last_of_tie]
    found = np.cumsum(of_cycle)[ranked.last_of_tie]
    return np.append(0.0, positives), np.append(0.0, found - positives)


def _areas(positives: NDArray[np.float64], negatives: NDArray[np.float64]) -> tuple[float, float]:
    """Return the area under the ROC curve and the average precision; NaN without both kinds."""
    if positives[-1] == 0 or negatives[-1] == 0:
        return (np.nan, np.nan)
    recall = positives / positives[-1]
    auc = np.trapezoid(recall, negatives / negatives[-1])
    found = (positives + negatives)[1:]
    precision = np.divide(positives[1:], found, out=np.zeros_like(found), where=found > 0)
    return float(auc), float(np.sum(np.diff(recall) * precision))


def _roc_on_grid(
    positives: NDArray[np.float64], negatives: NDArray[np.float64]
) -> NDArray[np.float64]:
    if positives[-1] == 0 or negatives[-1] == 0:
        return np.full(len(GRID), np.nan)
    return np.asarray(np.interp(GRID, negatives / negatives[-1], positives / positives[-1]))


def _precision_on_grid(
    positives: NDArray[np.float64], negatives: NDArray[np.float64]
) -> NDArray[np.float64]:
    if positives[-1] == 0:
        return np.full(len(GRID), np.nan)
    # Rounding must not put a recall of exactly 0.3 above the grid's 0.3.
    recall = np.round(positives / positives[-1], 12)
    place = np.searchsorted(recall, np.round(np.maximum(GRID, recall[recall > 0][0]), 12))
    found = positives[place] + negatives[place]
    return np.asarray(positives[place] / found)

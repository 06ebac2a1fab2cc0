"""Metrics of any set of held-out rows, from sums that each subject contributes to."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation.classification import METRICS
from locomotion_analysis.evaluation.confusion import confusion_per_unit
from locomotion_analysis.evaluation.predictions import class_numbers
from locomotion_analysis.evaluation.regression import error_sums, scores

ERRORS = ("mae", "rmse")
"""Metrics of which less is better."""

_REGRESSION = ("mae", "rmse", "r2")

Contributions = Callable[[NDArray[np.intp], int], NDArray[Any]]
"""``(unit of each row, number of units)`` to what each unit (subject, fold) contributes."""


def contributions(results: Mapping[str, Any]) -> Contributions:
    """Return the function that sums, by unit, what an evaluation's metrics are made of.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned.
    """
    table = results["predictions"]
    true, predicted = (table[name].to_numpy() for name in ("y_true", "y_pred"))
    classes = np.asarray(results["classes"]) if results["kind"] == "classification" else None
    return sums_of(true, predicted, classes)


def sums_of(
    true: NDArray[Any], predicted: NDArray[Any], classes: NDArray[Any] | None
) -> Contributions:
    """Return the function that sums, by unit, counts of classes or (without classes) errors."""
    if classes is None:
        values = true.astype(float), predicted.astype(float)
        return lambda unit, n_units: error_sums(*values, unit, n_units)
    codes = class_numbers(true, classes), class_numbers(predicted, classes)
    return lambda unit, n_units: confusion_per_unit(*codes, unit, n_units, len(classes))


def metric_values(metric: str, sums: NDArray[Any]) -> NDArray[np.float64]:
    """Return a metric of each row of sums; NaN where a row sums nothing."""
    if metric in METRICS:
        return np.asarray(METRICS[metric](sums))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(scores(sums)[metric])


def chosen_metric(kind: str, metric: str | None) -> str:
    """Return the metric asked for, or balanced accuracy or mean absolute error.

    Raises
    ------
    SchemaError
        If this kind of evaluation has no such metric.
    """
    known = tuple(METRICS) if kind == "classification" else _REGRESSION
    if metric is None:
        return "balanced_accuracy" if kind == "classification" else "mae"
    if metric not in known:
        raise SchemaError(
            expected="one of " + ", ".join(known),
            got=repr(metric),
            where="metric",
            fix=f"choose a metric of a {kind}",
        )
    return metric


def tested_subjects(results: Mapping[str, Any]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return the subject number of each held-out row, and the subjects' names.

    Raises
    ------
    SplitLeakError
        If the evaluation did not know its subjects.
    """
    table = results["predictions"]
    if "subject" not in table:
        raise SplitLeakError(
            expected="an evaluation that knows the subject of every row",
            got="one without groups",
            fix="pass groups to the evaluator",
        )
    codes, names = pd.factorize(table["subject"].to_numpy(), sort=True)
    return codes.astype(np.intp), np.asarray(names)

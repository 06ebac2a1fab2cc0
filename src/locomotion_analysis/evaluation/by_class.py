"""Scores of each class, with intervals over subjects."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.bootstrap import (
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.metric_sums import contributions, tested_subjects


def class_metrics(
    results: Mapping[str, Any], n_bootstrap: int = 1000, random_state: int = 0
) -> pd.DataFrame:
    """Return recall, specificity, precision and F1 of each class, with 95 % intervals.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    n_bootstrap, random_state : int
        Draws of subjects, and their seed.

    Returns
    -------
    DataFrame
        Indexed by ``class``: ``recall`` (sensitivity), ``specificity``, ``precision``, ``f1``,
        each with ``_low`` and ``_high``; ``n_subjects`` and ``n_cycles`` of the class. NaN where
        a score is not defined, for example the precision of a class never predicted.

    Raises
    ------
    SchemaError
        If the results are of a regression.
    SplitLeakError
        If subjects are unknown.
    """
    if results["kind"] != "classification":
        raise SchemaError(
            expected="results of a classification",
            got=f"a {results['kind']}",
            where="results",
            fix="a regression has per_subject_error and agreement",
        )
    subject, names = tested_subjects(results)
    sums = contributions(results)(subject, len(names))
    drawn = _metrics(resampled_sums(subject_weights(len(names), n_bootstrap, random_state), sums))
    columns: dict[str, Any] = {}
    for name, whole in _metrics(sums.sum(axis=0)).items():
        bounds = np.array([percentile_interval(draws) for draws in drawn[name].T])
        columns |= {name: whole, f"{name}_low": bounds[:, 0], f"{name}_high": bounds[:, 1]}
    of_class = sums.sum(axis=2)
    columns |= {"n_subjects": (of_class > 0).sum(axis=0), "n_cycles": of_class.sum(axis=0)}
    return pd.DataFrame(columns, index=pd.Index(results["classes"], name="class"))


def _metrics(confusion: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Return the metrics of each class, for a stack of matrices ``(..., classes, classes)``."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    true, called = confusion.sum(axis=-1), confusion.sum(axis=-2)
    total = confusion.sum(axis=(-2, -1))[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "recall": right / true,
            "specificity": (total - true - called + right) / (total - true),
            "precision": right / called,
            "f1": 2 * right / (true + called),
        }

"""Scores of a regression over subject-safe folds, against the mean of the training rows."""

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
from locomotion_analysis.selection.subject_folds import Fold

Sums = NDArray[np.float64]


def error_sums(
    true: NDArray[np.float64],
    predicted: NDArray[np.float64],
    unit: NDArray[np.intp],
    n_units: int,
) -> Sums:
    """Sum per subject (or fold) what the metrics are made of.

    Parameters
    ----------
    true, predicted : ndarray of float of shape (n_rows,)
        Values, in the target's unit.
    unit : ndarray of int of shape (n_rows,)
        Subject (or fold) number of each row.
    n_units : int
        How many there are.

    Returns
    -------
    ndarray of float of shape (n_units, 6)
        Rows, target, squared target, |error|, squared error, error (predicted minus true). The
        target is centred on its mean first, so that squares do not cancel.
    """
    error, centred = predicted - true, true - true.mean()
    parts = (np.ones_like(error), centred, centred**2, np.abs(error), error**2, error)
    return np.column_stack([np.bincount(unit, part, minlength=n_units) for part in parts])


def scores(sums: Sums) -> dict[str, NDArray[np.float64]]:
    """Return the metrics of each row of sums.

    Parameters
    ----------
    sums : ndarray of float of shape (..., 6)
        From :func:`error_sums`.

    Returns
    -------
    dict of ndarray
        ``r2`` (1 − squared error ÷ squared deviation from the mean; NaN where the target does
        not vary), ``mae``, ``rmse`` and ``bias`` in the target's unit.
    """
    n, target, target_2, absolute, squared, signed = np.moveaxis(sums, -1, 0)
    deviation = target_2 - target**2 / n
    varies = deviation > 1e-12 * np.maximum(target_2, np.finfo(float).tiny)
    unexplained = np.divide(squared, deviation, out=np.full(np.shape(n), np.nan), where=varies)
    return {
        "r2": 1 - unexplained,
        "mae": absolute / n,
        "rmse": np.sqrt(squared / n),
        "bias": signed / n,
    }


def baseline_values(y: NDArray[np.float64], folds: list[Fold]) -> list[NDArray[np.float64]]:
    """Predict the mean of each fold's training rows for its test rows."""
    return [np.full(len(test), y[train].mean()) for train, test in folds]


def error_intervals(
    model: Sums, baseline: Sums, n_bootstrap: int, random_state: int
) -> dict[str, Interval]:
    """Bootstrap every metric and its difference to the baseline over subjects.

    Parameters
    ----------
    model, baseline : ndarray of float of shape (n_subjects, 6)
        From :func:`error_sums`.
    n_bootstrap : int
        Number of draws.
    random_state : int
        Seed.

    Returns
    -------
    dict
        95 % intervals of ``r2``, ``mae``, ``rmse`` and ``bias``, and of the first three with
        ``_minus_baseline`` (a negative difference of errors is an improvement).
    """
    weights = subject_weights(len(model), n_bootstrap, random_state)
    drawn, drawn_baseline = (scores(resampled_sums(weights, sums)) for sums in (model, baseline))
    intervals = {name: percentile_interval(draws) for name, draws in drawn.items()}
    for name in ("r2", "mae", "rmse"):
        difference = drawn[name] - drawn_baseline[name]
        intervals[f"{name}_minus_baseline"] = percentile_interval(difference)
    return intervals


def subject_errors(sums: Sums, subjects: NDArray[Any]) -> pd.DataFrame:
    """Return each subject's errors.

    Returns
    -------
    DataFrame
        Indexed by ``subject``: ``mae``, ``rmse``, ``bias`` (predicted minus true) in the
        target's unit and ``n_cycles``.
    """
    columns = {name: values for name, values in scores(sums).items() if name != "r2"}
    columns["n_cycles"] = sums[:, 0].astype(int)
    return pd.DataFrame(columns, index=pd.Index(subjects, name="subject"))


def regression_scores(
    true: NDArray[np.float64],
    predicted: NDArray[np.float64],
    baseline: NDArray[np.float64],
    fold: NDArray[np.intp],
    subjects: tuple[NDArray[np.intp], NDArray[Any]] | None,
    bootstrap: tuple[int, int],
) -> dict[str, Any]:
    """Return the scores of folds, of all held-out cycles, and of subjects where known.

    Parameters
    ----------
    true, predicted, baseline : ndarray of float of shape (n_tested,)
        The truth, the model's and the baseline's predictions, in the target's unit.
    fold : ndarray of int of shape (n_tested,)
        Fold of each row, from 0.
    subjects : tuple of ndarray, or None
        Subject number of each row, and the subjects' names.
    bootstrap : tuple of int
        Number of draws and seed.

    Returns
    -------
    dict
        The scores, as ``evaluate_regression`` describes them.
    """
    per_fold = scores(error_sums(true, predicted, fold, int(fold.max()) + 1))
    everyone = np.zeros_like(fold)
    beside = scores(error_sums(true, baseline, everyone, 1)[0])
    results: dict[str, Any] = {
        "cv_scores": per_fold["r2"].tolist(),
        "cv_mae": per_fold["mae"].tolist(),
        "mean_mae": float(per_fold["mae"].mean()),
        "std_mae": float(per_fold["mae"].std()),
        **_floats(scores(error_sums(true, predicted, everyone, 1)[0])),
        "baseline": {"strategy": "mean", **_floats(beside)},
        "per_subject_error": None,
        "intervals": {},
    }
    if subjects is not None:
        unit, labels = subjects
        model, other = (error_sums(true, each, unit, len(labels)) for each in (predicted, baseline))
        results["per_subject_error"] = subject_errors(model, labels)
        results["intervals"] = error_intervals(model, other, *bootstrap)
    return results


def _floats(values: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}

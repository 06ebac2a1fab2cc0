"""Scores of classes and numbers, with intervals over subjects and beside a baseline.

Metrics are functions of sums over subjects: counts of true and predicted classes, sums of errors.
A bootstrap draw is then a row of weights, and all draws are one product.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.metrics import classification_report

from locomotion_analysis.errors import TargetError
from locomotion_analysis.reporting.names import METRIC_NAMES
from locomotion_analysis.selection.splitters import Fold

Interval = tuple[float, float]
Counts = NDArray[np.int64]
Sums = NDArray[np.float64]

LEVEL_PERCENT = 95.0

METRICS_OF = {
    "classification": ("balanced_accuracy", "accuracy", "macro_f1"),
    "regression": ("mae", "rmse", "r2"),
}
"""Metrics of either kind of target, the one to quote first."""
ERRORS = ("mae", "rmse")
"""Metrics of which less is better, in the target's unit."""


def subject_weights(n_subjects: int, n_bootstrap: int, random_state: int) -> NDArray[np.int64]:
    """Draw how often each subject is taken in each bootstrap draw.

    Cycles of one person resemble each other: drawing them one by one would treat a hundred steps
    of ten people as a thousand people and give intervals that are far too narrow. Each draw takes
    as many subjects as there are, with replacement, with all their cycles (cluster bootstrap [1]_).
    The predictions stay as they are: the intervals tell how the score would vary with the people
    tested, not with the people trained on, and are somewhat narrow with fewer than about 20
    subjects.

    Parameters
    ----------
    n_subjects : int
        Number of subjects.
    n_bootstrap : int
        Number of draws.
    random_state : int
        Seed.

    Returns
    -------
    ndarray of int of shape (n_bootstrap, n_subjects)
        Each row sums to `n_subjects`.

    References
    ----------
    .. [1] Field and Welsh, "Bootstrapping clustered data", J R Stat Soc B 69:369, 2007,
       doi:10.1111/j.1467-9868.2007.00593.x.

    Examples
    --------
    >>> subject_weights(4, 3, random_state=0).sum(axis=1).tolist()
    [4, 4, 4]
    """
    rng = np.random.default_rng(random_state)
    return rng.multinomial(n_subjects, np.full(n_subjects, 1 / n_subjects), size=n_bootstrap)


def resampled_sums(weights: NDArray[np.int64], per_subject: NDArray[Any]) -> NDArray[Any]:
    """Sum what each subject contributes, over each draw of subjects.

    Parameters
    ----------
    weights : ndarray of int of shape (n_bootstrap, n_subjects)
        From :func:`subject_weights`.
    per_subject : ndarray of shape (n_subjects, ...)
        What each subject contributes: counts, sums of errors.

    Returns
    -------
    ndarray of shape (n_bootstrap, ...)
        One sum a draw.
    """
    return np.tensordot(weights, per_subject, axes=1)


def percentile_interval(draws: NDArray[np.float64]) -> Interval:
    """Return the 95 % percentile interval of a metric's draws; undefined draws are left out.

    Parameters
    ----------
    draws : ndarray of shape (n_bootstrap,)
        The metric, one value a draw; NaN where a draw has none.

    Returns
    -------
    tuple of float
        2.5th and 97.5th percentile; NaN if no draw has a value.
    """
    defined = draws[np.isfinite(draws)]
    if not defined.size:
        return (float("nan"), float("nan"))
    tail = (100 - LEVEL_PERCENT) / 2
    low, high = np.percentile(defined, [tail, 100 - tail])
    return (float(low), float(high))


# Classes: metrics of counts of true and predicted, (..., classes, classes).


def confusion_per_unit(
    true: NDArray[np.intp],
    predicted: NDArray[np.intp],
    unit: NDArray[np.intp],
    n_units: int,
    n_classes: int,
) -> Counts:
    """Count true against predicted classes for each subject (or fold).

    Parameters
    ----------
    true, predicted : ndarray of int of shape (n_rows,)
        Class numbers.
    unit : ndarray of int of shape (n_rows,)
        Subject (or fold) number of each row.
    n_units, n_classes : int
        How many there are.

    Returns
    -------
    ndarray of int of shape (n_units, n_classes, n_classes)
        Axis 1 is the true class, axis 2 the predicted one.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0, 1])
    >>> confusion_per_unit(one, one, np.array([0, 0]), 1, 2).tolist()
    [[[1, 0], [0, 1]]]
    """
    cell = (unit * n_classes + true) * n_classes + predicted
    counts = np.bincount(cell, minlength=n_units * n_classes**2)
    return counts.reshape(n_units, n_classes, n_classes).astype(np.int64)


def accuracy(confusion: Counts) -> NDArray[np.float64]:
    """Share of rows predicted right, for each matrix of a stack ``(..., classes, classes)``."""
    total = confusion.sum(axis=(-2, -1))
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return _ratio(right, total, np.nan)


def balanced_accuracy(confusion: Counts) -> NDArray[np.float64]:
    """Mean recall over the classes that occur, for each matrix of a stack.

    As scikit-learn's ``balanced_accuracy_score``: a class without true rows is left out.
    """
    support = confusion.sum(axis=-1)
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    recall = _ratio(right, support, 0.0)
    n_present = (support > 0).sum(axis=-1)
    return _ratio(recall.sum(axis=-1), n_present, np.nan)


def macro_f1(confusion: Counts) -> NDArray[np.float64]:
    """Mean over classes of the harmonic mean of precision and recall, for a stack of matrices.

    As scikit-learn's ``f1_score(average="macro")``: a class that neither occurs nor is
    predicted is left out, a class that is never predicted right counts 0.
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    occurs = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    f1 = _ratio(2 * right, occurs, 0.0)
    n_present = (occurs > 0).sum(axis=-1)
    return _ratio(f1.sum(axis=-1), n_present, np.nan)


def _ratio(part: Any, whole: Any, empty: float) -> NDArray[np.float64]:
    filled = np.full(np.shape(whole), empty)
    ratio: NDArray[np.float64] = np.divide(part, whole, out=filled, where=whole > 0)
    return ratio


METRICS = {"accuracy": accuracy, "balanced_accuracy": balanced_accuracy, "macro_f1": macro_f1}


def check_classes_in_training(
    codes: NDArray[np.intp], classes: NDArray[Any], folds: list[Fold]
) -> None:
    """Refuse folds that would train on one class only.

    Raises
    ------
    TargetError
        Naming the fold and its class.
    """
    for number, (train, _) in enumerate(folds, start=1):
        seen = np.unique(codes[train])
        if seen.size == 1:
            raise TargetError(
                expected="at least two classes in the training rows of every fold",
                got=f"only {classes[seen[0]]}",
                where=f"fold {number} of {len(folds)}",
                fix="each class needs at least two subjects: add subjects or merge classes",
            )


def baseline_numbers(codes: NDArray[np.intp], folds: list[Fold]) -> list[NDArray[np.intp]]:
    """Predict the most frequent class of each fold's training rows for its test rows."""
    return [
        DummyClassifier(strategy="most_frequent")
        .fit(np.zeros((len(train), 1)), codes[train])
        .predict(np.zeros((len(test), 1)))
        for train, test in folds
    ]


def score_intervals(
    model: Counts, baseline: Counts, n_bootstrap: int, random_state: int
) -> dict[str, Interval]:
    """Bootstrap every metric and its difference to the baseline over subjects.

    Parameters
    ----------
    model, baseline : ndarray of int of shape (n_subjects, n_classes, n_classes)
        True against predicted classes of each subject.
    n_bootstrap : int
        Number of draws.
    random_state : int
        Seed.

    Returns
    -------
    dict
        95 % intervals of ``accuracy``, ``balanced_accuracy`` and ``macro_f1``, and of each
        with ``_minus_baseline``; both are of the same draws of subjects.
    """
    weights = subject_weights(len(model), n_bootstrap, random_state)
    drawn, drawn_baseline = (resampled_sums(weights, counts) for counts in (model, baseline))
    intervals = {}
    for name, metric in METRICS.items():
        draws = metric(drawn)
        intervals[name] = percentile_interval(draws)
        difference = draws - metric(drawn_baseline)
        intervals[f"{name}_minus_baseline"] = percentile_interval(difference)
    return intervals


def classification_scores(
    true: NDArray[np.intp],
    predicted: NDArray[np.intp],
    baseline: NDArray[np.intp],
    fold: NDArray[np.intp],
    names: list[str],
    subjects: tuple[NDArray[np.intp], NDArray[Any]] | None,
    bootstrap: tuple[int, int],
) -> dict[str, Any]:
    """Return the scores of folds, of all held-out cycles, and of subjects where known.

    Parameters
    ----------
    true, predicted, baseline : ndarray of int of shape (n_tested,)
        Class numbers: the truth, the model's and the baseline's predictions.
    fold : ndarray of int of shape (n_tested,)
        Fold of each row, from 0.
    names : list of str
        Names of the classes.
    subjects : tuple of ndarray, or None
        Subject number of each row, and the subjects' names.
    bootstrap : tuple of int
        Number of draws and seed.

    Returns
    -------
    dict
        The scores, as ``evaluate_classification`` describes them.
    """
    per_fold = confusion_per_unit(true, predicted, fold, int(fold.max()) + 1, len(names))
    pooled = per_fold.sum(axis=0)
    beside = confusion_per_unit(true, baseline, np.zeros_like(true), 1, len(names))[0]
    scores, scores_beside = (
        {name: float(metric(counts)) for name, metric in METRICS.items()}
        for counts in (pooled, beside)
    )
    of_folds = accuracy(per_fold)
    results = {
        "cv_scores": of_folds.tolist(),
        "mean_accuracy": float(of_folds.mean()),
        "std_accuracy": float(of_folds.std()),
        "cv_balanced_accuracy": balanced_accuracy(per_fold).tolist(),
        **scores,
        "classification_report": classification_report(
            true,
            predicted,
            labels=np.arange(len(names)),
            target_names=names,
            output_dict=True,
            # Precision of a class never predicted.
            zero_division=0.0,
        ),
        "confusion_matrix": pooled,
        "baseline": {"strategy": "most_frequent", **scores_beside},
        "per_subject_accuracy": None,
        "intervals": {},
    }
    if subjects is not None:
        unit, labels = subjects
        model, other = (
            confusion_per_unit(true, each, unit, len(labels), len(names))
            for each in (predicted, baseline)
        )
        index = pd.Index(labels, name="subject")
        results["per_subject_accuracy"] = pd.Series(accuracy(model), index, name="accuracy")
        results["intervals"] = score_intervals(model, other, *bootstrap)
    return results


def metrics_json(results: dict[str, Any]) -> dict[str, Any]:
    """Turn an evaluation's results into types that ``json.dumps(..., allow_nan=False)`` takes.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned.

    Returns
    -------
    dict
        The same, without ``predictions`` (a table of every cycle, which belongs in a table
        file). Arrays become lists, a Series a mapping, a DataFrame a list of records (with the
        index as a column if it has a name), NaN and infinity None.

    Examples
    --------
    >>> import numpy as np
    >>> metrics_json({"accuracy": np.float64(0.5), "intervals": {"accuracy": (0.4, np.nan)}})
    {'accuracy': 0.5, 'intervals': {'accuracy': [0.4, None]}}
    """
    kept = {key: value for key, value in results.items() if key != "predictions"}
    plain: dict[str, Any] = _plain(kept)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        named = value.reset_index() if value.index.name else value
        return [_plain(record) for record in named.to_dict("records")]
    if isinstance(value, pd.Series):
        return _plain(value.to_dict())
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple, set, pd.Index)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


# Numbers: metrics of sums of errors.


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


def quantity_scores(sums: Sums) -> dict[str, NDArray[np.float64]]:
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
    drawn, drawn_baseline = (
        quantity_scores(resampled_sums(weights, sums)) for sums in (model, baseline)
    )
    intervals = {name: percentile_interval(draws) for name, draws in drawn.items()}
    for name in METRICS_OF["regression"]:
        difference = drawn[name] - drawn_baseline[name]
        intervals[f"{name}_minus_baseline"] = percentile_interval(difference)
    return intervals


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
    per_fold = quantity_scores(error_sums(true, predicted, fold, int(fold.max()) + 1))
    everyone = np.zeros_like(fold)
    beside = quantity_scores(error_sums(true, baseline, everyone, 1)[0])
    results: dict[str, Any] = {
        "cv_scores": per_fold["r2"].tolist(),
        "cv_mae": per_fold["mae"].tolist(),
        "mean_mae": float(per_fold["mae"].mean()),
        "std_mae": float(per_fold["mae"].std()),
        **_floats(quantity_scores(error_sums(true, predicted, everyone, 1)[0])),
        "baseline": {"strategy": "mean", **_floats(beside)},
        "per_subject_error": None,
        "intervals": {},
    }
    if subjects is not None:
        unit, labels = subjects
        model, other = (error_sums(true, each, unit, len(labels)) for each in (predicted, baseline))
        errors = pd.DataFrame(quantity_scores(model), pd.Index(labels, name="subject"))
        # Within a person the target hardly varies: an R² would mean nothing.
        errors = errors.drop(columns="r2").assign(n_cycles=model[:, 0].astype(int))
        results["per_subject_error"] = errors
        results["intervals"] = error_intervals(model, other, *bootstrap)
    return results


def _floats(values: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Score:
    """One metric with its 95 % interval, and what the baseline reaches.

    Attributes
    ----------
    name : str
        Metric in words.
    value, low, high : float
        Score and its interval, bootstrapped over subjects.
    baseline : float
        Score of the model that knows no gait.
    gain_low, gain_high : float
        Interval of what the model is better by, in the same draws of subjects; above zero is
        better, whichever way the score runs.
    smaller_is_better : bool
        Whether the score is an error.
    """

    name: str
    value: float
    low: float
    high: float
    baseline: float
    gain_low: float
    gain_high: float
    smaller_is_better: bool = False

    @property
    def beats_baseline(self) -> bool:
        """Whether the whole interval of the gain lies above zero."""
        return self.gain_low > 0

    @property
    def below_baseline(self) -> bool:
        """Whether the whole interval of the gain lies below zero."""
        return self.gain_high < 0

    def text(self, part: str = "value") -> str:
        """Return the value, an end of the interval or the baseline, rounded for reading."""
        number = float(getattr(self, part))
        return f"{number:.3g}" if self.smaller_is_better else f"{number:.2f}"


def headline_scores(results: Mapping[str, Any], kind: str) -> list[Score]:
    """Return the evaluator's metrics, the one to quote first.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned.
    kind : {"classification", "regression"}
        Which of the two.
    """
    scores = []
    for key in METRICS_OF[kind]:
        low, high = results["intervals"][key]
        gain_low, gain_high = results["intervals"][f"{key}_minus_baseline"]
        if key in ERRORS:
            gain_low, gain_high = -gain_high, -gain_low
        scores.append(
            Score(
                METRIC_NAMES[key],
                results[key],
                low,
                high,
                results["baseline"][key],
                gain_low,
                gain_high,
                smaller_is_better=key in ERRORS,
            )
        )
    return scores

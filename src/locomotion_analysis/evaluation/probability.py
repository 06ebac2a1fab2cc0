"""Probabilities of a classifier: do they come true, and do they rank a class above the rest."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.folds import class_numbers, said_simulated
from locomotion_analysis.evaluation.metrics import Jackknife, effective_people
from locomotion_analysis.evaluation.subject_scores import tested_subjects

__all__ = [
    "calibration_curve",
    "calibration_scores",
    "discrimination_scores",
    "precision_recall_curve",
    "roc_curve",
]


class Probabilities(NamedTuple):
    """Probabilities of held-out cycles.

    Attributes
    ----------
    classes : list
        All classes.
    shown : list of int
        Positions of the classes worth a curve: all, or of two the second, since the other
        mirrors it.
    probability : ndarray of float of shape (n_tested, n_classes)
        What the models gave.
    truth : ndarray of bool of shape (n_tested, n_classes)
        Whether the cycle is of the class.
    subject : ndarray of int of shape (n_tested,)
        Subject number of each cycle.
    n_subjects : int
        How many there are.
    """

    classes: list[Any]
    shown: list[int]
    probability: NDArray[np.float64]
    truth: NDArray[np.bool_]
    subject: NDArray[np.intp]
    n_subjects: int


def has_probabilities(results: Mapping[str, Any]) -> bool:
    """Tell whether the evaluated model gave probabilities."""
    if results["kind"] != "classification":
        return False
    return f"probability_{results['classes'][0]}" in results["predictions"]


def held_out_probabilities(results: Mapping[str, Any]) -> Probabilities:
    """Return the probabilities of a classification, one row a held-out cycle.

    Raises
    ------
    SchemaError
        If the model gave none.
    SplitLeakError
        If subjects are unknown.
    """
    if not has_probabilities(results):
        raise SchemaError(
            expected="an evaluation of a classifier that gives probabilities",
            got=f"a {results['kind']} without them",
            where="results['predictions']",
            fix="use a model with predict_proba, or wrap it in CalibratedClassifierCV",
        )
    table, classes = results["predictions"], results["classes"]
    codes = class_numbers(table["y_true"].to_numpy(), np.asarray(classes))
    subject, names = tested_subjects(results)
    return Probabilities(
        classes=classes,
        shown=list(range(len(classes))) if len(classes) > 2 else [1],
        probability=table[[f"probability_{name}" for name in classes]].to_numpy(float),
        truth=codes[:, None] == np.arange(len(classes)),
        subject=subject,
        n_subjects=len(names),
    )


# Calibration: of the cycles given 70 %, do seven in ten belong to the class.


def calibration_curve(
    results: Mapping[str, Any],
    n_bins: int = 10,
) -> pd.DataFrame:
    """Compare predicted probabilities with how often they came true, class against the rest.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    n_bins : int
        Bins of equal width between 0 and 1.

    Returns
    -------
    DataFrame
        One row a class and bin that holds cycles: ``class``, ``predicted`` (mean probability),
        ``observed`` (share of cycles of the class), ``low`` and ``high`` (95 % interval of the
        share, over subjects), ``n_cycles`` and ``n_subjects``. Of two classes only the second,
        since the other mirrors it.

    Raises
    ------
    SchemaError
        If the model gave no probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> bool(calibration_curve(results)["observed"].between(0, 1).all())
    True
    """
    given = held_out_probabilities(results)
    tables = []
    for position in given.shown:
        sums = _bin_sums(given, position, n_bins)
        count, predicted, true = np.moveaxis(sums.sum(axis=0), -1, 0)
        observed = Jackknife.of(lambda each: each[..., 2] / each[..., 0], sums, sums[..., :1])
        low, high = observed.intervals("share")
        with np.errstate(invalid="ignore", divide="ignore"):
            frame = pd.DataFrame(
                {
                    "class": given.classes[position],
                    "predicted": predicted / count,
                    "observed": true / count,
                    "low": low,
                    "high": high,
                    "n_cycles": count.astype(int),
                    "n_subjects": (sums[..., 0] > 0).sum(axis=0),
                }
            )
        tables.append(frame[frame["n_cycles"] > 0])
    return said_simulated(pd.concat(tables, ignore_index=True), results["simulated"])


def calibration_scores(
    results: Mapping[str, Any],
    n_bins: int = 10,
) -> pd.DataFrame:
    r"""Score the probabilities of each class against the rest.

    Brier score: mean of :math:`(p - y)^2` (Brier 1950, Mon Weather Rev 78:1), 0 is perfect;
    knowing only how frequent the class is gives its ``prevalence_brier``, :math:`q (1 - q)`.
    Expected calibration error: mean over bins, weighted by cycles, of the distance between mean
    probability and share that came true (Naeini et al. 2015, AAAI, 2901).

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    n_bins : int
        Bins of equal width of the calibration error.

    Returns
    -------
    DataFrame
        One row a class: ``class``, ``brier``, ``brier_low``, ``brier_high``,
        ``prevalence_brier``, ``ece``, ``ece_low``, ``ece_high``. Intervals are of 95 % over
        subjects; those of the calibration error, which cannot be negative, lie high where
        cycles are few.

    Raises
    ------
    SchemaError
        If the model gave no probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> calibration_scores(results)["brier"].round(2).tolist()
    [0.09]
    """
    given = held_out_probabilities(results)
    rows = []
    for position in given.shown:
        squared = (given.probability[:, position] - given.truth[:, position]) ** 2
        bins = _bin_sums(given, position, n_bins)
        per_subject = np.bincount(given.subject, squared, minlength=given.n_subjects)
        n_cycles = bins[..., 0].sum(axis=1)
        prevalence = given.truth[:, position].mean()
        both = np.column_stack([per_subject, n_cycles])
        brier = Jackknife.of(lambda each: each[..., 0] / each[..., 1], both, both[:, 1:])
        error = Jackknife.of(_expected_error, bins, both[:, 1:])
        (low, high), (ece_low, ece_high) = (each.interval("share") for each in (brier, error))
        rows.append(
            {
                "class": given.classes[position],
                "brier": squared.mean(),
                "brier_low": low,
                "brier_high": high,
                "prevalence_brier": prevalence * (1 - prevalence),
                "ece": float(error.value),
                "ece_low": ece_low,
                "ece_high": ece_high,
            }
        )
    return pd.DataFrame(rows)


def _bin_sums(given: Probabilities, position: int, n_bins: int) -> NDArray[np.float64]:
    """Sum cycles, probability and truth in each bin: shape (n_subjects, n_bins, 3)."""
    probability, truth = given.probability[:, position], given.truth[:, position]
    place = np.minimum((probability * n_bins).astype(int), n_bins - 1)
    cell = given.subject * n_bins + place
    size = given.n_subjects * n_bins
    parts = [
        np.bincount(cell, part, minlength=size).astype(float)
        for part in (np.ones_like(probability), probability, truth)
    ]
    return np.stack(parts, axis=-1).reshape(given.n_subjects, n_bins, 3)


def _expected_error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected calibration error of sums of shape (..., n_bins, 3)."""
    count, predicted, true = np.moveaxis(sums, -1, 0)
    # Weighted by its cycles, a bin's |mean p − share true| is |sum p − sum true|.
    error: NDArray[np.float64] = np.abs(predicted - true).sum(axis=-1) / count.sum(axis=-1)
    return error


# Discrimination: does the model rank cycles of a class above the rest, at any threshold.


_GRID = np.linspace(0.0, 1.0, 101)
_Curve = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


class _Ranked(NamedTuple):
    """Cycles of one class against the rest, the most probable first."""

    truth: NDArray[np.bool_]
    subject: NDArray[np.intp]
    last_of_tie: NDArray[np.intp]


def roc_curve(
    results: Mapping[str, Any],
) -> pd.DataFrame:
    """Return the receiver operating characteristic of each class against the rest.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.

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

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> roc_curve(results).columns.tolist()
    ['class', 'false_positive_rate', 'true_positive_rate', 'low', 'high']
    """
    names = ("false_positive_rate", "true_positive_rate")
    return _curves(results, _roc_on_grid, names)


def precision_recall_curve(
    results: Mapping[str, Any],
) -> pd.DataFrame:
    """Return precision at each recall, of each class against the rest.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.

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

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> "precision" in precision_recall_curve(results)
    True
    """
    return _curves(results, _precision_on_grid, ("recall", "precision"))


def discrimination_scores(
    results: Mapping[str, Any],
) -> pd.DataFrame:
    """Return the areas under both curves, class against the rest, with intervals over subjects.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.

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

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> discrimination_scores(results)["roc_auc"].round(2).tolist()
    [0.95]
    """
    given = held_out_probabilities(results)
    rows = []
    for position in given.shown:
        areas = _without_each(_areas, given, position)
        lows, highs = areas.intervals("share")
        rows.append(
            {
                "class": given.classes[position],
                "roc_auc": areas.value[0],
                "roc_auc_low": lows[0],
                "roc_auc_high": highs[0],
                "average_precision": areas.value[1],
                "average_precision_low": lows[1],
                "average_precision_high": highs[1],
                "prevalence": given.truth[:, position].mean(),
            }
        )
    return pd.DataFrame(rows)


def _curves(
    results: Mapping[str, Any],
    curve: _Curve,
    names: tuple[str, str],
) -> pd.DataFrame:
    given = held_out_probabilities(results)
    tables = []
    for position in given.shown:
        found = _without_each(curve, given, position)
        low, high = found.intervals("share")
        tables.append(
            pd.DataFrame(
                {
                    "class": given.classes[position],
                    names[0]: _GRID,
                    names[1]: found.value,
                    "low": low,
                    "high": high,
                }
            )
        )
    return said_simulated(pd.concat(tables, ignore_index=True), results["simulated"])


def _without_each(
    statistic: Callable[[NDArray[np.float64], NDArray[np.float64]], Any],
    given: Probabilities,
    position: int,
) -> Jackknife:
    """Leave each subject out of what a class's true and false positives give.

    The people it rests on are those of the class or those of the rest, whichever are fewer: no
    area varies more than a share of so many (Birnbaum and Klose 1957, Ann Math Stat).
    """
    ranked = _ranked(given, position)
    truth = given.truth[:, position]
    people = [
        effective_people(np.bincount(given.subject, each, given.n_subjects)[:, None])
        for each in (truth, ~truth)
    ]
    each_once = 1.0 - np.eye(given.n_subjects)
    without = np.array([statistic(*_counts(ranked, weight)) for weight in each_once])
    value = np.asarray(statistic(*_counts(ranked, np.ones(given.n_subjects))))
    return Jackknife(value, without, np.minimum(*people))


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
        return np.full(len(_GRID), np.nan)
    return np.asarray(np.interp(_GRID, negatives / negatives[-1], positives / positives[-1]))


def _precision_on_grid(
    positives: NDArray[np.float64], negatives: NDArray[np.float64]
) -> NDArray[np.float64]:
    if positives[-1] == 0:
        return np.full(len(_GRID), np.nan)
    # Rounding must not put a recall of exactly 0.3 above the grid's 0.3.
    recall = np.round(positives / positives[-1], 12)
    place = np.searchsorted(recall, np.round(np.maximum(_GRID, recall[recall > 0][0]), 12))
    found = positives[place] + negatives[place]
    return np.asarray(positives[place] / found)

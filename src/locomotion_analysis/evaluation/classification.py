"""Scores of a classifier over subject-safe folds, against a majority-class baseline."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.metrics import classification_report

from locomotion_analysis.errors import TargetError
from locomotion_analysis.evaluation.bootstrap import (
    Interval,
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.confusion import (
    Counts,
    accuracy,
    balanced_accuracy,
    confusion_per_unit,
    macro_f1,
)
from locomotion_analysis.selection.subject_folds import Fold

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


def pooled_scores(confusion: Counts) -> dict[str, float]:
    """Return accuracy, balanced accuracy and macro F1 of one confusion matrix."""
    return {name: float(metric(confusion)) for name, metric in METRICS.items()}


def fold_scores(confusion: Counts) -> dict[str, Any]:
    """Return the scores of each fold, their mean and their standard deviation.

    Parameters
    ----------
    confusion : ndarray of int of shape (n_folds, n_classes, n_classes)
        True against predicted classes of each fold.
    """
    scores = accuracy(confusion)
    return {
        "cv_scores": scores.tolist(),
        "mean_accuracy": float(scores.mean()),
        "std_accuracy": float(scores.std()),
        "cv_balanced_accuracy": balanced_accuracy(confusion).tolist(),
    }


def report_of(
    true: NDArray[np.intp], predicted: NDArray[np.intp], names: list[str]
) -> dict[str, Any]:
    """Return scikit-learn's classification report; precision of a class never predicted is 0."""
    report: dict[str, Any] = classification_report(
        true,
        predicted,
        labels=np.arange(len(names)),
        target_names=names,
        output_dict=True,
        zero_division=0.0,
    )
    return report


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
    results = {
        **fold_scores(per_fold),
        **pooled_scores(pooled),
        "classification_report": report_of(true, predicted, names),
        "confusion_matrix": pooled,
        "baseline": {"strategy": "most_frequent", **pooled_scores(beside)},
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

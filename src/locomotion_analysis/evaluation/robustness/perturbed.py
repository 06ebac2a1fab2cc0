"""Scores of models on held-out cycles that were made worse, beside the untouched ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.evaluation.bootstrap import (
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.folds import FittedFold, empty_features_named, fit_folds
from locomotion_analysis.evaluation.inputs import Features, said_simulated, take_rows
from locomotion_analysis.evaluation.metric_sums import metric_values, sums_of
from locomotion_analysis.evaluation.robustness.perturbations import Perturbation
from locomotion_analysis.evaluation.study_design import StudyDesign, study_design
from locomotion_analysis.progress import Progress

UNTOUCHED = "as measured"


def robustness(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    perturbations: Mapping[str, Perturbation],
    *,
    cv: Any = None,
    metric: str | None = None,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Fit each fold once and score it on perturbed test cycles.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned for every fold.
    X, y, groups : array-like
        As of the evaluator; `y` of floating-point numbers is a regression.
    perturbations : mapping from name to perturbation
        From :func:`missing_channels` and :func:`noise_levels`, or your own functions
        ``(train, unit, test, rng)``.
    cv : splitter or list of (train, test), optional
        Default: five folds of subjects.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    n_bootstrap, random_state : int
        Draws of subjects for the intervals, and seed.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.

    Returns
    -------
    DataFrame
        Indexed by ``test``, first ``as measured``: ``score`` with ``low`` and ``high``;
        ``change`` from as measured with ``change_low`` and ``change_high`` (95 %, the same draws
        of subjects); ``metric``.
    """
    design = study_design(model, X, y, groups, cv=cv, metric=metric, random_state=random_state)
    tests, rng = [], np.random.default_rng(random_state)
    predicted: dict[str, list[NDArray[Any]]] = {name: [] for name in (UNTOUCHED, *perturbations)}
    folds = design.folds()
    unit = _person_and_label(design)
    for fold, (train, test) in zip(
        fit_folds(design.model, design.X, design.target, folds, progress, design.subject),
        folds,
        strict=True,
    ):
        tests.append(test)
        predicted[UNTOUCHED].append(fold.predicted)
        rows = tuple(np.asarray(take_rows(design.X, each), dtype=float) for each in (train, test))
        for name, perturb in perturbations.items():
            changed = perturb(rows[0], unit[train], rows[1], rng)
            predicted[name].append(_predict(fold, design.X, changed))
    rows_tested = np.concatenate(tests)
    sums = {
        name: sums_of(design.target[rows_tested], np.concatenate(each), design.classes)(
            design.subject[rows_tested], design.n_subjects
        )
        for name, each in predicted.items()
    }
    return _table(design, sums, n_bootstrap, random_state)


def _person_and_label(design: StudyDesign) -> NDArray[np.intp]:
    labels = pd.factorize(design.target)[0]
    unit = np.unique(np.column_stack([design.subject, labels]), axis=0, return_inverse=True)[1]
    return np.asarray(unit, dtype=np.intp)


def _predict(fold: FittedFold, X: Features, changed: NDArray[np.float64]) -> NDArray[Any]:
    if isinstance(X, pd.DataFrame):
        given: Any = pd.DataFrame(changed, X.index[fold.test], X.columns)
    else:
        given = changed.astype(X.dtype)
    with empty_features_named():
        return np.asarray(fold.model.predict(given)).reshape(-1)


def _table(
    design: StudyDesign, sums: Mapping[str, NDArray[Any]], n_bootstrap: int, random_state: int
) -> pd.DataFrame:
    weights = subject_weights(design.n_subjects, n_bootstrap, random_state)
    draws = {
        name: metric_values(design.metric, resampled_sums(weights, each))
        for name, each in sums.items()
    }
    score = {
        name: float(metric_values(design.metric, each.sum(axis=0))) for name, each in sums.items()
    }
    rows = []
    for name in sums:
        low, high = percentile_interval(draws[name])
        change_low, change_high = percentile_interval(draws[name] - draws[UNTOUCHED])
        change = score[name] - score[UNTOUCHED]
        rows.append((score[name], low, high, change, change_low, change_high, design.metric))
    columns = ["score", "low", "high", "change", "change_low", "change_high", "metric"]
    table = pd.DataFrame(rows, columns=columns, index=pd.Index(list(sums), name="test"))
    return said_simulated(table, design.simulated)

"""How predictions for held-out subjects change with one variable."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.bootstrap import percentile_interval, subject_weights
from locomotion_analysis.evaluation.explain.task import Task
from locomotion_analysis.evaluation.folds import fit_folds
from locomotion_analysis.evaluation.inputs import take_rows
from locomotion_analysis.evaluation.predictions import class_numbers
from locomotion_analysis.progress import Progress

_OUTER_PERCENT = 5.0


@dataclass(frozen=True, slots=True)
class PartialDependence:
    """Predictions over the range of one variable, all else as measured.

    Attributes
    ----------
    variable : str
        Column that was varied.
    outcome : str
        What is predicted: ``probability of <class>`` or ``prediction``.
    grid : ndarray, shape (n_grid,)
        Values given to every cycle, 5th to 95th percentile over the subjects.
    subjects : ndarray, shape (n_subjects,)
        Names of the subjects.
    of_subject : ndarray, shape (n_subjects, n_grid)
        Mean prediction for each subject's cycles: individual conditional expectation.
    mean, low, high : ndarray, shape (n_grid,)
        Mean over the subjects, and its 95 % interval bootstrapped over them.
    measured : ndarray, shape (n_subjects,)
        Mean of the variable as measured in each subject.
    simulated : bool
        Whether any of the data was simulated.
    """

    variable: str
    outcome: str
    grid: NDArray[np.float64]
    subjects: NDArray[Any]
    of_subject: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    measured: NDArray[np.float64]
    simulated: bool


def partial_dependence(
    model: Any,
    X: pd.DataFrame,
    y: Any,
    groups: Any,
    variable: str,
    *,
    outcome: Any = None,
    cv: Any = None,
    n_grid: int = 20,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    progress: Progress | None = None,
) -> PartialDependence:
    """Vary one variable for held-out subjects and follow the model's predictions.

    For every fold a copy of the model is fitted on the other subjects and predicts the held-out
    cycles with the variable set to each value of a grid (Friedman 2001, Ann Stat 29:1189; by
    individual after Goldstein et al. 2015, J Comput Graph Stat 24:44). It shows what the model
    does, not what would happen to the person: the other features stay as they were, although a
    faster walker would have others.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned in every fold. A regressor, or a classifier with ``predict_proba``.
    X : DataFrame, shape (n_cycles, n_features)
        Features with the variable among them; see :func:`with_clinical_variables`.
    y : array-like, shape (n_cycles,)
        Target.
    groups : array-like, shape (n_cycles,)
        Subject of each row.
    variable : str
        A column of `X` that holds numbers.
    outcome : label, optional
        Class whose probability is followed; the last of the sorted classes where None.
    cv : splitter or iterable of (train, test), optional
        Folds of subjects; five where None.
    n_grid : int
        Values of the variable.
    n_bootstrap : int
        Draws of subjects for the interval.
    random_state : int
        Seed.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.

    Returns
    -------
    PartialDependence
        Curves of the subjects and their mean.

    Raises
    ------
    SchemaError
        If `X` has no such column, it does not vary, or the model gives no probabilities.
    TargetError, SplitLeakError
        As the evaluator.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> rng, subjects = np.random.default_rng(0), np.repeat(np.arange(20), 2)
    >>> X = pd.DataFrame({"speed_m_s": rng.normal(1.2, 0.2, 40)})
    >>> found = partial_dependence(LinearRegression(), X, 3 * X["speed_m_s"], subjects, "speed_m_s")
    >>> bool(np.allclose(found.mean, 3 * found.grid))
    True
    """
    task = Task.of(model, X, y, groups, cv)
    values = _column(task.X, variable)
    measured = np.asarray(pd.Series(values).groupby(task.subjects).mean(), dtype=np.float64)
    grid = _grid(measured, variable, n_grid)
    position, words = _outcome(task.classes, outcome)
    n_subjects = len(task.names)
    total, count = np.zeros((n_subjects, n_grid)), np.zeros(n_subjects)
    for fold in fit_folds(model, task.X, task.y, task.folds, progress, task.subjects):
        held_out, subjects = take_rows(task.X, fold.test), task.subjects[fold.test]
        count += np.bincount(subjects, minlength=n_subjects)
        for column, value in enumerate(grid):
            varied = held_out.assign(**{variable: value})  # type: ignore[union-attr]
            predicted = _predicted(fold.model, varied, task.classes, position)
            total[:, column] += np.bincount(subjects, weights=predicted, minlength=n_subjects)
    tested = count > 0
    of_subject = total[tested] / count[tested, None]
    weights = subject_weights(len(of_subject), n_bootstrap, random_state)
    draws = weights @ of_subject / len(of_subject)
    ends = np.array([percentile_interval(each) for each in draws.T])
    return PartialDependence(
        variable=variable,
        outcome=words,
        grid=grid,
        subjects=task.names[tested],
        of_subject=of_subject,
        mean=of_subject.mean(axis=0),
        low=ends[:, 0],
        high=ends[:, 1],
        measured=measured[tested],
        simulated=task.simulated,
    )


def _column(X: Any, variable: str) -> NDArray[np.float64]:
    if not isinstance(X, pd.DataFrame) or variable not in X:
        raise SchemaError(
            expected=f"a table of features with a column {variable!r}",
            got=f"{type(X).__name__} of shape {X.shape}",
            where="variable",
            fix="add it with with_clinical_variables",
        )
    return X[variable].to_numpy(np.float64, na_value=np.nan)


def _grid(measured: NDArray[np.float64], variable: str, n_grid: int) -> NDArray[np.float64]:
    known = measured[np.isfinite(measured)]
    low, high = (
        np.percentile(known, [_OUTER_PERCENT, 100 - _OUTER_PERCENT]) if known.size else (0.0, 0.0)
    )
    if low == high or n_grid < 2:
        raise SchemaError(
            expected="a variable that varies between subjects, and a grid of at least 2 values",
            got=f"{low:g} in nearly all, and {n_grid} values",
            where=f"column {variable}",
            fix="choose another variable",
        )
    return np.linspace(low, high, n_grid)


def _outcome(classes: NDArray[Any] | None, outcome: Any) -> tuple[int, str]:
    if classes is None:
        return 0, "prediction"
    named = classes[-1] if outcome is None else outcome
    position = int(class_numbers(np.array([named]), classes)[0])
    return position, f"probability of {named}"


def _predicted(
    fitted: Any, X: pd.DataFrame, classes: NDArray[Any] | None, position: int
) -> NDArray[np.float64]:
    if classes is None:
        return np.asarray(fitted.predict(X), dtype=float).reshape(-1)
    if not hasattr(fitted, "predict_proba"):
        raise SchemaError(
            expected="a classifier that gives probabilities (predict_proba)",
            got=type(fitted).__name__,
            where="model",
            fix="wrap it in sklearn.calibration.CalibratedClassifierCV",
        )
    columns = class_numbers(np.asarray(fitted.classes_), classes)
    probability = np.zeros((len(X), len(classes)))
    probability[:, columns] = fitted.predict_proba(X)
    return probability[:, position]

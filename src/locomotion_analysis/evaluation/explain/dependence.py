"""How held-out predictions depend on single features: partial dependence and Shapley values.

Partial dependence varies one variable of the held-out subjects, often a clinical one that is put
beside the features of the curves; Shapley values (extra ``explain``) share a prediction out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.explain.importance import Task, named_features
from locomotion_analysis.evaluation.folds import class_numbers, fit_folds, take_rows
from locomotion_analysis.evaluation.metrics import Jackknife
from locomotion_analysis.extras import require
from locomotion_analysis.progress import Progress

CLINICAL_VARIABLES = ("speed_m_s", "age", "bmi", "height_m", "mass_kg")
"""Columns of the cycle table that a partial dependence is asked for most."""

_OUTER_PERCENT = 5.0
_BACKGROUND = 100


def with_clinical_variables(
    X: pd.DataFrame, data: LocomotionData, variables: Sequence[str] = CLINICAL_VARIABLES
) -> tuple[pd.DataFrame, list[str]]:
    """Add numbers of the cycle table to a feature table.

    Parameters
    ----------
    X : DataFrame, shape (n_cycles, n_features)
        Features, indexed by the cycle key.
    data : LocomotionData
        Where the features came from; the body mass index is mass / height² where the table
        does not hold it.
    variables : sequence of str
        Columns of ``data.cycles`` that hold numbers.

    Returns
    -------
    X : DataFrame
        A copy with those of the variables that are known for some cycle and vary.
    added : list of str
        Their names; among the columns of `X` already or new.

    Raises
    ------
    SchemaError
        If a variable holds no numbers, or the rows of `X` are not cycles of `data`.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=4, n_cycles=2, tasks=["level_walking"])
    >>> X, _ = data.prepare_ml_features(target="pathology", features=["temporal"])
    >>> with_clinical_variables(X, data, ["age"])[1]
    ['age']
    """
    known = data.cycles.set_axis(data.key)
    if "bmi" not in known and {"height_m", "mass_kg"} <= set(known):
        known = known.assign(bmi=known["mass_kg"] / known["height_m"] ** 2)
    if not X.index.isin(known.index).all():
        raise SchemaError(
            expected="features of these cycles",
            got="rows whose cycle key is not in the data",
            where="X",
            fix="compute X from the same data",
        )
    rows = known.loc[X.index]
    wanted = [name for name in variables if name in rows]
    text = [name for name in wanted if not pd.api.types.is_numeric_dtype(rows[name])]
    if text:
        raise SchemaError(
            expected="columns of numbers", got=f"text in {text[0]}", where="variables"
        )
    varying = [name for name in wanted if rows[name].max() > rows[name].min()]
    new = rows[[name for name in varying if name not in X]].astype(float)
    joined = pd.concat([X, new], axis=1)
    joined.attrs = dict(X.attrs)
    return joined, varying


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
        Mean over the subjects, and its 95 % interval over them.
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
    if not isinstance(task.X, pd.DataFrame) or variable not in task.X:
        raise SchemaError(
            expected=f"a table of features with a column {variable!r}",
            got=f"{type(task.X).__name__} of shape {task.X.shape}",
            where="variable",
            fix="add it with with_clinical_variables",
        )
    values = task.X[variable].to_numpy(np.float64, na_value=np.nan)
    measured = np.asarray(pd.Series(values).groupby(task.subjects).mean(), dtype=np.float64)
    known = measured[np.isfinite(measured)]
    outer = (_OUTER_PERCENT, 100 - _OUTER_PERCENT)
    lowest, highest = np.percentile(known, outer) if known.size else (0.0, 0.0)
    if lowest == highest or n_grid < 2:
        raise SchemaError(
            expected="a variable that varies between subjects, and a grid of at least 2 values",
            got=f"{lowest:g} in nearly all, and {n_grid} values",
            where=f"column {variable}",
            fix="choose another variable",
        )
    grid = np.linspace(lowest, highest, n_grid)
    position, words = 0, "prediction"
    if task.classes is not None:
        named = task.classes[-1] if outcome is None else outcome
        position = int(class_numbers(np.array([named]), task.classes)[0])
        words = f"probability of {named}"
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
    low, high = Jackknife.of_means(of_subject).intervals("number")
    return PartialDependence(
        variable=variable,
        outcome=words,
        grid=grid,
        subjects=task.names[tested],
        of_subject=of_subject,
        mean=of_subject.mean(axis=0),
        low=low,
        high=high,
        measured=measured[tested],
        simulated=task.simulated,
    )


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


@dataclass(frozen=True, slots=True)
class ShapleyValues:
    """What each feature adds to each held-out prediction.

    Attributes
    ----------
    values : ndarray, shape (n_cycles, n_features, n_outcomes)
        Added to the mean prediction, in the model's output: probability (trees), log-odds
        (linear classifier) or the target's unit (regression). A feature that a fold's model
        dropped has 0.
    features : DataFrame, shape (n_cycles, n_features)
        The features of the cycles explained.
    outcomes : tuple of str
        Classes, or ``("prediction",)``.
    rows : ndarray of int, shape (n_cycles,)
        Row positions of the cycles explained, ascending.
    subjects : ndarray of int, shape (n_cycles,)
        Subject number of each.
    simulated : bool
        Whether any of the data was simulated.
    """

    values: NDArray[np.float64]
    features: pd.DataFrame
    outcomes: tuple[str, ...]
    rows: NDArray[np.intp]
    subjects: NDArray[np.intp]
    simulated: bool

    def mean_absolute(self) -> pd.DataFrame:
        """Return the mean size of the Shapley value of each feature and outcome, largest first.

        Mean over the cycles of a subject, then over subjects, so that a subject of many cycles
        does not count more.
        """
        of_row = np.abs(self.values).reshape(len(self.values), -1)
        mean = pd.DataFrame(of_row).groupby(self.subjects).mean().mean().to_numpy()
        table = pd.DataFrame(
            mean.reshape(self.values.shape[1:]), self.features.columns, list(self.outcomes)
        )
        return table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]

    def by_group(self, feature_groups: Mapping[str, Sequence[str]]) -> "pd.Series[float]":
        """Return the mean size of the sum over the features of a group, over subjects and outcomes."""
        found = {}
        for name, columns in feature_groups.items():
            chosen = self.features.columns.get_indexer(pd.Index(columns))
            total = np.abs(self.values[:, chosen].sum(axis=1)).mean(axis=1)
            found[name] = float(pd.Series(total).groupby(self.subjects).mean().mean())
        return pd.Series(found).sort_values(ascending=False)


def shapley_values(
    model: Any,
    X: pd.DataFrame,
    y: Any,
    groups: Any,
    *,
    cv: Any = None,
    most_cycles_per_fold: int = 200,
    random_state: int = 0,
    progress: Progress | None = None,
) -> ShapleyValues:
    """Explain held-out predictions by Shapley values.

    Each fold's model is fitted on the other subjects and explains cycles it has not seen.
    Forests and boosted trees are explained exactly (TreeSHAP: Lundberg et al. 2020, Nat Mach
    Intell 2:56), linear models by their coefficients. In a Pipeline the steps before the model
    are applied first; the values belong to the columns that they return.

    Parameters
    ----------
    model : scikit-learn estimator or Pipeline
        A tree ensemble or a linear model; cloned in every fold.
    X : DataFrame, shape (n_cycles, n_features)
        Features.
    y : array-like, shape (n_cycles,)
        Target.
    groups : array-like, shape (n_cycles,)
        Subject of each row.
    cv : splitter or iterable of (train, test), optional
        Folds of subjects; five where None.
    most_cycles_per_fold : int
        Held-out cycles explained in each fold, drawn at random where there are more.
    random_state : int
        Seed of that draw and of the background cycles of a linear model.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.

    Returns
    -------
    ShapleyValues
        Values of the cycles explained.

    Raises
    ------
    MissingExtraError
        If the library shap is not installed.
    SchemaError
        If `X` is no table, the model is neither trees nor linear, or a step does not name the
        columns it returns.
    TargetError, SplitLeakError
        As the evaluator.
    """
    shap = require("shap", "explain")
    task = Task.of(model, X, y, groups, cv)
    frame = named_features(task.X)
    rng = np.random.default_rng(random_state)
    n_outcomes = 1 if task.classes is None else len(task.classes)
    rows, values = [], []
    for fold, (train, _) in zip(
        fit_folds(model, task.X, task.y, task.folds, progress, task.subjects),
        task.folds,
        strict=True,
    ):
        chosen = np.sort(rng.permutation(fold.test)[:most_cycles_per_fold])
        background = rng.permutation(train)[:_BACKGROUND]
        found = _explained(
            shap, fold.model, *(take_rows(task.X, part) for part in (chosen, background))
        )
        rows.append(chosen)
        values.append(_all_outcomes(found, fold.model, task.classes, n_outcomes))
    order = np.argsort(np.concatenate(rows), kind="stable")
    at = np.concatenate(rows)[order]
    named = ("prediction",) if task.classes is None else tuple(map(str, task.classes))
    return ShapleyValues(
        np.concatenate(values)[order],
        frame.iloc[at],
        named,
        at,
        task.subjects[at],
        task.simulated,
    )


def _explained(shap: Any, fitted: Any, rows: Any, background: Any) -> NDArray[np.float64]:
    """Return the values of rows, shape (n_rows, n_features of X, n_outputs)."""
    names = list(rows.columns)
    kept, model = names, fitted
    if isinstance(fitted, Pipeline):
        steps, model = fitted[:-1], fitted[-1]
        if len(steps):
            try:
                kept = [str(name) for name in steps.get_feature_names_out(names)]
            except (AttributeError, ValueError):
                kept = []
            if not kept or not set(kept) <= set(names):
                raise SchemaError(
                    expected="steps before the model that keep or select features by name",
                    got="steps that make new columns",
                    where="model",
                    fix="transform X first, or use grouped_importance, which takes any model",
                )
            rows, background = (np.asarray(steps.transform(each)) for each in (rows, background))
    try:
        if hasattr(model, "coef_"):
            explainer = shap.LinearExplainer(model, np.asarray(background, dtype=float))
        else:
            explainer = shap.TreeExplainer(model)
    except Exception as error:  # shap has its own exception type for a model it does not know
        raise SchemaError(
            expected="a tree ensemble or a linear model",
            got=type(model).__name__,
            where="model",
            fix="use grouped_importance, which takes any model",
        ) from error
    found = np.asarray(explainer.shap_values(np.asarray(rows, dtype=float)))
    found = found[:, :, None] if found.ndim == 2 else found
    values = np.zeros((len(found), len(names), found.shape[2]))
    values[:, pd.Index(names).get_indexer(pd.Index(kept))] = found
    return values


def _all_outcomes(
    found: NDArray[np.float64], fitted: Any, classes: NDArray[Any] | None, n_outcomes: int
) -> NDArray[np.float64]:
    """Put the outputs in the places of their classes; one output of two classes counts for both."""
    if classes is None:
        return found[:, :, :1]
    values = np.zeros((*found.shape[:2], n_outcomes))
    places = class_numbers(np.asarray(fitted.classes_), classes)
    if found.shape[2] == 1:
        values[:, :, places[0]], values[:, :, places[-1]] = -found[:, :, 0], found[:, :, 0]
    else:
        values[:, :, places] = found
    return values

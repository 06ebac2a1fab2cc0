"""Shapley values of held-out cycles (extra ``explain``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.explain.task import Task
from locomotion_analysis.evaluation.folds import fit_folds
from locomotion_analysis.evaluation.inputs import take_rows
from locomotion_analysis.evaluation.predictions import class_numbers
from locomotion_analysis.extras import require
from locomotion_analysis.progress import Progress

_BACKGROUND = 100


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
        """Return the mean |Shapley value| of each feature and outcome, largest first.

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
        """Return the mean |sum over a group's features|, over subjects and outcomes."""
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
    if not isinstance(task.X, pd.DataFrame):
        raise SchemaError(
            expected="a table of named features (DataFrame)",
            got=f"an array of {task.X.ndim} dimensions",
            where="X",
            fix="for sequences use sequence_importance",
        )
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
        task.X.iloc[at],
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
        model = fitted[-1]
        if len(fitted) > 1:
            kept = _kept(fitted[:-1], names)
            rows, background = (
                np.asarray(fitted[:-1].transform(each)) for each in (rows, background)
            )
    explainer = _explainer(shap, model, np.asarray(background, dtype=float))
    found = np.asarray(explainer.shap_values(np.asarray(rows, dtype=float)))
    found = found[:, :, None] if found.ndim == 2 else found
    values = np.zeros((len(found), len(names), found.shape[2]))
    values[:, pd.Index(names).get_indexer(pd.Index(kept))] = found
    return values


def _kept(steps: Pipeline, names: list[str]) -> list[str]:
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
    return kept


def _explainer(shap: Any, model: Any, background: NDArray[np.float64]) -> Any:
    try:
        if hasattr(model, "coef_"):
            return shap.LinearExplainer(model, background)
        return shap.TreeExplainer(model)
    except Exception as error:  # shap has its own exception type for a model it does not know
        raise SchemaError(
            expected="a tree ensemble or a linear model",
            got=type(model).__name__,
            where="model",
            fix="use grouped_importance, which takes any model",
        ) from error


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

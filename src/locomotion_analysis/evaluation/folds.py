"""Fitting a fresh copy of a model on each fold, after proof that no subject leaks."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation.inputs import Features, columns_with_missing, take_rows
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection import check_cv, check_split
from locomotion_analysis.selection.checks import run_folds
from locomotion_analysis.selection.subject_folds import Fold

_SHOWN = 3


class FittedFold(NamedTuple):
    """One fold: its number, the copy fitted on it, its test rows and their predictions."""

    number: int
    model: Any
    test: NDArray[np.intp]
    predicted: NDArray[Any]


def checked_folds(
    cv: Any, key: pd.Index, y: NDArray[Any], groups: Any, allow_subject_overlap: bool
) -> tuple[list[Fold], bool]:
    """List the folds and say whether a subject stands on both sides of one.

    Parameters
    ----------
    cv : splitter or iterable of (train, test)
        The splitter.
    key : Index of length n_cycles
        Labels of the rows, for splitters that read the dataset from them.
    y : ndarray of shape (n_cycles,)
        Target.
    groups : array-like of shape (n_cycles,) or None
        Subject of each row.
    allow_subject_overlap : bool
        Run even when subjects overlap or are unknown.

    Returns
    -------
    folds : list of (train, test)
        Row positions.
    subject_overlap : bool
        Whether subjects overlap; True where they are unknown.

    Raises
    ------
    SplitLeakError
        If subjects overlap or are unknown, and that is not allowed.
    """
    rows = pd.DataFrame({"row": np.arange(len(y))}, index=key)
    if not allow_subject_overlap:
        if groups is None:
            raise SplitLeakError(
                expected="groups: the subject of every row",
                got="groups=None",
                fix='pass groups=X.index.get_level_values("subject"); or allow_subject_overlap='
                "True for a score that says nothing about new subjects",
            )
        return check_cv(cv, rows, y, groups), False
    folds = run_folds(cv, rows, y, groups)
    if groups is None:
        return folds, True
    try:
        for train, test in folds:
            check_split(pd.Series(groups).iloc[train], pd.Series(groups).iloc[test])
    except SplitLeakError:
        return folds, True
    return folds, False


def fit_folds(
    model: Any,
    X: Features,
    y: NDArray[Any],
    folds: list[Fold],
    progress: Progress | None,
    groups: Any = None,
) -> Iterator[FittedFold]:
    """Fit an unfitted copy of the model on each fold and predict its test rows.

    Parameters
    ----------
    model : scikit-learn estimator
        Left as it is: each fold gets its own clone, which carries no fitted state.
    X : DataFrame or ndarray
        Features or sequences.
    y : ndarray of shape (n_cycles,)
        Target.
    folds : list of (train, test)
        Row positions.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.
    groups : array-like of shape (n_cycles,), optional
        Subject of each row; passed to a ``fit`` that takes ``groups``, as that of a network which
        sets training subjects aside to stop early.

    Yields
    ------
    FittedFold
        One a fold.

    Raises
    ------
    SchemaError
        If the model cannot be cloned, cannot take the NaN in `X`, or predicts another number
        of rows.
    """
    for number, (train, test) in enumerate(folds, start=1):
        fitted = _unfitted(model)
        held_out = take_rows(X, test)
        try:
            with empty_features_named():
                fitted.fit(take_rows(X, train), y[train], **subjects_for(fitted, groups, train))
                predicted = np.asarray(fitted.predict(held_out)).reshape(-1)
        except ValueError as error:
            if "nan" in str(error).lower() and (missing := columns_with_missing(X)):
                raise _missing_values(missing) from error
            raise
        if len(predicted) != len(test):
            raise SchemaError(
                expected=f"one prediction for each of {len(test)} rows",
                got=f"{len(predicted)} predictions",
                where=f"fold {number}",
                fix="predict must return one class or number a row",
            )
        yield FittedFold(number, fitted, test, predicted)
        if progress is not None:
            progress("folds", number, len(folds))


def subjects_for(model: Any, groups: Any, rows: NDArray[np.intp]) -> dict[str, Any]:
    """Return the keyword that hands a model's ``fit`` the subjects, empty where it takes none.

    Parameters
    ----------
    model : scikit-learn estimator
        Of a ``Pipeline`` the last step is asked.
    groups : array-like of shape (n_cycles,) or None
        Subject of each row.
    rows : ndarray of int
        The rows it is fitted on.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> subjects_for(Ridge(), ["A", "B"], np.array([0]))
    {}
    """
    name, last = model.steps[-1] if isinstance(model, Pipeline) else ("", model)
    if groups is None or not has_fit_parameter(last, "groups"):
        return {}
    return {f"{name}__groups" if name else "groups": np.asarray(groups)[rows]}


@contextmanager
def empty_features_named() -> Iterator[None]:
    """Silence scikit-learn on features without a value in a fold: they were named before."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Skipping features without any observed")
        yield


def _unfitted(model: Any) -> Any:
    try:
        return clone(model)
    except TypeError as error:
        raise SchemaError(
            expected="an estimator that scikit-learn can clone, so that no fold sees another's fit",
            got=type(model).__name__,
            where="model",
            fix="derive it from sklearn.base.BaseEstimator (get_params and set_params)",
        ) from error


def _missing_values(columns: list[str]) -> SchemaError:
    named = ", ".join(columns[:_SHOWN]) + (", …" if len(columns) > _SHOWN else "")
    return SchemaError(
        expected="features without NaN, which this model cannot take",
        got=f"NaN in {len(columns)} column{'s' * (len(columns) > 1)}: {named}",
        where="X",
        fix="put a SimpleImputer before the model in a Pipeline, so that it is fitted in the fold",
    )

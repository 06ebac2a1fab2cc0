"""Folds of subjects: inputs checked to belong together, a fresh copy of the model fitted on each.

Rows, target and subjects are checked first, then the folds: no subject on both sides, no feature
or class missing from the training rows unsaid. What comes out are the predictions of cycles held
out, and what the models say their features weigh.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.identity import MEASURES, SESSIONS, TEXTS, bodies
from locomotion_analysis.errors import (
    LocomotionWarning,
    SchemaError,
    SplitLeakError,
    TargetError,
    listed,
)
from locomotion_analysis.progress import Progress
from locomotion_analysis.quality.identity import Finding, name_findings
from locomotion_analysis.selection import check_cv, check_split
from locomotion_analysis.selection.splitters import (
    Fold,
    check_lengths,
    run_folds,
    subject_codes,
    subjects_for,
)

Features = pd.DataFrame | NDArray[Any]
"""Features (n_cycles, n_features), or sequences (n_cycles, n_points, n_channels)."""

_SHOWN = 3


def rows_of_predictions(results: Mapping[str, Any], cycles: pd.DataFrame) -> NDArray[np.intp]:
    """Return the row of `cycles` that each held-out prediction is of.

    Parameters
    ----------
    results : dict
        What an evaluation returned; its predictions carry the cycle key as index.
    cycles : DataFrame
        ``data.cycles``: one row a cycle, with the columns of the key.

    Raises
    ------
    SchemaError
        If the predictions carry no cycle key, or `cycles` lacks one of their cycles.
    """
    index = results["predictions"].index
    names = [name for name in index.names if name is not None]
    if "subject" not in names or not set(names) <= set(cycles.columns):
        raise SchemaError(
            expected="predictions indexed by the cycle key, whose columns the cycles have",
            got=f"an index of {names or 'positions'}",
            where="results['predictions']",
            fix="evaluate with X (or y) as prepare_ml_features returns it, and pass data.cycles",
        )
    key = pd.MultiIndex.from_frame(cycles[names])
    wanted = index if isinstance(index, pd.MultiIndex) else pd.MultiIndex.from_arrays([index])
    if not key.is_unique:
        raise SchemaError(
            expected="one cycle a key",
            got=f"{int(key.duplicated().sum())} cycles that share theirs",
            where=f"columns {', '.join(names)}",
            fix="give X the whole cycle key as its index",
        )
    rows: NDArray[np.intp] = key.get_indexer(wanted)
    if (rows < 0).any():
        raise SchemaError(
            expected="every predicted cycle among the cycles",
            got=f"{int((rows < 0).sum()):,} of {len(rows):,} not there",
            where="cycles",
            fix="pass the cycles of the data that X was made from",
        )
    return rows


# Rows, target and subjects, checked to belong together.


def checked_inputs(X: Any, y: Any, groups: Any) -> Features:
    """Check that features, target and subjects are of the same rows in the same order.

    Parameters
    ----------
    X : DataFrame, or array of shape (n_cycles, n_features) or (n_cycles, n_points, n_channels)
        Features or sequences.
    y : array-like of shape (n_cycles,)
        Target.
    groups : array-like of shape (n_cycles,) or None
        Subject of each row.

    Returns
    -------
    DataFrame or ndarray
        `X`, anything but a DataFrame as an array.

    Raises
    ------
    SchemaError
        If `X` is not two- or three-dimensional, lengths differ, or two pandas objects hold the
        same row labels in different orders.
    """
    if isinstance(X, LocomotionData):
        raise SchemaError(
            expected="features or sequences, one row a cycle",
            got="LocomotionData",
            where="X",
            fix="X, y = data.prepare_ml_features(target=...), or prepare_sequential_features",
        )
    try:
        features = X if isinstance(X, pd.DataFrame) else np.asarray(X)
    except ValueError as error:  # rows of unequal length
        raise SchemaError(
            expected="rows of the same length",
            got=str(error),
            where="X",
            fix="bring each cycle to the same number of values, as 150 points over the gait cycle",
        ) from error
    if features.ndim not in (2, 3):
        raise SchemaError(
            expected="features of two dimensions (cycles, features), or three for sequences",
            got=f"shape {features.shape}",
            where="X",
            fix="pass what prepare_ml_features or prepare_sequential_features returned",
        )
    check_lengths(X=features, y=y, groups=groups)
    labelled = [
        (name, given.index)
        for name, given in (("X", X), ("y", y), ("groups", groups))
        if isinstance(given, (pd.DataFrame, pd.Series))
    ]
    for name, index in labelled[1:]:
        first_name, first = labelled[0]
        if first.is_unique and not first.equals(index) and first.isin(index).all():
            raise SchemaError(
                expected=f"rows of {name} in the order of {first_name}",
                got="the same row labels in another order",
                where=name,
                fix=f"use {name}.loc[{first_name}.index]",
            )
    return features


def take_rows(X: Features, rows: NDArray[np.intp]) -> Features:
    """Take rows by position, from a DataFrame as from an array."""
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]


def cycle_key(X: Any, y: Any) -> pd.Index:
    """Return the labels of the rows: the cycle keys of `X` or else `y`, or else positions."""
    for rows in (X, y):
        if isinstance(rows, (pd.DataFrame, pd.Series)):
            return rows.index
    return pd.RangeIndex(len(X))


def check_groups_keep_people(key: pd.Index, groups: Any) -> None:
    """Refuse groups that divide a person whom the cycle key names.

    Groups wider than a person (a family, a laboratory) are safe; narrower ones let a person
    stand on both sides, and as a rule come from groups in another order than the rows.

    Parameters
    ----------
    key : Index
        Label of each row; looked at if it has a level ``subject``.
    groups : array-like of shape (n_cycles,) or None
        Group of each row.

    Raises
    ------
    SplitLeakError
        Naming the first person divided.
    """
    if groups is None or "subject" not in key.names:
        return
    levels = [level for level in ("dataset", "subject") if level in key.names]
    people = key.to_frame(index=False)[levels].astype(str).agg("/".join, axis=1)
    codes, _ = subject_codes(groups)
    counts = pd.Series(codes).groupby(people.to_numpy()).nunique()
    divided = counts[counts > 1]
    if len(divided):
        raise SplitLeakError(
            expected="groups that keep all cycles of a person together",
            got=f"{divided.index[0]} in {divided.iloc[0]} groups, "
            f"{len(divided)} of {len(counts)} people divided",
            where="groups",
            fix='pass groups=X.index.get_level_values("subject"), in the order of X',
        )


def open_identity(X: Any, key: pd.Index, groups: Any) -> list[str]:
    """Tell what speaks against the names of the people, and warn of it.

    Parameters
    ----------
    X : DataFrame or ndarray
        A table of features made from gait cycles says what is known of the bodies behind the
        names; else columns of it that describe a body are looked at.
    key : Index of length n_cycles
        Labels of the rows.
    groups : array-like of shape (n_cycles,) or None
        Subject of each row.

    Returns
    -------
    list of str
        One sentence a finding, which begins with its code; see
        :func:`~locomotion_analysis.quality.identity_findings`.

    Warns
    -----
    LocomotionWarning
        Each of them.
    """
    if groups is None:
        return []
    people = key.get_level_values("subject") if "subject" in key.names else groups
    names = pd.Series(np.asarray(people)).astype(str)
    stated = getattr(X, "attrs", {}).get("identity")
    if stated is not None:
        there = set(names)
        found = [Finding(code, of, tuple(who), text) for code, of, who, text in stated]
        found = [each for each in found if there.issuperset(each.subjects)]
    else:
        cycles = pd.DataFrame({"dataset": "", "subject": names})
        levels = [name for name in key.names if name in SESSIONS]
        cycles = cycles.assign(**{name: key.get_level_values(name) for name in levels})
        if isinstance(X, pd.DataFrame):
            of_body = [name for name in X if name in MEASURES or name in TEXTS]
            cycles = cycles.assign(**{name: X[name].to_numpy() for name in of_body})
        found = name_findings(names, {name: body for (_, name), body in bodies(cycles).items()})
    told = [str(each) for each in found if each.is_open]
    for text in told:
        warnings.warn(text, LocomotionWarning, stacklevel=4)
    return told


def is_simulated(X: Any) -> bool:
    """Tell whether the features say that they come from simulated gait."""
    return bool(getattr(X, "attrs", {}).get("simulated", False))


def said_simulated(table: pd.DataFrame, simulated: bool) -> pd.DataFrame:
    """Let a table of scores say whether they come from simulated gait, for its figure."""
    table.attrs["simulated"] = bool(simulated)
    return table


def continuous_target(y: Any) -> NDArray[np.float64]:
    """Check a continuous target.

    Parameters
    ----------
    y : array-like of shape (n_cycles,)
        Numbers.

    Returns
    -------
    ndarray of float of shape (n_cycles,)
        The target.

    Raises
    ------
    TargetError
        If values are missing, infinite, not numbers, or all equal.
    """
    try:
        values = pd.to_numeric(pd.Series(y)).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise TargetError(
            expected="numbers", got=str(error), where="y", fix="use evaluate_classification"
        ) from error
    unusable = int(np.sum(~np.isfinite(values)))
    if unusable:
        raise TargetError(
            expected="a finite number in every row",
            got=f"{unusable} of {len(values)} rows without one",
            where="y",
            fix="drop these rows from X, y and groups",
        )
    if len(values) == 0 or np.ptp(values) == 0:
        raise TargetError(
            expected="a target that varies",
            got=f"{values[0]:g} in all {len(values)} rows" if len(values) else "no rows",
            where="y",
            fix="choose another target, or select more cycles",
        )
    return values


# What is missing from the training rows of a fold: a feature's values, a class.


def check_features_in_training(X: Features, folds: list[Fold]) -> None:
    """Tell which features have no value in the training rows of a fold.

    Raises
    ------
    SchemaError
        If no feature of a fold has one: there is nothing to learn from.

    Warns
    -----
    LocomotionWarning
        If some have none: that fold's model does without them.
    """
    missing = _missing(X)
    if not missing.any():
        return
    empty = [missing[train].all(axis=0) for train, _ in folds]
    for number, of_fold in enumerate(empty, start=1):
        if of_fold.all():
            raise SchemaError(
                expected="at least one feature with a value in the training rows of every fold",
                got="NaN in all of them",
                where=f"fold {number} of {len(folds)}",
                fix="look at X.isna(); leave out the subjects that were not measured",
            )
    somewhere = np.logical_or.reduce(empty)
    if not somewhere.any():
        return
    names = _column_names(X, somewhere)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    numbers = ", ".join(str(n) for n, of_fold in enumerate(empty, start=1) if of_fold.any())
    warnings.warn(
        f"No value in the training rows of fold {numbers}: {', '.join(names[:_SHOWN])}{more}. "
        "The models of these folds do "
        "without; leave the features out, or the subjects who lack them.",
        LocomotionWarning,
        stacklevel=5,
    )


def warn_of_untrained_classes(
    codes: NDArray[np.intp], classes: NDArray[Any], folds: list[Fold]
) -> None:
    """Tell which folds test a class that they were not trained on.

    Warns
    -----
    LocomotionWarning
        Naming folds and classes: no model can name a class it has not met.
    """
    told = []
    for number, (train, test) in enumerate(folds, start=1):
        unknown = np.setdiff1d(codes[test], codes[train])
        if unknown.size:
            told.append(f"fold {number}: {', '.join(map(str, classes[unknown]))}")
    if told:
        warnings.warn(
            f"Tested on classes that were not trained on ({'; '.join(told)}). Their cycles count "
            "as wrong; each class needs subjects in at least two folds.",
            LocomotionWarning,
            stacklevel=5,
        )


def _missing(X: Features, *, anywhere: bool = False) -> NDArray[np.bool_]:
    """Return whether each row lacks each feature (channel, of sequences), `anywhere` or throughout."""
    if isinstance(X, pd.DataFrame):
        return X.isna().to_numpy()
    if X.dtype.kind != "f":
        return np.zeros((len(X), X.shape[-1]), dtype=bool)
    missing = np.asarray(np.isnan(X))
    if X.ndim == 2:
        return missing
    return np.asarray(missing.any(axis=1) if anywhere else missing.all(axis=1))


def _column_names(X: Features, chosen: NDArray[np.bool_]) -> list[str]:
    if isinstance(X, pd.DataFrame):
        return [str(name) for name in X.columns[chosen]]
    return [f"column {position}" for position in np.flatnonzero(chosen)]


# A fresh copy of the model fitted on each fold, after proof that no subject leaks.


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


def _text_refused(model: Any, X: Features) -> SchemaError:
    """Return the error of a model that met text: in a column of `X`, or else as its target."""
    columns: list[Any] = []
    if isinstance(X, pd.DataFrame):
        columns = list(X.select_dtypes(exclude=["number", "bool"]).columns)
    if columns:
        return SchemaError(
            expected="features that are numbers",
            got=f"text in {listed(columns)}",
            where="X",
            fix="leave the column out, or put a OneHotEncoder before the model in a Pipeline",
        )
    return SchemaError(
        expected="a model that takes these values",
        got=f"{type(model).__name__}, which takes numbers only, and text",
        where="model",
        fix="for classes pass a classifier, for example default_classifier()",
    )


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
        If the model cannot be cloned, cannot take the NaN in `X` or sequences, or predicts another
        number of rows.
    """
    for number, (train, test) in enumerate(folds, start=1):
        try:
            fitted = clone(model)
        except TypeError as error:
            raise SchemaError(
                expected="an estimator that scikit-learn can clone, so that no fold sees "
                "another's fit",
                got=type(model).__name__,
                where="model",
                fix="derive it from sklearn.base.BaseEstimator (get_params and set_params)",
            ) from error
        held_out = take_rows(X, test)
        try:
            with empty_features_named():
                fitted.fit(take_rows(X, train), y[train], **subjects_for(fitted, groups, train))
                predicted = np.asarray(fitted.predict(held_out)).reshape(-1)
        except ValueError as error:
            if X.ndim == 3 and "array with dim 3" in str(error):
                raise SchemaError(
                    expected="a model that takes sequences (cycles, points, channels)",
                    got=f"{type(model).__name__}, which takes one row of features a cycle, and X of "
                    f"shape {X.shape}",
                    where="X",
                    fix="flatten them, X.reshape(len(X), -1), or take features from "
                    "prepare_ml_features, or a network (DeepClassifier, DeepRegressor)",
                ) from error
            if "convert string to float" in str(error):
                raise _text_refused(model, X) from error
            missing = _column_names(X, np.asarray(_missing(X, anywhere=True).any(axis=0)))
            if "nan" not in str(error).lower() or not missing:
                raise
            named = ", ".join(missing[:_SHOWN]) + (", …" if len(missing) > _SHOWN else "")
            raise SchemaError(
                expected="features without NaN, which this model cannot take",
                got=f"NaN in {len(missing)} column{'s' * (len(missing) > 1)}: {named}",
                where="X",
                fix="put a SimpleImputer before the model in a Pipeline, so that it is fitted in "
                "the fold",
            ) from error
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


@contextmanager
def empty_features_named() -> Iterator[None]:
    """Silence scikit-learn on features without a value in a fold: they were named before."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Skipping features without any observed")
        yield


# What the fitted models say their features weigh, averaged over the folds.


def fold_importances(model: Any, X: Features) -> "tuple[str, pd.Series[float]] | None":
    """Read the importances of one fitted model, by feature name.

    The last step of a Pipeline (also inside a search) is asked for ``feature_importances_``,
    then for ``coef_``, of which the mean absolute value over classes is taken. Names come from
    the steps before it, through ``get_feature_names_out``.

    Parameters
    ----------
    model : fitted scikit-learn estimator
        The model of one fold.
    X : DataFrame or ndarray of shape (n_cycles, n_features)
        What it was fitted on; gives the names.

    Returns
    -------
    tuple of str and Series, or None
        The attribute and its values; None where the model has neither, or for sequences.
    """
    if X.ndim != 2:
        return None
    names: Any = np.asarray(X.columns) if isinstance(X, pd.DataFrame) else None
    while True:
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif isinstance(model, Pipeline):
            if len(model.steps) > 1:
                given = names if names is not None else [f"x{n}" for n in range(X.shape[1])]
                try:
                    names = model[:-1].get_feature_names_out(given)
                except (AttributeError, ValueError):  # a step that does not name what it returns
                    names = None
            model = model[-1]
        else:
            break
    if hasattr(model, "feature_importances_"):
        kind, weights = "feature_importances_", np.asarray(model.feature_importances_, dtype=float)
    elif hasattr(model, "coef_"):
        kind, weights = "coef_", np.abs(np.asarray(model.coef_, dtype=float))
    else:
        return None
    weights = np.atleast_2d(weights).mean(axis=0)
    if names is None or len(names) != len(weights):
        names = [f"x{number}" for number in range(len(weights))]
    return kind, pd.Series(weights, index=pd.Index([str(name) for name in names]))


def mean_importances(per_fold: "list[pd.Series[float]]") -> pd.DataFrame | None:
    """Average importances over folds, most important first.

    Parameters
    ----------
    per_fold : list of Series
        Importances by feature name, one Series a fold.

    Returns
    -------
    DataFrame or None
        Columns ``feature``, ``importance`` (mean over folds; 0 where a fold's model did not
        keep the feature), ``std`` (over folds) and ``n_folds`` (models that kept it).
    """
    if not per_fold:
        return None
    table = pd.concat(per_fold, axis=1)
    kept = table.notna().sum(axis=1)
    filled = table.fillna(0.0).to_numpy()
    frame = pd.DataFrame(
        {
            "feature": table.index.to_numpy(),
            "importance": filled.mean(axis=1),
            "std": filled.std(axis=1),
            "n_folds": kept.to_numpy(),
        }
    )
    return frame.sort_values(["importance", "feature"], ascending=[False, True], ignore_index=True)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Predictions for rows that the predicting model was not fitted on, in the order of rows.

    Attributes
    ----------
    rows : ndarray of int of shape (n_tested,)
        Row positions, ascending; a row tested in several folds comes several times.
    fold : ndarray of int of shape (n_tested,)
        Fold of each, from 0.
    predicted : ndarray of shape (n_tested,)
        Prediction of each.
    probability : ndarray of float of shape (n_tested, n_classes) or None
        Probability of each class, where the model gives it.
    importance_kind : str or None
        Attribute of the model that the importances come from.
    importances : DataFrame or None
        See :func:`~locomotion_analysis.evaluation.folds.mean_importances`.
    """

    rows: NDArray[np.intp]
    fold: NDArray[np.intp]
    predicted: NDArray[Any]
    probability: NDArray[np.float64] | None
    importance_kind: str | None
    importances: pd.DataFrame | None


def predict_held_out(
    model: Any,
    X: Features,
    y: NDArray[Any],
    folds: list[Fold],
    progress: Progress | None = None,
    classes: NDArray[Any] | None = None,
    groups: Any = None,
) -> HeldOut:
    """Fit a copy of the model on each fold and gather what it predicts for the test rows.

    Parameters
    ----------
    model : scikit-learn estimator
        Left as it is.
    X : DataFrame or ndarray
        Features or sequences.
    y : ndarray of shape (n_cycles,)
        Target.
    folds : list of (train, test)
        Row positions.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.
    classes : ndarray of shape (n_classes,), optional
        Sorted classes, for probabilities.
    groups : array-like of shape (n_cycles,), optional
        Subject of each row, for models whose ``fit`` takes them.

    Returns
    -------
    HeldOut
        Predictions of all folds.
    """
    predicted, probability, importances = [], [], []
    for fold in fit_folds(model, X, y, folds, progress, groups):
        predicted.append(fold.predicted)
        importances.append(fold_importances(fold.model, X))
        if (
            classes is not None
            and hasattr(fold.model, "predict_proba")
            and hasattr(fold.model, "classes_")
        ):
            # A class that no training row of the fold has keeps probability 0.
            given = np.zeros((len(fold.test), len(classes)))
            columns = class_numbers(np.asarray(fold.model.classes_), classes)
            with empty_features_named():
                given[:, columns] = fold.model.predict_proba(take_rows(X, fold.test))
            probability.append(given)
    rows, number, order = _in_row_order(folds)
    weighed = [found for found in importances if found is not None]
    return HeldOut(
        rows=rows,
        fold=number,
        predicted=np.concatenate(predicted)[order],
        probability=np.concatenate(probability)[order] if len(probability) == len(folds) else None,
        importance_kind=weighed[0][0] if weighed else None,
        importances=mean_importances([values for _, values in weighed]),
    )


def _in_row_order(
    folds: list[Fold],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    tests = [test for _, test in folds]
    rows = np.concatenate(tests)
    order = np.argsort(rows, kind="stable")
    number = np.repeat(np.arange(len(tests)), [len(test) for test in tests])
    return rows[order], number[order], order


def in_row_order(per_fold: list[NDArray[Any]], folds: list[Fold]) -> NDArray[Any]:
    """Join values of each fold's test rows in the order of rows, as :class:`HeldOut` has them."""
    joined: NDArray[Any] = np.concatenate(per_fold)[_in_row_order(folds)[2]]
    return joined


def class_numbers(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the number of each label among the sorted classes.

    Raises
    ------
    TargetError
        If a label is none of the classes.
    """
    codes: NDArray[np.intp] = pd.Index(classes).get_indexer(pd.Index(labels))
    if (codes < 0).any():
        raise TargetError(
            expected=f"predictions among the classes {classes.tolist()}",
            got=str(labels[codes < 0][0]),
            where="model.predict",
            fix="use a classifier, or evaluate_regression for a continuous target",
        )
    return codes

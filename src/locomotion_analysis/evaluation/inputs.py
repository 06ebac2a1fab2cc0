"""Rows, targets and subjects of an evaluation, checked to belong together."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError, SplitLeakError, TargetError
from locomotion_analysis.selection.subjects import check_lengths, subject_codes

Features = pd.DataFrame | NDArray[Any]


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
    features = X if isinstance(X, pd.DataFrame) else np.asarray(X)
    if features.ndim not in (2, 3):
        raise SchemaError(
            expected="features of two dimensions (cycles, features), or three for sequences",
            got=f"shape {features.shape}",
            where="X",
            fix="pass what prepare_ml_features or prepare_sequential_features returned",
        )
    check_lengths(X=features, y=y, groups=groups)
    _check_same_order(X=X, y=y, groups=groups)
    return features


def _check_same_order(**columns: Any) -> None:
    indexes = {
        name: column.index
        for name, column in columns.items()
        if isinstance(column, (pd.DataFrame, pd.Series))
    }
    for name, index in list(indexes.items())[1:]:
        first_name, first = next(iter(indexes.items()))
        if first.is_unique and not first.equals(index) and first.isin(index).all():
            raise SchemaError(
                expected=f"rows of {name} in the order of {first_name}",
                got="the same row labels in another order",
                where=name,
                fix=f"use {name}.loc[{first_name}.index]",
            )


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


def is_simulated(X: Any) -> bool:
    """Tell whether the features say that they come from simulated gait."""
    return bool(getattr(X, "attrs", {}).get("simulated", False))


def said_simulated(table: pd.DataFrame, simulated: bool) -> pd.DataFrame:
    """Let a table of scores say whether they come from simulated gait, for its figure."""
    table.attrs["simulated"] = bool(simulated)
    return table


def columns_with_missing(X: Features) -> list[str]:
    """Name the features that hold NaN (the channels, of sequences)."""
    if isinstance(X, pd.DataFrame):
        return [str(name) for name in X.columns[X.isna().any()]]
    if X.dtype.kind != "f":
        return []
    missing = np.isnan(X).any(axis=tuple(range(X.ndim - 1)))
    return [f"column {position}" for position in np.flatnonzero(missing)]


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

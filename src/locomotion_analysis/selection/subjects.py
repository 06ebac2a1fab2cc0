"""Which subject each row belongs to, as checked integer codes."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError, SplitLeakError

_FIX = 'pass groups=X.index.get_level_values("subject") or groups=data.groups'


def subject_codes(groups: Any) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give the subjects of all rows numbers, after checking that every row has one.

    Parameters
    ----------
    groups : array-like, Series or Index of shape (n_rows,)
        Subject of each row.

    Returns
    -------
    codes : ndarray of shape (n_rows,)
        Position of each row's subject in `subjects`.
    subjects : ndarray of shape (n_subjects,)
        Names of the subjects, sorted. Names of mixed types are compared as text, so that
        ``1`` and ``"1"`` are one subject, which is the safe reading.

    Raises
    ------
    SplitLeakError
        If `groups` is None.
    SchemaError
        If `groups` is not one-dimensional or a row has no subject.
    """
    if groups is None:
        raise SplitLeakError(expected="the subject of every row", got="groups=None", fix=_FIX)
    values = _one_dimensional(groups)
    missing = int(values.isna().sum())
    if missing:
        raise SchemaError(
            expected="a subject for every row",
            got=f"{missing} of {len(values)} rows without one",
            where="groups",
            fix="drop these rows or name their subject",
        )
    named = values if pd.api.types.is_numeric_dtype(values.dtype) else values.astype(str)
    codes, subjects = pd.factorize(named.to_numpy(), sort=True)
    return codes.astype(np.intp), np.asarray(subjects)


def _one_dimensional(groups: Any) -> "pd.Series[Any]":
    # A MultiIndex would make every cycle its own subject, which protects nothing.
    if isinstance(groups, pd.MultiIndex) or (
        not isinstance(groups, (pd.Series, pd.Index)) and np.ndim(groups) != 1
    ):
        raise SchemaError(
            expected="one-dimensional groups: one subject a row",
            got=f"{type(groups).__name__} of shape {np.shape(groups)}",
            where="groups",
            fix=_FIX,
        )
    return pd.Series(groups).reset_index(drop=True)


def check_lengths(**columns: Any) -> None:
    """Refuse columns of unequal length; columns that are None are not compared.

    Parameters
    ----------
    **columns : array-like or None
        The columns, by the name that the message uses.

    Raises
    ------
    SchemaError
        If two lengths differ.
    """
    lengths = {name: len(value) for name, value in columns.items() if value is not None}
    if len(set(lengths.values())) > 1:
        raise SchemaError(
            expected="the same number of rows in " + ", ".join(lengths),
            got=", ".join(f"{name} has {length}" for name, length in lengths.items()),
            fix="take all of them from the same cycles, in the same order",
        )

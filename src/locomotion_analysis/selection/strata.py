"""Labels that a split keeps in proportion: classes, classes by task, quantile bins."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import TargetError
from locomotion_analysis.selection.subjects import check_lengths, subject_codes

MAX_BINS = 5


def strata(y: Any, task: Any) -> NDArray[Any]:
    """Combine a target with the task, to stratify by both.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Class of each row.
    task : array-like of shape (n_rows,)
        Task of each row.

    Returns
    -------
    ndarray of str of shape (n_rows,)
        ``"class | task"``: pass it as ``y`` to a splitter's ``split``.

    Raises
    ------
    SchemaError
        If the lengths differ.
    TargetError
        If a value is missing.

    Examples
    --------
    >>> strata(["healthy", "stroke"], ["level_walking", "stair_ascent"]).tolist()
    ['healthy | level_walking', 'stroke | stair_ascent']
    """
    check_lengths(y=y, task=task)
    parts = [_complete(values, name).astype(str) for values, name in ((y, "y"), (task, "task"))]
    return (parts[0] + " | " + parts[1]).to_numpy(dtype=str)


def quantile_strata(y: Any, groups: Any, n_bins: int = MAX_BINS) -> NDArray[np.intp]:
    """Bin a continuous target by the mean of each subject.

    All rows of a subject get one bin, and the bins hold equal numbers of subjects
    (within one), so that folds cover the range of the target alike.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Continuous target.
    groups : array-like of shape (n_rows,)
        Subject of each row.
    n_bins : int
        Number of bins; never more than there are subjects.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        Bin of each row, 0 for the lowest means.

    Examples
    --------
    >>> quantile_strata([70.0, 72.0, 21.0, 22.0], ["S2", "S2", "S1", "S1"], n_bins=2).tolist()
    [1, 1, 0, 0]
    """
    check_lengths(y=y, groups=groups)
    values = _complete(y, "y").to_numpy(dtype=float)
    codes, subjects = subject_codes(groups)
    means = np.bincount(codes, weights=values) / np.bincount(codes)
    rank = np.empty(len(subjects), dtype=np.intp)
    rank[np.argsort(means, kind="stable")] = np.arange(len(subjects))
    bins: NDArray[np.intp] = rank * min(n_bins, len(subjects)) // len(subjects)
    return bins[codes]


def class_codes(y: Any) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give the classes of a target numbers, after checking that there are at least two.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Class of each row.

    Returns
    -------
    codes : ndarray of shape (n_rows,)
        Position of each row's class in `classes`.
    classes : ndarray of shape (n_classes,)
        The classes, sorted.

    Raises
    ------
    TargetError
        If a value is missing, there is one class only, or the classes cannot be sorted.
    """
    values = _complete(y, "y").infer_objects().to_numpy()
    if values.dtype == object and all(isinstance(value, str) for value in values):
        values = values.astype(str)
    try:
        classes, codes = np.unique(values, return_inverse=True)
    except TypeError as error:
        raise TargetError(
            expected="classes of one type", got="a mixture of types", where="y", fix="use text"
        ) from error
    if len(classes) < 2:
        raise TargetError(
            expected="at least two classes",
            got=f"{len(classes)} ({', '.join(map(str, classes))})" if len(classes) else "no rows",
            where="y",
            fix="choose another target, or select cycles of more than one class",
        )
    return codes.astype(np.intp), classes


def is_fractional(y: Any) -> bool:
    """Tell whether a target holds numbers that are not whole, hence no classes."""
    values = pd.Series(y).to_numpy()
    return values.dtype.kind == "f" and bool(np.any(values != np.floor(values)))


def _complete(y: Any, name: str) -> "pd.Series[Any]":
    values = pd.Series(y).reset_index(drop=True)
    missing = int(values.isna().sum())
    if missing:
        raise TargetError(
            expected="a value in every row",
            got=f"{missing} of {len(values)} rows without one",
            where=name,
            fix="drop these rows from X, y and groups",
        )
    return values

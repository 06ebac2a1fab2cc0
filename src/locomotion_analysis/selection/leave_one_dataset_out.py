"""Train on all datasets but one, test on that one."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import LeaveOneGroupOut

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.selection.subject_folds import Fold
from locomotion_analysis.selection.subjects import check_lengths, subject_codes

_LEVEL = "dataset"
_SHOWN = 3


class LeaveOneDatasetOut(LeaveOneGroupOut):  # type: ignore[misc]
    """One fold a dataset: train on all the others, test on this one.

    Says how a model does in a laboratory it has never seen. Which dataset a row is of is read
    from the cycle key, the index that ``prepare_ml_features`` gives `X` and `y` (for sequences,
    `y`). Folds come in the order of the datasets' names.

    Examples
    --------
    >>> key = pd.MultiIndex.from_tuples(
    ...     [("lab", "S1"), ("clinic", "P1"), ("lab", "S2")], names=["dataset", "subject"]
    ... )
    >>> folds = LeaveOneDatasetOut().split(key, groups=key.get_level_values("subject"))
    >>> [test.tolist() for _, test in folds]
    [[1], [0, 2]]
    """

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield the rows of training and test of each fold.

        Parameters
        ----------
        X : DataFrame with the cycle key as index, the key itself (``data.key``), or array-like
            Features; only the index and the length are used.
        y : Series with the cycle key as index, or array-like of shape (n_rows,), optional
            Its index is used where `X` has none.
        groups : array-like of shape (n_rows,)
            Subject of each row.

        Yields
        ------
        train, test : ndarray of int
            Row positions, ascending.

        Raises
        ------
        SplitLeakError
            If subjects are unknown, a subject's name stands in two datasets, or there is only
            one subject or one dataset.
        SchemaError
            If neither `X` nor `y` carries the dataset of each row, or lengths differ.
        """
        codes, subjects = subject_codes(groups)
        check_lengths(X=X, y=y, groups=codes)
        dataset, datasets = _datasets(X, y)
        if len(subjects) < 2 or len(datasets) < 2:
            raise SplitLeakError(
                expected="at least two datasets, of different subjects",
                got=f"{_counted(len(datasets), 'dataset')}, {_counted(len(subjects), 'subject')}",
                fix="merge_datasets joins datasets; within one use LeaveOneSubjectOut",
            )
        _refuse_shared(codes, subjects, dataset, datasets)
        yield from super().split(codes, None, dataset)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002 - scikit-learn's signature
        """Return the number of datasets in the index of `X` or `y`."""
        return len(_datasets(X, y)[1])


def _datasets(X: Any, y: Any) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return the number of each row's dataset, and the datasets' names, sorted."""
    for rows in (X, y):
        index = rows.index if isinstance(rows, (pd.DataFrame, pd.Series)) else rows
        if isinstance(index, pd.Index) and _LEVEL in index.names:
            return subject_codes(index.get_level_values(_LEVEL))
    raise SchemaError(
        expected="the dataset of every row: X or y with the cycle key as index",
        got=f"X of type {type(X).__name__}, y of type {type(y).__name__}, no level {_LEVEL!r}",
        where="X",
        fix="pass X and y as prepare_ml_features returns them, or X=data.key",
    )


def _refuse_shared(
    codes: NDArray[np.intp],
    subjects: NDArray[Any],
    dataset: NDArray[np.intp],
    datasets: NDArray[Any],
) -> None:
    pairs = np.unique(np.column_stack([codes, dataset]), axis=0)
    shared = np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
    if not shared.size:
        return
    names = [
        f"{subjects[one]} in {' and '.join(map(str, datasets[pairs[pairs[:, 0] == one, 1]]))}"
        for one in shared[:_SHOWN]
    ]
    raise SplitLeakError(
        expected="every subject in one dataset alone",
        got=f"{_counted(len(shared), 'subject')} in several: {'; '.join(names)}"
        + ("; …" if len(shared) > _SHOWN else ""),
        where="groups",
        fix="for different people of one name, join the datasets with merge_datasets, which tells "
        "them apart; for one person in several datasets, use LeaveOneSubjectOut",
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"

"""Proof that a split shares no subject, for splits made elsewhere."""

import warnings
from typing import Any

import numpy as np

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.selection.subject_folds import Fold
from locomotion_analysis.selection.subjects import check_lengths, subject_codes

_SHOWN = 3


def check_split(train_groups: Any, test_groups: Any) -> None:
    """Refuse a split that has a subject on both sides.

    Parameters
    ----------
    train_groups, test_groups : array-like of shape (n_rows,)
        Subject of each row of training and of test.

    Raises
    ------
    SplitLeakError
        With code ``GAIT001``, naming the first shared subjects and their number.

    Examples
    --------
    >>> check_split(["S1", "S2"], ["S3"])
    >>> check_split(["S1", "S2"], ["S2", "S3"])
    Traceback (most recent call last):
        ...
    locomotion_analysis.errors.SplitLeakError: expected no subject on both sides of the split [GAIT001]
      got: 1 subject in both: S2
      what to do: split by subject, for example with SubjectStratifiedKFold
    """
    train, test = (subject_codes(groups)[1] for groups in (train_groups, test_groups))
    # 1 and "1" are the same person when one side was read as numbers and the other as text.
    if (train.dtype.kind in "OUT") != (test.dtype.kind in "OUT"):
        train, test = train.astype(str), test.astype(str)
    shared = sorted(set(train) & set(test))
    if shared:
        named = ", ".join(map(str, shared[:_SHOWN])) + (", …" if len(shared) > _SHOWN else "")
        raise SplitLeakError(
            expected="no subject on both sides of the split",
            got=f"{len(shared)} subject{'s' * (len(shared) > 1)} in both: {named}",
            fix="split by subject, for example with SubjectStratifiedKFold",
            code="GAIT001",
        )


def check_cv(cv: Any, X: Any, y: Any, groups: Any) -> list[Fold]:
    """Run all folds of a splitter and refuse one that has a subject on both sides.

    Parameters
    ----------
    cv : splitter or iterable of (train, test)
        A scikit-learn splitter, or row positions of each fold.
    X : array-like of n_rows rows, or None
        Passed to the splitter.
    y : array-like of shape (n_rows,) or None
        Passed to the splitter.
    groups : array-like of shape (n_rows,)
        Subject of each row.

    Returns
    -------
    list of (train, test)
        The folds, as arrays of row positions.

    Raises
    ------
    SplitLeakError
        With code ``GAIT001``, naming the fold and the shared subjects.
    SchemaError
        If a fold has no rows on one side.

    Examples
    --------
    >>> from locomotion_analysis.selection import LeaveOneSubjectOut
    >>> len(check_cv(LeaveOneSubjectOut(), None, None, ["S1", "S1", "S2"]))
    2
    """
    codes, subjects = subject_codes(groups)
    check_lengths(X=X, y=y, groups=codes)
    folds = run_folds(cv, codes if X is None else X, y, groups)
    names = subjects[codes]
    for number, (train, test) in enumerate(folds, start=1):
        try:
            check_split(names[train], names[test])
        except SplitLeakError as error:
            raise error.at(f"fold {number} of {len(folds)}") from None
    return folds


def run_folds(cv: Any, X: Any, y: Any, groups: Any) -> list[Fold]:
    """List the folds of a splitter without checking their subjects.

    Parameters
    ----------
    cv : splitter or iterable of (train, test)
        A scikit-learn splitter, or row positions of each fold.
    X, y, groups : array-like or None
        Passed to the splitter.

    Returns
    -------
    list of (train, test)
        The folds, as arrays of row positions.

    Raises
    ------
    SchemaError
        If there is no fold or a fold has no rows on one side.
    """
    with warnings.catch_warnings():
        # Splitters that ignore subjects say so; whether that does harm is what is checked here.
        warnings.filterwarnings("ignore", message="The groups parameter is ignored")
        pairs = cv.split(X, y, groups) if hasattr(cv, "split") else cv
        folds = [(np.asarray(train), np.asarray(test)) for train, test in pairs]
    empty = [number for number, sides in enumerate(folds, 1) if min(map(len, sides)) == 0]
    if empty or not folds:
        raise SchemaError(
            expected="rows of training and of test in every fold",
            got=f"fold {empty[0]} has none on one side" if empty else "no fold",
            where="cv",
            fix="use fewer folds",
        )
    return folds

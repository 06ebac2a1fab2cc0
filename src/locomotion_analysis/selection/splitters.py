"""Splits in which no subject is on both sides, and the proof of that for splits made elsewhere.

Cross-validation over subjects or datasets for scikit-learn and the evaluator, and one split into
training, validation and test; each keeps classes, classes by task or quantile bins in proportion
as far as whole subjects allow.
"""

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from locomotion_analysis.data.identity import is_nobody, one_of_each, same_name
from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError, TargetError

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows of training and of test."""

PARTS = ("train", "validation", "test")
MAX_BINS = 5
"""Bins of a continuous target, at most."""

_SHOWN = 3
_FIX = 'pass groups=X.index.get_level_values("subject") or groups=data.groups'


def subject_codes(groups: Any) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give the subjects of all rows numbers, after checking that every row has one.

    Names that differ by blanks, case or Unicode form alone are one subject, who so stands on one
    side of every split, and a warning names them.

    Parameters
    ----------
    groups : array-like, Series or Index of shape (n_rows,)
        Subject of each row.

    Returns
    -------
    codes : ndarray of shape (n_rows,)
        Position of each row's subject in `subjects`.
    subjects : ndarray of shape (n_subjects,)
        Names of the subjects, sorted; of several spellings the first. Names of mixed types are
        compared as text, so that ``1`` and ``"1"`` are one subject, which is the safe reading.

    Raises
    ------
    SplitLeakError
        If `groups` is None.
    SchemaError
        If `groups` is not one-dimensional or a row has no subject: a missing value, a blank,
        ``NA``, ``unknown``.

    Warns
    -----
    LocomotionWarning
        If names are one in several spellings.

    Examples
    --------
    >>> codes, subjects = subject_codes(["S2", "S1", "S2"])
    >>> codes.tolist(), subjects.tolist()
    ([1, 0, 1], ['S1', 'S2'])
    """
    codes, names = _numbered(groups)
    if names.dtype.kind not in "OUT":
        return codes, names
    nobody = [name for name in names if is_nobody(name)]
    if nobody:
        count = int(np.isin(codes, np.flatnonzero(np.isin(names, nobody))).sum())
        raise SchemaError(
            expected="a subject for every row [GAIT016]",
            got=f"{count} of {len(codes)} rows of {', '.join(map(repr, nobody))}, which may be "
            "anybody",
            where="groups",
            fix="drop these rows or name their subject",
        )
    spelled = one_of_each(names)
    if not spelled:
        return codes, names
    pairs = [" and ".join(map(repr, each)) for each in spelled.values()]
    warnings.warn(
        f"Names that differ by blanks, case or Unicode form alone count as one subject: "
        f"{'; '.join(pairs[:_SHOWN])}{'; …' if len(pairs) > _SHOWN else ''}. Write each name one "
        "way; two people need names that differ by more.",
        LocomotionWarning,
        stacklevel=2,
    )
    place, first = pd.factorize(np.array([same_name(name) for name in names]))
    kept = np.array([names[np.argmax(place == number)] for number in range(len(first))])
    return place.astype(np.intp)[codes], kept


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


def _numbered(groups: Any) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give the values of all rows numbers, and return the values, sorted."""
    if groups is None:
        raise SplitLeakError(expected="the subject of every row", got="groups=None", fix=_FIX)
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
    values = pd.Series(groups).reset_index(drop=True)
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
    texts = [name for name, value in columns.items() if isinstance(value, str)]
    if texts:
        raise SchemaError(
            expected="values, one a row",
            got=f"the text {columns[texts[0]]!r}",
            where=texts[0],
            fix="pass the column itself, for example "
            + ('X.index.get_level_values("subject")' if texts[0] == "groups" else "frame[name]"),
        )
    lengths = {name: len(value) for name, value in columns.items() if value is not None}
    if len(set(lengths.values())) > 1:
        raise SchemaError(
            expected="the same number of rows in " + ", ".join(lengths),
            got=", ".join(f"{name} has {length}" for name, length in lengths.items()),
            fix="take all of them from the same cycles, in the same order",
        )


# Labels that a split keeps in proportion


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


# Cross-validation


class SubjectStratifiedKFold(StratifiedGroupKFold):  # type: ignore[misc]
    """K folds that share no subject and keep the classes in proportion.

    scikit-learn's ``StratifiedGroupKFold`` with shuffled subjects, groups required and
    clear errors. Which subject goes to which fold depends on the seed, the subjects' names
    and their class counts, not on the order of the rows.

    Parameters
    ----------
    n_splits : int
        Number of folds, at least 2.
    random_state : int
        Seed of the shuffling of subjects.

    Notes
    -----
    A target with numbers that are not whole (age 63.4) is stratified by bins of the subject
    means, see :func:`quantile_strata`. Whole numbers count as classes; for a continuous target
    in whole numbers use :class:`SubjectQuantileKFold`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.model_selection import cross_val_score
    >>> subjects = np.repeat(["S1", "S2", "S3", "S4"], 3)
    >>> y = np.repeat(["healthy", "healthy", "stroke", "stroke"], 3)
    >>> folds = SubjectStratifiedKFold(n_splits=2)
    >>> cross_val_score(DummyClassifier(), np.zeros((12, 1)), y, groups=subjects, cv=folds)
    array([0.5, 0.5])
    """

    def __init__(self, n_splits: int = 5, random_state: int = 0) -> None:
        super().__init__(n_splits=n_splits, shuffle=True, random_state=random_state)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield the rows of training and test of each fold.

        Parameters
        ----------
        X : array-like of n_rows rows, or None
            Only its length is used.
        y : array-like of shape (n_rows,)
            Target to keep in proportion; see :func:`strata` for target by task.
        groups : array-like of shape (n_rows,)
            Subject of each row.

        Yields
        ------
        train, test : ndarray of int
            Row positions, ascending.

        Raises
        ------
        SplitLeakError
            If subjects are unknown or fewer than folds.
        TargetError
            If the target is absent, incomplete or has one class.
        """
        codes, subjects = subject_codes(groups)
        if y is None:
            raise TargetError(expected="a target to stratify by", got="y=None", fix="pass y")
        check_lengths(X=X, y=y, groups=codes)
        _check_enough_subjects(len(subjects), self.n_splits)
        labels = self._labels(y, codes)
        with warnings.catch_warnings():
            # scikit-learn counts rows a class; what matters, subjects, is warned of above.
            warnings.filterwarnings("ignore", message="The least populated class")
            folds = list(super().split(codes, labels, codes))
        yield from folds

    def _labels(self, y: Any, codes: NDArray[np.intp]) -> NDArray[np.intp]:
        if is_fractional(y):
            return _subject_bins(y, codes, self.n_splits)
        labels, classes = class_codes(y)
        _check_subjects_per_class(labels, classes, codes, self.n_splits)
        return labels


class SubjectQuantileKFold(SubjectStratifiedKFold):
    """K folds that share no subject and cover the range of a continuous target alike.

    Subjects are binned by the mean of their target (:func:`quantile_strata`; up to five bins,
    each with at least as many subjects as folds where there are enough), and the bins are kept
    in proportion.

    Parameters
    ----------
    n_splits : int
        Number of folds, at least 2.
    random_state : int
        Seed of the shuffling of subjects.

    Examples
    --------
    >>> age = [21, 21, 34, 34, 55, 55, 71, 71]
    >>> subjects = ["S1", "S1", "S2", "S2", "S3", "S3", "S4", "S4"]
    >>> [test.tolist() for _, test in SubjectQuantileKFold(2).split(None, age, subjects)]
    [[2, 3, 4, 5], [0, 1, 6, 7]]
    """

    def _labels(self, y: Any, codes: NDArray[np.intp]) -> NDArray[np.intp]:
        return _subject_bins(y, codes, self.n_splits)


class LeaveOneSubjectOut(LeaveOneGroupOut):  # type: ignore[misc]
    """One fold a subject: train on all the others, test on this one.

    scikit-learn's ``LeaveOneGroupOut`` with groups required and clear errors. Folds come in
    the order of the subjects' names.

    Examples
    --------
    >>> folds = LeaveOneSubjectOut().split(None, groups=["S2", "S1", "S2"])
    >>> [test.tolist() for _, test in folds]
    [[1], [0, 2]]
    """

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield the rows of training and test of each fold.

        Parameters
        ----------
        X : array-like of n_rows rows, or None
            Only its length is used.
        y : array-like of shape (n_rows,), optional
            Only its length is used.
        groups : array-like of shape (n_rows,)
            Subject of each row.

        Yields
        ------
        train, test : ndarray of int
            Row positions, ascending.

        Raises
        ------
        SplitLeakError
            If subjects are unknown or there is one only.
        """
        codes, subjects = subject_codes(groups)
        check_lengths(X=X, y=y, groups=codes)
        _check_enough_subjects(len(subjects), 2)
        yield from super().split(codes, None, codes)


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
        pairs = np.unique(np.column_stack([codes, dataset]), axis=0)
        shared = np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
        if shared.size:
            names = [
                f"{subjects[one]} in "
                f"{' and '.join(map(str, datasets[pairs[pairs[:, 0] == one, 1]]))}"
                for one in shared[:_SHOWN]
            ]
            raise SplitLeakError(
                expected="every subject in one dataset alone",
                got=f"{_counted(len(shared), 'subject')} in several: {'; '.join(names)}"
                + ("; …" if len(shared) > _SHOWN else ""),
                where="groups",
                fix="for different people of one name, join the datasets with merge_datasets, "
                "which tells them apart; for one person in several datasets, use "
                "LeaveOneSubjectOut",
            )
        yield from super().split(codes, None, dataset)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002 - scikit-learn's signature
        """Return the number of datasets in the index of `X` or `y`."""
        return len(_datasets(X, y)[1])


def _datasets(X: Any, y: Any) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return the number of each row's dataset, and the datasets' names, sorted."""
    for rows in (X, y):
        index = rows.index if isinstance(rows, (pd.DataFrame, pd.Series)) else rows
        if isinstance(index, pd.Index) and "dataset" in index.names:
            return _numbered(index.get_level_values("dataset"))
    raise SchemaError(
        expected="the dataset of every row: X or y with the cycle key as index",
        got=f"X of type {type(X).__name__}, y of type {type(y).__name__}, no level 'dataset'",
        where="X",
        fix="pass X and y as prepare_ml_features returns them, or X=data.key",
    )


def _subject_bins(y: Any, codes: NDArray[np.intp], n_splits: int) -> NDArray[np.intp]:
    n_subjects = int(codes.max()) + 1
    return quantile_strata(y, codes, n_bins=min(MAX_BINS, max(1, n_subjects // n_splits)))


def _check_enough_subjects(n_subjects: int, n_splits: int) -> None:
    if n_subjects < n_splits:
        raise SplitLeakError(
            expected=f"at least {n_splits} subjects, one for each of {n_splits} folds",
            got=_counted(n_subjects, "subject"),
            where="groups",
            fix=f"use n_splits={n_subjects} or fewer"
            if n_subjects >= 2
            else "add subjects: from one subject nothing can be said about the next",
        )


def _check_subjects_per_class(
    labels: NDArray[np.intp], classes: NDArray[Any], codes: NDArray[np.intp], n_splits: int
) -> None:
    pairs = np.unique(np.column_stack([labels, codes]), axis=0)
    counts = np.bincount(pairs[:, 0], minlength=len(classes))
    few = np.flatnonzero(counts < n_splits)
    if not few.size:
        return
    if np.bincount(labels).max() < n_splits:
        raise TargetError(
            expected=f"a class with at least {n_splits} rows, one for each fold",
            got=f"{len(classes)} classes, the largest of {np.bincount(labels).max()} rows",
            where="y",
            fix="for a continuous target use SubjectQuantileKFold",
        )
    named = ", ".join(f"{classes[i]} ({counts[i]})" for i in few[:5])
    warnings.warn(
        f"{len(few)} of {len(classes)} classes have fewer subjects than the {n_splits} folds, so "
        f"some folds do not test them: {named}{', …' if len(few) > 5 else ''}; a class of one "
        "subject is never trained on when it is tested. Use fewer folds, merge classes, or for a "
        "continuous target use SubjectQuantileKFold.",
        LocomotionWarning,
        stacklevel=4,
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


# Proof for splits made elsewhere


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
    if train.dtype.kind in "OUT":
        learned = {same_name(str(name)) for name in train}
        shared = sorted(name for name in map(str, test) if same_name(name) in learned)
    else:
        shared = sorted(set(train) & set(test))
    if shared:
        named = ", ".join(map(str, shared[:_SHOWN])) + (", …" if len(shared) > _SHOWN else "")
        raise SplitLeakError(
            expected="no subject on both sides of the split",
            got=f"{_counted(len(shared), 'subject')} in both: {named}",
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
    if isinstance(cv, int):
        raise SchemaError(
            expected="a splitter, or pairs of training and test rows",
            got=repr(cv),
            where="cv",
            fix=f"BiomechanicalModelEvaluator(n_splits={cv}), or cv=SubjectStratifiedKFold({cv}): "
            "folds of subjects",
        )
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


# One split into training, validation and test


class SubjectSplit(NamedTuple):
    """Row positions, ascending, of three parts that share no subject."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]


def subject_train_validation_test_split(
    y: Any,
    groups: Any,
    sizes: tuple[float, float, float] = (0.6, 0.2, 0.2),
    random_state: int = 0,
) -> SubjectSplit:
    """Split subjects into training, validation and test, stratified as far as subjects allow.

    The parts get the wanted numbers of subjects to within one (at least one each). Subjects
    are handed out, rarest class first and shuffled within, to the part that still lacks the
    largest share of their classes; a class of three subjects thereby reaches all three parts.
    The result depends on the seed and on the subjects, not on the order of the rows.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Class of each row, or a continuous target (numbers that are not whole), which is binned
        by subject means (:func:`quantile_strata`).
    groups : array-like of shape (n_rows,)
        Subject of each row.
    sizes : tuple of three floats
        Shares of the subjects; positive, of sum 1.
    random_state : int
        Seed of the shuffling of subjects.

    Returns
    -------
    SubjectSplit
        Row positions ``(train, validation, test)``.

    Raises
    ------
    SchemaError
        If `sizes` are not three positive shares of sum 1, or lengths differ.
    SplitLeakError
        If subjects are unknown or fewer than three.
    TargetError
        If the target is incomplete or has one class.

    Examples
    --------
    >>> import numpy as np
    >>> subjects = np.repeat(np.arange(10), 4)
    >>> split = subject_train_validation_test_split(subjects % 2, subjects)
    >>> [len(rows) for rows in split]
    [24, 8, 8]
    """
    shares = np.asarray(sizes, dtype=float)
    if shares.shape != (3,) or not (shares > 0).all() or not np.isclose(shares.sum(), 1):
        raise SchemaError(
            expected="three positive shares of sum 1",
            got=str(sizes),
            where="sizes",
            fix="for example sizes=(0.6, 0.2, 0.2)",
        )
    codes, subjects = subject_codes(groups)
    check_lengths(y=y, groups=codes)
    if len(subjects) < len(PARTS):
        raise SplitLeakError(
            expected="at least 3 subjects, one for each part",
            got=_counted(len(subjects), "subject"),
            where="groups",
            fix="add subjects",
        )
    labels, classes = class_codes(quantile_strata(y, codes) if is_fractional(y) else y)
    table = np.zeros((len(subjects), len(classes)))
    np.add.at(table, (codes, labels), 1)
    part = _assign(table, _quotas(shares, len(subjects)), random_state)
    absent = [
        f"{classes[label]} in {name}"
        for number, name in enumerate(PARTS)
        for label in np.flatnonzero(table[part == number].sum(axis=0) == 0)
    ]
    if absent:
        warnings.warn(
            f"too few subjects to have every class in every part; absent: {', '.join(absent)}. "
            "Add subjects, merge classes or use cross-validation.",
            LocomotionWarning,
            stacklevel=2,
        )
    return SubjectSplit(*(np.flatnonzero(part[codes] == number) for number in range(len(PARTS))))


def _quotas(shares: NDArray[np.float64], n_subjects: int) -> NDArray[np.intp]:
    """Return whole numbers of subjects by largest remainder, at least one each."""
    exact = shares * n_subjects
    quotas = np.maximum(1, np.floor(exact).astype(np.intp))
    while quotas.sum() < n_subjects:
        quotas[np.argmax(exact - quotas)] += 1
    while quotas.sum() > n_subjects:
        quotas[np.argmax(np.where(quotas > 1, quotas - exact, -np.inf))] -= 1
    return quotas


def _assign(
    table: NDArray[np.float64], quotas: NDArray[np.intp], random_state: int
) -> NDArray[np.intp]:
    """Return the part of each subject, from rows a subject and class; rarest class first."""
    share_of_class = table / table.sum(axis=0)
    rows = np.random.default_rng(random_state).permutation(len(table))
    n_subjects_of_class = (table > 0).sum(axis=0)
    rarest = np.where(table > 0, n_subjects_of_class, np.inf).min(axis=1)
    wanted = quotas / quotas.sum()
    room, lacking = quotas.copy(), np.ones((len(quotas), table.shape[1]))
    part = np.empty(len(table), dtype=np.intp)
    for subject in rows[np.argsort(rarest[rows], kind="stable")]:
        need = np.where(room > 0, lacking @ share_of_class[subject], -np.inf)
        # Rounding must not decide a tie: the part that is to be larger goes first.
        best = np.flatnonzero(np.isclose(need, need.max()))
        part[subject] = best[np.argmax(wanted[best])]
        room[part[subject]] -= 1
        lacking[part[subject]] -= share_of_class[subject] / wanted[part[subject]]
    return part

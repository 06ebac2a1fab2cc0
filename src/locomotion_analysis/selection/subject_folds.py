"""Cross-validation over subjects, for scikit-learn and for the evaluator."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

from locomotion_analysis.errors import LocomotionWarning, SplitLeakError, TargetError
from locomotion_analysis.selection.strata import (
    MAX_BINS,
    class_codes,
    is_fractional,
    quantile_strata,
)
from locomotion_analysis.selection.subjects import check_lengths, subject_codes

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]


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


def _subject_bins(y: Any, codes: NDArray[np.intp], n_splits: int) -> NDArray[np.intp]:
    n_subjects = int(codes.max()) + 1
    return quantile_strata(y, codes, n_bins=min(MAX_BINS, max(1, n_subjects // n_splits)))


def _check_enough_subjects(n_subjects: int, n_splits: int) -> None:
    if n_subjects < n_splits:
        raise SplitLeakError(
            expected=f"at least {n_splits} subjects, one for each of {n_splits} folds",
            got=f"{n_subjects} subject{'s' * (n_subjects != 1)}",
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

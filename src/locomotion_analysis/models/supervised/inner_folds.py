"""Folds of the subjects inside a training set, for tuning, calibration and thresholds."""

import warnings
from collections.abc import Iterator
from typing import Any

import pandas as pd

from locomotion_analysis.errors import LocomotionWarning, SplitLeakError
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold
from locomotion_analysis.selection.subject_folds import Fold


def subjects_of(X: Any) -> pd.Index:
    """Return the subject of each row, from the cycle key that features carry.

    Parameters
    ----------
    X : DataFrame
        Features with a level ``subject`` in their index.

    Raises
    ------
    SplitLeakError
        If `X` does not carry its subjects.
    """
    if isinstance(X, pd.DataFrame) and "subject" in X.index.names:
        return X.index.get_level_values("subject")
    raise SplitLeakError(
        expected="features that carry the subject of each row: a DataFrame with the cycle key "
        "as index",
        got=f"X of type {type(X).__name__} without a level 'subject'",
        where="X",
        fix="pass X as prepare_ml_features returns it, or set its index",
    )


class _FromKey:
    """Reads the subjects from the key of `X`, as scikit-learn's searches pass no groups."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield the rows of training and test of each fold; `groups` come from `X` if None."""
        subjects = subjects_of(X) if groups is None else groups
        with warnings.catch_warnings():
            # That a class has few subjects was said when the outer folds were made.
            warnings.simplefilter("ignore", LocomotionWarning)
            yield from super().split(X, y, subjects)  # type: ignore[misc]


class InnerClassFolds(_FromKey, SubjectStratifiedKFold):
    """Subject-disjoint folds with the classes in proportion, subjects read from `X`.

    Parameters
    ----------
    n_splits : int
        Number of folds.
    random_state : int
        Seed of the shuffling of subjects.

    Examples
    --------
    >>> key = pd.MultiIndex.from_product([["S1", "S2", "S3", "S4"], [0, 1]],
    ...                                  names=["subject", "step"])
    >>> X = pd.DataFrame({"speed_m_s": range(8)}, index=key)
    >>> folds = InnerClassFolds(2).split(X, [0, 0, 1, 1, 0, 0, 1, 1])
    >>> [test.tolist() for _, test in folds]
    [[2, 3, 4, 5], [0, 1, 6, 7]]
    """


class InnerQuantileFolds(_FromKey, SubjectQuantileKFold):
    """Subject-disjoint folds that cover a number's range alike, subjects read from `X`.

    Parameters
    ----------
    n_splits : int
        Number of folds.
    random_state : int
        Seed of the shuffling of subjects.
    """

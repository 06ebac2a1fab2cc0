"""Univariate choice of features, quiet about features that do not vary."""

import warnings
from typing import Any, Self

from sklearn.feature_selection import SelectKBest


class BestFeatures(SelectKBest):  # type: ignore[misc]
    """The `k` features that tell most by themselves, or all where there are fewer.

    scikit-learn's ``SelectKBest`` warns of each fit on fewer features and of each feature that
    is constant in a fold; both are ordinary in gait tables. A constant feature comes last.

    Parameters
    ----------
    score_func : callable
        ``f_classif`` or ``f_regression``.
    k : int
        Most features kept.

    Examples
    --------
    >>> from sklearn.feature_selection import f_classif
    >>> X = [[0.0, 1.0], [0.1, 1.0], [0.9, 1.0], [1.0, 1.0]]
    >>> BestFeatures(f_classif, k=1).fit(X, [0, 0, 1, 1]).get_support().tolist()
    [True, False]
    """

    def fit(self, X: Any, y: Any = None) -> Self:
        """Score the features on the training rows."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="k=.* is greater than n_features")
            warnings.filterwarnings("ignore", message="(?s)Features .* are constant")
            warnings.filterwarnings("ignore", message="(invalid value|divide by zero)")
            super().fit(X, y)
        return self

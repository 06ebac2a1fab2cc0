"""Scaling of many convolution features before a penalised linear model."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

_EXPONENT = 4


class UnitLengthScaler(StandardScaler):  # type: ignore[misc]
    """Standardises features so that the mean squared length of a training row is one.

    A penalty then means the same for 84 features as for 50,000.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(5, 2, (100, 400))
    >>> float((UnitLengthScaler().fit_transform(X) ** 2).sum(axis=1).mean().round(6))
    1.0
    """

    def transform(self, X: Any, copy: bool | None = None) -> NDArray[Any]:
        """Return the scaled features, shape (n_rows, n_features)."""
        scaled: NDArray[Any] = super().transform(X, copy)
        scaled /= np.sqrt(self.n_features_in_).astype(scaled.dtype)
        return scaled


class SparseCountScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Scales Hydra's counts: square roots, standardised, zeros kept.

    Features that are zero in nearly all training rows are divided by more than their spread
    (Dempster, Schmidt & Webb 2023, Data Min Knowl Disc 37:1779, section 3.2).

    Attributes
    ----------
    mean_, scale_ : ndarray, shape (n_features,)

    Examples
    --------
    >>> SparseCountScaler().fit_transform(np.array([[4.0, 0.0], [16.0, 0.0]])).round(6).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """

    def fit(self, X: NDArray[Any], y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn mean and spread of each feature.

        Parameters
        ----------
        X : ndarray, shape (n_rows, n_features)
            Counts; below zero is zero.
        y : None
            Not used.
        """
        roots = np.sqrt(np.clip(X, 0, None))
        self.mean_: NDArray[Any] = roots.mean(axis=0)
        share_of_zeros = (roots == 0).mean(axis=0)
        self.scale_: NDArray[Any] = roots.std(axis=0) + share_of_zeros**_EXPONENT + 1e-8
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the scaled features, shape (n_rows, n_features)."""
        check_is_fitted(self)
        roots = np.sqrt(np.clip(X, 0, None))
        scaled: NDArray[Any] = np.where(roots == 0, 0, (roots - self.mean_) / self.scale_)
        return scaled.astype(X.dtype, copy=False)

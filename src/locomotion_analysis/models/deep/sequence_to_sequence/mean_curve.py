"""The baseline that looks at nothing: the mean training curve."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.models.deep.sequence_to_sequence.target_curves import (
    TargetScaler,
    checked_pair,
)
from locomotion_analysis.models.timeseries.curve_checks import checked_curves


class MeanCurve(BaseEstimator):  # type: ignore[misc]
    """Predicts the mean of the measured training curves for every cycle.

    Attributes
    ----------
    mean_ : ndarray of float32, shape (n_points, n_targets)
        In the targets' units.

    Examples
    --------
    >>> angles, moments = np.zeros((4, 150, 2)), np.ones((4, 150, 1))
    >>> moments[0] = np.nan  # no force plate
    >>> float(MeanCurve().fit(angles, moments).predict(angles).max())
    1.0
    """

    def fit(self, X: Any, Y: Any, groups: Any = None) -> Self:  # noqa: ARG002 - the models' common signature
        """Learn the mean curves.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Only its shape is used.
        Y : array_like, shape (n_cycles, n_points, n_targets)
            Curves to predict; NaN where not measured.
        groups : None
            Not used.
        """
        curves, targets = checked_pair(X, Y)
        self.n_channels_ = curves.shape[2]
        self.mean_: NDArray[np.float32] = TargetScaler().fit(targets).mean_
        return self

    def predict(self, X: Any) -> NDArray[np.float32]:
        """Return the mean curves for each cycle, shape (n_cycles, n_points, n_targets)."""
        check_is_fitted(self)
        curves = checked_curves(X, (len(self.mean_), self.n_channels_), gaps=True)
        return np.broadcast_to(self.mean_, (len(curves), *self.mean_.shape)).copy()

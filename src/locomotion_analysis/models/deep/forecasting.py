"""The rest of a gait cycle from its first part."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.deep.curve_baselines import RidgeCurves, checked_pair
from locomotion_analysis.models.timeseries import CurveEstimator, checked_curves

SHARE = 0.4
_FEWEST_POINTS = 2


def points_known(n_points: int, share: float) -> int:
    """Return how many points of a cycle lie in its first part.

    Parameters
    ----------
    n_points : int
        From heel strike to heel strike, both included.
    share : float
        First part of the cycle, between 0 and 1.

    Raises
    ------
    SchemaError
        If fewer than two points are known, or fewer than two are left to forecast.

    Examples
    --------
    >>> points_known(150, 0.4)  # 0 to 39.6 %
    60
    """
    known = int(np.floor(share * (n_points - 1))) + 1 if 0.0 < share < 1.0 else 0
    if not _FEWEST_POINTS <= known <= n_points - _FEWEST_POINTS:
        raise SchemaError(
            expected=f"a share between 0 and 1 that leaves {_FEWEST_POINTS} points and more on "
            "either side",
            got=f"{share!r}",
            where="share",
            fix="0.4 forecasts from 40 % of the cycle on",
        )
    return known


def stretched(curves: NDArray[np.float32], n_points: int) -> NDArray[np.float32]:
    """Return curves on another number of points, linearly between the given ones.

    Models from curves to curves take both at the same number of points: the first part of a cycle
    is brought to as many as the rest has.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_given, n_channels)
    n_points : int
        Points wanted.

    Returns
    -------
    ndarray of float32, shape (n_cycles, n_points, n_channels)
        The first and the last point are those given.
    """
    place = np.linspace(0.0, curves.shape[1] - 1.0, n_points)
    before = np.minimum(place.astype(int), curves.shape[1] - 2)
    weight = (place - before).astype(np.float32)[:, np.newaxis]
    found: NDArray[np.float32] = curves[:, before] * (1 - weight) + curves[:, before + 1] * weight
    return found


class CycleForecaster(CurveEstimator):
    """Predicts the rest of a gait cycle from its first part.

    The first part is stretched to as many points as the rest, and a model from curves to curves is
    trained from one to the other. The phase of the first part must be known: in a cycle that is not
    over yet it comes from the duration of the strides before.

    Parameters
    ----------
    model : estimator, optional
        Unfitted, with ``fit(X, Y, groups)`` and ``predict(X)`` on curves, for example
        :class:`CurveRegressor`; :class:`RidgeCurves` where None: no network tried was better, see
        docs/how-to/forecast-a-cycle.md.
    share : float
        First part of the cycle, from which the rest is predicted.

    Attributes
    ----------
    model_ : estimator
        The trained model.
    n_points_, n_known_ : int
        Points of a cycle, and of its first part.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(8, 3, ["level_walking"])
    >>> knee = data.array(["knee_flexion_angle_ipsi_rad"])
    >>> forecaster = CycleForecaster().fit(knee, groups=data.groups)
    >>> forecaster.predict(knee[:, :60]).shape  # of the 90 points after
    (24, 90, 1)
    """

    _takes_gaps = True

    def __init__(self, model: Any = None, share: float = SHARE) -> None:
        self.model = model
        self.share = share

    def fit(self, X: Any, Y: Any = None, groups: Any = None) -> Self:
        """Train the model.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Whole cycles of what is known; NaN where not measured.
        Y : array_like, shape (n_cycles, n_points, n_targets), optional
            Whole cycles of what is to be forecast; `X` where None.
        groups : array_like of shape (n_cycles,), optional
            Subject of each cycle.

        Raises
        ------
        CycleShapeError, SchemaError
            If curves do not fit each other, or `share` leaves nothing to know or to forecast.
        """
        curves, targets = checked_pair(X, X if Y is None else Y)
        self.n_points_ = curves.shape[1]
        self.n_channels_ = curves.shape[2]
        self.n_known_ = points_known(self.n_points_, self.share)
        untrained: BaseEstimator = RidgeCurves() if self.model is None else clone(self.model)
        known = stretched(curves[:, : self.n_known_], self.n_points_ - self.n_known_)
        self.model_ = untrained.fit(known, targets[:, self.n_known_ :], groups)
        return self

    def predict(self, X: Any) -> NDArray[np.float32]:
        """Return the rest of each cycle.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_known or more, n_channels)
            First part of the cycles, on the phase grid; what comes after it is not read.

        Returns
        -------
        ndarray of float32, shape (n_cycles, n_points - n_known, n_targets)
            In the targets' units.

        Raises
        ------
        CycleShapeError
            If fewer points are known than the training had, or other channels.
        """
        check_is_fitted(self)
        curves = checked_curves(np.asarray(X)[:, : self.n_known_], gaps=True)
        if curves.shape[1:] != (self.n_known_, self.n_channels_):
            raise CycleShapeError(
                expected=f"the first {self.n_known_} points and {self.n_channels_} channels",
                got=f"{curves.shape[1]} points and {curves.shape[2]} channels",
                where="X",
            )
        known = stretched(curves, self.n_points_ - self.n_known_)
        found: NDArray[np.float32] = self.model_.predict(known)
        return found

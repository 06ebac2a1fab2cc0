"""Curves to predict: checked, and in spreads about their mean curve."""

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionError, SchemaError, TargetError
from locomotion_analysis.models.timeseries.curve_checks import checked_curves


def checked_pair(X: Any, Y: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return curves to predict from and curves to predict, as float32.

    Parameters
    ----------
    X : array_like, shape (n_cycles, n_points, n_channels)
        Curves to predict from; NaN where not measured.
    Y : array_like, shape (n_cycles, n_points, n_targets)
        Curves to predict; NaN where not measured.

    Raises
    ------
    CycleShapeError
        If one is not of three dimensions.
    SchemaError
        If values are infinite, or cycles or points differ.
    """
    curves = checked_curves(X, gaps=True)
    try:
        targets = checked_curves(Y, gaps=True)
    except LocomotionError as error:
        error.where = error.where.replace("X", "Y")
        raise
    if curves.shape[:2] != targets.shape[:2]:
        raise SchemaError(
            expected=f"{curves.shape[0]} cycles of {curves.shape[1]} points, as in X",
            got=f"{targets.shape[0]} cycles of {targets.shape[1]} points",
            where="Y",
            fix="take both from the same cycles with data.array",
        )
    return curves, targets


class TargetScaler:
    """Takes the mean curve off and divides by the spread about it, over measured points.

    Attributes
    ----------
    mean_ : ndarray of float32, shape (n_points, n_targets)
        Mean curves, in the targets' units.
    scale_ : ndarray of float32, shape (n_targets,)
        Spread about the mean curve; 1 for a target that does not vary.
    """

    def fit(self, targets: NDArray[np.float32]) -> Self:
        """Learn mean curves and spreads.

        Raises
        ------
        TargetError
            If a target has a phase at which no cycle was measured.
        """
        never = np.isnan(targets).all(axis=0).any(axis=0)
        if never.any():
            raise TargetError(
                expected="targets that some training cycle measured at every phase",
                got=f"none for the targets at positions {np.flatnonzero(never).tolist()}",
                where="Y",
                fix="leave these targets out, or add a laboratory that measured them",
            )
        mean: NDArray[np.float64] = np.nanmean(targets, axis=0, dtype=np.float64)
        self.mean_: NDArray[np.float32] = mean.astype(np.float32)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Degrees of freedom")
            spread = np.sqrt(np.nanmean((targets - self.mean_) ** 2, axis=(0, 1), dtype=np.float64))
        resolution = 10 * np.finfo(np.float32).eps * np.abs(self.mean_).max(axis=0)
        self.scale_ = np.where(spread > resolution, spread, 1.0).astype(np.float32)
        return self

    def transform(self, targets: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the targets in spreads about their mean curve; NaN stays."""
        scaled: NDArray[np.float32] = (targets - self.mean_) / self.scale_
        return scaled

    def inverse_transform(self, scaled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return scaled targets in their units."""
        targets: NDArray[np.float32] = scaled * self.scale_ + self.mean_
        return targets

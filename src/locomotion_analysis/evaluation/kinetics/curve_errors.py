"""Errors of predicted curves, from sums that each subject contributes to."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.evaluation.bootstrap import resampled_sums

Array = NDArray[np.float64]


class ErrorSums(NamedTuple):
    """What a root mean square error is made of.

    Attributes
    ----------
    squared : ndarray of float, shape (n_subjects, ...)
        Sums of squared errors.
    points : ndarray of float, shape (n_subjects, ...)
        Points summed.
    """

    squared: Array
    points: Array

    def rmse(self) -> Array:
        """Return the error over all subjects; NaN where nothing was measured."""
        return _root(self.squared.sum(axis=0), self.points.sum(axis=0))

    def of_subjects(self) -> Array:
        """Return the error of each subject."""
        return _root(self.squared, self.points)

    def draws(self, weights: NDArray[np.int64]) -> Array:
        """Return the error of each bootstrap draw of subjects."""
        return _root(resampled_sums(weights, self.squared), resampled_sums(weights, self.points))


def point_sums(
    true: NDArray[np.float32], predicted: NDArray[np.float32], subject: NDArray[np.intp]
) -> ErrorSums:
    """Sum squared errors by subject and point.

    Parameters
    ----------
    true, predicted : ndarray of float32, shape (n_cycles, 150)
        One channel; NaN in `true` where not measured.
    subject : ndarray of int, shape (n_cycles,)
        Number of each cycle's subject.
    """
    squared = (predicted.astype(np.float64) - true) ** 2
    known = np.isfinite(squared)
    both = np.stack([np.where(known, squared, 0.0), known], axis=-1)
    summed = _summed(both.reshape(len(both), -1), subject).reshape(-1, true.shape[1], 2)
    return ErrorSums(summed[..., 0], summed[..., 1])


def window_sums(
    true: NDArray[np.float32],
    predicted: NDArray[np.float32],
    subject: NDArray[np.intp],
    window: NDArray[Any],
    n_windows: int,
) -> ErrorSums:
    """Sum squared errors by subject and window of the cycle.

    Parameters
    ----------
    true, predicted, subject
        As for :func:`point_sums`.
    window : ndarray of int, shape (n_cycles, 150)
        Window of each point; points below 0 are left out.
    n_windows : int
        How many there are.
    """
    squared = (predicted.astype(np.float64) - true) ** 2
    known = np.isfinite(squared) & (window >= 0)
    n_subjects = int(subject.max()) + 1
    place = (subject[:, None] * n_windows + window)[known]
    sums = np.zeros((2, n_subjects * n_windows))
    for row, values in enumerate((squared[known], np.ones(place.size))):
        sums[row] = np.bincount(place, values, minlength=sums.shape[1])
    whole, points = sums.reshape(2, n_subjects, n_windows)
    return ErrorSums(whole, points)


def _summed(values: Array, subject: NDArray[np.intp]) -> Array:
    return pd.DataFrame(values).groupby(subject, sort=True).sum().to_numpy(dtype=np.float64)


def _root(squared: Array, points: Array) -> Array:
    mean = np.divide(squared, points, out=np.full(squared.shape, np.nan), where=points > 0)
    root: Array = np.sqrt(mean)
    return root

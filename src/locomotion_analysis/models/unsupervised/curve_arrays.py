"""Checks of curve arrays, and the weights of phases and of subjects."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import CycleShapeError, SchemaError

Floats = NDArray[np.float64]


def as_curves(X: ArrayLike) -> Floats:
    """Return curves as float64 of shape (n_curves, n_points, n_channels), all finite.

    Parameters
    ----------
    X : array_like, shape (n_curves, n_points, n_channels) or (n_curves, n_points)
        Curves; two dimensions are one channel.

    Raises
    ------
    CycleShapeError
        If it has another number of dimensions, or fewer than two points.
    SchemaError
        If a value is missing or infinite.
    """
    curves = np.asarray(X, dtype=np.float64)
    if curves.ndim == 2:
        curves = curves[:, :, None]
    if curves.ndim != 3 or curves.shape[1] < 2 or 0 in curves.shape:
        raise CycleShapeError(
            expected="curves of shape (n_curves, n_points, n_channels)",
            got=f"an array of shape {np.shape(X)}",
            fix="use data.array(channels) or prepare_sequential_features",
        )
    broken = ~np.isfinite(curves).all(axis=(1, 2))
    if broken.any():
        raise SchemaError(
            expected="curves without gaps",
            got=f"{int(broken.sum())} of {len(curves)} curves with missing or infinite values",
            where=f"rows {', '.join(map(str, np.flatnonzero(broken)[:5]))}",
            fix="leave these cycles out, or leave out the channel that has gaps",
        )
    return curves


def phase_weights(n_points: int, weights: ArrayLike | None = None) -> Floats:
    """Return the weight of each phase in an inner product, summing to one.

    Parameters
    ----------
    n_points : int
        Points of the evenly spaced phase grid.
    weights : array_like of shape (n_points,), optional
        Importance of each phase, for example zero in swing; multiplied with the trapezoid rule.

    Returns
    -------
    ndarray of shape (n_points,)
        The trapezoid rule counts the first and last point half: they are the same event.

    Raises
    ------
    SchemaError
        If `weights` has another length, is negative, not finite or zero everywhere.

    Examples
    --------
    >>> phase_weights(3).tolist()
    [0.25, 0.5, 0.25]
    """
    rule = np.ones(n_points)
    rule[[0, -1]] = 0.5
    if weights is not None:
        own = np.asarray(weights, dtype=np.float64)
        if own.shape != (n_points,) or not np.isfinite(own).all() or (own < 0).any():
            raise SchemaError(
                expected=f"{n_points} phase weights of zero or more",
                got=f"an array of shape {own.shape}"
                + (" with negative or missing values" if own.shape == (n_points,) else ""),
                where="weights",
            )
        rule = rule * own
    if rule.sum() <= 0:
        raise SchemaError(expected="a phase with a weight", got="zero at every phase")
    shares: Floats = rule / rule.sum()
    return shares


def row_weights(n_rows: int, sample_weight: ArrayLike | None) -> Floats:
    """Return the weight of each row, summing to one; equal where none are given.

    Raises
    ------
    SchemaError
        If there are not `n_rows` of them, or one is negative, or all are zero.
    """
    if sample_weight is None:
        return np.full(n_rows, 1.0 / n_rows)
    weights = np.asarray(sample_weight, dtype=np.float64)
    valid = weights.shape == (n_rows,) and np.isfinite(weights).all()
    if not valid or (weights < 0).any() or weights.sum() <= 0:
        raise SchemaError(
            expected=f"{n_rows} weights of zero or more, not all zero",
            got=f"an array of shape {weights.shape}",
            where="sample_weight",
        )
    total: Floats = weights / weights.sum()
    return total


def subject_row_weights(subjects: ArrayLike) -> Floats:
    """Return weights with which every subject counts the same, however many rows it has.

    Parameters
    ----------
    subjects : array_like, shape (n_rows,)
        Subject of each row.

    Examples
    --------
    >>> subject_row_weights(["A", "A", "B"]).tolist()
    [0.25, 0.25, 0.5]
    """
    names: NDArray[Any] = np.asarray(subjects, dtype=object).astype(str)
    _, codes, counts = np.unique(names, return_inverse=True, return_counts=True)
    weights: Floats = 1.0 / (len(counts) * counts[codes])
    return weights

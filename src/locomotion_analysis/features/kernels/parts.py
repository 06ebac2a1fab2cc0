"""Extremes, their places, mean and integrals of each curve over parts of its cycle."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import HAVE_NUMBA, inner, jit, prange

Curves = NDArray[np.float32]
Index = NDArray[np.int64]
Values = NDArray[np.float64]

MINIMUM, MAXIMUM, MINIMUM_AT, MAXIMUM_AT, MEAN, POSITIVE, NEGATIVE = range(7)
"""Rows of the result."""


def part_statistics_numpy(curves: Curves, first: Index, last: Index) -> Values:
    """Return extremes, their samples, mean and integrals over parts of each curve.

    A part that runs past the end goes on at the beginning: after the last sample comes sample 1,
    for the last and sample 0 are the same instant of a periodic curve.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)
    first, last : ndarray of int64, shape (n_parts, n_cycles)
        First and last sample of each part, both inside; ``last < first`` is an empty part.

    Returns
    -------
    ndarray, shape (7, n_parts, n_cycles)
        Minimum, maximum, sample (counted as `first` and `last`) of the minimum and of the maximum,
        mean, and the integrals of the positive and of the negative samples by the trapezoid rule,
        where a whole cycle is 1. NaN where a part is empty or any point of the curve is not finite.
    """
    return np.stack(
        [_part_numpy(curves, *edges) for edges in zip(first, last, strict=True)], axis=1
    )


def _part_numpy(curves: Curves, first: Index, last: Index) -> Values:
    period = curves.shape[1] - 1
    known = np.isfinite(curves).all(axis=1) & (last >= first)
    place = first[:, None] + np.arange(int(np.max(last - first, initial=0)) + 1)
    inside = (place <= last[:, None]) & known[:, None]
    sample = np.where(inside, np.where(place > period, place - period, place), 0)
    values = np.take_along_axis(np.where(known[:, None], curves, 0.0), sample, axis=1)
    values = values.astype(np.float64)
    low, high = np.where(inside, values, np.inf), np.where(inside, values, -np.inf)
    count = np.maximum(inside.sum(axis=1), 1)
    weight = inside - ((place == first[:, None]) | (place == last[:, None])) * inside / 2.0
    weight *= np.where(first == last, 0.0, 1.0)[:, None] / period
    found = np.stack(
        [
            low.min(axis=1),
            high.max(axis=1),
            first + low.argmin(axis=1),
            first + high.argmax(axis=1),
            np.sum(values * inside, axis=1) / count,
            np.sum(np.maximum(values, 0.0) * weight, axis=1),
            np.sum(np.minimum(values, 0.0) * weight, axis=1),
        ]
    )
    return np.where(known, found, np.nan)


@inner
def _is_finite(curve: Curves) -> bool:
    unknown = 0
    for value in curve:
        unknown += value - value != 0
    return unknown == 0


@inner
def _statistics_of_part(curve: Curves, first: int, last: int, found: Values) -> None:
    period = len(curve) - 1
    low, high = np.inf, -np.inf
    low_at, high_at = first, first
    total, positive = 0.0, 0.0
    for place in range(first, last + 1):
        value = float(curve[place - period if place > period else place])
        if value < low:
            low, low_at = value, place
        if value > high:
            high, high_at = value, place
        total += value
        positive += max(value, 0.0)
    begin = float(curve[first - period if first > period else first])
    end = float(curve[last - period if last > period else last])
    found[0], found[1], found[2], found[3] = low, high, low_at, high_at
    found[4] = total / (last - first + 1)
    found[5] = (positive - (max(begin, 0.0) + max(end, 0.0)) / 2.0) / period
    found[6] = (total - positive - (min(begin, 0.0) + min(end, 0.0)) / 2.0) / period


@jit
def _part_statistics_loops(curves: Curves, first: Index, last: Index) -> Values:
    n_parts, n_cycles = first.shape
    found = np.full((7, n_parts, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        if _is_finite(curves[cycle]):
            for part in range(n_parts):
                if last[part, cycle] >= first[part, cycle]:
                    _statistics_of_part(
                        curves[cycle],
                        first[part, cycle],
                        last[part, cycle],
                        found[:, part, cycle],
                    )
    return found


part_statistics = _part_statistics_loops if HAVE_NUMBA else part_statistics_numpy

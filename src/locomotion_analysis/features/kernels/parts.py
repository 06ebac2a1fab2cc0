"""Extremes, their places, mean and integrals of each curve over parts of its cycle."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.extremes import extreme_bits, first_places
from locomotion_analysis.features.kernels.jit import inner, jit, reordered

Curves = NDArray[np.float32]
Index = NDArray[np.int64]
Values = NDArray[np.float64]

MINIMUM, MAXIMUM, MINIMUM_AT, MAXIMUM_AT, MEAN, POSITIVE, NEGATIVE = range(7)
"""Rows of the result."""

_LANES = 32


# The curve and its second turn lie in one buffer, so that a part never wraps. A part is copied and
# filled up with its last sample: inner loops of whole vectors, without a scalar rest.


@inner
def _load(curves: Curves, cycle: int, turns: Curves) -> None:
    period = curves.shape[1] - 1
    for phase in range(period + 1):
        turns[phase] = curves[cycle, phase]
    for phase in range(1, period + 1):
        turns[period + phase] = turns[phase]


@inner
def _copy(turns: Curves, first: int, count: int, part: Curves) -> int:
    length = (count + _LANES - 1) // _LANES * _LANES
    begin = np.uint64(first)
    for place in range(np.uint64(count)):
        part[place] = turns[begin + place]
    for place in range(count, length):
        part[place] = part[count - 1]
    return length


@reordered
def _sums(part: Curves, count: int) -> tuple[float, float, float]:
    """Return the sums of 0 y (NaN unless all are finite), of y and of y above zero."""
    nothing, total, positive = np.float32(0.0), 0.0, 0.0
    for place in range(count):
        value = part[place]
        nothing += value - value
        total += np.float64(value)
        positive += np.float64(max(value, np.float32(0.0)))
    return np.float64(nothing), total, positive


@jit
def part_statistics(curves: Curves, first: Index, last: Index) -> Values:
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
    n_parts, n_cycles = first.shape
    period = curves.shape[1] - 1
    found = np.full((7, n_parts, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        turns = np.empty(2 * period + 1, np.float32)
        part = np.empty(2 * period + 1 + _LANES, np.float32)
        bits = np.empty(2, np.int32)
        extremes = bits.view(np.float32)
        _load(curves, cycle, turns)
        if _sums(turns, period + 1)[0] != 0:
            continue
        for number in range(n_parts):
            begin, end = first[number, cycle], last[number, cycle]
            count = end - begin + 1
            if count < 1:
                continue
            length = _copy(turns, begin, count, part)
            _, total, positive = _sums(part, count)
            bits[0], bits[1] = extreme_bits(part.view(np.int32), part.view(np.uint32), 0, length)
            low, high = extremes[0], extremes[1]
            low_at, high_at = first_places(part, 0, length, low, high)
            start, stop = np.float64(part[0]), np.float64(part[count - 1])
            found[0, number, cycle], found[1, number, cycle] = low, high
            found[2, number, cycle], found[3, number, cycle] = begin + low_at, begin + high_at
            found[4, number, cycle] = total / count
            above = positive - (max(start, 0.0) + max(stop, 0.0)) / 2.0
            below = total - positive - (min(start, 0.0) + min(stop, 0.0)) / 2.0
            found[5, number, cycle] = above / period
            found[6, number, cycle] = below / period
    return found

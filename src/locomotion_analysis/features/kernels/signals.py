"""Pairs of stretches of one series: how many match, and the lines in its recurrence plot."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.statistics import Index, Values, inner, jit

Flags = NDArray[np.uint8]

# Both go along the diagonals: all pairs of values a fixed time apart. Loops without branches over
# flags of one byte run on many pairs at once.


@inner
def _close(series: Values, apart: int, limit: float, found: Flags) -> None:
    """Flag values that differ by no more than `limit` from the one `apart` later."""
    later = series[apart:]
    for place in range(len(later)):
        found[place] = abs(series[place] - later[place]) <= limit


@inner
def _narrow(flags: Flags, close: Flags, shift: int) -> None:
    """Keep the flags where `close` holds `shift` later, too."""
    later = close[shift : shift + len(flags)]
    for place in range(len(flags)):
        flags[place] &= later[place]


@inner
def _count(flags: Flags) -> int:
    total = 0
    for flag in flags:
        total += flag
    return total


@jit
def matching_pairs(series: Values, length: int, limit: float) -> Index:
    """Count pairs of stretches of `length` values that match, and those that go on matching.

    Parameters
    ----------
    series : ndarray, shape (n,)
    length : int
    limit : float
        Stretches match that nowhere differ by more.

    Returns
    -------
    ndarray of int64, shape (2,)
        Pairs of different stretches that match, among the first ``n - length`` of them; those of
        these pairs that match one value later, too.
    """
    n_stretches = len(series) - length
    counts = np.zeros((n_stretches, 2), np.int64)
    for apart in prange(1, n_stretches):
        close = np.empty(len(series), np.uint8)
        _close(series, apart, limit, close)
        flags = close[: n_stretches - apart].copy()
        for place in range(1, length):
            _narrow(flags, close, place)
        counts[apart, 0] = _count(flags)
        _narrow(flags, close, length)
        counts[apart, 1] = _count(flags)
    total: Index = counts.sum(axis=0)
    return total


@jit
def diagonal_lines(
    series: Values, dimension: int, delay: int, radius: float, exclusion: int, shortest: int
) -> Index:
    """Count the points and diagonal lines of the recurrence plot of an embedded series.

    Parameters
    ----------
    series : ndarray, shape (n,)
    dimension, delay : int
        Of the embedding.
    radius : float
        States recur that differ by no more in any coordinate (maximum norm).
    exclusion : int
        Pairs of states less than this apart in time are left out; at least 1.
    shortest : int
        Recurrent points one after the other that make a line.

    Returns
    -------
    ndarray of int64, shape (4,)
        Pairs of states, recurrent pairs, recurrent pairs in lines, lines: on one side of the main
        diagonal.
    """
    n_states = len(series) - (dimension - 1) * delay
    counts = np.zeros((n_states, 4), np.int64)
    for apart in prange(exclusion, n_states):
        close = np.empty(len(series), np.uint8)
        _close(series, apart, radius, close)
        flags = close[: n_states - apart].copy()
        for coordinate in range(1, dimension):
            _narrow(flags, close, coordinate * delay)
        run, within, lines = 0, 0, 0
        for place in range(len(flags)):
            run = run + 1 if flags[place] else 0
            # A line counts when it is long enough, and grows from there.
            if run == shortest:
                within += run
                lines += 1
            elif run > shortest:
                within += 1
        counts[apart, 0], counts[apart, 1] = len(flags), _count(flags)
        counts[apart, 2], counts[apart, 3] = within, lines
    total: Index = counts.sum(axis=0)
    return total

"""Quantiles of the 150 points of each curve."""

from functools import lru_cache

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import inner, jit, read_only
from locomotion_analysis.standard import N_PHASES

Curves = NDArray[np.float32]
Levels = NDArray[np.float64]
Pairs = NDArray[np.uint64]
Values = NDArray[np.float64]

_LANES = 64
"""Curves that are sorted side by side: their samples fill whole vector registers."""


@lru_cache(maxsize=64)
def _exchanges(ranks: tuple[int, ...]) -> Pairs:
    """Return pairs of places whose smaller value goes to the first, larger to the second.

    Batcher's odd-even merge sort (Batcher 1968, doi:10.1145/1468075.1468121) of 150 values,
    less the exchanges that no value of the ranks asked for passes through.
    """
    pairs = []
    size = 1
    while size < N_PHASES:
        step = size
        while step >= 1:
            for start in range(step % size, N_PHASES - step, 2 * step):
                pairs += [
                    (low, low + step)
                    for low in range(start, min(start + step, N_PHASES - step))
                    if low // (2 * size) == (low + step) // (2 * size)
                ]
            step //= 2
        size *= 2
    needed, kept = set(ranks), []
    for low, high in reversed(pairs):
        if low in needed or high in needed:
            needed |= {low, high}
            kept.append((low, high))
    return np.array(kept[::-1], dtype=np.uint64)


# Turning curves into lanes costs as much as sorting if it goes sample by sample. Two neighbours
# are moved as one number of 64 bits and parted afterwards, whole registers at a time.


@inner
def _load(pairs: Pairs, channel: int, first: int, count: int, wide: Pairs) -> None:
    for lane in range(count):
        row = pairs[channel, first + lane]
        for pair in range(N_PHASES // 2):
            wide[pair, lane] = row[pair]


@inner
def _part(halves: Curves, tile: Curves) -> None:
    for pair in range(N_PHASES // 2):
        one, other, both = tile[2 * pair], tile[2 * pair + 1], halves[pair]
        for lane in range(np.uint64(_LANES)):
            one[lane] = both[np.uint64(2) * lane]
        for lane in range(np.uint64(_LANES)):
            other[lane] = both[np.uint64(2) * lane + np.uint64(1)]


@inner
def _exchange(tile: Curves, exchanges: Pairs) -> None:
    for number in range(len(exchanges)):
        low, high = tile[exchanges[number, 0]], tile[exchanges[number, 1]]
        for lane in range(_LANES):
            one, other = low[lane], high[lane]
            low[lane] = other if other < one else one
            high[lane] = one if other < one else other


@inner
def _check(tile: Curves, check: Curves) -> None:
    """Leave 0 for a curve that is finite throughout, NaN for another."""
    check[:] = 0.0
    for phase in range(N_PHASES):
        row = tile[phase]
        for lane in range(_LANES):
            check[lane] += np.float32(0.0) * row[lane]


@jit
def _quantiles_loops(pairs: Pairs, exchanges: Pairs, place: Levels, result: Values) -> None:
    n_channels, n_cycles, _ = pairs.shape
    chunks = (n_cycles + _LANES - 1) // _LANES
    for task in prange(n_channels * chunks):
        channel, first = task // chunks, task % chunks * _LANES
        count = min(_LANES, n_cycles - first)
        wide = np.zeros((N_PHASES // 2, _LANES), np.uint64)
        tile = np.empty((N_PHASES, _LANES), np.float32)
        check = np.empty(_LANES, np.float32)
        _load(pairs, channel, first, count, wide)
        _part(wide.view(np.float32), tile)
        _check(tile, check)
        _exchange(tile, exchanges)
        for level in range(len(place)):
            below = int(place[level])
            above = min(below + 1, N_PHASES - 1)
            share = place[level] - below
            for lane in range(count):
                low = np.float64(tile[below, lane]) + check[lane]
                result[level, channel, first + lane] = low + share * (tile[above, lane] - low)


def quantiles(block: Curves, levels: Levels) -> Values:
    """Return quantiles of every curve, linear between neighbouring values.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, 150)
        Curves, channel after channel.
    levels : ndarray, shape (n_levels,)
        Shares from 0 to 1.

    Returns
    -------
    ndarray, shape (n_levels, n_channels, n_cycles)
        NaN where any point of the curve is not finite.
    """
    curves = read_only(block)
    place = np.asarray(levels, dtype=np.float64) * (N_PHASES - 1)
    below = np.floor(place).astype(np.int64)
    ranks = np.unique([below, np.minimum(below + 1, N_PHASES - 1)])
    result = np.empty((len(place), *curves.shape[:2]))
    _quantiles_loops(curves.view(np.uint64), _exchanges(tuple(ranks.tolist())), place, result)
    return result

"""The statistics that most features start from, of all channels, in one pass a curve."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import (
    HAVE_NUMBA,
    inner,
    jit,
    prange,
    read_only,
    reordered,
)
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT

Curves = NDArray[np.float32]
Index = NDArray[np.int64]
Values = NDArray[np.float64]
Bits = NDArray[np.int32] | NDArray[np.uint32]

CORE_STATISTICS = (
    "mean",
    "std",
    "rms",
    "min",
    "max",
    "rom",
    "argmin_phase",
    "argmax_phase",
    "stance_min",
    "stance_max",
    "swing_min",
    "swing_max",
    "positive",
    "negative",
)
"""Rows of the result."""

_N_STATISTICS = len(CORE_STATISTICS)
_LANES, _LANES_LOG2 = 32, 5
"""Lengths of inner loops are multiples of this: no scalar rest after the vector instructions."""
_PADDED = (N_PHASES + _LANES - 1) // _LANES * _LANES
_LENGTH = _PADDED + 2 * _LANES
_CHUNK = 256
"""Cycles of one channel that one core takes at a time."""
_SIGN_BIT = 0x80000000
_STEP = 100.0 / (N_PHASES - 1)


def core_statistics_numpy(block: Curves, stance_index: Index) -> Values:
    """Return the core statistics of every curve.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, 150)
        Curves, channel after channel.
    stance_index : ndarray of int, shape (n_cycles,)
        Samples in stance; swing is the rest. Below 1: unknown.

    Returns
    -------
    ndarray, shape (n_channels, 14, n_cycles)
        In the order of :data:`CORE_STATISTICS`: mean, standard deviation (ddof=1), root mean
        square, smallest, largest value and their difference, phase (percent) of the first
        smallest and first largest value, extremes in stance and in swing (NaN where that part
        is unknown or empty), and the integrals of the positive and of the negative part over
        phase, trapezoid rule, where a cycle is 1. All NaN where any point of the curve is not
        finite.
    """
    block = np.asarray(block)
    finite: NDArray[np.bool_] = np.all(np.isfinite(block), axis=2)
    curves = np.where(finite[:, :, None], block, 0.0).astype(np.float64)
    stance = (np.arange(N_PHASES) < stance_index[:, None])[None]
    known = (stance_index > 0)[None, :, None]
    low, high = curves.min(axis=2), curves.max(axis=2)
    step = 1.0 / (N_PHASES - 1)
    rows = [
        curves.mean(axis=2),
        curves.std(axis=2, ddof=1),
        np.sqrt(np.square(curves).mean(axis=2)),
        low,
        high,
        high - low,
        PHASE_PERCENT[curves.argmin(axis=2)],
        PHASE_PERCENT[curves.argmax(axis=2)],
        *_extremes_numpy(curves, stance & known),
        *_extremes_numpy(curves, ~stance & known),
        np.trapezoid(np.maximum(curves, 0.0), dx=step, axis=2),
        np.trapezoid(np.minimum(curves, 0.0), dx=step, axis=2),
    ]
    return np.where(finite[:, None], np.stack(rows, axis=1), np.nan)


def _extremes_numpy(curves: Values, part: NDArray[np.bool_]) -> tuple[Values, Values]:
    low = np.where(part, curves, np.inf).min(axis=2)
    high = np.where(part, curves, -np.inf).max(axis=2)
    some: NDArray[np.bool_] = np.any(part, axis=2)
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


# A core's own copy of a curve: 32 times its first value, the curve, 42 times its last. What is
# read in whole vectors, forwards from toe-off or backwards from it, then never leaves its part.


@inner
def _load(block: Curves, channel: int, cycle: int, curve: Curves) -> None:
    for phase in range(N_PHASES):
        curve[phase + _LANES] = block[channel, cycle, phase]
    for place in range(_LANES):
        curve[place] = curve[_LANES]
    for place in range(_LANES + N_PHASES, _LENGTH):
        curve[place] = curve[_LANES + N_PHASES - 1]


@reordered
def _sums(curve: Curves) -> tuple[float, float, float]:
    """Return the sums of y, |y| and (y - y[0])^2; the shift keeps small variations exact."""
    start = np.float64(curve[_LANES])
    total, size, square = 0.0, 0.0, 0.0
    for phase in range(N_PHASES):
        value = np.float64(curve[phase + _LANES])
        total += value
        size += abs(value)
        square += (value - start) * (value - start)
    return total, size, square


@inner
def _extremes(
    signed: Bits, unsigned: Bits, begin: int, length: int
) -> tuple[np.integer, np.integer]:
    """Return the bits of the smallest and the largest of some finite float32 numbers.

    Read as integers, floats above zero are in order, and those below zero in reverse. Minima
    of integers are vectorised as they are, those of floats only if NaN were ruled out.
    """
    first = np.uint64(begin)
    lowest, highest, furthest = signed[first], signed[first], unsigned[first]
    for place in range(length):
        value = signed[first + np.uint64(place)]
        bits = unsigned[first + np.uint64(place)]
        lowest = value if value < lowest else lowest
        highest = value if value > highest else highest
        furthest = bits if bits > furthest else furthest
    low = np.int32(furthest) if furthest >= np.uint32(_SIGN_BIT) else lowest
    high = highest if highest >= 0 else lowest
    return low, high


@inner
def _first_places(curve: Curves, low: float, high: float) -> tuple[np.integer, np.integer]:
    nowhere = np.int32(_PADDED)
    first_low, first_high = nowhere, nowhere
    for phase in range(_PADDED):
        here = np.int32(phase)
        first_low = min(first_low, here if curve[phase + _LANES] == low else nowhere)
        first_high = min(first_high, here if curve[phase + _LANES] == high else nowhere)
    return first_low, first_high


@inner
def _whole_lanes(length: int) -> int:
    return ((length + _LANES - 1) >> _LANES_LOG2) << _LANES_LOG2


@jit
def _core_statistics_loops(block: Curves, stance_index: Index) -> Values:
    n_channels, n_cycles, _ = block.shape
    result = np.empty((n_channels, _N_STATISTICS, n_cycles))
    chunks = (n_cycles + _CHUNK - 1) // _CHUNK
    for task in prange(n_channels * chunks):
        channel, first = task // chunks, task % chunks * _CHUNK
        curve = np.empty(_LENGTH, np.float32)
        signed, unsigned = curve.view(np.int32), curve.view(np.uint32)
        bits = np.empty(4, np.int32)
        extremes = bits.view(np.float32)
        for cycle in range(first, min(first + _CHUNK, n_cycles)):
            _load(block, channel, cycle, curve)
            total, size, square = _sums(curve)
            if not np.isfinite(size):
                for row in range(_N_STATISTICS):
                    result[channel, row, cycle] = np.nan
                continue
            toe_off = stance_index[cycle]
            known = toe_off > 0
            if not known or toe_off > N_PHASES:
                toe_off = N_PHASES
            length = _whole_lanes(toe_off)
            bits[0], bits[1] = _extremes(signed, unsigned, _LANES + toe_off - length, length)
            bits[2], bits[3] = _extremes(
                signed, unsigned, _LANES + toe_off, _whole_lanes(N_PHASES - toe_off)
            )
            low, high = min(extremes[0], extremes[2]), max(extremes[1], extremes[3])
            low_place, high_place = _first_places(curve, low, high)
            start = np.float64(curve[_LANES])
            end = np.float64(curve[_LANES + N_PHASES - 1])
            shift = total - N_PHASES * start
            above, below = (size + total) / 2.0, (total - size) / 2.0
            above -= (max(start, 0.0) + max(end, 0.0)) / 2.0
            below -= (min(start, 0.0) + min(end, 0.0)) / 2.0
            variance = (square - shift * shift / N_PHASES) / (N_PHASES - 1)
            energy = square + 2.0 * start * shift + N_PHASES * start * start
            has_swing = known and toe_off < N_PHASES
            result[channel, 0, cycle] = total / N_PHASES
            result[channel, 1, cycle] = np.sqrt(max(variance, 0.0))
            result[channel, 2, cycle] = np.sqrt(max(energy, 0.0) / N_PHASES)
            result[channel, 3, cycle] = low
            result[channel, 4, cycle] = high
            result[channel, 5, cycle] = np.float64(high) - np.float64(low)
            result[channel, 6, cycle] = low_place * _STEP
            result[channel, 7, cycle] = high_place * _STEP
            result[channel, 8, cycle] = extremes[0] if known else np.nan
            result[channel, 9, cycle] = extremes[1] if known else np.nan
            result[channel, 10, cycle] = extremes[2] if has_swing else np.nan
            result[channel, 11, cycle] = extremes[3] if has_swing else np.nan
            result[channel, 12, cycle] = above / (N_PHASES - 1)
            result[channel, 13, cycle] = below / (N_PHASES - 1)
    return result


def core_statistics(block: Curves, stance_index: Index) -> Values:
    """Return what :func:`core_statistics_numpy` returns, compiled where numba is installed."""
    if not HAVE_NUMBA:
        return core_statistics_numpy(block, stance_index)
    return _core_statistics_loops(
        read_only(block), np.ascontiguousarray(stance_index, dtype=np.int64)
    )

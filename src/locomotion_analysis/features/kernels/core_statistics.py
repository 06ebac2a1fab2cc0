"""The statistics that most features start from, of all channels, in one pass a curve."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.extremes import extreme_bits, first_places
from locomotion_analysis.features.kernels.jit import (
    inner,
    jit,
    read_only,
    reordered,
)
from locomotion_analysis.standard import N_PHASES

Curves = NDArray[np.float32]
Index = NDArray[np.int64]
Values = NDArray[np.float64]

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
_SMALLEST_SQUARE, _LARGEST_SQUARE = 1e-25, 1e30
"""Between these a sum of squares keeps the precision of float32."""
_STEP = 100.0 / (N_PHASES - 1)


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
def _signed_sums(curve: Curves) -> tuple[np.float32, np.float32]:
    """Return the sums of the samples above and of those below zero."""
    zero = np.float32(0.0)
    above, below = zero, zero
    for phase in range(N_PHASES):
        value = curve[phase + _LANES]
        above += max(value, zero)
        below += min(value, zero)
    return above, below


@reordered
def _spread(curve: Curves, centre: np.float32) -> tuple[np.float32, np.float32]:
    """Return the sums of y - centre and of its square: exact to rounding if centre is near."""
    zero = np.float32(0.0)
    shift, square = zero, zero
    for phase in range(N_PHASES):
        off = curve[phase + _LANES] - centre
        shift += off
        square += off * off
    return shift, square


@reordered
def _spread_of_extreme_sizes(curve: Curves, centre: np.float64) -> tuple[np.float64, np.float64]:
    """Return what :func:`_spread` returns where squares leave the range of float32."""
    shift, square = np.float64(0.0), np.float64(0.0)
    for phase in range(N_PHASES):
        off = np.float64(curve[phase + _LANES]) - centre
        shift += off
        square += off * off
    return shift, square


@inner
def _whole_lanes(length: int) -> int:
    return ((length + _LANES - 1) >> _LANES_LOG2) << _LANES_LOG2


@jit
def _core_statistics_loops(block: Curves, stance_index: Index, result: Curves) -> None:
    n_channels, n_cycles, _ = block.shape
    chunks = (n_cycles + _CHUNK - 1) // _CHUNK
    for task in prange(n_channels * chunks):
        channel, first = task // chunks, task % chunks * _CHUNK
        curve = np.empty(_LENGTH, np.float32)
        signed, unsigned = curve.view(np.int32), curve.view(np.uint32)
        bits = np.empty(4, np.int32)
        extremes = bits.view(np.float32)
        zero, unknown = np.float32(0.0), np.float32(np.nan)
        for cycle in range(first, min(first + _CHUNK, n_cycles)):
            _load(block, channel, cycle, curve)
            above, below = _signed_sums(curve)
            if not above - below < np.inf:
                for row in range(_N_STATISTICS):
                    result[channel, row, cycle] = unknown
                continue
            centre = (above + below) / np.float32(N_PHASES)
            near_shift, near_square = _spread(curve, centre)
            shift, square = np.float64(near_shift), np.float64(near_square)
            if not _SMALLEST_SQUARE < square < _LARGEST_SQUARE:
                shift, square = _spread_of_extreme_sizes(curve, np.float64(centre))
            mean = np.float64(centre) + shift / N_PHASES
            variance = max(square - shift * shift / N_PHASES, np.float64(0.0))
            toe_off = stance_index[cycle]
            known = toe_off > 0
            if not known or toe_off > N_PHASES:
                toe_off = N_PHASES
            length = _whole_lanes(toe_off)
            bits[0], bits[1] = extreme_bits(signed, unsigned, _LANES + toe_off - length, length)
            bits[2], bits[3] = extreme_bits(
                signed, unsigned, _LANES + toe_off, _whole_lanes(N_PHASES - toe_off)
            )
            low, high = min(extremes[0], extremes[2]), max(extremes[1], extremes[3])
            low_place, high_place = first_places(curve, _LANES, _PADDED, low, high)
            if low == high:
                mean, variance = np.float64(low), np.float64(0.0)
            start, end = curve[_LANES], curve[_LANES + N_PHASES - 1]
            above -= max(start, zero) / np.float32(2.0) + max(end, zero) / np.float32(2.0)
            below -= min(start, zero) / np.float32(2.0) + min(end, zero) / np.float32(2.0)
            has_swing = known and toe_off < N_PHASES
            result[channel, 0, cycle] = mean
            result[channel, 1, cycle] = np.sqrt(variance / (N_PHASES - 1))
            result[channel, 2, cycle] = np.sqrt(variance / N_PHASES + mean * mean)
            result[channel, 3, cycle] = low
            result[channel, 4, cycle] = high
            result[channel, 5, cycle] = high - low
            result[channel, 6, cycle] = low_place * _STEP
            result[channel, 7, cycle] = high_place * _STEP
            result[channel, 8, cycle] = extremes[0] if known else unknown
            result[channel, 9, cycle] = extremes[1] if known else unknown
            result[channel, 10, cycle] = extremes[2] if has_swing else unknown
            result[channel, 11, cycle] = extremes[3] if has_swing else unknown
            result[channel, 12, cycle] = above / np.float32(N_PHASES - 1)
            result[channel, 13, cycle] = below / np.float32(N_PHASES - 1)


def core_statistics(block: Curves, stance_index: Index) -> Curves:
    """Return the core statistics of every curve.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, 150)
        Curves, channel after channel.
    stance_index : ndarray of int, shape (n_cycles,)
        Samples in stance; swing is the rest. Below 1: unknown.

    Returns
    -------
    ndarray of float32, shape (n_channels, 14, n_cycles)
        In the order of :data:`CORE_STATISTICS`: mean, standard deviation (ddof=1), root mean
        square, smallest, largest value and their difference, phase (percent) of the first
        smallest and first largest value, extremes in stance and in swing (NaN where that part
        is unknown or empty), and the integrals of the positive and of the negative part over
        phase, trapezoid rule, where a cycle is 1. All NaN where any point of the curve is not
        finite.
    """
    curves = read_only(block)
    # NumPy asks for large pages, numba does not: the first write to each page costs time.
    result = np.empty((len(curves), _N_STATISTICS, curves.shape[1]), np.float32)
    _core_statistics_loops(curves, np.ascontiguousarray(stance_index, dtype=np.int64), result)
    return result

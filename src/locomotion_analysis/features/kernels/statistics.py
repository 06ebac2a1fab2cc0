"""Statistics of each curve: over the cycle, over parts of it, at phases, of its derivatives.

How kernels are compiled stands here too.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import Lock
from typing import Any, TypeVar

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.standard import N_PHASES

# How kernels are compiled.
#
# A kernel is a function of plain loops over arrays::
#
#     @jit
#     def rise(curves):
#         result = np.empty(len(curves))
#         for cycle in prange(len(curves)):
#             ...
#         return result
#
# Pass curves as they come from a view: float32, C-contiguous, read-only. (To numba a writeable
# array is another type, for which it would compile once more.) Functions called by a kernel are
# marked `inner` and stand in the kernel's own file: numba's cache notices changes of that file only.
# (`is_finite`, `extreme_bits` and `first_places` also serve the other files: after a change of these,
# remove the cached kernels, ``kernels/__pycache__``.)
#
# Inside ``prange`` index the shared arrays (``curves[cycle, phase]``) instead of taking slices of them:
# a slice counts references to the array, and cores that count at once wait for each other. Measured
# on two cores, the core statistics took 4.4 instead of 2.6 µs a cycle of 24 channels with slices.


Curves = NDArray[np.float32]
Values = NDArray[np.float64]
Index = NDArray[np.int64]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_OPTIONS = {"cache": True, "error_model": "numpy"}
_one_at_a_time = Lock()


def jit(function: _Function) -> _Function:
    """Compile a kernel at its first call, parallel over its ``prange``, cached on disk.

    Kernels run one at a time, each on all cores: numba's own thread pool ends the process when
    two Python threads use it at once.
    """
    compiled = numba.njit(parallel=True, nogil=True, **_OPTIONS)(function)

    @wraps(function)
    def run(*arguments: Any) -> Any:
        with _one_at_a_time:
            return compiled(*arguments)

    return run  # type: ignore[return-value]


def inner(function: _Function) -> _Function:
    """Compile a function that kernels call."""
    compiled: _Function = numba.njit(**_OPTIONS)(function)
    return compiled


def reordered(function: _Function) -> _Function:
    """Compile a function like :func:`inner` whose sums may be added in any order.

    The processor then adds several terms at once. Nothing is assumed about NaN or infinity.
    """
    compiled: _Function = numba.njit(fastmath={"reassoc", "contract"}, **_OPTIONS)(function)
    return compiled


def read_only(curves: NDArray[Any]) -> NDArray[np.float32]:
    """Return curves as every kernel takes them: float32, C-contiguous, read-only."""
    view: NDArray[np.float32] = np.ascontiguousarray(curves, dtype=np.float32).view()
    view.flags.writeable = False
    return view


# Inner functions that kernels of several files share: what is finite, extremes and their places

Bits = NDArray[np.int32] | NDArray[np.uint32]

_SIGN_BIT = 0x80000000


@reordered
def is_finite(curve: NDArray[np.float32]) -> bool:
    """Return whether all points of a curve are finite."""
    unknown = np.float32(0.0)
    for value in curve:
        unknown += value - value
    return bool(unknown == 0)


@inner
def extreme_bits(
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
def first_places(
    values: NDArray[np.float32], begin: int, length: int, low: float, high: float
) -> tuple[np.integer, np.integer]:
    """Return where, counted from `begin`, two values first stand; `length` for nowhere."""
    nowhere = np.int32(length)
    first_low, first_high = nowhere, nowhere
    for place in range(length):
        here = np.int32(place)
        first_low = min(first_low, here if values[place + begin] == low else nowhere)
        first_high = min(first_high, here if values[place + begin] == high else nowhere)
    return first_low, first_high


# Values of each curve at phases between its samples


@jit
def at_phase(curves: Curves, percent: Values) -> Values:
    """Return the values of each curve at given phases, linear between samples.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)
    percent : ndarray, shape (n_places, n_cycles)
        Phase, percent of the cycle, 0 or more; beyond 100 the cycle begins anew.

    Returns
    -------
    ndarray, shape (n_places, n_cycles)
        NaN where the phase is NaN or any point of the curve is not finite.
    """
    n_places, n_cycles = percent.shape
    period = curves.shape[1] - 1
    found = np.full((n_places, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        if not is_finite(curves[cycle]):
            continue
        for row in range(n_places):
            phase = percent[row, cycle]
            if not np.isfinite(phase):
                continue
            place = (phase - 100.0 if phase > 100.0 else phase) / 100.0 * period
            before = min(int(place), period - 1)
            low = float(curves[cycle, before])
            step = float(curves[cycle, before + 1]) - low
            found[row, cycle] = low + (place - before) * step
    return found


# The statistics that most features start from, of all channels, in one pass a curve

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
def _load_curve(block: Curves, channel: int, cycle: int, curve: Curves) -> None:
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
            _load_curve(block, channel, cycle, curve)
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


# Peaks of the first and second derivative of each curve over time


@reordered
def _differences(curve: Curves, first: Curves, second: Curves) -> float:
    """Fill in y[k+1] - y[k-1] and the second difference; NaN unless all of them are finite."""
    nothing = np.float32(0.0)
    for place in range(len(first)):
        before, here, after = curve[place], curve[place + 1], curve[place + 2]
        first[place] = after - before
        second[place] = (after - here) - (here - before)
        nothing += first[place] - first[place] + (second[place] - second[place])
    return np.float64(nothing)


@jit
def derivative_peaks(curves: Curves) -> Values:
    """Return the peaks of the derivatives of each curve with respect to the share of the cycle.

    Central differences at the inner samples; one cycle is 1.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)

    Returns
    -------
    ndarray, shape (6, n_cycles)
        Largest and smallest first derivative, their samples, largest and smallest second
        derivative. NaN where any point of the curve is not finite.
    """
    n_cycles, n_phases = curves.shape
    period = n_phases - 1
    found = np.full((6, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        curve = np.empty(n_phases, np.float32)
        first, second = np.empty(period - 1, np.float32), np.empty(period - 1, np.float32)
        bits = np.empty(4, np.int32)
        extremes = bits.view(np.float32)
        for phase in range(n_phases):
            curve[phase] = curves[cycle, phase]
        if _differences(curve, first, second) != 0:
            continue
        inside = period - 1
        signed, unsigned = first.view(np.int32), first.view(np.uint32)
        bits[0], bits[1] = extreme_bits(signed, unsigned, 0, inside)
        signed, unsigned = second.view(np.int32), second.view(np.uint32)
        bits[2], bits[3] = extreme_bits(signed, unsigned, 0, inside)
        least, most, less, more = extremes
        least_at, most_at = first_places(first, 0, inside, least, most)
        found[0, cycle], found[1, cycle] = most * (period / 2), least * (period / 2)
        found[2, cycle], found[3, cycle] = most_at + 1, least_at + 1
        found[4, cycle], found[5, cycle] = more * period**2, less * period**2
    return found


# Amplitude and phase of the first harmonics of each curve


def harmonic_basis(n_phases: int, n_harmonics: int) -> Values:
    """Return the vectors that give Fourier coefficients as scalar products.

    The first and the last sample are the same instant of the cycle and count one half each
    (trapezoid rule), so a curve that does not quite close adds no step of its own.

    Returns
    -------
    ndarray, shape (n_phases, 2 * n_harmonics)
        Cosines of harmonic 1, 2, ..., then sines.
    """
    period = n_phases - 1
    angle = 2.0 * np.pi * np.outer(np.arange(n_phases) / period, np.arange(1, n_harmonics + 1))
    weight = np.full(n_phases, 2.0 / period)
    weight[[0, -1]] /= 2.0
    return np.ascontiguousarray(weight[:, None] * np.hstack([np.cos(angle), np.sin(angle)]))


@jit
def harmonics(curves: Curves, basis: Values) -> Values:
    """Return amplitudes A and phases p of ``x(t) = a0 + sum A_k cos(2 pi k t - p_k)``.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)
    basis : ndarray, shape (n_phases, 2 * n_harmonics)
        Of :func:`harmonic_basis`.

    Returns
    -------
    ndarray, shape (2 * n_harmonics, n_cycles)
        Amplitudes in the unit of the curves, then phases in rad, -pi to pi. NaN where any point
        of the curve is not finite.
    """
    n_cycles, n_phases = curves.shape
    n_harmonics = basis.shape[1] // 2
    found = np.empty((2 * n_harmonics, n_cycles))
    for cycle in prange(n_cycles):
        parts = np.zeros(2 * n_harmonics)
        for phase in range(n_phases):
            value = float(curves[cycle, phase])
            for vector in range(2 * n_harmonics):
                parts[vector] += value * basis[phase, vector]
        for row in range(n_harmonics):
            cosine, sine = parts[row], parts[n_harmonics + row]
            known = np.isfinite(parts).all()
            found[row, cycle] = np.sqrt(cosine**2 + sine**2) if known else np.nan
            found[n_harmonics + row, cycle] = np.arctan2(sine, cosine) if known else np.nan
    return found


# Extremes, their places, mean and integrals of each curve over parts of its cycle

MINIMUM, MAXIMUM, MINIMUM_AT, MAXIMUM_AT, MEAN = range(5)
"""Rows of the result."""


# The curve and its second turn lie in one buffer, so that a part never wraps. A part is copied and
# filled up with its last sample: inner loops of whole vectors, without a scalar rest.


@inner
def _load_turns(curves: Curves, cycle: int, turns: Curves) -> None:
    period = curves.shape[1] - 1
    for phase in range(period + 1):
        turns[phase] = curves[cycle, phase]
    for phase in range(1, period + 1):
        turns[period + phase] = turns[phase]


@inner
def _copy_part(turns: Curves, first: int, count: int, part: Curves) -> int:
    length = _whole_lanes(count)
    begin = np.uint64(first)
    for place in range(np.uint64(count)):
        part[place] = turns[begin + place]
    for place in range(count, length):
        part[place] = part[count - 1]
    return length


@reordered
def _sums(part: Curves, count: int) -> tuple[float, float]:
    """Return the sums of 0 y (NaN unless all are finite) and of y."""
    nothing, total = np.float32(0.0), 0.0
    for place in range(count):
        value = part[place]
        nothing += value - value
        total += np.float64(value)
    return np.float64(nothing), total


@jit
def part_statistics(curves: Curves, first: Index, last: Index) -> Values:
    """Return extremes, their samples and the mean over parts of each curve.

    A part that runs past the end goes on at the beginning: after the last sample comes sample 1,
    for the last and sample 0 are the same instant of a periodic curve.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)
    first, last : ndarray of int64, shape (n_parts, n_cycles)
        First and last sample of each part, both inside; ``last < first`` is an empty part.

    Returns
    -------
    ndarray, shape (5, n_parts, n_cycles)
        Minimum, maximum, sample (counted as `first` and `last`) of the minimum and of the maximum,
        and mean. NaN where a part is empty or any point of the curve is not finite.
    """
    n_parts, n_cycles = first.shape
    period = curves.shape[1] - 1
    found = np.full((5, n_parts, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        turns = np.empty(2 * period + 1, np.float32)
        part = np.empty(2 * period + 1 + _LANES, np.float32)
        bits = np.empty(2, np.int32)
        extremes = bits.view(np.float32)
        _load_turns(curves, cycle, turns)
        if _sums(turns, period + 1)[0] != 0:
            continue
        for number in range(n_parts):
            begin, end = first[number, cycle], last[number, cycle]
            count = end - begin + 1
            if count < 1:
                continue
            length = _copy_part(turns, begin, count, part)
            total = _sums(part, count)[1]
            bits[0], bits[1] = extreme_bits(part.view(np.int32), part.view(np.uint32), 0, length)
            low, high = extremes[0], extremes[1]
            low_at, high_at = first_places(part, 0, length, low, high)
            found[0, number, cycle], found[1, number, cycle] = low, high
            found[2, number, cycle], found[3, number, cycle] = begin + low_at, begin + high_at
            found[4, number, cycle] = total / count
    return found


@jit
def part_integrals(curves: Curves, begin: Values, end: Values) -> Values:
    """Return the integrals of the positive and of the negative part of each curve between phases.

    The curve is linear between samples, and each piece is integrated exactly: from the phase
    itself to the next sample, and up to where the curve crosses zero.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)
    begin, end : ndarray, shape (n_parts, n_cycles)
        Percent of the cycle, 0 to 200; beyond 100 the cycle begins anew.

    Returns
    -------
    ndarray, shape (2, n_parts, n_cycles)
        Above and below zero; a whole cycle is 1. NaN where a phase is not known, the end comes
        before the beginning, or any point of the curve is not finite.
    """
    n_parts, n_cycles = begin.shape
    period = curves.shape[1] - 1
    found = np.full((2, n_parts, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        if not is_finite(curves[cycle]):
            continue
        for number in range(n_parts):
            place, last = begin[number, cycle] * period / 100, end[number, cycle] * period / 100
            if not 0 <= place <= last:
                continue
            above, below = 0.0, 0.0
            while place < last:
                sample = int(place)
                stop = min(sample + 1.0, last)
                low, high = curves[cycle, sample % period], curves[cycle, sample % period + 1]
                before = low + (place - sample) * (high - low)
                after = low + (stop - sample) * (high - low)
                rise, fall = max(before, 0.0) + max(after, 0.0), min(before, 0.0) + min(after, 0.0)
                # Where the piece crosses zero each part is a triangle over its share of the width.
                size = rise - fall
                width = (stop - place) / 2.0
                if size > 0:
                    above += width * rise * (rise / size)
                    below += width * fall * (-fall / size)
                place = stop
            found[0, number, cycle], found[1, number, cycle] = above / period, below / period
    return found


# Quantiles of the 150 points of each curve

Pairs = NDArray[np.uint64]

_ABREAST = 64
"""Curves that are sorted side by side: their samples fill whole vector registers."""


@lru_cache(maxsize=64)
def sorting_exchanges(ranks: tuple[int, ...]) -> Pairs:
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
def _load_pairs(pairs: Pairs, channel: int, first: int, count: int, wide: Pairs) -> None:
    for lane in range(count):
        row = pairs[channel, first + lane]
        for pair in range(N_PHASES // 2):
            wide[pair, lane] = row[pair]


@inner
def _part_pairs(halves: Curves, tile: Curves) -> None:
    for pair in range(N_PHASES // 2):
        one, other, both = tile[2 * pair], tile[2 * pair + 1], halves[pair]
        for lane in range(np.uint64(_ABREAST)):
            one[lane] = both[np.uint64(2) * lane]
        for lane in range(np.uint64(_ABREAST)):
            other[lane] = both[np.uint64(2) * lane + np.uint64(1)]


@inner
def _exchange(tile: Curves, exchanges: Pairs) -> None:
    for number in range(len(exchanges)):
        low, high = tile[exchanges[number, 0]], tile[exchanges[number, 1]]
        for lane in range(_ABREAST):
            one, other = low[lane], high[lane]
            low[lane] = other if other < one else one
            high[lane] = one if other < one else other


@inner
def _mark_unknown(tile: Curves, check: Curves) -> None:
    """Leave 0 for a curve that is finite throughout, NaN for another."""
    check[:] = 0.0
    for phase in range(N_PHASES):
        row = tile[phase]
        for lane in range(_ABREAST):
            check[lane] += np.float32(0.0) * row[lane]


@jit
def _quantiles_loops(pairs: Pairs, exchanges: Pairs, place: Values, result: Values) -> None:
    n_channels, n_cycles, _ = pairs.shape
    chunks = (n_cycles + _ABREAST - 1) // _ABREAST
    for task in prange(n_channels * chunks):
        channel, first = task // chunks, task % chunks * _ABREAST
        count = min(_ABREAST, n_cycles - first)
        wide = np.zeros((N_PHASES // 2, _ABREAST), np.uint64)
        tile = np.empty((N_PHASES, _ABREAST), np.float32)
        check = np.empty(_ABREAST, np.float32)
        _load_pairs(pairs, channel, first, count, wide)
        _part_pairs(wide.view(np.float32), tile)
        _mark_unknown(tile, check)
        _exchange(tile, exchanges)
        for level in range(len(place)):
            below = int(place[level])
            above = min(below + 1, N_PHASES - 1)
            share = place[level] - below
            for lane in range(count):
                low = np.float64(tile[below, lane]) + check[lane]
                result[level, channel, first + lane] = low + share * (tile[above, lane] - low)


def quantiles(block: Curves, levels: Values) -> Values:
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
    _quantiles_loops(
        curves.view(np.uint64), sorting_exchanges(tuple(ranks.tolist())), place, result
    )
    return result

"""When a foot is on the ground, from its vertical force and a contact threshold."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.extremes import is_finite
from locomotion_analysis.features.kernels.jit import inner, jit

Curves = NDArray[np.float32]
Values = NDArray[np.float64]

SHORTEST = 8
"""Samples (5 % of the cycle): a shorter stretch is noise, not a swing or a stance."""


@inner
def _crossing(curve: Curves, threshold: float, before: int, period: int) -> float:
    low = float(curve[before]) - threshold
    high = float(curve[(before + 1) % period]) - threshold
    place = before + low / (low - high)
    return float(place % period * 100.0 / period)


@jit
def toe_off(force: Curves, threshold: Values) -> Values:
    """Return the phase at which the longest unloaded stretch begins.

    Parameters
    ----------
    force : ndarray, shape (n_cycles, n_phases)
        Vertical force.
    threshold : ndarray, shape (n_cycles,)
        Above it the foot is on the ground.

    Returns
    -------
    ndarray, shape (n_cycles,)
        Percent of the cycle, linear between samples; NaN where the foot is off the ground for
        less than 8 samples or on it for less before that, or any point is not finite.
    """
    n_cycles, n_phases = force.shape
    found = np.full(n_cycles, np.nan)
    for cycle in prange(n_cycles):
        if not is_finite(force[cycle]):
            continue
        limit = threshold[cycle]
        last_loaded, longest, before = -1, 0, -1
        for phase in range(n_phases):
            if float(force[cycle, phase]) - limit > 0:
                last_loaded = phase
            elif phase - last_loaded > longest:
                longest, before = phase - last_loaded, last_loaded
        if longest >= SHORTEST and before >= SHORTEST:
            high = float(force[cycle, before]) - limit
            low = float(force[cycle, before + 1]) - limit
            found[cycle] = (before + high / (high - low)) * 100.0 / (n_phases - 1)
    return found


@jit
def swing(force: Curves, threshold: Values) -> Values:
    """Return when the longest unloaded stretch of each cycle begins and ends.

    The cycle is closed: a stretch may run past the end and on from the beginning.

    Parameters
    ----------
    force, threshold
        As for :func:`toe_off`.

    Returns
    -------
    ndarray, shape (2, n_cycles)
        Phases where the force falls below and rises above the threshold, linear between samples,
        percent (0 to 100). NaN where the foot is always on or off the ground for less than 8
        samples, or any point is not finite.
    """
    n_cycles, n_phases = force.shape
    period = n_phases - 1
    found = np.full((2, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        limit = threshold[cycle]
        turn, n_off = -1, 0
        for phase in range(period):
            if float(force[cycle, phase]) - limit > 0:
                turn = phase if turn < 0 else turn
            else:
                n_off += 1
        if turn < 0 or period - n_off < SHORTEST or not is_finite(force[cycle]):
            continue
        length, longest, longest_end = 0, 0, 0
        for step in range(turn + 1, turn + period + 1):
            place = step - period if step >= period else step
            if float(force[cycle, place]) - limit > 0:
                length = 0
            else:
                length += 1
                if length > longest:
                    longest, longest_end = length, step
        if longest >= SHORTEST:
            begin = (longest_end - longest) % period
            found[0, cycle] = _crossing(force[cycle], limit, begin, period)
            found[1, cycle] = _crossing(force[cycle], limit, longest_end % period, period)
    return found


@jit
def loaded_percent(
    force: Curves, threshold: Values, other: Curves, other_threshold: Values
) -> Values:
    """Return for how much of the cycle two forces are above their thresholds together.

    Parameters
    ----------
    force, other : ndarray, shape (n_cycles, n_phases)
        Vertical forces; the same one twice for the stance of one foot.
    threshold, other_threshold : ndarray, shape (n_cycles,)

    Returns
    -------
    ndarray, shape (n_cycles,)
        Percent; the smaller of the two loads is linear between samples. NaN where any point is not finite.
    """
    n_cycles, n_phases = force.shape
    found = np.full(n_cycles, np.nan)
    for cycle in prange(n_cycles):
        if not (is_finite(force[cycle]) and is_finite(other[cycle])):
            continue
        limit, other_limit, total = threshold[cycle], other_threshold[cycle], 0.0
        start = min(force[cycle, 0] - limit, other[cycle, 0] - other_limit)
        for phase in range(1, n_phases):
            end = min(force[cycle, phase] - limit, other[cycle, phase] - other_limit)
            size = abs(start) + abs(end)
            above = max(start, 0.0) + max(end, 0.0)
            total += above / size if size > 0 else 0.0
            start = end
        found[cycle] = 100.0 * total / (n_phases - 1)
    return found

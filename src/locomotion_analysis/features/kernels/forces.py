"""Ground reaction force: its peaks, when the foot is on the ground, the path under the foot."""

import numpy as np
from numba import prange

from locomotion_analysis.features.kernels.statistics import (
    Curves,
    Index,
    Values,
    inner,
    is_finite,
    jit,
)
from locomotion_analysis.standard import N_PHASES

# First peak, valley and second peak of a force that rises twice in stance

_STEP = 100.0 / (N_PHASES - 1)


@jit
def force_peaks(force: Curves, toe_off: Values) -> Values:
    """Return the largest values of the halves of stance and the smallest between them.

    Parameters
    ----------
    force : ndarray of float32, shape (n_cycles, 150)
    toe_off : ndarray, shape (n_cycles,)
        End of stance, percent of the cycle; NaN where unknown.

    Returns
    -------
    ndarray, shape (3, n_cycles)
        First peak, valley, second peak; NaN where the end of stance is unknown or any point is
        not finite.
    """
    n_cycles = len(force)
    found = np.full((3, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        check = np.float32(0.0)
        for phase in range(N_PHASES):
            check += np.float32(0.0) * force[cycle, phase]
        half, end = -1, -1
        for phase in range(N_PHASES):
            if toe_off[cycle] / 2 >= phase * _STEP:
                half = phase
            if toe_off[cycle] >= phase * _STEP:
                end = phase
        if np.isnan(check) or half < 0 or end <= half:
            continue
        first, second = 0, half + 1
        for phase in range(half + 1):
            if force[cycle, phase] > force[cycle, first]:
                first = phase
        for phase in range(half + 1, end + 1):
            if force[cycle, phase] > force[cycle, second]:
                second = phase
        valley = force[cycle, first]
        for phase in range(first, second + 1):
            valley = min(valley, force[cycle, phase])
        found[0, cycle] = force[cycle, first]
        found[1, cycle] = valley
        found[2, cycle] = force[cycle, second]
    return found


# Impact and active peak of a force that rises twice before the middle of stance, as in running

IMPACT_SHARE = 0.3
"""Share of stance in which an impact peak is looked for."""


@jit
def running_peaks(force: Curves, contact: Values, stance: Values) -> Values:
    """Return the first local maximum of early stance and the largest value of stance.

    Parameters
    ----------
    force : ndarray of float32, shape (n_cycles, n_phases)
        Vertical force.
    contact, stance : ndarray, shape (n_cycles,)
        Initial contact and length of stance, percent of the cycle.

    Returns
    -------
    ndarray, shape (4, n_cycles)
        Impact peak and its phase since contact, active peak and its phase; percent. The impact
        peak is NaN where the force has no local maximum in the first 30 % of stance that is not
        its largest value; all are NaN where stance is unknown or any point is not finite.
    """
    n_cycles, n_phases = force.shape
    period = n_phases - 1
    found = np.full((4, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        if not (np.isfinite(contact[cycle]) and stance[cycle] > 0 and is_finite(force[cycle])):
            continue
        step = 100.0 / period
        first = int(np.ceil(contact[cycle] / step))
        last = int(np.floor((contact[cycle] + stance[cycle]) / step))
        early = int(np.floor((contact[cycle] + IMPACT_SHARE * stance[cycle]) / step))
        active, impact = first, -1
        for place in range(first, last + 1):
            here = force[cycle, place % period]
            if here > force[cycle, active % period]:
                active = place
            rises = place > first and here > force[cycle, (place - 1) % period]
            if (
                impact < 0
                and place <= early
                and rises
                and here > force[cycle, (place + 1) % period]
            ):
                impact = place
        if impact >= 0 and impact != active:
            found[0, cycle] = force[cycle, impact % period]
            found[1, cycle] = impact * step - contact[cycle]
        found[2, cycle] = force[cycle, active % period]
        found[3, cycle] = active * step - contact[cycle]
    return found


@jit
def steepest(curves: Curves, begin: Values, end: Values) -> Values:
    """Return the steepest rise between neighbouring samples from one phase to another.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)
    begin, end : ndarray, shape (n_cycles,)
        Percent of the cycle; beyond 100 the cycle begins anew.

    Returns
    -------
    ndarray, shape (n_cycles,)
        Per cycle (a whole cycle is 1); NaN where a phase is not known or a point is not finite.
    """
    n_cycles, n_phases = curves.shape
    period = n_phases - 1
    found = np.full(n_cycles, np.nan)
    for cycle in prange(n_cycles):
        if not (end[cycle] > begin[cycle] and is_finite(curves[cycle])):
            continue
        first = int(np.floor(begin[cycle] * period / 100))
        last = int(np.ceil(end[cycle] * period / 100))
        largest = -np.inf
        for place in range(first, last):
            sample = place % period
            largest = max(largest, float(curves[cycle, sample + 1] - curves[cycle, sample]))
        found[cycle] = largest * period
    return found


# When a foot is on the ground, from its vertical force and a contact threshold

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


# The way a point travels on the ground during part of the cycle


@jit
def path(forward: Curves, sideways: Curves, last: Index) -> Values:
    """Return length and extent of each path from the first to the last sample of a part.

    Parameters
    ----------
    forward, sideways : ndarray of float32, shape (n_cycles, n_phases)
        Coordinates; outside the part they need not be known.
    last : ndarray of int64, shape (n_cycles,)
        Last sample inside; below 1 where unknown.

    Returns
    -------
    ndarray, shape (3, n_cycles)
        Path length, range forward, range sideways. NaN where a point of the part is not finite.
    """
    n_cycles = len(forward)
    found = np.full((3, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        x, y = float(forward[cycle, 0]), float(sideways[cycle, 0])
        back, front, left, right, length = x, x, y, y, 0.0
        for phase in range(1, last[cycle] + 1):
            next_x, next_y = float(forward[cycle, phase]), float(sideways[cycle, phase])
            length += np.sqrt((next_x - x) ** 2 + (next_y - y) ** 2)
            x, y = next_x, next_y
            back, front, left, right = min(back, x), max(front, x), min(left, y), max(right, y)
        if last[cycle] >= 1 and np.isfinite(length):
            found[0, cycle], found[1, cycle], found[2, cycle] = length, front - back, right - left
    return found

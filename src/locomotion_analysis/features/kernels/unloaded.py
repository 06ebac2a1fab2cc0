"""The longest time a foot is off the ground, in a cycle that closes on itself."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import HAVE_NUMBA, inner, jit, prange

Values = NDArray[np.float64]

SHORTEST = 8
"""Samples (5 % of the cycle): a shorter stretch is noise, not a swing or a stance."""


def unloaded_numpy(load: Values) -> Values:
    """Return when the longest unloaded stretch of each cycle begins and ends.

    The cycle is closed: a stretch may run past the end and on from the beginning.

    Parameters
    ----------
    load : ndarray, shape (n_cycles, n_phases)
        Positive while the foot is on the ground.

    Returns
    -------
    ndarray, shape (2, n_cycles)
        Phases where the load crosses zero, linear between samples, percent: downwards (0 to 100)
        and upwards (the end of the stretch, 0 to 100). NaN where the foot is always on or off
        the ground for less than 8 samples, or any point is not finite.
    """
    period = load.shape[1] - 1
    on = load[:, :period] > 0
    good = np.isfinite(load).all(axis=1) & (on.sum(axis=1) >= SHORTEST)
    # Three rounds: the middle one sees every stretch whole, counted from its last loaded sample.
    index = np.arange(3 * period)
    last_on = np.maximum.accumulate(np.where(np.tile(on, 3), index, -1), axis=1)
    begin = on.argmax(axis=1)[:, None]
    turn = (index > begin + period) & (index <= begin + 2 * period)
    off_for = np.where(turn, index - last_on, 0)
    end = off_for.argmax(axis=1)
    rows = np.arange(len(load))
    length = off_for[rows, end]
    good &= length >= SHORTEST
    places = np.stack([end - length, end])
    before, after = places % period, (places + 1) % period
    low, high = load[rows, before], load[rows, after]
    share = np.divide(low, low - high, out=np.zeros_like(low), where=good)
    return np.where(good, (before + share) % period * 100.0 / period, np.nan)


@inner
def _crossing(curve: Values, before: int, period: int) -> float:
    low, high = curve[before], curve[(before + 1) % period]
    place = before + low / (low - high)
    return float(place % period * 100.0 / period)


@jit
def _unloaded_loops(load: Values) -> Values:
    n_cycles, n_phases = load.shape
    period = n_phases - 1
    found = np.full((2, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        curve = load[cycle]
        turn, n_off = -1, 0
        unknown = curve[period] - curve[period]
        for phase in range(period):
            unknown += curve[phase] - curve[phase]
            if curve[phase] > 0:
                turn = phase if turn < 0 else turn
            else:
                n_off += 1
        if turn < 0 or unknown != 0 or period - n_off < SHORTEST:
            continue
        length, longest, longest_end = 0, 0, 0
        for place in range(turn + 1, turn + period + 1):
            if curve[place % period] > 0:
                length = 0
            else:
                length += 1
                if length > longest:
                    longest, longest_end = length, place
        if longest >= SHORTEST:
            found[0, cycle] = _crossing(curve, (longest_end - longest) % period, period)
            found[1, cycle] = _crossing(curve, longest_end % period, period)
    return found


unloaded = _unloaded_loops if HAVE_NUMBA else unloaded_numpy

"""The instant at which a foot lands: where the ground stops the fall of its heel.

A foot is furthest in front of the pelvis, and its joints most extended, tens of milliseconds before
it lands: it is drawn back first, by how much differs from one person to the next. The ground itself
shows in the heel's vertical acceleration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.ingest.foot_forces import low_pass
from locomotion_analysis.ingest.recording import Event

_CUTOFF_HZ = 12.0
"""Of the height of the heel. 10 to 20 Hz give the same landings within 2 ms; noise grows with it."""
_BEFORE_S, _AFTER_S = 0.03, 0.1
"""Where the landing is sought, from the heel strike that is given."""
_SMALLEST_RISE_M_S2 = 0.1
"""Prominence of the peak; how steady the peaks are tells them from noise."""
_STEADY_S = 0.02
_FEWEST, _OF_STRIKES, _OF_LANDINGS = 2, 0.5, 0.75
"""How many landings have to be steady, and shares of all strikes and of all landings seen."""
_BESIDE_A_GAP = 2


def at_landings(
    strikes: Sequence[Event],
    time_s: NDArray[np.float64],
    heights_m: Mapping[str, NDArray[np.float64]],
) -> tuple[list[Event], int]:
    """Move heel strikes to where the heel lands.

    A landing is the largest local maximum of the heel's upward acceleration from 0.03 s before the
    strike given to 0.1 s after it (Hreljac & Marshall 2000, J Biomech 33:783, doi
    10.1016/S0021-9290(00)00014-2, who report +1 ms), the height low-pass filtered at 12 Hz without
    delay. Landings count where three in four of them, at least two and half of all strikes, lie
    within 0.02 s of their median lag: then a strike without one is moved by that lag, so that all
    have one bias. Otherwise none is moved.

    Parameters
    ----------
    strikes : sequence of Event
        Heel strikes of both feet, by one method.
    time_s : ndarray, shape (n,)
        Seconds, even rate.
    heights_m : mapping of str to ndarray, shape (n,)
        Side -> height of what lands first, NaN where not measured. From a constant or steadily
        moving origin, m.

    Returns
    -------
    (list of Event, int)
        The strikes, none moved beyond the ends of `time_s`, and how many landings were seen; zero
        where none is moved.

    Examples
    --------
    >>> time = np.arange(0.0, 3.0, 0.01)
    >>> height = 0.1 * np.abs(np.sin(np.pi * time))  # lands at every second
    >>> given = [Event(t - 0.04, "left", "heel_strike") for t in (1.0, 2.0)]
    >>> moved, n_seen = at_landings(given, time, {"left": height})
    >>> [round(event.time_s, 2) for event in moved], n_seen
    ([1.0, 2.0], 2)
    """
    peaks = {side: _peaks(time_s, height) for side, height in heights_m.items()}
    lags = np.array([_lag(event.time_s, *peaks[event.side]) for event in strikes])
    seen = np.isfinite(lags)
    if not seen.any():
        return list(strikes), 0
    usual = float(np.median(lags[seen]))
    steady = seen & (np.abs(lags - usual) <= _STEADY_S)
    if steady.sum() < max(_FEWEST, _OF_STRIKES * len(strikes), _OF_LANDINGS * seen.sum()):
        return list(strikes), 0
    given = np.array([event.time_s for event in strikes])
    moved = np.clip(
        given + np.where(steady, lags, usual),
        np.minimum(given, time_s[0]),
        np.maximum(given, time_s[-1]),
    )
    landed = [replace(event, time_s=float(t)) for event, t in zip(strikes, moved, strict=True)]
    return sorted(landed), int(steady.sum())


def _peaks(
    time: NDArray[np.float64], height: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return instants, between samples, and sizes of the maxima of the upward acceleration."""
    from scipy.ndimage import binary_erosion
    from scipy.signal import find_peaks

    known = np.isfinite(height)
    if known.sum() < 16:
        return np.empty(0), np.empty(0)
    smooth = low_pass(time, np.interp(time, time[known], height[known]), _CUTOFF_HZ)
    upward = np.gradient(np.gradient(smooth, time), time)
    at = find_peaks(upward, prominence=_SMALLEST_RISE_M_S2)[0]
    at = at[binary_erosion(known, iterations=_BESIDE_A_GAP)[at]]  # what bridges a gap has a kink
    # The top of the parabola through a maximum and its neighbours.
    before, top, after = upward[at - 1], upward[at], upward[at + 1]
    share = 0.5 * (before - after) / (before - 2.0 * top + after)
    return time[at] + share * (time[at + 1] - time[at]), top


def _lag(given: float, instants: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    """Return how much later than `given` the largest maximum near it is, NaN without one."""
    near = (instants > given - _BEFORE_S) & (instants < given + _AFTER_S)
    return float(instants[near][np.argmax(sizes[near])]) - given if near.any() else np.nan

"""Heel strikes and toe-offs from where the feet are: markers, or feet rebuilt from angles."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.ingest.events.marker_names import foot_marker, pelvis_marker
from locomotion_analysis.ingest.events.walking_direction import walking_direction
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF, Event, Recording

_CUTOFF_HZ = 10.0
_MIN_SWING_M = 0.1
"""Fore-aft path of a foot below which nobody walks, m."""
_MIN_HEEL_RISE_M = 0.03
_MIN_STRIDE_S = 0.4
_EDGE_SAMPLES = 3
_LOW_HEEL = 0.35
_THIGH, _SHANK, _HEEL, _TOE = 0.245, 0.246, 0.040, 0.112
"""Segment lengths and foot reach behind and before the ankle, body heights (Winter 2009)."""


def coordinate_events(recording: Recording) -> list[Event]:
    """Find events where heel and toe are furthest from the pelvis.

    Heel strike is the instant at which the heel is furthest in front of the pelvis, toe-off
    the one at which the toe is furthest behind it (coordinate-based algorithm of Zeni,
    Richards & Higginson 2008, Gait Posture 27:710, doi 10.1016/j.gaitpost.2007.07.007).
    Works over the ground and on a treadmill.

    Parameters
    ----------
    recording : Recording
        Needs markers of the pelvis and of heel and toe of a foot.

    Returns
    -------
    list of Event
        In time order; empty without these markers or without walking.
    """
    pelvis = pelvis_marker(recording.markers)
    forward, _ = walking_direction(recording)
    if pelvis is None or forward is None:
        return []
    events = []
    for side in SIDES:
        heel = foot_marker(recording.markers, "heel", side)
        toe = foot_marker(recording.markers, "toe", side)
        toe = heel if toe is None else toe
        if heel is not None and toe is not None:
            front, back = ((part - pelvis)[:, :2] @ forward for part in (heel, toe))
            events += _furthest(recording.marker_time_s, front, back, side)
    return sorted(events)


def velocity_events(recording: Recording) -> list[Event]:
    """Find events in the vertical velocity of the feet.

    Toe-off is a maximum of the upward velocity of the foot's centre, heel strike the minimum
    at which the heel is low, below 35 % of its range (O'Connor, Thorpe, O'Malley & Vaughan
    2007, Gait Posture 25:469, doi 10.1016/j.gaitpost.2006.05.016). Needs no pelvis markers.
    """
    from scipy.signal import find_peaks

    events: list[Event] = []
    for side in SIDES:
        heel = foot_marker(recording.markers, "heel", side)
        toe = foot_marker(recording.markers, "toe", side)
        if heel is None or toe is None or not _walks(heel):
            continue
        both = np.where(np.isfinite(heel + toe).all(axis=1), 1.0, np.nan)
        time, height = _bridged(recording.marker_time_s, both * heel[:, 2])
        _, centre = _bridged(recording.marker_time_s, both * (heel + toe)[:, 2] / 2.0)
        if len(time) < 16:
            continue
        height, speed = _smooth(time, height), np.gradient(_smooth(time, centre), time)
        low = height < height.min() + _LOW_HEEL * np.ptp(height)
        ups = _peaks(time, speed, 0.25 * float(np.ptp(speed)))
        downs = find_peaks(-speed, prominence=0.02 * float(np.ptp(speed)))[0]
        downs = _deepest_between(downs[low[downs] & (speed[downs] < 0.0)], ups, speed)
        events += [Event(float(time[i]), side, HEEL_STRIKE) for i in downs]
        events += [Event(float(time[i]), side, TOE_OFF) for i in ups]
    return sorted(events)


def angle_events(recording: Recording) -> list[Event]:
    """Find events in joint angles alone.

    Heel and toe are placed below the hip from the hip, knee and ankle angles with the segment
    lengths of an average body, and :func:`coordinate_events`' rule is applied to them.

    Parameters
    ----------
    recording : Recording
        Needs hip and knee flexion of a leg; ankle and pelvis tilt are used where there.
    """
    events: list[Event] = []
    for side in SIDES:
        names = (f"hip_flexion_angle_{side}_rad", f"knee_flexion_angle_{side}_rad")
        for stream in recording.streams:
            if all(name in stream.signals for name in names):
                heel, toe = _feet_from_angles(stream.signals, side)
                events += _furthest(stream.time_s, heel, toe, side)
                break
    return sorted(events)


def _feet_from_angles(
    signals: Mapping[str, NDArray[np.float64]], side: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fore-aft heel and toe position below the hip, metres of a body 1.75 m tall."""
    hip = signals[f"hip_flexion_angle_{side}_rad"]
    knee = signals[f"knee_flexion_angle_{side}_rad"]
    zero = np.zeros_like(hip)
    thigh = hip - signals.get("pelvis_anterior_tilt_angle_rad", zero)
    shank = thigh - knee
    foot = shank + signals.get(f"ankle_dorsiflexion_angle_{side}_rad", zero)
    ankle = _THIGH * np.sin(thigh) + _SHANK * np.sin(shank)
    return 1.75 * (ankle - _HEEL * np.cos(foot)), 1.75 * (ankle + _TOE * np.cos(foot))


def _furthest(
    time: NDArray[np.float64], front: NDArray[np.float64], back: NDArray[np.float64], side: str
) -> list[Event]:
    events = []
    for path, sign, kind in ((front, 1.0, HEEL_STRIKE), (back, -1.0, TOE_OFF)):
        known_s, known = _bridged(time, path)
        if len(known) < 16 or np.ptp(known) < _MIN_SWING_M:
            continue
        smooth = sign * _smooth(known_s, known)
        prominence = max(_MIN_SWING_M, 0.15 * float(np.ptp(smooth)))
        peaks = _peaks(known_s, smooth, prominence)
        events += [Event(float(known_s[i]), side, kind) for i in peaks]
    return events


def _peaks(
    time: NDArray[np.float64], path: NDArray[np.float64], prominence: float
) -> NDArray[np.intp]:
    """Find maxima; one that the recording cuts into counts by what is left of it."""
    from scipy.signal import find_peaks

    apart = max(int(_MIN_STRIDE_S / np.diff(time).mean()), 1)
    low = float(path.min()) - 2.0 * prominence
    ended = np.concatenate([[low], path, [low]])
    peaks: NDArray[np.intp] = find_peaks(ended, prominence=prominence, distance=apart)[0] - 1
    return peaks[(peaks >= _EDGE_SAMPLES) & (peaks < len(path) - _EDGE_SAMPLES)]


def _deepest_between(
    downs: NDArray[np.intp], ups: NDArray[np.intp], speed: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Keep the fastest descent between two toe-offs."""
    order = np.lexsort((speed[downs], np.searchsorted(ups, downs)))
    swing = np.searchsorted(ups, downs)[order]
    kept: NDArray[np.intp] = np.sort(downs[order][np.unique(swing, return_index=True)[1]])
    return kept


def _walks(heel: NDArray[np.float64]) -> bool:
    height = heel[np.isfinite(heel[:, 2]), 2]
    return len(height) > 16 and bool(np.ptp(height) > _MIN_HEEL_RISE_M)


def _bridged(
    time: NDArray[np.float64], path: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut the ends that were not measured and bridge what is missing between, for peaks only."""
    known = np.flatnonzero(np.isfinite(path))
    if not len(known):
        return np.empty(0), np.empty(0)
    span = slice(known[0], known[-1] + 1)
    return time[span], np.interp(time[span], time[known], path[known])


def _smooth(time: NDArray[np.float64], path: NDArray[np.float64]) -> NDArray[np.float64]:
    rate = 1.0 / float(np.diff(time).mean())
    if rate <= 2.2 * _CUTOFF_HZ:
        return path
    from scipy.signal import butter, sosfiltfilt

    smooth: NDArray[np.float64] = sosfiltfilt(butter(2, _CUTOFF_HZ, fs=rate, output="sos"), path)
    return smooth

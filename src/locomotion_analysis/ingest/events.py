"""Gait events: heel strikes and toe-offs, from everything a recording has.

The file's own events come first, then those of the vertical force, then those of the feet:
markers, or feet rebuilt from joint angles. With the ground contacts known, forces and moments are
kept only where the force under the foot was measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.direction import (
    backward_by_angles,
    course_of,
    feet_from_angles,
)
from locomotion_analysis.ingest.foot_forces import FootForces, foot_forces, low_pass
from locomotion_analysis.ingest.marker_names import foot_marker, pelvis_marker
from locomotion_analysis.ingest.recording import (
    HEEL_STRIKE,
    SIDES,
    TOE_OFF,
    Event,
    Recording,
    Stream,
)

# Events from where the feet are: markers, or feet rebuilt from angles.

_CUTOFF_HZ = 10.0
_MIN_SWING_M = 0.1
"""Fore-aft path of a foot below which nobody walks, m."""
_MIN_HEEL_RISE_M = 0.03
_MIN_STRIDE_S = 0.4
_EDGE_SAMPLES = 3
_LOW_HEEL = 0.35


def coordinate_events(recording: Recording) -> list[Event]:
    """Find events where heel and toe are furthest from the pelvis.

    Heel strike is the instant at which the heel is furthest in front of the pelvis, toe-off
    the one at which the toe is furthest behind it (coordinate-based algorithm of Zeni,
    Richards & Higginson 2008, Gait Posture 27:710, doi 10.1016/j.gaitpost.2007.07.007).
    In front is where the person goes over the ground under the feet
    (:func:`~locomotion_analysis.ingest.direction.course_of`), at every instant: it holds on a
    treadmill, on the way back, and backward, where the toe lands and the heel leaves last.

    Parameters
    ----------
    recording : Recording
        Needs markers of the pelvis and of heel and toe of a foot.

    Returns
    -------
    list of Event
        In time order; empty without these markers or without walking.
    """
    pelvis, course = pelvis_marker(recording.markers), course_of(recording)
    if pelvis is None or course is None or not course.laboratory:
        return []
    travel = course.travel_at(recording.marker_time_s)
    _, way = course.front_at(recording.marker_time_s)
    backward = (way < 0.0)[:, np.newaxis]
    events = []
    for side in SIDES:
        heel = foot_marker(recording.markers, "heel", side)
        toe = foot_marker(recording.markers, "toe", side)
        toe = heel if toe is None else toe
        if heel is not None and toe is not None:
            # Walking backward the toe lands, behind the person, and the heel leaves last.
            lands, leaves = np.where(backward, toe, heel), np.where(backward, heel, toe)
            front, back = (
                np.sum((part - pelvis)[:, :2] * travel, axis=1) for part in (lands, leaves)
            )
            events += _furthest(recording.marker_time_s, front, back, side)
    return sorted(events)


def velocity_events(recording: Recording) -> list[Event]:
    """Find events in the vertical velocity of the feet.

    Toe-off is a maximum of the upward velocity of the foot's centre, heel strike the minimum
    at which the heel is low, below 35 % of its range (O'Connor, Thorpe, O'Malley & Vaughan
    2007, Gait Posture 25:469, doi 10.1016/j.gaitpost.2006.05.016). Needs no pelvis markers. It
    holds forward only, so steps backward have no events.
    """
    from scipy.signal import find_peaks

    events: list[Event] = []
    for side in SIDES:
        heel = foot_marker(recording.markers, "heel", side)
        toe = foot_marker(recording.markers, "toe", side)
        if heel is None or toe is None:
            continue
        rise = heel[np.isfinite(heel[:, 2]), 2]
        if len(rise) <= 16 or np.ptp(rise) <= _MIN_HEEL_RISE_M:  # stands
            continue
        both = np.where(np.isfinite(heel + toe).all(axis=1), 1.0, np.nan)
        time, height = _bridged(recording.marker_time_s, both * heel[:, 2])
        _, centre = _bridged(recording.marker_time_s, both * (heel + toe)[:, 2] / 2.0)
        if len(time) < 16:
            continue
        height = low_pass(time, height, _CUTOFF_HZ)
        speed = np.gradient(low_pass(time, centre, _CUTOFF_HZ), time)
        low = height < height.min() + _LOW_HEEL * np.ptp(height)
        ups = _peaks(time, speed, 0.25 * float(np.ptp(speed)))
        downs = find_peaks(-speed, prominence=0.02 * float(np.ptp(speed)))[0]
        downs = downs[low[downs] & (speed[downs] < 0.0)]
        # Between two toe-offs the fastest descent is the strike.
        swing = np.searchsorted(ups, downs)
        order = np.lexsort((speed[downs], swing))
        downs = np.sort(downs[order][np.unique(swing[order], return_index=True)[1]])
        events += [Event(float(time[i]), side, HEEL_STRIKE) for i in downs]
        events += [Event(float(time[i]), side, TOE_OFF) for i in ups]
    course = course_of(recording)
    if course is not None and events:
        _, way = course.front_at(np.array([event.time_s for event in events]))
        events = [event for event, of_it in zip(events, way, strict=True) if of_it >= 0.0]
    return sorted(events)


def angle_events(recording: Recording) -> list[Event]:
    """Find events in joint angles alone.

    Heel and toe are placed below the hip from the hip, knee and ankle angles with the segment
    lengths of a body 1.75 m tall, and :func:`coordinate_events`' rule is applied to them: the
    standing foot moves backward under the hip of a person who walks forward, and forward of one
    who walks backward.

    Parameters
    ----------
    recording : Recording
        Needs hip and knee flexion of a leg; ankle and pelvis tilt are used where there.
    """
    placed = feet_from_angles(recording)
    if placed is None:
        return []
    time, feet = placed
    backward = backward_by_angles(recording, time)
    events: list[Event] = []
    for side, (heel, toe) in feet.items():
        front = np.where(backward, -toe[:, 0], heel[:, 0])
        back = np.where(backward, -heel[:, 0], toe[:, 0])
        events += _furthest(time, front, back, side)
    return sorted(events)


def _furthest(
    time: NDArray[np.float64], front: NDArray[np.float64], back: NDArray[np.float64], side: str
) -> list[Event]:
    """Heel strikes where `front` is furthest forward, toe-offs where `back` is furthest behind."""
    events = []
    for path, sign, kind in ((front, 1.0, HEEL_STRIKE), (back, -1.0, TOE_OFF)):
        known_s, known = _bridged(time, path)
        if len(known) < 16 or np.ptp(known) < _MIN_SWING_M:
            continue
        smooth = sign * low_pass(known_s, known, _CUTOFF_HZ)
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


def _bridged(
    time: NDArray[np.float64], path: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut the ends that were not measured and bridge what is missing between, for peaks only."""
    known = np.flatnonzero(np.isfinite(path))
    if not len(known):
        return np.empty(0), np.empty(0)
    span = slice(known[0], known[-1] + 1)
    return time[span], np.interp(time[span], time[known], path[known])


# All gait events of a recording.

SAME_EVENT_S = 0.25
"""Two events of one foot and kind nearer than this are the same step, s."""


@dataclass(frozen=True)
class GaitEvents:
    """Events of a recording and where each came from.

    Attributes
    ----------
    events : list of Event
        In time order.
    sources : list of str
        ``file, force, markers`` or ``angles``, one an event.
    forces : FootForces
        Force under each foot, with the recording that carries it.
    history : list of HistoryEntry
    """

    events: list[Event]
    sources: list[str]
    forces: FootForces
    history: list[HistoryEntry]

    def times(self, side: str, kind: str) -> NDArray[np.float64]:
        """Return the instants of one kind of event of one foot, rising."""
        found = [e.time_s for e in self.events if e.side == side and e.kind == kind]
        return np.array(sorted(found), dtype=np.float64)


def find_events(recording: Recording) -> GaitEvents:
    """Find heel strikes and toe-offs of both feet with everything the recording has.

    Events the file carries come first; events from the vertical force fill in what they do not
    cover, then markers (:func:`coordinate_events`, :func:`velocity_events` where there is no
    pelvis marker), and, for a foot that has no events so far, joint angles.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    GaitEvents
        With a history of how many events each source gave, and how far the file's events and
        the forces' are apart where both are there.
    """
    in_file = list(recording.events)
    from_markers = coordinate_events(recording) or velocity_events(recording)
    from_angles = angle_events(recording)
    without_force = _joined(("file", in_file), ("markers", from_markers), ("angles", from_angles))
    forces = foot_forces(recording, [event for event, _ in without_force])
    from_force = contact_events(forces.contacts)
    found = _joined(("file", in_file), ("force", from_force), ("markers", from_markers))
    bare = [side for side in SIDES if not any(event.side == side for event, _ in found)]
    extra = [(event, "angles") for event in from_angles if event.side in bare]
    found = sorted([*found, *extra])
    history = []
    for name, told in {
        "file": "gait events taken from the file",
        "force": "gait events found in the vertical force (10 N, reaching 20 N)",
        "markers": "gait events found in the markers (Zeni 2008, or O'Connor 2007)",
        "angles": "gait events found in the joint angles (foot furthest before and behind)",
    }.items():
        if count := sum(source == name for _, source in found):
            history.append(HistoryEntry("found", told, count))
    nearest = np.abs(_to_nearest(in_file, from_force))
    apart = nearest[nearest < SAME_EVENT_S]
    if len(apart):
        detail = (
            f"the file's events against the forces': {1e3 * np.median(apart):.0f} ms apart "
            f"(median), {1e3 * apart.max():.0f} ms at most"
        )
        history.append(HistoryEntry("compared", detail, len(apart)))
    return GaitEvents([e for e, _ in found], [s for _, s in found], forces, history)


def contact_events(contacts: Mapping[str, NDArray[np.float64]]) -> list[Event]:
    """Return the heel strikes and toe-offs at the ends of ground contacts.

    Parameters
    ----------
    contacts : mapping of str to ndarray, shape (n, 2)
        Side -> start and end, NaN where not recorded.
    """
    events = []
    for side, spans in contacts.items():
        for column, kind in enumerate((HEEL_STRIKE, TOE_OFF)):
            instants = spans[:, column]
            events += [Event(float(t), side, kind) for t in instants[np.isfinite(instants)]]
    return sorted(events)


def _joined(*sources: tuple[str, list[Event]]) -> list[tuple[Event, str]]:
    """Add each source's events that no earlier source has, in time order.

    What is added is moved by the median lead of its source over the earlier ones, so that a
    stride between events of two sources is as long as one between events of the same.
    """
    found: list[tuple[Event, str]] = []
    for name, events in sources:
        taken = [event for event, _ in found]
        late = _to_nearest(events, taken)
        for kind in (HEEL_STRIKE, TOE_OFF):
            of_kind = np.array([event.kind == kind for event in events], dtype=bool)
            same = late[of_kind & (np.abs(late) < SAME_EVENT_S)]
            lead = float(np.median(same)) if len(same) else 0.0
            fresh = np.flatnonzero(of_kind & (np.abs(late) >= SAME_EVENT_S))
            found += [(replace(events[i], time_s=events[i].time_s + lead), name) for i in fresh]
    return sorted(found)


def _to_nearest(events: list[Event], others: list[Event]) -> NDArray[np.float64]:
    """Time from each event to the nearest other of its foot and kind; infinite without one."""
    late = np.full(len(events), np.inf)
    for side in SIDES:
        for kind in (HEEL_STRIKE, TOE_OFF):
            mine = [i for i, e in enumerate(events) if (e.side, e.kind) == (side, kind)]
            theirs = sorted(e.time_s for e in others if (e.side, e.kind) == (side, kind))
            if mine and theirs:
                instants = np.array([events[i].time_s for i in mine])
                padded = np.array([-np.inf, *theirs, np.inf])
                after = np.searchsorted(padded, instants)
                back, on = padded[after - 1] - instants, padded[after] - instants
                late[mine] = np.where(-back < on, back, on)
    return late


# Forces and moments are kept only where the force under the foot was measured.
#
# A laboratory with two plates measures one stance of each foot in a pass. In every other stance
# the force the file holds is zero, and moments computed from it are wrong without looking so.

_MIN_COVER = 0.8
"""Share of a stance in which the foot has to be alone on a plate."""
_EDGE_S = 0.02
"""Kept at both ends of such a stance: the foot carries nothing yet, and the cycle its end point."""
_LEG = ("hip_", "knee_", "ankle_", "subtalar_", "mtp_")
"""Joints between the plate and the trunk, whose moments depend on the force under the foot."""


def mask_unmeasured(events: GaitEvents) -> Recording:
    """Set a foot's forces, moments and powers to NaN in stances without a clean contact.

    Parameters
    ----------
    events : GaitEvents
        With the contacts of each foot and the recording that carries the forces.

    Returns
    -------
    Recording
        Unchanged, and saying so, where no force is known at all.
    """
    forces, recording = events.forces, events.forces.recording
    if not any(len(spans) for spans in forces.contacts.values()):
        if any(_is_kinetic(name) for name in recording.channels):
            text = "forces and moments valid throughout: no ground contact to check them with"
            recording = recording.then(HistoryEntry("assumed", text))
        return recording
    blind = {side: _stances_without_force(side, events) for side in SIDES}
    streams = []
    for stream in recording.streams:
        signals = dict(stream.signals)
        time = stream.time_s[:, np.newaxis]
        for side, spans in blind.items():
            hidden = ((time > spans[:, 0] + _EDGE_S) & (time < spans[:, 1] - _EDGE_S)).any(axis=1)
            signals |= {
                name: np.where(hidden, np.nan, values)
                for name, values in signals.items()
                if _is_kinetic(name) and f"_{side}_" in name
            }
        streams.append(Stream(stream.time_s, signals))
    entries = []
    if n_blind := sum(len(spans) for spans in blind.values()):
        text = "forces and moments set to NaN in stances without a clean contact of that foot"
        entries.append(HistoryEntry("masked", text, n_blind))
    if forces.n_shared:
        text = "plate contacts of both feet at once, whose force belongs to neither"
        entries.append(HistoryEntry("rejected", text, forces.n_shared))
    return replace(recording, streams=tuple(streams)).then(*entries)


def _stances_without_force(side: str, events: GaitEvents) -> NDArray[np.float64]:
    """Start and end of the stances of one foot that no clean contact covers, shape (n, 2)."""
    strikes, offs = events.times(side, HEEL_STRIKE), events.times(side, TOE_OFF)
    # Each heel strike and what follows it; a stance cut by the recording has no bound.
    instants = np.concatenate([strikes, offs])
    is_off = np.repeat([False, True], [len(strikes), len(offs)])
    order = np.argsort(instants, kind="stable")
    instants, is_off = instants[order], is_off[order]
    stances = np.array([[-np.inf, np.inf]])
    if len(instants):
        after = np.append(instants[1:], np.inf)
        stances = np.stack([instants[~is_off], after[~is_off]], axis=1)
        if is_off[0]:
            stances = np.concatenate([[[-np.inf, instants[0]]], stances])
    contacts = events.forces.contacts.get(side, np.empty((0, 2)))
    times = [stream.time_s for stream in events.forces.recording.streams if len(stream.time_s)]
    first, last = min(t[0] for t in times), max(t[-1] for t in times)
    known = np.clip(np.nan_to_num(contacts, nan=np.inf), first, last)
    known[:, 0] = np.where(np.isfinite(contacts[:, 0]), known[:, 0], first)
    seen = np.clip(stances, first, last)
    shared = np.minimum(seen[:, 1:], known[:, 1]) - np.maximum(seen[:, :1], known[:, 0])
    covered = np.maximum(shared, 0.0).sum(axis=1)
    length = seen[:, 1] - seen[:, 0]
    blind: NDArray[np.float64] = stances[(covered < _MIN_COVER * length) & (length > 0.0)]
    return blind


def _is_kinetic(name: str) -> bool:
    if name.startswith(("grf_", "cop_")):
        return True
    return name.startswith(_LEG) and ("_moment_" in name or "_power_" in name)

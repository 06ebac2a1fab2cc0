"""Gait events: heel strikes and toe-offs, from everything a recording has.

The file's own events come first, then those of the vertical force, then those of the feet:
markers, or feet rebuilt from joint angles. With the ground contacts known, forces and moments are
kept only where the force under the foot was measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.direction import (
    backward_by_angles,
    course_of,
    feet_from_angles,
)
from locomotion_analysis.ingest.foot_forces import FootForces, foot_forces, low_pass, on_plate
from locomotion_analysis.ingest.landing import at_landings
from locomotion_analysis.ingest.marker_names import foot_ends, foot_marker, pelvis_marker
from locomotion_analysis.ingest.phase import MAX_GAP_S, long_gaps
from locomotion_analysis.ingest.recording import (
    HEEL_STRIKE,
    SIDES,
    TOE_OFF,
    Event,
    Recording,
    Stream,
)
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

# Events from where the feet are: markers, or feet rebuilt from angles.

_CUTOFF_HZ = 10.0
_MIN_SWING_M = 0.1
"""Fore-aft path of a foot below which nobody walks, m."""
_MIN_HEEL_RISE_M = 0.03
_MIN_STRIDE_S = 0.4
_EDGE_SAMPLES = 3
_LOW_HEEL = 0.35
_PELVIS_CUTOFF_HZ = 15.0
_FREE_FALL, _HALF_FALL, _FLIGHT_QUANTILE, _FLIGHT_PROMINENCE = 0.7, 0.5, 0.97, 1.0
"""Fall of the pelvis in flight and at the ends of a contact (gravities), how rare it may be, and its
rise from contact to flight."""
_FALLS_APART = 0.3
"""Correlation of that fall with the distance of the feet: positive in running."""
_FEWEST_FOR_FLIGHT = 16
_ROUNDS = 20
_STANCE_SEEN_S, _JUST_LANDED_S = 0.2, 0.05
"""What tells a foot that landed at the end of a recording: see ``_landing_at_an_end``."""


def coordinate_events(recording: Recording) -> list[Event]:
    """Find events where heel and toe are furthest from the pelvis.

    Heel strike is the instant at which the heel is furthest in front of the pelvis, toe-off
    the one at which the toe is furthest behind it (coordinate-based algorithm of Zeni,
    Richards & Higginson 2008, Gait Posture 27:710, doi 10.1016/j.gaitpost.2007.07.007).
    In front is where the person goes over the ground under the feet
    (:func:`~locomotion_analysis.ingest.direction.course_of`), at every instant: it holds on a
    treadmill, on the way back, and backward, where the toe lands and the heel leaves last.
    A foot that has just landed as the recording begins
    or ends, as far in front as at the other strikes but for the way of 0.05 s and going back
    already, has struck: up to 0.05 s before the first sample.

    Parameters
    ----------
    recording : Recording
        Needs markers of the pelvis and of heel and toe of a foot; the ankle stands in for either.

    Returns
    -------
    list of Event
        In time order; empty without these markers or without walking. A foot is furthest in front
        before it lands: :func:`find_events` moves heel strikes to the landing, where it is seen.
    """
    pelvis, course = _steady_pelvis(recording), course_of(recording)
    if pelvis is None or course is None or not course.laboratory:
        return []
    travel = course.travel_at(recording.marker_time_s)
    _, way = course.front_at(recording.marker_time_s)
    backward = (way < 0.0)[:, np.newaxis]
    events, fronts = [], {}
    for side in SIDES:
        if (ends := foot_ends(recording.markers, side)) is not None:
            heel, toe = ends
            # Walking backward the toe lands, behind the person, and the heel leaves last.
            lands, leaves = np.where(backward, toe, heel), np.where(backward, heel, toe)
            front, back = (
                np.sum((part - pelvis)[:, :2] * travel, axis=1) for part in (lands, leaves)
            )
            events += _furthest(recording.marker_time_s, front, back, side)
            fronts[side] = front
    return sorted([*events, *_landing_at_an_end(recording.marker_time_s, fronts, events)])


_STEADY_S = 0.5
"""Longest gap of the pelvis, which moves evenly, that is bridged."""


def _steady_pelvis(recording: Recording) -> NDArray[np.float64] | None:
    """Return the middle of the pelvis, shape (n, 3), across short gaps; None without markers."""
    pelvis, time = pelvis_marker(recording.markers), recording.marker_time_s
    if pelvis is None or not (seen := np.isfinite(pelvis).all(axis=1)).any():
        return pelvis
    bridged = np.stack(
        [np.interp(time, time[seen], axis[seen], np.nan, np.nan) for axis in pelvis.T], axis=1
    )
    for first, last in long_gaps(time, np.where(seen, 0.0, np.nan), _STEADY_S):
        bridged[(time > first) & (time < last)] = np.nan
    return bridged


def velocity_events(recording: Recording) -> list[Event]:
    """Find events in the vertical velocity of the feet.

    Toe-off is a maximum of the upward velocity of the foot's centre, heel strike the minimum
    at which the heel is low, below 35 % of its range (O'Connor, Thorpe, O'Malley & Vaughan
    2007, Gait Posture 25:469, doi 10.1016/j.gaitpost.2006.05.016). Needs no pelvis markers. It
    holds forward only, so steps backward have no events.

    Parameters
    ----------
    recording : Recording
        With markers of heel and forefoot.

    Returns
    -------
    list of Event
        Seconds, by foot; empty without such markers.
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


def flight_events(recording: Recording) -> list[Event]:
    """Find the contacts of a runner between the flights of the pelvis.

    In running the pelvis falls freely while both feet are off the ground, so that its vertical
    acceleration nears -9.81 m/s2 with the feet wide apart; in walking it is lowest as the feet
    pass each other (Cavagna, Thys & Zamboni 1976, J Physiol). Where the pelvis falls with
    half of gravity the ground carries half of the weight; the contact begins and ends as much
    further out as a force of half a sine needs to rise to that (Morin et al. 2005, J Appl Biomech
    21:167). It is that of the lower foot. The rule of :func:`coordinate_events` does not hold in
    running: the foot is drawn back before it lands.

    Parameters
    ----------
    recording : Recording
        Needs markers of the pelvis and of heel and toe of both feet.

    Returns
    -------
    list of Event
        In time order; empty without these markers or without flights.
    """
    from scipy.signal import find_peaks

    pelvis = pelvis_marker(recording.markers)
    feet = {
        side: [foot_marker(recording.markers, place, side) for place in ("heel", "toe")]
        for side in SIDES
    }
    if pelvis is None or any(part is None for parts in feet.values() for part in parts):
        return []
    places = [pelvis, *(part for parts in feet.values() for part in parts if part is not None)]
    every = np.concatenate(places, axis=1)
    known = np.where(np.isfinite(every).all(axis=1), 1.0, np.nan)
    time, height = _bridged(recording.marker_time_s, known * pelvis[:, 2])
    if len(time) < _FEWEST_FOR_FLIGHT:
        return []
    every = np.stack([_bridged(recording.marker_time_s, known * axis)[1] for axis in every.T])
    left, right = every[3:9], every[9:15]
    height = low_pass(time, height, _PELVIS_CUTOFF_HZ)
    fall = -np.gradient(np.gradient(height, time), time) / STANDARD_GRAVITY_M_S2
    apart = np.hypot(left[0] - right[0], left[1] - right[1])
    if fall.std() == 0.0 or apart.std() == 0.0:
        return []
    runs = np.corrcoef(fall, apart)[0, 1] > _FALLS_APART
    if not runs or np.quantile(fall, _FLIGHT_QUANTILE) < _FREE_FALL:
        return []
    low = {
        side: np.minimum(foot[2], foot[5]) for side, foot in zip(SIDES, (left, right), strict=True)
    }
    flights, _ = find_peaks(
        fall,
        height=_HALF_FALL,
        prominence=_FLIGHT_PROMINENCE,
        distance=max(int(_MIN_STRIDE_S / 2.0 / np.diff(time).mean()), 1),
    )
    spans: dict[str, list[tuple[float, float]]] = {side: [] for side in SIDES}
    for before, after in pairwise([-1, *flights, len(time)]):
        loaded = np.flatnonzero(fall[before + 1 : after] < _HALF_FALL) + before + 1
        if len(loaded):
            first, last = loaded[0], loaded[-1]
            start = _half_fall(time, fall, first - 1) if before >= 0 else np.nan
            end = _half_fall(time, fall, last) if after < len(time) else np.nan
            during = slice(first, last + 1)
            lower = min(SIDES, key=lambda side: float(low[side][during].mean()))
            spans[lower].append((start, end))
    whole = np.array(
        sorted(span for of_foot in spans.values() for span in of_foot if np.isfinite(span).all())
    )
    if len(whole) < 2:
        return []
    loaded_s = float(np.median(whole[:, 1] - whole[:, 0]))
    wider = _beyond_half(loaded_s, float(np.median(np.diff(whole[:, 0]))))
    return contact_events(
        {
            side: np.array(found).reshape(-1, 2) + np.array([-wider, wider])
            for side, found in spans.items()
        }
    )


def _half_fall(time: NDArray[np.float64], fall: NDArray[np.float64], low: int) -> float:
    """Return the instant after sample `low` at which the fall passes half of gravity.

    NaN at the ends of the recording, where the filter has only one side to go by.
    """
    share = (_HALF_FALL - fall[low]) / (fall[low + 1] - fall[low])
    instant = float(time[low] + share * (time[low + 1] - time[low]))
    inside = min(instant - time[0], time[-1] - instant) > 1.0 / _PELVIS_CUTOFF_HZ
    return instant if inside else np.nan


def _beyond_half(loaded_s: float, step_s: float) -> float:
    """Return for how long a force of half a sine is below half a body weight, s.

    A force of a sin(pi t / d) over a contact of d, one body weight on average over the step,
    has a = pi step / (2 d).
    """
    below = 0.0
    for _ in range(_ROUNDS):
        contact = loaded_s + 2.0 * below
        below = contact / np.pi * np.arcsin(min(contact / (np.pi * step_s), 1.0))
    return float(below)


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

    Returns
    -------
    list of Event
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


def _landing_at_an_end(
    time: NDArray[np.float64], fronts: Mapping[str, NDArray[np.float64]], events: list[Event]
) -> list[Event]:
    """Heel strikes at the ends of a recording, of feet that are seen to have just landed.

    A foot on the ground goes back under the pelvis at walking speed. One that is as far in front
    as where the feet strike, but for the way of 0.05 s, and goes back already has landed.
    """
    strikes = [event for event in events if event.kind == HEEL_STRIKE]
    reach, pace = [], []
    for event in strikes:
        known_s, front = _bridged(time, fronts[event.side])
        at, later = np.interp([event.time_s, event.time_s + _STANCE_SEEN_S], known_s, front)
        reach.append(at)
        pace.append((at - later) / _STANCE_SEEN_S)
    if not strikes or (speed := float(np.median(pace))) <= 0.0:
        return []
    found = []
    for side, path in fronts.items():
        known_s, front = _bridged(time, path)
        own = [event.time_s for event in strikes if event.side == side]
        for end, inward in ((0, 1), (-1, -1)):
            near = front[::inward][: _EDGE_SAMPLES + 1]
            clear = all(abs(instant - known_s[end]) > _MIN_STRIDE_S for instant in own)
            if len(near) <= _EDGE_SAMPLES or not clear:
                continue
            # A foot that is furthest in the first sample was so before it; in the last, not yet.
            top = int(near.argmax())
            short = max(float(np.median(reach) - near[top]), 0.0) / speed
            seen = top < _EDGE_SAMPLES and (inward > 0 or top > 0)
            if seen and short < _JUST_LANDED_S:
                at = known_s[::inward][top] - (short if top == 0 else 0.0)
                found.append(Event(float(at), side, HEEL_STRIKE))
    return found


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

LATE_MS = {
    "landing of the heel": {HEEL_STRIKE: (11, 11)},
    "landing of the ankle": {HEEL_STRIKE: (17, 12)},
    "landing in joint angles": {HEEL_STRIKE: (15, 15)},
    "furthest before and behind the pelvis": {HEEL_STRIKE: (-35, 20), TOE_OFF: (10, 13)},
    "furthest, ankle for heel": {HEEL_STRIKE: (-49, 12), TOE_OFF: (5, 11)},
    "furthest, no toe": {TOE_OFF: (-29, 16)},
    "vertical velocity of the foot": {HEEL_STRIKE: (6, 20), TOE_OFF: (-4, 19)},
    "joint angles": {HEEL_STRIKE: (-31, 22), TOE_OFF: (23, 14)},
}
"""How late events are against forces, mean and SD, ms: docs/reference/gait-events.md, walking."""
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
        ``file, force, flight`` (:func:`flight_events`), ``velocity`` (:func:`velocity_events`),
        ``markers`` (:func:`coordinate_events`), ``first`` (of these, a foot that landed just before
        the first frame) or ``angles``, one an event.
    forces : FootForces
        Force under each foot, with the recording that carries it.
    history : list of HistoryEntry
    """

    events: list[Event]
    sources: list[str]
    forces: FootForces
    history: list[HistoryEntry]

    @property
    def seen(self) -> set[Event]:
        """Events that a contact was seen in, not where a foot is furthest before or behind."""
        pairs = zip(self.events, self.sources, strict=True)
        return {
            event for event, source in pairs if source in ("file", "force", "flight", "velocity")
        }

    def times(self, side: str, kind: str) -> NDArray[np.float64]:
        """Return the instants of one kind of event of one foot, rising.

        Parameters
        ----------
        side : {"left", "right"}
        kind : {"heel_strike", "toe_off"}

        Returns
        -------
        ndarray, shape (n_events,)
            Seconds on the time axis of the recording.
        """
        found = [e.time_s for e in self.events if e.side == side and e.kind == kind]
        return np.array(sorted(found), dtype=np.float64)


def find_events(recording: Recording) -> GaitEvents:
    """Find heel strikes and toe-offs of both feet with everything the recording has.

    Events the file carries come first; events from the vertical force fill in what they do not
    cover, then markers (:func:`flight_events` of who runs, else :func:`coordinate_events`,
    :func:`velocity_events` where there is no pelvis marker), and, for a foot that has no events
    so far, joint angles. Heel strikes of walking by markers or angles are moved to the landing of
    the heel (:mod:`locomotion_analysis.ingest.landing`) where the recording shows it steadily.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    GaitEvents
        With a history of how many events each source gave, how late such events are, and how far the file's events and
        the forces' are apart where both are there.
    """
    in_file = list(recording.events)
    by_markers, from_markers, said_of_markers = _events_of_markers(recording)
    recording = _without_foreign_plates(recording, from_markers)
    from_angles, said_of_angles = _events_of_angles(recording)
    without_force = _joined(("file", in_file), (by_markers, from_markers))
    forces = foot_forces(recording, [event for event, _ in without_force], from_angles)
    from_force = contact_events(forces.contacts)
    found = _joined(("file", in_file), ("force", from_force), (by_markers, from_markers))
    found = _within(recording.marker_time_s, found)
    bare = [side for side in SIDES if not any(event.side == side for event, _ in found)]
    extra = [(event, "angles") for event in from_angles if event.side in bare]
    found = sorted([*found, *extra])
    history = []
    for name, told in {
        "file": "gait events taken from the file",
        "force": "gait events found in the vertical force (20 N, not filtered)",
        by_markers: f"gait events found in the markers ({said_of_markers})",
        "first": "heel strikes put in the first frame: the foot landed up to 0.05 s before it",
        "angles": f"gait events found in the joint angles ({said_of_angles})",
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


_FOREIGN_S = 0.1
"""On the plates of real recordings contacts begin within 0.04 s of a heel strike of the markers."""


def without_foreign_plates(recording: Recording) -> Recording:
    """Drop force plates on which nobody lands when the feet do.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    Recording
        Without plates, and with a history that says so, where two or more contacts begin on them
        and all are 0.1 s or more from any heel strike that the markers show: forces of another
        trial, or out of step with the cameras.
    """
    if not recording.plates:
        return recording
    return _without_foreign_plates(recording, _events_of_markers(recording)[1])


def _without_foreign_plates(recording: Recording, from_markers: list[Event]) -> Recording:
    strikes = np.array([event.time_s for event in from_markers if event.kind == HEEL_STRIKE])
    if not recording.plates or not len(strikes):
        return recording
    begins = np.concatenate([on_plate(plate)[0][:, 0] for plate in recording.plates])
    begins = begins[np.isfinite(begins)]
    if len(begins) < 2:
        return recording
    apart = np.abs(begins[:, np.newaxis] - strikes).min(axis=1)
    if apart.min() < _FOREIGN_S:
        return recording
    text = (
        f"force plates: contacts on them begin {apart.min():.2f} to {apart.max():.2f} s from the heel "
        "strikes of the markers: forces of another trial, or not in step with the cameras"
    )
    entry = HistoryEntry("dropped", text, len(recording.plates))
    return replace(recording, plates=()).then(entry)


def _events_of_markers(recording: Recording) -> tuple[str, list[Event], str]:
    """Return the first method that finds events in the markers, its events and what to say."""
    time, pelvis, ends = recording.marker_time_s, _steady_pelvis(recording), {}
    for side in SIDES:
        if (of_foot := foot_ends(recording.markers, side)) is not None:
            ends[side] = of_foot
    if events := flight_events(recording):
        # The flights of the pelvis are not to be seen in a gap.
        unbridged = [place for place in (pelvis_marker(recording.markers),) if place is not None]
        everything = np.concatenate([*chain(*ends.values()), *unbridged], axis=1)
        events, left_out = _measured(events, time, dict.fromkeys(ends, (everything,) * 2))
        return "flight", events, f"between flights of the pelvis{left_out}"
    if events := coordinate_events(recording):
        has_heel, has_toe = (
            all(foot_marker(recording.markers, place, side) is not None for side in ends)
            for place in ("heel", "toe")
        )
        course = course_of(recording)
        way = np.ones(len(time)) if course is None else course.front_at(time)[1]
        backward = (way < 0.0)[:, np.newaxis]
        lands = {side: np.where(backward, toe, heel) for side, (heel, toe) in ends.items()}
        leaves = {side: np.where(backward, heel, toe) for side, (heel, toe) in ends.items()}
        heights = {side: path[:, 2] for side, path in lands.items()}
        paths = {side: (lands[side] + pelvis, leaves[side] + pelvis) for side in ends}
        events, left_out = _measured(events, time, paths)
        events, said = _landed(
            events,
            (time, heights),
            "landing of the heel" if has_heel else "landing of the ankle",
            "furthest before and behind the pelvis" if has_heel else "furthest, ankle for heel",
            "furthest before and behind the pelvis" if has_toe else "furthest, no toe",
        )
        missing = [place for place, there in (("heel", has_heel), ("toe", has_toe)) if not there]
        instead = [f"no {place} marker, the ankle in its place" for place in missing]
        return "markers", events, "; ".join(["Zeni 2008", *instead, said]) + left_out
    paths = {side: (heel + toe,) * 2 for side, (heel, toe) in ends.items()}
    events, left_out = _measured(velocity_events(recording), time, paths)
    heights = {side: heel[:, 2] for side, (heel, _) in ends.items()}
    method = "vertical velocity of the foot"
    events, said = _landed(events, (time, heights), "landing of the heel", method, method)
    return "velocity", events, f"O'Connor 2007; {said}{left_out}"


_BESIDE_A_GAP_S = 0.05
"""How far a filter of 10 Hz carries what bridges a gap, s."""


def _measured(
    events: list[Event],
    time: NDArray[np.float64],
    paths: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> tuple[list[Event], str]:
    """Leave out events in gaps that are too long to be bridged, and say how many.

    `paths` are side -> what a heel strike and what a toe-off is seen in, (n, k), NaN in gaps.
    """
    beside = np.array([-_BESIDE_A_GAP_S, _BESIDE_A_GAP_S])
    gaps = {
        (side, kind): long_gaps(time, path.sum(axis=1)) + beside
        for side, of_side in paths.items()
        for kind, path in zip((HEEL_STRIKE, TOE_OFF), of_side, strict=True)
    }
    seen = [
        event
        for event in events
        if not any(first < event.time_s < last for first, last in gaps[event.side, event.kind])
    ]
    n = len(events) - len(seen)
    return seen, f"; {n} left out in gaps longer than {MAX_GAP_S} s" if n else ""


def _events_of_angles(recording: Recording) -> tuple[list[Event], str]:
    """Return the events that joint angles give, and what to say of them."""
    placed = feet_from_angles(recording)
    if placed is None:
        return [], ""
    time, feet = placed
    backward = backward_by_angles(recording, time)
    heights = {
        side: np.where(backward, toe[:, 1], heel[:, 1]) for side, (heel, toe) in feet.items()
    }
    events, left_out = _measured(angle_events(recording), time, feet)
    events, said = _landed(
        events, (time, heights), "landing in joint angles", "joint angles", "joint angles"
    )
    return events, f"foot furthest before and behind; {said}{left_out}"


def _landed(
    events: list[Event],
    heights: tuple[NDArray[np.float64], Mapping[str, NDArray[np.float64]]],
    landing: str,
    strike: str,
    off: str,
) -> tuple[list[Event], str]:
    """Move heel strikes to the landing where it is seen; say so, and how late each kind is.

    `landing`, `strike` and `off` are the entries of ``LATE_MS`` for strikes moved, strikes kept
    and toe-offs.
    """
    strikes = [event for event in events if event.kind == HEEL_STRIKE]
    moved, n_seen = at_landings(strikes, *heights)
    mean, sd = LATE_MS[landing if n_seen else strike][HEEL_STRIKE]
    off_mean, off_sd = LATE_MS[off][TOE_OFF]
    how = f"at the landing, seen in {n_seen} of {len(strikes)}" if n_seen else "no steady landing"
    said = (
        f"heel strikes {how}: {mean:+d} +- {sd} ms, toe-offs {off_mean:+d} +- {off_sd} ms "
        "against forces elsewhere"
    )
    return sorted([*moved, *(event for event in events if event.kind != HEEL_STRIKE)]), said


def contact_events(contacts: Mapping[str, NDArray[np.float64]]) -> list[Event]:
    """Return the heel strikes and toe-offs at the ends of ground contacts.

    Parameters
    ----------
    contacts : mapping of str to ndarray, shape (n, 2)
        Side -> start and end, NaN where not recorded.

    Returns
    -------
    list of Event
        In order of time, s.

    Examples
    --------
    >>> from locomotion_analysis.ingest import contacts
    >>> time_s = np.arange(0, 2, 0.01)
    >>> force = np.where((time_s > 0.5) & (time_s < 1.1), 700.0, 0.0)  # N
    >>> [event.kind for event in contact_events({"right": contacts(time_s, force)})]
    ['heel_strike', 'toe_off']
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


def _within(time: NDArray[np.float64], found: list[tuple[Event, str]]) -> list[tuple[Event, str]]:
    """Put strikes just before the first frame of the markers there; leave out those after the last."""
    kept = []
    for event, source in found:
        if source == "markers" and event.kind == HEEL_STRIKE and event.time_s > time[-1]:
            continue
        before = source == "markers" and event.kind == HEEL_STRIKE and event.time_s < time[0]
        kept.append((replace(event, time_s=float(time[0])), "first") if before else (event, source))
    return sorted(kept)


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

"""The ground reaction force under each foot, in the directions of the walking person.

A laboratory's plates say how hard the floor was pushed, not by whom. When a foot is on the ground
comes from the vertical force; whose foot it is from the markers of the feet, or from gait events;
front and side from the direction the person walks in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.direction import (
    Course,
    course_of,
    horizontal_at,
    place_at,
    rightwards,
)
from locomotion_analysis.ingest.force_zero import USUAL_WEIGHT_N, set_to_zero, without_dropouts
from locomotion_analysis.ingest.marker_names import foot_ends, foot_marker
from locomotion_analysis.ingest.recording import (
    HEEL_STRIKE,
    SIDES,
    TOE_OFF,
    Event,
    Plate,
    Recording,
    Stream,
)

# When a foot is on the ground, from the vertical ground reaction force.

CONTACT_N = 20.0
"""Force whose crossing, before any filter, is the contact's first and last instant, N."""
RELEASE_N = 10.0
"""Filtered force below which a contact has ended, N: what lies above is one contact."""
MIN_CONTACT_S = 0.1
MIN_SWING_S = 0.08
CUTOFF_HZ = 15.0
_HOLDS_S = 0.01
"""How long the unfiltered force stays above the threshold, against noise."""
_EARLY_SHARE = 1.0 / 3.0
_EARLY_S = 0.03
_HIDES_NO_SWING_S = 0.3
"""A gap shorter than this between two loaded samples lies within one contact."""
_FRAMES_APART_S = 0.05
"""Samples farther apart, and than one and a half times the usual, have others left out between."""
HIDDEN = "ground contacts that begin or end in a gap of the force"


def contacts(time_s: ArrayLike, vertical_N: ArrayLike) -> NDArray[np.float64]:
    """Find the ground contacts in a vertical force.

    A heel strike is the first crossing of 20 N by the force as it was measured, a toe-off the last
    one, linear between samples; noise that crosses it for less than 0.01 s is none. Which contacts
    there are is told by the low-pass filtered force (Butterworth, second order each way, 15 Hz): a
    contact is a run above 10 N that reaches 20 N (hysteresis), lasts 0.1 s or longer and is 0.08 s
    or more from the next. Thresholds: Tirosh & Sparrow 2003, J Appl Biomech. The filter
    alone would put heel strikes 14 ms early and toe-offs 5 ms late.

    A recording cut at a heel strike often begins a few samples after it: a force that rises at
    the first sample and is still below a third of the contact's maximum has its contact begin
    there. The same holds at a gap in the force, and for an end where the force falls. Zeros of
    less than 0.08 s at either end of the recording, from which the force jumps to half of its
    maximum within a sample, are no measurements.

    Parameters
    ----------
    time_s : array_like, shape (n,)
        Seconds, even rate.
    vertical_N : array_like, shape (n,)
        Force on the foot, N, up positive. NaN was not measured: a gap of less than 0.3 s between
        loaded samples is bridged, and a contact that begins or ends unseen in a gap is left out.

    Returns
    -------
    ndarray of float64, shape (n_contacts, 2)
        Start and end, s. NaN where the recording begins or ends within the contact; the first
        sample's time where it begins as the contact does.

    Examples
    --------
    >>> time = np.arange(0.0, 2.0, 0.001)
    >>> force = np.where((time > 0.5) & (time < 1.1), 700.0, 0.0)
    >>> contacts(time, force).round(1).tolist()
    [[0.5, 1.1]]
    """
    return _contacts(np.asarray(time_s, dtype=np.float64), vertical_N)[0]


def _contacts(
    time: NDArray[np.float64],
    vertical_N: ArrayLike,
    cutoff_hz: float = CUTOFF_HZ,
    apart_s: float = MIN_SWING_S,
    edge_N: float = CONTACT_N,
) -> tuple[NDArray[np.float64], int]:
    """Return the contacts between crossings of `edge_N`, and how many are left out.

    Those are left out of which a gap hides where they begin or end.
    """
    time, raw = _with_frames_left_out(time, np.array(vertical_N, dtype=np.float64))
    raw[_unmeasured_ends(time, raw)] = np.nan
    measured = np.flatnonzero(np.isfinite(raw))
    if not len(measured):
        return np.empty((0, 2)), 0
    raw = _over_gaps(time, raw, measured)
    force = low_pass(time, raw, cutoff_hz, padtype="even")
    first, last = _runs(force >= RELEASE_N)
    # Two runs of load with too short a swing between them are one contact.
    apart = time[first[1:]] - time[last[:-1]] >= apart_s
    begins = np.concatenate([[True], apart]) if len(first) else np.empty(0, bool)
    ends = np.concatenate([apart, [True]]) if len(first) else np.empty(0, bool)
    first, last = first[begins], last[ends]
    if not len(first):
        return np.empty((0, 2)), 0
    peak = np.array([force[a : b + 1].max() for a, b in zip(first, last, strict=True)])
    keep = (peak >= CONTACT_N) & (time[last] - time[first] >= MIN_CONTACT_S)
    # Within each contact, where the force itself is above the threshold first and last.
    rises, falls = _runs(raw >= edge_N)
    holds = time[falls] - time[rises] >= _HOLDS_S
    rises, falls = rises[holds], falls[holds]
    began, ended = np.searchsorted(falls, first), np.searchsorted(rises, last, "right") - 1
    keep &= began <= ended
    starts = _crossing(time, raw, rises[began[keep]] - 1, edge_N)
    ends = _crossing(time, raw, falls[ended[keep]], edge_N)
    spans = []
    for start, end, top in zip(starts, ends, peak[keep], strict=True):
        begin, opening = _seen(time, raw, measured, np.nan_to_num(start, nan=-np.inf), top)
        close, closing = _seen(
            -time[::-1],
            raw[::-1],
            len(raw) - 1 - measured[::-1],
            np.nan_to_num(-end, nan=-np.inf),
            top,
        )
        if not (np.isnan(begin) and opening) and not (np.isnan(close) and closing):
            spans.append((begin, -close))
    return np.array(spans, dtype=np.float64).reshape(-1, 2), int(keep.sum()) - len(spans)


def _runs(above: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first and the last sample of every run of true ones."""
    edges = np.diff(np.concatenate([[False], above, [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1


def _with_frames_left_out(
    time: NDArray[np.float64], raw: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put NaN where frames are left out, as many as tell a gap that may hide a swing from one."""
    if len(time) < 2:
        return time, raw
    apart = np.diff(time)
    frame = float(np.median(apart))
    lacks = np.minimum(apart, _HIDES_NO_SWING_S + frame) / frame - 1.0
    n_left_out = np.where(apart > max(1.5 * frame, _FRAMES_APART_S), np.round(lacks), 0)
    places = np.arange(len(time)) + np.concatenate([[0], np.cumsum(n_left_out.astype(np.intp))])
    every = np.arange(places[-1] + 1)
    filled = np.full(len(every), np.nan)
    filled[places] = raw
    return np.interp(every, places, time), filled


def _unmeasured_ends(time: NDArray[np.float64], raw: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a recording begins or ends with zeros that no foot leaves behind."""
    mask = np.zeros(len(raw), dtype=bool)
    half = np.nan_to_num(raw).max(initial=0.0) / 2.0
    for step in (1, -1):
        values, instants = raw[::step], time[::step]
        zeros = int(np.argmax(values != 0.0)) if len(raw) else 0
        short = abs(instants[zeros] - instants[0]) < MIN_SWING_S if zeros else False
        if short and values[zeros] >= half:
            mask[::step][:zeros] = True
    return mask


def _over_gaps(
    time: NDArray[np.float64], raw: NDArray[np.float64], measured: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Bridge the gaps that hide no swing; no force in longer ones and at the ends."""
    bridged = np.interp(time, time[measured], raw[measured], left=0.0, right=0.0)
    for place in np.flatnonzero(np.diff(measured) > 1):
        low, high = measured[place], measured[place + 1]
        if time[high] - time[low] >= _HIDES_NO_SWING_S:
            bridged[low + 1 : high] = 0.0
    return bridged


def _seen(
    time: NDArray[np.float64],
    raw: NDArray[np.float64],
    measured: NDArray[np.intp],
    start: float,
    peak: float,
) -> tuple[float, bool]:
    """Return the start of a contact, NaN if it was not seen, and whether it lies in a gap.

    Between neighbouring samples it was seen; else the first sample after it stands for it where the
    force rises from low there.
    """
    after = int(np.searchsorted(time[measured], start))
    if after == len(measured):
        return np.nan, True
    edge = measured[after]
    if after and edge - measured[after - 1] == 1:
        return start, False
    soon = min(int(np.searchsorted(time, time[edge] + _EARLY_S)), len(raw) - 1)
    rises = raw[edge] < _EARLY_SHARE * peak and raw[soon] > raw[edge] + RELEASE_N
    return (float(time[edge]) if rises else np.nan), after > 0


def low_pass(
    time_s: NDArray[np.float64],
    values: NDArray[np.float64],
    cutoff_hz: float,
    *,
    padtype: Literal["odd", "even"] = "odd",
) -> NDArray[np.float64]:
    """Filter without delay: Butterworth, second order each way.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
        Seconds, even rate.
    values : ndarray, shape (n,)
        Without NaN. Returned as they are where there are fewer than 16, or where the sampling
        rate is too low for the filter to do anything.
    cutoff_hz : float
    padtype : {"odd", "even"}
        How the signal is continued beyond its ends: through a point (positions), or mirrored
        (forces, which stay at zero).
    """
    rate = (len(time_s) - 1) / (time_s[-1] - time_s[0]) if len(time_s) > 1 else 0.0
    if rate <= 2.2 * cutoff_hz or len(time_s) < 16:
        return values
    from scipy.signal import butter, sosfiltfilt

    smooth: NDArray[np.float64] = sosfiltfilt(
        butter(2, cutoff_hz, fs=rate, output="sos"), values, padtype=padtype
    )
    return smooth


def low_pass_known(
    time_s: NDArray[np.float64], values: NDArray[np.float64], cutoff_hz: float
) -> NDArray[np.float64]:
    """Filter columns, shape (n, k), as :func:`low_pass`; gaps are bridged for it and stay gaps."""
    known = np.asarray(np.isfinite(values).all(axis=1))
    if known.sum() < 2:
        return values
    columns = [
        low_pass(time_s, np.interp(time_s, time_s[known], column[known]), cutoff_hz)
        for column in values.T
    ]
    return np.where(known[:, np.newaxis], np.stack(columns, axis=1), np.nan)


def _crossing(
    time: NDArray[np.float64], force: NDArray[np.float64], before: NDArray[np.intp], level: float
) -> NDArray[np.float64]:
    """Instant at which the force crosses `level` after sample `before`; NaN at the ends."""
    known = (before >= 0) & (before + 1 < len(force))
    low = np.where(known, before, 0)
    high = np.minimum(low + 1, len(force) - 1)
    step = force[high] - force[low]
    share = np.divide(level - force[low], step, out=np.zeros(len(step)), where=step != 0)
    return np.where(known, time[low] + share * (time[high] - time[low]), np.nan)


# Which foot is on which force plate, and whether it is alone there.

SHARED, UNKNOWN = "shared", "unknown"
_CLEAN_SHARE = 0.85
_MAX_DISTANCE_M = 0.3
_FLIGHT_S, _FLIGHT_CUTOFF_HZ = 0.02, 50.0
"""Shortest time between two feet on one plate, and the filter that leaves it."""
_MIN_KNEES_APART_RAD = np.radians(10.0)
_BOTH_SHARE = 0.25
_MIN_CONTACT_FORCE_N = 50.0
_EVENT_WINDOW_S = 0.12


@dataclass(frozen=True)
class PlateContact:
    """One contact on one plate.

    Attributes
    ----------
    plate : int
        Index of the plate.
    start_s, end_s : float
        NaN where the recording begins or ends within the contact.
    foot : str
        ``left, right, shared`` (both feet on the plate) or ``unknown``.
    """

    plate: int
    start_s: float
    end_s: float
    foot: str


def plate_contacts(
    recording: Recording, events: list[Event], from_angles: Sequence[Event] = ()
) -> list[PlateContact]:
    """Find all contacts on all plates and the foot of each.

    The foot is the one whose line from heel to toe is nearest to the centre of pressure, height
    included (a foot that swings past is up in the air); a contact in which that is one foot for
    less than 85 % of the time is shared. Without foot markers the events at the start and end of
    the contact decide, else the knees: the leg on the ground is the straighter one; the events
    that joint angles give come last, for they do not hold in running. Two contacts on a plate are
    0.02 s or more apart: on one belt, a runner's feet follow each other.

    Parameters
    ----------
    recording : Recording
    events : list of Event
        Heel strikes and toe-offs of the file and of the markers.
    from_angles : sequence of Event
        Those of joint angles.
    """
    ends = (foot_ends(recording.markers, side) for side in SIDES)
    feet = [foot for foot in ends if foot is not None]
    found = []
    for index, plate in enumerate(recording.plates):
        for start, end in on_plate(plate)[0]:
            if len(feet) < len(SIDES):
                foot = _foot_from_events(start, end, events)
                foot = _foot_from_knees(recording, start, end) if foot == UNKNOWN else foot
                foot = _foot_from_events(start, end, from_angles) if foot == UNKNOWN else foot
            else:
                foot = _foot_from_markers(recording, plate, (start, end), feet)
            found.append(PlateContact(index, float(start), float(end), foot))
    return found


def on_plate(plate: Plate) -> tuple[NDArray[np.float64], int]:
    """Return the contacts on a plate, of whichever foot, and how many a gap hides.

    They last for as long as there are 10 N: nearly all of the force is that foot's.
    """
    return _contacts(
        plate.time_s, plate.force_N[:, 2], _FLIGHT_CUTOFF_HZ, _FLIGHT_S, edge_N=RELEASE_N
    )


def _foot_from_markers(
    recording: Recording,
    plate: Plate,
    contact: tuple[float, float],
    feet: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> str:
    """Return the foot whose line from heel to toe was nearest to the centre of pressure."""
    start, end = np.nan_to_num(contact[0], nan=-np.inf), np.nan_to_num(contact[1], nan=np.inf)
    loaded = (plate.time_s >= start) & (plate.time_s <= end)
    loaded &= plate.force_N[:, 2] > _MIN_CONTACT_FORCE_N
    loaded &= np.isfinite(plate.cop_m).all(axis=1)
    instants, cop = plate.time_s[loaded], plate.cop_m[loaded]
    distances = []
    for foot in feet:  # from the line between heel and toe
        heel, toe = (place_at(recording.marker_time_s, part, instants) for part in foot)
        line = toe - heel
        length = np.maximum(np.sum(line**2, axis=1), 1e-12)
        along = np.clip(np.sum((cop - heel) * line, axis=1) / length, 0.0, 1.0)
        distances.append(np.linalg.norm(cop - heel - along[:, np.newaxis] * line, axis=1))
    left, right = distances
    seen = np.isfinite(left) & np.isfinite(right)
    if not seen.any() or np.median(np.minimum(left, right)[seen]) > _MAX_DISTANCE_M:
        return UNKNOWN
    share = float(np.mean(left[seen] < right[seen]))
    if 1.0 - _CLEAN_SHARE < share < _CLEAN_SHARE:
        return SHARED
    return "left" if share > 0.5 else "right"


def _foot_from_events(start: float, end: float, events: Sequence[Event]) -> str:
    """Return the foot that struck as the contact began and left as it ended."""
    began = _sides_near(start, HEEL_STRIKE, events)
    ended = _sides_near(end, TOE_OFF, events)
    if began and ended and not began & ended:
        return SHARED
    sides = (began & ended) or began or ended
    return sides.pop() if len(sides) == 1 else UNKNOWN


def _foot_from_knees(recording: Recording, start: float, end: float) -> str:
    """Return the foot of the straighter leg: the other one swings, its knee bent."""
    names = [f"knee_flexion_angle_{side}_rad" for side in SIDES]
    for stream in recording.streams:
        if all(name in stream.signals for name in names):
            during = ~((stream.time_s < start) | (stream.time_s > end))
            left, right = (stream.signals[name][during] for name in names)
            apart = left - right
            known = apart[np.isfinite(apart)]
            if len(known) and abs(mean := float(known.mean())) > _MIN_KNEES_APART_RAD:
                return "right" if mean > 0.0 else "left"
    return UNKNOWN


def _sides_near(instant: float, kind: str, events: Sequence[Event]) -> set[str]:
    return {
        event.side
        for event in events
        if event.kind == kind and abs(event.time_s - instant) <= _EVENT_WINDOW_S
    }


# The force under each foot.


@dataclass(frozen=True)
class FootForces:
    """Where the force under each foot is known.

    Attributes
    ----------
    recording : Recording
        With ``grf_*`` signals a foot.
    contacts : mapping of str to ndarray, shape (n, 2)
        Per side, start and end of the contacts of that foot alone; empty without forces.
    n_shared, n_unknown : int
        Plate contacts of both feet, and of no known foot.
    """

    recording: Recording
    contacts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    n_shared: int = 0
    n_unknown: int = 0


def foot_forces(
    recording: Recording, events: list[Event], from_angles: Sequence[Event] = ()
) -> FootForces:
    """Assign the force plates to the feet, or take the forces the file gives for each foot.

    Parameters
    ----------
    recording : Recording
    events : list of Event
        Events of the file and of the markers, for laboratories without foot markers.
    from_angles : sequence of Event
        Those of joint angles.

    Returns
    -------
    FootForces
        Vertical up +, anterior + (to the person's front, also where they walk backward),
        lateral + (away from the other leg), N, force on the person. Zero where the foot is off
        the plates, NaN where both feet share one. Where nothing tells which way the person
        faces, there is the vertical force alone.
    """
    recording = set_to_zero(without_dropouts(recording))
    named = [plate for plate in recording.plates if plate.foot]
    found = plate_contacts(recording, events, from_angles) if recording.plates and not named else []
    if not named and not any(contact.foot in SIDES for contact in found):
        if found:
            text = "force plates: no contact of one known foot alone"
            recording = recording.then(HistoryEntry("dropped", text, len(found)))
        given, entries = _contacts_of_signals(recording)
        n_unknown = sum(contact.foot == UNKNOWN for contact in found)
        return FootForces(recording.then(*entries), given, n_unknown=n_unknown)
    time = recording.plates[0].time_s
    front, evidence = _front_of_plates(recording, time)
    signals: dict[str, NDArray[np.float64]] = {}
    for side in SIDES:
        of_side = (
            _of_named([plate for plate in named if plate.foot == side], front, side)
            if named
            else _summed(recording, found, front, side, time)
        )
        signals |= {f"{name}_{side}_{unit}": values for (name, unit), values in of_side.items()}
    verticals = {
        side: signals[name] for side in SIDES if (name := f"grf_vertical_{side}_N") in signals
    }
    per_side = {side: contacts(time, force) for side, force in verticals.items()}
    n_shared = sum(contact.foot == SHARED for contact in found)
    n_unknown = sum(contact.foot == UNKNOWN for contact in found)
    whole = [] if named else list(recording.plates)
    n_hidden = sum(on_plate(plate)[1] for plate in whole)
    entries = [HistoryEntry("rejected", HIDDEN, n_hidden)] if n_hidden else []
    if n_unknown:
        text = "plate contacts of which nothing tells the foot"
        entries.append(HistoryEntry("rejected", text, n_unknown))
    if not named:
        n_assigned = len(found) - n_shared - n_unknown
        entries.append(HistoryEntry("assigned", "force plate contacts to one foot", n_assigned))
    entries.append(
        HistoryEntry("dropped", f"fore-aft and lateral forces: {evidence}")
        if front is None
        else HistoryEntry("assumed", f"direction of walking: {evidence}")
    )
    others = (
        (stream.time_s, {n: v for n, v in stream.signals.items() if not n.startswith("grf_")})
        for stream in recording.streams
    )
    streams = tuple(Stream(clock, rest) for clock, rest in others if rest)
    if streams and any(n.startswith("grf_") for n in recording.channels):
        entries.append(HistoryEntry("dropped", "the file's own grf channels, for the plates'"))
    entries += _of_contacts(time, per_side, verticals)
    kept = replace(recording, streams=(*streams, Stream(time, signals))).then(*entries)
    return FootForces(kept, per_side, n_shared, n_unknown)


_MIN_COP_TRAVEL_M = 0.5
_MIN_COP_SPEED_M_S = 0.3


def _front_of_plates(
    recording: Recording, time: NDArray[np.float64]
) -> tuple[NDArray[np.float64] | None, str]:
    """Return the direction to the person's front over time, shape (n, 2), and what tells it."""
    course = course_of(recording)
    if _far_from_their_feet(recording):  # markers and forces of two laboratories
        course = course_of(replace(recording, markers={}, marker_time_s=np.empty(0)))
    if course is not None and course.laboratory:
        axis, _ = course.front_at(time)
        if np.isfinite(axis).any():
            return axis, course.evidence
    travel = _travel_over_plates(recording)
    if travel is not None:
        way = _way_in_body(course)
        text = "travel of the centre of pressure over the plates"
        if way is None:
            text += ", taken to be forward: nothing tells which way the person faces"
        return np.tile(travel * (way or 1.0), (len(time), 1)), text
    return None, (
        "nothing tells which way the person faces (no markers of feet or pelvis, no rotation of a "
        "model's pelvis, no travel)"
    )


def _far_from_their_feet(recording: Recording) -> bool:
    """Return whether the centres of pressure of named forces lie away from the feet's markers."""
    apart = []
    for plate in recording.plates:
        heel, toe = (
            foot_marker(recording.markers, place, plate.foot) if plate.foot in SIDES else None
            for place in ("heel", "toe")
        )
        if heel is None or toe is None:
            continue
        loaded = (plate.force_N[:, 2] > _MIN_CONTACT_FORCE_N) & np.isfinite(plate.cop_m[:, 0])
        middle = horizontal_at(recording.marker_time_s, (heel + toe) / 2.0, plate.time_s[loaded])
        apart.append(np.linalg.norm(plate.cop_m[loaded, :2] - middle, axis=1))
    known = np.concatenate([np.empty(0), *apart])
    known = known[np.isfinite(known)]
    return bool(len(known)) and float(np.median(known)) > _MAX_DISTANCE_M


def _way_in_body(course: Course | None) -> float | None:
    """Return 1 for forward and -1 for backward, where joint angles tell it."""
    if course is None or not len(course.time_s):
        return None
    _, way = course.front(course.time_s[:1], course.time_s[-1:])
    return float(way[0]) or None


def _travel_over_plates(recording: Recording) -> NDArray[np.float64] | None:
    """Return the direction from the first contact to the last, of a person who travels."""
    places = []
    for plate in recording.plates:
        for start, end in contacts(plate.time_s, plate.force_N[:, 2]):
            if np.isfinite(start) and np.isfinite(end):
                inside = (plate.time_s >= start) & (plate.time_s <= end)
                inside &= np.isfinite(plate.cop_m[:, :2]).all(axis=1)
                if inside.any():
                    x, y = np.median(plate.cop_m[inside, :2], axis=0)
                    places.append(((start + end) / 2.0, x, y))
    if len(places) < 2:
        return None
    (first, *start_at), (last, *end_at) = min(places), max(places)
    travel = np.subtract(end_at, start_at)
    length = float(np.linalg.norm(travel))
    if length < max(_MIN_COP_TRAVEL_M, _MIN_COP_SPEED_M_S * (last - first)):
        return None
    unit: NDArray[np.float64] = travel / length
    return unit


def _contacts_of_signals(
    recording: Recording,
) -> tuple[dict[str, NDArray[np.float64]], list[HistoryEntry]]:
    """Return the contacts in the forces that the file gives for each foot."""
    per_side, entries = {}, []
    for stream in recording.streams:
        for side in SIDES:
            for unit, newton in (("N", 1.0), ("BW", USUAL_WEIGHT_N)):
                vertical = stream.signals.get(f"grf_vertical_{side}_{unit}")
                if vertical is not None:
                    force = vertical * newton
                    spans = contacts(stream.time_s, force)
                    if _of_both_feet(recording, side, spans):
                        text = (
                            f"contacts in the force of the {side} foot: by the knees, of both feet"
                        )
                        entries.append(HistoryEntry("rejected", text, len(spans)))
                        continue
                    if len(spans) and not np.isfinite(spans).any():
                        text = (
                            f"gait events in the force of the {side} foot: one contact throughout"
                        )
                        entries.append(HistoryEntry("missing", text))
                    per_side[side] = spans
                    entries += _of_contacts(stream.time_s, {side: per_side[side]}, {side: force})
    return per_side, entries


def _of_both_feet(recording: Recording, side: str, spans: NDArray[np.float64]) -> bool:
    """Whether the knees give every other contact to the other foot: the force of one belt."""
    feet = [_foot_from_knees(recording, start, end) for start, end in spans]
    known = [foot for foot in feet if foot in SIDES]
    return len(known) > 2 and sum(foot != side for foot in known) > _BOTH_SHARE * len(known)


def _of_contacts(
    time: NDArray[np.float64],
    per_side: Mapping[str, NDArray[np.float64]],
    forces_N: Mapping[str, NDArray[np.float64]],
) -> list[HistoryEntry]:
    """Return what :func:`contacts` took for granted."""
    n_bridged = 0
    for force in forces_N.values():
        measured = np.flatnonzero(np.isfinite(force))
        low, high = measured[:-1], measured[1:]
        within = (high - low > 1) & (time[high] - time[low] < _HIDES_NO_SWING_S)
        n_bridged += int((within & (np.minimum(force[low], force[high]) >= RELEASE_N)).sum())
    notes = (
        (
            "heel strike or toe-off at the outermost sample measured, where the force is low already",
            sum(int(np.isin(spans, time).sum()) for spans in per_side.values()),
        ),
        ("the foot stayed on the ground in short gaps of its force", n_bridged),
        (
            "zeros beside a force of a loaded foot, at an end of the recording, are no measurements",
            sum(int(_unmeasured_ends(time, force).sum()) for force in forces_N.values()),
        ),
    )
    entries = [HistoryEntry("assumed", text, count) for text, count in notes if count]
    if n_hidden := sum(_contacts(time, force)[1] for force in forces_N.values()):
        entries.append(HistoryEntry("rejected", HIDDEN, n_hidden))
    return entries


_Parts = dict[tuple[str, str], NDArray[np.float64]]


def _in_directions(
    vectors: NDArray[np.float64], front: NDArray[np.float64] | None, side: str
) -> dict[str, NDArray[np.float64]]:
    """Return vectors of the laboratory as anterior, lateral and vertical parts."""
    parts = {"vertical": vectors[:, 2]}
    if front is not None:
        outwards = rightwards(front) * (1.0 if side == "right" else -1.0)
        parts["anterior"] = np.sum(vectors[:, :2] * front, axis=1)
        parts["lateral"] = np.sum(vectors[:, :2] * outwards, axis=1)
    return parts


def _of_named(plates: list[Plate], front: NDArray[np.float64] | None, side: str) -> _Parts:
    """Force and centre of pressure of the plate that the file names after a foot."""
    found: _Parts = {}
    for plate in plates:
        force = _in_directions(plate.force_N, front, side)
        found |= {(f"grf_{axis}", "N"): values for axis, values in force.items()}
        if np.isfinite(plate.cop_m).any():
            place = _in_directions(plate.cop_m, front, side)
            place.pop("vertical")
            found |= {(f"cop_{axis}", "m"): values for axis, values in place.items()}
    return found


def _summed(
    recording: Recording,
    found: list[PlateContact],
    front: NDArray[np.float64] | None,
    side: str,
    time: NDArray[np.float64],
) -> _Parts:
    """Force under one foot, in the person's directions, on the first plate's time base."""
    total = np.zeros((len(time), 3))
    for contact in found:
        if contact.foot not in (side, SHARED):
            continue
        plate = recording.plates[contact.plate]
        during = ~((time < contact.start_s) | (time > contact.end_s))
        known = np.nan if contact.foot == SHARED else 1.0
        for axis in range(3):
            force = np.interp(time[during], plate.time_s, plate.force_N[:, axis])
            total[during, axis] += known * force
    parts = _in_directions(total, front, side)
    loaded = total.any(axis=1)  # off the plates a force is zero whichever way the person faces
    return {(f"grf_{axis}", "N"): np.where(loaded, values, 0.0) for axis, values in parts.items()}

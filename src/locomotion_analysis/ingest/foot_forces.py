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
from locomotion_analysis.ingest.force_zero import USUAL_WEIGHT_N, set_to_zero
from locomotion_analysis.ingest.marker_names import foot_marker, pelvis_marker
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
"""Force a contact has to reach, N."""
RELEASE_N = 10.0
"""Force whose crossing is the contact's first and last instant, N."""
MIN_CONTACT_S = 0.1
MIN_SWING_S = 0.08
CUTOFF_HZ = 15.0
_EARLY_SHARE = 1.0 / 3.0
_EARLY_S = 0.03
_HIDES_NO_SWING_S = 0.3
"""A gap shorter than this between two loaded samples lies within one contact."""
HIDDEN = "ground contacts that begin or end in a gap of the force"


def contacts(time_s: ArrayLike, vertical_N: ArrayLike) -> NDArray[np.float64]:
    """Find the ground contacts in a vertical force.

    The force is low-pass filtered without delay (Butterworth, second order each way, 15 Hz).
    A contact is a run above 10 N that reaches 20 N (hysteresis), lasts 0.1 s or longer and is
    0.08 s or more from the next; its instants are the crossings of 10 N, interpolated between
    samples. Thresholds: Tirosh & Sparrow 2003, J Appl Biomech 19:178.

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
) -> tuple[NDArray[np.float64], int]:
    """Return the contacts, and how many are left out because a gap hides where they begin or end."""
    raw = np.array(vertical_N, dtype=np.float64)
    raw[_unmeasured_ends(time, raw)] = np.nan
    measured = np.flatnonzero(np.isfinite(raw))
    if not len(measured):
        return np.empty((0, 2)), 0
    raw = _over_gaps(time, raw, measured)
    force = low_pass(time, raw, cutoff_hz, padtype="even")
    loaded = force >= RELEASE_N
    edges = np.diff(np.concatenate([[False], loaded, [False]]).astype(np.int8))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    # Two runs of load with too short a swing between them are one contact.
    apart = time[first[1:]] - time[last[:-1]] >= apart_s
    begins = np.concatenate([[True], apart]) if len(first) else np.empty(0, bool)
    ends = np.concatenate([apart, [True]]) if len(first) else np.empty(0, bool)
    first, last = first[begins], last[ends]
    if not len(first):
        return np.empty((0, 2)), 0
    peak = np.array([force[a : b + 1].max() for a, b in zip(first, last, strict=True)])
    keep = (peak >= CONTACT_N) & (time[last] - time[first] >= MIN_CONTACT_S)
    starts = _crossing(time, force, first[keep] - 1)
    ends = _crossing(time, force, last[keep])
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


def _crossing(
    time: NDArray[np.float64], force: NDArray[np.float64], before: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Instant at which the force crosses RELEASE_N after sample `before`; NaN at the ends."""
    known = (before >= 0) & (before + 1 < len(force))
    low = np.where(known, before, 0)
    high = np.minimum(low + 1, len(force) - 1)
    step = force[high] - force[low]
    share = np.divide(RELEASE_N - force[low], step, out=np.zeros(len(step)), where=step != 0)
    return np.where(known, time[low] + share * (time[high] - time[low]), np.nan)


def place_at(
    time_s: NDArray[np.float64], position: NDArray[np.float64], instants: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a marker's position at other instants, linearly between samples.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
    position : ndarray, shape (n, 3)
        NaN where the marker was not seen.
    instants : ndarray, shape (m,)

    Returns
    -------
    ndarray, shape (m, 3)
        NaN throughout for a marker that was never seen.
    """
    seen = np.isfinite(position).all(axis=1)
    if not seen.any():
        return np.full((len(instants), 3), np.nan)
    return np.stack([np.interp(instants, time_s[seen], axis) for axis in position[seen].T], axis=1)


def horizontal_at(
    time_s: NDArray[np.float64], position: NDArray[np.float64], instants: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a marker's horizontal position at other instants, shape (m, 2)."""
    return place_at(time_s, position, instants)[:, :2]


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
    feet = []
    for side in SIDES:
        heel, toe, ankle = (
            foot_marker(recording.markers, place, side) for place in ("heel", "toe", "ankle")
        )
        heel = ankle if heel is None else heel  # the ankle stands in for what is not there
        toe = (ankle if ankle is not None else heel) if toe is None else toe
        if heel is not None and toe is not None:
            feet.append((heel, toe))
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
    """Return the contacts on a plate, of whichever foot, and how many a gap hides."""
    return _contacts(plate.time_s, plate.force_N[:, 2], _FLIGHT_CUTOFF_HZ, _FLIGHT_S)


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


# The direction a person walks in, so that forces and steps have a front and a side.

MIN_TRAVEL_M = 0.5
"""Pelvis displacement from which a trial counts as walking over the ground, m."""
_MIN_COP_TRAVEL_M = 0.05
_MIN_STANCE_FORCE_N = 100.0
_SNAP_COSINE = np.cos(np.radians(20.0))


def walking_direction(
    recording: Recording, during: tuple[float, float] = (-np.inf, np.inf)
) -> tuple[NDArray[np.float64] | None, str]:
    """Return the horizontal direction of walking and what it was taken from.

    The displacement of the pelvis markers (within `during`, for walks that turn), else
    (treadmill) the mean direction from heel to toe, else the path of the centre of pressure. A
    direction within 20 degrees of a laboratory axis is put on that axis.

    Parameters
    ----------
    recording : Recording
    during : (float, float)
        First and last instant, s.

    Returns
    -------
    ndarray, shape (2,), or None
        Unit vector in laboratory x and y.
    str
        What it was taken from, for the history.
    """
    travel = pelvis_travel(recording, during)
    if travel is None or np.linalg.norm(travel) <= MIN_TRAVEL_M:
        travel = pelvis_travel(recording)
    if travel is not None and np.linalg.norm(travel) > MIN_TRAVEL_M:
        return _on_axis(travel), "displacement of the pelvis markers"
    feet, path = np.zeros(2), np.zeros(2)
    for side in SIDES:
        heel = foot_marker(recording.markers, "heel", side)
        toe = foot_marker(recording.markers, "toe", side)
        if heel is not None and toe is not None and np.isfinite(toe - heel).all(axis=1).any():
            feet += np.nanmean((toe - heel)[:, :2], axis=0)
    if np.linalg.norm(feet) > 0.0:
        return _on_axis(feet), "mean direction from heel to toe markers"
    for plate in recording.plates:
        loaded = plate.force_N[:, 2] > _MIN_STANCE_FORCE_N
        cop = plate.cop_m[loaded & np.isfinite(plate.cop_m[:, :2]).all(axis=1), :2]
        if len(cop) >= 10:
            fifth = len(cop) // 5
            path += np.median(cop[-fifth:], axis=0) - np.median(cop[:fifth], axis=0)
    if np.linalg.norm(path) > _MIN_COP_TRAVEL_M:
        return _on_axis(path), "path of the centre of pressure"
    return None, "nothing in the file tells it"


def rightwards(forward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the horizontal direction to the right of `forward` (z up), shape (..., 2)."""
    return np.stack([forward[..., 1], -forward[..., 0]], axis=-1)


def pelvis_travel(
    recording: Recording, during: tuple[float, float] = (-np.inf, np.inf)
) -> NDArray[np.float64] | None:
    """Return the horizontal displacement of the pelvis within `during`, m, shape (2,)."""
    pelvis = pelvis_marker(recording.markers)
    if pelvis is None:
        return None
    time = recording.marker_time_s
    inside = (time >= during[0]) & (time <= during[1])
    seen = pelvis[np.isfinite(pelvis).all(axis=1) & inside, :2]
    if len(seen) < 2:
        return None
    travel: NDArray[np.float64] = seen[-1] - seen[0]
    return travel


def _on_axis(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the unit vector, along the laboratory's axis where it is nearly that."""
    unit: NDArray[np.float64] = direction / np.linalg.norm(direction)
    nearest = int(np.argmax(np.abs(unit)))
    if np.abs(unit[nearest]) < _SNAP_COSINE:
        return unit
    axis = np.zeros(2)
    axis[nearest] = np.sign(unit[nearest])
    return axis


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
        Vertical up +, anterior +, lateral + (away from the other leg), N, force on the person.
        Zero where the foot is off the plates, NaN where both feet share one.
    """
    recording = set_to_zero(recording)
    found = plate_contacts(recording, events, from_angles) if recording.plates else []
    if not any(contact.foot in SIDES for contact in found):
        if found:
            text = "force plates: no contact of one known foot alone"
            recording = recording.then(HistoryEntry("dropped", text, len(found)))
        given, entries = _contacts_of_signals(recording)
        n_unknown = sum(contact.foot == UNKNOWN for contact in found)
        return FootForces(recording.then(*entries), given, n_unknown=n_unknown)
    forward, evidence = walking_direction(recording)
    by_contact = []
    for contact in found:  # a person may turn between two plates
        span = np.nan_to_num(contact.start_s, nan=-np.inf), np.nan_to_num(contact.end_s, nan=np.inf)
        own, _ = walking_direction(recording, (float(span[0]), float(span[1])))
        by_contact.append(np.full(2, np.nan) if own is None else own)
    time = recording.plates[0].time_s
    signals: dict[str, NDArray[np.float64]] = {}
    for side in SIDES:
        force = _summed(recording, found, by_contact, side, time)
        axes = ("anterior", "lateral", "vertical") if forward is not None else ("vertical",)
        signals |= {f"grf_{axis}_{side}_N": force[axis] for axis in axes}
    per_side = {side: contacts(time, signals[f"grf_vertical_{side}_N"]) for side in SIDES}
    n_shared = sum(contact.foot == SHARED for contact in found)
    n_unknown = sum(contact.foot == UNKNOWN for contact in found)
    n_hidden = sum(on_plate(plate)[1] for plate in recording.plates)
    entries = [HistoryEntry("rejected", HIDDEN, n_hidden)] if n_hidden else []
    if n_unknown:
        text = "plate contacts of which nothing tells the foot"
        entries.append(HistoryEntry("rejected", text, n_unknown))
    entries += [
        HistoryEntry(
            "assigned", "force plate contacts to one foot", len(found) - n_shared - n_unknown
        ),
        HistoryEntry("assumed", f"direction of walking: {evidence}"),
    ]
    others = (
        (stream.time_s, {n: v for n, v in stream.signals.items() if not n.startswith("grf_")})
        for stream in recording.streams
    )
    streams = tuple(Stream(clock, rest) for clock, rest in others if rest)
    if streams and any(n.startswith("grf_") for n in recording.channels):
        entries.append(HistoryEntry("dropped", "the file's own grf channels, for the plates'"))
    entries += _of_contacts(
        time, per_side, {side: signals[f"grf_vertical_{side}_N"] for side in SIDES}
    )
    kept = replace(recording, streams=(*streams, Stream(time, signals))).then(*entries)
    return FootForces(kept, per_side, n_shared, n_unknown)


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


def _summed(
    recording: Recording,
    found: list[PlateContact],
    forwards: list[NDArray[np.float64]],
    side: str,
    time: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Force under one foot, in the person's directions, on the first plate's time base."""
    total = {axis: np.zeros(len(time)) for axis in ("anterior", "lateral", "vertical")}
    for contact, forward in zip(found, forwards, strict=True):
        if contact.foot not in (side, SHARED):
            continue
        plate = recording.plates[contact.plate]
        during = ~((time < contact.start_s) | (time > contact.end_s))
        x, y, up = (np.interp(time[during], plate.time_s, plate.force_N[:, k]) for k in range(3))
        outwards = rightwards(forward) * (1.0 if side == "right" else -1.0)
        known = np.nan if contact.foot == SHARED else 1.0
        total["anterior"][during] += known * (x * forward[0] + y * forward[1])
        total["lateral"][during] += known * (x * outwards[0] + y * outwards[1])
        total["vertical"][during] += known * up
    return total

"""The ground reaction force under each foot, in the directions of the walking person."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.events.ground_contact import contacts
from locomotion_analysis.ingest.events.plate_contacts import (
    SHARED,
    UNKNOWN,
    PlateContact,
    plate_contacts,
)
from locomotion_analysis.ingest.events.walking_direction import rightwards, walking_direction
from locomotion_analysis.ingest.recording import SIDES, Event, Recording, Stream

_USUAL_WEIGHT_N = 700.0
"""Scale of a force in body weights where only the threshold of a contact depends on it."""


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


def foot_forces(recording: Recording, events: list[Event]) -> FootForces:
    """Assign the force plates to the feet, or take the forces the file gives for each foot.

    Parameters
    ----------
    recording : Recording
    events : list of Event
        Events known without the plates, for laboratories without foot markers.

    Returns
    -------
    FootForces
        Vertical up +, anterior +, lateral + (away from the other leg), N, force on the person.
        Zero where the foot is off the plates, NaN where both feet share one.
    """
    found = plate_contacts(recording, events) if recording.plates else []
    if any(contact.foot in SIDES for contact in found):
        return _from_plates(recording, found)
    if found:
        text = "force plates: no contact of one known foot alone"
        recording = recording.then(HistoryEntry("dropped", text, len(found)))
    return _from_signals(recording)


def _from_plates(recording: Recording, found: list[PlateContact]) -> FootForces:
    forward, evidence = walking_direction(recording)
    by_contact = [_direction_at(recording, contact) for contact in found]
    time = recording.plates[0].time_s
    signals: dict[str, NDArray[np.float64]] = {}
    for side in SIDES:
        force = _summed(recording, found, by_contact, side, time)
        axes = ("anterior", "lateral", "vertical") if forward is not None else ("vertical",)
        signals |= {f"grf_{axis}_{side}_N": force[axis] for axis in axes}
    per_side = {side: contacts(time, signals[f"grf_vertical_{side}_N"]) for side in SIDES}
    n_shared = sum(contact.foot == SHARED for contact in found)
    n_unknown = sum(contact.foot == UNKNOWN for contact in found)
    entries = [
        HistoryEntry("assigned", "force plate contacts to one foot", len(found) - n_shared),
        HistoryEntry("assumed", f"direction of walking: {evidence}"),
    ]
    streams = _without_forces(recording)
    if len(streams) and any(n.startswith("grf_") for n in recording.channels):
        entries.append(HistoryEntry("dropped", "the file's own grf channels, for the plates'"))
    entries += _cut_at_strike(per_side, time)
    kept = replace(recording, streams=(*streams, Stream(time, signals))).then(*entries)
    return FootForces(kept, per_side, n_shared, n_unknown)


def _from_signals(recording: Recording) -> FootForces:
    per_side, entries = {}, []
    for stream in recording.streams:
        for side in SIDES:
            for unit, newton in (("N", 1.0), ("BW", _USUAL_WEIGHT_N)):
                vertical = stream.signals.get(f"grf_vertical_{side}_{unit}")
                if vertical is not None:
                    per_side[side] = contacts(stream.time_s, vertical * newton)
                    entries += _cut_at_strike({side: per_side[side]}, stream.time_s)
    return FootForces(recording.then(*entries), per_side)


def _cut_at_strike(
    per_side: Mapping[str, NDArray[np.float64]], time: NDArray[np.float64]
) -> list[HistoryEntry]:
    n_cut = sum(int((spans[:, 0] == time[0]).sum()) for spans in per_side.values())
    text = "heel strike at the first sample, where the force is rising from low already"
    return [HistoryEntry("assumed", text, n_cut)] if n_cut else []


def _direction_at(recording: Recording, contact: PlateContact) -> NDArray[np.float64]:
    """Direction of walking during one contact: a person may turn between two plates."""
    span = np.nan_to_num(contact.start_s, nan=-np.inf), np.nan_to_num(contact.end_s, nan=np.inf)
    forward, _ = walking_direction(recording, (float(span[0]), float(span[1])))
    return np.full(2, np.nan) if forward is None else forward


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


def _without_forces(recording: Recording) -> tuple[Stream, ...]:
    kept = (
        (stream.time_s, {n: v for n, v in stream.signals.items() if not n.startswith("grf_")})
        for stream in recording.streams
    )
    return tuple(Stream(time, signals) for time, signals in kept if signals)

"""Which foot is on which force plate, and whether it is alone there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.ingest.events.ground_contact import contacts
from locomotion_analysis.ingest.events.marker_names import foot_marker
from locomotion_analysis.ingest.recording import (
    HEEL_STRIKE,
    SIDES,
    TOE_OFF,
    Event,
    Plate,
    Recording,
)

SHARED, UNKNOWN = "shared", "unknown"
_CLEAN_SHARE = 0.85
_MAX_DISTANCE_M = 0.3
_MIN_FORCE_N = 50.0
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


def plate_contacts(recording: Recording, events: list[Event]) -> list[PlateContact]:
    """Find all contacts on all plates and the foot of each.

    The foot is the one whose line from heel to toe is nearest to the centre of pressure; a
    contact in which that is one foot for less than 85 % of the time is shared. Without foot
    markers the events at the start and end of the contact decide.

    Parameters
    ----------
    recording : Recording
    events : list of Event
        Heel strikes and toe-offs found without the plates.
    """
    feet = {side: _foot_line(recording, side) for side in SIDES}
    found = []
    for index, plate in enumerate(recording.plates):
        for start, end in contacts(plate.time_s, plate.force_N[:, 2]):
            if feet["left"] is None or feet["right"] is None:
                foot = _foot_from_events(start, end, events)
            else:
                foot = _foot_from_markers(recording, plate, (start, end), feet)
            found.append(PlateContact(index, float(start), float(end), foot))
    return found


def _foot_line(
    recording: Recording, side: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Horizontal positions of heel and toe; the ankle stands in for one that is not there."""
    ankle = foot_marker(recording.markers, "ankle", side)
    heel = foot_marker(recording.markers, "heel", side)
    toe = foot_marker(recording.markers, "toe", side)
    heel = ankle if heel is None else heel
    toe = (ankle if ankle is not None else heel) if toe is None else toe
    return None if heel is None or toe is None else (heel[:, :2], toe[:, :2])


def _foot_from_markers(
    recording: Recording,
    plate: Plate,
    contact: tuple[float, float],
    feet: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]] | None],
) -> str:
    start, end = np.nan_to_num(contact[0], nan=-np.inf), np.nan_to_num(contact[1], nan=np.inf)
    loaded = (plate.time_s >= start) & (plate.time_s <= end)
    loaded &= (plate.force_N[:, 2] > _MIN_FORCE_N) & np.isfinite(plate.cop_m[:, :2]).all(axis=1)
    instants, cop = plate.time_s[loaded], plate.cop_m[loaded, :2]
    distances = [
        _distance(cop, *(_at(recording.marker_time_s, end_point, instants) for end_point in line))
        for line in (feet["left"], feet["right"])
        if line is not None
    ]
    left, right = distances
    seen = np.isfinite(left) & np.isfinite(right)
    if not seen.any() or np.median(np.minimum(left, right)[seen]) > _MAX_DISTANCE_M:
        return UNKNOWN
    share = float(np.mean(left[seen] < right[seen]))
    if 1.0 - _CLEAN_SHARE < share < _CLEAN_SHARE:
        return SHARED
    return "left" if share > 0.5 else "right"


def _foot_from_events(start: float, end: float, events: list[Event]) -> str:
    began = _sides_near(start, HEEL_STRIKE, events)
    ended = _sides_near(end, TOE_OFF, events)
    if began and ended and not began & ended:
        return SHARED
    sides = (began & ended) or began or ended
    return sides.pop() if len(sides) == 1 else UNKNOWN


def _sides_near(instant: float, kind: str, events: list[Event]) -> set[str]:
    return {
        event.side
        for event in events
        if event.kind == kind and abs(event.time_s - instant) <= _EVENT_WINDOW_S
    }


def _at(
    time: NDArray[np.float64], position: NDArray[np.float64], instants: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Horizontal position at other instants; NaN where the marker was not seen."""
    seen = np.isfinite(position).all(axis=1)
    if not seen.any():
        return np.full((len(instants), 2), np.nan)
    axes = [np.interp(instants, time[seen], position[seen, axis]) for axis in (0, 1)]
    return np.stack(axes, axis=1)


def _distance(
    point: NDArray[np.float64], heel: NDArray[np.float64], toe: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance of points from the line between heel and toe, shape (n,)."""
    line = toe - heel
    length = np.maximum(np.sum(line**2, axis=1), 1e-12)
    along = np.clip(np.sum((point - heel) * line, axis=1) / length, 0.0, 1.0)
    distance: NDArray[np.float64] = np.linalg.norm(
        point - heel - along[:, np.newaxis] * line, axis=1
    )
    return distance

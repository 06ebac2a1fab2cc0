"""All gait events of a recording: the file's own, then forces, then positions of the feet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.events.foot_forces import FootForces, foot_forces
from locomotion_analysis.ingest.events.position import (
    angle_events,
    coordinate_events,
    velocity_events,
)
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF, Event, Recording

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
    history = [*_counted(found), *_compared(in_file, from_force)]
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


def _counted(found: list[tuple[Event, str]]) -> list[HistoryEntry]:
    names = {
        "file": "gait events taken from the file",
        "force": "gait events found in the vertical force (10 N, reaching 20 N)",
        "markers": "gait events found in the markers (Zeni 2008, or O'Connor 2007)",
        "angles": "gait events found in the joint angles (foot furthest before and behind)",
    }
    counts = {name: sum(source == name for _, source in found) for name in names}
    return [HistoryEntry("found", names[name], n) for name, n in counts.items() if n]


def _compared(in_file: list[Event], from_force: list[Event]) -> list[HistoryEntry]:
    nearest = np.abs(_to_nearest(in_file, from_force))
    apart = nearest[nearest < SAME_EVENT_S]
    if not len(apart):
        return []
    detail = (
        f"the file's events against the forces': {1e3 * np.median(apart):.0f} ms apart "
        f"(median), {1e3 * apart.max():.0f} ms at most"
    )
    return [HistoryEntry("compared", detail, len(apart))]

"""Forces and moments are kept only where the force under the foot was measured.

A laboratory with two plates measures one stance of each foot in a pass. In every other stance
the force the file holds is zero, and moments computed from it are wrong without looking so.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.events.find import GaitEvents
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF, Recording, Stream

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
    streams = tuple(_masked(stream, blind) for stream in recording.streams)
    return replace(recording, streams=streams).then(*_entries(blind, forces.n_shared))


def _stances_without_force(side: str, events: GaitEvents) -> NDArray[np.float64]:
    """Start and end of the stances of one foot that no clean contact covers, shape (n, 2)."""
    stances = _stances(events.times(side, HEEL_STRIKE), events.times(side, TOE_OFF))
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


def _stances(strikes: NDArray[np.float64], offs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pair each heel strike with what follows; a stance cut by the recording has no bound."""
    instants = np.concatenate([strikes, offs])
    is_off = np.repeat([False, True], [len(strikes), len(offs)])
    order = np.argsort(instants, kind="stable")
    instants, is_off = instants[order], is_off[order]
    if not len(instants):
        return np.array([[-np.inf, np.inf]])
    after = np.append(instants[1:], np.inf)
    stances = np.stack([instants[~is_off], after[~is_off]], axis=1)
    if is_off[0]:
        stances = np.concatenate([[[-np.inf, instants[0]]], stances])
    return stances


def _masked(stream: Stream, blind: Mapping[str, NDArray[np.float64]]) -> Stream:
    signals = dict(stream.signals)
    for side, spans in blind.items():
        if not len(spans):
            continue
        time = stream.time_s[:, np.newaxis]
        hidden = ((time > spans[:, 0] + _EDGE_S) & (time < spans[:, 1] - _EDGE_S)).any(axis=1)
        signals |= {
            name: np.where(hidden, np.nan, values)
            for name, values in signals.items()
            if _is_kinetic(name) and f"_{side}_" in name
        }
    return Stream(stream.time_s, signals)


def _is_kinetic(name: str) -> bool:
    if name.startswith(("grf_", "cop_")):
        return True
    return name.startswith(_LEG) and ("_moment_" in name or "_power_" in name)


def _entries(blind: Mapping[str, NDArray[np.float64]], n_shared: int) -> list[HistoryEntry]:
    entries = []
    n_blind = sum(len(spans) for spans in blind.values())
    if n_blind:
        text = "forces and moments set to NaN in stances without a clean contact of that foot"
        entries.append(HistoryEntry("masked", text, n_blind))
    if n_shared:
        text = "plate contacts of both feet at once, whose force belongs to neither"
        entries.append(HistoryEntry("rejected", text, n_shared))
    return entries

"""What the ground does to each foot at the frames of the markers: force, and moment about the origin."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.biomechanics import wrench_at
from locomotion_analysis.ingest.events import without_foreign_plates
from locomotion_analysis.ingest.foot_forces import CONTACT_N, PlateContact, plate_contacts
from locomotion_analysis.ingest.force_zero import SMALLEST_OFFSET_N, set_to_zero
from locomotion_analysis.ingest.recording import SIDES, Plate, Recording

Array = NDArray[np.float64]


def ground_reactions(
    recording: Recording, *, instant: bool = False
) -> dict[str, tuple[Array, Array]]:
    """Return force and moment of the ground on each foot at the frames of the markers.

    Parameters
    ----------
    recording : Recording
        With plates and markers.
    instant : bool
        The values at the instant of a frame, as OpenSim takes them, instead of their mean over it.

    Returns
    -------
    dict of str to (ndarray, ndarray)
        ``left`` and ``right`` -> force (N), and moment about the laboratory's origin (Nm), each of
        shape (n, 3). Zero while the foot is on no plate; NaN while a plate may carry both feet, or
        carries who knows whom.
        Empty where no contact is of one known foot, or the plates are of another trial.
    """
    recording = set_to_zero(without_foreign_plates(recording))
    frames = recording.marker_time_s
    named = [plate for plate in recording.plates if plate.foot]
    parts: list[tuple[str, Plate]] = [(plate.foot, plate) for plate in named]
    unclear = np.zeros(len(frames), dtype=bool)
    shared = () if named else recording.plates
    contacts = plate_contacts(recording, list(recording.events)) if shared else []
    unknown = [plate.force_N[:, 2] >= CONTACT_N for plate in shared]
    for contact in contacts:
        plate = recording.plates[contact.plate]
        if contact.foot not in SIDES:
            start, end = _span(contact)
            unclear |= (frames >= start) & (frames <= end)
            continue
        inside = _whole_contact(plate, contact, contacts)
        unknown[contact.plate] &= ~inside
        own = replace(
            plate,
            force_N=np.where(inside[:, np.newaxis], plate.force_N, 0.0),
            cop_m=np.where(inside[:, np.newaxis], plate.cop_m, np.nan),
            free_moment_Nm=np.where(inside, plate.free_moment_Nm, 0.0),
        )
        parts.append((contact.foot, own))
    if not parts:
        return {}
    for plate, loaded in zip(shared, unknown, strict=True):
        unclear |= np.interp(frames, plate.time_s, loaded.astype(np.float64), 0.0, 0.0) > 0.0
    ground = {side: (np.zeros((len(frames), 3)), np.zeros((len(frames), 3))) for side in SIDES}
    for side, plate in parts:
        wrench = wrench_at(
            plate.time_s,
            plate.force_N,
            plate.cop_m,
            plate.free_moment_Nm,
            frames,
            instant=instant,
        )
        for total, part in zip(ground[side], wrench, strict=True):
            total += part
    for values in ground.values():
        for total in values:
            total[unclear] = np.nan
    return ground


def _span(contact: PlateContact) -> tuple[float, float]:
    start, end = np.nan_to_num(contact.start_s, nan=-np.inf), contact.end_s
    return float(start), float(np.nan_to_num(end, nan=np.inf))


def _whole_contact(
    plate: Plate, contact: PlateContact, contacts: Sequence[PlateContact]
) -> NDArray[np.bool_]:
    """Return the samples of a contact, shape (n,): on both sides until the force is next to nothing.

    A contact is timed where it passes 10 N; what comes before and after is of the same foot, unless
    the plate carries another one before it is empty.
    """
    start, end = _span(contact)
    spans = [_span(other) for other in contacts if other.plate == contact.plate]
    first, last = np.searchsorted(plate.time_s, start), np.searchsorted(plate.time_s, end, "right")
    lowest = np.searchsorted(plate.time_s, max((e for _, e in spans if e < start), default=-np.inf))
    highest = np.searchsorted(plate.time_s, min((s for s, _ in spans if s > end), default=np.inf))
    empty = np.flatnonzero(~(plate.force_N[:, 2] >= SMALLEST_OFFSET_N))
    before, after = empty[(empty >= lowest) & (empty < first)], empty[empty >= last]
    after = after[after < highest]
    inside = np.zeros(len(plate.time_s), dtype=bool)
    inside[before[-1] + 1 if len(before) else first : after[0] if len(after) else last] = True
    return inside

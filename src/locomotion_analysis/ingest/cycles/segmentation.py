"""One recording over time to its gait cycles."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.ingest.cycles.normalisation import normalise_to_body
from locomotion_analysis.ingest.cycles.phase_normalisation import phase_curves
from locomotion_analysis.ingest.cycles.segmentation_notes import (
    absence_entries,
    channel_of,
    gap_entries,
    no_stride,
    refuse_bare_markers,
    refuse_no_curves,
    rejection_entries,
)
from locomotion_analysis.ingest.cycles.stride_metadata import stride_metadata
from locomotion_analysis.ingest.cycles.strides import strides_between
from locomotion_analysis.ingest.events.find import find_events
from locomotion_analysis.ingest.events.kinetic_coverage import mask_unmeasured
from locomotion_analysis.ingest.recording import SIDES, Recording
from locomotion_analysis.standard import METADATA, N_PHASES, is_channel

DEFAULT_TASK = "level_walking"


def cycles_of(recording: Recording, dataset: str = "unnamed") -> LocomotionData:
    """Cut a recording into gait cycles of both feet, on the phase grid of 150 points.

    Cycles of the left foot have the left leg as ``ipsi`` and the right as ``contra``. Forces
    are in BW and moments in Nm/kg; they are NaN in stances in which the foot was not alone on
    a plate. Obliquity, rotation and lean of pelvis and trunk, which recordings give as seen from
    the right leg, change their sign in cycles of the left.

    Parameters
    ----------
    recording : Recording
    dataset : str
        Name of the dataset the cycles belong to.

    Returns
    -------
    LocomotionData
        One cycle a stride, both feet in time order (`step` counts them), with
        duration, stance, double support, cadence, steps and speed where they are known. The
        history says what was found, filled, masked, converted, assumed and rejected.

    Raises
    ------
    SchemaError
        If the recording has no curves (only markers), or no complete stride.
    UnitError
        If forces or moments would have to be divided by a mass that is not known.

    Examples
    --------
    >>> from locomotion_analysis.ingest import Event, Recording, Stream
    >>> time = np.arange(0.0, 4.0, 0.01)
    >>> knee = 0.5 - 0.5 * np.cos(2 * np.pi * time)
    >>> events = [Event(t + 0.5 * (s == "right") + 0.6 * (k == "toe_off"), s, k)
    ...           for t in range(3) for s in ("left", "right") for k in ("heel_strike", "toe_off")]
    >>> recording = Recording(source="example", subject="S1", task="level_walking", trial="1",
    ...     streams=(Stream(time, {"knee_flexion_angle_left_rad": knee}),), events=sorted(events))
    >>> data = cycles_of(recording)
    >>> len(data), data.channels
    (4, ('knee_flexion_angle_ipsi_rad', 'knee_flexion_angle_contra_rad'))
    """
    refuse_bare_markers(recording)
    events = find_events(recording)
    strides = strides_between(events)
    used = strides[strides["reason"] == ""].reset_index(drop=True)
    if used.empty:
        raise no_stride(recording, strides)
    measured = normalise_to_body(mask_unmeasured(events))
    refuse_no_curves(measured)
    channels, block = _block(measured, used)
    cycles = _cycles(measured, used, dataset)
    history = (
        *measured.history,
        *events.history,
        *gap_entries(events.forces.recording),
        *absence_entries(measured),
        *rejection_entries(strides),
    )
    cut = HistoryEntry("segmented", "strides to the 150-point phase grid", len(used))
    return LocomotionData(cycles, block, channels, (*history, cut))


def _block(recording: Recording, strides: pd.DataFrame) -> tuple[list[str], NDArray[np.float32]]:
    """Curves of all strides with sides turned into ipsi and contra."""
    start, end = strides["start_s"].to_numpy(), strides["end_s"].to_numpy()
    sides = {side: (strides["side"] == side).to_numpy() for side in SIDES}
    channels: dict[str, NDArray[np.float32]] = {}
    for stream in recording.streams:
        names = [name for name in stream.signals if is_channel(channel_of(name, "left"))]
        if not names:
            continue
        signals = np.stack([stream.signals[name] for name in names])
        curves = phase_curves(stream.time_s, signals, start, end)
        for name, of_signal in zip(names, curves, strict=True):
            own_first = sorted(sides, key=lambda side: f"_{side}_" not in name)
            for side in own_first:
                rows = sides[side]
                channel = channels.setdefault(
                    channel_of(name, side),
                    np.full((len(strides), N_PHASES), np.nan, dtype=np.float32),
                )
                channel[rows] = of_signal[rows] * (_mirror(name) if side == "left" else 1.0)
    return list(channels), np.stack(list(channels.values()))


def _mirror(name: str) -> float:
    """Sign of a signal seen from the left leg: the trunk's side and turn are the right leg's."""
    sagittal = any(word in name for word in ("tilt", "flexion", "extension", "sagittal"))
    return 1.0 if sagittal or name.count("_left_") + name.count("_right_") else -1.0


def _cycles(recording: Recording, strides: pd.DataFrame, dataset: str) -> pd.DataFrame:
    measured = stride_metadata(recording, strides)
    key: dict[str, Any] = {
        "dataset": dataset,
        "subject": recording.subject,
        "task": recording.task or DEFAULT_TASK,
        "task_id": recording.trial or recording.task or DEFAULT_TASK,
        "step": np.arange(len(strides)),
    }
    known: dict[str, Any] = {
        name: value
        for name, value in recording.metadata.items()
        if name not in (*measured, *key) and (name in METADATA or np.isscalar(value))
    }
    return measured.assign(**key, **known)

"""Joint angles, moments and powers of markers on an OpenSim model, as standard channels."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from locomotion_analysis.biomechanics import OpenSimModel, Solution, derivative, solve_opensim
from locomotion_analysis.biomechanics.opensim_model import CUTOFF_HZ
from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest.foot_forces import low_pass
from locomotion_analysis.ingest.ground_reactions import ground_reactions
from locomotion_analysis.ingest.joint_model import Array, with_signals
from locomotion_analysis.ingest.opensim import (
    OpenSimTable,
    coordinate_columns,
    coordinate_stream,
    pelvis_pose,
)
from locomotion_analysis.ingest.recording import Recording

_LEG = ("hip_", "knee_", "ankle_")
_POWERS = {
    "hip": ("hip_flexion", "hip_adduction", "hip_rotation"),
    "knee": ("knee_angle", "knee_adduction", "knee_rotation"),
    "ankle": ("ankle_angle",),
}
"""Joint -> coordinates whose moments do work at it."""


def with_opensim(recording: Recording, model: OpenSimModel) -> Recording:
    """Compute a recording's joints by an OpenSim model, in place of what the file has of them.

    Parameters
    ----------
    recording : Recording
        With the model's markers; with plates, moments and powers too.
    model : OpenSimModel

    Returns
    -------
    Recording
        With a history of the markers used, how far they are from the model's, and what is missing.

    Raises
    ------
    SchemaError
        If the recording has no markers, or too few of the model's, or the model no coordinate of the
        legs by a known name.
    FileReadError
        If OpenSim cannot solve it.
    """
    time = recording.marker_time_s
    if len(time) < 2 or not recording.markers:
        raise SchemaError(
            expected=f"markers for the model {model.model.name}",
            got="none",
            where=recording.source,
            fix="convert the file of marker trajectories (C3D, TRC) too, or leave --model out",
        )
    ground = ground_reactions(recording, instant=True) if recording.plates else {}
    try:
        solved = solve_opensim(model, recording.markers, time, ground)
    except SchemaError as error:
        raise error.at(recording.source) from None
    columns = {**solved.coordinates, **solved.forces}
    table = OpenSimTable(
        time, tuple(columns), np.column_stack(list(columns.values())), in_degrees=False, history=()
    )
    stream, history = coordinate_stream(table)
    pelvis, of_pelvis = pelvis_pose(table)
    fresh = {} if stream is None else dict(stream.signals)
    known = {*coordinate_columns(table), *of_pelvis}
    unknown = [name for name in solved.coordinates if name not in known]
    if not any(name.startswith(_LEG) for name in fresh):
        raise SchemaError(
            expected="a model with coordinates of hip, knee or ankle by OpenSim's names (hip_flexion_r)",
            got=f"coordinates {', '.join(unknown[:8])}",
            where=str(model.model),
            fix="rename the coordinates in the model as OpenSim's own models have them",
        )
    if unknown:
        text = f"coordinates of the model without a standard channel: {', '.join(unknown)}"
        history.append(HistoryEntry("dropped", text, len(unknown)))
    fresh.update(_powers(solved, time))
    told = recording.then(*_told(solved, model), *history)
    return replace(
        with_signals(told, fresh, model.model.name),
        pelvis=pelvis or recording.pelvis,
        centre_of_mass_m=solved.centre_of_mass_m,
    )


def _told(solved: Solution, model: OpenSimModel) -> list[HistoryEntry]:
    """Say what was computed from which markers, and how well they fit."""
    error_mm = 1e3 * solved.marker_error_m
    weights = "weighed alike" if model.setup is None else f"with the weights of {model.setup.name}"
    entries = [
        HistoryEntry(
            "computed",
            f"angles by OpenSim's inverse kinematics on {model.model.name}: {len(solved.used)} markers "
            f"{weights}, {np.nanmean(error_mm):.0f} mm (RMS) from the model's, "
            f"{np.nanmax(error_mm):.0f} mm in the worst frame",
            len(solved.coordinates),
        )
    ]
    if solved.missing:
        text = f"markers of the model: {', '.join(solved.missing)}"
        entries.append(HistoryEntry("missing", text, len(solved.missing)))
    if solved.untold:
        text = f"coordinates that are locked or that no marker tells: {', '.join(solved.untold)}"
        entries.append(HistoryEntry("dropped", text, len(solved.untold)))
    if solved.without_load:
        entries.append(HistoryEntry("missing", f"joint moments: {solved.without_load}"))
    else:
        text = (
            f"moments by OpenSim's inverse dynamics, coordinates low-passed at {CUTOFF_HZ:g} Hz, "
            "ground reactions as they are, at the instants of the frames"
        )
        entries.append(HistoryEntry("computed", text, len(solved.forces)))
    return entries


def _powers(solved: Solution, time_s: Array) -> Mapping[str, Array]:
    """Return the power of each joint, W: moments times angular velocities; generation positive."""
    rate = (len(time_s) - 1) / (time_s[-1] - time_s[0])
    powers = {}
    for letter, side in (("r", "right"), ("l", "left")):
        for joint, coordinates in _POWERS.items():
            parts = [
                solved.forces[f"{name}_{letter}_moment"]
                * derivative(
                    low_pass(time_s, solved.coordinates[f"{name}_{letter}"], CUTOFF_HZ), rate
                )
                for name in coordinates
                if f"{name}_{letter}_moment" in solved.forces
            ]
            if parts:
                powers[f"{joint}_power_{side}_W"] = np.sum(parts, axis=0)
    return powers

"""Coordinates and generalised forces of OpenSim's gait models as standard channels.

OpenSim's ground frame is x forward, y up, z to the right, and its gait models (gait2392, Hamner
2010, Rajagopal 2016) turn the pelvis about z (tilt), x (list) and y (rotation): tilt is positive
backwards, list positive with the right side down, rotation positive with the right side forward.
A generalised force acts in the direction of its coordinate, so it is an internal moment with the
sign of that coordinate. Pelvic obliquity and rotation are given as seen from the right leg.
"""

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.opensim.opensim_file import OpenSimTable
from locomotion_analysis.ingest.recording import SIDES, Recording, Stream

Signals = dict[str, NDArray[np.float64]]

_SIDED = {
    "hip_flexion": ("hip_flexion", 1.0),
    "hip_adduction": ("hip_adduction", 1.0),
    "hip_rotation": ("hip_internal_rotation", 1.0),
    "knee_angle": ("knee_flexion", 1.0),
    "knee_flexion": ("knee_flexion", 1.0),
    "knee_adduction": ("knee_adduction", 1.0),
    "knee_rotation": ("knee_internal_rotation", 1.0),
    "ankle_angle": ("ankle_dorsiflexion", 1.0),
    "ankle_flexion": ("ankle_dorsiflexion", 1.0),
    "subtalar_angle": ("subtalar_inversion", 1.0),
    "mtp_angle": ("mtp_dorsiflexion", 1.0),
    "arm_flex": ("shoulder_flexion", 1.0),
    "arm_add": ("shoulder_adduction", 1.0),
    "arm_rot": ("shoulder_internal_rotation", 1.0),
    "elbow_flex": ("elbow_flexion", 1.0),
    "wrist_flex": ("wrist_flexion", 1.0),
}
_MIDLINE = {
    "pelvis_tilt": ("pelvis_anterior_tilt", -1.0),
    "pelvis_list": ("pelvis_obliquity_up", -1.0),
    "pelvis_rotation": ("pelvis_internal_rotation", 1.0),
    "lumbar_extension": ("lumbar_flexion", -1.0),
}
_SIDE_OF = {"r": "right", "l": "left", "right": "right", "left": "left"}
_SIDED_NAME = re.compile(r"^(?P<stem>.+)_(?P<side>r|l|right|left)$")
_KNEE_FLIPPED = HistoryEntry(
    "converted", "knee_angle x -1: the model's knee angle is negative in flexion"
)
_BENT_DEG, _OVEREXTENDED_DEG = 20.0, 15.0
_FULL_TURN = 2.0 * np.pi


@dataclass(frozen=True)
class _Coordinate:
    column: str
    name: str
    measurement: str
    sign: float


def coordinate_stream(table: OpenSimTable) -> tuple[Stream | None, list[HistoryEntry]]:
    """Turn coordinates (angles, rad) and generalised forces (moments, Nm) into signals.

    Parameters
    ----------
    table : OpenSimTable
        An inverse-kinematics, inverse-dynamics or states file.

    Returns
    -------
    Stream or None, list of HistoryEntry
        None where no column is a joint's or the pelvis's rotation.
    """
    found = [coordinate for name in table.columns if (coordinate := _coordinate(name))]
    found, history = _measured(table, found)
    factor, entries = _angle_factor(table, found)
    history += entries
    signals = {}
    for item in found:
        unit, scale = _UNITS[item.measurement]
        scale = item.sign * (factor if item.measurement == "angle" else scale)
        signals[f"{item.name.format(measurement=item.measurement)}_{unit}"] = (
            table.column(item.column) * scale
        )
        if item.sign < 0:
            detail = f"{item.column} x -1 -> {item.name.format(measurement=item.measurement)}"
            history.append(HistoryEntry("converted", detail))
    history += _settle_knee(signals)
    history += _drop_pelvis_facing_back(signals)
    return (Stream(table.time_s, signals) if signals else None), history


def coordinate_columns(table: OpenSimTable) -> set[str]:
    """Return the columns that :func:`coordinate_stream` can name."""
    return {name for name in table.columns if _coordinate(name)}


def follow_knee_sign(kinematics: Recording, dynamics: Recording) -> Recording:
    """Give the knee moments the sign that the angles of the same model were given.

    A moments file does not tell whether its model counts knee flexion positive; the angles of
    the same trial do.

    Parameters
    ----------
    kinematics, dynamics : Recording
        Angles and moments of one trial, both read by the OpenSim reader.

    Returns
    -------
    Recording
        `dynamics`, its knee flexion moments times -1 where the angles were turned round.
    """
    if _KNEE_FLIPPED not in kinematics.history or _KNEE_FLIPPED in dynamics.history:
        return dynamics
    streams = tuple(
        Stream(
            stream.time_s,
            {
                name: -values if name.startswith("knee_flexion_moment_") else values
                for name, values in stream.signals.items()
            },
        )
        for stream in dynamics.streams
    )
    return replace(dynamics, streams=streams).then(_KNEE_FLIPPED)


_UNITS = {"angle": ("rad", 1.0), "velocity": ("rad_s", 1.0), "moment": ("Nm", 1.0)}


def _coordinate(column: str) -> _Coordinate | None:
    stem, measurement = _stem_and_measurement(column)
    if stem in _MIDLINE:
        name, sign = _MIDLINE[stem]
        if measurement == "moment" and name.startswith("pelvis"):
            return None  # what is left over at the model's root, not a joint moment
        return _Coordinate(column, f"{name}_{{measurement}}", measurement, sign)
    match = _SIDED_NAME.match(stem)
    if match is None or match["stem"] not in _SIDED:
        return None
    name, sign = _SIDED[match["stem"]]
    side = _SIDE_OF[match["side"]]
    return _Coordinate(column, f"{name}_{{measurement}}_{side}", measurement, sign)


def _stem_and_measurement(column: str) -> tuple[str, str]:
    """Split ``/jointset/hip_r/hip_flexion_r/value`` or ``hip_flexion_r_moment``."""
    path = column.lower().strip("/").split("/")
    if len(path) > 1 and path[-1] in ("value", "speed"):
        return path[-2], "angle" if path[-1] == "value" else "velocity"
    stem = path[-1]
    if stem.endswith("_moment"):
        return stem.removesuffix("_moment"), "moment"
    return stem, "angle"


def _measured(
    table: OpenSimTable, found: list[_Coordinate]
) -> tuple[list[_Coordinate], list[HistoryEntry]]:
    """Leave out columns without a value, and angles that the model holds at zero throughout."""
    bare = [item for item in found if np.isnan(table.column(item.column)).all()]
    locked = [
        item
        for item in found
        if item not in bare
        and item.measurement == "angle"
        and not np.nan_to_num(table.column(item.column)).any()
    ]
    history = []
    for gone, reason in (
        (bare, "no value in any row"),
        (locked, "zero throughout (locked in the model)"),
    ):
        if gone:
            detail = f"{', '.join(item.column for item in gone)}: {reason}"
            history.append(HistoryEntry("dropped", detail, len(gone)))
    return [item for item in found if item not in (*bare, *locked)], history


def _angle_factor(
    table: OpenSimTable, found: list[_Coordinate]
) -> tuple[float, list[HistoryEntry]]:
    angles = [item.column for item in found if item.measurement == "angle"]
    if not angles:
        return 1.0, []
    largest = float(max(np.nanmax(np.abs(table.column(name))) for name in angles))
    degrees, history = table.in_degrees, []
    if degrees is None:
        degrees = largest > _FULL_TURN
        detail = f"rotations in {'degrees' if degrees else 'radians'}: the header does not say, "
        history.append(HistoryEntry("assumed", detail + f"the largest is {largest:.3g}"))
    elif not degrees and largest > _FULL_TURN:
        degrees = True
        detail = f"rotations in degrees: the header says radians, the largest is {largest:.3g}"
        history.append(HistoryEntry("assumed", detail))
    if not degrees:
        return 1.0, history
    history.append(HistoryEntry("converted", "rotations from degrees to radians", len(angles)))
    return np.pi / 180.0, history


def _settle_knee(signals: Signals) -> list[HistoryEntry]:
    """Turn the knee round where it plainly bends towards the negative, and say what was done."""
    knees = [
        name for name in (f"knee_flexion_angle_{side}_rad" for side in SIDES) if name in signals
    ]
    if not knees:
        return _assume_knee_moment(signals)
    values = np.rad2deg(np.concatenate([signals[name] for name in knees]))
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low <= -_BENT_DEG and high <= _OVEREXTENDED_DEG:
        flipped = [name for name in signals if re.match(r"knee_flexion_", name)]
        signals.update({name: -signals[name] for name in flipped})
        return [_KNEE_FLIPPED]
    if high >= _BENT_DEG and low >= -_OVEREXTENDED_DEG:
        return []
    detail = f"knee_angle positive in flexion: it runs from {low:.0f} to {high:.0f} degrees"
    return [HistoryEntry("assumed", detail)]


def _assume_knee_moment(signals: Signals) -> list[HistoryEntry]:
    if not any(name.startswith("knee_flexion_moment_") for name in signals):
        return []
    detail = "knee_angle positive in flexion, so its moment too (the trial's angles decide)"
    return [HistoryEntry("assumed", detail)]


def _drop_pelvis_facing_back(signals: Signals) -> list[HistoryEntry]:
    """Leave the pelvis out of a walk towards -x, where tilt and list change their sense."""
    rotation = signals.get("pelvis_internal_rotation_angle_rad")
    if rotation is None or not np.nanmedian(np.abs(rotation)) > np.pi / 4:
        return []
    turned = float(np.rad2deg(np.nanmedian(rotation)))
    gone = [name for name in signals if name.startswith("pelvis_")]
    for name in gone:
        del signals[name]
    detail = (
        f"{', '.join(gone)}: the person faces {turned:.0f} degrees away from the laboratory's x "
        "axis, and tilt and list then depend on the model's order of rotations"
    )
    return [HistoryEntry("dropped", detail, len(gone))]

"""Segment poses of a C3D file (its ROTATION block) as markers and joint angles.

Markerless systems write no points but one 4 x 4 matrix a segment and frame, from the segment's
axes to the laboratory's: 16 numbers by columns, and a 17th that is -1 where the segment was not
tracked (has-motion.com/wiki, "ROTATION data type"). RATIO samples lie in one frame.

Read are segments with the names and axes of Theia3D: x to the right of the body on both sides, y
forward, z up from the distal to the proximal joint, the origin at the proximal joint, and the foot
level with its sole (docs.theiamarkerless.com, "Theia model description", names origins and joints;
the axes are held against the neighbouring segment's origin in every file).

A joint's angles are the Cardan angles about x, y', z'' of the distal in the proximal segment: the
joint coordinate system of Grood & Suntay 1983 (J Biomech Eng 105:136), as the ISB recommends (Wu
et al. 2002, J Biomech 35:543). Pelvis, trunk and feet are given in the same way against the
laboratory, turned by right angles until y is the axis the person mostly faces along.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.c3d.content import C3DContent
from locomotion_analysis.ingest.c3d.plates import LaboratoryAxes
from locomotion_analysis.ingest.recording import SIDES, Recording, Stream

Array = NDArray[np.float64]
_SEGMENT = re.compile(
    r"^(?:(?P<side>[lr])_)?(?P<part>pelvis|torso|thigh|shank|foot|toes)(?:_4x4)?$", re.IGNORECASE
)
_ORIGINS = {"pelvis": "PELVIS", "thigh": "HJC", "shank": "KJC", "foot": "AJC", "toes": "TOE"}
_HEELS = ("{}_HEEL", "{}HEEL_POS")
_HEEL_M = (0.02, 0.2)
_RIGID = 1e-3


@dataclass(frozen=True)
class Segments:
    """Poses of named segments.

    Attributes
    ----------
    time_s : ndarray, shape (n,)
        On the capture's clock.
    poses : mapping of str to ndarray, shape (n, 4, 4)
        ``pelvis, torso, left thigh, ...``, in the file's axes and unit of length.
    markers : mapping of str to ndarray, shape (n_frames, 3)
        Origins of the segments and the heels, in file units: ``PELVIS, LHJC, LKJC, LAJC, LTOE,
        LHEE`` and the right ones.
    history : tuple of HistoryEntry
    """

    time_s: Array
    poses: Mapping[str, Array]
    markers: Mapping[str, Array]
    history: tuple[HistoryEntry, ...]


def c3d_segments(content: C3DContent, unit_m: float, *, where: str) -> Segments:
    """Return the segments of the ROTATION block whose axes are known.

    Parameters
    ----------
    content : C3DContent
    unit_m : float
        Metres in one unit of ``POINT:UNITS``.
    where : str
        File name, for errors.

    Raises
    ------
    FileReadError
        If the file holds nothing but segments whose names or axes are not known.
    """
    labels = content.texts("ROTATION", "LABELS")[: content.poses.shape[1]]
    rate_hz = content.point_rate_hz * max(content.poses_per_frame, 1)
    start_s = content.first_frame / content.point_rate_hz if content.point_rate_hz else 0.0
    time_s = start_s + np.arange(len(content.poses)) / (rate_hz or 1.0)
    if not content.poses.size:
        return Segments(time_s, {}, {}, ())
    poses: dict[str, Array] = {}
    history: list[HistoryEntry] = []
    other = []
    for index, label in enumerate(labels):
        match = _SEGMENT.match(label)
        name = _named(match["part"], match["side"]) if match else ""
        if not name or name in poses:
            other.append(label)
            continue
        poses[name] = content.poses[:, index].copy()
    reason = _unknown_axes(poses) if poses else f"segments named {', '.join(labels[:6])}"
    if reason and not content.points.size and not content.analogs.size:
        raise FileReadError(
            expected="segments with the names and axes of Theia3D (x right, y forward, z up)",
            got=reason,
            where=where,
            fix="export joint angles from the program that recorded it",
        )
    if reason:
        entry = HistoryEntry("dropped", f"segment poses: {reason}", len(labels))
        return Segments(time_s, {}, {}, (entry,))
    if other:
        detail = f"segments without a joint of the legs or the trunk: {', '.join(other)}"
        history.append(HistoryEntry("dropped", detail, len(other)))
    broken = 0
    for pose in poses.values():
        turn = pose[:, :3, :3]
        apart = np.abs(np.swapaxes(turn, 1, 2) @ turn - np.eye(3)).max(axis=(1, 2))
        stretched = apart > _RIGID  # zeros where nothing was tracked are no rotation either
        broken += int(stretched.sum())
        pose[stretched] = np.nan
    if broken:
        history.append(HistoryEntry("dropped", "poses whose matrix is no rotation", broken))
    markers, entries = _markers(content, poses, unit_m)
    return Segments(time_s, poses, markers, (*history, *entries))


def _named(part: str, side: str | None) -> str:
    """Return ``pelvis`` or ``left thigh``; empty where a side is missing or one too many."""
    middle = part.lower() in ("pelvis", "torso")
    if middle != (side is None):
        return ""
    return part.lower() if side is None else f"{_SIDE_OF[side.lower()]} {part.lower()}"


_SIDE_OF = {"l": "left", "r": "right"}
_TOWARDS = (  # segment, its neighbour, where the neighbour's origin lies in the segment's axes
    ("pelvis", "left thigh", np.array([-1.0, 0.0, 0.0])),
    ("pelvis", "right thigh", np.array([1.0, 0.0, 0.0])),
    *(
        (f"{side} {part}", f"{side} {neighbour}", np.array(axis))
        for side in SIDES
        for part, neighbour, axis in (
            ("thigh", "shank", (0.0, 0.0, -1.0)),
            ("shank", "foot", (0.0, 0.0, -1.0)),
            ("foot", "toes", (0.0, 1.0, 0.0)),
        )
    ),
    ("torso", "pelvis", np.array([0.0, 0.0, -1.0])),
)
_ALONG = 0.8


def _unknown_axes(poses: Mapping[str, Array]) -> str:
    """Return which segment has other axes than Theia's; empty where all have them."""
    for name, neighbour, axis in _TOWARDS:
        if name not in poses or neighbour not in poses:
            continue
        way = poses[neighbour][:, :3, 3] - poses[name][:, :3, 3]
        local = np.einsum("nji,nj->ni", poses[name][:, :3, :3], way)
        local = local[np.isfinite(local).all(axis=1)]
        mean = local.mean(axis=0) if len(local) else np.zeros(3)
        length = float(np.linalg.norm(mean))
        if length == 0.0:
            continue
        if float(mean @ axis) < _ALONG * length:
            seen = ", ".join(f"{value / length:.2f}" for value in mean)
            return f"the origin of the {neighbour} at ({seen}) in the axes of the {name}"
    return ""


def _markers(
    content: C3DContent, poses: Mapping[str, Array], unit_m: float
) -> tuple[dict[str, Array], list[HistoryEntry]]:
    """Return the segments' origins and the heels at the frames of the file, in file units."""
    each = max(content.poses_per_frame, 1)
    markers: dict[str, Array] = {}
    history = []
    for name, pose in poses.items():
        side, _, part = name.rpartition(" ")
        if part in _ORIGINS:
            markers[f"{side[:1].upper()}{_ORIGINS[part]}"] = pose[::each, :3, 3]
    for side in SIDES:
        foot = poses.get(f"{side} foot")
        if foot is None:
            continue
        heel = _heel(content, side[0].upper(), unit_m)
        if heel is None:
            detail = f"{side} heel = the origin of the foot at the ankle: no heel in the file"
            history.append(HistoryEntry("assumed", detail))
            heel = np.zeros(3)
        markers[f"{side[0].upper()}HEE"] = (foot[:, :3, :3] @ heel + foot[:, :3, 3])[::each]
    found = HistoryEntry("read", "origins of segments as markers", len(markers))
    return markers, [found, *history]


def _heel(content: C3DContent, letter: str, unit_m: float) -> Array | None:
    """Return the heel in the foot's axes, in file units; Theia writes it in metres."""
    for pattern in _HEELS:
        stored = content.numbers("THEIA3D", pattern.format(letter)).ravel(order="F")
        for metres in (1.0, unit_m):
            length = float(np.linalg.norm(stored)) * metres
            if stored.size == 3 and _HEEL_M[0] < length < _HEEL_M[1]:
                return stored * metres / unit_m
    return None


# Joint angles, and angles of segments in the laboratory.

_JOINTS = (
    ("hip", "pelvis", "thigh", ("flexion", "adduction", "internal_rotation"), 1.0),
    ("knee", "thigh", "shank", ("flexion", "adduction", "internal_rotation"), -1.0),
    ("ankle", "shank", "foot", ("dorsiflexion",), 1.0),
)
_MIDLINE = {"pelvis": "pelvis", "torso": "trunk"}
_FIXED_RAD = 1e-3
_UPRIGHT = 0.8


def with_segment_angles(
    recording: Recording, segments: Segments, axes: LaboratoryAxes, *, where: str
) -> Recording:
    """Add the angles of joints and segments.

    Hip and knee: flexion, adduction, internal rotation; ankle: dorsiflexion; pelvis and trunk:
    anterior tilt, obliquity and rotation as seen from the right leg; foot: toe up, and turned
    inwards. Rotations are those from the laboratory's axis that the person faces along. An angle
    that the model holds fixed is left out: it was not measured.

    Parameters
    ----------
    recording : Recording
        With the segments' origins as markers.
    segments : Segments
    axes : LaboratoryAxes
    where : str
        File name, for errors.

    Raises
    ------
    FileReadError
        If the person does not stand along the axis that is taken for the vertical.
    """
    if not segments.poses:
        return recording.then(*segments.history)
    turns = {name: axes.rotation @ pose[:, :3, :3] for name, pose in segments.poses.items()}
    _check_upright(segments.poses, axes, where)
    signals = _joint_angles(turns)
    history = [*segments.history]
    if (forward := _facing(turns)) is not None:
        right = [forward[1], -forward[0], 0.0]
        walker = np.array([right, [*forward, 0.0], [0.0, 0.0, 1.0]])
        signals |= _segment_angles({name: walker @ turn for name, turn in turns.items()})
        axis = f"{'-' if forward.sum() < 0 else '+'}{'xy'[int(np.argmax(np.abs(forward)))]}"
        detail = f"pelvis, trunk and feet turned from the laboratory's {axis}, where they face"
        history.append(HistoryEntry("assumed", detail))
    signals = {name: values for name, values in signals.items() if np.isfinite(values).any()}
    fixed = [name for name, values in signals.items() if _span(values) < _FIXED_RAD]
    if fixed:
        detail = f"angles that the model holds fixed: {', '.join(fixed)}"
        history.append(HistoryEntry("dropped", detail, len(fixed)))
    kept = {name: values for name, values in signals.items() if name not in fixed}
    if not kept:
        return recording.then(*history)
    history.append(HistoryEntry("converted", "segment poses to angles in rad", len(kept)))
    streams = (*recording.streams, Stream(segments.time_s, kept))
    return replace(recording, streams=streams).then(*history)


def _facing(turns: Mapping[str, Array]) -> Array | None:
    """Return the laboratory's axis (x, y) that the person mostly faces along."""
    faced = [turn[:, :2, 1] for name, turn in turns.items() if name in _MIDLINE or "foot" in name]
    ahead = np.concatenate([*faced, np.empty((0, 2))])
    ahead = ahead[np.isfinite(ahead).all(axis=1)]
    if not len(ahead):
        return None
    mean = ahead.mean(axis=0)
    axis = int(np.argmax(np.abs(mean)))
    forward = np.zeros(2)
    forward[axis] = np.copysign(1.0, mean[axis])
    return forward


def _span(values: Array) -> float:
    return float(np.nanmax(values) - np.nanmin(values))


def _check_upright(poses: Mapping[str, Array], axes: LaboratoryAxes, where: str) -> None:
    """Refuse a laboratory whose vertical is not the person's."""
    feet = [poses[name] for side in SIDES if (name := f"{side} foot") in poses]
    if "pelvis" not in poses or not feet:
        return
    leg = poses["pelvis"][:, :3, 3] - np.mean([foot[:, :3, 3] for foot in feet], axis=0)
    leg = axes.rotate(leg[np.isfinite(leg).all(axis=1)])
    mean = leg.mean(axis=0) if len(leg) else np.zeros(3)
    if mean[2] < _UPRIGHT * np.linalg.norm(mean):
        seen = ", ".join(f"{value:.2f}" for value in mean / np.linalg.norm(mean))
        raise FileReadError(
            expected="a person whose pelvis is above the feet",
            got=f"a pelvis in the direction ({seen}) from the feet: z is not up",
            where=where,
            fix="export it with z up, or with the parameter POINT:Y_SCREEN",
        )


def _joint_angles(turns: Mapping[str, Array]) -> dict[str, Array]:
    signals: dict[str, Array] = {}
    for side in SIDES:
        mirrored = 1.0 if side == "right" else -1.0
        for joint, proximal, distal, motions, flexion in _JOINTS:
            upper = turns.get(proximal if proximal == "pelvis" else f"{side} {proximal}")
            lower = turns.get(f"{side} {distal}")
            if upper is None or lower is None:
                continue
            angles = cardan_xyz(np.swapaxes(upper, 1, 2) @ lower)
            signs = (flexion, mirrored, mirrored)
            for k, motion in enumerate(motions):
                signals[f"{joint}_{motion}_angle_{side}_rad"] = signs[k] * angles[:, k]
    return signals


def _segment_angles(turns: Mapping[str, Array]) -> dict[str, Array]:
    """Return the angles of segments in axes to the right, forward and up."""
    signals: dict[str, Array] = {}
    for segment, name in _MIDLINE.items():
        if segment in turns:
            backward, down_right, to_left = cardan_xyz(turns[segment]).T
            signals[f"{name}_anterior_tilt_angle_rad"] = -backward
            signals[f"{name}_obliquity_up_angle_rad"] = -down_right
            signals[f"{name}_internal_rotation_angle_rad"] = to_left
    for side in SIDES:
        foot = turns.get(f"{side} foot")
        if foot is not None:
            inwards = np.arctan2(-foot[:, 0, 1], foot[:, 1, 1]) * (1.0 if side == "right" else -1.0)
            signals[f"foot_sagittal_angle_{side}_rad"] = np.arcsin(np.clip(foot[:, 2, 1], -1, 1))
            signals[f"foot_progression_internal_angle_{side}_rad"] = inwards
    return signals


def cardan_xyz(turn: Array) -> Array:
    """Return the angles of successive turns about x, the new y and the newest z.

    Parameters
    ----------
    turn : ndarray, shape (n, 3, 3)
        Rotation matrices, NaN where unknown: ``Rx(a) Ry(b) Rz(c)``.

    Returns
    -------
    ndarray, shape (n, 3)
        a, b, c in rad; b within a right angle.

    Examples
    --------
    >>> quarter = np.array([[[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]])
    >>> cardan_xyz(quarter).round(3).tolist()
    [[1.571, 0.0, -0.0]]
    """
    return np.column_stack(
        [
            np.arctan2(-turn[:, 1, 2], turn[:, 2, 2]),
            np.arcsin(np.clip(turn[:, 0, 2], -1.0, 1.0)),
            np.arctan2(-turn[:, 0, 1], turn[:, 0, 0]),
        ]
    )

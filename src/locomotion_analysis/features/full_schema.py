"""All channels and columns the standard knows: what the whole catalogue is made from."""

from collections.abc import Sequence

from locomotion_analysis.features.schema import DEFAULT_AGGREGATIONS, Schema
from locomotion_analysis.standard import KEY, METADATA

_JOINT_MOTIONS = (
    "hip_flexion",
    "hip_adduction",
    "hip_internal_rotation",
    "knee_flexion",
    "knee_adduction",
    "knee_internal_rotation",
    "ankle_dorsiflexion",
    "ankle_inversion",
    "ankle_internal_rotation",
)
_JOINTS = ("hip", "knee", "ankle")
_MIDLINE = tuple(
    f"{segment}_{motion}_angle_rad"
    for segment in ("pelvis", "trunk")
    for motion in ("anterior_tilt", "obliquity_up", "internal_rotation")
)
_SEGMENTS = tuple(f"{segment}_sagittal" for segment in ("thigh", "shank", "foot"))
_FORCE_AXES = ("vertical", "anterior", "lateral")


def full_schema(aggregations: Sequence[str] = DEFAULT_AGGREGATIONS) -> Schema:
    """Return a schema with every standard channel of both legs and every metadata column.

    Parameters
    ----------
    aggregations : sequence of str
        Statistics of each curve.

    Examples
    --------
    >>> "hip_flexion_moment_contra_Nm_kg" in full_schema().channels
    True
    """
    legs = [name for side in ("ipsi", "contra") for name in _leg(side)]
    return Schema.of([*_MIDLINE, *legs], [*KEY, *METADATA], aggregations)


def _leg(side: str) -> list[str]:
    angles = [f"{motion}_angle_{side}_rad" for motion in (*_JOINT_MOTIONS, *_SEGMENTS)]
    velocities = [f"{motion}_velocity_{side}_rad_s" for motion in _JOINT_MOTIONS]
    moments = [f"{motion}_moment_{side}_Nm_kg" for motion in _JOINT_MOTIONS]
    powers = [f"{joint}_power_{side}_W_kg" for joint in _JOINTS]
    forces = [f"grf_{axis}_{side}_BW" for axis in _FORCE_AXES]
    pressure = [f"cop_{axis}_{side}_m" for axis in ("anterior", "lateral")]
    progression = [f"foot_progression_internal_angle_{side}_rad"]
    return [*angles, *progression, *velocities, *moments, *powers, *forces, *pressure]

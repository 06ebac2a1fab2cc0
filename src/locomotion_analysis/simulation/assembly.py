"""Turn leg curves into named channels and strides into a table."""

import numpy as np
import pandas as pd

from locomotion_analysis.simulation import physics
from locomotion_analysis.simulation.population import Population
from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.simulation.spatiotemporal import Strides
from locomotion_analysis.simulation.templates import FORCE_CHANNELS, LEG_CHANNELS

SIDES = ("ipsi", "contra")
JOINTS = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}
PELVIS = {
    "pelvis_anterior_tilt_angle": False,
    "pelvis_obliquity_up_angle": True,
    "pelvis_internal_rotation_angle": True,
}
"""Pelvis curves, and whether the other leg sees them with the opposite sign."""

_RAD_ANGLES = ("hip_flexion_angle", "knee_flexion_angle", "ankle_dorsiflexion_angle")


def _pelvis_channels(legs: Array) -> dict[str, Array]:
    return {
        f"{name}_rad": np.radians(
            physics.pelvis(legs[:, :, :, LEG_CHANNELS.index(name)], mirrored=mirrored)
        )
        for name, mirrored in PELVIS.items()
    }


def _joint_channels(leg: Array, side: str, duration_s: Array) -> dict[str, Array]:
    """Angles, velocities, moments and powers of one leg."""
    out = {}
    for joint, motion in JOINTS.items():
        angle = np.radians(leg[:, :, LEG_CHANNELS.index(f"{joint}_{motion}_angle")])
        moment = leg[:, :, LEG_CHANNELS.index(f"{joint}_{motion}_moment")]
        rate = physics.velocity(angle, duration_s)
        out[f"{joint}_{motion}_angle_{side}_rad"] = angle
        out[f"{joint}_{motion}_velocity_{side}_rad_s"] = rate
        out[f"{joint}_{motion}_moment_{side}_Nm_kg"] = moment
        out[f"{joint}_power_{side}_W_kg"] = moment * rate
    adduction = np.radians(leg[:, :, LEG_CHANNELS.index("hip_adduction_angle")])
    return out | {f"hip_adduction_angle_{side}_rad": adduction}


def _segment_channels(found: dict[str, Array], side: str) -> dict[str, Array]:
    hip, knee, ankle = (found[f"{name}_{side}_rad"] for name in _RAD_ANGLES)
    angles = physics.segment_angles(hip, knee, ankle, found["pelvis_anterior_tilt_angle_rad"])
    names = (f"{segment}_sagittal_angle_{side}_rad" for segment in ("thigh", "shank", "foot"))
    return dict(zip(names, angles, strict=True))


def _force_channels(forces: Array) -> dict[str, Array]:
    vertical, anterior, lateral = (forces[:, :, :, i] for i in range(len(FORCE_CHANNELS)))
    balanced = {
        "grf_vertical": physics.carry_body_weight(vertical),
        "grf_anterior": physics.balance_fore_aft(anterior),
        "grf_lateral": lateral,
    }
    return {
        f"{name}_{side}_BW": both[:, :, i]
        for name, both in balanced.items()
        for i, side in enumerate(SIDES)
    }


def named_channels(legs: Array, forces: Array, duration_s: Array) -> dict[str, Array]:
    """All channels of one task, each of shape (n_subjects, n_cycles, n_phases).

    Parameters
    ----------
    legs, forces : ndarray
        From :func:`~locomotion_analysis.simulation.legs.leg_curves`.
    duration_s : ndarray, shape (n_subjects, n_cycles)
        Cycle durations.
    """
    out = _pelvis_channels(legs)
    for index, side in enumerate(SIDES):
        out |= _joint_channels(legs[:, :, index], side, duration_s)
    for side in SIDES:
        out |= _segment_channels(out, side)
    return out | _force_channels(forces)


def _task_id(task: str, people: Population) -> list[str]:
    if task in ("incline_walking", "decline_walking"):
        return [
            f"{task.removesuffix('_walking')}_{grade:.0f}deg" for grade in people.ramp_grade_deg
        ]
    return [task.removesuffix("_walking")] * len(people)


def cycle_table(task: str, people: Population, strides: Strides) -> pd.DataFrame:
    """One row a cycle of one task: key, events, speeds, subject."""
    n_cycles = strides.v.shape[1]
    speed, length = strides.speed_m_s, strides.stride_length_m
    subjects = {
        name: np.repeat(getattr(people, name), n_cycles)
        for name in ("age", "sex", "height_m", "mass_kg", "leg_length_m", "pathology")
    }
    per_stride = {
        "speed_m_s": speed,
        "incline_deg": strides.grade_deg,
        "cycle_duration_s": strides.duration_s,
        "stance_percent": strides.toe_off_percent[..., 0],
        "double_support_percent": strides.double_support_percent,
        "cadence_steps_min": 120.0 / strides.duration_s,
        "step_length_m": 0.5 * length,
        "stride_length_m": length,
        "step_width_m": strides.step_width_m,
    }
    return pd.DataFrame(
        {
            "dataset": "simulated",
            "subject": np.repeat(people.subject, n_cycles),
            "task": task,
            "task_id": np.repeat(_task_id(task, people), n_cycles),
            "step": np.tile(np.arange(n_cycles), len(people)),
            **{name: values.ravel() for name, values in per_stride.items()},
            **subjects,
            "side": np.tile(np.where(strides.leg == 0, "left", "right"), len(people)),
            "affected_side": np.repeat(people.affected_side, n_cycles),
            "simulated": True,
        }
    )

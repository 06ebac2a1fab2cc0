"""Turn leg curves into named channels and strides into a table."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.simulation import physics
from locomotion_analysis.simulation.legs import LegCurves
from locomotion_analysis.simulation.outcomes import outcomes
from locomotion_analysis.simulation.population import Population
from locomotion_analysis.simulation.random_streams import Array, Trial
from locomotion_analysis.simulation.spatiotemporal import Strides
from locomotion_analysis.simulation.templates import LEG_CHANNELS, RISE

SIDES = ("ipsi", "contra")
MOTIONS = (
    "hip_flexion",
    "knee_flexion",
    "ankle_dorsiflexion",
    "hip_adduction",
    "hip_internal_rotation",
    "knee_adduction",
)
POWERS = {"hip": "hip_flexion", "knee": "knee_flexion", "ankle": "ankle_dorsiflexion"}
"""Joint powers are those of the sagittal plane."""

MIDLINE = {
    "pelvis_anterior_tilt_angle": False,
    "pelvis_obliquity_up_angle": True,
    "pelvis_internal_rotation_angle": True,
    "trunk_anterior_tilt_angle": False,
    "trunk_obliquity_up_angle": True,
    "trunk_internal_rotation_angle": True,
}
"""Pelvis and trunk curves, and whether the other leg sees them with the opposite sign."""

Channels = Iterator[tuple[str, Array]]


def _curve(legs: Array, name: str) -> Array:
    """One curve of one leg, (n_subjects, n_cycles, n_phases), or of both."""
    found: Array = legs[..., LEG_CHANNELS.index(name), :]
    return found


def _joint_channels(leg: Array, side: str, duration_s: Array, *, periodic: bool) -> Channels:
    """Angles, velocities, moments and powers of one leg."""
    rates, moments = {}, {}
    for motion in MOTIONS:
        angle = np.radians(_curve(leg, f"{motion}_angle"))
        rates[motion] = physics.velocity(angle, duration_s, periodic=periodic)
        yield f"{motion}_angle_{side}_rad", angle
        yield f"{motion}_velocity_{side}_rad_s", rates[motion]
        if f"{motion}_moment" in LEG_CHANNELS:
            moments[motion] = _curve(leg, f"{motion}_moment")
            yield f"{motion}_moment_{side}_Nm_kg", moments[motion]
    for joint, motion in POWERS.items():
        yield f"{joint}_power_{side}_W_kg", moments[motion] * rates[motion]
    progression = _curve(leg, "foot_progression_internal_angle")
    yield f"foot_progression_internal_angle_{side}_rad", np.radians(progression)


def _segment_channels(leg: Array, tilt: Array, side: str) -> Channels:
    hip, knee, ankle = (np.radians(_curve(leg, f"{motion}_angle")) for motion in POWERS.values())
    angles = physics.segment_angles(hip, knee, ankle, tilt)
    for segment, angle in zip(("thigh", "shank", "foot"), angles, strict=True):
        yield f"{segment}_sagittal_angle_{side}_rad", angle


def _force_channels(task: str, curves: LegCurves, height_m: Array) -> Channels:
    vertical, anterior, lateral = np.moveaxis(curves.forces, 3, 0)
    if task == RISE:  # the chair carries what the legs do not
        vertical = np.maximum(vertical, 0.0)
    else:
        vertical = physics.carry_body_weight(vertical)
        anterior = physics.balance_fore_aft(anterior)
    moment = _curve(curves.legs, "ankle_dorsiflexion_moment")
    forward, outward = physics.centre_of_pressure(
        moment, vertical, anterior, curves.stance, height_m[:, None, None, None]
    )
    for i, side in enumerate(SIDES):
        yield f"grf_vertical_{side}_BW", vertical[:, :, i]
        yield f"grf_anterior_{side}_BW", anterior[:, :, i]
        yield f"grf_lateral_{side}_BW", lateral[:, :, i]
        yield f"cop_anterior_{side}_m", forward[:, :, i]
        yield f"cop_lateral_{side}_m", outward[:, :, i]


def named_channels(task: str, curves: LegCurves, duration_s: Array, height_m: Array) -> Channels:
    """Yield name and curves, (n_subjects, n_cycles, n_phases), of all channels of one task.

    Parameters
    ----------
    task : str
        Task name.
    curves : LegCurves
        Of both legs.
    duration_s : ndarray, shape (n_subjects, n_cycles)
        Cycle durations.
    height_m : ndarray, shape (n_subjects,)
        Body heights.
    """
    midline = {
        name: np.radians(physics.pelvis(_curve(curves.legs, name), mirrored=mirrored))
        for name, mirrored in MIDLINE.items()
    }
    for name, angle in midline.items():
        yield f"{name}_rad", angle
    for i, side in enumerate(SIDES):
        leg = curves.legs[:, :, i]
        yield from _joint_channels(leg, side, duration_s, periodic=task != RISE)
        yield from _segment_channels(leg, midline["pelvis_anterior_tilt_angle"], side)
    yield from _force_channels(task, curves, height_m)


def _task_id(trial: Trial, people: Population) -> list[str]:
    short = trial.task.removesuffix("_walking")
    if trial.speed_m_s is not None:
        return [f"{short}_{trial.speed_m_s:.2f}m_s"] * len(people)
    if short in ("incline", "decline"):
        return [f"{short}_{grade:.0f}deg" for grade in people.ramp_grade_deg]
    return [short] * len(people)


def _gait_columns(task: str, strides: Strides) -> dict[str, Array]:
    """Columns of one value a stride; those that a movement without steps lacks are NaN."""
    length = strides.stride_length_m
    step_related = {
        "stance_percent": strides.toe_off_percent[..., 0],
        "double_support_percent": strides.double_support_percent,
        "cadence_steps_min": 120.0 / strides.duration_s,
    }
    if task == RISE:
        step_related = {name: np.full_like(length, np.nan) for name in step_related}
    return {
        "speed_m_s": strides.speed_m_s,
        "incline_deg": strides.grade_deg,
        "cycle_duration_s": strides.duration_s,
        **step_related,
        "step_length_m": 0.5 * length,
        "stride_length_m": length,
        "step_width_m": strides.step_width_m,
    }


_WHO = ("age", "sex", "height_m", "mass_kg", "bmi", "leg_length_m", "pathology", "subtype")


def cycle_table(trial: Trial, people: Population, strides: Strides) -> pd.DataFrame:
    """One row a cycle of one trial: key, events, speeds, subject, tests."""
    n_cycles = strides.v.shape[1]
    of_subjects: dict[str, Any] = {name: getattr(people, name) for name in (*_WHO, "severity")}
    subjects = pd.DataFrame(of_subjects | outcomes(people))
    repeated = subjects.loc[np.repeat(np.arange(len(people)), n_cycles)].reset_index(drop=True)
    each = {
        "dataset": "simulated",
        "subject": np.repeat(people.subject, n_cycles),
        "task": trial.task,
        "task_id": np.repeat(_task_id(trial, people), n_cycles),
        "step": np.tile(np.arange(n_cycles), len(people)),
        **{name: values.ravel() for name, values in _gait_columns(trial.task, strides).items()},
    }
    last = {
        "side": np.tile(np.where(strides.leg == 0, "left", "right"), len(people)),
        "affected_side": np.repeat(people.affected_side, n_cycles),
        "simulated": True,
    }
    return pd.concat([pd.DataFrame(each), repeated, pd.DataFrame(last)], axis=1)

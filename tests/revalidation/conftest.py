"""Cycles made by hand from published mean curves: what every check has to accept."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import PHASE_PERCENT, normative_curves

N_PEOPLE, N_STRIDES, LEG_M = 24, 4, 0.9
PHASE = np.asarray(PHASE_PERCENT) / 100.0
JOINTS = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}
SPREAD_DEG = {
    "pelvis_anterior_tilt_angle": 4.9,
    "pelvis_obliquity_up_angle": 2.1,
    "pelvis_internal_rotation_angle": 3.7,
    "hip_adduction_angle": 3.1,
    "hip_internal_rotation_angle": 9.5,
    "foot_progression_internal_angle": 7.2,
}
TASKS = {
    "level_walking": None,
    "incline_walking": 10.0,
    "decline_walking": -10.0,
    "stair_ascent": None,
    "stair_descent": None,
    "run": None,
}

Change = Callable[[np.ndarray], np.ndarray]


def walking_speeds(n=N_PEOPLE):
    return np.linspace(0.9, 1.7, n)


def mirrored_normals(rng, shape):
    """Normals of which the second half is the first with the other sign: their mean is 0."""
    half = rng.normal(size=(shape[0] // 2, *shape[1:]))
    half /= np.sqrt((half**2).mean(axis=0))
    return np.concatenate([half, -half])


def joint_spread(rng):
    """Deviations of people's hip and knee with the published shares of components, degrees.

    Also the scores of the two offsets, which pelvis and ankle make up for: with hip and tilt, or
    knee and ankle, drawn apart, thigh and foot would differ more than they do.
    """
    shares = np.array([40.0, 18.0, 11.0, 8.0, 6.0] + 13 * [1.3])
    waves = [np.ones_like(PHASE)]
    for k in (1, 2, 3, 4):
        waves += [np.sqrt(2) * f(2 * np.pi * k * PHASE) for f in (np.sin, np.cos)]
    zero = np.zeros_like(PHASE)
    shapes = [np.hstack(pair) for w in waves for pair in ((w, zero), (zero, w))]
    scores = mirrored_normals(rng, (N_PEOPLE, len(shares)))
    weight = np.sqrt(2 * shares / 100.0) * 5.0
    both = (scores * weight) @ np.array(shapes)
    return both[:, :150], both[:, 150:], scores[:, :1], scores[:, 1:2]


def derivative(angle, seconds):
    return np.gradient(angle, axis=1, edge_order=2) / (seconds[:, None] / 149)


def half_a_cycle_later(curve):
    return np.concatenate([curve[:, 75:], curve[:, 1:76]], axis=1)


def spatiotemporal(task, speed):
    """Durations and step lengths by the laws; running by Fukuchi's cadence."""
    v = speed / np.sqrt(9.80665 * LEG_M)
    if task == "run":
        return 120.0 / np.interp(speed, [2.5, 3.5, 4.5], [162.0, 171.0, 183.0])
    if task.startswith("stair"):
        return np.full_like(speed, 1.4 if task == "stair_ascent" else 1.2)
    return 2.0 / (0.928 * v**0.577 * np.sqrt(9.80665 / LEG_M))


def task_cycles(task, rng):
    """Table and channels of one task."""
    speed = np.linspace(2.3, 4.7, N_PEOPLE) if task == "run" else walking_speeds()
    if task.startswith("stair"):
        speed = np.full(N_PEOPLE, 0.5)
    norms = [normative_curves(task, v, incline_deg=TASKS[task]) for v in speed]
    curves = {
        name: np.repeat([n.mean[n.channels.index(name)] for n in norms], N_STRIDES, axis=0)
        for name in norms[0].channels
    }
    seconds = np.repeat(spatiotemporal(task, speed), N_STRIDES)
    seconds = seconds * (1 + 0.018 * np.tile([1.0, -1.0, 0.5, -0.5], N_PEOPLE))
    table = pd.DataFrame(
        {
            "dataset": "hand-made",
            "subject": np.repeat([f"P{i:02d}" for i in range(N_PEOPLE)], N_STRIDES),
            "task": task,
            "task_id": task,
            "step": np.tile(np.arange(N_STRIDES), N_PEOPLE),
            "side": np.tile(["left", "right"], N_PEOPLE * N_STRIDES // 2),
            "pathology": "healthy",
            "age": 40.0,
            "leg_length_m": LEG_M,
            "incline_deg": TASKS[task] or 0.0,
            "speed_m_s": np.repeat(speed, N_STRIDES),
            "cycle_duration_s": seconds,
            "cadence_steps_min": 120.0 / seconds,
        }
    )
    table["step_length_m"] = table["speed_m_s"] * seconds / 2.0
    spread(curves, rng)
    follow(curves, seconds, cyclic=True)
    return table, curves


def spread(curves, rng):
    """Make people and strides differ, both legs alike."""
    by_person = lambda x: np.repeat(x, N_STRIDES, axis=0)  # noqa: E731
    hip, knee, of_hip, of_knee = joint_spread(rng)
    flat = np.ones_like(PHASE)
    ankle = (4.0 * of_knee + 3.0 * mirrored_normals(rng, (N_PEOPLE, 1))) * flat
    own = {"hip_flexion_angle": hip, "knee_flexion_angle": knee, "ankle_dorsiflexion_angle": ankle}
    for name, sd in SPREAD_DEG.items():
        score = of_hip if "tilt" in name else mirrored_normals(rng, (N_PEOPLE, 1))
        own[name] = sd * score * flat
    for name, deviation in own.items():
        for channel in (f"{name}_ipsi_rad", f"{name}_contra_rad", f"{name}_rad"):
            if channel in curves:
                noise = 1.1 * np.tile([[1.0], [1.0], [-1.0], [-1.0]], (N_PEOPLE, 1))
                curves[channel] = curves[channel] + np.radians(by_person(deviation) + noise)


def follow(curves, seconds, cyclic):
    """What follows from the angles, moments and one leg's force."""
    for side in ("ipsi", "contra"):
        angles = {j: curves[f"{j}_{m}_angle_{side}_rad"] for j, m in JOINTS.items()}
        thigh = angles["hip"] - curves["pelvis_anterior_tilt_angle_rad"]
        shank = thigh - angles["knee"]
        curves[f"thigh_sagittal_angle_{side}_rad"] = thigh
        curves[f"shank_sagittal_angle_{side}_rad"] = shank
        curves[f"foot_sagittal_angle_{side}_rad"] = shank + angles["ankle"]
        for joint, motion in JOINTS.items():
            rate = derivative(angles[joint], seconds)
            curves[f"{joint}_{motion}_velocity_{side}_rad_s"] = rate
            moment = curves[f"{joint}_{motion}_moment_{side}_Nm_kg"]
            curves[f"{joint}_power_{side}_W_kg"] = moment * rate
    vertical = curves["grf_vertical_ipsi_BW"]
    vertical = 0.5 * vertical / np.trapezoid(vertical, PHASE, axis=1)[:, None]
    forward = curves["grf_anterior_ipsi_BW"]
    push, brake = np.maximum(forward, 0), np.maximum(-forward, 0)
    ratio = np.sqrt(brake.mean(axis=1) / push.mean(axis=1))[:, None]
    forward = push * ratio - brake / ratio
    for name, force in (("vertical", vertical), ("anterior", forward)):
        curves[f"grf_{name}_ipsi_BW"] = force
        curves[f"grf_{name}_contra_BW"] = half_a_cycle_later(force)


@pytest.fixture(scope="session")
def hand_made() -> LocomotionData:
    rng = np.random.default_rng(1)
    parts = [task_cycles(task, rng) for task in TASKS]
    names = [n for n in parts[0][1] if all(n in curves for _, curves in parts)]
    extra = [n for n in parts[0][1] if n not in names]
    table = pd.concat([rows for rows, _ in parts], ignore_index=True)
    blank = np.full((N_PEOPLE * N_STRIDES, 150), np.nan)
    block = [np.concatenate([c.get(n, blank) for _, c in parts]) for n in (*names, *extra)]
    return LocomotionData(table, np.array(block), (*names, *extra))


@pytest.fixture
def broken(hand_made):
    """Hand-made cycles with some channels or columns changed."""

    def change(channels=None, columns=None, rows=slice(None)):
        block = hand_made.block.copy()
        for name, new in (channels or {}).items():
            index = hand_made.channels.index(name)
            block[index, rows] = new(block[index, rows].astype(float))
        cycles = hand_made.cycles
        for name, new in (columns or {}).items():
            cycles[name] = new(cycles)
        return LocomotionData(cycles, block, hand_made.channels)

    return change


def knee_bent_by(degrees):
    """Walk with knee and hip bent, as in crouch gait."""
    return {
        "knee_flexion_angle_ipsi_rad": lambda x: x + np.radians(degrees),
        "hip_flexion_angle_ipsi_rad": lambda x: x + np.radians(degrees) / 2,
    }


def level_group(data, pathology, subtype, changes):
    """Level walking of the same people with another diagnosis."""
    level = data.select(task=["level_walking"])
    block = level.block.copy()
    for name, new in changes.items():
        index = level.channels.index(name)
        block[index] = new(block[index].astype(float))
    cycles = level.cycles.assign(dataset=pathology, pathology=pathology, subtype=subtype)
    return LocomotionData(cycles, block, level.channels)


@pytest.fixture(scope="session")
def patients(hand_made) -> LocomotionData:
    unsteady = level_group(hand_made, "fall_risk", "", {})
    cycles = unsteady.cycles
    cycles["cycle_duration_s"] *= 1 + 0.03 * np.tile([1.0, -1.0, 0.5, -0.5], N_PEOPLE)
    return LocomotionData.concat(
        [
            level_group(hand_made, "stroke", "", knee_bent_by(17.0)),
            level_group(hand_made, "cerebral_palsy", "crouch", knee_bent_by(35.0)),
            LocomotionData(cycles, unsteady.block, unsteady.channels),
        ]
    )

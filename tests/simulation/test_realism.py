"""The simulated means lie within bands of published figures."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT


@pytest.fixture(scope="module")
def usual_speed():
    """Healthy level walking at about 1.3 m/s."""
    data = simulate(n_subjects=90, n_cycles=4, tasks=["level_walking"], pathologies=["healthy"])
    return data.select(where="1.15 < speed_m_s < 1.45")


def mean(data, name):
    curve = data.curves(name).mean(axis=0)
    return np.degrees(curve) if name.endswith("_rad") else curve


def between(value, low, high):
    assert low <= value <= high, f"{value:.3f} not in [{low}, {high}]"


def test_usual_speed_is_usual(usual_speed):
    between(usual_speed.cycles["speed_m_s"].mean(), 1.26, 1.34)


def test_joint_angles(usual_speed):
    knee = mean(usual_speed, "knee_flexion_angle_ipsi_rad")
    between(knee.max(), 58, 67)
    between(PHASE_PERCENT[knee.argmax()], 69, 75)
    between(np.ptp(mean(usual_speed, "hip_flexion_angle_ipsi_rad")), 38, 48)
    ankle = mean(usual_speed, "ankle_dorsiflexion_angle_ipsi_rad")
    between(ankle.min(), -24, -15)
    between(PHASE_PERCENT[ankle.argmin()], 60, 67)


def test_ankle_kinetics(usual_speed):
    moment = mean(usual_speed, "ankle_dorsiflexion_moment_ipsi_Nm_kg")
    between(-moment.min(), 1.3, 1.7)
    between(PHASE_PERCENT[moment.argmin()], 45, 51)
    between(mean(usual_speed, "ankle_power_ipsi_W_kg").max(), 2.5, 4.3)


def test_ground_reaction(usual_speed):
    force = mean(usual_speed, "grf_vertical_ipsi_BW")
    early, middle, late = np.split(force, [38, 60])
    between(early.max(), 1.05, 1.20)
    between(middle.min(), 0.72, 0.85)
    between(late.max(), 1.04, 1.16)
    between(np.trapezoid(force, dx=1 / 149), 0.485, 0.515)
    fore_aft = mean(usual_speed, "grf_anterior_ipsi_BW")
    assert abs(fore_aft.sum()) / np.abs(fore_aft).sum() < 0.05
    between(-fore_aft.min(), 0.13, 0.24)
    between(fore_aft.max(), 0.14, 0.25)


def test_first_peak_rises_with_speed():
    data = simulate(n_subjects=90, n_cycles=4, tasks=["level_walking"], pathologies=["healthy"])
    peak = data.curves("grf_vertical_ipsi_BW")[:, 10:38].max(axis=1)
    slope = np.polyfit(data.cycles["speed_m_s"], peak, 1)[0]
    between(slope, 0.20, 0.45)


def test_spread_between_and_within_people(cohort):
    level = cohort.select(where="pathology == 'healthy'", task=["level_walking"])
    bands = {"hip_flexion": (4, 8), "knee_flexion": (4, 8), "ankle_dorsiflexion": (3.5, 6.5)}
    keys = [level.cycles["subject"].to_numpy(), level.cycles["side"].to_numpy()]
    for name, band in bands.items():
        curves = pd.DataFrame(np.degrees(level.curves(f"{name}_angle_ipsi_rad")))
        people = curves.groupby(keys[0]).mean().std().mean()
        strides = np.sqrt(curves.groupby(keys).var().mean().mean())
        between(people, *band)
        between(strides / people, 0.15, 0.45)


def test_foot_lies_on_the_ground_it_walks_on():
    flat = (PHASE_PERCENT > 12) & (PHASE_PERCENT < 28)
    tasks = ["level_walking", "incline_walking", "decline_walking"]
    healthy = simulate(120, 2, tasks, ["healthy"])
    for grade in (-10, -5, 0, 5, 10):
        some = healthy.select(where=f"incline_deg == {grade}")
        foot = mean(some, "foot_sagittal_angle_ipsi_rad")[flat]
        assert np.abs(foot - grade).max() < 4.5


@pytest.mark.parametrize(
    ("where", "low", "high"),
    [
        ("task == 'level_walking'", 0.0, 0.35),
        ("incline_deg == 10", 0.4, 0.9),
        ("incline_deg == -10", -1.0, -0.4),
        ("task == 'stair_ascent'", 1.2, 1.8),
        ("task == 'stair_descent'", -1.8, -1.1),
    ],
)
def test_net_joint_work(cohort, where, low, high):
    some = cohort.select(where=f"pathology == 'healthy' and {where}")
    power = sum(some.curves(f"{j}_power_ipsi_W_kg") for j in ("hip", "knee", "ankle"))
    seconds = some.cycles["cycle_duration_s"].to_numpy() / 149
    between((np.trapezoid(power, axis=1) * seconds).mean(), low, high)


def test_speed_step_and_cadence_agree(cohort):
    c = cohort.cycles
    product = c["step_length_m"] * c["cadence_steps_min"] / 60
    np.testing.assert_allclose(c["speed_m_s"], product, rtol=1e-12)


def test_toe_off_and_step_length_follow_the_speed(cohort):
    c = cohort.cycles.query("pathology == 'healthy' and task == 'level_walking'")
    v = c["speed_m_s"] / np.sqrt(9.81 * c["leg_length_m"])
    assert abs((c["stance_percent"] - (52.8 + 2.64 / v)).mean()) < 1.0
    ratio = c["step_length_m"] / (1.085 * c["leg_length_m"] * v**0.428)
    assert abs(ratio.mean() - 1) < 0.04


def test_patients_walk_slower(cohort):
    level = cohort.cycles.query("task == 'level_walking'")
    speed = level.groupby("pathology")["speed_m_s"].mean()
    between(speed["healthy"], 1.2, 1.45)
    between(speed["healthy"] - speed["parkinsons"], 0.10, 0.30)
    between(speed["stroke"], 0.45, 0.80)


def test_paretic_leg(cohort):
    stroke = cohort.select(where="pathology == 'stroke'", task=["level_walking"])
    paretic = stroke.select(where="side == affected_side")
    other = stroke.select(where="side != affected_side")
    assert len(paretic) == len(other)
    between(np.degrees(paretic.curves("knee_flexion_angle_ipsi_rad")[:, 75:].max(1)).mean(), 34, 47)
    push = [np.maximum(x.curves("grf_anterior_ipsi_BW"), 0).mean() for x in (paretic, other)]
    between(push[0] / sum(push), 0.20, 0.42)
    assert paretic.cycles["stance_percent"].mean() < other.cycles["stance_percent"].mean() - 3

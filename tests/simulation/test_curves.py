"""What the curves of one body agree on, and what they say of its owner."""

import numpy as np
import pytest

from locomotion_analysis.simulation import simulate
from locomotion_analysis.simulation.curves import velocity

# ----------------------------------------------------------------------
# Curves of one body agree with each other, in every task and diagnosis

SIDES = ("ipsi", "contra")


@pytest.mark.parametrize("side", SIDES)
def test_segment_chain(cohort, side):
    thigh = cohort.curves(f"hip_flexion_angle_{side}_rad") - cohort.curves(
        "pelvis_anterior_tilt_angle_rad"
    )
    shank = thigh - cohort.curves(f"knee_flexion_angle_{side}_rad")
    foot = shank + cohort.curves(f"ankle_dorsiflexion_angle_{side}_rad")
    for name, expected in (("thigh", thigh), ("shank", shank), ("foot", foot)):
        got = cohort.curves(f"{name}_sagittal_angle_{side}_rad")
        np.testing.assert_allclose(got, expected, atol=2e-6)


def test_velocity_of_a_sine_is_its_cosine():
    around = np.arange(-2, 152) / 149  # two samples beyond either end
    got = velocity(np.sin(2 * np.pi * 3 * around)[None], np.array([1.3]))
    expected = 6 * np.pi / 1.3 * np.cos(2 * np.pi * 3 * around[2:-2])
    np.testing.assert_allclose(got[0], expected, atol=1e-3)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("joint", ["hip_flexion", "knee_flexion", "ankle_dorsiflexion"])
def test_velocity_integrates_to_the_angle(cohort, joint, side):
    rate = cohort.curves(f"{joint}_velocity_{side}_rad_s").astype(float)
    step = cohort.cycles["cycle_duration_s"].to_numpy()[:, None] / 149
    travelled = np.cumsum(0.5 * (rate[:, 1:] + rate[:, :-1]) * step, axis=1)
    angle = cohort.curves(f"{joint}_angle_{side}_rad").astype(float)
    np.testing.assert_allclose(travelled, angle[:, 1:] - angle[:, :1], atol=0.02)


@pytest.mark.parametrize("joint", ["hip_flexion", "knee_flexion", "ankle_dorsiflexion"])
def test_power_is_moment_times_velocity(cohort, joint):
    for side in SIDES:
        moment = cohort.curves(f"{joint}_moment_{side}_Nm_kg")
        rate = cohort.curves(f"{joint}_velocity_{side}_rad_s")
        power = cohort.curves(f"{joint.split('_')[0]}_power_{side}_W_kg")
        np.testing.assert_allclose(power, moment * rate, atol=2e-5)


def test_both_legs_carry_the_body_weight(cohort):
    total = sum(cohort.curves(f"grf_vertical_{side}_BW").astype(float) for side in SIDES)
    mean = np.trapezoid(total, dx=1 / 149, axis=1)
    np.testing.assert_allclose(mean, 1.0, atol=1e-5)


def test_no_net_fore_aft_impulse(cohort):
    total = sum(cohort.curves(f"grf_anterior_{side}_BW").astype(float) for side in SIDES)
    np.testing.assert_allclose(np.trapezoid(total, dx=1 / 149, axis=1), 0.0, atol=1e-6)


def test_force_is_zero_in_swing_and_present_in_stance(cohort):
    phase = np.linspace(0, 100, 150)
    toe_off = cohort.cycles["stance_percent"].to_numpy()[:, None]
    swing = (phase > toe_off) & (phase < 100)
    for name in ("grf_vertical_ipsi_BW", "grf_anterior_ipsi_BW", "grf_lateral_ipsi_BW"):
        assert np.abs(cohort.curves(name)[swing]).max() == 0.0
    mid = (phase > 15) & (phase < 40)
    assert cohort.curves("grf_vertical_ipsi_BW")[:, mid].min() > 0.3


def test_pelvis_seen_from_the_other_leg_changes_sign(cohort):
    """Left and right cycles of healthy people mirror each other, so rotation averages out."""
    healthy = cohort.select(where="pathology == 'healthy'", task=["level_walking"])
    for name in ("pelvis_obliquity_up_angle_rad", "pelvis_internal_rotation_angle_rad"):
        mean = healthy.curves(name)[:, :-1].mean(axis=0)
        half = np.interp((np.arange(149) + 74.5) % 149, np.arange(149), mean)
        assert np.corrcoef(mean, -half)[0, 1] > 0.9


# ----------------------------------------------------------------------
# Performance tests and falls follow from gait, age and disease


@pytest.fixture(scope="module")
def people():
    data = simulate(600, 1, ["level_walking"], ["healthy", "fall_risk", "stroke"], seed=4)
    return data.cycles


def test_tests_are_those_of_the_age(people):
    seventies = people.query("pathology == 'healthy' and 70 <= age < 80")
    assert seventies["tug_s"].mean() == pytest.approx(9.2, abs=1.0)
    assert seventies["five_sit_to_stand_s"].mean() == pytest.approx(12.6, abs=1.5)
    assert seventies["six_minute_walk_m"].mean() == pytest.approx(500, abs=60)


def test_tests_agree_with_each_other_but_not_wholly(people):
    r = people[["speed_m_s", "tug_s", "six_minute_walk_m", "five_sit_to_stand_s"]].corr("spearman")
    assert -0.98 < r.loc["speed_m_s", "tug_s"] < -0.6
    assert 0.6 < r.loc["speed_m_s", "six_minute_walk_m"] < 0.99
    assert 0.2 < r.loc["tug_s", "five_sit_to_stand_s"] < 0.9


def test_falls_are_followed_up_from_65_years(people):
    assert (people["faller"].isna() == (people["age"] < 65)).all()


def test_fallers_are_among_the_healthy_too_and_walk_slower(people):
    old = people[people["faller"].notna()]
    share = old["faller"].astype(float).groupby(old["pathology"]).mean()
    assert 0.08 < share["healthy"] < share["fall_risk"] < 0.70
    same = old[old["pathology"] == "fall_risk"]
    fell = same["faller"].astype(bool)
    assert same.loc[fell, "speed_m_s"].mean() < same.loc[~fell, "speed_m_s"].mean()


def test_bmi_is_mass_over_height_squared(people):
    np.testing.assert_allclose(people["bmi"], people["mass_kg"] / people["height_m"] ** 2)

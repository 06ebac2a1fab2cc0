"""Running and sit to stand, and speeds that are asked for."""

import numpy as np
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate

SIDES = ("ipsi", "contra")


@pytest.fixture(scope="module")
def runs():
    return simulate(30, 4, ["run"], ["healthy"], speeds=[2.5, 3.5, 4.5])


@pytest.fixture(scope="module")
def rises():
    return simulate(40, 3, ["sit_to_stand"], ["healthy", "stroke"], seed=2)


def test_speeds_asked_for_are_run(runs):
    means = runs.cycles.groupby("task_id")["speed_m_s"].mean()
    assert list(means.index) == ["run_2.50m_s", "run_3.50m_s", "run_4.50m_s"]
    np.testing.assert_allclose(means, [2.5, 3.5, 4.5], rtol=0.02)


def test_running_has_a_flight_phase(runs):
    total = sum(runs.curves(f"grf_vertical_{side}_BW") for side in SIDES)
    assert ((total == 0).mean(axis=1) > 0.1).all()
    assert runs.cycles["stance_percent"].between(27, 44).all()
    assert (runs.cycles["double_support_percent"] == 0).all()


@pytest.mark.parametrize(("speed", "peak", "knee"), [(2.5, 2.36, 93), (3.5, 2.60, 107)])
def test_running_peaks_are_those_published(runs, speed, peak, knee):
    some = runs.select(task_id=f"run_{speed:.2f}m_s")
    found = some.curves("grf_vertical_ipsi_BW").max(axis=1).mean()
    assert found == pytest.approx(peak, abs=0.15)
    swing = np.degrees(some.curves("knee_flexion_angle_ipsi_rad")[:, 60:].max(axis=1).mean())
    assert swing == pytest.approx(knee, abs=9)


def test_each_speed_has_strides_of_its_own():
    data = simulate(2, 2, ["level_walking"], ["healthy"], speeds=[1.0, 1.4])
    slow, fast = (
        data.select(task_id=f"level_{v}0m_s").curves("hip_power_ipsi_W_kg") for v in (1.0, 1.4)
    )
    assert not np.allclose(slow, fast)


def test_a_rise_starts_seated_and_ends_upright(rises):
    knee = np.degrees(rises.curves("knee_flexion_angle_ipsi_rad").mean(axis=0))
    assert knee[0] > 75
    assert abs(knee[-1]) < 15
    rate = rises.curves("knee_flexion_velocity_ipsi_rad_s")
    assert np.abs(rate[:, [0, -1]]).max() < 1e-6


def test_both_legs_rise_together(rises):
    healthy = rises.select(pathology="healthy")
    knee = [healthy.curves(f"knee_flexion_angle_{side}_rad").mean(axis=0) for side in SIDES]
    assert np.abs(np.degrees(knee[0] - knee[1])).max() < 4
    force = sum(healthy.curves(f"grf_vertical_{side}_BW") for side in SIDES).mean(axis=0)
    assert force[:10].mean() < 0.4
    assert force[-1] == pytest.approx(1.0, abs=0.1)


def test_a_rise_has_no_steps(rises):
    assert rises.cycles[["speed_m_s", "step_length_m", "stance_percent"]].isna().all().all()
    assert rises.cycles["cycle_duration_s"].between(0.8, 8).all()


def test_stroke_rises_on_the_other_leg(rises):
    paretic = rises.select(where="pathology == 'stroke' and side == affected_side")
    own, other = (paretic.curves(f"grf_vertical_{side}_BW")[:, 80:].mean() for side in SIDES)
    assert own < 0.9 * other


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"speeds": [9.0]}, "0.4 to 2.0 in level_walking"),
        ({"speeds": [1.2, 1.2]}, "different speeds"),
        ({"speeds": [3.0]}, "level_walking"),
        ({"tasks": ["run"], "pathologies": ["transfemoral_amputation"]}, "transfemoral_amputation"),
    ],
)
def test_what_cannot_be_done_is_refused(asked, says):
    with pytest.raises(SchemaError, match=says):
        simulate(**{"n_subjects": 2, "n_cycles": 2, "tasks": ["level_walking"]} | asked)

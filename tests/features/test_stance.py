"""The end of stance and where it came from."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features import feature_table, stance_percent
from locomotion_analysis.features.kernels.forces import loaded_percent, toe_off
from locomotion_analysis.features.spec import Stance
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT, toe_off_percent

VERTICAL = "grf_vertical_ipsi_BW"


def test_toe_off_is_where_the_force_ends(build, stance_force):
    toe_off = np.linspace(38.0, 72.0, 20)
    data = build(channels=(), curves={VERTICAL: stance_force(toe_off)}, mass_kg=70.0)
    stance = stance_percent(data)
    assert set(stance.source) == {"grf"}
    np.testing.assert_allclose(stance.percent, toe_off, atol=0.7)
    assert np.ptp(stance.percent) > 30


def test_the_note_tells_a_dispute_only_where_there_is_one():
    percent, source = np.array([60.0, 61.0]), np.array(["grf", "grf"])
    assert Stance(percent, source).note() == "end of stance: by the vertical force in 2 cycles"
    assert Stance(percent, source, 1).note().endswith("by more than 10 % of the cycle in 1")


def test_newtons_and_body_weights_agree(build, stance_force):
    toe_off, mass = np.linspace(55.0, 65.0, 20), np.linspace(50.0, 110.0, 20)
    in_weights = stance_force(toe_off)
    in_newtons = in_weights * mass[:, None] * 9.80665
    first = build(channels=(), curves={VERTICAL: in_weights}, mass_kg=mass)
    second = build(channels=(), curves={"grf_vertical_ipsi_N": in_newtons})
    a, b = stance_percent(first), stance_percent(second)
    np.testing.assert_allclose(a.percent, b.percent, atol=1e-3)


def test_the_next_contact_at_the_end_of_the_cycle_is_not_stance(build, stance_force):
    force = stance_force(np.full(20, 60.0))
    force[:, -4:] = 0.3
    assert stance_percent(build(channels=(), curves={VERTICAL: force})).percent.max() < 61


@pytest.mark.parametrize("told", [0.0, -1.0, 100.0, np.nan])
def test_a_stance_of_nothing_or_all_of_the_cycle_is_not_known(build, told):
    found = stance_percent(build(stance_percent=told))
    assert set(found.source) == {"published"}
    assert (found.percent > 50).all()


def test_the_column_comes_before_force_and_force_before_published(build, stance_force):
    force = stance_force(np.full(20, 66.0))
    force[2] = np.nan
    column = np.full(20, 63.0)
    column[1:3] = np.nan
    column[3] = 45.0
    data = build(channels=(), curves={VERTICAL: force}, stance_percent=column)
    stance = stance_percent(data)
    assert stance.source[:4].tolist() == ["metadata", "grf", "published", "metadata"]
    assert stance.percent[0] == 63.0
    assert stance.percent[1] == pytest.approx(66.0, abs=0.7)
    assert stance.percent[2] == float(toe_off_percent("level_walking"))
    assert np.isnan(stance.measured[2])
    assert stance.disputed == 1
    assert "differ by more than 10 % of the cycle in 1" in stance.note()


def test_features_and_columns_are_one_number(build, stance_force):
    """Events found in the recording are not found again on the grid of the cycle."""
    curves = {
        VERTICAL: stance_force(np.full(20, 60.0)),
        "grf_vertical_contra_BW": stance_force(np.full(20, 64.0)),
    }
    columns = {"stance_percent": 61.5, "double_support_percent": 23.0}
    data = build(channels=(), curves=curves, cycle_duration_s=1.1, **columns)
    found = feature_table(data, ["temporal"]).frame
    for name, value in columns.items():
        np.testing.assert_allclose(found[name], value)
    np.testing.assert_allclose(found["stance_time_s"], 0.615 * 1.1)
    np.testing.assert_allclose(found["duty_factor"], 0.615)


def test_published_values_follow_task_and_speed(build):
    tasks = ("level_walking", "run", "stair_descent", "sit_to_stand")
    data = build(tasks=tasks, n_steps=1, speed_m_s=np.tile([0.6, 3.5, 0.5, 0.0], 4))
    stance = stance_percent(data)
    assert stance.percent[:3].tolist() == pytest.approx(
        [
            float(toe_off_percent("level_walking", 0.6)),
            float(toe_off_percent("run", 3.5)),
            float(toe_off_percent("stair_descent")),
        ]
    )
    assert stance.source[3] == "unknown"
    assert 60.0 not in stance.percent
    assert np.ptp(stance.percent[:3]) > 25


def test_a_published_value_is_logged_noted_and_never_a_feature(build, caplog):
    with caplog.at_level(logging.WARNING):
        table = feature_table(build(), ["temporal", "derived"])
    assert "published value of the task in 20 cycles" in caplog.text
    assert table.notes == ("end of stance: the published value of the task in 20 cycles",)
    assert "stance_percent" not in table.frame
    assert "stance_percent" in {entry.name for entry in table.left_out}
    assert "knee_flexion_angle_ipsi_rad_stance_max" in table.frame


@settings(deadline=None)  # the first example compiles
@given(seed=st.integers(0, 2**16), n_changes=st.integers(0, 12))
def test_toe_off_starts_the_longest_unloaded_stretch(seed, n_changes):
    rng = np.random.default_rng(seed)
    contact = np.isin(np.arange(150), rng.integers(0, 150, n_changes)).cumsum() % 2 == 0
    values = np.where(contact, 1.0, -1.0) * rng.uniform(0.1, 1.0, 150)
    found = toe_off(values[None].astype(np.float32), np.zeros(1))[0]
    runs, start = [], None
    for index, value in enumerate([*values, 1.0]):
        if value <= 0 and start is None:
            start = index
        elif value > 0 and start is not None:
            runs.append((index - start, -start))
            start = None
    longest = max(runs, default=(0, 0))
    if longest[0] < 8 or -longest[1] <= 8:
        assert np.isnan(found)
    else:
        first = -longest[1]
        assert PHASE_PERCENT[first - 1] <= found <= PHASE_PERCENT[first]


def test_loaded_percent_is_exact_for_straight_lines():
    falling = np.linspace(3.0, -1.0, 150, dtype=np.float32)[None]
    rising = falling[:, ::-1].copy()
    always, never, limit = np.ones_like(falling), np.zeros_like(falling), np.zeros(1)
    assert loaded_percent(falling, limit, falling, limit)[0] == pytest.approx(75.0)
    assert loaded_percent(falling, limit, always, limit)[0] == pytest.approx(75.0)
    assert loaded_percent(falling, limit, rising, limit)[0] == pytest.approx(50.0)
    newton = loaded_percent(1000 * falling, limit + 1000, falling, limit)[0]
    assert newton == pytest.approx(50.0, abs=0.5)
    assert loaded_percent(always, limit, always, limit)[0] == 100.0
    assert loaded_percent(always, limit, never, limit)[0] == 0.0


def test_simulated_force_and_event_agree():
    data = simulate(n_subjects=6, n_cycles=4)
    difference = stance_percent(data).percent - data.cycles["stance_percent"].to_numpy()
    assert np.abs(np.median(difference)) < 1.5


def test_who_stands_up_lifts_no_foot_however_little_it_carries():
    data = simulate(6, 4, ["sit_to_stand"], ["healthy"], seed=0)
    channels = list(data.channels)
    block = data.block.copy()
    block[channels.index("grf_vertical_ipsi_BW"), :, 10:40] = 0.0
    stance = stance_percent(LocomotionData(data.cycles, block, channels))
    assert np.isnan(stance.percent).all()
    assert set(stance.source) == {"unknown"}

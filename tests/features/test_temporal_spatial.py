"""Durations, lengths and speed come from measurements or not at all."""

import numpy as np
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features import feature_table


def table(data, group):
    return feature_table(data, [group])


def test_duration_is_never_a_number_of_rows(build):
    data = build(speed_m_s=1.2)
    with pytest.raises(SchemaError, match="cycle_duration_s"):
        table(data, "temporal")


def test_times_follow_duration_and_stance(build):
    duration = np.linspace(0.8, 1.4, 20)
    frame = table(build(cycle_duration_s=duration, stance_percent=64.0), "temporal").frame
    np.testing.assert_allclose(frame["cycle_duration_s"], duration)
    np.testing.assert_allclose(frame["cadence_steps_min"], 2 * 60 / duration)
    np.testing.assert_allclose(frame["stance_time_s"] + frame["swing_time_s"], duration)
    np.testing.assert_allclose(frame["swing_percent"], 36.0)
    assert "double_support_percent" not in frame


def test_measured_cadence_is_kept(build):
    frame = table(build(cycle_duration_s=1.0, cadence_steps_min=117.0), "temporal").frame
    assert (frame["cadence_steps_min"] == 117.0).all()


def test_double_support_from_both_forces(build, stance_force):
    ipsi = stance_force(np.full(20, 62.0))
    contra = np.roll(stance_force(np.full(20, 62.0)), 75, axis=1)
    curves = {"grf_vertical_ipsi_BW": ipsi, "grf_vertical_contra_BW": contra}
    frame = table(build(channels=(), curves=curves, cycle_duration_s=1.1), "temporal").frame
    # Two stances of 62 % make 124 % of a cycle; what exceeds 100 is carried by both feet.
    assert frame["double_support_percent"].iloc[0] == pytest.approx(24.0, abs=2.5)
    expected = frame["double_support_percent"] / 100 * 1.1
    np.testing.assert_allclose(frame["double_support_time_s"], expected)


def test_impossible_durations_are_unknown_and_noted(build):
    duration = np.linspace(0.8, 1.4, 20)
    duration[:2] = 0.0, -1.0
    found = table(build(cycle_duration_s=duration), "temporal")
    assert found.frame["cycle_duration_s"].isna().tolist() == [True, True] + [False] * 18
    assert any("2 cycles" in note for note in found.notes)


def test_speed_and_stride_complete_each_other(build):
    known = {"cycle_duration_s": 1.1, "height_m": 1.8}
    a = table(build(speed_m_s=1.3, **known), "spatial").frame
    b = table(build(stride_length_m=1.43, **known), "spatial").frame
    assert a["stride_length_m"].iloc[0] == pytest.approx(1.43)
    np.testing.assert_allclose(a.to_numpy(), b[a.columns].to_numpy())
    # Step 0.715 m at 109.1 steps/min; 1.3^2 / (9.80665 * 0.954).
    assert a["walk_ratio_m_min"].iloc[0] == pytest.approx(0.715 / (120 / 1.1))
    assert a["froude_number"].iloc[0] == pytest.approx(0.18064, rel=1e-4)


def test_measured_leg_length_comes_before_height(build):
    data = build(speed_m_s=1.3, leg_length_m=0.9, height_m=1.8)
    assert table(data, "spatial").frame["froude_number"].iloc[0] == pytest.approx(
        1.3**2 / (9.80665 * 0.9)
    )


def test_a_step_length_is_not_half_a_stride(build):
    assert "step_length_m" not in table(build(stride_length_m=1.4, height_m=1.7), "spatial").frame


def test_rising_from_a_chair_has_no_cadence_or_speed(build):
    data = build(
        tasks=("level_walking", "sit_to_stand"), n_steps=1, cycle_duration_s=2.0, speed_m_s=0.5
    )
    temporal = table(data, "temporal").frame
    spatial = table(data, "spatial").frame
    assert temporal["cadence_steps_min"].isna().tolist() == [False, True] * 4
    assert spatial["speed_m_s"].isna().tolist() == [False, True] * 4
    assert temporal["cycle_duration_s"].notna().all()

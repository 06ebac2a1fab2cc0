"""Channels that follow from others, against curves whose derivatives and masses are known."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data.derived import derivation, shared_channels, with_derived, with_hint
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate

ANGLE, VELOCITY = "knee_flexion_angle_ipsi_rad", "knee_flexion_velocity_ipsi_rad_s"
MOMENT = "knee_flexion_moment_ipsi_Nm"


def cycles(channels, curves, **columns):
    table = pd.DataFrame({"subject": ["a", "b"], "task": "level_walking", "step": 1, **columns})
    return LocomotionData(table, np.asarray(curves, dtype=np.float32), channels)


def sine(durations):
    """Return two cycles of an angle and its exact rate of change over time, rad/s."""
    phase = np.linspace(0.0, 1.0, 150)
    angle = np.sin(2 * np.pi * phase) + 0.3 * np.cos(6 * np.pi * phase)
    slope = 2 * np.pi * np.cos(2 * np.pi * phase) - 1.8 * np.pi * np.sin(6 * np.pi * phase)
    return np.stack([angle, angle]), slope / np.asarray(durations)[:, None]


def test_an_angular_velocity_is_the_derivative_over_the_duration_of_each_cycle():
    durations = [1.0, 1.6]
    angle, expected = sine(durations)
    data = with_derived(cycles([ANGLE], [angle], cycle_duration_s=durations), [VELOCITY])
    np.testing.assert_allclose(data.curves(VELOCITY), expected, atol=0.02 * np.abs(expected).max())
    inner = slice(1, -1)
    np.testing.assert_allclose(
        data.curves(VELOCITY)[:, inner], expected[:, inner], atol=0.004 * np.abs(expected).max()
    )
    np.testing.assert_array_equal(data.curves(ANGLE), np.float32(angle))
    assert data.history[-1].action == "derived"
    assert VELOCITY in data.history[-1].detail


def test_it_agrees_with_velocities_that_come_with_the_angles():
    whole = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    angles = [name for name in whole.channels if "_angle_" in name]
    velocities = [name for name in whole.channels if "_velocity_" in name]
    again = with_derived(whole.select(channels=angles), velocities)
    for name in velocities:
        error = np.abs(again.curves(name) - whole.curves(name)).max()
        assert error < 0.03 * np.abs(whole.curves(name)).max(), name


def test_masses_scale_moments_and_forces():
    newton, per_kilogram = "grf_vertical_ipsi_N", "knee_flexion_moment_ipsi_Nm_kg"
    curves = [np.full((2, 150), 70.0), np.full((2, 150), 980.665)]
    data = cycles([MOMENT, newton], curves, mass_kg=[70.0, 50.0])
    made = with_derived(data, [per_kilogram, "grf_vertical_ipsi_BW"])
    np.testing.assert_allclose(made.curves(per_kilogram)[:, 0], [1.0, 1.4], rtol=1e-6)
    np.testing.assert_allclose(
        made.curves("grf_vertical_ipsi_BW")[:, 0], [100 / 70, 2.0], rtol=1e-6
    )
    back = with_derived(made.select(channels=[per_kilogram]), [MOMENT])
    np.testing.assert_allclose(back.curves(MOMENT)[:, 0], [70.0, 70.0], rtol=1e-6)


def test_what_is_not_known_is_nan_and_never_guessed():
    angle, _ = sine([1, 1])
    half = with_derived(cycles([ANGLE], [angle], cycle_duration_s=[1.0, np.nan]), [VELOCITY])
    assert np.isfinite(half.curves(VELOCITY)[0]).all()
    assert np.isnan(half.curves(VELOCITY)[1]).all()
    for columns in ({}, {"cycle_duration_s": [np.nan, np.nan]}, {"cycle_duration_s": [0.0, -1.0]}):
        data = cycles([ANGLE], [angle], **columns)
        assert with_derived(data, [VELOCITY]) is data
        assert "can be derived once the column cycle_duration_s is known" in with_hint(
            "measure it", data, [VELOCITY]
        )
    assert derivation("ankle_power_ipsi_W_kg").source == "ankle_power_ipsi_W"
    assert derivation("cop_anterior_ipsi_m") is None


def test_channels_of_both_are_those_measured_or_derivable_there():
    angle, velocity = sine([1, 1])
    own = cycles([ANGLE, VELOCITY, MOMENT], [angle, velocity, angle], cycle_duration_s=[1.0, 1.0])
    empty = np.full((2, 150), np.nan)
    other = cycles([MOMENT, ANGLE], [empty, angle], cycle_duration_s=[1.1, 1.2])
    assert shared_channels(own, other) == ([ANGLE, VELOCITY], [VELOCITY])
    some = np.stack([np.full(150, np.nan), angle[1]])
    half = cycles([ANGLE, MOMENT], [angle, some])
    assert shared_channels(own, half) == ([ANGLE, MOMENT], [])
    third = LocomotionData.concat([half, cycles([MOMENT], [empty], task_id="other")])
    with pytest.raises(SchemaError, match="channels that both have"):
        shared_channels(own, third.select(channels=[MOMENT]))
    with pytest.raises(SchemaError, match="channels that both have"):
        shared_channels(own, cycles(["hip_flexion_angle_ipsi_rad"], [angle]))

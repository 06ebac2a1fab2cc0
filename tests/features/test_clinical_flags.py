"""Flags on curves that lie just on either side of the thresholds."""

import numpy as np
import pytest

from locomotion_analysis.features.clinical import flag_families
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema
from locomotion_analysis.simulation import simulate

PHASE = np.linspace(0, 100, 150)


def flags(data):
    view = CycleView(data)
    return {
        spec.name: np.asarray(row)
        for family in flag_families(Schema.of_data(data))
        if isinstance(family, Family)
        for spec, row in zip(family.specs, family.compute(view), strict=True)
    }


def bump(height, centre, width, base=5.0):
    """Curves of one height a cycle, 20 cycles, radians."""
    shape = np.exp(-0.5 * ((PHASE - centre) / width) ** 2)
    return np.radians(base + (np.asarray(height)[:, None] - base) * shape)


def test_stiff_knee_is_seen_in_swing_alone(build):
    swing = bump(np.repeat([44.0, 44.6], 10), 72, 6)
    stance = bump(np.full(20, 40.0), 20, 6, base=0.0)
    data = build(
        channels=(), curves={"knee_flexion_angle_ipsi_rad": swing + stance}, stance_percent=60.0
    )
    np.testing.assert_array_equal(flags(data)["stiff_knee_ipsi"], np.repeat([1, 0], 10))


def test_stiff_knee_by_the_difference_between_the_legs(build):
    curves = {
        "knee_flexion_angle_ipsi_rad": bump(np.full(20, 48.0), 72, 6),
        "knee_flexion_angle_contra_rad": bump(np.repeat([64.6, 65.4], 10), 22, 6),
    }
    found = flags(build(channels=(), curves=curves, stance_percent=60.0))["stiff_knee_ipsi"]
    np.testing.assert_array_equal(found, np.repeat([0, 1], 10))


def test_crouch_and_equinus(build):
    curves = {
        # Least knee flexion of stance 21 or 19 degrees; straight in swing, which does not count.
        "knee_flexion_angle_ipsi_rad": bump(np.full(20, -30.0), 85, 3, base=20.0)
        + np.repeat(np.radians([1.0, -1.0]), 10)[:, None],
        "ankle_dorsiflexion_angle_ipsi_rad": bump(np.full(20, 20.0), 85, 3, base=0.0)
        + np.repeat(np.radians([-0.5, 0.5]), 10)[:, None],
    }
    found = flags(build(channels=(), curves=curves, stance_percent=62.0))
    np.testing.assert_array_equal(found["crouch_ipsi"], np.repeat([1, 0], 10))
    np.testing.assert_array_equal(found["equinus_ipsi"], np.repeat([1, 0], 10))


def test_a_broken_curve_and_another_task_have_no_flag(build):
    knee = bump(np.full(40, 60.0), 72, 6)
    knee[3, 7] = np.nan
    data = build(
        channels=(),
        tasks=("level_walking", "stair_ascent"),
        curves={"knee_flexion_angle_ipsi_rad": knee},
        stance_percent=60.0,
    )
    found = flags(data)["stiff_knee_ipsi"]
    level = (data.cycles["task"] == "level_walking").to_numpy(copy=True)
    level[3] = False
    np.testing.assert_array_equal(np.isfinite(found), level)


def test_missing_channels_are_named(build):
    data = build(channels=("hip_flexion_angle_ipsi_rad",))
    left = [entry.name for entry in flag_families(Schema.of_data(data))]
    assert left == ["stiff_knee_ipsi, crouch_ipsi", "equinus_ipsi"]
    assert all(isinstance(entry, LeftOut) for entry in flag_families(Schema.of_data(data)))


def test_flags_are_rare_among_the_healthy_and_common_after_stroke():
    healthy = flags(simulate(40, 4, ["level_walking"], ["healthy"], seed=31))
    assert all(values.mean() == pytest.approx(0.0, abs=0.05) for values in healthy.values())
    stroke = simulate(40, 4, ["level_walking"], ["stroke"], seed=31)
    paretic = (stroke.cycles["side"] == stroke.cycles["affected_side"]).to_numpy()
    share = flags(stroke)["stiff_knee_ipsi"][paretic].mean()
    assert share > 0.4

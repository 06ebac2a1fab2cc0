"""Deviation from the norm against the norm computed one cycle at a time."""

import numpy as np
import pytest

from locomotion_analysis.features.clinical import norm_deviation_families
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import normative_curves
from locomotion_analysis.standard.norms import SD_FLOOR

KNEE = "knee_flexion_angle_ipsi_rad"


def features(data):
    view = CycleView(data)
    return {
        spec.name: np.asarray(row)
        for family in norm_deviation_families(Schema.of_data(data))
        if isinstance(family, Family)
        for spec, row in zip(family.specs, family.compute(view), strict=True)
    }


@pytest.fixture(scope="module")
def walkers():
    tasks = ["level_walking", "decline_walking", "stair_ascent"]
    return simulate(9, 2, tasks, ["healthy"], seed=41)


@pytest.mark.parametrize("channel", [KNEE, "hip_flexion_moment_contra_Nm_kg"])
def test_norm_is_that_of_the_cycles_task_and_speed(walkers, channel):
    found = features(walkers)[f"{channel}_norm_rmse_z"]
    floor = SD_FLOOR[channel.split("_")[2]]
    for number in range(0, len(walkers), 5):
        cycle = walkers.cycles.iloc[number]
        norm = normative_curves(cycle["task"], cycle["speed_m_s"], cycle["incline_deg"])
        mean, sd = norm.of(channel)
        z = (walkers.curves(channel)[number] - mean) / np.maximum(sd, floor)
        # The floor is laid under the tabulated conditions here, under their blend there.
        assert found[number] == pytest.approx(np.sqrt(np.mean(z**2)), rel=0.03)


def test_the_norm_itself_is_zero_and_one_sd_off_is_one(build):
    mean, sd = normative_curves("level_walking", 1.3).of(KNEE)
    assert sd.min() > SD_FLOOR["angle"]
    wave = np.stack([mean, mean + sd] * 10)
    found = features(build(channels=(), curves={KNEE: wave}, speed_m_s=1.3))
    np.testing.assert_allclose(found[f"{KNEE}_norm_rmse_z"], [0.0, 1.0] * 10, atol=0.01)


def test_healthy_deviations_are_about_one(walkers):
    level = (walkers.cycles["task"] == "level_walking").to_numpy()
    found = [np.nanmean(values[level]) for values in features(walkers).values()]
    assert 0.7 < np.median(found) < 1.2
    assert min(found) > 0.3
    assert max(found) < 1.8


def test_without_speed_the_spread_over_speeds_is_part_of_the_norm(build):
    mean, sd = normative_curves("level_walking").of(KNEE)
    wave = np.tile(mean + sd, (20, 1))
    found = features(build(channels=(), curves={KNEE: wave}))
    np.testing.assert_allclose(found[f"{KNEE}_norm_rmse_z"], 1.0, atol=0.02)


def test_a_task_without_that_norm_is_nan(build):
    data = build(
        channels=("hip_adduction_angle_ipsi_rad",), tasks=("stair_ascent", "level_walking")
    )
    found = features(data)["hip_adduction_angle_ipsi_rad_norm_rmse_z"]
    level = (data.cycles["task"] == "level_walking").to_numpy()
    np.testing.assert_array_equal(np.isfinite(found), level)


def test_a_channel_without_norm_is_left_out(build):
    (entry,) = norm_deviation_families(
        Schema.of_data(build(channels=("knee_flexion_velocity_ipsi_rad_s",)))
    )
    assert isinstance(entry, LeftOut)

"""Variability between strides against pandas and published definitions."""

import logging
import math

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.spec import CycleView, Family, Schema
from locomotion_analysis.features.variability import (
    CycleGroups,
    curve_variability_families,
    dfa_alpha,
    enhanced_variability_index,
    fluctuations,
    variability_families,
    variability_index,
)
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard.norms import score_reference

KEYS = ["dataset", "subject", "task", "task_id"]


def features(data, factory=variability_families):
    view = CycleView(data)
    return pd.DataFrame(
        {
            spec.name: np.asarray(row)
            for family in factory(Schema.of_data(data))
            if isinstance(family, Family)
            for spec, row in zip(family.specs, family.compute(view), strict=True)
        }
    )


@pytest.fixture(scope="module")
def walking():
    return simulate(n_subjects=30, n_cycles=20, tasks=["level_walking"], seed=3)


def test_cv_is_pandas_std_over_mean_of_each_leg(walking):
    found = features(walking)
    cycles = walking.cycles.reset_index(drop=True)
    variance = cycles.groupby([*KEYS, "side"])["cycle_duration_s"].var().groupby(KEYS).mean()
    expected = 100 * np.sqrt(variance) / cycles.groupby(KEYS)["cycle_duration_s"].mean()
    got = cycles.assign(cv=found["stride_time_cv_percent"]).groupby(KEYS)["cv"]
    assert (got.nunique() == 1).all()
    np.testing.assert_allclose(got.first(), expected, rtol=1e-12)


def test_robust_cv_is_scaled_mad(build):
    times = np.array([1.0, 1.1, 1.2, 1.0, 9.0] * 4)
    found = features(build(cycle_duration_s=times))["stride_time_robust_cv_percent"]
    # Distances from the median 1.1: 0.1, 0, 0.1, 0.1, 7.9; their median is 0.1.
    np.testing.assert_allclose(found, 100 * 1.4826 * 0.1 / 1.1)


def test_stride_times_vary_as_published(walking):
    healthy = (walking.cycles["pathology"] == "healthy").to_numpy()
    found = features(walking)["stride_time_cv_percent"]
    assert 1.2 < found[healthy].mean() < 2.5
    # Ten strides of each leg show less than a long walk does of what has a long memory.
    assert 3.0 < found[(walking.cycles["pathology"] == "stroke").to_numpy()].mean() < 6.5


def test_variability_index_is_100_among_the_healthy_and_less_after_stroke(walking):
    healthy = simulate(80, 20, ["level_walking"], ["healthy"], seed=8)
    index = features(healthy)["gvi"].groupby(healthy.groups).first()
    assert index.mean() == pytest.approx(100, abs=3.5)
    assert index.std() == pytest.approx(10, abs=2.5)
    stroke = (walking.cycles["pathology"] == "stroke").to_numpy()
    assert features(walking)["gvi"][stroke].mean() < 80


def test_enhanced_index_has_a_direction():
    """Half of the fluctuations lie below 100, twice as much above it, at the same distance."""
    data = simulate(1, 40, ["level_walking"], ["healthy"], seed=3)
    names = ["cycle_duration_s", "stance_percent", "double_support_percent", "step_length_m"]
    names += ["speed_m_s"]

    def scaled(factor):
        cycles = data.cycles.drop(columns="stride_length_m", errors="ignore")
        changed = {n: cycles[n].mean() + factor * (cycles[n] - cycles[n].mean()) for n in names}
        other = LocomotionData(cycles.assign(**changed), data.block, data.channels)
        return features(other)["egvi"].iloc[0]

    steady, own, unsteady = scaled(0.5), scaled(1.0), scaled(2.0)
    assert steady < own < unsteady
    # All ten fluctuations are multiplied alike: steps of the logarithm are equal.
    assert unsteady - own == pytest.approx(own - steady, rel=0.05)


def test_variability_index_is_the_distance_of_the_weighted_z():
    """Gouelle et al. 2013: 100 - 10 z of the logarithm of the distance from the healthy."""
    reference = score_reference()
    changes = np.exp(np.random.default_rng(1).normal(0.5, 0.4, (6, 12)))
    by_hand = []
    for row in changes:
        squares = 0.0
        for value, mean, sd, weight in zip(
            row,
            reference.variability_mean,
            reference.variability_sd,
            reference.variability_weight,
            strict=True,
        ):
            squares += (weight * (value - mean) / sd) ** 2
        mean, sd = reference.log_variability
        by_hand.append(100 - 10 * (math.log(squares) / 2 - mean) / sd)
    np.testing.assert_allclose(variability_index(changes), by_hand, rtol=1e-10)


def test_times_of_stance_swing_and_support_share_the_stride(build):
    """Each CV, of five strides of 1.0 s whose toe-off and double support vary."""
    toe_off = np.tile([60.0, 62.0, 61.0, 64.0, 63.0], 4)
    both = np.tile([20.0, 21.0, 24.0, 22.0, 23.0], 4)
    data = build(cycle_duration_s=1.0, stance_percent=toe_off, double_support_percent=both)
    found = features(data)
    for name, part in {
        "stance_time": toe_off,
        "swing_time": 100.0 - toe_off,
        "double_support_time": both,
        "single_support_time": toe_off - both,
    }.items():
        expected = 100 * part[:5].std(ddof=1) / part.mean()
        np.testing.assert_allclose(found[f"{name}_cv_percent"], expected, rtol=1e-9)


def test_enhanced_index_is_the_weighted_sum_of_logarithms():
    reference = score_reference()
    changes = np.exp(np.random.default_rng(0).normal(0.5, 0.4, (6, 10)))
    by_hand = []
    for row in changes:
        total = 0.0
        for value, mean, sd, weight in zip(
            row,
            reference.enhanced_mean,
            reference.enhanced_sd,
            reference.enhanced_weight,
            strict=True,
        ):
            total += weight * (math.log(value) - mean) / sd
        mean, sd = reference.enhanced_variability
        by_hand.append(100 + 10 * (total - mean) / sd)
    np.testing.assert_allclose(enhanced_variability_index(changes), by_hand, rtol=1e-10)
    changes[2, 4] = 0.0
    assert np.isnan(enhanced_variability_index(changes)).tolist() == [i == 2 for i in range(6)]


def test_steps_that_stairs_set_have_no_enhanced_index():
    stairs = simulate(3, 6, ["stair_ascent"], ["healthy"], seed=1)
    assert features(stairs)["egvi"].isna().all()


def test_enhanced_index_is_100_among_the_healthy_and_more_after_stroke(walking):
    healthy = simulate(80, 20, ["level_walking"], ["healthy"], seed=8)
    index = features(healthy)["egvi"].groupby(healthy.groups).first()
    assert index.mean() == pytest.approx(100, abs=3.5)
    assert index.std() == pytest.approx(10, abs=2.5)
    stroke = (walking.cycles["pathology"] == "stroke").to_numpy()
    assert features(walking)["egvi"][stroke].mean() > 120


def test_other_subjects_change_nothing(walking):
    one = walking.select(subject="sim_0005")
    together = features(walking)[(walking.cycles["subject"] == "sim_0005").to_numpy()]
    pd.testing.assert_frame_equal(features(one), together.reset_index(drop=True))


def test_order_of_rows_changes_nothing(walking):
    shuffled = np.random.default_rng(0).permutation(len(walking))
    again = features(walking.take(shuffled))
    expected = features(walking).iloc[shuffled].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["{}", "{:02d}", "stride {:02d}", "stride {}"])
def test_steps_written_as_text_are_in_the_order_of_their_numbers(build, name):
    times = 1.1 + 0.02 * np.random.default_rng(8).normal(size=160).cumsum()
    data = build(n_subjects=2, n_steps=80, cycle_duration_s=times)
    text = data.cycles["step"].map(name.format)
    named = LocomotionData(data.cycles.assign(step=text), data.block, data.channels)
    pd.testing.assert_frame_equal(features(named), features(data))


def test_changes_are_from_one_stride_to_the_next_and_bridge_no_gap(build):
    """Every fifth stride is missing; the legs take turns in the step numbers."""
    rng = np.random.default_rng(4)
    steps = np.delete(np.arange(80), np.arange(0, 80, 5))
    times = 1.1 + 0.02 * rng.normal(size=len(steps)).cumsum()
    cycles = pd.DataFrame(
        {"dataset": "d", "subject": "s", "task": "run", "task_id": "1", "step": steps}
    )
    cycles["side"] = np.where(steps % 2, "left", "right")
    changes = fluctuations([times], CycleGroups.of(cycles))[0]
    by_step = pd.Series(times, steps)
    own = (by_step - by_step.reindex(steps - 2).to_numpy()).abs().dropna()
    of_leg = own.groupby(own.index % 2)
    assert changes[0] == pytest.approx(100 * own.mean() / times.mean())
    assert changes[1] == pytest.approx(100 * np.sqrt(of_leg.var().mean()) / times.mean())


def test_the_scaling_exponent_is_of_strides_in_a_row(build):
    times = 1.1 + 0.02 * np.random.default_rng(8).normal(size=150)
    data = build(n_subjects=1, n_steps=150, cycle_duration_s=times)
    some = data.take(np.delete(np.arange(150), [20, 100]))
    found = features(some)["stride_time_dfa_alpha"]
    np.testing.assert_allclose(found, dfa_alpha(times[21:100]))
    assert (
        features(data.take(np.delete(np.arange(150), [20, 80])))["stride_time_dfa_alpha"]
        .isna()
        .sum()
        == 0
    )
    assert (
        features(data.take(np.delete(np.arange(150), [50, 100])))["stride_time_dfa_alpha"]
        .isna()
        .all()
    )


def test_one_stride_is_nan_with_one_warning(build, caplog):
    data = build(n_steps=1, cycle_duration_s=1.1, step_width_m=0.1)
    with caplog.at_level(logging.WARNING):
        found = features(data)
    assert found.isna().all(axis=None)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "4 of 4 groups" in caplog.text


def test_a_stride_of_unknown_duration_is_left_out(build):
    times = np.array([1.0, 1.2, np.nan, 0.0, 1.1] * 4)
    found = features(build(cycle_duration_s=times))["stride_time_cv_percent"]
    np.testing.assert_allclose(found, 100 * np.std([1.0, 1.2, 1.1], ddof=1) / 1.1)


def kadaba(curves):
    """The formula as printed, with loops over strides and frames."""
    n, frames = curves.shape
    within = sum((curves[g, f] - curves[:, f].mean()) ** 2 for g in range(n) for f in range(frames))
    about = sum((curves[g, f] - curves.mean()) ** 2 for g in range(n) for f in range(frames))
    return np.sqrt(1 - (within / (frames * (n - 1))) / (about / (n * frames - 1)))


def test_cmc_is_kadabas(build):
    noise = np.random.default_rng(2).normal(scale=0.2, size=(20, 150))
    waves = np.sin(np.linspace(0, 2 * np.pi, 150)) + noise
    data = build(channels=(), curves={"knee_flexion_angle_ipsi_rad": waves})
    found = features(data, curve_variability_families)
    curves = data.curves("knee_flexion_angle_ipsi_rad").astype(float)
    for start in range(0, 20, 5):
        own = curves[start : start + 5]
        got = found["knee_flexion_angle_ipsi_rad_cmc"][start]
        assert got == pytest.approx(kadaba(own), rel=1e-6)
        spread = found["knee_flexion_angle_ipsi_rad_stride_sd"][start]
        assert spread == pytest.approx(own.std(axis=0, ddof=1).mean(), rel=1e-6)


def test_cmc_of_healthy_sagittal_angles_is_above_095(walking):
    found = features(walking, curve_variability_families)
    healthy = (walking.cycles["pathology"] == "healthy").to_numpy()
    for joint in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion"):
        assert found[f"{joint}_angle_ipsi_rad_cmc"][healthy].min() > 0.95


def test_equal_curves_correlate_wholly_and_one_curve_not_at_all(build):
    wave = np.tile(np.sin(np.linspace(0, 2 * np.pi, 150)), (20, 1))
    wave[5:9, 3] = np.nan
    data = build(channels=(), curves={"knee_flexion_angle_ipsi_rad": wave})
    found = features(data, curve_variability_families)["knee_flexion_angle_ipsi_rad_cmc"]
    np.testing.assert_allclose(found[[0, 10, 15]], 1.0)
    # Of the second subject one complete curve is left.
    assert found[5:10].isna().all()


def test_long_series_of_stride_times_have_a_scaling_exponent(build):
    rng = np.random.default_rng(5)
    times = 1.1 + 0.02 * rng.normal(size=2 * 400)
    found = features(build(n_subjects=2, n_steps=400, cycle_duration_s=times))
    np.testing.assert_allclose(found["stride_time_dfa_alpha"], 0.5, atol=0.12)
    short = features(build(n_subjects=2, n_steps=20, cycle_duration_s=times[:40]))
    assert short["stride_time_dfa_alpha"].isna().all()

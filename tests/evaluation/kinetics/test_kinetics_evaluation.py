"""Errors of predicted kinetics against plain loops, and physical checks against known answers."""

from typing import ClassVar

import numpy as np
import pytest

pytest.importorskip("torch")

from sklearn.base import BaseEstimator

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.kinetics import (
    GAIT_PHASES,
    evaluate_kinetics,
    plot_error_along_cycle,
    plot_predicted_kinetics,
    power_check,
    support_check,
    swing_force_check,
)
from locomotion_analysis.evaluation.kinetics.gait_phases import gait_phase_of_points
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT

KNEE = "knee_flexion_moment_ipsi_Nm_kg"
FEET = ["grf_vertical_ipsi_BW", "grf_vertical_contra_BW"]


class Constant(BaseEstimator):
    """Predicts one value, and keeps the subjects it was trained on."""

    seen: ClassVar[list] = []

    def __init__(self, value=0.5):
        self.value = value

    def fit(self, X, Y, groups):
        self.shape = Y.shape[1:]
        Constant.seen.append(set(groups))
        return self

    def predict(self, X):
        return np.full((len(X), *self.shape), self.value, np.float32)


@pytest.fixture(scope="module")
def data():
    walks = simulate(6, 2, ["level_walking", "stair_ascent"])
    curves = dict(zip(walks.channels, walks.block.copy(), strict=True))
    curves[KNEE][2] = np.nan
    curves[KNEE][5, :40] = np.nan
    return LocomotionData(walks.cycles, list(curves.values()), list(curves))


@pytest.fixture(scope="module")
def found(data):
    Constant.seen.clear()
    return evaluate_kinetics(data, {"constant": Constant()}, targets=[KNEE, *FEET], n_splits=3)


def test_nobody_is_predicted_by_a_model_that_saw_him(found):
    assert len(Constant.seen) == 3
    everyone = set(found.data.groups)
    left_out = [everyone - seen for seen in Constant.seen]
    assert set.union(*left_out) == everyone
    assert sum(len(each) for each in left_out) == len(everyone)


def test_errors_are_root_mean_squares_of_the_measured_points(found):
    table = found.errors().set_index(["channel", "model"])
    for channel in found.arrays.targets:
        true = found.data.curves(channel).astype(float)
        away = (true - 0.5)[np.isfinite(true)]
        row = table.loc[(channel, "constant")]
        assert row["rmse"] == pytest.approx(np.sqrt(np.mean(away**2)), rel=1e-5)
        assert row["low"] <= row["rmse"] <= row["high"]
        mean = table.loc[(channel, "mean curve"), "rmse"]
        assert row["below_mean_curve_percent"] == pytest.approx(100 * (1 - row["rmse"] / mean))
    assert table["unit"].loc[KNEE].unique() == ["Nm_kg"]
    assert found.errors().attrs["simulated"]


def test_errors_by_subject_and_along_the_cycle_are_plain_loops(found):
    away = (found.data.curves(KNEE).astype(float) - 0.5) ** 2
    by_subject = found.by_subject("constant")
    for subject in set(found.data.groups):
        own = away[found.data.groups == subject]
        assert by_subject.loc[subject, KNEE] == pytest.approx(np.sqrt(np.nanmean(own)), rel=1e-5)
        assert by_subject.loc[subject, "n_cycles"] == len(own)
    along = found.along_cycle("constant", KNEE)
    assert along["rmse"].to_numpy() == pytest.approx(np.sqrt(np.nanmean(away, axis=0)), rel=1e-5)
    assert (along["low"] <= along["rmse"]).all()
    assert (along["rmse"] <= along["high"]).all()


def test_errors_by_gait_phase_are_plain_loops_and_make_up_the_whole(found):
    table = found.by_phase("constant")
    own = table[table["channel"] == FEET[0]].set_index("gait_phase")
    squared = (found.data.curves(FEET[0]).astype(float) - 0.5) ** 2
    for phase, (start, end) in {
        "loading response": (0, 12 / 62),
        "pre-swing": (50 / 62, 1),
    }.items():
        ends = found.toe_off[:, None] * np.array([start, end])
        inside = (ends[:, :1] <= PHASE_PERCENT) & (ends[:, 1:] > PHASE_PERCENT)
        assert own.loc[phase, "rmse"] == pytest.approx(np.sqrt(squared[inside].mean()), rel=1e-5)
    assert list(own.index) == list(GAIT_PHASES)


def test_gait_phases_cover_a_cycle_in_order():
    phases = gait_phase_of_points(np.array([55.0, 62.0, 80.0, np.nan]))
    assert (phases[3] == -1).all()
    for row in phases[:3]:
        assert (np.diff(row) >= 0).all()
        assert set(row) == set(range(len(GAIT_PHASES)))
    swing = [(row >= GAIT_PHASES.index("initial swing")) for row in phases[:3]]
    for first, toe_off in zip(swing, (55.0, 62.0, 80.0), strict=True):
        assert np.array_equal(first, toe_off <= PHASE_PERCENT)


def test_the_impulse_of_both_feet_is_body_weight(found):
    support = support_check(found)
    assert support.loc["measured", "mean"] == pytest.approx(1.0, abs=0.01)
    assert support.loc["constant", "mean"] == pytest.approx(1.0)  # half a body weight a foot
    assert support.loc["constant", "within_5_percent"] == 100.0
    assert support.loc["constant", "n_cycles"] == len(found.data)


def test_too_little_support_is_found(data):
    found = evaluate_kinetics(data, {"low": Constant(0.4)}, targets=FEET, n_splits=2)
    low = support_check(found).loc["low"]
    assert low["mean"] == pytest.approx(0.8)
    assert low["rms_error"] == pytest.approx(0.2)
    assert low["within_5_percent"] == 0.0


def test_support_needs_both_feet(data):
    found = evaluate_kinetics(data, {}, targets=FEET[:1], n_splits=2)
    with pytest.raises(SchemaError, match=FEET[1]):
        support_check(found)


def test_force_under_a_foot_in_the_air_is_found(found):
    swing = swing_force_check(found)
    assert swing.loc["measured", "largest"] == pytest.approx(0.0, abs=0.01)
    assert swing.loc["constant", ["rms", "largest"]].tolist() == pytest.approx([0.5, 0.5])


def test_power_is_moment_times_velocity(found):
    power = power_check(found).set_index(["channel", "model"])
    joint = "knee_power_ipsi_W_kg"
    assert set(power.index.get_level_values("channel")) == {joint}
    assert power.loc[(joint, "measured"), "rmse"] == pytest.approx(0.0, abs=1e-4)
    speed = found.data.curves("knee_flexion_velocity_ipsi_rad_s").astype(float)
    known = np.isfinite(found.data.curves(KNEE)) & np.isfinite(found.data.curves(joint))
    away = (0.5 * speed - found.data.curves(joint))[known]
    assert power.loc[(joint, "constant"), "rmse"] == pytest.approx(np.sqrt(np.mean(away**2)))


def test_the_verdict_says_what_the_table_says(found):
    rmse = found.errors().set_index(["channel", "model"]).loc[(KNEE, "ridge"), "rmse"]
    assert f"ridge {rmse:.3f} Nm/kg" in found.verdict(KNEE)


def test_what_is_not_there_is_refused(data, found):
    with pytest.raises(SchemaError, match="at least 7 subjects"):
        evaluate_kinetics(data, {}, targets=FEET, n_splits=7)
    with pytest.raises(SchemaError, match="baselines"):
        evaluate_kinetics(data, {"ridge": Constant()}, targets=FEET)
    with pytest.raises(SchemaError, match="mean curve, ridge, constant"):
        found.by_subject("forest")
    with pytest.raises(SchemaError, match="channel"):
        found.along_cycle("ridge", "hip_flexion_moment_ipsi_Nm_kg")


def test_figures_show_what_was_found(found):
    axes = plot_predicted_kinetics(found, KNEE, "constant")
    predicted = axes.lines[1].get_ydata()
    assert predicted == pytest.approx(np.full(150, 0.5))
    assert axes.get_ylabel() == "Moment (Nm/kg)"
    assert axes.get_title(loc="right") == "SIMULATED DATA"
    stairs = (found.data.cycles["task"] == "stair_ascent").to_numpy()
    other = plot_predicted_kinetics(found, KNEE, "constant", rows=stairs)
    assert not np.allclose(other.lines[0].get_ydata(), axes.lines[0].get_ydata())
    errors = plot_error_along_cycle(found, FEET[0])
    labels = [line.get_label() for line in errors.lines]
    assert labels[:4] == ["mean curve", "ridge", "constant", "mean toe-off"]
    expected = found.along_cycle("ridge", FEET[0])["rmse"].to_numpy()
    assert errors.lines[1].get_ydata() == pytest.approx(expected)

"""Errors by phase and subject against plain loops, physical checks against known answers."""

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.research.kinetics import (
    GAIT_PHASES,
    along_cycle,
    by_phase,
    by_subject,
    gait_phase_of_points,
    plot_error_along_cycle,
    plot_predicted_kinetics,
    power_check,
    support_check,
    swing_force_check,
    toe_off_of,
)
from sklearn.base import BaseEstimator

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.kinetics import evaluate_kinetics
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT

KNEE = "knee_flexion_moment_ipsi_Nm_kg"
FEET = ["grf_vertical_ipsi_BW", "grf_vertical_contra_BW"]


class Constant(BaseEstimator):
    """Predicts one value."""

    def __init__(self, value=0.5):
        self.value = value

    def fit(self, X, Y, groups):
        self.shape = Y.shape[1:]
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
    return evaluate_kinetics(data, {"constant": Constant()}, targets=[KNEE, *FEET], n_splits=3)


def test_errors_by_subject_and_along_the_cycle_are_plain_loops(found):
    away = (found.data.curves(KNEE).astype(float) - 0.5) ** 2
    of_subjects = by_subject(found, "constant")
    for subject in set(found.data.groups):
        own = away[found.data.groups == subject]
        assert of_subjects.loc[subject, KNEE] == pytest.approx(np.sqrt(np.nanmean(own)), rel=1e-5)
        assert of_subjects.loc[subject, "n_cycles"] == len(own)
    along = along_cycle(found, "constant", KNEE)
    assert along["rmse"].to_numpy() == pytest.approx(np.sqrt(np.nanmean(away, axis=0)), rel=1e-5)
    assert (along["low"] <= along["rmse"]).all()
    assert (along["rmse"] <= along["high"]).all()


def test_errors_by_gait_phase_are_plain_loops_and_make_up_the_whole(found):
    table = by_phase(found, "constant")
    own = table[table["channel"] == FEET[0]].set_index("gait_phase")
    squared = (found.data.curves(FEET[0]).astype(float) - 0.5) ** 2
    for phase, (start, end) in {
        "loading response": (0, 12 / 62),
        "pre-swing": (50 / 62, 1),
    }.items():
        ends = toe_off_of(found)[:, None] * np.array([start, end])
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
    expected = along_cycle(found, "ridge", FEET[0])["rmse"].to_numpy()
    assert errors.lines[1].get_ydata() == pytest.approx(expected)

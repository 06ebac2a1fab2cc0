"""Errors of predicted kinetics against plain loops."""

from typing import ClassVar

import numpy as np
import pytest

pytest.importorskip("torch")

from sklearn.base import BaseEstimator

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.kinetics import evaluate_kinetics
from locomotion_analysis.simulation import simulate

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
    table = found.errors.set_index(["channel", "model"])
    for channel in found.arrays.targets:
        true = found.data.curves(channel).astype(float)
        away = (true - 0.5)[np.isfinite(true)]
        row = table.loc[(channel, "constant")]
        assert row["rmse"] == pytest.approx(np.sqrt(np.mean(away**2)), rel=1e-5)
        assert row["low"] <= row["rmse"] <= row["high"]
        mean = table.loc[(channel, "mean curve"), "rmse"]
        assert row["below_mean_curve_percent"] == pytest.approx(100 * (1 - row["rmse"] / mean))
    assert table["unit"].loc[KNEE].unique() == ["Nm_kg"]
    assert found.errors.attrs["simulated"]


def test_what_is_not_there_is_refused(data):
    with pytest.raises(SchemaError, match="at least 7 subjects"):
        evaluate_kinetics(data, {}, targets=FEET, n_splits=7)
    with pytest.raises(SchemaError, match="baselines"):
        evaluate_kinetics(data, {"ridge": Constant()}, targets=FEET)


def test_what_a_model_does_not_predict_is_no_error_of_zero(data):
    with pytest.raises(SchemaError, match="what silent predicts"):
        evaluate_kinetics(data, {"silent": Constant(np.nan)}, targets=[KNEE], n_splits=3)

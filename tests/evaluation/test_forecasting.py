"""Errors of forecast cycles against plain loops, and whom they are compared over."""

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("torch")

from sklearn.model_selection import GroupKFold

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.forecasting import evaluate_forecast
from locomotion_analysis.models.deep import CycleForecaster, RidgeCurves
from locomotion_analysis.selection import subject_codes
from locomotion_analysis.simulation import simulate

KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


@pytest.fixture(scope="module")
def data():
    return simulate(8, 4, ["level_walking"], ["healthy"], seed=2).select(channels=[KNEE, HIP])


@pytest.fixture(scope="module")
def found(data):
    return evaluate_forecast(data, {"again": RidgeCurves()}, targets=[KNEE, HIP], n_splits=4)


def test_the_stride_before_is_that_of_the_same_trial_and_side(data, found):
    cycles, knee = data.cycles, data.curves(KNEE)
    told = found.predicted["previous stride"][..., 0]
    trial = ["dataset", "subject", "task", "task_id", *(["side"] if "side" in cycles else [])]
    n_compared = 0
    for _, rows in cycles.reset_index(drop=True).groupby(trial, dropna=False):
        order = rows.sort_values("step").index
        assert np.isnan(told[order[0]]).all()
        assert np.isnan(found.measured[order[0]]).all()
        for before, row in pairwise(order):
            np.testing.assert_array_equal(told[row], knee[before, 60:])
            n_compared += 1
    assert n_compared == 16


def test_errors_are_root_mean_squares_over_the_cycles_compared(data, found):
    table = found.errors.set_index(["channel", "model"])
    for position, channel in enumerate((KNEE, HIP)):
        true = data.curves(channel)[:, 60:].astype(float)
        compared = np.isfinite(found.measured[..., position]).all(axis=1)
        width = np.ptp(true[compared].mean(axis=0))
        for model, curves in found.predicted.items():
            away = (curves[..., position] - true)[compared]
            row = table.loc[(channel, model)]
            rmse = np.sqrt(np.mean(away**2))
            assert row["rmse"] == pytest.approx(rmse, rel=1e-5)
            assert row["nrmse_percent"] == pytest.approx(100 * rmse / width, rel=1e-5)
            assert row["nrmse_percent_low"] <= row["nrmse_percent"] <= row["nrmse_percent_high"]
            previous = table.loc[(channel, "previous stride"), "rmse"]
            assert row["below_previous_stride_percent"] == pytest.approx(
                100 * (1 - rmse / previous)
            )
    assert found.errors.attrs["simulated"]


def test_forecasts_are_those_of_a_forecaster_that_never_saw_the_person(data, found):
    curves, groups = data.array([KNEE, HIP]), data.groups
    folds = GroupKFold(4, shuffle=True, random_state=0)
    for train, test in folds.split(curves, groups=subject_codes(groups)[0]):
        forecaster = CycleForecaster().fit(curves[train], groups=groups[train])
        np.testing.assert_allclose(
            forecaster.predict(curves[test, :60]), found.predicted["ridge"][test], atol=1e-6
        )
    np.testing.assert_array_equal(found.predicted["again"], found.predicted["ridge"])


def test_where_nobody_has_two_strides_all_cycles_are_compared(data):
    first = data.take(np.flatnonzero(~data.cycles["subject"].duplicated()))
    found = evaluate_forecast(first, targets=[KNEE], n_splits=4)
    assert found.errors["model"].tolist() == ["mean curve", "ridge"]
    assert np.isfinite(found.measured).all()


def test_what_is_not_there_is_refused(data):
    with pytest.raises(SchemaError, match="at least 9 subjects"):
        evaluate_forecast(data, targets=[KNEE], n_splits=9)
    with pytest.raises(SchemaError, match="baselines"):
        evaluate_forecast(data, {"previous stride": RidgeCurves()}, targets=[KNEE])
    with pytest.raises(SchemaError, match="channels to forecast"):
        evaluate_forecast(data, targets=[])
    with pytest.raises(SchemaError, match="share"):
        evaluate_forecast(data, targets=[KNEE], share=1.0)


def test_hips_of_real_people_are_forecast_better_than_by_the_mean(shared_data):
    """Subject means of the in-phase limbs: healthy right, patients' operated side."""
    data = LocomotionData.from_parquet(shared_data / "standard/hip_oa_phase.parquet")
    limbs = data.select(
        where="session == 'M0' and (affected or (pathology == 'healthy' and side == 'right'))"
    )
    errors = evaluate_forecast(limbs, targets=[HIP]).errors.set_index("model")
    assert errors.loc["ridge", "below_mean_curve_percent_low"] > 20

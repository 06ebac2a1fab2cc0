"""Regression: scores, intervals and errors of subjects."""

import json

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import cross_val_predict

from locomotion_analysis.errors import TargetError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.metrics import (
    error_sums,
    headline_scores,
    metrics_json,
    quantity_scores,
)
from locomotion_analysis.selection import LeaveOneSubjectOut, SubjectQuantileKFold


def evaluate(table, **options):
    X, y, groups = (
        options.pop(name, getattr(table, old))
        for name, old in (("X", "X"), ("y", "age"), ("groups", "groups"))
    )
    return BiomechanicalModelEvaluator(n_bootstrap=300).evaluate_regression(
        LinearRegression(), X, y, groups, **options
    )


def test_scores_are_those_of_scikit_learn(table):
    results = evaluate(table)
    cv = SubjectQuantileKFold(5, random_state=0)
    for model, found in ((LinearRegression(), results), (DummyRegressor(), results["baseline"])):
        predicted = cross_val_predict(model, table.X, table.age, groups=table.groups, cv=cv)
        assert found["r2"] == pytest.approx(r2_score(table.age, predicted))
        assert found["mae"] == pytest.approx(mean_absolute_error(table.age, predicted))
        assert found["rmse"] == pytest.approx(root_mean_squared_error(table.age, predicted))
    assert results["mae"] < 0.7 * results["baseline"]["mae"]
    assert results["intervals"]["mae_minus_baseline"][1] < 0
    for name in ("mae", "rmse", "r2"):
        low, high = results["intervals"][name]
        assert low < results[name] < high


def test_a_gain_is_what_is_better_than_the_baseline(table):
    """Of errors the gain is the baseline's less the model's: above 0 where the model helps."""
    scores = {each.name: each for each in headline_scores(evaluate(table), "regression")}
    assert len(scores) == 3
    for each in scores.values():
        gain = each.baseline - each.value if each.smaller_is_better else each.value - each.baseline
        assert 0 < each.gain_low < gain < each.gain_high, each.name


def test_errors_of_each_subject(table):
    results = evaluate(table)
    frame = results["predictions"]
    error = (frame["y_pred"] - frame["y_true"]).groupby(frame["subject"])
    found = results["per_subject_error"]
    assert np.allclose(found["bias"], error.mean())
    assert np.allclose(found["mae"], error.apply(lambda values: values.abs().mean()))
    assert (found["n_cycles"] == 18).all()


def test_fold_without_variation_has_no_r2(table):
    results = evaluate(table, cv=LeaveOneSubjectOut())  # one person has one age
    assert len(results["cv_scores"]) == 20
    assert np.isnan(results["cv_scores"]).all()
    assert (
        json.loads(json.dumps(metrics_json(results), allow_nan=False))["cv_scores"] == [None] * 20
    )


def test_r2_does_not_cancel_far_from_zero():
    rng = np.random.default_rng(0)
    true = 1e7 + rng.normal(size=200)
    predicted = true + rng.normal(0, 0.1, 200)
    found = quantity_scores(error_sums(true, predicted, np.zeros(200, dtype=int), 1)[0])["r2"]
    assert found == pytest.approx(r2_score(true, predicted), abs=1e-6)


def test_whole_numbers_are_a_continuous_target_too(table):
    results = evaluate(table, y=table.age.round().astype(int))
    assert len(results["cv_scores"]) == 5


def test_without_subjects_there_are_no_intervals(table):
    results = evaluate(table, groups=None, allow_subject_overlap=True)
    assert results["subject_overlap"] is True
    assert results["intervals"] == {}
    assert results["per_subject_error"] is None


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["old"] * 360, "numbers"),
        ([50.0] * 360, "50 in all 360 rows"),
        ([np.nan] + [1.0, 2.0] * 179 + [3.0], "1 of 360 rows"),
        ([np.inf] + [1.0] * 359, "1 of 360"),
    ],
)
def test_bad_targets(table, values, says):
    with pytest.raises(TargetError, match=says):
        evaluate(table, y=values)

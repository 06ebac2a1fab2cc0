"""Agreement: bias, limits and slope, against numpy and against a plain loop."""

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator, agreement


def evaluated(table, model):
    run = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_regression
    return run(model, table.X, table.age, table.groups)


def plain(true, predicted):
    error = predicted - true
    slope, intercept = np.polyfit(predicted, true, 1)
    return {
        "bias": error.mean(),
        "lower_limit": error.mean() - 1.96 * error.std(ddof=1),
        "upper_limit": error.mean() + 1.96 * error.std(ddof=1),
        "slope": slope,
        "intercept": intercept,
    }


def test_values_and_intervals_agree_with_plain_code(table):
    results = evaluated(table, LinearRegression())
    found = agreement(results)
    predictions = results["predictions"].reset_index(drop=True)
    true, predicted = (predictions[name].to_numpy() for name in ("y_true", "y_pred"))
    assert found["value"].to_dict() == pytest.approx(plain(true, predicted))
    rows_of, rng = predictions.groupby("subject").indices, np.random.default_rng(0)
    draws = []
    for _ in range(600):
        rows = np.concatenate([rows_of[who] for who in rng.choice(list(rows_of), len(rows_of))])
        draws.append(plain(true[rows], predicted[rows]))
    for name, near in (("bias", 0.5), ("upper_limit", 1.0), ("slope", 0.08)):
        expected = np.percentile([each[name] for each in draws], [2.5, 97.5])
        assert found.loc[name, ["low", "high"]].tolist() == pytest.approx(expected, abs=near)


def test_equal_predictions_have_no_slope(table):
    results = evaluated(table, DummyRegressor(strategy="constant", constant=50.0))
    found = agreement(results)
    assert np.isnan(found.loc["slope", "value"])
    assert found.loc["bias", "value"] == pytest.approx(50 - table.age.mean())


def test_classes_have_no_agreement(table):
    run = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_classification
    with pytest.raises(SchemaError, match="results of a regression"):
        agreement(run(GaussianNB(), table.X, table.y, table.groups))

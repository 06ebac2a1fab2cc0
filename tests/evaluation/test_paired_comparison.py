"""Two models on the same folds: against plain loops, and what cannot be compared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ttest_1samp
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import balanced_accuracy_score, mean_absolute_error
from sklearn.model_selection import GroupShuffleSplit
from sklearn.naive_bayes import GaussianNB

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator, paired_comparison
from locomotion_analysis.evaluation.subject_scores import corrected_t_test


def classified(table, model, **options):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=20, **options.pop("evaluator", {}))
    return evaluator.evaluate_classification(model, table.X, table.y, table.groups, **options)


@pytest.fixture
def pair(table):
    return classified(table, GaussianNB()), classified(table, DummyClassifier())


def test_the_difference_is_of_the_scores(pair):
    a, b = (results["predictions"] for results in pair)
    found = paired_comparison(*pair)
    right, wrong = (balanced_accuracy_score(t["y_true"], t["y_pred"]) for t in (a, b))
    assert (found.score_a, found.score_b) == pytest.approx((right, wrong))
    assert found.difference == pytest.approx(right - wrong)


@given(
    arrays(float, st.integers(2, 12), elements=st.floats(-1, 1)),
    st.sampled_from([0.1, 0.25, 1.0]),
)
def test_interval_and_p_value_never_disagree(differences, test_to_train):
    found = corrected_t_test(differences, test_to_train)
    if 1e-9 < found.p_value < 1 and abs(found.p_value - 0.05) > 1e-9:
        assert (found.low <= 0 <= found.high) is (found.p_value > 0.05)
        assert (found.low + found.high) / 2 == pytest.approx(differences.mean(), abs=1e-9)


def test_without_shared_training_sets_it_is_the_t_test_of_scipy():
    differences = np.random.default_rng(0).normal(0.1, 0.2, 8)
    found, known = corrected_t_test(differences, 0.0), ttest_1samp(differences, 0.0)
    assert (found.t, found.p_value) == pytest.approx((known.statistic, known.pvalue))
    assert (found.low, found.high) == pytest.approx(tuple(known.confidence_interval(0.95)))


def test_the_t_test_is_of_the_fold_scores(pair):
    found = paired_comparison(*pair)
    folds = np.subtract(*[results["cv_balanced_accuracy"] for results in pair])
    assert found.fold_differences == pytest.approx(folds)
    of_folds = corrected_t_test(folds, 4 / 16)
    assert (found.t, found.p_value, *found.interval) == pytest.approx(tuple(of_folds))
    assert found.better == "a"
    assert paired_comparison(*pair[::-1]).better == "b"


def test_of_errors_the_smaller_is_better(table):
    run = BiomechanicalModelEvaluator(n_bootstrap=20).evaluate_regression
    line, mean = (
        run(model, table.X, table.age, table.groups)
        for model in (LinearRegression(), DummyRegressor())
    )
    found = paired_comparison(line, mean)
    table_of = line["predictions"]
    assert found.score_a == pytest.approx(
        mean_absolute_error(table_of["y_true"], table_of["y_pred"])
    )
    assert found.difference < 0
    assert found.better == "a"
    assert paired_comparison(line, mean, "r2").difference > 0


def test_a_model_is_not_better_than_itself(pair):
    found = paired_comparison(pair[0], pair[0])
    assert (found.difference, found.p_value) == (0, 1)
    assert found.interval == (0, 0)
    assert found.better is None
    assert "not told apart" in found.text()


def test_models_of_equal_skill_are_told_apart_about_as_often_as_promised(table):
    # Guesses that know nothing of each other: any difference is chance.
    told, rng = 0, np.random.default_rng(0)
    base = classified(table, DummyClassifier())
    classes = np.array(base["classes"])
    for _ in range(60):
        a, b = (
            {**base, "predictions": base["predictions"].assign(y_pred=rng.choice(classes, 360))}
            for _ in range(2)
        )
        told += paired_comparison(a, b).distinguishable
    assert told <= 6


def test_shuffled_splits_count_the_subjects_they_trained_on(table):
    cv = GroupShuffleSplit(4, test_size=5, train_size=10, random_state=0)
    a, b = (classified(table, model, cv=cv) for model in (GaussianNB(), DummyClassifier()))
    assert a["fold_sizes"] == [(10, 5)] * 4
    found = paired_comparison(a, b)
    assert found.p_value == pytest.approx(corrected_t_test(found.fold_differences, 0.5).p_value)


def test_other_folds_are_refused(table, pair):
    other = classified(table, GaussianNB(), evaluator={"random_state": 1})
    with pytest.raises(SchemaError, match="another fold in"):
        paired_comparison(pair[0], other)
    fewer = classified(table, GaussianNB(), evaluator={"n_splits": 4})
    with pytest.raises(SchemaError, match="with the same cv"):
        paired_comparison(pair[0], fewer)


def test_other_rows_targets_kinds_and_metrics_are_refused(table, pair):
    a, b = pair
    half = {**b, "predictions": b["predictions"].iloc[::2]}
    with pytest.raises(SchemaError, match="360 and 180 rows"):
        paired_comparison(a, half)
    swapped = b["predictions"].assign(y_true=b["predictions"]["y_true"].to_numpy()[::-1])
    with pytest.raises(SchemaError, match="another target"):
        paired_comparison(a, {**b, "predictions": swapped})
    with pytest.raises(SchemaError, match="a classification and a regression"):
        paired_comparison(a, {**b, "kind": "regression"})
    with pytest.raises(SchemaError, match="one of balanced_accuracy, accuracy, macro_f1"):
        paired_comparison(a, b, "mae")


def test_unknown_subjects_are_refused(pair):
    unknown = {**pair[0], "predictions": pair[0]["predictions"].drop(columns="subject")}
    with pytest.raises(SplitLeakError, match="without groups"):
        paired_comparison(unknown, pair[1])

"""Calibration and ranking of probabilities, against scikit-learn and plain loops."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    roc_auc_score,
)
from sklearn.metrics import (
    precision_recall_curve as their_precision_recall,
)
from sklearn.metrics import (
    roc_curve as their_roc,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.probability import (
    _areas,
    _roc_on_grid,
    calibration_curve,
    calibration_scores,
    discrimination_scores,
    precision_recall_curve,
    roc_curve,
)


def evaluated(table, model=None, y=None):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=20)
    target = table.y if y is None else y
    return evaluator.evaluate_classification(model or GaussianNB(), table.X, target, table.groups)


@pytest.fixture
def results(table):
    return evaluated(table)


def of_class(results, name):
    predictions = results["predictions"]
    return (predictions["y_true"] == name).to_numpy(), predictions[f"probability_{name}"].to_numpy()


def test_areas_are_those_of_scikit_learn(results):
    found = discrimination_scores(results).set_index("class")
    assert found.index.tolist() == results["classes"]
    for name in results["classes"]:
        true, given = of_class(results, name)
        row = found.loc[name]
        assert row["roc_auc"] == pytest.approx(roc_auc_score(true, given))
        assert row["average_precision"] == pytest.approx(average_precision_score(true, given))
        assert row["roc_auc_low"] < row["roc_auc"] < row["roc_auc_high"]
        assert row["prevalence"] == pytest.approx(1 / 3)


def test_areas_with_ties_are_those_of_scikit_learn(table, results):
    rounded = results["predictions"].copy()
    columns = [name for name in rounded if name.startswith("probability_")]
    rounded[columns] = rounded[columns].round(1)
    coarse = {**results, "predictions": rounded}
    found = discrimination_scores(coarse).set_index("class")
    for name in results["classes"]:
        true, given = of_class(coarse, name)
        assert found.loc[name, "roc_auc"] == pytest.approx(roc_auc_score(true, given))


def test_roc_passes_through_the_points_of_scikit_learn(results):
    curve = roc_curve(results)
    name = results["classes"][0]
    own = curve[curve["class"] == name]
    x, y, _ = their_roc(*of_class(results, name), drop_intermediate=False)
    # At one false positive rate several points stand above each other: the topmost counts.
    best = [y[x <= rate + 1e-12].max() for rate in own["false_positive_rate"]]
    assert (own["true_positive_rate"].to_numpy() >= np.array(best) - 1e-12).all()
    area = np.trapezoid(own["true_positive_rate"], own["false_positive_rate"])
    assert area == pytest.approx(roc_auc_score(*of_class(results, name)), abs=0.01)
    assert own["true_positive_rate"].is_monotonic_increasing
    assert own["true_positive_rate"].iloc[-1] == 1
    assert (own["low"] <= own["high"]).all()


def test_precision_is_that_of_the_highest_threshold_reaching_the_recall(results):
    curve = precision_recall_curve(results)
    name = results["classes"][1]
    own = curve[curve["class"] == name].set_index(np.arange(101))
    precision, recall, _ = their_precision_recall(*of_class(results, name))
    for place in (20, 50, 75, 100):
        reached = np.flatnonzero(recall >= place / 100 - 1e-12).max()
        assert own["precision"][place] == pytest.approx(precision[reached])


def test_brier_and_interval_agree_with_plain_code(results):
    found = calibration_scores(results).set_index("class")
    predictions = results["predictions"].reset_index(drop=True)
    rows_of = predictions.groupby("subject").indices
    rng = np.random.default_rng(5)
    name = results["classes"][2]
    true, given = of_class(results, name)
    assert found.loc[name, "brier"] == pytest.approx(brier_score_loss(true, given))
    assert found.loc[name, "prevalence_brier"] == pytest.approx(2 / 9)
    draws = []
    for _ in range(400):
        rows = np.concatenate([rows_of[who] for who in rng.choice(list(rows_of), len(rows_of))])
        draws.append(np.mean((given[rows] - true[rows]) ** 2))
    interval = found.loc[name, ["brier_low", "brier_high"]].tolist()
    assert interval == pytest.approx(np.percentile(draws, [2.5, 97.5]), abs=0.01)


def test_calibration_error_is_the_mean_distance_over_bins(results):
    found = calibration_scores(results).set_index("class")
    curve = calibration_curve(results)
    for name in results["classes"]:
        own = curve[curve["class"] == name]
        assert own["n_cycles"].sum() == 360
        distance = np.average((own["predicted"] - own["observed"]).abs(), weights=own["n_cycles"])
        assert found.loc[name, "ece"] == pytest.approx(distance)
        true, given = of_class(results, name)
        inside = (given >= 0.2) & (given < 0.3)
        row = own[(own["predicted"] >= 0.2) & (own["predicted"] < 0.3)]
        assert row["observed"].item() == pytest.approx(true[inside].mean())
        surest = own["predicted"] >= 0.9  # a probability of 1 is of the last bin
        assert own.loc[surest, "n_cycles"].sum() == (given >= 0.9).sum()


def test_of_two_classes_the_second_is_shown(table):
    stairs = np.where(table.y == "stair_ascent", "stairs", "walking")
    found = discrimination_scores(evaluated(table, LogisticRegression(), stairs))
    assert found["class"].tolist() == ["walking"]


def test_a_model_without_probabilities_is_refused(table):
    with pytest.raises(SchemaError, match="CalibratedClassifierCV"):
        calibration_scores(evaluated(table, LinearSVC()))


def test_unknown_subjects_are_refused(table):
    unknown = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_classification(
        GaussianNB(), table.X, table.y, allow_subject_overlap=True
    )
    with pytest.raises(SplitLeakError, match="groups"):
        roc_curve(unknown)


@pytest.mark.parametrize("kinds", [([0.0, 0.0], [0.0, 3.0]), ([0.0, 3.0], [0.0, 0.0])])
def test_where_one_kind_is_lacking_there_is_no_area_and_no_curve(kinds):
    """As where the one person of a class is left out."""
    positives, negatives = map(np.array, kinds)
    assert np.isnan(_areas(positives, negatives)).all()
    assert np.isnan(_roc_on_grid(positives, negatives)).all()

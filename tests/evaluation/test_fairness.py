"""Groups of people: who is in them, their scores, and when they cannot be compared."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.naive_bayes import GaussianNB

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator, fairness_table
from locomotion_analysis.evaluation.subject_scores import body_mass_index


@pytest.fixture
def cycles(table):
    person = pd.factorize(np.asarray(table.groups))[0]
    return table.X.index.to_frame(index=False).assign(
        sex=np.where(person < 10, "female", "male"),
        age=np.array([17.9, 18.0, 39.9, 40.0, 64.9, 65.0, 90.0, np.nan])[person % 8],
        mass_kg=np.array([50.0, 70.0, 80.0, 100.0])[person % 4],
        height_m=1.75,
    )


@pytest.fixture
def results(table):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=5)
    return evaluator.evaluate_classification(GaussianNB(), table.X, table.y, table.groups)


def test_scores_of_a_group_are_of_its_cycles_alone(results, cycles):
    found = fairness_table(results, cycles).set_index("group")
    table = results["predictions"]
    female = (cycles["sex"] == "female").to_numpy()
    expected = [
        balanced_accuracy_score(table["y_true"][who], table["y_pred"][who])
        for who in (female, ~female)
    ]
    assert found.loc["female", "score"] == pytest.approx(expected[0])
    assert found.loc["female", "difference"] == pytest.approx(expected[0] - expected[1])
    assert found.loc["male", "difference"] == pytest.approx(expected[1] - expected[0])
    assert found.loc["female", "low"] < expected[0] < found.loc["female", "high"]


def test_bands_begin_where_they_say(results, cycles):
    found = fairness_table(results, cycles)
    ages = found[found["attribute"] == "age"].set_index("group")["n_subjects"]
    # Of 20 people, the first four ages of eight come three times, the others twice.
    assert ages.to_dict() == {"under 18 years": 3, "18 to 39 years": 6, "40 to 64 years": 5,
                              "65 years and over": 4, "unknown": 2}  # fmt: skip
    bmi = found[found["attribute"] == "bmi"]
    assert bmi["group"].tolist() == ["BMI under 18.5", "BMI 18.5 to 24.9", "BMI 25 to 29.9",
                                     "BMI 30 and over"]  # fmt: skip
    assert (bmi["n_subjects"] == 5).all()


def test_few_people_are_said_to_be_few(results, cycles):
    cycles = cycles.assign(sex=np.where(cycles["subject"] == "S00", "male", "female"))
    found = fairness_table(results, cycles, fewest_subjects=6).set_index("group")
    assert found.loc["male", "note"] == "too few subjects to compare"
    assert found.loc["female", "note"] == "too few other subjects to compare"
    assert np.isnan(found.loc[["male", "female"], "difference"]).all()
    assert np.isnan(found.loc["male", "low"])
    assert np.isfinite(found.loc["female", "low"])


def test_a_model_that_fails_one_sex_is_found(results, cycles):
    broken = results["predictions"].copy()
    female = (cycles["sex"] == "female").to_numpy()
    broken.loc[female, "y_pred"] = "stair_ascent"
    found = fairness_table({**results, "predictions": broken}, cycles).set_index("group")
    assert found.loc["female", "difference_high"] < 0
    assert found.loc["male", "difference_low"] > 0


def test_a_group_of_one_class_says_so(results, cycles):
    stairs = (cycles["task"] == "stair_ascent").to_numpy()
    found = fairness_table(results, cycles.assign(sex=np.where(stairs, "a", "b")))
    notes = found.set_index("group")["note"]
    assert notes["a"] == "one class only"
    assert found.set_index("group").loc["a", ["difference", "difference_low"]].isna().all()
    assert notes["b"] == ""


def test_errors_of_numbers_are_compared_too(table, cycles):
    run = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_regression
    results = run(LinearRegression(), table.X, table.age, table.groups)
    found = fairness_table(results, cycles).set_index("group")
    error = (results["predictions"]["y_pred"] - table.age).abs().to_numpy()
    female = (cycles["sex"] == "female").to_numpy()
    assert found.loc["female", "score"] == pytest.approx(error[female].mean())
    assert found["n_classes"].isna().all()


def test_nothing_known_gives_an_empty_table(results, cycles):
    bare = cycles[["subject", "task", "step"]]
    assert fairness_table(results, bare).empty
    assert body_mass_index(bare) is None


def test_order_of_the_cycles_does_not_matter(results, cycles):
    turned = cycles.iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        fairness_table(results, turned),
        fairness_table(results, cycles),
    )


def test_other_cycles_are_refused(table, results, cycles):
    with pytest.raises(SchemaError, match="not there"):
        fairness_table(results, cycles.iloc[:100])
    with pytest.raises(SchemaError, match="share theirs"):
        fairness_table(results, pd.concat([cycles, cycles], ignore_index=True))
    plain = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_classification(
        GaussianNB(), table.X.to_numpy(), table.y.to_numpy(), table.groups
    )
    with pytest.raises(SchemaError, match="positions"):
        fairness_table(plain, cycles)

"""The errors a newcomer meets first: each says what to do."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from locomotion_analysis import BiomechanicalModelEvaluator, LocomotionData, LocomotionError
from locomotion_analysis.evaluation import run_study
from locomotion_analysis.models import default_classifier
from locomotion_analysis.quality import validate
from locomotion_analysis.simulation import simulate

KNEE = "knee_flexion_angle_ipsi_rad"


@pytest.fixture(scope="module")
def data():
    return simulate(n_subjects=6, n_cycles=2, tasks=["level_walking"])


@pytest.mark.parametrize(
    ("call", "to_do"),
    [
        (lambda data: LocomotionData.from_dataframe(np.zeros((3, 4))), "pandas.DataFrame(values"),
        (
            lambda data: LocomotionData.from_dataframe({"subject": ["S1"]}),
            "pandas.DataFrame(values",
        ),
        (lambda data: LocomotionData.from_dataframe(data.dataframe.iloc[:0]), "filtered out"),
        (lambda data: LocomotionData.concat([]), "pass a list"),
        (lambda data: LocomotionData.concat(["walk.parquet"]), 'from_parquet("walk.parquet")'),
        (lambda data: data.curves([KNEE]), "data.array([...])"),
        (lambda data: data[0], "data.take([...])"),
        (lambda data: data.select(data.cycles["age"] > 60), "data.take(mask)"),
        (lambda data: data.select("age + 1"), "compare columns with values"),
        (lambda data: data.select(channels=[]), "data.channels"),
        (lambda data: data.select(channels=[KNEE, KNEE]), "name each channel once"),
        (lambda data: data.select(zzz="x"), "name one of these columns"),
        (lambda data: data.select(task=[[1]]), "task has 'level_walking'"),
        (lambda data: data.to_csv("walk.parquet"), "to_parquet writes Parquet"),
        (
            lambda data: data.prepare_ml_features("pathology", aggregations=[np.mean]),
            "use one of these",
        ),
        (lambda data: run_study("walk.parquet", "pathology", "study"), "from_parquet"),
        (lambda data: run_study(data.dataframe, "pathology", "study"), "from_dataframe"),
        (lambda data: validate(data.dataframe), "from_dataframe"),
    ],
)
def test_the_wrong_kind_of_data_is_answered_by_the_right_one(data, call, to_do):
    with pytest.raises(LocomotionError) as caught:
        call(data)
    assert to_do in caught.value.fix


@pytest.mark.parametrize(
    ("changed", "to_do"),
    [
        ({"groups": None}, "get_level_values"),
        ({"groups": "subject"}, "get_level_values"),
        ({"y": "pathology"}, "the column itself"),
        ({"cv": 5}, "n_splits=5"),
        ({"X": [[1.0, 2.0], [3.0]]}, "same number of values"),
        ({"model": Ridge()}, "default_classifier()"),
        ({"model": "forest"}, "BaseEstimator"),
    ],
)
def test_an_evaluation_of_the_wrong_kind_says_what_to_pass(data, changed, to_do):
    X, y = data.prepare_ml_features("pathology", ["temporal"], aggregations=["mean"])
    given = {"model": default_classifier("linear"), "X": X, "y": y, "groups": data.groups}
    with pytest.raises(LocomotionError) as caught:
        BiomechanicalModelEvaluator(n_splits=2).evaluate_classification(**given | changed)
    assert to_do in caught.value.fix


def test_cycles_and_text_are_no_features(data):
    X, y = data.prepare_ml_features("pathology", ["temporal"], aggregations=["mean"])
    evaluator = BiomechanicalModelEvaluator(n_splits=2)
    with pytest.raises(LocomotionError, match="prepare_ml_features"):
        evaluator.evaluate_classification(default_classifier("linear"), data, y, data.groups)
    with pytest.raises(LocomotionError, match="text in clinic"):
        evaluator.evaluate_classification(
            default_classifier("linear"), X.assign(clinic="north"), y, data.groups
        )


@pytest.mark.parametrize("n_splits", ["5", 1, 2.5])
def test_folds_are_a_whole_number(data, n_splits):
    X, y = data.prepare_ml_features("pathology", ["temporal"], aggregations=["mean"])
    with pytest.raises(LocomotionError, match="whole number of folds"):
        BiomechanicalModelEvaluator(n_splits).evaluate_classification(
            default_classifier("linear"), X, y, data.groups
        )


def test_one_channel_needs_no_list(data):
    np.testing.assert_array_equal(data.array(KNEE), data.array([KNEE]))


def test_csv_keeps_its_ending(data, tmp_path):
    data.to_csv(tmp_path / "walk.csv")
    assert len(pd.read_csv(tmp_path / "walk.csv")) == 150 * len(data)

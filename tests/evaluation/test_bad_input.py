"""Each wrong input gives one clear message, and no result."""

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError, TargetError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.folds import (
    check_features_in_training,
    continuous_target,
    rows_of_predictions,
)


class NotAnEstimator:
    def fit(self, X, y):
        return self


class OnePrediction(LogisticRegression):
    def predict(self, X):
        return super().predict(X)[:1]


def evaluate(table, **changes):
    inputs = {"X": table.X, "y": table.y, "groups": table.groups, **changes}
    model = inputs.pop("model", LogisticRegression())
    return BiomechanicalModelEvaluator(n_bootstrap=50).evaluate_classification(model, **inputs)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda t: {"y": ["level_walking"] * 360}, TargetError, "at least two classes"),
        (lambda t: {"groups": ["S1"] * 360}, SplitLeakError, "1 subject"),
        (lambda t: {"groups": np.arange(360) % 3}, SplitLeakError, "n_splits=3"),
        (lambda t: {"y": t.y[:-1]}, SchemaError, "y has 359"),
        (lambda t: {"groups": t.groups[:-1]}, SchemaError, "groups has 359"),
        (lambda t: {"y": t.y.where(np.arange(360) > 2)}, TargetError, "3 of 360 rows"),
        (lambda t: {"y": t.y.iloc[::-1]}, SchemaError, "another order"),
        (lambda t: {"X": t.X["noise"]}, SchemaError, "two dimensions"),
        (lambda t: {"groups": t.X.index}, SchemaError, "one-dimensional"),
        (lambda t: {"model": NotAnEstimator()}, SchemaError, "clone"),
        (lambda t: {"model": OnePrediction()}, SchemaError, "1 predictions"),
        (lambda t: {"model": LinearRegression(), "y": np.arange(360) % 3}, TargetError, "classes"),
        (lambda t: {"y": np.where(t.groups == "S00", "a", "b")}, TargetError, "only b"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*fewer subjects than the 5 folds")
def test_message(table, change, error, says):
    with pytest.raises(error, match=says):
        evaluate(table, **change(table))


def test_missing_values_name_the_columns_and_the_imputer(table):
    X = table.X.copy()
    X.iloc[3, 1] = np.nan
    with pytest.raises(SchemaError, match=r"hip_rom_rad(.|\n)*SimpleImputer"):
        evaluate(table, X=X)
    with pytest.raises(SchemaError, match="column 1"):
        evaluate(table, X=X.to_numpy())
    assert evaluate(table, X=X, model=make_pipeline(SimpleImputer(), LogisticRegression()))


def test_other_errors_of_the_model_pass_through(table):
    with pytest.raises(ValueError, match=r"not a parameter value|'C' parameter"):
        evaluate(table, model=LogisticRegression(C=-1))


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["a", "b"], "3 different names"),
        (["a", "a", "b"], "3 different"),
        ({"x": "a"}, "3 different"),
    ],
)
def test_names_that_do_not_fit(table, names, says):
    with pytest.raises(SchemaError, match=says):
        evaluate(table, task_names=names)


def test_names_are_matched_to_text_labels_not_by_position(table):
    shown = ["Level Walking", "Incline Walking", "Stair Climbing"]
    results = evaluate(table, task_names=shown)
    assert results["class_names"] == ["Incline Walking", "Level Walking", "Stair Climbing"]
    recall = results["classification_report"]["Level Walking"]["recall"]
    frame = results["predictions"]
    level = frame[frame["y_true"] == "level_walking"]
    assert recall == pytest.approx((level["y_pred"] == "level_walking").mean())
    with pytest.warns(LocomotionWarning, match="incline_walking = 'Eins'"):
        evaluate(table, task_names=["Eins", "Zwei", "Drei"])
    by_label = evaluate(
        table, task_names={"stair_ascent": "C", "level_walking": "B", "incline_walking": "A"}
    )
    assert by_label["class_names"] == ["A", "B", "C"]


def test_numbered_labels_take_names_in_order(table):
    numbers = pd.Series(table.y).map({"level_walking": 0, "incline_walking": 1, "stair_ascent": 2})
    names = ["Level Walking", "Incline Walking", "Stair Climbing"]
    assert evaluate(table, y=numbers, task_names=names)["class_names"] == names


@pytest.mark.parametrize(
    "model",
    [LogisticRegression(), make_pipeline(StandardScaler(), LinearRegression()), SVC()],
)
def test_a_model_of_features_says_how_to_give_it_sequences(model):
    subjects = np.repeat(np.arange(8), 3)
    X = np.random.default_rng(0).normal(size=(24, 10, 2))
    evaluator = BiomechanicalModelEvaluator(2, n_bootstrap=5)
    numbers = isinstance(model, Pipeline)
    run = evaluator.evaluate_regression if numbers else evaluator.evaluate_classification
    y = X[:, 0, 0] if numbers else subjects % 2
    with pytest.raises(SchemaError, match=r"reshape\(len\(X\), -1\)"):
        run(model, X, y, subjects)


def test_a_target_without_rows_says_so():
    with pytest.raises(TargetError, match="no rows"):
        continuous_target([])


def test_a_channel_that_nobody_of_the_training_has_is_told():
    curves = np.ones((8, 10, 2))
    curves[:6, :, 1] = np.nan
    folds = [(np.arange(6), np.arange(6, 8))]
    with pytest.warns(LocomotionWarning):
        check_features_in_training(curves, folds)
    curves[0, 3, 1] = 1.0  # one point of one cycle is something
    check_features_in_training(curves, folds)


def test_predictions_of_a_key_that_the_cycles_lack_are_refused(table):
    found = evaluate(table)
    cycles = table.X.index.to_frame(index=False)
    with pytest.raises(SchemaError, match="cycle key"):
        rows_of_predictions(found, cycles.drop(columns=table.X.index.names[-1]))

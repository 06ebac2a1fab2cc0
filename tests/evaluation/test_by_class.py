"""Scores of classes and of people, against scikit-learn and counting by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import precision_recall_fscore_support
from sklearn.naive_bayes import GaussianNB

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation import (
    BiomechanicalModelEvaluator,
    class_metrics,
    subject_level_metrics,
)
from locomotion_analysis.evaluation.subject_scores import subject_calls


@pytest.fixture
def results(table):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=5)
    return evaluator.evaluate_classification(GaussianNB(), table.X, table.y, table.groups)


def made(subject, true, predicted):
    """Results of predictions written by hand."""
    table = pd.DataFrame({"fold": 1, "subject": subject, "y_true": true, "y_pred": predicted})
    classes = sorted(set(true) | set(predicted))
    return {"kind": "classification", "predictions": table, "classes": classes}


def test_class_scores_are_those_of_scikit_learn(results):
    found = class_metrics(results)
    table = results["predictions"]
    theirs = precision_recall_fscore_support(table["y_true"], table["y_pred"])
    for name, values in zip(("precision", "recall", "f1", "n_cycles"), theirs, strict=True):
        assert found[name].to_numpy() == pytest.approx(values)
    assert found["n_subjects"].tolist() == [20, 20, 20]
    for name in ("precision", "recall", "f1", "specificity"):
        assert (found[f"{name}_low"] <= found[name]).all()
        assert (found[name] <= found[f"{name}_high"]).all()


def test_specificity_is_the_recall_of_the_rest(results):
    table = results["predictions"]
    for name, row in class_metrics(results).iterrows():
        rest = table["y_true"] != name
        assert row["specificity"] == pytest.approx((table["y_pred"][rest] != name).mean())


def test_a_class_never_predicted_has_no_precision():
    found = class_metrics(made(["A", "B"], ["x", "y"], ["x", "x"]))
    assert np.isnan(found.loc["y", "precision"])
    assert found.loc["y", "recall"] == 0


def test_people_are_called_by_most_of_their_cycles():
    results = made(list("AAABBBCC"), list("xxxyyyyy"), list("xxyyyyxx"))
    calls = subject_calls(results)
    assert calls["y_called"].tolist() == ["x", "y", "x"]
    assert calls["right"].tolist() == [True, True, False]
    assert calls["share"].tolist() == pytest.approx([2 / 3, 1, 1])
    assert calls["accuracy"].tolist() == pytest.approx([2 / 3, 1, 0])
    people = subject_level_metrics(results)
    assert people["recall"].tolist() == [1, 0.5]
    assert people["n_subjects"].tolist() == [1, 2]


def test_a_person_of_several_classes_is_called_in_each(results):
    calls = subject_calls(results)
    assert len(calls) == 60
    assert calls.index.nunique() == 20
    assert (calls["n_cycles"] == 6).all()


def test_numbers_have_no_classes(table):
    run = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_regression
    with pytest.raises(SchemaError, match="results of a classification"):
        class_metrics(run(LinearRegression(), table.X, table.age, table.groups))

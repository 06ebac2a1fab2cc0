"""What is missing from a fold's training rows, and groups that are not the rows' people."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.checks import learning_curve, robustness
from locomotion_analysis.evaluation.explain.importance import grouped_importance
from locomotion_analysis.selection import LeaveOneSubjectOut


def evaluate(X, y, groups, model=None, **options):
    evaluator = BiomechanicalModelEvaluator(n_splits=2, n_bootstrap=5)
    return evaluator.evaluate_classification(model or GaussianNB(), X, y, groups, **options)


@pytest.fixture
def halves():
    """Two folds by hand: people 0 to 9, people 10 to 19."""
    subject = np.repeat(np.arange(20), 2)
    X = pd.DataFrame({"a": np.random.default_rng(0).normal(size=40), "b": 1.0 * (subject % 2)})
    first, second = np.flatnonzero(subject < 10), np.flatnonzero(subject >= 10)
    return X, subject % 2, subject, [(first, second), (second, first)]


def test_a_feature_without_values_in_one_fold_is_named(halves):
    X, y, subject, cv = halves
    X.loc[subject < 10, "a"] = np.nan
    model = make_pipeline(SimpleImputer(), GaussianNB())
    with pytest.warns(LocomotionWarning, match=r"training rows of fold 1: a\."):
        results = evaluate(X, y, subject, model, cv=cv)
    assert results["accuracy"] == 1


def test_a_fold_without_any_value_is_refused(halves):
    X, y, subject, cv = halves
    X.loc[subject < 10] = np.nan
    with pytest.raises(SchemaError, match="fold 1 of 2"):
        evaluate(X, y, subject, HistGradientBoostingClassifier(), cv=cv)


def test_values_missing_here_and_there_are_no_matter(halves):
    X, y, subject, cv = halves
    X.loc[::3, "a"] = np.nan
    evaluate(X, y, subject, make_pipeline(SimpleImputer(), GaussianNB()), cv=cv)


def test_a_class_tested_but_not_trained_is_named(halves):
    X, y, subject, cv = halves
    kinds = np.where(subject == 3, "rare", np.where(y, "x", "y"))
    with pytest.warns(LocomotionWarning, match=r"fold 2: rare"):
        results = evaluate(X, kinds, subject, cv=cv)
    assert results["classification_report"]["rare"]["recall"] == 0


def test_shuffled_groups_are_refused(table):
    shuffled = np.random.default_rng(0).permutation(np.asarray(table.groups))
    with pytest.raises(SplitLeakError, match="20 of 20 people divided"):
        evaluate(table.X, table.y, shuffled)


def test_groups_wider_than_people_are_taken(table):
    families = pd.factorize(np.asarray(table.groups))[0] // 2
    results = evaluate(table.X, table.y, families)
    assert results["n_subjects"] == 10


def test_namesakes_in_two_datasets_are_two_people():
    subject = np.repeat([f"{lab}/S{i}" for lab in "ab" for i in range(6)], 2)
    key = pd.MultiIndex.from_arrays(
        [[name[0] for name in subject], [name[2:] for name in subject]],
        names=["dataset", "subject"],
    )
    y = np.repeat(np.arange(12) % 2, 2)
    X = pd.DataFrame({"x": np.arange(24.0)}, index=key)
    assert evaluate(X, y, subject, cv=LeaveOneSubjectOut())["n_subjects"] == 12


@pytest.fixture
def one_split():
    """Forty people of three cycles; the last ten are tested, once."""
    rng = np.random.default_rng(0)
    people = np.repeat([f"S{number:02d}" for number in range(40)], 3)
    y = np.repeat(np.arange(40) % 2, 3)
    X = pd.DataFrame({"a": y + rng.normal(0, 1, 120), "b": rng.normal(0, 1, 120)})
    return X, y, people, [(np.arange(90), np.arange(90, 120))]


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_people_and_cycles_counted_are_those_tested(kind, one_split):
    X, y, people, split = one_split
    evaluator = BiomechanicalModelEvaluator()
    model, target = LogisticRegression(), y
    if kind == "regression":
        model, target = LinearRegression(), y + X["b"].to_numpy()
    run = getattr(evaluator, f"evaluate_{kind}")
    found = run(model, X, target, people, cv=split)
    assert (found["n_subjects"], found["n_cycles"]) == (10, 30)
    assert found["fold_sizes"] == [(30, 10)]
    twice = run(model, X, target, people, cv=split * 2)
    assert (twice["n_subjects"], twice["n_cycles"]) == (10, 30)
    assert len(twice["predictions"]) == 60
    unknown = run(model, X, target, cv=split, allow_subject_overlap=True)
    assert (unknown["n_subjects"], unknown["n_cycles"]) == (None, 30)


def test_intervals_of_checks_rest_on_those_tested(one_split):
    X, y, people, split = one_split
    study = {"cv": split}
    results = BiomechanicalModelEvaluator().evaluate_classification(
        LogisticRegression(), X, y, people, cv=split
    )
    expected = results["intervals"]["balanced_accuracy"]
    found = robustness(LogisticRegression(), X, y, people, {}, **study)
    assert tuple(found.loc["as measured", ["low", "high"]]) == pytest.approx(expected)
    curve = learning_curve(LogisticRegression(), X, y, people, shares=(1.0,), **study)
    assert tuple(curve.loc[0, ["low", "high"]]) == pytest.approx(expected)
    weighed = grouped_importance(
        LogisticRegression(), X, y, people, {"a": ["a"], "b": ["b"]}, n_repeats=1, **study
    )
    assert weighed.n_subjects == 10
    assert weighed.interval == pytest.approx(expected)

"""Learning curve: who is trained on, and that all are tested."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB

from locomotion_analysis.errors import SchemaError, TargetError
from locomotion_analysis.evaluation import (
    BiomechanicalModelEvaluator,
    learning_curve,
    permutation_test,
)
from locomotion_analysis.evaluation.checks import _some, study_design


class Counter(ClassifierMixin, BaseEstimator):
    """Remembers which subjects (first column) every fit saw."""

    seen: list = []  # noqa: RUF012 - shared by the clones on purpose

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        Counter.seen.append(set(X[:, 0]))
        return self

    def predict(self, X):
        assert not Counter.seen[-1] & set(X[:, 0])
        return np.full(len(X), self.classes_[0])


def test_all_subjects_give_the_score_of_the_evaluator(table):
    found = learning_curve(GaussianNB(), table.X, table.y, table.groups)
    results = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_classification(
        GaussianNB(), table.X, table.y, table.groups
    )
    last = found.iloc[-1]
    assert last["score"] == pytest.approx(results["balanced_accuracy"])
    assert last["n_subjects"] == 16
    assert found["n_subjects"].is_monotonic_increasing
    assert (found["low"] < found["score"]).all()
    assert (found["score"] < found["high"]).all()


def test_training_subjects_are_drawn_whole_and_never_tested():
    subject = np.repeat(np.arange(20), 3)
    Counter.seen.clear()
    learning_curve(Counter(), subject[:, None].astype(float), subject % 2, subject, shares=(0.5,),
                   n_repeats=2)  # fmt: skip
    assert [len(each) for each in Counter.seen] == [8] * 10
    assert len({frozenset(each) for each in Counter.seen}) > 5


def test_each_class_keeps_two_subjects():
    subject = np.arange(30)
    y = np.where(subject < 4, "rare", "common")
    design = study_design(GaussianNB(), np.zeros((30, 1)), y, subject, n_splits=2)
    rows = _some(design, np.arange(30), 0.1, np.random.default_rng(0))
    assert (y[rows] == "rare").sum() == 2
    assert (y[rows] == "common").sum() == 3


def test_a_number_is_learned_too(table):
    found = learning_curve(LinearRegression(), table.X, table.age, table.groups,
                           shares=(0.25, 1.0))  # fmt: skip
    assert found["metric"].tolist() == ["mae", "mae"]
    assert found["score"].iloc[1] < found["score"].iloc[0]


@pytest.mark.parametrize("shares", [(), (0.0, 1.0), (1.5,)])
def test_impossible_shares_are_refused(table, shares):
    with pytest.raises(SchemaError, match="above 0 and at most 1"):
        learning_curve(GaussianNB(), table.X, table.y, table.groups, shares=shares)


def test_a_fold_that_trains_on_one_class_is_named():
    people = np.repeat(np.arange(10), 2)
    X = np.random.default_rng(0).normal(size=(20, 2))
    folds = [(np.arange(10), np.arange(10, 20)), (np.arange(10, 20), np.arange(10))]
    for check in (learning_curve, permutation_test):
        with pytest.raises(TargetError, match="two classes in the training rows"):
            check(LogisticRegression(), X, people < 5, people, cv=folds)

"""Few-subject learning curves: who is trained on, who is tested, and how sure the gain is."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation import few_subject_curves
from locomotion_analysis.evaluation.checks import study_design, subject_draws, two_way_sums
from locomotion_analysis.evaluation.metrics import subject_weights

GROUPS = np.repeat(np.arange(30), 4)
KIND = GROUPS % 2
RNG = np.random.default_rng(0)
CLEAR = RNG.normal(3 * KIND[:, None], 1, (120, 3))
NOISE = RNG.normal(size=(120, 3))


class Spy(ClassifierMixin, BaseEstimator):
    """Remembers whom it was trained on."""

    seen: list = []  # noqa: RUF012 - clones must share it

    def fit(self, X, y, groups):
        self.classes_ = np.unique(y)
        self.seen.append((X.copy(), np.asarray(y), np.asarray(groups)))
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_nobody_trained_on_is_tested_and_each_class_gives_as_many():
    design = study_design(DummyClassifier(), CLEAR, KIND, GROUPS)
    for train, test in subject_draws(design, 3, 10, np.random.default_rng(1)):
        people = np.unique(GROUPS[train])
        assert not np.isin(GROUPS[test], people).any()
        assert np.bincount(people % 2).tolist() == [3, 3]
        assert len(train) + len(test) == 120


def test_subjects_of_several_classes_are_drawn_from_all():
    task = np.tile([0, 0, 1, 1], 30)
    design = study_design(DummyClassifier(), CLEAR, task, GROUPS)
    ((train, _),) = subject_draws(design, 5, 1, np.random.default_rng(1))
    assert len(np.unique(GROUPS[train])) == 5


def test_groups_reach_a_model_whose_fit_takes_them():
    Spy.seen.clear()
    few_subject_curves(
        {"spy": Spy()}, GROUPS[:, None].astype(float), KIND, GROUPS,
        reference="spy", subjects=[2], n_draws=3, n_bootstrap=50,
    )  # fmt: skip
    assert len(Spy.seen) == 3
    for X, y, groups in Spy.seen:
        np.testing.assert_array_equal(X[:, 0], groups)
        np.testing.assert_array_equal(y, groups % 2)


def test_a_gain_that_is_there_is_found_and_one_that_is_not_is_not():
    X = np.hstack([CLEAR, NOISE])

    class First(LogisticRegression):
        def fit(self, X, y):
            return super().fit(X[:, :3], y)

        def predict(self, X):
            return super().predict(X[:, :3])

    class Last(First):
        def fit(self, X, y):
            return LogisticRegression.fit(self, X[:, 3:], y)

        def predict(self, X):
            return LogisticRegression.predict(self, X[:, 3:])

    curves = few_subject_curves(
        {"noise": Last(), "signal": First(), "majority": DummyClassifier()},
        X, KIND, GROUPS, reference="majority", subjects=[2, 5], n_draws=12, n_bootstrap=400,
    )  # fmt: skip
    gains = curves.gains.set_index(["model", "n_subjects"])
    assert (gains.loc["signal", "low"] > 0.1).all()
    scores = curves.scores.set_index(["model", "n_subjects"])["score"]
    reference = curves.gains["reference"].iloc[0]
    better = scores.loc["signal"] - scores.loc[reference]
    np.testing.assert_allclose(gains.loc["signal", "gain"], better)
    noise = gains.loc["noise"]
    assert ((noise["low"] < 0) & (noise["high"] > 0)).all()
    scores = curves.scores
    assert (scores["low"] <= scores["score"]).all()
    assert (scores["score"] <= scores["high"]).all()
    assert scores.loc[scores["model"] == "majority", "score"].to_numpy() == pytest.approx(0.5)


def test_of_errors_less_is_a_gain():
    y = CLEAR.sum(axis=1)
    curves = few_subject_curves(
        {"mean": DummyRegressor(), "ridge": Ridge()},
        CLEAR, y, GROUPS, reference="mean", subjects=[5], n_draws=5, n_bootstrap=200,
    )  # fmt: skip
    row = curves.gains.iloc[0]
    assert row["metric"] == "mae"
    mean, ridge = curves.scores["score"]
    assert row["gain"] == pytest.approx(mean - ridge)
    assert row["low"] > 0


def test_the_bootstrap_of_draws_and_people_is_that_of_plain_loops():
    rng = np.random.default_rng(0)
    sums = rng.integers(0, 5, (4, 6, 2, 2)).astype(float)
    draws, people = subject_weights(4, 20, 3), subject_weights(6, 20, 4)
    found = two_way_sums(draws, people, sums)
    for row in range(20):
        total = sum(draws[row, d] * people[row, p] * sums[d, p] for d in range(4) for p in range(6))
        np.testing.assert_allclose(found[row], total)


def test_refuses_an_unknown_reference_and_too_many_subjects():
    with pytest.raises(SchemaError, match="majority"):
        few_subject_curves({"majority": DummyClassifier()}, CLEAR, KIND, GROUPS, reference="x")
    with pytest.raises(SchemaError, match="from 1 to 14"):
        few_subject_curves(
            {"majority": DummyClassifier()}, CLEAR, KIND, GROUPS,
            reference="majority", subjects=[15],
        )  # fmt: skip

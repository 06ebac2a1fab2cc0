"""Models that tune themselves: on whom, and that held-out people stay out of it."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score

from locomotion_analysis.errors import LocomotionWarning, SplitLeakError, TargetError
from locomotion_analysis.models.supervised import (
    InnerClassFolds,
    InnerQuantileFolds,
    SubjectTunedClassifier,
    SubjectTunedRegressor,
)
from locomotion_analysis.models.supervised.tuning import best_parameters

SPACE = {"C": [1e-4, 1.0]}


@pytest.mark.parametrize("folds", [InnerClassFolds(3), InnerQuantileFolds(3)])
def test_inner_folds_share_no_subject(two, folds):
    X, y = two
    target = y if isinstance(folds, InnerClassFolds) else X["noise"]
    subjects = X.index.get_level_values("subject")
    for train, test in folds.split(X, target):
        assert not set(subjects[train]) & set(subjects[test])


def test_features_without_subjects_are_refused(two):
    X, y = two
    with pytest.raises(SplitLeakError, match="subject of each row"):
        SubjectTunedClassifier(LogisticRegression(), SPACE).fit(X.reset_index(drop=True), y)


class Spy(LogisticRegression):
    """Remembers the subjects of every fit, and of every prediction."""

    fits: ClassVar[list] = []
    asked: ClassVar[list] = []

    def fit(self, X, y):
        Spy.fits.append(set(X.index.get_level_values("subject")))
        return super().fit(X, y)

    def predict_proba(self, X):
        Spy.asked.append((Spy.fits[-1], set(X.index.get_level_values("subject"))))
        return super().predict_proba(X)


def test_calibration_and_threshold_see_only_subjects_not_fitted_on(two):
    X, y = two
    Spy.fits, Spy.asked = [], []
    SubjectTunedClassifier(Spy(), SPACE).fit(X, y)
    assert len(Spy.asked) == 3
    assert all(not fitted & asked for fitted, asked in Spy.asked)


def test_held_out_people_do_not_change_what_is_fitted(two):
    X, y = two
    kept = X.index.get_level_values("subject") < "S16"
    poisoned = X.copy()
    poisoned.loc[~kept] = 1e30
    clean, poison = (
        SubjectTunedClassifier(LogisticRegression(), SPACE).fit(table[kept], y[kept])
        for table in (X, poisoned)
    )
    assert np.array_equal(clean.predict_proba(X), poison.predict_proba(X))


def test_probabilities_are_calibrated_where_the_bare_model_is_overconfident(people):
    X, y = people(60, ["healthy", "stroke"], 0.7, seed=3)
    fresh, truth = people(200, ["healthy", "stroke"], 0.7, seed=4)
    bare = LogisticRegression(C=1e6).fit(X * 1, y)
    tuned = SubjectTunedClassifier(LogisticRegression(), {"C": [1e6]}).fit(X, y)

    def brier(model):
        return np.mean((model.predict_proba(fresh)[:, 1] - (truth == "stroke")) ** 2)

    assert brier(tuned) <= brier(bare) + 1e-3
    assert tuned.predict_proba(fresh).sum(axis=1) == pytest.approx(1)


def test_the_threshold_serves_the_rare_class(people):
    X, y = people(60, ["healthy"] * 5 + ["stroke"], 0.35, seed=1)
    fresh, truth = people(300, ["healthy"] * 5 + ["stroke"], 0.35, seed=2)
    model = SubjectTunedClassifier(LogisticRegression(), {"C": [1.0]}).fit(X, y)
    probability = model.predict_proba(fresh)[:, 1]
    assert 0.02 < model.threshold_ < 0.4
    assert np.array_equal(model.predict(fresh) == "stroke", probability >= model.threshold_)
    half = np.where(probability >= 0.5, "stroke", "healthy")
    found = balanced_accuracy_score(truth, model.predict(fresh))
    assert found > balanced_accuracy_score(truth, half) + 0.05


def test_with_more_classes_rare_ones_are_called_by_their_share(people):
    X, y = people(60, ["a"] * 4 + ["b", "c"], 0.5, seed=1)
    model = SubjectTunedClassifier(LogisticRegression(), {"C": [1.0]}).fit(X, y)
    share = pd.Series(y).value_counts(normalize=True)[model.classes_].to_numpy()
    expected = model.classes_[(model.predict_proba(X) / share).argmax(axis=1)]
    assert np.array_equal(model.predict(X), expected)
    assert model.threshold_ is None


def test_the_better_parameter_is_found(two):
    X, y = two
    model = SubjectTunedClassifier(LogisticRegression(max_iter=1000), {"C": [1e-9, 1.0]})
    assert set(model.fit(X, y).best_params_) == {"C"}
    noisy = X["speed_m_s"] * 3 + 40
    ridge = SubjectTunedRegressor(Ridge(), {"alpha": [1e-2, 1e7]}).fit(X, noisy)
    assert ridge.best_params_ == {"alpha": 1e-2}


def test_a_class_of_one_subject_is_told_and_left_untuned(two):
    X, _ = two
    y = np.where(X.index.get_level_values("subject") == "S03", "rare", "common")
    with pytest.warns(LocomotionWarning, match="rare has one subject"):
        model = SubjectTunedClassifier(LogisticRegression(), SPACE).fit(X, y)
    assert model.best_params_ == {}
    assert set(model.predict(X)) <= {"rare", "common"}


def test_one_class_and_a_constant_number_are_refused(two):
    X, _ = two
    with pytest.raises(TargetError, match="two classes"):
        SubjectTunedClassifier(LogisticRegression(), SPACE).fit(X, ["a"] * len(X))
    with pytest.raises(TargetError, match="varies"):
        SubjectTunedRegressor(Ridge(), {"alpha": [1.0]}).fit(X, np.ones(len(X)))


def test_they_clone_and_repeat(three):
    X, y = three
    model = SubjectTunedClassifier(LogisticRegression(), SPACE, random_state=4)
    first, second = (clone(model).fit(X, y).predict_proba(X) for _ in range(2))
    assert np.array_equal(first, second)
    assert clone(model).get_params()["pipeline__C"] == 1.0


class Rows(LogisticRegression):
    """Remembers which rows every fit was given."""

    fits: ClassVar[list] = []

    def fit(self, X, y):
        Rows.fits.append(tuple(X.index.get_level_values("step")))
        return super().fit(X, y)


def test_the_seed_reaches_the_rows_that_halving_tries_on(people):
    X, y = people(60, ["healthy", "stroke"], 0.7, seed=3)
    X = X.set_axis(
        X.index.to_frame().assign(step=range(len(X))).pipe(pd.MultiIndex.from_frame), axis=0
    )
    tried = []
    for seed in (0, 1, 1):
        Rows.fits = []
        folds = InnerClassFolds(3, 0)
        best_parameters(Rows(), SPACE, X, y, folds, "accuracy", random_state=seed)
        tried.append(Rows.fits)
    assert tried[0] != tried[1]
    assert tried[1] == tried[2]

"""Models that tune themselves: on whom, and that held-out people stay out of it."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold

from locomotion_analysis.errors import (
    LocomotionWarning,
    MissingExtraError,
    SchemaError,
    SplitLeakError,
    TargetError,
)
from locomotion_analysis.models.supervised import (
    InnerClassFolds,
    InnerQuantileFolds,
    SubjectBalancedBagging,
    SubjectTunedClassifier,
    SubjectTunedRegressor,
    tuning,
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


class Counting(LogisticRegression):
    seen: ClassVar[list] = []

    def fit(self, X, y):
        Counting.seen.append((X, y))
        return super().fit(X, y)


def test_every_member_sees_as_many_people_of_each_class_with_all_their_cycles(people):
    X, y = people(40, ["common"] * 4 + ["rare"], 1.0)
    X["noise"] = np.unique(X.index.get_level_values("subject"), return_inverse=True)[1]
    Counting.seen = []
    SubjectBalancedBagging(Counting(), n_estimators=6).fit(X, y)
    assert len(Counting.seen) == 6
    for values, labels in Counting.seen:
        assert (labels == "rare").sum() == (labels == "common").sum() == 8 * 4
        _, counts = np.unique(values[:, 3], return_counts=True)
        assert (counts % 4 == 0).all()
    assert not np.array_equal(Counting.seen[0][0], Counting.seen[1][0])


def test_it_serves_the_rare_class_and_repeats(people):
    X, y = people(60, ["common"] * 5 + ["rare"], 1.0)
    model = SubjectBalancedBagging(n_estimators=20, random_state=2)
    fresh, truth = people(120, ["common"] * 5 + ["rare"], 1.0, seed=9)
    found = model.fit(X, y).predict(fresh)
    assert (found[truth == "rare"] == "rare").mean() > 0.5
    again = SubjectBalancedBagging(n_estimators=20, random_state=2).fit(X, y)
    assert np.array_equal(model.predict_proba(fresh), again.predict_proba(fresh))
    assert model.predict_proba(fresh).sum(axis=1) == pytest.approx(1)


def test_bad_input_is_named(two):
    X, y = two
    with pytest.raises(SplitLeakError, match="subject of each row"):
        SubjectBalancedBagging(n_estimators=2).fit(X.reset_index(drop=True), y)
    model = SubjectBalancedBagging(n_estimators=2).fit(X, y)
    with pytest.raises(SchemaError, match="4 features"):
        model.predict(X[["noise"]])


class _Folds:
    """Folds of the subjects in the index."""

    def split(self, X, y=None, groups=None):
        return GroupKFold(3).split(X, y, X.index.get_level_values("subject"))

    def get_n_splits(self, *_, **__):
        return 3


@pytest.fixture(scope="module")
def walkers():
    pytest.importorskip("optuna")
    key = pd.MultiIndex.from_product([range(12), range(4)], names=["subject", "step"])
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(48, 20)), index=key)
    return X, X[0].to_numpy() + rng.normal(0, 2, 48)


def test_a_small_grid_is_searched_whole(walkers):
    X, y = walkers
    space = {"alpha": [1e-3, 1.0, 30.0, 1e4], "fit_intercept": [True, False]}
    score = "neg_mean_absolute_error"
    whole = GridSearchCV(Ridge(), space, cv=_Folds(), scoring=score, refit=False).fit(X, y)
    assert best_parameters(Ridge(), space, X, y, _Folds(), score, "optuna") == whole.best_params_


def test_a_large_grid_is_searched_in_part_and_repeatably(walkers):
    X, y = walkers
    space = {"alpha": list(np.geomspace(1e-3, 1e4, 80)), "positive": [True, False]}
    again = [
        best_parameters(Ridge(), space, X, y, _Folds(), "r2", "optuna", random_state=3)
        for _ in range(2)
    ]
    assert again[0] == again[1]
    assert 1.0 < again[0]["alpha"] < 1e4  # noise in 20 features: a strong penalty is right


def test_it_tunes_inside_the_estimator(walkers):
    X, y = walkers
    model = SubjectTunedRegressor(Ridge(), {"alpha": [1e-3, 30.0]}, search="optuna").fit(X, y)
    assert model.best_params_ == {"alpha": 30.0}


def test_an_unknown_search_is_refused(walkers):
    with pytest.raises(SchemaError, match="halving, optuna"):
        best_parameters(Ridge(), {"alpha": [1, 2]}, *walkers, _Folds(), "r2", "grid")


def test_without_optuna_the_extra_is_named(walkers, monkeypatch):
    def missing(module, extra):
        raise MissingExtraError(expected=module, got="missing", fix=f"pip install [{extra}]")

    monkeypatch.setattr(tuning, "require", missing)
    with pytest.raises(MissingExtraError, match="tuning"):
        best_parameters(Ridge(), {"alpha": [1, 2]}, *walkers, _Folds(), "r2", "optuna")

"""Classification: what comes out, and that it is what other code computes."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from sklearn.model_selection import GroupKFold, cross_val_predict, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.metrics import metrics_json
from locomotion_analysis.selection import LeaveOneSubjectOut, SubjectStratifiedKFold, check_split


class Rememberer(ClassifierMixin, BaseEstimator):
    """Knows every row it was ever fitted on: cheats when one object sees all folds."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen_ = {**getattr(self, "seen_", {}), **dict(zip(X[:, 0], y, strict=True))}
        return self

    def predict(self, X):
        return np.array([self.seen_.get(key, self.classes_[0]) for key in X[:, 0]])


class LastPoint(ClassifierMixin, BaseEstimator):
    """A classifier of sequences."""

    def fit(self, X, y):
        assert X.ndim == 3
        self.inner_ = GaussianNB().fit(X[:, -1, :], y)
        self.classes_ = self.inner_.classes_
        return self

    def predict(self, X):
        return self.inner_.predict(X[:, -1, :])


def evaluate(table, model=None, **options):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=200)
    X, y, groups = (options.pop(name, getattr(table, name)) for name in ("X", "y", "groups"))
    return evaluator.evaluate_classification(model or GaussianNB(), X, y, groups, **options)


def test_scores_are_those_of_scikit_learn(table):
    results = evaluate(table)
    cv = SubjectStratifiedKFold(5, random_state=0)
    predicted = cross_val_predict(GaussianNB(), table.X, table.y, groups=table.groups, cv=cv)
    assert results["cv_scores"] == pytest.approx(
        cross_val_score(GaussianNB(), table.X, table.y, groups=table.groups, cv=cv)
    )
    assert results["cv_balanced_accuracy"] == pytest.approx(
        cross_val_score(
            GaussianNB(), table.X, table.y, groups=table.groups, cv=cv, scoring="balanced_accuracy"
        )
    )
    assert results["mean_accuracy"] == pytest.approx(np.mean(results["cv_scores"]))
    assert results["std_accuracy"] == pytest.approx(np.std(results["cv_scores"]))
    assert results["accuracy"] == pytest.approx(accuracy_score(table.y, predicted))
    assert results["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(table.y, predicted)
    )
    assert results["macro_f1"] == pytest.approx(f1_score(table.y, predicted, average="macro"))
    assert results["predictions"]["y_pred"].tolist() == predicted.tolist()
    assert results["classification_report"]["accuracy"] == pytest.approx(results["accuracy"])


def test_baseline_is_the_majority_class_on_the_same_folds(table):
    kept = table.X.index.get_level_values("step") < np.where(table.y == "stair_ascent", 6, 4)
    X, y, groups = table.X[kept], table.y[kept], table.groups[kept]
    results = evaluate(table, X=X, y=y, groups=groups)
    predicted = cross_val_predict(
        DummyClassifier(), X, y, groups=groups, cv=SubjectStratifiedKFold()
    )
    assert results["baseline"]["accuracy"] == pytest.approx(accuracy_score(y, predicted))
    assert results["baseline"]["balanced_accuracy"] == pytest.approx(1 / 3)
    low, high = results["intervals"]["accuracy_minus_baseline"]
    assert low < results["accuracy"] - results["baseline"]["accuracy"] < high


def test_accuracy_of_each_subject(table):
    results = evaluate(table)
    frame = results["predictions"]
    expected = (frame["y_true"] == frame["y_pred"]).groupby(frame["subject"]).mean()
    pd.testing.assert_series_equal(
        results["per_subject_accuracy"], expected, check_names=False, check_index_type=False
    )
    assert results["n_subjects"] == 20
    assert results["n_cycles"] == len(table.y)


def test_predictions_are_joined_to_the_cycles_and_share_no_subject(table):
    frame = evaluate(table)["predictions"]
    assert frame.index.equals(table.X.index)
    assert frame["y_true"].tolist() == table.y.tolist()
    probabilities = frame.filter(like="probability_")
    assert probabilities.columns.str.removeprefix("probability_").tolist() == sorted(set(table.y))
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert sorted(frame["fold"].unique()) == [1, 2, 3, 4, 5]
    for number in frame["fold"].unique():
        tested = frame["fold"] == number
        check_split(frame["subject"][~tested], frame["subject"][tested])


def test_frame_array_and_any_y_give_the_same(table):
    expected = evaluate(table)["confusion_matrix"]
    X, y, groups = table.X.to_numpy(), table.y.to_numpy(), table.groups.to_numpy()
    for y_given in (y, y.astype(str), list(y), pd.Series(y), pd.Categorical(y)):
        found = evaluate(table, X=X, y=y_given, groups=pd.Series(groups))["confusion_matrix"]
        assert np.array_equal(found, expected)
    numbers = np.unique(y, return_inverse=True)[1]
    assert np.array_equal(evaluate(table, y=numbers)["confusion_matrix"], expected)


def test_order_of_rows_does_not_matter(table):
    shuffled = np.random.default_rng(5).permutation(len(table.y))
    plain = evaluate(table)
    moved = evaluate(
        table, X=table.X.iloc[shuffled], y=table.y.iloc[shuffled], groups=table.groups[shuffled]
    )
    one, two = metrics_json(plain), metrics_json(moved)
    assert one["intervals"] == two["intervals"]
    assert one["confusion_matrix"] == two["confusion_matrix"]
    assert one["cv_scores"] == two["cv_scores"]
    assert one["per_subject_accuracy"] == two["per_subject_accuracy"]


def test_sequences_of_three_dimensions(table):
    sequences = np.repeat(table.X.to_numpy()[:, None, :], 150, axis=1)
    results = evaluate(table, LastPoint(), X=sequences)
    assert np.array_equal(results["confusion_matrix"], evaluate(table)["confusion_matrix"])
    assert results["feature_importances"] is None
    assert "probability_level_walking" not in results["predictions"]


def test_no_state_is_carried_from_fold_to_fold():
    groups = np.repeat(np.arange(10), 4)
    y = np.arange(40) % 2
    X = np.arange(40.0)[:, None]
    model = Rememberer().fit(X, y)
    cheat = [
        model.fit(X[train], y[train]).score(X[test], y[test])
        for train, test in GroupKFold(5).split(X, y, groups)
    ]
    assert np.mean(cheat) == 1.0  # what the page's loop over one object gives
    seen_before = dict(model.seen_)
    results = BiomechanicalModelEvaluator().evaluate_classification(model, X, y, groups)
    assert results["accuracy"] == pytest.approx(0.5)
    assert model.seen_ == seen_before


def test_a_class_unknown_to_a_fold_has_probability_zero(table):
    subjects = np.repeat(["S1", "S2", "S3", "S4"], 10)
    y = np.where(subjects == "S4", "c", np.tile(["a", "b"], 20))
    X = np.random.default_rng(0).normal(size=(40, 2))
    with pytest.warns(LocomotionWarning, match=r"not trained on \(fold 4: c\)"):
        results = evaluate(table, X=X, y=y, groups=subjects, cv=LeaveOneSubjectOut())
    probability = results["predictions"]["probability_c"]
    assert (probability[subjects == "S4"] == 0).all()
    assert (probability[subjects != "S4"] > 0).all()
    assert results["classification_report"]["c"]["recall"] == 0


def test_importances_are_named_and_averaged(table):
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(20, random_state=0))
    results = evaluate(table, forest)
    found = results["feature_importances"]
    assert results["importance_kind"] == "feature_importances_"
    assert set(found["feature"]) == set(table.X.columns)
    assert found["feature"].iloc[0] == "knee_rom_rad"
    assert found["importance"].sum() == pytest.approx(1)
    assert (found["n_folds"] == 5).all()
    linear = evaluate(table, make_pipeline(StandardScaler(), LogisticRegression()))
    assert linear["importance_kind"] == "coef_"
    assert linear["feature_importances"]["importance"].is_monotonic_decreasing
    assert evaluate(table, KNeighborsClassifier())["feature_importances"] is None


def test_progress_is_told_of_every_fold(table):
    told = []
    evaluate(table, progress=lambda _, done, total: told.append((done, total)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_results_are_kept_and_become_json(table):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=100)
    forest = RandomForestClassifier(5, random_state=0)
    results = evaluator.evaluate_classification(forest, table.X, table.y, table.groups)
    assert evaluator.results is results
    plain = json.loads(json.dumps(metrics_json(results), allow_nan=False))
    assert plain["confusion_matrix"] == results["confusion_matrix"].tolist()
    assert plain["intervals"]["accuracy"] == list(results["intervals"]["accuracy"])
    assert plain["per_subject_accuracy"]["S00"] == results["per_subject_accuracy"]["S00"]
    assert plain["feature_importances"][0]["feature"] == "knee_rom_rad"
    assert metrics_json({"a": float("nan"), "b": np.array([1.5, np.inf])}) == {
        "a": None,
        "b": [1.5, None],
    }

"""Names and averages of importances."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from locomotion_analysis.evaluation.folds import fold_importances, mean_importances


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    X["b"] += 3 * y
    return X, y


def test_names_follow_selection_and_projection(features):
    X, y = features
    chosen = make_pipeline(StandardScaler(), SelectKBest(k=1), LogisticRegression()).fit(X, y)
    assert fold_importances(chosen, X)[1].index.tolist() == ["b"]
    projected = make_pipeline(PCA(2), LogisticRegression()).fit(X, y)
    assert fold_importances(projected, X)[1].index.tolist() == ["pca0", "pca1"]


def test_search_and_single_step_pipelines_are_opened(features):
    X, y = features
    search = GridSearchCV(Pipeline([("c", LogisticRegression())]), {"c__C": [1.0]}, cv=2).fit(X, y)
    kind, values = fold_importances(search, X)
    assert kind == "coef_"
    assert values.idxmax() == "b"


def test_steps_without_names_and_arrays_get_numbers(features):
    X, y = features
    nameless = make_pipeline(FunctionTransformer(np.asarray), LogisticRegression()).fit(X, y)
    assert fold_importances(nameless, X)[1].index.tolist() == ["x0", "x1", "x2"]
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(3)).fit(X.to_numpy(), y)
    assert fold_importances(forest, X.to_numpy())[1].index.tolist() == ["x0", "x1", "x2"]


def test_coefficients_are_averaged_over_classes_without_sign(features):
    X, _ = features
    y = np.arange(60) % 3
    model = LogisticRegression().fit(X, y)
    values = fold_importances(model, X)[1]
    assert values.to_numpy() == pytest.approx(np.abs(model.coef_).mean(axis=0))


def test_a_feature_that_a_fold_dropped_counts_zero_there():
    folds = [pd.Series({"a": 1.0, "b": 0.2}), pd.Series({"a": 0.6})]
    table = mean_importances(folds)
    assert table["feature"].tolist() == ["a", "b"]
    assert table["importance"].tolist() == pytest.approx([0.8, 0.1])
    assert table["std"].tolist() == pytest.approx([0.2, 0.1])
    assert table["n_folds"].tolist() == [2, 1]
    assert mean_importances([]) is None

"""The ready-made models: what is fitted where, and that they are plain scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models import MODEL_KINDS, default_classifier, default_regressor


@pytest.fixture
def table():
    rng = np.random.default_rng(5)
    X = pd.DataFrame(rng.normal(size=(60, 4)), columns=list("abcd"))
    y = (X["a"] > 0).to_numpy()
    X.loc[::7, "b"] = np.nan
    X["c"] = np.nan
    return X, y


@pytest.mark.parametrize("kind", MODEL_KINDS)
def test_gaps_and_unmeasured_features_are_taken(table, kind):
    X, y = table
    model = default_classifier(kind).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model[:-1].get_feature_names_out().tolist() == list("abcd")
    regressor = default_regressor(kind).fit(X, X["a"])
    assert np.isfinite(regressor.predict(X)).all()


@pytest.mark.parametrize("kind", MODEL_KINDS)
def test_gaps_are_filled_with_the_training_median(table, kind):
    X, y = table
    model = default_classifier(kind).fit(X[:30], y[:30])
    assert model["impute"].statistics_[1] == pytest.approx(X["b"][:30].median())


@pytest.mark.parametrize("kind", MODEL_KINDS)
def test_rare_classes_weigh_as_much_as_common_ones(kind):
    rng = np.random.default_rng(1)
    y = np.array(["common"] * 190 + ["rare"] * 10)
    X = rng.normal(size=(200, 1)) + 1.5 * (y == "rare")[:, None]
    fresh = rng.normal(size=(400, 1)) + 1.5
    found = (default_classifier(kind).fit(X, y).predict(fresh) == "rare").mean()
    # Unweighted, about one in twenty cycles would be called rare.
    assert found > 0.3


@pytest.mark.parametrize("kind", MODEL_KINDS)
def test_models_are_cloneable_and_repeatable(table, kind):
    X, y = table
    model = default_classifier(kind, random_state=3)
    assert is_classifier(model)
    assert is_regressor(default_regressor(kind))
    first, second = (clone(model).fit(X, y).predict_proba(X) for _ in range(2))
    assert first == pytest.approx(second)


@pytest.mark.parametrize("make", [default_classifier, default_regressor])
def test_an_unknown_kind_is_refused(make):
    with pytest.raises(SchemaError, match="forest, linear"):
        make("magic")

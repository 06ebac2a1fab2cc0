"""Optuna finds what a full search finds, from the subjects of the training set alone."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold

from locomotion_analysis.errors import MissingExtraError, SchemaError
from locomotion_analysis.models.supervised import SubjectTunedRegressor
from locomotion_analysis.models.supervised import tuning as optuna_search
from locomotion_analysis.models.supervised.tuning import best_parameters

pytest.importorskip("optuna")


class _Folds:
    """Folds of the subjects in the index."""

    def split(self, X, y=None, groups=None):
        return GroupKFold(3).split(X, y, X.index.get_level_values("subject"))

    def get_n_splits(self, *_, **__):
        return 3


@pytest.fixture(scope="module")
def walkers():
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

    monkeypatch.setattr(optuna_search, "require", missing)
    with pytest.raises(MissingExtraError, match="tuning"):
        best_parameters(Ridge(), {"alpha": [1, 2]}, *walkers, _Folds(), "r2", "optuna")

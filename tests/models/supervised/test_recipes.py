"""Recipes of every problem, first models without tuning, and the rows of treatment."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models import MODEL_KINDS, default_classifier, default_regressor
from locomotion_analysis.models.supervised import (
    PROBLEMS,
    fall_risk,
    paired_features,
    pathology_detection,
)
from locomotion_analysis.models.supervised.recipes import paired_target

CASES = [(p, m) for p in ("pathology", "age") for m in PROBLEMS[p].models]


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_model_of_a_problem_is_a_pipeline_whose_parameters_exist(name):
    problem = PROBLEMS[name]
    recipes = problem.recipes(3)
    assert tuple(recipe.name for recipe in recipes) == problem.models
    assert recipes[0].baseline and not recipes[-1].baseline
    for recipe in recipes:
        assert isinstance(recipe.pipeline, Pipeline)
        assert set(recipe.search_space) <= set(recipe.pipeline.get_params())
        assert recipe.kind == problem.kind


@pytest.mark.parametrize(("problem", "model"), CASES)
def test_every_model_learns_from_gaps_and_constant_features(two, problem, model):
    X, y = two
    X = X.assign(constant=1.0, unmeasured=np.nan)
    X.iloc[::5, 1] = np.nan
    target = y if problem == "pathology" else X["speed_m_s"].to_numpy() + 50
    # The pipeline alone: its tuning is tested beside the class that does it.
    with threadpool_limits(1):
        fitted = PROBLEMS[problem].recipe(model, 0).pipeline.fit(X, target)
    right = fitted.score(X, target)
    assert right > (0.6 if problem == "pathology" else 0.3) or model in ("majority", "mean")


def test_what_a_model_needs_is_named():
    assert pathology_detection("speed_only").lacks(["knee_rom_rad"]) == ["speed_m_s"]
    assert PROBLEMS["treatment"].recipe("before_only", 0).lacks(["a_change"]) == ["*_before"]
    assert not PROBLEMS["treatment"].recipe("before_only", 0).lacks(["a_before"])


def test_unknown_models_are_refused_by_name():
    with pytest.raises(SchemaError, match="majority, speed_only"):
        fall_risk("magic")
    with pytest.raises(SchemaError, match="'speed_only'"):
        PROBLEMS["speed"].recipe("speed_only", 0)


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


@pytest.fixture
def cycles():
    rows = [
        ("A", "left", "M0", True),
        ("A", "left", "M0", True),
        ("A", "left", "M6", True),
        ("A", "right", "M0", True),
        ("A", "right", "M6", True),
        ("B", "left", "M0", False),
    ]
    return pd.DataFrame(rows, columns=["subject", "side", "session", "responder"])


def test_means_before_and_changes_by_leg_and_those_seen_once_are_counted(cycles):
    X = pd.DataFrame({"rom": [1.0, 3.0, 5.0, 7.0, 6.0, 9.0]})
    paired, notes = paired_features(X, cycles)
    assert paired.index.tolist() == [("A", "left"), ("A", "right")]
    assert paired["rom_before"].tolist() == [2.0, 7.0]
    assert paired["rom_change"].tolist() == [3.0, -1.0]
    assert notes == ["1 legs left out: seen in one session only"]
    y = paired_target(cycles["responder"], cycles, paired)
    assert y.tolist() == [True, True]


def test_sessions_can_be_named_and_unknown_ones_are_refused(cycles):
    X = pd.DataFrame({"rom": range(6)})
    other = cycles.assign(session=cycles["session"].map({"M0": "w0", "M6": "w12"}))
    assert len(paired_features(X, other, ("w0", "w12"))[0]) == 2
    with pytest.raises(SchemaError, match="pre and post or M0 and M6"):
        paired_features(X, other)
    with pytest.raises(SchemaError, match="column session"):
        paired_features(X, cycles.drop(columns="session"))


def test_a_leg_seen_in_no_two_sessions_is_refused(cycles):
    apart = cycles.assign(subject=cycles["subject"] + cycles["session"])
    with pytest.raises(SchemaError, match="none in both"):
        paired_features(pd.DataFrame({"rom": range(6)}), apart)


def test_an_outcome_that_is_the_session_is_refused(cycles):
    paired, _ = paired_features(pd.DataFrame({"rom": range(6)}), cycles)
    with pytest.raises(SchemaError, match="one outcome for each leg"):
        paired_target(cycles["session"], cycles, paired)

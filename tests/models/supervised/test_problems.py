"""Every recipe of every problem: what it needs, that it runs and can be told apart by seed."""

import numpy as np
import pytest
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.supervised import PROBLEMS, fall_risk, pathology_detection

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

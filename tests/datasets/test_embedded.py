import numpy as np
import pytest

from locomotion_analysis.datasets import RECIPES, freeze_splits, load_dataset
from locomotion_analysis.datasets.building import with_channels_of
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.spec import Schema
from locomotion_analysis.features.table import FeaturePlan

PROMISED_CYCLES = {
    "classification": 2000,
    "timeseries": 1500,
    "regression": 1200,
    "clustering": 3000,
}


def test_demo_is_what_the_contract_promises():
    data = load_dataset("demo")
    c = data.cycles
    assert c["subject"].nunique() >= 30
    assert c["task"].nunique() == 5
    assert set(c["pathology"]) == {"healthy", "stroke", "parkinsons"}
    assert c["simulated"].all()
    assert (c["dataset"] == "simulated").all()


def test_demo_is_made_once():
    assert load_dataset() is load_dataset("demo")


def test_unknown_name_lists_the_known():
    with pytest.raises(SchemaError, match="demo, classification, timeseries"):
        load_dataset("atlantis")


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PROMISED_CYCLES))
def test_the_four_are_what_the_contract_promises(name):
    data, recipe = load_dataset(name), RECIPES[name]
    assert len(data) == recipe.size >= PROMISED_CYCLES[name]
    assert data.cycles["subject"].nunique() == recipe.n_subjects
    assert data.cycles["simulated"].all()
    assert load_dataset(name) is data
    for target in recipe.targets:
        assert data.cycles[target].nunique() > 1, target
    assert not np.isnan(data.block).any()
    splits = freeze_splits(data.cycles, recipe.stratify_by)
    assert recipe.stratify_by in splits.stratified_by
    assert not splits.notes


@pytest.mark.slow
def test_timeseries_are_six_joints_of_150_points():
    data = load_dataset("timeseries")
    assert data.array().shape == (len(data), 150, 6)
    joints = {(name.split("_")[0], name.split("_")[-2]) for name in data.channels}
    assert joints == {(j, s) for j in ("hip", "knee", "ankle") for s in ("ipsi", "contra")}


@pytest.mark.parametrize(("name", "least"), [("classification", 150), ("regression", 200)])
def test_as_many_features_as_promised(walk, name, least):
    recipe = RECIPES[name]
    assert int(recipe.promised_features.rstrip("+")) == least
    assert len(FeaturePlan.of(Schema.of_data(walk), recipe.feature_groups).specs) >= least


def test_channels_that_are_not_there_are_named(walk):
    recipe = RECIPES["timeseries"]
    kept = [walk.channels.index(name) for name in recipe.channels if "contra" not in name]
    one_leg = type(walk)(walk.cycles, walk.block[kept], [walk.channels[i] for i in kept])
    chosen = with_channels_of(one_leg, recipe)
    assert len(chosen.channels) == 3
    assert "not in the data: hip_flexion_angle_contra_rad" in str(chosen.history[-1])
    force = type(walk)(walk.cycles, walk.block[-1:], walk.channels[-1:])
    with pytest.raises(SchemaError, match="at least one channel of hip_flexion"):
        with_channels_of(force, recipe)

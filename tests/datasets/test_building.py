import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData, quality
from locomotion_analysis.datasets import (
    RECIPES,
    build_dataset,
    build_file,
    freeze_splits,
    load_dataset,
    load_reducer,
)
from locomotion_analysis.datasets.building import with_channels_of
from locomotion_analysis.datasets.dataset import CHECKSUMS, CROISSANT, DESCRIPTIONS
from locomotion_analysis.errors import (
    FileReadError,
    LocomotionWarning,
    SchemaError,
    SplitLeakError,
    TargetError,
)
from locomotion_analysis.features import feature_table
from locomotion_analysis.features.spec import Schema
from locomotion_analysis.features.table import FeaturePlan
from locomotion_analysis.selection import check_split

TERMS = {"licence": "CC-BY-4.0", "citation": "Mustermann (2020). Walks | doi:10.1/x"}


def recorded(data):
    """The same cycles as if people had walked them."""
    return LocomotionData(data.cycles.drop(columns="simulated"), data.block, data.channels)


def test_every_file_is_there_and_described(classification, clustering):
    reduced = {"reducer.npz", "reducer.json", "unreduced_features.parquet"}
    assert {file.name for file in classification.path.iterdir()} == set(DESCRIPTIONS) - reduced
    assert {file.name for file in clustering.path.iterdir()} == set(DESCRIPTIONS)


def test_cycles_and_features_are_those_of_the_source(classification, walk):
    assert np.array_equal(classification.data.block, walk.block)
    table = feature_table(walk, classification.manifest.feature_groups)
    assert classification.features.index.equals(table.frame.index)
    pd.testing.assert_frame_equal(
        classification.features, table.frame.astype(np.float32), rtol=1e-6, check_index_type=False
    )
    assert classification.unreduced.specs == table.specs
    assert classification.manifest.n_features == table.frame.shape[1] >= 150


def test_the_same_twice_is_the_same_bytes(clustering, walk, tmp_path):
    again = build_dataset("clustering", tmp_path / "again", source=walk)
    assert (again.path / CHECKSUMS).read_text() == (clustering.path / CHECKSUMS).read_text()


@pytest.mark.slow
def test_a_ready_made_one_says_how_to_make_it_again(tmp_path):
    built = build_dataset("timeseries", tmp_path / "series")
    said = built.manifest
    assert (said.simulated, said.seed) == (True, RECIPES["timeseries"].seed)
    assert f"simulator version {said.made_with['simulator']}" in str(built.data.history[0])
    assert f"Seed {said.seed}" in built.card
    assert "datePublished" in (built.path / CROISSANT).read_text()
    with pytest.raises(SchemaError, match="name your data with --from"):
        build_dataset("timeseries", tmp_path / "other", licence="MIT")


def test_no_subject_is_in_two_parts(classification):
    parts = [classification.part(name).groups for name in ("train", "validation", "test")]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        check_split(parts[one], parts[other])
    assert sum(map(len, parts)) == len(classification.data)


def test_the_components_are_those_of_the_reducer(clustering):
    raw = clustering.unreduced.frame
    reduced = load_reducer(clustering.path).transform(raw.astype(np.float64))
    np.testing.assert_allclose(clustering.features, reduced, rtol=1e-4, atol=1e-4)
    assert clustering.features.shape[1] < raw.shape[1]
    assert clustering.manifest.n_features == clustering.features.shape[1]


def test_the_reducer_has_seen_training_subjects_only(clustering, walk, tmp_path):
    others = np.concatenate([clustering.rows("validation"), clustering.rows("test")])
    block = walk.block.copy()
    block[:, others] *= 1.1
    changed = LocomotionData(walk.cycles, block, walk.channels, walk.history)
    again = build_dataset("clustering", tmp_path / "again", source=changed)
    name = "reducer.npz"
    assert (again.path / name).read_bytes() == (clustering.path / name).read_bytes()
    assert not again.features.equals(clustering.features)


def test_a_crash_leaves_nothing(walk, tmp_path, monkeypatch):
    def fails(*_args, **_kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(quality, "write_report", fails)
    with pytest.raises(OSError, match="disk full"):
        build_dataset("timeseries", tmp_path / "walk", source=walk)
    assert not list(tmp_path.iterdir())


def test_what_lies_there_is_not_touched(classification, walk):
    before = (classification.path / CHECKSUMS).read_bytes()
    with pytest.raises(FileReadError, match="nothing lies yet"):
        build_dataset("classification", classification.path, source=walk)
    assert (classification.path / CHECKSUMS).read_bytes() == before


def test_recorded_data_need_terms_and_say_whose_they_are(walk, tmp_path):
    real = recorded(walk)
    with pytest.raises(SchemaError, match="no licence and no citation"):
        build_dataset("timeseries", tmp_path / "walk", source=real)
    with pytest.raises(SchemaError, match="no citation"):
        build_dataset("timeseries", tmp_path / "walk", source=real, licence="CC0-1.0", citation=" ")
    assert not list(tmp_path.iterdir())
    built = build_dataset("timeseries", tmp_path / "walk", source=real, **TERMS)
    assert not built.manifest.simulated
    assert "imulated" not in built.card
    assert "no person was measured" not in (built.path / CROISSANT).read_text()
    assert built.card.count(TERMS["citation"]) == 2
    assert f"Licence: {TERMS['licence']}" in built.card


def test_some_simulated_cycles_among_recorded_are_counted(walk, tmp_path):
    cycles = walk.cycles
    cycles["simulated"] = cycles["subject"] == "sim_0001"
    mixed = LocomotionData(cycles, walk.block, walk.channels)
    with pytest.raises(SchemaError, match="licence"):
        build_dataset("timeseries", tmp_path / "walk", source=mixed)
    built = build_dataset("timeseries", tmp_path / "walk", source=mixed, **TERMS)
    assert not built.manifest.simulated
    assert "4 of the cycles are simulated" in built.card


def test_what_the_data_lack_is_noted(walk, tmp_path):
    keep = [name for name in walk.channels if "grf" not in name and "contra" not in name]
    block = walk.block[[walk.channels.index(name) for name in keep]]
    real = LocomotionData(walk.cycles.drop(columns=["pathology", "simulated"]), block, keep)
    with pytest.warns(LocomotionWarning, match="no value of pathology"):
        built = build_dataset("timeseries", tmp_path / "walk", source=real, **TERMS)
    assert "not in the data: hip_flexion_angle_contra_rad" in built.card
    assert built.manifest.targets == ("task",)
    assert built.manifest.stratified_by == "task"
    assert any(note.startswith("no target pathology") for note in built.manifest.notes)
    assert any("stratified" in note for note in built.manifest.notes)
    assert all(note in built.card for note in built.manifest.notes)


def test_data_without_any_target(walk, tmp_path):
    level = walk.select(task="level_walking", pathology="healthy")
    with pytest.raises(TargetError, match="pathology, task"):
        build_dataset("classification", tmp_path / "walk", source=level)
    assert not list(tmp_path.iterdir())


def test_too_few_subjects(walk, tmp_path):
    few = walk.select(subject=["sim_0001", "sim_0002", "sim_0003"])
    with pytest.raises(SplitLeakError, match="at least 5 subjects"):
        build_dataset("classification", tmp_path / "walk", source=few)
    assert not list(tmp_path.iterdir())


def test_an_unknown_name(tmp_path):
    with pytest.raises(SchemaError, match="classification, timeseries, regression, clustering"):
        build_dataset("atlantis", tmp_path / "walk")


def test_a_single_file_has_the_split_of_every_subject(classification, walk, tmp_path):
    path = tmp_path / "ml_training_dataset.parquet"
    build_file("classification", path, source=walk)
    frame = pd.read_parquet(path)
    assert len(frame) == 150 * len(walk)
    found = frame.drop_duplicates("subject").set_index("subject")["split"]
    wanted = classification.splits.set_index("subject")["split"]
    assert found.to_dict() == wanted.to_dict()
    data = LocomotionData.from_parquet(path)
    assert data.is_simulated
    X, y = data.prepare_ml_features(target="task")
    assert len(X) == len(y) == len(walk)


def test_old_splits_of_a_source_are_dropped_and_it_is_said(walk, tmp_path):
    path = tmp_path / "walk.parquet"
    build_file("timeseries", path, source=walk)
    built = build_dataset("timeseries", tmp_path / "walk", source=path)
    assert "split" not in built.data.cycles
    assert "dropped: columns split" in built.card
    assert f"Source: {path.name}, SHA-256" in built.card


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

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.datasets import build_dataset, open_dataset
from locomotion_analysis.datasets.dataset import (
    CHECKSUMS,
    DESCRIPTIONS,
    MANIFEST,
    SPLITS,
    write_checksums,
)
from locomotion_analysis.errors import FileReadError, LocomotionWarning, SchemaError, TargetError


def edited(folder, **changes):
    """Change the manifest as its owner would, checksums included."""
    said = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**said, **changes}))
    write_checksums(folder)


@pytest.mark.parametrize("name", sorted({"README.md", "cycles.parquet", SPLITS, MANIFEST}))
def test_a_changed_file_is_named(copied, name):
    content = bytearray((copied / name).read_bytes())
    place = content.rindex(b" ") if name == MANIFEST else len(content) // 2
    content[place] ^= 0x0B if name == MANIFEST else 0x01
    (copied / name).write_bytes(content)
    with pytest.raises(FileReadError, match=name):
        open_dataset(copied)


@pytest.mark.parametrize("name", sorted(set(DESCRIPTIONS) & {"features.parquet", "quality.html"}))
def test_a_missing_file_is_named(copied, name):
    (copied / name).unlink()
    with pytest.raises(FileReadError, match=f"{name} is missing"):
        open_dataset(copied)


def test_a_file_changed_after_opening_is_found_again(copied):
    dataset = open_dataset(copied)
    (copied / "README.md").write_text("mine")
    with pytest.raises(FileReadError, match=r"README\.md has changed"):
        dataset.verify()


def test_a_file_that_was_added_does_no_harm(copied):
    (copied / "notes.txt").write_text("mine")
    assert open_dataset(copied).manifest.name == "classification"


@pytest.mark.parametrize("text", ["", "nonsense\n"])
def test_a_damaged_list_of_checksums(copied, text):
    (copied / CHECKSUMS).write_text(text)
    with pytest.raises(FileReadError):
        open_dataset(copied)


def test_no_list_of_checksums(copied):
    (copied / CHECKSUMS).unlink()
    with pytest.raises(FileReadError, match=CHECKSUMS):
        open_dataset(copied)


def test_splits_with_new_checksums_are_still_not_the_frozen_ones(copied):
    table = pd.read_parquet(copied / SPLITS)
    table.assign(split=np.roll(table["split"], 1)).to_parquet(copied / SPLITS, index=False)
    write_checksums(copied)
    with pytest.raises(FileReadError, match="splits whose rows"):
        open_dataset(copied)


def test_an_earlier_version_opens_and_says_how_to_rebuild(copied):
    edited(copied, version="0.9.0")
    with pytest.warns(LocomotionWarning, match="locomotion datasets build classification"):
        dataset = open_dataset(copied)
    assert len(dataset.data) == 60


@pytest.mark.parametrize(
    ("changes", "says"), [({"format": 99}, "pip install --upgrade"), ({"format": None}, "dataset")]
)
def test_a_format_that_cannot_be_read(copied, changes, says):
    edited(copied, **changes)
    with pytest.raises(FileReadError, match=says):
        open_dataset(copied)


def test_no_dataset(tmp_path):
    with pytest.raises(FileReadError, match=r"the folder of a dataset"):
        open_dataset(tmp_path)
    (tmp_path / MANIFEST).write_text('{"format": 1}')
    with pytest.raises(FileReadError, match="the key name"):
        open_dataset(tmp_path)


def test_parts_and_folds_cover_all_cycles_once(classification):
    rows = [classification.rows(name) for name in ("train", "validation", "test")]
    assert sorted(np.concatenate(rows)) == list(range(60))
    folds = classification.folds()
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(60))
    groups = classification.data.groups
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])
        assert len(train) + len(test) == 60
    with pytest.raises(SchemaError, match="train, validation, test"):
        classification.rows("all")


def test_folds_serve_scikit_learn(classification):
    from sklearn.dummy import DummyClassifier
    from sklearn.model_selection import cross_val_score

    X, y = classification.supervised("pathology")
    scores = cross_val_score(DummyClassifier(), X, y, cv=classification.folds(X.index))
    assert scores.shape == (5,)


def test_features_and_target_of_a_part(classification):
    X, y = classification.supervised("pathology", "test")
    test = classification.part("test").cycles
    assert X.index.equals(y.index)
    assert y.tolist() == test["pathology"].tolist()
    assert list(X.columns) == list(classification.supervised("pathology")[0].columns)


def test_what_gives_the_target_away_is_left_out(classification):
    X, y = classification.supervised("speed_m_s")
    assert "speed_m_s" in classification.features
    assert not {"speed_m_s", "stride_length_m"} & set(X.columns)
    assert len(X.columns) > 150
    assert y.name == "speed_m_s"


def test_cycles_without_the_target_are_left_out(walk, tmp_path):
    cycles = walk.cycles
    cycles.loc[cycles["subject"] == "sim_0002", "pathology"] = None
    gappy = type(walk)(cycles, walk.block, walk.channels, walk.history)
    with pytest.warns(LocomotionWarning) as caught:
        built = build_dataset("timeseries", tmp_path / "walk", source=gappy)
    assert "pathology is not known in 4 cycles" in str(caught[0].message)
    X, y = built.supervised("pathology")
    assert len(X) == len(y) == 56
    subjects = y.index.get_level_values("subject")
    assert "sim_0002" not in subjects
    fold = built.splits.set_index("subject")["fold"]
    for number, (train, test) in enumerate(built.folds(X.index)):
        assert set(fold[subjects[test]]) <= {number}
        assert number not in set(fold[subjects[train]])
        assert len(train) + len(test) == 56


def test_components_have_no_supervised_target(clustering, classification):
    with pytest.raises(TargetError, match="principal components"):
        clustering.supervised("pathology")
    with pytest.raises(TargetError, match="atlantis"):
        classification.supervised("atlantis")


def test_the_folder_can_be_moved(classification, tmp_path):
    moved = shutil.copytree(classification.path, tmp_path / "elsewhere" / "x")
    assert open_dataset(moved).manifest == classification.manifest

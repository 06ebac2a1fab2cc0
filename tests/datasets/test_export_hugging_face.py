import html

import numpy as np
import pandas as pd
import pyarrow.dataset as pa_dataset
import pyarrow.parquet as pq
import pytest
import yaml

from locomotion_analysis import LocomotionData
from locomotion_analysis.datasets import export
from locomotion_analysis.datasets.export import export_hugging_face
from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.selection import check_split


@pytest.fixture(scope="module")
def split(odd):
    people = sorted(set(odd.groups))
    named = dict(
        zip(people, ["test", "train", "train", "validation", "train", "test"], strict=True)
    )
    return [named[subject] for subject in odd.groups]


@pytest.fixture(scope="module")
def folder(odd, split, tmp_path_factory):
    path = tmp_path_factory.mktemp("hub") / "walk"
    export_hugging_face(odd, path, split)
    return path


@pytest.fixture(scope="module")
def front(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    return yaml.safe_load(text.split("---\n")[1])


def test_every_configured_split_has_its_files_and_no_file_is_left_over(folder, front):
    configured = front["configs"][0]["data_files"]
    assert [entry["split"] for entry in configured] == ["train", "validation", "test"]
    found = [path for entry in configured for path in folder.glob(entry["path"])]
    assert sorted(found) == sorted((folder / "data").iterdir())


def test_splits_hold_the_cycles_asked_for_and_share_no_subject(folder, odd, split):
    for name in ("train", "validation", "test"):
        data = LocomotionData.from_parquet(folder / "data" / f"{name}-00000-of-00001.parquet")
        rows = np.flatnonzero(np.array(split) == name)
        pd.testing.assert_index_equal(data.key, odd.key[rows])
        np.testing.assert_array_equal(data.block, odd.block[:, rows])
    parts = [pq.read_table(path)["subject"].to_pylist() for path in (folder / "data").iterdir()]
    for part in parts:
        check_split(part, [name for other in parts if other is not part for name in other])


def test_the_card_describes_the_columns_as_they_are(folder, front):
    described = {entry["name"]: entry for entry in front["dataset_info"]["features"]}
    table = pa_dataset.dataset(folder / "data").to_table()
    assert list(described) == table.column_names
    assert described["knee_flexion_angle_ipsi_rad"] == {
        "name": "knee_flexion_angle_ipsi_rad",
        "sequence": "float32",
        "length": 150,
    }
    assert described["subject"]["dtype"] == "string"
    assert described["site"]["dtype"] == "string"
    assert described["age"]["dtype"] == "float64"
    assert described["step"]["dtype"] == "int64"
    assert described["simulated"]["dtype"] == "bool"


def test_the_card_counts_what_is_there(folder, front, odd):
    for entry in front["dataset_info"]["splits"]:
        path = folder / "data" / f"{entry['name']}-00000-of-00001.parquet"
        assert entry["num_examples"] == pq.read_metadata(path).num_rows
        assert entry["num_bytes"] == pytest.approx(pq.read_table(path).nbytes, rel=0.05)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "| train | 3 | 12 |" in text
    assert "no person was measured" in text
    assert str(odd.history[0]) in html.unescape(text)


def test_a_column_empty_in_one_split_has_the_type_of_the_others(odd, split, tmp_path):
    only = np.where(np.array(split) == "test", 1.5, None)
    data = LocomotionData(
        odd.cycles.assign(only=pd.Series(only, dtype=object)), odd.block, odd.channels
    )
    export_hugging_face(data, tmp_path / "walk", split)
    front = yaml.safe_load((tmp_path / "walk" / "README.md").read_text("utf-8").split("---\n")[1])
    types = {entry["name"]: entry.get("dtype") for entry in front["dataset_info"]["features"]}
    assert types["only"] == "float64"


def test_without_a_split_all_is_train_and_the_card_says_so(odd, tmp_path):
    export_hugging_face(odd, tmp_path / "walk")
    assert [path.name for path in (tmp_path / "walk" / "data").iterdir()] == [
        "train-00000-of-00001.parquet"
    ]
    assert "No split was made" in (tmp_path / "walk" / "README.md").read_text("utf-8")
    assert len(LocomotionData.from_parquet(tmp_path / "walk")) == len(odd)


def test_large_splits_are_cut_into_files(odd, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_SHARD_BYTES", 600 * len(odd.channels) * 10)
    export_hugging_face(odd, tmp_path / "walk")
    files = sorted((tmp_path / "walk" / "data").iterdir())
    assert [pq.read_metadata(path).num_rows for path in files] == [10, 10, 4]
    assert files[-1].name == "train-00002-of-00003.parquet"
    np.testing.assert_array_equal(LocomotionData.from_parquet(tmp_path / "walk").block, odd.block)


def test_a_subject_in_two_splits_is_refused_and_nothing_is_written(odd, tmp_path):
    split = ["train", "test"] * (len(odd) // 2)
    with pytest.raises(SplitLeakError, match="6 subjects in both"):
        export_hugging_face(odd, tmp_path / "walk", split)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [None, "all", "my split", "../x", float("nan")])
def test_odd_names_of_splits_are_refused(odd, tmp_path, name):
    with pytest.raises(SchemaError, match="letters, digits and underscores"):
        export_hugging_face(odd, tmp_path / "walk", [name] * len(odd))


def test_a_split_of_another_length_is_refused(odd, tmp_path):
    with pytest.raises(SchemaError, match="split has 2"):
        export_hugging_face(odd, tmp_path / "walk", ["train", "test"])

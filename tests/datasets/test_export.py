"""What every format must do, the split of each subject, and columns without Python objects."""

import io
import typing

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis import LocomotionData
from locomotion_analysis.datasets.export import (
    EXPORT_FORMATS,
    ExportFormat,
    export,
    export_hugging_face,
    plain_columns,
    read_splits,
    with_splits,
)
from locomotion_analysis.errors import FileReadError, SchemaError, SplitLeakError


@pytest.fixture
def table(odd):
    people = sorted(set(odd.groups), reverse=True)
    parts = ["test", "train", "train", "validation", "train", "test"]
    return pd.DataFrame({"subject": people, "split": parts, "fold": range(6)})


def test_each_cycle_gets_the_split_of_its_subject(odd, table):
    split = with_splits(odd, table)
    of = dict(zip(table["subject"], table["split"], strict=True))
    assert split.cycles["split"].tolist() == [of[subject] for subject in odd.groups]
    pd.testing.assert_index_equal(split.key, odd.key)
    np.testing.assert_array_equal(split.block, odd.block)
    assert str(split.history[-1]) == (
        "split: by subject: test 8, train 12, validation 4 cycles (24)"
    )


def test_a_table_of_one_row_a_cycle_is_understood(odd, table):
    by_cycle = with_splits(odd, table).cycles[["subject", "split"]]
    again = with_splits(odd, by_cycle)
    assert again.cycles["split"].tolist() == by_cycle["split"].tolist()


def test_the_dataset_tells_equal_names_apart(odd):
    one = odd.take(np.flatnonzero(odd.groups == odd.groups[0]))
    other = LocomotionData(one.cycles.assign(dataset="clinic"), one.block, one.channels)
    both = LocomotionData.concat([one, other])
    table = pd.DataFrame(
        {"dataset": ["simulated", "clinic"], "subject": one.groups[0], "split": ["a", "b"]}
    )
    assert with_splits(both, table).cycles["split"].tolist() == ["a"] * 4 + ["b"] * 4


def test_an_export_follows_the_column(odd, table, tmp_path):
    export_hugging_face(with_splits(odd, table), tmp_path / "walk")
    found = {
        path.name.split("-")[0]: set(pq.read_table(path)["subject"].to_pylist())
        for path in (tmp_path / "walk" / "data").iterdir()
    }
    assert found == {name: set(part["subject"]) for name, part in table.groupby("split")}


def test_an_older_column_is_replaced_and_that_is_said(odd, table):
    twice = with_splits(with_splits(odd, table), table.assign(split="test"))
    assert set(twice.cycles["split"]) == {"test"}
    assert "column split replaced" in twice.history[-1].detail


@pytest.mark.parametrize("name", ["splits.csv", "splits.parquet"])
def test_tables_are_read_with_subjects_as_text(odd, table, tmp_path, name):
    numbered = table.assign(subject=[f"00{i}" for i in range(6)])
    path = tmp_path / name
    numbered.to_csv(path, index=False) if path.suffix == ".csv" else numbered.to_parquet(path)
    assert read_splits(path)["subject"].tolist() == numbered["subject"].tolist()


def test_a_subject_of_two_splits_is_refused(odd, table):
    again = table.assign(split="test")
    with pytest.raises(SplitLeakError, match="4 subjects with several"):
        with_splits(odd, pd.concat([table, again]))


def test_a_subject_without_a_split_is_named(odd, table):
    with pytest.raises(SchemaError, match=f"1 subject without one: {table['subject'][0]}"):
        with_splits(odd, table[1:])


def test_other_tables_are_refused(odd, table, tmp_path):
    with pytest.raises(SchemaError, match="no column split"):
        with_splits(odd, table[["subject"]])
    with pytest.raises(FileReadError, match="nothing at that path"):
        read_splits(tmp_path / "none.parquet")


LIBRARIES = {"torch": ["safetensors"], "xarray": ["xarray", "h5netcdf"]}


@pytest.fixture(params=EXPORT_FORMATS)
def name(request):
    for library in LIBRARIES.get(request.param, []):
        pytest.importorskip(library)
    return request.param


def test_the_type_names_every_format():
    assert set(typing.get_args(ExportFormat)) == set(EXPORT_FORMATS)


def test_it_writes_one_thing_and_leaves_nothing_beside_it(odd, tmp_path, name):
    export(odd, tmp_path / "folder" / "out", name)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["out"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_lies_there_is_not_touched(odd, tmp_path, name, kind):
    target = tmp_path / "out"
    target.mkdir() if kind == "folder" else target.write_text("mine")
    with pytest.raises(FileReadError, match="nothing lies yet"):
        export(odd, target, name)
    assert target.is_dir() or target.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [target]


def test_an_unknown_format_names_the_known(odd, tmp_path):
    with pytest.raises(SchemaError, match="mat, sto, xarray, hdf5, numpy, torch"):
        export(odd, tmp_path / "out", "matlab")


def test_data_without_a_curve_are_refused(odd, tmp_path, name):
    bare = LocomotionData(odd.cycles, np.empty((0, len(odd), 150)), [])
    for empty, says in ((odd.take(np.array([], dtype=int)), "0 cycles"), (bare, "0 channels")):
        with pytest.raises(SchemaError, match=says):
            export(empty, tmp_path / "out", name)
    assert not list(tmp_path.iterdir())


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(width=32), st.text()
)


@given(cells=st.lists(CELLS, min_size=1, max_size=20))
def test_any_mixture_is_stored_without_pickle(cells):
    array = plain_columns(pd.DataFrame({"c": pd.Series(cells, dtype=object)}))["c"]
    assert array.shape == (len(cells),)
    np.save(io.BytesIO(), array, allow_pickle=False)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1, 2], np.array([1, 2], dtype=np.int64)),
        ([1, None], np.array([1.0, np.nan])),
        (pd.array([2**60 + 1, 7], dtype="Int64"), np.array([2**60 + 1, 7])),
        ([True, False], np.array([True, False])),
        ([True, None], np.array([1.0, np.nan])),
        (["a", None], np.array(["a", ""])),
        (pd.Categorical(["b", "a"]), np.array(["b", "a"])),
        ([None, None], np.array(["", ""])),
    ],
)
def test_each_kind_has_its_array(cells, expected):
    array = plain_columns(pd.DataFrame({"c": pd.Series(cells)}))["c"]
    assert array.dtype.kind == expected.dtype.kind
    np.testing.assert_array_equal(array, expected)

"""Gait cycles read from files and written to them."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.parts import history_from_json, history_to_json
from locomotion_analysis.errors import (
    CycleShapeError,
    DuplicateCycleError,
    FileReadError,
    SchemaError,
)
from locomotion_analysis.ingest import convert
from locomotion_analysis.simulation import simulate

# ----------------------------------------------------------------------
# What comes from disk: both layouts, rows in any order, and every way to be wrong


def test_a_long_csv_file_may_have_an_empty_column(tmp_path):
    """Arrow reads a megabyte at a time, and cannot join what it knows of an empty column."""
    data = simulate(n_subjects=4, n_cycles=3, tasks=["level_walking"])
    path = tmp_path / "walks.csv"
    data.dataframe.assign(note=None).to_csv(path, index=False)
    assert path.stat().st_size > 2**20
    again = LocomotionData.from_csv(path)
    assert len(again) == len(data)
    assert again.cycles["note"].isna().all()


@pytest.mark.parametrize("layout", ["cycle", "long"])
def test_written_and_read_back_bit_for_bit(data, tmp_path, layout):
    path = tmp_path / "walk.parquet"
    data.to_parquet(path, layout=layout)
    again = LocomotionData.from_parquet(path)
    assert again.channels == data.channels
    np.testing.assert_array_equal(again.block, data.block)
    pd.testing.assert_frame_equal(again.cycles, data.cycles)
    assert again.history[: len(data.history)] == data.history


def test_layouts_differ_as_the_names_say(data, tmp_path):
    data.to_parquet(tmp_path / "c.parquet")
    data.to_parquet(tmp_path / "l.parquet", layout="long")
    assert pq.read_metadata(tmp_path / "c.parquet").num_rows == len(data)
    assert pq.read_metadata(tmp_path / "l.parquet").num_rows == len(data) * 150
    with pytest.raises(SchemaError, match="a layout of"):
        data.to_parquet(tmp_path / "x.parquet", layout="wide")


def test_plain_pandas_files_are_read(data, long_frame, tmp_path):
    long_frame.to_parquet(tmp_path / "plain.parquet")
    long_frame.to_csv(tmp_path / "plain.csv", index=False)
    for read in (
        LocomotionData.from_parquet(tmp_path / "plain.parquet"),
        LocomotionData.from_csv(tmp_path / "plain.csv"),
    ):
        np.testing.assert_allclose(read.block, data.block, rtol=1e-6)
        assert read.cycles["affected"].tolist() == data.cycles["affected"].tolist()


@pytest.mark.parametrize("heading", ["subject", "subject_id", "participant", "participant_id"])
def test_subject_names_keep_their_zeros_in_csv(long_frame, tmp_path, heading):
    named = long_frame.assign(subject=long_frame["subject"].map({"S1": "007", "S2": "010"}))
    named.rename(columns={"subject": heading}).to_csv(tmp_path / "zeros.csv", index=False)
    assert set(LocomotionData.from_csv(tmp_path / "zeros.csv").groups) == {"007", "010"}


MISSING_LABELS = ("", "NA", "n/a", "-", "--", " ")


@pytest.mark.parametrize("route", ["csv", "parquet", "frame"])
@pytest.mark.parametrize("blank", MISSING_LABELS)
def test_a_label_that_says_there_is_none_is_missing(long_frame, tmp_path, route, blank):
    subjects = long_frame["subject"].unique()
    label = dict(zip(subjects, ["stroke", blank, *["none"] * len(subjects)], strict=False))
    frame = long_frame.assign(aid=long_frame["subject"].map(label))
    if route == "csv":
        frame.to_csv(tmp_path / "walk.csv", index=False)
        data = LocomotionData.from_csv(tmp_path / "walk.csv")
    elif route == "parquet":
        frame.to_parquet(tmp_path / "walk.parquet")
        data = LocomotionData.from_parquet(tmp_path / "walk.parquet")
    else:
        data = LocomotionData.from_dataframe(frame)
    found = data.cycles.groupby("subject")["aid"].first()
    assert found[found.notna()].to_dict() == {n: t for n, t in label.items() if t != blank}


@pytest.mark.parametrize("route", ["csv", "frame"])
@pytest.mark.parametrize("blank", MISSING_LABELS)
def test_a_missing_subject_is_nobody(long_frame, tmp_path, route, blank):
    first = long_frame["subject"].iloc[0]
    frame = long_frame.assign(subject=long_frame["subject"].replace(first, blank))
    frame.to_csv(tmp_path / "walk.csv", index=False)
    with pytest.raises(SchemaError, match="a value of subject for every cycle"):
        if route == "csv":
            LocomotionData.from_csv(tmp_path / "walk.csv")
        else:
            LocomotionData.from_dataframe(frame)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_csv_of_another_encoding_is_refused(long_frame, tmp_path, encoding):
    path = tmp_path / "walk.csv"
    frame = long_frame.assign(pathology="L\u00e4hmung")
    frame.to_csv(path, index=False, encoding=encoding)
    with pytest.raises(FileReadError, match="UTF-8") as caught:
        LocomotionData.from_csv(path)
    assert str(path) in caught.value.where
    assert caught.value.where.endswith("line 2" if encoding == "latin-1" else "line 1")


def test_text_stored_as_bytes_is_text(long_frame, tmp_path):
    frame = long_frame.assign(
        subject=long_frame["subject"].str.encode("utf-8"), pathology="L\u00e4hmung".encode()
    )
    frame.to_parquet(tmp_path / "walk.parquet")
    data = LocomotionData.from_parquet(tmp_path / "walk.parquet")
    assert set(data.groups) == set(long_frame["subject"])
    assert set(data.cycles["pathology"]) == {"L\u00e4hmung"}
    with pytest.raises(SchemaError, match="UTF-8"):
        LocomotionData.from_dataframe(frame.assign(pathology=b"L\xe4hmung"))


def test_a_folder_is_joined(data, tmp_path):
    folder = tmp_path / "lab"
    folder.mkdir()
    data.take(range(4)).to_parquet(folder / "a.parquet")
    data.take(range(4, 8)).to_parquet(folder / "b.parquet", layout="long")
    again = LocomotionData.from_parquet(folder)
    np.testing.assert_array_equal(again.block, data.block)
    (folder / "c.parquet").write_bytes((folder / "a.parquet").read_bytes())
    with pytest.raises(DuplicateCycleError, match="lab"):
        LocomotionData.from_parquet(folder)


def test_degrees_and_aliases_are_converted_and_recorded(long_frame):
    frame = long_frame.rename(
        columns={
            "phase_ipsi": "phase_percent",
            "subject": "subject_id",
            "grf_vertical_ipsi_BW": "vertical_grf_ipsi_BW",
        }
    )
    frame["hip_flexion_angle_ipsi_deg"] = 90.0
    data = LocomotionData.from_dataframe(frame)
    np.testing.assert_allclose(data.curves("hip_flexion_angle_ipsi_rad"), np.pi / 2, rtol=1e-6)
    text = " | ".join(map(str, data.history))
    for part in ("phase_percent -> phase_ipsi", "subject_id -> subject", "factor 0.0174532925"):
        assert part in text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_rows_in_any_order_give_the_same_cycles(data, long_frame, seed):
    again = LocomotionData.from_dataframe(long_frame.sample(frac=1.0, random_state=seed))
    assert any(entry.action == "reordered" for entry in again.history)
    order = again.key.get_indexer(data.key)
    np.testing.assert_array_equal(again.take(order).block, data.block)


def test_columns_that_change_within_a_cycle_are_dropped_and_named(long_frame):
    frame = long_frame.assign(
        emg_tibialis=np.arange(len(long_frame)), note=np.resize(["a", "b"], len(long_frame))
    )
    data = LocomotionData.from_dataframe(frame)
    assert not {"emg_tibialis", "note"} & set(data.cycles)
    text = " | ".join(map(str, data.history))
    assert "column emg_tibialis" in text
    assert "column note" in text


KNEE = "knee_flexion_angle_ipsi_rad"


def _text_in(frame, dtype, value):
    values = frame[KNEE].astype(dtype)
    values[5] = value
    return frame.assign(**{KNEE: values})


WRONG = {
    "149 rows": lambda f: f.drop(index=f.index[200]),
    "101 rows": lambda f: f[f.groupby(["subject", "task", "step"]).cumcount() < 101],
    "duplicate": lambda f: pd.concat([f, f[:150]]),
    "duplicate row": lambda f: f.assign(phase_ipsi=f["phase_ipsi"].where(f.index != 7, 0.0)),
    "outside": lambda f: f.assign(phase_ipsi=f["phase_ipsi"] * 1.5),
    "fraction": lambda f: f.assign(phase_ipsi=f["phase_ipsi"] / 100),
    "other grid": lambda f: f.assign(phase_ipsi=np.tile(np.arange(150) / 1.5, 8)),
    "nan phase": lambda f: f.assign(phase_ipsi=f["phase_ipsi"].where(f.index != 3)),
    "text": lambda f: _text_in(f, "str", "n/a?"),
    "mixed": lambda f: _text_in(f, object, "broken"),
    "no subject": lambda f: f.drop(columns="subject"),
    "empty subject": lambda f: f.assign(subject=f["subject"].where(f["subject"] != "S2")),
    "no phase": lambda f: f.drop(columns="phase_ipsi"),
    "no channel": lambda f: f[["subject", "task", "step", "phase_ipsi"]],
    "time": lambda f: f.drop(columns="phase_ipsi").assign(time_s=0.0),
    "twice": lambda f: f.assign(**{KNEE.replace("_rad", "_deg"): 1.0}),
    "empty": lambda f: f[:0],
}


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("149 rows", CycleShapeError, r"149 rows \(1 of 8.*\n.*subject=S1, task=level_walking"),
        ("101 rows", CycleShapeError, r"101 rows \(8 of 8"),
        ("duplicate", DuplicateCycleError, "subject=S1"),
        ("duplicate row", CycleShapeError, "phase grid"),
        ("outside", SchemaError, "from 0 to 100"),
        ("fraction", SchemaError, "multiply the column by 100"),
        ("other grid", CycleShapeError, "phase grid"),
        ("nan phase", SchemaError, "row 3"),
        ("text", SchemaError, r"text 'n/a\?' in row 5"),
        ("mixed", SchemaError, "text 'broken' in row 5"),
        ("no subject", SchemaError, "no column subject"),
        ("empty subject", SchemaError, "a value of subject for every cycle"),
        ("no phase", SchemaError, "a column phase_ipsi"),
        ("no channel", SchemaError, "at least one channel"),
        ("time", SchemaError, "locomotion convert"),
        ("twice", SchemaError, "one column a channel"),
        ("empty", SchemaError, "at least one gait cycle"),
    ],
)
def test_wrong_tables_get_one_clear_error(long_frame, tmp_path, kind, error, message):
    frame = WRONG[kind](long_frame)
    with pytest.raises(error, match=message):
        LocomotionData.from_dataframe(frame)
    path = tmp_path / "wrong.parquet"
    arrays = {name: pa.array(frame[name], from_pandas=True) for name in frame if kind != "mixed"}
    if arrays:
        pq.write_table(pa.table(arrays), path)
        with pytest.raises(error, match=r"wrong\.parquet"):
            LocomotionData.from_parquet(path)


def test_wrong_files_get_one_clear_error(data, tmp_path):
    with pytest.raises(FileReadError, match="nothing at that path"):
        LocomotionData.from_parquet(tmp_path / "absent.parquet")
    with pytest.raises(FileReadError, match="no file that ends in"):
        LocomotionData.from_parquet(tmp_path)
    path = tmp_path / "x.parquet"
    path.write_bytes(b"")
    with pytest.raises(FileReadError, match="an empty file"):
        LocomotionData.from_parquet(path)
    path.write_text("subject,task\n")
    with pytest.raises(FileReadError, match="a file of another kind"):
        LocomotionData.from_parquet(path)
    data.to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileReadError, match="cut off or damaged"):
        LocomotionData.from_parquet(path)
    with pytest.raises(FileReadError, match="a CSV file"):
        LocomotionData.from_csv(tmp_path / "absent.csv")
    (tmp_path / "ragged.csv").write_text("a,b\n1\n2,3,4\n")
    with pytest.raises(FileReadError, match="as many values in each row"):
        LocomotionData.from_csv(tmp_path / "ragged.csv")


def test_a_changed_byte_in_a_curve_is_noticed(data, tmp_path):
    path = tmp_path / "x.parquet"
    data.to_parquet(path)
    meta = pq.read_metadata(path).row_group(0)
    curve = meta.column(meta.num_columns - 1)
    whole = bytearray(path.read_bytes())
    whole[curve.data_page_offset + curve.total_compressed_size // 2] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(FileReadError, match="cut off or damaged"):
        LocomotionData.from_parquet(path)


def test_cycle_layout_with_lists_of_another_length_or_type(data, tmp_path):
    path = tmp_path / "c.parquet"
    key = {"subject": ["S"], "task": ["run"], "step": [0]}
    name = "hip_power_ipsi_W_kg"
    pq.write_table(pa.table({**key, name: pa.array([[0.0] * 101])}), path)
    with pytest.raises(CycleShapeError, match="101 values"):
        LocomotionData.from_parquet(path)
    pq.write_table(pa.table({**key, name: pa.array([[0.5] * 150])}), path)
    np.testing.assert_array_equal(LocomotionData.from_parquet(path).curves(name), 0.5)
    pq.write_table(
        pa.table(
            {
                "subject": ["S", "S"],
                "task": ["run", "run"],
                "step": [0, 1],
                name: pa.array([None, [0.5] * 150]),
            }
        ),
        path,
    )
    read = LocomotionData.from_parquet(path).curves(name)
    assert np.isnan(read[0]).all()
    np.testing.assert_array_equal(read[1], 0.5)
    pq.write_table(
        pa.table({**key, name: pa.array([[0.5] * 150]), "hip_power_contra_W_kg": [1.0]}), path
    )
    with pytest.raises(SchemaError, match="a list of 150 numbers"):
        LocomotionData.from_parquet(path)


@pytest.mark.parametrize("layout", ["cycle", "long"])
@pytest.mark.parametrize("row_group", [1, 149, 1000])
def test_scan_cuts_at_cycles_whatever_the_row_groups(data, tmp_path, layout, row_group):
    path = tmp_path / "walk.parquet"
    data.to_parquet(path, layout=layout)
    table = pq.read_table(path)
    pq.write_table(table, path, row_group_size=row_group)
    pieces = list(LocomotionData.scan(path, batch_cycles=3))
    assert all(len(piece) <= 3 for piece in pieces)
    joined = LocomotionData.concat(pieces)
    np.testing.assert_array_equal(joined.block, data.block)
    pd.testing.assert_frame_equal(joined.cycles, data.cycles)


def test_a_file_without_rows_is_refused_by_scan_as_by_from_parquet(data, tmp_path):
    path = tmp_path / "none.parquet"
    data.dataframe.iloc[:0].to_parquet(path)
    for read in (LocomotionData.from_parquet, lambda path: list(LocomotionData.scan(path))):
        with pytest.raises(SchemaError, match=r"table without rows(?s:.*)none\.parquet"):
            read(path)


def test_scan_names_the_file_that_is_wrong(data, long_frame, tmp_path):
    path = tmp_path / "short.parquet"
    long_frame[:-1].to_parquet(path)
    with pytest.raises(CycleShapeError, match=r"short\.parquet"):
        list(LocomotionData.scan(path))


def test_real_files_of_the_field_are_read(shared_data):
    hip = LocomotionData.from_parquet(shared_data / "standard" / "hip_oa_phase.parquet")
    assert (len(hip), len(set(hip.groups))) == (556, 186)
    run = LocomotionData.from_parquet(shared_data / "standard" / "running_phase.parquet")
    assert (len(run), len(set(run.groups)), len(run.channels)) == (1614, 46, 3)
    assert run.cycles["treadmill"].all()
    frame = pd.read_parquet(shared_data / "standard" / "running_phase.parquet")
    name = "knee_flexion_angle_ipsi_rad"
    np.testing.assert_allclose(run.curves(name).ravel(), frame[name], rtol=1e-6)


def test_features_without_curves_are_told_where_they_go(tmp_path):
    pd.DataFrame({"subject": ["S1"], "class": ["a"], "peak1": [1.0]}).to_csv(
        tmp_path / "features.csv", index=False
    )
    with pytest.raises(SchemaError, match=r"LocomotionData\.from_features"):
        LocomotionData.from_csv(tmp_path / "features.csv")


@pytest.mark.parametrize("phase", ["phase_ipsi", "phase", "gait_cycle_percent"])
def test_convert_takes_the_csv_that_from_csv_takes(data, long_frame, tmp_path, phase):
    long_frame.rename(columns={"phase_ipsi": phase}).to_csv(tmp_path / "walk.csv", index=False)
    converted = convert([tmp_path / "walk.csv"]).data
    np.testing.assert_allclose(converted.block, data.block, rtol=1e-6)


# ----------------------------------------------------------------------
# A writer leaves the old file whole or the new one, never a part


def test_a_folder_is_not_written_over(data, tmp_path):
    with pytest.raises(FileReadError, match="a folder"):
        data.to_parquet(tmp_path)


_WRITE_FOREVER = """
import sys, numpy as np, pandas as pd
from locomotion_analysis import LocomotionData
n = 3000
cycles = pd.DataFrame({"subject": "S", "task": "run", "step": range(n)})
data = LocomotionData(cycles, np.random.default_rng(0).normal(size=(2, n, 150)),
                      ["hip_power_ipsi_W_kg", "knee_power_ipsi_W_kg"])
while True:
    data.to_parquet(sys.argv[1])
    print("x", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a POSIX signal")
def test_a_killed_writer_leaves_a_readable_file(tmp_path):
    path = tmp_path / "out.parquet"
    for pause in (0.0, 0.05, 0.11):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITE_FOREVER, str(path)], stdout=subprocess.PIPE
        )
        process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert len(LocomotionData.from_parquet(path)) == 3000


def test_history_survives_json():
    entries = (HistoryEntry("dropped", "column «a»", 3), HistoryEntry("read", "b"))
    assert history_from_json(history_to_json(entries)) == entries
    assert isinstance(json.loads(history_to_json(entries)), list)


@pytest.mark.parametrize("layout", ["cycle", "long"])
def test_a_truth_value_that_is_missing_stays_one(layout, tmp_path):
    data = simulate(4, 2, ["level_walking"], ["healthy", "fall_risk"])
    assert data.cycles["faller"].isna().any()
    data.to_parquet(tmp_path / "walk.parquet", layout=layout)
    again = LocomotionData.from_parquet(tmp_path / "walk.parquet").cycles["faller"]
    assert again.dtype == "boolean"
    assert again.isna().tolist() == data.cycles["faller"].isna().tolist()


@pytest.mark.parametrize("layout", ["cycle", "long"])
def test_an_empty_selection_is_refused_and_leaves_the_old_file(data, layout, tmp_path):
    path = tmp_path / "walk.parquet"
    data.to_parquet(path)
    with pytest.raises(SchemaError, match="at least one gait cycle to write"):
        data.take([]).to_parquet(path, layout=layout)
    assert len(LocomotionData.from_parquet(path)) == len(data)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [b"{", b"null", b"[1]", b'[{"action": 1, "detail": "x"}]', b'[{"a": 1}]', b"\xff", b"[" * 9999],
)
def test_a_damaged_history_is_named_with_its_file(tmp_path, content):
    path = tmp_path / "cycles.parquet"
    simulate(1, 1, ["level_walking"], ["healthy"]).to_parquet(path)
    table = pq.read_table(path)
    (key,) = table.schema.metadata
    pq.write_table(table.replace_schema_metadata({key: content}), path)
    for read in (LocomotionData.from_parquet, lambda place: [*LocomotionData.scan(place)]):
        with pytest.raises(FileReadError, match=r"(?s)a history.*cycles\.parquet"):
            read(path)


def test_names_of_columns_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "cycles.parquet"
    simulate(1, 1, ["level_walking"], ["healthy"]).to_parquet(path)
    path.write_bytes(path.read_bytes().replace(b"cycle_duration_s", b"cycle_duration_\xff"))
    with pytest.raises(FileReadError, match=r"(?s)damaged.*cycles\.parquet"):
        LocomotionData.from_parquet(path)


@pytest.mark.parametrize("heading", ["Subject", "SubjectID", "patient_id", "Proband-Nr"])
def test_other_headings_of_the_subject_are_understood(long_frame, tmp_path, heading):
    named = long_frame.assign(subject=long_frame["subject"].map({"S1": "007", "S2": "010"}))
    named.rename(columns={"subject": heading}).to_csv(tmp_path / "walk.csv", index=False)
    assert set(LocomotionData.from_csv(tmp_path / "walk.csv").groups) == {"007", "010"}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"PAR1\0", "from_parquet"),
        (b"PK\3\4", "save its sheet as CSV"),
        (b"\x1f\x8b\x08", "unpack"),
    ],
)
def test_files_of_another_kind_are_no_csv(tmp_path, raw, message):
    (tmp_path / "walk.csv").write_bytes(raw)
    with pytest.raises(FileReadError, match=message):
        LocomotionData.from_csv(tmp_path / "walk.csv")


def test_channels_of_both_legs_without_a_time_are_told_what_is_missing(tmp_path):
    table = pd.DataFrame({"subject": "S1", "time_ms": [0, 10], "knee_flexion_angle_left_rad": 0.0})
    table.to_parquet(tmp_path / "walk.parquet")
    with pytest.raises(SchemaError, match="time_s in seconds"):
        LocomotionData.from_parquet(tmp_path / "walk.parquet")


# What other programs write


@pytest.mark.parametrize("kind", [pa.uint32(), pa.uint8(), pa.int8()])
def test_categories_numbered_without_a_sign_are_read(long_frame, tmp_path, kind):
    """Polars writes pl.Categorical and pl.Enum so."""
    table = pa.Table.from_pandas(long_frame.assign(group="a"), preserve_index=False)
    for name in ("subject", "task", "group"):
        codes = table[name].combine_chunks().dictionary_encode()
        codes = pa.DictionaryArray.from_arrays(codes.indices.cast(kind), codes.dictionary)
        table = table.set_column(table.column_names.index(name), name, codes)
    pq.write_table(table, tmp_path / "walk.parquet")
    data = LocomotionData.from_parquet(tmp_path / "walk.parquet")
    plain = LocomotionData.from_dataframe(long_frame.assign(group="a"))
    assert data.groups.tolist() == plain.groups.tolist()
    np.testing.assert_array_equal(data.block, plain.block)
    assert set(data.cycles["group"]) == {"a"}


@pytest.mark.parametrize("layout", ["cycle", "long"])
def test_decimal_numbers_of_a_database_are_numbers(data, tmp_path, layout):
    path = tmp_path / "walk.parquet"
    data.to_parquet(path, layout=layout)
    table = pq.read_table(path)
    place = table.column_names.index("step")
    mass = pa.array([70.125] * len(table)).cast(pa.decimal128(9, 3))
    table = table.set_column(place, "step", table["step"].cast(pa.decimal128(20, 0)))
    pq.write_table(table.append_column("weight_lbs", mass), path)
    again = LocomotionData.from_parquet(path)
    assert again.cycles["step"].tolist() == data.cycles["step"].tolist()
    np.testing.assert_allclose(again.cycles["mass_kg"], 70.125 * 0.45359237, atol=1e-6)


def test_a_column_of_complex_numbers_is_refused_by_name(long_frame):
    with pytest.raises(SchemaError, match=r"complex128 values[\s\S]*column spectrum"):
        LocomotionData.from_dataframe(long_frame.assign(spectrum=1j))


@pytest.mark.parametrize(
    "packed",
    [
        "gender:female,weight_kg:70,5",
        "sex=F;mass_kg=70.5",
        '{"sex": "female", "weight_kg": 70.5}',
        "sex: f | mass_kg: 70.5",
    ],
)
def test_packed_values_are_read_however_pairs_are_parted(long_frame, packed):
    cycles = LocomotionData.from_dataframe(long_frame.assign(subject_metadata=packed)).cycles
    assert set(cycles["sex"]) == {"female"}
    np.testing.assert_array_equal(cycles["mass_kg"].to_numpy(float), 70.5)
    assert "subject_metadata" not in cycles


def test_a_packed_column_without_pairs_stays_and_is_said(long_frame):
    data = LocomotionData.from_dataframe(long_frame.assign(subject_metadata="see table 2"))
    assert set(data.cycles["subject_metadata"]) == {"see table 2"}
    assert any("no pairs" in entry.detail for entry in data.history)


@pytest.mark.parametrize(("name", "value"), [("side", 1), ("side", "LHS"), ("sex", 2)])
def test_a_side_or_sex_in_unknown_words_is_said(long_frame, name, value):
    data = LocomotionData.from_dataframe(long_frame.assign(**{name: value}))
    details = [entry.detail for entry in data.history if entry.action == "doubtful"]
    assert any(detail.startswith(f"{name}: {value}, neither") for detail in details)


@pytest.mark.parametrize("marks", [{"sep": ";", "decimal": ","}, {"sep": "\t"}, {}])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_cycles_as_text_are_converted_whatever_parts_their_columns(
    long_frame, tmp_path, marks, encoding
):
    columns = ["phase_ipsi", *(name for name in long_frame if name != "phase_ipsi")]
    path = tmp_path / "walk.csv"
    long_frame[columns].to_csv(path, index=False, encoding=encoding, **marks)
    data = convert(path).data
    expected = LocomotionData.from_dataframe(long_frame)
    np.testing.assert_allclose(data.block, expected.block, atol=1e-6)
    assert data.groups.tolist() == expected.groups.tolist()

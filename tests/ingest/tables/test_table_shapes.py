"""Points down the rows, several heading rows, stacked quantities, one-hot codes."""

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from locomotion_analysis.errors import CycleShapeError, FileReadError, SchemaError
from locomotion_analysis.ingest import ColumnMap, ReadOptions, convert
from locomotion_analysis.ingest.tables.mapped import TableReader

KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


def read(path, text):
    place = path.parent / "map.yaml"
    place.write_text(text)
    return TableReader().read(path, ReadOptions(column_map=ColumnMap.from_yaml(place)))


def said(data):
    return "\n".join(map(str, data.history))


def write(path, columns, *above, end="\t"):
    """A table with the points down the rows, under heading rows."""
    rows = [*above, *zip(*columns, strict=True)]
    path.write_text("\n".join(end.join(map(str, row)) for row in rows) + "\n")
    return path


PHASE = np.arange(101)


def ramp(top):
    return [f"{top * k / 100:.4f}" for k in PHASE]


# --- points down the rows -------------------------------------------------------------------

DOWN = """\
layout: curves
points: 101
channels:
  knee_flexion_angle_ipsi_rad: {columns: "{subject}_{trial:d}_knee", unit: deg}
  hip_flexion_angle_ipsi_rad: {columns: "{subject}_{trial:d}_hip", unit: deg}
cycles:
  subject: {column: subject}
  task: run
  step: {column: trial}
"""
NAMES = [("A", 1), ("A", 2), ("B", 1)]


def down(tmp_path, hips=NAMES):
    heading = ["percent", *(f"{s}_{t}_knee" for s, t in NAMES), *(f"{s}_{t}_hip" for s, t in hips)]
    tops = [10, 20, 30, 40, 50, 60]
    return write(tmp_path / "a.txt", [PHASE, *map(ramp, tops)], heading)


def test_one_column_a_cycle_whose_name_says_which(tmp_path):
    data = read(down(tmp_path), DOWN)
    assert list(zip(data.cycles["subject"], data.cycles["step"], strict=True)) == NAMES
    for channel, tops in ((KNEE, [10, 20, 30]), (HIP, [40, 50, 60])):
        wanted = np.outer(tops, np.linspace(0, 1, 150))
        np.testing.assert_allclose(np.rad2deg(data.curves(channel)), wanted, atol=1e-3)
    assert "points down the rows, one column a cycle" in said(data)


def test_the_channels_name_the_same_cycles(tmp_path):
    with pytest.raises(SchemaError, match="the same cycles, in the same order"):
        read(down(tmp_path, hips=[("A", 1), ("B", 1), ("A", 2)]), DOWN)


def test_a_pattern_that_takes_the_axis_for_a_curve_is_refused(tmp_path):
    curved = [f"{60 * np.sin(k / 30):.4f}" for k in PHASE]
    path = write(tmp_path / "a.txt", [PHASE, curved, curved], ["x", "1", "2"])
    text = DOWN.replace('"{subject}_{trial:d}_knee"', '"{n}"').replace("{column: subject}", "A")
    text = "\n".join(line for line in text.splitlines() if "hip" not in line)
    text = text.replace("{column: trial}", "{column: n}")
    with pytest.raises(SchemaError, match="got: x, which rises evenly"):
        read(path, text)
    assert read(path, text.replace("{n}", "{n:d}")).cycles["step"].tolist() == [1, 2]


def test_one_file_a_cycle_one_column_a_channel(tmp_path):
    path = write(tmp_path / "P3_2.csv", [ramp(60), ramp(30)], ["knee", "hip"], end=",")
    text = """\
layout: curves
points: 101
channels:
  knee_flexion_angle_ipsi_rad: {column: knee, unit: deg}
  hip_flexion_angle_ipsi_rad: {column: hip, unit: deg}
cycles:
  subject: {file_name: "^(.*)_"}
  task: run
  step: {file_name: "_([0-9]+)"}
"""
    data = read(path, text)
    assert (data.cycles["subject"][0], int(data.cycles["step"][0])) == ("P3", 2)
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[0, -1]), 60.0, rtol=1e-5)
    with pytest.raises(CycleShapeError, match="51 points a curve"):
        read(path, text.replace("101", "51"))


# --- several heading rows -------------------------------------------------------------------

VISUAL3D = """\
layout: curves
points: 101
text: {header_rows: 5}
channels:
  knee_flexion_angle_ipsi_rad:
    {columns: "C:/data/{file}.c3d|Right Knee Angle|LINK_MODEL_BASED|ORIGINAL|X", unit: deg}
cycles:
  subject: P1
  task: level_walking
  trial: {column: file}
"""


def visual3d(tmp_path):
    above = []
    files = [f"C:/data/walk{k}.c3d" for k in (1, 1, 1, 2, 2, 2)]
    for first, cells in (
        ("", files),
        ("", ["Right Knee Angle"] * 6),
        ("", ["LINK_MODEL_BASED"] * 6),
        ("", ["ORIGINAL"] * 6),
        ("ITEM", list("XYZXYZ")),
    ):
        above.append([first, *cells])
    curves = [ramp(top) for top in (60, 5, 7, 50, 4, 8)]
    return write(tmp_path / "export.txt", [PHASE + 1, *curves], *above)


def test_five_heading_rows_of_an_export(tmp_path):
    data = read(visual3d(tmp_path), VISUAL3D)
    assert data.cycles["trial"].tolist() == ["walk1", "walk2"]
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[:, -1]), [60, 50], rtol=1e-5)


def test_heading_rows_that_are_not_stated_are_counted_in_the_message(tmp_path):
    with pytest.raises(SchemaError, match="more than once") as caught:
        read(visual3d(tmp_path), VISUAL3D.replace("text: {header_rows: 5}\n", ""))
    assert "header_rows: 5" in caught.value.fix
    path = write(tmp_path / "a.csv", [ramp(60), ramp(30)], ["knee", "hip"], ["deg", "deg"])
    text = "layout: curves\npoints: 101\nchannels: {KNEE: {column: knee, unit: deg}}\n".replace(
        "KNEE", KNEE
    )
    text += "cycles: {subject: A, task: run}\n"
    with pytest.raises(SchemaError, match="'deg', 'deg'") as caught:
        read(path, text)
    assert "header_rows: 2" in caught.value.fix
    assert "line 2" in caught.value.where
    two = text.replace("column: knee", "column: knee|deg") + "text: {header_rows: 2}\n"
    assert len(read(path, two)) == 1


def test_a_merged_heading_over_left_and_right(tmp_path):
    above = [["", "Left", "", "Right", ""], ["%", "knee", "hip", "knee", "hip"]]
    path = write(tmp_path / "a.csv", [PHASE, *map(ramp, (10, 20, 30, 40))], *above, end=";")
    text = """\
layout: curves
points: 101
text: {header_rows: 2}
channels:
  knee_flexion_angle_ipsi_rad: {columns: "{side}|knee", unit: deg}
cycles:
  subject: P1
  task: run
  side: {column: side, map: {Left: left, Right: right}}
"""
    data = read(path, text)
    assert data.cycles["side"].tolist() == ["left", "right"]
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[:, -1]), [10, 30], rtol=1e-5)


def test_a_first_row_of_missing_values_is_no_heading(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("who,k0,k1,k2\nA,NA,NA,NA\nB,1,2,3\nC,2,3,4\n")
    text = "layout: curves\nchannels: {KNEE: {columns: 'k{point}'}}\n".replace("KNEE", KNEE)
    data = read(path, text + "cycles: {subject: {column: who}, task: run}\n")
    assert np.isnan(data.curves(KNEE)[0]).all()
    np.testing.assert_allclose(data.curves(KNEE)[1:, -1], [3, 4])


def test_one_word_among_numbers_is_no_heading(tmp_path):
    (tmp_path / "people.csv").write_text("id,score\nA,not done\nB,3\nC,4\n")
    np.savez(tmp_path / "a.npz", X=np.zeros((3, 150)), who=np.array(list("ABC")))
    text = "layout: curves\nchannels: {KNEE: {array: X}}\n".replace("KNEE", KNEE)
    text += "join: {file: people.csv, match: {id: who}}\n"
    text += "cycles: {subject: {column: who}, task: run, score: {column: score}}\n"
    assert read(tmp_path / "a.npz", text).cycles["score"].tolist() == ["not done", "3", "4"]


# --- stacked quantities ---------------------------------------------------------------------

STACKED = """\
layout: curves
channels:
  knee_flexion_angle_ipsi_rad: {columns: "p{point}", rows: {what: knee}, unit: deg}
  hip_flexion_angle_ipsi_rad: {columns: "p{point}", rows: {what: hip}, unit: deg}
cycles:
  subject: {column: who}
  task: run
"""


def stacked(tmp_path, rows):
    lines = ["who,what," + ",".join(f"p{k}" for k in range(3))]
    lines += [f"{who},{what},{top / 2},{top / 4},{top}" for who, what, top in rows]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_quantities_stacked_in_rows(tmp_path):
    rows = [("A", "knee", 60), ("A", "hip", 30), ("B", "hip", 35), ("B", "knee", 65)]
    rows += [("A", "ankle", 9), ("A", "knee", 61), ("A", "hip", 31), ("C", "knee", 70)]
    data = read(stacked(tmp_path, rows), STACKED)
    ends = dict(
        zip(
            zip(data.cycles["subject"], data.cycles["step"], strict=True),
            np.rad2deg(np.stack([data.curves(KNEE), data.curves(HIP)])[:, :, -1]).T.round(3),
            strict=True,
        )
    )
    assert ends["A", 0].tolist() == [60, 30]
    assert ends["A", 1].tolist() == [61, 31]
    assert ends["B", 0].tolist() == [65, 35]
    np.testing.assert_array_equal(ends["C", 0], [70, np.nan])
    assert "channels without a row in a cycle: missing there (1)" in said(data)
    assert "quantities stacked by what" in said(data)


@pytest.mark.parametrize(
    ("rows", "extra", "message"),
    [
        ([("A", "knee", 1), ("B", "knee", 2)], "", "rows of hip_flexion"),
        ([("A", "knee", 1), ("B", "hip", 2)], "", "no two that do"),
        ([("A", "knee", 1), ("A", "knee", 2), ("A", "hip", 2)], "  step: 0\n", "one row of knee"),
    ],
)
def test_stacked_rows_that_do_not_fit_are_refused(tmp_path, rows, extra, message):
    with pytest.raises(SchemaError, match=message):
        read(stacked(tmp_path, rows), STACKED + extra)


def test_quantities_stacked_in_a_long_table(tmp_path):
    lines = ["who,what,pct,value"]
    for who, top in (("A", 60), ("B", 50)):
        for what, share in (("knee", 1.0), ("hip", 0.5)):
            lines += [f"{who},{what},{p},{share * top * p / 100}" for p in range(0, 101, 5)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n")
    text = """\
layout: long
phase: {column: pct}
channels:
  knee_flexion_angle_ipsi_rad: {column: value, rows: {what: knee}, unit: deg}
  hip_flexion_angle_ipsi_rad: {column: value, rows: {what: hip}, unit: deg}
cycles: {subject: {column: who}, task: run, step: 0}
"""
    data = read(path, text)
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[:, -1]), [60, 50], rtol=1e-5)
    np.testing.assert_allclose(np.rad2deg(data.curves(HIP)[:, -1]), [30, 25], rtol=1e-5)


@pytest.mark.parametrize("text_table", [True, False])
def test_quantities_side_by_side_in_one_row(tmp_path, text_table):
    one = np.concatenate([np.linspace(0, top, 51) for top in (30, 60)])
    text = """\
layout: curves
points: 51
channels:
  hip_flexion_angle_ipsi_rad: {SOURCE, begin: 0, unit: deg}
  knee_flexion_angle_ipsi_rad: {SOURCE, begin: 51, unit: deg}
cycles: {subject: {column: who}, task: run}
"""
    if text_table:
        path = tmp_path / "a.csv"
        heading = "who," + ",".join(f"v{k}" for k in range(102))
        path.write_text(heading + "\nA," + ",".join(map(str, one)) + "\n")
        text = text.replace("SOURCE", "columns: 'v{point}'")
    else:
        path = tmp_path / "a.npz"
        np.savez(path, X=one[None], who=np.array(["A"]))
        text = text.replace("SOURCE", "array: X")
    data = read(path, text)
    np.testing.assert_allclose(np.rad2deg(data.curves(HIP)[0, [0, -1]]), [0, 30], atol=1e-4)
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[0, [0, -1]]), [0, 60], atol=1e-4)
    with pytest.raises(CycleShapeError, match="51 points from place 52 on"):
        read(path, text.replace("begin: 51", "begin: 52"))


# --- MATLAB 4 -------------------------------------------------------------------------------


def test_a_file_of_matlab_4(tmp_path):
    path = tmp_path / "old.dat"
    knee = np.linspace(0, 60, 101)[None] * [[1.0], [0.5]]
    savemat(path, {"knee": knee, "who": np.array(["A", "BB"])}, format="4", appendmat=False)
    assert TableReader().recognises(path, path.read_bytes()[:4096])
    text = "layout: curves\nchannels: {KNEE: {array: knee, unit: deg}}\n".replace("KNEE", KNEE)
    data = read(path, text + "cycles: {subject: {column: who}, task: run}\n")
    assert data.cycles["subject"].tolist() == ["A", "BB"]
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[:, -1]), [60, 30], rtol=1e-5)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(FileReadError, match=r"MATLAB file \(version 4 to 7.3\)"):
        read(path, text + "cycles: {subject: A, task: run}\n")


# --- one-hot codes --------------------------------------------------------------------------

ONE_HOT = """\
layout: curves
channels: {knee_flexion_angle_ipsi_rad: {array: X}}
cycles:
  subject: {one_hot: S, entries: people}
  task: {one_hot: T, map: {0: level_walking, 1: run}}
  pathology: {one_hot: P}
"""
S = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
T = np.array([[1, 0], [0, 1], [1, 0], [1, 0]], dtype=bool)
P = np.array([[0.0, 1.0], [np.nan, np.nan], [0.0, 0.0], [1.0, 0.0]])


def one_hot(tmp_path, text=ONE_HOT, **changed):
    arrays = {"X": np.zeros((4, 150)), "S": S, "T": T, "P": P, "people": np.array(list("ABC"))}
    np.savez(tmp_path / "a.npz", **arrays | changed)
    return read(tmp_path / "a.npz", text)


def test_matrices_of_zeros_and_ones_name_subject_task_and_class(tmp_path):
    data = one_hot(tmp_path)
    assert data.cycles["subject"].tolist() == ["B", "A", "C", "B"]
    assert data.cycles["task"].tolist() == [
        "level_walking",
        "run",
        "level_walking",
        "level_walking",
    ]
    np.testing.assert_array_equal(data.cycles["pathology"].to_numpy(float), [1, np.nan, np.nan, 0])
    assert "P: rows without a 1 are missing (2)" in said(data)
    turned = one_hot(tmp_path, S=S.T, T=T.T)
    assert turned.cycles["subject"].tolist() == ["B", "A", "C", "B"]


def test_columns_of_a_text_table_may_be_a_one_hot_code(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "subject_S01,subject_S02,k0,k1,walk,run\nTrue,False,0,1,1,0\nFalse,True,0,2,0,1\n"
    )
    text = """\
layout: curves
channels: {knee_flexion_angle_ipsi_rad: {columns: "k{point}"}}
cycles:
  subject: {one_hot: "subject_{name}"}
  task: {one_hot: [walk, run], map: {walk: level_walking, run: run}}
"""
    data = read(path, text)
    assert data.cycles["subject"].tolist() == ["S01", "S02"]
    assert data.cycles["task"].tolist() == ["level_walking", "run"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"S": S + S[::-1]}, "zeros and one 1"),
        ({"S": S * 0.9}, "zeros and one 1"),
        ({"S": S * 0}, "a value of subject for every cycle"),
        ({"S": S[:, 0]}, "a matrix of zeros and ones"),
        ({"people": np.array(list("AB"))}, "3 names, one for each column"),
        ({"S": S[:3]}, "one value a row, 4 in all"),
    ],
)
def test_a_matrix_that_is_no_one_hot_code_is_refused(tmp_path, changed, message):
    with pytest.raises(SchemaError, match=message):
        one_hot(tmp_path, **changed)


@pytest.mark.parametrize("kind", ["csv", "clock", "parquet", "durations", "xlsx"])
def test_timestamps_as_the_time_of_a_table_are_seconds_from_the_first(tmp_path, kind):
    seconds = np.arange(500) / 100
    stamps = pd.Timestamp("2024-03-31 00:59:58", tz="UTC") + pd.to_timedelta(seconds, "s")
    knee = {
        f"knee_{s}": 30 - 28 * np.cos(2 * np.pi * (seconds - b)) for s, b in (("l", 0), ("r", 0.5))
    }
    hip = {
        f"hip_{s}": 10 + 25 * np.cos(2 * np.pi * (seconds - b)) for s, b in (("l", 0), ("r", 0.5))
    }
    written = {
        "csv": [stamp.isoformat() for stamp in stamps],
        "clock": [f"09:00:{second:06.3f}" for second in seconds],
        "parquet": stamps.tz_convert("Europe/Berlin"),
        "durations": pd.to_timedelta(seconds, "s"),
        "xlsx": stamps.tz_localize(None),
    }
    frame = pd.DataFrame({"t": written[kind], **knee, **hip})
    path = tmp_path / (
        "w.xlsx" if kind == "xlsx" else "w.parquet" if kind in ("parquet", "durations") else "w.csv"
    )
    write = {".xlsx": frame.to_excel, ".parquet": frame.to_parquet, ".csv": frame.to_csv}[
        path.suffix
    ]
    write(path, index=False)
    channels = "".join(
        f"  {name}_flexion_angle_{side}_rad: {{column: {name}_{side[0]}, unit: deg}}\n"
        for name in ("knee", "hip")
        for side in ("left", "right")
    )
    column_map = tmp_path / "map.yaml"
    column_map.write_text(
        f"layout: time_series\ntime: {{column: t}}\nchannels:\n{channels}recording: {{subject: P1}}\n"
    )
    data = convert(path, column_map=column_map).data
    np.testing.assert_allclose(data.cycles["cycle_duration_s"], 1.0, atol=0.011)
    assert any("s from the first row" in entry.detail for entry in data.history)

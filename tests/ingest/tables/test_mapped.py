import struct
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import CycleShapeError, FileReadError, SchemaError
from locomotion_analysis.ingest import ColumnMap, Event, ReadOptions, convert
from locomotion_analysis.ingest.tables.cells import as_numbers
from locomotion_analysis.ingest.tables.containers import mat_variables, text_variables
from locomotion_analysis.ingest.tables.map_entries import TextSpec
from locomotion_analysis.ingest.tables.mapped import TableReader

MAPS = Path(__file__).resolve().parents[3] / "docs" / "maps"
KNEE = "knee_flexion_angle_ipsi_rad"


def read(path, text):
    place = path.parent / "map.yaml"
    place.write_text(text)
    return TableReader().read(path, ReadOptions(column_map=ColumnMap.from_yaml(place)))


def said(history):
    return "\n".join(map(str, history))


# --- the real curve tables ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "name"),
    [("running/bmc_ric_cycles.npz", "running"), ("hip_oa/means.h5", "hip_oa")],
)
def test_real_curve_tables_are_reproduced_from_their_originals(shared_data, raw, name):
    path = shared_data / "raw" / "curve_tables" / raw
    assert TableReader().recognises(path, path.read_bytes()[:4096])
    column_map = ColumnMap.from_yaml(MAPS / f"{name}.yaml")
    data = TableReader().read(path, ReadOptions(column_map=column_map))
    wanted = LocomotionData.from_parquet(shared_data / "standard" / f"{name}_phase.parquet")
    assert data.channels == wanted.channels
    for channel in wanted.channels:
        np.testing.assert_allclose(data.curves(channel), wanted.curves(channel), atol=1e-5)
    cycles = data.cycles[list(wanted.cycles.columns)].assign(dataset=wanted.cycles["dataset"])
    pd.testing.assert_frame_equal(cycles, wanted.cycles, check_dtype=False, rtol=1e-9)
    assert "101 points over 0 to 100 % to 150, linearly" in said(data.history)


def test_without_the_signs_the_running_table_is_upside_down(shared_data, tmp_path):
    text = (MAPS / "running.yaml").read_text().replace(", sign: -1", "")
    place = tmp_path / "map.yaml"
    place.write_text(text)
    path = shared_data / "raw" / "curve_tables" / "running" / "bmc_ric_cycles.npz"
    data = TableReader().read(path, ReadOptions(column_map=ColumnMap.from_yaml(place)))
    wanted = LocomotionData.from_parquet(shared_data / "standard" / "running_phase.parquet")
    for joint, sign in (("hip_flexion", -1), ("knee_flexion", 1), ("ankle_dorsiflexion", -1)):
        name = f"{joint}_angle_ipsi_rad"
        np.testing.assert_allclose(data.curves(name), sign * wanted.curves(name), atol=1e-5)


# --- containers -----------------------------------------------------------------------------

CURVES_MAP = """\
layout: curves
channels:
  knee_flexion_angle_ipsi_rad: {array: ARRAY, unit: deg}
cycles:
  subject: {column: SUBJECT}
  task: level_walking
  speed_m_s: {column: SPEED, unit: km_h}
"""


def save_npz(path, arrays):
    np.savez_compressed(path, **arrays)


def save_h5(path, arrays):
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values.astype("S") if values.dtype.kind == "U" else values


def save_mat(path, arrays):
    savemat(
        path,
        {name: v.astype(object) if v.dtype.kind == "U" else v for name, v in arrays.items()},
        do_compression=True,
    )


def save_mat73(path, arrays):
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in arrays.items():
            file[name] = np.atleast_2d(values).T
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


@pytest.mark.parametrize(
    ("save", "suffix"),
    [(save_npz, "npz"), (save_h5, "h5"), (save_mat, "mat"), (save_mat73, "mat")],
)
def test_every_container_gives_the_same_cycles(tmp_path, save, suffix):
    curves = np.random.default_rng(0).normal(20, 10, (4, 150))
    subject = np.array([1, 1, 2, 2])
    path = tmp_path / f"renamed.{'csv' if suffix == 'mat' else suffix}"
    plain = tmp_path / f"a.{suffix}"
    save(plain, {"X": curves, "who": subject, "v": np.array([3.6, 7.2, 3.6, 5.4])})
    plain.rename(path)
    assert TableReader().recognises(path, path.read_bytes()[:4096])
    text = CURVES_MAP.replace("ARRAY", "X").replace("SUBJECT", "who").replace("SPEED", "v")
    data = read(path, text)
    np.testing.assert_allclose(data.curves(KNEE), np.deg2rad(curves), rtol=1e-6)
    assert data.cycles["subject"].tolist() == ["1", "1", "2", "2"]
    assert data.cycles["step"].tolist() == [0, 1, 0, 1]
    np.testing.assert_allclose(data.cycles["speed_m_s"], [1.0, 2.0, 1.0, 1.5])
    assert "resampled" not in said(data.history)


def test_fields_of_a_matlab_struct_and_groups_of_hdf5_have_paths(tmp_path):
    curves = np.random.default_rng(0).normal(20, 10, (3, 150))
    content = {"trial": {"knee": curves, "id": np.arange(3), "note": "x"}}
    savemat(tmp_path / "a.mat", content)
    text = CURVES_MAP.replace("ARRAY", "trial.knee").replace("SUBJECT", "trial.id")
    data = read(tmp_path / "a.mat", text.replace("{column: SPEED, unit: km_h}", "1.2"))
    np.testing.assert_allclose(data.curves(KNEE), np.deg2rad(curves), rtol=1e-6)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["trial/knee"] = curves
        file["trial/id"] = ["a", "b", "c"]
    text = text.replace("trial.", "trial/").replace("{column: SPEED, unit: km_h}", "1.2")
    assert read(tmp_path / "a.h5", text).cycles["subject"].tolist() == ["a", "b", "c"]


@given(
    curves=hnp.arrays(np.float64, (3, 5), elements=st.integers(-9999, 9999).map(lambda k: k / 8)),
    delimiter=st.sampled_from(["\t", ";", ","]),
    comma=st.booleans(),
    ragged=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_text_table_is_read_back(tmp_path_factory, curves, delimiter, comma, ragged, end):
    comma = comma and delimiter != ","
    names = ["name", *(f"knee {k} (deg)" for k in range(5))]
    rows = [[f"S{k}", *(f"{v:.3f}" for v in row)] for k, row in enumerate(curves)]
    if comma:
        rows = [[cell.replace(".", ",") for cell in row] for row in rows]
    lines = [delimiter.join(row) for row in [names, *rows]]
    if ragged:
        lines = [line + delimiter * k for k, line in enumerate(lines)] + ["", delimiter * 9]
    path = tmp_path_factory.mktemp("texts") / "a.csv"
    path.write_bytes(("a title\n" + end.join(lines) + end).encode())
    data = read(
        path,
        f"""\
layout: curves
points: 5
text: {{skip_rows: 1, decimal: "{"," if comma else "."}"}}
channels:
  {KNEE}: {{columns: "knee {{point}} (deg)", unit: deg}}
cycles: {{subject: {{column: name}}, task: run}}
""",
    )
    wanted = [np.interp(np.linspace(0, 4, 150), np.arange(5), row) for row in np.deg2rad(curves)]
    np.testing.assert_allclose(data.curves(KNEE), wanted, rtol=1e-5, atol=1e-5)
    assert data.cycles["subject"].tolist() == ["S0", "S1", "S2"]


def test_points_may_run_along_the_last_of_three_axes(tmp_path):
    x = np.linspace(0, 1, 101)
    curves = np.stack([0 * x, 0.5 + 0 * x, 1.1 * x])  # the third channel rises to 1.1
    np.savez(tmp_path / "walk.npz", X=np.stack([curves] * 2), who=np.array(["A", "B"]))
    text = (
        "layout: curves\npoints: 101\nchannels:\n"
        "  grf_vertical_ipsi_BW: {array: X, entry: 2, unit: BW}\n"
        "cycles:\n  subject: {column: who}\n  task: level_walking\n"
    )
    found = read(tmp_path / "walk.npz", text).curves("grf_vertical_ipsi_BW")
    np.testing.assert_allclose(found, np.tile(np.linspace(0, 1.1, 150), (2, 1)), atol=1e-6)


def test_points_may_run_along_the_first_axis(tmp_path):
    curves = np.random.default_rng(1).normal(size=(101, 3))
    np.savez(tmp_path / "a.npz", X=curves, id=np.arange(3))
    text = CURVES_MAP.replace("array: ARRAY", "array: X, points_axis: first")
    text = text.replace("SUBJECT", "id").replace("{column: SPEED, unit: km_h}", "1.2")
    data = read(tmp_path / "a.npz", text)
    np.testing.assert_allclose(
        data.curves(KNEE)[:, [0, -1]], np.deg2rad(curves[[0, -1]].T), rtol=1e-6
    )


# --- values, joins, conditions --------------------------------------------------------------

JOIN_MAP = """\
layout: curves
channels:
  knee_flexion_angle_ipsi_rad: {array: X}
derive:
  id: {template: "{number:03d}"}
join:
  file: people.csv
  match: {code: id}
cycles:
  subject: {template: "S{id}"}
  task: run
  step: {column: trial, offset: -1}
  mass_kg: {column: "Mass (g)", unit: g}
  height_m: {column: Size, unit: cm}
  sex: {column: sex, map: {1: male, 2: female}}
  own_side: {equal: [limb, affected]}
"""
PEOPLE = "code;Mass (g);Size;sex\n001;70500;175,5;1\n002;60000;;2\n"


def joined(tmp_path, people=PEOPLE, text=JOIN_MAP, **arrays):
    (tmp_path / "people.csv").write_text(people)
    content = {
        "X": np.tile(np.arange(4.0)[:, None], 150),
        "number": np.array([2, 1, 1, 2]),
        "trial": np.array([1.0, 1.0, 2.0, 2.0]),
        "limb": np.array([0, 1, 0, 1]),
        "affected": np.array([0, 0, 0, 2]),
    }
    np.savez(tmp_path / "a.npz", **content | arrays)
    return read(tmp_path / "a.npz", text)


NAMED_MAP = """
layout: curves
channels: {knee_flexion_angle_ipsi_rad: {array: X, unit: deg}}
cycles: {subject: {column: who}, task: level_walking}
"""


@pytest.mark.parametrize(
    ("codes", "subjects"),
    [
        (["1.1", "1.10", "7", "1e3"], ["1.1", "1.10", "7", "1e3"]),
        ([7.0, 8.0, 9.0, 10.0], ["7", "8", "9", "10"]),
    ],
)
def test_names_of_people_are_no_numbers(tmp_path, codes, subjects):
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 150)), who=np.array(codes))
    assert read(tmp_path / "a.npz", NAMED_MAP).cycles["subject"].tolist() == subjects


@pytest.mark.parametrize("codes", [["7", "", "7", "8"], [7.0, np.nan, 7.0, 8.0]])
def test_a_gap_in_the_names_is_nobody(tmp_path, codes):
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 150)), who=np.array(codes))
    with pytest.raises(SchemaError, match="a value of subject for every cycle"):
        read(tmp_path / "a.npz", NAMED_MAP)


@pytest.mark.parametrize(
    "codes",
    [
        ["1", "1", "2", ""],
        [1.0, 1.0, 2.0, np.nan],
        ["1", "1", "2", "Unknown"],
        ["1", "1", "2", " n/a "],
        ["1", "1", "2", "?"],
    ],
)
def test_a_join_meets_the_rows_of_the_known_and_none_of_a_gap(tmp_path, codes):
    (tmp_path / "people.csv").write_text(
        "id,mass\n1,70\n2,80\n,90\nunknown,95\nUnknown,96\nn/a,97\n?,98\n"
    )
    text = """
layout: curves
channels: {knee_flexion_angle_ipsi_rad: {array: X, unit: deg}}
join: {file: people.csv, match: {id: code}}
cycles:
  subject: {column: who}
  task: level_walking
  mass_kg: {column: mass, unit: kg}
"""
    who = np.array(["A", "A", "B", "C"])
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 150)), who=who, code=np.array(codes))
    mass = read(tmp_path / "a.npz", text).cycles["mass_kg"]
    np.testing.assert_array_equal(mass, [70.0, 70.0, 80.0, np.nan])


def test_derived_joined_mapped_and_compared_values(tmp_path):
    cycles = joined(tmp_path).cycles
    assert cycles["subject"].tolist() == ["S002", "S001", "S001", "S002"]
    assert cycles["step"].tolist() == [0, 0, 1, 1]
    assert cycles["mass_kg"].tolist() == [60.0, 70.5, 70.5, 60.0]
    np.testing.assert_allclose(cycles["height_m"], [np.nan, 1.755, 1.755, np.nan])
    assert cycles["sex"].tolist() == ["female", "male", "male", "female"]
    assert cycles["own_side"].tolist() == [True, False, True, False]


def test_conditions_keep_rows_and_say_how_many_they_do_not(tmp_path):
    text = JOIN_MAP + "where: [{column: limb, equals: 0}, {column: trial, min: 1.5}]\n"
    data = joined(tmp_path, text=text)
    assert data.curves(KNEE)[:, 0].tolist() == [2.0]
    assert "dropped: rows by the map's conditions on limb, trial (3)" in said(data.history)


@pytest.mark.parametrize(
    ("people", "text", "message"),
    [
        (PEOPLE + "001;1;1;1\n", JOIN_MAP, "repeated: first"),
        (PEOPLE.replace("Mass (g)", "Masse"), JOIN_MAP, "did you mean|Mass"),
        (PEOPLE.replace(";2\n", ";3\n"), JOIN_MAP, "'3'"),
        (PEOPLE.replace("70500", "heavy"), JOIN_MAP, "'heavy'"),
        (PEOPLE, JOIN_MAP.replace("people.csv", "nobody.csv"), "nothing at that path"),
        (PEOPLE, JOIN_MAP.replace("{number:03d}", "{id}"), "circle|id -> id"),
        (PEOPLE, JOIN_MAP.replace("{number:03d}", "plain"), "a template with"),
        (PEOPLE, JOIN_MAP.replace("array: X", "array: Y"), "variable 'Y'"),
        (PEOPLE, JOIN_MAP.replace("array: X", "array: number"), "one value a row|shape"),
        (PEOPLE, JOIN_MAP + "where: {column: limb, equals: 7}\n", "got: none"),
        (PEOPLE, JOIN_MAP + "points: 101\n", "101 points"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, people, text, message):
    with pytest.raises((SchemaError, FileReadError), match=message) as caught:
        joined(tmp_path, people=people, text=text)
    assert caught.value.where


def test_rows_without_a_partner_are_missing_and_counted(tmp_path):
    text = "\n".join(line for line in JOIN_MAP.splitlines() if "sex" not in line)
    data = joined(tmp_path, people="code;Mass (g);Size\n001;70000;175\n", text=text)
    np.testing.assert_array_equal(data.cycles["mass_kg"], [np.nan, 70.0, 70.0, np.nan])
    assert "rows without a partner in people.csv: its columns missing (2)" in said(data.history)


# --- long -----------------------------------------------------------------------------------

LONG_MAP = """\
layout: long
phase: {column: pct, unit: UNIT}
channels:
  knee_flexion_angle_ipsi_rad: {column: knee, unit: deg}
cycles:
  subject: {column: who}
  task: run
  step: {column: stride}
"""


def long_frame(points=101, full=100.0):
    phase = np.linspace(0, full, points)
    parts = [
        pd.DataFrame({"who": who, "stride": k, "pct": phase, "knee": (k + 1) * phase / full * 60})
        for who in ("B", "A")
        for k in range(2)
    ]
    return pd.concat(parts)


@pytest.mark.parametrize(("unit", "full"), [("percent", 100.0), ("fraction", 1.0)])
def test_rows_over_phase_become_cycles_in_any_order(tmp_path, unit, full):
    frame = long_frame(full=full).sample(frac=1, random_state=0)
    frame.to_csv(tmp_path / "a.csv", index=False)
    data = read(tmp_path / "a.csv", LONG_MAP.replace("UNIT", unit))
    assert len(data) == 4
    ramp = np.deg2rad(np.linspace(0, 60, 150))
    for row, cycle in data.cycles.iterrows():
        np.testing.assert_allclose(data.curves(KNEE)[row], (cycle["step"] + 1) * ramp, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda f: f[f["pct"] < 95], CycleShapeError, "0 to 100"),
        (lambda f: f.assign(pct=f["pct"] / 100), CycleShapeError, "fraction"),
        (lambda f: f.assign(stride=0), SchemaError, "every phase of a cycle once"),
    ],
)
def test_incomplete_or_merged_cycles_are_refused(tmp_path, change, error, message):
    change(long_frame()).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(error, match=message):
        read(tmp_path / "a.csv", LONG_MAP.replace("UNIT", "percent"))


# --- time series ----------------------------------------------------------------------------

SERIES_MAP = """\
layout: time_series
time: {column: "Zeit [ms]", unit: ms}
channels:
  knee_flexion_angle_left_rad: {column: LKnie, unit: deg, sign: -1}
  grf_vertical_right_N: {column: Fz, unit: kN}
recording:
  subject: {file_name: "^([A-Z]+)_"}
  trial: {column: trial}
  task: level_walking
  mass_kg: 70
events:
  heel_strike_left: {column: HS}
"""


def series(tmp_path):
    rows = ["Zeit [ms];LKnie;Fz;trial;HS"]
    for trial in ("b", "a"):
        rows += [f"{10 * k};{-k},5;0,7;{trial};{int(k in (1, 2, 4))}" for k in range(6)]
    path = tmp_path / "AB_walk.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_time_series_with_decimal_commas_and_marked_events(tmp_path):
    first, second = read(series(tmp_path), SERIES_MAP)
    assert (first.subject, first.task, first.trial) == ("AB", "level_walking", "b")
    assert second.trial == "a"
    assert first.metadata == {"mass_kg": 70}
    (stream,) = first.streams
    np.testing.assert_allclose(stream.time_s, np.arange(6) / 100)
    knee = stream.signals["knee_flexion_angle_left_rad"]
    np.testing.assert_allclose(np.rad2deg(knee)[1:], np.arange(1, 6) + 0.5)
    np.testing.assert_allclose(stream.signals["grf_vertical_right_N"], 700.0)
    # A mark that lasts two samples is one event, at its onset.
    assert first.events == (Event(0.01, "left", "heel_strike"), Event(0.04, "left", "heel_strike"))


def test_event_times_beside_arrays_and_a_rate_in_place_of_time(tmp_path):
    np.savez(tmp_path / "a.npz", k=np.zeros(50), hs=[[300.0], [100.0], [np.nan]])
    text = """\
layout: time_series
time: {rate_hz: 100}
channels: {knee_flexion_angle_left_rad: {column: k}}
events: {toe_off_right: {times: hs, unit: ms}}
"""
    (recording,) = read(tmp_path / "a.npz", text)
    assert recording.events == (Event(0.1, "right", "toe_off"), Event(0.3, "right", "toe_off"))
    assert recording.streams[0].time_s[-1] == pytest.approx(0.49)
    assert "100 Hz" in said(recording.history)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("40;", "20;", r"times that rise.*trial=b"),
        ("-3,5", "-3,5x", r"line 5, column LKnie"),
        ("LKnie", "LKnie;LKnie", "more than once"),
        (";1\n", ";1;9\n", "at most 5 cells"),
    ],
)
def test_damaged_time_series_are_refused_with_their_place(tmp_path, old, new, message):
    path = series(tmp_path)
    path.write_text(path.read_text().replace(old, new, 1 if "Knie" in old else -1))
    with pytest.raises(SchemaError, match="(?s)" + message) as caught:
        read(path, SERIES_MAP)
    assert "AB_walk.csv" in caught.value.where


@pytest.mark.parametrize(
    ("decimal", "cells", "wanted"),
    [
        (",", "1.234;2.500;1.234.567,5", [1234.0, 2500.0, 1234567.5]),
        (",", "1,5;;n/a", [1.5, np.nan, np.nan]),
        (".", "1.5;-;1e3", [1.5, np.nan, 1000.0]),
        (None, "1,5;1.5;-1.#IND", [1.5, 1.5, np.nan]),
        (",", "1,5;0.123;1", "0.123"),
        (",", "1,5;12345.678;1", "12345.678"),
        (".", "1.5;1,234.5;1", [1.5, 1234.5, 1.0]),
        (".", "1.5;1,5;1", "1,5"),
        (".", "1;1_000;1", "1_000"),
        (None, "1;1_000;1", "1_000"),
    ],
)
def test_a_stated_decimal_mark_is_the_only_one(tmp_path, decimal, cells, wanted):
    path = tmp_path / "a.csv"
    path.write_text("a;b\n" + "".join(f"{cell};0\n" for cell in cells.split(";")))
    values = text_variables(path, TextSpec(decimal=decimal))
    if isinstance(wanted, str):
        with pytest.raises(SchemaError, match=wanted) as caught:
            as_numbers(values.get("a"), "a", values.decimal, values.lines)
        assert caught.value.where == "line 3, column a"
    else:
        found = as_numbers(values.get("a"), "a", values.decimal, values.lines)
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("cells", "other", "wanted"),
    [
        ("987;1,250;1,300", "12.5", [987.0, 1250.0, 1300.0]),  # the other column has points
        ("987;1,250;1,300", "12,5", [987.0, 1.25, 1.3]),
        ("987;1,250;68,9", "12.5", [987.0, 1.25, 68.9]),  # the column itself has commas
        ("0,250;1,250;1", "12.5", [0.25, 1.25, 1.0]),
        ("1,234,567;1,250;1", "7", [1234567.0, 1250.0, 1.0]),
        ("987;1,250;1,300", "7", "1,250"),  # nothing tells
        ("987;1.250;1.300", "12,5", [987.0, 1250.0, 1300.0]),  # the other column has commas
        ("987;1.250;1.300", "12.5", [987.0, 1.25, 1.3]),
        ("12.345;1.250;1.300", "7", [12.345, 1.25, 1.3]),  # three decimals throughout
        ("987;1.250;1.300", "7", "1,250"),
    ],
)
def test_a_mark_before_three_digits_is_read_by_column_and_table(tmp_path, cells, other, wanted):
    path = tmp_path / "a.csv"
    path.write_text("a;b\n" + "".join(f"{cell};{other}\n" for cell in cells.split(";")))
    values = text_variables(path, TextSpec())
    if isinstance(wanted, str):
        with pytest.raises(SchemaError, match=wanted) as caught:
            values.decimal_of("a")
        assert caught.value.where == "line 3, column a"
    else:
        found = as_numbers(values.get("a"), "a", values.decimal_of("a"), values.lines)
        assert found.tolist() == wanted


def test_marks_between_thousands_are_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("who;pct;F\n" + "".join(f"A;{p};1,234.5\n" for p in (0, 50, 100)))
    text = 'layout: long\ntext: {decimal: "."}\nphase: {column: pct}\n'
    text += "channels: {grf_vertical_ipsi_N: {column: F}}\n"
    data = read(path, text + "cycles: {subject: {column: who}, task: stand, step: 0}\n")
    np.testing.assert_allclose(data.curves("grf_vertical_ipsi_N"), 1234.5)
    assert "read: F: commas set thousands apart, decimal '.' (3)" in said(data.history)


def test_a_value_that_is_missing_needs_no_translation(tmp_path):
    data = joined(tmp_path, people="code;Mass (g);Size;sex\n001;70000;175;1\n")
    assert data.cycles["sex"].isna().tolist() == [True, False, False, True]


@pytest.mark.parametrize(("last", "n"), [("50;-9,5;0,7;b;0\n", 6), ("50;-5,5;0,7;b;1\n", 6)])
def test_the_last_instant_printed_again_is_left_out(tmp_path, last, n):
    path = series(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:7]) + last)
    (recording,) = read(path, SERIES_MAP)
    assert len(recording.streams[0].time_s) == n
    assert "last one printed again (1)" in said(recording.history)
    assert recording.streams[0].signals["knee_flexion_angle_left_rad"][-1] == np.deg2rad(5.5)


def test_a_joined_table_keeps_its_own_decimal_mark(tmp_path):
    text = JOIN_MAP.replace("  match:", "  text: {decimal: ','}\n  match:")
    data = joined(tmp_path, people=PEOPLE.replace("70500", "70.500"), text=text)
    assert data.cycles["mass_kg"].tolist() == [60.0, 70.5, 70.5, 60.0]


# --- without a map --------------------------------------------------------------------------


def test_a_table_without_a_map_says_what_to_do_unless_it_is_standard(tmp_path):
    path = series(tmp_path)
    with pytest.raises(SchemaError, match=r"--map map\.yaml"):
        TableReader().read(path, ReadOptions())
    frame = pd.DataFrame(
        {"subject": "S", "task": "run", "step": 0, "phase_ipsi": np.linspace(0, 100, 150)}
    )
    frame[KNEE] = 0.5
    frame.to_csv(tmp_path / "standard.csv", index=False)
    data = TableReader().read(tmp_path / "standard.csv", ReadOptions())
    assert data.channels == (KNEE,)


def test_recognition_by_content(tmp_path):
    reader = TableReader()
    xlsx = b"PK\x03\x04" + bytes(22) + (11).to_bytes(2, "little") + bytes(2) + b"xl/work.xml"
    assert reader.recognises(tmp_path / "a.npz", xlsx)
    assert not reader.recognises(tmp_path / "a.csv", b"\x00\x01\x02,")
    assert not reader.recognises(tmp_path / "a.csv", b"")
    assert not reader.recognises(tmp_path / "a.csv", b"word")
    assert reader.recognises(tmp_path / "a.c3d", "Größe;1\n".encode("cp1252"))


@pytest.mark.parametrize("compressed", [True, False])
def test_matlab_variables_are_those_of_the_reference_parser(tmp_path, compressed):
    rng = np.random.default_rng(5)
    content = {
        "doubles": rng.normal(size=(3, 4)),
        "cube": rng.normal(size=(2, 3, 4)),
        "singles": rng.normal(size=(2, 2)).astype(np.float32),
        "bytes": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "longs": np.array([[-(2**40), 7]], dtype=np.int64),
        "flags": np.array([[True, False]]),
        "word": "Größe",
        "names": np.array(["left", "right", "x"], dtype=object),
        "s": {"a": np.arange(5.0), "deep": {"b": "text", "c": 3.0}},
        "empty": np.empty((0, 3)),
        "mixed": np.array([1, 2.5, 300], dtype=object),
        "people": np.array([("A", 1.0), ("", 2.5)], dtype=[("id", "O"), ("mass", "O")]),
    }
    path = tmp_path / "a.mat"
    savemat(path, content, do_compression=compressed)
    variables = mat_variables(path)
    wanted = loadmat(path, simplify_cells=True)
    for name in ("doubles", "cube", "singles", "bytes", "longs", "flags", "names", "s.a"):
        value = wanted
        for part in name.split("."):
            value = value[part]
        np.testing.assert_array_equal(np.squeeze(variables.get(name)), value)
    assert variables.get("word").tolist() == ["Größe"]
    assert variables.get("s.deep.b").tolist() == ["text"]
    assert variables.get("s.deep.c").tolist() == [[3.0]]
    assert variables.get("empty").shape == (0, 3)
    assert variables.get("mixed").tolist() == [1.0, 2.5, 300.0]
    assert variables.get("people.id").tolist() == ["A", ""]
    assert variables.get("people.mass").tolist() == [1.0, 2.5]


def test_text_as_matlab_itself_writes_it_is_utf_16(tmp_path):
    """MATLAB stores char arrays as 16-bit units (miUINT16); scipy's own default is UTF-8."""
    path = tmp_path / "a.mat"
    letters = "Größe Ω".encode("utf-16-le")
    body = struct.pack("<IIII", 6, 8, 4, 0) + struct.pack("<IIii", 5, 8, 1, len(letters) // 2)
    body += struct.pack("<HH4s", 1, 1, b"X") + struct.pack("<II", 4, len(letters))
    body += letters.ljust(-(-len(letters) // 8) * 8, b"\0")
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    path.write_bytes(head + struct.pack("<II", 14, len(body)) + body)
    assert mat_variables(path).get("X").tolist() == ["Größe Ω"]


def test_matlab_variables_that_are_no_numbers_or_text_are_not_offered(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"X": np.eye(2), "z": np.array([1 + 2j]), "sparse": csc_matrix(np.eye(3))})
    assert mat_variables(path).names == ("X",)


@pytest.mark.parametrize(
    ("codes", "ids"), [(["1.0", "2.0", ""], ["1", "2", "3"]), (["1", "2", ""], ["1.0", "2.0", ""])]
)
def test_whole_numbers_of_a_column_with_a_gap_meet_those_of_another(tmp_path, codes, ids):
    rows = "".join(f"{name},{mass}\n" for name, mass in zip(ids, (70, 80, 90), strict=True))
    (tmp_path / "people.csv").write_text("id,mass\n" + rows)
    np.savez(
        tmp_path / "a.npz", X=np.zeros((3, 150)), who=np.array(list("ABC")), code=np.array(codes)
    )
    mass = read(tmp_path / "a.npz", MASS_MAP).cycles["mass_kg"]
    np.testing.assert_array_equal(mass, [70.0, 80.0, np.nan])


def test_a_join_in_which_nobody_meets_is_refused(tmp_path):
    (tmp_path / "people.csv").write_text("id,mass\n1,70\n2,80\n")
    codes = np.array(["001", "002"])
    np.savez(tmp_path / "a.npz", X=np.zeros((2, 150)), who=np.array(["A", "B"]), code=codes)
    with pytest.raises(SchemaError, match="none: 001 here, 1 there"):
        read(tmp_path / "a.npz", MASS_MAP)


MASS_MAP = """
layout: curves
channels: {knee_flexion_angle_ipsi_rad: {array: X, unit: deg}}
join: {file: people.csv, match: {id: code}}
cycles:
  subject: {column: who}
  task: level_walking
  mass_kg: {column: mass, unit: kg}
"""


@pytest.mark.parametrize("text", ["who,v0,v1\nA,0,1\n", "sep=;\nwho;v0;v1\nA;0;1\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_marks_of_encoding_and_delimiter_are_obeyed(tmp_path, text, encoding):
    (tmp_path / "a.csv").write_text(text, encoding=encoding)
    data = read(tmp_path / "a.csv", WIDE_MAP)
    assert data.cycles["subject"].tolist() == ["A"]


WIDE_MAP = """
layout: curves
channels: {grf_vertical_ipsi_BW: {columns: "v{point}"}}
cycles: {subject: {column: who}, task: stand}
"""


def test_json_is_no_table(tmp_path):
    (tmp_path / "a.json").write_text('{"knee": [1, 2], "who": ["A", "B"]}')
    assert not TableReader().recognises(tmp_path / "a.json", b'{"knee": [1, 2]')
    with pytest.raises(FileReadError, match="text, Excel, ODS, NPZ, Parquet"):
        read(tmp_path / "a.json", WIDE_MAP)


@pytest.mark.parametrize("index", [None, "who"])
def test_parquet_with_columns_of_its_own_names_is_read_by_the_map(tmp_path, index):
    knee = 60 * np.sin(np.pi * np.linspace(0, 1, 101))
    table = pd.DataFrame({"who": ["A", "B"], "knee": [knee, 2 * knee], "age": [30, None]})
    (table.set_index(index) if index else table).to_parquet(tmp_path / "a.parquet")
    (tmp_path / "map.yaml").write_text(
        "layout: curves\nchannels: {knee_flexion_angle_ipsi_rad: {array: knee, unit: deg}}\n"
        "cycles: {subject: {column: who}, task: level_walking, age: {column: age, unit: years}}\n"
    )
    own = ColumnMap.from_yaml(tmp_path / "map.yaml")
    data = convert([tmp_path / "a.parquet"], column_map=own).data
    peaks = np.degrees(data.curves("knee_flexion_angle_ipsi_rad").max(axis=1))
    np.testing.assert_allclose(peaks, [60, 120], atol=0.1)
    np.testing.assert_array_equal(data.cycles["age"], [30.0, np.nan])


def test_the_body_of_a_recording_is_one_and_its_gaps_are_none(tmp_path):
    lines = [f"{t / 100},{t},{'' if t < 9 else 70}" for t in range(20)]
    (tmp_path / "a.csv").write_text("t,k,m\n" + "\n".join(lines))
    assert read(tmp_path / "a.csv", BODY_MAP)[0].metadata == {"mass_kg": 70.0}
    (tmp_path / "a.csv").write_text("t,k,m\n" + "\n".join([*lines, "0.2,1,95"]))
    with pytest.raises(SchemaError, match="one mass_kg in a recording") as caught:
        read(tmp_path / "a.csv", BODY_MAP)
    assert caught.value.got == "70, 95"


BODY_MAP = """
layout: time_series
time: {column: t}
channels: {knee_flexion_angle_left_rad: {column: k, unit: deg}}
recording: {subject: S1, task: run, mass_kg: {column: m, unit: kg}}
"""


EVENTS_MAP = """
layout: time_series
time: {rate_hz: 100}
channels: {knee_flexion_angle_left_rad: {column: knee, unit: deg}}
events: {heel_strike_left: {times: strikes}}
recording: {subject: S1, task: run}
"""


def test_events_outside_the_recording_are_said_and_refused_where_all_are(tmp_path):
    np.savez(tmp_path / "a.npz", knee=np.zeros(100), strikes=np.array([0.1, 0.5, 7.0]))
    (recording,) = read(tmp_path / "a.npz", EVENTS_MAP)
    assert [event.time_s for event in recording.events] == [0.1, 0.5]
    assert "dropped: events before the first instant or after the last (1)" in said(
        recording.history
    )
    np.savez(tmp_path / "a.npz", knee=np.zeros(100), strikes=np.array([100.0, 500.0]))
    with pytest.raises(SchemaError, match=r"events between 0 and 0.99 s") as caught:
        read(tmp_path / "a.npz", EVENTS_MAP)
    assert caught.value.got == "100 to 500 s in strikes"


def test_marks_may_be_words_of_truth(tmp_path):
    lines = [f"{t / 100},0,{t in (10, 11, 50)}" for t in range(60)]
    (tmp_path / "a.csv").write_text("t,knee,strike\n" + "\n".join(lines))
    text = EVENTS_MAP.replace("rate_hz: 100", "column: t").replace(
        "times: strikes", "column: strike"
    )
    (recording,) = read(tmp_path / "a.csv", text)
    assert [event.time_s for event in recording.events] == [0.1, 0.5]

"""Excel and OpenDocument workbooks as tables of curves and of subjects."""

import datetime as dt
import sys
import zipfile
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import FileReadError, MissingExtraError, SchemaError
from locomotion_analysis.ingest import ColumnMap, ReadOptions, convert, read_subjects
from locomotion_analysis.ingest.tables.mapped import TableReader

KNEE = "knee_flexion_angle_ipsi_rad"
MAP = """\
layout: curves
channels:
  knee_flexion_angle_ipsi_rad: {columns: "k{point}", unit: deg}
cycles:
  subject: {column: who}
  task: level_walking
  speed_m_s: {column: v, unit: m_s}
"""
ENGINES = {"xlsx": "openpyxl", "ods": "odf"}


@pytest.fixture(params=ENGINES)
def kind(request):
    pytest.importorskip(ENGINES[request.param])
    return request.param


def book(path, **sheets):
    with pd.ExcelWriter(path, engine=ENGINES[path.suffix[1:]]) as writer:
        for name, rows in sheets.items():
            frame = pd.DataFrame(rows)
            frame.to_excel(writer, sheet_name=name, header=False, index=False)
    return path


def curves(n=40):
    heading = ["who", "v", *(f"k{i}" for i in range(n))]
    x = np.linspace(0, np.pi, n)
    return [
        heading,
        *([name, v, *(60 * np.sin(x)).tolist()] for name, v in (("P1", 1), ("P2", 1.25))),
    ]


def read(path, text=MAP):
    place = path.parent / "map.yaml"
    place.write_text(text)
    assert TableReader().recognises(path, path.read_bytes()[:4096])
    return TableReader().read(path, ReadOptions(column_map=ColumnMap.from_yaml(place)))


def test_curves_of_a_workbook(tmp_path, kind):
    data = read(book(tmp_path / f"a.{kind}", Strides=curves()))
    assert data.cycles["subject"].tolist() == ["P1", "P2"]
    assert data.cycles["speed_m_s"].tolist() == [1.0, 1.25]
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE).max(axis=1)), 60.0, rtol=2e-3)
    assert f"sheet Strides of a.{kind}" in "\n".join(map(str, data.history))


@pytest.mark.parametrize("decimal", [".", ","])
def test_numbers_and_text_of_cells_keep_to_the_decimal_mark(tmp_path, kind, decimal):
    rows = curves()
    rows[1][1] = "1,5" if decimal == "," else "1.5"  # text beside numbers
    data = read(book(tmp_path / f"a.{kind}", S=rows), MAP + f'text: {{decimal: "{decimal}"}}\n')
    assert data.cycles["speed_m_s"].tolist() == [1.5, 1.25]


def test_one_of_several_sheets_is_stated(tmp_path, kind):
    path = book(tmp_path / f"a.{kind}", Notes=[["made by hand"]], Strides=curves())
    with pytest.raises(SchemaError, match=r"one sheet\n.*Notes, Strides") as caught:
        read(path)
    assert "text: {sheet: NAME}" in caught.value.fix
    assert len(read(path, MAP + "text: {sheet: Strides}\n")) == 2
    with pytest.raises(SchemaError, match="a sheet 'strides'"):
        read(path, MAP + "text: {sheet: strides}\n")


def test_title_merged_heading_and_units_of_a_sheet(tmp_path, kind):
    rows = curves()
    n = len(rows[0]) - 2
    rows = [
        ["Gait laboratory"],
        ["who", "v", "knee", *[None] * (n - 1)],
        [None, "m/s", *range(n)],
        *rows[1:],
    ]
    text = MAP.replace("k{point}", "knee|{point}").replace("column: v", "column: v|m/s")
    text += "text: {skip_rows: 1, header_rows: 2}\n"
    data = read(book(tmp_path / f"a.{kind}", S=rows), text)
    assert data.cycles["speed_m_s"].tolist() == [1.0, 1.25]
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE).max(axis=1)), 60.0, rtol=2e-3)


def test_a_table_of_subjects(tmp_path, kind):
    rows = [
        ["Subject ID", "Body mass (kg)", "Height (cm)", "sex", "Diagnosis", "seen"],
        [7, 68.9, 175, "f", "stroke", dt.datetime(2024, 5, 6)],  # noqa: DTZ001
        ["P08", 80, 181.5, "m", None, None],
    ]
    path = book(tmp_path / f"s.{kind}", Notes=[["see the protocol"]], People=rows)
    subjects = read_subjects(path)
    assert subjects["7"]["mass_kg"] == 68.9
    assert subjects["7"]["pathology"] == "stroke"
    assert subjects["7"]["seen"] == "2024-05-06"
    assert subjects["P08"] == {"mass_kg": 80.0, "height_m": 1.815, "sex": "male"}


def test_a_formula_that_was_never_computed_is_no_missing_value(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    path = book(tmp_path / "a.xlsx", S=curves())
    made = openpyxl.load_workbook(path)
    made.active["B3"] = "=B2+1"
    made.save(path)
    with pytest.raises(FileReadError, match=r"never computed in S!B3"):
        read(path)


def test_a_damaged_workbook_is_one_error(tmp_path, kind):
    path = book(tmp_path / f"a.{kind}", S=curves())
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(FileReadError, match=r"a readable .* workbook") as caught:
        read(path)
    assert f"a.{kind}" in caught.value.where


def test_a_workbook_that_unpacks_to_too_much(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as stream:
            for _ in range(1100):
                stream.write(bytes(1024**2))
    with pytest.raises(FileReadError, match="GiB"):
        read(path)


def test_an_old_or_protected_workbook_is_named(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(FileReadError, match=r"\.xls\), or one that a password"):
        read(path)
    with pytest.raises(FileReadError, match=r"\.xls\)"):
        read_subjects(path)


@pytest.mark.parametrize("first", ["[Content_Types].xml", "mimetype"])
def test_without_the_extra_the_file_is_named_and_the_command_given(tmp_path, monkeypatch, first):
    path = tmp_path / "a.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(first, "application/vnd.oasis.opendocument.spreadsheet")
    for library in ("openpyxl", "odf"):
        monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _: None)
    for attempt in (lambda: read(path), lambda: read_subjects(path)):
        with pytest.raises(MissingExtraError) as caught:
            attempt()
        name = "Excel" if first != "mimetype" else "OpenDocument"
        assert f"{name} workbook" in caught.value.got
        assert "locomotion-analysis[excel]" in caught.value.fix


def test_a_workbook_among_the_files_of_a_folder(tmp_path):
    if find_spec("openpyxl") is None:
        pytest.skip("openpyxl is not installed")
    (tmp_path / "lab").mkdir()
    book(tmp_path / "lab" / "a.xlsx", S=curves())
    (tmp_path / "map.yaml").write_text(MAP)
    done = convert([tmp_path / "lab"], column_map=ColumnMap.from_yaml(tmp_path / "map.yaml"))
    assert len(done.data) == 2
    assert not done.failures

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from locomotion_analysis.ingest.opensim import read_opensim_table

HEADERS = [
    "Coordinates\nversion=1\nnRows={rows}\nnColumns={columns}\ninDegrees=yes\nendheader\n",
    "name x\ndatacolumns {columns}\ndatarows {rows}\nendheader\n",
    "some words: with = signs\n\nEndHeader  \n\n",
    "",
]
CELLS = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))


@given(
    values=hnp.arrays(np.float64, st.tuples(st.integers(2, 8), st.integers(1, 5)), elements=CELLS),
    header=st.sampled_from(HEADERS),
    delimiter=st.sampled_from(["\t", ",", " ", "   ", "\t  "]),
    end=st.sampled_from(["\n", "\r\n"]),
    lie=st.integers(-3, 30),
    trailing=st.booleans(),
)
def test_any_table_is_read_back_whatever_its_header_says(
    tmp_path_factory, values, header, delimiter, end, lie, trailing
):
    names = ["time", *(f"c{k}" for k in range(values.shape[1]))]
    rows = [[f"{k / 100:.2f}", *map(repr, map(float, row))] for k, row in enumerate(values)]
    tail = delimiter if trailing and delimiter == "\t" else ""
    text = header.format(rows=len(values) + lie, columns=len(names))
    text += "\n".join(delimiter.join(row) + tail for row in [names, *rows]) + "\n\n"
    path = tmp_path_factory.mktemp("tables") / "a.sto"
    path.write_bytes(text.replace("\n", end).encode())
    table = read_opensim_table(path)
    assert table.columns == tuple(names[1:])
    np.testing.assert_array_equal(table.values, values)
    np.testing.assert_allclose(table.time_s, np.arange(len(values)) / 100)
    told_wrong = "{rows}" in header and lie != 0
    assert any("rows, counted in the body" in str(entry) for entry in table.history) == told_wrong


@pytest.mark.parametrize("cell", ["", "nan", "NaN", "-nan(ind)", "1.#QNAN", "-1.#IND", "inf"])
def test_cells_without_a_number_are_missing(tmp_path, cell):
    path = tmp_path / "a.mot"
    path.write_text(f"endheader\ntime\ta\tb\n0\t1\t2\n0.1\t{cell}\t3\n")
    table = read_opensim_table(path)
    assert np.isnan(table.column("a")[1])
    assert table.column("b").tolist() == [2.0, 3.0]


def test_decimal_commas_between_tabs_are_numbers(tmp_path):
    path = tmp_path / "a.mot"
    path.write_text("endheader\ntime\ta\n0,0\t1,5\n0,1\t-2,25\n")
    table = read_opensim_table(path)
    assert table.column("a").tolist() == [1.5, -2.25]
    assert table.time_s.tolist() == [0.0, 0.1]


@pytest.mark.parametrize(("word", "value"), [("yes", True), ("no", False), ("YES", True)])
def test_in_degrees_is_what_the_header_says(tmp_path, word, value):
    path = tmp_path / "a.mot"
    path.write_text(f"inDegrees = {word}\nendheader\ntime a\n0 1\n1 2\n")
    assert read_opensim_table(path).in_degrees is value


def test_time_may_stand_in_any_column(tmp_path):
    path = tmp_path / "a.mot"
    path.write_text("endheader\na Time b\n5 0 7\n6 1 8\n")
    table = read_opensim_table(path)
    assert table.columns == ("a", "b")
    assert table.time_s.tolist() == [0.0, 1.0]

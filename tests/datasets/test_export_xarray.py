import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.datasets.export import export_xarray, from_xarray, to_xarray
from locomotion_analysis.errors import CycleShapeError, SchemaError

xarray = pytest.importorskip("xarray", reason="xarray is an extra")
pytest.importorskip("h5netcdf", reason="part of the extra `xarray`")

KNEE = "knee_flexion_angle_ipsi_rad"


def assert_same(again, data):
    """Equal curves, channels, history and cycle table; gaps where there were gaps."""
    np.testing.assert_array_equal(again.block, data.block)
    assert again.channels == data.channels
    assert again.history == data.history
    table, expected = again.cycles, data.cycles
    assert list(table) == list(expected)
    for name in expected:
        known = expected[name].notna()
        assert table[name].notna().tolist() == known.tolist(), name
        if name in ("visit", "trial"):  # dates come back as text, whole numbers with gaps as float
            continue
        assert table[name][known].tolist() == expected[name][known].tolist(), name


def test_round_trip_in_memory(odd):
    assert_same(from_xarray(to_xarray(odd)), odd)


def test_round_trip_through_a_file(odd, tmp_path):
    export_xarray(odd, tmp_path / "walk.nc")
    with xarray.open_dataset(tmp_path / "walk.nc") as stored:
        assert_same(from_xarray(stored), odd)


def test_dimensions_units_and_coordinates(odd):
    dataset = to_xarray(odd)
    assert dataset[KNEE].dims == ("cycle", "phase")
    assert dataset[KNEE].attrs["units"] == "rad"
    np.testing.assert_allclose(dataset["phase"], np.linspace(0, 100, 150))
    assert np.shares_memory(dataset[KNEE].to_numpy(), odd.block)
    assert dataset.attrs["simulated"] == 1


def test_a_mean_by_coordinate_is_the_mean_of_those_cycles(odd):
    means = to_xarray(odd)[KNEE].groupby("pathology").mean("cycle")
    stroke = odd.select(pathology="stroke").curves(KNEE).mean(axis=0)
    np.testing.assert_allclose(means.sel(pathology="stroke"), stroke, rtol=1e-5)


def test_a_part_of_the_cycles_comes_back(odd):
    dataset = to_xarray(odd)
    part = from_xarray(dataset.isel(cycle=dataset["task"] == "stair_ascent").transpose())
    np.testing.assert_array_equal(part.block, odd.select(task="stair_ascent").block)


def test_what_is_no_cycle_is_left_out_and_named(odd):
    dataset = to_xarray(odd).assign(force_plate=("plate", [1.0, 2.0]))
    last = from_xarray(dataset).history[-1]
    assert (last.action, last.count) == ("dropped", 1)
    assert "force_plate" in last.detail


def test_another_grid_is_refused(odd):
    with pytest.raises(CycleShapeError, match="75 values"):
        from_xarray(to_xarray(odd).isel(phase=slice(None, None, 2)))
    with pytest.raises(CycleShapeError, match="no values of phase"):
        from_xarray(xarray.Dataset())


def test_a_dataset_without_curves_is_refused(odd):
    with pytest.raises(SchemaError, match="at least one variable"):
        from_xarray(to_xarray(odd).drop_vars(odd.channels))


def test_a_column_with_the_name_of_a_dimension_is_refused(odd):
    cycles = pd.DataFrame({"subject": ["S"], "task": ["run"], "step": [0], "cycle": ["early"]})
    data = LocomotionData(cycles, np.zeros((1, 1, 150)), [KNEE])
    with pytest.raises(SchemaError, match="'cycle'"):
        to_xarray(data)

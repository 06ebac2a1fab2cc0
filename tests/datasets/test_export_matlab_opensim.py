"""MATLAB and OpenSim files, read back by scipy, by OpenSim itself and by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.io import loadmat

from locomotion_analysis import LocomotionData
from locomotion_analysis.datasets.export import export
from locomotion_analysis.datasets.matlab_opensim import export_matlab, export_opensim
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate

KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


@pytest.fixture(scope="module")
def walk():
    whole = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    data = whole.select(channels=[KNEE, HIP])
    block = data.block.copy()
    block[1, 2] = np.nan
    cycles = data.cycles.assign(note=["a", None, "b", "c", "d", "e"])
    return LocomotionData(cycles, block, data.channels)


def test_matlab_structures_hold_every_curve_and_column(walk, tmp_path):
    export(walk, tmp_path / "walk.mat")
    read = loadmat(tmp_path / "walk.mat")
    for name in walk.channels:
        np.testing.assert_array_equal(read["curves"][name][0, 0], walk.curves(name))
    columns = read["cycles"][0, 0]
    assert columns["age"].shape == (6, 1)
    np.testing.assert_array_equal(columns["age"][:, 0], walk.cycles["age"])
    assert [str(cell[0]) for cell in columns["subject"][:, 0]] == walk.cycles["subject"].tolist()
    assert columns["note"][1, 0].size == 0
    np.testing.assert_array_equal(read["phase_percent"][0], np.linspace(0, 100, 150))


def test_names_that_matlab_does_not_take_are_refused(walk, tmp_path):
    for name in ("1st", "x" * 64):
        data = LocomotionData(walk.cycles.assign(**{name: 1.0}), walk.block, walk.channels)
        with pytest.raises(SchemaError, match="names that MATLAB takes"):
            export_matlab(data, tmp_path / "walk.mat")
    twice = walk.cycles.assign(**{"a b": 1.0, "a_b": 2.0})
    with pytest.raises(SchemaError, match="different in letters"):
        export_matlab(LocomotionData(twice, walk.block, walk.channels), tmp_path / "walk.mat")
    assert not list(tmp_path.iterdir())


def test_a_storage_file_a_cycle_with_time_and_what_was_measured(walk, tmp_path):
    export_opensim(walk, tmp_path / "walk")
    table = pd.read_csv(tmp_path / "walk" / "cycles.csv")
    assert table["file"].is_unique
    for row, name in enumerate(table["file"]):
        lines = (tmp_path / "walk" / name).read_text().splitlines()
        end = lines.index("endheader")
        assert "inDegrees=no" in lines[:end]
        labels = lines[end + 1].split("\t")
        assert labels == (["time", KNEE] if row == 2 else ["time", KNEE, HIP])
        assert f"nColumns={len(labels)}" in lines[:end]
        values = np.array([line.split("\t") for line in lines[end + 2 :]], dtype=float)
        assert values.shape == (150, len(labels))
        np.testing.assert_allclose(values[-1, 0], walk.cycles["cycle_duration_s"][row], rtol=1e-8)
        np.testing.assert_allclose(values[:, 1], walk.curves(KNEE)[row], rtol=1e-6)


def test_opensim_reads_them(walk, tmp_path):
    opensim = pytest.importorskip("opensim")
    export_opensim(walk, tmp_path / "walk")
    name = pd.read_csv(tmp_path / "walk" / "cycles.csv")["file"][0]
    table = opensim.TimeSeriesTable(str(tmp_path / "walk" / name))
    assert table.getColumnLabels() == (KNEE, HIP)
    assert table.getTableMetaDataString("inDegrees") == "no"
    read = table.getDependentColumn(KNEE).to_numpy()
    np.testing.assert_allclose(read, walk.curves(KNEE)[0], rtol=1e-6)
    duration = walk.cycles["cycle_duration_s"][0]
    np.testing.assert_allclose(table.getIndependentColumn()[-1], duration, rtol=1e-8)


def test_there_is_no_time_without_a_duration(walk, tmp_path):
    cycles = walk.cycles
    cycles.loc[0, "cycle_duration_s"] = np.nan
    data = LocomotionData(cycles, walk.block, walk.channels)
    with pytest.raises(SchemaError, match="1 of 6 cycles without"):
        export_opensim(data, tmp_path / "walk")
    assert not list(tmp_path.iterdir())


def test_names_of_files_differ_where_cycles_do(walk, tmp_path):
    cycles = walk.cycles.assign(subject=["a/b", "a:b", "A/B", "c", "c", "c"], step=range(6))
    cycles["step"] = [1, 1, 1, 1, 2, 3]
    data = LocomotionData(cycles, walk.block, walk.channels)
    export_opensim(data, tmp_path / "walk")
    names = pd.read_csv(tmp_path / "walk" / "cycles.csv")["file"].str.lower()
    assert names.is_unique
    assert len(list((tmp_path / "walk").glob("*.sto"))) == 6


@pytest.mark.parametrize(("name", "told"), [("x.csv", "a name that fits"), ("x.xyz", None)])
def test_ending_and_format_must_agree(walk, tmp_path, name, told):
    with pytest.raises(SchemaError, match=told or "ends in"):
        export(walk, tmp_path / name, "mat" if told else None)


def test_hdf5_is_read_by_h5py(walk, tmp_path):
    h5py = pytest.importorskip("h5py")
    pytest.importorskip("h5netcdf")
    export(walk, tmp_path / "walk.h5")
    with h5py.File(tmp_path / "walk.h5") as file:
        np.testing.assert_array_equal(file[KNEE][:], walk.curves(KNEE))
        assert file["subject"].asstr()[:].tolist() == walk.cycles["subject"].tolist()

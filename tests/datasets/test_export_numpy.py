import json

import numpy as np
import pytest

from locomotion_analysis.datasets.export import export_numpy
from locomotion_analysis.errors import FileReadError


@pytest.fixture(scope="module")
def archive(odd, tmp_path_factory):
    path = tmp_path_factory.mktemp("npz") / "walk.npz"
    export_numpy(odd, path)
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def test_curves_are_cycle_phase_channel(archive, odd):
    assert archive["curves"].dtype == np.float32
    assert archive["curves"].shape == (len(odd), 150, len(odd.channels))
    for index, name in enumerate(archive["channels"]):
        np.testing.assert_array_equal(archive["curves"][:, :, index], odd.curves(str(name)))
    np.testing.assert_allclose(archive["phase_percent"], np.linspace(0, 100, 150))


def test_every_column_of_the_cycle_table_is_there(archive, odd):
    cycles = odd.cycles
    assert {name[7:] for name in archive if name.startswith("cycles/")} == set(cycles)
    assert archive["cycles/subject"].tolist() == cycles["subject"].tolist()
    np.testing.assert_array_equal(archive["cycles/age"], cycles["age"])
    assert archive["cycles/note"][:2].tolist() == ["", 'Übung, "2"']
    np.testing.assert_array_equal(np.isnan(archive["cycles/treated"]), cycles["treated"].isna())


def test_the_history_comes_along(archive, odd):
    assert [entry["detail"] for entry in json.loads(str(archive["history"]))] == [
        entry.detail for entry in odd.history
    ]


def test_the_same_data_give_the_same_bytes(odd, tmp_path):
    for name in ("a.npz", "b.npz"):
        export_numpy(odd, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_an_older_file_is_not_replaced(odd, tmp_path):
    path = tmp_path / "walk.npz"
    path.write_text("mine")
    with pytest.raises(FileReadError, match="nothing lies yet"):
        export_numpy(odd, path)
    assert path.read_text() == "mine"

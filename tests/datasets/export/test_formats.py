"""What every format must do."""

import typing

import numpy as np
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.datasets.export import EXPORT_FORMATS, ExportFormat, export
from locomotion_analysis.errors import FileReadError, SchemaError

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
    with pytest.raises(SchemaError, match="numpy, torch, huggingface, xarray"):
        export(odd, tmp_path / "out", "matlab")


def test_data_without_a_curve_are_refused(odd, tmp_path, name):
    bare = LocomotionData(odd.cycles, np.empty((0, len(odd), 150)), [])
    for empty, says in ((odd.take(np.array([], dtype=int)), "0 cycles"), (bare, "0 channels")):
        with pytest.raises(SchemaError, match=says):
            export(empty, tmp_path / "out", name)
    assert not list(tmp_path.iterdir())

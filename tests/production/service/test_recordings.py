"""A laboratory's file as it is: the cycles of ``convert``, its history, and its words where it fails."""

import tempfile
from types import SimpleNamespace

import numpy as np
import pytest
from tests.production.service.small_model import CHANNELS

from locomotion_analysis.errors import MissingExtraError
from locomotion_analysis.ingest import convert
from locomotion_analysis.production.service.contract import RefusedError
from locomotion_analysis.production.service.recordings import plain_name, read_recording

RECORDING = {"Content-Type": "application/octet-stream"}
SERVED = SimpleNamespace(channel_names=CHANNELS)


@pytest.fixture
def walk(shared_data):
    return shared_data / "raw" / "opensim_s01" / "S01_0002_IK.mot"


def test_a_c3d_gives_the_cycles_of_a_conversion(shared_data, tmp_path, monkeypatch):
    pytest.importorskip("ezc3d")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = shared_data / "raw" / "c3d_plugin_gait" / "HC036A10.c3d"
    found = read_recording(file.read_bytes(), file.name, SERVED, 100)
    expected = convert([file]).data
    assert found.cycles["subject"].tolist() == expected.cycles["subject"].tolist()
    assert found.cycles["task_id"].tolist() == expected.cycles["task_id"].tolist()
    for name in CHANNELS:
        np.testing.assert_array_equal(found.curves(name), expected.curves(name))
    assert list(map(str, found.history)) == list(map(str, expected.history))
    assert not list(tmp_path.iterdir())


def test_cycles_that_were_not_fully_measured_are_left_out_and_told(shared_data):
    pytest.importorskip("ezc3d")
    file = shared_data / "raw" / "c3d_plugin_gait" / "HC030A05.c3d"
    moment = "knee_flexion_moment_ipsi_Nm_kg"  # one of the two strides has a clean contact
    served = SimpleNamespace(channel_names=(moment,))
    found = read_recording(file.read_bytes(), file.name, served, 100)
    assert len(found) == 1
    assert np.isfinite(found.curves(moment)).all()
    assert str(found.history[-1]) == "dropped: cycles that were not fully measured (1)"


def test_what_cannot_be_read_is_refused_in_the_words_of_the_conversion(walk, monkeypatch):
    with pytest.raises(RefusedError, match="column map") as refused:
        read_recording(b"time, angle\n0, 1\n", "/lab/../x.csv", SERVED, 100)
    assert refused.value.status == 422
    assert refused.value.where == "x.csv"
    assert "locomotion convert --map" in refused.value.fix
    with pytest.raises(RefusedError) as refused:
        read_recording(walk.read_bytes(), walk.name, SERVED, 0)
    assert refused.value.status == 413

    def without_extra(paths):
        del paths
        raise MissingExtraError(
            expected="the optional library ezc3d", got="it is not installed",
            fix="pip install 'locomotion-analysis[io]'",
        )  # fmt: skip

    monkeypatch.setattr("locomotion_analysis.ingest.convert", without_extra)
    with pytest.raises(RefusedError, match=r"pip install 'locomotion-analysis\[io\]'") as refused:
        read_recording(walk.read_bytes(), "a.c3d", SERVED, 100)
    assert refused.value.status == 415


@pytest.mark.parametrize(
    ("name", "kept"),
    [("S01.c3d", "S01.c3d"), ("../../etc/passwd", "passwd"), ("C:\\lab\\a b.c3d", "a b.c3d"),
     ("..", "recording"), ("", "recording"), ("a\x00b\n.trc", "a_b_.trc"), ("x" * 300, "x" * 120)],
)  # fmt: skip
def test_a_name_is_the_name_of_a_file(name, kept):
    assert plain_name(name) == kept


@pytest.mark.slow
def test_the_service_answers_a_recording(client, walk):
    asked = {"headers": RECORDING, "params": {"file": walk.name}, "content": walk.read_bytes()}
    told = client.post("/v1/predict", **asked).json()
    assert told["people"][0]["subject"] == "S01"
    assert "converted: rotations from degrees to radians (22)" in told["history"]
    assert not [text for text in told["history"] if "/tmp" in text]
    curves = client.post("/v1/curves", **asked).json()
    expected = convert([walk]).data.curves(CHANNELS[1])[0]
    shown = {each["name"]: each for each in curves["tasks"][0]["channels"]}[CHANNELS[1]]
    np.testing.assert_allclose(shown["curves"][0], expected, atol=1e-4)
    refused = client.post("/v1/predict", headers=RECORDING, content=b"\x00nothing")
    assert refused.status_code == 415
    assert set(refused.json()) >= {"expected", "got", "where", "fix"}

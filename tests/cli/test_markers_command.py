"""`locomotion markers FILE`: what is there, what can be computed, and the exit status."""

import pytest
from tests.biomechanics.person import body, path
from tests.ingest.test_joint_model import _write_trc

from locomotion_analysis.biomechanics import markers_of_angles
from locomotion_analysis.cli import main


def test_markers_says_what_is_there_and_what_lacks(tmp_path, capsys):
    _write_trc(tmp_path / "P1_walk.trc", markers_of_angles({}, body(), path()))
    main(["markers", str(tmp_path / "P1_walk.trc")])
    told = capsys.readouterr().out
    assert "LASI" in told
    assert "marker diameter" in told


def test_exchanged_markers_end_with_status_1(tmp_path, capsys):
    markers = markers_of_angles({}, body(), path())
    markers["LASI"], markers["RASI"] = markers["RASI"], markers["LASI"]
    _write_trc(tmp_path / "P1_walk.trc", markers)
    with pytest.raises(SystemExit) as ended:
        main(["markers", str(tmp_path / "P1_walk.trc")])
    assert ended.value.code == 1
    assert "LASI and RASI are exchanged" in capsys.readouterr().out

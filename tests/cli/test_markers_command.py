"""`locomotion markers FILE`: what is there, what can be computed, and the exit status."""

import pytest
from tests.biomechanics.person import body, path
from tests.ingest.test_joint_model import _write_trc

from locomotion_analysis.biomechanics import markers_of_angles


@pytest.mark.parametrize("exchanged", [False, True])
def test_markers_says_what_is_there_lacks_and_is_wrong(tmp_path, locomotion, exchanged):
    markers = markers_of_angles({}, body(), path())
    if exchanged:
        markers["LASI"], markers["RASI"] = markers["RASI"], markers["LASI"]
    _write_trc(tmp_path / "P1_walk.trc", markers)
    done = locomotion("markers", tmp_path / "P1_walk.trc")
    assert done.status == int(exchanged)
    assert ("LASI and RASI are exchanged" in done.out) == exchanged
    assert "marker diameter" in done.out

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


def test_a_map_of_names_goes_into_markers_and_convert(tmp_path, locomotion):
    markers = markers_of_angles({}, body(), path())
    (tmp_path / "map.yaml").write_text("".join(f"m{k}: {n}\n" for k, n in enumerate(markers)))
    renamed = {f"m{k}": xyz for k, xyz in enumerate(markers.values())}
    _write_trc(tmp_path / "P1_walk.trc", renamed)
    done = locomotion("markers", tmp_path / "P1_walk.trc")
    assert "not of the model: m0" in done.out
    done = locomotion("markers", tmp_path / "P1_walk.trc", "--marker-map", tmp_path / "map.yaml")
    assert done.status == 0
    assert "not of the model" not in done.out
    (tmp_path / "map.yaml").write_text("m00: LASI\n")
    out = tmp_path / "walk.parquet"
    done = locomotion(
        *("convert", tmp_path / "P1_walk.trc", "--marker-map", tmp_path / "map.yaml"),
        *("--out", out),
    )
    assert done.status == 2
    assert "did you mean m0" in done.err
    assert not out.exists()

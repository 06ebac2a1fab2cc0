"""Marker names: the published label of each set, what looks alike and is not, a user's own."""

import runpy
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.biomechanics.person import body
from tests.ingest.test_joint_model import _write_trc

from locomotion_analysis.biomechanics import markers_of_angles
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import (
    MARKER_SETS,
    Recording,
    convert,
    marker_report,
    place_markers,
    read_marker_map,
    read_places,
    rename_markers,
)
from locomotion_analysis.ingest.marker_names import foot_marker, marker_places, pelvis_marker

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "build_marker_names_page.py"

# Labels as files of each set have them: (labels, left heel, right toe, pelvis).
FILES = {
    "Plug-in Gait": (["LHEE", "RTOE", "LASI"], "LHEE", "RTOE", "LASI"),
    "Plug-in Gait of a subject": (["Ann:LHEE", "Ann:RTOE", "Ann:SACR"], "Ann:LHEE", "Ann:RTOE", "Ann:SACR"),
    "subject before an underscore": (["S01_LHEE", "S01_RTOE", "S01_LASI"], "S01_LHEE", "S01_RTOE", "S01_LASI"),
    "CGM2.4": (["LHEE", "RVMH", "RPSI"], "LHEE", "RVMH", "RPSI"),
    "Helen Hayes": (["L.Heel", "R.Toe", "V.Sacral"], "L.Heel", "R.Toe", "V.Sacral"),
    "BTS": (["l heel", "r met", "sacrum s"], "l heel", "r met", "sacrum s"),
    "CAST": (["LCA", "RFM", "LASIS"], "LCA", "RFM", "LASIS"),
    "Qualisys PAF": (["L_FCC", "R_FM5", "L_IPS"], "L_FCC", "R_FM5", "L_IPS"),
    "RBDS": (["L.Heel.Top", "R.MT1", "R.ASIS"], "L.Heel.Top", "R.MT1", "R.ASIS"),
    "OpenCap": (["L_calc_study", "r_5meta_study", "r.PSIS_study"], "L_calc_study", "r_5meta_study", "r.PSIS_study"),
    "OpenPose": (["LHeel", "RBigToe", "midHip"], "LHeel", "RBigToe", "midHip"),
    "Qualisys Animation": (["Q_LHeelBack", "Q_RForefoot2", "Q_WaistLFront"], "Q_LHeelBack", "Q_RForefoot2", "Q_WaistLFront"),
    "Rajagopal": (["LCAL", "RMT5", "RASI"], "LCAL", "RMT5", "RASI"),
    "words": (["Left Heel", "right_toe", "sacrum"], "Left Heel", "right_toe", "sacrum"),
    "side behind": (["Heel_L", "ToeRight", "PSIS_R"], "Heel_L", "ToeRight", "PSIS_R"),
}  # fmt: skip


def _at(value):
    return np.full((2, 3), float(value))


@pytest.mark.parametrize("name", FILES)
def test_the_labels_of_each_set_are_found(name):
    labels, heel, toe, pelvis = FILES[name]
    markers = {label: _at(number) for number, label in enumerate(labels)}
    assert foot_marker(markers, "heel", "left")[0, 0] == labels.index(heel)
    assert foot_marker(markers, "toe", "right")[0, 0] == labels.index(toe)
    assert pelvis_marker(markers)[0, 0] == labels.index(pelvis)
    assert foot_marker(markers, "heel", "right") is None


@pytest.mark.parametrize(
    "label", ["HEEL", "LMTL", "LTOEX", "LSHO", "L.Sac.Wand", "HEADL", "LWRIST", "LELBOW", "*12", "", "L"]
)  # fmt: skip
def test_what_only_looks_like_a_name_is_left_out(label):
    assert marker_places((label, "C7")) == {}


def test_a_malleolus_with_two_l_is_of_its_own_side():
    found = marker_places(("LMALL", "RMALL"))
    assert found == {"LMALL": ("ankle", "left"), "RMALL": ("ankle", "right")}


def test_a_letter_right_behind_a_name_needs_its_counterpart():
    found = marker_places(("HEELL", "HEELR", "TOEL"))
    assert found == {"HEELL": ("heel", "left"), "HEELR": ("heel", "right")}


def test_no_name_of_the_table_has_two_places():
    for known in MARKER_SETS:
        for place, names in known.places.items():
            for name in names:
                found = marker_places((f"L{name}", f"R{name}"))
                assert found == {f"L{name}": (place, "left"), f"R{name}": (place, "right")}
                assert set(name) <= set(string.ascii_uppercase + string.digits)


@given(st.lists(st.text(max_size=12), unique=True, max_size=6))
def test_any_labels_have_at_most_one_place(labels):
    assert set(marker_places(tuple(labels))) <= set(labels)


def test_a_user_names_markers_of_his_own():
    markers = {"CALC_G": _at(1), "CALC_H": _at(3), "LHEE": _at(9), "P": _at(5)}
    told = {"left_heel": ("CALC_G", "CALC_H"), "pelvis": "P"}
    placed = place_markers(Recording(source="walk.c3d", markers=markers), told)
    assert foot_marker(placed.markers, "heel", "left")[0, 0] == 2.0
    assert pelvis_marker(placed.markers)[0, 0] == 5.0
    said = [str(entry) for entry in placed.history]
    assert any("CALC_G, CALC_H -> left_heel" in line for line in said)
    assert any("LHEE" in line and "left_heel is told" in line for line in said)


def test_a_name_that_is_not_in_the_file_is_refused():
    with pytest.raises(SchemaError, match="none called CALC_X"):
        place_markers(Recording(source="w", markers={"A": _at(0)}), {"left_heel": ["CALC_X"]})


@pytest.mark.parametrize("said", ["left_heel", "left_heel=", "middle_heel=A", "heel=A"])
def test_what_names_no_place_is_refused(said):
    with pytest.raises(SchemaError, match=r"left_heel"):
        read_places([said])


# What a model calls otherwise.


def test_a_map_renames_with_and_without_the_subject_and_says_so(tmp_path):
    (tmp_path / "map.yaml").write_text(
        "ASIS_D: RASI\n'no': LASI  # a word that YAML reads as false\n"
    )
    names = read_marker_map(tmp_path / "map.yaml")
    assert names == {"ASIS_D": "RASI", "no": "LASI"}
    walk = Recording(source="w.trc", markers={"P1:ASIS_D": _at(1), "no": _at(2), "LHEE": _at(3)})
    found = rename_markers(walk, names)
    assert [(name, xyz[0, 0]) for name, xyz in found.markers.items()] == [
        ("RASI", 1.0),
        ("LASI", 2.0),
        ("LHEE", 3.0),
    ]
    assert "P1:ASIS_D -> RASI, no -> LASI" in str(found.history[-1])
    assert rename_markers(walk, {"not there": "RASI"}) is walk
    swapped = rename_markers(walk, {"no": "LHEE", "LHEE": "no"})
    assert [xyz[0, 0] for xyz in swapped.markers.values()] == [1.0, 2.0, 3.0]
    assert list(swapped.markers) == ["P1:ASIS_D", "LHEE", "no"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: RASI\nb: rasi", "line 2"),
        ("a: RASI\na: LASI", "every key once"),
        ("a: [RASI, LASI]", "one marker of the model"),
        ("a:", "one marker of the model"),
        ("- a", "a mapping"),
    ],
)
def test_a_map_that_is_none_is_an_error_with_its_line(tmp_path, text, message):
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(SchemaError, match=message):
        read_marker_map(tmp_path / "map.yaml")


def test_two_markers_of_one_name_are_refused():
    walk = Recording(source="w.trc", markers={"A": _at(1), "RASI": _at(2)})
    with pytest.raises(SchemaError, match="RASI for A and RASI"):
        rename_markers(walk, {"A": "RASI"})


def test_convert_and_markers_take_the_map_and_refuse_a_name_that_no_file_has(tmp_path):
    """A lab's own names for the markers of the conventional model: as if they were its names."""
    time = np.arange(0.0, 5.0, 0.01)
    walk = {}
    for side, first in (("left", 0.0), ("right", 0.55)):
        phase = 2 * np.pi * (time - first) / 1.1
        walk[f"hip_flexion_angle_{side}_rad"] = 0.2 + 0.4 * np.cos(phase)
        walk[f"knee_flexion_angle_{side}_rad"] = 0.4 - 0.35 * np.cos(phase + 0.9)
    way = np.stack([1.2 * time, 0 * time, 0.9 + 0 * time], axis=1)
    own = markers_of_angles(walk, body(), way)
    theirs = {f"m{k}": name for k, name in enumerate(own)}
    renamed = dict(zip(theirs, own.values(), strict=True))
    _write_trc(tmp_path / "P1_walk.trc", renamed)
    widths = {"knee_width_m": 0.1, "ankle_width_m": 0.07, "marker_diameter_m": 0.014}
    known = {"P1": {"leg_length_m": 0.9, **widths}}
    found = convert([tmp_path / "P1_walk.trc"], subjects=known, marker_map=theirs)
    knee = found.data.curves("knee_flexion_angle_ipsi_rad")
    assert knee.max() == pytest.approx(0.75, abs=0.05)
    assert any("m0 -> LASI" in str(entry) for entry in found.data.history)
    report = marker_report(tmp_path / "P1_walk.trc", subjects=known, marker_map=theirs)
    assert set(report.markers["there"]) == {"yes"}
    for call in (
        lambda names: convert([tmp_path / "P1_walk.trc"], subjects=known, marker_map=names),
        lambda names: marker_report(tmp_path / "P1_walk.trc", marker_map=names),
    ):
        with pytest.raises(SchemaError, match="did you mean m11 or m1") as raised:
            call({**theirs, "m111": "C8"})
        assert "labels that a file has" in str(raised.value)


def test_page_is_made_of_the_code():
    if not TOOL.exists():
        pytest.skip("tools/ is not part of an installed package")
    page = (ROOT / "docs" / "reference" / "marker-names.md").read_text(encoding="utf-8")
    assert page == runpy.run_path(str(TOOL))["page"](), f"run {TOOL.name}"


def test_a_marker_on_the_hip_does_not_move_a_pelvis_that_has_its_own():
    place = {"LASI": 1.0, "RASI": 1.0, "SACR": 1.0, "LHIP": 9.0}
    markers = {name: np.full((2, 3), value) for name, value in place.items()}
    assert (pelvis_marker(markers) == 1.0).all()
    assert (pelvis_marker({"LHIP": markers["LHIP"]}) == 9.0).all()

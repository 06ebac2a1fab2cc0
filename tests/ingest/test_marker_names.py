"""Marker names: the published label of each set, what looks alike and is not, a user's own."""

import runpy
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import MARKER_SETS, Recording, place_markers, read_places
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


def test_page_is_made_of_the_code():
    if not TOOL.exists():
        pytest.skip("tools/ is not part of an installed package")
    page = (ROOT / "docs" / "reference" / "marker-names.md").read_text(encoding="utf-8")
    assert page == runpy.run_path(str(TOOL))["page"](), f"run {TOOL.name}"

"""Which markers are there, and which carry each other's name."""

from itertools import combinations

import numpy as np
import pytest
from tests.biomechanics.person import body, path

from locomotion_analysis.biomechanics import (
    Body,
    markers_of_angles,
    stretched_frames,
    swapped_markers,
    what_is_possible,
)

LEG = [f"{side}{name}" for side in "LR" for name in ("THI", "KNE", "TIB", "ANK", "TOE", "HEE")]
NAMES = ["LASI", "RASI", "SACR", *LEG]


def _walk(heading=0.0, trunk=True):
    """Of a person whose knees and hips bend in turn."""
    phase = 2 * np.pi * np.arange(60) / 60
    given = {}
    for side, shift in (("left", 0.0), ("right", np.pi)):
        given[f"hip_flexion_angle_{side}_rad"] = 0.15 + 0.35 * np.sin(phase + shift)
        given[f"knee_flexion_angle_{side}_rad"] = 0.4 + 0.35 * np.cos(phase + shift)
    markers = markers_of_angles(given, body(), path(), trunk=trunk)
    cos, sin = np.cos(heading), np.sin(heading)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return {name: xyz @ turn.T for name, xyz in markers.items()}


@pytest.mark.parametrize("heading", [0.0, 1.0, np.pi])
def test_nothing_is_wrong_with_markers_in_their_places(heading):
    assert swapped_markers(_walk(heading)) == ()
    assert stretched_frames(_walk(heading)) == {}


def test_two_exchanged_markers_are_named():
    markers = _walk(0.7)
    unnamed = []
    for one, other in [*combinations(NAMES, 2)][::4]:
        wrong = {**markers, one: markers[other], other: markers[one]}
        found = swapped_markers(wrong)
        assert found, f"{one} and {other} went unnoticed"
        if found != (f"{one} and {other} are exchanged",):
            unnamed.append((one, other))
    assert len(unnamed) <= 2, unnamed


def test_left_for_right_throughout_is_named_as_that():
    other = {"L": "R", "R": "L"}
    markers = _walk(trunk=False)
    wrong = {
        name if name == "SACR" else other[name[0]] + name[1:]: xyz for name, xyz in markers.items()
    }
    assert swapped_markers(wrong) == ("all left and right markers are exchanged",)
    legs = {
        name if name in ("SACR", "LASI", "RASI") else other[name[0]] + name[1:]: xyz
        for name, xyz in markers.items()
    }
    assert swapped_markers(legs) == ("the legs, left and right, are exchanged",)


def test_a_name_that_wanders_for_a_while_is_found_in_those_frames():
    markers = _walk()
    knee, shank = markers["LKNE"].copy(), markers["LTIB"].copy()
    knee[20:31], shank[20:31] = markers["LTIB"][20:31], markers["LKNE"][20:31]
    found = stretched_frames({**markers, "LKNE": knee, "LTIB": shank})
    for pair in (("LTHI", "LKNE"), ("LTIB", "LANK")):
        np.testing.assert_array_equal(np.flatnonzero(found[pair]), np.arange(20, 31))


def test_what_is_missing_is_said_of_each_angle():
    markers = _walk()
    whole = what_is_possible(markers, body())
    assert whole.missing == ()
    assert len(whole.computed) == 8
    assert whole.left_out == {}
    del markers["LTIB"], markers["STRN"]
    less = what_is_possible(markers, body())
    assert less.missing == ("LTIB", "STRN")
    assert less.left_out["trunk"] == "markers STRN"
    assert less.left_out["left knee"] == "markers LTIB"
    assert set(less.computed) == {"pelvis", "left hip", "right hip", "right knee", "right ankle"}


def test_without_measures_the_pelvis_and_the_trunk_survive():
    bare = what_is_possible(_walk(), Body())
    assert bare.computed == ("pelvis", "trunk")
    assert bare.left_out["left hip"] == "leg length, marker diameter, knee width"
    assert (
        "leg length"
        not in what_is_possible(_walk(), Body(), hips="harrington").left_out["left hip"]
    )


def test_nothing_is_said_of_markers_of_another_set():
    assert swapped_markers({"r_heel": np.zeros((3, 3))}) == ()
    assert what_is_possible({"r_heel": np.zeros((3, 3))}, Body()).computed == ()

"""The conventional gait model: angles that were put in come out, wherever the person walks."""

from dataclasses import replace

import numpy as np
import pytest
from tests.biomechanics.person import angles, body, path, with_device, with_medial

from locomotion_analysis.biomechanics import (
    Body,
    Leg,
    calibrated,
    cgm1_markers,
    chord,
    facing,
    hip_centre,
    joint_angles,
    markers_of_angles,
    pose,
)
from locomotion_analysis.errors import SchemaError


def _turned(markers, angle, shift=(0.0, 0.0, 0.0)):
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return {name: xyz @ turn.T + shift for name, xyz in markers.items()}


def _uncalibrated(known):
    unknown = {"plantar_flexion_rad": np.nan, "foot_rotation_rad": np.nan}
    return replace(known, legs={side: replace(leg, **unknown) for side, leg in known.legs.items()})


def test_the_angles_of_a_person_come_out_again():
    given = angles()
    found = joint_angles(pose(markers_of_angles(given, body(), path()), body()))
    for name, wave in given.items():
        np.testing.assert_allclose(found[name], wave, atol=1e-9, err_msg=name)


def test_wands_torsion_and_offsets_all_count():
    """Without any one of them the angles of the same markers are others."""
    given = angles()
    markers = markers_of_angles(given, body(), path())
    for field, channel in (
        ("thigh_rotation_rad", "hip_internal_rotation_angle_left_rad"),
        ("shank_rotation_rad", "knee_internal_rotation_angle_left_rad"),
        ("tibial_torsion_rad", "knee_internal_rotation_angle_right_rad"),
        ("plantar_flexion_rad", "ankle_dorsiflexion_angle_right_rad"),
    ):
        legs = {side: replace(leg, **{field: 0.0}) for side, leg in body().legs.items()}
        found = joint_angles(pose(markers, body(legs=legs)))
        assert np.abs(found[channel] - given[channel]).max() > np.radians(2), field


MEDIAL = (
    "knee_width_m",
    "ankle_width_m",
    "thigh_rotation_rad",
    "shank_rotation_rad",
    "tibial_torsion_rad",
)


def test_medial_markers_of_a_static_trial_tell_widths_rotations_and_torsion():
    static = with_medial(markers_of_angles({}, body(), path()), body())
    unknown = dict.fromkeys(MEDIAL, np.nan)
    bare = body(legs={side: replace(leg, **unknown) for side, leg in body().legs.items()})
    found = calibrated(static, bare)
    for side, leg in body().legs.items():
        for name in MEDIAL:
            assert getattr(found.legs[side], name) == pytest.approx(getattr(leg, name), abs=1e-9)
    walk = markers_of_angles(angles(), body(), path())
    measured = joint_angles(pose(walk, found))
    for name, wave in angles().items():
        np.testing.assert_allclose(measured[name], wave, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("medial", [False, True])
def test_a_knee_alignment_device_tells_the_axes(medial):
    """Rotations from the device; the torsion from a medial malleolus, else it must be known."""
    standing = markers_of_angles({}, body(), path())
    static = with_device(standing, body())
    known = set() if medial else {"tibial_torsion_rad"}
    if medial:
        both = with_medial(standing, body())
        static |= {name: both[name] for name in ("LMED", "RMED")}
    told = [name for name in MEDIAL if not name.endswith("_m") and name not in known]
    unknown = dict.fromkeys(told, np.nan)
    bare = body(legs={side: replace(leg, **unknown) for side, leg in body().legs.items()})
    found = calibrated(static, bare)
    for side, leg in body().legs.items():
        for name in told:
            assert getattr(found.legs[side], name) == pytest.approx(getattr(leg, name), abs=1e-9)


def test_markers_that_are_no_alignment_device_are_refused():
    static = with_device(markers_of_angles({}, body(), path()), body())
    static["LKD1"], static["LTIB"] = static["LTIB"], static["LKD1"]
    with pytest.raises(SchemaError, match="LKAX, LKD1 and LKD2"):
        calibrated(static, body())


def test_what_is_known_stays_and_one_medial_marker_tells_its_own():
    static = with_medial(markers_of_angles({}, body(), path()), body())
    told = {"thigh_rotation_rad": 0.0, "knee_width_m": 0.09, "tibial_torsion_rad": np.nan}
    some = body(legs={side: replace(leg, **told) for side, leg in body().legs.items()})
    found = calibrated(static, some).legs["left"]
    assert (found.thigh_rotation_rad, found.knee_width_m) == (0.0, 0.09)
    assert found.tibial_torsion_rad == pytest.approx(body().legs["left"].tibial_torsion_rad)
    ankles = {name: xyz for name, xyz in static.items() if not name.endswith("KNM")}
    unknown = {"shank_rotation_rad": np.nan, "tibial_torsion_rad": np.nan}
    bare = body(legs={side: replace(leg, **unknown) for side, leg in body().legs.items()})
    found = calibrated({n.replace("MED", "MMA"): x for n, x in ankles.items()}, bare).legs["right"]
    assert found.shank_rotation_rad == pytest.approx(body().legs["right"].shank_rotation_rad)
    assert np.isnan(found.tibial_torsion_rad)


def test_where_the_laboratory_stands_and_points_changes_nothing():
    markers = markers_of_angles(angles(), body(), path())
    first = joint_angles(pose(markers, body()))
    for angle in (0.3, np.pi / 2, np.pi, -2.0):
        moved = _turned(markers, angle, (3.0, -2.0, 0.1))
        ahead = np.array([np.cos(angle), np.sin(angle)])
        found = joint_angles(pose(moved, body()), forward=ahead)
        for name, wave in first.items():
            np.testing.assert_allclose(found[name], wave, atol=1e-9, err_msg=name)


@pytest.mark.parametrize(
    ("angle", "axis"), [(0.2, (1, 0)), (1.4, (0, 1)), (3.0, (-1, 0)), (-1.7, (0, -1))]
)
def test_a_person_faces_along_the_nearest_axis(angle, axis):
    markers = _turned(markers_of_angles(angles(), body(), path()), angle)
    np.testing.assert_array_equal(facing(pose(markers, body())), axis)


def test_a_mirrored_person_has_mirrored_angles():
    markers = markers_of_angles(angles(), body(), path())
    other = {"L": "R", "R": "L"}
    mirrored = {
        (
            other[name[0]] + name[1:] if name not in ("SACR", "C7", "T10", "CLAV", "STRN") else name
        ): xyz * [1.0, -1.0, 1.0]
        for name, xyz in markers.items()
    }
    legs = body().legs
    swapped = body(legs={"left": legs["right"], "right": legs["left"]})
    first, found = (joint_angles(pose(m, b)) for m, b in ((markers, body()), (mirrored, swapped)))
    for name, wave in first.items():
        if "_left_" in name or "_right_" in name:
            twin = (
                name.replace("_left_", "_?_").replace("_right_", "_left_").replace("_?_", "_right_")
            )
            np.testing.assert_allclose(found[twin], wave, atol=1e-9, err_msg=name)
        else:  # seen from the right leg: what was up on the right is up on the left
            sign = 1.0 if "tilt" in name else -1.0
            np.testing.assert_allclose(found[name], sign * wave, atol=1e-9, err_msg=name)


def test_static_offsets_are_measured_in_a_static_trial():
    """Standing upright on flat feet, the ankles in the middle."""
    known = body()
    standing = markers_of_angles({}, known, np.tile([0.0, 0.0, 0.9], (20, 1)))
    found = calibrated(
        standing, replace(_uncalibrated(known), asis_distance_m=np.nan, pelvis_depth_m=np.nan)
    )
    assert found.asis_distance_m == pytest.approx(0.24)
    assert found.pelvis_depth_m == pytest.approx(0.15)
    for side, leg in known.legs.items():
        assert found.legs[side].plantar_flexion_rad == pytest.approx(leg.plantar_flexion_rad)
        assert found.legs[side].foot_rotation_rad == pytest.approx(leg.foot_rotation_rad)


def test_flat_feet_are_taken_as_level():
    known = body()
    standing = markers_of_angles({}, known, np.tile([0.0, 0.0, 0.9], (20, 1)))
    lifted = {
        name: xyz + np.array([0, 0, 0.02]) if name.endswith("HEE") else xyz
        for name, xyz in standing.items()
    }
    level, as_they_are = (
        calibrated(lifted, _uncalibrated(known), flat_feet=flat).legs["left"]
        for flat in (True, False)
    )
    assert level.plantar_flexion_rad == pytest.approx(known.legs["left"].plantar_flexion_rad)
    assert abs(as_they_are.plantar_flexion_rad - level.plantar_flexion_rad) > np.radians(3)


def test_a_gap_of_a_marker_is_a_gap_of_what_needs_it():
    markers = markers_of_angles(angles(), body(), path())
    markers["LKNE"] = markers["LKNE"].copy()
    markers["LKNE"][10:20] = np.nan
    found = joint_angles(pose(markers, body()))
    for name, wave in found.items():
        depends = "_left_" in name
        assert np.isnan(wave[10:20]).all() == depends, name
        assert np.isfinite(wave[:10]).all(), name
        assert np.isfinite(wave[20:]).all(), name


def test_a_missing_marker_takes_along_only_what_needs_it():
    markers = markers_of_angles(angles(), body(), path())
    del markers["RTIB"]
    found = joint_angles(pose(markers, body()))
    assert "hip_flexion_angle_right_rad" in found
    assert not any("right" in name and ("knee" in name or "ankle" in name) for name in found)
    assert "ankle_dorsiflexion_angle_left_rad" in found


def test_without_measures_pelvis_and_trunk_survive():
    markers = markers_of_angles(angles(), body(), path())
    found = pose(markers, Body(marker_diameter_m=0.014))
    assert set(found.segments) == {"pelvis", "trunk"}


def test_posterior_spines_stand_in_for_the_sacrum():
    markers = markers_of_angles(angles(), body(), path())
    sacrum = markers.pop("SACR")
    aside = np.array([0.0, 0.03, 0.0])
    spines = {"LPSI": sacrum + aside, "RPSI": sacrum - aside}
    prefixed = {f"Ann:{name}": xyz for name, xyz in {**markers, **spines}.items()}
    found = cgm1_markers(prefixed)
    np.testing.assert_allclose(found["SACR"], sacrum)
    assert "LKNE" in found


def test_the_chord_is_square_as_deep_as_told_and_turned_as_told():
    """Kadaba's three conditions, by hand."""
    random = np.random.default_rng(4)
    hip = random.normal([0, 0, 1.0], 0.02, (30, 3))
    knee = random.normal([0, 0.06, 0.55], 0.02, (30, 3))
    wand = random.normal([0, 0.15, 0.8], 0.02, (30, 3))
    for behind in (0.0, 0.3, -0.25):
        centre = chord(hip, knee, wand, 0.057, behind)
        to_marker, long_axis = knee - centre, hip - centre
        np.testing.assert_allclose(np.linalg.norm(to_marker, axis=1), 0.057, atol=1e-12)
        np.testing.assert_allclose(np.sum(to_marker * long_axis, axis=1), 0, atol=1e-9)
        up = long_axis / np.linalg.norm(long_axis, axis=1, keepdims=True)
        flat = [v - np.sum(v * up, axis=1, keepdims=True) * up for v in (to_marker, wand - centre)]
        cross = np.sum(np.cross(flat[1], flat[0]) * up, axis=1)
        seen = np.arctan2(cross, np.sum(flat[0] * flat[1], axis=1))
        np.testing.assert_allclose(seen, behind, atol=1e-8)


def test_a_joint_deeper_than_the_segment_is_long_is_no_joint():
    near = chord(np.zeros((1, 3)), np.array([[0, 0.03, 0]]), np.array([[0, 0.1, 0.1]]), 0.05)
    assert np.isnan(near).all()


def test_hip_centres_are_those_of_the_papers():
    """By hand, in mm, for leg lengths of 900, spines 240 apart, pelvis 150 deep, markers of 14."""
    legs = {side: Leg(length_m=0.9) for side in ("left", "right")}
    known = Body(marker_diameter_m=0.014, asis_distance_m=0.24, pelvis_depth_m=0.15, legs=legs)
    c, before = 0.115 * 900 - 15.3, 0.1288 * 900 - 48.56 + 7
    davis = (
        c * np.cos(0.5) * np.sin(0.314) - before * np.cos(0.314),
        -(c * np.sin(0.5) - 120),
        -c * np.cos(0.5) * np.cos(0.314) - before * np.sin(0.314),
    )
    harrington = (-0.24 * 150 - 9.9, 0.33 * 240 + 7.3, -0.30 * 240 - 10.9)
    hara = (11 - 0.063 * 900, 8 + 0.086 * 900, -9 - 0.078 * 900)
    for method, by_hand in (("davis", davis), ("harrington", harrington), ("hara", hara)):
        left, right = (hip_centre(known, side, method) * 1e3 for side in ("left", "right"))
        np.testing.assert_allclose(left, by_hand, atol=1e-9)
        np.testing.assert_allclose(right, np.array(by_hand) * [1, -1, 1], atol=1e-9)


@pytest.mark.parametrize("value", [1.0, np.nan])
def test_markers_in_one_place_or_never_seen_together_give_nothing_and_no_warning(value):
    markers = {name: np.ones((4, 3)) for name in markers_of_angles({}, body(), path())}
    for row, xyz in enumerate(markers.values()):
        xyz[row % 4] = value
    found = joint_angles(pose(markers, calibrated(markers, body())))
    assert not any(np.isfinite(wave).any() for wave in found.values())

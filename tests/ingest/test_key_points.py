"""Angles of key points: against Plug-in Gait's own, known postures, and files as markerless systems write."""

from dataclasses import replace

import numpy as np
import pytest
from tests.ingest.test_joint_model import _write_trc

from locomotion_analysis.biomechanics import key_point_angles
from locomotion_analysis.ingest import (
    ReadOptions,
    Recording,
    convert,
    cycles_of,
    marker_report,
    reader_for,
)
from locomotion_analysis.ingest.joint_model import with_joints
from locomotion_analysis.ingest.marker_names import key_points

WALKS = ("HC002D06", "HC030A05", "HC030A22", "HC036A10")
SIDES = {"left": "L", "right": "R"}
# Ends of Plug-in Gait's segments: femur and tibia end in knee and ankle, the femur begins in the hip.
ENDS = {"hip": "FEP", "knee": "FEO", "ankle": "TIO", "heel": "HEE", "toe": "TOE"}
POSE2SIM = {"hip": "Hip", "knee": "Knee", "ankle": "Ankle", "heel": "Heel", "toe": "BigToe"}
MEDIAPIPE = {**{name: name for name in POSE2SIM}, "toe": "foot_index"}


def _read(shared_data, name):
    file = shared_data / f"raw/c3d_plugin_gait/{name}.c3d"
    return reader_for(file).read(file, ReadOptions())[0]


def _points(recording):
    """Return hip, knee and ankle centres as the file has them, and its heel and toe markers."""
    return {
        (place, side): recording.markers[f"{letter}{label}"]
        for side, letter in SIDES.items()
        for place, label in ENDS.items()
    }


@pytest.mark.parametrize("name", WALKS)
def test_knees_and_thighs_are_those_of_plug_in_gait(shared_data, name):
    """Knees within 2 degrees; the foot's line from heel to toe tilts, by a constant, from its sole."""
    recording = _read(shared_data, name)
    own = {n: v for stream in recording.streams for n, v in stream.signals.items()}
    points = _points(recording)
    computed = key_point_angles(points)
    for side in SIDES:
        apart = np.degrees(
            computed[f"knee_flexion_angle_{side}_rad"] - own[f"knee_flexion_angle_{side}_rad"]
        )
        assert abs(np.nanmean(apart)) < 0.4
        assert np.nanmax(np.abs(apart)) < 2.5
        foot = (
            computed[f"ankle_dorsiflexion_angle_{side}_rad"]
            - own[f"ankle_dorsiflexion_angle_{side}_rad"]
        )
        assert 2.0 < np.degrees(np.nanmean(foot)) < 9.0
        assert np.degrees(np.nanstd(foot)) < 1.7
        if name != "HC030A22":  # it turns, and the tilt is that against the laboratory
            thigh = own[f"hip_flexion_angle_{side}_rad"] - own["pelvis_anterior_tilt_angle_rad"]
            apart = np.degrees(computed[f"thigh_sagittal_angle_{side}_rad"] - thigh)
            assert np.sqrt(np.nanmean(apart**2)) < 0.6


def _leg(thigh, shank, foot, heading=0.0):
    """Return points of two legs with known inclinations, walking towards `heading`."""
    ahead, left = (np.array([np.cos(a), np.sin(a), 0.0]) for a in (heading, heading + np.pi / 2))
    points = {}
    for side, out in (("left", 1.0), ("right", -1.0)):
        hip = np.array([0.3, -0.2, 0.9]) + 0.1 * out * left + np.zeros((len(thigh), 1))

        def line(angle, length):
            angle = np.asarray(angle)[:, np.newaxis]
            return length * (np.sin(angle) * ahead - np.cos(angle) * np.array([0.0, 0.0, 1.0]))

        knee = hip + line(thigh, 0.4)
        ankle = knee + line(shank, 0.4)
        heel = ankle - 0.05 * ahead
        points |= {("hip", side): hip, ("knee", side): knee, ("ankle", side): ankle}
        points |= {("heel", side): heel, ("toe", side): heel + line(foot + np.pi / 2, 0.25)}
    return points


@pytest.mark.parametrize("heading", [0.0, 1.0, np.pi, -2.0])
def test_known_postures_have_their_angles_whichever_way_the_person_faces(heading):
    thigh, shank, foot = np.radians([[20.0, -15.0, 50.0], [18.0, -40.0, -55.0], [10.0, -60.0, 5.0]])
    found = key_point_angles(_leg(thigh, shank, foot, heading))
    for side in SIDES:
        for name, values in {
            "thigh_sagittal": thigh,
            "shank_sagittal": shank,
            "foot_sagittal": foot,
            "knee_flexion": thigh - shank,
            "ankle_dorsiflexion": foot - shank,
        }.items():
            np.testing.assert_allclose(found[f"{name}_angle_{side}_rad"], values, atol=1e-12)


@pytest.mark.parametrize("heading", [0.0, np.pi, 0.5])
def test_points_of_one_camera_have_its_plane(heading):
    """No line of the hips across: feet tell which way is ahead."""
    angles = np.radians([[20.0, -15.0, 50.0], [18.0, -40.0, -55.0], [10.0, -60.0, 5.0]])
    left = np.array([-np.sin(heading), np.cos(heading), 0.0])
    flat = {name: xyz - np.outer(xyz @ left, left) for name, xyz in _leg(*angles, heading).items()}
    np.testing.assert_allclose(
        key_point_angles(flat)["knee_flexion_angle_left_rad"], angles[0] - angles[1], atol=1e-9
    )
    no_feet = {name: xyz for name, xyz in flat.items() if name[0] not in ("heel", "toe")}
    assert key_point_angles(no_feet) == {}


def test_what_is_not_seen_is_open_there_alone():
    angles = np.radians([[20.0, -15.0, 50.0], [18.0, -40.0, -55.0], [10.0, -60.0, 5.0]])
    points = _leg(*angles)
    points["ankle", "left"][1] = np.nan
    del points["toe", "right"]
    found = key_point_angles(points)
    assert np.isnan(found["knee_flexion_angle_left_rad"]).tolist() == [False, True, False]
    assert np.isfinite(found["knee_flexion_angle_right_rad"]).all()
    assert "ankle_dorsiflexion_angle_right_rad" not in found


# Files.


@pytest.mark.parametrize("names", [POSE2SIM, MEDIAPIPE, None], ids=["Pose2Sim", "MediaPipe", "JC"])
def test_a_trc_of_key_points_becomes_cycles(shared_data, tmp_path, names):
    """The knees of the cycles are those of the file that the points are from."""
    recording = _read(shared_data, "HC002D06")
    centres = {"hip": "HJC", "knee": "KJC", "ankle": "AJC", "heel": "HEE", "toe": "TOE"}
    written = {}
    for (place, side), xyz in _points(recording).items():
        if names is POSE2SIM:
            label = SIDES[side] + names[place]
        else:
            label = f"{side}_{names[place]}" if names else SIDES[side] + centres[place]
        written[label] = xyz
    if names is POSE2SIM:
        written["Hip"] = (written["LHip"] + written["RHip"]) / 2
    _write_trc(tmp_path / "S1_walk.trc", written, rate=100)
    found = convert([tmp_path / "S1_walk.trc"]).data
    own = cycles_of(recording)
    assert len(found) >= len(own) - 2
    assert "hip_flexion_angle_ipsi_rad" not in found.channels
    knee = "knee_flexion_angle_ipsi_rad"
    apart = np.degrees(found.curves(knee).max(axis=1).mean() - own.curves(knee).max(axis=1).mean())
    assert abs(apart) < 1.5
    told = [str(entry) for entry in found.history]
    assert any("key points do not determine" in line for line in told)
    assert any("off by a constant" in line for line in told)
    report = marker_report(tmp_path / "S1_walk.trc")
    assert any("key points of the legs: convert computes" in line for line in report.remarks)


def test_one_camera_gives_cycles_and_nothing_sideways(shared_data, tmp_path):
    recording = _read(shared_data, "HC002D06")
    seen = {
        f"{SIDES[side]}{POSE2SIM[place]}": np.stack([xyz[:, 1], 0 * xyz[:, 0], xyz[:, 2]], axis=1)
        for (place, side), xyz in _points(recording).items()
    }
    _write_trc(tmp_path / "S1_walk.trc", seen)
    found = convert([tmp_path], subjects={"S1": {"leg_length_m": 0.74}}).data
    own = cycles_of(recording).curves("knee_flexion_angle_ipsi_rad").max(axis=1)
    knee = found.curves("knee_flexion_angle_ipsi_rad").max(axis=1)
    np.testing.assert_allclose(np.degrees(knee), np.degrees(own), atol=1.0)
    cycles = found.cycles
    assert cycles["margin_of_stability_anterior_m"].notna().all()
    assert cycles[["margin_of_stability_lateral_m", "com_lateral_range_m"]].isna().all(axis=None)


def test_markers_on_skin_are_no_key_points():
    at = np.ones((2, 3))
    legs = {f"{side}{name}": at for side in "LR" for name in ("Hip", "Knee", "Ankle")}
    assert set(key_points(legs)) == {(p, s) for p in ("hip", "knee", "ankle") for s in SIDES}
    assert key_points({**legs, "LASI": at}) == {}
    assert key_points({n: xyz for n, xyz in legs.items() if "Hip" not in n}) == {}


def test_what_the_file_has_comes_first_and_none_computes_nothing(shared_data):
    recording = _read(shared_data, "HC002D06")
    points = {f"{SIDES[s]}{POSE2SIM[p]}": xyz for (p, s), xyz in _points(recording).items()}
    with_angles = replace(recording, markers=points)
    assert with_joints(with_angles) is with_angles
    bare = Recording(source="w.trc", markers=points, marker_time_s=recording.marker_time_s)
    assert with_joints(bare, "none") is bare
    assert "knee_flexion_angle_left_rad" in with_joints(bare).channels

import numpy as np
import pytest

from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest import ReadOptions
from locomotion_analysis.ingest.c3d.plugin_gait import OutputUnits, plugin_gait_signals
from locomotion_analysis.ingest.c3d.reader import C3DReader

WALKS = ("HC002D06", "HC030A05", "HC036A10")
DEGREES = OutputUnits("deg", "Nmm", "W")


def signals_of(shared_data, name):
    path = shared_data / f"raw/c3d_plugin_gait/{name}.c3d"
    (recording,) = C3DReader().read(path, ReadOptions())
    return recording, dict(recording.streams[0].signals), recording.streams[0].time_s


@pytest.mark.parametrize("name", WALKS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_power_is_moment_times_velocity_with_the_standard_signs(shared_data, name, side):
    _, signals, time_s = signals_of(shared_data, name)
    for joint, motions in (
        ("hip", ("flexion", "adduction", "internal_rotation")),
        ("knee", ("flexion", "adduction", "internal_rotation")),
        ("ankle", ("dorsiflexion",)),
    ):
        total = sum(
            signals[f"{joint}_{motion}_moment_{side}_Nm_kg"]
            * np.gradient(signals[f"{joint}_{motion}_angle_{side}_rad"], time_s)
            for motion in motions
        )
        power = signals[f"{joint}_power_{side}_W_kg"]
        both = np.isfinite(total) & np.isfinite(power)
        assert np.corrcoef(total[both], power[both])[0, 1] > 0.97


@pytest.mark.parametrize("name", WALKS)
def test_curves_have_the_size_and_sign_of_walking(shared_data, name):
    _, signals, _ = signals_of(shared_data, name)
    for side in ("left", "right"):
        knee = np.degrees(signals[f"knee_flexion_angle_{side}_rad"])
        assert 50 < np.nanmax(knee) < 70
        hip = np.degrees(signals[f"hip_flexion_angle_{side}_rad"])
        assert 25 < np.nanmax(hip) < 50
        # Plantarflexor negative: about -1.2 Nm/kg in children (Schwartz et al. 2008).
        assert -1.6 < np.nanmin(signals[f"ankle_dorsiflexion_moment_{side}_Nm_kg"]) < -1.0
        assert np.nanmin(signals[f"knee_flexion_moment_{side}_Nm_kg"]) < -0.3
        assert 2.0 < np.nanmax(signals[f"ankle_power_{side}_W_kg"]) < 6.0


@pytest.mark.parametrize("name", WALKS)
def test_forces_brake_then_push_and_agree_with_the_plates(shared_data, name):
    recording, signals, time_s = signals_of(shared_data, name)
    for side in ("left", "right"):
        vertical = signals[f"grf_vertical_{side}_BW"]
        anterior = signals[f"grf_anterior_{side}_BW"]
        stance = np.flatnonzero(vertical > 0.05)
        stance = stance[: np.append(np.flatnonzero(np.diff(stance) > 1) + 1, len(stance))[0]]
        half = len(stance) // 2
        assert anterior[stance[:half]].mean() < -0.03
        assert anterior[stance[half:]].mean() > 0.03
        assert signals[f"grf_lateral_{side}_BW"][stance].mean() < 0  # towards the other leg
        weight = recording.metadata["mass_kg"] * 9.81
        near = [
            np.median(
                np.abs(
                    np.interp(time_s[stance], plate.time_s, plate.force_N[:, 2]) / weight
                    - vertical[stance]
                )
            )
            for plate in recording.plates
        ]
        assert min(near) < 0.03


@pytest.mark.parametrize("name", WALKS)
def test_feet_are_flat_in_stance_and_pelvis_follows_the_markers(shared_data, name):
    recording, signals, _ = signals_of(shared_data, name)
    for side, letter in (("left", "L"), ("right", "R")):
        # Where heel and toe markers move least the foot is flat.
        foot = signals[f"foot_sagittal_angle_{side}_rad"]
        heel, toe = recording.markers[f"{letter}HEE"], recording.markers[f"{letter}TOE"]
        moved = sum(np.linalg.norm(np.gradient(xyz, axis=0), axis=1) for xyz in (heel, toe))
        still = np.argsort(moved)[:15]
        assert np.abs(np.degrees(np.nanmedian(foot[still]))) < 5
    across = recording.markers["LASI"] - recording.markers["RASI"]
    marker_list = -np.arctan2(across[:, 2], np.hypot(across[:, 0], across[:, 1]))
    listed = signals["pelvis_obliquity_up_angle_rad"]
    assert np.corrcoef(marker_list, listed)[0, 1] > 0.6  # right side up +
    yaw = np.unwrap(np.arctan2(across[:, 1], across[:, 0]))
    turned = signals["pelvis_internal_rotation_angle_rad"]
    assert np.corrcoef(yaw, turned)[0, 1] > 0.8  # right side forward +


def test_left_pelvis_is_turned_to_the_right_legs_view():
    xyz = np.tile([10.0, 4.0, -6.0], (5, 1))
    left, _ = plugin_gait_signals({"LPelvisAngles": xyz}, DEGREES, where="x")
    right, _ = plugin_gait_signals(
        {"RPelvisAngles": xyz * [1, -1, -1], "LPelvisAngles": xyz}, DEGREES, where="x"
    )
    for name, values in left.items():
        np.testing.assert_allclose(right[name], values)
    np.testing.assert_allclose(np.degrees(left["pelvis_obliquity_up_angle_rad"]), -4.0)


def test_moments_per_kilogram_and_absolute_are_told_apart():
    moment = np.tile([1200.0, 300.0, 50.0], (10, 1))
    per_kg, history = plugin_gait_signals({"LKneeMoment": moment}, DEGREES, where="x")
    np.testing.assert_allclose(per_kg["knee_flexion_moment_left_Nm_kg"], -1.2)
    assert any("are in Nm_kg" in entry.detail for entry in history if entry.action == "assumed")
    absolute, _ = plugin_gait_signals({"LKneeMoment": 70 * moment}, DEGREES, where="x")
    np.testing.assert_allclose(absolute["knee_flexion_moment_left_Nm"], -84.0)
    stated, history = plugin_gait_signals(
        {"LKneeMoment": moment / 1000}, OutputUnits("deg", "Nm/kg", "W/kg"), where="x"
    )
    np.testing.assert_allclose(stated["knee_flexion_moment_left_Nm_kg"], -1.2)
    assert not [entry for entry in history if entry.action == "assumed"]


def test_three_zeros_are_missing_and_radians_stay():
    xyz = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.1]])
    found, _ = plugin_gait_signals({"RKneeAngles": xyz}, OutputUnits("rad"), where="x")
    np.testing.assert_array_equal(found["knee_flexion_angle_right_rad"], [np.nan, 0.5])


def test_unknown_units_are_refused():
    with pytest.raises(UnitError, match=r"gon[\s\S]*file\.c3d"):
        plugin_gait_signals({"RKneeAngles": np.ones((2, 3))}, OutputUnits("gon"), where="file.c3d")


def test_unnamed_outputs_are_recorded():
    _, history = plugin_gait_signals({"LWristAngles": np.ones((2, 3))}, DEGREES, where="x")
    assert [entry.count for entry in history if "LWristAngles" in entry.detail] == [1]


@pytest.mark.parametrize("factor", [1.0, 100.0])
def test_a_single_sample_does_not_tell_the_unit_of_the_ground_force(factor):
    force = np.zeros((400, 3))
    force[100:160, 2] = 1.1 * factor
    force[300, 2] = 40.0 * factor
    signals, _ = plugin_gait_signals({"LNormalisedGRF": force}, DEGREES, where="a.c3d")
    assert np.median(signals["grf_vertical_left_BW"][100:160]) == pytest.approx(1.1)

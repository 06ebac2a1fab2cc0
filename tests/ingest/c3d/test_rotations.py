from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest import ReadOptions, Recording, convert
from locomotion_analysis.ingest.c3d.reader import C3DReader

FRAMES, RATE_HZ, HEADING = 200, 100.0, np.radians(130.0)
SEGMENTS = [
    "pelvis", "torso", "head", "l_thigh", "l_shank", "l_foot", "l_toes",
    "r_thigh", "r_shank", "r_foot", "r_toes",
]  # fmt: skip


class Person:
    """Walks along `heading` (from +x to the left) with joint angles that are known."""

    def __init__(self, heading: float = HEADING, samples: int = FRAMES, seconds: float = 2.0):
        self.time = np.arange(samples) * seconds / samples
        self.angles: dict[str, np.ndarray] = {}
        self.poses: dict[str, np.ndarray] = {}
        wave = np.sin(2 * np.pi * self.time)
        lab = Rotation.from_euler("z", heading - np.pi / 2)  # y points along the heading
        pelvis = self._told("pelvis_{}_angle_rad", (0.10 + 0.03 * wave, 0.05 * wave, 0.08 * wave))
        self._upright("pelvis", lab, *pelvis)
        trunk = self._told("trunk_{}_angle_rad", (0.06 + 0.01 * wave, -0.02 * wave, -0.1 * wave))
        self._upright("torso", lab, *trunk)
        forward = np.array([np.cos(heading), np.sin(heading), 0.0])
        middle = 1.2 * self.time[:, None] * forward + [0.0, 0.0, 0.95]
        self._place("pelvis", middle)
        self._place("torso", middle + self._offset("pelvis", (0, 0.02, 0.55)))
        self.poses["head"] = self.poses["torso"].copy()
        for side, sign in (("left", -1.0), ("right", 1.0)):
            swing = sign * wave
            hip = {
                "flexion": 0.2 + 0.4 * swing,
                "adduction": 0.1 * swing,
                "internal_rotation": 0.02 * swing - 0.1,
            }
            knee = {"flexion": 0.5 + 0.4 * swing, "adduction": 0.03 * swing, "internal_rotation": 0}
            ankle = {"dorsiflexion": 0.1 * swing, "adduction": 0.05 * swing, "twist": -0.1 * swing}
            for joint, of_joint in (("hip", hip), ("knee", knee), ("ankle", ankle)):
                for motion, values in of_joint.items():
                    self.angles[f"{joint}_{motion}_angle_{side}_rad"] = values + 0 * wave
            where = self._origin("pelvis") + self._offset("pelvis", (0.09 * sign, 0, 0))
            letter, above = side[0], "pelvis"
            for name, of_joint, turn, down in (
                ("thigh", hip, 1.0, (0, 0, -0.42)),
                ("shank", knee, -1.0, (0, 0, -0.43)),
                ("foot", ankle, 1.0, (0, 0.15, -0.05)),
            ):
                first, second, third = of_joint.values()
                bent = np.column_stack(
                    [turn * first + 0 * wave, sign * second + 0 * wave, sign * third + 0 * wave]
                )
                joint_turn = Rotation.from_euler("XYZ", bent)
                self._set(f"{letter}_{name}", Rotation.from_matrix(self._turn(above)) * joint_turn)
                self._place(f"{letter}_{name}", where)
                above = f"{letter}_{name}"
                where = where + self._offset(above, down)
            self.poses[f"{letter}_toes"] = self.poses[f"{letter}_foot"].copy()
            self._place(f"{letter}_toes", where)

    def _told(self, pattern, values):
        for motion, value in zip(
            ("anterior_tilt", "obliquity_up", "internal_rotation"), values, strict=True
        ):
            self.angles[pattern.format(motion)] = value
        return values

    def _upright(self, name, lab, tilt, obliquity, rotation):
        turn = lab * Rotation.from_euler("XYZ", np.column_stack([-tilt, -obliquity, rotation]))
        self._set(name, turn)

    def _set(self, name, turn):
        self.poses[name] = np.tile(np.eye(4), (len(self.time), 1, 1))
        self.poses[name][:, :3, :3] = turn.as_matrix()

    def _turn(self, name):
        return self.poses[name][:, :3, :3]

    def _origin(self, name):
        return self.poses[name][:, :3, 3]

    def _place(self, name, where):
        self.poses[name][:, :3, 3] = where

    def _offset(self, name, local):
        return self._turn(name) @ np.asarray(local, float)

    def block(self, names=SEGMENTS, unit=1000.0):
        """As stored: 16 numbers by columns and the reliability."""
        poses = np.stack([self.poses[name] for name in names], axis=1)
        poses[..., :3, 3] *= unit
        columns = poses.transpose(0, 1, 3, 2).reshape(len(self.time), len(names), 16)
        return np.concatenate([columns, np.zeros((*columns.shape[:2], 1))], axis=2)


@pytest.fixture
def write(write_c3d):
    def write(block, names=SEGMENTS, *, frames=FRAMES, has_marker=False, **groups):
        rotation = {"LABELS": [f"{name}_4X4" for name in names]}
        heels = {"l_heel": np.float32([0, -0.04, -0.05]), "r_heel": np.float32([0, -0.04, -0.05])}
        groups = {"ROTATION": rotation, "THEIA3D": heels} | groups
        return write_c3d(
            np.zeros((0, 0)), frames=frames, poses=block, has_marker=has_marker, **groups
        )

    return write


def read(path: Path) -> Recording:
    (recording,) = C3DReader().read(path, ReadOptions())
    return recording


def details(recording: Recording, action: str) -> str:
    return "\n".join(entry.detail for entry in recording.history if entry.action == action)


@pytest.mark.parametrize("heading", [0.0, 90.0, 180.0, -90.0])
def test_angles_are_those_the_person_walked_with(write, heading):
    person = Person(np.radians(heading))
    recording = read(write(person.block()))
    (stream,) = recording.streams
    np.testing.assert_allclose(stream.time_s, person.time, atol=1e-9)
    measured = {
        name: values
        for name, values in person.angles.items()
        if "ankle_adduction" not in name and "twist" not in name
    }
    fixed = {name for name in measured if name.startswith("knee_internal")}
    assert fixed == set(measured) - set(stream.signals)
    for name, values in measured.items():
        if name not in fixed:
            np.testing.assert_allclose(stream.signals[name], values, atol=2e-6, err_msg=name)
    assert "knee_internal_rotation_angle_left_rad" in details(recording, "dropped")
    assert "head_4X4" in details(recording, "dropped")


@pytest.mark.parametrize("off_axis", [20.0, -35.0])
def test_joints_do_not_depend_on_the_heading_and_rotations_are_from_the_axis(write, off_axis):
    along, person = Person(np.pi / 2), Person(np.pi / 2 + np.radians(off_axis))
    (stream,) = read(write(person.block())).streams
    for name in ("hip_flexion_angle_left_rad", "knee_adduction_angle_right_rad"):
        np.testing.assert_allclose(stream.signals[name], along.angles[name], atol=2e-6)
    tilt, up, rotation = (
        stream.signals[f"pelvis_{motion}_angle_rad"]
        for motion in ("anterior_tilt", "obliquity_up", "internal_rotation")
    )
    found = Rotation.from_euler("XYZ", np.column_stack([-tilt, -up, rotation]))
    apart = found.inv() * Rotation.from_matrix(person._turn("pelvis"))
    assert apart.magnitude().max() < 1e-5
    assert np.degrees(rotation).mean() == pytest.approx(off_axis, abs=1.0)


def test_segments_in_the_laboratory_and_their_origins_are_those_of_the_person(write):
    person = Person()
    recording = read(write(person.block()))
    (stream,) = recording.streams
    for side, letter in (("left", "l"), ("right", "r")):
        toes = person._turn(f"{letter}_foot")[:, :, 1]
        ahead, left = toes[:, 1], -toes[:, 0]  # of a person who faces y more than x
        inwards = np.arctan2(left, ahead) * (1 if side == "right" else -1)
        for name, values in {
            "foot_sagittal": np.arcsin(toes[:, 2]),
            "foot_progression_internal": inwards,
        }.items():
            found = stream.signals[f"{name}_angle_{side}_rad"]
            np.testing.assert_allclose(found, values, atol=1e-6)
        ankle, heel = (recording.markers[f"{letter.upper()}{place}"] for place in ("AJC", "HEE"))
        np.testing.assert_allclose(ankle, person._origin(f"{letter}_foot"), atol=1e-6)
        local = np.einsum("nji,nj->ni", person._turn(f"{letter}_foot"), heel - ankle)
        np.testing.assert_allclose(local, np.tile([0, -0.04, -0.05], (FRAMES, 1)), atol=1e-6)
    np.testing.assert_allclose(recording.markers["PELVIS"], person._origin("pelvis"), atol=1e-6)


def test_a_segment_that_was_not_tracked_is_no_zero(write):
    block = Person().block()
    shank = SEGMENTS.index("l_shank")
    block[50, shank, 16] = -1.0  # a matrix of before, marked as not tracked
    block[60, shank, :16] = 0.0  # zeros, not marked
    block[70, shank] = np.nan
    block[70, shank, 16] = -1.0
    recording = read(write(block))
    (stream,) = recording.streams
    for joint in ("knee_flexion", "ankle_dorsiflexion"):
        gone = np.flatnonzero(np.isnan(stream.signals[f"{joint}_angle_left_rad"]))
        assert gone.tolist() == [50, 60, 70]
    assert np.isfinite(stream.signals["knee_flexion_angle_right_rad"]).all()
    assert np.isnan(recording.markers["LKJC"][[50, 60, 70]]).all()
    assert "no rotation" in details(recording, "dropped")


def test_two_poses_a_frame_lie_between_the_frames(write):
    person = Person(samples=2 * FRAMES)
    recording = read(write(person.block()))
    (stream,) = recording.streams
    np.testing.assert_allclose(stream.time_s, person.time, atol=1e-9)
    np.testing.assert_allclose(recording.marker_time_s, person.time[::2], atol=1e-9)
    np.testing.assert_allclose(
        stream.signals["knee_flexion_angle_left_rad"],
        person.angles["knee_flexion_angle_left_rad"],
        atol=2e-6,
    )
    np.testing.assert_allclose(recording.markers["RAJC"], person._origin("r_foot")[::2], atol=1e-6)


def with_y_up(block):
    """The same person in a laboratory whose y is up: x stays, z comes from y."""
    turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)
    turned = block.copy()
    columns = block[..., :16].reshape(*block.shape[:2], 4, 4)
    turned[..., :16] = np.concatenate(
        [columns[..., :3] @ turn.T, columns[..., 3:]], axis=-1
    ).reshape(*block.shape[:2], 16)
    return turned


def test_a_laboratory_with_y_up_says_so_or_is_refused(write):
    person = Person(np.pi / 2)
    with pytest.raises(FileReadError, match="z is not up"):
        read(write(with_y_up(person.block())))
    (stream,) = read(write(with_y_up(person.block()), POINT={"Y_SCREEN": ["+Y"]})).streams
    for name in ("pelvis_anterior_tilt_angle_rad", "hip_adduction_angle_left_rad"):
        np.testing.assert_allclose(stream.signals[name], person.angles[name], atol=2e-6)


def with_other_axes(block):
    """Segments with x forward, y up and z to the right, as the ISB has them."""
    turn = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], float)
    turned = block.copy()
    columns = block[..., :16].reshape(*block.shape[:2], 4, 4).copy()
    columns[..., :3, :] = np.einsum("ij,nsjk->nsik", turn.T, columns[..., :3, :])
    turned[..., :16] = columns.reshape(*block.shape[:2], 16)
    return turned


def test_segments_with_other_axes_or_names_are_not_guessed(write):
    block = Person().block()
    with pytest.raises(FileReadError, match="in the axes of the pelvis"):
        read(write(with_other_axes(block)))
    named = [name.replace("_", "") for name in SEGMENTS if name not in ("pelvis", "torso")]
    with pytest.raises(FileReadError, match="segments named head_4X4, lthigh_4X4"):
        read(write(block[:, 2:], named))
    # Beside markers they cost nothing but themselves.
    recording = read(write(with_other_axes(block), has_marker=True))
    assert list(recording.markers) == ["HEAD"]
    assert not recording.streams
    assert "in the axes of the pelvis" in details(recording, "dropped")


def test_poses_that_go_on_beyond_the_file_are_refused(write):
    path = write(Person().block())
    whole = path.read_bytes()
    for missing in (4, 68, 600, 1024, 60000):
        path.write_bytes(whole[:-missing])
        with pytest.raises(FileReadError, match=r"cut off|the parser crashed"):
            read(path)


def test_a_markerless_recording_of_treadmill_walking(shared_data):
    result = convert([shared_data / "raw/c3d_rotations"])
    assert not result.failures
    data = result.data
    assert 4 <= len(data) <= 6
    assert set(data.cycles["side"]) == {"left", "right"}
    assert data.cycles["cycle_duration_s"].between(1.08, 1.12).all()
    assert data.cycles["stance_percent"].between(55, 68).all()
    knee = np.degrees(data.curves("knee_flexion_angle_ipsi_rad"))
    assert ((knee.max(axis=1) > 58) & (knee.max(axis=1) < 72)).all()
    assert ((knee.argmax(axis=1) > 0.63 * 150) & (knee.argmax(axis=1) < 0.78 * 150)).all()
    hip = np.degrees(data.curves("hip_flexion_angle_ipsi_rad"))
    assert ((hip.argmin(axis=1) > 0.4 * 150) & (hip.argmin(axis=1) < 0.6 * 150)).all()
    sides = data.cycles["side"].to_numpy()
    for channel in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion", "hip_adduction"):
        curves = np.degrees(data.curves(f"{channel}_angle_ipsi_rad"))
        left, right = (curves[sides == side].mean(axis=0) for side in ("left", "right"))
        assert np.corrcoef(left, right)[0, 1] > 0.85
        assert np.sqrt(np.mean((left - right) ** 2)) < 6.0


def test_angles_of_the_markerless_recording_are_those_of_another_program(shared_data):
    path = shared_data / "raw/c3d_rotations/rotations.c3d"
    raw = np.frombuffer(path.read_bytes(), "<f4", 340 * 21 * 17, offset=5 * 512)
    poses = raw.reshape(340, 21, 17)[1:336, :, :16].reshape(-1, 21, 4, 4).transpose(0, 1, 3, 2)
    (stream,) = read(path).streams
    # Joint, segment above, segment below, sign of flexion; the order of segments is the file's.
    for name, above, below, sign in (
        ("hip_flexion_angle_left_rad", 1, 2, 1),
        ("knee_flexion_angle_left_rad", 2, 3, -1),
        ("ankle_dorsiflexion_angle_right_rad", 7, 8, 1),
        ("hip_flexion_angle_right_rad", 1, 6, 1),
    ):
        upper, lower = (Rotation.from_matrix(poses[:, k, :3, :3]) for k in (above, below))
        flexion = (upper.inv() * lower).as_euler("XYZ")[:, 0]
        np.testing.assert_allclose(stream.signals[name][1:336], sign * flexion, atol=1e-6)
    # Grood and Suntay without matrices: flexion about the thigh's x, where the shank's axis leans.
    thigh, shank = poses[:, 6, :3, :3], poses[:, 7, :3, :3]
    floating = np.cross(shank[:, :, 2], thigh[:, :, 0])
    floating /= np.linalg.norm(floating, axis=1, keepdims=True)
    flexion = -np.arcsin(np.sum(floating * thigh[:, :, 2], axis=1))
    found = stream.signals["knee_flexion_angle_right_rad"][1:336]
    np.testing.assert_allclose(found, flexion, atol=1e-6)

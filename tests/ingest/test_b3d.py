import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomotion_analysis.errors import FileReadError, LocomotionError
from locomotion_analysis.ingest import ReadOptions, Recording
from locomotion_analysis.ingest.b3d import B3DReader, read_b3d_frames, read_b3d_header
from locomotion_analysis.ingest.foot_forces import foot_forces

DOFS = ("pelvis_tilt", "pelvis_rotation", "pelvis_tx", "pelvis_ty", "pelvis_tz", "knee_angle_r")
FRAMES = 12


def varint(value: int) -> bytes:
    head = b""
    while value >= 128:
        head += bytes([value % 128 + 128])
        value //= 128
    return head + bytes([value])


def number(key: int, value: int) -> bytes:
    return varint(key * 8) + varint(value)


def double(key: int, value: float) -> bytes:
    return varint(key * 8 + 1) + struct.pack("<d", value)


def chunk(key: int, payload: bytes) -> bytes:
    return varint(key * 8 + 2) + varint(len(payload)) + payload


def doubles(key: int, values: np.ndarray) -> bytes:
    return chunk(key, np.asarray(values, "<f8").tobytes())


def b3d(
    *,
    passes: tuple[int, ...] = (0, 1),
    frames: int = FRAMES,
    missing: tuple[int, ...] = (),
    observed: tuple[int, ...] = (),
    turn: float = 0.0,
    drift: float | None = None,
    step: float = 0.01,
    pass_bytes: int | None = None,
) -> bytes:
    """One subject of 70 kg facing `turn` from x, walking or drifting on a belt, in one trial."""
    names = "".join(f'<Coordinate name="{name}">' for name in (*DOFS, "knee_angle_r_beta"))
    force = np.array([50.0 * np.cos(turn), 600.0, -50.0 * np.sin(turn)])
    point = np.array([0.3, 0.0, 0.1])

    def frame(k: int, which: int) -> bytes:
        along = 0.2 * k if drift is None else drift * k / FRAMES
        position = np.array(
            [-0.1, turn, along * np.cos(turn), 1.0, -along * np.sin(turn), 0.1 * k + which]
        )
        wrench = np.concatenate([np.cross(point, force), force, np.zeros(6)])
        torque = np.full(len(DOFS), -7.0 * (k > 0))
        return (
            doubles(1, position)
            + doubles(2, np.zeros(len(DOFS)))
            + doubles(4, torque)
            + doubles(5, wrench)
        )

    def sensors(k: int) -> bytes:
        return doubles(2, np.array([0.1 * k, 1.7, 0.2]))

    one_pass = len(frame(0, 0)) if pass_bytes is None else pass_bytes
    headers = b"".join(
        chunk(5, number(1, kind) + chunk(2, bytes(observed) or b"")) for kind in passes
    )
    trial = (
        chunk(1, b"walk_1")
        + chunk(2, bytes(missing))
        + number(3, frames)
        + double(4, step)
        + headers
    )
    head = (
        number(1, len(DOFS))
        + number(3, len(sensors(0)))
        + number(4, one_pass)
        + chunk(5, chunk(2, names.encode()))
        + chunk(6, b"calcn_r")
        + chunk(6, b"calcn_l")
        + chunk(9, trial)
        + chunk(13, b"female")
        + double(14, 1.65)
        + double(15, 70.0)
        + number(16, 40)
        + chunk(17, b"HEAD")
    )
    body = b"".join(
        sensors(k) + b"".join(frame(k, which) for which in range(len(passes)))
        for k in range(FRAMES)
    )
    return struct.pack("<q", len(head)) + head + body


def read(path: Path) -> list[Recording]:
    return B3DReader().read(path, ReadOptions())


def read_bytes(data: bytes, folder: Path) -> Recording:
    path = folder / "x.b3d"
    path.write_bytes(data)
    (recording,) = read(path)
    return recording


def signals(recording: Recording) -> dict[str, np.ndarray]:
    """All signals, with the forces in the directions of the person."""
    streams = foot_forces(recording, []).recording.streams
    return {name: x for stream in streams for name, x in stream.signals.items()}


@pytest.fixture(scope="module")
def walks(shared_data) -> tuple[Path, list[Recording]]:
    path = shared_data / "raw/b3d/results.b3d"
    return path, read(path)


def test_both_trials_are_read_whole(walks):
    _, recordings = walks
    assert [r.trial for r in recordings] == ["walking2_segment_0", "walking1_segment_0"]
    assert [len(r.streams[0].time_s) for r in recordings] == [132, 131]
    for recording in recordings:
        assert np.diff(recording.streams[0].time_s) == pytest.approx(0.01)
        assert recording.metadata["mass_kg"] == 68.0
        assert len(recording.markers) == 52
        assert 1.0 < np.nanmedian(recording.markers["C7"][:, 2]) < 1.6  # z up


def test_velocities_are_the_derivatives_of_the_angles_they_stand_beside(walks):
    for recording in walks[1]:
        found = signals(recording)
        for name in ("hip_flexion_{}_right_", "knee_flexion_{}_left_", "pelvis_anterior_tilt_{}_"):
            velocity = found[name.format("velocity") + "rad_s"]
            slope = np.gradient(found[name.format("angle") + "rad"], 0.01)
            assert np.corrcoef(velocity[2:-2], slope[2:-2])[0, 1] > 0.95


def test_ground_reactions_are_those_of_the_raw_plates(walks):
    path, recordings = walks
    header = read_b3d_header(path)
    for index, recording in enumerate(recordings):
        sensors = read_b3d_frames(path, header, index, None)
        force, point = sensors[9], sensors[7]  # plate 1: right foot, plate 2: left
        found = signals(recording)
        for k, side in enumerate(("right", "left")):
            vertical = found[f"grf_vertical_{side}_N"]
            raw = force[:, 3 * k + 1]
            np.testing.assert_allclose(vertical, raw, atol=1.0)
            np.testing.assert_allclose(found[f"grf_anterior_{side}_N"], force[:, 3 * k], atol=60)
            loaded = raw > 100
            cop = found[f"cop_anterior_{side}_m"][loaded]
            assert np.abs(cop - point[loaded, 3 * k]).max() < 0.02


def test_moments_carry_the_stance_leg(walks):
    """Plantarflexor (negative) in the stance of the same side, nothing in its swing."""
    for recording in walks[1]:
        found = signals(recording)
        for side in ("left", "right"):
            ankle = found[f"ankle_dorsiflexion_moment_{side}_Nm"]
            vertical = found[f"grf_vertical_{side}_N"]
            assert np.nanmin(ankle[vertical > 20]) < -80.0
            assert np.nanmax(np.abs(ankle[vertical == 0.0])) < 10.0
            assert np.isnan(ankle[0])  # the solver leaves the first frame at zero
        assert any("BW at the pelvis" in entry.detail for entry in recording.history)


def test_the_dynamics_pass_is_chosen(tmp_path):
    last = read_bytes(b3d(passes=(0, 1)), tmp_path)
    first = read_bytes(b3d(passes=(1, 2)), tmp_path)
    gap = (
        signals(last)["knee_flexion_angle_right_rad"]
        - signals(first)["knee_flexion_angle_right_rad"]
    )
    np.testing.assert_allclose(gap, 1.0)
    assert any("pass 2 of 2 (dynamics)" in entry.detail for entry in last.history)


def test_a_generated_walk_has_the_standard_signs(tmp_path):
    recording = read_bytes(b3d(), tmp_path)
    found = signals(recording)
    np.testing.assert_allclose(found["pelvis_anterior_tilt_angle_rad"], 0.1)
    np.testing.assert_allclose(found["knee_flexion_moment_right_Nm"][1:], -7.0)
    np.testing.assert_allclose(found["grf_vertical_right_N"], 600.0)
    np.testing.assert_allclose(found["grf_anterior_right_N"], 50.0)
    np.testing.assert_allclose(found["cop_anterior_right_m"], 0.3)
    np.testing.assert_allclose(found["cop_lateral_right_m"], 0.1)  # z is to the right
    np.testing.assert_allclose(recording.markers["HEAD"][3], [0.3, -0.2, 1.7])
    assert recording.metadata == {
        "mass_kg": 70.0, "height_m": 1.65, "age": 40.0, "sex": "female"
    }  # fmt: skip


@pytest.mark.parametrize("turn", [0.0, 1.0, np.pi, -2.0])
def test_anterior_follows_the_way_walked(tmp_path, turn):
    found = signals(read_bytes(b3d(turn=turn), tmp_path))
    np.testing.assert_allclose(found["grf_anterior_right_N"], 50.0, atol=1e-9)
    np.testing.assert_allclose(found["grf_lateral_right_N"], 0.0, atol=1e-9)


@pytest.mark.parametrize("turn", [0.0, np.pi / 2, np.pi])
@pytest.mark.parametrize("drift", [0.6, 0.0, -0.6])
def test_a_drift_on_a_belt_is_no_direction(tmp_path, turn, drift):
    found = signals(read_bytes(b3d(turn=turn, drift=drift, step=1.0), tmp_path))
    np.testing.assert_allclose(found["grf_anterior_right_N"], 50.0, atol=1e-9)
    np.testing.assert_allclose(found["grf_lateral_right_N"], 0.0, atol=1e-9)


def test_frames_with_incomplete_forces_have_no_moments(tmp_path):
    recording = read_bytes(b3d(missing=(0, 0, 3, *(0,) * (FRAMES - 3))), tmp_path)
    found = signals(recording)
    assert np.flatnonzero(np.isnan(found["grf_vertical_right_N"])).tolist() == [2]
    assert np.flatnonzero(np.isnan(found["knee_flexion_moment_right_Nm"])).tolist() == [0, 2]


def test_degrees_of_freedom_that_were_not_observed_are_left_out(tmp_path):
    recording = read_bytes(b3d(observed=(1, 1, 1, 1, 1, 0)), tmp_path)
    assert "knee_flexion_angle_right_rad" not in recording.channels
    assert any("not observed: knee_angle_r" in entry.detail for entry in recording.history)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes"),
        (b3d()[:-1], "needs"),
        (b3d()[:100], "header length"),
        (struct.pack("<q", 2**61) + b3d()[8:], f"header length of {2**61}"),
        (struct.pack("<q", -1) + b3d()[8:], "header length of -1"),
        (b3d(frames=2**31 - 1), "needs"),
        (b3d(step=0.0), "frames of 0.0 s"),
        (b3d(step=float("nan")), "frames of nan s"),
        (b3d(passes=()), "markers only"),
        (b3d(pass_bytes=100), "trial walk_1"),
    ],
)
def test_a_damaged_file_is_refused_with_its_name(tmp_path, data, reason):
    path = tmp_path / "x.b3d"
    path.write_bytes(data)
    with pytest.raises(FileReadError, match=reason) as caught:
        read(path)
    assert "x.b3d" in str(caught.value)


@settings(max_examples=80, deadline=None)
@given(place=st.integers(0, 600), garbage=st.binary(min_size=1, max_size=6))
def test_a_damaged_header_never_raises_anything_but_our_own_errors(
    tmp_path_factory, place, garbage
):
    original = b3d()
    path = tmp_path_factory.mktemp("b3d") / "x.b3d"
    path.write_bytes(original[:place] + garbage + original[place + len(garbage) :])
    try:
        (recording, *_) = read(path)
    except LocomotionError as error:
        assert str(error)
    else:
        assert len(recording.marker_time_s)


def test_recognises_by_content(shared_data):
    reader = B3DReader()
    with (shared_data / "raw/b3d/results.b3d").open("rb") as stream:
        assert reader.recognises(Path("x"), stream.read(4096))
    for other in (b"", b"time,knee\n0,1\n", b"\x02P\x00\x00" + bytes(508), bytes(100)):
        assert not reader.recognises(Path("x"), other)

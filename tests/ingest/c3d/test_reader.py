from pathlib import Path

import ezc3d
import numpy as np
import pytest

from locomotion_analysis.errors import FileReadError, LocomotionError, UnitError
from locomotion_analysis.ingest import Event, ReadOptions, Recording
from locomotion_analysis.ingest.c3d.reader import C3DReader

REFUSED = {
    "Eb015sr.c3d": "SGI/MIPS",
    "sgi_real.c3d": "SGI/MIPS",
    "MACsample.c3d": "SGI/MIPS",
    "bad_parameter_section.c3d": "parser",
    "phasespace_sample.c3d": "40 points in the header",
    "Empty.c3d": "empty",
    "mocap36.c3d": "not standard",
}


def read(path: Path) -> Recording:
    (recording,) = C3DReader().read(path, ReadOptions())
    return recording


def actions(recording: Recording, action: str) -> str:
    return "\n".join(entry.detail for entry in recording.history if entry.action == action)


@pytest.fixture
def walk() -> ezc3d.c3d:
    """Three markers of a person standing, z up, in a file that ezc3d writes."""
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["LABELS"]["value"] = ["HEAD", "LASI", "RTOE"]
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    points = np.ones((4, 3, 20))
    points[:3] = np.array([[0, 100, 150], [0, 0, 300], [1700, 900, 20]])[:, :, np.newaxis]
    file["data"]["points"] = points
    return file


def written(file: ezc3d.c3d, folder: Path, name: str = "trial.c3d") -> Path:
    path = folder / name
    file.write(str(path))
    return path


def test_each_file_of_the_corpus_reads_or_is_refused_with_its_name_and_a_reason(shared_data):
    paths = sorted((shared_data / "raw/c3d_corpus").rglob("*.[cC]3[dD]"))
    assert len(paths) > 20
    refused = {}
    for path in paths:
        try:
            recording = read(path)
        except FileReadError as error:
            refused[path.name] = str(error)
            assert str(path) in str(error)
        else:
            assert recording.markers or recording.plates or recording.channels, path
            assert np.isfinite(recording.marker_time_s).all()
    assert refused.keys() == REFUSED.keys()
    for name, reason in REFUSED.items():
        assert reason in refused[name]


def test_a_sample_with_errors_that_its_readme_names_is_read_and_says_them(shared_data):
    # Offsets as real numbers, DATA_START 0; 499 frames fill the file, POINT:FRAMES has 500.
    recording = read(shared_data / "raw/c3d_corpus/C3DSamples/c3d.org/sample13/Dance.c3d")
    assert len(recording.marker_time_s) == 499
    assert len(recording.markers) == 40
    body = np.ptp(np.stack(list(recording.markers.values())), axis=0)  # frames, axes
    assert 1.5 < np.nanmedian(body, axis=0).max() < 1.9  # the height of a person
    assert "ANALOG:OFFSET, real numbers" in actions(recording, "read")
    assert "499 frames, as the header has it; POINT:FRAMES says 500" in actions(recording, "read")


def test_dialects_of_one_recording_agree(shared_data):
    folder = shared_data / "raw/c3d_corpus/C3DSamples/c3d.org"
    intel = read(folder / "sample01/Eb015pr.c3d")
    for other in ("sample01/Eb015vr.c3d", "sample08/TESTAPI.c3d", "sample08/TESTCPI.c3d"):
        second = read(folder / other)
        assert second.markers.keys() == intel.markers.keys()
        for name, xyz in intel.markers.items():
            # The integer files keep a twelfth of a millimetre.
            np.testing.assert_allclose(second.markers[name], xyz, atol=1e-4)
        for ours, theirs in zip(intel.plates, second.plates, strict=True):
            np.testing.assert_allclose(ours.force_N, theirs.force_N, atol=0.5)


def test_markers_are_those_of_the_independent_trc_export(shared_data):
    folder = shared_data / "raw/opensim_s01"
    recording = read(folder / "S01_0002_Gait.c3d")
    lines = (folder / "S01_0002_Gait_markers.trc").read_text().splitlines()
    names = [name for name in lines[3].split("\t")[2:] if name]
    body = np.array([line.split("\t") for line in lines[6:]])
    body = body[:, : 2 + 3 * len(names)].astype(float)
    assert len(names) == len(recording.markers) == 54
    for k, xyz in enumerate(recording.markers.values()):
        exported = body[:, 2 + 3 * k : 5 + 3 * k] / 1000.0  # x forward, y up, z right
        turned = np.column_stack([exported[:, 0], -exported[:, 2], exported[:, 1]])
        # The export moves the origin by a few millimetres, the same for all markers.
        np.testing.assert_allclose(xyz - turned, np.tile((xyz - turned)[0], (330, 1)), atol=1e-4)
        np.testing.assert_allclose(xyz[:, 2], turned[:, 2], atol=1e-4)


def test_clock_starts_at_the_first_frame_and_events_lie_on_it(shared_data):
    recording = read(shared_data / "raw/c3d_plugin_gait/HC036A10.c3d")
    assert recording.marker_time_s[0] == pytest.approx(0.78)
    assert recording.marker_time_s[-1] == pytest.approx(2.55)
    assert recording.plates[0].time_s[0] == pytest.approx(0.78)
    assert len(recording.events) == 9
    first = recording.events[0]
    assert (round(first.time_s, 2), first.side, first.kind) == (0.80, "right", "toe_off")
    assert list(recording.events) == sorted(recording.events)


def test_events_of_the_file_are_where_its_plates_are_stepped_on(shared_data):
    recording = read(shared_data / "raw/c3d_plugin_gait/HC002D06.c3d")
    strikes = np.array([e.time_s for e in recording.events if e.kind == "heel_strike"])
    for plate in recording.plates:
        loaded = plate.force_N[:, 2] > 20
        onset = plate.time_s[np.argmax(loaded)]
        assert np.abs(strikes - onset).min() < 0.03


def test_subject_is_read_from_vicon_and_elite_parameters(shared_data):
    vicon = read(shared_data / "raw/c3d_plugin_gait/HC030A05.c3d")
    assert vicon.subject == "HC030A"
    assert vicon.metadata == pytest.approx(
        {"mass_kg": 45.8, "height_m": 1.48, "leg_length_m": 0.83}, rel=1e-6
    )
    elite = read(shared_data / "raw/c3d_corpus/C3DSamples/others/561xxa01_anonym.C3D")
    assert elite.subject == "FOO BAR"
    assert elite.metadata == {"mass_kg": 30.0, "height_m": 1.51, "age": 12.0}


def test_y_up_and_metres_become_z_up_and_metres(walk, tmp_path):
    z_up = read(written(walk, tmp_path))
    walk["data"]["points"][:3] = walk["data"]["points"][[1, 2, 0]] / 1000.0
    walk["parameters"]["POINT"]["UNITS"]["value"] = ["m"]
    walk.add_parameter("POINT", "X_SCREEN", ["+X"])
    walk.add_parameter("POINT", "Y_SCREEN", ["+Y"])
    y_up = read(written(walk, tmp_path, "y.c3d"))
    np.testing.assert_allclose(y_up.markers["HEAD"][:, 2], 1.7, rtol=1e-6)
    np.testing.assert_allclose(z_up.markers["HEAD"][0], [0, 0, 1.7], atol=1e-6)
    # A turn, not a mirror: the triangle keeps its sense.
    for recording in (z_up, y_up):
        head, asi, toe = (recording.markers[name][0] for name in ("HEAD", "LASI", "RTOE"))
        assert np.linalg.det(np.stack([head, asi, toe])) == pytest.approx(0.051, abs=1e-6)
    assert "axes turned so that +Y" in actions(y_up, "converted")
    assert "z is up" in actions(z_up, "assumed")


def test_an_unknown_length_unit_is_refused(walk, tmp_path):
    walk["parameters"]["POINT"]["UNITS"]["value"] = ["furlong"]
    with pytest.raises(UnitError, match=r"furlong[\s\S]*trial.c3d"):
        read(written(walk, tmp_path))


def test_duplicate_and_missing_labels_are_recorded(walk, tmp_path):
    walk["parameters"]["POINT"]["LABELS"]["value"] = ["HEAD", "HEAD", "*7"]
    recording = read(written(walk, tmp_path))
    assert list(recording.markers) == ["HEAD", "HEAD_2"]
    assert "HEAD_2" in actions(recording, "renamed")
    assert "points without a label" in actions(recording, "dropped")


def test_events_outside_the_frames_or_of_other_kinds_are_dropped(walk, tmp_path):
    walk.add_event([0, 0.05], context="Left", label="Foot Strike")
    walk.add_event([0, 0.15], context="Right", label="Foot Off")
    walk.add_event([0, 0.10], context="General", label="Trigger")
    walk.add_event([1, 0.10], context="Left", label="Foot Strike")
    walk.add_event([0, 0.12], context="General", label="RHS")
    recording = read(written(walk, tmp_path))
    assert [(round(e.time_s, 3), e.side, e.kind) for e in recording.events] == [
        (0.05, "left", "heel_strike"),
        (0.12, "right", "heel_strike"),
        (0.15, "right", "toe_off"),
    ]
    assert isinstance(recording.events[0], Event)
    assert "Trigger at 0.100 s; Left Foot Strike at 60.100 s" in actions(recording, "dropped")


@pytest.mark.parametrize("kept", [1, 100, 512, 700, 1024, 1500])
def test_a_file_cut_off_is_refused(walk, tmp_path, kept):
    path = written(walk, tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(FileReadError, match=r"trial\.c3d"):
        read(path)


def test_a_damaged_file_never_raises_anything_but_our_own_errors(walk, tmp_path):
    walk.add_event([0, 0.05], context="Left", label="Foot Strike")
    original = written(walk, tmp_path).read_bytes()
    generator = np.random.default_rng(3)
    path = tmp_path / "damaged.c3d"
    outcomes = []
    for _ in range(60):
        data = bytearray(original)
        for place in generator.integers(2, len(data), size=12):
            data[place] = generator.integers(256)
        path.write_bytes(data)
        try:
            recording = read(path)
        except LocomotionError as error:
            outcomes.append(str(error))
        else:
            assert recording.markers or recording.history
            outcomes.append("")
    assert any(outcomes)
    assert not all(outcomes)


@pytest.mark.parametrize(
    ("head", "known"),
    [(b"\x02P\x00\x00" + bytes(508), True), (b"time,knee\n0,1\n", False), (b"AP text file", False)],
)
def test_recognises_by_content(head, known):
    assert C3DReader().recognises(Path("x.bin"), head) is known


def test_a_header_that_promises_more_than_the_file_holds_is_refused(walk, tmp_path):
    path = written(walk, tmp_path)
    data = bytearray(path.read_bytes())
    data[8:10] = (60000).to_bytes(2, "little")  # last frame
    path.write_bytes(data)
    with pytest.raises(FileReadError, match="60000 frames of 3 points"):
        read(path)


def test_a_name_in_latin_1_is_recorded(write_c3d):
    recording = read(write_c3d(np.zeros((20, 1)), SUBJECTS={"NAMES": [b"J\xf6rg"]}))
    assert recording.subject == "Jörg"
    assert "SUBJECTS:NAMES" in actions(recording, "assumed")


def event_group(labels: list[str], times: np.ndarray, contexts: list[str] | None = None):
    """The EVENT group, in parts of at most 255 events."""
    group: dict[str, object] = {"USED": np.int16(len(labels))}
    for part, start in enumerate(range(0, len(labels), 255), 1):
        some = slice(start, start + 255)
        end = "" if part == 1 else str(part)
        group[f"LABELS{end}"] = labels[some]
        group[f"TIMES{end}"] = np.stack([0 * times[some], times[some]]).astype(np.float32)
        if contexts:
            group[f"CONTEXTS{end}"] = contexts[some]
    return group


def test_the_side_of_an_event_may_stand_in_its_label(write_c3d):
    labels = ["Right Foot Strike", "Left Foot Off", "LHS", "Foot Off Right", "Foot Strike"]
    group = event_group(labels, np.arange(5) / 100)
    recording = read(write_c3d(np.zeros((20, 1)), EVENT=group))
    assert [(event.side, event.kind) for event in recording.events] == [
        ("right", "heel_strike"),
        ("left", "toe_off"),
        ("left", "heel_strike"),
        ("right", "toe_off"),
    ]
    assert "no side" in actions(recording, "dropped")
    assert "Foot Strike at 0.040 s" in actions(recording, "dropped")


def test_an_event_with_two_sides_has_none(write_c3d):
    group = event_group(["Right Foot Strike"], np.array([0.02]), ["Left"])
    recording = read(write_c3d(np.zeros((20, 1)), EVENT=group))
    assert not recording.events
    assert "Left Right Foot Strike at 0.020 s" in actions(recording, "dropped")


@pytest.mark.parametrize("count", [256, 317, 600])
def test_more_than_255_events_are_all_read(write_c3d, count):
    times = np.arange(count) * 0.01
    labels = [("Foot Strike", "Foot Off")[k % 2] for k in range(count)]
    group = event_group(labels, times, ["Left"] * count)
    recording = read(write_c3d(np.zeros((1300, 1)), frames=650, EVENT=group))
    assert len(recording.events) == count
    np.testing.assert_allclose([event.time_s for event in recording.events], times, atol=1e-5)


def test_events_that_cannot_be_put_together_are_counted(write_c3d):
    group = event_group(["Foot Strike"] * 3, np.arange(5) / 100, ["Left"] * 3)
    recording = read(write_c3d(np.zeros((20, 1)), EVENT=group | {"USED": np.int16(2)}))
    assert len(recording.events) == 2
    assert "USED is 2, there are 5 times and 3 labels" in actions(recording, "dropped")


def test_events_of_the_header_count_from_the_first_stored_frame(write_c3d):
    events = ((0.02, "RHS"), (0.05, "LTO"), (0.07, "STRT"))
    recording = read(write_c3d(np.zeros((20, 1)), first=51, events=events))
    assert [(event.side, event.kind) for event in recording.events] == [
        ("right", "heel_strike"),
        ("left", "toe_off"),
    ]
    # Frame 51 at 100 Hz is 0.5 s after frame 1.
    np.testing.assert_allclose([event.time_s for event in recording.events], [0.52, 0.55])
    assert "header" in actions(recording, "read")
    assert "STRT" in actions(recording, "dropped")


def test_events_of_the_header_give_way_to_the_group(write_c3d):
    group = event_group(["Foot Strike"], np.array([0.03]), ["Left"])
    path = write_c3d(np.zeros((20, 1)), events=((0.02, "RHS"),), EVENT=group)
    recording = read(path)
    assert [event.side for event in recording.events] == ["left"]
    assert "header" in actions(recording, "dropped")


@pytest.mark.parametrize(("unit", "per_mm"), [("m", 1.0), ("mm", 1e-3)])
def test_markers_in_another_unit_than_stated_are_refused(walk, tmp_path, unit, per_mm):
    # A head at 1700 mm where the unit is m; at 1.7 m where it is mm.
    walk["parameters"]["POINT"]["LABELS"]["value"] = ["HEAD", "LASI", "RTOE", "LTOE"]
    walk["parameters"]["POINT"]["UNITS"]["value"] = [unit]
    points = walk["data"]["points"][:, [0, 1, 2, 2]]
    walk["data"]["points"] = points * np.array([per_mm] * 3 + [1.0])[:, np.newaxis, np.newaxis]
    with pytest.raises(UnitError, match="POINT:UNITS"):
        read(written(walk, tmp_path))

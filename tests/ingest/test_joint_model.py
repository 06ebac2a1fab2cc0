"""Joint angles, moments and powers of recordings that have markers and no model outputs."""

from dataclasses import replace

import numpy as np
import pytest
from tests.biomechanics.person import angles, body, path, with_device, with_medial

from locomotion_analysis.biomechanics import markers_of_angles
from locomotion_analysis.errors import LocomotionError, SchemaError, UnitError
from locomotion_analysis.ingest import (
    Event,
    Plate,
    ReadOptions,
    Recording,
    Stream,
    convert,
    cycles_of,
    marker_report,
    reader_for,
)
from locomotion_analysis.ingest.ground_reactions import ground_reactions
from locomotion_analysis.ingest.joint_model import (
    is_static,
    measures_of,
    needs_static,
    with_joints,
)

WALKS = ("HC002D06", "HC030A05", "HC030A22", "HC036A10")
STATICS = {"HC002D06": "HC002D02", "HC030A05": "HC030A01", "HC036A10": "HC036A01"}


def _read(shared_data, name):
    file = shared_data / f"raw/c3d_plugin_gait/{name}.c3d"
    return reader_for(file).read(file, ReadOptions())[0]


def _stripped(recording):
    """The same without what the model of the file made of the markers."""
    virtual = {"O", "A", "L", "P"}
    markers = {
        name: xyz
        for name, xyz in recording.markers.items()
        if not (len(name) == 4 and name[3] in virtual and name[:3] + "O" in recording.markers)
    }
    return replace(recording, streams=(), markers=markers)


def _signals(recording):
    return {name: values for stream in recording.streams for name, values in stream.signals.items()}


def _apart_deg(one, other):
    apart = np.angle(np.exp(1j * (one - other)))
    return np.degrees(np.sqrt(np.nanmean(apart**2)))


# Against the outputs of the software that recorded them.


@pytest.mark.parametrize("name", WALKS)
def test_angles_of_stripped_files_are_the_files_own(shared_data, name):
    recording = _read(shared_data, name)
    own, computed = _signals(recording), _signals(with_joints(_stripped(recording)))
    wanted = [n for n in own if "_angle_" in n]
    assert len(wanted) >= 23
    for channel in wanted:
        if channel.startswith("trunk") and name == "HC036A10":
            continue  # its trunk outputs are up to 0.12 degrees off those of its own markers
        if any(word in channel for word in ("pelvis", "trunk", "foot")):
            continue  # from an axis of the laboratory, below
        assert _apart_deg(own[channel], computed[channel]) < 0.01, channel


@pytest.mark.parametrize("name", WALKS)
def test_cycles_of_stripped_files_are_the_files_own(shared_data, name):
    """All angles in cycles; moments and powers by the peak of the stance."""
    recording = _read(shared_data, name)
    own, computed = cycles_of(recording), cycles_of(with_joints(_stripped(recording)))
    assert len(own) == len(computed)
    for channel in own.channels:
        one, other = own.curves(channel), computed.curves(channel)
        if "_angle_" in channel and not (channel.startswith("trunk") and name == "HC036A10"):
            assert _apart_deg(one, other) < 0.01, channel
        elif "_moment_ipsi" in channel or "_power_ipsi" in channel:
            both = np.isfinite(one) & np.isfinite(other)
            if not both.any():
                continue
            apart = np.sqrt(np.mean((one - other)[both] ** 2)) / np.abs(one[both]).max()
            knee_frontal = channel.startswith("knee_adduction")
            limit = 0.03 if "_power_" in channel or knee_frontal else 0.02
            assert apart < limit, f"{channel}: {100 * apart:.2f} %"


@pytest.mark.parametrize(("walk", "static"), STATICS.items())
def test_static_offsets_are_the_files_own(shared_data, walk, static):
    """To three decimals of a degree; then the ankle is the same."""
    recording, standing = _read(shared_data, walk), _read(shared_data, static)
    assert is_static(standing)
    assert not is_static(recording)
    bare = {k: v for k, v in recording.measures.items() if "plantar" not in k and "foot" not in k}
    stripped = replace(_stripped(recording), measures=bare)
    assert needs_static(stripped, "auto")
    computed = with_joints(stripped, static=_stripped(standing))
    told = [
        e.detail for e in computed.history if e.action == "assumed" and "static trial" in e.detail
    ]
    assert len(told) == 1
    own = _signals(recording)
    for side in ("left", "right"):
        name = f"ankle_dorsiflexion_angle_{side}_rad"
        assert _apart_deg(own[name], _signals(computed)[name]) < 5e-4


def test_a_static_trial_of_another_child_is_refused(shared_data):
    recording, other = _read(shared_data, "HC002D06"), _read(shared_data, "HC030A01")
    bare = {k: v for k, v in recording.measures.items() if "plantar" not in k and "foot" not in k}
    with pytest.raises(SchemaError, match="bodies that differ"):
        with_joints(replace(_stripped(recording), measures=bare), static=other)


def test_what_the_file_has_is_kept_and_what_is_asked_is_computed(shared_data):
    recording = _read(shared_data, "HC002D06")
    assert with_joints(recording) is recording
    assert with_joints(_stripped(recording), "none").streams == ()
    again = with_joints(recording, "cgm1")
    assert any(entry.action == "replaced" for entry in again.history)
    own, computed = _signals(recording), _signals(again)
    assert set(own) <= set(computed)
    assert np.nanmax(np.abs(own["knee_power_left_W_kg"] - computed["knee_power_left_W_kg"])) > 0


def test_ground_reactions_are_those_the_file_gives_each_foot(shared_data):
    """NormalisedGRF (% of body weight) of the file, against the plates given to the feet by us."""
    recording = _read(shared_data, "HC036A10")
    ground = ground_reactions(recording)
    weight = recording.metadata["mass_kg"] * 9.81
    for side in ("left", "right"):
        own = _signals(recording)[f"grf_vertical_{side}_BW"]
        apart = ground[side][0][:, 2] / weight - own
        inside = np.nan_to_num(own) > 0.1
        assert inside.sum() > 20
        assert np.abs(apart[inside]).max() < 0.005


# Without a recording.


def _person(**parts):
    known = body()
    measures = {"marker_diameter_m": 0.014, "asis_distance_m": 0.24, "pelvis_depth_m": 0.15}
    for side, leg in known.legs.items():
        measures[f"leg_length_{side}_m"] = leg.length_m
        for name in ("knee_width", "ankle_width"):
            measures[f"{name}_{side}_m"] = getattr(leg, f"{name}_m")
        for name in (
            "thigh_rotation",
            "shank_rotation",
            "tibial_torsion",
            "plantar_flexion",
            "foot_rotation",
        ):
            measures[f"{name}_{side}_rad"] = getattr(leg, f"{name}_rad")
    markers = markers_of_angles(angles(), known, path())
    made = {
        "source": "walk.c3d",
        "subject": "S1",
        "markers": markers,
        "marker_time_s": np.arange(len(path())) / 100,
        "measures": measures,
    }
    return Recording(**{**made, **parts})


def test_measures_of_the_table_come_before_those_of_the_file():
    recording = _person(metadata={"knee_width_m": 0.12, "ankle_width_left_m": 0.08})
    known = measures_of(recording)
    assert known.legs["left"].knee_width_m == 0.1, "the file has it of each side"
    assert known.legs["left"].ankle_width_m == 0.08
    bare = measures_of(replace(recording, measures={}))
    assert bare.legs["right"].knee_width_m == 0.12
    assert np.isnan(bare.legs["right"].plantar_flexion_rad)
    assert np.isnan(bare.legs["right"].thigh_rotation_rad)


def test_a_person_of_known_angles_has_them():
    computed = _signals(with_joints(_person()))
    for name, wave in angles().items():
        np.testing.assert_allclose(computed[name], wave, atol=1e-9, err_msg=name)


def test_a_tilt_of_the_ankles_axis_is_said_to_be_left_out():
    measures = {**_person().measures, "ankle_tilt_left_rad": np.radians(3.0)}
    found = with_joints(_person(measures=measures))
    told = [entry.detail for entry in found.history if "AnkleAbAdd" in entry.detail]
    assert len(told) == 1
    assert "left ankle: the file's AnkleAbAdd of 3.00 degrees" in told[0]


def test_without_measures_what_survives_is_computed_and_the_rest_is_named():
    found = with_joints(_person(measures={"marker_diameter_m": 0.014}))
    assert {name.split("_")[0] for name in found.channels} == {"pelvis", "trunk"}
    told = next(entry.detail for entry in found.history if entry.action == "missing")
    assert "left hip lacks leg length, knee width" in told


def test_exchanged_markers_stop_the_model_and_are_named():
    markers = dict(_person().markers)
    markers["LKNE"], markers["RANK"] = markers["RANK"], markers["LKNE"]
    recording = _person(markers=markers)
    found = with_joints(recording)
    assert not found.channels
    assert "exchanged" in found.history[-1].detail
    with pytest.raises(SchemaError, match="LKNE and RANK are exchanged"):
        with_joints(recording, "cgm1")
    with pytest.raises(SchemaError, match="LKNE and RANK are exchanged"):
        cycles_of(found)


def test_missing_markers_are_named_where_the_model_is_asked_for():
    markers = {name: xyz for name, xyz in _person().markers.items() if name not in ("LASI", "C7")}
    with pytest.raises(SchemaError, match="left hip lacks markers LASI"):
        with_joints(_person(markers=markers), "cgm1")


def test_frames_in_which_a_name_wanders_are_left_out():
    markers = {name: xyz.copy() for name, xyz in _person().markers.items()}
    knee = markers["LKNE"][10:15].copy()
    markers["LKNE"][10:15], markers["LTIB"][10:15] = markers["LTIB"][10:15], knee
    found = with_joints(_person(markers=markers))
    wave = _signals(found)["knee_flexion_angle_left_rad"]
    assert np.isnan(wave[10:15]).all()
    assert np.isfinite(wave[15:]).all()
    assert any(entry.action == "masked" and entry.count == 5 for entry in found.history)


def test_moments_need_a_mass_and_say_so():
    plates = _read_plates()
    found = with_joints(_person(plates=plates))
    assert any("mass" in entry.detail for entry in found.history if entry.action == "missing")


def _read_plates():
    time = np.arange(600) / 1000
    cop = np.tile([0.5, 0.1, 0.0], (600, 1))
    return (Plate(time, np.tile([0.0, 0.0, 500.0], (600, 1)), cop, 0 * time, "left"),)


def _stepped_on(*extra):
    """One step of the left foot on a plate; its force rises and falls slowly."""
    time = np.arange(2000) / 1000
    force = np.zeros((2000, 3))
    force[:, 2] = np.interp(time, [0.5, 0.6, 1.1, 1.3], [0.0, 700.0, 700.0, 0.0])
    force[:, 2] += np.interp(time, [1.29, 1.295, 1.4, 1.405], [0.0, 7.0, 7.0, 0.0])
    for start, end, newton in extra:
        force[(time >= start) & (time < end), 2] = newton
    cop = np.where(force[:, 2:] > 20, [0.5, 0.1, 0.0], np.nan)
    return Recording(
        source="step.c3d",
        subject="S1",
        plates=(Plate(time, force, cop, 0 * time),),
        marker_time_s=np.arange(200) / 100,
        events=(Event(0.503, "left", "heel_strike"), Event(1.298, "left", "toe_off")),
    )


def test_a_foot_has_the_force_until_the_plate_is_empty():
    """A contact is timed at 10 N; the moment of what is left is not lost."""
    recording = _stepped_on()
    force, moment = ground_reactions(recording, instant=True)["left"]
    whole = recording.plates[0].force_N[::10]
    np.testing.assert_allclose(force[:, 2], whole[:, 2], atol=5.0)
    assert force[135, 2] == pytest.approx(7.0)
    assert moment[135, 0] == pytest.approx(0.7), "where the foot was last seen"
    assert not force[145:].any()


def test_a_force_of_who_knows_which_foot_is_not_taken_for_none():
    for extra in ((1.7, 1.73, 300.0), (1.97, 2.0, 300.0)):  # too short for a contact
        ground = ground_reactions(_stepped_on(extra))
        unknown = np.isnan(ground["right"][0][:, 2])
        inside = slice(round(100 * extra[0]) + 1, round(100 * extra[1]) - 1)
        assert unknown[inside].all()
        assert unknown.sum() <= 4
        assert np.isnan(ground["left"][1][unknown]).all()


def test_raw_markers_are_filtered_with_their_forces_and_smooth_ones_are_not():
    plates = _read_plates()
    smooth = _person(plates=plates, metadata={"mass_kg": 70.0})
    random = np.random.default_rng(2)
    noisy = {name: xyz + random.normal(0, 5e-4, xyz.shape) for name, xyz in smooth.markers.items()}
    for recording, words in (
        (smooth, "smoothed already"),
        (replace(smooth, markers=noisy), "10 Hz"),
    ):
        found = with_joints(recording)
        told = [e.detail for e in found.history if e.action == "computed" and "moments" in e.detail]
        assert len(told) == 1
        assert words in told[0]
        assert "hip_flexion_moment_left_Nm_kg" in found.channels


def test_a_recording_with_angles_of_another_model_keeps_them_alone():
    stream = Stream(np.arange(60) / 100, {"knee_flexion_angle_left_rad": np.zeros(60)})
    recording = _person(streams=(stream,), measures={})
    assert with_joints(recording) is recording


def _write_trc(file, markers, rate=100):
    names = list(markers)
    n = len(markers[names[0]])
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{file.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{n}\t{len(names)}\tmm\t{rate}\t1\t{n}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"X{k}\tY{k}\tZ{k}" for k in range(1, len(names) + 1)),
        "",
    ]
    rows = []
    for k in range(n):
        # TRC has y up: x forward, y up, z to the right.
        values = [v for name in names for v in (markers[name][k] * 1e3)[[0, 2, 1]] * [1, 1, -1]]
        rows.append(f"{k + 1}\t{k / rate:.3f}\t" + "\t".join(f"{v:.5f}" for v in values))
    file.write_text("\n".join([*head, *rows]) + "\n")


def _walking(seconds=5.0):
    time = np.arange(round(seconds * 100)) / 100
    given = {}
    for side, first in (("left", 0.0), ("right", 0.55)):
        phase = 2 * np.pi * (time - first) / 1.1
        given[f"hip_flexion_angle_{side}_rad"] = 0.2 + 0.4 * np.cos(phase)
        given[f"knee_flexion_angle_{side}_rad"] = 0.4 - 0.35 * np.cos(phase + 0.9)
        given[f"ankle_dorsiflexion_angle_{side}_rad"] = 0.1 * np.sin(2 * phase)
    way = np.stack([1.2 * time, 0 * time, 0.9 + 0 * time], axis=1)
    return given, way


@pytest.mark.parametrize("shown", ["table", "medial", "device"])
def test_markers_and_a_static_trial_become_cycles(tmp_path, shown):
    """What was put into the markers comes out of the converted file; the static trial is no failure.

    Widths and rotations stand in the table, or medial markers of the static trial tell them, or
    a knee alignment device tells the rotations.
    """
    given, way = _walking()
    _write_trc(tmp_path / "P1_walk.trc", markers_of_angles(given, body(), way))
    standing = markers_of_angles({}, body(), np.tile([0, 0, 0.9], (50, 1)))
    if shown != "table":
        standing = {"medial": with_medial, "device": with_device}[shown](standing, body())
    _write_trc(tmp_path / "P1_static.trc", standing)
    known = body()
    table = {"marker_diameter_m": 0.014}
    for side, leg in known.legs.items():
        table[f"leg_length_{side}_m"] = leg.length_m
        told = {
            "table": ("knee_width", "ankle_width", "thigh_rotation", "shank_rotation"),
            "device": ("knee_width", "ankle_width"),
            "medial": (),
        }[shown]
        for name in (*told, *(("tibial_torsion",) if told else ())):
            unit = "m" if name.endswith("width") else "rad"
            table[f"{name}_{side}_{unit}"] = getattr(leg, f"{name}_{unit}")
    result = convert([tmp_path], subjects={"P1": table})
    assert result.failures == ()
    outcomes = dict(zip(result.table["file"], result.table["outcome"], strict=True))
    assert outcomes["P1_static.trc"] == "in P1_walk.trc"
    data = result.data
    assert len(data) >= 4
    ankle = data.curves("ankle_dorsiflexion_angle_ipsi_rad")
    assert np.abs(ankle).max() == pytest.approx(0.1, abs=0.005)
    knee = data.curves("knee_flexion_angle_ipsi_rad")
    assert knee.max() == pytest.approx(0.75, abs=0.005)
    told = next(e.detail for e in data.history if "static trial" in e.detail)
    assert ("left knee width 0.100 m, left ankle width 0.070 m" in told) == (shown == "medial")
    assert ("right tibial torsion 8.59 degrees" in told) == (shown == "medial")
    assert ("left thigh rotation 6.88 degrees" in told) == (shown != "table")


def _files_of_a_person(folder, change_walk=dict, change_static=dict, factor=1.0):
    given, way = _walking()
    for name, markers, change in (
        ("P1_walk.trc", markers_of_angles(given, body(), way), change_walk),
        (
            "P1_static.trc",
            markers_of_angles({}, body(), np.tile([0, 0, 0.9], (50, 1))),
            change_static,
        ),
    ):
        _write_trc(folder / name, {n: factor * xyz for n, xyz in change(markers).items()})
    measures = {"marker_diameter_m": 0.014, "leg_length_m": 0.88}
    return {"P1": {**measures, "knee_width_m": 0.1, "ankle_width_m": 0.07}}


@pytest.mark.parametrize("factor", [1e-3, 0.1, 10.0, 1e3])
def test_coordinates_in_another_unit_than_the_file_says_are_refused(tmp_path, factor):
    people = _files_of_a_person(tmp_path, factor=factor)
    with pytest.raises(LocomotionError, match=r"LASI to RASI .* m, LKNE to LANK .* m") as caught:
        convert([tmp_path], subjects=people)
    assert "unit of length" in str(caught.value)
    with pytest.raises(UnitError, match="markers of one bone"):
        marker_report(tmp_path / "P1_walk.trc")


def test_exchanged_labels_of_the_static_trial_are_named(tmp_path):
    def exchanged(markers):
        return {**markers, "LKNE": markers["LANK"], "LANK": markers["LKNE"]}

    people = _files_of_a_person(tmp_path, change_static=exchanged)
    with pytest.raises(LocomotionError, match="LKNE and LANK are exchanged") as caught:
        convert([tmp_path], subjects=people)
    assert "P1_static.trc" in str(caught.value)


def test_a_standing_trial_that_tells_nothing_is_no_failure(tmp_path):
    """Without the knees no static offset helps; alone, a standing trial has no stride to give."""

    def misnamed(markers):
        return {name.replace("KNE", "KNEE_"): xyz for name, xyz in markers.items()}

    people = _files_of_a_person(tmp_path, misnamed, misnamed)
    result = convert([tmp_path], subjects=people)
    assert result.failures == ()
    assert dict(zip(result.table["file"], result.table["outcome"], strict=True))[
        "P1_static.trc"
    ] == ("standing trial")
    missing = [entry.detail for entry in result.data.history if entry.action == "missing"]
    assert any("LKNE may be LKNEE_, RKNE may be RKNEE_" in text for text in missing)
    with pytest.raises(SchemaError, match="a standing trial"):
        convert([tmp_path / "P1_static.trc"], subjects=people)


def test_an_unknown_model_is_named(tmp_path):
    with pytest.raises(SchemaError, match="auto, cgm1, none"):
        convert([tmp_path], model="cgm2")


# What a file allows.


def test_a_file_says_what_it_has_and_lacks(tmp_path):
    given, way = _walking(1.5)
    markers = markers_of_angles(given, body(), way)
    del markers["RTIB"]
    markers["EXTRA"] = markers["LKNE"]
    _write_trc(tmp_path / "P1_walk.trc", markers)
    table = {"P1": {"marker_diameter_m": 0.014, "leg_length_m": 0.9, "knee_width_m": 0.1}}
    report = marker_report(tmp_path / "P1_walk.trc", subjects=table)
    there = dict(zip(report.markers["marker"], report.markers["there"], strict=True))
    assert there["RTIB"] == "no"
    assert there["LTIB"] == "yes"
    lacks = dict(zip(report.joints["angles"], report.joints["lacks"], strict=True))
    assert lacks["left hip"] == ""
    assert lacks["right knee"] == "markers RTIB, ankle width"
    assert any("EXTRA" in line for line in report.remarks)
    assert not report.wrong


def test_a_file_with_exchanged_markers_is_wrong(tmp_path):
    given, way = _walking(1.5)
    markers = markers_of_angles(given, body(), way)
    markers["LASI"], markers["RASI"] = markers["RASI"], markers["LASI"]
    _write_trc(tmp_path / "P1_walk.trc", markers)
    report = marker_report(tmp_path / "P1_walk.trc")
    assert report.wrong
    assert report.remarks[0] == "LASI and RASI are exchanged"


def test_a_file_without_markers_has_no_report(tmp_path):
    file = tmp_path / "P1_IK.mot"
    file.write_text("Coordinates\ninDegrees=yes\nendheader\ntime\tknee_angle_r\n0\t1\n0.01\t40\n")
    with pytest.raises(SchemaError, match="one recording with markers"):
        marker_report(file)

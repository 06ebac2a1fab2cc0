"""Which way a person faces and walks: floor and belt, any heading, drift, forward and backward."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.ingest.walking import HEELS_M, STRIDE_S, Walk, unit

from locomotion_analysis.ingest import (
    Recording,
    Stream,
    angle_events,
    coordinate_events,
    cycles_of,
    merge,
    velocity_events,
)
from locomotion_analysis.ingest.direction import along_progression, course_of

HEADINGS = np.radians([0.0, 90.0, 180.0, -140.0])
FORE, SIDE = "grf_anterior_ipsi_BW", "grf_lateral_ipsi_BW"


def said(data):
    return "\n".join(map(str, data.history))


def holds(data, walk, *, markers=True):
    """The figures of a straight walk, whatever its way."""
    cycles = data.cycles
    assert len(cycles) >= 6
    np.testing.assert_allclose(cycles["stance_percent"], 60.0, atol=4.0)
    np.testing.assert_allclose(cycles["double_support_percent"], 20.0, atol=8.0)
    assert set(cycles["task"]) == {"backward_walking" if walk.backward else "level_walking"}
    if markers:
        np.testing.assert_allclose(cycles["step_width_m"], HEELS_M, atol=0.02)
        np.testing.assert_allclose(cycles["speed_m_s"], walk.true_speed, rtol=0.03)
        np.testing.assert_allclose(cycles["stride_length_m"], walk.true_speed * STRIDE_S, rtol=0.04)
        np.testing.assert_allclose(
            cycles["step_length_m"], walk.true_speed * STRIDE_S / 2, rtol=0.1
        )
    fore, side = data.curves(FORE), data.curves(SIDE)
    goes = -1.0 if walk.backward else 1.0
    early, late = goes * fore[:, 8:38].mean(axis=1), goes * fore[:, 52:82].mean(axis=1)
    # 120 N sin(2 pi p) between 9 and 42 % of the stance of 60 % has the mean 100 N, 0.146 BW.
    np.testing.assert_allclose(early, -0.146, atol=0.02)
    np.testing.assert_allclose(late, 0.146, atol=0.02)
    assert (side[:, 10:80].mean(axis=1) < -0.02).all(), "the floor pushes inwards"


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize(
    ("speed", "belt", "drift"),
    [
        (1.2, 0.0, (0.0, 0.0)),
        (0.0, 1.2, (-0.08, 0.0)),
        (0.0, 0.6, (0.0, 0.1)),
    ],
)
def test_a_walk_is_itself_over_floor_and_belt_whichever_way(heading, speed, belt, drift, backward):
    walk = Walk(heading=heading, speed=speed, belt=belt, drift=drift, backward=backward)
    holds(cycles_of(walk.recording()), walk)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("heading", HEADINGS[1:])
@pytest.mark.parametrize(("speed", "belt", "drift"), [
    (1.2, 0.0, (0.0, 0.0)), (0.0, 1.2, (0.0, 0.0)), (0.0, 1.2, (-0.08, 0.03)),
])  # fmt: skip
def test_a_model_without_markers_tells_the_same(heading, speed, belt, drift, backward):
    walk = Walk(heading=heading, speed=speed, belt=belt, drift=drift, backward=backward)
    data = cycles_of(walk.of_model())
    holds(data, walk, markers=False)
    if belt:
        assert "speed_m_s" not in data.cycles
        assert "whose speed its angles do not tell" in said(data)
    else:
        np.testing.assert_allclose(data.cycles["speed_m_s"], 1.2, rtol=0.02)


@settings(max_examples=12, deadline=None)
@given(
    heading=st.floats(-np.pi, np.pi),
    belt=st.one_of(st.just(0.0), st.floats(0.4, 1.8)),
    drift=st.tuples(st.floats(-0.15, 0.15), st.floats(-0.15, 0.15)),
    backward=st.booleans(),
    rate=st.sampled_from([60.0, 100.0, 250.0]),
)
def test_no_heading_belt_or_drift_turns_a_walk_round(heading, belt, drift, backward, rate):
    walk = Walk(
        heading=heading, speed=0.9, belt=belt, drift=drift, backward=backward, rate=rate,
        noise_m=0.0005,
    )  # fmt: skip
    cycles = cycles_of(walk.recording(plates=())).cycles
    np.testing.assert_allclose(cycles["stance_percent"], 60.0, atol=4.0)
    np.testing.assert_allclose(cycles["double_support_percent"], 20.0, atol=8.0)
    np.testing.assert_allclose(cycles["step_width_m"], HEELS_M, atol=0.02)
    np.testing.assert_allclose(cycles["speed_m_s"], walk.true_speed, rtol=0.04)


def corner(degrees, start_s, seconds):
    return lambda time: np.radians(degrees) * np.clip((np.asarray(time) - start_s) / seconds, 0, 1)


@pytest.mark.parametrize("degrees", [90.0, -90.0, 180.0])
def test_a_turn_is_named_and_the_ways_before_and_after_are_the_same(degrees):
    walk = Walk(heading=0.4, seconds=12.0, turn=corner(degrees, 5.0, 2.0))
    data = cycles_of(walk.recording())
    cycles = data.cycles
    straight = cycles["task"] == "level_walking"
    assert set(cycles["task"][~straight]) == {"turning"}
    assert 2 <= (~straight).sum() <= 8
    assert "heading changes by more than 30 degrees" in said(data)
    np.testing.assert_allclose(cycles["stance_percent"][straight], 60.0, atol=4.0)
    # Strides that the turn only grazes (up to 30 degrees) may cross a little.
    for name, value, room in (("step_length_m", 0.66, 0.1), ("step_width_m", HEELS_M, 0.03)):
        assert (np.abs(cycles[name] - value) > room)[straight].sum() <= 2, name
    fore = data.curves(FORE)
    assert (fore[:, 8:38].mean(axis=1) < -0.05).all()
    assert (fore[:, 52:82].mean(axis=1) > 0.05).all()


def test_forward_and_backward_in_one_trial_are_told_apart():
    out, back = Walk(seconds=8.0), Walk(seconds=8.0, backward=True, speed=0.8)
    first, second = out.markers(), back.markers()
    markers = {}
    for name, xyz in first.items():
        step = np.array([*(out.pelvis(np.array([8.0])) - back.pelvis(np.array([0.0])))[0], 0.0])
        markers[name] = np.concatenate([xyz, second[name] + step])
    time = np.arange(1600) / 100
    knee = Stream(time, {"knee_flexion_angle_left_rad": np.cos(time)})
    recording = out.recording(markers=markers, marker_time_s=time, plates=(), streams=(knee,))
    cycles = cycles_of(recording).cycles
    whole = cycles["stance_percent"].between(56.0, 64.0)
    assert set(cycles["task"]) == {"level_walking", "backward_walking"}
    assert whole.sum() >= len(cycles) - 3
    assert (cycles["step_width_m"][whole] > 0.05).all()


def test_backward_the_toe_lands_and_the_velocity_method_has_no_steps():
    walk = Walk(backward=True, speed=0.8)
    recording = walk.recording()
    strikes = [e.time_s for e in coordinate_events(recording) if e.kind == "heel_strike"]
    phase = np.mod(np.array(strikes) / STRIDE_S, 0.5)
    assert np.minimum(phase, 0.5 - phase).max() < 0.04
    assert velocity_events(recording) == []


@pytest.mark.parametrize("backward", [False, True])
def test_joint_angles_alone_tell_forward_from_backward(backward):
    walk = Walk(backward=backward, speed=0.9)
    bare = walk.of_model(pelvis=None, plates=())
    strikes = [e.time_s for e in angle_events(bare) if (e.side, e.kind) == ("left", "heel_strike")]
    phase = np.mod(np.array(strikes) / STRIDE_S, 1.0)
    assert len(strikes) >= 5
    assert np.minimum(phase, 1.0 - phase).max() < 0.04
    assert set(cycles_of(bare).cycles["task"]) == {
        "backward_walking" if backward else "level_walking"
    }


def test_a_still_person_without_facing_has_no_fore_aft_force():
    walk = Walk(speed=0.0, belt=1.2)
    place = replace(walk.pose(), heading_rad=np.full(len(walk.time), np.nan))
    for pelvis in (None, place):
        data = cycles_of(walk.of_model(pelvis=pelvis))
        assert "grf_vertical_ipsi_BW" in data.channels
        assert FORE not in data.channels
        assert SIDE not in data.channels
        assert "fore-aft and lateral forces: nothing tells which way the person faces" in said(data)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("heading", HEADINGS[1:])
def test_a_model_that_travels_faces_where_its_legs_say(heading, backward):
    walk = Walk(heading=heading, backward=backward)
    place = replace(walk.pose(), heading_rad=np.full(len(walk.time), np.nan))
    holds(cycles_of(walk.of_model(pelvis=place)), walk, markers=False)


def test_the_pelvis_of_one_file_turns_the_forces_of_another_whose_clock_starts_later():
    walk = Walk(heading=np.pi, speed=0.0, belt=1.2)
    angles = walk.of_model(plates=())
    late = tuple(replace(plate, time_s=plate.time_s + 7.0) for plate in walk.plates(named=True))
    forces = Recording(source="walk_grf.mot", plates=late)
    for first, second in ((angles, forces), (forces, angles)):
        merged = replace(merge([first, second]), metadata=angles.metadata)
        holds(cycles_of(merged), walk, markers=False)


def test_forces_alone_tell_the_way_of_a_person_who_travels():
    walk = Walk(heading=2.0)
    recording = walk.recording(
        markers={}, marker_time_s=np.empty(0), plates=walk.plates(named=True)
    )
    data = cycles_of(recording)
    fore = data.curves(FORE)
    assert (fore[:, 8:38].mean(axis=1) < -0.05).all()
    assert "taken to be forward" in said(data)


def test_markers_of_another_frame_do_not_turn_named_forces():
    walk, other = Walk(heading=0.0), Walk(heading=2.0)
    model = walk.of_model(markers=other.markers(), marker_time_s=other.time)
    holds(cycles_of(model), walk, markers=False)
    nothing = cycles_of(replace(model, pelvis=None, streams=other.recording().streams))
    assert "travel of the centre of pressure" in said(nothing)
    holds(nothing, walk, markers=False)


def test_feet_and_pelvis_that_point_apart_give_no_front():
    walk = Walk()
    markers = walk.markers()
    markers["LASI"], markers["LPSI"] = markers["LPSI"], markers["LASI"]
    markers["RASI"], markers["RPSI"] = markers["RPSI"], markers["RASI"]
    data = cycles_of(walk.recording(markers=markers))
    assert "point against each other" in said(data)


@pytest.mark.parametrize("belt", [0.0, 0.9])
@pytest.mark.parametrize("backward", [False, True])
def test_heels_and_sacrum_tell_the_front_by_left_and_right(belt, backward):
    walk = Walk(heading=2.4, speed=0.0 if belt else 0.9, belt=belt, backward=backward)
    given = walk.markers()
    markers = {name: given[name] for name in ("LHEE", "RHEE")}
    markers["SACR"] = (given["LPSI"] + given["RPSI"]) / 2
    data = cycles_of(walk.recording(markers=markers))
    holds(data, walk)
    assert "left and right foot" in said(data)


# Pelvis, trunk and feet against the line of progression.

ROTATION = "pelvis_internal_rotation_angle_rad"
TILT, UP = "pelvis_anterior_tilt_angle_rad", "pelvis_obliquity_up_angle_rad"


def in_the_axis_of(axis, walk, tilt, up, rotation):
    """Tilt, obliquity and rotation as a laboratory's software gives them, from one axis."""
    own = np.stack([tilt, -up, rotation], axis=1)
    body = Rotation.from_euler("YXZ", own)
    turned = Rotation.from_euler("z", (walk.faces(walk.time) - axis)[:, None]) * body
    found = turned.as_euler("YXZ") * [1.0, -1.0, 1.0]
    return dict(zip((TILT, UP, ROTATION), found.T, strict=True))


@pytest.mark.parametrize(
    ("heading", "turn", "axis"),
    [(0.0, 0.0, 0.0), (np.pi, 0.0, 0.0), (np.pi, 0.0, np.pi), (np.pi / 2, 0.0, 0.0),
     (0.0, 90.0, 0.0), (0.0, -180.0, 0.0), (np.pi / 2, 90.0, np.pi / 2)],
)  # fmt: skip
@pytest.mark.parametrize("belt", [0.0, 1.2])
def test_the_pelvis_is_the_same_on_every_way(heading, turn, axis, belt):
    walk = Walk(
        heading=heading, speed=0.0 if belt else 1.2, belt=belt, seconds=12.0,
        turn=corner(turn, 6.0, 2.0),
    )  # fmt: skip
    swing = 2 * np.pi * walk.time / STRIDE_S
    own = 0.2 + 0.02 * np.cos(2 * swing), 0.06 * np.cos(swing), np.radians(5) * np.sin(swing)
    signals = in_the_axis_of(axis, walk, *own)
    recording = along_progression(walk.recording(streams=(Stream(walk.time, signals),)))
    straight = (walk.time < 5.0) | (walk.time > 9.5)
    for name, expected in zip((TILT, UP, ROTATION), own, strict=True):
        found = recording.streams[0].signals[name]
        assert np.abs(found - expected)[straight].max() < np.radians(3.0), name


def test_what_is_known_about_one_axis_alone_is_masked_away_from_it():
    walk = Walk(seconds=12.0, turn=corner(90.0, 5.0, 2.0))
    names = ("foot_sagittal_angle_left_rad", "pelvis_anterior_tilt_velocity_rad_s")
    signals = {ROTATION: walk.faces(walk.time)} | dict.fromkeys(names, 0.1 + 0 * walk.time)
    recording = along_progression(walk.recording(streams=(Stream(walk.time, signals),)))
    for name in names:
        found = recording.streams[0].signals[name]
        assert np.isfinite(found[walk.time < 5.0]).all()
        assert np.isnan(found[walk.time > 7.5]).all()
    assert recording.history[-1].action == "masked"


def test_rotations_that_follow_the_person_are_left_alone():
    walk = Walk(seconds=12.0, turn=corner(90.0, 5.0, 2.0))
    own = {ROTATION: np.radians(5) * np.sin(2 * np.pi * walk.time / STRIDE_S)}
    recording = along_progression(walk.recording(streams=(Stream(walk.time, own),)))
    np.testing.assert_array_equal(recording.streams[0].signals[ROTATION], own[ROTATION])
    assert "do not follow the person's turns" in str(recording.history[-1])


def test_the_course_of_a_belt_is_that_of_the_floor():
    floor, belt = (course_of(walk.recording()) for walk in (Walk(), Walk(speed=0.0, belt=1.2)))
    assert floor.belt_m_s() == 0.0
    assert belt.belt_m_s() == pytest.approx(1.2, rel=0.02)
    instants = np.array([2.0, 4.0, 6.0])
    for course in (floor, belt):
        axis, way = course.front_at(instants)
        assert (way == 1.0).all()
        np.testing.assert_allclose(axis, np.tile(unit(0.0), (3, 1)), atol=0.03)


def test_real_treadmill_and_turn(shared_data):
    from locomotion_analysis.ingest import ReadOptions, convert, reader_for

    path = shared_data / "raw/opensim_gait2354/subject01_walk1.trc"
    course = course_of(reader_for(path).read(path, ReadOptions())[0])
    assert 0.9 < course.belt_m_s() < 1.4
    data = convert([shared_data / "raw/c3d_plugin_gait/HC030A22.c3d"]).data
    assert set(data.cycles["task"]) == {"level_walking", "turning"}
    for side in ("left", "right"):
        rotation = np.rad2deg(data.select(side=side).curves(ROTATION))
        assert np.abs(rotation).max() < 15.0, "it was up to 94 in laboratory axes"

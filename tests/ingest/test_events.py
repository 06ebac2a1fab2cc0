from dataclasses import replace

import numpy as np
import pytest
from tests.ingest.walking import STRIDE_S, Walk

from locomotion_analysis.ingest import (
    Event,
    ReadOptions,
    Recording,
    Stream,
    angle_events,
    coordinate_events,
    cycles_of,
    find_events,
    find_strides,
    merge,
    reader_for,
    velocity_events,
)
from locomotion_analysis.ingest.events import without_foreign_plates
from locomotion_analysis.ingest.ground_reactions import ground_reactions

SIDES = ("left", "right")


def _times(events, side, kind):
    return np.array([e.time_s for e in events if (e.side, e.kind) == (side, kind)])


def _to_nearest(found, expected):
    return np.abs(np.asarray(found)[:, None] - np.asarray(expected)).min(axis=1)


@pytest.mark.parametrize("side", SIDES)
def test_the_coordinate_method_finds_every_strike_and_toe_off(walker, side):
    events = coordinate_events(walker.with_markers())
    strikes, offs = _times(events, side, "heel_strike"), _times(events, side, "toe_off")
    assert _to_nearest(strikes, walker.strikes(side)).max() < 0.02
    assert _to_nearest(offs, walker.offs(side)).max() < 0.02
    inside = walker.strikes(side)[(walker.strikes(side) > 0.1) & (walker.strikes(side) < 5.8)]
    assert _to_nearest(inside, strikes).max() < 0.02


def test_the_coordinate_method_works_on_a_treadmill(walker):
    belt = np.zeros((len(walker.time_s), 3))
    belt[:, 0] = 1.2 * walker.time_s
    markers = {name: position - belt for name, position in walker.markers().items()}
    events = coordinate_events(walker.recording(markers=markers, marker_time_s=walker.time_s))
    strikes = _times(events, "right", "heel_strike")
    assert len(strikes) >= 4
    assert _to_nearest(strikes, walker.strikes("right")).max() < 0.02


def test_the_coordinate_method_works_in_any_direction_of_walking(walker):
    turn = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    markers = {name: position @ turn for name, position in walker.markers().items()}
    turned = coordinate_events(walker.recording(markers=markers, marker_time_s=walker.time_s))
    straight = coordinate_events(walker.with_markers())
    np.testing.assert_allclose([e.time_s for e in turned], [e.time_s for e in straight])


def test_nobody_who_stands_has_events(walker):
    still = {name: np.tile(p[:1], (len(p), 1)) for name, p in walker.markers().items()}
    standing = walker.recording(markers=still, marker_time_s=walker.time_s)
    assert coordinate_events(standing) == []
    assert velocity_events(standing) == []


def test_one_marker_gap_does_not_move_the_other_events(walker):
    markers = walker.markers()
    markers["RHEE"] = markers["RHEE"].copy()
    markers["RHEE"][200:215] = np.nan
    events = coordinate_events(walker.recording(markers=markers, marker_time_s=walker.time_s))
    assert _to_nearest(_times(events, "right", "heel_strike"), walker.strikes("right")).max() < 0.02


@pytest.mark.parametrize("name", ["HC002D06", "HC030A22", "HC036A10"])
def test_both_marker_methods_agree_with_the_events_of_a_laboratory(shared_data, name):
    path = shared_data / f"raw/c3d_plugin_gait/{name}.c3d"
    recording = reader_for(path).read(path, ReadOptions())[0]
    for method in (coordinate_events, velocity_events):
        found = method(recording)
        for side in SIDES:
            for kind in ("heel_strike", "toe_off"):
                given = _times(recording.events, side, kind)
                ours = _times(found, side, kind)
                known = ours[(ours > given.min() - 0.1) & (ours < given.max() + 0.1)]
                assert len(known) >= 1
                apart = _to_nearest(known, given)
                assert np.median(apart) < 0.05
                assert apart.max() < 0.06


def test_angles_alone_give_events_of_the_leg_they_move():
    time = np.arange(0.0, 6.0, 0.01)
    phase = time / 1.1
    hip = 0.25 + 0.4 * np.cos(2 * np.pi * phase)
    knee = 0.15 + 0.45 * np.clip(np.sin(2 * np.pi * (phase - 0.55)), 0.0, 1.0)
    signals = {"hip_flexion_angle_right_rad": hip, "knee_flexion_angle_right_rad": knee}
    events = angle_events(Recording(source="x", streams=(Stream(time, signals),)))
    strikes = _times(events, "right", "heel_strike")
    assert {event.side for event in events} == {"right"}
    np.testing.assert_allclose(np.diff(strikes), 1.1, atol=0.02)
    offs = _times(events, "right", "toe_off")
    assert len(offs) >= 4


def test_the_files_events_come_before_forces_and_markers(walker):
    events = walker.events()
    found = find_events(
        walker.with_markers(streams=(walker.angles(), walker.forces()), events=events)
    )
    from_file = [
        e for e, source in zip(found.events, found.sources, strict=True) if source == "file"
    ]
    assert set(from_file) == set(events)
    assert any(entry.action == "compared" for entry in found.history)


def test_forces_fill_in_what_the_files_events_leave_out(walker):
    events = tuple(e for e in walker.events() if e.time_s < 2.0)
    found = find_events(walker.recording(streams=(walker.forces(),), events=events))
    assert set(found.sources) == {"file", "force"}
    strikes = found.times("right", "heel_strike")
    np.testing.assert_allclose(strikes, walker.strikes("right"), atol=0.02)


def test_added_events_are_moved_by_the_lead_of_their_source(walker):
    late = tuple(Event(e.time_s + 0.04, e.side, e.kind) for e in walker.events() if e.time_s < 3.0)
    found = find_events(walker.with_markers(events=late))
    added = np.array(
        [
            e.time_s
            for e, source in zip(found.events, found.sources, strict=True)
            if source == "markers" and (e.side, e.kind) == ("right", "heel_strike")
        ]
    )
    assert len(added) >= 2
    assert np.median(_to_nearest(added, walker.strikes("right") + 0.04)) < 0.015


def test_joint_angles_are_the_last_resort(walker):
    time = walker.time_s
    phase = walker.phase("left", time)
    hip = 0.25 + 0.4 * np.cos(2 * np.pi * phase)
    signals = {"hip_flexion_angle_left_rad": hip, "knee_flexion_angle_left_rad": 0.2 + 0 * hip}
    found = find_events(walker.recording(streams=(Stream(time, signals),)))
    assert set(found.sources) == {"angles"}


MOMENT = "knee_flexion_moment_ipsi_Nm_kg"


@pytest.fixture
def with_moments(walker):
    names = {f"knee_flexion_moment_{s}_Nm": 70.0 + 0 * walker.time_s for s in ("left", "right")}
    return (walker.angles(), Stream(walker.time_s, names))


def test_moments_are_kept_only_where_the_foot_was_on_a_plate(walker, with_moments):
    plates = (walker.plate(("right", 1)), walker.plate(("left", 2)))
    data = cycles_of(walker.with_markers(streams=with_moments, plates=plates))
    whole = ~np.isnan(data.curves(MOMENT)).any(axis=1)
    on_plate = data.cycles[whole]
    assert on_plate["side"].tolist() == ["right", "left"]
    np.testing.assert_allclose(data.curves(MOMENT)[whole], 1.0, rtol=1e-6)
    np.testing.assert_allclose(
        data.curves("knee_flexion_angle_ipsi_rad").max(axis=1), 0.9, atol=0.05
    )
    assert any(e.action == "masked" for e in data.history)


def test_swing_is_measured_on_any_floor(walker, with_moments):
    plates = (walker.plate(("right", 1)), walker.plate(("left", 2)))
    data = cycles_of(walker.with_markers(streams=with_moments, plates=plates))
    force = data.curves("grf_vertical_ipsi_BW")
    assert (force[:, 100:145] == 0.0).all()
    blind = np.isnan(force).any(axis=1)
    assert np.isnan(force[blind][:, 10:80]).all()


def test_a_shared_plate_is_rejected_and_counted(walker, with_moments):
    plates = (walker.plate(("right", 1), ("left", 1)), walker.plate(("right", 3)))
    data = cycles_of(walker.with_markers(streams=with_moments, plates=plates))
    whole = ~np.isnan(data.curves(MOMENT)).any(axis=1)
    assert whole.sum() == 1
    rejected = [e for e in data.history if e.action == "rejected"]
    assert [(e.count, "both feet" in e.detail) for e in rejected] == [(1, True)]


def test_without_any_force_the_files_moments_are_taken_at_their_word(walker, with_moments):
    data = cycles_of(walker.with_markers(streams=with_moments))
    assert np.isfinite(data.curves(MOMENT)).all()
    assert any("no ground contact to check" in e.detail for e in data.history)


def test_forces_of_a_treadmill_are_never_masked(walker, with_moments):
    data = cycles_of(walker.recording(streams=(*with_moments, walker.forces())))
    assert np.isfinite(data.curves(MOMENT)).all()
    assert np.isfinite(data.curves("grf_vertical_ipsi_BW")).all()


def _cut(walker, start, end):
    """Markers and angles of the walker between two instants."""
    walker.time_s = np.arange(start, end + 1e-9, 1.0 / walker.rate_hz)
    return walker.with_markers()


@pytest.mark.parametrize(
    ("before", "after"), [(0.0, 0.02), (0.01, 0.03), (-0.03, 0.02), (0.03, 0.04)]
)
@pytest.mark.parametrize("side", SIDES)
def test_the_only_stride_of_a_short_trial_is_kept(make_walker, side, before, after):
    walker = make_walker()
    strike = walker.strikes(side)[1]
    recording = _cut(walker, strike - before, strike + 1.1 + after)
    strides = find_strides(recording)
    used = strides[(strides["reason"] == "") & (strides["side"] == side)]
    assert len(used) == 1
    np.testing.assert_allclose(used["start_s"], max(strike, recording.marker_time_s[0]), atol=0.015)
    np.testing.assert_allclose(used["end_s"], strike + 1.1, atol=0.015)
    curves = cycles_of(recording).curves("knee_flexion_angle_ipsi_rad")
    assert np.isfinite(curves).all()


def test_a_landing_before_the_first_frame_is_said(make_walker):
    walker = make_walker()
    start = walker.strikes("right")[1] + 0.03
    found = find_events(_cut(walker, start, start + 3.0))
    assert found.sources[0] == "first"
    assert any("in the first frame" in str(entry) for entry in found.history)


@pytest.mark.parametrize("late", [0.12, 0.3, 0.5])
def test_a_foot_in_stance_at_the_ends_has_not_landed_there(make_walker, late):
    walker = make_walker()
    start = walker.strikes("right")[1] + late
    recording = _cut(walker, start, start + 3.0)
    strikes = _times(find_events(recording).events, "right", "heel_strike")
    assert _to_nearest(strikes, walker.strikes("right")).max() < 0.02


@pytest.mark.parametrize("early", [0.03, 0.1, 0.3])
def test_a_foot_in_swing_at_the_end_has_not_landed(make_walker, early):
    walker = make_walker()
    end = walker.strikes("right")[4] - early
    strikes = _times(find_events(_cut(walker, 0.5, end)).events, "right", "heel_strike")
    assert strikes.max() < end - 0.5


def test_plates_of_another_trial_are_dropped(shared_data):
    """Forces 0.4 s late are nobody's who walks there; as recorded, they stay."""
    file = shared_data / "raw" / "opensim_gait2354" / "subject01_walk1"
    walk = merge(
        [
            reader_for(part).read(part, ReadOptions())[0]
            for part in (file.with_suffix(".trc"), file.with_name(f"{file.name}_grf.mot"))
        ]
    )
    assert without_foreign_plates(walk) is walk
    later = 240  # samples of 1 / 600 s
    plates = [
        replace(
            each,
            force_N=np.roll(each.force_N, later, axis=0),
            cop_m=np.roll(each.cop_m, later, axis=0),
        )
        for each in walk.plates
    ]
    late = replace(walk, plates=tuple(plates))
    found = find_events(late)
    assert found.forces.recording.plates == ()
    told = [e.detail for e in found.forces.recording.history if e.action == "dropped"]
    assert len(told) == 1
    assert "begin 0.21 to 0.28 s from the heel strikes of the markers" in told[0]
    assert not any(source == "force" for source in found.sources)


@pytest.mark.parametrize("name", ["c3d_plugin_gait/HC030A05", "opensim_s01/S01_0004_Gait"])
def test_plates_of_the_same_trial_agree_with_the_markers(shared_data, name):
    file = shared_data / "raw" / f"{name}.c3d"
    recording = replace(reader_for(file).read(file, ReadOptions())[0], events=())
    assert without_foreign_plates(recording) is recording
    by_markers, by_force = (
        find_events(each) for each in (replace(recording, plates=()), recording)
    )
    strikes = [e.time_s for e in by_markers.events if e.kind == "heel_strike"]
    landed = [
        event.time_s
        for event, source in zip(by_force.events, by_force.sources, strict=True)
        if source == "force" and event.kind == "heel_strike"
    ]
    assert len(landed) == 2
    assert _to_nearest(landed, strikes).max() < 0.04


def test_moments_are_not_of_the_plates_of_another_trial(shared_data):
    file = shared_data / "raw" / "c3d_plugin_gait" / "HC030A05.c3d"
    recording = replace(reader_for(file).read(file, ReadOptions())[0], events=())
    assert ground_reactions(recording)
    plates = tuple(replace(each, time_s=each.time_s + 0.25) for each in recording.plates)
    assert ground_reactions(replace(recording, plates=plates)) == {}


@pytest.mark.parametrize("speed", [1.2, -0.8])
@pytest.mark.parametrize("unseen", ["HEE", "TOE", "HEETOE", "ASIPSI"])
def test_an_event_in_a_gap_of_the_markers_is_left_out_and_not_moved(unseen, speed):
    """What bridges 0.3 s has its corner where no foot has its event; the pelvis moves on evenly."""
    walk = Walk(speed=abs(speed), backward=speed < 0, seconds=7.0)
    gap = (walk.time > 1.95) & (walk.time < 2.26)  # the left foot lands at 2.2 s
    gap |= (walk.time > 3.8) & (walk.time < 4.1)  # and leaves at 3.96 s
    markers = {
        name: np.where(gap[:, None] & (name[0] == "L") & (name[1:] in unseen), np.nan, place)
        for name, place in walk.markers().items()
    }
    whole = walk.recording(plates=())
    with_gap = walk.recording(markers=markers, plates=())
    for kind in ("heel_strike", "toe_off"):
        for side in SIDES:
            every = find_events(whole).times(side, kind)
            seen = find_events(with_gap).times(side, kind)
            assert _to_nearest(seen, every).max() < 0.025
            assert len(every) - len(seen) in ((0,) if unseen == "ASIPSI" else (0, 1))
    used = find_strides(with_gap).query("reason == ''")
    np.testing.assert_allclose(used["duration_s"], STRIDE_S, atol=0.03)
    if unseen == "HEETOE":
        assert "2 left out in gaps longer than 0.1 s" in str(find_events(with_gap).history)


def test_an_event_in_a_gap_of_the_angles_is_left_out():
    walk = Walk(seconds=7.0)
    time, angles = walk.time, walk.angles()
    gap = (time > 1.95) & (time < 2.3)
    missing = Stream(time, {name: np.where(gap, np.nan, curve) for name, curve in angles.items()})
    left_out = Stream(time[~gap], {name: curve[~gap] for name, curve in angles.items()})
    bare = {"markers": {}, "plates": ()}
    whole = find_events(walk.recording(streams=(Stream(time, angles),), **bare))
    for given in (missing, left_out):
        found = find_events(walk.recording(streams=(given,), **bare))
        assert len(found.events) < len(whole.events)
        for side in SIDES:
            for kind in ("heel_strike", "toe_off"):
                apart = _to_nearest(found.times(side, kind), whole.times(side, kind))
                assert apart.max() < 0.02

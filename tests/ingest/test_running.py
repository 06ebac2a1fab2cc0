"""Running: both feet in flight, on one belt, over the ground, from forces, markers and angles."""

from dataclasses import replace

import numpy as np
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import (
    Stream,
    coordinate_events,
    cycles_of,
    find_events,
    find_strides,
    flight_events,
)
from locomotion_analysis.ingest.strides import runs
from locomotion_analysis.quality import validate

SIDES = ("left", "right")
# Stride, s, and duty factor: jogging with a flight of 0.046 s, running, fast running.
PACES = [(0.76, 0.44), (0.72, 0.35), (0.70, 0.28)]


def _to_nearest(found, expected):
    return np.abs(np.asarray(found)[:, None] - np.asarray(expected)).min(axis=1)


@pytest.fixture(params=PACES, ids=["jog", "run", "fast"])
def runner(request, make_runner):
    stride, duty = request.param
    return make_runner(stride_s=stride, duty=duty)


def _on_belt(runner, **parts):
    return runner.recording(plates=(runner.plate(),), **parts)


def _with_markers(runner):
    return {"markers": runner.markers(), "marker_time_s": runner.time_s}


@pytest.mark.parametrize("known", ["markers", "angles"])
def test_one_belt_gives_each_contact_to_its_foot(runner, known):
    parts = _with_markers(runner) if known == "markers" else {}
    found = find_events(_on_belt(runner, **parts))
    for side in SIDES:
        spans = found.forces.contacts[side]
        begins = spans[np.isfinite(spans[:, 0]), 0]
        assert len(begins) >= len(runner.strikes(side)) - 1
        assert _to_nearest(begins, runner.strikes(side)).max() < 0.015
        assert _to_nearest(spans[np.isfinite(spans[:, 1]), 1], runner.offs(side)).max() < 0.015
    data = cycles_of(_on_belt(runner, **parts))
    counts = data.cycles["side"].value_counts()
    assert min(counts[side] for side in SIDES) >= 5
    assert set(data.cycles["task"]) == {"run"}
    np.testing.assert_allclose(data.cycles["cycle_duration_s"], runner.stride_s, atol=0.01)
    np.testing.assert_allclose(data.cycles["stance_percent"], 100 * runner.duty, atol=3.5)
    np.testing.assert_allclose(data.cycles["double_support_percent"], 0.0)


def test_feet_that_pass_close_by_stay_apart(make_runner):
    runner = make_runner(width_m=0.0)
    found = find_events(_on_belt(runner, **_with_markers(runner))).forces
    assert found.n_shared == 0
    for side in SIDES:
        assert _to_nearest(found.contacts[side][1:-1, 0], runner.strikes(side)).max() < 0.015


def test_contacts_of_no_known_foot_are_left_out_and_said(runner):
    trunk = Stream(runner.time_s, {"trunk_anterior_tilt_angle_rad": 0.1 + 0.0 * runner.time_s})
    recording = _on_belt(runner, streams=(trunk,))
    assert find_events(recording).events == []
    with pytest.raises(SchemaError, match="nothing tells the foot"):
        cycles_of(recording)


def test_the_knees_tell_both_feet_of_a_belt_or_neither(runner):
    stiff = {f"knee_flexion_angle_{side}_rad": 0.2 + 0.0 * runner.time_s for side in SIDES}
    found = find_events(_on_belt(runner, streams=(Stream(runner.time_s, stiff),)))
    assert not any(len(spans) for spans in found.forces.contacts.values())
    assert found.forces.n_unknown >= 10


@pytest.mark.parametrize("belt", [True, False], ids=["belt", "ground"])
@pytest.mark.parametrize("rate", [100.0, 250.0])
def test_contacts_lie_between_the_flights_of_the_pelvis(runner, belt, rate):
    runner = replace(runner, belt=belt, rate_hz=rate)
    recording = runner.with_markers()
    events = flight_events(recording)
    for side in SIDES:
        for kind, expected in (
            ("heel_strike", runner.strikes(side)),
            ("toe_off", runner.offs(side)),
        ):
            found = [e.time_s for e in events if (e.side, e.kind) == (side, kind)]
            assert len(found) >= len(expected) - 2
            assert _to_nearest(found, expected).max() < 0.01
    data = cycles_of(recording)
    assert set(data.cycles["task"]) == {"run"}
    np.testing.assert_allclose(data.cycles["stance_percent"], 100 * runner.duty, atol=2.0)


@pytest.mark.parametrize("noise_m", [0.0005, 0.001])
def test_flights_are_found_in_noisy_markers(make_runner, noise_m):
    runner, rng = make_runner(), np.random.default_rng(7)
    markers = {n: p + noise_m * rng.normal(size=p.shape) for n, p in runner.markers().items()}
    recording = runner.recording(markers=markers, marker_time_s=runner.time_s)
    strides = find_strides(recording)
    used = strides[strides["reason"] == ""]
    assert len(used) >= 11
    assert runs(used, find_events(recording)).all()
    stance = 100 * (used["toe_off_s"] - used["start_s"]) / used["duration_s"]
    assert stance.median() == pytest.approx(35.0, abs=1.5)


def test_forces_under_each_foot_show_a_run(runner):
    data = cycles_of(runner.recording(streams=(runner.angles(), runner.forces())))
    assert set(data.cycles["task"]) == {"run"}
    assert any("task = run (feet in flight" in str(entry) for entry in data.history)


@pytest.mark.parametrize("task", ["level_walking", "incline_walking"])
def test_a_task_that_says_walking_is_kept_and_contradicted(runner, task):
    data = cycles_of(runner.recording(streams=(runner.angles(), runner.forces()), task=task))
    assert set(data.cycles["task"]) == {task}
    said = [entry for entry in data.history if entry.action == "contradicted"]
    assert [entry.count for entry in said] == [len(data)]


def test_a_run_without_a_flight_is_contradicted_too(walker):
    data = cycles_of(walker.recording(streams=(walker.angles(), walker.forces()), task="run"))
    assert any(e.action == "contradicted" and "without a flight" in e.detail for e in data.history)


@pytest.mark.parametrize("source", ["forces", "markers", "file"])
def test_a_walk_is_no_run(walker, source):
    parts = {"streams": (walker.angles(), walker.forces())} if source == "forces" else {}
    parts |= {"events": walker.events()} if source == "file" else {}
    recording = (walker.with_markers if source == "markers" else walker.recording)(task="", **parts)
    data = cycles_of(recording)
    assert set(data.cycles["task"]) == {"level_walking"}
    assert flight_events(walker.with_markers()) == []


def test_a_walk_that_becomes_a_run_has_two_tasks(make_runner, make_walker):
    walker, runner = make_walker(seconds=6.0), make_runner()
    first, then = walker.events(), runner.recording(streams=(runner.angles(), runner.forces()))
    later = [replace(e, time_s=e.time_s + 6.3) for e in find_events(then).events]
    time = np.arange(0.0, 12.0, 0.01)
    knee = {"knee_flexion_angle_right_rad": 0.3 + 0.0 * time}
    data = cycles_of(
        walker.recording(
            events=tuple(sorted([*first, *later])), streams=(Stream(time, knee),), task=""
        )
    )
    by_task = data.cycles.groupby("task")["cycle_duration_s"].median()
    assert by_task["level_walking"] == pytest.approx(1.1, abs=0.02)
    assert by_task["run"] == pytest.approx(0.72, abs=0.01)


def test_furthest_before_and_behind_tell_no_flight(walker):
    # Toe-offs where strikes are and the other way round: what a wrong direction makes of a walk.
    turned = {name: position * [-1.0, 1.0, 1.0] for name, position in walker.markers().items()}
    backward = {n: p[::-1] for n, p in turned.items()}
    data = cycles_of(walker.recording(markers=backward, marker_time_s=walker.time_s, task=""))
    assert "run" not in set(data.cycles["task"])


def test_without_markers_of_the_pelvis_the_heights_of_the_feet_tell_a_run(make_runner):
    runner = make_runner()
    markers = runner.markers()
    del markers["SACR"]
    found = find_events(runner.recording(markers=markers, marker_time_s=runner.time_s))
    assert set(found.sources) == {"velocity"}


def test_knees_that_bend_as_in_running_make_walking_doubtful(runner):
    data = cycles_of(runner.recording())  # angles alone: nothing tells the contacts
    assert any(e.action == "doubtful" and "98 degrees" in e.detail for e in data.history)


def test_running_is_held_against_the_ranges_of_running(make_runner):
    runner = make_runner()
    data = cycles_of(_on_belt(runner, **_with_markers(runner)))
    assert "GAIT102" not in set(validate(data).by_code()["code"])
    walked = cycles_of(_on_belt(runner, **_with_markers(runner), task="level_walking"))
    assert "GAIT102" in set(validate(walked).by_code()["code"])


def test_the_rule_of_walking_would_not_hold(make_runner):
    runner = make_runner()
    strikes = [
        e.time_s for e in coordinate_events(runner.with_markers()) if e.kind == "heel_strike"
    ]
    late = _to_nearest(strikes, np.concatenate([runner.strikes(side) for side in SIDES]))
    assert np.median(late) > 0.05


@pytest.mark.parametrize(
    ("duty", "why"), [(0.35, "of both feet"), (0.44, "one contact throughout")]
)
@pytest.mark.parametrize("side", SIDES)
def test_a_belt_named_after_one_foot_gives_no_events_to_it(make_runner, side, duty, why):
    runner = make_runner(stride_s=0.86, duty=duty)
    plate = runner.plate()
    both = Stream(plate.time_s, {f"grf_vertical_{side}_N": plate.force_N[:, 2]})
    found = find_events(runner.recording(streams=(runner.angles(), both)))
    assert "force" not in found.sources
    said = [str(entry) for entry in found.forces.recording.history]
    assert any(why in line for line in said)
    strides = find_strides(runner.recording(streams=(runner.angles(), both)))
    np.testing.assert_allclose(strides.loc[strides["reason"] == "", "duration_s"], 0.86, atol=0.02)


def test_a_walk_whose_pelvis_falls_as_fast_is_no_flight(walker):
    # Highest as the feet pass each other: the inverted pendulum of walking, at 0.9 g.
    step = 1.1 / 2
    rate = 2 * np.pi / step
    markers = walker.markers()
    passing = walker.strikes("right")[0] + (0.62 + 0.5 * 0.38) * 1.1
    markers["SACR"][:, 2] += 0.9 * 9.80665 / rate**2 * np.cos(rate * (walker.time_s - passing))
    recording = walker.recording(markers=markers, marker_time_s=walker.time_s)
    assert flight_events(recording) == []

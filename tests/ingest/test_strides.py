import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import SchemaError, UnitError
from locomotion_analysis.ingest import (
    Event,
    Recording,
    Stream,
    cycles_of,
    find_strides,
    stride_time_variability,
)
from locomotion_analysis.ingest.strides import _of_the_usual
from locomotion_analysis.standard import PHASE_PERCENT

KNEE = "knee_flexion_angle_ipsi_rad"


def test_cycles_of_both_feet_are_the_curve_the_legs_follow(walker):
    data = cycles_of(walker.recording(events=walker.events()))
    phase = PHASE_PERCENT / 100.0
    assert set(data.cycles["side"]) == {"left", "right"}
    np.testing.assert_allclose(
        data.curves(KNEE), np.tile(walker.knee_curve(phase), (len(data), 1)), atol=2e-3
    )
    opposite = walker.knee_curve(phase + 0.5)
    contra = data.curves("knee_flexion_angle_contra_rad")
    np.testing.assert_allclose(contra, np.tile(opposite, (len(data), 1)), atol=2e-3)


def test_what_is_known_of_a_stride_is_kept(walker):
    cycles = cycles_of(walker.with_markers(events=walker.events())).cycles
    np.testing.assert_allclose(cycles["cycle_duration_s"], 1.1)
    np.testing.assert_allclose(cycles["stance_percent"], 62.0)
    np.testing.assert_allclose(cycles["cadence_steps_min"], 120.0 / 1.1)
    np.testing.assert_allclose(cycles["double_support_percent"], 24.0)
    np.testing.assert_allclose(cycles["speed_m_s"], 1.2, rtol=1e-6)
    np.testing.assert_allclose(cycles["stride_length_m"], 1.32, rtol=1e-3)
    np.testing.assert_allclose(cycles["step_length_m"], 0.66, atol=0.02)
    np.testing.assert_allclose(cycles["step_width_m"], 0.12, atol=1e-3)
    assert cycles["step"].tolist() == list(range(len(cycles)))
    assert set(cycles["task_id"]) == {"t1"}


def test_obliquity_is_up_on_the_ipsilateral_side(walker):
    raised = 0.1 * np.cos(2 * np.pi * walker.phase("right", walker.time_s))
    signals = {
        "pelvis_obliquity_up_angle_rad": raised,
        "pelvis_anterior_tilt_angle_rad": 0.2 + 0.0 * raised,
    }
    recording = walker.recording(streams=(Stream(walker.time_s, signals),), events=walker.events())
    data = cycles_of(recording)
    expected = 0.1 * np.cos(2 * np.pi * PHASE_PERCENT / 100.0)
    for curve in data.curves("pelvis_obliquity_up_angle_rad"):
        np.testing.assert_allclose(curve, expected, atol=1e-3)
    np.testing.assert_allclose(data.curves("pelvis_anterior_tilt_angle_rad"), 0.2, rtol=1e-6)


def test_forces_are_divided_by_body_weight(walker):
    recording = walker.recording(streams=(walker.angles(), walker.forces()))
    data = cycles_of(recording)
    force = data.curves("grf_vertical_ipsi_BW")
    share = PHASE_PERCENT / 62.0
    expected = np.where(share < 1.0, 1.5 * np.sin(np.pi * share), 0.0)
    assert np.abs(force - expected).max() < 0.12
    assert any(entry.action == "converted" and "70 kg" in entry.detail for entry in data.history)


def test_a_subject_without_mass_is_refused(walker):
    recording = walker.recording(streams=(walker.forces(),), metadata={})
    with pytest.raises(UnitError, match="mass"):
        cycles_of(recording)
    assert (find_strides(recording)["reason"] == "").sum() > 4


@pytest.mark.parametrize("mass", [0.0, 70000.0, -70.0])
def test_a_mass_no_human_has_is_refused(walker, mass):
    with pytest.raises(UnitError, match="kg"):
        cycles_of(walker.recording(streams=(walker.forces(),), metadata={"mass_kg": mass}))


def test_markers_alone_are_refused_with_what_to_do(walker):
    with pytest.raises(SchemaError, match="markers and nothing else") as caught:
        cycles_of(walker.with_markers(streams=()))
    assert "inverse kinematics" in caught.value.fix


def test_a_recording_without_a_whole_stride_says_so(walker):
    one = tuple(e for e in walker.events() if e.time_s < 1.0)
    with pytest.raises(SchemaError, match="complete stride"):
        cycles_of(walker.recording(events=one))


def test_events_of_somebody_who_stands_make_no_cycle(walker):
    events = (Event(0.05, "right", "heel_strike"), Event(1.2, "right", "heel_strike"))
    with pytest.raises(SchemaError, match="no toe-off"):
        cycles_of(walker.recording(events=events))


@pytest.mark.parametrize(
    ("drop", "add", "reason"),
    [
        (("right", "heel_strike", 2), None, "more than one toe-off"),
        (("left", "heel_strike", 1), None, "no heel strike of the other foot"),
        (None, Event(1.6, "left", "heel_strike"), "more than one heel strike of the other"),
        (None, Event(1.5, "right", "heel_strike"), "shorter than 0.4 s"),
        (("right", "toe_off", 2), None, "no toe-off"),
    ],
)
def test_a_bad_stride_is_rejected_and_counted_with_its_reason(walker, drop, add, reason):
    events = list(walker.events())
    if drop is not None:
        side, kind, number = drop
        events.remove([e for e in events if (e.side, e.kind) == (side, kind)][number])
    if add is not None:
        events = sorted([*events, add])
    recording = walker.recording(events=tuple(events))
    strides = find_strides(recording)
    assert strides["reason"].str.contains(reason).sum() == 1
    history = cycles_of(recording).history
    assert any(e.action == "rejected" and reason in e.detail and e.count == 1 for e in history)


def test_a_pause_is_no_stride(make_walker):
    walker = make_walker(seconds=12.0)
    events = tuple(e for e in walker.events() if not 3.0 < e.time_s < 8.0)
    strides = find_strides(walker.recording(events=events))
    assert strides["reason"].str.contains("longer than 3.0 s").sum() == 2


def test_short_gaps_are_bridged_and_counted_long_ones_left(walker):
    knee = dict(walker.angles().signals)
    knee["knee_flexion_angle_right_rad"] = knee["knee_flexion_angle_right_rad"].copy()
    knee["knee_flexion_angle_right_rad"][100:108] = np.nan
    knee["knee_flexion_angle_right_rad"][200:230] = np.nan
    data = cycles_of(
        walker.recording(streams=(Stream(walker.time_s, knee),), events=walker.events())
    )
    filled = [e for e in data.history if e.action == "filled"]
    assert [e.count for e in filled] == [1, 1]
    assert np.isnan(data.block).any()
    assert np.isnan(data.curves(KNEE)).any(axis=1).sum() <= 2


def test_stride_time_variability_leaves_turns_out(make_walker):
    walker = make_walker(seconds=60.0)
    random = np.random.default_rng(1)
    durations = random.uniform(1.06, 1.14, 50)
    durations[20] = 1.9
    strikes = np.concatenate([[0.0], np.cumsum(durations)])
    events = [Event(t, "right", "heel_strike") for t in strikes]
    events += [Event(t + 0.6, "right", "toe_off") for t in strikes]
    strides = find_strides(walker.recording(streams=(), events=tuple(sorted(events))))
    found = stride_time_variability(strides).loc["right"]
    kept = np.delete(durations, 20)
    assert found["n_left_out"] == 1
    assert found["cv_percent"] == pytest.approx(100 * kept.std(ddof=1) / kept.mean(), rel=1e-9)


def _walk_without(walker, left_out, *, sides=("left", "right")):
    events = [
        event
        for side in sides
        for kind, instants in (
            ("heel_strike", walker.strikes(side)),
            ("toe_off", walker.offs(side)),
        )
        for event in (Event(float(t), side, kind) for t in instants)
        if not left_out[0] < event.time_s < left_out[1]
    ]
    return walker.recording(events=tuple(sorted(events)), streams=(walker.angles(),))


@pytest.mark.parametrize("sides", [("left", "right"), ("right",), ("left",)])
def test_two_strides_around_a_missed_contact_are_not_one(make_walker, sides):
    walker = make_walker(seconds=10.0)
    # Nothing is known from just before a right heel strike until 1.1 s later: a stride of each foot.
    gap = (walker.strikes("right")[3] - 0.05, walker.strikes("right")[3] + 1.04)
    strides = find_strides(_walk_without(walker, gap, sides=sides))
    used = strides[strides["reason"] == ""]
    assert set(used["side"]) == set(sides)
    np.testing.assert_allclose(used["duration_s"], 1.1, atol=0.02)
    long = strides[strides["duration_s"] > 2.0]
    assert len(long) == len(sides)
    assert long["reason"].str.contains("missed contact").all()


def test_walking_and_running_in_one_trial_are_both_usual():
    durations = [1.4] * 6 + [0.7] * 12
    instants = np.cumsum([0.0, *durations])
    events = [Event(float(t), "left", "heel_strike") for t in instants]
    events += [
        Event(float(t + 0.4 * d), "left", "toe_off")
        for t, d in zip(instants[:-1], durations, strict=True)
    ]
    strides = find_strides(Recording(source="x", events=tuple(sorted(events))))
    assert (strides["reason"] == "").sum() >= 17


@given(
    st.lists(st.floats(0.9, 1.1), min_size=6, max_size=30),
    st.integers(0, 29),
    st.sampled_from([2, 3]),
)
def test_any_missed_contact_is_found_and_nothing_else(shares, place, times):
    durations = np.array(shares)
    missed = np.arange(len(durations)) == place % len(durations)
    durations[missed] *= times
    share = _of_the_usual(durations)
    assert (share[missed] >= 1.6).all()
    assert (share[~missed] < 1.3).all()
    assert (share[~missed] > 0.8).all()


def test_one_stride_alone_is_the_usual_one():
    assert _of_the_usual(np.array([2.4])).tolist() == [1.0]
    assert _of_the_usual(np.empty(0)).tolist() == []

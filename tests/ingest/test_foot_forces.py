import numpy as np
import pytest

from locomotion_analysis.ingest import Recording, Stream, contacts, find_events
from locomotion_analysis.ingest.foot_forces import foot_forces, plate_contacts


def _force(time, *spans, newton=700.0):
    force = np.zeros_like(time)
    for start, end in spans:
        force[(time >= start) & (time <= end)] = newton
    return force


@pytest.mark.parametrize("rate", [100.0, 1000.0])
def test_contacts_begin_and_end_where_the_force_does(rate):
    time = np.arange(0.0, 4.0, 1.0 / rate)
    found = contacts(time, _force(time, (0.5, 1.2), (1.7, 2.4)))
    np.testing.assert_allclose(found, [[0.5, 1.2], [1.7, 2.4]], atol=1.01 / rate)


def test_contacts_begin_and_end_where_the_unfiltered_force_crosses_20_N():
    time = np.arange(0.0, 2.0, 0.001)
    rises, falls = (time - 0.5) * 8000.0, (1.2 - time) * 2000.0  # N/s, as of heel and toe
    force = np.clip(np.minimum(rises, falls), 0.0, 800.0)
    exact = [0.5 + 20.0 / 8000.0, 1.2 - 20.0 / 2000.0]
    np.testing.assert_allclose(contacts(time, force), [exact], atol=1e-9)
    noisy = force + 2.0 * np.random.default_rng(0).standard_normal(len(time))
    np.testing.assert_allclose(contacts(time, noisy), [exact], atol=0.003)


def test_noise_that_crosses_the_threshold_shortly_is_no_heel_strike():
    time = np.arange(0.0, 2.0, 0.001)
    force = _force(time, (0.5, 1.2))
    force[(time > 0.485) & (time < 0.49)] = 60.0
    np.testing.assert_allclose(contacts(time, force), [[0.5, 1.2]], atol=0.0011)


def test_the_real_walk_is_found_to_a_few_milliseconds(walker):
    for side in ("left", "right"):
        stream = walker.forces()
        found = contacts(stream.time_s, stream.signals[f"grf_vertical_{side}_N"])
        whole = found[np.isfinite(found).all(axis=1)]
        expected = walker.strikes(side)
        nearest = np.abs(whole[:, :1] - expected).min(axis=1)
        assert nearest.max() < 0.015


def test_noise_below_the_threshold_is_no_contact():
    time = np.arange(0.0, 2.0, 0.001)
    noise = 6.0 * np.sin(2 * np.pi * 3.0 * time)
    assert contacts(time, noise).shape == (0, 2)


def test_a_force_between_the_thresholds_never_begins_a_contact():
    time = np.arange(0.0, 2.0, 0.001)
    assert len(contacts(time, _force(time, (0.5, 1.2), newton=16.0))) == 0
    assert len(contacts(time, _force(time, (0.5, 1.2), newton=26.0))) == 1


def test_a_dip_between_the_thresholds_does_not_end_a_contact():
    time = np.arange(0.0, 2.0, 0.001)
    force = _force(time, (0.5, 1.2))
    force[(time > 0.8) & (time < 0.95)] = 14.0
    assert len(contacts(time, force)) == 1


def test_a_touch_is_no_contact():
    time = np.arange(0.0, 2.0, 0.001)
    assert len(contacts(time, _force(time, (0.5, 0.53)))) == 0


def test_a_contact_that_the_recording_cuts_has_no_start_or_no_end():
    time = np.arange(0.0, 2.0, 0.001)
    found = contacts(time, _force(time, (-1.0, 0.4), (1.5, 3.0)))
    assert np.isnan(found[0, 0])
    assert np.isnan(found[1, 1])


def test_a_recording_that_begins_in_the_first_rise_begins_the_contact():
    time = np.arange(0.0, 2.0, 0.01)
    rising = np.clip(200.0 + 5000.0 * time, 0.0, 800.0) * (time < 0.6)
    assert contacts(time, rising)[0, 0] == 0.0
    falling = np.clip(200.0 - 1000.0 * time, 0.0, 800.0) + _force(time, (0.9, 1.5))
    assert np.isnan(contacts(time, falling)[0, 0])


def test_missing_samples_are_no_force():
    time = np.arange(0.0, 2.0, 0.001)
    assert contacts(time, np.full_like(time, np.nan)).shape == (0, 2)


def test_each_contact_goes_to_the_foot_that_stands_there(walker):
    plates = (walker.plate(("right", 1)), walker.plate(("left", 1)))
    found = plate_contacts(walker.with_markers(plates=plates), [])
    assert [(contact.plate, contact.foot) for contact in found] == [(0, "right"), (1, "left")]
    assert found[0].start_s == pytest.approx(walker.strikes("right")[1], abs=0.015)


def test_two_feet_on_one_plate_are_nobodys_force(walker):
    plate = walker.plate(("right", 1), ("left", 1))
    recording = walker.with_markers(plates=(plate,))
    assert [contact.foot for contact in plate_contacts(recording, [])] == ["shared"]
    clean = walker.plate(("right", 3))
    forces = foot_forces(walker.with_markers(plates=(plate, clean)), [])
    assert forces.n_shared == 1
    signal = forces.recording.streams[-1]
    during = (signal.time_s > walker.strikes("right")[1] + 0.1) & (signal.time_s < 1.8)
    for side in ("left", "right"):
        assert np.isnan(signal.signals[f"grf_vertical_{side}_N"][during]).all()


def test_without_markers_the_events_tell_the_foot(walker):
    plates = (walker.plate(("right", 1)), walker.plate(("left", 2)))
    recording = walker.recording(plates=plates, events=walker.events())
    found = plate_contacts(recording, list(walker.events()))
    assert [contact.foot for contact in found] == ["right", "left"]
    both = walker.recording(plates=(walker.plate(("right", 1), ("left", 1)),))
    assert [c.foot for c in plate_contacts(both, list(walker.events()))] == ["shared"]
    assert [c.foot for c in plate_contacts(recording, [])] == ["unknown", "unknown"]


def test_a_force_far_from_both_feet_is_nobodys(walker):
    plate = walker.plate(("right", 1))
    moved = type(plate)(
        plate.time_s, plate.force_N, plate.cop_m + np.array([1.0, 1.0, 0.0]), plate.time_s
    )
    found = plate_contacts(walker.with_markers(plates=(moved,)), [])
    assert [contact.foot for contact in found] == ["unknown"]


def test_forces_are_in_the_persons_directions(walker):
    plates = (walker.plate(("right", 1)), walker.plate(("left", 1)))
    signals = foot_forces(walker.with_markers(plates=plates), []).recording.streams[-1].signals
    for side in ("left", "right"):
        anterior, vertical = (signals[f"grf_{axis}_{side}_N"] for axis in ("anterior", "vertical"))
        loaded = np.flatnonzero(vertical > 50.0)
        quarter = len(loaded) // 4
        assert anterior[loaded[:quarter]].mean() < -20.0, "braking first"
        assert anterior[loaded[-quarter:]].mean() > 20.0, "then propulsion"
        # The plate pushes inwards under both feet.
        assert signals[f"grf_lateral_{side}_N"][loaded].max() < 0.0


def test_plates_and_markers_may_have_different_rates(make_walker):
    walker = make_walker(rate_hz=60.0, plate_rate_hz=1080.0)
    recording = walker.with_markers(plates=(walker.plate(("right", 1)),))
    found = find_events(recording)
    assert "force" in found.sources
    assert found.times("right", "heel_strike")[1] == pytest.approx(
        walker.strikes("right")[1], abs=0.015
    )


def _steps(time, begin):
    """Force of a foot that stands 0.66 s of every 1.1 s from `begin` on."""
    share = np.mod((time - begin) / 1.1, 1.0) / 0.6
    return np.where(share < 1.0, 800.0 * np.sin(np.pi * np.minimum(share, 1.0)) ** 0.6, 0.0)


def test_a_gap_in_the_force_makes_no_event():
    time = np.arange(440) / 100
    gap = (time > 1.55) & (time < 1.80)
    left, right = (contacts(time, np.where(gap, np.nan, _steps(time, b))) for b in (0.11, 0.66))
    np.testing.assert_allclose(left[:3], [[0.11, 0.77], [1.21, 1.87], [2.31, 2.97]], atol=0.03)
    np.testing.assert_allclose(right[1:3, 0], [0.66, 2.86], atol=0.03)  # 1.76 was not seen


def test_unloaded_samples_written_as_missing_still_bound_the_contacts():
    time = np.arange(0.0, 4.4, 0.001)
    force = _steps(time, 0.11)
    found = contacts(time, np.where(force > 20.0, force, np.nan))
    np.testing.assert_allclose(found[:3, 0], [0.11, 1.21, 2.31], atol=0.01)
    np.testing.assert_allclose(found[:3, 1], [0.77, 1.87, 2.97], atol=0.01)


@pytest.mark.parametrize("empty", [0.0, np.nan])
@pytest.mark.parametrize("n", [1, 3])
def test_empty_samples_at_the_ends_are_no_events(empty, n):
    time = np.arange(0.0, 4.4, 0.01)
    force = _steps(time, -0.33)
    force[:n] = empty
    found = contacts(time, force)
    assert np.isnan(found[0, 0])
    np.testing.assert_allclose(found[:2, 1], [0.33, 1.43], atol=0.03)
    backwards = contacts(time, force[::-1])
    assert np.isnan(backwards[-1, 1])


def test_what_contacts_take_for_granted_is_in_the_history():
    time = np.arange(0, 4, 0.01)
    right = _steps(time, 0.66)
    gap = (time > 0.98) & (time < 1.04)
    assert right[gap].min() > 100  # within a stance
    left = _steps(time, 0.11)
    began = int(np.argmax(left > 0.9 * left.max()))
    left = left[began - 3 :].copy()
    left[:3] = 0.0
    streams = (
        Stream(time, {"grf_vertical_right_N": np.where(gap, np.nan, right)}),
        Stream(time[: len(left)], {"grf_vertical_left_N": left}),
    )
    found = foot_forces(Recording(source="x", streams=streams), [])
    said = {entry.detail: entry.count for entry in found.recording.history}
    assert said["the foot stayed on the ground in short gaps of its force"] == 1
    zeros = "zeros beside a force of a loaded foot, at an end of the recording, are no measurements"
    assert said[zeros] == 3


def test_frames_left_out_are_a_gap_as_missing_values_are():
    time = np.arange(440) / 100
    for first, last in ((1.55, 1.80), (1.15, 1.40), (1.0, 2.0)):
        gap = (time > first) & (time < last)
        for begin in (0.11, 0.66):
            force = _steps(time, begin)
            expected = contacts(time, np.where(gap, np.nan, force))
            np.testing.assert_allclose(contacts(time[~gap], force[~gap]), expected, atol=1e-3)


def test_a_late_sample_is_no_gap_and_a_jump_of_the_clock_costs_no_memory():
    time = np.arange(440) / 100
    force, late = _steps(time, 0.11), np.arange(440) != 200
    np.testing.assert_allclose(contacts(time[late], force[late]), contacts(time, force), atol=0.01)
    clock = np.where(time > 2.0, time + 1.7e9, time)
    assert len(contacts(clock, force)) == len(contacts(time, force))

import numpy as np
import pytest

from locomotion_analysis.ingest import find_events
from locomotion_analysis.ingest.foot_forces import foot_forces, plate_contacts


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

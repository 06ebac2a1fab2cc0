"""Plates that are not set to zero, and gaps in their force."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.ingest import Recording, Stream, cycles_of, find_events, find_strides
from locomotion_analysis.ingest.force_zero import set_to_zero, unloaded, without_dropouts

OFFSETS_N = (15.0, -8.0, 30.0, -40.0)


def _said(recording):
    return [str(entry) for entry in recording.history]


def _with_offset(walker, offset, unit="N"):
    forces = walker.forces()
    weight = 70.0 * 9.80665 if unit == "BW" else 1.0
    signals = {
        name.replace("_N", f"_{unit}"): (force + offset) / weight
        for name, force in forces.signals.items()
    }
    return walker.recording(streams=(walker.angles(), Stream(forces.time_s, signals)))


@pytest.mark.parametrize("unit", ["N", "BW"])
@pytest.mark.parametrize("offset", OFFSETS_N)
def test_an_offset_moves_no_event_and_is_said(walker, offset, unit):
    recording = _with_offset(walker, offset, unit)
    found = find_events(recording)
    for side in ("left", "right"):
        np.testing.assert_allclose(
            found.times(side, "heel_strike"), walker.strikes(side), atol=0.012
        )
        np.testing.assert_allclose(found.times(side, "toe_off"), walker.offs(side), atol=0.012)
    assert sum("subtracted" in line for line in _said(found.forces.recording)) == 2
    data = cycles_of(recording)
    swing = data.curves("grf_vertical_ipsi_BW")[:, 105:140]
    np.testing.assert_allclose(swing, 0.0, atol=2e-3)
    assert any(
        f"{offset * (1.0 if unit == 'N' else 700 / 686.4655):+.1f} N" in str(e)
        for e in data.history
    )


@pytest.mark.parametrize("offset", OFFSETS_N)
def test_an_offset_of_a_plate_is_taken_off_all_its_axes(walker, offset):
    plates = [walker.plate(("right", 1)), walker.plate(("left", 2))]
    moved = np.array([0.3 * offset, -0.1 * offset, offset])
    plates = tuple(replace(plate, force_N=plate.force_N + moved) for plate in plates)
    found = find_events(walker.with_markers(plates=plates))
    start, end = found.forces.contacts["right"][0]
    assert start == pytest.approx(walker.strikes("right")[1], abs=0.01)
    assert end == pytest.approx(walker.strikes("right")[1] + 0.62 * 1.1, abs=0.01)
    levelled = set_to_zero(walker.with_markers(plates=plates)).plates[0]
    np.testing.assert_allclose(levelled.force_N, walker.plate(("right", 1)).force_N, atol=1e-9)


def test_a_plate_nobody_stepped_on_has_no_contact(walker):
    plate = walker.plate()
    plates = (walker.plate(("right", 1)), replace(plate, force_N=plate.force_N + 30.0))
    found = find_events(walker.with_markers(plates=plates)).forces
    assert len(found.contacts["right"]) == 1
    assert not found.n_unknown


def test_a_small_offset_is_left(walker):
    recording = _with_offset(walker, 3.0)
    assert set_to_zero(recording) is recording


def test_a_force_that_is_never_near_zero_is_said(walker):
    time = np.arange(0.0, 4.0, 0.01)
    both = 686.0 + 200.0 * np.sin(2 * np.pi * time / 0.55)
    recording = Recording(source="belt", streams=(Stream(time, {"grf_vertical_left_N": both}),))
    assert any("never falls below 486 N" in line for line in _said(set_to_zero(recording)))


@given(st.floats(-50.0, 50.0), st.floats(0.0, 2.0), st.integers(0, 2**32 - 1))
def test_any_offset_is_found_within_the_noise(offset, noise, seed):
    time = np.arange(0.0, 4.0, 0.01)
    stance = np.mod(time / 1.1, 1.0) / 0.62
    force = np.where(stance < 1.0, 1000.0 * np.sin(np.pi * np.minimum(stance, 1.0)), 0.0)
    force = force + offset + noise * np.random.default_rng(seed).normal(size=len(time))
    band = unloaded(force)
    assert band.any()
    assert force[band].mean() == pytest.approx(offset, abs=2.0 * noise + 0.1)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_contact_that_ends_in_a_gap_is_counted(walker, side):
    forces = walker.forces()
    strike = walker.strikes(side)[1]
    signals = {name: force.copy() for name, force in forces.signals.items()}
    hidden = (forces.time_s > strike + 0.4) & (forces.time_s < strike + 0.9)
    signals[f"grf_vertical_{side}_N"][hidden] = np.nan
    recording = walker.recording(streams=(walker.angles(), Stream(forces.time_s, signals)))
    found = find_events(recording)
    entry = [e for e in found.forces.recording.history if "gap of the force" in e.detail]
    assert [e.count for e in entry] == [1]
    used = find_strides(recording)
    np.testing.assert_allclose(used.loc[used["reason"] == "", "duration_s"], 1.1, atol=0.01)


@pytest.mark.parametrize(("begin", "end"), [(1.0, 1.15), (1.55, 1.80), (1.40, 1.90)])
def test_zeros_of_both_feet_under_load_are_a_gap(walker, begin, end):
    forces = walker.forces()
    gap = (forces.time_s > begin) & (forces.time_s < end)
    zeroed = {name: np.where(gap, 0.0, v) for name, v in forces.signals.items()}
    recording = walker.recording(streams=(walker.angles(), Stream(forces.time_s, zeroed)))
    data = cycles_of(recording)
    np.testing.assert_allclose(data.cycles["stance_percent"], 62.0, atol=1.0)
    assert "zeros of both feet, between forces of a loaded foot" in "\n".join(
        map(str, data.history)
    )


def test_flights_of_a_runner_are_no_gaps(make_runner):
    runner = make_runner()
    square = {name: np.where(v > 0, 900.0, 0.0) for name, v in runner.forces().signals.items()}
    recording = runner.recording(streams=(Stream(runner.forces().time_s, square),))
    assert without_dropouts(recording) is recording

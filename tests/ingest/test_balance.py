"""Centre of mass, margins of stability and toe clearance: against physics, plates and known walks."""

from dataclasses import replace

import numpy as np
import pytest
from tests.ingest.walking import HALF_FOOT_M, OUT_TOE, STANCE, STRIDE_S, WIDTH_M, Walk

from locomotion_analysis.biomechanics import centre_of_mass, pose
from locomotion_analysis.features import feature_table
from locomotion_analysis.ingest import Event, ReadOptions, convert, cycles_of, reader_for
from locomotion_analysis.ingest.foot_forces import low_pass_known, plate_contacts
from locomotion_analysis.ingest.force_zero import set_to_zero
from locomotion_analysis.ingest.joint_model import measures_of
from locomotion_analysis.ingest.recording import HEEL_STRIKE, TOE_OFF

STATICS = ("HC002D02", "HC030A01", "HC036A01")
WALKS = ("HC002D06", "HC030A05", "HC036A10")
SWAY_M_S = 0.02 * 2 * np.pi / STRIDE_S
LEG_M = 0.9


def _read(shared_data, name):
    file = shared_data / f"raw/c3d_plugin_gait/{name}.c3d"
    return reader_for(file).read(file, ReadOptions())[0]


def _centre(recording):
    return centre_of_mass(pose(recording.markers, measures_of(recording)), recording.markers)


# The centre of mass, against the ground.


@pytest.mark.parametrize("name", STATICS)
def test_who_stands_has_the_centre_of_mass_over_the_centre_of_pressure(shared_data, name):
    """The software that recorded them has it 24 to 35 mm in front of that."""
    standing = _read(shared_data, name)
    plate = standing.plates[0]
    weight = standing.metadata["mass_kg"] * 9.80665
    assert np.nanmean(plate.force_N[:, 2]) == pytest.approx(weight, rel=0.05)
    pressure = np.nanmean(plate.cop_m, axis=0)[:2]
    ours, theirs = (
        np.linalg.norm(np.nanmean(centre, axis=0)[:2] - pressure)
        for centre in (_centre(standing), standing.markers["CentreOfMass"])
    )
    assert ours < 0.017 < theirs


@pytest.mark.parametrize("name", WALKS)
def test_it_moves_as_that_of_the_whole_body(shared_data, name):
    """With the arms, as the software that recorded it has it: always as far away."""
    walk = _read(shared_data, name)
    apart = _centre(walk) - walk.markers["CentreOfMass"]
    assert np.nanstd(apart, axis=0).max() < 0.004


def test_its_acceleration_is_what_the_plate_measures(shared_data):
    """Vertical force in single support: one foot on one plate, nothing else carries."""
    walk = set_to_zero(_read(shared_data, "HC030A05"))
    time, mass = walk.marker_time_s, walk.metadata["mass_kg"]
    height = low_pass_known(time, _centre(walk), 6.0)[:, 2]
    needed = mass * (np.gradient(np.gradient(height, time), time) + 9.80665)
    measured, ours = [], []
    for contact in plate_contacts(walk, list(walk.events)):
        other = "left" if contact.foot == "right" else "right"
        off, on = (
            [e.time_s for e in walk.events if e.side == other and e.kind == kind]
            for kind in (TOE_OFF, HEEL_STRIKE)
        )
        start = min((t for t in off if contact.start_s < t < contact.end_s), default=None)
        end = min((t for t in on if contact.start_s < t < contact.end_s), default=None)
        if start is None or end is None or end < start:
            continue
        plate = walk.plates[contact.plate]
        inside = (time > start) & (time < end)
        measured.append(np.interp(time[inside], plate.time_s, plate.force_N[:, 2]))
        ours.append(needed[inside])
    assert len(measured) >= 2
    measured, ours = np.concatenate(measured), np.concatenate(ours)
    weight = mass * 9.80665
    assert np.sqrt(np.mean((ours - measured) ** 2)) < 0.08 * weight
    assert np.corrcoef(ours, measured)[0, 1] > 0.9


# The strides of somebody whose every figure is known.


def _known(walk, **parts):
    """Return a recording with the true events, and a known leg."""
    events = [
        Event(first + number * STRIDE_S + share * STRIDE_S, side, kind)
        for side, first in (("left", 0.0), ("right", STRIDE_S / 2))
        for number in range(-1, 6)
        for kind, share in ((HEEL_STRIKE, 0.0), (TOE_OFF, STANCE))
    ]
    events = sorted(e for e in events if 0.0 <= e.time_s <= walk.time[-1])
    return walk.recording(
        events=tuple(events), metadata={"mass_kg": 70.0, "leg_length_m": LEG_M}, **parts
    )


@pytest.mark.parametrize(
    "walk",
    [Walk(), Walk(belt=1.2), Walk(heading=2.0), Walk(heading=np.pi / 2, belt=1.2)],
    ids=["floor", "belt", "askew", "belt along y"],
)
def test_margins_are_those_of_the_walk(walk):
    """The middle of the pelvis goes at 1.2 m/s and sways by 2 cm."""
    cycles = cycles_of(_known(walk)).cycles.iloc[1:-1]
    lateral = WIDTH_M / 2 + HALF_FOOT_M * np.sin(OUT_TOE)
    lateral -= SWAY_M_S * np.sqrt(1.34 * LEG_M / 9.80665)
    np.testing.assert_allclose(cycles["margin_of_stability_lateral_m"], lateral, atol=2e-3)
    forward = 1.2 * STANCE / 2 * STRIDE_S + HALF_FOOT_M * np.cos(OUT_TOE)
    forward -= 1.2 * np.sqrt(1.2 * LEG_M / 9.80665)
    np.testing.assert_allclose(cycles["margin_of_stability_anterior_m"], forward, atol=3e-3)
    np.testing.assert_allclose(cycles["com_lateral_range_m"], 0.04, atol=1e-3)
    np.testing.assert_allclose(cycles["com_vertical_range_m"], 0.0, atol=1e-6)


def test_who_walks_backward_lands_on_what_is_foremost_then():
    cycles = cycles_of(_known(Walk(backward=True))).cycles.iloc[1:-1]
    forward = 1.2 * STANCE / 2 * STRIDE_S + HALF_FOOT_M * np.cos(OUT_TOE)
    forward -= 1.2 * np.sqrt(1.2 * LEG_M / 9.80665)
    np.testing.assert_allclose(cycles["margin_of_stability_anterior_m"], forward, atol=3e-3)


def _lifted(walk, rise_m):
    """Return markers with toes that dip to `rise_m` in the middle of the swing, between maxima."""
    markers = walk.markers()
    for side, letter in (("left", "L"), ("right", "R")):
        part = np.mod(walk.phase(side, walk.time), 1.0)
        share = np.clip((part - STANCE) / (1 - STANCE), 0, 1)
        up = np.sin(np.pi * share) ** 2 * (rise_m + 0.06 * np.cos(np.pi * share) ** 2)
        toe = markers[f"{letter}TOE"].copy()
        toe[:, 2] = 0.05 + up
        markers[f"{letter}TOE"] = toe
    return markers


def test_clearance_is_the_dip_in_mid_swing_above_the_height_in_stance():
    walk = Walk()
    cycles = cycles_of(_known(walk, markers=_lifted(walk, 0.013))).cycles
    np.testing.assert_allclose(cycles["toe_clearance_m"], 0.013, atol=2e-4)


def test_a_swing_without_a_dip_slopes_and_stairs_have_no_clearance():
    walk = Walk()
    tilted = _known(walk, markers=_lifted(walk, 0.013), task="incline_walking")
    assert "toe_clearance_m" not in cycles_of(tilted).cycles
    assert "toe_clearance_m" not in cycles_of(_known(walk)).cycles
    climbs = {
        name: xyz + np.outer(0.2 * walk.time, [0, 0, 1])
        for name, xyz in _lifted(walk, 0.013).items()
    }
    assert "toe_clearance_m" not in cycles_of(_known(walk, markers=climbs)).cycles


def test_a_marker_that_is_missing_at_the_strike_leaves_that_margin_open():
    walk = Walk()
    markers = walk.markers()
    hidden = np.abs(walk.time - STRIDE_S) < 0.1
    markers["LTOE"] = np.where(hidden[:, np.newaxis], np.nan, markers["LTOE"])
    cycles = cycles_of(_known(walk, markers=markers)).cycles
    of_left = cycles.loc[cycles["side"] == "left", "margin_of_stability_lateral_m"]
    assert of_left.isna().tolist() == [number == 1 for number in range(len(of_left))]


def test_without_a_leg_length_the_margin_is_missing_and_said_so():
    recording = replace(_known(Walk()), metadata={"mass_kg": 70.0})
    data = cycles_of(recording)
    assert "margin_of_stability_lateral_m" not in data.cycles
    assert "com_lateral_range_m" in data.cycles
    assert any("leg_length_m" in e.detail for e in data.history if e.action == "missing")


# Children who walk.


def test_walks_of_children_are_within_what_is_published(shared_data):
    """Hof 2006, Winter 1992, Orendurff 2004 by speed and size."""
    data = convert([shared_data / f"raw/c3d_plugin_gait/{name}.c3d" for name in WALKS]).data
    found = data.cycles.mean(numeric_only=True)
    assert 0.05 < found["margin_of_stability_lateral_m"] < 0.10
    assert 0.003 < found["toe_clearance_m"] < 0.03
    assert 0.015 < found["com_vertical_range_m"] < 0.05
    assert 0.01 < found["com_lateral_range_m"] < 0.07
    features = feature_table(data, ["spatial"]).frame
    assert features[["toe_clearance_m", "margin_of_stability_anterior_m"]].notna().all(axis=None)
    told = [entry.detail for entry in data.history if entry.action == "assumed"]
    assert any(text.startswith("centre of mass: legs by their joints") for text in told)
    assert any("pendulum of 1.2 (forward) and 1.34 (sideways)" in text for text in told)


def test_an_adult_at_1_4_m_s_is_within_what_is_published(shared_data):
    """Winter 1992: clearance of 1.29 cm (SD 0.4); Orendurff 2004: 4.8 (0.9) cm up and down at 1.6 m/s
    and 3.9 cm sideways; the middle of the pelvis stands for the centre of mass."""
    folder = shared_data / "raw/opensim_s01"
    files = [*folder.glob("S01_*_Gait.c3d"), *folder.glob("S01_*_IK.mot")]
    subjects = {"S01": {"mass_kg": 68.9, "height_m": 1.75}}
    data = convert(files, subjects=subjects).data
    assert len(data) == 6
    found = data.cycles.mean(numeric_only=True)
    assert found["speed_m_s"] == pytest.approx(1.4, abs=0.05)
    assert found["toe_clearance_m"] == pytest.approx(0.0129, abs=0.004)
    assert found["com_vertical_range_m"] == pytest.approx(0.048, abs=0.009)
    assert found["com_lateral_range_m"] == pytest.approx(0.039, abs=0.009)
    assert 0.05 < found["margin_of_stability_lateral_m"] < 0.12

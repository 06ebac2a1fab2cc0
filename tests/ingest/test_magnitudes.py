from dataclasses import replace

import numpy as np
import pytest
from tests.ingest.walking import Walk

from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest import ColumnMap, Stream, convert, cycles_of

KNEE = "knee_flexion_angle_ipsi_rad"


def scaled(recording, factor):
    streams = (
        Stream(stream.time_s, {name: factor * v for name, v in stream.signals.items()})
        for stream in recording.streams
    )
    return replace(recording, streams=tuple(streams))


@pytest.mark.parametrize(
    ("factor", "message"),
    [(np.pi / 180, "range of at most 0"), (180 / np.pi, "angles that a joint can have")],
)
def test_angles_of_another_unit_than_stated_are_refused(walker, factor, message):
    recording = walker.recording(events=walker.events())
    with pytest.raises(UnitError, match=message) as caught:
        cycles_of(scaled(recording, factor))
    assert caught.value.where == "walk.c3d"


def test_legs_that_stay_still_or_move_little_are_no_error(walker):
    recording = walker.recording(events=walker.events())
    assert len(cycles_of(scaled(recording, 0.0)))
    assert len(cycles_of(scaled(recording, 0.1)))  # six degrees


def test_knees_locked_in_flexion_are_no_radians(walker):
    angles = walker.angles()
    for name, values in angles.signals.items():
        if name.startswith("hip"):
            values[:] = 0.0
        if name.startswith("knee"):
            values[:] = np.radians(15.0) + 0.03 * values
    data = cycles_of(walker.recording(streams=(angles,), events=walker.events()))
    assert 0.004 < np.ptp(data.curves(KNEE)) < 0.05


def test_a_single_wrong_sample_is_no_other_unit(walker):
    angles = walker.angles()
    angles.signals["knee_flexion_angle_left_rad"][200] = 50.0
    data = cycles_of(walker.recording(streams=(angles,), events=walker.events()))
    assert np.median(data.curves(KNEE).max(axis=1)) == pytest.approx(0.9, abs=0.1)


@pytest.mark.parametrize("newtons", [1e-3, 1 / (70.0 * 9.80665)])
def test_forces_in_kilonewtons_or_body_weights_under_newtons_are_refused(walker, newtons):
    forces = walker.forces()
    small = Stream(forces.time_s, {name: newtons * v for name, v in forces.signals.items()})
    recording = walker.recording(streams=(walker.angles(), small), events=walker.events())
    with pytest.raises(UnitError, match="newtons, 20 N and more"):
        cycles_of(recording)


def test_the_noise_of_plates_nobody_stood_on_is_no_error(walker):
    random = np.random.default_rng(0)
    time = walker.forces().time_s
    noise = {f"grf_vertical_{s}_N": random.normal(0, 2, len(time)) for s in ("left", "right")}
    recording = walker.recording(streams=(walker.angles(), Stream(time, noise)))
    assert len(cycles_of(replace(recording, events=walker.events())))


@pytest.mark.parametrize(
    ("metadata", "factor"), [({"mass_kg": 7.0}, 1.0), ({"mass_kg": 70.0}, 1e3)]
)
def test_forces_far_beyond_sprinting_are_refused(walker, metadata, factor):
    forces = walker.forces()
    large = Stream(forces.time_s, {name: factor * v for name, v in forces.signals.items()})
    with pytest.raises(UnitError, match="at most 10 body weights"):
        cycles_of(walker.recording(streams=(walker.angles(), large), metadata=metadata))


@pytest.mark.parametrize("factor", [1e3, 10.0, 0.1, 1e-3])
def test_markers_of_another_unit_are_refused(walker, factor):
    recording = walker.with_markers(events=walker.events())
    markers = {name: factor * xyz for name, xyz in recording.markers.items()}
    with pytest.raises(UnitError, match="markers of one bone"):
        cycles_of(replace(recording, markers=markers))


@pytest.mark.parametrize(
    ("unit", "factor", "told"),
    [
        ("deg", np.pi / 180, "numbers in radians"),
        ("rad", 180 / np.pi, "degrees said to be radians"),
    ],
)
def test_curves_of_a_table_that_contradict_their_unit_are_said(tmp_path, unit, factor, told):
    knee = np.radians(60 * np.sin(np.pi * np.linspace(0, 1, 101))) * np.ones((4, 1))
    values = knee * (np.degrees(1) if unit == "deg" else 1.0) * factor
    np.savez(tmp_path / "a.npz", knee=values, who=np.array(list("AABB")))
    (tmp_path / "map.yaml").write_text(
        f"layout: curves\nchannels:\n  {KNEE}: {{array: knee, unit: {unit}}}\n"
        "cycles: {subject: {column: who}, task: level_walking}\n"
    )
    done = convert([tmp_path / "a.npz"], column_map=ColumnMap.from_yaml(tmp_path / "map.yaml"))
    (note,) = [note for note in done.notes if note.startswith("suspect")]
    assert told in note


@pytest.mark.parametrize(("mass_kg", "said"), [(180.0, True), (11.0, True), (70.0, False)])
def test_steps_that_no_walk_has_speak_against_the_mass(walker, mass_kg, said):
    streams = walker.angles(), walker.forces()
    data = cycles_of(walker.recording(streams=streams, metadata={"mass_kg": mass_kg}))
    notes = [str(entry) for entry in data.history if entry.action == "doubtful"]
    assert any(f"with {mass_kg:g} kg: is the mass in kg" in note for note in notes) == said


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("forces", [False, True])
def test_a_leg_in_another_unit_than_the_other_is_refused(side, forces):
    walk = Walk(seconds=8.0)
    angles = walk.angles()
    wrong = {n: np.radians(v) if f"_{side}_" in n else v for n, v in angles.items()}
    bare = {"markers": {}, "plates": walk.plates() if forces else ()}
    with pytest.raises(UnitError, match=f"of the {side} leg within 1"):
        cycles_of(walk.recording(streams=(Stream(walk.time, wrong),), **bare))
    locked = {
        n: 0.0 * v + 0.1 if f"knee_flexion_angle_{side}" in n else v for n, v in angles.items()
    }
    assert len(cycles_of(walk.recording(streams=(Stream(walk.time, locked),), plates=()))) > 5

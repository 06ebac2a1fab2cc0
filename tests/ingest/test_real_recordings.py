"""From real laboratories' files to cycles, against what is published or was given with them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest import (
    ReadOptions,
    convert,
    coordinate_events,
    find_events,
    find_strides,
    read_subjects,
    reader_for,
    stride_time_variability,
)

SAGITTAL = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")


@pytest.fixture(scope="module")
def overground(shared_data):
    folder = shared_data / "raw/opensim_s01"
    return convert([folder], subjects=read_subjects(folder / "subject_info.csv"))


@pytest.fixture(scope="module")
def plugin_gait(shared_data):
    return convert([shared_data / "raw/c3d_plugin_gait"])


def _mean(data, channel):
    return np.nanmean(data.curves(channel), axis=0)


def test_all_six_overground_trials_become_cycles(overground):
    data = overground.data
    assert sorted(data.cycles["task_id"].str[:8]) == [f"S01_000{k}" for k in range(2, 8)]
    assert overground.failures == ()
    standing = [each.file.name for each in overground.outcomes if each.standing]
    assert standing == ["S01_0001_Static.c3d"]
    assert "gait_cycle_bounds.csv" in [path.name for path in overground.skipped]
    wanted = [
        f"{joint}_{what}" for joint in SAGITTAL for what in ("angle_ipsi_rad", "moment_ipsi_Nm_kg")
    ]
    for channel in [
        *wanted,
        *(f"grf_{axis}_ipsi_BW" for axis in ("vertical", "anterior", "lateral")),
    ]:
        assert np.isfinite(data.curves(channel)).all(), channel


def test_the_overground_curves_are_those_of_walking(overground):
    """Winter's and Schwartz' adults and children, with room for one person's own way."""
    data = overground.data
    assert 0.85 < _mean(data, "knee_flexion_angle_ipsi_rad")[90:120].max() < 1.25
    assert -2.1 < _mean(data, "ankle_dorsiflexion_moment_ipsi_Nm_kg").min() < -1.2
    vertical = _mean(data, "grf_vertical_ipsi_BW")
    assert 1.0 < vertical[:40].max() < 1.5
    assert 0.55 < vertical[35:60].min() < 0.95
    assert 1.0 < vertical[60:95].max() < 1.5
    assert np.abs(vertical[100:145]).max() < 0.02
    anterior = _mean(data, "grf_anterior_ipsi_BW")
    assert -0.35 < anterior[:50].min() < -0.12
    assert 0.12 < anterior[60:95].max() < 0.35
    assert _mean(data, "grf_lateral_ipsi_BW")[20:78].max() < 0.0, "the floor pushes inwards"
    cycles = data.cycles
    assert cycles["stance_percent"].between(58, 65).all()
    assert cycles["double_support_percent"].between(18, 28).all()
    assert cycles["speed_m_s"].between(1.3, 1.5).all()
    np.testing.assert_allclose(
        cycles["stride_length_m"], cycles["speed_m_s"] * cycles["cycle_duration_s"], rtol=0.03
    )


def test_the_moment_of_the_overground_ankle_is_the_force_on_its_lever(overground):
    """At push-off a calf muscle moment of F x lever, 0.09 to 0.16 m before the ankle."""
    data = overground.data
    moment = -data.curves("ankle_dorsiflexion_moment_ipsi_Nm_kg")[:, 75]
    force = data.curves("grf_vertical_ipsi_BW")[:, 75] * 9.80665
    assert np.all((moment / force > 0.09) & (moment / force < 0.16))


OVERGROUND = pytest.mark.parametrize("trial", ["S01_0002_Gait", "S01_0003_Gait"])


def _read(path):
    return reader_for(path).read(path, ReadOptions())[0]


def _times(events, side, kind):
    return np.array([e.time_s for e in events if (e.side, e.kind) == (side, kind)])


def _given_bounds(shared_data, trial, recording):
    """The authors' events: on frames of the markers, their time stretched by a frame."""
    table = pd.read_csv(shared_data / "raw/opensim_s01/gait_cycle_bounds.csv", index_col=0)
    frames = len(recording.marker_time_s)
    return recording.marker_time_s[0] + table.loc[trial] * (frames - 1) / frames


@OVERGROUND
def test_marker_events_are_the_given_bounds(shared_data, trial):
    """Two of the six are of steps off the plates: the authors' events are those of the markers."""
    recording = _read(shared_data / f"raw/opensim_s01/{trial}.c3d")
    bounds = _given_bounds(shared_data, trial, recording)
    events = coordinate_events(recording)
    for name, side, kind in (
        ("HS1r", "right", "heel_strike"),
        ("HSl", "left", "heel_strike"),
        ("HS2r", "right", "heel_strike"),
        ("TOr", "right", "toe_off"),
        ("TO1l", "left", "toe_off"),
        ("TO2l", "left", "toe_off"),
    ):
        assert np.abs(_times(events, side, kind) - bounds[name]).min() < 0.009, name


@OVERGROUND
def test_a_stride_from_a_force_to_a_marker_event_is_as_long_as_the_given_one(shared_data, trial):
    recording = _read(shared_data / f"raw/opensim_s01/{trial}.c3d")
    bounds = _given_bounds(shared_data, trial, recording)
    found = find_events(recording)
    assert {"force", "markers"} <= set(found.sources)
    first, second = found.times("right", "heel_strike")
    assert second - first == pytest.approx(bounds["HS2r"] - bounds["HS1r"], abs=0.012)


@pytest.mark.parametrize(
    "name",
    ["opensim_s01/S01_0003_Gait", "opensim_s01/S01_0005_Gait", "c3d_plugin_gait/HC036A10"],
)
def test_force_events_are_where_the_force_of_a_plate_crosses_20_N(shared_data, name):
    recording = replace(_read(shared_data / f"raw/{name}.c3d"), events=())
    found = find_events(recording)
    from_force = [e for e, s in zip(found.events, found.sources, strict=True) if s == "force"]
    crossings = {"heel_strike": [], "toe_off": []}
    for plate in recording.plates:
        vertical = plate.force_N[:, 2]
        vertical = vertical - np.median(vertical[vertical < 30.0])
        loaded = np.flatnonzero(vertical >= 20.0)
        if len(loaded):
            crossings["heel_strike"].append(plate.time_s[loaded[0]])
            crossings["toe_off"].append(plate.time_s[loaded[-1]])
    assert len(from_force) == 4
    for event in from_force:
        assert np.abs(np.array(crossings[event.kind]) - event.time_s).min() < 0.002


@pytest.mark.parametrize("name", ["HC002D06", "HC030A05", "HC030A22", "HC036A10"])
def test_heel_strikes_without_a_force_are_those_with_it(shared_data, name):
    """A laboratory without plates: the markers alone, 50 ms early by their distance alone."""
    recording = replace(_read(shared_data / f"raw/c3d_plugin_gait/{name}.c3d"), events=())
    with_force, without = find_events(recording), find_events(replace(recording, plates=()))
    told = [
        entry.detail for entry in without.history if "heel strikes at the landing" in entry.detail
    ]
    assert len(told) == 1
    bare = coordinate_events(recording)
    for side in ("left", "right"):
        struck = [
            e.time_s
            for e, source in zip(with_force.events, with_force.sources, strict=True)
            if source == "force" and (e.side, e.kind) == (side, "heel_strike")
        ]
        for instant in struck:
            assert np.abs(_times(without.events, side, "heel_strike") - instant).min() < 0.015
            assert np.abs(_times(bare, side, "heel_strike") - instant).min() > 0.03


def test_three_plugin_gait_subjects_become_cycles(plugin_gait):
    data = plugin_gait.data
    assert set(data.groups) == {"HC002D", "HC030A", "HC036A"}
    assert set(data.cycles["side"]) == {"left", "right"}
    moment = "ankle_dorsiflexion_moment_ipsi_Nm_kg"
    push_off = np.nanmin(data.curves(moment)[np.isfinite(data.curves(moment)[:, 75])], axis=1)
    assert len(push_off) >= 6
    assert np.all((push_off > -1.8) & (push_off < -0.8)), "Nmm/kg became Nm/kg"
    statics = {"HC002D02.c3d", "HC030A01.c3d", "HC036A01.c3d"}
    assert plugin_gait.failures == ()
    assert {each.file.name for each in plugin_gait.outcomes if each.standing} == statics
    dropped = [e for e in data.history if e.action == "dropped" and "standing trials" in e.detail]
    assert [entry.count for entry in dropped] == [3]


def test_the_childrens_curves_are_those_of_children(plugin_gait):
    """Schwartz 2008 at slow to fast speed, +- 3 SD."""
    data = plugin_gait.data
    assert 0.7 < _mean(data, "knee_flexion_angle_ipsi_rad")[90:125].max() < 1.3
    assert 0.4 < _mean(data, "hip_flexion_angle_ipsi_rad")[0] < 0.85
    assert np.nanmax(data.curves("grf_vertical_ipsi_BW")) < 1.45
    own = data.select(where="task_id != 'HC030A22'")
    left, right = (own.select(side=side) for side in ("left", "right"))
    for channel in ("pelvis_obliquity_up_angle_rad", "pelvis_internal_rotation_angle_rad"):
        agree = np.corrcoef(_mean(left, channel), _mean(right, channel))[0, 1]
        assert agree > 0.9, f"{channel} is seen from the ipsilateral leg"


def test_steps_are_as_long_as_by_hand(shared_data):
    """Heels read off at their own strikes by hand; cadence, step and speed must agree."""
    folder = shared_data / "raw/opensim_s01"
    subjects = read_subjects(folder / "subject_info.csv")
    cycles = convert([folder], subjects=subjects).data.cycles
    by_hand = [0.755, 0.758, 0.774, 0.754, 0.759, 0.752]
    np.testing.assert_allclose(cycles["step_length_m"], by_hand, atol=0.009)
    speed = cycles["cadence_steps_min"] * cycles["step_length_m"] / 60
    assert (speed / cycles["speed_m_s"]).mean() == pytest.approx(1.0, abs=0.02)


def test_straight_steps_of_plugin_gait_agree_with_cadence_and_speed(plugin_gait):
    straight = plugin_gait.data.select(where="task_id != 'HC030A22'").cycles
    speed = straight["cadence_steps_min"] * straight["step_length_m"] / 60
    assert (speed / straight["speed_m_s"]).mean() == pytest.approx(1.0, abs=0.02)


def test_a_walk_that_turns_keeps_its_step_length(plugin_gait):
    turning = plugin_gait.data.select(task_id="HC030A22").cycles
    np.testing.assert_allclose(
        turning["stride_length_m"], turning["speed_m_s"] * turning["cycle_duration_s"], rtol=0.2
    )
    assert turning["step_width_m"].between(-0.02, 0.2).all()


def test_the_files_events_and_the_forces_agree_in_plugin_gait(plugin_gait):
    told = [e.detail for e in plugin_gait.data.history if e.action == "compared"]
    assert len(told) >= 3, "one entry a difference"
    assert all(float(text.split("(median), ")[1].split()[0]) <= 15.0 for text in told)
    assert all(float(text.split(": ")[1].split()[0]) <= 8.0 for text in told)


def test_both_b3d_trials_become_cycles(shared_data):
    data = convert([shared_data / "raw/b3d/results.b3d"]).data
    assert len(set(data.cycles["task_id"])) == 2
    assert data.cycles["cycle_duration_s"].between(1.0, 1.15).all()
    assert 0.9 < np.nanmax(data.curves("grf_vertical_ipsi_BW")) < 1.3
    assert any("outermost sample" in e.detail for e in data.history)


def test_insole_records_give_stride_times_of_both_feet(shared_data):
    folder = shared_data / "raw/insole_grf"
    variability = {}
    for path in sorted(folder.glob("*.txt.gz")):
        recording = reader_for(path).read(path, ReadOptions())[0]
        table = stride_time_variability(find_strides(recording))
        assert list(table.index) == ["left", "right"], path.name
        assert (table["n_strides"] >= 35).all(), path.name
        assert table["mean_s"].between(0.9, 1.7).all(), path.name
        assert abs(table.loc["left", "mean_s"] / table.loc["right", "mean_s"] - 1) < 0.02
        variability[path.name[2:4]] = [*variability.get(path.name[2:4], []), *table["cv_percent"]]
    assert all(0.5 < cv < 8.0 for values in variability.values() for cv in values)
    assert np.median(variability["Pt"]) > np.median(variability["Co"])


def test_insole_records_become_cycles_but_not_without_a_mass(shared_data):
    folder = shared_data / "raw/insole_grf"
    files = [folder / f"{name}_01.txt.gz" for name in ("GaCo01", "GaPt04")]
    result = convert(files, subjects=read_subjects(folder / "demographics.txt"))
    assert set(result.data.groups) == {"GaCo01"}
    assert isinstance(result.failures[0][1], UnitError)
    assert result.failures[0][0].name == "GaPt04_01.txt.gz"
    vertical = _mean(result.data, "grf_vertical_ipsi_BW")
    assert 0.8 < vertical.max() < 1.6
    assert vertical[110:140].max() < 0.1


@pytest.mark.slow
def test_every_file_of_the_corpus_is_read_or_has_one_clear_error(shared_data):
    result = convert([shared_data / "raw/c3d_corpus"])
    assert len(result.data) >= 12
    for path, error in result.failures:
        assert path.name in str(error)
        assert error.got
    names = {path.name for path, _ in result.failures}
    assert {"Empty.c3d", "bad_parameter_section.c3d", "Truncated.trc"} <= names

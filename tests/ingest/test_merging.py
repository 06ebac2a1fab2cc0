import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import Event, Stream, merge, trial_groups
from locomotion_analysis.ingest.convert import identified, subject_and_trial, with_subject


def _groups(*names):
    return [[path.name for path in group] for group in trial_groups([Path(n) for n in names])]


def test_the_parts_of_a_trial_are_one_group():
    files = ("S01_0002_IK.mot", "S01_0002_ID.sto", "S01_0002_Gait_forces.sto", "S01_0002_Gait.c3d")
    assert _groups(*files) == [list(files)]


@pytest.mark.parametrize(
    "files",
    [
        ("S01_0001_Static.c3d", "S01_0002_Gait.c3d"),
        ("S01.c3d", "S01_0002.c3d"),
        ("walk.c3d", "run.c3d"),
        ("s1_t1_walk.c3d", "s1_t1_run.c3d"),
        ("a/walk_IK.mot", "b/walk_ID.sto"),
    ],
)
def test_different_trials_stay_apart(files):
    assert len(_groups(*files)) == len(files)


def test_a_part_that_fits_two_trials_joins_neither():
    assert len(_groups("S1_IK.mot", "S1_walk.c3d", "S1_run.c3d")) == 3


def test_thousands_of_files_are_grouped_at_once():
    """0.2 s; comparing every name with every other took two minutes."""
    parts = ("IK.mot", "ID.sto", "Gait_forces.sto", "Gait.c3d")
    files = [Path(f"lab/S{k:04d}_0001_{part}") for k in range(1000) for part in parts]
    begin = time.perf_counter()
    groups = trial_groups(files)
    assert time.perf_counter() - begin < 5.0
    assert groups == [files[k : k + 4] for k in range(0, 4000, 4)]


def test_a_name_of_one_role_word_is_kept():
    assert _groups("forces.sto", "markers.trc") == [["forces.sto"], ["markers.trc"]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("S01_0002_IK.mot", ("S01", "0002")),
        ("GaCo01_01.txt.gz", ("GaCo01", "01")),
        ("walk.c3d", ("walk", "walk")),
    ],
)
def test_subject_and_trial_are_in_the_name(name, expected):
    assert subject_and_trial(Path(name)) == expected


def test_merged_recordings_hold_what_each_has(walker):
    angles = walker.recording(source="a_IK.mot", events=())
    laboratory = walker.with_markers(
        source="a.c3d", streams=(walker.forces(),), events=walker.events(), metadata={"age": 30}
    )
    both = merge([angles, laboratory])
    assert set(both.channels) == {*angles.channels, *laboratory.channels}
    assert both.events == walker.events()
    assert both.metadata == {"mass_kg": 70.0, "age": 30}
    assert set(both.markers) == set(walker.markers())


def test_what_both_hold_is_taken_once_and_told(walker):
    first = walker.with_markers(source="a.c3d", events=walker.events())
    second = walker.with_markers(source="a.trc", subject="S2", events=walker.events()[:3])
    merged = merge([first, second])
    assert merged.channels == first.channels
    assert merged.events == first.events
    told = " ".join(str(entry) for entry in merged.history)
    for word in ("channels", "markers", "events", "'S2'", ".trc"):
        assert word in told


def test_clocks_that_start_apart_are_set_to_the_first(walker):
    angles = walker.recording(source="a_IK.mot")
    late = walker.with_markers(
        source="a.c3d", streams=(), events=(Event(4.416, "left", "toe_off"),)
    )
    late = replace(late, marker_time_s=late.marker_time_s + 3.416)
    merged = merge([angles, late])
    np.testing.assert_allclose(merged.marker_time_s, walker.time_s, atol=1e-9)
    assert merged.events[0].time_s == pytest.approx(1.0)
    assert any(entry.action == "shifted" for entry in merged.history)


def test_recordings_of_different_times_are_refused(walker):
    other = Stream(np.arange(20.0, 22.0, 0.01), {"hip_flexion_angle_left_rad": np.zeros(200)})
    with pytest.raises(SchemaError, match="same time"):
        merge([walker.recording(), walker.recording(streams=(other,))])


def test_names_are_assumed_only_where_the_file_is_silent(walker):
    path = Path("S07_0003.c3d")
    silent = identified(walker.recording(subject="", trial=""), path)
    assert (silent.subject, silent.trial) == ("S07", "0003")
    assert silent.history[-1].action == "assumed"
    said = identified(walker.recording(), path)
    assert (said.subject, said.trial, said.history) == ("S1", "t1", ())


def test_metadata_that_differ_are_named(walker):
    """Forces are divided by the mass: 70 or 95 kg is no matter of taste."""
    first = walker.recording(source="a_IK.parquet", metadata={"mass_kg": 70.0, "age": np.nan})
    second = walker.recording(source="a.c3d", streams=(), metadata={"mass_kg": 95.0, "age": 30})
    merged = merge([first, replace(second, streams=(walker.forces(),))])
    assert merged.metadata == {"mass_kg": 70.0, "age": 30}
    told = [entry.detail for entry in merged.history]
    assert any("mass_kg 95.0 (kept: 70.0) of a .c3d file" in detail for detail in told)
    assert not any("age" in detail for detail in told)


@pytest.mark.parametrize(
    ("subject", "mass"),
    [("ab", 60.0), ("AB", 90.0), ("aB", None), ("C03", 82.0), ("co1", 50.0), ("JuCo10", 78.0)],
)
def test_a_subject_meets_its_own_row_first(walker, subject, mass):
    table = {"ab": 60.0, "AB": 90.0, "C03": 82.0, "CO1": 50.0, "CO3": 1.0, "Juc010": 78.0}
    people = {name: {"mass_kg": value} for name, value in table.items()}
    found = with_subject(walker.recording(subject=subject, metadata={}), people)
    assert found.metadata.get("mass_kg") == mass
    if mass is None:
        assert "ab, AB are equally like it" in found.history[0].detail
    elif subject not in table:
        assert found.history[0].action == "assumed"


def test_the_table_of_subjects_wins_and_says_so(walker):
    known = with_subject(walker.recording(), {"s1": {"mass_kg": 68.9, "sex": "female"}})
    assert known.metadata == {"mass_kg": 68.9, "sex": "female"}
    assert any("70.0 -> 68.9" in entry.detail for entry in known.history)
    stranger = with_subject(walker.recording(), {"S9": {"mass_kg": 50.0}})
    assert stranger.history == (
        HistoryEntry("missing", "subject S1: not in the table of subjects"),
    )

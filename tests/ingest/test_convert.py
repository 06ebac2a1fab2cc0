import sys
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import (
    DuplicateCycleError,
    FileReadError,
    LocomotionError,
    MissingExtraError,
    SchemaError,
    UnitError,
)
from locomotion_analysis.ingest import (
    ColumnMap,
    Event,
    Reader,
    ReadOptions,
    Stream,
    convert,
    merge,
    reader_for,
    readers,
    register,
    trial_groups,
    who_is_who,
)
from locomotion_analysis.ingest.identity import NameRules, identify, with_subject
from locomotion_analysis.ingest.path_names import subject_and_trial

KNEE = "knee_flexion_angle_ipsi_rad"


@pytest.fixture
def write_walk(walker):
    """Write a walk as a time-indexed Parquet file."""

    def write(path, subject="S1", trial="t1", mass=70.0, forces=True, channels=True):
        time = walker.time_s
        columns = {"time_s": time, "subject": subject, "task": "level_walking", "trial": trial}
        for side in ("left", "right"):
            if channels:
                knee = walker.knee_curve(walker.phase(side, time))
                columns[f"knee_flexion_angle_{side}_rad"] = knee
            if forces:
                columns[f"grf_vertical_{side}_N"] = walker.vertical_N(side, time)
        if mass is not None:
            columns["mass_kg"] = mass
        pd.DataFrame(columns).to_parquet(path)
        return path

    return write


@pytest.fixture
def shared_maps():
    return Path(__file__).resolve().parents[2] / "docs/maps"


def test_a_folder_becomes_one_dataset(tmp_path, write_walk):
    folder = tmp_path / "lab"
    (folder / "deep").mkdir(parents=True)
    write_walk(folder / "a.parquet")
    write_walk(folder / "deep" / "b.parquet", subject="S2")
    result = convert([folder])
    assert set(result.data.groups) == {"S1", "S2"}
    assert result.failures == ()
    counts = {e.detail: e.count for e in result.data.history if e.action == "segmented"}
    assert list(counts.values()) == [len(result.data)]


def test_a_missing_extra_is_one_message_with_the_command(tmp_path, write_walk, monkeypatch):
    write_walk(tmp_path / "a.parquet")
    (tmp_path / "b.c3d").write_bytes(bytes([2, 0x50]) + bytes(1022))
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'locomotion-analysis\[io\]'"):
        convert([tmp_path])


def test_a_file_that_fails_is_reported_and_the_others_go_on(tmp_path, write_walk):
    write_walk(tmp_path / "a.parquet")
    write_walk(tmp_path / "b.parquet", subject="S2", mass=None)
    (tmp_path / "c.c3d").write_bytes(b"")
    (tmp_path / "LICENSE").write_text("free")
    result = convert([tmp_path])
    assert set(result.data.groups) == {"S1"}
    assert [path.name for path, _ in result.failures] == ["b.parquet", "c.c3d"]
    assert isinstance(result.failures[0][1], UnitError)
    assert isinstance(result.failures[1][1], FileReadError)
    assert all(path.name in str(error) for path, error in result.failures)
    assert [path.name for path in result.skipped] == ["LICENSE"]
    assert any(e.action == "failed" and e.count == 2 for e in result.data.history)


def test_fail_fast_stops_at_the_first(tmp_path, write_walk):
    write_walk(tmp_path / "a.parquet", mass=None)
    write_walk(tmp_path / "b.parquet", subject="S2")
    with pytest.raises(UnitError, match=r"a\.parquet"):
        convert([tmp_path], fail_fast=True)


def test_nothing_convertible_is_an_error_that_names_every_file(tmp_path, write_walk):
    write_walk(tmp_path / "a.parquet", mass=None)
    (tmp_path / "b.c3d").write_bytes(b"")
    with pytest.raises(FileReadError) as caught:
        convert([tmp_path])
    assert "a.parquet" in str(caught.value)
    assert "b.c3d" in str(caught.value)
    with pytest.raises(FileReadError, match="no files at all"):
        convert([])


def test_a_single_file_fails_with_its_own_error(tmp_path, write_walk):
    with pytest.raises(UnitError, match="mass"):
        convert([write_walk(tmp_path / "a.parquet", mass=None)])
    with pytest.raises(FileReadError, match="nothing at that path"):
        convert([tmp_path / "none.c3d"])


def test_the_table_of_subjects_gives_the_mass(tmp_path, write_walk):
    path = write_walk(tmp_path / "a.parquet", mass=None)
    data = convert([path], subjects={"S1": {"mass_kg": 70.0}}).data
    assert data.cycles["mass_kg"].eq(70.0).all()
    assert np.nanmax(data.curves("grf_vertical_ipsi_BW")) == pytest.approx(1.5, abs=0.01)


def test_one_trial_twice_is_a_failure(tmp_path, write_walk):
    write_walk(tmp_path / "a.parquet")
    write_walk(tmp_path / "b.parquet")
    result = convert([tmp_path])
    assert isinstance(result.failures[0][1], DuplicateCycleError)
    assert result.data.key.is_unique


def test_the_task_is_given_assumed_or_refused(tmp_path, write_walk):
    path = write_walk(tmp_path / "a.parquet")
    frame = pd.read_parquet(path).drop(columns="task")
    frame.to_parquet(path)
    assert set(convert([path]).data.cycles["task"]) == {"level_walking"}
    running = convert([path], task="run").data
    assert set(running.cycles["task"]) == {"run"}
    assert any("task = run" in e.detail for e in running.history)
    with pytest.raises(SchemaError, match="jump"):
        convert([path], task="jump")


def test_cycles_that_are_cut_already_are_taken_as_they_are(tmp_path, write_walk):
    first = convert([write_walk(tmp_path / "a.parquet")]).data
    first.to_parquet(tmp_path / "cycles.parquet")
    again = convert([tmp_path / "cycles.parquet"]).data
    np.testing.assert_array_equal(again.block, first.block)
    assert again.history[: len(first.history)] == first.history


def test_both_curve_tables_are_those_published(shared_data, shared_maps):
    for folder, name in (("running", "running"), ("hip_oa", "hip_oa")):
        column_map = ColumnMap.from_yaml(shared_maps / f"{name}.yaml")
        result = convert([shared_data / "raw/curve_tables" / folder], column_map=column_map)
        assert result.failures == ()
        assert any(path.name.startswith("metadata") for path in result.skipped)
        published = LocomotionData.from_parquet(shared_data / f"standard/{name}_phase.parquet")
        for channel in published.channels:
            ours = result.data.curves(channel)
            np.testing.assert_allclose(ours, published.curves(channel), atol=1e-5)


def test_a_table_in_a_folder_is_passed_over_without_a_map(tmp_path, write_walk):
    write_walk(tmp_path / "a.parquet")
    (tmp_path / "bounds.csv").write_text("trial,strike\nt1,0.3\n")
    result = convert([tmp_path])
    assert [path.name for path in result.skipped] == ["bounds.csv"]
    with pytest.raises(SchemaError, match="column map"):
        convert([tmp_path / "bounds.csv"])


def test_what_an_earlier_run_wrote_among_the_recordings_is_passed_over(tmp_path, write_walk):
    write_walk(tmp_path / "a.parquet")
    first = convert(tmp_path)
    made = tmp_path / "study" / "walk.parquet"
    made.parent.mkdir()
    first.data.to_parquet(made)
    pd.DataFrame({"subject": ["S1"], "knee_mean": [0.2]}).to_parquet(tmp_path / "features.parquet")
    again = convert(tmp_path)
    assert again.earlier == (made,)
    assert [path.name for path in again.skipped] == ["features.parquet"]
    assert again.failures == ()
    assert len(again.data) == len(first.data)
    assert len(convert(made.parent).data) == len(first.data)  # no recordings beside it
    assert list(who_is_who(tmp_path)["file"]) == ["a.parquet"]


def test_a_picture_is_no_recording(tmp_path, write_walk):
    write_walk(tmp_path / "a.parquet")
    (tmp_path / "knee.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    result = convert(tmp_path)
    assert (result.failures, [path.name for path in result.skipped]) == ((), ["knee.png"])


def test_progress_counts_every_file(tmp_path, write_walk):
    for number in range(3):
        write_walk(tmp_path / f"t{number}.parquet", trial=str(number))
    seen = []
    convert([tmp_path], progress=lambda *step: seen.append(step))
    assert seen == [("files", 1, 3), ("files", 2, 3), ("files", 3, 3)]


def test_every_reader_keeps_the_protocol():
    for reader in readers():
        assert isinstance(reader, Reader)
        assert reader.suffixes
        assert all(suffix.startswith(".") for suffix in reader.suffixes)
        assert reader.description
    names = [reader.name for reader in readers()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("junk", [b"\0" * 64, b"\xff" * 4096, bytes(range(256)) * 16])
def test_a_file_of_no_format_is_refused_by_all_readers(tmp_path, junk):
    path = tmp_path / "walk.c3d"
    path.write_bytes(junk)
    with pytest.raises(LocomotionError, match=r"walk\.c3d"):
        convert([path])


def test_a_reader_can_be_added(tmp_path, walker, monkeypatch):
    registry = import_module("locomotion_analysis.ingest.convert")  # its name is a function's too

    class Walk:
        name, description, suffixes = "walk", "a test", (".walk",)

        def recognises(self, path, head):
            return head.startswith(b"WALK")

        def read(self, path, options):
            assert isinstance(options, ReadOptions)
            return [walker.recording(source=str(path), events=walker.events())]

    monkeypatch.setattr(registry, "_READERS", list(registry._READERS))
    register(Walk())
    path = tmp_path / "a.walk"
    path.write_bytes(b"WALK\xfe\xff")
    assert reader_for(path).name == "walk"
    data = convert([path]).data
    assert isinstance(data, LocomotionData)
    assert KNEE in data.channels


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
    silent = identify([(path, walker.recording(subject="", trial=""))], NameRules())
    assert (silent.subject, silent.trial) == ("S07", "0003")
    assert (silent.subject_by, silent.trial_by) == ("file name", "file name")
    assert [entry.action for entry in silent.history] == ["assumed", "assumed"]
    said = identify([(path, walker.recording())], NameRules())
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


def test_one_path_and_files_of_tables_and_maps_may_be_given(tmp_path, walker):
    file = tmp_path / "P7_walk.parquet"
    force = {f"grf_vertical_{s}_N": walker.vertical_N(s, walker.time_s) for s in ("left", "right")}
    knee = walker.angles().signals
    pd.DataFrame({"time_s": walker.time_s, "subject": 7, **knee, **force}).to_parquet(file)
    (tmp_path / "people.csv").write_text("subject,mass (kg)\n7,71\n")
    for paths in (file, str(file), [file]):
        for subjects in (
            tmp_path / "people.csv",
            str(tmp_path / "people.csv"),
            {7: {"mass_kg": 71}},
        ):
            data = convert(paths, subjects=subjects).data
            assert data.cycles["mass_kg"].unique().tolist() == [71]
    with pytest.raises(SchemaError, match=r"frame\.to_dict"):
        convert(file, subjects=pd.DataFrame({"mass_kg": [71]}, index=["7"]))
    assert who_is_who(str(file), subjects=str(tmp_path / "people.csv"))["trial"].tolist() == [
        "walk"
    ]


def test_a_map_may_be_given_by_its_file(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.zeros((2, 150)), who=np.array(["A", "B"]))
    (tmp_path / "map.yaml").write_text(
        "layout: curves\nchannels: {knee_flexion_angle_ipsi_rad: {array: X, unit: deg}}\n"
        "cycles: {subject: {column: who}, task: level_walking}\n"
    )
    assert len(convert(tmp_path / "a.npz", column_map=str(tmp_path / "map.yaml")).data) == 2

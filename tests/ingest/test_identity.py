"""Who was recorded: one name for one person, and refusals where that cannot be known."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest import ColumnMap, ReadOptions, convert, reader_for, who_is_who
from locomotion_analysis.ingest.bodies import body_of, differences
from locomotion_analysis.ingest.identity import Claim, NameRules, settle
from locomotion_analysis.ingest.path_names import PathPattern, subject_and_trial

MASSES = (52.0, 66.0, 81.0, 97.0)


@pytest.fixture
def write_walk(walker):
    """Write a walk as time-indexed Parquet; None leaves a column out."""

    def write(path, subject="S1", trial="t1", **known):
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = {"time_s": walker.time_s, "subject": subject, "task": "level_walking"}
        columns |= {"trial": trial, **known}
        for side in ("left", "right"):
            knee = walker.knee_curve(walker.phase(side, walker.time_s))
            columns[f"knee_flexion_angle_{side}_rad"] = knee
            hip = 0.2 + 0.4 * np.cos(2 * np.pi * walker.phase(side, walker.time_s))
            columns[f"hip_flexion_angle_{side}_rad"] = hip
        pd.DataFrame({n: v for n, v in columns.items() if v is not None}).to_parquet(path)
        return path

    return write


@pytest.fixture
def write_angles(walker):
    """Write a walk as OpenSim's inverse kinematics, which name nobody."""

    def write(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = {"time": walker.time_s}
        for side in ("left", "right"):
            phase = walker.phase(side, walker.time_s)
            columns[f"knee_angle_{side[0]}"] = np.degrees(walker.knee_curve(phase))
            columns[f"hip_flexion_{side[0]}"] = 10 + 25 * np.cos(2 * np.pi * phase)
        head = f"Coordinates\nnRows={len(walker.time_s)}\ninDegrees=yes\nendheader\n"
        rows = np.stack(list(columns.values()), axis=1)
        body = "\n".join("\t".join(f"{value:.6g}" for value in row) for row in rows)
        path.write_text(f"{head}{chr(9).join(columns)}\n{body}\n")
        return path

    return write


def _said(data):
    return "\n".join(str(entry) for entry in data.history)


# A pattern over the path.


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("{subject}_{trial}", "lab/P01_02_slow_IK.mot", ("P01", None, "02_slow")),
        ("{subject}/{task}_{trial}", "lab/P 1/run_02.c3d", ("P 1", "run", "02")),
        ("{subject}_{task}_{trial}.c3d", "P01_level_walking_3.c3d", ("P01", "level_walking", "3")),
        ("{subject}_{task}_*", "P01_Level-Walking_3.c3d", ("P01", "level_walking", None)),
        ("{subject}/*/{trial}.mot", "lab/P01/session 2/07.mot", ("P01", None, "07")),
        ("sub-{subject}_*_{trial}.trc", "sub-03_ses-1_run-2.trc", ("03", None, "run-2")),
        ("{trial}_{subject}", "02_P01.txt.gz", ("P01", None, "02")),
    ],
)
def test_a_pattern_reads_the_end_of_the_path(pattern, path, found):
    fields = PathPattern(pattern).match(Path(path))
    assert tuple(fields.get(name) for name in ("subject", "task", "trial")) == found


@pytest.mark.parametrize(
    "pattern",
    ["walks", "{task}_{trial}", "{subject}{trial}", "{subject}_{subject}", "{subject}_{who}",
     "{subject", "{subject}}", "{subject}*", "{}_{subject}", "{subject}" + "*a" * 400],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(SchemaError, match="subject_from"):
        PathPattern(pattern)


def test_a_path_of_another_form_or_an_unknown_task_is_an_error():
    with pytest.raises(SchemaError, match="another form"):
        PathPattern("{subject}/walk_{trial}").match(Path("P01/run_2.c3d"))
    with pytest.raises(SchemaError, match="'hop'"):
        PathPattern("{subject}_{task}_{trial}").match(Path("P01_hop_2.c3d"))


@pytest.mark.parametrize("pattern", ["{subject}" + "_*a" * 150, "*b" * 200 + "{subject}", "{subject}_{task}_{trial}" + "*_" * 200])  # fmt: skip
def test_a_pattern_made_to_be_slow_is_not(pattern):
    """Trying every split of the name took more than the age of the universe."""
    begin = time.process_time()
    with pytest.raises(SchemaError):
        PathPattern(pattern).match(Path("a" * 250 + "!"))
    assert time.process_time() - begin < 5.0


def test_subject_from_says_where_the_name_stands(tmp_path, write_walk):
    for person in ("anna", "bert"):
        write_walk(tmp_path / person / f"{person[0].upper()}7_02_IK.parquet", subject="Lab")
    expected = {"name": {"Lab"}, "file": {"A7", "B7"}, "folder": {"anna", "bert"}}
    for source, names in expected.items():
        result = convert([tmp_path], subject_from=source, same_person=["Lab"])
        if source == "name":
            assert result.failures == ()
        assert set(result.data.groups) == names
    by_pattern = convert([tmp_path], subject_from="{subject}/*_{trial}").data
    assert set(by_pattern.groups) == {"anna", "bert"}
    assert set(by_pattern.cycles["task_id"]) == {"02"}
    assert set(by_pattern.cycles["dataset"]) == {tmp_path.name}
    assert "subject 'Lab': anna" in _said(by_pattern)


def test_a_file_that_does_not_match_the_pattern_fails_alone(tmp_path, write_walk):
    write_walk(tmp_path / "P1_walk_1.parquet")
    write_walk(tmp_path / "calibration.parquet")
    result = convert([tmp_path], subject_from="{subject}_walk_{trial}")
    assert set(result.data.groups) == {"P1"}
    ((path, error),) = result.failures
    assert path.name == "calibration.parquet"
    assert "{subject}_walk_{trial}" in str(error)


def test_a_table_of_several_people_takes_no_name_from_its_path(tmp_path, write_walk):
    data = convert([write_walk(tmp_path / "a.parquet"), write_walk(tmp_path / "b.parquet", "S2")])
    data.data.to_parquet(tmp_path / "P1_cycles.parquet")
    with pytest.raises(SchemaError, match="2 subjects, 'S1', 'S2'"):
        convert([tmp_path / "P1_cycles.parquet"], subject_from="file")


def test_recordings_of_several_people_take_no_name_from_their_path(tmp_path, write_walk):
    def both(*names):
        frames = [pd.read_parquet(write_walk(tmp_path / "a.parquet", name)) for name in names]
        pd.concat(frames).to_parquet(tmp_path / "P1_2.parquet", index=False)
        return [tmp_path / "P1_2.parquet"]

    for source in ("file", "folder", "{subject}_{trial}"):
        with pytest.raises(SchemaError, match="2 subjects, 'S1', 'S2'"):
            convert(both("S1", "S2"), subject_from=source)
    assert set(convert(both("S1", "S2"), subject_from="name").data.groups) == {"S1", "S2"}
    with pytest.raises(SchemaError, match="2 subjects"):
        convert(both("FullBody52", "PlugInGait"))


# Names that are no person's.


def test_the_name_of_a_marker_set_gives_way_to_the_file_or_its_folder(tmp_path, write_walk):
    write_walk(tmp_path / "P01_walk.parquet", subject="FullBody52")
    write_walk(tmp_path / "P02" / "walk1.parquet", subject="PlugInGait")
    write_walk(tmp_path / "P03_walk.parquet", subject="Walker")
    data = convert([tmp_path]).data
    assert set(data.groups) == {"P01", "P02", "P03"}
    assert "'FullBody52', which is no person's name: P01" in _said(data)
    assert "from the folder P02" in _said(data)


@pytest.mark.parametrize("name", ["FullBody52", "Walker", "unknown", "patient"])
def test_a_name_that_is_no_persons_is_refused_where_nothing_settles_it(tmp_path, write_walk, name):
    walks = [write_walk(tmp_path / f"walk{k}.parquet", subject=name, trial=str(k)) for k in (1, 2)]
    with pytest.raises(SchemaError, match=name) as caught:
        convert(walks)
    assert "--subject-from" in caught.value.fix
    assert set(convert(walks, subject_from="file").data.groups) == {"walk1", "walk2"}


def test_a_weak_guess_is_said_to_be_one(tmp_path, write_angles):
    result = convert([write_angles(tmp_path / "walk_subject_Kinematics_q.mot")])
    assert [entry.detail for entry in result.data.history if entry.action == "guessed"]
    assert result.table["subject"].tolist() == ["walk (a guess)"]
    for folder in ("P07", "P08/session 2"):
        better = convert([write_angles(tmp_path / folder / "walk_01.mot")])
        assert set(better.data.groups) == {folder[:3]}
        assert better.outcomes[0].identity.subject_by == "folder"
        assert set(better.data.cycles["dataset"]) == {tmp_path.name}


def test_a_word_of_trials_is_nobody_in_several_folders(tmp_path, write_angles):
    walks = [write_angles(tmp_path / person / "walk_01.mot") for person in ("anna", "bert")]
    with pytest.raises(SchemaError, match="2 folders"):
        convert(walks)
    assert set(convert(walks, subject_from="folder").data.groups) == {"anna", "bert"}


def test_a_word_of_trials_is_refused_where_a_code_stands_beside_it(tmp_path, write_angles):
    path = write_angles(tmp_path / "walk_P01_02_IK.mot")
    with pytest.raises(SchemaError, match="P01 may") as caught:
        convert([path])
    assert "'*_{subject}_{trial}'" in caught.value.fix
    data = convert([path], subject_from="*_{subject}_{trial}").data
    assert set(data.groups) == {"P01"}
    assert set(data.cycles["task_id"]) == {"02"}


def test_a_letter_belongs_to_the_number_behind_it(tmp_path, write_angles):
    walks = [write_angles(tmp_path / f"{name}_walk.mot") for name in ("P_01", "P_02", "sub_03")]
    assert set(convert(walks).data.groups) == {"P_01", "P_02", "sub_03"}


def test_a_missing_name_in_a_mapped_table_is_no_person(tmp_path, walker):
    time_s = walker.time_s
    knee = walker.knee_curve(walker.phase("left", time_s))
    frame = pd.DataFrame({"t": time_s, "who": "", "knee": knee})
    frame.to_csv(tmp_path / "P1_1.csv", index=False)
    (tmp_path / "map.yaml").write_text(
        "format: text\nlayout: time_series\ntime: {column: t, unit: s}\n"
        "recording:\n  subject: {column: who}\n"
        "channels:\n  knee_flexion_angle_left_rad: {column: knee, unit: rad}\n"
    )
    with pytest.raises(LocomotionError, match="rows without one"):
        convert([tmp_path / "P1_1.csv"], column_map=ColumnMap.from_yaml(tmp_path / "map.yaml"))


# One name over different bodies.


def test_one_name_over_four_masses_is_refused_and_the_others_go_on(tmp_path, write_walk):
    for number, mass in enumerate(MASSES):
        write_walk(tmp_path / f"P{number}_1.parquet", subject="Runner", mass_kg=mass)
    write_walk(tmp_path / "P9_1.parquet", subject="S9")
    result = convert([tmp_path])
    assert set(result.data.groups) == {"S9"}
    assert len(result.failures) == len(MASSES)
    for _, error in result.failures:
        assert "52 (P0_1.parquet), 66" in error.got
        assert "--same-person" in error.fix
    settled = convert([tmp_path], subject_from="file")
    assert settled.failures == ()
    assert settled.data.cycles["subject"].nunique() == 5


@pytest.mark.parametrize(
    "known",
    [
        {"height_m": (1.58, 1.84)},
        {"leg_length_m": (0.78, 0.94)},
        {"sex": ("female", "male")},
        {"date_of_birth": ("1990-02-03", "1991-02-03")},
        {"age": (24.0, 61.0)},
        {"mass_kg": (60.0, 74.0)},
        {"mass_kg": (30.0, 60.0), "age": (8.0, 9.0)},
    ],
)
def test_bodies_no_person_has(tmp_path, write_walk, known):
    for number in (0, 1):
        own = {name: values[number] for name, values in known.items()}
        write_walk(tmp_path / f"a{number}.parquet", trial=str(number), **own)
    with pytest.raises(SchemaError, match="bodies that differ"):
        convert([tmp_path])
    assert set(convert([tmp_path], same_person=["s1"]).data.groups) == {"S1"}


@pytest.mark.parametrize(
    "known",
    [
        {"mass_kg": (70.0, 79.0)},  # a year between two visits
        {"mass_kg": (26.0, 36.0), "height_m": (1.27, 1.42), "age": (8.0, 10.5)},  # growth
        {"height_m": (1.70, 1.73)},  # with and without shoes
        {"sex": ("F", "female")},
        {"age": (51.0, 54.0)},
    ],
)
def test_bodies_one_person_may_have(tmp_path, write_walk, known):
    for number in (0, 1):
        own = {name: values[number] for name, values in known.items()}
        write_walk(tmp_path / f"a{number}.parquet", trial=str(number), **own)
    assert set(convert([tmp_path]).data.groups) == {"S1"}


def test_markers_on_one_bone_tell_people_apart(walker):
    """ASIS 0.24 and 0.31 m apart, shanks of 0.36 and 0.45 m: no one moves that."""

    def standing(width, shank):
        places = {"LASI": (0, width / 2, 1), "RASI": (0, -width / 2, 1), "A:LKNE": (0, 0.1, 0.5)}
        places["A:LANK"] = (0, 0.1, 0.5 - shank)
        markers = {name: np.tile(np.array(at, float), (9, 1)) for name, at in places.items()}
        return body_of(walker.recording(markers=markers, metadata={}))

    small = standing(0.24, 0.36)
    assert small == pytest.approx({"LASI to RASI": 0.24, "LKNE to LANK": 0.36})
    for other, differing in (
        (standing(0.31, 0.36), ["LASI to RASI"]),
        (standing(0.24, 0.45), ["LKNE to LANK"]),
        (standing(0.26, 0.38), []),
    ):
        found = differences([("a", small), ("b", other)])
        assert [text.partition(",")[0] for text in found] == differing


def _trc(path, width):
    time_s = np.arange(0.0, 1.0, 0.01)
    labels = {"L.ASIS": width / 2, "R.ASIS": -width / 2}
    names = "\t\t\t".join(labels)
    lines = [
        "PathFileType\t4\t(X/Y/Z)\tw.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
    ]
    lines += [
        f"100\t100\t{len(time_s)}\t2\tmm",
        f"Frame#\tTime\t{names}",
        "\t\tX1\tY1\tZ1\tX2\tY2\tZ2",
    ]
    for frame, instant in enumerate(time_s):
        cells = [f"{v:.2f}" for y in labels.values() for v in (0.0, 1000.0, 1000.0 * y)]
        lines.append("\t".join([str(frame + 1), f"{instant:.3f}", *cells]))
    path.write_text("\n".join(lines) + "\n")


def test_markers_of_trc_files_are_evidence_too(tmp_path, write_angles):
    for trial, width in (("01", 0.24), ("02", 0.33)):
        write_angles(tmp_path / f"P1_{trial}_IK.mot").write_text(
            (tmp_path / f"P1_{trial}_IK.mot").read_text().split("\n5.9")[0]
        )
        _trc(tmp_path / f"P1_{trial}_markers.trc", width)
    with pytest.raises(SchemaError, match=r"LASIS to RASIS, m: 0\.24 .*0\.33"):
        convert([tmp_path])


def test_cycles_that_are_cut_already_are_held_against_the_others(tmp_path, write_walk):
    first = convert([write_walk(tmp_path / "a.parquet", mass_kg=60.0)]).data
    folder = tmp_path / "lab"
    folder.mkdir()
    first.to_parquet(folder / "cycles.parquet")
    heavy = first.cycles.assign(mass_kg=90.0, task_id="t2")
    LocomotionData(heavy, first.block, first.channels).to_parquet(folder / "more.parquet")
    with pytest.raises(SchemaError, match=r"60 \(cycles.parquet\), 90 \(more.parquet\)"):
        convert([folder])
    both = LocomotionData.concat([first, LocomotionData(heavy, first.block, first.channels)])
    both.to_parquet(tmp_path / "both.parquet")
    with pytest.raises(SchemaError, match="body mass"):
        convert([tmp_path / "both.parquet"])


@pytest.mark.parametrize("column", ["date_of_birth", "birth_date", "birthdate", "dob"])
def test_dates_of_birth_count_whatever_the_column_is_called(column, tmp_path, write_walk):
    first = convert([write_walk(tmp_path / "a.parquet")]).data
    folder = tmp_path / "lab"
    folder.mkdir()
    for trial, born in (("t1", "1990-02-01"), ("t2", "1971-05-30")):
        cycles = first.cycles.assign(task_id=trial, **{column: born})
        data = LocomotionData(cycles, first.block, first.channels)
        data.to_parquet(folder / f"{trial}.parquet")
    with pytest.raises(SchemaError, match="date of birth: 1971-05-30"):
        convert([folder])


def test_files_of_one_trial_are_of_one_person(tmp_path, write_walk, walker):
    write_walk(tmp_path / "P1_1_IK.parquet", mass_kg=70.0)
    write_walk(tmp_path / "P1_1_GRF.parquet", mass_kg=95.0)
    with pytest.raises(SchemaError, match=r"70 \(P1_1_IK.parquet\), 95"):
        convert([tmp_path])
    known = convert([tmp_path], subjects={"S1": {"mass_kg": 70.0}})
    assert known.failures == ()
    write_walk(tmp_path / "P1_1_GRF.parquet", subject="S2")
    with pytest.raises(SchemaError, match=r"S1 \(P1_1_IK.parquet\)|S2 \(P1_1_GRF.parquet\)"):
        convert([tmp_path])


# Spellings.


def test_blanks_case_and_unicode_form_do_not_make_two_people(tmp_path, write_walk):
    names = ("Jo\u0308rg 1", "J\u00f6rg 1 ", "j\u00f6rg1")
    walks = [
        write_walk(tmp_path / f"w{k}.parquet", subject=name, trial=str(k))
        for k, name in enumerate(names)
    ]
    data = convert(walks).data
    assert len(set(data.groups)) == 1
    assert "renamed" in _said(data)


def test_spellings_that_the_table_or_the_bodies_tell_apart(tmp_path, write_walk):
    walks = [
        write_walk(tmp_path / "x1.parquet", subject="ab", mass_kg=60.0),
        write_walk(tmp_path / "x2.parquet", subject="AB", mass_kg=90.0),
    ]
    with pytest.raises(SchemaError, match="ab and AB"):
        convert(walks)
    table = {"ab": {"mass_kg": 60.0}, "AB": {"mass_kg": 90.0}}
    apart = convert(walks, subjects=table).data.cycles
    assert apart.groupby("subject")["mass_kg"].first().to_dict() == {"ab": 60.0, "AB": 90.0}
    third = write_walk(tmp_path / "x3.parquet", subject="Ab", trial="t3")
    result = convert([*walks, third], subjects=table)
    assert [path.name for path, _ in result.failures] == ["x3.parquet"]


def test_separators_and_zeros_are_refused_or_settled(tmp_path, write_walk):
    names = ("S1", "S01", "S-1")
    walks = [
        write_walk(tmp_path / f"w{k}.parquet", subject=name, trial=str(k))
        for k, name in enumerate(names)
    ]
    walks.append(write_walk(tmp_path / "w9.parquet", subject="S2"))
    result = convert(walks)
    assert set(result.data.groups) == {"S2"}
    assert all("S1, S01, S-1" in error.got for _, error in result.failures)
    assert set(convert(walks, similar_names="same").data.groups) == {"S1", "S2"}
    assert set(convert(walks, similar_names="different").data.groups) == {*names, "S2"}
    table = {name: {"age": 30.0} for name in names}
    assert set(convert(walks, subjects=table).data.groups) == {*names, "S2"}
    with pytest.raises(SchemaError, match="similar_names"):
        convert(walks, similar_names="maybe")


def test_two_folders_of_one_name_are_two_datasets(tmp_path, write_walk):
    for laboratory in ("north", "south"):
        write_walk(tmp_path / laboratory / "gait" / "S1_walk.parquet")
    data = convert([tmp_path]).data
    assert set(data.cycles["dataset"]) == {"north_gait", "south_gait"}


def test_thousands_of_names_are_settled_at_once():
    """0.3 s; linear in the files: comparing every name with every other would take minutes."""
    bodies = ({"mass_kg": 70.0, "LASI to RASI": 0.25},)
    claims = [Claim(Path(f"lab/P{k:05d}_1.c3d"), f"P{k // 2:05d}", bodies) for k in range(8_000)]
    begin = time.process_time()
    settled = settle(claims, NameRules())
    assert time.process_time() - begin < 5.0
    assert not any(settled.problems)


# Before anything is converted.


def test_who_is_who_reads_headers_alone(tmp_path, write_walk, write_angles, monkeypatch):
    write_walk(tmp_path / "a.parquet", subject="S1")
    write_angles(tmp_path / "P7_03_IK.mot")
    write_angles(tmp_path / "walk_01.mot")

    def refuse(*_):
        raise AssertionError("the file was read")

    for file in tmp_path.iterdir():
        monkeypatch.setattr(type(reader_for(file)), "read", refuse)
    table = who_is_who([tmp_path]).set_index("file")
    assert table["subject"].to_dict() == {
        "a.parquet": "S1", "P7_03_IK.mot": "P7", "walk_01.mot": "walk",
    }  # fmt: skip
    assert table["subject_from"].to_dict() == {
        "a.parquet": "column subject", "P7_03_IK.mot": "file name",
        "walk_01.mot": "file name, a guess",
    }  # fmt: skip
    assert table.loc["P7_03_IK.mot", ["trial", "trial_from"]].tolist() == ["03", "file name"]
    assert set(table["problem"]) == {""}


def test_who_is_who_says_what_will_be_refused(tmp_path, write_walk):
    for number, (name, mass) in enumerate((("S1", 60.0), ("S01", 60.0), ("S2", 60.0))):
        write_walk(tmp_path / f"w{number}.parquet", subject=name, mass_kg=mass, trial=str(number))
    table = who_is_who([tmp_path])
    assert table["problem"].str.contains("S1, S01").tolist() == [True, True, False]
    given = who_is_who([tmp_path], similar_names="same", task="run")
    assert set(given["problem"]) == {""}
    assert set(given["subject"]) == {"S1", "S2"}


@pytest.mark.parametrize("folder", ["c3d_plugin_gait", "opensim_s01", "insole_grf", "b3d"])
def test_headers_and_contents_name_the_same_people(shared_data, folder):
    path = shared_data / "raw" / folder
    table = who_is_who([path]).set_index("file")
    assert set(table["problem"]) == {""}
    for name in list(table.index.unique())[:3]:
        for recording in reader_for(path / name).read(path / name, ReadOptions()):
            assert recording.subject in (*table.loc[[name], "subject"], "")


@pytest.mark.parametrize(
    ("file", "subject", "trial"),
    [
        ("P01-walk-02.c3d", "P01", "walk_02"),
        ("P01 walk 01.trc", "P01", "walk_01"),
        ("P-01-walk-02.mot", "P-01", "walk_02"),
        ("P01-dual-task.c3d", "P01", "dual_task"),
        ("John Smith walk.c3d", "John Smith", "walk"),
        ("sub-003.c3d", "sub-003", "sub-003"),  # numbers alone may be of the name
        ("S01-02.c3d", "S01-02", "S01-02"),
        ("anna-maria_02.c3d", "anna-maria", "02"),
    ],
)
def test_blanks_and_hyphens_set_words_apart_that_say_what_was_recorded(file, subject, trial):
    assert subject_and_trial(Path(file)) == (subject, trial)


@pytest.mark.parametrize("name", ["backward_01", "dual-task", "walk 01"])
def test_words_of_a_trial_name_nobody(tmp_path, write_walk, name):
    for person in ("P01", "P02"):
        write_walk(tmp_path / person / f"{name}.parquet", subject=None)
    assert set(convert([tmp_path]).data.groups) == {"P01", "P02"}

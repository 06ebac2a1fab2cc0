import numpy as np
import pytest

from locomotion_analysis import LocomotionData

STRIDE_S, STANCE = 1.1, 0.62


def _table(path, columns, in_degrees):
    rows = np.stack(list(columns.values()), axis=1)
    head = f"{path.stem}\nversion=1\nnRows={len(rows)}\nnColumns={rows.shape[1]}\n"
    head += f"inDegrees={'yes' if in_degrees else 'no'}\nendheader\n" + "\t".join(columns)
    body = "\n".join("\t".join(f"{value:.9g}" for value in row) for row in rows)
    path.write_text(f"{head}\n{body}\n")


@pytest.fixture
def laboratory(tmp_path):
    """Angles (.mot) and forces (.sto) of two trials of one subject, and a table of subjects."""
    folder = tmp_path / "lab"
    folder.mkdir()
    time = np.arange(0.0, 5.0, 0.01)
    for trial in ("01", "02"):
        angles, forces = {"time": time}, {"time": time}
        for letter, first in (("r", 0.3), ("l", 0.3 + STRIDE_S / 2)):
            phase = (time - first) / STRIDE_S
            angles[f"hip_flexion_{letter}"] = 10.0 + 25.0 * np.cos(2 * np.pi * phase)
            angles[f"knee_angle_{letter}"] = 30.0 - 28.0 * np.cos(2 * np.pi * phase)
            part = np.mod(phase, 1.0) / STANCE
            up = np.where(part < 1.0, 900.0 * np.sin(np.pi * np.minimum(part, 1.0)), 0.0)
            name = {"r": "right", "l": "left"}[letter]
            for axis, force in (("x", 0 * up), ("y", up), ("z", 0 * up)):
                forces[f"ground_force_{name}_v{axis}"] = force
        _table(folder / f"P7_{trial}_IK.mot", angles, in_degrees=True)
        _table(folder / f"P7_{trial}_forces.sto", forces, in_degrees=False)
    (tmp_path / "subjects.csv").write_text("subject;mass [kg]\nP7;71,5\n")
    return folder


def _subjects(laboratory):
    return "--subjects", laboratory.parent / "subjects.csv"


def test_a_folder_of_recordings_becomes_one_file(laboratory, tmp_path, locomotion):
    out = tmp_path / "out.parquet"
    done = locomotion("convert", laboratory, *_subjects(laboratory), "--out", out)
    assert done.status == 0, done.err
    data = LocomotionData.from_parquet(out)
    assert set(data.cycles["task_id"]) == {"01", "02"}
    assert set(data.groups) == {"P7"}
    np.testing.assert_allclose(data.cycles["mass_kg"], 71.5)
    knee = data.curves("knee_flexion_angle_ipsi_rad")
    np.testing.assert_allclose(knee.max(axis=1), np.radians(58.0), atol=0.01)
    peak = np.nanmax(data.curves("grf_vertical_ipsi_BW"), axis=1)
    np.testing.assert_allclose(peak, 900.0 / 71.5 / 9.80665, rtol=0.01)
    assert f"{len(data)} cycles of 1 subject " in done.out
    assert "71.5 kg" not in done.out
    whole = locomotion("convert", laboratory, *_subjects(laboratory), "--out", out, "--history")
    assert "71.5 kg" in whole.out
    assert all(str(entry) in whole.out for entry in data.history)


def test_failures_stand_at_the_end_and_nothing_else_stops(laboratory, tmp_path, locomotion):
    (laboratory / "P8_01.c3d").write_bytes(b"")
    words = ("convert", laboratory, *_subjects(laboratory), "--out")
    done = locomotion(*words, tmp_path / "out.parquet")
    assert done.status == 1
    assert "P8_01.c3d" in done.err
    assert done.err.splitlines()[-1] == "1 failed"
    assert done.out.index("P7_02_IK.mot") < done.out.index("P8_01.c3d")
    fast = locomotion(*words, tmp_path / "fast.parquet", "--fail-fast")
    assert fast.status == 2
    assert not (tmp_path / "fast.parquet").exists()


def test_a_missing_mass_is_one_message_and_no_file(laboratory, tmp_path, locomotion):
    done = locomotion("convert", laboratory, "--out", tmp_path / "out.parquet")
    assert done.status == 2
    assert "mass" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out.parquet").exists()


def test_source_and_destination_alone_are_enough(laboratory, tmp_path, locomotion):
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    assert locomotion("convert", laboratory, first, *_subjects(laboratory)).status == 0
    assert locomotion("convert", first, second, "--layout", "long").status == 0
    one, two = LocomotionData.from_parquet(first), LocomotionData.from_parquet(second)
    np.testing.assert_array_equal(one.block, two.block)


def test_a_second_run_leaves_out_what_the_first_wrote_among_the_recordings(laboratory, locomotion):
    out = laboratory / "walk.parquet"
    said = [locomotion("convert", laboratory, *_subjects(laboratory), "--out", out) for _ in "12"]
    assert "earlier run" not in said[0].out
    assert "passed over, of an earlier run: walk.parquet" in said[1].out
    assert locomotion("convert", out, "--out", out).status == 2  # named itself, it is read


def test_several_sources_need_out(laboratory, tmp_path, locomotion):
    done = locomotion("convert", laboratory, laboratory, tmp_path / "a.parquet")
    assert done.status == 2
    assert "--out" in done.err


def test_a_model_with_negative_knee_flexion_is_turned_round_with_its_moments(
    laboratory, tmp_path, locomotion
):
    for file in laboratory.glob("P7_02*"):
        file.unlink()
    time = np.arange(0.0, 5.0, 0.01)
    angles, moments = {"time": time}, {"time": time}
    for letter in ("r", "l"):
        angles[f"knee_angle_{letter}"] = -30.0 + 28.0 * np.cos(2 * np.pi * time / STRIDE_S)
        moments[f"knee_angle_{letter}_moment"] = np.full_like(time, 35.75)
    _table(laboratory / "P7_01_IK.mot", angles, in_degrees=True)
    _table(laboratory / "P7_01_ID.sto", moments, in_degrees=False)
    out = tmp_path / "out.parquet"
    assert locomotion("convert", laboratory, *_subjects(laboratory), "--out", out).status == 0
    data = LocomotionData.from_parquet(out)
    assert data.curves("knee_flexion_angle_ipsi_rad").min() > 0
    np.testing.assert_allclose(data.curves("knee_flexion_moment_ipsi_Nm_kg"), -0.5, rtol=1e-5)


def test_markers_of_any_name_are_put_in_their_places(laboratory, tmp_path, locomotion):
    rows = [(n + 1, 0.01 * n, 900.0, 50.0, 100.0 * np.sin(n / 20)) for n in range(500)]
    head = f"PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tNumFrames\tNumMarkers\tUnits\n100\t{len(rows)}\t1\tmm\n"
    head += "Frame#\tTime\tFersenbein\t\t\n\t\tX1\tY1\tZ1\n\n"
    body = "\n".join("\t".join(map(str, row)) for row in rows)
    (laboratory / "P7_01_markers.trc").write_text(head + body + "\n")
    words = ("convert", laboratory, *_subjects(laboratory), "--out", tmp_path / "out.parquet")
    done = locomotion(*words, "--marker", "left_heel=Fersenbein")
    assert done.status == 0, done.err
    assert "marker Fersenbein -> left_heel" in " ".join(done.out.split())
    wrong = locomotion(*words, "--marker", "heel=Fersenbein")
    assert wrong.status == 2
    assert "left_heel" in wrong.err


def test_formats_names_every_reader(locomotion):
    done = locomotion("formats")
    assert done.status == 0
    for name in ("c3d", "opensim", "trc", "b3d", "table", "insole", ".parquet"):
        assert name in done.out


def _trials_of(laboratory, *names):
    """Put copies of one trial's angles under other names, and the trials away."""
    angles = (laboratory / "P7_01_IK.mot").read_text()
    for file in laboratory.iterdir():
        file.unlink()
    for name in names:
        path = laboratory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(angles)


def test_a_dry_run_says_who_is_who_and_writes_nothing(laboratory, tmp_path, locomotion):
    out = tmp_path / "out.parquet"
    done = locomotion("convert", laboratory, "--dry-run", "--out", out)
    assert done.status == 0, done.err
    assert not out.exists()
    for word in ("P7_01_IK.mot", "P7", "file name", "the strides", "4 recordings"):
        assert word in done.out
    assert locomotion("convert", laboratory, out, "--dry-run").status == 0
    pattern = "{subject}_{trial}_forces.sto"
    wrong = locomotion("convert", laboratory, "--dry-run", "--subject-from", pattern)
    assert wrong.status == 1
    assert "another form" in " ".join(wrong.out.split())


def test_subjects_are_named_from_where_the_user_says(laboratory, tmp_path, locomotion):
    _trials_of(laboratory, "anna/walk_01.mot", "bert/walk_01.mot")
    out = tmp_path / "out.parquet"
    refused = locomotion("convert", laboratory, "--out", out)
    assert refused.status == 2
    assert "--subject-from" in refused.err
    for source in ("folder", "{subject}/walk_{trial}"):
        done = locomotion("convert", laboratory, "--out", out, "--subject-from", source)
        assert done.status == 0, done.err
        assert set(LocomotionData.from_parquet(out).groups) == {"anna", "bert"}
    bad = locomotion("convert", laboratory, "--out", out, "--subject-from", "{subject}{trial}")
    assert bad.status == 2
    assert "subject_from" in bad.err


def test_similar_names_are_refused_or_settled(laboratory, tmp_path, locomotion):
    _trials_of(laboratory, "S1_01.mot", "S01_02.mot", "T3_01.mot")
    out = tmp_path / "out.parquet"
    done = locomotion("convert", laboratory, "--out", out)
    assert done.status == 1
    assert "S01, S1, which differ" in done.err
    assert done.err.splitlines()[-1] == "2 failed"
    assert set(LocomotionData.from_parquet(out).groups) == {"T3"}
    for answer, n_people in (("same", 2), ("different", 3)):
        done = locomotion("convert", laboratory, "--out", out, "--similar-names", answer)
        assert done.status == 0
        assert f"of {n_people} subjects" in done.out


def test_long_lists_are_shortened_and_whole_with_history(laboratory, tmp_path, locomotion):
    _trials_of(laboratory, *(f"S{k:02d}_walk.mot" for k in range(1, 36)))
    for number in range(40):
        (laboratory / f"X{number}_walk.c3d").write_bytes(b"")
    words = ("convert", laboratory, "--out", tmp_path / "out.parquet", "--quiet")
    short = locomotion(*words)
    assert short.status == 1
    assert "and 5 more" in short.out
    assert len(short.out.splitlines()) < 80
    assert len(short.err.splitlines()) < 8
    assert short.err.splitlines()[-1] == "40 failed"
    whole = locomotion(*words, "--history")
    assert "S35_walk.mot" in whole.out
    assert "X39_walk.c3d" in whole.out
    assert "X39_walk.c3d" in whole.err


def test_a_guess_is_printed(laboratory, tmp_path, locomotion):
    _trials_of(laboratory, "walk_subject_Kinematics_q.mot")
    done = locomotion("convert", laboratory, "--out", tmp_path / "out.parquet")
    assert done.status == 0
    assert "walk (a guess)" in done.out
    assert "guessed: subject walk" in done.out

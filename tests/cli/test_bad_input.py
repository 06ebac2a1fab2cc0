"""Bad input: one clear message, status 2, nothing written."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.standard import N_PHASES

KNEE = "knee_flexion_angle_ipsi_rad"


@pytest.fixture(scope="session")
def table(small_file):
    return pd.read_parquet(small_file)


@pytest.fixture
def refused(locomotion, tmp_path):
    """Run the job on a file and check that it ends as it must when refused."""

    def run(path, *options, target="pathology"):
        out = tmp_path / "out"
        ended = locomotion("run", path, "--target", target, "--out", out, *options)
        assert ended.status == 2
        assert ended.err.count("error:") == 1
        assert "Traceback" not in ended.err
        assert "expected" in ended.err
        assert "got:" in ended.err
        assert not out.exists()
        return ended.err

    return run


@pytest.fixture
def refused_table(refused, tmp_path):
    """Write a table and run the job on it."""

    def run(frame, *options, target="pathology"):
        path = tmp_path / "bad.parquet"
        frame.to_parquet(path)
        return refused(path, *options, target=target)

    return run


def test_missing_file(refused, tmp_path):
    assert "nothing at that path" in refused(tmp_path / "none.parquet")


def test_not_parquet(refused, tmp_path):
    path = tmp_path / "notes.parquet"
    path.write_text("subject,task\n")
    assert "a file of another kind" in refused(path)


def test_no_command_writes_over_what_it_reads(locomotion, small_file, tmp_path):
    path = tmp_path / "walk.parquet"
    before = small_file.read_bytes()
    path.write_bytes(before)
    own = ("--out", path)
    for words in (
        ("convert", path, path),
        ("convert", tmp_path, *own),
        ("subset", path, "--where", "step == 0", *own),
        ("merge", f"a={path}", f"b={small_file}", *own),
        ("validate", path, "--write-clean", path),
        ("validate", path, *own),
        ("doctor", path, "--apply", *own),
        ("features", path, *own),
        ("explain", path, "--target", "pathology", *own),
        ("export", path, *own),
    ):
        ended = locomotion(*words)
        assert ended.status == 2, words
        assert "what to do:" in ended.err, words
        assert path.read_bytes() == before, words


def test_truncated_parquet(refused, small_file, tmp_path):
    path = tmp_path / "cut.parquet"
    path.write_bytes(small_file.read_bytes()[: small_file.stat().st_size // 2])
    assert "cut off or damaged" in refused(path)


@pytest.mark.parametrize("column", ["subject", "task", "step"])
def test_missing_key_column(refused_table, table, column):
    assert f"no column {column}" in refused_table(table.drop(columns=column))


def test_missing_phase_column(refused_table, table):
    assert "phase_ipsi" in refused_table(table.drop(columns="phase_ipsi"))


def test_no_channel_at_all(refused_table, table):
    keys = ["subject", "task", "task_id", "step", "phase_ipsi", "pathology"]
    assert "at least one channel" in refused_table(table[keys])


def test_a_cycle_of_149_rows(refused_table, table):
    told = refused_table(table.drop(index=table.index[3 * N_PHASES + 70]))
    assert "149" in told
    assert str(table["subject"].iloc[3 * N_PHASES]) in told


def test_duplicate_cycles(refused_table, table):
    assert "twice" in refused_table(pd.concat([table, table.head(N_PHASES)]))


@pytest.mark.parametrize("phase", [-5.0, 140.0])
def test_phase_outside_the_cycle(refused_table, table, phase):
    wrong = table.copy()
    wrong.loc[10, "phase_ipsi"] = phase
    assert f"{phase:g}" in refused_table(wrong)


def test_text_in_a_channel(refused_table, table):
    wrong = table.copy()
    wrong[KNEE] = wrong[KNEE].astype(object)
    wrong.loc[7, KNEE] = "broken"
    assert KNEE in refused_table(wrong.assign(**{KNEE: wrong[KNEE].astype(str)}))


def test_unknown_target(refused, small_file):
    told = refused(small_file, target="pathologie")
    assert "did you mean" in told
    assert "pathology" in told


def test_the_subject_is_no_target(refused, small_file):
    assert "the subject" in refused(small_file, target="subject")


def test_a_target_without_a_value(refused_table, table):
    assert "no value" in refused_table(table.assign(fallen=np.nan), target="fallen")


def test_a_target_with_one_class(refused, small_file):
    assert "level_walking" in refused(small_file, target="task")


def test_one_subject_only(refused_table, table):
    one = table[table["subject"] == table["subject"].iloc[0]].reset_index(drop=True)
    kind = np.where(one["step"] == one["step"].min(), "first", "later")
    assert "1 subject" in refused_table(one.assign(kind=kind), target="kind")


def test_fewer_subjects_than_folds(refused, small_file):
    told = refused(small_file, "--folds", 9)
    assert "at least 9 subjects" in told
    assert "8 subjects" in told


def test_a_query_that_keeps_nothing(refused, small_file):
    assert "none" in refused(small_file, "--where", "age > 200")


@pytest.mark.parametrize("query", ["height_cm > 3", "age >", "@x > 1"])
def test_a_query_that_cannot_be_asked(refused, small_file, query):
    refused(small_file, "--where", query)


def test_the_output_folder_is_a_file(locomotion, small_file, tmp_path):
    out = tmp_path / "taken"
    out.write_text("mine")
    ended = locomotion("run", small_file, "--target", "pathology", "--out", out)
    assert ended.status == 2
    assert "expected a folder" in ended.err
    assert out.read_text() == "mine"


def test_rows_out_of_order_are_repaired_and_recorded(locomotion, table, tmp_path):
    path = tmp_path / "mixed.parquet"
    table.sample(frac=1.0, random_state=1).to_parquet(path)
    ended = locomotion("info", path)
    assert ended.status == 0
    assert "rows sorted by cycle and phase" in ended.out


def test_an_unmeasured_channel_is_left_out_and_named(locomotion, table, tmp_path):
    path, out = tmp_path / "gap.parquet", tmp_path / "out"
    kept = ["hip_flexion_angle_ipsi_rad", KNEE]
    plain = [name for name in table if not name.endswith(("_rad", "_s", "_kg", "_BW"))]
    table[[*plain, *kept]].assign(**{KNEE: np.float32("nan")}).to_parquet(path)
    words = ("--target", "pathology", "--folds", 2, "--model", "linear")
    ended = locomotion("run", path, *words, "--out", out)
    assert ended.status == 0, ended.err
    assert "left out" in ended.out
    features = pd.read_parquet(out / "features.parquet").columns
    assert "hip_flexion_angle_ipsi_rad_max" in features
    assert not [name for name in features if name.startswith("knee_flexion")]
    assert KNEE in (out / "metrics.json").read_text()


def test_nothing_is_written_where_files_of_another_origin_lie(locomotion, small_file, tmp_path):
    out = tmp_path / "out"
    (out / "report.html").mkdir(parents=True)
    words = ("--target", "pathology", "--folds", 2, "--model", "linear")
    ended = locomotion("run", small_file, *words, "--out", out)
    assert ended.status == 2
    assert "files of another origin: report.html" in ended.err
    assert sorted(path.name for path in out.iterdir()) == ["report.html"]


@pytest.mark.parametrize(
    "words", [("list",), ("log",), ("promote", 1), ("rollback",), ("archive", 1)]
)
def test_a_registry_that_is_not_there_is_not_made_by_reading(locomotion, tmp_path, words):
    command, *rest = words
    ended = locomotion("registry", command, tmp_path / "regstry", *rest)
    assert ended.status == 2
    assert "expected a registry with a version" in ended.err
    assert not (tmp_path / "regstry").exists()

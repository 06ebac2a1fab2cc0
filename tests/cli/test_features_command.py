"""``locomotion features``."""

import csv
import io

import pandas as pd
import pytest

from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    path = tmp_path_factory.mktemp("walk") / "walk.parquet"
    simulate(n_subjects=4, n_cycles=3, tasks=["level_walking"]).to_parquet(path)
    return path


def test_features_of_a_file(locomotion, walk, tmp_path):
    out = tmp_path / "features.parquet"
    ended = locomotion("features", walk, "--out", out, "-g", "kinematic", "-g", "temporal")
    assert ended.status == 0, ended.err
    frame = pd.read_parquet(out)
    assert len(frame) == 12
    assert f"12 cycles, {frame.shape[1]:,} features" in ended.out
    assert "knee_flexion_angle_ipsi_rad_max" in frame


def test_options_may_come_first(locomotion, walk, tmp_path):
    out = tmp_path / "features.parquet"
    ended = locomotion("features", "--out", out, "--group", "temporal", walk, "-a", "max")
    assert ended.status == 0, ended.err
    assert out.exists()


def test_the_catalogue_as_a_table(locomotion):
    ended = locomotion("features", "list", "--group", "temporal")
    assert ended.status == 0
    assert "cycle_duration_s" in ended.out


def test_the_catalogue_for_other_programs(locomotion):
    ended = locomotion("features", "list", "--csv")
    rows = list(csv.DictReader(io.StringIO(ended.out)))
    assert len(rows) >= 600
    assert len({row["name"] for row in rows}) == len(rows)
    assert all(row["unit"] and row["formula"] and row["source"] and row["group"] for row in rows)
    only = locomotion("features", "list", "--csv", "-g", "kinetic").out
    assert {row["group"] for row in csv.DictReader(io.StringIO(only))} == {"kinetic"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--memory", "9MB"], "for one batch"),
        (["--memory", "lots"], "amount of memory"),
        (["--group", "magic"], "feature groups among"),
        (["-a", "magic"], "magic"),
        (["--scheduler", "tcp://x:1"], "'dask' only"),
    ],
)
def test_refused(locomotion, walk, tmp_path, words, told):
    ended = locomotion("features", walk, "--out", tmp_path / "x.parquet", *words)
    assert ended.status == 2
    assert told in ended.err
    assert "Traceback" not in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_damaged_file(locomotion, walk, tmp_path):
    folder, out = tmp_path / "folder", tmp_path / "x.parquet"
    folder.mkdir()
    content = walk.read_bytes()
    (folder / "good.parquet").write_bytes(content)
    (folder / "bad.parquet").write_bytes(content[: len(content) // 2])
    ended = locomotion("features", folder, "--out", out, "-g", "temporal")
    assert ended.status == 2
    assert "bad.parquet" in ended.err
    assert "--skip-bad" in ended.err
    ended = locomotion("features", folder, "--out", out, "-g", "temporal", "--skip-bad")
    assert ended.status == 0
    assert "bad.parquet" in ended.out
    assert "bad.parquet" in ended.err


def test_help(locomotion):
    assert "list" in locomotion("features", "--help").out
    assert "--skip-bad" in locomotion("features", "x", "--help").out

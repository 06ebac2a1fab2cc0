"""``locomotion datasets``: build, list and info; and that the others are registered."""

import warnings

import pandas as pd
import pytest

from locomotion_analysis import LocomotionData, LocomotionWarning
from locomotion_analysis.datasets import RECIPES, build_dataset


def refused(ended, says):
    assert ended.status == 2
    assert says in " ".join(ended.err.split())
    assert "Traceback" not in ended.err


@pytest.fixture(scope="module")
def built(small_file, tmp_path_factory):
    """The folder of a dataset."""
    folder = tmp_path_factory.mktemp("built") / "walk"
    with warnings.catch_warnings():  # four subjects a class are fewer than five folds
        warnings.simplefilter("ignore", LocomotionWarning)
        return build_dataset("timeseries", folder, source=small_file).path


@pytest.mark.parametrize("command", ["build", "list", "info", "export", "fetch", "catalog"])
def test_every_command_explains_itself(locomotion, command):
    ended = locomotion("datasets", command, "--help")
    assert ended.status == 0
    assert "Usage" in ended.out


def test_list_names_all_with_size_and_purpose(locomotion):
    ended = locomotion("datasets", "list")
    assert ended.status == 0
    for recipe in RECIPES.values():
        line = next(x for x in ended.out.splitlines() if x.startswith(recipe.name))
        assert f"{recipe.size:,}" in line
        assert str(recipe.n_subjects) in line
        assert recipe.purpose in line
    assert "no person was measured" in ended.out


def test_info_of_a_ready_made_one(locomotion):
    ended = locomotion("datasets", "info", "demo")
    assert ended.status == 0
    assert "45 subjects" in ended.out
    assert "no person was measured" in ended.out


def test_info_of_a_folder(locomotion, built):
    ended = locomotion("datasets", "info", built)
    assert ended.status == 0
    assert "every checksum right" in ended.out
    assert "24 cycles of 8 subjects" in ended.out


def test_info_of_nothing(locomotion, tmp_path):
    refused(locomotion("datasets", "info", tmp_path / "none"), "the folder of a dataset")
    refused(locomotion("datasets", "info", "atlantis"), "the folder of a dataset")


def test_info_finds_a_changed_file(locomotion, small_file, tmp_path):
    folder = tmp_path / "walk"
    words = ("datasets", "build", "timeseries", "--from", small_file, "--out", folder)
    ended = locomotion(*words)
    assert ended.status == 0, ended.err
    assert "every checksum right" in ended.out
    (folder / "README.md").write_text("mine")
    refused(locomotion("datasets", "info", folder), "README.md has changed")


def test_export_takes_the_folder_with_its_splits(locomotion, built, tmp_path):
    out = tmp_path / "hub"
    ended = locomotion("datasets", "export", built, "--format", "huggingface", "--out", out)
    assert ended.status == 0, ended.err
    found = {
        path.name.split("-")[0]: set(pd.read_parquet(path)["subject"])
        for path in (out / "data").iterdir()
    }
    splits = pd.read_parquet(built / "splits.parquet")
    assert found == splits.groupby("split")["subject"].agg(set).to_dict()


def test_other_commands_take_the_folder_for_its_cycles(locomotion, built):
    ended = locomotion("info", built)
    assert ended.status == 0, ended.err
    assert "24 gait cycles, 8 subjects" in ended.out


@pytest.mark.parametrize(
    "words", [["validate"], ["doctor"], ["features", "--group", "temporal", "--out", "f.parquet"]]
)
def test_commands_that_read_files_take_the_folder(locomotion, built, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    ended = locomotion(words[0], built, *words[1:])
    assert ended.status in (0, 1)
    assert "24 cycles" in ended.out


def test_build_a_single_file(locomotion, small_file, tmp_path):
    path = tmp_path / "timeseries_dataset.parquet"
    words = ("datasets", "build", "timeseries", "--from", small_file)
    ended = locomotion(*words, "--out", path)
    assert ended.status == 0, ended.err
    data = LocomotionData.from_parquet(path)
    assert len(data.channels) == 6
    assert set(data.cycles["split"]) == {"train", "validation", "test"}
    refused(
        locomotion(*words, "--out", path, "--licence", "MIT"), "--licence and --citation go into"
    )


def test_recorded_data_need_a_licence(locomotion, small_file, tmp_path):
    path = tmp_path / "real.parquet"
    pd.read_parquet(small_file).drop(columns="simulated").to_parquet(path)
    words = ("datasets", "build", "timeseries", "--from", path, "--out", tmp_path / "out")
    refused(locomotion(*words), "no licence and no citation")
    terms = ("--licence", "CC-BY-4.0", "--citation", "Mustermann (2020)")
    ended = locomotion(*words, *terms)
    assert ended.status == 0, ended.err
    assert "recorded; every checksum right" in ended.out
    assert "Mustermann (2020)" in ended.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("atlantis", "--out", "x"), "classification, timeseries, regression, clustering"),
        (("timeseries", "--out", "x", "--licence", "MIT"), "name your data with --from"),
        (("timeseries", "--from", "none.parquet", "--out", "x"), "nothing at that path"),
    ],
)
def test_what_cannot_be_built(locomotion, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    refused(locomotion("datasets", "build", *words), says)
    assert not list(tmp_path.iterdir())

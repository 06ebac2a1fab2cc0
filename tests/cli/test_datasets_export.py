"""``locomotion datasets export``, in an application of its own."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest
import typer

from locomotion_analysis.cli.datasets import export


@pytest.fixture
def exporting(locomotion, monkeypatch):
    """Run ``export`` as the command line runs its commands, errors included."""
    alone = typer.Typer(pretty_exceptions_enable=False)
    alone.command()(export)
    monkeypatch.setattr(import_module("locomotion_analysis.cli.app"), "app", alone)
    return locomotion


def refused(ended, says):
    assert ended.status == 2
    assert says in " ".join(ended.err.split())
    assert "Traceback" not in ended.err


def test_it_writes_and_says_what(exporting, small_file, small, tmp_path):
    ended = exporting(small_file, "--format", "numpy", "--out", tmp_path / "walk.npz")
    assert ended.status == 0
    assert f"{len(small)} cycles as numpy" in ended.out
    with np.load(tmp_path / "walk.npz") as archive:
        assert archive["curves"].shape == (len(small), 150, len(small.channels))


def test_a_folder_for_hugging_face(exporting, small_file, tmp_path):
    ended = exporting(small_file, "--format", "huggingface", "--out", tmp_path / "walk")
    assert ended.status == 0
    assert (tmp_path / "walk" / "README.md").read_text("utf-8").startswith("---\n")


def test_frozen_splits_in_a_table(exporting, small, small_file, tmp_path):
    people = sorted(set(small.groups))
    table = pd.DataFrame({"subject": people, "split": ["train"] * 6 + ["test"] * 2})
    table.to_parquet(tmp_path / "splits.parquet")
    ended = exporting(
        small_file, "--splits", tmp_path / "splits.parquet",
        "--format", "huggingface", "--out", tmp_path / "hub",
    )  # fmt: skip
    assert ended.status == 0
    found = {
        path.name.split("-")[0]: set(pd.read_parquet(path)["subject"])
        for path in (tmp_path / "hub" / "data").iterdir()
    }
    assert found == {"train": set(people[:6]), "test": set(people[6:])}


def test_an_unknown_format(exporting, small_file, tmp_path):
    ended = exporting(small_file, "--format", "matlab", "--out", tmp_path / "walk")
    refused(ended, "'matlab' is not one of")
    assert not list(tmp_path.iterdir())


def test_what_lies_there_is_not_touched(exporting, small_file, tmp_path):
    path = tmp_path / "walk.npz"
    path.write_text("mine")
    refused(exporting(small_file, "--format", "numpy", "--out", path), "nothing lies yet")
    assert path.read_text() == "mine"


def test_missing_data(exporting, tmp_path):
    ended = exporting(tmp_path / "none.parquet", "--format", "numpy", "--out", tmp_path / "a.npz")
    refused(ended, "nothing at that path")
    assert not list(tmp_path.iterdir())

"""``locomotion datasets fetch`` and ``catalog``, through a small application of their own."""

import hashlib

import pytest
import typer
from typer.testing import CliRunner

from locomotion_analysis.cli import datasets
from locomotion_analysis.datasets import catalog as table
from locomotion_analysis.datasets.download import RemoteFile
from locomotion_analysis.errors import DownloadError

BODY = b"time,force\n0,1\n"


@pytest.fixture
def run():
    app = typer.Typer()
    app.command("fetch")(datasets.fetch)
    app.command("catalog")(datasets.catalog)

    def invoke(*words):
        return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)

    return invoke


@pytest.fixture
def walks(site, dataset, monkeypatch):
    """A dataset of the catalogue that lies on the local server."""
    url = site.put("/walk.csv", BODY, kind="text/csv")
    hashed = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
    entry = dataset(RemoteFile("walk.csv", (url,), len(BODY), hashed))
    monkeypatch.setattr(table, "entries", lambda: {"walks": entry})
    return entry


def test_fetch_tells_licence_citation_and_place(run, walks, tmp_path):
    result = run("fetch", "walks", "--file", "*.csv", "--to", tmp_path / "here")
    assert result.exit_code == 0
    for word in ("CC-BY-4.0", "Nobody (2026). Walks.", "1 file, 0.0 MB", "here/walk.csv"):
        assert word in result.stdout
    assert (tmp_path / "here" / "walk.csv").read_bytes() == BODY


def test_fetch_offline_raises_the_error_the_command_line_shows(run, walks):
    with pytest.raises(DownloadError, match=r"1 missing or damaged: walk\.csv"):
        run("fetch", "walks", "--offline")


def test_catalog_lists_every_dataset_and_what_is_unchecked(run):
    result = run("catalog")
    assert result.exit_code == 0
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    for name, entry in table.entries().items():
        assert entry.doi in rows[name]
        assert ("yes" if entry.checked else "no") in rows[name].split()


def test_catalog_of_one_says_how_to_convert_and_what_was_seen(run):
    result = run("catalog", "bertaux_hip_2022")
    assert "NO: " in result.stdout
    assert "locomotion convert" in result.stdout
    result = run("catalog", "locohub_umich_2021")
    assert "not stated by the publisher" in result.stdout
    assert "recorded on first use" in result.stdout
    result = run("catalog", "fukuchi_walking_2018")
    assert "fukuchi_walking_2018.yaml" in result.stdout
    assert "md5:ad9e6311d9b84b53acaf58d114d51c6d" in result.stdout

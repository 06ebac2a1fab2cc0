"""``locomotion datasets fetch`` and ``catalog``, through a small application of their own."""

import hashlib
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from locomotion_analysis.cli import datasets
from locomotion_analysis.datasets import catalog as table
from locomotion_analysis.datasets.download import ConversionNote, ConversionPart, RemoteFile
from locomotion_analysis.errors import DownloadError, LicenceError
from locomotion_analysis.simulation import simulate

BODY = b"time,force\n0,1\n"


@pytest.fixture
def run():
    app = typer.Typer()
    app.command("fetch")(datasets.fetch)
    app.command("catalog")(datasets.catalog)
    app.command("make")(datasets.make)

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
        assert (entry.doi or "") in rows[name]
        assert ("yes" if entry.checked else "no") in rows[name].split()
        assert entry.conversion.tried_on in rows[name].split()


def test_catalog_of_one_says_how_to_convert_and_what_was_seen(run):
    result = run("catalog", "bertaux_hip_2022")
    assert "NO: " in result.stdout
    assert "locomotion datasets make bertaux_hip_2022 FILES --out FOLDER" in result.stdout
    result = run("catalog", "locohub_umich_2021")
    assert "not stated by the publisher" in result.stdout
    assert "recorded on first use" in result.stdout
    result = run("catalog", "fukuchi_walking_2018")
    assert "fukuchi_walking_2018.yaml" in result.stdout
    assert "md5:ad9e6311d9b84b53acaf58d114d51c6d" in result.stdout


def test_a_set_that_is_not_converted_says_not_yet(run):
    assert (
        "not yet. The tables (ik, id, fp, gcRight, ...) are MATLAB table objects"
        in run("catalog", "camargo_2021").stdout
    )


def test_make_tells_the_licence_before_the_work_and_refuses_what_it_forbids(run, tmp_path):
    with pytest.raises(LicenceError):
        run("make", "horst_2019", tmp_path, "--out", tmp_path / "made", "--use", "share")
    assert not (tmp_path / "made").exists()


def test_make_shows_terms_and_the_dataset(run, dataset, monkeypatch, tmp_path):
    part = ConversionPart(files=("walk*.parquet",))
    note = ConversionNote(possible=True, how="as it is", tried_on="layout", parts=(part,))
    entry = replace(dataset(), subjects=15, conversion=note)
    monkeypatch.setattr(table, "entries", lambda: {"walks": entry})
    data = simulate(n_subjects=15, n_cycles=1, tasks=["level_walking"])
    data.to_parquet(tmp_path / "walk.parquet")
    result = run("make", "walks", tmp_path / "walk.parquet", "--out", tmp_path / "made")
    assert result.exit_code == 0
    terms, made = result.stdout.index("asks"), result.stdout.index("every checksum right")
    assert terms < made
    assert "15 cycles of 15 subjects" in result.stdout
    assert (tmp_path / "made" / "splits.parquet").is_file()

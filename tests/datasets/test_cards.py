"""What the card says to people, and to machines as the reference implementation reads it."""

import json
import warnings

import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.datasets.building import build_dataset
from locomotion_analysis.datasets.cards import croissant, licence_address
from locomotion_analysis.datasets.dataset import CROISSANT
from locomotion_analysis.files import sha256
from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="module")
def mlcroissant():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("mlcroissant", reason="mlcroissant is the extra `cards`")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_reference_implementation_accepts_it(mlcroissant, clustering):
    described = croissant(clustering.path, clustering.manifest, "Gait cycles.", "2026-11-23")
    issues = mlcroissant.Dataset(jsonld=described).metadata.ctx.issues
    assert not issues.errors
    assert not issues.warnings


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_reference_implementation_reads_the_tables(mlcroissant, classification):
    described = mlcroissant.Dataset(jsonld=str(classification.path / CROISSANT))
    splits = list(described.records("splits"))
    subjects = [row["splits/subject"].decode() for row in splits]
    assert subjects == classification.splits["subject"].tolist()
    first = next(iter(described.records("cycles")))
    channel = "knee_flexion_angle_ipsi_rad"
    curve = classification.data.curves(channel)[0]
    assert first[f"cycles/{channel}"] == pytest.approx(curve.tolist())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_reference_implementation_reads_the_components(mlcroissant, clustering):
    described = mlcroissant.Dataset(jsonld=str(clustering.path / CROISSANT))
    first = next(iter(described.records("features")))
    assert first["features/pca0"] == pytest.approx(clustering.features["pca0"].iloc[0])


def test_every_table_is_described_with_its_hash(clustering):
    said = json.loads((clustering.path / CROISSANT).read_text())
    files = {entry["@id"]: entry["sha256"] for entry in said["distribution"]}
    assert files == {path.name: sha256(path) for path in clustering.path.glob("*.parquet")}
    fields = {entry["@id"]: entry["field"] for entry in said["recordSet"]}
    assert len(fields["features"]) == clustering.manifest.n_features + 5
    curves = [field for field in fields["cycles"] if field.get("isArray")]
    assert {field["name"] for field in curves} == set(clustering.data.channels)
    assert "no person was measured" in said["description"]


@pytest.mark.parametrize(
    ("licence", "address"),
    [
        ("CC-BY-4.0", "https://spdx.org/licenses/CC-BY-4.0.html"),
        ("ODbL-1.0", "https://spdx.org/licenses/ODbL-1.0.html"),
        ("MIT", "https://spdx.org/licenses/MIT.html"),
        ("https://example.org/terms", "https://example.org/terms"),
        ("LicenseRef-clinic-2", "LicenseRef-clinic-2"),
        ("ask the clinic", "ask the clinic"),
    ],
)
def test_licences(licence, address):
    assert licence_address(licence) == address


def rows_of(card, heading):
    """The rows of the table under a heading, as lists of cells."""
    section = card.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_card_says_that_no_person_was_measured(classification, clustering):
    for dataset in (classification, clustering):
        assert "no person was measured" in dataset.card
        for heading in ("Intended use", "Limits", "Splits", "Quality", "Subjects", "Tasks"):
            assert f"\n## {heading}\n" in dataset.card


def test_its_tables_count_what_is_there(classification):
    cycles, card = classification.data.cycles, classification.card
    for name, subjects, count, *_ in rows_of(card, "Subjects"):
        own = cycles[cycles["pathology"] == name]
        assert (int(subjects), int(count)) == (own["subject"].nunique(), len(own))
    for name, _, subjects, count, each in rows_of(card, "Tasks"):
        own = cycles[cycles["task"] == name]
        assert (int(subjects), int(count), each) == (own["subject"].nunique(), len(own), "2")
    for name, subjects, count, *by_class in rows_of(card, "Splits"):
        own = classification.part(name).cycles
        assert (int(subjects), int(count)) == (own["subject"].nunique(), len(own))
        assert sum(map(int, by_class)) == int(subjects)
    groups = rows_of(card, "Features")
    assert sum(int(count) for _, count, _ in groups) == classification.manifest.n_features
    assert [target for target, *_ in rows_of(card, "Targets")] == ["pathology", "task"]


def test_it_says_what_the_reduction_was_fitted_on(clustering, classification):
    n_training = clustering.part("train").cycles["subject"].nunique()
    assert f"the {n_training} training subjects only" in " ".join(clustering.card.split())
    assert "principal components" not in classification.card


def test_files_of_the_folder_are_listed(clustering):
    listed = {name.strip("`") for name, _ in rows_of(clustering.card, "Files")}
    assert listed == {file.name for file in clustering.path.iterdir()}


def test_what_data_say_of_themselves_is_no_html_in_the_card(tmp_path):
    tag = "<script>alert(1)</script>"
    data = simulate(20, 1, ["level_walking"], ["healthy", "stroke"])
    cycles = data.cycles.assign(pathology=data.cycles["pathology"].replace("stroke", tag))
    named = LocomotionData(
        cycles, data.block, data.channels, (HistoryEntry("read", f"{tag} & co"),)
    )
    build_dataset("timeseries", tmp_path / "own", named, "CC-BY-4.0", tag)
    card = (tmp_path / "own" / "README.md").read_text()
    assert "<script" not in card
    assert card.count("&lt;script&gt;") >= 3
    assert "&amp; co" in card

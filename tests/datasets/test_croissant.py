"""What the JSON-LD says, and what the reference implementation makes of it."""

import json
import warnings

import pytest

from locomotion_analysis.datasets.cards import croissant, licence_address
from locomotion_analysis.datasets.dataset import CROISSANT
from locomotion_analysis.files import sha256


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

"""Bundles of every format there has been still open, and answer as they did."""

import pytest
from tests.production.bundle.conftest import OLD

from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.bundle import manifest, open_bundle
from locomotion_analysis.production.bundle.manifest import read_archive, write_archive


def test_a_bundle_of_every_format_is_kept():
    assert {path.stem for path in OLD.glob("*.bundle")} == {
        f"format_{number}{kind}"
        for number in range(1, manifest.FORMAT + 1)
        for kind in ("", "_network")
    }


def test_the_bundle_of_format_1_answers_as_it_did(bundle):
    assert bundle.manifest.format == 1
    assert bundle.manifest.classes == ("healthy", "parkinsons")
    assert bundle.check_golden() < 1e-6
    answers = bundle.predict_features(bundle.golden.features)
    assert answers["prediction"].tolist() == bundle.golden.answers["prediction"].tolist()


def test_a_later_format_is_refused_with_a_reason(copy, monkeypatch):
    monkeypatch.setattr(manifest, "FORMAT", 0)
    with pytest.raises(BundleError, match=r"(?s)format 1.*update locomotion-analysis"):
        open_bundle(copy)


def test_the_file_is_the_same_for_the_same_content(kept, tmp_path):
    members = read_archive(kept)
    reordered = dict(reversed(members.items()))
    write_archive(tmp_path / "again.bundle", reordered)
    assert read_archive(tmp_path / "again.bundle") == members
    write_archive(tmp_path / "once more.bundle", members)
    again, more = (tmp_path / name for name in ("again.bundle", "once more.bundle"))
    assert again.read_bytes() == more.read_bytes()


def test_the_manifest_survives_its_own_json(bundle):
    told = bundle.manifest
    assert manifest.Manifest.from_json(told.to_json()) == told

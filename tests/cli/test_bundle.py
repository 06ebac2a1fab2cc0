"""``locomotion bundle`` and its companions: what they print and how they end."""

import shutil
from pathlib import Path

import pytest

KEPT = Path(__file__).resolve().parents[1] / "production/bundle/old/format_1.bundle"


@pytest.fixture
def copy(tmp_path):
    pytest.importorskip("skops")
    return Path(shutil.copy(KEPT, tmp_path / "copy.bundle"))


@pytest.mark.slow
def test_a_trained_folder_becomes_a_verified_file(locomotion, small_file, tmp_path):
    pytest.importorskip("skops")
    folder, out, key = tmp_path / "model", tmp_path / "gait.bundle", tmp_path / "key"
    key.write_bytes(b"a secret of more than sixteen bytes\n")
    trained = locomotion(
        "train", small_file, "--target", "pathology", "--recipes", "speed_only",
        "--folds", "3", "--jobs", "1", "--out", folder,
    )  # fmt: skip
    assert trained.status == 0
    made = locomotion("bundle", folder, "--out", out, "--key-file", key)
    assert made.status == 0
    assert "no person was measured" in made.out
    verified = locomotion("bundle-verify", out, "--key-file", key)
    assert verified.status == 0
    assert "yes, with this key" in verified.out
    changed = locomotion("bundle-diff", out, KEPT)
    assert changed.status == 1
    assert "features of one only" in changed.out


def test_inspect_names_channels_with_unit_and_sign(locomotion):
    pytest.importorskip("skops")
    done = locomotion("bundle-inspect", KEPT)
    assert done.status == 0
    assert "knee_flexion_angle_ipsi_rad" in done.out
    assert "positive: flexion" in done.out
    assert "95 % interval" in done.out
    assert "limit:" in done.out


def test_a_bundle_does_not_differ_from_itself(locomotion, copy):
    done = locomotion("bundle-diff", KEPT, copy)
    assert done.status == 0
    assert "no difference" in done.out


def test_a_damaged_bundle_ends_with_one_message(locomotion, copy):
    copy.write_bytes(copy.read_bytes()[:5000])
    done = locomotion("bundle-verify", copy)
    assert done.status == 2
    assert "a model bundle" in done.err
    assert "Traceback" not in done.err


def test_a_folder_that_is_no_run_is_named(locomotion, tmp_path):
    done = locomotion("bundle", tmp_path, "--out", tmp_path / "x.bundle")
    assert done.status == 2
    assert "config.json" in done.err
    assert not (tmp_path / "x.bundle").exists()


def test_a_bundle_is_explained_for_people(locomotion, copy, tmp_path):
    from locomotion_analysis.simulation import simulate

    people = tmp_path / "people.parquet"
    simulate(6, 2, ["level_walking"], ["healthy", "parkinsons"]).to_parquet(people)
    page = tmp_path / "why.html"
    done = locomotion("explain", copy, people, "--out", page, "--quiet")
    assert done.status == 0, done.err
    assert "Change of the probability of the predicted class without each joint" in done.out
    assert "6 new people with a known pathology, and 10 are needed" in done.out
    assert "Person by person" in page.read_text(encoding="utf-8")
    for words, told in (
        ((copy,), "needs the DATA"),
        ((copy, people, "--target", "task"), "predicts pathology, not task"),
        ((copy, people, "--model", "linear"), "is a trained model"),
        ((people, copy), "a bundle or the folder of a run"),
        ((people,), "--target"),
        ((tmp_path / "no-model",), "nothing at that path"),
    ):
        refused = locomotion("explain", *words, "--out", page)
        assert refused.status == 2
        assert told in " ".join(refused.err.replace("│", " ").split())

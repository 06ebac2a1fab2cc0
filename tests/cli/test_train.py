"""``locomotion train``: what it prints, what it writes, how it fails."""

import pytest


def test_it_prints_the_leaderboard_and_writes_the_model(locomotion, small_file, tmp_path):
    out = tmp_path / "model"
    done = locomotion(
        "train", small_file, "--task", "pathology", "--model", "linear",
        "--folds", "3", "--jobs", "1", "--out", out,
    )  # fmt: skip
    assert done.status == 0
    assert "leads with a balanced accuracy of" in done.out
    assert "distinguishable from the next" in done.out
    assert "no person was measured" in done.out
    assert (out / "leaderboard.csv").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "height"], "pathology, task, fall_risk"),
        (["--task", "age", "--target", "pathology"], "numbers"),
        (["--task", "treatment", "--target", "pathology"], "session"),
        (["--task", "pathology", "--folds", "30"], "30 subjects"),
    ],
)
def test_bad_requests_end_with_one_message(locomotion, small_file, tmp_path, words, message):
    done = locomotion("train", small_file, *words, "--out", tmp_path / "m")
    assert done.status == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "m").exists()

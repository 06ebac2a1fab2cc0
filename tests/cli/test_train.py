"""``locomotion train``: what it prints, what it writes, how it fails."""

import json

import pytest

ANGLES = "hip_flexion_angle_ipsi_rad,knee_flexion_angle_ipsi_rad"


def test_it_prints_the_leaderboard_and_writes_the_model(locomotion, small_file, tmp_path):
    out = tmp_path / "model"
    done = locomotion(
        "train", small_file, "--target", "pathology", "--recipes", "linear",
        "--folds", "3", "--jobs", "1", "--out", out,
    )  # fmt: skip
    assert done.status == 0
    assert "leads with a balanced accuracy of" in done.out
    assert "distinguishable from the next" in done.out
    assert "no person was measured" in done.out
    assert "Logistic regression" in done.out
    assert (out / "leaderboard.csv").exists()
    assert "SIMULATED DATA" in (out / "report.html").read_text(encoding="utf-8")


def test_a_model_for_other_data_learns_from_what_both_have(locomotion, small, small_file, tmp_path):
    other = small.select(channels=ANGLES.split(",")).head(4)
    other.to_parquet(tmp_path / "theirs.parquet")
    done = locomotion(
        "train", small_file, "--target", "pathology", "--recipes", "linear", "--folds", "3",
        "--jobs", "1", "--channels-of", tmp_path / "theirs.parquet", "--out", tmp_path / "m",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "are in theirs.parquet, measured in half of its cycles or more; derived" in done.out
    inputs = json.loads((tmp_path / "m" / "config.json").read_text())["inputs"]["channels"]
    assert inputs == [
        name for name in small.channels if name.startswith(("hip_flexion_", "knee_flexion_"))
        and name.endswith(("angle_ipsi_rad", "velocity_ipsi_rad_s"))
    ]  # fmt: skip


def test_networks_stand_on_the_same_board(locomotion, small_file, tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("skorch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    done = locomotion(
        "train", small_file, "--target", "pathology", "--recipes", "gru", "--channels", ANGLES,
        "--folds", "2", "--epochs", "1", "--jobs", "1", "--out", tmp_path / "m",
    )  # fmt: skip
    torch.set_num_threads(before)
    assert done.status == 0
    assert "gru network" in done.out
    assert (tmp_path / "m" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--target", "height"], "height"),
        (["--target", "pathology", "--problem", "height"], "pathology, task, fall_risk"),
        (["--target", "pathology", "--problem", "age"], "numbers"),
        (["--target", "pathology", "--problem", "treatment"], "session"),
        (["--target", "pathology", "--folds", "30"], "30 subjects"),
        (["--target", "pathology", "--recipes", "rnn"], "lstm, gru, cnn"),
        (["--target", "pathology", "--channels", "nothing"], "nothing"),
    ],
)
def test_bad_requests_end_with_one_message(locomotion, small_file, tmp_path, words, message):
    refused(locomotion("train", small_file, *words, "--out", tmp_path / "m"), message, tmp_path)


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--device", "tpu"], "device"), (["--learning-rate", "0"], "learning_rate")],
)
def test_bad_settings_of_networks_too(locomotion, small_file, tmp_path, words, message):
    pytest.importorskip("skorch")
    asked = ("--target", "pathology", "--recipes", "gru", "--folds", "2", "--jobs", "1")
    done = locomotion("train", small_file, *asked, *words, "--out", tmp_path / "m")
    refused(done, message, tmp_path)


def refused(done, message, folder):
    assert done.status == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (folder / "m").exists()

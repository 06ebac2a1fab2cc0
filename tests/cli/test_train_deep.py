"""``locomotion train-deep``: what it prints, what it writes, how it fails."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

_ANGLES = ("--channel", "hip_flexion_angle_ipsi_rad", "--channel", "knee_flexion_angle_ipsi_rad")


@pytest.fixture(autouse=True)
def one_core():
    """Small networks lose by a second core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("arch", ["gru", "cnn"])
def test_it_prints_the_score_and_writes_the_network(locomotion, small_file, tmp_path, arch):
    done = locomotion(
        "train-deep", small_file, "--target", "pathology", "--arch", arch, *_ANGLES,
        "--folds", "2", "--epochs", "1", "--out", tmp_path / "m",
    )  # fmt: skip
    assert done.status == 0
    assert "balanced accuracy" in done.out
    assert "no person was measured" in done.out
    assert (tmp_path / "m" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--target", "height"], "height"),
        (["--target", "pathology", "--arch", "rnn"], "lstm, gru, cnn"),
        (["--target", "pathology", "--channel", "nothing"], "nothing"),
        (["--target", "pathology", "--device", "tpu"], "device"),
        (["--target", "pathology", "--folds", "30"], "30 subjects"),
        (["--target", "pathology", "--folds", "1"], "2 folds or more"),
        (["--target", "pathology", "--learning-rate", "0"], "learning_rate"),
    ],
)
def test_bad_requests_end_with_one_message(locomotion, small_file, tmp_path, words, message):
    done = locomotion("train-deep", small_file, *words, "--out", tmp_path / "m")
    assert done.status == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "m").exists()

"""``locomotion models make``: an encoder from files of gait cycles."""

import pytest

pytest.importorskip("skorch")


def test_it_says_how_people_it_never_saw_are_rebuilt(locomotion, small_file, tmp_path):
    done = locomotion(
        "models", "make", small_file, "--simulated", "10", "--epochs", "1", "--out", tmp_path / "e"
    )
    assert done.status == 0
    assert "people it never saw" in done.out
    assert "none held out" in done.out  # fewer than ten people in the file
    card = (tmp_path / "e" / "card.md").read_text(encoding="utf-8")
    assert small_file.stem in card


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--channels", "grf_vertical_ipsi_BW,nothing_at_all"], "nothing_at_all"),
        (["--architecture", "perceptron"], "lstm"),
    ],
)
def test_what_it_cannot_learn_is_refused(locomotion, small_file, tmp_path, words, message):
    done = locomotion(
        "models", "make", small_file, *words, "--simulated", "0", "--out", tmp_path / "e"
    )
    assert done.status == 2
    assert message in done.err
    assert not (tmp_path / "e").exists()


def test_two_files_of_one_name_are_refused(locomotion, small_file, tmp_path):
    done = locomotion("models", "make", small_file, small_file, "--out", tmp_path / "e")
    assert done.status == 2
    assert "same name" in done.err

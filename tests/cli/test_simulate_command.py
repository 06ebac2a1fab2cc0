"""``locomotion simulate``: folders, speeds, diagnoses, refusals."""

import pytest

from locomotion_analysis import LocomotionData


def test_a_folder_of_parts_that_can_be_asked_for_again(locomotion, tmp_path):
    words = ("simulate", "--subjects", 4, "--cycles", 2, "--tasks", "sit_to_stand")
    for _ in range(2):
        ended = locomotion(*words, "--pathology", "fall_risk", "--out", tmp_path / "big")
        assert ended.status == 0, ended.err
    data = LocomotionData.from_parquet(tmp_path / "big")
    assert len(data) == 8
    assert set(data.cycles["pathology"]) == {"fall_risk"}


def test_speeds_are_asked_for(locomotion, tmp_path):
    out = tmp_path / "run.parquet"
    words = ("--subjects", 3, "--cycles", 2, "--tasks", "run", "--pathology", "healthy")
    assert locomotion("simulate", *words, "--speed", 3.0, "--out", out).status == 0
    assert set(LocomotionData.from_parquet(out).cycles["task_id"]) == {"run_3.00m_s"}


@pytest.mark.parametrize(
    "words",
    [
        ("--tasks", "level_walking,run", "--pathology", "healthy, stroke"),
        ("--tasks", "level_walking", "--tasks", "run", "--pathologies", "healthy,stroke"),
    ],
)
def test_names_are_repeated_or_separated_by_commas(locomotion, tmp_path, words):
    out = tmp_path / "all.parquet"
    made = locomotion(
        "simulate", "--subjects", 2, "--cycles", 1, *words[:-1], "healthy", "--out", out
    )
    assert made.status == 0, made.err
    assert set(LocomotionData.from_parquet(out).cycles["task"]) == {"level_walking", "run"}
    walks = ("--subjects", 4, "--cycles", 1, "--tasks", "level_walking", *words[-2:])
    assert locomotion("simulate", *walks, "--out", out).status == 0
    assert set(LocomotionData.from_parquet(out).cycles["pathology"]) == {"healthy", "stroke"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--speed", 9), "0.4 to 2.0"),
        (("--subjects", 0), "n_subjects"),
        (("--pathology", "flu"), "knee_osteoarthritis"),
        (("--tasks", "run", "--pathology", "stroke"), "people with stroke do"),
    ],
)
def test_the_impossible_is_refused(locomotion, tmp_path, words, says):
    ended = locomotion("simulate", *words, "--out", tmp_path / "x.parquet")
    assert ended.status == 2
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert not list(tmp_path.iterdir())

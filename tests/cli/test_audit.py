import pytest

from locomotion_analysis import LocomotionData

CHANNELS = ("knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad")


@pytest.fixture
def two_channels(small, tmp_path):
    """The small dataset with two channels and a column that contains the pathology."""
    frame = small.dataframe.drop(columns=[name for name in small.channels if name not in CHANNELS])
    path = tmp_path / "walk.parquet"
    told = frame.assign(affected=frame["pathology"] == "stroke")
    LocomotionData.from_dataframe(told).to_parquet(path)
    return path


def test_audit_prints_scores_and_verdict_and_writes_the_folder(locomotion, two_channels, tmp_path):
    out = tmp_path / "audit"
    done = locomotion(
        "audit",
        two_channels,
        "--target",
        "sex",
        "--model",
        "linear",
        "--folds",
        2,
        "--draws",
        1,
        "--out",
        out,
    )
    assert done.status in (0, 1)
    assert "Simulated data" in done.out
    assert "random label for each subject" in done.out
    assert {path.name for path in out.iterdir()} == {"audit.html", "audit.json", "optimism.png"}


def test_a_column_that_tells_the_target_ends_with_status_one(locomotion, two_channels):
    done = locomotion(
        "audit",
        two_channels,
        "--target",
        "pathology",
        "--model",
        "linear",
        "--folds",
        2,
        "--draws",
        1,
    )
    assert done.status == 1
    assert "affected" in done.out


def test_an_unknown_target_ends_with_status_two(locomotion, small_file):
    done = locomotion("audit", small_file, "--target", "pathologie")
    assert done.status == 2
    assert "did you mean pathology" in done.err
    assert "Traceback" not in done.err

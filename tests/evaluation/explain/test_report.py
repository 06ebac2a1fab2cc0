import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.evaluation.explain import explain_report
from locomotion_analysis.simulation import simulate

CHANNELS = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]


@pytest.fixture(scope="module")
def walks():
    data = simulate(
        n_subjects=12, n_cycles=2, tasks=["level_walking"], pathologies=["healthy", "stroke"]
    )
    others = [name for name in data.channels if name not in CHANNELS]
    return LocomotionData.from_dataframe(data.dataframe.drop(columns=others))


def test_the_page_stands_on_its_own(walks, flattened, tmp_path):
    found = explain_report(
        walks,
        "pathology",
        tmp_path / "explain.html",
        model="linear",
        sequence_model=flattened,
        features=["kinematic"],
        clinical=["age"],
        n_splits=3,
        n_repeats=1,
    )
    page = found.path.read_text(encoding="utf-8")
    assert "SIMULATED DATA" in page
    assert 'src="http' not in page
    assert "<script" not in page
    for words in (
        "By joint",
        "By measurement",
        "By phase",
        "On the gait cycle",
        "Clinical variables",
    ):
        assert f">{words}</h2>" in page
    assert [each.variable for each in found.dependence] == ["age"]


def test_a_folder_is_no_page(walks, tmp_path):
    with pytest.raises(FileReadError, match="folder"):
        explain_report(walks, "pathology", tmp_path)

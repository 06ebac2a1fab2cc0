"""Joint curves of a file against a model's: the figures by hand, the page, what cannot be compared."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.cli import main
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.plots import joint_differences, write_joint_comparison

KNEE, MOMENT, FORCE = (
    "knee_flexion_angle_ipsi_rad",
    "knee_flexion_moment_ipsi_Nm_kg",
    "grf_vertical_ipsi_BW",
)


def cycles(knee, moment, steps=(1, 2)):
    table = pd.DataFrame(
        {"dataset": "d", "subject": "P1", "task": "level_walking", "task_id": "1", "step": steps}
    )
    block = np.stack(
        [np.tile(curve, (len(steps), 1)) for curve in (knee, moment, np.ones(150))], axis=0
    )
    return LocomotionData(table, block.astype(np.float32), (KNEE, MOMENT, FORCE))


WAVE = np.sin(np.linspace(0, 2 * np.pi, 150, endpoint=False))


def test_differences_are_of_the_same_cycles_in_the_units_that_people_read():
    given = cycles(0.5 * WAVE, 2.0 * WAVE, steps=(1, 2, 3))
    computed = cycles(0.5 * WAVE + 0.1 + 2 * np.pi, 2.2 * WAVE, steps=(3, 2, 7))
    table = joint_differences(given, computed).set_index("channel")
    assert list(table.index) == [KNEE, MOMENT]
    assert table["cycles"].tolist() == [2, 2]
    knee, moment = table.loc[KNEE], table.loc[MOMENT]
    assert knee["unit"] == "°"
    for name in ("mean", "rms", "largest"):
        assert knee[name] == pytest.approx(np.degrees(0.1), rel=1e-3)
    assert moment["rms"] == pytest.approx(0.2 / np.sqrt(2), rel=1e-3)
    assert moment["percent"] == pytest.approx(10 / np.sqrt(2), rel=1e-2)
    with pytest.raises(SchemaError, match="none in common"):
        joint_differences(given, cycles(WAVE, WAVE, steps=(8, 9)))
    with pytest.raises(SchemaError, match="none in common"):
        joint_differences(given, cycles(np.full(150, np.nan), np.full(150, np.nan)))


def test_the_page_says_what_differs_most_and_the_table_lies_beside(tmp_path):
    given = cycles(0.5 * WAVE, 2.0 * WAVE)
    computed = cycles(0.5 * WAVE + 0.1, 2.0 * WAVE)
    table = write_joint_comparison(given, computed, tmp_path / "out", "a model")
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Angles differ by 5.7° (RMS) at most: Knee flexion." in page
    assert "Moments and powers differ by less than 0.001 % of their peak" in page
    read = pd.read_csv(tmp_path / "out" / "differences.csv")
    pd.testing.assert_frame_equal(read, table)


@pytest.mark.slow
def test_convert_compares_plug_in_gait_with_the_same_from_markers(shared_data, tmp_path):
    walk = shared_data / "raw" / "c3d_plugin_gait" / "HC030A05.c3d"
    words = ["convert", walk, "--out", tmp_path / "a.parquet", "--compare", tmp_path]
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert ended.value.code == 0
    table = pd.read_csv(tmp_path / "differences.csv").set_index("channel")
    assert table.loc[table["unit"] == "°", "rms"].max() < 0.01
    assert table.loc[table["unit"] == "Nm/kg", "percent"].max() < 2.1

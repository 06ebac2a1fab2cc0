"""Numbers that stand for a missing value, in every kind of table."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.columns import refuse_missing_codes
from locomotion_analysis.data.feature_tables import read_rows
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import ColumnMap, convert, read_subjects
from locomotion_analysis.simulation import simulate


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([61.0, -999.0, 58.5], "-999"),
        ([0.1, -99.0, 3.0, np.nan], "-99"),
        ([-120.0, -9999.0, 130.0, -9999.0], "-9999"),
        ([25.0, 99999.0], "99999"),
        ([-999.0, -9999.0, 1.0], "-9999"),
    ],
)
def test_a_code_far_from_all_measured_values_is_refused(values, code):
    with pytest.raises(SchemaError, match=f"got: {code} "):
        refuse_missing_codes(np.array(values), "x")


@pytest.mark.parametrize(
    "values",
    [
        [],
        [np.nan, np.nan],
        [-999.0, -800.0, 300.0],  # moments in Nmm
        [-99.0, -40.0, 10.0],
        [-99.0, 60.0],
        [9999.0, 8000.0, 12000.0],
        [-999.0],
        [-998.0, 1.0],
    ],
)
def test_numbers_that_may_have_been_measured_are_not(values):
    refuse_missing_codes(np.array(values), "x")


def test_codes_in_curves_of_a_table_are_refused(tmp_path):
    frame = simulate(2, 1, ["level_walking"], ["healthy"], seed=1).dataframe
    channel = "knee_flexion_angle_ipsi_rad"
    frame[channel] = frame[channel].astype(float)
    frame.loc[7, channel] = -999.0
    path = tmp_path / "long.csv"
    frame.to_csv(path, index=False)
    for read in (LocomotionData.from_csv, lambda p: LocomotionData.from_dataframe(pd.read_csv(p))):
        with pytest.raises(SchemaError, match=f"{channel}.*\n.*-999 "):
            read(path)


def test_codes_in_columns_of_features_and_people_are_refused(tmp_path):
    path = tmp_path / "features.csv"
    path.write_text("subject,target,rom\n" + "".join(f"S{k},{k % 2},{60 + k}\n" for k in range(9)))
    assert len(read_rows(path)) == 9
    path.write_text(path.read_text().replace("64", "-9999"))
    with pytest.raises(SchemaError, match="column rom"):
        read_rows(path)
    people = tmp_path / "people.csv"
    people.write_text("subject;updrs\nA;20\nB;-999\nC;31\n")
    with pytest.raises(SchemaError, match="column updrs"):
        read_subjects(people)


def test_codes_in_recordings_are_refused(tmp_path):
    time = np.arange(400) / 100
    knee = 30.0 - 30.0 * np.cos(2 * np.pi * time)
    knee[100:110] = -9999.0
    table = tmp_path / "walk.mot"
    rows = "\n".join(f"{t:.2f}\t{k:.4f}" for t, k in zip(time, knee, strict=True))
    table.write_text(f"walk\ninDegrees=yes\nendheader\ntime\tknee_angle_r\n{rows}\n")
    with pytest.raises(SchemaError, match=r"(?s)knee_angle_r.*-9999 \(10 of 400\)"):
        convert([table])
    csv = tmp_path / "walk.csv"
    pd.DataFrame({"t": time, "knee": knee}).to_csv(csv, index=False)
    text = (
        "layout: time_series\ntime: {column: t, unit: s}\n"
        "channels:\n  knee_flexion_angle_right_rad: {column: knee, unit: deg}\n"
        "recording: {subject: S1}\n"
    )
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(SchemaError, match="got: -9999"):
        convert([csv], column_map=ColumnMap.from_yaml(tmp_path / "map.yaml"))

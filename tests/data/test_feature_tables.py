"""Tables of features, told from gait cycles by their columns."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data.feature_tables import read_rows
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.simulation import simulate


@pytest.fixture
def table():
    """Return three people of two trials each; one has a name of digits."""
    return pd.DataFrame(
        {"patient": ["007", "007", "b", "b", "c", "c"], "knee_rom_deg": [61.0, 62, 48, 47, 55, 54]}
    )


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_is_read_and_says_what_was_assumed(table, tmp_path, ending):
    path = tmp_path / f"own.{ending}"
    table.to_csv(path, index=False) if ending == "csv" else table.to_parquet(path)
    data = read_rows(path, "patient")
    assert data.channels == ()
    assert data.cycles["subject"].tolist() == table["patient"].tolist()
    assert data.cycles["knee_rom_deg"].tolist() == table["knee_rom_deg"].tolist()
    assert data.cycles["step"].tolist() == [1, 2] * 3
    told = [str(entry) for entry in data.history]
    assert "renamed: column patient -> subject" in told
    assert any("step = number of the row" in text for text in told)


def test_a_folder_of_both_kinds_is_refused(table, tmp_path):
    data = simulate(n_subjects=2, n_cycles=2, tasks=["level_walking"])
    (tmp_path / "study").mkdir()
    data.to_parquet(tmp_path / "walk.parquet")
    table.to_parquet(tmp_path / "study" / "features.parquet")
    with pytest.raises(
        SchemaError, match=r"curves in walk\.parquet, none in study/features"
    ) as error:
        read_rows(tmp_path, "patient")
    assert str(tmp_path / "walk.parquet") in error.value.fix
    table.to_parquet(tmp_path / "study" / "more.parquet")
    assert len(read_rows(tmp_path / "study", "patient")) == 2 * len(table)


def test_gait_cycles_are_read_as_such(tmp_path):
    data = simulate(n_subjects=2, n_cycles=2, tasks=["level_walking"])
    data.to_parquet(tmp_path / "walk.parquet")
    data.to_csv(tmp_path / "walk.csv")
    for name in ("walk.parquet", "walk.csv"):
        assert read_rows(tmp_path / name).channels == data.channels
    with pytest.raises(SchemaError, match="leave --subject-column out"):
        read_rows(tmp_path / "walk.csv", "patient")


@pytest.mark.parametrize("name", ["subject_id", "SUBJECT_ID", "Participant"])
def test_usual_names_of_subjects_are_known(table, name):
    data = LocomotionData.from_features(table.rename(columns={"patient": name}))
    assert data.cycles["subject"].nunique() == 3


def test_without_a_column_of_subjects_those_it_may_be_are_named(table, tmp_path):
    with pytest.raises(SchemaError, match="did you mean --subject-column patient"):
        LocomotionData.from_features(table)
    with pytest.raises(SchemaError, match="did you mean patient"):
        LocomotionData.from_features(table, "Pateint")
    table.rename(columns={"patient": "time"}).to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(SchemaError, match="recording over time"):
        read_rows(tmp_path / "own.csv")


def test_another_column_called_subject_is_left_out_and_told(table):
    data = LocomotionData.from_features(table.assign(subject=range(6)), "patient")
    assert data.cycles["subject"].nunique() == 3
    assert any("subjects are in patient" in str(entry) for entry in data.history)


def test_whole_numbers_stay_names_although_one_is_missing(tmp_path):
    (tmp_path / "own.csv").write_text("subject_code,rom\n1,60\n,61\n2,50\n")
    with pytest.raises(SchemaError, match="a value of subject for every cycle"):
        read_rows(tmp_path / "own.csv", "subject_code")
    frame = pd.DataFrame({"person": [1.0, 2.0, 2.0], "rom": [1.5, 2.5, 3.5]})
    assert LocomotionData.from_features(frame, "person").cycles["subject"].tolist() == [
        *("1", "2", "2")
    ]


def test_steps_that_repeat_are_numbered_anew(table):
    data = LocomotionData.from_features(table.assign(step=1), "patient")
    assert data.cycles["step"].tolist() == [1, 2] * 3
    assert any("it repeats itself" in str(entry) for entry in data.history)


def test_what_is_no_such_table_is_refused(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("subject,knee,knee\na,1,2\n")
    with pytest.raises(SchemaError, match="knee more than once"):
        read_rows(path)
    path.write_text("subject,knee\na,1\nb\n")
    with pytest.raises(FileReadError, match="as many values in each row"):
        read_rows(path)
    path.write_text("subject,knee\n")
    with pytest.raises(SchemaError, match="at least one row"):
        read_rows(path)


@pytest.mark.parametrize(
    ("delimiter", "decimal"), [(";", ","), (";", "."), ("\t", ","), ("\t", ".")]
)
def test_the_header_tells_what_stands_between_columns(delimiter, decimal, tmp_path):
    frame = pd.DataFrame(
        {"subject": ["007", "b"], "speed [m/s, mean]": [1.247, 0.5], "cadence": [105.6, np.nan]}
    )
    frame.to_csv(tmp_path / "plain.csv", index=False)
    frame.to_csv(tmp_path / "other.csv", index=False, sep=delimiter, decimal=decimal)
    plain, other = (read_rows(tmp_path / name).cycles for name in ("plain.csv", "other.csv"))
    pd.testing.assert_frame_equal(
        other.drop(columns="dataset"), plain.drop(columns="dataset"), check_exact=True
    )
    assert other["subject"].tolist() == ["007", "b"]


@pytest.mark.parametrize("rows", ["a;1,234\nb;2,345", "a;1,5\nb;2.5"])
def test_a_comma_that_may_be_another_mark_is_never_a_decimal_one(rows, tmp_path):
    path = tmp_path / "open.csv"
    path.write_text(f"subject;score\n{rows}\n")
    assert not pd.api.types.is_numeric_dtype(read_rows(path).cycles["score"])


def test_points_of_curves_are_no_rows_of_features(tmp_path):
    points = pd.DataFrame(
        {
            "subject": np.repeat(["a", "b", "c"], 51),
            "percent": np.tile(np.linspace(0, 100, 51), 3),
            "knee": np.arange(153.0),
        }
    )
    for scale in (1.0, 0.01):
        points.assign(percent=points["percent"] * scale).to_csv(tmp_path / "own.csv", index=False)
        with pytest.raises(SchemaError, match="column percent runs from 0 to") as caught:
            read_rows(tmp_path / "own.csv")
        assert "--write-map" in caught.value.fix
    strides = points.rename(columns={"percent": "stride"})
    strides.to_csv(tmp_path / "own.csv", index=False)
    assert len(read_rows(tmp_path / "own.csv")) == 153


def test_cycles_without_curves_are_read_again_and_tables_of_others_are_not(table, tmp_path):
    data = LocomotionData.from_features(table, "patient")
    data.to_parquet(tmp_path / "own.parquet")
    again = LocomotionData.from_parquet(tmp_path / "own.parquet")
    pd.testing.assert_frame_equal(again.cycles, data.cycles)
    assert again.block.shape == (0, 6, 150)
    data.cycles.to_parquet(tmp_path / "others.parquet")
    with pytest.raises(SchemaError, match="at least one channel"):
        LocomotionData.from_parquet(tmp_path / "others.parquet")
    assert np.array_equal(read_rows(tmp_path / "others.parquet").groups, data.groups)

"""Which columns of a table of features may be learned from."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.features.given import columns_to_learn_from


@pytest.fixture
def table():
    """Six people of three trials, three of them ill."""
    rng = np.random.default_rng(0)
    people = np.repeat([f"P{number}" for number in range(6)], 3)
    return pd.DataFrame(
        {
            "subject": people,
            "ill": np.repeat(["no", "no", "no", "yes", "yes", "yes"], 3),
            "knee_rom_deg": rng.normal(60, 5, 18),
            "steps": np.tile([11, 14, 14], 6),
            "braced": np.tile([True, False, False], 6),
        }
    )


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("lab", ["A"] * 18, "one value in every row"),
        ("temperature", [21.5] * 18, "one value in every row"),
        ("note", [None] * 18, "no row has a value"),
        ("TRIAL_ID", range(900, 936, 2), "the name of a row, trial or session"),
        ("SessionID", ["a", "b", "c"] * 6, "the name of a row, trial or session"),
        ("file", [f"{number}.c3d" for number in range(18)], "the name of a row"),
        ("recorded_as", [f"x{number}" for number in range(18)], "differs in every row"),
        ("position", range(18), "the number of the row"),
        ("participant_number", np.repeat(range(1, 7), 3), "the number of the subject"),
        ("initials", np.repeat(list("abcdef"), 3), "another name of the subject"),
        ("Sex", ["male", "female", "male"] * 6, "to compare groups of people"),
        ("diagnosis", np.repeat(["none", "knee", "hip"], [9, 4, 5]), "one value of ill"),
        ("day", pd.date_range("2020-01-01", periods=18), "a date or time"),
    ],
)
def test_what_tells_rows_people_or_the_target_is_left_out_and_why(table, name, values, reason):
    columns, left_out = columns_to_learn_from(table.assign(**{name: list(values)}), "ill")
    assert columns == ["knee_rom_deg", "steps", "braced"]
    assert [each.name for each in left_out] == [name]
    assert reason in left_out[0].reason


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("age", [61, 64, 70, 58, 55, 49]),  # of each person another, but no numbering
        ("height_m", [1.61, 1.7, 1.81, 1.66, 1.59, 1.9]),
        ("device_grade", [1, 2, 2, 3, 3, 1]),
    ],
)
def test_measures_of_people_are_kept(table, name, values):
    columns, left_out = columns_to_learn_from(table.assign(**{name: np.repeat(values, 3)}), "ill")
    assert name in columns
    assert not left_out


def test_text_that_may_be_a_measure_is_refused(table):
    with pytest.raises(SchemaError, match="column shoe") as refused:
        columns_to_learn_from(table.assign(shoe=["own", "lab", "lab"] * 6), "ill")
    assert "get_dummies" in str(refused.value)
    chosen, _ = columns_to_learn_from(
        table.assign(shoe=["own", "lab", "lab"] * 6), "ill", ["knee_rom_deg"]
    )
    assert chosen == ["knee_rom_deg"]


def test_numbers_with_a_decimal_comma_are_refused_though_they_differ_in_every_row(table):
    comma = [f"1,{number:02d}" for number in range(18)]
    with pytest.raises(SchemaError, match="'1,00' in row 1"):
        columns_to_learn_from(table.assign(step_length_m=comma), "ill")
    one = ["0.5"] * 7 + ["n/k"] + [f"0.{number}" for number in range(10)]
    with pytest.raises(SchemaError, match=r"'n/k' in row 8 \(1 of 18"):
        columns_to_learn_from(table.assign(step_length_m=one), "ill")


def test_an_unknown_column_is_answered_with_those_like_it(table):
    with pytest.raises(SchemaError, match="did you mean knee_rom_deg"):
        columns_to_learn_from(table, "ill", ["knee_rom"])


def test_features_of_a_table_are_its_columns(table):
    data = LocomotionData.from_features(table.assign(trial=range(18)))
    with pytest.warns(LocomotionWarning, match="trial"):
        X, y = data.prepare_ml_features("ill")
    assert list(X) == ["knee_rom_deg", "steps", "braced"]
    np.testing.assert_array_equal(X["knee_rom_deg"], table["knee_rom_deg"])
    np.testing.assert_array_equal(X["braced"], table["braced"].astype(float))
    np.testing.assert_array_equal(X.index.get_level_values("subject"), table["subject"])
    assert y.tolist() == table["ill"].tolist()

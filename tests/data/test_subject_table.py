import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import subject_table
from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.simulation import simulate


def changed(data, **columns):
    return LocomotionData(data.cycles.assign(**columns), data.block, data.channels)


def test_one_row_a_subject_with_its_own_columns(data):
    table = subject_table(data).set_index("subject")
    assert table.index.tolist() == ["S1", "S2"]
    assert table["age"].tolist() == [30.0, 60.0]
    assert table["pathology"].tolist() == ["healthy", "stroke"]
    assert table["tasks"].tolist() == ["level_walking, stair_ascent"] * 2
    assert table[["trials", "cycles"]].to_numpy().tolist() == [[2, 4], [2, 4]]
    assert table["conflicts"].eq("").all()
    assert "affected" not in table  # changes from cycle to cycle


def test_columns_of_a_cycle_stay_out_and_those_of_a_subject_come_along():
    table = subject_table(simulate(n_subjects=3, n_cycles=3, tasks=["level_walking"]))
    assert {"height_m", "leg_length_m", "affected_side", "simulated"} <= set(table)
    assert not {"cycle_duration_s", "speed_m_s", "side"} & set(table)


def test_conflicting_values_are_named_and_left_missing(data):
    odd = changed(data, age=[30.0, 31.0, 30.0, 30.0, *[60.0] * 4])
    with pytest.warns(LocomotionWarning, match=r"1 of 2 subjects .* S1 \(age: 30\.0, 31\.0\)"):
        table = subject_table(odd)
    assert table["conflicts"].tolist() == ["age: 30.0, 31.0", ""]
    assert pd.isna(table["age"][0])
    assert table["age"][1] == 60.0


def test_a_missing_value_beside_a_known_one_is_no_conflict(data):
    table = subject_table(changed(data, sex=["female", *[None] * 3, *["male"] * 4]))
    assert table["sex"].tolist() == ["female", "male"]
    assert table["conflicts"].eq("").all()


def test_one_name_in_two_datasets_is_two_rows(data):
    both = LocomotionData.concat([data, changed(data, dataset="clinic", age=50.0)])
    table = subject_table(both)
    assert table[["dataset", "subject", "age"]].to_numpy().tolist() == [
        ["lab", "S1", 30.0],
        ["lab", "S2", 60.0],
        ["clinic", "S1", 50.0],
        ["clinic", "S2", 50.0],
    ]


def test_values_of_several_kinds_are_no_obstacle(data):
    odd = changed(data, sex=[1, "female", None, None, *["male"] * 4], empty=None)
    with pytest.warns(LocomotionWarning, match=r"sex: 1, female"):
        table = subject_table(odd)
    assert table["empty"].isna().all()

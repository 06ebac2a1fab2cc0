"""Subjects and cycles counted, and datasets of different people joined."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import (
    HistoryEntry,
    class_balance,
    describe,
    merge_datasets,
    subject_table,
)
from locomotion_analysis.errors import LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.simulation import simulate


def test_subjects_and_cycles_of_each_class(data):
    kept = data.take([0, 1, 2, 3, 4, 5])  # all four cycles of S1 (healthy), two of S2 (stroke)
    balance = class_balance(kept, "pathology")
    rows = balance.table[["subjects", "cycles", "cycles_per_subject"]]
    assert rows.loc["healthy"].tolist() == [1, 4, 4]
    assert rows.loc["stroke"].tolist() == [1, 2, 2]
    assert balance.subject_imbalance == 1.0
    assert balance.cycle_imbalance == 2.0
    assert balance.majority_percent == pytest.approx(100 * 4 / 6)
    assert balance.shared_subjects == balance.unlabelled_cycles == 0


def test_shares_of_subjects_add_up_where_each_has_one_class():
    data = simulate(n_subjects=7, n_cycles=1, tasks=["level_walking"])
    table = class_balance(data, "pathology").table
    assert table["subjects"].tolist() == [3, 2, 2]
    assert table[["subjects_percent", "cycles_percent"]].sum().tolist() == pytest.approx([100, 100])


def test_subjects_of_several_classes_are_counted(data):
    assert class_balance(data, "task").shared_subjects == 2


def test_cycles_without_a_class_are_counted_apart(data):
    cycles = data.cycles.assign(pathology=["healthy", *[None] * 3, *["stroke"] * 4])
    balance = class_balance(LocomotionData(cycles, data.block, data.channels), "pathology")
    assert balance.unlabelled_cycles == 3
    assert balance.table["cycles"].sum() == 5


@pytest.mark.parametrize("by", ["colour", "empty"])
def test_a_column_without_classes_is_refused(data, by):
    odd = LocomotionData(data.cycles.assign(empty=None), data.block, data.channels)
    with pytest.raises(TargetError, match=by):
        class_balance(odd, by)


@pytest.fixture
def described(data):
    return describe(data)


def test_every_cycle_is_counted_once_a_column(described):
    by_column = described.counts.groupby("column", sort=False)
    assert list(by_column.groups) == ["dataset", "task", "pathology"]
    assert by_column["cycles"].sum().eq(8).all()
    assert by_column["cycles_percent"].sum().tolist() == pytest.approx([100.0] * 3)


def test_counts_tell_subjects_trials_and_cycles_apart(described):
    rows = described.counts.set_index(["column", "value"])[["subjects", "trials", "cycles"]]
    assert rows.loc[("dataset", "lab")].tolist() == [2, 4, 8]
    assert rows.loc[("task", "stair_ascent")].tolist() == [2, 2, 4]
    assert rows.loc[("pathology", "stroke")].tolist() == [1, 2, 4]


def test_one_name_in_two_datasets_is_two_subjects(data):
    other = LocomotionData(data.cycles.assign(dataset="clinic"), data.block, data.channels)
    both = describe(LocomotionData.concat([data, other]), by=["task"]).counts
    assert both["subjects"].tolist() == [4, 4]


def test_a_missing_value_has_a_row_of_its_own(data):
    cycles = data.cycles.assign(pathology=["healthy", None, None, *["stroke"] * 5])
    counts = describe(LocomotionData(cycles, data.block, data.channels), by=["pathology"]).counts
    assert counts["cycles"].tolist() == [5, 2, 1]
    assert pd.isna(counts["value"][1])


def test_channels_are_measured_throughout_in_part_or_not_at_all(data):
    block = data.block.copy()
    block[0, :4] = np.nan  # all of subject S1
    block[0, 4, 10:20] = np.nan
    channels = describe(LocomotionData(data.cycles, block, data.channels)).channels
    first = channels.iloc[0]
    assert first["unit"] == "rad"
    percents = ["measured_percent", "partly_percent", "absent_percent"]
    assert first[percents].tolist() == [37.5, 12.5, 50.0]
    assert channels["subjects"].tolist() == [1, 2, 2]


def test_an_unknown_column_is_refused(data):
    with pytest.raises(SchemaError, match="'colour'"):
        describe(data, by=["task", "colour"])


def test_nothing_has_no_shares(data):
    nothing = data.take([])
    assert nothing.missing().isna().all()
    described = describe(nothing)
    assert described.counts.empty
    assert described.channels["measured_percent"].isna().all()


@pytest.fixture
def lab(data):
    return data.with_history(HistoryEntry("dropped", "standing trials", 2))


@pytest.fixture
def clinic(data):
    """The same subject names and steps, another place, one other channel, no age."""
    cycles = data.cycles.assign(dataset="clinic").drop(columns=["age"])[:4]
    return LocomotionData(
        cycles,
        np.full((1, 4, 150), 2.0),
        ["hip_power_ipsi_W_kg"],
        [HistoryEntry("converted", "deg to rad")],
    )


def text_of(data):
    return [str(entry) for entry in data.history]


def test_cycles_and_curves_stay_what_they_were(lab, clinic):
    both = merge_datasets([lab, clinic])
    assert both.cycles["dataset"].tolist() == ["lab"] * 8 + ["clinic"] * 4
    np.testing.assert_array_equal(both.array(lab.channels)[:8], lab.array())
    np.testing.assert_array_equal(both.curves("hip_power_ipsi_W_kg")[8:], 2.0)
    assert np.isnan(both.array(lab.channels)[8:]).all()
    assert both.cycles["age"].isna().tolist() == [False] * 8 + [True] * 4


def test_one_name_in_two_datasets_stays_two_people(lab, clinic):
    both = merge_datasets([lab, clinic])
    assert sorted(set(both.groups)) == ["S2", "clinic/S1", "lab/S1"]
    assert any("subject -> dataset/subject, 1 names" in text for text in text_of(both))


def test_names_that_are_not_shared_stay_as_they_are(lab, clinic):
    other = LocomotionData(clinic.cycles.assign(subject="P1"), clinic.block, clinic.channels)
    both = merge_datasets([lab, other])
    assert sorted(set(both.groups)) == ["P1", "S1", "S2"]
    assert not any(entry.action == "renamed" for entry in both.history)


def test_each_history_is_kept_and_attributed(lab, clinic):
    told = text_of(merge_datasets([lab, clinic]))
    assert "dropped: lab: standing trials (2)" in told
    assert "converted: clinic: deg to rad" in told
    assert told[-1] == "merged: datasets lab, clinic (12)"


def test_what_a_dataset_lacks_is_recorded(lab, clinic):
    told = "\n".join(text_of(merge_datasets([lab, clinic])))
    assert f"filled: clinic: no such channels, NaN: {', '.join(lab.channels)} (4)" in told
    assert "filled: clinic: no such columns, missing: age (4)" in told
    assert "filled: lab: no such channels, NaN: hip_power_ipsi_W_kg (8)" in told


def test_a_mapping_names_the_datasets(lab):
    both = merge_datasets({"first": lab, "second": lab})
    assert both.cycles["dataset"].unique().tolist() == ["first", "second"]
    assert "renamed: dataset lab -> second (8)" in text_of(both)
    assert len(set(both.groups)) == 4


def test_two_of_one_name_keep_their_histories_apart(lab):
    others = LocomotionData(
        lab.cycles.assign(subject=lab.cycles["subject"] + "b"),
        lab.block,
        lab.channels,
        [HistoryEntry("dropped", "a trial")],
    )
    both = merge_datasets([lab, others])
    assert set(both.groups) == {"S1", "S2", "S1b", "S2b"}
    assert "dropped: lab (no. 2): a trial" in text_of(both)


def test_people_of_one_name_in_datasets_of_one_name_are_never_one_by_accident(lab):
    """Two laboratories' walk.parquet: the steps differ, so no key says that they are two."""
    other = LocomotionData(lab.cycles.assign(step=lab.cycles["step"] + 10), lab.block, lab.channels)
    with pytest.raises(SchemaError, match="2 subjects in several datasets of one name"):
        merge_datasets([lab, other])
    assert len(set(merge_datasets({"here": lab, "there": other}).groups)) == 4
    as_pieces = LocomotionData.concat([lab, other])
    assert len(set(as_pieces.groups)) == 2
    assert "one person in several: S1, S2" in text_of(as_pieces)[-1]


def test_two_laboratories_under_one_new_name_stay_two(lab, clinic):
    """The new name of a dataset that holds two laboratories does not make their S1 one person."""
    region = LocomotionData.concat(
        [
            lab,
            LocomotionData(
                clinic.cycles.assign(step=clinic.cycles["step"] + 10), clinic.block, clinic.channels
            ),
        ]
    )
    merged = merge_datasets({"region": region, "other": lab})
    people = {"lab/S1", "clinic/S1", "region/S2", "other/S2", "S1"}
    assert set(merged.groups) == people


def test_the_merged_data_survive_a_file(lab, clinic, tmp_path):
    both = merge_datasets(
        [lab, LocomotionData(clinic.cycles.drop(columns="affected"), clinic.block, clinic.channels)]
    )
    both.to_parquet(tmp_path / "both.parquet")
    again = LocomotionData.from_parquet(tmp_path / "both.parquet")
    assert again.history == both.history
    assert again.cycles["affected"][:8].tolist() == lab.cycles["affected"].tolist()
    assert again.cycles["affected"][8:].isna().all()
    np.testing.assert_array_equal(again.block, both.block)


def test_a_column_of_two_kinds_is_refused(lab, clinic):
    odd = LocomotionData(clinic.cycles.assign(age="adult"), clinic.block, clinic.channels)
    with pytest.raises(SchemaError, match="numbers in lab, text in clinic"):
        merge_datasets([lab, odd])


def test_truth_values_with_gaps_are_no_other_kind(lab, clinic):
    gaps = pd.Series([True, None, None, False], dtype=object)
    odd = LocomotionData(clinic.cycles.assign(affected=gaps), clinic.block, clinic.channels)
    assert merge_datasets([lab, odd]).cycles["affected"][8:].tolist()[0] is True


def test_a_name_that_is_taken_is_refused(lab, clinic):
    odd = LocomotionData(
        clinic.cycles.assign(subject=["S1", "S1", "lab/S1", "lab/S1"]),
        clinic.block,
        clinic.channels,
    )
    with pytest.raises(SchemaError, match="already named lab/S1"):
        merge_datasets([lab, odd])


@pytest.mark.parametrize("number", [0, 1])
def test_fewer_than_two_are_refused(lab, number):
    with pytest.raises(SchemaError, match="at least two datasets"):
        merge_datasets([lab] * number)


def test_plain_concatenation_says_that_a_shared_name_is_one_person(lab, clinic):
    told = text_of(LocomotionData.concat([lab, clinic]))
    assert any("(S1); merge_datasets tells them apart" in text for text in told)
    told = text_of(merge_datasets([lab, clinic]))
    assert not any("tells them apart" in text for text in told)


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

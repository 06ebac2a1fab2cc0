import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import HistoryEntry, merge_datasets
from locomotion_analysis.errors import SchemaError


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

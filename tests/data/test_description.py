import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import describe
from locomotion_analysis.errors import SchemaError


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

"""Subjects count once, gaps are left out by name, and nothing vanishes in silence."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.unsupervised import curve_units

KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


def _with(data, **columns):
    return LocomotionData(data.cycles.assign(**columns), data.block, data.channels)


def _block(data, change):
    block = data.block.copy()
    change(block)
    return LocomotionData(data.cycles, block, data.channels)


def test_a_subject_is_the_mean_of_its_cycles(two_kinds):
    units = curve_units(two_kinds, [HIP])
    own = two_kinds.curves(HIP)[two_kinds.groups == "S04"]
    place = units.subjects.tolist().index("S04")
    np.testing.assert_allclose(units.curves[place, :, 0], own.mean(axis=0), rtol=1e-5)
    assert units.n_subjects == 20
    assert units.table["cycles"].tolist() == [3] * 20


def test_cycles_are_units_where_asked(two_kinds):
    units = curve_units(two_kinds, by="cycle")
    assert units.curves.shape == (60, 150, 2)
    assert units.subjects.tolist() == two_kinds.groups.tolist()


def test_numbers_are_averaged_and_changing_texts_missing(two_kinds):
    side = np.where(two_kinds.cycles["subject"] == "S00", ["left", "right", "left"] * 20, "left")
    data = _with(two_kinds, speed_m_s=np.tile([1.0, 1.1, 1.2], 20), side=side)
    table = curve_units(data).table
    np.testing.assert_allclose(table["speed_m_s"], 1.1)
    assert pd.isna(table["side"].iloc[0])
    assert (table["side"].iloc[1:] == "left").all()


def test_cycles_with_gaps_are_left_out_by_name(two_kinds):
    def cut(block):
        block[0, 4, 10] = np.nan
        block[1, 6:9] = np.nan

    units = curve_units(_block(two_kinds, cut))
    left_out = units.left_out
    assert left_out["subject"].tolist() == ["S01", "S02", "S02", "S02"]
    assert left_out["reason"].iloc[0] == f"gaps in {KNEE}"
    assert units.n_subjects == 19
    assert "no cycle is left of S02" in units.history[-1].detail
    assert units.history[-1].count == 4


def test_a_channel_mostly_missing_is_not_chosen_and_said_so(two_kinds):
    def cut(block):
        block[1, 10:] = np.nan

    units = curve_units(_block(two_kinds, cut))
    assert units.channels == (KNEE,)
    assert any(HIP in entry.detail and "gaps" in entry.detail for entry in units.history)


def test_a_constant_channel_is_not_chosen_and_said_so(two_kinds):
    def flatten(block):
        block[1] = 0.5

    units = curve_units(_block(two_kinds, flatten))
    assert units.channels == (KNEE,)
    assert any("the same curve" in entry.detail for entry in units.history)


def test_subjects_are_compared_in_one_task(two_kinds):
    task = np.where(two_kinds.cycles["step"] == 2, "run", "level_walking")
    data = _with(two_kinds.select(where="subject != 'S00'"), task=task[3:])
    units = curve_units(data)
    assert set(units.data.cycles["task"]) == {"level_walking"}
    assert units.history[0].count == 19
    assert "run" in units.history[0].detail
    assert set(curve_units(data, task="run").data.cycles["task"]) == {"run"}
    assert len(curve_units(data, by="cycle").data) == 57


def test_same_name_in_two_datasets_is_two_people(two_kinds):
    other = _with(two_kinds, dataset="other")
    units = curve_units(LocomotionData.concat([two_kinds, other]))
    assert units.n_subjects == 40


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"channels": ["knee_flexion_angle_ipsi_red"]}, "red"),
        ({"channels": []}, "a list of channels"),
        ({"by": "leg"}, "leg"),
        ({"task": "moonwalk"}, "moonwalk"),
    ],
)
def test_unknown_names_are_refused(two_kinds, arguments, words):
    with pytest.raises(SchemaError, match=words):
        curve_units(two_kinds, **arguments)


def test_two_people_are_no_groups(two_kinds):
    with pytest.raises(SchemaError, match="at least three subjects"):
        curve_units(two_kinds.select(subject=["S00", "S01"]))


def test_nothing_without_gaps_is_refused(two_kinds):
    def cut(block):
        block[:, :, 3] = np.nan

    with pytest.raises(SchemaError, match=KNEE):
        curve_units(_block(two_kinds, cut), [KNEE])

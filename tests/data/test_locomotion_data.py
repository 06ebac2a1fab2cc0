import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.columns import numbered
from locomotion_analysis.errors import DuplicateCycleError, SchemaError
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import KEY


def test_curves_are_read_only_views_of_one_block(data):
    knee = data.curves("knee_flexion_angle_ipsi_rad")
    assert knee.shape == (8, 150)
    assert knee.base is not None
    assert np.shares_memory(knee, data.block)
    assert data.block.flags["C_CONTIGUOUS"]
    assert data.block.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        knee[0, 0] = 1.0


def test_changing_the_cycles_frame_changes_nothing_inside(data):
    frame = data.cycles
    frame.loc[0, "age"] = -1.0
    assert data.cycles.loc[0, "age"] == 30.0


def test_array_is_cycle_phase_channel(data):
    names = ["grf_vertical_ipsi_BW", "knee_flexion_angle_ipsi_rad"]
    array = data.array(names)
    assert array.shape == (8, 150, 2)
    np.testing.assert_array_equal(array[5, :, 1], data.curves(names[1])[5])
    assert data.array().shape == (8, 150, 3)


def test_aliases_of_a_channel_are_understood_and_others_answered_with_near_names(data):
    np.testing.assert_array_equal(
        data.curves("vertical_grf_ipsi_BW"), data.curves("grf_vertical_ipsi_BW")
    )
    with pytest.raises(SchemaError, match="did you mean knee_flexion_angle_ipsi_rad"):
        data.curves("knee_flexion_angle_ipsi")


def test_short_names_are_of_the_angle_and_the_ipsilateral_leg():
    data = simulate(n_subjects=2, n_cycles=2, tasks=["level_walking"])
    knee = "knee_flexion_angle_ipsi_rad"
    assert data.channel("knee_flexion") == knee
    np.testing.assert_array_equal(data["knee_flexion"], data.curves(knee))
    assert data["subject"].equals(data.cycles["subject"])
    assert data.channel("grf_vertical") == "grf_vertical_ipsi_BW"
    for name in ("knee", "grf", "knee_flexoin"):
        with pytest.raises(SchemaError, match="did you mean"):
            data[name]
    with pytest.raises(SchemaError, match=f"did you mean {knee}"):
        data.curves("knee_flexion")


def test_what_other_libraries_read_is_the_same_data(tmp_path):
    data = simulate(2, 2, ["run"], ["healthy"])
    data.to_csv(tmp_path / "run.csv")
    again = LocomotionData.from_csv(tmp_path / "run.csv")
    np.testing.assert_allclose(again.block, data.block, rtol=1e-6)
    assert list(again.groups) == list(data.groups)
    pytest.importorskip("xarray")
    knee = data.to_xarray()["knee_flexion_angle_ipsi_rad"]
    np.testing.assert_array_equal(knee, data["knee_flexion"])
    pytest.importorskip("polars")
    frame = data.to_polars()
    assert frame.shape[0] == 150 * len(data)
    np.testing.assert_array_equal(
        frame["knee_flexion_angle_ipsi_rad"].to_numpy(), data["knee_flexion"].ravel()
    )


def test_the_notebook_view_draws_each_channel_and_says_its_gaps():
    data = simulate(2, 2, ["run"], ["healthy"])
    block = data.block.copy()
    block[1, 0, 3] = np.nan
    block[2] = np.nan
    shown = LocomotionData(data.cycles, block, data.channels)._repr_html_()
    assert shown.count("<svg") == len(data.channels) - 1
    assert "25 %" in shown
    assert "100 %" in shown
    assert len(data.head(1)) == 1
    assert len(data.head(100)) == len(data)


def test_long_view_and_back(data):
    frame = data.dataframe
    assert len(frame) == 8 * 150
    assert frame.groupby(["subject", "task", "step"], observed=True).size().eq(150).all()
    again = LocomotionData.from_dataframe(frame)
    np.testing.assert_array_equal(again.block, data.block)
    pd.testing.assert_frame_equal(again.cycles, data.cycles)


def test_the_phase_of_the_long_view_has_both_names(data):
    frame = data.dataframe
    np.testing.assert_array_equal(frame["phase_percent"], frame["phase_ipsi"])
    per_cycle = frame.groupby(["dataset", "subject", "task", "step"], observed=True)
    assert (per_cycle["phase_percent"].count() == 150).all()
    assert len(frame[frame["phase_percent"] <= 60]) == 90 * len(data)
    again = LocomotionData.from_dataframe(frame)
    assert "phase_percent" not in again.cycles
    assert any("phase_percent" in entry.detail for entry in again.history)
    frame.loc[:, "phase_percent"] = 0.0
    assert frame["phase_ipsi"].max() == 100.0


def test_groups_and_key_follow_the_cycles(data):
    assert data.groups.tolist() == data.cycles["subject"].tolist()
    assert data.key.get_level_values("subject").tolist() == data.groups.tolist()
    assert data.key.names == ["dataset", "subject", "task", "task_id", "step"]


def test_select_by_value_list_and_expression(data):
    assert len(data.select(subject="S1")) == 4
    assert len(data.select(task=["level_walking"], subject=["S1", "S2"])) == 4
    assert len(data.select("pathology == 'stroke' and affected")) == 2
    chosen = data.select("age > 40", task="stair_ascent")
    np.testing.assert_array_equal(chosen.block, data.block[:, 6:8])
    assert chosen.history[-1].action == "selected"
    assert "2 of 8" in chosen.history[-1].detail


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"subject": "S9"}, "at least one cycle with subject='S9'"),
        ({"colour": "red"}, "a column of cycles"),
        ({"where": "age >"}, "an expression over the columns"),
        ({"where": "age + 1"}, "true or false"),
        ({"where": "nosuch > 1"}, "nosuch"),
    ],
)
def test_select_says_what_is_wrong(data, arguments, message):
    with pytest.raises(SchemaError, match=message):
        data.select(**arguments)


def test_select_of_channels_keeps_their_order_and_says_what_was_left(data):
    wanted = list(data.channels[::-1][:2])
    chosen = data.select(subject="S1", channels=wanted)
    assert chosen.channels == tuple(wanted)
    for name in wanted:
        np.testing.assert_array_equal(chosen.curves(name), data.curves(name)[data.groups == "S1"])
    assert f"2 of {len(data.channels)}" in chosen.history[-2].detail
    assert "4 of 8 cycles" in chosen.history[-1].detail
    with pytest.raises(ValueError, match="read-only"):
        chosen.block[:] = 0


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ([], "at least one channel"),
        (["nosuch_angle_ipsi_rad"], "a channel of this dataset"),
        (["knee_flexion_angle_ipsi_rad"] * 2, "channels that occur once"),
    ],
)
def test_channels_that_cannot_be_selected_are_named(data, channels, message):
    with pytest.raises(SchemaError, match=message):
        data.select(channels=channels)


def test_take_of_nothing_is_nothing_and_of_what_is_not_there_an_error(data):
    assert len(data.take([])) == 0
    assert len(data.take(data.groups == "S1")) == 4
    np.testing.assert_array_equal(data.take([-1]).block, data.block[:, -1:])
    for wrong in ([8], [-9], [0.5], [True, False], 3):
        with pytest.raises(SchemaError, match="positions of cycles"):
            data.take(wrong)


def test_concat_fills_missing_channels_with_nan_and_says_so(data):
    cycles = data.cycles.assign(dataset="other")[:2]
    other = LocomotionData(cycles, np.ones((1, 2, 150)), ["hip_power_ipsi_W_kg"])
    joined = LocomotionData.concat([data, other])
    assert len(joined) == 10
    assert np.isnan(joined.curves("hip_power_ipsi_W_kg")[:8]).all()
    assert np.isnan(joined.curves("grf_vertical_ipsi_BW")[8:]).all()
    np.testing.assert_array_equal(joined.curves("hip_power_ipsi_W_kg")[8:], 1.0)
    assert sum(entry.action == "filled" for entry in joined.history) == 2


def test_concat_refuses_the_same_cycles_twice_and_nothing_at_all(data):
    with pytest.raises(DuplicateCycleError, match="dataset=lab, subject=S1"):
        LocomotionData.concat([data, data])
    with pytest.raises(SchemaError, match="at least one dataset"):
        LocomotionData.concat([])


def test_constructor_completes_the_key_and_records_it():
    cycles = pd.DataFrame({"subject": [7], "task": ["run"], "step": [0]})
    data = LocomotionData(cycles, np.zeros((1, 1, 150)), ["hip_power_ipsi_W_kg"])
    assert data.cycles.loc[0, ["dataset", "subject", "task_id"]].tolist() == ["unnamed", "7", "run"]
    assert [entry.action for entry in data.history] == ["assumed", "assumed"]


@pytest.mark.parametrize(
    ("curves", "channels", "message"),
    [
        (np.zeros((1, 1, 101)), ["hip_power_ipsi_W_kg"], "curves of shape"),
        (np.zeros((2, 1, 150)), ["hip_power_ipsi_W_kg"] * 2, "occur once"),
        (np.zeros((1, 1, 150)), ["knee_flexion_angle_ipsi_deg"], "standard units"),
        (np.zeros((1, 1, 150)), ["elephants"], "a channel"),
    ],
)
def test_constructor_refuses_what_does_not_fit(curves, channels, message):
    cycles = pd.DataFrame({"subject": ["S"], "task": ["run"], "step": [0]})
    with pytest.raises(SchemaError, match=message):
        LocomotionData(cycles, curves, channels)


def test_packed_strings_become_typed_columns():
    cycles = pd.DataFrame(
        {
            "subject": ["S1", "S2"],
            "task": "level_walking",
            "step": 0,
            "task_info": ["speed_m_s:1.2,treadmill:true", "speed_m_s:0.9,treadmill:false"],
            "subject_metadata": ["age:30,sex:male", "age:41,site:lab 2"],
            "age": [31.0, 42.0],
        }
    )
    data = LocomotionData(cycles, np.zeros((1, 2, 150)), ["hip_power_ipsi_W_kg"])
    frame = data.cycles
    assert frame["speed_m_s"].tolist() == [1.2, 0.9]
    assert frame["treadmill"].tolist() == [True, False]
    assert frame["age"].tolist() == [31.0, 42.0]
    assert frame["sex"].tolist()[0] == "male"
    assert pd.isna(frame["sex"].tolist()[1])
    assert "task_info" not in frame
    assert any("already there and kept: age" in entry.detail for entry in data.history)


def test_summary_counts_subjects_and_cycles(data):
    summary = data.summary().set_index(["task", "pathology"])
    assert summary.loc[("level_walking", "healthy"), ["subjects", "cycles"]].tolist() == [1, 2]
    assert summary["cycles"].sum() == len(data)
    assert data.missing()["grf_vertical_ipsi_BW"] == pytest.approx(100 / 8)


def test_repr_names_what_is_inside_and_escapes_html(data):
    assert "8 gait cycles, 2 subjects, 2 tasks, 3 channels" in repr(data)
    assert "simulated" not in repr(data)
    cycles = data.cycles.assign(task="<script>", step=range(8), simulated=True)
    odd = LocomotionData(cycles, data.block, data.channels)
    assert "<script>" not in odd._repr_html_()
    assert "simulated" in repr(odd)
    assert odd.is_simulated


def test_narrowed_keeps_the_key_and_what_is_named(data):
    wanted = [data.channels[1], data.channels[0]]
    few = data.narrowed(wanted, ["age", "no_such_column"])
    assert few.channels == tuple(wanted)
    assert few.columns == (*KEY, "age")
    np.testing.assert_array_equal(few.block, data.block[[1, 0]])
    pd.testing.assert_frame_equal(few.cycles, data.cycles[[*KEY, "age"]])
    assert few.history == data.history
    assert data.narrowed(data.channels, data.columns) is data


def test_rows_are_numbered_as_pandas_numbers_groups():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "name": pd.Series(rng.choice(["a", "b", "c"], 200), dtype="str").mask(rng.random(200) < 0.1),
        "number": rng.choice([1.0, 2.5, np.nan], 200),
        "code": rng.integers(0, 4, 200),
    })  # fmt: skip
    for columns in (["name"], ["name", "number"], ["code", "name", "number"]):
        expected = frame.groupby(columns, sort=False, dropna=False).ngroup()
        found = numbered(frame[name] for name in columns)
        np.testing.assert_array_equal(found, expected)
    assert len(numbered([frame["name"].head(0), frame["code"].head(0)])) == 0


def test_with_history_leaves_the_original_alone(data):
    before = data.history
    more = data.with_history(HistoryEntry("dropped", "nothing", 0))
    assert data.history == before
    assert str(more.history[-1]) == "dropped: nothing (0)"


@pytest.mark.parametrize("given", [np.float32, np.float64])
def test_neither_side_changes_the_other(cycles, given):
    mine = np.zeros((1, len(cycles), 150), dtype=given)
    table = cycles.copy()
    data = LocomotionData(table, mine[:], ["knee_flexion_angle_ipsi_rad"])
    mine[:] = 7  # still the caller's own, and writeable
    table.loc[:, "age"] = -1.0
    assert not data.block.any()
    assert data.cycles["age"].min() == 30.0
    data.array()[:] = 7
    frame = data.dataframe
    frame.loc[:, "knee_flexion_angle_ipsi_rad"] = 7.0
    frame["age"].to_numpy(copy=True)[:] = 0
    assert not data.block.any()


@pytest.mark.parametrize(
    "made", [lambda d: d, copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))]
)
def test_what_is_handed_out_cannot_be_made_writeable(data, made):
    same = made(data)
    np.testing.assert_array_equal(same.block, data.block)
    for curves in (same.block, same.curves("knee_flexion_angle_ipsi_rad"), same.block.base):
        with pytest.raises((ValueError, TypeError)):
            np.asarray(curves).setflags(write=True)
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(curves)[:] = 7


def test_a_locked_array_of_the_caller_is_copied_and_a_block_of_ours_is_not(data):
    mine = data.block.copy()
    mine.setflags(write=False)  # its owner may unlock it again
    own = LocomotionData(data.cycles, mine, data.channels)
    assert not np.shares_memory(own.block, mine)
    again = LocomotionData(data.cycles.assign(age=1.0), data.block, data.channels)
    assert np.shares_memory(again.block, data.block)
    swapped = LocomotionData(data.cycles, data.block[::-1], data.channels[::-1])
    assert swapped.block.flags.c_contiguous


@pytest.mark.parametrize(
    "subjects",
    [
        ["S1"],
        ("S1",),
        {"S1"},
        np.array(["S1"]),
        pd.Series(["S1"]),
        pd.Index(["S1"]),
        pd.CategoricalIndex(["S1"]),
        {"S1": 70.0}.keys(),
        (name for name in ["S1"]),
    ],
    ids=lambda given: type(given).__name__,
)
def test_select_takes_any_list_of_values(data, subjects):
    chosen = data.select(subject=subjects)
    assert chosen.cycles["subject"].tolist() == ["S1"] * 4
    assert "S1" in chosen.history[-1].detail


def test_select_by_lists_in_a_list_is_one_error(data):
    with pytest.raises(SchemaError, match="a list, set, array"):
        data.select(subject=[pd.Index(["S1"])])


@pytest.mark.parametrize("dtype", [object, "boolean"])
def test_where_leaves_out_what_is_not_known(data, cycles, dtype):
    faller = pd.Series([True, False, None, None] * 2, dtype=dtype)
    gaps = LocomotionData(cycles.assign(faller=faller), data.block, data.channels)
    assert gaps.cycles["faller"].dtype == "boolean"
    assert np.flatnonzero(gaps.select("faller").key.isin(gaps.key)).size == 2
    assert len(gaps.select("~faller")) == len(gaps.select("faller == False")) == 2
    assert len(gaps.select("faller and age > 40")) == 1
    assert len(gaps.select("faller or age > 40")) == 5
    assert len(gaps.select(faller=True)) == 2


def test_where_works_on_a_truth_column_that_one_piece_lacks(data):
    bare = LocomotionData(
        data.cycles.drop(columns="affected").assign(dataset="clinic"), data.block, data.channels
    )
    assert len(LocomotionData.concat([data, bare]).select("affected")) == 4


@pytest.mark.parametrize("where", ["age", "subject", "True", "age + 1"])
def test_where_must_be_true_or_false(data, where):
    with pytest.raises(SchemaError, match="true or false for each cycle"):
        data.select(where)


def test_packed_strings_have_standard_names_as_columns_have(cycles):
    packed = cycles.assign(
        subject_metadata="gender:female,weight_kg:70,site_id:007",
        task_info=["speed:1.2,assisted:true", "speed:1.2"] * 4,
    )
    data = LocomotionData(packed, np.zeros((0, 8, 150)), [])
    row = data.cycles.iloc[0]
    assert (row["sex"], row["mass_kg"], row["speed_m_s"]) == ("female", 70.0, 1.2)
    assert row["site_id"] == "007"
    assert len(data.select("assisted")) == 4
    told = [str(entry) for entry in data.history]
    assert "renamed: column gender -> sex" in told
    plain = LocomotionData(cycles.assign(gender="female"), np.zeros((0, 8, 150)), [])
    assert plain.cycles["sex"].unique().tolist() == ["female"]


def test_numbers_that_name_a_subject_have_no_decimal_point(cycles):
    numbered = cycles.assign(subject=np.repeat([7.0, 8.0], 4))
    assert set(LocomotionData(numbered, np.zeros((0, 8, 150)), []).groups) == {"7", "8"}


@pytest.mark.parametrize("name", ["gait.csv", "gait.json", "GAIT.MAT"])
def test_parquet_is_not_written_under_another_ending(data, tmp_path, name):
    with pytest.raises(SchemaError, match=r"ends in \.parquet"):
        data.to_parquet(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_words_for_sex_and_side_are_those_of_packed_strings(cycles):
    told = cycles.assign(sex=["F", "m"] * 4, side=["L", "Rechts"] * 4)
    data = LocomotionData(told, np.zeros((1, 8, 150)), ["knee_flexion_angle_ipsi_rad"])
    assert data.cycles["sex"].tolist() == ["female", "male"] * 4
    assert data.cycles["side"].tolist() == ["left", "right"] * 4
    history = [str(entry) for entry in data.history]
    assert "renamed: sex: F -> female, m -> male (8)" in history
    assert "renamed: side: L -> left, Rechts -> right (8)" in history


def test_columns_that_name_their_unit_are_converted(cycles):
    told = cycles.assign(
        weight_lbs=154.3, subject_metadata="height_cm:178", task_info="weight_lbs:22"
    )
    data = LocomotionData(told, np.zeros((1, 8, 150)), ["knee_flexion_angle_ipsi_rad"])
    assert data.cycles["mass_kg"].unique() == pytest.approx([69.989303])
    assert data.cycles["height_m"].unique() == pytest.approx([1.78])
    assert data.cycles["task_weight_lbs"].unique() == pytest.approx([22.0])  # a load, no body
    assert "converted: column weight_lbs -> mass_kg, factor 0.453592" in map(str, data.history)
    assert data.cycles["weight_lbs"].unique().tolist() == [154.3]  # the file's own stays


def test_a_table_of_features_keeps_its_units_and_words(cycles):
    table = cycles.assign(height_cm=178.0, sex="F")
    data = LocomotionData.from_features(table)
    assert "height_m" not in data.cycles
    assert data.cycles["sex"].unique().tolist() == ["F"]


@pytest.mark.parametrize(("packed", "counts"), [("mass_kg:95", [8]), ("mass_kg:70.0,age:30", [4])])
def test_a_packed_value_that_contradicts_its_column_is_said(cycles, packed, counts):
    told = cycles.assign(mass_kg=70, subject_metadata=packed)
    data = LocomotionData(told, np.zeros((1, 8, 150)), ["knee_flexion_angle_ipsi_rad"])
    assert data.cycles["mass_kg"].unique().tolist() == [70]
    found = [e.count for e in data.history if "another value than the column" in e.detail]
    assert found == counts


def test_blanks_around_a_label_make_no_class_of_their_own(cycles):
    told = cycles.assign(pathology=["stroke", "stroke "] * 4, task=[" run", "run"] * 4)
    data = LocomotionData(
        told.assign(step=range(8)), np.zeros((1, 8, 150)), ["knee_flexion_angle_ipsi_rad"]
    )
    assert data.cycles["pathology"].unique().tolist() == ["stroke"]
    assert data.cycles["task"].unique().tolist() == ["run"]
    assert "read: pathology: blanks around a label are none of it (4)" in map(str, data.history)


def test_a_measure_stored_as_text_becomes_numbers_or_is_said_to_be_none(cycles):
    told = cycles.assign(mass_kg=["70,5", "80"] * 4, height_m=["1.8 m", "1.7"] * 4)
    data = LocomotionData(told, np.zeros((1, 8, 150)), ["knee_flexion_angle_ipsi_rad"])
    assert data.cycles["mass_kg"].tolist() == [70.5, 80.0] * 4
    history = [str(entry) for entry in data.history]
    assert "converted: mass_kg: text to numbers" in history
    assert "doubtful: height_m: text such as '1.8 m' is no number, so no measure (4)" in history


def test_labels_that_differ_by_case_are_said(cycles):
    told = cycles.assign(pathology=["Stroke", "stroke"] * 4)
    data = LocomotionData(told, np.zeros((1, 8, 150)), ["knee_flexion_angle_ipsi_rad"])
    assert "doubtful: pathology: Stroke, stroke differ by case alone" in "\n".join(
        map(str, data.history)
    )


def test_a_selection_that_fails_shows_what_can_be_selected(data, cycles):
    with pytest.raises(SchemaError, match="subject has 'S1', 'S2'"):
        data.select(subject="s1")
    told = LocomotionData(
        cycles.assign(faller=["yes", "no"] * 4),
        np.zeros((1, 8, 150)),
        ["knee_flexion_angle_ipsi_rad"],
    )
    with pytest.raises(SchemaError, match="one of its values: 'yes', 'no'"):
        told.select("faller")


def test_concat_takes_any_iterable(data):
    parts = (data.select(subject=name) for name in ("S1", "S2"))
    assert len(LocomotionData.concat(parts)) == len(data)

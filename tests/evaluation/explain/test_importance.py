import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression

from locomotion_analysis.errors import SchemaError, SplitLeakError, TargetError
from locomotion_analysis.evaluation.explain import (
    feature_groups,
    grouped_importance,
    plot_grouped_importance,
    plot_phase_importance,
    plot_phase_importance_on_curves,
    sequence_importance,
)
from locomotion_analysis.evaluation.explain.importance import donor_rows, exchanged_columns
from locomotion_analysis.evaluation.explain.report import plot_phase_map
from locomotion_analysis.features.table import feature_catalogue
from locomotion_analysis.selection import LeaveOneSubjectOut
from locomotion_analysis.simulation import simulate

CHANNELS = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]


def test_the_joint_that_tells_the_class_is_worth_most(walkers):
    parts = feature_groups(list(walkers.X), "joint")
    found = grouped_importance(
        LogisticRegression(), walkers.X, walkers.y, walkers.groups, parts, n_repeats=3
    )
    table = found.table.set_index("group")
    assert found.score > 0.95
    assert found.table["group"].iloc[0] == "knee"
    assert table.loc["knee", "low"] > 0.2
    # Without the knee the class is guessed: of two, as many donors are of the other.
    assert table.loc["knee", "importance"] == pytest.approx(found.score - 0.5, abs=0.2)
    assert table.loc["hip", "low"] <= 0 <= table.loc["hip", "high"] + 1e-12


class Asking(LinearRegression):
    """Refuses to be fitted without the people of its rows."""

    def fit(self, X, y, groups):
        assert len(groups) == len(X)
        return super().fit(X, y)


def test_a_model_that_asks_for_people_is_handed_them(walkers):
    y = 3.0 * walkers.X["speed_m_s"]
    parts = {"speed": ["speed_m_s"]}
    asked, plain = (
        grouped_importance(model, walkers.X, y, walkers.groups, parts, n_repeats=2).table
        for model in (Asking(), LinearRegression())
    )
    pd.testing.assert_frame_equal(asked, plain)


def test_features_that_stand_in_for_each_other_matter_together_only(walkers):
    alone = {name: [name] for name in walkers.X.columns[:2]}
    joined = {"both": list(alone)}
    run = [LogisticRegression(), walkers.X, walkers.y, walkers.groups]
    each = grouped_importance(*run, alone, n_repeats=3).table["importance"].max()
    assert grouped_importance(*run, joined, n_repeats=3).table["importance"].iloc[0] > each + 0.2


def test_of_a_number_the_rise_of_the_error_is_told(walkers):
    y = 3.0 * walkers.X["speed_m_s"]
    found = grouped_importance(
        LinearRegression(),
        walkers.X,
        y,
        walkers.groups,
        {"speed": ["speed_m_s"], "hip": list(walkers.X.columns[2:4])},
    )
    assert found.metric == "mae"
    assert found.table["group"].tolist() == ["speed", "hip"]
    assert found.table["importance"].iloc[0] > 0.1
    assert found.table["importance"].iloc[1] == pytest.approx(0, abs=1e-9)


def test_nothing_held_out_is_fitted(walkers):
    seen = []

    class Spy(LogisticRegression):
        def fit(self, X, y):
            seen.append(X.index)
            return super().fit(X, y)

    keyed = walkers.X.set_axis(pd.Index(walkers.groups, name="subject"))
    cv = [(np.arange(24, 72), np.arange(24))]
    grouped_importance(Spy(), keyed, walkers.y, walkers.groups, {"a": list(keyed)[:1]}, cv=cv)
    assert len(seen) == 1
    assert not set(seen[0]) & set(walkers.groups[:24])


def test_the_same_seed_gives_the_same_numbers_and_the_data_stays(walkers):
    before = walkers.X.copy()
    parts = feature_groups(list(walkers.X), "measurement")
    run = [LogisticRegression(), walkers.X, walkers.y, walkers.groups, parts]
    once, again = (grouped_importance(*run, n_repeats=2).table for _ in range(2))
    pd.testing.assert_frame_equal(once, again)
    pd.testing.assert_frame_equal(walkers.X, before)


@given(st.lists(st.integers(0, 6), min_size=2, max_size=40).filter(lambda x: len(set(x)) > 1))
@settings(max_examples=50, deadline=None)
def test_a_donor_is_never_oneself(subjects):
    codes = np.array(subjects)
    donors = donor_rows(codes, np.random.default_rng(0))
    assert (codes[donors] != codes).all()
    of_subject = pd.Series(codes[donors]).groupby(codes).nunique()
    assert (of_subject == 1).all()


def test_columns_are_exchanged_together_and_types_are_kept():
    own = pd.DataFrame({"a": [1, 2], "sex": ["f", "m"], "b": [0.5, 1.5]})
    other = own.iloc[[1, 0]]
    mixed = exchanged_columns(own, other, np.array([0, 1]))
    assert mixed.columns.tolist() == ["a", "sex", "b"]
    assert mixed.to_numpy().tolist() == [[2, "m", 0.5], [1, "f", 1.5]]
    assert mixed.dtypes.tolist() == own.dtypes.tolist()


def test_every_feature_of_the_catalogue_has_a_group():
    names = feature_catalogue()["name"].tolist()
    for by in ("joint", "measurement", "phase"):
        parts = feature_groups(names, by)
        assert set().union(*parts.values()) == set(names)
        assert "other" not in parts


@pytest.mark.parametrize(
    ("name", "by", "groups"),
    [
        ("hip_knee_marp_ipsi_rad", "joint", {"hip", "knee"}),
        ("grf_vertical_ipsi_BW_peak1", "joint", {"ground reaction force"}),
        ("knee_flexion_angle_ipsi_rad_velocity_max", "measurement", {"velocity"}),
        ("knee_flexion_angle_ipsi_rad_q25", "measurement", {"angle"}),
        ("ankle_power_A2_ipsi_W_kg", "phase", {"late stance"}),
        ("knee_flexion_angle_ipsi_rad_swing_max_phase", "phase", {"swing"}),
        ("knee_flexion_angle_ipsi_rad_at_contact", "phase", {"early stance"}),
        ("hip_extensor_moment_swing_peak_ipsi_Nm_kg", "phase", {"swing"}),
        ("knee_flexion_angle_ipsi_rad_argmax_phase", "phase", {"whole cycle"}),
        ("cadence_steps_min", "phase", {"time and distance"}),
        ("my_own_score", "joint", {"other"}),
    ],
)
def test_a_feature_stands_where_a_reader_looks_for_it(name, by, groups):
    assert set(feature_groups([name], by)) == groups


def test_the_figure_has_a_bar_a_group(walkers):
    parts = feature_groups(list(walkers.X), "joint")
    found = grouped_importance(
        LogisticRegression(), walkers.X, walkers.y, walkers.groups, parts, n_repeats=3
    )
    axes = plot_grouped_importance(found)
    widths = [patch.get_width() for patch in axes.patches]
    assert widths == pytest.approx(found.table["importance"].tolist())
    axes.figure.clear()


def test_bad_input_is_one_clear_error(walkers):
    parts, model = {"knee": list(walkers.X.columns[:2])}, LogisticRegression()
    run = {"X": walkers.X, "y": walkers.y, "groups": walkers.groups, "feature_groups": parts}
    cases = [
        ({"y": np.full(72, "free")}, TargetError, "two classes"),
        ({"groups": np.repeat(["A", "B"], 36)}, SplitLeakError, "5"),
        ({"X": walkers.sequences}, SchemaError, "sequence_importance"),
        ({"feature_groups": {"knee": ["no_such"]}}, SchemaError, "no_such"),
        ({"feature_groups": {}}, SchemaError, "empty"),
        ({"cv": LeaveOneSubjectOut()}, SplitLeakError, "fewer folds"),
    ]
    for change, error, words in cases:
        with pytest.raises(error, match=words):
            grouped_importance(model, **{**run, **change})
    with pytest.raises(SchemaError, match="joint"):
        feature_groups(list(walkers.X), "muscle")


def test_a_fold_that_trains_on_one_class_is_named(walkers):
    y = np.where(walkers.groups == "S00", "rare", "usual")
    with pytest.raises(TargetError, match=r"(?s)at least two classes.*fold 1 of 24"):
        grouped_importance(
            LogisticRegression(),
            walkers.X,
            y,
            walkers.groups,
            {"knee": list(walkers.X.columns[:2])},
            cv=LeaveOneSubjectOut(),
        )


@pytest.mark.parametrize("replace_by", ["other_subject", "mean_curve"])
def test_the_window_and_the_channel_that_tell_the_class_are_found(walkers, flattened, replace_by):
    found = sequence_importance(
        flattened,
        walkers.sequences,
        walkers.y,
        walkers.groups,
        CHANNELS,
        n_repeats=3,
        replace_by=replace_by,
    )
    knee = found.curve("knee_flexion_angle_ipsi_rad")
    best = knee.loc[knee["importance"].idxmax()]
    assert best["start"] <= 70 <= best["end"]
    assert best["low"] > -0.01
    assert found.by_channel()["channel"].iloc[0] == "knee_flexion_angle_ipsi_rad"
    assert abs(found.curve("hip_flexion_angle_ipsi_rad")["importance"]).max() < 0.1
    assert len(found.curve()) == 10
    assert found.table.columns[:4].tolist() == ["channel", "window", "start", "end"]
    np.testing.assert_allclose(knee["start"], np.arange(0, 100, 10))
    np.testing.assert_allclose(knee["end"], np.arange(10, 110, 10))


def test_the_sequences_stay_as_they_were(walkers, flattened):
    before = walkers.sequences.copy()
    sequence_importance(
        flattened, walkers.sequences, walkers.y, walkers.groups, CHANNELS, n_windows=2, n_repeats=1
    )
    assert np.array_equal(before, walkers.sequences)


def test_figures_are_drawn_on_the_gait_cycle(flattened):
    data = simulate(
        n_subjects=12, n_cycles=2, tasks=["level_walking"], pathologies=["healthy", "stroke"]
    )
    labels = data.cycles["pathology"].to_numpy()
    found = sequence_importance(
        flattened, data.array(CHANNELS), labels, data.groups, CHANNELS, n_windows=4, n_repeats=1
    )
    on_cycle = plot_phase_importance(found, toe_off=62.0)
    assert on_cycle.get_xlim() == (0, 100)
    assert [text.get_text() for text in on_cycle.texts] == ["toe-off"]
    on_curves = plot_phase_importance_on_curves(found, data, labels, CHANNELS[1])
    assert len(on_curves.get_legend().get_texts()) == 2
    assert "°" in on_curves.get_ylabel()
    rows = plot_phase_map(found).get_yticklabels()
    assert [row.get_text() for row in rows] == ["Hip flexion", "Knee flexion"]
    with pytest.raises(SchemaError, match="ankle"):
        plot_phase_importance(found, "ankle")


def test_bad_sequences_are_one_clear_error(walkers, flattened):
    run = {"y": walkers.y, "groups": walkers.groups}
    with pytest.raises(SchemaError, match="three dimensions"):
        sequence_importance(flattened, walkers.X, channels=CHANNELS, **run)
    with pytest.raises(SchemaError, match="2 different channel names"):
        sequence_importance(flattened, walkers.sequences, channels=CHANNELS[:1], **run)
    with pytest.raises(SchemaError, match="windows"):
        sequence_importance(flattened, walkers.sequences, channels=CHANNELS, n_windows=60, **run)

"""The leaderboard: same folds, same numbers, and sentences that follow from the figures."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError, TargetError
from locomotion_analysis.evaluation.leaderboard import leaderboard, subject_in_disguise
from locomotion_analysis.evaluation.training import split_hash
from locomotion_analysis.models.supervised import PROBLEMS, age_regression, pathology_detection
from locomotion_analysis.simulation import simulate

SIMPLE = ("majority", "speed_only", "linear")


@pytest.fixture(scope="module")
def data():
    return simulate(18, 2, ["level_walking"], ["healthy", "parkinsons"], seed=3)


@pytest.fixture(scope="module")
def board(data):
    return leaderboard(data, "pathology", [pathology_detection(m) for m in SIMPLE], n_splits=3)


def test_models_stand_in_order_with_intervals_on_the_same_folds(board):
    table = board.table
    assert set(table["model"]) == set(SIMPLE)
    assert table["balanced_accuracy"].is_monotonic_decreasing
    assert (table["low"] <= table["balanced_accuracy"]).all()
    assert (table["high"] >= table["balanced_accuracy"]).all()
    assert table.set_index("model").loc["majority", "balanced_accuracy"] == 0.5
    folds = [entry.results["predictions"]["fold"].to_numpy() for entry in board.entries]
    assert all(np.array_equal(folds[0], other) for other in folds[1:])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers_in_one_process_or_two(data, board):
    recipes = [pathology_detection(m) for m in SIMPLE]
    again = leaderboard(data, "pathology", recipes, n_splits=3, n_jobs=2)
    pd.testing.assert_frame_equal(again.table, board.table)
    assert split_hash(again) == split_hash(board)
    other = leaderboard(data, "pathology", recipes[:1], n_splits=3, random_state=5)
    assert split_hash(other) != split_hash(board)


def test_the_verdict_says_what_the_comparison_says(board):
    leads, chosen, against_next, *baselines = board.verdict
    assert leads.startswith(f"{board.winner.recipe.title} leads")
    assert f"best of {len(board.entries)}" in chosen
    found = board.comparison(board.entries[1].recipe.name)
    assert ("not distinguishable" in against_next) == (found.better != "a")
    assert any("majority class" in sentence for sentence in (against_next, *baselines))


def test_of_a_baseline_that_leads_it_is_said_what_it_looks_at(board):
    for problem in PROBLEMS.values():
        for recipe in problem.recipes(0):
            if not recipe.baseline:
                continue
            leading = replace(board.winner, recipe=recipe)
            told = " ".join(replace(board, entries=(leading, *board.entries[1:])).verdict)
            assert "No model does better than" in told
            assert ("looks at nothing" in told) == (recipe.name in ("majority", "mean"))
            assert ("speed alone." in told) == (recipe.name == "speed_only")
            assert ("gait before treatment alone." in told) == (recipe.name == "before_only")
    model = next(entry for entry in board.entries if not entry.recipe.baseline)
    others = tuple(entry for entry in board.entries if entry is not model)
    assert "No model does better" not in " ".join(replace(board, entries=(model, *others)).verdict)


def test_labels_drawn_by_lot_leave_nothing_to_tell_apart(data):
    rng = np.random.default_rng(0)
    subjects = data.cycles["subject"].unique()
    lot = dict(zip(subjects, rng.permutation(np.arange(len(subjects)) % 2), strict=True))
    cycles = data.cycles.assign(group=data.cycles["subject"].map(lot).astype(str))
    blind = type(data)(cycles, data.block, data.channels, data.history)
    recipes = [pathology_detection(m) for m in ("majority", "linear")]
    result = leaderboard(blind, "group", recipes, n_splits=3)
    assert any("not distinguishable" in sentence for sentence in result.verdict)


def test_a_model_that_lacks_its_columns_is_left_out_and_named(data):
    still = data.cycles.drop(columns=["speed_m_s", "stride_length_m"])
    slow = type(data)(still, data.block, data.channels, data.history)
    recipes = [pathology_detection(m) for m in ("majority", "speed_only")]
    result = leaderboard(slow, "pathology", recipes, n_splits=3)
    assert [entry.recipe.name for entry in result.entries] == ["majority"]
    assert "model speed_only left out: the features have no speed_m_s" in result.notes


def test_a_column_that_tells_the_target_is_named(data, caplog):
    cycles = data.cycles.assign(affected=data.cycles["pathology"] == "parkinsons")
    told = type(data)(cycles, data.block, data.channels, data.history)
    leaderboard(told, "pathology", [pathology_detection("majority")], n_splits=3)
    assert "columns that tell pathology perfectly" in caplog.text
    assert "affected" in caplog.text


def test_a_feature_that_tells_the_target_is_warned_of_by_name(data):
    ill = (data.cycles["pathology"] == "parkinsons").to_numpy()
    told = type(data)(
        data.cycles.assign(step_width_m=0.1 + 0.05 * ill + data.cycles["step_width_m"] / 1000),
        data.block,
        data.channels,
        data.history,
    )
    with pytest.warns(LocomotionWarning, match="step_width_m"):
        board = leaderboard(told, "pathology", [pathology_detection("majority")], n_splits=3)
    assert any("tells pathology perfectly" in each for each in board.cautions)


def test_a_target_that_is_the_subject_is_told_with_the_figure():
    groups = np.repeat(np.arange(6), 2)
    shoes = pd.Series([f"shoe {each}" for each in groups], name="shoe")
    assert subject_in_disguise(shoes, groups)[0].startswith("6 of 6 values of shoe")
    assert not subject_in_disguise(pd.Series(groups % 2, name="side"), groups)


def test_regression_is_ordered_by_error(data):
    recipes = [age_regression(m) for m in ("mean", "speed_only")]
    result = leaderboard(data, "age", recipes, n_splits=3)
    assert result.metric == "mae"
    assert result.table["mae"].is_monotonic_increasing


def test_bad_requests_end_with_one_clear_error(data):
    recipes = [pathology_detection("majority")]
    healthy = data.select(where="pathology == 'healthy'")
    with pytest.raises(TargetError, match="healthy"):
        leaderboard(healthy, "pathology", recipes)
    with pytest.raises(SplitLeakError, match="at least 40 subjects"):
        leaderboard(data, "pathology", recipes, n_splits=40)
    with pytest.raises(SchemaError, match="regression"):
        leaderboard(data, "age", recipes)
    with pytest.raises(TargetError, match="numbers"):
        leaderboard(data, "pathology", problem=PROBLEMS["age"])


def test_a_class_of_fewer_subjects_than_folds_is_named(data):
    ill = data.cycles["pathology"] == "parkinsons"
    two = data.cycles.loc[ill, "subject"].unique()[:2]
    few = data.take(np.flatnonzero(~ill | data.cycles["subject"].isin(two)))
    with pytest.warns(LocomotionWarning) as caught:
        leaderboard(few, "pathology", [pathology_detection("majority")], n_splits=3)
    assert any(
        "fewer subjects than the 3 folds" in text and "parkinsons (2)" in text
        for text in (str(each.message) for each in caught)
    )

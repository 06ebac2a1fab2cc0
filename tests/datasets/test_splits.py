import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locomotion_analysis.datasets import freeze_splits
from locomotion_analysis.datasets.splits import content_hash
from locomotion_analysis.errors import LocomotionWarning, SplitLeakError

PARTS = {"train", "validation", "test"}


def table_of(classes, tasks=("level_walking", "stair_ascent"), n_cycles=3):
    rows = [
        {"dataset": "d", "subject": f"S{number:03}", "task": task, "pathology": name, "step": step}
        for number, name in enumerate(classes)
        for task in tasks
        for step in range(n_cycles)
    ]
    return pd.DataFrame(rows)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    classes=st.lists(st.sampled_from(["healthy", "stroke", None]), min_size=5, max_size=40),
    n_tasks=st.integers(1, 2),
    n_cycles=st.integers(1, 2),
)
@pytest.mark.filterwarnings("ignore::locomotion_analysis.LocomotionWarning")
def test_every_subject_is_in_one_part_and_one_fold(classes, n_tasks, n_cycles):
    cycles = table_of(classes, ("level_walking", "stair_ascent")[:n_tasks], n_cycles)
    table = freeze_splits(cycles).table
    assert table["subject"].tolist() == sorted(set(cycles["subject"]))
    assert set(table["split"]) == PARTS
    assert set(table["fold"]) == set(range(5))
    counts = table["split"].value_counts()
    assert abs(counts["test"] - 0.2 * len(classes)) <= 1
    assert abs(counts["validation"] - 0.2 * len(classes)) <= 1


def test_the_order_of_the_rows_does_not_matter():
    cycles = table_of(["healthy", "stroke", "parkinsons"] * 8)
    shuffled = cycles.sample(frac=1, random_state=3)
    assert freeze_splits(cycles).table.equals(freeze_splits(shuffled).table)


def test_classes_are_kept_in_proportion():
    cycles = table_of(["healthy"] * 30 + ["stroke"] * 10)
    splits = freeze_splits(cycles)
    assert splits.stratified_by == "pathology and task"
    assert not splits.notes
    of = dict(zip(cycles["subject"], cycles["pathology"], strict=True))
    stroke = splits.table["subject"].map(of) == "stroke"
    assert stroke.groupby(splits.table["split"]).sum().to_dict() == {
        "test": 2,
        "train": 6,
        "validation": 2,
    }
    assert stroke.groupby(splits.table["fold"]).sum().tolist() == [2] * 5


def test_a_quantity_is_covered_in_every_fold():
    cycles = table_of(["healthy"] * 50, ["level_walking"])
    age = dict(zip(sorted(set(cycles["subject"])), range(20, 70), strict=True))
    splits = freeze_splits(cycles.assign(age=cycles["subject"].map(age)), "age")
    assert splits.stratified_by == "age"
    means = splits.table["subject"].map(age).groupby(splits.table["fold"]).mean()
    assert means.max() - means.min() < 10  # of folds drawn at random the spread is about 18


def test_a_stratum_of_one_subject_is_said_and_recorded():
    cycles = table_of(["healthy"] * 9 + ["stroke"], ["level_walking"])
    with pytest.warns(LocomotionWarning) as caught:
        splits = freeze_splits(cycles)
    assert [str(entry.message) for entry in caught] == list(splits.notes)
    assert any("stroke (1)" in note for note in splits.notes)
    assert any("absent: stroke in" in note for note in splits.notes)


def test_without_classes_the_task_counts():
    cycles = table_of(["healthy"] * 10)
    with pytest.warns(LocomotionWarning, match="healthy throughout"):
        assert freeze_splits(cycles).stratified_by == "task"
    with pytest.warns(LocomotionWarning, match="no value of pathology"):
        assert freeze_splits(cycles.drop(columns="pathology")).stratified_by == "task"


def test_without_anything_subjects_are_drawn_at_random():
    cycles = table_of(["healthy"] * 10, ["level_walking"])
    with pytest.warns(LocomotionWarning) as caught:
        splits = freeze_splits(cycles)
    assert "at random" in str(caught[-1].message)
    assert splits.stratified_by == "nothing"
    assert splits.table["split"].value_counts().to_dict() == {
        "train": 6,
        "validation": 2,
        "test": 2,
    }
    assert splits.table["fold"].value_counts().to_dict() == dict.fromkeys(range(5), 2)


@pytest.mark.parametrize("n_subjects", [1, 4])
def test_too_few_subjects(n_subjects):
    with pytest.raises(SplitLeakError, match=f"at least 5 subjects[^$]*got: {n_subjects} subject"):
        freeze_splits(table_of(["healthy"] * n_subjects))


def test_equal_names_in_two_datasets_stay_together():
    cycles = table_of(["healthy", "stroke"] * 6)
    both = pd.concat([cycles, cycles.assign(dataset="e")])
    table = freeze_splits(both).table
    assert len(table) == 24
    assert (table.groupby("subject")[["split", "fold"]].nunique() == 1).all(axis=None)


def test_the_hash_is_of_the_content():
    table = freeze_splits(table_of(["healthy", "stroke"] * 6)).table
    shuffled = table.sample(frac=1, random_state=1)[["fold", "split", "subject", "dataset"]]
    assert content_hash(shuffled) == content_hash(table)
    other = table.assign(fold=np.roll(table["fold"], 1))
    assert content_hash(other) != content_hash(table)

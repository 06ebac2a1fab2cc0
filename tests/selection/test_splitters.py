"""Folds and parts over subjects and laboratories, and leak checks on splits made elsewhere."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_score,
)

from locomotion_analysis.data import merge_datasets
from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError, TargetError
from locomotion_analysis.selection import (
    LeaveOneDatasetOut,
    LeaveOneSubjectOut,
    SubjectQuantileKFold,
    SubjectStratifiedKFold,
    check_cv,
    check_split,
    quantile_strata,
    strata,
    subject_codes,
    subject_train_validation_test_split,
)
from locomotion_analysis.simulation import simulate


def test_folds_keep_classes_in_proportion():
    groups = np.repeat(np.arange(50), 8)
    y = np.where(groups < 15, "stroke", "healthy")
    shares = [
        np.mean(y[test] == "stroke") for _, test in SubjectStratifiedKFold(5).split(None, y, groups)
    ]
    assert shares == pytest.approx([0.3] * 5)


def test_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    groups, y = rng.integers(0, 30, 400), rng.integers(0, 3, 400)
    theirs = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(groups, y, groups)
    ours = SubjectStratifiedKFold(5, random_state=0).split(None, y, groups)
    for (_, a), (_, b) in zip(ours, theirs, strict=True):
        assert np.array_equal(a, b)


def test_other_seed_other_folds():
    groups, y = np.repeat(np.arange(20), 3), np.repeat([0, 1], 30)
    first, second = (
        [
            test.tolist()
            for _, test in SubjectStratifiedKFold(4, random_state=seed).split(None, y, groups)
        ]
        for seed in (0, 1)
    )
    assert first != second


def test_stratifies_by_target_and_task():
    subjects = np.arange(40)
    pathology = np.where(subjects % 2, "stroke", "healthy")
    task = np.where(subjects % 4 < 2, "level_walking", "stair_ascent")
    labels = strata(pathology, task)
    for _, test in SubjectStratifiedKFold(5).split(None, labels, subjects):
        assert np.unique(labels[test], return_counts=True)[1].tolist() == [2, 2, 2, 2]


def test_continuous_target_is_spread_over_the_folds():
    rng = np.random.default_rng(0)
    age = np.repeat(rng.uniform(20, 80, 50), 4)
    groups = np.repeat(np.arange(50), 4)
    for splitter, y in ((SubjectStratifiedKFold(5), age), (SubjectQuantileKFold(5), age.round())):
        means = [y[test].mean() for _, test in splitter.split(None, y, groups)]
        assert np.ptp(means) < 8  # the range of ages is 60 years; random folds of 10 differ by 15


def test_quantile_bins_hold_equal_numbers_of_subjects():
    groups = np.repeat(np.arange(23), np.arange(1, 24))
    bins = quantile_strata(groups * 1.5, groups, n_bins=5)
    one_each = bins[np.unique(groups, return_index=True)[1]]
    assert np.ptp(np.bincount(one_each)) <= 1
    assert (np.diff(one_each) >= 0).all()


def test_class_with_fewer_subjects_than_folds_is_named():
    groups = np.repeat(np.arange(12), 6)
    y = np.where(groups < 2, "amputee", "healthy")
    with pytest.warns(LocomotionWarning, match=r"amputee \(2\)"):
        folds = list(SubjectStratifiedKFold(5).split(None, y, groups))
    assert len(folds) == 5


def test_refusals_say_what_to_do():
    groups = np.repeat(np.arange(4), 3)
    with pytest.raises(
        SplitLeakError, match=r"at least 5 subjects.*\n.*4 subjects.*\n.*\n.*n_splits=4"
    ):
        list(SubjectStratifiedKFold(5).split(None, groups % 2, groups))
    with pytest.raises(SplitLeakError, match="1 subject"):
        list(LeaveOneSubjectOut().split(None, groups=["S1", "S1"]))
    with pytest.raises(TargetError, match="at least two classes"):
        list(SubjectStratifiedKFold(2).split(None, np.ones(12), groups))
    with pytest.raises(TargetError, match="1 of 12 rows"):
        list(SubjectStratifiedKFold(2).split(None, ["a", None] + ["b"] * 10, groups))
    with pytest.raises(TargetError, match="mixture"):
        list(SubjectStratifiedKFold(2).split(None, ["a", 1] * 6, groups))
    with pytest.raises(TargetError, match="y=None"):
        list(SubjectStratifiedKFold(2).split(None, None, groups))
    with pytest.raises(TargetError, match="SubjectQuantileKFold"):
        list(SubjectStratifiedKFold(4).split(None, np.arange(12), groups))


def test_parameters_are_those_of_the_signature():
    assert repr(SubjectStratifiedKFold(3, random_state=4)) == (
        "SubjectStratifiedKFold(n_splits=3, random_state=4)"
    )
    assert clone(SubjectStratifiedKFold(3), safe=False).n_splits == 3


def subjects_in(groups, split):
    return [len(np.unique(groups[part])) for part in split]


@given(n=st.integers(8, 60), seed=st.integers(0, 1000))
def test_parts_have_the_wanted_numbers_of_subjects(n, seed):
    groups = np.repeat(np.arange(n), 3)
    split = subject_train_validation_test_split(
        groups % 2, groups, sizes=(0.5, 0.25, 0.25), random_state=seed
    )
    numbers = subjects_in(groups, split)
    assert sum(numbers) == n
    assert numbers == pytest.approx([0.5 * n, 0.25 * n, 0.25 * n], abs=1)


@given(seed=st.integers(0, 200))
def test_a_class_of_three_subjects_reaches_every_part(seed):
    groups = np.repeat(np.arange(30), 2)
    y = np.where(groups < 3, "amputee", np.where(groups < 15, "stroke", "healthy"))
    split = subject_train_validation_test_split(y, groups, random_state=seed)
    assert subjects_in(groups, split) == [18, 6, 6]
    assert [np.sum(y[part] == "amputee") for part in split] == [2, 2, 2]


def test_classes_are_in_proportion():
    groups = np.repeat(np.arange(100), 5)
    y = np.where(groups < 30, 1, 0)
    split = subject_train_validation_test_split(y, groups)
    assert [y[part].mean() for part in split] == pytest.approx([0.3, 0.3, 0.3])


def test_continuous_target_is_spread():
    age = np.linspace(20, 80.5, 100)
    split = subject_train_validation_test_split(age, np.arange(100))
    assert [age[part].mean() for part in split] == pytest.approx([50] * 3, abs=6)


def test_absent_class_is_named():
    groups = np.arange(9)
    with pytest.warns(LocomotionWarning, match="1 in validation, 1 in test"):
        subject_train_validation_test_split(np.where(groups == 0, 1, 0), groups)


@pytest.mark.parametrize("sizes", [(0.5, 0.5), (0.8, 0.2, 0.2), (1.0, 0.0, 0.0)])
def test_bad_sizes_are_refused(sizes):
    with pytest.raises(SchemaError, match="three positive shares"):
        subject_train_validation_test_split(np.arange(9) % 2, np.arange(9), sizes=sizes)


def test_two_subjects_cannot_be_split_in_three():
    with pytest.raises(SplitLeakError, match="at least 3 subjects"):
        subject_train_validation_test_split([0, 1], ["S1", "S2"])


@pytest.fixture(scope="module")
def three():
    """Three laboratories whose subjects bear the same names."""
    make = {name: 5 - seed for seed, name in enumerate(["lab", "clinic", "field"])}
    return merge_datasets(
        {
            name: simulate(n_subjects=n, n_cycles=2, tasks=["level_walking"], seed=n)
            for name, n in make.items()
        }
    )


def test_each_fold_tests_one_dataset_and_trains_on_the_others(three):
    X, y = three.prepare_ml_features(target="pathology", features=["temporal"])
    folds = check_cv(LeaveOneDatasetOut(), X, y, X.index.get_level_values("subject"))
    tested = [set(X.index.get_level_values("dataset")[test]) for _, test in folds]
    assert tested == [{"clinic"}, {"field"}, {"lab"}]
    for train, test in folds:
        assert len(train) + len(test) == len(three)
    assert LeaveOneDatasetOut().get_n_splits(X, y) == 3


def test_the_dataset_comes_from_the_target_where_features_are_an_array(three):
    X, y = three.prepare_sequential_features(target="pathology")
    by_array = list(LeaveOneDatasetOut().split(X, y, three.groups))
    by_key = list(LeaveOneDatasetOut().split(three.key, groups=three.groups))
    for one, two in zip(by_array, by_key, strict=True):
        np.testing.assert_array_equal(one[1], two[1])


def test_the_score_of_a_dataset_that_differs_shows(three):
    X, _ = three.prepare_ml_features(target="pathology", features=["temporal"])
    place = X.index.get_level_values("dataset")
    label = np.where(place == "field", 1 - np.arange(len(X)) % 2, np.arange(len(X)) % 2)
    feature = pd.DataFrame({"a": np.arange(len(X)) % 2}, index=X.index)
    scores = cross_val_score(
        LogisticRegression(), feature, label, groups=three.groups, cv=LeaveOneDatasetOut()
    )
    assert scores.tolist() == [1.0, 0.0, 1.0]  # clinic, field, lab


def test_a_subject_in_two_datasets_is_refused():
    key = pd.MultiIndex.from_product(
        [["lab", "clinic"], ["S1", "S2"]], names=["dataset", "subject"]
    )
    with pytest.raises(SplitLeakError, match="2 subjects in several: S1 in clinic and lab"):
        list(LeaveOneDatasetOut().split(key, groups=key.get_level_values("subject")))


def test_one_dataset_is_refused():
    key = pd.MultiIndex.from_product([["lab"], ["S1", "S2"]], names=["dataset", "subject"])
    with pytest.raises(SplitLeakError, match="1 dataset, 2 subjects"):
        list(LeaveOneDatasetOut().split(key, groups=["S1", "S2"]))


def test_rows_without_a_dataset_are_refused():
    with pytest.raises(SchemaError, match="cycle key as index"):
        list(LeaveOneDatasetOut().split(np.zeros((2, 1)), [0, 1], ["S1", "S2"]))
    with pytest.raises(SchemaError, match="cycle key as index"):
        LeaveOneDatasetOut().get_n_splits(np.zeros((2, 1)))


@given(train=st.lists(st.integers(0, 9), min_size=1), test=st.lists(st.integers(0, 9), min_size=1))
def test_leaks_are_found_and_only_leaks(train, test):
    shared = set(train) & set(test)
    if not shared:
        check_split(train, test)
        return
    with pytest.raises(SplitLeakError) as caught:
        check_split(train, test)
    assert caught.value.code == "GAIT001"
    assert caught.value.got.startswith(f"{len(shared)} subject")
    assert str(min(shared)) in caught.value.got


def test_message_names_the_first_subjects():
    names = [f"S{i:02d}" for i in range(8)]
    with pytest.raises(SplitLeakError, match="8 subjects in both: S00, S01, S02, …"):
        check_split(names, pd.Series(names))


@pytest.mark.parametrize(("train", "test"), [([1, 2], ["2"]), (["1", 2], [2]), ([1], [1.0])])
def test_a_subject_read_as_number_and_as_text_is_one(train, test):
    with pytest.raises(SplitLeakError, match="1 subject in both"):
        check_split(train, test)


def test_splitter_that_ignores_subjects_is_refused():
    groups = np.repeat(np.arange(10), 10)
    y = np.arange(100) % 2
    with pytest.raises(SplitLeakError, match=r"GAIT001.*\n.*10 subjects.*\n.*fold 1 of 5"):
        check_cv(StratifiedKFold(5, shuffle=True, random_state=0), None, y, groups)
    folds = check_cv(GroupKFold(5), None, y, groups)
    assert len(folds) == 5
    assert len(check_cv(folds, None, y, groups)) == 5  # the folds themselves are a splitter too


def test_leak_in_one_fold_is_found():
    with pytest.raises(SplitLeakError, match="fold 2 of 2"):
        check_cv([([0, 1], [2, 3]), ([1, 2], [3])], None, None, ["a", "a", "b", "b"])


def test_empty_fold_is_refused():
    with pytest.raises(SchemaError, match="fold 1 has none"):
        check_cv([([0, 1], [])], None, None, ["a", "b"])
    with pytest.raises(SchemaError, match="no fold"):
        check_cv([], None, None, ["a", "b"])


SPELLED = np.repeat(["S1 ", "s1", "S2", "S3", "S4", "S5", "S6"], 4)
OF_SPELLED = np.repeat([0, 0, 1, 0, 1, 0, 1], 4)


@pytest.mark.parametrize(
    "splitter", [SubjectStratifiedKFold(2), SubjectQuantileKFold(2), LeaveOneSubjectOut()]
)
def test_spellings_of_one_name_stand_on_one_side(splitter):
    with pytest.warns(LocomotionWarning, match="'S1 ' and 's1'"):
        folds = list(splitter.split(None, OF_SPELLED, SPELLED))
    for train, test in folds:
        for rows in (train, test):
            assert np.isin(["S1 ", "s1"], SPELLED[rows]).sum() in (0, 2)


def test_a_split_into_three_keeps_spellings_together():
    with pytest.warns(LocomotionWarning) as told:
        parts = subject_train_validation_test_split(OF_SPELLED, SPELLED)
    assert any("'S1 ' and 's1'" in str(each.message) for each in told)
    assert sorted(np.isin(["S1 ", "s1"], SPELLED[rows]).sum() for rows in parts) == [0, 0, 2]


def test_two_spellings_on_two_sides_are_a_leak():
    with pytest.raises(SplitLeakError, match="GAIT001"):
        check_split(["S1 ", "S2"], ["s1"])


@pytest.mark.parametrize("name", ["", " na", "Unknown", "anonymous"])
def test_rows_of_nobody_are_refused(name):
    with pytest.raises(SchemaError, match=r"1 of 3 rows of .*may be anybody"):
        subject_codes(["S1", "S2", name])

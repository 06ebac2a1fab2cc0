"""Folds over subjects: proportions, warnings and refusals."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold

from locomotion_analysis.errors import LocomotionWarning, SplitLeakError, TargetError
from locomotion_analysis.selection import (
    LeaveOneSubjectOut,
    SubjectQuantileKFold,
    SubjectStratifiedKFold,
    quantile_strata,
    strata,
)


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

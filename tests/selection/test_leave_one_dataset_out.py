"""Training on all laboratories but one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from locomotion_analysis.data import merge_datasets
from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.selection import LeaveOneDatasetOut, check_cv
from locomotion_analysis.simulation import simulate


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

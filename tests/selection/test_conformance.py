"""What every splitter of the package must do, on any gait data; one function checks it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.selection import (
    LeaveOneDatasetOut,
    LeaveOneSubjectOut,
    SubjectQuantileKFold,
    SubjectStratifiedKFold,
    subject_train_validation_test_split,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::locomotion_analysis.errors.LocomotionWarning"  # small random tables lack subjects
)


class ThreeParts:
    """The three-way split seen as three folds, so that the same function checks it."""

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        return 3

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Any:
        split = subject_train_validation_test_split(y, groups, random_state=self.random_state)
        for part in split:
            yield np.setdiff1d(np.arange(len(groups)), part), part


class TwoLaboratories:
    """Leave-one-dataset-out with every other subject in another laboratory."""

    def _keyed(self, y: Any, groups: Any) -> pd.DataFrame:
        try:
            places = pd.factorize(pd.Index(groups), sort=True)[0] % 2
            index = pd.Index(places.astype(str), name="dataset")
        except (TypeError, ValueError):  # groups that the splitter has to refuse
            index = pd.Index(["0"] * len(y), name="dataset")
        return pd.DataFrame(index=index)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        return LeaveOneDatasetOut().get_n_splits(self._keyed(y, groups), y, groups)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Any:
        return LeaveOneDatasetOut().split(self._keyed(y, groups), np.asarray(y), groups)


SPLITTERS: dict[str, Callable[[], Any]] = {
    "stratified-2": lambda: SubjectStratifiedKFold(n_splits=2),
    "stratified-5": lambda: SubjectStratifiedKFold(n_splits=5, random_state=3),
    "quantile-3": lambda: SubjectQuantileKFold(n_splits=3, random_state=1),
    "leave-one-out": LeaveOneSubjectOut,
    "three-parts": ThreeParts,
    "leave-one-dataset-out": TwoLaboratories,
}


def fold_subjects(folds: list[Any], groups: Any) -> list[set[Any]]:
    return [set(np.asarray(groups)[test]) for _, test in folds]


def assert_subject_safe(make: Callable[[], Any], y: Any, groups: Any) -> None:
    """No shared subject, a partition, the same folds again, and in any order of rows."""
    n_rows = len(groups)
    X = np.zeros((n_rows, 1))
    folds = list(make().split(X, y, groups))
    assert len(folds) == make().get_n_splits(X, y, groups)
    for train, test in folds:
        assert len(train)
        assert len(test)
        assert not set(groups[train]) & set(groups[test])
        assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(n_rows))
    tested = np.sort(np.concatenate([test for _, test in folds]))
    assert np.array_equal(tested, np.arange(n_rows))
    again = list(make().split(X, y, groups))
    assert all(
        np.array_equal(a, b)
        for one, two in zip(folds, again, strict=True)
        for a, b in zip(one, two, strict=True)
    )
    shuffled = np.random.default_rng(7).permutation(n_rows)
    moved = list(make().split(X, y[shuffled], groups[shuffled]))
    assert fold_subjects(moved, groups[shuffled]) == fold_subjects(folds, groups)


@st.composite
def gait_tables(draw: st.DrawFn) -> tuple[Any, Any]:
    n_subjects = draw(st.integers(5, 12))
    counts = draw(st.lists(st.integers(2, 9), min_size=n_subjects, max_size=n_subjects))
    named = draw(st.sampled_from([lambda i: i, lambda i: f"S{i:02d}", lambda i: f"ü {i}"]))
    groups = np.repeat([named(i) for i in range(n_subjects)], counts)
    n_classes = draw(st.integers(2, 3))
    y = np.array(
        draw(st.lists(st.integers(0, n_classes - 1), min_size=len(groups), max_size=len(groups)))
    )
    y[:5], y[-5:] = 0, 1  # at least two classes, one of them with a row for each of five folds
    return y, groups


@pytest.mark.parametrize("name", SPLITTERS)
@given(table=gait_tables())
@settings(max_examples=40, deadline=None)
def test_every_splitter_conforms(name: str, table: tuple[Any, Any]):
    assert_subject_safe(SPLITTERS[name], *table)


@pytest.mark.parametrize("name", SPLITTERS)
def test_one_cycle_a_subject_conforms(name: str):
    assert_subject_safe(SPLITTERS[name], np.arange(20) % 2, np.arange(20))


@pytest.mark.parametrize("name", SPLITTERS)
def test_series_and_index_give_the_folds_of_arrays(name: str):
    y, groups = np.repeat([0, 1], 30), np.repeat(np.arange(10), 6).astype(str)
    cycles = pd.MultiIndex.from_arrays([groups, np.arange(60)], names=["subject", "step"])
    frame = pd.DataFrame({"a": np.zeros(60)}, index=cycles)
    make = SPLITTERS[name]
    plain = fold_subjects(list(make().split(frame, y, groups)), groups)
    target = pd.Series(y, index=cycles)
    for given_groups in (cycles.get_level_values("subject"), pd.Series(groups), list(groups)):
        assert fold_subjects(list(make().split(frame, target, given_groups)), groups) == plain


@pytest.mark.parametrize("name", SPLITTERS)
def test_works_in_cross_val_score(name: str):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 50)
    groups = np.tile(np.arange(10), 10)
    X = y[:, None] + rng.normal(0, 0.1, (100, 2))
    scores = cross_val_score(LogisticRegression(), X, y, groups=groups, cv=SPLITTERS[name]())
    assert scores.min() > 0.9


@pytest.mark.parametrize("name", SPLITTERS)
@pytest.mark.parametrize(
    ("groups", "error", "says"),
    [
        (None, SplitLeakError, "groups=None"),
        (["S1"] * 6, SplitLeakError, "1 subject"),
        (["S1", None, "S2", "S3", "S4", "S5"], SchemaError, "1 of 6 rows"),
        (np.zeros((6, 2)), SchemaError, "one-dimensional"),
        (pd.MultiIndex.from_product([["S1", "S2"], [0, 1, 2]]), SchemaError, "one-dimensional"),
        (["S1", "S2", "S3", "S4", "S5"], SchemaError, "groups has 5"),
    ],
)
def test_bad_groups_give_one_clear_message(name: str, groups: Any, error: type, says: str):
    with pytest.raises(error, match=says):
        list(SPLITTERS[name]().split(np.zeros((6, 1)), np.array([0, 1, 0, 1, 0, 1]), groups))

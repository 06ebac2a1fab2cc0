"""Leak checks on splits made elsewhere."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, StratifiedKFold

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.selection import check_cv, check_split


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

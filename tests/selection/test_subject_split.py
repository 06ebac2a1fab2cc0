"""Training, validation and test parts over subjects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError
from locomotion_analysis.selection import subject_train_validation_test_split


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

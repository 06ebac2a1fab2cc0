import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomotion_analysis import LocomotionData
from locomotion_analysis.datasets.subsets import balanced_subset, few_shot_subset
from locomotion_analysis.errors import SchemaError, TargetError
from locomotion_analysis.selection import check_split
from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="module")
def people():
    """Eleven subjects: 4 healthy, 4 after stroke, 3 with Parkinson's disease; two tasks."""
    return simulate(n_subjects=11, n_cycles=2, tasks=["level_walking", "stair_ascent"])


def per_class(data):
    return data.cycles.groupby("pathology")["subject"].nunique().to_dict()


def with_column(data, **columns):
    return LocomotionData(data.cycles.assign(**columns), data.block, data.channels)


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_every_class_has_as_many_subjects_as_the_smallest(people, seed):
    chosen = balanced_subset(people, seed=seed)
    assert per_class(chosen) == {"healthy": 3, "parkinsons": 3, "stroke": 3}
    whole = people.cycles.groupby("subject").size()
    assert chosen.cycles.groupby("subject").size().eq(4).all()
    assert whole.eq(4).all()


def test_the_curves_belong_to_the_cycles_chosen(people):
    chosen = balanced_subset(people, seed=3)
    place = people.key.get_indexer(chosen.key)
    assert (np.diff(place) > 0).all()
    np.testing.assert_array_equal(chosen.block, people.block[:, place])


@given(seed=st.integers(0, 1000), n=st.integers(1, 2))
@settings(max_examples=30, deadline=None)
def test_support_and_query_share_nobody_and_lose_nobody(people, seed, n):
    support, query = few_shot_subset(people, "pathology", n, seed)
    check_split(support.groups, query.groups)
    assert set(per_class(support).values()) == {n}
    assert set(per_class(query)) == set(per_class(support))
    assert len(support) + len(query) == len(people)


def test_the_seed_decides_and_the_order_of_cycles_does_not(people):
    first = few_shot_subset(people, "pathology", 1, seed=5).support
    shuffled = people.take(np.random.default_rng(0).permutation(len(people)))
    again = few_shot_subset(shuffled, "pathology", 1, seed=5).support
    assert set(first.groups) == set(again.groups)
    draws = {
        frozenset(few_shot_subset(people, "pathology", 1, seed).support.groups) for seed in range(9)
    }
    assert len(draws) > 1


def test_more_shots_contain_the_fewer(people):
    one, two = (few_shot_subset(people, "pathology", n, seed=2).support for n in (1, 2))
    assert set(one.groups) < set(two.groups)


def test_cycles_without_a_class_are_left_out_and_counted(people):
    label = people.cycles["pathology"].where(people.cycles["task"] == "level_walking")
    chosen = balanced_subset(with_column(people, label=label), by="label")
    assert set(chosen.cycles["task"]) == {"level_walking"}
    told = [str(entry) for entry in chosen.history]
    assert "dropped: cycles without label (22)" in told
    assert "3 subjects a class of label (healthy 4, parkinsons 3, stroke 4)" in told[-1]
    assert "18 of 22 cycles" in told[-1]


@pytest.mark.parametrize(
    ("by", "error", "says"),
    [
        ("task", SchemaError, "11 of 11 subjects with several"),
        ("colour", TargetError, "no such column"),
        ("height_m", TargetError, "a quantity"),
        ("simulated", TargetError, "at least two classes"),
    ],
)
def test_what_is_no_class_of_a_subject_is_refused(people, by, error, says):
    with pytest.raises(error, match=says):
        balanced_subset(people, by=by)


@pytest.mark.parametrize(("n", "says"), [(0, "at least one"), (3, "use 2 or fewer")])
def test_a_class_must_have_subjects_left_to_ask(people, n, says):
    with pytest.raises(SchemaError, match=says):
        few_shot_subset(people, "pathology", n)

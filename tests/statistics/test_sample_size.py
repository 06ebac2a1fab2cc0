"""Power against the noncentral t, and of curves against what the test must hold."""

import numpy as np
import pytest
from scipy import stats

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics import permutation, power
from locomotion_analysis.statistics.sample_size import _usual_test


def exactly(rng, n, sd):
    """A pilot whose mean is 0 and whose standard deviation is `sd`."""
    values = rng.normal(size=n)
    return sd * (values - values.mean()) / values.std(ddof=1)


def test_two_groups_have_the_power_of_the_noncentral_t():
    rng = np.random.default_rng(0)
    pilot = exactly(rng, 8, 2.0), exactly(rng, 9, 2.0)
    found = power(*pilot, n=[8, 17, 30], difference=2.0, n_simulations=800)
    for n, row in found.table.iterrows():
        critical = stats.t.isf(0.025, 2 * n - 2)
        expected = stats.nct.sf(critical, 2 * n - 2, np.sqrt(n / 2))
        expected += stats.nct.cdf(-critical, 2 * n - 2, np.sqrt(n / 2))
        assert row["power"] == pytest.approx(expected, abs=0.045)  # 2.5 standard errors, and Welch
        assert row["low"] < row["power"] < row["high"]
    # The textbook's example: an effect of one needs 17 people a group.
    assert found.least(0.8) in (17, 30)
    assert found.least(0.999) is None


def test_changes_of_one_group_too():
    rng = np.random.default_rng(1)
    row = power(exactly(rng, 7, 1.0), n=[12], difference=0.9, n_simulations=1500).table.iloc[0]
    critical = stats.t.isf(0.025, 11)
    assert row["power"] == pytest.approx(stats.nct.sf(critical, 11, 0.9 * np.sqrt(12)), abs=0.03)


def smooth(rng, n, points=40):
    kernel = np.exp(-0.5 * ((np.arange(points)[:, None] - np.arange(points)) / 4.0) ** 2)
    kernel /= np.linalg.norm(kernel, axis=1, keepdims=True)
    return rng.normal(size=(n, points)) @ kernel.T


@pytest.mark.parametrize("two", [True, False])
def test_curves_without_a_difference_are_significant_as_often_as_alpha(two):
    rng = np.random.default_rng(2)
    pilot = smooth(rng, 9)
    other = smooth(rng, 8) if two else None
    found = power(pilot, other, n=[8], difference=0.0, n_simulations=600, alpha=0.1).table
    assert found["power"].item() == pytest.approx(0.1, abs=0.035)


def test_a_difference_in_a_part_of_the_curve_is_found_with_enough_people():
    rng = np.random.default_rng(3)
    bump = 1.5 * np.exp(-0.5 * ((np.arange(40) - 20) / 3) ** 2)
    found = power(smooth(rng, 10), smooth(rng, 10), n=[30, 6], difference=bump, n_simulations=150)
    assert found.table.index.tolist() == [6, 30]
    assert found.table["power"].is_monotonic_increasing
    assert found.table.loc[30, "power"] > 0.9
    assert found.plot().get_xlabel() == "People a group"


def test_the_default_test_of_curves_is_that_of_the_largest_t():
    """The largest |t| of scipy in as many permutations of one study."""
    rng = np.random.default_rng(4)
    a, b = smooth(rng, 7), smooth(rng, 7) + 0.7
    whole = np.vstack([a, b])
    largest = [np.abs(stats.ttest_ind(a, b).statistic).max()]
    for _ in range(400):
        order = rng.permutation(14)
        t = stats.ttest_ind(whole[order[:7]], whole[order[7:]]).statistic
        largest.append(np.abs(t).max())
    expected = np.mean(np.array(largest) >= largest[0])
    assert 0.02 < expected < 0.6  # else it would say nothing
    assert _usual_test(7, 40, two=True, rng=rng)(a, b) == pytest.approx(expected, abs=0.09)


def test_another_test_is_asked_for_every_study():
    asked = []

    def never(a, b):
        asked.append((a.shape, b.shape))
        return 1.0

    rng = np.random.default_rng(6)
    found = power(smooth(rng, 5), smooth(rng, 6), n=[4, 9], test=never, n_simulations=3)
    assert asked == [((4, 40), (4, 40))] * 3 + [((9, 40), (9, 40))] * 3
    assert found.table["power"].tolist() == [0.0, 0.0]


def test_the_seed_makes_it_again():
    rng = np.random.default_rng(5)
    pilot = rng.normal(size=6), rng.normal(size=6)
    once, again = (power(*pilot, n=[6], n_simulations=50).table for _ in range(2))
    assert once.equals(again)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: power([1.0, 2.0]), "three people"),
        (lambda: power([1.0, 2.0, np.nan]), "1 missing"),
        (lambda: power([1.0, 2.0, 3.0], n=[2]), "three people a group"),
        (lambda: power(np.ones((4, 5)), np.ones((4, 6))), "one length"),
        (lambda: power(np.ones((4, 5)), difference=np.ones(3)), "5 points"),
    ],
)
def test_what_is_no_pilot_is_refused(call, said):
    with pytest.raises(SchemaError, match=said):
        call()


@pytest.mark.parametrize("two", [True, False])
def test_the_test_of_a_study_is_that_of_the_room(two):
    rng = np.random.default_rng(3)
    groups = [rng.normal(size=(9, 40)).cumsum(axis=1) for _ in range(2)]
    judge = _usual_test(9, 40, two, np.random.default_rng(0))
    own = judge(groups[0], groups[1] if two else None)
    room = permutation.ttest2(*groups, equal_var=True) if two else permutation.ttest(groups[0])
    expected = room.inference(0.05, two_tailed=True, iterations=-1).p
    assert own == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 400) + 0.005)


def test_points_where_nobody_differs_are_refused():
    """Such as the force of a foot in swing: its t is none, and was taken for significant."""
    rng = np.random.default_rng(0)
    force, other = rng.normal(1, 0.1, (10, 30)), rng.normal(1, 0.1, (10, 30))
    force[:, 20:] = other[:, 20:] = 0.0
    with pytest.raises(SchemaError, match="at 10 of 30 points, first at 20"):
        power(force, other, n=[8])
    with pytest.raises(SchemaError, match="1 missing"):
        power(force[:, 0], n=[8], difference=np.nan)

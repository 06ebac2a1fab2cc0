"""The test against one population: its level, its power, and what it must not depend on."""

from itertools import combinations

import numpy as np
import pytest

from locomotion_analysis.models.unsupervised import one_population_p


def told(rng, n_repeats, apart, spread, each=15, groups=2, steps=1):
    """Share of draws in which one population is denied."""
    found = 0
    for _ in range(n_repeats):
        people = rng.normal(size=(groups * each, len(spread))) * spread
        people[:, 0] += apart * spread[0] * np.repeat(np.arange(groups), each)
        rows = np.repeat(people, steps, axis=0)
        rows += 0.3 * rng.normal(size=rows.shape) * (steps > 1)
        centred = rows - rows.mean(axis=0)
        scores = centred @ np.linalg.svd(centred, full_matrices=False)[2].T
        who = np.repeat(np.arange(groups * each), steps)
        found += one_population_p(scores, who, n_draws=59) <= 0.05
    return found / n_repeats


@pytest.mark.parametrize(("spread", "steps"), [([1.0], 1), ([1.0, 0.6, 0.3], 1), ([1.0] * 6, 1),
                                               ([1.0, 0.6], 3)])  # fmt: skip
def test_one_gaussian_population_is_rarely_denied(spread, steps):
    # Of 100 draws at 5 %, 11 or more come in 1 % of all series.
    assert told(np.random.default_rng(1), 100, 0.0, spread, steps=steps) <= 0.11


@pytest.mark.parametrize(("apart", "least"), [(4.0, 0.8), (5.5, 0.97)])
def test_two_groups_are_told(apart, least):
    assert told(np.random.default_rng(2), 60, apart, [1.0, 0.7, 0.5]) >= least


def test_p_is_that_of_the_same_draws_in_any_unit_and_order():
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(24, 3))
    who = np.arange(24)
    p = one_population_p(scores, who, n_draws=99)
    assert one_population_p(1000 * scores + 7, who, n_draws=99) == pytest.approx(p)
    assert one_population_p(scores, who, n_draws=99) == p


def test_one_line_against_plain_code():
    """The least squares within two sides of sorted numbers, found by trying every cut."""
    rng = np.random.default_rng(0)
    line = np.concatenate([rng.normal(0, 1, 9), rng.normal(2.8, 1, 6)])

    def least(values):
        def within(start, stop):
            return values[start:stop].var() * (stop - start)

        values, n = np.sort(values), len(values)
        two = min(within(0, cut) + within(cut, n) for cut in range(1, n))
        three = min(
            within(0, one) + within(one, other) + within(other, n)
            for one, other in combinations(range(1, n), 2)
        )
        return np.log(np.array([two, three]) / within(0, n))

    own, draws = least(line), np.array([least(each) for each in rng.normal(size=(600, 15))])
    scaled = (np.vstack([own, draws]) - draws.mean(axis=0)) / draws.std(axis=0)
    lowest = np.minimum(scaled[:, 0], scaled[:, 1] + 1.0)
    p = np.mean(lowest[1:] <= lowest[0])
    found = one_population_p(line[:, None], np.arange(15), n_draws=999)
    assert 0.02 < p < 0.8
    assert found == pytest.approx(p, abs=0.05)


def test_three_groups_in_a_row_are_told():
    assert told(np.random.default_rng(3), 60, 4.0, [1.0, 0.7], groups=3) >= 0.8

"""Bayes factors against printed ones, and against a prior that is integrated directly."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics import bayes_factor_of_t, bayes_factors


def test_printed_values():
    # Documentation of Pingouin, bayesfactor_ttest.
    assert bayes_factor_of_t(3.5, 20, 20) == pytest.approx(26.743, abs=6e-4)
    assert bayes_factor_of_t(3.5, 20) == pytest.approx(17.185, abs=6e-4)
    # Manual of BayesFactor (R), Student's sleep data, paired.
    change = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    found = bayes_factors(change).iloc[0]
    assert found["t"] == pytest.approx(4.0621, abs=6e-5)
    assert found["bayes_factor"] == pytest.approx(17.25888, abs=6e-6)


@pytest.mark.parametrize(
    ("t", "n", "other", "scale"),
    [(0.0, 8, None, 0.5), (2.5, 12, 30, 0.707), (-6.0, 40, 40, 1.0), (1.0, 200, None, 0.707)],
)
def test_it_is_the_likelihood_averaged_over_a_cauchy_prior(t, n, other, scale):
    df = n - 1 if other is None else n + other - 2
    size = np.sqrt(n if other is None else n * other / (n + other))

    def weighed(effect):
        return stats.nct.pdf(t, df, effect * size) * stats.cauchy.pdf(effect, scale=scale)

    middle = t / size
    ends = [middle - 6 / size, middle, middle + 6 / size]  # further out it is nothing
    whole = sum(integrate.quad(weighed, a, b)[0] for a, b in pairwise(ends))
    found = bayes_factor_of_t(t, n, other, scale=scale)
    assert found == pytest.approx(whole / stats.t.pdf(t, df), rel=1e-4)


def test_a_curve_has_a_factor_a_point():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(8, 5)), rng.normal(size=(10, 5))
    a[:, 3] += 4
    found = bayes_factors(a, b)
    assert found["bayes_factor"].idxmax() == 3
    one = bayes_factors(a[:, 1], b[:, 1]).iloc[0]
    assert found.loc[1].to_numpy() == pytest.approx(one.to_numpy())


def test_large_t_do_not_overflow_into_nothing():
    found = bayes_factor_of_t([50.0, 100.0], 30)
    assert np.isfinite(found).all()
    assert found[1] > found[0] > 1e20


def test_a_point_where_nobody_differs_has_no_factor():
    rng = np.random.default_rng(0)
    one, other = rng.normal(0.5, 1.0, (12, 3)), rng.normal(0.0, 1.0, (9, 3))
    t = stats.ttest_ind(one, other).statistic
    for constant in (0.0, 1.1):
        found = bayes_factors(*(np.insert(each, 1, constant, axis=1) for each in (one, other)))
        assert found["bayes_factor"].isna().tolist() == [False, True, False, False]
        np.testing.assert_allclose(found["t"].dropna(), t)


def test_too_few_people_are_refused():
    with pytest.raises(SchemaError, match="two people"):
        bayes_factor_of_t(1.0, 1)
    with pytest.raises(SchemaError, match="two people"):
        bayes_factors([1.0, np.nan, 2.0])

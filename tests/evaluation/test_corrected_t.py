"""The corrected resampled t test, against the formula written out and against its promise."""

import numpy as np
import pytest
from scipy import stats

from locomotion_analysis.evaluation.subject_scores import corrected_t_test


def test_without_shared_training_sets_it_is_the_plain_t_test():
    differences = [0.1, -0.02, 0.07, 0.04, 0.03]
    theirs = stats.ttest_1samp(differences, 0)
    band = theirs.confidence_interval(0.95)
    expected = (theirs.statistic, theirs.pvalue, band.low, band.high)
    assert corrected_t_test(differences, 0) == pytest.approx(expected)


def test_shared_training_sets_widen_the_variance_as_published():
    differences = np.array([0.1, -0.02, 0.07, 0.04, 0.03])
    plain = corrected_t_test(differences, 0).t
    # Nadeau and Bengio: 1/k becomes 1/k + n_test/n_train, here 1/5 and 1/4.
    corrected, p, low, high = corrected_t_test(differences, 1 / 4)
    assert corrected == pytest.approx(plain * np.sqrt((1 / 5) / (1 / 5 + 1 / 4)))
    assert p == pytest.approx(2 * stats.t.sf(corrected, 4))
    assert (low + high) / 2 == pytest.approx(differences.mean())
    assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, 4) * differences.mean() / corrected)


def test_folds_without_a_score_are_left_out():
    assert corrected_t_test([0.1, np.nan, 0.3], 0.5) == corrected_t_test([0.1, 0.3], 0.5)


@pytest.mark.parametrize("differences", [[0.0, 0.0, 0.0], [0.2], [np.nan, 0.3]])
def test_nothing_to_test_is_no_difference(differences):
    found = corrected_t_test(differences, 0.25)
    assert np.isnan(found.t)
    assert found.p_value == 1


def test_the_same_difference_everywhere_is_certain():
    found = corrected_t_test([-0.5, -0.5, -0.5], 0.25)
    assert found == (-np.inf, 0, -0.5, -0.5)

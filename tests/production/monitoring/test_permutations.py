"""The statistics of drift against scipy and scikit-learn, one division at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from locomotion_analysis.production.monitoring.drift import (
    domain_auc,
    p_values,
    permuted_groups,
    population_stability_index,
    standardised,
    wasserstein,
)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 1000), st.booleans())
def test_wasserstein_is_scipys(n_old, n_new, seed, tied):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_old + n_new, 3))
    if tied:
        values = values.round()
    groups = permuted_groups(n_old, n_new, 4, seed)
    found = wasserstein(values, groups)
    for row, current in zip(found, groups, strict=True):
        for column in range(3):
            by_scipy = wasserstein_distance(values[current, column], values[~current, column])
            assert row[column] == pytest.approx(by_scipy, abs=1e-9)


def test_the_domain_classifier_leaves_people_out():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(24, 6))
    groups = permuted_groups(14, 10, 3, 1)
    centred = values - values.mean(axis=0)
    scale = np.trace(centred @ centred.T) / 24
    by_hand = []
    for current in groups:
        # The hat matrix centres once over all people; so does a ridge that fits no intercept
        # for its slopes but one, unpenalised, for the level.
        design = np.hstack([centred / np.sqrt(scale * 0.03), np.full((24, 1), 1e4)])
        guess = cross_val_predict(
            Ridge(alpha=1.0, fit_intercept=False), design, current.astype(float), cv=LeaveOneOut()
        )
        by_hand.append(roc_auc_score(current, guess))
    assert domain_auc(values, groups, 0.03) == pytest.approx(by_hand, abs=0.02)


def test_p_values_count_divisions_at_least_as_far():
    statistics = np.array([3.0, 1.0, 3.0, 5.0])
    assert p_values(statistics).tolist() == [0.75, 1.0, 0.75, 0.25]


def test_gaps_and_constants_do_not_count():
    people = np.array([[1.0, 5.0, np.nan, 2.0], [2.0, 5.0, np.nan, np.nan], [3.0, 5.0, 1.0, 4.0]])
    values, kept = standardised(people)
    assert kept.tolist() == [True, False, False, True]
    assert values.std(axis=0) == pytest.approx([1.0, 1.0])


def test_the_stability_index_is_its_formula():
    old, new = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([5.0, 5.0, 5.0, 5.0, 5.0])
    edges = np.quantile(np.concatenate([old, new]), [0.2, 0.4, 0.6, 0.8])
    shares = []
    for people in (old, new):
        counts = np.bincount((people[:, None] > edges).sum(axis=1), minlength=5) + 0.5
        shares.append(counts / counts.sum())
    r, c = shares
    by_hand = np.sum((c - r) * np.log(c / r))
    assert population_stability_index(old[:, None], new[:, None])[0] == pytest.approx(by_hand)

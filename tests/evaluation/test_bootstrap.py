"""Intervals over subjects, against plain loops and against known coverage."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    mean_absolute_error,
    r2_score,
)

from locomotion_analysis.evaluation.metrics import (
    METRICS,
    confusion_per_unit,
    error_intervals,
    error_sums,
    percentile_interval,
    quantity_scores,
    score_intervals,
    subject_weights,
)


@pytest.fixture
def outcome():
    rng = np.random.default_rng(1)
    subject = np.repeat(np.arange(25), rng.integers(3, 15, 25))
    true = rng.integers(0, 3, len(subject))
    skill = rng.uniform(0.3, 1, 25)[subject]
    predicted = np.where(rng.random(len(subject)) < skill, true, rng.integers(0, 3, len(subject)))
    return subject, true, predicted


def rows_of_draw(rng, subject):
    """Draw subjects with all their rows, one by one."""
    drawn = rng.choice(np.unique(subject), size=len(np.unique(subject)), replace=True)
    return np.concatenate([np.flatnonzero(subject == who) for who in drawn])


def test_weighted_counts_are_repeated_rows(outcome):
    subject, true, predicted = outcome
    counts = confusion_per_unit(true, predicted, subject, 25, 3)
    theirs = {
        "accuracy": accuracy_score,
        "balanced_accuracy": balanced_accuracy_score,
        "macro_f1": lambda a, b: f1_score(a, b, average="macro"),
    }
    for weights in subject_weights(25, 10, random_state=4):
        rows = np.repeat(np.arange(len(subject)), weights[subject])
        drawn = np.tensordot(weights, counts, axes=1)
        for name, metric in METRICS.items():
            assert metric(drawn) == pytest.approx(theirs[name](true[rows], predicted[rows]))


def test_interval_agrees_with_a_plain_loop(outcome):
    subject, true, predicted = outcome
    rng = np.random.default_rng(9)
    draws = [rows_of_draw(rng, subject) for _ in range(1500)]
    counts = confusion_per_unit(true, predicted, subject, 25, 3)
    baseline = confusion_per_unit(true, np.zeros_like(true), subject, 25, 3)
    found = score_intervals(counts, baseline, 4000, random_state=0)
    right = np.array([np.mean(true[rows] == predicted[rows]) for rows in draws])
    gain = right - [np.mean(true[rows] == 0) for rows in draws]
    assert found["accuracy"] == pytest.approx(np.percentile(right, [2.5, 97.5]), abs=0.015)
    assert found["accuracy_minus_baseline"] == pytest.approx(
        np.percentile(gain, [2.5, 97.5]), abs=0.02
    )


def test_regression_interval_agrees_with_a_plain_loop(outcome):
    subject = outcome[0]
    rng = np.random.default_rng(2)
    true = rng.normal(50, 10, len(subject)) + rng.normal(0, 5, 25)[subject]
    predicted = true + rng.normal(2, 4, len(subject))
    sums = error_sums(true, predicted, subject, 25)
    beside = error_sums(true, np.full_like(true, 50), subject, 25)
    found = error_intervals(sums, beside, 4000, random_state=0)
    draws = [rows_of_draw(rng, subject) for _ in range(1500)]
    for name, metric, near in (("mae", mean_absolute_error, 0.08), ("r2", r2_score, 0.02)):
        looped = [metric(true[rows], predicted[rows]) for rows in draws]
        assert found[name] == pytest.approx(np.percentile(looped, [2.5, 97.5]), abs=near)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    n_subjects, n_cycles, covered, cycles_cover = 40, 20, 0, 0
    trials = 300
    for trial in range(trials):
        skill = rng.beta(4, 2, n_subjects)  # expected accuracy 4/6 over people
        right = rng.binomial(n_cycles, skill)
        counts = np.zeros((n_subjects, 2, 2), dtype=np.int64)
        counts[:, 0, 0], counts[:, 0, 1] = right, n_cycles - right
        low, high = score_intervals(counts, counts, 300, trial)["accuracy"]
        covered += low <= 4 / 6 <= high
        share = right.mean() / n_cycles
        half = 1.96 * np.sqrt(share * (1 - share) / (n_subjects * n_cycles))
        cycles_cover += abs(share - 4 / 6) <= half
    assert 0.90 <= covered / trials <= 0.98
    assert cycles_cover / trials < 0.75  # what counting cycles as people would promise


def test_weights_draw_as_many_subjects_as_there_are():
    weights = subject_weights(13, 500, random_state=0)
    assert (weights.sum(axis=1) == 13).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(13), abs=0.2)
    assert np.array_equal(weights, subject_weights(13, 500, random_state=0))
    assert not np.array_equal(weights, subject_weights(13, 500, random_state=1))


def test_undefined_draws_are_left_out():
    assert percentile_interval(np.array([np.nan, 1.0, 1.0])) == (1.0, 1.0)
    assert np.isnan(percentile_interval(np.array([np.nan]))).all()
    constant = error_sums(np.array([3.0, 3.0]), np.array([3.0, 4.0]), np.array([0, 1]), 2)
    assert np.isnan(quantity_scores(constant)["r2"]).all()

"""Intervals over subjects, against textbook limits, plain loops and known coverage."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    mean_absolute_error,
    r2_score,
)

from locomotion_analysis.evaluation.metrics import (
    METRICS,
    Jackknife,
    Score,
    confusion_per_unit,
    difference_interval,
    effective_people,
    error_sums,
    metric_interval,
    metric_jackknife,
    percentile_interval,
    quantity_scores,
    subject_weights,
)


def right_of(right, n_cycles):
    """Counts of subjects of one class, `right` of whose `n_cycles` are predicted right."""
    counts = np.zeros((len(right), 2, 2), dtype=np.int64)
    counts[:, 0, 0], counts[:, 0, 1] = right, n_cycles - np.asarray(right)
    return counts


@pytest.fixture
def outcome():
    rng = np.random.default_rng(1)
    subject = np.repeat(np.arange(25), rng.integers(3, 15, 25))
    true = rng.integers(0, 3, len(subject))
    skill = rng.uniform(0.3, 1, 25)[subject]
    predicted = np.where(rng.random(len(subject)) < skill, true, rng.integers(0, 3, len(subject)))
    return subject, true, predicted


# Shares.


@pytest.mark.parametrize(("n_right", "n_people"), [(20, 20), (16, 20), (10, 20), (0, 15), (60, 80)])
def test_people_who_are_right_or_wrong_throughout_get_wilsons_interval(n_right, n_people):
    right = np.repeat([8, 0], [n_right, n_people - n_right])
    found = metric_interval("accuracy", right_of(right, 8))
    # Student's quantile in place of the normal one.
    level = 2 * stats.norm.cdf(stats.t.ppf(0.975, n_people - 1)) - 1
    wilson = stats.binomtest(n_right, n_people).proportion_ci(level, "wilson")
    assert found == pytest.approx((wilson.low, wilson.high))


def test_with_many_people_it_is_wilsons_interval_as_it_stands():
    right = np.repeat([1, 0], [1500, 500])
    wilson = stats.binomtest(1500, 2000).proportion_ci(0.95, "wilson")
    assert metric_interval("accuracy", right_of(right, 1)) == pytest.approx(wilson, abs=1e-4)


def test_the_end_near_one_is_that_of_clopper_and_pearson_where_one_person_is_wrong():
    n_people = 400
    right = np.repeat([5, 0], [n_people - 1, 1])
    exact = stats.binomtest(n_people - 1, n_people).proportion_ci(0.95, "exact")
    low, high = metric_interval("accuracy", right_of(right, 5))
    assert high == pytest.approx(exact.high, abs=1e-5)
    # Turned round, the same.
    assert metric_interval("accuracy", right_of(5 - right, 5)) == pytest.approx((1 - high, 1 - low))


def test_a_perfect_score_of_20_people_is_uncertain_however_many_cycles_they_have():
    assert metric_interval("accuracy", right_of(np.full(20, 50), 50)) == pytest.approx(
        (0.8203, 1.0), abs=1e-4
    )
    low, _ = metric_interval("accuracy", right_of(np.full(80, 50), 50))
    assert 0.95 < low < 0.96  # 1 - 3/80 by the rule of three


def test_cycles_that_are_as_good_as_other_people_count_as_such():
    """With errors spread evenly, the effective number is that of Korn and Graubard."""
    rng = np.random.default_rng(0)
    right = rng.binomial(20, 0.7, 60)
    share, spread = right.mean() / 20, np.std(right / 20, ddof=1) / np.sqrt(60)
    number = share * (1 - share) / spread**2
    z = stats.t.ppf(0.975, 59)
    middle = (share + z**2 / number / 2) / (1 + z**2 / number)
    low, high = metric_interval("accuracy", right_of(right, 20))
    assert (low + high) / 2 == pytest.approx(middle, abs=0.001)
    assert (high - low) / 2 == pytest.approx(z * spread, rel=0.03)


def test_people_of_unequal_size_count_as_fewer():
    sizes = np.array([100] * 5 + [1] * 15)
    kish = sizes.sum() ** 2 / (sizes**2).sum()
    assert effective_people(sizes[:, None]) == pytest.approx(kish)
    counts = np.zeros((20, 2, 2), dtype=np.int64)
    counts[:, 0, 0] = sizes
    low, _ = metric_interval("accuracy", counts)
    assert low == pytest.approx(1 / (1 + stats.t.ppf(0.975, kish - 1) ** 2 / kish))


def test_a_perfect_balanced_accuracy_rests_on_the_small_class():
    counts = np.zeros((40, 2, 2), dtype=np.int64)
    counts[:5, 0, 0] = counts[5:, 1, 1] = 6
    people = 4 / (1 / 5 + 1 / 35)
    low, high = metric_interval("balanced_accuracy", counts)
    assert (low, high) == pytest.approx(
        (1 / (1 + stats.t.ppf(0.975, people - 1) ** 2 / people), 1.0)
    )


def test_one_person_has_no_interval():
    assert np.isnan(metric_interval("accuracy", right_of([4], 5))).all()


# Against other computations.


def rows_of_draw(rng, subject):
    """Draw subjects with all their rows, one by one."""
    drawn = rng.choice(np.unique(subject), size=len(np.unique(subject)), replace=True)
    return np.concatenate([np.flatnonzero(subject == who) for who in drawn])


def test_leaving_out_is_scoring_the_other_rows(outcome):
    subject, true, predicted = outcome
    counts = confusion_per_unit(true, predicted, subject, 25, 3)
    theirs = {
        "accuracy": accuracy_score,
        "balanced_accuracy": balanced_accuracy_score,
        "macro_f1": lambda a, b: f1_score(a, b, average="macro"),
    }
    for name in METRICS:
        found = metric_jackknife(name, counts)
        assert found.value == pytest.approx(theirs[name](true, predicted))
        for who in range(25):
            rest = subject != who
            assert found.without[who] == pytest.approx(theirs[name](true[rest], predicted[rest]))


def test_far_from_the_ends_it_is_near_the_bootstrap(outcome):
    subject, true, predicted = outcome
    rng = np.random.default_rng(9)
    draws = [rows_of_draw(rng, subject) for _ in range(1500)]
    counts = confusion_per_unit(true, predicted, subject, 25, 3)
    baseline = confusion_per_unit(true, np.zeros_like(true), subject, 25, 3)
    right = np.array([np.mean(true[rows] == predicted[rows]) for rows in draws])
    gain = right - [np.mean(true[rows] == 0) for rows in draws]
    assert metric_interval("accuracy", counts) == pytest.approx(
        np.percentile(right, [2.5, 97.5]), abs=0.02
    )
    assert difference_interval("accuracy", counts, baseline) == pytest.approx(
        np.percentile(gain, [2.5, 97.5]), abs=0.03
    )


def test_means_over_many_subjects_are_those_of_bca():
    values = np.random.default_rng(3).gamma(4, 1, 150)
    rng = np.random.default_rng(0)
    bca = stats.bootstrap((values,), np.mean, method="BCa", rng=rng).confidence_interval
    found = Jackknife.of_means(values)
    assert found.interval("error") == pytest.approx(bca, abs=0.04)
    assert found.interval("number") == pytest.approx(bca, abs=0.06)


def test_a_mean_of_normal_values_has_students_interval():
    values = np.random.default_rng(6).uniform(-1, 1, 30)
    student = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert Jackknife.of_means(values).interval("number") == pytest.approx(student)


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(5).exponential(size=12) ** 3,
        np.random.default_rng(6).exponential(size=40) ** 2,
        np.repeat([0.0, 1.0], [9, 1]),
    ],
)
def test_the_fewer_people_make_the_variance_the_fewer_degrees_of_freedom_it_has(values):
    """Satterthwaite: degrees = 2 / (relative variance of the variance), from the kurtosis of the
    people's contributions; two are lost by estimating it, one and a half are left at least."""
    n = len(values)
    mean = values.mean()
    squares = [(value - mean) ** 2 for value in values]
    of_variance = sum(square**2 for square in squares) / sum(squares) ** 2 - 1 / n
    degrees = min(max(2 / of_variance - 2, 1.5), n - 1)
    half = stats.t.ppf(0.975, degrees) * np.sqrt(sum(squares) / (n - 1) / n)
    found = Jackknife.of_means(values).interval("number")
    assert found == pytest.approx((mean - half, mean + half))
    assert degrees < n - 1  # fewer than Student's


def test_intervals_of_errors_are_near_the_bootstrap(outcome):
    subject = outcome[0]
    rng = np.random.default_rng(2)
    true = rng.normal(50, 10, len(subject)) + rng.normal(0, 5, 25)[subject]
    predicted = true + rng.normal(2, 4, len(subject))
    sums = error_sums(true, predicted, subject, 25)
    draws = [rows_of_draw(rng, subject) for _ in range(1500)]
    for name, metric, near in (("mae", mean_absolute_error, 0.15), ("r2", r2_score, 0.03)):
        looped = [metric(true[rows], predicted[rows]) for rows in draws]
        assert metric_interval(name, sums) == pytest.approx(
            np.percentile(looped, [2.5, 97.5]), abs=near
        )


def test_an_interval_of_an_error_stays_above_zero_and_turns_with_its_unit(outcome):
    rng = np.random.default_rng(4)
    true = rng.normal(size=60)
    predicted = true + np.repeat(rng.exponential(1, 6), 10) * rng.normal(size=60)
    subject = np.repeat(np.arange(6), 10)
    low, high = metric_interval("mae", error_sums(true, predicted, subject, 6))
    assert low > 0
    in_mm = metric_interval("mae", error_sums(1000 * true, 1000 * predicted, subject, 6))
    assert in_mm == pytest.approx((1000 * low, 1000 * high))
    low, high = metric_interval("r2", error_sums(true, predicted, subject, 6))
    assert low < high < 1


# Differences of two models.


def test_a_difference_of_one_person_in_20_is_no_finding():
    one = right_of(np.repeat([6, 0], [20, 0]), 6)
    other = right_of(np.repeat([6, 0], [19, 1]), 6)
    low, high = difference_interval("accuracy", one, other)
    assert low < 0 < 0.05 < high
    assert difference_interval("accuracy", other, one) == pytest.approx((-high, -low))
    # The widest: Student's for people of whom one in 20 differs wholly, and Wilson's for nobody.
    t = stats.t.ppf(0.975, 19)
    widest = np.sqrt(t**2 * (0.05 - 0.05**2) / 20 + (t**2 / (20 + t**2)) ** 2)
    assert high == pytest.approx(0.05 + widest)


def test_where_nobody_differs_as_many_may_as_wilson_allows_for_none():
    same = right_of(np.full(20, 3), 6)
    level = 2 * stats.norm.cdf(stats.t.ppf(0.975, 19)) - 1
    most = stats.binomtest(0, 20).proportion_ci(level, "wilson").high
    assert difference_interval("accuracy", same, same) == pytest.approx((-most, most))


def test_a_difference_that_many_people_make_has_students_interval():
    rng = np.random.default_rng(8)
    one, other = rng.integers(5, 11, 60), rng.integers(3, 9, 60)
    student = stats.ttest_rel(one / 10, other / 10).confidence_interval(0.95)
    found = difference_interval("accuracy", right_of(one, 10), right_of(other, 10))
    assert found == pytest.approx(student, abs=1e-9)


# How often the truth lies within; more in benchmarks/interval_coverage.py.


@pytest.mark.parametrize(
    ("n_people", "accuracy", "likeness"), [(10, 0.95, 0.3), (20, 0.95, 0.3), (40, 0.95, 1.0),
                                           (40, 0.8, 0.1), (15, 0.5, 0.3)]
)  # fmt: skip
def test_the_truth_is_covered_about_as_often_as_is_said(n_people, accuracy, likeness):
    rng = np.random.default_rng(7)
    skill = (rng.random((n_people, 1500)) < accuracy).astype(float)
    if likeness < 1:
        both = (1 - likeness) / likeness
        skill = rng.beta(accuracy * both, (1 - accuracy) * both, (n_people, 1500))
    right = rng.binomial(8, skill).astype(float)
    sums = np.stack([right, np.full_like(right, 8)], axis=-1)
    found = Jackknife.of(lambda each: each[..., 0] / each[..., 1], sums, sums[..., 1:])
    low, high = found.intervals("share")
    covered = ((low <= accuracy) & (accuracy <= high)).mean()
    assert 0.925 <= covered <= 0.99
    draws = subject_weights(n_people, 200, 0) @ right / (8 * n_people)
    ends = np.percentile(draws, [2.5, 97.5], axis=0)
    if (n_people, accuracy) == (20, 0.95):  # what percentiles of a bootstrap would give
        assert ((ends[0] <= accuracy) & (accuracy <= ends[1])).mean() < 0.87


# Bootstrap draws, where more than the subjects vary.


def test_weights_draw_as_many_subjects_as_there_are():
    weights = subject_weights(13, 500, random_state=0)
    assert (weights.sum(axis=1) == 13).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(13), abs=0.2)
    assert np.array_equal(weights, subject_weights(13, 500, random_state=0))
    assert not np.array_equal(weights, subject_weights(13, 500, random_state=1))


def test_undefined_draws_are_left_out():
    assert percentile_interval(np.array([np.nan, 1.0, 1.0])) == (1.0, 1.0)
    assert percentile_interval(np.arange(1001.0)) == (25.0, 975.0)
    assert np.isnan(percentile_interval(np.array([np.nan]))).all()


def test_a_target_that_does_not_vary_has_no_r2():
    constant = error_sums(np.array([3.0, 3.0]), np.array([3.0, 4.0]), np.array([0, 1]), 2)
    assert np.isnan(quantity_scores(constant)["r2"]).all()
    assert np.isnan(metric_interval("r2", constant)).all()


@pytest.mark.parametrize(("gain_low", "better"), [(0.2, True), (0.0, False), (-0.1, False)])
def test_better_than_the_baseline_is_an_interval_above_zero(gain_low, better):
    score = Score("Accuracy", 0.8, 0.7, 0.9, 0.5, gain_low, 0.4)
    assert score.beats_baseline is better

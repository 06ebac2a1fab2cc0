"""Statistics against SciPy and formulas written another way; what is refused, and with what words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.ndimage import gaussian_filter1d

from locomotion_analysis import statistics
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.statistics import permutation


def smooth(seed, n, nodes=101, width=8.0):
    noise = np.random.default_rng(seed).normal(size=(n, nodes))
    made = gaussian_filter1d(noise, width, axis=1, mode="wrap")
    return made / made.std()


def test_the_scalar_tests_are_scipys():
    rng = np.random.default_rng(3)
    a, b, c = rng.normal(size=9), rng.normal(0.8, 2.0, size=14), rng.normal(0.2, 1.5, size=7)
    pairs = [
        (statistics.ttest(a, 0.3), stats.ttest_1samp(a, 0.3)),
        (statistics.ttest_paired(a, b[:9]), stats.ttest_rel(a, b[:9])),
        (statistics.ttest2(a, b, equal_var=True), stats.ttest_ind(a, b)),
        (statistics.ttest2(a, b), stats.ttest_ind(a, b, equal_var=False)),
        (statistics.anova1([a, b, c], equal_var=True), stats.f_oneway(a, b, c)),
        (statistics.anova1([a, b, c]), stats.f_oneway(a, b, c, equal_var=False)),
    ]
    for mine, theirs in pairs:
        found = mine.inference()
        assert found.z == pytest.approx(theirs.statistic)
        assert found.p == pytest.approx(theirs.pvalue)
    line = stats.linregress(b, c.repeat(2))
    slope = statistics.regress(c.repeat(2), b).inference()
    assert slope.z == pytest.approx(line.slope / line.stderr)
    assert slope.p == pytest.approx(line.pvalue)


def _sums(y, columns):
    fitted = columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
    return ((y - fitted) ** 2).sum(axis=0)


def _dummies(*codes):
    joined = np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].ravel()
    return np.eye(joined.max() + 1)[joined]


def test_unbalanced_anova_compares_models_at_every_node():
    """Type II by two least-squares fits of each node, from designs of dummies."""
    rng = np.random.default_rng(8)
    a, b = np.arange(31) % 2, np.r_[rng.integers(3, size=25), 0, 1, 1, 2, 2, 0]
    y = smooth(8, 31) + a[:, None] * 0.5
    found = statistics.anova2(y, a, b)
    full = _sums(y, _dummies(a, b))
    error = full / (31 - 6)
    both = np.hstack([_dummies(a), _dummies(b)])
    expected = {
        "A": (_sums(y, _dummies(b)) - _sums(y, both)) / 1,
        "B": (_sums(y, _dummies(a)) - _sums(y, both)) / 2,
        "AB": (_sums(y, both) - full) / 2,
    }
    for test in found:
        np.testing.assert_allclose(test.z, expected[test.effect] / error)


def test_type_three_weighs_cells_alike():
    """The main effect of two levels is the contrast of unweighted means of cells."""
    rng = np.random.default_rng(2)
    a, b = np.arange(25) % 2, np.arange(25) % 7 % 2
    y = rng.normal(size=25)
    found = statistics.anova2(y, a, b, ss_type=3)[0]
    cells = [(y[(a == i) & (b == j)]) for i in (0, 1) for j in (0, 1)]
    difference = np.dot([1, 1, -1, -1], [cell.mean() for cell in cells])
    error = sum(((cell - cell.mean()) ** 2).sum() for cell in cells) / 21
    variance = error * sum(1 / len(cell) for cell in cells)
    assert found.z == pytest.approx(difference**2 / variance)


def test_two_conditions_within_people_are_pairs():
    y = smooth(4, 16)
    subject, condition = np.repeat(np.arange(8), 2), np.tile([0, 1], 8)
    within = statistics.anova1rm(y, condition, subject)
    pairs = statistics.ttest_paired(y[1::2], y[::2])
    np.testing.assert_allclose(within.z, pairs.z**2)
    assert within.df == (1.0, 7.0)


def test_several_cycles_of_a_person_are_one():
    y = smooth(5, 12)
    subject, condition = np.repeat(np.arange(6), 2), np.tile([0, 1], 6)
    twice = statistics.anova1rm(
        np.vstack([y + 0.1, y - 0.1]), np.tile(condition, 2), np.tile(subject, 2)
    )
    np.testing.assert_allclose(twice.z, statistics.anova1rm(y, condition, subject).z)


def test_one_component_of_a_vector_is_its_t_squared():
    y, z = smooth(1, 9), smooth(2, 11)
    vector = statistics.hotellings2(y[..., None], z[..., None])
    np.testing.assert_allclose(vector.z, statistics.ttest2(y, z, equal_var=True).z ** 2)


def test_hotelling_does_not_depend_on_the_axes():
    y = np.random.default_rng(0).normal(size=(14, 20, 3))
    turn = np.random.default_rng(1).normal(size=(3, 3))
    np.testing.assert_allclose(statistics.hotellings(y).z, statistics.hotellings(y @ turn).z)


def test_missing_nodes_are_tested_with_those_who_have_them():
    a, b = smooth(10, 8), smooth(11, 9) + 0.7
    a[:3, 60:] = np.nan
    for equal_var in (True, False):
        found = statistics.ttest2(a, b, equal_var=equal_var)
        theirs = stats.ttest_ind(a[3:, 60:], b[:, 60:], equal_var=equal_var)
        whole = stats.ttest_ind(a[:, :60], b[:, :60], equal_var=equal_var)
        np.testing.assert_allclose(found.z[:60], whole.statistic)
        if equal_var:
            p = stats.t.sf(np.abs(found.z[60:]), found.df[1]) * 2
            np.testing.assert_allclose(p, theirs.pvalue)
        else:
            np.testing.assert_allclose(found.z[60:], theirs.statistic)
        assert found.inference().zstar > 2.0


def test_sums_of_squares_at_nodes_that_some_people_miss_are_those_of_the_others():
    """Carried to the degrees of freedom of the whole, p is that of the people measured there."""
    rng = np.random.default_rng(12)
    A, B = rng.integers(0, 2, 30), rng.integers(0, 3, 30)
    y = smooth(12, 30) + 0.6 * A[:, None] * (B[:, None] == 1)
    y[:6, 60:] = np.nan
    for ss_type in (2, 3):
        found = statistics.anova2(y, A, B, ss_type=ss_type)
        others = statistics.anova2(y[6:, 60:], A[6:], B[6:], ss_type=ss_type)
        for one, other in zip(found, others, strict=True):
            p = stats.f.sf(one.z[60:], *one.df)
            np.testing.assert_allclose(p, stats.f.sf(other.z, *other.df), rtol=1e-9)


def test_a_circle_has_no_ends():
    y = smooth(3, 12) + 1.2 * np.cos(np.linspace(0, 2 * np.pi, 101, endpoint=False))
    turned = np.roll(y, 37, axis=1)
    one = statistics.ttest(y).inference(circular=True)
    other = statistics.ttest(turned).inference(circular=True)
    assert one.zstar == pytest.approx(other.zstar)
    assert sorted(c.P for c in one.clusters) == pytest.approx(sorted(c.P for c in other.clusters))
    assert one.clusters[-1].endpoints[1] < one.clusters[-1].endpoints[0]


def test_false_discoveries_are_scipys():
    y = smooth(6, 10) + 0.9
    found = statistics.ttest(y).inference(method="fdr")
    p = stats.ttest_1samp(y, 0.0).pvalue
    np.testing.assert_allclose(found.q, stats.false_discovery_control(p))
    inside = np.zeros(101, dtype=bool)
    for each in found.clusters:
        inside[int(np.ceil(each.endpoints[0])) : int(np.floor(each.endpoints[1])) + 1] = True
    np.testing.assert_array_equal(inside, found.q <= 0.05)


def test_few_exchanges_are_all_taken():
    """Every relabelling of 3 against 4, counted by hand."""
    from itertools import combinations

    y = np.random.default_rng(9).normal(size=7) + np.repeat([0.0, 2.5], [3, 4])
    found = permutation.ttest2(y[:3], y[3:], equal_var=True).inference(0.05)
    differences = [
        abs(stats.ttest_ind(y[list(c)], np.delete(y, c)).statistic)
        for c in combinations(range(7), 3)
    ]
    assert found.exact
    assert found.permutations == 35
    assert found.p == pytest.approx(np.mean(np.array(differences) >= abs(found.z) - 1e-9))


def test_sign_flips_are_scipys():
    y = np.random.default_rng(5).normal(0.6, size=9)
    mine = permutation.ttest(y).inference()
    theirs = stats.permutation_test((y,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert mine.p == pytest.approx(theirs.pvalue)


def test_the_same_seed_gives_the_same_numbers():
    y = smooth(7, 24) + np.repeat([0.0, 0.5], 12)[:, None]
    test = permutation.ttest2(y[:12], y[12:])
    one, other, third = (test.inference(seed=seed) for seed in (1, 1, 2))
    assert (one.zstar, one.clusters) == (other.zstar, other.clusters)
    assert one.zstar != third.zstar


@settings(max_examples=25)
@given(st.integers(0, 1000), st.sampled_from(["covariate", "welch", "mixed", "vector"]))
def test_the_first_exchange_is_the_data(seed, kind):
    """The statistic computed by exchange is the one computed by the model."""
    rng = np.random.default_rng(seed)
    y = smooth(seed, 14, 21, 3.0)
    design = np.column_stack([rng.normal(size=(14, 2)), np.ones(14)])
    group, pairs = np.repeat([0, 1], [6, 8]), np.repeat(np.arange(7), 2)
    if kind == "covariate":
        test = permutation.glm(y, design, [1.0, 0.0, 0.0])
    elif kind == "welch":
        test = permutation.anova1(y, np.arange(14) % 3)
    elif kind == "mixed":
        test = permutation.anova2onerm(y, group, np.tile([0, 1], 7), pairs)[2]
    else:
        test = permutation.manova1(y.reshape(14, 7, 3), np.arange(14) % 3)
    np.testing.assert_allclose(test.inference(iterations=40).z, test.z, rtol=1e-6, atol=1e-9)


def test_covariates_stay_where_they_are():
    """A strong covariate beside no effect: the exchange does not take it for one."""
    rng = np.random.default_rng(12)
    group, speed = np.repeat([0.0, 1.0], 10), rng.normal(size=20)
    y = smooth(12, 20) + 5.0 * speed[:, None]
    design = np.column_stack([group, speed, np.ones(20)])
    by_field = statistics.glm(y, design, [1, 0, 0]).inference()
    by_exchange = permutation.glm(y, design, [1, 0, 0]).inference()
    assert min(by_exchange.p, by_field.p) > 0.5
    assert by_exchange.zstar == pytest.approx(by_field.zstar, rel=0.12)


def test_exchange_and_field_agree_on_smooth_normal_curves():
    y = smooth(20, 40, width=10.0)
    field = statistics.ttest2(y[:20], y[20:], equal_var=True).inference()
    exchanged = permutation.ttest2(y[:20], y[20:], equal_var=True).inference()
    assert exchanged.zstar == pytest.approx(field.zstar, rel=0.08)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: statistics.ttest2(smooth(1, 1), smooth(2, 8)), "at least two people in each"),
        (lambda: statistics.ttest(np.ones((6, 10))), "zero variance at 10 of 10 nodes"),
        (lambda: statistics.ttest_paired(smooth(1, 5), smooth(1, 5)), "same curves passed twice"),
        (lambda: statistics.ttest(np.full((6, 10), np.nan)), "nothing but NaN at 10"),
        (lambda: statistics.ttest_paired(smooth(1, 5), smooth(1, 6)), "two arrays of one shape"),
        (lambda: statistics.ttest(smooth(1, 1)), "more people"),
        (lambda: statistics.ttest(smooth(1, 5)).inference(1.5), "between 0 and 1"),
        (lambda: statistics.regress(smooth(1, 5), np.ones(5)), "an x that varies"),
        (lambda: statistics.anova2(smooth(1, 6), [0, 0, 1, 1, 2, 2], [0] * 3 + [1] * 3), "nested"),
        (
            lambda: statistics.anova2onerm(
                smooth(1, 8), [0, 1] * 4, [0, 0, 1, 1] * 2, np.repeat([0, 1], 4)
            ),
            "factor between people",
        ),
        (
            lambda: statistics.glm(smooth(1, 6), np.ones((6, 2)), [1.0, 0.0]),
            "a contrast that can be estimated",
        ),
        (lambda: permutation.ttest(smooth(1, 20)).inference(iterations=10), "20 to"),
        (
            lambda: statistics.anova1rm(
                np.where(np.arange(8)[:, None] % 2, smooth(1, 8), np.nan)[[1, 0, 0, 3, 5, 2, 4, 7]],
                [0, 1] * 4,
                np.repeat(range(4), 2),
            ),
            "in every group at every node",
        ),
        (
            lambda: statistics.hotellings(np.repeat(smooth(1, 9)[..., None], 2, axis=2)),
            "fewer channels",
        ),
    ],
)
def test_what_cannot_be_tested_is_said(call, words):
    with pytest.raises(SchemaError, match=words):
        call()


def test_too_few_people_for_a_small_p_are_said():
    with pytest.warns(LocomotionWarning, match=r"no p is below 0\.0625"):
        found = permutation.ttest(smooth(1, 5) + 9.0).inference()
    assert not found.h0reject
    assert found.p == pytest.approx(0.0625)

"""Floquet multipliers, entropies and recurrence against known systems and the plain definitions."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erf

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.nonlinear import (
    floquet_multiplier,
    multiscale_entropy,
    permutation_entropy,
    recurrence,
    signal_families,
    stride_time_families,
)
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema
from locomotion_analysis.features.table import feature_table
from locomotion_analysis.features.variability import CycleGroups, sample_entropy

KNEE = "knee_flexion_angle_ipsi_rad"


def table(data, factory):
    view = CycleView(data)
    return pd.DataFrame(
        {
            spec.name: np.asarray(row)
            for family in factory(Schema.of_data(data))
            if isinstance(family, Family)
            for spec, row in zip(family.specs, family.compute(view), strict=True)
        }
    )


# Floquet multipliers


def orbit(matrix, n_strides, noise, seed=0):
    rng = np.random.default_rng(seed)
    states = [np.ones(len(matrix))]
    for _ in range(n_strides - 1):
        states.append(matrix @ states[-1] + noise * rng.normal(size=len(matrix)))
    return np.array(states)


def test_a_map_without_noise_gives_its_own_multiplier():
    """A rotation of 0.9 and a decay of 0.5, in skewed coordinates: the sizes are 0.9, 0.9, 0.5."""
    turn = 0.9 * np.array([[np.cos(1), -np.sin(1), 0], [np.sin(1), np.cos(1), 0], [0, 0, 0]])
    turn[2, 2] = 0.5
    skew = np.array([[1.0, 0.4, 0.2], [0.0, 1.0, 0.7], [0.3, 0.0, 1.0]])
    matrix = skew @ turn @ np.linalg.inv(skew)
    # The fixed point is far away: only deviations from the mean stride count. After 400 strides
    # the mean is the fixed point.
    states = 7.0 + orbit(matrix, 400, 0.0)
    assert floquet_multiplier(states) == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("multiplier", [0.2, 0.5, 0.8])
def test_noisy_strides_give_the_multiplier_of_the_map(multiplier):
    matrix = np.array([[multiplier, 0.3], [0.0, -0.1]])
    assert floquet_multiplier(orbit(matrix, 20_000, 1.0)) == pytest.approx(multiplier, abs=0.02)


def test_strides_without_memory_have_nearly_none():
    states = np.random.default_rng(1).normal(size=(20_000, 5))
    assert floquet_multiplier(states) < 0.03


def test_deviations_that_span_too_few_dimensions_have_no_map():
    states = np.random.default_rng(2).normal(size=(100, 2))
    assert np.isnan(floquet_multiplier(np.hstack([states, states[:, :1]])))
    assert np.isnan(floquet_multiplier(np.ones((100, 2))))


@pytest.mark.parametrize("states", [np.ones((10, 2)), np.ones(50), np.full((50, 2), np.nan)])
def test_too_few_or_missing_states_are_refused(states):
    with pytest.raises(SchemaError, match="n_strides"):
        floquet_multiplier(states)


# Entropies


def test_multiscale_entropy_of_white_noise_is_known():
    """Means of s values differ by less than r with the chance erf(r sqrt(s) / 2) (Costa 2002)."""
    scales = (1, 2, 5, 10)
    found = multiscale_entropy(np.random.default_rng(3).normal(size=20_000), scales)
    expected = [-math.log(erf(0.15 * math.sqrt(scale) / 2)) for scale in scales]
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_multiscale_entropy_of_pink_noise_does_not_fall():
    rng = np.random.default_rng(4)
    frequency = np.fft.rfftfreq(2**14)[1:]
    phases = np.exp(2j * np.pi * rng.random(len(frequency)))
    pink = np.fft.irfft(np.concatenate([[0], phases / np.sqrt(frequency)]))
    found = multiscale_entropy(pink, (1, 5, 10))
    assert np.ptp(found) < 0.15
    assert found[-1] > multiscale_entropy(rng.normal(size=2**14), (10,))[0] + 0.3


def test_multiscale_entropy_counts_pairs_of_means():
    series = np.random.default_rng(5).normal(size=400).cumsum() / 10
    limit = 0.15 * series.std()
    for scale, got in zip((1, 3, 4), multiscale_entropy(series, (1, 3, 4)), strict=True):
        means = [series[k : k + scale].mean() for k in range(0, 400 - scale + 1, scale)]
        counts = [0, 0]
        for one, other in itertools.combinations(range(len(means) - 2), 2):
            apart = [abs(means[one + k] - means[other + k]) for k in range(3)]
            counts[0] += max(apart[:2]) <= limit
            counts[1] += max(apart) <= limit
        assert got == pytest.approx(-math.log(counts[1] / counts[0]), rel=1e-12)


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, 5.0]), min_size=6, max_size=40))
def test_sample_entropy_is_its_definition(series):
    limit = 0.2 * np.std(series)
    counts = [0, 0]
    for one, other in itertools.combinations(range(len(series) - 2), 2):
        apart = [abs(series[one + k] - series[other + k]) for k in range(3)]
        counts[0] += max(apart[:2]) <= limit
        counts[1] += max(apart) <= limit
    found = sample_entropy(series)
    if counts[1] == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(math.log(counts[0] / counts[1]), abs=1e-12)


def test_a_constant_or_short_series_has_no_multiscale_entropy():
    assert np.isnan(multiscale_entropy(np.ones(600))).all()
    with pytest.raises(SchemaError, match="500 finite"):
        multiscale_entropy(np.ones(499))


def test_permutation_entropy_of_the_papers_series():
    """Bandt & Pompe 2002: (4, 7, 9, 10, 6, 11, 3) has 0.918 bit of order 2 and 1.522 of order 3."""
    series = [4, 7, 9, 10, 6, 11, 3]
    assert permutation_entropy(series, 2) * math.log2(2) == pytest.approx(0.918, abs=5e-4)
    assert permutation_entropy(series, 3) * math.log2(6) == pytest.approx(1.522, abs=5e-4)


def test_permutation_entropy_of_order_and_of_noise():
    assert permutation_entropy(np.arange(100.0)) == 0.0
    assert permutation_entropy(-np.arange(100.0)) == 0.0
    # Up, down, up, down: two patterns of order 2, each half of the time.
    assert permutation_entropy(np.tile([0.0, 1.0], 50)[:99], 2) == pytest.approx(1.0)
    # With a delay of two every value meets its equal, which counts as rising.
    assert permutation_entropy(np.tile([0.0, 1.0], 50), 2, delay=2) == 0.0
    assert permutation_entropy(np.random.default_rng(6).normal(size=20_000), 4) > 0.995


def test_permutation_entropy_does_not_change_with_the_scale():
    series = np.random.default_rng(7).normal(size=300)
    assert permutation_entropy(np.exp(series), 4) == permutation_entropy(series, 4)


# Recurrence


def plain_recurrence(series, delay, dimension, radius, exclusion, shortest):
    """The matrix itself, and its diagonals as text."""
    n_states = len(series) - (dimension - 1) * delay
    states = np.array([[series[i + k * delay] for k in range(dimension)] for i in range(n_states)])
    apart = np.abs(states[:, None] - states[None]).max(axis=2)
    matrix = apart <= radius * (max(series) - min(series))
    diagonals = [np.diag(matrix, k) for k in range(exclusion, n_states)]
    runs = [
        len(run)
        for diagonal in diagonals
        for run in "".join("#" if point else " " for point in diagonal).split()
    ]
    lines = [run for run in runs if run >= shortest]
    pairs = sum(map(len, diagonals))
    return (
        100 * sum(runs) / pairs,
        100 * sum(lines) / sum(runs) if runs else np.nan,
        np.mean(lines) if lines else np.nan,
    )


@pytest.mark.parametrize(
    "options",
    [
        {"delay": 1, "dimension": 1, "radius": 0.1, "exclusion": 1, "shortest": 2},
        {"delay": 3, "dimension": 2, "radius": 0.2, "exclusion": 5, "shortest": 1},
        {"delay": 4, "dimension": 3, "radius": 0.3, "exclusion": 20, "shortest": 4},
        {"delay": 1, "dimension": 2, "radius": 1e-6, "exclusion": 1, "shortest": 2},
    ],
)
def test_recurrence_is_that_of_the_whole_matrix(options):
    series = np.sin(np.arange(160) / 4) + np.random.default_rng(8).normal(size=160) / 10
    found = recurrence(series, **options)
    np.testing.assert_allclose(found, plain_recurrence(series, **options), rtol=1e-12)


def test_a_sine_comes_back_once_a_period():
    """Period 100, one coordinate more: lines at 100, 200, ... that last to the end."""
    series = np.sin(2 * np.pi * np.arange(450) / 100)
    found = recurrence(series, delay=25, dimension=2, radius=1e-9, exclusion=50)
    lengths = [425 - 100, 425 - 200, 425 - 300, 425 - 400]
    pairs = sum(range(1, 425 - 50 + 1))
    assert found.rate_percent == pytest.approx(100 * sum(lengths) / pairs)
    assert found.determinism_percent == 100.0
    assert found.mean_diagonal == np.mean(lengths)


def test_noise_recurs_by_chance_and_not_in_lines():
    """Uniform noise: P(|x - y| < r) = 2 r - r^2, and again with the same chance one step later."""
    found = recurrence(np.random.default_rng(9).random(3000), dimension=1, radius=0.1)
    chance = 0.19
    assert found.rate_percent == pytest.approx(100 * chance, rel=0.03)
    # Of a point both of whose neighbours fail to recur, no line is made.
    assert found.determinism_percent == pytest.approx(100 * (1 - (1 - chance) ** 2), rel=0.05)


def test_what_never_changes_is_refused():
    with pytest.raises(SchemaError, match="changes"):
        recurrence(np.ones(200))
    with pytest.raises(SchemaError, match="exclusion"):
        recurrence(np.arange(200.0), exclusion=0)


# Strides in a row


@pytest.mark.parametrize(
    ("steps", "known", "least", "expected"),
    [
        ([0, 1, 2, 3], [1, 1, 1, 1], 4, [0, 1, 2, 3]),
        ([0, 2, 4, 6], [1, 1, 1, 1], 4, [0, 1, 2, 3]),
        ([0, 3, 6, 9], [1, 1, 1, 1], 2, []),
        ([5, 7, 9, 12, 14, 16, 18], [1] * 7, 4, [3, 4, 5, 6]),
        ([0, 1, 2, 3, 4, 5], [1, 1, 0, 1, 1, 1], 3, [3, 4, 5]),
        ([0, 1, 2, 3, 4, 5], [1, 1, 1, 1, 1, 0], 3, [0, 1, 2, 3, 4]),
        ([0, 1, 2], [1, 1, 1], 4, []),
        ([np.nan, 1, 2], [1, 1, 1], 2, []),
        ([], [], 2, []),
    ],
)
def test_the_first_row_of_strides_that_is_long_enough(steps, known, least, expected):
    cycles = pd.DataFrame(
        {"dataset": "d", "subject": "s", "task": "run", "task_id": "1", "step": steps}
    )
    rows = list(CycleGroups.of(cycles).in_a_row(np.array(known, bool), least))
    assert [row.tolist() for _, row in rows] == ([expected] if expected else [])


def test_strides_of_other_legs_and_people_are_rows_of_their_own():
    """Shuffled, with a gap in one leg; numbers written as text."""
    legs = {
        ("a", "left"): [0, 2, 4, 8, 10, 12, 14],
        ("a", "right"): [1, 3, 5],
        ("b", "left"): [9, 10, 11],
    }
    rows = [(*leg, step) for leg, steps in legs.items() for step in steps]
    cycles = pd.DataFrame(rows, columns=["subject", "side", "step"]).assign(
        dataset="d", task="run", task_id="1"
    )
    cycles = cycles.sample(frac=1, random_state=0).reset_index(drop=True)
    cycles["step"] = cycles["step"].astype(str)
    found = [row for _, row in CycleGroups.of(cycles).in_a_row(np.ones(len(cycles), bool), 3)]
    steps = sorted(cycles["step"].iloc[row].astype(int).tolist() for row in found)
    assert steps == [[0, 2, 4], [1, 3, 5], [9, 10, 11]]


# The features


def test_features_of_signals_use_the_first_fifty_strides(build):
    data = build(n_subjects=1, n_steps=70)
    found = table(data, signal_families)
    assert found.nunique().eq(1).all()
    signal = np.concatenate(
        [np.interp(np.arange(100), np.linspace(0, 100, 150), c) for c in data.curves(KNEE)[:50]]
    )
    multipliers = []
    for first in range(0, 100, 10):
        states = np.array(
            [
                signal[first + 100 * stride :][[0, 10, 20, 30, 40]]
                for stride in range(50)
                if first + 100 * stride + 40 < 5000
            ]
        )
        away = states - states.mean(axis=0)
        jacobian = np.linalg.pinv(away[:-1]) @ away[1:]
        multipliers.append(max(abs(np.linalg.eigvals(jacobian))))
    recurs = recurrence(signal, exclusion=100, shortest=10)
    expected = {
        "floquet_multiplier": np.mean(multipliers),
        "multiscale_entropy": multiscale_entropy(signal).mean(),
        "permutation_entropy": permutation_entropy(signal, 5, 10),
        "recurrence_rate_percent": recurs.rate_percent,
        "determinism_percent": recurs.determinism_percent,
        "mean_diagonal_strides": recurs.mean_diagonal / 100,
    }
    assert list(found) == [f"{KNEE}_{what}" for what in expected]
    for what, value in expected.items():
        assert found[f"{KNEE}_{what}"][0] == pytest.approx(value, rel=1e-6)


def test_fewer_strides_a_gap_or_a_missing_point_give_no_number(build):
    data = build(n_subjects=1, n_steps=70)
    assert table(data.take(range(49)), signal_families).isna().all(axis=None)
    gap = data.take([*range(30), *range(31, 70)])
    assert table(gap, signal_families).isna().all(axis=None)
    # Fifty strides after the gap are enough.
    late = data.take([*range(5), *range(6, 70)])
    after = table(data.take(range(6, 70)), signal_families)
    pd.testing.assert_frame_equal(table(late, signal_families).iloc[:64], after)
    curves = data.curves(KNEE).copy()
    curves[30, 5] = np.nan
    holed = build(channels=(), n_subjects=1, n_steps=70, curves={KNEE: curves})
    assert table(holed, signal_families).isna().all(axis=None)


def test_legs_that_take_turns_are_two_signals(build):
    sides = np.tile(["left", "right"], 50)
    data = build(n_subjects=1, n_steps=100, side=sides)
    both = table(data, signal_families).iloc[0]
    left, right = (
        table(data.take(np.flatnonzero(sides == side)), signal_families).iloc[0]
        for side in ("left", "right")
    )
    pd.testing.assert_series_equal(both, (left + right) / 2, check_names=False, rtol=1e-9)


def test_a_signal_that_stands_still_and_a_task_without_steps_have_none(build):
    still = build(channels=(), n_subjects=1, n_steps=60, curves={KNEE: np.zeros((60, 150))})
    assert table(still, signal_families).isna().all(axis=None)
    sitting = build(n_subjects=1, n_steps=60, tasks=("sit_to_stand",))
    assert table(sitting, signal_families).isna().all(axis=None)


def test_strides_named_by_text_have_no_order(build):
    data = build(n_subjects=1, n_steps=60)
    named = type(data)(
        data.cycles.assign(
            step=[f"stride {i:06b}".translate({48: "a", 49: "b"}) for i in range(60)]
        ),
        data.block,
        data.channels,
    )
    assert table(named, signal_families).isna().all(axis=None)
    assert feature_table(named, ["derived"]).frame.shape[0] == 60


def test_entropy_of_stride_times_needs_many(build):
    times = 1.1 + 0.02 * np.random.default_rng(10).normal(size=500)
    found = table(build(n_subjects=1, n_steps=500, cycle_duration_s=times), stride_time_families)
    assert found["stride_time_permutation_entropy"][0] == pytest.approx(permutation_entropy(times))
    mean = multiscale_entropy(times).mean()
    assert found["stride_time_multiscale_entropy"][0] == pytest.approx(mean)
    some = table(
        build(n_subjects=1, n_steps=64, cycle_duration_s=times[:64]), stride_time_families
    ).iloc[0]
    assert some["stride_time_permutation_entropy"] == pytest.approx(permutation_entropy(times[:64]))
    assert np.isnan(some["stride_time_multiscale_entropy"])
    few = table(build(n_subjects=1, n_steps=63, cycle_duration_s=times[:63]), stride_time_families)
    assert few.isna().all(axis=None)


def test_what_lacks_is_named(build):
    assert all(isinstance(e, LeftOut) for e in stride_time_families(Schema.of_data(build())))
    force = build(channels=("grf_vertical_ipsi_BW",))
    (left,) = signal_families(Schema.of_data(force))
    assert "sagittal angle" in left.reason

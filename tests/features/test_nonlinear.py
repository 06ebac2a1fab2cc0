"""Scaling, divergence and regularity against signals whose values are published."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.spatial.distance import cdist

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.variability import dfa_alpha, divergence_exponent, sample_entropy


@pytest.mark.parametrize(("sums", "alpha"), [(0, 0.5), (1, 1.5)])
def test_scaling_of_white_and_brown_noise(sums, alpha):
    """Peng et al. 1994: uncorrelated 0.5, random walk 1.5."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(10):
        series = rng.normal(size=2000)
        found.append(dfa_alpha(np.cumsum(series) if sums else series))
    assert np.mean(found) == pytest.approx(alpha, abs=0.05)


def test_scaling_of_pink_noise_is_one():
    """1/f power has alpha 1."""
    rng = np.random.default_rng(2)
    frequency = np.fft.rfftfreq(4096)[1:]
    found = []
    for _ in range(10):
        phase = np.exp(2j * np.pi * rng.random(len(frequency)))
        spectrum = np.concatenate([[0], phase / np.sqrt(frequency)])
        found.append(dfa_alpha(np.fft.irfft(spectrum)))
    assert np.mean(found) == pytest.approx(1.0, abs=0.08)


def test_fluctuation_is_what_a_fitted_line_leaves():
    """One window length, by numpy's own least squares."""
    series = np.random.default_rng(3).normal(size=24)
    # The shortest and longest window of 24 values are 4 and 6: two points, so the slope is exact.
    profile = np.cumsum(series - series.mean())

    def leftover(length):
        pieces = [profile[s : s + length] for s in range(0, 24 - length + 1, length)]
        pieces += [profile[s : s + length] for s in range(24 % length, 24, length)]
        time = np.arange(length)
        lines = [np.polyval(np.polyfit(time, piece, 1), time) for piece in pieces]
        return np.sqrt(np.mean([(p - line) ** 2 for p, line in zip(pieces, lines, strict=True)]))

    lengths = [4, 5, 6]
    slope = np.polyfit(np.log(lengths), np.log([leftover(n) for n in lengths]), 1)[0]
    assert dfa_alpha(series) == pytest.approx(slope, rel=1e-9)


@pytest.fixture(scope="module")
def lorenz():
    """Sixty time units of x at 100 Hz on the attractor (sigma 16, rho 45.92, beta 4)."""

    def flow(_, state, sigma, rho, beta):
        x, y, z = state
        return [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]

    def signal(parameters, step, n):
        times = np.arange(n + 2000) * step
        span = (0, times[-1])
        found = solve_ivp(
            flow, span, [1, 1, 20], t_eval=times, args=parameters, rtol=1e-8, atol=1e-8
        )
        return found.y[0, 2000:]

    return signal


def test_largest_exponent_of_lorenz_rosensteins_own_parameters(lorenz):
    """Rosenstein et al. 1993, table 2: 1.50 expected, 1.37 to 1.75 found by the method."""
    signal = lorenz((16.0, 45.92, 4.0), 0.01, 5000)
    # Mean period about half a time unit; embedding 3 x 11 as in the paper.
    found = divergence_exponent(signal, 50, delay=11, dimension=3, span=(0.8, 3.0)) / 0.5
    assert found == pytest.approx(1.50, abs=0.2)


def test_largest_exponent_of_the_classical_lorenz(lorenz):
    """Sprott 2003: 0.9056 for sigma 10, rho 28, beta 8/3."""
    signal = lorenz((10.0, 28.0, 8 / 3), 0.02, 6000)
    # Mean period 0.75 time units, 37.5 samples.
    found = divergence_exponent(signal, 38, delay=6, dimension=3, span=(1.0, 4.0)) / 0.76
    assert found == pytest.approx(0.906, abs=0.12)


def test_divergence_is_the_slope_of_the_mean_log_distance_of_nearest_states():
    """Every pair by itself; unless told otherwise over the first period."""
    period, delay, dimension = 30, 4, 3
    rng = np.random.default_rng(8)
    signal = np.sin(2 * np.pi * np.arange(330) / 29.3) + 0.1 * rng.normal(size=330)
    states = np.stack([signal[i : i + 9 : delay] for i in range(330 - 8)])
    able = len(states) - period
    apart = cdist(states[:able], states[:able])
    apart[np.abs(np.subtract.outer(range(able), range(able))) <= period] = np.inf
    nearest = apart.argmin(axis=1)
    mean_log = [
        np.log(
            np.linalg.norm(states[np.arange(able) + step] - states[nearest + step], axis=1)
        ).mean()
        for step in range(period + 1)
    ]
    slope = np.polyfit(np.arange(period + 1) / period, mean_log, 1)[0]
    found = divergence_exponent(signal, period, delay=delay, dimension=dimension)
    assert found == pytest.approx(slope, rel=1e-6)


def test_a_steady_rhythm_does_not_diverge():
    time = np.arange(3000)
    signal = np.sin(2 * np.pi * time / 100.37) + 1e-3 * np.random.default_rng(0).normal(size=3000)
    assert abs(divergence_exponent(signal, 100, span=(0.2, 1.0))) < 0.3


def test_sample_entropy_of_noise_is_the_chance_of_a_match():
    """Uniform noise: P(|x - y| < r) = 2 r - r^2 with r = 0.2 SD = 0.2 / sqrt(12)."""
    series = np.random.default_rng(4).random(2000)
    r = 0.2 / np.sqrt(12)
    assert sample_entropy(series) == pytest.approx(-np.log(2 * r - r**2), abs=0.1)


def test_sample_entropy_counts_pairs():
    series = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 5.0])
    # Pairs of equal length-2 stretches with a third value: (0,2) (0,4) (2,4) (1,3); of these
    # (4) goes on to 5, so (0,2) and (1,3) match three values long.
    assert sample_entropy(series) == pytest.approx(-np.log(2 / 4))


@pytest.mark.parametrize("series", [[1.0] * 5, [1.0] * 40 + [np.nan]])
def test_short_or_broken_series_are_refused(series):
    with pytest.raises(SchemaError, match="finite values"):
        dfa_alpha(series)


def test_a_signal_must_hold_the_embedding_and_three_periods():
    signal = np.random.default_rng(6).normal(size=4 * 10 + 3 * 20)
    assert np.isfinite(divergence_exponent(signal, 20, delay=10, dimension=5, span=(0.0, 0.5)))
    with pytest.raises(SchemaError, match="at least 100 finite values"):
        divergence_exponent(signal[1:], 20, delay=10, dimension=5, span=(0.0, 0.5))


def test_constant_series_have_no_exponent():
    assert np.isnan(dfa_alpha(np.ones(64)))
    assert np.isnan(divergence_exponent(np.ones(600), 50))

"""Stride times remember as those of walkers do."""

import numpy as np
import pytest

from locomotion_analysis.simulation.strides import MEMORY_STRIDES, long_range_noise


def scaling_exponent(series):
    """Detrended fluctuation analysis, windows of 8 to a quarter of the series."""
    profile = np.cumsum(series - series.mean())
    sizes = np.unique(np.geomspace(8, len(series) // 4, 12).astype(int))
    fluctuation = []
    for size in sizes:
        windows = profile[: len(profile) // size * size].reshape(-1, size)
        t = np.arange(size)
        fits = np.polynomial.polynomial.polyfit(t, windows.T, 1)
        residual = windows - (fits[0][:, None] + fits[1][:, None] * t)
        fluctuation.append(np.sqrt(np.mean(residual**2)))
    return np.polyfit(np.log(sizes), np.log(fluctuation), 1)[0]


@pytest.mark.parametrize("alpha", [0.5, 0.7, 0.9])
def test_fluctuation_analysis_finds_the_exponent(alpha):
    normals = np.random.default_rng(0).standard_normal((12, MEMORY_STRIDES + 1000))
    past, each = np.split(normals, [MEMORY_STRIDES], axis=1)
    noise = long_range_noise(past, each, np.full(12, alpha))
    found = np.mean([scaling_exponent(row) for row in noise])
    assert found == pytest.approx(alpha, abs=0.08)
    assert noise.std() == pytest.approx(1.0, abs=0.1)


def test_more_strides_leave_the_earlier_ones():
    normals = np.random.default_rng(1).standard_normal((3, MEMORY_STRIDES + 50))
    past, each = np.split(normals, [MEMORY_STRIDES], axis=1)
    alpha = np.array([0.6, 0.8, 0.95])
    few, many = long_range_noise(past, each[:, :10], alpha), long_range_noise(past, each, alpha)
    np.testing.assert_allclose(few, many[:, :10], atol=1e-12)

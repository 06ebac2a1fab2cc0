"""Scaling of convolution features."""

import math
import statistics

import numpy as np
import pytest

from locomotion_analysis.models.timeseries import SparseCountScaler, UnitLengthScaler


@pytest.mark.parametrize("n_features", [3, 300])
def test_training_rows_have_length_one_on_average(n_features):
    X = np.random.default_rng(0).normal(3, 7, (50, n_features)).astype(np.float32)
    before = X.copy()
    scaled = UnitLengthScaler().fit_transform(X)
    assert (scaled**2).sum(axis=1).mean() == pytest.approx(1.0, rel=1e-5)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(X, before)


def test_counts_are_scaled_as_published():
    counts = np.random.default_rng(0).poisson(0.7, (40, 12)).astype(np.float32)
    new = np.random.default_rng(1).poisson(0.7, (9, 12)).astype(np.float32)
    scaled = SparseCountScaler().fit(counts).transform(new)
    for column in range(12):  # section 3.2 of the paper, number by number
        roots = [math.sqrt(count) for count in counts[:, column].tolist()]
        zeros = roots.count(0.0) / len(roots)
        spread = statistics.pstdev(roots) + zeros**4
        for row in range(9):
            root = math.sqrt(new[row, column])
            expected = (root - statistics.fmean(roots)) / spread if root else 0.0
            assert scaled[row, column] == pytest.approx(expected, abs=1e-5)
    assert scaled.dtype == np.float32


def test_a_feature_that_is_nearly_always_zero_is_not_blown_up():
    counts = np.zeros((200, 1))
    counts[0] = 1.0
    assert np.abs(SparseCountScaler().fit_transform(counts)).max() < 1.1

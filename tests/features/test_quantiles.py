"""Quantiles by sorting many curves side by side, against NumPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.features import reference_kernels as reference

from locomotion_analysis.features.kernels.statistics import quantiles, sorting_exchanges

LEVELS = np.array([0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0])


@settings(max_examples=40, deadline=None)
@given(
    block=arrays(np.float32, (2, 3, 150), elements=st.floats(-1e6, 1e6, width=32)),
    levels=st.lists(st.floats(0, 1), min_size=1, max_size=4),
)
def test_agrees_with_numpy(block, levels):
    found, expected = (
        quantiles(block, np.array(levels)),
        reference.quantiles(block, np.array(levels)),
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("n_cycles", [0, 1, 63, 64, 65, 200])
def test_any_number_of_cycles(n_cycles):
    block = np.random.default_rng(0).normal(size=(3, n_cycles, 150)).astype(np.float32)
    found = quantiles(block, LEVELS)
    assert found.shape == (len(LEVELS), 3, n_cycles)
    np.testing.assert_allclose(found, reference.quantiles(block, LEVELS), rtol=1e-6, atol=1e-7)


def test_the_network_sorts():
    rng = np.random.default_rng(2)
    values = rng.permutation(150)
    for low, high in sorting_exchanges(tuple(range(150))):
        values[[low, high]] = sorted(values[[low, high]])
    np.testing.assert_array_equal(values, np.arange(150))


@given(bits=st.lists(st.booleans(), min_size=150, max_size=150))
@settings(max_examples=200, deadline=None)
def test_the_shortened_network_finds_the_median(bits):
    # What holds for all zeros and ones holds for all numbers (Knuth, the 0-1 principle).
    values = np.array(bits, dtype=int)
    for low, high in sorting_exchanges((74, 75)):
        values[[low, high]] = sorted(values[[low, high]])
    np.testing.assert_array_equal(values[[74, 75]], np.sort(bits)[[74, 75]])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_point_that_is_not_finite_touches_its_own_curve_only(value):
    block = np.random.default_rng(4).normal(size=(2, 70, 150)).astype(np.float32)
    before = quantiles(block, LEVELS)
    block[1, 66, 17] = value
    after = quantiles(block, LEVELS)
    assert np.isnan(after[:, 1, 66]).all()
    after[:, 1, 66] = before[:, 1, 66]
    np.testing.assert_array_equal(after, before)

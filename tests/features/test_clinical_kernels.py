"""Compiled kernels agree with their references, whatever the curves hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.features import reference_kernels as reference

from locomotion_analysis.features.kernels import series

N_PHASES = 30
_values = st.floats(-1e3, 1e3, width=32)
_blocks = st.integers(1, 6).flatmap(
    lambda n: arrays(np.float32, (3, n, N_PHASES), elements=_values)
)
_bad = st.sampled_from([np.nan, np.inf, -np.inf])


@st.composite
def _damaged(draw):
    """Three channels of which one may hold a value that is not finite; read-only, as in data."""
    block = draw(_blocks)
    if draw(st.booleans()):
        cycle = draw(st.integers(0, block.shape[1] - 1))
        block[draw(st.integers(0, 2)), cycle, draw(st.integers(0, 29))] = draw(_bad)
    block.setflags(write=False)
    return block


def _size(block):
    return float(np.abs(block[np.isfinite(block)]).max()) + 1.0


_REFERENCE = np.linspace(-1.0, 1.0, 2 * N_PHASES).reshape(2, N_PHASES)
_TABLE = np.random.default_rng(0).normal(size=(2, 4, N_PHASES))
_VARIANCE = _TABLE**2 + 0.1
_BASIS = np.random.default_rng(1).normal(size=(2, 5, N_PHASES))
_BASIS.setflags(write=False)
_CHANNELS = np.array([2, 0])


def _agree(fast, plain, size=1.0):
    assert np.array_equal(np.isnan(fast), np.isnan(plain))
    np.testing.assert_allclose(fast, plain, rtol=1e-5, atol=1e-5 * size)


@settings(deadline=None, max_examples=40)
@given(_damaged())
def test_deviation_kernels(block):
    arguments = (block, _CHANNELS, _REFERENCE)
    _agree(series.mean_square(*arguments), reference.mean_square(*arguments))
    place = np.arange(block.shape[1]) % 5 - 1
    share = np.where(place == 3, 0.0, 0.25)
    arguments = (block, _CHANNELS, place, share, _TABLE, _VARIANCE)
    _agree(series.mean_square_z(*arguments), reference.mean_square_z(*arguments))
    arguments = (block, _CHANNELS, _BASIS)
    fast, plain = series.basis_scores(*arguments), reference.basis_scores(*arguments)
    # Products cancel: what counts is the size of the terms.
    _agree(fast, plain, _size(block))


@settings(deadline=None, max_examples=40)
@given(_damaged(), st.integers(0, 5))
def test_spread_kernel(block, cut):
    n_cycles = block.shape[1]
    order = np.arange(n_cycles)[::-1].copy()
    starts = np.array([0, min(cut, n_cycles), n_cycles])
    fast = series.series_spread(block, _CHANNELS, order, starts)
    # Sums of squares of curves that hardly differ: exact to what float64 keeps of the values.
    _agree(fast, reference.series_spread(block, _CHANNELS, order, starts), _size(block) ** 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_point_spoils_its_own_curve_alone(bad):
    block = np.ones((3, 3, N_PHASES), dtype=np.float32)
    block[2, 1, 4] = bad
    block.setflags(write=False)
    squares = series.mean_square(block, _CHANNELS, _REFERENCE)
    assert np.isnan(squares).tolist() == [[False, True, False], [False] * 3]
    scores = series.basis_scores(block, _CHANNELS, _BASIS)
    assert np.isnan(scores).all(axis=1).tolist() == [False, True, False]
    found = series.series_spread(block, _CHANNELS, np.array([0, 1, 2]), np.array([0, 3]))
    assert found[:, 0].tolist() == [[2, 0, 0, 0], [3, 0, 0, 0]]

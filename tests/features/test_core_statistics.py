"""The compiled core statistics against NumPy, and against what is known without it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.features import reference_kernels as reference

from locomotion_analysis.features.kernels.statistics import CORE_STATISTICS, core_statistics

ROW = {name: row for row, name in enumerate(CORE_STATISTICS)}
STANCE = st.integers(-1, 150)


def _agree(block, stance):
    found, expected = core_statistics(block, stance), reference.core_statistics(block, stance)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    size = np.abs(np.where(np.isfinite(block), block, 0)).max(initial=1e-30)
    for row, name in enumerate(CORE_STATISTICS):
        exact = name not in ("mean", "std", "rms", "positive", "negative")
        np.testing.assert_allclose(
            found[:, row],
            expected[:, row],
            rtol=0 if exact else 1e-5,
            atol=0 if exact else 1e-7 * size,  # the samples' own resolution
            err_msg=name,
        )


@settings(max_examples=60, deadline=None)
@given(
    block=arrays(np.float32, (2, 3, 150), elements=st.floats(-1e6, 1e6, width=32)),
    stance=arrays(np.int64, 3, elements=STANCE),
)
def test_agrees_with_numpy(block, stance):
    _agree(block, stance)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-30, 1e-6, 1.0, 1e5]),
    shift=st.sampled_from([0.0, -3.0, 1e4]),
    n_cycles=st.sampled_from([1, 7, 300]),
)
def test_agrees_with_numpy_on_waves(seed, scale, shift, n_cycles):
    rng = np.random.default_rng(seed)
    walk = rng.normal(size=(3, n_cycles, 150)).cumsum(axis=2)
    block = (scale * walk + shift).astype(np.float32)
    _agree(block, rng.integers(-1, 151, n_cycles))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("phase", [0, 31, 74, 149])
def test_a_point_that_is_not_finite_touches_its_own_curve_only(value, phase):
    rng = np.random.default_rng(4)
    block = rng.normal(size=(3, 5, 150)).astype(np.float32)
    stance = np.full(5, 90)
    before = core_statistics(block, stance)
    block[1, 2, phase] = value
    after = core_statistics(block, stance)
    assert np.isnan(after[1, :, 2]).all()
    after[1, :, 2] = before[1, :, 2]
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("value", [0.0, -0.0, 0.1, -7.3, 1e30])
def test_constant_curves(value):
    found = core_statistics(np.full((1, 2, 150), value, np.float32), np.array([90, -1]))[0]
    exact = np.float64(np.float32(value))
    for name in ("mean", "min", "max"):
        np.testing.assert_allclose(found[ROW[name]], exact, rtol=1e-15)
    for name in ("std", "rom", "argmin_phase", "argmax_phase"):
        assert (found[ROW[name]] == 0).all()
    np.testing.assert_allclose(found[ROW["rms"]], abs(exact))
    np.testing.assert_allclose(found[ROW["positive"]], max(exact, 0.0), rtol=1e-6)
    np.testing.assert_allclose(found[ROW["negative"]], min(exact, 0.0))


def test_a_curve_of_one_sign_has_no_other_part():
    rng = np.random.default_rng(1)
    above = rng.uniform(0.0, 3.0, (1, 50, 150)).astype(np.float32)
    stance = np.full(50, 90)
    assert (core_statistics(above, stance)[:, ROW["negative"]] == 0).all()
    assert (core_statistics(-above, stance)[:, ROW["positive"]] == 0).all()


@given(toe_off=STANCE)
@settings(max_examples=151, deadline=None)
def test_stance_and_swing_are_cut_between_samples(toe_off):
    ramp = np.arange(150, dtype=np.float32)[None, None]
    found = core_statistics(ramp, np.array([toe_off]))[0, :, 0]
    stance = [found[ROW["stance_min"]], found[ROW["stance_max"]]]
    swing = [found[ROW["swing_min"]], found[ROW["swing_max"]]]
    if toe_off < 1:
        assert np.isnan([*stance, *swing]).all()
        return
    assert stance == [0, toe_off - 1]
    assert np.isnan(swing).all() if toe_off == 150 else swing == [toe_off, 149]


def test_the_first_of_equal_extremes_counts():
    curve = np.zeros((1, 1, 150), np.float32)
    curve[0, 0, [40, 120]], curve[0, 0, [60, 149]] = 1.0, -1.0
    found = core_statistics(curve, np.array([100]))[0, :, 0]
    assert found[ROW["argmax_phase"]] == pytest.approx(40 / 149 * 100)
    assert found[ROW["argmin_phase"]] == pytest.approx(60 / 149 * 100)


def test_integrals_of_a_sine():
    wave = np.sin(2 * np.pi * np.linspace(0, 1, 150, dtype=np.float64))
    found = core_statistics(wave[None, None].astype(np.float32), np.array([90]))[0, :, 0]
    assert found[ROW["positive"]] == pytest.approx(1 / np.pi, rel=1e-3)
    assert found[ROW["negative"]] == pytest.approx(-1 / np.pi, rel=1e-3)


def test_no_cycles():
    found = core_statistics(np.empty((2, 0, 150), np.float32), np.empty(0, np.int64))
    assert found.shape == (2, len(CORE_STATISTICS), 0)

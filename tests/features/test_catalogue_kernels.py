"""Compiled kernels against their references, on random curves with holes in them."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.signal import find_peaks
from tests.features import reference_kernels as reference

from locomotion_analysis.features.kernels import forces, series, statistics

N_PHASES = 150
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=25, deadline=None)


def random_curves(rng, n_cycles=7):
    """Smooth curves of very different size; one has a hole, one an infinity, one is constant."""
    phase = np.linspace(0, 1, N_PHASES)
    order = np.arange(1, 6)[:, None]
    waves = rng.normal(size=(n_cycles, 5)) / order.T
    shift = rng.uniform(0, 2 * np.pi, (n_cycles, 1, 1))
    curves = np.einsum("nk,nkp->np", waves, np.cos(2 * np.pi * order * phase - shift))
    curves = 10 ** rng.uniform(-2, 2, (n_cycles, 1)) * curves + rng.normal(size=(n_cycles, 1))
    curves[1, rng.integers(N_PHASES)] = np.nan
    curves[2, rng.integers(N_PHASES)] = rng.choice([np.inf, -np.inf])
    curves[3] = 0.25
    return read_only(curves)


def read_only(curves):
    curves = np.ascontiguousarray(curves, dtype=np.float32)
    curves.flags.writeable = False
    return curves


def random_parts(rng, n_parts, n_cycles=7):
    first = rng.integers(0, N_PHASES, (n_parts, n_cycles))
    last = first + rng.integers(0, N_PHASES, (n_parts, n_cycles))
    last[rng.random(last.shape) < 0.1] = -1
    return first, last


def same(found, expected, size=1.0):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * size)


@few
@given(seed=seeds)
def test_parts(seed):
    rng = np.random.default_rng(seed)
    curves, (first, last) = random_curves(rng), random_parts(rng, 3)
    expected = reference.part_statistics(curves, first, last)
    found = statistics.part_statistics(curves, first, last)
    np.testing.assert_array_equal(found[:4], expected[:4])
    same(found[4:], expected[4:])


@few
@given(seed=seeds)
def test_integrals_between_phases(seed):
    rng = np.random.default_rng(seed)
    curves = random_curves(rng)
    begin, end = np.sort(rng.uniform(0, 200, (2, 3, len(curves))), axis=0)
    found = statistics.part_integrals(curves, begin, end)
    grid = np.linspace(0, 200, 2 * curves.shape[1] - 1)
    for cycle, curve in enumerate(curves.astype(np.float64)):
        twice = np.concatenate([curve, curve[1:]])
        # The curve crosses zero and the part begins at places of their own: a fine grid of them.
        for part in range(3):
            fine = np.linspace(begin[part, cycle], end[part, cycle], 60_001)
            values = np.interp(fine, grid, twice)
            sides = np.maximum(values, 0), np.minimum(values, 0)
            expected = [np.trapezoid(side, fine) / 100 for side in sides]
            if not np.isfinite(curve).all():
                expected = [np.nan, np.nan]
            np.testing.assert_allclose(found[:, part, cycle], expected, rtol=1e-5, atol=1e-6)


@few
@given(seed=seeds)
def test_at_phase(seed):
    rng = np.random.default_rng(seed)
    percent = rng.uniform(0, 200, (4, 7))
    percent[rng.random(percent.shape) < 0.1] = np.nan
    percent[0, 0], percent[1, 0], percent[2, 0] = 0.0, 100.0, 100.0 / 149
    curves = random_curves(rng)
    same(statistics.at_phase(curves, percent), reference.at_phase(curves, percent))


@few
@given(seed=seeds)
def test_derivative_peaks(seed):
    curves = random_curves(np.random.default_rng(seed))
    found, expected = (f(curves) for f in (statistics.derivative_peaks, reference.derivative_peaks))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@few
@given(seed=seeds)
def test_harmonics(seed):
    curves = random_curves(np.random.default_rng(seed))
    basis = statistics.harmonic_basis(N_PHASES, 4)
    found, expected = statistics.harmonics(curves, basis), reference.harmonics(curves, basis)
    same(found[:4], expected[:4])
    # Two angles that are equal up to a turn: of a constant curve neither has a direction.
    same(np.cos(found[4:] - expected[4:])[:, [0, 4, 5, 6]], 1.0)
    assert np.isnan(found[:, 1:3]).all()


@few
@given(seed=seeds)
@example(seed=351500)
def test_coordination(seed):
    rng = np.random.default_rng(seed)
    proximal, distal = random_curves(rng), random_curves(rng)
    windows = random_parts(rng, 2)
    found = series.coordination(proximal, distal, *windows)
    expected = reference.coordination(proximal, distal, *windows)
    same(found, expected, size=10.0)  # a state near the origin turns with its rounding
    assert np.isnan(found[:, 1:4]).all()
    assert np.isfinite(found[[0, 3, 4, 5]][:, [0, 4, 5, 6]]).all()


@few
@given(seed=seeds)
def test_deviation(seed):
    rng = np.random.default_rng(seed)
    proximal, distal = random_curves(rng), random_curves(rng)
    order, starts = rng.permutation(7), np.array([0, 3, 4, 7])
    found = series.deviation(proximal, distal, order, starts)
    same(found, reference.deviation(proximal, distal, order, starts))


@few
@given(seed=seeds)
def test_path(seed):
    rng = np.random.default_rng(seed)
    forward, sideways = random_curves(rng), random_curves(rng)
    last = rng.integers(-1, N_PHASES, 7)
    same(forces.path(forward, sideways, last), reference.path(forward, sideways, last))


@few
@given(seed=seeds)
def test_medians(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=60)
    values[rng.random(60) < 0.3] = np.nan
    order = rng.permutation(60)
    starts = np.array([0, *np.sort(rng.integers(0, 61, 9)), 60])
    same(series.medians(values, order, starts), reference.medians(values, order, starts))


@few
@given(seed=seeds)
def test_ground_contact(seed):
    rng = np.random.default_rng(seed)
    force, other = np.array(random_curves(rng)), random_curves(rng)
    force[4] = -1.0
    force[:, -1] = force[:, 0]
    limit = rng.normal(size=7)
    for name in ("toe_off", "swing"):
        compiled, plain = (getattr(module, name) for module in (forces, reference))
        same(compiled(force, limit), plain(force, limit), size=10.0)
    both = (force, limit, other, limit / 2)
    same(forces.loaded_percent(*both), reference.loaded_percent(*both))


@pytest.mark.parametrize("start", [0.0, 12.3, 55.5, 93.7])
def test_swing_is_found_wherever_it_lies(start):
    # A foot that is loaded for 60 % of the cycle from `start` on, as a half sine.
    phase = np.linspace(0, 100, N_PHASES)
    share = ((phase - start) % 100) / 60
    load = np.where(share < 1, np.sin(np.pi * np.minimum(share, 1)), -0.02)[None]
    off, on = forces.swing(load.astype(np.float32), np.zeros(1))[:, 0]
    assert off == pytest.approx((start + 60) % 100, abs=0.8)
    assert min(on - start, 100 - abs(on - start), key=abs) == pytest.approx(0.0, abs=0.8)


def test_swing_knows_when_there_is_no_swing():
    load = np.ones((3, N_PHASES))
    load[1] = -1.0
    load[2, 10:14] = -1.0
    assert np.isnan(forces.swing(load.astype(np.float32), np.zeros(3))).all()


@settings(max_examples=60, deadline=None)
@given(seed=seeds, gap=st.booleans())
def test_force_peaks(seed, gap):
    rng = np.random.default_rng(seed)
    force = rng.normal(size=(20, 150)).cumsum(axis=1).astype(np.float32)
    toe_off = np.append(rng.uniform(-5, 105, 19), np.nan)
    if gap:
        force[3, rng.integers(150)] = rng.choice([np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(
        forces.force_peaks(force, toe_off), reference.force_peaks(force, toe_off)
    )


@few
@given(seed=seeds)
def test_steepest_rise_between_phases(seed):
    rng = np.random.default_rng(seed)
    curves = random_curves(rng)
    begin = rng.uniform(0, 100, len(curves))
    end = begin + rng.uniform(-10, 90, len(curves))
    found = forces.steepest(curves, begin, end)
    for cycle, curve in enumerate(curves.astype(np.float64)):
        expected = np.nan
        if end[cycle] > begin[cycle] and np.isfinite(curve).all():
            first, last = np.array([begin[cycle], end[cycle]]) / 100 * (N_PHASES - 1)
            rises = np.diff(np.concatenate([curve, curve[1:]]))[int(first) : int(np.ceil(last))]
            expected = rises.max() * (N_PHASES - 1)
        np.testing.assert_allclose(found[cycle], expected, rtol=1e-3, atol=1e-3 * abs(curve[0]))


@few
@given(seed=seeds)
def test_peaks_of_running_are_the_local_maxima(seed):
    rng = np.random.default_rng(seed)
    curves = random_curves(rng)
    contact, stance = rng.uniform(0, 100, len(curves)), rng.uniform(20, 60, len(curves))
    found = forces.running_peaks(curves, contact, stance)
    percent = 100 / (N_PHASES - 1)
    for cycle, curve in enumerate(curves):
        expected = np.full(4, np.nan)
        if np.isfinite(curve).all():
            twice = np.concatenate([curve, curve[1:]])
            first = int(np.ceil(contact[cycle] / percent))
            last = int((contact[cycle] + stance[cycle]) / percent)
            active = first + int(np.argmax(twice[first : last + 1]))
            expected[2:] = twice[active], active * percent - contact[cycle]
            early = int((contact[cycle] + forces.IMPACT_SHARE * stance[cycle]) / percent)
            # A plateau has no maximum to name, and the first sample of stance no rise before it.
            peaks = first + find_peaks(twice[first : early + 2], plateau_size=(1, 1))[0]
            if len(peaks) and peaks[0] != active:
                expected[:2] = twice[peaks[0]], peaks[0] * percent - contact[cycle]
        np.testing.assert_allclose(found[:, cycle], expected, rtol=1e-6, atol=1e-6)

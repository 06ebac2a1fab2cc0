"""Stability measures against signals made by hand."""

import numpy as np
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema
from locomotion_analysis.features.variability import (
    divergence_exponent,
    harmonic_ratio,
    improved_harmonic_ratio,
    stability_families,
)

T = 2 * np.pi * np.arange(100) / 100


def test_harmonic_ratio_of_known_harmonics():
    signal = 4 * np.sin(2 * T) + 2 * np.sin(4 * T + 1) + np.cos(T) + 0.5 * np.sin(3 * T)
    assert harmonic_ratio(signal) == pytest.approx(6 / 1.5)
    assert harmonic_ratio(signal, across=True) == pytest.approx(1.5 / 6)
    assert improved_harmonic_ratio(signal) == pytest.approx(100 * 20 / 21.25)


def test_harmonics_past_the_twentieth_and_the_mean_do_not_count():
    signal = 3 * np.sin(2 * T) + np.sin(T)
    more = signal + 9.81 + 5 * np.sin(21 * T) + 5 * np.sin(22 * T)
    assert harmonic_ratio(more) == pytest.approx(3.0)
    twentieth = signal + 2 * np.sin(20 * T) + 0.5 * np.sin(19 * T)
    assert harmonic_ratio(twentieth) == pytest.approx(5 / 1.5)


def test_a_stride_of_two_equal_steps_has_no_odd_harmonics():
    step = np.random.default_rng(0).normal(size=50)
    stride = np.tile(step, 2)
    assert np.isnan(harmonic_ratio(stride))
    assert improved_harmonic_ratio(stride) == pytest.approx(100.0)


def test_a_missing_sample_spoils_its_stride_alone():
    strides = np.tile(3 * np.sin(2 * T) + np.sin(T), (3, 1))
    strides[1, 5] = np.nan
    assert np.isnan(harmonic_ratio(strides)).tolist() == [False, True, False]


def test_too_few_samples_are_refused():
    with pytest.raises(SchemaError, match="41 samples"):
        harmonic_ratio(np.ones(40))


def _values(data):
    view = CycleView(data)
    return {
        spec.name: np.asarray(row)
        for family in stability_families(Schema.of_data(data))
        if isinstance(family, Family)
        for spec, row in zip(family.specs, family.compute(view), strict=True)
    }


def test_divergence_needs_fifty_strides_in_a_row(build):
    knee = "knee_flexion_angle_ipsi_rad_divergence_per_stride"
    assert np.isnan(_values(build(n_subjects=1, n_steps=49))[knee]).all()
    data = build(n_subjects=1, n_steps=60)
    found = _values(data)[knee]
    assert np.isfinite(found).all()
    grid = np.linspace(0, 100, 150)
    curves = data.curves("knee_flexion_angle_ipsi_rad")
    signal = np.concatenate([np.interp(np.arange(100), grid, curve) for curve in curves])
    expected = divergence_exponent(signal, 100, span=(0.0, 0.5))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    gap = data.take([*range(30), *range(31, 60)])
    assert np.isnan(_values(gap)[knee]).all()


def test_what_no_channel_can_give_is_named(build):
    left = [e.name for e in stability_families(Schema.of_data(build())) if isinstance(e, LeftOut)]
    assert left == ["harmonic ratio"]

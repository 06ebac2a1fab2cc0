"""Symmetry indices against hand-computed values, and symmetric data against zero."""

import numpy as np
import pytest

from locomotion_analysis.features.spec import CycleView, Family, Schema
from locomotion_analysis.features.symmetry import (
    log_ratio,
    share,
    symmetry_angle,
    symmetry_families,
    symmetry_index,
    symmetry_ratio,
)

PHASE = np.linspace(0, 1, 150)


def features(data):
    view = CycleView(data)
    return {
        spec.name: np.asarray(row)
        for family in symmetry_families(Schema.of_data(data))
        if isinstance(family, Family)
        for spec, row in zip(family.specs, family.compute(view), strict=True)
    }


def test_indices_of_a_leg_a_fifth_stronger():
    assert symmetry_index(1.2, 1.0) == pytest.approx(100 * 0.2 / 1.1)
    assert symmetry_ratio(1.2, 1.0) == pytest.approx(1.2)
    assert log_ratio(1.2, 1.0) == pytest.approx(18.232, abs=1e-3)
    assert share(1.2, 1.0) == pytest.approx(1.2 / 2.2)
    # Zifchock et al. 2008 write it (45 deg - atan(left / right)) / 90 deg.
    assert symmetry_angle(1.2, 1.0) == pytest.approx((45 - 39.805571) / 90 * 100, abs=1e-5)


@pytest.mark.parametrize(
    ("ipsi", "contra", "expected"),
    [
        (1, 0, 50.0),
        (0, 1, -50.0),
        (-2, -2, 0.0),
        (1, -1, 100.0),
        (-1, 1, 100.0),
        (0, 0, 0.0),
        (-1, -3, (45 - np.degrees(np.arctan(3))) / 0.9),
    ],
)
def test_symmetry_angle_holds_for_every_sign(ipsi, contra, expected):
    assert symmetry_angle(ipsi, contra) == pytest.approx(expected)


def test_denominators_are_guarded():
    ipsi = np.array([0.0, 1.0, -1.0, np.nan, np.inf])
    contra = np.array([0.0, 0.0, 1.0, 1.0, 1.0])
    nan = np.nan
    np.testing.assert_array_equal(symmetry_index(ipsi, contra), [0, 200, nan, nan, nan])
    np.testing.assert_array_equal(symmetry_ratio(ipsi, contra), [1, nan, nan, nan, nan])
    np.testing.assert_array_equal(log_ratio(ipsi, contra), [0, nan, nan, nan, nan])
    np.testing.assert_array_equal(share(ipsi, contra), [nan, 1, nan, nan, nan])
    assert np.isnan(log_ratio(0.0, 1.0))


@pytest.fixture(scope="module")
def mirrored(build, stance_force):
    """Two legs with one curve each, half a cycle apart."""
    curves = {}
    for quantity, wave in {
        "knee_flexion_angle_{}_rad": 0.4 + 0.5 * np.sin(2 * np.pi * PHASE),
        "knee_flexion_moment_{}_Nm_kg": np.sin(2 * np.pi * PHASE),
        "grf_anterior_{}_BW": -0.2 * np.sin(2 * np.pi * PHASE),
        "grf_vertical_{}_BW": stance_force(np.array([62.0]))[0],
    }.items():
        waves = np.tile(wave, (20, 1))
        curves[quantity.format("ipsi")] = waves
        curves[quantity.format("contra")] = np.roll(waves[:, :-1], 74, axis=1)[:, [*range(149), 0]]
    return build(channels=(), curves=curves, step_length_m=0.7, side=["left", "right"] * 10)


def test_equal_legs_have_no_asymmetry(mirrored):
    found = features(mirrored)
    assert len(found) > 20
    for name, values in found.items():
        neutral = 0.5 if "share" in name else 1.0 if name.endswith("ratio") else 0.0
        # Half a cycle is 74.5 samples: the shifted leg's samples are not the other's.
        tolerance = 0.6 if "stance" in name else 0.02
        np.testing.assert_allclose(values, neutral, atol=tolerance, err_msg=name)


def test_ranges_and_propulsion_follow_the_curves(build):
    wave = np.tile(np.sin(2 * np.pi * PHASE), (20, 1))
    curves = {
        "knee_flexion_angle_ipsi_rad": 0.6 * wave,
        "knee_flexion_angle_contra_rad": 0.4 * wave,
        "grf_anterior_ipsi_BW": 0.1 * wave,
        "grf_anterior_contra_BW": 0.3 * wave,
    }
    found = features(build(channels=(), curves=curves))
    assert found["knee_flexion_angle_rom_symmetry_ratio"][0] == pytest.approx(1.5, rel=1e-6)
    assert found["knee_flexion_angle_rom_symmetry_index_percent"][0] == pytest.approx(40, rel=1e-6)
    assert found["propulsion_share_ipsi"][0] == pytest.approx(0.25, rel=1e-6)


def test_signed_peaks_get_no_ratio(two_sided):
    names = set(features(two_sided))
    assert "knee_flexion_moment_max_symmetry_angle_percent" in names
    assert "knee_flexion_moment_max_symmetry_ratio" not in names


def test_step_length_share_needs_both_legs(build):
    side = ["left", "right", "left", "right", "left"] * 3 + ["left"] * 5
    length = np.where(np.array(side) == "left", 0.6, 0.4)
    found = features(build(side=side, step_length_m=length))["step_length_share_ipsi"]
    np.testing.assert_allclose(found[:5], [0.6, 0.4, 0.6, 0.4, 0.6])
    assert np.isnan(found[15:]).all()


def test_one_step_a_leg_makes_a_share_and_an_unknown_length_none(build):
    """Two people with a stride of each leg; the right length of the second is not known."""
    length = np.array([0.6, 0.4, 0.6, np.nan])
    data = build(n_subjects=2, n_steps=2, side=["left", "right"] * 2, step_length_m=length)
    found = features(data)["step_length_share_ipsi"]
    np.testing.assert_allclose(found, [0.6, 0.4, np.nan, np.nan])

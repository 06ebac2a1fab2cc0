"""Asymmetry, stance and swing extremes, work, impulses and force peaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features import feature_table
from locomotion_analysis.standard import PHASE_PERCENT

PHASE = np.asarray(PHASE_PERCENT) / 100
KNEE = "knee_flexion_angle_{}_rad"


def derived(data):
    return feature_table(data, ["derived"]).frame


def test_order_of_channels_does_not_matter(two_sided):
    rng = np.random.default_rng(3)
    order = rng.permutation(len(two_sided.channels))
    shuffled = LocomotionData(
        two_sided.cycles, two_sided.block[order], [two_sided.channels[i] for i in order]
    )
    a, b = derived(two_sided), derived(shuffled)
    assert sorted(a) == sorted(b)
    np.testing.assert_array_equal(a.to_numpy(), b[a.columns].to_numpy())


def test_asymmetry_pairs_the_same_joint(two_sided):
    frame = derived(two_sided)
    ipsi, contra = (np.asarray(two_sided.curves(KNEE.format(s)), float) for s in ("ipsi", "contra"))
    larger = np.maximum(np.ptp(ipsi, axis=1), np.ptp(contra, axis=1))
    expected = (ipsi.mean(axis=1) - contra.mean(axis=1)) / larger
    np.testing.assert_allclose(frame["knee_flexion_angle_asymmetry_mean"], expected, atol=1e-6)
    expected = (np.ptp(ipsi, axis=1) - np.ptp(contra, axis=1)) / larger
    np.testing.assert_allclose(frame["knee_flexion_angle_asymmetry_rom"], expected, atol=1e-6)


def test_asymmetry_is_bounded_where_the_legs_cancel(build):
    curve = np.sin(2 * np.pi * PHASE) * np.ones((20, 1))
    curves = {KNEE.format("ipsi"): curve, KNEE.format("contra"): -curve}
    frame = derived(build(channels=(), curves=curves)).filter(like="asymmetry")
    assert frame.shape[1] == 3
    assert np.abs(frame.to_numpy()).max() < 1e-6


def test_asymmetry_of_constant_curves(build):
    ipsi, contra = np.ones((20, 150)), np.ones((20, 150))
    contra[1:] = 2.0
    contra[2:] += 0.5 * np.sin(2 * np.pi * PHASE)
    curves = {KNEE.format("ipsi"): ipsi, KNEE.format("contra"): contra}
    frame = derived(build(channels=(), curves=curves))
    mean = frame["knee_flexion_angle_asymmetry_mean"].to_numpy()
    assert mean[0] == 0.0
    assert np.isnan(mean[1])
    assert mean[2] == pytest.approx(-1.0, abs=1e-3)
    assert frame["knee_flexion_angle_asymmetry_rom"].to_numpy()[2] == pytest.approx(-1.0)


@given(scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_asymmetry_of_ranges_stays_within_one(build, scale, shift):
    wave = np.sin(2 * np.pi * PHASE) * np.ones((20, 1))
    curves = {KNEE.format("ipsi"): wave, KNEE.format("contra"): scale * wave + shift}
    values = derived(build(channels=(), curves=curves))["knee_flexion_angle_asymmetry_rom"]
    expected = (1 - scale) / max(1.0, scale)
    assert values.iloc[0] == pytest.approx(expected, abs=1e-3)


def test_work_of_a_sine_is_known(build):
    duration = np.linspace(0.5, 2.0, 20)
    power = 3.0 * np.sin(2 * np.pi * PHASE) * np.ones((20, 1))
    data = build(channels=(), curves={"ankle_power_ipsi_W_kg": power}, cycle_duration_s=duration)
    frame = derived(data)
    # Integral of the positive half of 3 sin(2 pi t / T) is 3 T / pi.
    positive = frame["ankle_work_positive_ipsi_J_kg"]
    np.testing.assert_allclose(positive, 3 * duration / np.pi, rtol=1e-3)
    np.testing.assert_allclose(frame["ankle_work_negative_ipsi_J_kg"], -positive, rtol=1e-5)


def test_positive_and_negative_work_add_up(two_sided):
    frame = derived(two_sided)
    power = np.asarray(two_sided.curves("ankle_power_contra_W_kg"), float)
    duration = two_sided.cycles["cycle_duration_s"].to_numpy()
    steps = (power[:, 1:] + power[:, :-1]) / 2 * duration[:, None] / 149
    both = frame["ankle_work_positive_contra_J_kg"] + frame["ankle_work_negative_contra_J_kg"]
    np.testing.assert_allclose(both, steps.sum(axis=1), rtol=1e-5, atol=1e-6)


def test_without_durations_the_unit_says_so(build):
    channels = ("hip_power_ipsi_W_kg", "hip_flexion_moment_ipsi_Nm_kg", "grf_anterior_ipsi_N")
    table = feature_table(build(channels=channels), ["derived"])
    assert {
        "hip_work_positive_ipsi_W_kg_cycle",
        "hip_flexion_moment_impulse_negative_ipsi_Nm_kg_cycle",
        "grf_anterior_impulse_positive_ipsi_N_cycle",
    } <= set(table.frame)
    assert not [name for name in table.frame if name.endswith(("_J_kg", "_s_kg", "_N_s"))]


def test_impulse_of_body_weight_is_its_duration(build):
    duration = np.linspace(0.9, 1.2, 20)
    curves = {"grf_vertical_contra_BW": np.ones((20, 150))}
    data = build(channels=(), curves=curves, cycle_duration_s=duration)
    frame = derived(data)
    np.testing.assert_allclose(frame["grf_vertical_impulse_positive_contra_BW_s"], duration)
    assert "grf_vertical_impulse_negative_contra_BW_s" not in frame


def test_vertical_force_peaks_and_valley(build, stance_force):
    toe_off = np.linspace(55, 70, 20)
    data = build(channels=(), curves={"grf_vertical_ipsi_BW": stance_force(toe_off)})
    frame = derived(data)
    share = np.linspace(0, 1, 100_001)
    curve = 1.1 * np.sin(np.pi * share) + 0.35 * np.sin(3 * np.pi * share)
    for which in ("peak1", "peak2"):
        np.testing.assert_allclose(frame[f"grf_vertical_ipsi_BW_{which}"], curve.max(), atol=2e-3)
    valley = 1.1 - 0.35
    np.testing.assert_allclose(frame["grf_vertical_ipsi_BW_valley"], valley, atol=2e-3)


def test_stance_and_swing_extremes_follow_toe_off(build):
    ramp = PHASE * 100 * np.ones((20, 1))
    toe_off = np.linspace(35.0, 75.0, 20)
    data = build(channels=(), curves={"knee_flexion_angle_ipsi_rad": ramp}, stance_percent=toe_off)
    frame = derived(data)
    step = 100 / 149
    stance_end = frame["knee_flexion_angle_ipsi_rad_stance_max"]
    assert ((stance_end <= toe_off) & (stance_end > toe_off - step)).all()
    np.testing.assert_allclose(
        frame["knee_flexion_angle_ipsi_rad_swing_min"], stance_end + step, rtol=1e-5
    )
    assert (frame["knee_flexion_angle_ipsi_rad_stance_min"] == 0).all()
    assert (frame["knee_flexion_angle_ipsi_rad_swing_max"] == 100).all()


def test_the_other_legs_curves_are_not_cut_at_this_legs_toe_off(two_sided):
    cut = [n for n in derived(two_sided) if "contra" in n and ("stance" in n or "swing" in n)]
    # Coupling angles are cut at the other leg's own toe-off.
    assert {name.split("_coupling_")[0] for name in cut} == {"hip_knee"}


def test_units_of_one_quantity_do_not_collide(build):
    channels = tuple(
        f"knee_flexion_moment_{side}_{unit}"
        for side in ("ipsi", "contra")
        for unit in ("Nm", "Nm_kg")
    )
    frame = derived(build(channels=channels))
    assert frame.columns.is_unique
    assert "knee_flexion_moment_asymmetry_rom" in frame

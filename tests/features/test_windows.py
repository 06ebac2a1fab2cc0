"""Where in the stride each named peak and power burst is looked for."""

import numpy as np
import pytest

from locomotion_analysis.features.coordination import coordination_families
from locomotion_analysis.features.curves import subphase_peak_families
from locomotion_analysis.features.forces import power_burst_families
from locomotion_analysis.features.spec import CycleView, Family, Schema

PERCENT = np.linspace(0, 100, 150)
TOE_OFF = 60.0

# Percent of a cycle with toe-off at 60 %: (name, sign, first, last).
PEAKS = {
    "hip_flexion_moment_ipsi_Nm_kg": [
        ("hip_extensor_moment_peak", -1, 0, 30),
        ("hip_flexor_moment_peak", 1, 30, 68),
        ("hip_extensor_moment_swing_peak", -1, 80, 100),
    ],
    "knee_flexion_moment_ipsi_Nm_kg": [
        ("knee_extensor_moment_peak1", -1, 3, 30),
        ("knee_flexor_moment_peak", 1, 24, 54),
        ("knee_extensor_moment_peak2", -1, 45, 64),
        ("knee_flexor_moment_swing_peak", 1, 80, 100),
    ],
    "ankle_dorsiflexion_moment_ipsi_Nm_kg": [
        ("dorsiflexor_moment_peak", 1, 0, 18),
        ("plantarflexor_moment_peak", -1, 18, 60),
    ],
    "hip_adduction_moment_ipsi_Nm_kg": [
        ("hip_abductor_moment_peak1", -1, 0, 30),
        ("hip_abductor_moment_peak2", -1, 30, 60),
    ],
    "knee_adduction_moment_ipsi_Nm_kg": [
        ("knee_external_adduction_moment_peak1", -1, 0, 30),
        ("knee_external_adduction_moment_peak2", -1, 30, 60),
    ],
    "grf_anterior_ipsi_BW": [
        ("braking_force_peak", -1, 0, 30),
        ("propulsive_force_peak", 1, 30, 60),
    ],
    "grf_lateral_ipsi_BW": [
        ("lateral_force_peak", 1, 0, 18),
        ("medial_force_peak1", -1, 0, 30),
        ("medial_force_peak2", -1, 30, 60),
    ],
}
BURSTS = {
    "hip": [("H1", 1, 0, 30), ("H2", -1, 18, 60), ("H3", 1, 45, 80)],
    "knee": [("K1", -1, 0, 21), ("K2", 1, 9, 39), ("K3", -1, 39, 68), ("K4", -1, 80, 100)],
    "ankle": [("A1", -1, 3, 51), ("A2", 1, 30, 60)],
}


def rough():
    """Curves whose extreme is elsewhere in every window: noise, and a slope that favours an end."""
    rng = np.random.default_rng(5)
    slope = np.repeat([-0.05, 0.0, 0.05, 0.0], 5)[:, None] * PERCENT
    return rng.normal(size=(20, 150)) + slope - slope.mean(axis=1, keepdims=True)


def values(factory, data):
    view = CycleView(data)
    return {
        spec.name: np.asarray(row)
        for family in factory(Schema.of_data(data))
        if isinstance(family, Family)
        for spec, row in zip(family.specs, family.compute(view), strict=True)
    }


def extreme(curves, sign, first, last):
    """Size and phase of the largest value, or of the smallest with its sign turned."""
    inside = (first - 1e-6 <= PERCENT) & (last + 1e-6 >= PERCENT)
    own = sign * curves[:, inside]
    return own.max(axis=1), PERCENT[inside][own.argmax(axis=1)]


@pytest.mark.parametrize("channel", PEAKS)
def test_peaks_are_the_extremes_of_their_windows(build, channel):
    data = build(channels=(), curves={channel: rough()}, stance_percent=TOE_OFF)
    found, curves = values(subphase_peak_families, data), data.curves(channel).astype(float)
    unit = channel.rpartition("_ipsi_")[2]
    assert len(found) == 2 * len(PEAKS[channel])
    for name, *window in PEAKS[channel]:
        size, phase = extreme(curves, *window)
        np.testing.assert_allclose(found[f"{name}_ipsi_{unit}"], size, err_msg=name)
        np.testing.assert_allclose(found[f"{name}_ipsi_{unit}_phase"], phase, err_msg=name)


@pytest.mark.parametrize("joint", BURSTS)
def test_bursts_are_the_extremes_and_areas_of_their_windows(build, joint):
    channel, duration = f"{joint}_power_ipsi_W_kg", np.linspace(0.9, 1.4, 20)
    data = build(
        channels=(),
        curves={channel: rough()},
        stance_percent=TOE_OFF,
        cycle_duration_s=duration,
    )
    found, curves = values(power_burst_families, data), data.curves(channel).astype(float)
    assert len(found) == 3 * len(BURSTS[joint])
    for name, sign, first, last in BURSTS[joint]:
        size, phase = extreme(curves, sign, first, last)
        burst = f"{joint}_power_{name}"
        np.testing.assert_allclose(found[f"{burst}_ipsi_W_kg"], sign * size, err_msg=name)
        np.testing.assert_allclose(found[f"{burst}_ipsi_W_kg_phase"], phase, err_msg=name)
        fine = np.linspace(first, last, 20_001)
        for row, curve in enumerate(curves):
            part = np.maximum(sign * np.interp(fine, PERCENT, curve), 0.0)
            work = sign * np.trapezoid(part, fine) / 100.0 * duration[row]
            got = found[f"{burst}_work_ipsi_J_kg"][row]
            assert got == pytest.approx(work, rel=1e-4, abs=1e-7), name


def test_where_there_is_no_power_there_is_no_work(build):
    """Power at rest up to 70 % of the cycle: the bursts before it are of nothing, not unknown."""
    curves = np.tile(np.where(PERCENT < 70, 0.0, 1.0), (20, 1))
    data = build(
        channels=(),
        curves={"ankle_power_ipsi_W_kg": curves},
        stance_percent=TOE_OFF,
        cycle_duration_s=1.0,
    )
    found = values(power_burst_families, data)
    for name in ("A1", "A2"):
        assert (found[f"ankle_power_{name}_work_ipsi_J_kg"] == 0.0).all()


def test_only_the_power_of_a_whole_joint_has_bursts(build):
    """H1 to H3 are of sagittal power; that about another axis has other bursts."""
    frontal = "hip_adduction_power_ipsi_W_kg"
    data = build(channels=(frontal, "hip_power_ipsi_W_kg"), stance_percent=TOE_OFF)
    families = [e for e in power_burst_families(Schema.of_data(data)) if isinstance(e, Family)]
    assert [family.specs[0].requires[0] for family in families] == ["hip_power_ipsi_W_kg"]


def test_coordination_over_parts_needs_toe_off_and_over_the_cycle_does_not(build):
    joints = ("hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad")
    (family,) = [
        entry
        for entry in coordination_families(Schema.of_data(build(channels=joints)))
        if isinstance(entry, Family)
    ]
    for spec in family.specs:
        parts = ("stance_percent",) if "_stance_" in spec.name or "_swing_" in spec.name else ()
        assert spec.requires == (*joints, *parts)
    assert sum("stance_percent" in spec.requires for spec in family.specs) == 2

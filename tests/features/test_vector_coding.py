"""Coupling angles against complex numbers, and diagrams whose directions are known."""

import cmath
import math

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.features.coordination import vector_coding_families
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema

PHASE = np.linspace(0, 1, 150)
HIP, KNEE = "hip_flexion_angle_{}_rad", "knee_flexion_angle_{}_rad"
PATTERNS = ("in_phase", "anti_phase", "proximal_phase", "distal_phase")


def table(data):
    view = CycleView(data)
    families = [f for f in vector_coding_families(Schema.of_data(data)) if isinstance(f, Family)]
    names = [spec.name for family in families for spec in family.specs]
    rows = [np.asarray(row) for family in families for row in family.compute(view)]
    return pd.DataFrame(dict(zip(names, rows, strict=True)))


def pair(build, hip, knee, side="ipsi", **columns):
    curves = {HIP.format(side): hip, KNEE.format(side): knee}
    return build(channels=(), curves=curves, **columns)


def ramp(slope):
    return np.tile(slope * PHASE, (20, 1))


@pytest.mark.parametrize(
    ("hip", "knee", "angle", "pattern"),
    [
        (1.0, 1.0, math.pi / 4, "in_phase"),
        (-1.0, -0.5, math.pi + math.atan(0.5), "in_phase"),
        (-1.0, 1.2, math.pi - math.atan(1.2), "anti_phase"),
        (1.0, -1.0, 7 * math.pi / 4, "anti_phase"),
        (1.0, 0.4, math.atan(0.4), "proximal_phase"),
        (-1.0, 0.0, math.pi, "proximal_phase"),
        (0.0, 1.0, math.pi / 2, "distal_phase"),
        (0.4, -1.0, 2 * math.pi - math.atan(2.5), "distal_phase"),
    ],
)
def test_a_straight_line_has_one_direction_and_one_pattern(build, hip, knee, angle, pattern):
    found = table(pair(build, ramp(hip), ramp(knee), stance_percent=60.0))
    for part in ("", "_stance", "_swing"):
        np.testing.assert_allclose(
            found[f"hip_knee_coupling_mean{part}_ipsi_rad"], angle, rtol=1e-5
        )
    for each in PATTERNS:
        np.testing.assert_array_equal(
            found[f"hip_knee_{each}_ipsi_percent"], 100.0 if each == pattern else 0.0
        )
    np.testing.assert_allclose(found["hip_knee_coupling_variability_ipsi_rad"], 0.0, atol=1e-5)


def test_a_circle_goes_in_all_directions_alike(build):
    hip, knee = np.cos(2 * np.pi * PHASE), np.sin(2 * np.pi * PHASE)
    found = table(pair(build, np.tile(hip, (20, 1)), np.tile(knee, (20, 1))))
    for each in PATTERNS:
        np.testing.assert_allclose(found[f"hip_knee_{each}_ipsi_percent"], 25.0, atol=1.0)


def test_random_curves_are_as_complex_numbers_say(build):
    rng = np.random.default_rng(3)
    toe_off = rng.uniform(55, 70, 20)
    hip, knee = rng.normal(size=(2, 20, 150)).cumsum(axis=2)
    data = pair(build, hip, knee, stance_percent=toe_off)
    found = table(data)
    hip, knee = (data.curves(name.format("ipsi")).astype(float) for name in (HIP, KNEE))
    for cycle in range(20):
        steps = [complex(*step) for step in np.diff([hip[cycle], knee[cycle]], axis=1).T]
        end = max(s for s in range(150) if 100 * s / 149 <= toe_off[cycle] + 1e-9)
        parts = {"": steps, "_stance": steps[:end], "_swing": steps[end + 1 :]}
        for part, chosen in parts.items():
            mean = cmath.phase(sum(step / abs(step) for step in chosen)) % (2 * math.pi)
            got = found[f"hip_knee_coupling_mean{part}_ipsi_rad"][cycle]
            assert got == pytest.approx(mean, abs=1e-9)
        degrees = [math.degrees(cmath.phase(step)) % 360 for step in steps]
        # Chang et al. 2008, table of the four patterns.
        bins = {
            "in_phase": ((22.5, 67.5), (202.5, 247.5)),
            "anti_phase": ((112.5, 157.5), (292.5, 337.5)),
            "proximal_phase": ((0, 22.5), (157.5, 202.5), (337.5, 360)),
            "distal_phase": ((67.5, 112.5), (247.5, 292.5)),
        }
        for name, ranges in bins.items():
            share = np.mean([any(a <= d < b for a, b in ranges) for d in degrees])
            assert found[f"hip_knee_{name}_ipsi_percent"][cycle] == pytest.approx(100 * share)


def test_variability_is_the_angular_deviation_between_strides(build):
    rng = np.random.default_rng(5)
    hip, knee = rng.normal(size=(2, 20, 150)).cumsum(axis=2)
    knee[7, 40] = np.nan
    data = pair(build, hip, knee)
    found = table(data)["hip_knee_coupling_variability_ipsi_rad"]
    hip, knee = (data.curves(name.format("ipsi")).astype(float) for name in (HIP, KNEE))
    for subject in range(4):
        rows = [row for row in range(5 * subject, 5 * subject + 5) if row != 7]
        angles = np.arctan2(np.diff(knee[rows], axis=1), np.diff(hip[rows], axis=1))
        length = np.hypot(np.cos(angles).mean(axis=0), np.sin(angles).mean(axis=0))
        expected = np.sqrt(2 * (1 - length)).mean()
        np.testing.assert_allclose(found[5 * subject : 5 * subject + 5], expected, rtol=1e-9)


def test_the_other_legs_stance_runs_past_the_end(build):
    """Contralateral contact at half of the cycle: its stance is the second half and a tenth."""
    hip = np.where(PHASE < 0.1, 1.0, 0.0) * (PHASE - 0.1) + np.where(PHASE > 0.5, PHASE - 0.5, 0)
    knee = np.where((PHASE > 0.1) & (PHASE < 0.5), PHASE - 0.1, 0.4 * (PHASE >= 0.5))
    hip, knee = (np.tile(curve, (20, 1)) for curve in (hip, knee))
    found = table(pair(build, hip, knee, "contra", stance_percent=60.0))
    # The hip alone turns in its stance, the knee alone in its swing.
    stance = found["hip_knee_coupling_mean_stance_contra_rad"]
    np.testing.assert_allclose(np.minimum(stance, 2 * np.pi - stance), 0.0, atol=0.05)
    np.testing.assert_allclose(
        found["hip_knee_coupling_mean_swing_contra_rad"], np.pi / 2, atol=0.05
    )


def test_rest_has_no_direction(build):
    half = np.where(PHASE < 0.5, PHASE, 0.5)[None].repeat(20, axis=0)
    found = table(pair(build, half, half))
    np.testing.assert_array_equal(found["hip_knee_in_phase_ipsi_percent"], 100.0)
    still = table(pair(build, ramp(0.0), ramp(0.0)))
    assert still.isna().all(axis=None)


def test_opposite_directions_have_no_mean(build):
    there_and_back = np.tile(np.minimum(np.arange(150), 149 - np.arange(150)) / 64.0, (20, 1))
    found = table(pair(build, there_and_back, there_and_back))
    # Of 149 intervals one, in the middle, has no movement; the others cancel out.
    assert found["hip_knee_coupling_mean_ipsi_rad"].isna().all()
    np.testing.assert_array_equal(found["hip_knee_in_phase_ipsi_percent"], 100.0)


def test_one_stride_has_no_variability_and_a_gap_no_angle(build):
    data = pair(build, ramp(1.0)[:4], ramp(1.0)[:4], n_steps=1)
    assert table(data)["hip_knee_coupling_variability_ipsi_rad"].isna().all()
    hip = ramp(1.0)
    hip[3, 149] = np.nan
    found = table(pair(build, hip, ramp(1.0)))
    assert found["hip_knee_coupling_mean_ipsi_rad"].isna().tolist() == [
        row == 3 for row in range(20)
    ]


def test_without_neighbours_the_reason_is_given(build):
    (left,) = vector_coding_families(Schema.of_data(build()))
    assert isinstance(left, LeftOut)

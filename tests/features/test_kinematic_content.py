"""Event values, stance and swing statistics, derivatives, harmonics and coordination."""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import hilbert

from locomotion_analysis.features.coordination import (
    coordination_families,
    deviation_phase_families,
)
from locomotion_analysis.features.curves import (
    angle_harmonic_families,
    derivative_families,
    event_value_families,
    kinematic_peak_families,
    kinematic_stance_swing_families,
)
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema

PHASE = np.linspace(0, 1, 150)
HIP, KNEE = "hip_flexion_angle_{}_rad", "knee_flexion_angle_{}_rad"


def table(factory, data, aggregations=("mean",)):
    view = CycleView(data)
    families = [f for f in factory(Schema.of_data(data, aggregations)) if isinstance(f, Family)]
    names = [spec.name for family in families for spec in family.specs]
    rows = [np.asarray(row) for family in families for row in family.compute(view)]
    return pd.DataFrame(dict(zip(names, rows, strict=True)))


def wave(delay=0.0, size=1.0, order=1):
    """A cosine whose peak comes `delay` of a cycle late, for 20 cycles."""
    return np.tile(size * np.cos(2 * np.pi * order * (PHASE - delay)), (20, 1))


def test_values_at_events_lie_on_the_curve(build):
    data = build(
        channels=(),
        curves={KNEE.format("ipsi"): wave()},
        stance_percent=60.0,
        double_support_percent=20.0,
    )
    frame = table(event_value_families, data)
    places = {
        "contact": 0,
        "opposite_toe_off": 10,
        "midstance": 30,
        "opposite_contact": 50,
        "toe_off": 60,
        "midswing": 80,
    }
    assert len(frame.columns) == len(places)
    for event, percent in places.items():
        expected = np.cos(2 * np.pi * percent / 100)
        found = frame[f"knee_flexion_angle_ipsi_rad_at_{event}"]
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_the_other_leg_is_read_at_its_own_events(build):
    # The same movement half a cycle later has the same values at its own events.
    curves = {KNEE.format("ipsi"): wave(), KNEE.format("contra"): wave(delay=0.5)}
    frame = table(event_value_families, build(channels=(), curves=curves, stance_percent=61.0))
    ipsi, contra = frame.iloc[:, :6].to_numpy(), frame.iloc[:, 6:].to_numpy()
    np.testing.assert_allclose(contra, ipsi, atol=2e-3)


def test_stance_and_swing_statistics_of_a_ramp(build):
    ramp = np.tile(PHASE, (20, 1))
    data = build(channels=(), curves={KNEE.format("ipsi"): ramp}, stance_percent=60.2)
    frame = table(kinematic_stance_swing_families, data)
    row = frame.iloc[0].rename(lambda name: name.removeprefix("knee_flexion_angle_ipsi_rad_"))
    stance, swing = PHASE[PHASE <= 0.602], PHASE[PHASE > 0.602]
    for part, own in (("stance", stance), ("swing", swing)):
        assert row[f"{part}_mean"] == pytest.approx(own.mean(), rel=1e-5)
        assert row[f"{part}_rom"] == pytest.approx(np.ptp(own), rel=1e-5)
        assert row[f"{part}_max_phase"] == pytest.approx(100 * own[-1])
        assert row[f"{part}_min_phase"] == pytest.approx(100 * own[0])


def test_the_other_legs_stance_wraps_round_the_end(build):
    curves = {KNEE.format("ipsi"): wave(delay=0.2), KNEE.format("contra"): wave(delay=0.7)}
    frame = table(
        kinematic_stance_swing_families, build(channels=(), curves=curves, stance_percent=60.0)
    )
    for part in ("stance", "swing"):
        for statistic in ("mean", "rom", "max_phase", "min_phase"):
            ipsi, contra = (
                frame[f"{KNEE.format(side)}_{part}_{statistic}"] for side in ("ipsi", "contra")
            )
            tolerance = 0.7 if "phase" in statistic else 0.03
            np.testing.assert_allclose(contra, ipsi, atol=tolerance)
    # The peak at 20 % of the leg's own stride is in its stance.
    np.testing.assert_allclose(frame[f"{KNEE.format('contra')}_stance_max"], 1.0, atol=1e-3)
    np.testing.assert_allclose(frame[f"{KNEE.format('contra')}_stance_max_phase"], 20.0, atol=0.7)


def test_derivatives_of_a_sine_are_known(build):
    duration = np.linspace(0.5, 2.0, 20)
    data = build(
        channels=(), curves={KNEE.format("ipsi"): wave(delay=0.4)}, cycle_duration_s=duration
    )
    frame = table(derivative_families, data).rename(
        columns=lambda name: name.removeprefix("knee_flexion_angle_ipsi_rad_")
    )
    omega = 2 * np.pi / duration
    np.testing.assert_allclose(frame["velocity_max"], omega, rtol=1e-3)
    np.testing.assert_allclose(frame["velocity_min"], -omega, rtol=1e-3)
    np.testing.assert_allclose(frame["acceleration_max"], omega**2, rtol=2e-3)
    np.testing.assert_allclose(frame["acceleration_min"], -(omega**2), rtol=2e-3)
    # Fastest upwards a quarter of a cycle before the peak at 40 %, downwards as long after it.
    np.testing.assert_allclose(frame["velocity_max_phase"], 15.0, atol=0.7)
    np.testing.assert_allclose(frame["velocity_min_phase"], 65.0, atol=0.7)


def test_derivatives_need_a_duration(build):
    entries = list(derivative_families(Schema.of_data(build())))
    assert [entry.reason for entry in entries if isinstance(entry, LeftOut)] == [
        "the data has no cycle_duration_s"
    ]
    assert len(entries) == 1


def test_harmonics_of_a_known_sum(build):
    curve = 3.0 + wave(delay=0.1, size=2.0) + wave(delay=0.05, size=0.5, order=3)
    frame = table(angle_harmonic_families, build(channels=(), curves={KNEE.format("ipsi"): curve}))
    row = frame.iloc[0].rename(lambda name: name.removeprefix("knee_flexion_angle_ipsi_rad_"))
    amplitudes = [row[f"harmonic{order}_amplitude"] for order in range(1, 5)]
    np.testing.assert_allclose(amplitudes, [2.0, 0.0, 0.5, 0.0], atol=1e-6)
    assert row["harmonic1_phase"] == pytest.approx(2 * np.pi * 0.1, abs=1e-5)
    assert row["harmonic3_phase"] == pytest.approx(2 * np.pi * 3 * 0.05, abs=1e-5)


def test_harmonics_agree_with_the_fast_fourier_transform(build):
    data = build(channels=(KNEE.format("ipsi"),))
    curves = np.asarray(data.curves(KNEE.format("ipsi")), float)
    closed = curves[:, :149].copy()
    closed[:, 0] = (curves[:, 0] + curves[:, 149]) / 2
    spectrum = np.fft.rfft(closed, axis=1)[:, 1:5] * 2 / 149
    found = table(angle_harmonic_families, data).to_numpy()
    np.testing.assert_allclose(found[:, :4], np.abs(spectrum), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found[:, 4:], -np.angle(spectrum), atol=1e-4)


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.25, 0.4, 0.5])
def test_coordination_of_two_cosines(build, delay):
    curves = {HIP.format("ipsi"): wave(size=0.4), KNEE.format("ipsi"): wave(delay, size=0.9)}
    frame = table(coordination_families, build(channels=(), curves=curves, stance_percent=60.0))
    shift = 2 * np.pi * delay
    for part in ("", "_stance", "_swing"):
        np.testing.assert_allclose(frame[f"hip_knee_marp{part}_ipsi_rad"], shift, atol=0.01)
    # The diagram is an ellipse of area pi a b sin(shift); correlation cos(shift).
    area = np.pi * 0.4 * 0.9 * np.sin(shift)
    np.testing.assert_allclose(frame["hip_knee_cyclogram_area_ipsi_rad2"], area, atol=2e-3)
    np.testing.assert_allclose(frame["hip_knee_correlation_ipsi"], np.cos(shift), atol=0.01)
    if delay in (0.0, 0.5):
        perimeter = 4 * np.hypot(0.4, 0.9)
        np.testing.assert_allclose(
            frame["hip_knee_cyclogram_perimeter_ipsi_rad"], perimeter, rtol=1e-3
        )


def test_relative_phase_agrees_with_the_hilbert_transform(build):
    # Of two cosines the analytic signal and the phase portrait say the same.
    hip, knee = wave(size=0.4), wave(0.15, size=0.9)
    curves = {HIP.format("ipsi"): hip, KNEE.format("ipsi"): knee}
    frame = table(coordination_families, build(channels=(), curves=curves))
    difference = np.angle(hilbert(hip[0, :149]) / hilbert(knee[0, :149]))
    expected = np.abs(difference).mean()
    np.testing.assert_allclose(frame["hip_knee_marp_ipsi_rad"], expected, atol=0.01)


def test_deviation_phase_is_the_spread_between_strides(build):
    # Five strides a subject; the knee comes early or late by a known angle.
    late = np.tile([-0.2, -0.1, 0.0, 0.1, 0.2], 4)
    knee = np.cos(2 * np.pi * PHASE - late[:, None])
    curves = {HIP.format("ipsi"): wave(0.25), KNEE.format("ipsi"): knee}
    frame = table(deviation_phase_families, build(channels=(), curves=curves))
    length = np.abs(np.exp(1j * late[:5]).mean())
    expected = np.sqrt(-2 * np.log(length))
    np.testing.assert_allclose(frame["hip_knee_deviation_phase_ipsi_rad"], expected, rtol=0.02)
    assert expected == pytest.approx(late[:5].std(), rel=0.01)


def test_deviation_phase_of_one_stride_is_unknown(build):
    data = build(channels=(HIP.format("ipsi"), KNEE.format("ipsi")), n_steps=1)
    assert table(deviation_phase_families, data).isna().to_numpy().all()


def test_peaks_asked_for_as_statistics_stand_once(build):
    data = build()
    assert list(table(kinematic_peak_families, data, ("mean", "rom"))) == [
        "knee_flexion_angle_ipsi_rad_argmax_phase",
        "knee_flexion_angle_ipsi_rad_argmin_phase",
    ]
    frame = table(kinematic_peak_families, data)
    curves = np.asarray(data.curves(KNEE.format("ipsi")), float)
    np.testing.assert_allclose(frame.iloc[:, 0], np.ptp(curves, axis=1), rtol=1e-6)
    np.testing.assert_allclose(frame.iloc[:, 1], 100 * PHASE[curves.argmax(axis=1)])

"""Power bursts, named peaks, support moment, vertical force and centre of pressure."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.features.curves import (
    force_harmonic_families,
    kinetic_peak_families,
    kinetic_stance_swing_families,
    subphase_peak_families,
)
from locomotion_analysis.features.forces import (
    cop_path_families,
    ground_force_families,
    ground_force_loading_families,
    power_burst_families,
    running_force_families,
    support_moment_families,
)
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema
from locomotion_analysis.simulation import simulate

PHASE = np.linspace(0, 1, 150)
MOMENTS = (
    "hip_flexion_moment_{}_Nm_kg",
    "knee_flexion_moment_{}_Nm_kg",
    "ankle_dorsiflexion_moment_{}_Nm_kg",
)


def table(factory, data):
    view = CycleView(data)
    families = [f for f in factory(Schema.of_data(data)) if isinstance(f, Family)]
    names = [spec.name for family in families for spec in family.specs]
    rows = [np.asarray(row) for family in families for row in family.compute(view)]
    return pd.DataFrame(dict(zip(names, rows, strict=True)))


def hump(centre, width, size):
    """Half a sine of a given width around a phase, for 20 cycles; zero elsewhere."""
    share = np.clip((PHASE - centre) / width + 0.5, 0, 1)
    return np.tile(size * np.sin(np.pi * share), (20, 1))


@pytest.fixture(scope="module")
def walkers():
    """Healthy adults on the level."""
    data = simulate(n_subjects=40, n_cycles=2, tasks=["level_walking"], pathologies=["healthy"])
    return data.select("speed_m_s > 1.1 and speed_m_s < 1.5")


def test_a_burst_is_found_with_its_work(build):
    duration = np.linspace(0.9, 1.3, 20)
    curves = {"ankle_power_ipsi_W_kg": hump(0.52, 0.12, 3.0) - hump(0.35, 0.2, 0.8)}
    data = build(channels=(), curves=curves, stance_percent=62.0, cycle_duration_s=duration)
    frame = table(power_burst_families, data)
    np.testing.assert_allclose(frame["ankle_power_A2_ipsi_W_kg"], 3.0, rtol=0.01)
    np.testing.assert_allclose(frame["ankle_power_A2_ipsi_W_kg_phase"], 52.0, atol=0.7)
    np.testing.assert_allclose(frame["ankle_power_A1_ipsi_W_kg"], -0.8, rtol=0.01)
    # Half a sine of height h over w seconds holds 2 h w / pi; the two overlap by a little.
    work = 2 / np.pi * 3.0 * 0.12 * duration
    np.testing.assert_allclose(frame["ankle_power_A2_work_ipsi_J_kg"], work, rtol=0.02)
    np.testing.assert_allclose(
        frame["ankle_power_A1_work_ipsi_J_kg"], -2 / np.pi * 0.8 * 0.2 * duration, rtol=0.02
    )


def test_work_of_a_burst_is_cut_at_the_event_itself(build):
    """Constant power holds height times time, wherever between two samples toe-off lies."""
    stance = np.linspace(60.0, 61.3, 20)
    power = {"ankle_power_ipsi_W_kg": np.full((20, 150), 2.0)}
    data = build(channels=(), curves=power, stance_percent=stance, cycle_duration_s=1.1)
    found = table(power_burst_families, data)["ankle_power_A2_work_ipsi_J_kg"]
    np.testing.assert_allclose(found, 2.0 * 1.1 * 0.5 * stance / 100, rtol=1e-6)


def test_bursts_without_durations_have_no_work(build):
    schema = Schema.of_data(build(channels=("knee_power_ipsi_W_kg",)))
    entries = list(power_burst_families(schema))
    assert [e.name for e in entries if isinstance(e, LeftOut)] == ["work of the power bursts"]
    names = [s.name for e in entries if isinstance(e, Family) for s in e.specs]
    assert len(names) == 8
    assert not [name for name in names if "work" in name]


@pytest.mark.parametrize(
    ("burst", "size", "spread", "phase", "around"),
    [
        # Size: mean curves of Schwartz et al. 2008 at free speed; subjects' own peaks are higher.
        # A2: 2.80 (free) to 3.44 (fast) in children, times 1.25, the ratio of adults' to
        # children's plantarflexor moment (1.53 / 1.22 Nm/kg). Phase: Winter 1991.
        ("hip_power_H1", 0.6, 0.35, 13, 5),
        ("hip_power_H3", 0.98, 0.3, 62, 5),
        ("knee_power_K1", -0.6, 0.3, 10, 5),
        ("knee_power_K3", -0.76, 0.4, 58, 4),
        ("knee_power_K4", -1.1, 0.4, 91, 4),
        ("ankle_power_A1", -0.6, 0.3, 33, 8),
        ("ankle_power_A2", 3.9, 0.5, 54, 3),
    ],
)
@pytest.mark.parametrize("side", ["ipsi", "contra"])
def test_bursts_of_walkers_are_those_published(walkers, burst, size, spread, phase, around, side):
    frame = table(power_burst_families, walkers)
    assert frame[f"{burst}_{side}_W_kg"].mean() == pytest.approx(size, abs=spread)
    assert frame[f"{burst}_{side}_W_kg_phase"].mean() == pytest.approx(phase, abs=around)


@pytest.mark.parametrize(
    ("peak", "size", "spread"),
    [
        # Schwartz et al. 2008 at free speed, its adult rows (Winter, Fukuchi) where they differ.
        ("hip_extensor_moment_peak_{}_Nm_kg", 0.70, 0.2),
        ("hip_flexor_moment_peak_{}_Nm_kg", 0.62, 0.2),
        ("knee_extensor_moment_peak1_{}_Nm_kg", 0.45, 0.2),
        ("plantarflexor_moment_peak_{}_Nm_kg", 1.45, 0.2),
        ("braking_force_peak_{}_BW", 0.185, 0.04),
        ("propulsive_force_peak_{}_BW", 0.20, 0.04),
    ],
)
@pytest.mark.parametrize("side", ["ipsi", "contra"])
def test_peaks_of_walkers_are_those_published(walkers, peak, size, spread, side):
    frame = table(subphase_peak_families, walkers)
    assert frame[peak.format(side)].mean() == pytest.approx(size, abs=spread)


def test_vertical_force_of_walkers_is_as_published(walkers):
    # Schwartz et al. 2008, free speed: 1.13, 0.78, 1.10 BW; adults 1.10, 0.72, 1.08.
    frame = table(ground_force_loading_families, walkers).mean()
    start = "grf_vertical_contra_BW"
    # The mean of the peaks of single strides lies above the peak of a mean curve.
    assert frame[f"{start}_peak1"] == pytest.approx(1.15, abs=0.09)
    assert frame[f"{start}_valley"] == pytest.approx(0.76, abs=0.06)
    assert frame[f"{start}_peak2"] == pytest.approx(1.13, abs=0.09)


def test_sign_and_place_of_named_peaks(build):
    curves = {
        "knee_adduction_moment_ipsi_Nm_kg": -hump(0.15, 0.2, 0.5) - hump(0.45, 0.2, 0.4),
        "grf_anterior_ipsi_BW": -hump(0.12, 0.2, 0.2) + hump(0.53, 0.15, 0.22),
    }
    frame = table(subphase_peak_families, build(channels=(), curves=curves, stance_percent=62.0))
    for name, size, phase in (
        ("knee_external_adduction_moment_peak1_ipsi_Nm_kg", 0.5, 15),
        ("knee_external_adduction_moment_peak2_ipsi_Nm_kg", 0.4, 45),
        ("braking_force_peak_ipsi_BW", 0.2, 12),
        ("propulsive_force_peak_ipsi_BW", 0.22, 53),
    ):
        np.testing.assert_allclose(frame[name], size, rtol=0.01)
        np.testing.assert_allclose(frame[f"{name}_phase"], phase, atol=0.7)


def test_support_moment_is_the_sum_of_extensors(walkers):
    for side in ("ipsi", "contra"):
        frame = table(support_moment_families, walkers).filter(like=side)
        hip, knee, ankle = (
            np.asarray(walkers.curves(name.format(side)), float) for name in MOMENTS
        )
        shares = frame.filter(like="share").sum(axis=1)
        np.testing.assert_allclose(shares, 100.0, rtol=1e-4)
        if side == "contra":
            continue
        support = -(hip + knee + ankle)
        toe_off = CycleView(walkers).stance.percent
        stance = [c[t >= 100 * PHASE] for c, t in zip(support, toe_off, strict=True)]
        mean = np.array([own.mean() for own in stance])
        np.testing.assert_allclose(frame["support_moment_stance_mean_ipsi_Nm_kg"], mean, rtol=1e-4)
        time = toe_off / 100 * walkers.cycles["cycle_duration_s"].to_numpy()
        np.testing.assert_allclose(
            frame["support_moment_impulse_ipsi_Nm_s_kg"], mean * time, rtol=1e-4
        )
        first = [
            own[: int(np.floor(t / 200 * 149)) + 1].max()
            for own, t in zip(stance, toe_off, strict=True)
        ]
        np.testing.assert_allclose(frame["support_moment_peak1_ipsi_Nm_kg"], first, rtol=1e-5)


def test_healthy_support_has_two_positive_peaks(walkers):
    # Winter 1980: net extensor throughout stance, highest in loading and at push-off.
    frame = table(support_moment_families, walkers)
    for side in ("ipsi", "contra"):
        assert frame[f"support_moment_peak1_{side}_Nm_kg"].gt(0).all()
        assert 8 < frame[f"support_moment_peak1_{side}_Nm_kg_phase"].mean() < 20
        assert 40 < frame[f"support_moment_peak2_{side}_Nm_kg_phase"].mean() < 52


def test_vertical_force_timing_and_rates(build, stance_force):
    toe_off, duration = np.full(20, 60.0), np.linspace(0.8, 1.4, 20)
    ipsi = stance_force(toe_off)
    contra = np.roll(ipsi[:, :149], 75, axis=1)
    curves = {
        "grf_vertical_ipsi_BW": ipsi,
        "grf_vertical_contra_BW": np.column_stack([contra, contra[:, 0]]),
    }
    data = build(channels=(), curves=curves, cycle_duration_s=duration)
    frame = table(ground_force_loading_families, data)
    share = np.linspace(0, 1, 100_001)
    curve = 1.1 * np.sin(np.pi * share) + 0.35 * np.sin(3 * np.pi * share)
    top = share[curve[:50_001].argmax()]
    places = {"peak1_phase": 60 * top, "valley_phase": 30.0, "peak2_phase": 60 * (1 - top)}
    low, high = np.interp([0.2 * top, 0.8 * top], share, curve)
    rate = (high - low) / (0.6 * top * 0.6 * duration)
    for side in ("ipsi", "contra"):
        start = f"grf_vertical_{side}_BW"
        for name, expected in places.items():
            np.testing.assert_allclose(frame[f"{start}_{name}"], expected, atol=1.0)
        np.testing.assert_allclose(frame[f"{start}_loading_rate"], rate, rtol=0.06)
        np.testing.assert_allclose(frame[f"{start}_unloading_rate"], -rate, rtol=0.06)
        depth = curve.max() - 0.75
        np.testing.assert_allclose(frame[f"{start}_valley_depth"], depth, atol=5e-3)
    np.testing.assert_allclose(frame["grf_vertical_contra_BW_peak1"], curve.max(), atol=2e-3)
    np.testing.assert_allclose(frame["grf_vertical_contra_BW_valley"], 0.75, atol=2e-3)
    np.testing.assert_allclose(frame["grf_vertical_contra_BW_peak2"], curve.max(), atol=2e-3)


def _running_force(share, *, impact):
    """A stance of running: an active peak of 2.5 BW at 45 %, an impact of 1.6 BW at 12 %."""
    active = 2.5 * np.sin(np.pi * np.clip(share, 0, 1)) ** 0.9
    return active + impact * np.exp(-(((share - 0.11) / 0.03) ** 2))


@pytest.mark.parametrize("impact", [0.0, 1.2])
def test_running_has_an_impact_and_an_active_peak(build, impact):
    stance, duration = 36.0, np.linspace(0.65, 0.75, 20)
    ipsi = np.tile(_running_force(PHASE / 0.36, impact=impact) * (PHASE < 0.36), (20, 1))
    contra = np.roll(ipsi[:, :149], 75, axis=1)
    curves = {
        "grf_vertical_ipsi_BW": ipsi,
        "grf_vertical_contra_BW": np.column_stack([contra, contra[:, 0]]),
    }
    data = build(
        channels=(), curves=curves, cycle_duration_s=duration, stance_percent=stance, task="run"
    )
    frame = table(running_force_families, data)
    share = np.linspace(0, 1, 100_001)
    fine = _running_force(share, impact=impact)
    early = fine[:30_000]
    place = 0.13 if not impact else share[:30_000][(np.diff(early, append=-np.inf) < 0).argmax()]
    low, high = np.interp([0.2 * place, 0.8 * place], share, fine)
    average = (high - low) / (0.6 * place * 0.36 * duration)
    for side in ("ipsi", "contra"):
        start = f"grf_vertical_{side}_BW_running"
        np.testing.assert_allclose(frame[f"{start}_active_peak"], fine.max(), rtol=0.01)
        np.testing.assert_allclose(frame[f"{start}_average_loading_rate"], average, rtol=0.1)
        assert (
            frame[f"{start}_instantaneous_loading_rate"] >= frame[f"{start}_average_loading_rate"]
        ).all()
        if impact:
            np.testing.assert_allclose(
                frame[f"{start}_impact_peak"], early[int(1e5 * place)], rtol=0.02
            )
            np.testing.assert_allclose(frame[f"{start}_impact_peak_phase"], 36 * place, atol=0.7)
        else:
            assert frame[f"{start}_impact_peak"].isna().all()


def test_peaks_of_walking_are_not_looked_for_in_running(build, stance_force):
    curves = {"grf_vertical_ipsi_BW": stance_force(np.full(20, 60.0))}
    runs = np.arange(20) % 2 == 0
    task = np.where(runs, "run", "level_walking")
    data = build(channels=(), curves=curves, cycle_duration_s=0.7, task=task)
    for factory, other in (
        (ground_force_families, runs),
        (ground_force_loading_families, runs),
        (running_force_families, ~runs),
    ):
        frame = table(factory, data)
        assert frame[other].isna().all().all()
        assert frame[~other].notna().any().any()


def test_centre_of_pressure_needs_stance_only(build):
    # A straight line of 0.25 m forward and 0.06 m sideways; in swing there is none.
    share = PHASE / 0.6
    line = np.where(share <= 1.0, share, np.nan)
    curves = {
        "cop_anterior_ipsi_m": np.tile(0.25 * line, (20, 1)),
        "cop_lateral_ipsi_m": np.tile(0.06 * line, (20, 1)),
    }
    data = build(channels=(), curves=curves, stance_percent=60.0, cycle_duration_s=1.2)
    frame = table(cop_path_families, data)
    last = int(0.6 * 149) / 149 / 0.6
    length = np.hypot(0.25, 0.06) * last
    np.testing.assert_allclose(frame["cop_path_length_ipsi_m"], length, rtol=1e-5)
    np.testing.assert_allclose(frame["cop_anterior_range_ipsi_m"], 0.25 * last, rtol=1e-5)
    np.testing.assert_allclose(frame["cop_lateral_range_ipsi_m"], 0.06 * last, rtol=1e-5)
    speed = np.hypot(0.25, 0.06) / (0.6 * 1.2)
    np.testing.assert_allclose(frame["cop_mean_velocity_ipsi_m_s"], speed, rtol=1e-5)


def test_harmonics_of_force_know_the_mean_step(build):
    force = 0.8 - 0.3 * np.cos(4 * np.pi * PHASE) * np.ones((20, 1))
    frame = table(
        force_harmonic_families, build(channels=(), curves={"grf_vertical_ipsi_N": force})
    )
    np.testing.assert_allclose(frame["grf_vertical_ipsi_N_harmonic2_amplitude"], 0.3, rtol=1e-5)
    np.testing.assert_allclose(
        np.abs(frame["grf_vertical_ipsi_N_harmonic2_phase"]), np.pi, rtol=1e-5
    )
    np.testing.assert_allclose(frame["grf_vertical_ipsi_N_harmonic1_amplitude"], 0, atol=1e-6)


def test_moment_and_power_over_stance_and_swing(build):
    curves = {"hip_flexion_moment_ipsi_Nm_kg": np.tile(np.where(PHASE <= 0.6, 1.0, -2.0), (20, 1))}
    frame = table(
        kinetic_stance_swing_families, build(channels=(), curves=curves, stance_percent=60.0)
    )
    start = "hip_flexion_moment_ipsi_Nm_kg"
    assert frame.iloc[0].to_dict() == {
        f"{start}_stance_mean": 1.0,
        f"{start}_stance_rom": 0.0,
        f"{start}_swing_mean": -2.0,
        f"{start}_swing_rom": 0.0,
    }


def test_range_and_phases_of_kinetic_curves(build):
    data = build(channels=("ankle_power_ipsi_W_kg", "cop_lateral_ipsi_m"))
    frame = table(kinetic_peak_families, data)
    curves = np.asarray(data.curves("ankle_power_ipsi_W_kg"), float)
    assert len(frame.columns) == 3
    np.testing.assert_allclose(
        frame["ankle_power_ipsi_W_kg_rom"], np.ptp(curves, axis=1), rtol=1e-6
    )
    np.testing.assert_allclose(
        frame["ankle_power_ipsi_W_kg_argmin_phase"], 100 * PHASE[curves.argmin(axis=1)]
    )


def test_what_needs_the_duration_says_so(build):
    power, cop = ("hip_power_ipsi_W_kg",), ("cop_anterior_ipsi_m", "cop_lateral_ipsi_m")
    timed = Schema.of_data(build(channels=(*power, *cop), cycle_duration_s=1.1))
    untimed = Schema.of_data(build(channels=(*power, *cop)))
    for factory in (power_burst_families, cop_path_families):
        told = [each for each in factory(untimed) if isinstance(each, LeftOut)]
        assert ["cycle_duration_s" in each.reason for each in told] == [True]
        assert not [each for each in factory(timed) if isinstance(each, LeftOut)]
    assert not list(power_burst_families(Schema.of_data(build())))  # no power, nothing to leave out
    specs = [spec for family in cop_path_families(timed) for spec in family.specs]
    for spec in specs:
        assert ("cycle_duration_s" in spec.requires) == (spec.unit == "m_s")

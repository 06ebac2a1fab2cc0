"""Successive strides are one walk: they overlap, go over into each other and lift one body."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.features.variability import dfa_alpha, divergence_exponent
from locomotion_analysis.simulation import simulate
from locomotion_analysis.simulation.deviations import remembering

N_PEOPLE, N_CYCLES = 20, 24
G = 9.81
HIP = "hip_flexion_angle_{}_rad"


@pytest.fixture(scope="module")
def walk():
    return simulate(N_PEOPLE, N_CYCLES, ["level_walking"], ["healthy"], seed=11)


@pytest.fixture(scope="module")
def long_walk():
    """Six people, 240 strides of either leg."""
    return simulate(6, 480, ["level_walking"], ["healthy"], seed=3)


def by_person(data, name):
    n_people = data.cycles["subject"].nunique()
    return data.curves(name).astype(float).reshape(n_people, -1, 150)


def column(data, name):
    return data.cycles[name].to_numpy().reshape(data.cycles["subject"].nunique(), -1)


def both_feet(data):
    return sum(data.curves(f"grf_vertical_{side}_BW").astype(float) for side in ("ipsi", "contra"))


# ----------------------------------------------------------------------
# One series of strides


@pytest.mark.parametrize(
    "name",
    [
        HIP.format("ipsi"),
        "knee_flexion_velocity_ipsi_rad_s",
        "pelvis_internal_rotation_angle_rad",
        "ankle_dorsiflexion_moment_ipsi_Nm_kg",
    ],
)
def test_a_leg_goes_on_where_its_stride_before_ended(walk, name):
    curves = by_person(walk, name)
    seam = np.abs(curves[:, 2:, 0] - curves[:, :-2, -1])
    gap = np.abs(curves[:, :, -1] - curves[:, :, 0])
    assert seam.max() < 0.02 * np.median(gap) + 1e-5


def test_strides_do_not_close_but_people_do(walk):
    hip = np.degrees(by_person(walk, HIP.format("ipsi")))
    gap = hip[:, :, -1] - hip[:, :, 0]
    assert 1.0 < gap.std() < 3.0
    assert gap.mean(axis=1).std() < 0.5


def test_closing_gaps_are_as_wide_as_measured(shared_folder):
    """Means of a few strides of 80 healthy adults (Bertaux et al. 2022); four here."""
    table = pd.read_parquet(shared_folder / "data" / "standard" / "hip_oa_phase.parquet")
    table = table[table["pathology"] == "healthy"]
    limbs = table.pivot_table(
        index=["subject", "side"], columns="phase_ipsi", values=HIP.format("ipsi")
    ).to_numpy()
    limbs = limbs[np.abs(limbs.argmin(axis=1) / 149 - 0.53) < 0.13]  # cut at their own heel strike
    measured = np.degrees(limbs[:, -1] - limbs[:, 0])
    hip = np.degrees(by_person(simulate(60, 8, ["level_walking"], ["healthy"]), HIP.format("ipsi")))
    simulated = (hip[:, ::2, -1] - hip[:, ::2, 0]).mean(axis=1)
    assert 0.4 < simulated.std() / measured.std() < 1.5


def test_cycles_of_left_and_right_overlap(walk):
    """What the other leg does in one cycle is what it does in its own."""
    duration = column(walk, "cycle_duration_s")
    force = by_person(walk, "grf_vertical_contra_BW")
    grid = np.arange(150) / 149
    for name in (HIP, "grf_vertical_{}_BW"):
        own, other = (by_person(walk, name.format(side)) for side in ("ipsi", "contra"))
        worst = 0.0
        for person in range(N_PEOPLE):
            for k in range(N_CYCLES - 1):
                unloaded = force[person, k, 15:110] == 0
                contact = (15 + np.flatnonzero(unloaded)[-1] + 0.5) / 149
                shifts = contact + np.linspace(-1, 1, 21) / 149
                found = []
                for start in shifts:
                    at = (grid - start) * duration[person, k] / duration[person, k + 1]
                    ok = (at > 0.03) & (at < 0.45)
                    found.append(
                        np.abs(
                            np.interp(at[ok], grid, own[person, k + 1]) - other[person, k][ok]
                        ).max()
                    )
                worst = max(worst, min(found))
        assert worst < (0.01 if name == HIP else 0.05), name


def test_stride_times_of_both_legs_share_their_steps(walk):
    """The left and the right strides of a walk last equally long together."""
    duration = column(walk, "cycle_duration_s")
    left, right = duration[:, ::2], duration[:, 1::2]
    np.testing.assert_allclose(left.sum(axis=1), right.sum(axis=1), rtol=0.02 / np.sqrt(12) * 3)
    neighbours = np.concatenate(
        [
            (duration - duration.mean(axis=1, keepdims=True))[:, i : i + 2]
            for i in range(N_CYCLES - 1)
        ]
    )
    assert np.corrcoef(neighbours.T)[0, 1] > 0.5


def test_deviations_remember_the_stride_before():
    normals = np.random.default_rng(0).standard_normal((400, 60, 2))
    series = remembering(normals, 0.4, lag=2)
    assert series.std() == pytest.approx(1.0, abs=0.02)
    assert np.abs(series.std(axis=(0, 2)) - 1).max() < 0.15  # from the first stride on
    lagged = [
        np.corrcoef(series[:, k:].ravel(), series[:, : 60 - k].ravel())[0, 1] for k in (1, 2, 4)
    ]
    np.testing.assert_allclose(lagged, [0.0, 0.4, 0.16], atol=0.03)


def test_curves_at_heel_strike_have_the_memory_asked_for(long_walk):
    hip = by_person(long_walk, HIP.format("ipsi"))[:, :, 0]
    legs = [person[first::2] for person in hip for first in (0, 1)]
    found = [np.corrcoef(leg[1:], leg[:-1])[0, 1] for leg in legs]
    # Measurement noise and the stride's own speed remember less.
    assert 0.25 < np.mean(found) < 0.45


def test_strides_vary_alike_all_over_the_cycle(long_walk):
    """Going over from one stride to the next keeps the variance."""
    hip = by_person(long_walk, "hip_internal_rotation_angle_ipsi_rad")[:, ::2]
    sd = np.sqrt(hip.var(axis=1).mean(axis=0))
    assert sd.max() / sd.min() < 1.35


def test_stride_times_scale_as_asked(long_walk):
    duration = column(long_walk, "cycle_duration_s")
    alphas = [dfa_alpha(person[leg::2]) for person in duration for leg in (0, 1)]
    assert np.mean(alphas) == pytest.approx(0.76, abs=0.1)
    cv = duration[:, ::2].std(axis=1) / duration[:, ::2].mean(axis=1)
    assert cv.mean() == pytest.approx(0.018, abs=0.007)


def test_divergence_is_that_of_walkers(long_walk):
    """Finite, and of the order of one a stride; strides drawn one by one part at 1.3."""
    found = []
    for person in by_person(long_walk, "knee_flexion_angle_ipsi_rad"):
        strides = person[::2][:100]
        grid = np.arange(100) * 1.49
        signal = np.concatenate([np.interp(grid, np.arange(150), stride) for stride in strides])
        found.append(divergence_exponent(signal, 100, span=(0.0, 1.0)))
    assert np.isfinite(found).all()
    assert 0.4 < np.mean(found) < 1.2


@pytest.mark.parametrize("task", ["level_walking", "run", "sit_to_stand"])
def test_more_cycles_leave_the_earlier_ones(task):
    few, many = (simulate(2, n, [task], ["healthy"], seed=5) for n in (3, 9))
    rows = many.cycles["step"].to_numpy() < 3
    np.testing.assert_allclose(few.block, many.block[:, rows], atol=1e-6)


# ----------------------------------------------------------------------
# One body


def excursion_cm(data):
    """Twice-integrated force of each cycle, drift taken out; written with Fourier integration."""
    force = both_feet(data)[:, :-1]
    omega = 2 * np.pi * np.arange(75) / data.cycles["cycle_duration_s"].to_numpy()[:, None]
    spectrum = np.fft.rfft(G * (force - 1), axis=1)
    spectrum[:, 0] = 0
    spectrum[:, 1:] /= -(omega[:, 1:] ** 2)
    return 100 * np.ptp(np.fft.irfft(spectrum, n=149, axis=1), axis=1)


@pytest.mark.parametrize(
    ("speed", "published", "sd"), [(0.7, 2.7, 0.5), (1.0, 3.4, 0.6), (1.6, 4.8, 0.9)]
)
def test_the_body_rises_more_the_faster_it_walks(speed, published, sd):
    """Orendurff et al. 2004."""
    data = simulate(30, 4, ["level_walking"], ["healthy"], speeds=[speed])
    assert excursion_cm(data).mean() == pytest.approx(published, abs=sd)


def test_both_steps_lift_the_body_alike(walk):
    size = 2 * np.abs(np.fft.rfft(both_feet(walk)[:, :-1], axis=1)) / 149
    assert size[:, 1].mean() < 0.012  # once a stride
    assert size[:, 2].mean() > 0.15  # once a step


def test_people_differ_as_much_as_published():
    """Schwartz et al. 2008 and Pinzone et al. 2014, mean over the cycle, of one leg."""
    data = simulate(300, 2, ["level_walking"], ["healthy"], seed=5).select(where="side == 'left'")
    published = {
        "hip_flexion_angle_ipsi_rad": 6.1,
        "knee_flexion_angle_ipsi_rad": 6.3,
        "ankle_dorsiflexion_angle_ipsi_rad": 5.3,
        "hip_adduction_angle_ipsi_rad": 3.1,
        "hip_internal_rotation_angle_ipsi_rad": 9.5,
        "foot_progression_internal_angle_ipsi_rad": 7.2,
        "pelvis_anterior_tilt_angle_rad": 4.9,
        "pelvis_obliquity_up_angle_rad": 2.1,
        "pelvis_internal_rotation_angle_rad": 3.7,
    }
    for name, sd in published.items():
        found = np.degrees(data.curves(name)).std(axis=0, ddof=1).mean()
        assert found == pytest.approx(sd, rel=0.12), name

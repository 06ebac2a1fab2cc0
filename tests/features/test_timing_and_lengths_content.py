"""Step times, normalised lengths and toe-out."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema
from locomotion_analysis.features.time_and_distance import (
    balance_families,
    normalised_length_families,
    other_step_families,
    step_time_families,
    toe_out_families,
)
from locomotion_analysis.simulation import simulate

PHASE = np.linspace(0, 100, 150)


def table(factory, data):
    view = CycleView(data)
    families = [f for f in factory(Schema.of_data(data)) if isinstance(f, Family)]
    names = [spec.name for family in families for spec in family.specs]
    rows = [np.asarray(row) for family in families for row in family.compute(view)]
    return pd.DataFrame(dict(zip(names, rows, strict=True)))


def two_feet(build, stance_force, toe_off, contact, other_stance, **columns):
    ipsi = stance_force(np.full(20, toe_off))
    own = stance_force(np.full(1, other_stance))[0]
    contra = np.tile(np.interp((PHASE - contact) % 100, PHASE, own), (20, 1))
    curves = {"grf_vertical_ipsi_BW": ipsi, "grf_vertical_contra_BW": contra}
    return build(channels=(), curves=curves, cycle_duration_s=1.2, **columns)


@pytest.mark.parametrize(
    ("toe_off", "contact", "other_stance", "expected"),
    [
        (
            62,
            48,
            64,
            {
                "step_contra": 48,
                "step_ipsi": 52,
                "initial_double_support": 12,
                "terminal_double_support": 14,
                "single_support_ipsi": 36,
                "contra_stance": 64,
                "contra_swing": 36,
                "flight": 0,
            },
        ),
        (
            35,
            50,
            36,
            {
                "step_contra": 50,
                "step_ipsi": 50,
                "initial_double_support": 0,
                "terminal_double_support": 0,
                "single_support_ipsi": 35,
                "contra_stance": 36,
                "contra_swing": 64,
                "flight": 15 + 14,
            },
        ),
    ],
    ids=["walking", "running"],
)
def test_parts_of_the_stride(build, stance_force, toe_off, contact, other_stance, expected):
    frame = table(step_time_families, two_feet(build, stance_force, toe_off, contact, other_stance))
    for name, percent in expected.items():
        np.testing.assert_allclose(frame[f"{name}_percent"], percent, atol=1.6)
        np.testing.assert_allclose(frame[f"{name}_time_s"], frame[f"{name}_percent"] * 0.012)
    np.testing.assert_allclose(frame["duty_factor"], toe_off / 100, atol=0.01)
    np.testing.assert_allclose(frame["stance_swing_ratio"], toe_off / (100 - toe_off), rtol=0.03)
    np.testing.assert_allclose(frame["stride_frequency_Hz"], 1 / 1.2)


def test_supports_and_flight_add_up():
    data = simulate(n_subjects=9, n_cycles=4, tasks=["level_walking"], pathologies=["healthy"])
    frame = table(step_time_families, data)
    both = frame["initial_double_support_percent"] + frame["terminal_double_support_percent"]
    whole = both + frame["single_support_ipsi_percent"] + (100 - 100 * frame["duty_factor"])
    # Both feet, the ipsilateral foot alone, and its swing.
    np.testing.assert_allclose(whole, 100.0, atol=1e-9)
    np.testing.assert_allclose(
        frame["single_support_ipsi_percent"], frame["contra_swing_percent"], atol=1e-9
    )
    # The other foot's stances belong to two of its strides, which differ.
    np.testing.assert_allclose(both, CycleView(data).double_support_percent, atol=2.0)


def test_published_stance_gives_no_times(build, stance_force):
    force = stance_force(np.full(20, 62.0))
    data = build(channels=(), curves={"grf_vertical_contra_BW": force}, stance_percent=np.nan)
    assert table(step_time_families, data).isna().to_numpy().all()


def test_without_the_other_foots_force_step_times_are_left_out(build):
    entries = list(step_time_families(Schema.of_data(build(stance_percent=60.0))))
    assert [entry.name for entry in entries if isinstance(entry, LeftOut)] == ["step times"]
    names = [s.name for e in entries if isinstance(e, Family) for s in e.specs]
    assert names == ["duty_factor", "stance_swing_ratio"]


def test_lengths_and_times_relative_to_the_leg(build):
    data = build(
        speed_m_s=1.3,
        stride_length_m=1.4,
        step_length_m=0.68,
        step_width_m=0.09,
        leg_length_m=0.9,
        cycle_duration_s=1.08,
    )
    row = pd.concat(
        [
            table(factory, data)
            for factory in (normalised_length_families, other_step_families, step_time_families)
        ],
        axis=1,
    ).iloc[0]
    assert row["stride_length_normalised"] == pytest.approx(1.4 / 0.9)
    assert row["step_length_normalised"] == pytest.approx(0.68 / 0.9)
    assert row["step_width_normalised"] == pytest.approx(0.1)
    assert row["speed_normalised"] == pytest.approx(1.3 / np.sqrt(9.80665 * 0.9))
    assert row["other_step_length_m"] == pytest.approx(0.72)
    assert row["cycle_duration_normalised"] == pytest.approx(1.08 * np.sqrt(9.80665 / 0.9))


def test_step_length_of_walkers_follows_the_published_law():
    # Step length / leg length = 1.085 v*^0.428 (fit to 368 trials of Schwartz et al. 2008).
    data = simulate(n_subjects=30, n_cycles=2, tasks=["level_walking"], pathologies=["healthy"])
    frame = table(normalised_length_families, data)
    law = 1.085 * frame["speed_normalised"] ** 0.428
    assert (frame["step_length_normalised"] / law).mean() == pytest.approx(1.0, abs=0.06)


def test_toe_out_is_external_rotation_while_the_foot_is_flat(build):
    # 6 degrees external, with a swing to the inside that does not count.
    angle = np.where((PHASE > 10) & (PHASE < 50), -0.1, 0.4) * np.ones((20, 1))
    angle[:, 75:] = 0.4
    angle[:, 30] = -0.16
    curves = {"foot_progression_internal_angle_ipsi_rad": angle}
    frame = table(toe_out_families, build(channels=(), curves=curves, stance_percent=60.0))
    np.testing.assert_allclose(frame["toe_out_mean_ipsi_rad"], 0.1, atol=2e-3)
    np.testing.assert_allclose(frame["toe_out_range_ipsi_rad"], 0.06, rtol=1e-5)


def test_tasks_without_steps_have_no_steps(build):
    data = build(
        tasks=("sit_to_stand",),
        step_length_m=0.6,
        stride_length_m=1.2,
        leg_length_m=0.9,
        cycle_duration_s=2.0,
    )
    for factory in (normalised_length_families, other_step_families):
        assert table(factory, data).isna().to_numpy().all()
    assert table(step_time_families, data)["stride_frequency_Hz"].isna().all()


def test_balance_is_as_measured_and_what_is_not_is_named(build):
    data = build(
        toe_clearance_m=0.014,
        margin_of_stability_lateral_m=-0.02,
        task=["run", "sit_to_stand"] * 10,
    )
    frame = table(balance_families, data)
    assert list(frame) == ["toe_clearance_m", "margin_of_stability_lateral_m"]
    assert frame["margin_of_stability_lateral_m"].tolist()[::2] == [-0.02] * 10
    assert frame["toe_clearance_m"].isna().tolist() == [False, True] * 10
    left = [e.name for e in balance_families(Schema.of_data(data)) if isinstance(e, LeftOut)]
    assert left == [
        "com_vertical_range_m",
        "com_lateral_range_m",
        "margin_of_stability_anterior_m",
    ]

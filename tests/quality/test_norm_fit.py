"""Where a cycle begins, and whether it holds more than the stance: one rule for all rooms."""

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality import diagnose, validate
from locomotion_analysis.quality.norm_fit import out_of_phase, over_stance_alone, usual_offsets
from locomotion_analysis.simulation import SIMULATED_TASKS, simulate
from locomotion_analysis.standard import N_PHASES, normative_curves

HIP, KNEE, FORCE = (
    "hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad", "grf_vertical_ipsi_BW",
)  # fmt: skip


@pytest.fixture(scope="module")
def walking():
    return simulate(n_subjects=12, n_cycles=3, tasks=["level_walking", "stair_ascent"])


def _begun_at_the_other_foot(data, rows):
    block = data.block.copy()
    own = np.roll(block[:, rows, :-1], 74, axis=2)
    block[:, rows] = np.concatenate([own, own[:, :, :1]], axis=2)
    return LocomotionData(data.cycles, block, data.channels)


@pytest.mark.parametrize("channels", [None, [HIP], [KNEE], [FORCE], [HIP, KNEE]])
def test_cycles_cut_at_the_other_foot_are_found_by_whatever_was_measured(walking, channels):
    shifted = np.arange(len(walking)) % 3 == 0
    data = _begun_at_the_other_foot(walking, np.flatnonzero(shifted))
    chosen = [data, walking]
    if channels is not None:
        chosen = [each.select(channels=channels) for each in chosen]
    assert (out_of_phase(chosen[0]) == shifted).all()
    assert not out_of_phase(chosen[1]).any()


def test_the_sign_of_a_laboratory_is_not_taken_for_another_start(walking):
    hip = walking.select(channels=[HIP], task="level_walking")
    turned = LocomotionData(hip.cycles, -hip.block, hip.channels)
    assert not out_of_phase(turned).any()
    assert {each.kind for each in diagnose(turned).prescriptions} == {"flip"}


def test_what_does_not_repeat_and_has_no_norm_is_not_judged(walking):
    data = _begun_at_the_other_foot(walking, np.arange(len(walking)))
    for task in ("sit_to_stand", "turning", "moonwalk"):
        assert not out_of_phase(
            LocomotionData(data.cycles.assign(task=task), data.block, data.channels)
        ).any()
    assert not out_of_phase(walking.select(channels=["hip_flexion_moment_ipsi_Nm_kg"])).any()


def test_healthy_and_ill_walkers_begin_at_their_own_foot():
    people = simulate(40, 3, seed=8)
    healthy = simulate(8, 3, tasks=list(SIMULATED_TASKS), pathologies=["healthy"], seed=8)
    for data in (people, healthy):
        assert not out_of_phase(data).any()
        assert not over_stance_alone(data.block, data.channels).any()


def test_doctor_checks_and_reports_agree_on_the_real_hip_curves(shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / "hip_oa_phase.parquet")
    # The recordings are cut at one foot for both limbs: the affected one, right in the healthy.
    reference = data.cycles["affected"] | (
        (data.cycles["pathology"] == "healthy") & (data.cycles["side"] == "right")
    )
    off = ~reference.to_numpy()
    assert (out_of_phase(data) == off).all()
    result = validate(data)
    assert (result.error_cycles == off).all()
    assert set(result.summary.query("severity == 'error'")["code"]) == {"GAIT108"}
    assert sum(each.n_cycles for each in diagnose(data).prescriptions) == off.sum()


def _stance(task, share):
    """The norm's force from contact to toe-off, spread over the whole grid."""
    force = normative_curves(task).of(FORCE)[0]
    return np.interp(np.linspace(0, share * (N_PHASES - 1), N_PHASES), np.arange(N_PHASES), force)


@pytest.mark.parametrize(("task", "share"), [("level_walking", 0.62), ("run", 0.3)])
@pytest.mark.parametrize("unit", [1.0, 700.0, -700.0])
def test_force_over_the_stance_alone_is_told_from_whole_cycles(task, share, unit):
    whole = normative_curves(task).of(FORCE)[0]
    standing = np.full(N_PHASES, 0.5)
    curves = np.stack([_stance(task, share), whole, np.roll(whole, 75), standing])
    found = over_stance_alone((unit * curves)[None].astype(np.float32), (FORCE,))
    assert found.tolist() == [True, False, False, False]


def test_without_the_vertical_force_both_others_are_needed():
    names = ("grf_anterior_ipsi_BW", "grf_lateral_ipsi_BW")
    stance = np.linspace(0, 0.62 * (N_PHASES - 1), N_PHASES)
    norm = normative_curves("level_walking", 1.3)
    curves = np.stack([np.interp(stance, np.arange(N_PHASES), norm.of(name)[0]) for name in names])
    assert over_stance_alone(curves[:, None].astype(np.float32), names).tolist() == [True]
    assert over_stance_alone(curves[:1, None].astype(np.float32), names[:1]).tolist() == [False]


def test_angles_alone_are_pardoned_an_offset():
    names = ("hip_flexion_angle_ipsi_rad", "hip_flexion_moment_ipsi_Nm_kg")
    found = usual_offsets(names)
    assert found[0] > 0
    assert found[1] == 0


def test_without_a_channel_that_tells_the_start_nothing_is_out_of_phase():
    data = simulate(2, 2, ["level_walking"]).select(channels=["cop_lateral_ipsi_m"])
    assert not out_of_phase(data).any()

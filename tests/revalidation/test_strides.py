"""Successive strides: cycles cut from one signal, and series whose memory is known."""

import numpy as np
import pandas as pd
import pytest
from revalidation.bands import SERIES
from revalidation.bands.strides import closing_gap, divergence, lag_1, persistence, scaling, seam
from revalidation.channels import HIP, KNEE
from revalidation.choice import LEVEL
from revalidation.figure import NotInDataError, check

from locomotion_analysis.data import LocomotionData

N_PEOPLE, N_STRIDES = 6, 120
PHASE = np.linspace(0.0, 1.0, 150)
CHANNELS = (HIP, KNEE, "ankle_dorsiflexion_angle_ipsi_rad")


def autoregressive(rng, coefficient, n):
    """Return a series of unit variance with `coefficient` as lag-1 autocorrelation."""
    found = np.empty(n)
    found[0] = rng.normal()
    for i in range(1, n):
        found[i] = coefficient * found[i - 1] + np.sqrt(1 - coefficient**2) * rng.normal()
    return found


def recording(curves, seconds=None, turns=True, task="level_walking"):
    """Return cycles of some people, left and right strides in turns or one after the other.

    `curves`: (n_people, n_legs, n_strides, 150), degrees.
    """
    people, legs, strides = curves.shape[:3]
    person, leg, number = np.indices((people, legs, strides)).reshape(3, -1)
    cycles = pd.DataFrame(
        {
            "dataset": "made",
            "subject": np.char.add("P", person.astype(str)),
            "task": task,
            "task_id": "one",
            "side": np.where(leg, "right", "left"),
            "step": legs * number + leg if turns else strides * leg + number,
            "cycle_duration_s": 1.1 if seconds is None else seconds.ravel(),
        }
    )
    block = np.radians(curves).reshape(1, -1, 150)
    order = np.random.default_rng(3).permutation(len(cycles))  # rows need not be in order
    data = LocomotionData(cycles, np.repeat(block, 3, axis=0), CHANNELS)
    return data.take(order)


def cut_from_a_signal(end_sd, jump_sd=0.0, rng=None):
    """Strides of which each begins where the one before ended, but for a jump."""
    rng = rng or np.random.default_rng(0)
    shape = (N_PEOPLE, 2, N_STRIDES + 1)
    ends = rng.normal(0.0, end_sd, shape)
    start = ends[..., :-1] + rng.normal(0.0, jump_sd, (*shape[:2], N_STRIDES))
    base = 30.0 - 30.0 * np.cos(2 * np.pi * PHASE)
    return base + start[..., None] * (1 - PHASE) + ends[..., 1:, None] * PHASE


@pytest.mark.parametrize("turns", [False, True], ids=["a leg at a time", "legs in turns"])
def test_closing_gap_and_seam_of_a_signal_that_was_cut(turns):
    data = recording(cut_from_a_signal(1.0, 0.2), turns=turns)
    # The gap is the difference of two ends of 1 degree, one of them with the jump.
    assert closing_gap(data, LEVEL, "knee") == pytest.approx(np.sqrt(2.04), rel=0.08)
    assert seam(data, LEVEL, "hip") == pytest.approx(0.2, rel=0.08)


def test_closed_cycles_have_no_gap_and_jump_by_what_they_differ():
    offset = np.random.default_rng(0).normal(0.0, 1.5, (N_PEOPLE, 2, N_STRIDES, 1))
    data = recording(offset + np.cos(2 * np.pi * PHASE))
    assert closing_gap(data, LEVEL, "ankle") == pytest.approx(0.0, abs=1e-4)
    assert seam(data, LEVEL, "ankle") == pytest.approx(1.5 * np.sqrt(2), rel=0.08)


def test_running_is_apart_from_walking():
    data = recording(cut_from_a_signal(1.1), task="run")
    assert closing_gap(data, ["run"], "knee") > 1.0
    with pytest.raises(NotInDataError, match="level_walking: 0 people"):
        closing_gap(data, LEVEL, "knee")


@pytest.mark.parametrize("coefficient", [-0.3, 0.0, 0.4, 0.7])
def test_lag_1_of_an_autoregressive_series(coefficient):
    rng = np.random.default_rng(1)
    short = [lag_1(autoregressive(rng, coefficient, 40)) for _ in range(400)]
    assert np.mean(short) == pytest.approx(coefficient, abs=0.03)


def test_the_memory_of_peaks_and_ranges():
    rng = np.random.default_rng(2)
    scale = [[autoregressive(rng, 0.5, N_STRIDES) for _ in range(2)] for _ in range(N_PEOPLE)]
    curves = (60.0 + 2.0 * np.array(scale))[..., None] * np.sin(np.pi * PHASE) ** 2
    data = recording(curves)
    assert persistence(data, KNEE, np.max) == pytest.approx(0.5, abs=0.08)
    assert persistence(data, HIP, np.ptp) == pytest.approx(0.5, abs=0.08)


def test_white_stride_times_scale_with_one_half_and_walks_more():
    rng = np.random.default_rng(4)
    noise = rng.normal(0.0, 0.01, (N_PEOPLE, 2, 400))
    curves = np.zeros((N_PEOPLE, 2, 400, 150)) + np.cos(2 * np.pi * PHASE)
    assert scaling(recording(curves, 1.1 + noise)) == pytest.approx(0.5, abs=0.07)
    walk = 1.1 + 0.1 * np.cumsum(noise, axis=-1)
    assert scaling(recording(curves, walk)) == pytest.approx(1.5, abs=0.1)


def test_smooth_strides_part_slower_than_strides_that_jump():
    smooth = divergence(recording(cut_from_a_signal(1.0)[:5, :1]), KNEE)
    torn = divergence(recording(cut_from_a_signal(1.0, 2.0)[:5, :1]), KNEE)
    assert 0 < smooth < torn


def test_strides_that_are_not_successive_are_no_series():
    data = recording(cut_from_a_signal(1.0))
    some = data.take(np.flatnonzero(~data.cycles["step"].isin([50, 51]).to_numpy()))
    with pytest.raises(NotInDataError, match="no leg with 20 successive strides"):
        closing_gap(some, LEVEL, "hip")
    few = data.take(np.flatnonzero((data.cycles["step"] < 120).to_numpy()))
    assert closing_gap(few, LEVEL, "hip") > 0
    with pytest.raises(NotInDataError, match="no leg with 100 successive strides"):
        scaling(few)


def test_a_leg_with_a_gap_is_left_out():
    curves = cut_from_a_signal(1.0)
    clean = closing_gap(recording(curves[:, :1]), LEVEL, "hip")
    curves[:, 1] += 50 * PHASE * np.random.default_rng(5).normal(size=(N_PEOPLE, N_STRIDES, 1))
    curves[:, 1, 7] = np.nan
    assert closing_gap(recording(curves), LEVEL, "hip") == pytest.approx(clean)


@pytest.mark.parametrize("joint", ["hip", "knee", "ankle"])
def test_recorded_runners_are_within_the_bands(shared_data, joint):
    runners = LocomotionData.from_parquet(shared_data / "standard/running_phase.parquet")
    found = {f.name: f for f in check(runners, SERIES) if f.name.endswith(f"running, {joint}")}
    assert len(found) == 2
    assert {f.verdict for f in found.values()} == {"ok"}, found


def test_recorded_runners_remember(shared_data):
    runners = LocomotionData.from_parquet(shared_data / "standard/running_phase.parquet")
    walking = LocomotionData(
        runners.cycles.assign(task="level_walking"), runners.block, runners.channels
    )
    found = [f for f in check(walking, SERIES) if "lag-1" in f.name]
    assert [f.verdict for f in found] == ["ok", "ok"], found

"""What the report warns of, and that it keeps quiet otherwise."""

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.study_result import cautions, far_cycles
from locomotion_analysis.simulation import simulate

HIP = "hip_flexion_angle_ipsi_rad"


@pytest.fixture(scope="module")
def walking():
    data = simulate(n_subjects=12, n_cycles=3, tasks=["level_walking", "incline_walking"])
    return data.select(task=["level_walking", "incline_walking"])


def _with_curves(data, channel, curves):
    block = data.block.copy()
    block[data.channels.index(channel)] = curves
    return LocomotionData(data.cycles, block, data.channels)


def test_the_caution_counts_by_class(walking):
    labels = np.where(np.arange(len(walking)) < 20, "first", "second")
    block = walking.block.copy()
    block[:, :5] = np.roll(block[:, :5], 75, axis=2)
    told = " ".join(cautions(LocomotionData(walking.cycles, block, walking.channels), labels))
    assert f"First 5 of 20, Second 0 of {len(walking) - 20}" in told


def test_a_phase_that_nobody_has_hides_no_far_cycle(walking):
    curves = walking.curves(HIP).copy()
    curves[7] += np.radians(120)
    curves[:, :9] = np.nan
    assert np.flatnonzero(far_cycles(_with_curves(walking, HIP, curves), HIP)).tolist() == [7]


def test_far_cycles_are_those_made_far(walking):
    curves = walking.curves(HIP).copy()
    curves[7, 30:60] = 3.0
    assert np.flatnonzero(far_cycles(_with_curves(walking, HIP, curves), HIP)).tolist() == [7]


def test_unmeasured_cycles_are_not_far(walking):
    curves = walking.curves(HIP).copy()
    curves[::2] = np.nan
    assert not far_cycles(_with_curves(walking, HIP, curves), HIP).any()
    assert not far_cycles(_with_curves(walking, HIP, np.nan), HIP).any()


def test_real_running_has_faulty_hip_strides(shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / "running_phase.parquet")
    far = far_cycles(data, HIP)
    absurd = np.abs(data.curves(HIP)).max(axis=1) > np.pi / 2
    assert absurd.any()
    assert far[absurd].all()
    assert far.mean() < 0.05

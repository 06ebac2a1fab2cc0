"""What is refused as impossible, and what only comes with a finding: on real recordings too."""

from types import SimpleNamespace

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.production.service.bodies import checked_cycles
from locomotion_analysis.production.service.contract import RefusedError
from locomotion_analysis.production.service.worker import ServedBundle
from locomotion_analysis.simulation import simulate

KNEE = "knee_flexion_angle_ipsi_rad"
HIP = "hip_flexion_angle_ipsi_rad"


class Served(ServedBundle):
    """A bundle that was trained on some cycles."""

    channel_names = ()


def trained_on(data):
    """As a bundle that was written before manifests held ranges."""
    return Served(
        SimpleNamespace(reference=SimpleNamespace(cycles=data), manifest=SimpleNamespace(ranges={}))
    )


def times(data, channel, factor):
    block = np.array(data.block)
    block[data.channels.index(channel)] *= factor
    return LocomotionData(data.cycles, block, data.channels)


def test_a_few_faulty_cycles_in_the_training_do_not_widen_what_is_possible():
    data = simulate(30, 2, ["level_walking"], ["healthy"], seed=1).select(channels=[KNEE])
    block = np.array(data.block)
    block[0, :2] += 40
    faulty = trained_on(LocomotionData(data.cycles, block, data.channels))
    assert faulty.trained_ranges[KNEE].high > 40
    assert faulty.trained_ranges[KNEE].width < 2
    with pytest.raises(RefusedError, match="another unit"):
        checked_cycles(times(data, KNEE, 57.3), faulty)


@pytest.mark.parametrize(
    ("name", "channel"), [("hip_oa_phase", HIP), ("running_phase", HIP), ("running_phase", KNEE)]
)
def test_recordings_are_answered_by_a_model_of_them_and_in_degrees_refused(
    shared_data, name, channel
):
    data = LocomotionData.from_parquet(shared_data / "standard" / f"{name}.parquet")
    served = trained_on(data)
    found = checked_cycles(data, served).quality
    assert (found["severity"] == "error").any()  # the laboratory's own cycles leave the rails
    with pytest.raises(RefusedError, match="another unit"):
        checked_cycles(times(data.take([0, 9]), channel, 57.3), served)

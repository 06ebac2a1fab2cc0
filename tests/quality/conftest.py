"""Small data without fault, and a way to put one fault into it."""

from collections.abc import Callable

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality import validate
from locomotion_analysis.simulation import simulate

HIP, KNEE, ANKLE = (
    "hip_flexion_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
)

Change = Callable[[dict[str, np.ndarray], object], None]


@pytest.fixture(scope="session")
def sound() -> LocomotionData:
    """Healthy simulated subjects, walking on the level inside the healthy band."""
    data = simulate(40, 12, tasks=["level_walking"], pathologies=["healthy"], seed=3)
    found = validate(data).findings
    unusual = found.loc[found["severity"] != "info", "subject"]
    people = [name for name in data.cycles["subject"].unique() if name not in set(unusual)]
    assert len(people) >= 4
    return data.select(subject=people)


@pytest.fixture(scope="session")
def patients() -> LocomotionData:
    """Simulated stroke and Parkinson's subjects in all tasks."""
    return simulate(24, 6, pathologies=["stroke", "parkinsons"], seed=11)


@pytest.fixture
def changed(sound):
    """Return the sound data after a change of its curves (by name) and cycles, in place."""

    def make(change, data=sound) -> LocomotionData:
        block = data.block.copy()
        cycles = data.cycles
        curves = {name: block[row] for row, name in enumerate(data.channels)}
        answer = change(curves, cycles)
        return LocomotionData(cycles if answer is None else answer, block, data.channels)

    return make

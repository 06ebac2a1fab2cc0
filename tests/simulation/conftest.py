import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="session")
def cohort() -> LocomotionData:
    return simulate(n_subjects=90, n_cycles=4, seed=7)

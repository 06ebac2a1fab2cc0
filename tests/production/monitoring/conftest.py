"""A bundle, walkers that it is asked about, and a store."""

from pathlib import Path

import numpy as np
import pytest
from tests.production.bundle.tampering import few_channels

from locomotion_analysis import LocomotionData
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.simulation import simulate

OLD = Path(__file__).parents[1] / "bundle" / "old" / "format_1.bundle"


def renamed(data, prefix):
    subjects = prefix + data.cycles["subject"].astype(str)
    return LocomotionData(data.cycles.assign(subject=subjects), data.block, data.channels)


def offset(data, channel, degrees):
    """The same cycles with a sensor that is off."""
    block = np.array(data.block)
    block[data.channels.index(channel)] += np.radians(degrees)
    return LocomotionData(data.cycles, block, data.channels)


@pytest.fixture(scope="session")
def bundle():
    pytest.importorskip("skops")
    return open_bundle(OLD)


@pytest.fixture(scope="session")
def walkers():
    data = simulate(14, 2, ["level_walking"], ["healthy", "stroke"], seed=9)
    return renamed(few_channels(data), "new_")


@pytest.fixture
def store(tmp_path):
    pytest.importorskip("sqlalchemy")
    from locomotion_analysis.production.monitoring import PredictionStore

    made = PredictionStore(tmp_path / "watch.sqlite")
    yield made
    made.close()

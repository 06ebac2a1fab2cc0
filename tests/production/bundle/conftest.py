"""A small trained model and its bundle."""

import shutil
import warnings
from pathlib import Path

import pytest
from tests.production.bundle.tampering import few_channels

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.simulation import simulate

OLD = Path(__file__).parent / "old"


@pytest.fixture(scope="session")
def data():
    return few_channels(simulate(12, 3, ["level_walking"], ["healthy", "stroke"], seed=5))


@pytest.fixture(scope="session")
def run(data, tmp_path_factory):
    """What ``locomotion train`` leaves behind, and the model it had in memory."""
    pytest.importorskip("skops")
    folder = tmp_path_factory.mktemp("run") / "model"
    with warnings.catch_warnings():  # few simulated people: a feature may tell them apart by itself
        warnings.simplefilter("ignore", LocomotionWarning)
        return train(data, "pathology", folder, recipes=["linear"], n_splits=3)


@pytest.fixture(scope="session")
def kept():
    """The bundle of format 1 that is kept in the repository."""
    pytest.importorskip("skops")
    return OLD / "format_1.bundle"


@pytest.fixture(scope="session")
def bundle(kept):
    return open_bundle(kept)


@pytest.fixture
def copy(kept, tmp_path):
    """A copy that a test may spoil."""
    return Path(shutil.copy(kept, tmp_path / "copy.bundle"))

"""Small datasets on disk, built once."""

import shutil

import pytest

from locomotion_analysis.datasets import build_dataset
from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="session")
def walk():
    """Fifteen simulated subjects in two tasks, two cycles each."""
    return simulate(n_subjects=15, n_cycles=2, tasks=["level_walking", "stair_ascent"])


@pytest.fixture(scope="session")
def classification(walk, tmp_path_factory):
    """The classification dataset of these subjects."""
    folder = tmp_path_factory.mktemp("datasets") / "classification"
    return build_dataset("classification", folder, source=walk)


@pytest.fixture(scope="session")
def clustering(walk, tmp_path_factory):
    """The clustering dataset of these subjects."""
    folder = tmp_path_factory.mktemp("datasets") / "clustering"
    return build_dataset("clustering", folder, source=walk)


@pytest.fixture
def copied(classification, tmp_path):
    """A copy of the classification folder that a test may damage."""
    return shutil.copytree(classification.path, tmp_path / "copy")

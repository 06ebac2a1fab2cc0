"""Simulated cycles of both legs, scaled."""

import pytest

torch = pytest.importorskip("torch")

from locomotion_analysis.models.deep.augmentation import TrainingCycles  # noqa: E402
from locomotion_analysis.models.deep.curve_scaler import CurveScaler  # noqa: E402
from locomotion_analysis.simulation import simulate  # noqa: E402


@pytest.fixture(scope="session")
def walking():
    tasks = ["level_walking", "stair_ascent"]
    return simulate(
        n_subjects=8, n_cycles=6, tasks=tasks, pathologies=["healthy", "stroke"], seed=1
    )


@pytest.fixture(scope="session")
def cycles(walking):
    scaler = CurveScaler()
    scaled = scaler.fit_transform(walking.array(list(walking.channels)))
    subjects = walking.cycles["subject"].to_numpy()
    return TrainingCycles(scaled, scaler, subjects, list(walking.channels))


@pytest.fixture
def batch(cycles):
    inputs = {
        "curves": torch.as_tensor(cycles.scaled.curves),
        "measured": torch.as_tensor(cycles.scaled.measured),
    }
    return inputs, torch.arange(len(cycles.groups))

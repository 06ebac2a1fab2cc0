"""Cycles whose curve says what speed they were walked at."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData

KNEE = "knee_flexion_angle_ipsi_rad"
PHASE = np.linspace(0, 2 * np.pi, 150)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _walks(n_cycles):
    rng = np.random.default_rng(0)
    speed = rng.uniform(0.5, 2.0, n_cycles)
    limp = rng.integers(0, 2, n_cycles)
    curves = speed[:, None] * np.sin(PHASE) + limp[:, None] + 0.1 * rng.normal(size=(n_cycles, 1))
    cycles = pd.DataFrame(
        {
            "subject": [f"S{number // 4:02d}" for number in range(n_cycles)],
            "task": "level_walking",
            "step": np.arange(n_cycles),
            "speed_m_s": speed,
            "pathology": np.where(limp, "stroke", "healthy"),
        }
    )
    return LocomotionData(cycles, curves[None], [KNEE])


@pytest.fixture(scope="session")
def speedy():
    """320 cycles: the amplitude is the speed, the offset is the pathology."""
    return _walks(320)


@pytest.fixture(scope="session")
def walkers():
    """Ten simulated people, level walking, all channels."""
    from locomotion_analysis.simulation import simulate

    return simulate(n_subjects=10, n_cycles=4, tasks=["level_walking"])

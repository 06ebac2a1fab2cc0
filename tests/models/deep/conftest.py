"""Small cycles whose class is easy to see, and one core for all networks."""

from typing import Any, NamedTuple

import numpy as np
import pytest


class Cycles(NamedTuple):
    """Curves, class, quantity and subject of each cycle."""

    X: np.ndarray
    y: np.ndarray
    speed: np.ndarray
    groups: np.ndarray


@pytest.fixture(scope="session")
def cycles() -> Cycles:
    """Twelve subjects with four cycles; half of them walk with half the amplitude."""
    rng = np.random.default_rng(3)
    groups = np.repeat([f"S{number:02}" for number in range(12)], 4)
    slow = np.repeat(np.arange(12) % 2, 4)
    phase = np.linspace(0, 2 * np.pi, 30)
    amplitude = np.where(slow, 0.5, 1.0) + rng.normal(0, 0.05, 48)
    waves = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    X = amplitude[:, None, None] * waves + rng.normal(0, 0.05, (48, 30, 2))
    y = np.where(slow, "stroke", "healthy")
    return Cycles(X.astype(np.float32), y, 2 * amplitude, groups)


@pytest.fixture
def settings() -> dict[str, Any]:
    """Of a network that trains in a moment."""
    return {
        "architecture": "gru",
        "network_options": {"width": 8},
        "max_epochs": 3,
        "batch_size": 16,
        "augmentation": None,
        "device": "cpu",
    }

"""Small cycles whose class is easy to see, and one core for all networks."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest


class Cycles(NamedTuple):
    """Curves, class, quantity and subject of each cycle."""

    X: np.ndarray
    y: np.ndarray
    speed: np.ndarray
    groups: np.ndarray


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


@pytest.fixture(scope="session")
def curves() -> np.ndarray:
    """A hundred and twenty cycles of two channels that follow from two numbers, (120, 48, 2)."""
    scores = np.random.default_rng(0).normal([2.0, 0.0], 1.0, (120, 2))
    phase = np.linspace(0, 2 * np.pi, 48)
    first = np.outer(scores[:, 0], np.sin(phase)) + 5.0
    second = np.outer(scores[:, 0], np.cos(phase)) + np.outer(scores[:, 1], np.sin(2 * phase))
    return np.stack([first, 30 * second], axis=2).astype(np.float32)

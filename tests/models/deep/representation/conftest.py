"""Smooth cycles made of few numbers, and an encoder that has seen them."""

import numpy as np
import pytest

N_POINTS = 48


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def waves(scores):
    """Two channels that follow from two numbers a cycle."""
    phase = np.linspace(0, 2 * np.pi, N_POINTS)
    first = np.outer(scores[:, 0], np.sin(phase)) + 5.0
    second = np.outer(scores[:, 0], np.cos(phase)) + np.outer(scores[:, 1], np.sin(2 * phase))
    return np.stack([first, 30 * second], axis=2).astype(np.float32)


@pytest.fixture(scope="session")
def curves():
    """A hundred and twenty cycles, shape (120, 48, 2)."""
    return waves(np.random.default_rng(0).normal([2.0, 0.0], 1.0, (120, 2)))


@pytest.fixture(scope="session")
def encoder(curves, _one_thread):
    """Pretrained enough to know how one channel follows from the other."""
    pytest.importorskip("torch")
    from locomotion_analysis.models.deep.representation import pretrain

    return pretrain(
        curves,
        "cnn",
        ["hip_flexion_angle_ipsi_rad", "hip_flexion_moment_ipsi_Nm_kg"],
        network_options={"width": 16, "depth": 3},
        max_epochs=40,
        batch_size=20,
        learning_rate=5e-3,
    )

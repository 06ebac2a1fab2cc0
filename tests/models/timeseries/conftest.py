"""Small curves with a known answer."""

import numpy as np
import pytest

LABELS = ("healthy", "hip_osteoarthritis", "stroke")


@pytest.fixture(scope="module")
def curves():
    """Thirty cycles of two channels, whose amplitude tells the class."""
    rng = np.random.default_rng(0)
    y = np.repeat(LABELS, 10)
    amplitude = np.repeat([1.0, 2.0, 3.0], 10)[:, None] + rng.normal(0, 0.1, (30, 2))
    phase = np.linspace(0, 4 * np.pi, 150)[:, None]
    noise = rng.normal(0, 0.05, (30, 150, 2))
    # A joint angle in radians and a moment in newton metres: other sizes, other offsets.
    return (amplitude[:, None] * np.sin(phase) + noise) * [0.2, 40.0] + [0.1, 10.0], y

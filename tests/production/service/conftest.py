"""A running service every test of this room may ask."""

import httpx
import numpy as np
import pytest
from tests.production.service.running import Running
from tests.production.service.small_model import CHANNELS, write_small_model


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """A service without keys, with small limits."""
    path = tmp_path_factory.mktemp("served") / "small.bundle"
    write_small_model(path)
    limits = {"max_rows": 50, "max_values": 100_000, "max_body_bytes": 1 << 20}
    with Running(path, workers=1, requests_per_minute=1_000_000, **limits) as running:
        yield running


@pytest.fixture
def client(service):
    """Talks to the service."""
    with httpx.Client(base_url=service.url, timeout=30) as talking:
        yield talking


@pytest.fixture
def cycle():
    """One cycle as JSON: a plausible hip and knee."""
    phase = np.linspace(0, 2 * np.pi, 150)
    hip, knee = 0.2 + 0.4 * np.cos(phase), 0.5 + 0.4 * np.sin(phase)
    curves = dict(zip(CHANNELS, (hip.tolist(), knee.tolist()), strict=True))
    return {"subject": "S1", "task": "level_walking", "step": 0, "curves": curves}

"""Small made-up gait data whose features can be worked out by hand."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import PHASE_PERCENT

PHASE = np.asarray(PHASE_PERCENT) / 100.0

Build = Callable[..., LocomotionData]


def _wave(rng: np.random.Generator, n: int) -> np.ndarray:
    """Random smooth curves, (n, 150)."""
    order = np.arange(1, 5)[:, None]
    angles = 2 * np.pi * order * PHASE
    sines = rng.normal(size=(n, 4)) / order.T
    cosines = rng.normal(size=(n, 4)) / order.T
    return rng.normal(size=(n, 1)) + sines @ np.sin(angles) + cosines @ np.cos(angles)


def _stance_force(toe_off: np.ndarray, weight: float = 1.0) -> np.ndarray:
    """Vertical force: two humps from contact to toe-off, nothing after, (n, 150)."""
    share = 100 * PHASE / toe_off[:, None]
    humps = weight * (1.1 * np.sin(np.pi * share) + 0.35 * np.sin(3 * np.pi * share))
    return np.where(share < 1, humps, 0.0)


@pytest.fixture(scope="session")
def stance_force() -> Callable[..., np.ndarray]:
    return _stance_force


@pytest.fixture(scope="session")
def build() -> Build:
    """Return a function that makes data: channels, cycles, and any columns or curves given."""

    def make(
        channels: tuple[str, ...] = ("knee_flexion_angle_ipsi_rad",),
        n_subjects: int = 4,
        n_steps: int = 5,
        tasks: tuple[str, ...] = ("level_walking",),
        seed: int = 0,
        curves: Mapping[str, np.ndarray] | None = None,
        **columns: object,
    ) -> LocomotionData:
        given = dict(curves or {})
        rng = np.random.default_rng(seed)
        index = pd.MultiIndex.from_product(
            [[f"S{i:02d}" for i in range(n_subjects)], tasks, range(n_steps)],
            names=["subject", "task", "step"],
        )
        cycles = index.to_frame(index=False).assign(dataset="made", task_id="t")
        cycles = cycles.assign(**columns)
        names = [*channels, *(name for name in given if name not in channels)]
        block = [given[name] if name in given else _wave(rng, len(cycles)) for name in names]
        return LocomotionData(cycles, np.stack(block), names)

    return make


@pytest.fixture(scope="session")
def two_sided(build: Build) -> LocomotionData:
    """Both legs, all kinds of channels, durations and two tasks."""
    n = 4 * 5 * 2
    rng = np.random.default_rng(7)
    quantities = (
        "hip_flexion_angle_{}_rad",
        "knee_flexion_angle_{}_rad",
        "knee_flexion_velocity_{}_rad_s",
        "knee_flexion_moment_{}_Nm_kg",
        "ankle_power_{}_W_kg",
        "grf_anterior_{}_BW",
    )
    channels = tuple(name.format(side) for side in ("ipsi", "contra") for name in quantities)
    return build(
        channels=("pelvis_anterior_tilt_angle_rad", *channels),
        tasks=("level_walking", "stair_ascent"),
        cycle_duration_s=rng.uniform(0.9, 1.3, n),
        speed_m_s=rng.uniform(0.8, 1.6, n),
        height_m=rng.uniform(1.5, 1.9, n),
        age=rng.integers(20, 80, n).astype(float),
        pathology=np.tile(["healthy", "stroke"], n // 2),
        simulated=True,
    )

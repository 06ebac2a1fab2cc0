"""Curves of people who fall into kinds by construction."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData

PHASE = np.linspace(0, 2 * np.pi, 150)
KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


def walkers(offsets, steps, *, noise=0.02, person=0.05, seed=0):
    """Cycles of one person an offset, `steps` of each; two channels."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(len(offsets)), steps)
    own = rng.normal(0, person, (len(offsets), 2))
    shift = np.asarray(offsets, dtype=float)[who] + own[who, 0]
    knee = np.sin(PHASE) + shift[:, None] * np.cos(PHASE) + rng.normal(0, noise, (len(who), 1))
    hip = np.cos(PHASE) + own[who, 1][:, None] + rng.normal(0, noise, (len(who), 1))
    counts = np.bincount(who)
    cycles = pd.DataFrame(
        {
            "subject": [f"S{number:02d}" for number in who],
            "task": "level_walking",
            "step": np.concatenate([np.arange(count) for count in counts]),
        }
    )
    return cycles, np.stack([knee, hip])


@pytest.fixture
def two_kinds():
    """Twenty people of two kinds, three cycles each."""
    cycles, curves = walkers(np.repeat([0.0, 1.0], 10), np.full(20, 3))
    return LocomotionData(cycles, curves, [KNEE, HIP])

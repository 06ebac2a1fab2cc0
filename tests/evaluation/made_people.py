"""People with a gait of their own."""

import numpy as np
import pandas as pd

from locomotion_analysis import LocomotionData

CHANNELS = ("knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad")
PHASE = np.linspace(0, 2 * np.pi, 150)


def people(n_people, seed, *, prefix="S", steps=3, shift=0.0):
    """Return `steps` cycles of each person; patients have half the amplitude."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n_people), steps)
    patient = who % 2
    own = rng.normal(0, 0.15, (n_people, 2, 3))[who]
    stride = rng.normal(0, 0.01, (len(who), 2, 3))
    shape = own + stride + np.array([0.0, 1.0, 0.0])
    shape[:, :, 1] *= np.where(patient, 0.5, 1.0)[:, None]
    waves = np.stack([np.ones(150), np.sin(PHASE), np.cos(PHASE)])
    curves = (shape @ waves).transpose(1, 0, 2) + shift
    cycles = pd.DataFrame(
        {
            "subject": [f"{prefix}{number:03d}" for number in who],
            "task": "level_walking",
            "step": np.tile(np.arange(steps), n_people),
            "pathology": np.where(patient, "stroke", "healthy"),
        }
    )
    return LocomotionData(cycles, curves, CHANNELS)

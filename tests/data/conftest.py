import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData

CHANNELS = (
    "knee_flexion_angle_ipsi_rad",
    "knee_flexion_angle_contra_rad",
    "grf_vertical_ipsi_BW",
)


@pytest.fixture
def cycles():
    return pd.DataFrame(
        {
            "dataset": "lab",
            "subject": np.repeat(["S1", "S2"], 4),
            "task": np.tile(np.repeat(["level_walking", "stair_ascent"], 2), 2),
            "task_id": "a",
            "step": np.tile([0, 1], 4),
            "age": np.repeat([30.0, 60.0], 4),
            "pathology": np.repeat(["healthy", "stroke"], 4),
            "affected": np.tile([True, False], 4),
        }
    )


@pytest.fixture
def data(cycles):
    random = np.random.default_rng(3)
    curves = random.normal(size=(3, len(cycles), 150)).astype(np.float32)
    curves[2, 1] = np.nan
    return LocomotionData(cycles, curves, CHANNELS)


@pytest.fixture
def long_frame(data):
    """The long layout with plain text columns, as other tools write it."""
    frame = data.dataframe.drop(columns="phase_percent")
    text = frame.select_dtypes("category").columns
    return frame.astype(dict.fromkeys(text, "str"))

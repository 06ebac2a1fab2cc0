import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="session")
def odd():
    """Six subjects with columns of every kind, gaps in them and curves that were not measured."""
    data = simulate(n_subjects=6, n_cycles=2, tasks=["level_walking", "stair_ascent"])
    n = len(data)
    every_third = np.arange(n) % 3 == 0
    cycles = data.cycles.assign(
        note=np.where(every_third, None, 'Übung, "2"').astype(object),
        treated=pd.Series(np.where(every_third, None, np.arange(n) % 2 == 0), dtype=object),
        trial=pd.array(np.where(every_third, None, np.arange(n)), dtype="Int64"),
        visit=pd.Timestamp("2024-05-06"),
        site=pd.Categorical(np.where(np.arange(n) % 2, "east", "west")),
        empty=None,
    )
    block = data.block.copy()
    block[0, :5] = np.nan
    block[1, 7, 40:50] = np.nan
    return LocomotionData(cycles, block, data.channels, data.history)

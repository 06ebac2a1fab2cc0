"""Small gait-like tables that the tests of this room share."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest


class Table(NamedTuple):
    X: pd.DataFrame
    y: pd.Series
    age: pd.Series
    groups: pd.Index


@pytest.fixture
def table() -> Table:
    """Three tasks that differ, of 20 people, indexed by cycle; ages that one feature tells."""
    rng = np.random.default_rng(0)
    n_subjects, n_steps = 20, 6
    tasks = ["level_walking", "incline_walking", "stair_ascent"]
    keys = pd.MultiIndex.from_product(
        [[f"S{i:02d}" for i in range(n_subjects)], tasks, range(n_steps)],
        names=["subject", "task", "step"],
    )
    subjects = keys.get_level_values("subject")
    person = pd.Series(rng.normal(size=n_subjects), index=subjects.unique())
    age = pd.Series(rng.uniform(20, 80, n_subjects), index=subjects.unique())
    task_number = pd.Categorical(keys.get_level_values("task"), tasks).codes
    X = pd.DataFrame(
        {
            "knee_rom_rad": task_number * 0.9 + person[subjects].to_numpy(),
            "hip_rom_rad": task_number * 0.4 + rng.normal(size=len(keys)) * 0.7,
            "speed_m_s": 2 - age[subjects].to_numpy() / 80 + rng.normal(size=len(keys)) * 0.1,
            "noise": rng.normal(size=len(keys)),
        },
        index=keys,
    )
    y = pd.Series(keys.get_level_values("task"), index=keys, name="task")
    return Table(X, y, pd.Series(age[subjects].to_numpy(), index=keys, name="age"), subjects)

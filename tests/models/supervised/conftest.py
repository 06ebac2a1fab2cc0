"""A small keyed table of people of two classes, and one of three."""

import numpy as np
import pandas as pd
import pytest

COLUMNS = ["speed_m_s", "knee_rom_rad", "hip_rom_rad", "noise"]


def _people(n_subjects, labels, shift, n_steps=4, seed=0):
    """Return features and classes of people; `labels` come round by subject."""
    rng = np.random.default_rng(seed)
    key = pd.MultiIndex.from_product(
        [["lab"], [f"S{i:02d}" for i in range(n_subjects)], range(n_steps)],
        names=["dataset", "subject", "step"],
    )
    number = pd.factorize(key.get_level_values("subject"))[0]
    code = number % len(labels)
    person = rng.normal(size=(n_subjects, len(COLUMNS)))[number]
    X = person + 0.2 * rng.normal(size=person.shape)
    X[:, :3] += shift * code[:, None]
    return pd.DataFrame(X, index=key, columns=COLUMNS), np.asarray(labels)[code]


@pytest.fixture(scope="session")
def people():
    """The function that makes such tables."""
    return _people


@pytest.fixture
def two():
    return _people(24, ["healthy", "stroke"], 2.0)


@pytest.fixture
def three():
    return _people(24, ["a", "b", "c"], 2.0)

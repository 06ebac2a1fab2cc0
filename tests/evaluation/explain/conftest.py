"""People of two kinds, told apart by the knee in swing."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression


class Walkers(NamedTuple):
    X: pd.DataFrame
    sequences: np.ndarray
    y: np.ndarray
    groups: np.ndarray


class Flattened(ClassifierMixin, BaseEstimator):
    """A logistic regression of all points of all channels."""

    def fit(self, X, y):
        self.model_ = LogisticRegression(max_iter=500).fit(X.reshape(len(X), -1), y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X.reshape(len(X), -1))


CHANNELS = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]


@pytest.fixture
def walkers() -> Walkers:
    """Twenty-four people of three cycles; the knee around 70 % of the cycle tells the class."""
    rng = np.random.default_rng(0)
    groups = np.repeat([f"S{i:02d}" for i in range(24)], 3)
    y = np.where(np.repeat(np.arange(24) % 2, 3), "stiff", "free")
    told = (y == "stiff") * 1.0
    sequences = rng.normal(0, 0.3, (72, 50, 2))
    sequences[:, 33:38, 1] += told[:, None]
    X = pd.DataFrame(
        {
            "knee_flexion_angle_ipsi_rad_swing_max": told + rng.normal(0, 0.1, 72),
            "knee_flexion_angle_ipsi_rad_rom": told + rng.normal(0, 0.1, 72),
            "hip_flexion_angle_ipsi_rad_mean": rng.normal(size=72),
            "hip_power_ipsi_W_kg_max": rng.normal(size=72),
            "speed_m_s": 1.2 + rng.normal(0, 0.1, 72),
        }
    )
    return Walkers(X, sequences, y, groups)


@pytest.fixture
def flattened() -> Flattened:
    return Flattened()

"""The diagnoses can be learned, but not perfectly, and nothing else can."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="module")
def table():
    data = simulate(n_subjects=120, n_cycles=2, tasks=["level_walking", "stair_ascent"], seed=1)
    block = data.block
    parts = [block.mean(axis=2), block.std(axis=2), block.max(axis=2), block.min(axis=2)]
    return np.vstack(parts).T, data.cycles["pathology"].to_numpy(), data.groups


def accuracy(X, y, groups):
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=0)
    forest = RandomForestClassifier(60, min_samples_leaf=2, random_state=0)
    return (cross_val_predict(forest, X, y, groups=groups, cv=folds) == y).mean()


def test_pathology_is_hard_but_learnable(table):
    X, y, groups = table
    assert 0.75 <= accuracy(X, y, groups) <= 0.92


def test_labels_drawn_at_random_per_subject_cannot_be_learned(table):
    X, _, groups = table
    people, index = np.unique(groups, return_inverse=True)
    labels = np.random.default_rng(0).permutation(np.arange(len(people)) % 3)[index]
    assert accuracy(X, labels, groups) < 0.5


def test_speed_alone_does_not_decide(table):
    data = simulate(n_subjects=120, n_cycles=2, tasks=["level_walking"], seed=1)
    c = data.cycles
    speed, y = c[["speed_m_s"]].to_numpy(), c["pathology"].to_numpy()
    assert 0.5 < accuracy(speed, y, data.groups) < 0.85

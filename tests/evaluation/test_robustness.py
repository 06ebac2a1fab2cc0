"""Disturbed cycles: what is disturbed, by how much, and that nothing else is."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.checks import (
    missing_channels,
    noise_levels,
    other_laboratory,
    robustness,
)
from locomotion_analysis.selection import LeaveOneDatasetOut


def test_a_missing_joint_takes_all_that_was_made_from_it():
    names = ["hip_flexion_angle_ipsi_rad_rom", "hip_knee_cyclogram_area_ipsi_rad2", "speed_m_s",
             "knee_power_contra_W_kg_max", "gps_overall_deg", "grf_vertical_asymmetry_max"]  # fmt: skip
    X = pd.DataFrame(np.arange(12.0).reshape(2, 6), columns=names)
    train, unit, test = np.zeros((3, 6)), np.arange(3), np.ones((2, 6))
    gone = {
        name: set(X.columns[perturb(train, unit, test, np.random.default_rng(0))[0] == 0])
        for name, perturb in missing_channels(X).items()
    }
    assert gone["without hip"] == {names[0], names[1], names[4]}
    assert gone["without knee"] == {names[1], names[3], names[4]}
    assert gone["without force plates"] == {names[3], names[5]}
    assert "without trunk" not in gone
    assert not any("speed_m_s" in each for each in gone.values())


def test_a_missing_feature_becomes_the_mean_of_the_training_rows():
    X = pd.DataFrame({"knee_x": [0.0], "other": [0.0]})
    train = np.array([[1.0, 5.0], [np.nan, 5.0], [3.0, 5.0]])
    test = np.array([[9.0, 7.0]])
    perturb = missing_channels(X)["without knee"]
    assert perturb(train, np.arange(3), test, np.random.default_rng(0)).tolist() == [[2.0, 7.0]]
    assert test.tolist() == [[9.0, 7.0]]


def test_noise_has_the_spread_between_a_persons_own_cycles():
    rng = np.random.default_rng(0)
    unit = np.repeat(np.arange(60), 20)
    train = rng.normal(0, 10, 60)[unit, None] + rng.normal(0, 2, (1200, 1))
    noise = noise_levels((0.5, 3.0))
    test = np.zeros((20000, 1))
    spread = [each(train, unit, test, rng).std() for each in noise.values()]
    assert spread == pytest.approx([1.0, 6.0], rel=0.05)


def test_untouched_score_is_the_evaluators_and_noise_makes_it_worse(table):
    found = robustness(GaussianNB(), table.X, table.y, table.groups,
                       {**missing_channels(table.X), **noise_levels((20.0,))})  # fmt: skip
    results = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_classification(
        GaussianNB(), table.X, table.y, table.groups
    )
    assert found.index.tolist() == ["as measured", "without hip", "without knee",
                                    "noise 20 × within-subject SD"]  # fmt: skip
    assert found["score"].iloc[0] == pytest.approx(results["balanced_accuracy"])
    assert found["change"].iloc[0] == 0
    knee, noise = found.loc["without knee"], found.iloc[-1]
    assert knee["change_high"] < 0
    assert noise["score"] < 0.5
    assert noise["change"] == pytest.approx(noise["score"] - found["score"].iloc[0])


class LastPoint(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.inner_ = LogisticRegression().fit(X[:, -1], y)
        self.classes_ = self.inner_.classes_
        return self

    def predict(self, X):
        return self.inner_.predict(X[:, -1])


def test_sequences_lose_channels_by_name():
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(20), 4)
    X = rng.normal(size=(80, 6, 2)).astype(np.float32)
    X[:, -1, 0] += 4 * (subject % 2)
    names = ["knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"]
    found = robustness(LastPoint(), X, subject % 2, subject, missing_channels(X, names))
    assert found.loc["without knee", "score"] < 0.7 < found.loc["without hip", "score"]
    with pytest.raises(SchemaError, match="names of the 2 channels"):
        missing_channels(X)


def laboratories(shift):
    """Two laboratories, of which the second measures with an offset."""
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(40), 3)
    lab = np.where(subject < 20, "here", "there")
    y = np.where(subject % 2, "stroke", "healthy")
    x = rng.normal(size=120) + 3 * (subject % 2) + shift * (lab == "there")
    key = pd.MultiIndex.from_arrays([lab, subject], names=["dataset", "subject"])
    return pd.DataFrame({"knee": x}, index=key), pd.Series(y, index=key), subject


def test_a_laboratory_with_an_offset_is_found_out():
    alike = other_laboratory(GaussianNB(), *laboratories(0.0))
    apart = other_laboratory(GaussianNB(), *laboratories(5.0))
    assert alike.index.tolist() == ["here", "there"]
    assert (alike["low"] > 0.7).all()
    assert (apart["score"] < 0.6).all()
    assert alike["n_subjects"].tolist() == [20, 20]
    assert alike["n_cycles"].tolist() == [60, 60]


def test_the_evaluator_takes_the_splitter_as_it_is():
    X, y, subject = laboratories(0.0)
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=5)
    results = evaluator.evaluate_classification(
        GaussianNB(), X, y, subject, cv=LeaveOneDatasetOut()
    )
    predictions = results["predictions"]
    assert (predictions["fold"] == np.where(subject < 20, 1, 2)).all()
    assert results["fold_sizes"] == [(20, 20), (20, 20)]
    # Sequences have no index: there the target's is read.
    sequences = X.to_numpy()[:, None, :].repeat(6, axis=1)
    of_sequences = evaluator.evaluate_classification(
        LastPoint(), sequences, y, subject, cv=LeaveOneDatasetOut()
    )
    assert of_sequences["predictions"].index.equals(X.index)


def test_one_laboratory_alone_is_refused():
    X, y, subject = laboratories(0.0)
    with pytest.raises(SplitLeakError, match="at least two datasets"):
        other_laboratory(GaussianNB(), X.iloc[:60], y.iloc[:60], subject[:60])


def test_noise_of_half_one_and_two_standard_deviations():
    assert len(noise_levels()) == 3
    assert list(noise_levels((0.5, 1.0, 2.0))) == list(noise_levels())

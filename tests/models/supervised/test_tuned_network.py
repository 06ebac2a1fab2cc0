"""Networks tuned with optuna: on subjects of the training set alone, and resumable."""

import json
from collections import Counter

import numpy as np
import pytest
from sklearn.base import is_classifier, is_regressor

pytest.importorskip("torch")
pytest.importorskip("skorch")
pytest.importorskip("safetensors")
pytest.importorskip("optuna")

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.models.deep import DeepClassifier, DeepRegressor
from locomotion_analysis.models.supervised import SubjectTunedNetwork, network
from locomotion_analysis.simulation import simulate

SMALL = {"max_epochs": 4, "network_options": {"width": 8, "depth": 1}, "batch_size": 8}
RATES = [1e-7, 2e-2]


@pytest.fixture(scope="module")
def curves():
    """Twelve subjects of three cycles; a bump tells the classes apart."""
    rng = np.random.default_rng(0)
    subjects = np.repeat(np.arange(12), 3)
    X = rng.normal(0, 0.1, (36, 24, 2)).astype(np.float32)
    X[:, 6:14, 0] += (subjects % 2)[:, None]
    return X, np.array(["healthy", "stroke"])[subjects % 2], subjects


@pytest.fixture
def trainings(monkeypatch):
    """The subjects of each network trained from now on, and those it was asked about."""
    told = []
    old_fit, old_predict = DeepClassifier.fit, DeepClassifier.predict

    def fit(self, X, y, groups=None):
        told.append((self.learning_rate, set(np.asarray(groups).tolist()), []))
        return old_fit(self, X, y, groups)

    def predict(self, X):
        told[-1][2].append(len(X))
        return old_predict(self, X)

    monkeypatch.setattr(DeepClassifier, "fit", fit)
    monkeypatch.setattr(DeepClassifier, "predict", predict)
    return told


@pytest.mark.slow
def test_a_rate_that_learns_is_chosen_on_held_out_subjects(curves, trainings, tmp_path):
    X, y, subjects = curves
    made = DeepClassifier("cnn", checkpoint=tmp_path, **SMALL)
    tuned = SubjectTunedNetwork(made, {"learning_rate": RATES}, search="optuna")
    tuned.fit(X, y, subjects)
    assert tuned.best_params_ == {"learning_rate": 2e-2}
    assert np.mean(tuned.predict(X) == y) > 0.9
    assert tuned.classes_.tolist() == ["healthy", "stroke"]
    assert is_classifier(tuned)
    *trials, last = trainings
    assert last[1] == set(range(12))
    assert all(len(own) == 8 and asked == [12] for _, own, asked in trials)
    assert Counter(rate for rate, *_ in trials)[2e-2] == 3
    # Again, as after a killed run: nothing is trained anew, and the result is the same.
    files = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = SubjectTunedNetwork(made, {"learning_rate": RATES}, search="optuna")
    again.fit(X, y, subjects)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files
    np.testing.assert_array_equal(again.predict_proba(X), tuned.predict_proba(X))


@pytest.mark.slow
def test_a_quantity_is_tuned_and_has_no_probabilities(curves):
    X, _, subjects = curves
    age = 30.0 + 20.0 * (subjects % 2) + 0.1 * subjects
    made = DeepRegressor("cnn", **SMALL)
    tuned = SubjectTunedNetwork(made, {"learning_rate": RATES}, n_splits=2, search="optuna")
    tuned.fit(X, age, subjects)
    assert tuned.best_params_ == {"learning_rate": 2e-2}
    assert is_regressor(tuned)
    assert not hasattr(tuned, "predict_proba")


@pytest.mark.slow
def test_a_class_of_one_subject_is_told_and_not_tuned(curves):
    X, y, subjects = curves
    some = (y == "healthy") | (subjects == 1)
    tuned = SubjectTunedNetwork(
        DeepClassifier("cnn", **SMALL), {"learning_rate": RATES}, search="optuna"
    )
    with pytest.warns(LocomotionWarning):
        tuned.fit(X[some], y[some], subjects[some])
    assert tuned.best_params_ == {}


def test_what_is_searched_is_what_was_left_open():
    knee = ["knee_flexion_angle_ipsi_rad"]
    assert not network("cnn", "classification", knee).search_space
    every = network("network", "classification", knee, search="optuna", learning_rate=3e-3)
    assert every.search_space["architecture"] == ["cnn", "gru", "lstm", "transformer"]
    assert [each["width"] for each in every.search_space["network_options"]] == [16, 32, 64]
    assert every.search_space["learning_rate"] == pytest.approx([1e-3, 3e-3, 9e-3])
    assert every.search_space["augmentation"] == [None, True]
    fixed = {"network_options": {"width": 8}, "augmentation": None}
    left = network("gru", "regression", knee, search="optuna", **fixed)
    assert set(left.search_space) == {"learning_rate"}
    with pytest.raises(SchemaError, match="--search optuna"):
        network("network", "classification", knee)


@pytest.mark.slow
def test_a_run_is_nested_and_says_what_was_chosen(tmp_path):
    angles = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]
    data = simulate(12, 2, ["level_walking"], ["healthy", "stroke"]).select(channels=angles)
    tiny = {"max_epochs": 1, "network_options": {"width": 8, "depth": 1}, "augmentation": None}
    run = train(
        data, "pathology", tmp_path / "run", recipes=["cnn"], search="optuna",
        networks={**tiny, "device": "cpu"}, n_splits=2,
    )  # fmt: skip
    config = json.loads((run.out / "config.json").read_text())
    assert config["search_spaces"]["cnn"]["learning_rate"] == pytest.approx([1e-3 / 3, 1e-3, 3e-3])
    assert config["chosen"]["learning_rate"] == pytest.approx(run.model.learning_rate)
    assert type(run.model) is DeepClassifier
    assert not (run.out / "checkpoints").exists()

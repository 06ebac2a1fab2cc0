"""From cycles to a run folder, and networks in the evaluator."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from locomotion_analysis import BiomechanicalModelEvaluator  # noqa: E402
from locomotion_analysis.errors import FileReadError, SchemaError, TargetError  # noqa: E402
from locomotion_analysis.evaluation.deep_training import (  # noqa: E402
    plot_learning_rates,
    plot_training,
    train_deep,
)
from locomotion_analysis.evaluation.folds import subjects_for  # noqa: E402
from locomotion_analysis.models import PredictionSchema  # noqa: E402
from locomotion_analysis.models.deep import (  # noqa: E402
    DeepClassifier,
    LearningRateSweep,
    load_network,
)
from locomotion_analysis.simulation import simulate  # noqa: E402

ANGLES = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]
TINY = {"max_epochs": 1, "network_options": {"width": 8}, "augmentation": None, "device": "cpu"}


@pytest.fixture(autouse=True)
def one_core():
    """Small networks lose by a second core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data():
    """Eight simulated subjects, half of them with stroke."""
    return simulate(8, 3, ["level_walking"], ["healthy", "stroke"])


def test_the_folder_holds_a_model_that_predicts_the_same(data, tmp_path):
    run = train_deep(data, "pathology", tmp_path / "m", "gru", channels=ANGLES, n_splits=2, **TINY)
    assert sorted(path.name for path in run.out.iterdir()) == [
        "config.json", "golden.parquet", "held_out.parquet", "history.csv", "metrics.json",
        "model.safetensors", "model_card.md", "prediction_schema.json", "predictions.csv",
        "reference_cycles.parquet", "training.png",
    ]  # fmt: skip
    schema = PredictionSchema.read(run.out / "prediction_schema.json")
    X = schema.check(data.array(ANGLES[::-1]), names=ANGLES[::-1])
    loaded = load_network(run.out / "model.safetensors", device="cpu")
    np.testing.assert_array_equal(loaded.predict_proba(X), run.model.predict_proba(X))
    metrics = json.loads((run.out / "metrics.json").read_text())
    config = json.loads((run.out / "config.json").read_text())
    assert metrics["n_subjects"] == 8
    assert metrics["simulated"] is config["simulated"] is True
    assert not metrics["subject_overlap"]
    assert config["parameters"]["channels"] == ANGLES
    assert len(pd.read_csv(run.out / "predictions.csv")) == len(data)


def test_a_run_without_evaluation_leaves_no_scores_of_an_earlier_one(data, tmp_path):
    train_deep(data, "pathology", tmp_path, "gru", channels=ANGLES, n_splits=2, **TINY)
    run = train_deep(data, "pathology", tmp_path, "gru", channels=ANGLES, n_splits=0, **TINY)
    assert run.results is None
    assert not (tmp_path / "metrics.json").exists()


def test_a_number_is_regressed_on(data, tmp_path):
    run = train_deep(data, "speed_m_s", tmp_path, "cnn", channels=ANGLES, n_splits=2, **TINY)
    assert run.results["kind"] == "regression"
    assert run.schema.classes is None


def test_a_stopped_run_goes_on_with_the_trainings_it_had_finished(data, tmp_path, monkeypatch):
    def stop(done, _):
        if done == 1:
            raise KeyboardInterrupt

    arguments = (data, "pathology", tmp_path / "a", "gru")
    settings = {**TINY, "channels": ANGLES, "n_splits": 2}
    with pytest.raises(KeyboardInterrupt):
        train_deep(*arguments, on_fold=stop, **settings)
    assert len(list((tmp_path / "a" / "checkpoints").iterdir())) == 1
    steps = []
    step = DeepClassifier._fit
    monkeypatch.setattr(
        DeepClassifier, "_fit", lambda self, *a: (steps.append(1), step(self, *a))[1]
    )
    resumed = train_deep(*arguments, **settings)
    straight = train_deep(data, "pathology", tmp_path / "b", "gru", **settings)
    pd.testing.assert_frame_equal(resumed.results["predictions"], straight.results["predictions"])
    for name in ("predictions.csv", "metrics.json"):
        assert (tmp_path / "a" / name).read_text() == (tmp_path / "b" / name).read_text()
    assert not (tmp_path / "a" / "checkpoints").exists()


def test_bad_requests_are_refused(data, tmp_path):
    with pytest.raises(TargetError, match="'height'"):
        train_deep(data, "height", tmp_path, **TINY)
    with pytest.raises(SchemaError, match="architecture"):
        train_deep(data, "pathology", tmp_path, "nope", n_splits=0, **TINY)
    (tmp_path / "file").touch()
    with pytest.raises(FileReadError, match="a folder"):
        train_deep(data, "pathology", tmp_path / "file", **TINY)
    (tmp_path / "config.json").write_text('{"of": "another program"}')
    with pytest.raises(FileReadError, match=r"another origin: config\.json"):
        train_deep(data, "pathology", tmp_path, **TINY)


@pytest.mark.parametrize("architecture", ["gru", "cnn"])
def test_the_evaluator_takes_networks_on_curves(data, architecture):
    X, y = data.prepare_sequential_features(target="pathology", features=ANGLES)
    model = DeepClassifier(architecture, **TINY)
    results = BiomechanicalModelEvaluator(2).evaluate_classification(model, X, y, data.groups)
    assert results["n_subjects"] == 8
    assert 0 <= results["balanced_accuracy"] <= 1
    assert not hasattr(model, "network_")


class Remembering(ClassifierMixin, BaseEstimator):
    """Keeps the groups its ``fit`` was given."""

    def fit(self, X, y, groups=None):
        self.classes_, self.groups_ = np.unique(y), groups
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_fit_is_handed_the_subjects_of_its_rows_where_it_takes_them():
    groups, rows = np.array(["A", "B", "C"]), np.array([0, 2])
    assert subjects_for(LogisticRegression(), groups, rows) == {}
    assert subjects_for(Remembering(), None, rows) == {}
    assert subjects_for(Remembering(), groups, rows)["groups"].tolist() == ["A", "C"]
    pipeline = make_pipeline(FunctionTransformer(), Remembering())
    handed = subjects_for(pipeline, groups, rows)
    assert handed["remembering__groups"].tolist() == ["A", "C"]
    pipeline.fit(np.zeros((2, 1)), ["a", "b"], **handed)
    assert pipeline[-1].groups_.tolist() == ["A", "C"]


def test_figures_name_their_axes_and_the_epoch_kept():
    history = pd.DataFrame({"epoch": [1, 2, 3], "train_loss": [3.0, 2, 1], "valid_loss": [3, 1, 2]})
    ax = plot_training(history, simulated=True)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Epoch", "Loss")
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["training subjects", "subjects set aside", "kept: epoch 2"]
    assert ax.get_title(loc="right") == "SIMULATED DATA"
    ax = plot_learning_rates(LearningRateSweep(np.geomspace(1e-4, 1, 5), np.array([3, 2, 1, 4, 9])))
    assert ax.get_xscale() == "log"
    assert "suggested: 3.3e-03" in ax.get_legend().get_texts()[0].get_text()

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
from locomotion_analysis.evaluation.training import train  # noqa: E402
from locomotion_analysis.evaluation.training_report import plot_learning_rates, plot_training  # noqa: E402
from locomotion_analysis.models import PredictionSchema  # noqa: E402
from locomotion_analysis.models.deep import (  # noqa: E402
    ARCHITECTURES,
    DeepClassifier,
    LearningRateSweep,
    load_network,
)
from locomotion_analysis.models.supervised import NETWORKS, network  # noqa: E402
from locomotion_analysis.selection.splitters import subjects_for  # noqa: E402
from locomotion_analysis.simulation import simulate, simulate_treatment  # noqa: E402

# Few simulated people: a feature may tell them apart by itself.
pytestmark = pytest.mark.filterwarnings("ignore:Each of these features tells")

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


@pytest.fixture(scope="module")
def angles(data):
    return data.select(channels=ANGLES)


def trained(data, target, out, *recipes, **options):
    options = {"networks": TINY, "n_splits": 2, **options}
    return train(data, target, out, recipes=recipes, **options)


def test_networks_are_known_by_name_without_torch():
    assert tuple(ARCHITECTURES) == NETWORKS


def test_the_folder_holds_a_model_that_predicts_the_same(data, angles, tmp_path):
    run = trained(angles, "pathology", tmp_path / "m", "gru")
    assert sorted(path.name for path in run.out.iterdir()) == [
        "card.json", "config.json", "folds.csv", "golden.parquet", "held_out.parquet",
        "history.csv", "leaderboard.csv", "mean_cycles.parquet", "metrics.json",
        "model.safetensors", "model_card.md", "prediction_schema.json", "reference_cycles.parquet", "report.html",
    ]  # fmt: skip
    schema = PredictionSchema.read(run.out / "prediction_schema.json")
    X = schema.check(data.array(ANGLES[::-1]), names=ANGLES[::-1])
    loaded = load_network(run.out / "model.safetensors", device="cpu")
    np.testing.assert_array_equal(loaded.predict_proba(X), run.model.predict_proba(X))
    metrics = json.loads((run.out / "metrics.json").read_text())["gru"]
    config = json.loads((run.out / "config.json").read_text())
    assert metrics["n_subjects"] == 8
    assert metrics["simulated"] is config["simulated"] is True
    assert not metrics["subject_overlap"]
    assert config["inputs"]["channels"] == ANGLES
    assert config["versions"]["torch"]
    held_out = pd.read_parquet(run.out / "held_out.parquet")
    assert held_out[["subject", "step"]].equals(data.cycles[["subject", "step"]])
    assert f"Losses over {len(run.model.history_)} epochs" in run.report_path.read_text()


def test_networks_and_recipes_meet_on_the_same_folds(angles, tmp_path):
    run = trained(angles, "pathology", tmp_path, "gru", "linear")
    assert set(run.board.table["model"]) == {"majority", "speed_only", "linear", "gru"}
    folds = [entry.results["predictions"]["fold"].to_numpy() for entry in run.board.entries]
    assert all(np.array_equal(each, folds[0]) for each in folds)
    assert run.recipe.name in {"gru", "linear"}


def test_a_folder_keeps_no_model_of_another_kind(angles, tmp_path):
    pytest.importorskip("skops")
    trained(angles, "pathology", tmp_path, "gru")
    trained(angles, "pathology", tmp_path, "speed_only")
    assert not (tmp_path / "model.safetensors").exists()
    assert not (tmp_path / "history.csv").exists()
    assert (tmp_path / "model.skops").exists()


def test_a_number_is_regressed_on(angles, tmp_path):
    run = trained(angles, "speed_m_s", tmp_path, "cnn")
    assert run.results["kind"] == "regression"
    assert run.schema.classes is None
    assert run.board.table_of.problem.name == "speed"


def test_a_stopped_run_goes_on_with_the_trainings_it_had_finished(angles, tmp_path, monkeypatch):
    def stop(stage, done, _):
        if stage == "gru network, folds" and done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(angles, "pathology", tmp_path / "a", "gru", progress=stop)
    assert len(list((tmp_path / "a" / "checkpoints").iterdir())) == 1
    trained(angles, "pathology", tmp_path / "a", "gru")
    straight = trained(angles, "pathology", tmp_path / "b", "gru")
    for name in ("held_out.parquet", "metrics.json", "golden.parquet"):
        assert (tmp_path / "a" / name).read_bytes() == (straight.out / name).read_bytes()
    assert not (tmp_path / "a" / "checkpoints").exists()


def test_bad_requests_are_refused(angles, tmp_path):
    with pytest.raises(TargetError, match="'height'"):
        trained(angles, "height", tmp_path / "x", "gru")
    with pytest.raises(SchemaError, match="lstm, gru, cnn"):
        trained(angles, "pathology", tmp_path / "x", "nope")
    with pytest.raises(SchemaError, match="'depth'"):
        trained(angles, "pathology", tmp_path / "x", "gru", networks={"depth": 3})
    with pytest.raises(SchemaError, match="architecture"):
        network("nope", "classification", ANGLES)
    operated = simulate_treatment(6, 2, "knee_osteoarthritis", seed=1)
    with pytest.raises(SchemaError, match="paired features"):
        trained(operated, "responder", tmp_path / "x", "gru")
    assert not (tmp_path / "x").exists()
    (tmp_path / "file").touch()
    with pytest.raises(FileReadError, match="a folder"):
        trained(angles, "pathology", tmp_path / "file", "gru")
    (tmp_path / "config.json").write_text('{"of": "another program"}')
    with pytest.raises(FileReadError, match=r"another origin: config\.json"):
        trained(angles, "pathology", tmp_path, "gru")


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

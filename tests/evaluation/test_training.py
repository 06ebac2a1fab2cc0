"""The run folder: complete, repeatable, and a model that can be used again."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import FileReadError, LocomotionWarning, SchemaError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.evaluation.training_report import ModelCard
from locomotion_analysis.models import PredictionSchema
from locomotion_analysis.models.supervised import load_model
from locomotion_analysis.simulation import simulate, simulate_treatment

FILES = {
    "card.json",
    "config.json",
    "folds.csv",
    "golden.parquet",
    "held_out.parquet",
    "leaderboard.csv",
    "mean_cycles.parquet",
    "mean_features.parquet",
    "metrics.json",
    "model.skops",
    "model_card.md",
    "prediction_schema.json",
    "reference_cycles.parquet",
    "reference_features.parquet",
    "report.html",
}


@pytest.fixture(scope="module")
def data():
    return simulate(15, 2, ["level_walking"], ["healthy", "parkinsons"], seed=3)


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    pytest.importorskip("skops")
    folder = tmp_path_factory.mktemp("run") / "model"
    return train(data, "pathology", folder, recipes=["linear"], n_splits=3)


def test_the_folder_says_what_was_done(run, data):
    assert {path.name for path in run.out.iterdir()} == FILES
    config = json.loads((run.out / "config.json").read_text())
    assert config["n_subjects"] == 15
    assert config["random_state"] == 0
    assert len(config["split_hash"]) == 64
    assert config["peak_memory_bytes"]["this_process"] > 0
    assert config["versions"]["scikit-learn"]
    folds = pd.read_csv(run.out / "folds.csv")
    assert set(folds["subject"]) == set(data.cycles["subject"])
    assert folds["subject"].is_unique
    card = (run.out / "model_card.md").read_text()
    assert "no person was measured" in card
    assert run.board.verdict[0] in card
    page = run.report_path.read_text()
    assert "SIMULATED DATA" in page
    for limit in run.card.limits:
        assert limit in card
        assert limit in page


def test_the_card_is_read_from_data_not_from_its_text(run, tmp_path):
    text = (run.out / "card.json").read_text()
    assert ModelCard.from_json(text, "card.json") == run.card
    assert run.card.markdown() == (run.out / "model_card.md").read_text()
    for wrong in ("no json", "[]", "{}"):
        with pytest.raises(FileReadError, match="a model card"):
            ModelCard.from_json(wrong, "card.json")


def test_the_saved_model_answers_as_the_fitted_one(run):
    model = load_model(run.out / "model.skops")
    schema = PredictionSchema.read(run.out / "prediction_schema.json")
    X = run.board.table_of.X
    shuffled = X[X.columns[::-1]]
    answers = model.predict(schema.check(shuffled))
    assert np.array_equal(answers, run.model.predict(X))
    with pytest.raises(SchemaError, match=str(X.columns[3])):
        schema.check(X.drop(columns=X.columns[3]))


@pytest.mark.slow
def test_two_runs_give_the_same_numbers(run, data, tmp_path):
    again = train(data, "pathology", tmp_path / "again", recipes=["linear"], n_splits=3)
    for name in ("leaderboard.csv", "folds.csv", "metrics.json"):
        assert (run.out / name).read_bytes() == (again.out / name).read_bytes()


def test_without_skops_all_but_the_model_is_written(run, data, tmp_path, monkeypatch):
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _: None)
    with pytest.warns(LocomotionWarning, match=r"pip install 'locomotion-analysis\[models\]'"):
        bare = train(data, "pathology", tmp_path / "m", recipes=["majority"], n_splits=3)
    assert not bare.saved
    assert {path.name for path in bare.out.iterdir()} == FILES - {"model.skops"}


@pytest.mark.slow
def test_treatment_rows_are_legs_with_baseline_and_change(tmp_path):
    data = simulate_treatment(16, 2, "knee_osteoarthritis", seed=1)
    run = train(data, "responder", tmp_path / "t", recipes=["linear"], n_splits=3)
    assert run.board.table_of.problem.name == "treatment"
    X = run.board.table_of.X
    assert all(name.endswith(("_before", "_change")) for name in X)
    assert set(run.board.table["model"]) == {"majority", "before_only", "linear"}
    assert X.index.get_level_values("subject").nunique() == 16


def test_unknown_problems_recipes_and_folders_are_refused(data, tmp_path):
    with pytest.raises(SchemaError, match="pathology, task, fall_risk"):
        train(data, "pathology", tmp_path / "x", problem="height")
    with pytest.raises(SchemaError, match="'magic'"):
        train(data, "pathology", tmp_path / "x", recipes=["magic"])
    (tmp_path / "file").write_text("")
    with pytest.raises(FileReadError, match="folder"):
        train(data, "pathology", tmp_path / "file")
    (tmp_path / "config.json").write_text('{"of": "another program"}')
    with pytest.raises(FileReadError, match=r"another origin: config\.json"):
        train(data, "pathology", tmp_path)
    assert not (tmp_path / "x").exists()


def test_the_best_of_those_asked_for_is_trained_even_below_a_baseline(data, tmp_path):
    asked = {"majority", "speed_only"}
    first = train(data, "pathology", tmp_path / "first", recipes=["majority"], n_splits=3)
    assert set(first.board.table["model"]) == asked
    winner = first.board.winner.recipe.name
    (loser,) = asked - {winner}
    run = train(data, "pathology", tmp_path / "m", recipes=[loser], n_splits=3)
    assert run.recipe.name == loser
    assert run.board.winner.recipe.name == winner
    assert f"In this folder, as asked for: {run.recipe.title.lower()}" in run.card.scores[-1]
    assert run.results is not run.board.winner.results


def test_recipes_on_features_need_no_torch(tmp_path):
    code = (
        "import sys\n"
        "from locomotion_analysis.evaluation.training import train\n"
        "from locomotion_analysis.simulation import simulate\n"
        "data = simulate(6, 2, ['level_walking'], ['healthy', 'stroke'])\n"
        f"train(data, 'pathology', {str(tmp_path / 'm')!r}, recipes=['speed_only'], n_splits=2)\n"
        "assert 'torch' not in sys.modules and 'skorch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_run_says_what_it_is_in_a_few_lines(run):
    told = repr(run)
    assert told.splitlines()[0] == f"TrainingRun: Logistic regression, in {run.out}"
    assert "Leaderboard of pathology, best first" in told
    assert len(told) < 600
    assert "<table" in run.board._repr_html_()
    assert repr(BiomechanicalModelEvaluator(3)) == (
        "BiomechanicalModelEvaluator(n_splits=3, n_bootstrap=1000, random_state=0)"
    )

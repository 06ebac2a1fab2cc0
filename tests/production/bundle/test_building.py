"""From a run folder to a bundle: nothing lost, nothing told of the people, the same each time."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from tests.production.bundle.tampering import few_channels, members_of

from locomotion_analysis.errors import BundleError, FileReadError
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.models.supervised import pathology_detection, save_model
from locomotion_analysis.production.bundle import open_bundle, write_bundle
from locomotion_analysis.production.bundle.building import read_run
from locomotion_analysis.production.bundle.bundle import trained_rows
from locomotion_analysis.simulation import simulate, simulate_treatment


@pytest.fixture(scope="module")
def made(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "gait.bundle"
    write_bundle(run.out, path)
    return path


def test_the_same_folder_gives_the_same_bytes(run, made, tmp_path):
    write_bundle(run.out, tmp_path / "again.bundle")
    assert (tmp_path / "again.bundle").read_bytes() == made.read_bytes()


def test_cycles_give_the_features_and_answers_of_the_training(run, made, data):
    bundle = open_bundle(made)
    X = run.board.table_of.X
    rows = trained_rows(data, bundle.manifest.inputs, bundle.schema.names)
    pd.testing.assert_frame_equal(rows, X, check_exact=True)
    answers = bundle.predict_cycles(data)
    np.testing.assert_allclose(answers["p_stroke"], run.model.predict_proba(X)[:, 1], rtol=1e-12)
    assert answers["prediction"].tolist() == run.model.predict(X).tolist()
    assert answers.index.equals(X.index)


def test_no_name_of_a_person_is_in_the_file(run, made, data):
    names = {name.encode() for name in data.cycles["subject"].unique()}
    for name, content in members_of(made).items():
        assert not [each for each in names if each in content], name
    bundle = open_bundle(made)
    people = set(bundle.reference.cycles.cycles["subject"]) | set(bundle.reference.features.index)
    assert all(name.startswith("ref_") for name in people)
    # Still one person under one name, in every table.
    assert len(set(bundle.reference.held_out["subject"])) == 12
    assert people <= set(bundle.reference.held_out["subject"])
    assert "pathology" not in bundle.reference.cycles.cycles
    assert "age" not in bundle.reference.cycles.cycles


def test_the_manifest_says_what_the_run_folder_says(run, made):
    told = open_bundle(made).manifest
    config = json.loads((run.out / "config.json").read_text())
    results = run.board.entries[[e.recipe.name for e in run.board.entries].index("linear")].results
    score = told.metrics["balanced_accuracy"]
    assert score.value == results["balanced_accuracy"]
    assert (score.low, score.high) == tuple(results["intervals"]["balanced_accuracy"])
    assert told.training.split_sha256 == config["split_hash"]
    assert told.training.n_subjects == 12
    assert told.training.simulated
    assert told.versions["scikit-learn"] == config["versions"]["scikit-learn"]
    assert any("simulator" in limit for limit in told.limits)
    assert {*run.card.limits, *run.card.cautions} == set(told.limits)
    assert told.name == run.card.title
    assert told.intended_use == run.card.intended_use
    knee = {each.name: each for each in told.inputs.channels}["knee_flexion_angle_ipsi_rad"]
    assert (knee.unit, knee.positive, knee.needed) == ("rad", "flexion", True)


def test_a_model_that_is_not_the_one_trained_is_refused(run, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(run.out, folder)
    table = run.board.table_of
    other = pathology_detection("linear").model().fit(table.X, table.y.to_numpy()[::-1])
    save_model(other, folder / "model.skops")
    with pytest.raises(BundleError, match="golden answers"):
        write_bundle(folder, tmp_path / "x.bundle")
    assert not (tmp_path / "x.bundle").exists()


@pytest.mark.parametrize("name", ["model.skops", "card.json", "reference_cycles.parquet"])
def test_a_folder_without_a_file_is_refused(run, tmp_path, name):
    folder = tmp_path / "model"
    shutil.copytree(run.out, folder)
    (folder / name).unlink()
    with pytest.raises(FileReadError, match=f"(?s){name}.*locomotion train"):
        write_bundle(folder, tmp_path / "x.bundle")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::locomotion_analysis.errors.LocomotionWarning")
def test_a_quantity_has_an_interval(tmp_path):
    data = few_channels(simulate(24, 2, ["level_walking"], ["healthy"], seed=1))
    run = train(data, "age", tmp_path / "model", recipes=["linear"], n_splits=3)
    bundle = write_bundle(run.out, tmp_path / "age.bundle")
    answers = bundle.predict_cycles(data)
    assert {"prediction", "low", "high", "outside", "reason", "imputed"} == set(answers)
    width = (answers["high"] - answers["low"]).to_numpy()
    np.testing.assert_allclose(width, 2 * bundle.manifest.conformal.limit)
    error = bundle.reference.held_out.eval("abs(y_true - y_pred)")
    assert bundle.manifest.conformal.limit in error.to_numpy()
    assert (error <= bundle.manifest.conformal.limit).mean() >= 0.9


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::locomotion_analysis.errors.LocomotionWarning")
def test_a_paired_model_takes_legs_before_and_after(tmp_path):
    data = few_channels(simulate_treatment(12, 2, seed=2))
    run = train(data, "responder", tmp_path / "model", recipes=["linear"], n_splits=3)
    bundle = write_bundle(run.out, tmp_path / "treatment.bundle")
    assert bundle.manifest.inputs.paired
    X = run.board.table_of.X
    answers = bundle.predict_cycles(data)
    assert answers.index.equals(X.index)
    assert answers["prediction"].tolist() == run.model.predict(X).tolist()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"[" * 99_999),
        ("config.json", b"{}"),
        ("config.json", b"\xff\xfe"),
        ("config.json", {"inputs": None}),
        ("config.json", {"inputs": {"channels": [1]}}),
        ("config.json", {"files": [{}]}),
        ("config.json", {"model": ["linear"]}),
        ("config.json", {"model": "another"}),
        ("metrics.json", b"[" * 99_999),
        ("metrics.json", b'{"linear": 3}'),
        ("metrics.json", b'{"linear": {"accuracy": "high"}}'),
        ("metrics.json", b'{"linear": {"accuracy": 1.0, "intervals": {"accuracy": [1]}}}'),
        ("card.json", b"\xff"),
        ("card.json", b"[" * 99_999),
        ("card.json", {"limits": {"a": 1}}),
        ("card.json", {"title": 3}),
    ],
)
def test_a_hostile_run_folder_is_one_error_that_names_the_file(run, tmp_path, name, content):
    folder = tmp_path / "model"
    shutil.copytree(run.out, folder)
    if isinstance(content, dict):
        content = json.dumps({**json.loads((folder / name).read_text()), **content}).encode()
    (folder / name).write_bytes(content)
    with pytest.raises(FileReadError, match=r"(?s)\.json.*locomotion train"):
        read_run(folder)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("reference_features.parquet", "subject"),
        ("held_out.parquet", "y_true"),
        ("golden.parquet", "prediction"),
    ],
)
def test_a_table_of_a_run_folder_that_lacks_a_column_is_refused(run, tmp_path, name, column):
    folder = tmp_path / "model"
    shutil.copytree(run.out, folder)
    pd.read_parquet(folder / name).drop(columns=column).to_parquet(folder / name)
    with pytest.raises(FileReadError, match=f"(?s){column}.*{name}.*locomotion train"):
        read_run(folder)

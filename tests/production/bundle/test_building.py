"""From a run folder to a bundle: nothing lost, nothing told of the people, the same each time."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from tests.production.bundle.tampering import few_channels, members_of

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import BundleError, FileReadError
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.models.supervised import pathology_detection, save_model
from locomotion_analysis.production.bundle import open_bundle, write_bundle
from locomotion_analysis.production.bundle.building import read_run
from locomotion_analysis.production.bundle.bundle import trained_rows
from locomotion_analysis.production.monitoring.drift import (
    measure_drift,
    people_of,
    sampled_curves,
)
from locomotion_analysis.production.monitoring.watching import reference_people
from locomotion_analysis.production.service.worker import ServedBundle
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
    assert people == {f"ref_{number:03d}" for number in range(1, 13)}
    assert "reference/held_out.parquet" not in members_of(made)


@pytest.fixture(scope="module")
def of_each_kind(run, made, tmp_path_factory):
    """The bundles of one run with each kind of reference."""
    folder = tmp_path_factory.mktemp("kinds")
    found = {"summary": open_bundle(made)}
    for kind in ("cycles", "none"):
        found[kind] = write_bundle(run.out, folder / f"{kind}.bundle", reference=kind)
    return found


def test_answers_do_not_hang_on_the_people_that_a_bundle_keeps(of_each_kind, data):
    usual = of_each_kind["summary"].predict_cycles(data, explain=True)
    for bundle in of_each_kind.values():
        pd.testing.assert_frame_equal(bundle.predict_cycles(data, explain=True), usual)
        assert bundle.check_golden() < 1e-9
        assert bundle.manifest.ranges == of_each_kind["summary"].manifest.ranges


def test_drift_from_means_is_that_from_all_cycles(of_each_kind):
    """One mean a person is all that people are compared by."""
    others = few_channels(simulate(12, 3, ["level_walking"], ["healthy"], seed=8))
    bundle = of_each_kind["cycles"]
    features = trained_rows(others, bundle.manifest.inputs, bundle.schema.names)
    features = features.set_index(features.index.get_level_values("subject"))
    now = people_of(features, sampled_curves(others), others.groups.astype(object), others.channels)
    whole, means = (
        measure_drift(reference_people(of_each_kind[kind]), now, 99)
        for kind in ("cycles", "summary")
    )
    assert means.p_values == whole.p_values
    assert means.domain_auc == pytest.approx(whole.domain_auc)
    for table in ("channels", "features", "measured"):
        pd.testing.assert_frame_equal(getattr(means, table), getattr(whole, table), rtol=1e-4)


def test_a_bundle_without_people_says_so(of_each_kind, data):
    bundle = of_each_kind["none"]
    with pytest.raises(BundleError, match=r"(?s)none.*--reference summary"):
        reference_people(bundle)
    assert "No row of a training person" in bundle.card
    assert bundle.manifest.people in bundle.card
    assert ServedBundle(bundle).trained_ranges["knee_flexion_angle_ipsi_rad"].width > 0.5


def test_the_reference_tells_no_more_of_people_than_their_curves(of_each_kind, run):
    for kind, n_cycles in (("summary", 12), ("cycles", 36)):
        reference = of_each_kind[kind].reference
        names = set(reference.cycles.cycles)
        assert names <= {"dataset", "subject", "task", "task_id", "step", "side", "simulated"}
        assert len(reference.cycles) == n_cycles
        # The order of a training tells who is of which class: numbers follow the values.
        means = reference.features.groupby(level="subject").mean()
        assert means.index.is_monotonic_increasing
        assert means.iloc[:, 0].is_monotonic_increasing
    kept = pd.read_parquet(run.out / "mean_features.parquet").set_index("subject")
    found = of_each_kind["summary"].reference.features
    expected = kept.sort_values(kept.columns[0])
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy())


def test_golden_rows_are_means_over_people_of_one_class(of_each_kind, run, data):
    bundle = of_each_kind["summary"]
    kept = pd.read_parquet(run.out / "reference_features.parquet").groupby("subject").mean()
    label = data.cycles.groupby("subject")["pathology"].first()
    by_class = kept.groupby(label).mean()  # 6 healthy and 6 with a stroke
    np.testing.assert_allclose(bundle.golden.features, by_class[list(bundle.schema.names)])
    assert bundle.golden.answers["prediction"].tolist() == ["healthy", "stroke"]
    first = data.take(np.flatnonzero(label.loc[data.groups].to_numpy() == "stroke"))
    cycles = LocomotionData.from_parquet(run.out / "reference_cycles.parquet")
    stroke = cycles.take(np.flatnonzero(np.isin(cycles.groups, first.groups)))
    number = stroke.cycles.groupby("subject").cumcount().to_numpy()
    mean = stroke.curves("knee_flexion_angle_ipsi_rad")[number == 0].mean(axis=0)
    found = bundle.golden.cycles.curves("knee_flexion_angle_ipsi_rad")
    assert np.abs(found - mean).max(axis=1).min() < 1e-5
    assert "at least 5 people" in bundle.manifest.people


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


def test_names_are_no_html_in_the_card(run, tmp_path):
    tag = "<script>alert(1)</script>"
    folder = tmp_path / "model"
    shutil.copytree(run.out, folder)
    card = json.loads((folder / "card.json").read_text())
    card |= {
        name: [tag] for name in ("model", "people", "scores", "cautions", "left_out", "limits")
    }
    card |= {"title": tag, "intended_use": tag}
    card["classes"][0]["class"] = card["board"][0]["title"] = tag
    (folder / "card.json").write_text(json.dumps(card))
    text = write_bundle(folder, tmp_path / "x.bundle").card
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 10


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
    error = pd.read_parquet(run.out / "held_out.parquet").eval("abs(y_true - y_pred)")
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

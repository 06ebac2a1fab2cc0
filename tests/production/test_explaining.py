"""Why a trained model answers as it does: against answers asked by hand, and on one page."""

from pathlib import Path

import numpy as np
import pytest

from locomotion_analysis.errors import FileReadError, LocomotionError
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.bundle.bundle import trained_rows
from locomotion_analysis.production.explaining import (
    explain_bundle,
    is_trained_model,
    open_trained,
    people_of_run,
)
from locomotion_analysis.simulation import simulate

KEPT = Path(__file__).parent / "bundle" / "old" / "format_1.bundle"


@pytest.fixture(scope="module")
def bundle():
    pytest.importorskip("skops")
    return open_bundle(KEPT)


@pytest.fixture(scope="module")
def patients():
    return simulate(14, 3, ["level_walking"], ["healthy", "parkinsons"], seed=77)


@pytest.fixture(scope="module")
def found(bundle, patients, tmp_path_factory):
    return explain_bundle(
        bundle, patients, tmp_path_factory.mktemp("why") / "why.html", n_repeats=2
    )


def test_a_change_is_what_the_answer_loses_at_the_training_median(bundle, patients, found):
    X = trained_rows(patients, bundle.manifest.inputs, bundle.schema.names)
    answers = bundle.predict_features(X)
    usual = X.copy()
    names = [bundle.schema.names[at] for at in bundle.reference.joints["knee"]]
    usual[names] = bundle.reference.statistics.loc[names, "center"].to_numpy()
    asked = bundle.predict_features(usual)
    lost = [answers.loc[row, f"p_{label}"] - asked.loc[row, f"p_{label}"]
            for row, label in answers["prediction"].items()]  # fmt: skip
    by_person = answers.assign(lost=lost).groupby(level="subject")["lost"].mean()
    weights = found.weights["joint"]
    np.testing.assert_allclose(weights.of_person["knee"], by_person, atol=1e-12)
    knee = weights.table.set_index("group").loc["knee"]
    assert knee["importance"] == pytest.approx(by_person.abs().mean())
    assert knee["low"] <= knee["importance"] <= knee["high"]


def test_the_score_is_that_of_the_answers(bundle, patients, found):
    said = bundle.predict_cycles(patients)["prediction"]
    true = patients.cycles["pathology"].to_numpy()
    by_hand = np.mean(
        [np.mean(said[true == label] == label) for label in ("healthy", "parkinsons")]
    )
    for each in found.losses.values():
        assert each.score == pytest.approx(by_hand)
        assert each.n_subjects == 14
    assert set(found.losses) == set(found.weights) == {"joint", "measurement", "phase"}


def test_people_and_page_tell_answer_truth_and_reasons(found, patients):
    assert found.people["subject"].tolist() == list(patients.cycles["subject"].unique())
    assert (found.people["cycles"] == 3).all()
    assert set(found.people["truth"]) == {"healthy", "parkinsons"}
    page = found.path.read_text(encoding="utf-8")
    assert "SIMULATED DATA" in page
    for words in ("By joint", "By measurement", "By phase", "Person by person"):
        assert f">{words}</h2>" in page
    assert any("does not tell whom it was trained on" in note for note in found.notes)


def test_whom_the_model_knows_does_not_count(bundle, patients, tmp_path):
    known = list(patients.cycles["subject"].unique())
    one = explain_bundle(bundle, patients, tmp_path / "a.html", trained_on=known)
    assert not one.losses
    assert any("14 people of these were in the training" in note for note in one.notes)
    assert len(one.people) == 14


def test_a_class_the_model_does_not_know_is_explained_and_not_scored(bundle, patients, tmp_path):
    cycles = patients.dataframe.astype({"pathology": str})
    cycles.loc[cycles["subject"] == patients.groups[0], "pathology"] = "ataxia"
    told = type(patients).from_dataframe(cycles)
    one = explain_bundle(bundle, told, tmp_path / "a.html", n_repeats=1)
    assert any("does not know ataxia" in note for note in one.notes)
    assert one.losses["joint"].n_subjects == 13
    assert "ataxia" in set(one.people["truth"])


def test_without_the_truth_answers_are_explained(bundle, patients, tmp_path):
    cycles = patients.dataframe.drop(columns="pathology")
    one = explain_bundle(bundle, type(patients).from_dataframe(cycles), tmp_path / "a.html")
    assert not one.losses
    assert "truth" not in one.people
    assert any("pathology" in note and "not in the data" in note for note in one.notes)


def test_the_checks_of_a_bundle_apply(bundle, patients, tmp_path):
    lacking = patients.select(channels=list(patients.channels[:3]))
    with pytest.raises(LocomotionError, match="missing"):
        explain_bundle(bundle, lacking, tmp_path / "a.html")
    cycles = patients.dataframe
    name = bundle.channels[0].name
    cycles.loc[cycles["step"] == 0, name] = np.nan
    one = explain_bundle(bundle, type(patients).from_dataframe(cycles), tmp_path / "a.html")
    assert "14 of 42 cycles left out: not fully measured" in one.path.read_text(encoding="utf-8")
    assert (one.people["cycles"] == 2).all()
    with pytest.raises(FileReadError, match="folder"):
        explain_bundle(bundle, patients, tmp_path)


def test_what_is_a_trained_model(tmp_path):
    assert is_trained_model(KEPT)
    assert not is_trained_model(tmp_path)
    assert not is_trained_model(tmp_path / "walk.parquet")


@pytest.mark.slow
def test_a_run_knows_its_people(tmp_path):
    for needed in ("torch", "skorch", "safetensors", "captum"):
        pytest.importorskip(needed)
    from locomotion_analysis.data import LocomotionData
    from locomotion_analysis.evaluation.training import train

    angles = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]
    data = simulate(20, 2, ["level_walking"], ["healthy", "stroke"]).select(channels=angles)
    half = data.take(np.isin(data.groups, data.cycles["subject"].unique()[:10]))
    tiny = {"max_epochs": 1, "network_options": {"width": 8}, "device": "cpu"}
    train(half, "pathology", tmp_path / "run", recipes=["cnn"], n_splits=2, networks=tiny)
    assert is_trained_model(tmp_path / "run")
    bundle, people = open_trained(tmp_path / "run")
    assert people == sorted(half.cycles["subject"].unique())
    one = explain_bundle(bundle, data, tmp_path / "a.html", trained_on=people, n_repeats=1)
    assert one.losses["joint"].n_subjects == 10
    assert len(one.people) == 20
    assert ">On the gait cycle</h2>" in one.path.read_text(encoding="utf-8")
    own = LocomotionData.from_parquet(people_of_run(tmp_path / "run"))
    assert set(own.cycles["subject"]) == set(people)

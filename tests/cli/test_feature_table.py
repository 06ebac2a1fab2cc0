"""From a table of features to a report, an audit, a model and predictions for new people."""

import json

import numpy as np
import pandas as pd
import pytest

PEOPLE = 20


@pytest.fixture
def table():
    """Twenty people of three trials; knee and speed tell who is ill, the rest tells nothing."""
    rng = np.random.default_rng(1)
    ill = np.arange(PEOPLE) % 2
    person = np.arange(PEOPLE).repeat(3)
    knee = 62 - 12 * ill + rng.normal(0, 3, PEOPLE)
    speed = 1.3 - 0.3 * ill + rng.normal(0, 0.08, PEOPLE)
    return pd.DataFrame(
        {
            "PATIENT": [f"{number:03d}" for number in person],
            "TRIAL_ID": np.arange(3 * PEOPLE) + 5000,
            "group": np.where(ill, "stroke", "healthy")[person],
            "Sex": np.where(rng.random(PEOPLE) < 0.5, "male", "female")[person],
            "knee_rom_deg": knee[person] + rng.normal(0, 1, 3 * PEOPLE),
            "speed_m_s": speed[person] + rng.normal(0, 0.02, 3 * PEOPLE),
            "step_width_m": rng.normal(0.11, 0.02, 3 * PEOPLE),
            "lab": "north",
        }
    )


@pytest.fixture
def own(table, tmp_path):
    path = tmp_path / "own.csv"
    table.to_csv(path, index=False)
    return path


ASKED = ("--target", "group", "--subject-column", "PATIENT")


def test_run_scores_people_it_has_not_met(locomotion, own, tmp_path):
    done = locomotion(
        "run", own, *ASKED, "--model", "linear", "--folds", 4, "--out", tmp_path / "r"
    )
    assert done.status == 0, done.err
    assert "60 rows of features of 20 subjects" in done.out
    assert "TRIAL_ID (the name of a row, trial or session)" in done.err
    metrics = json.loads((tmp_path / "r" / "metrics.json").read_text())
    assert metrics["n_features"] == 3
    assert metrics["balanced_accuracy"] > 0.8
    predictions = pd.read_parquet(tmp_path / "r" / "features.parquet")
    assert predictions["subject"].nunique() == PEOPLE
    page = (tmp_path / "r" / "report.html").read_text()
    assert "one value in every row" in page
    assert "Mean curves" not in page


def test_columns_can_be_chosen(locomotion, own, tmp_path):
    out = tmp_path / "r"
    words = ("--model", "linear", "--folds", 4, "--out", out)
    assert locomotion("run", own, *ASKED, *words, "--features", "step_width_m").status == 0
    assert json.loads((out / "metrics.json").read_text())["n_features"] == 1
    refused = locomotion("run", own, *ASKED, *words, "--features", "step_width")
    assert refused.status == 2
    assert "did you mean step_width_m" in refused.err


def test_a_table_is_explained_feature_by_feature(locomotion, own, tmp_path):
    words = ("--model", "linear", "--folds", 3, "--out", tmp_path / "why.html", "--quiet")
    done = locomotion("explain", own, *ASKED, *words)
    assert done.status == 0, done.err
    assert "Fall of balanced accuracy without each feature" in done.out
    rows = done.out.split("high")[1].split()
    assert {rows[0], rows[5]} == {"knee_rom_deg", "speed_m_s"}
    page = (tmp_path / "why.html").read_text(encoding="utf-8")
    assert ">By feature</h2>" in page
    assert "Knee ROM (°)" in page


def test_a_table_is_audited(locomotion, own):
    done = locomotion("audit", own, *ASKED, "--model", "linear", "--folds", 2, "--draws", 1)
    assert done.status == 1, done.err
    assert "Told perfectly by one column or feature: feature" in done.out
    assert "[knee_rom_deg], 1.000" in done.out
    assert "random label for each subject" in done.out


@pytest.mark.slow
def test_a_trained_table_answers_new_people(locomotion, own, table, tmp_path):
    pytest.importorskip("skops")
    folder, bundle = tmp_path / "model", tmp_path / "own.bundle"
    words = ("--recipes", "linear", "--folds", 3, "--jobs", 1, "--out", folder)
    done = locomotion("train", own, *ASKED, *words)
    assert done.status == 0, done.err
    made = locomotion("bundle", folder, "--out", bundle)
    assert made.status == 0, made.err
    assert "no other column of the table" in made.out
    assert locomotion("bundle-verify", bundle).status == 0
    new = table.drop(columns=["group", "lab"]).iloc[::3].reset_index(drop=True)
    new.to_csv(tmp_path / "new.csv", index=False)
    asked = locomotion("predict", bundle, tmp_path / "new.csv", "--out", tmp_path / "said.csv")
    assert asked.status == 0, asked.err
    said = pd.read_csv(tmp_path / "said.csv", dtype={"PATIENT": str})
    assert said["PATIENT"].tolist() == new["PATIENT"].tolist()
    assert np.mean(said["prediction"] == table["group"].iloc[::3].to_numpy()) > 0.8
    page = tmp_path / "why.html"
    words = ("--subject-column", "PATIENT", "--out", page, "--quiet")
    explained = locomotion("explain", bundle, tmp_path / "new.csv", *words)
    assert explained.status == 0, explained.err
    first = explained.out.split("without each feature")[1].split()[5]
    assert first in ("knee_rom_deg", "speed_m_s")
    assert "Person by person" in page.read_text(encoding="utf-8")
    new.drop(columns="knee_rom_deg").to_csv(tmp_path / "new.csv", index=False)
    lacking = locomotion("predict", bundle, tmp_path / "new.csv", "--out", tmp_path / "said.csv")
    assert lacking.status == 2
    assert "knee_rom_deg" in lacking.err


@pytest.mark.slow
def test_a_served_table_is_watched_and_trained_again(locomotion, own, table, tmp_path):
    for needed in ("skops", "sqlalchemy", "pydantic"):
        pytest.importorskip(needed)
    from locomotion_analysis.production.bundle import open_bundle
    from locomotion_analysis.production.monitoring import PredictionStore, watch
    from locomotion_analysis.production.monitoring.store import RecordedBundle
    from locomotion_analysis.production.service import ServiceSettings
    from locomotion_analysis.production.service.contract import CSV, Job
    from locomotion_analysis.production.service.worker import Answering

    folder, bundle = tmp_path / "model", tmp_path / "own.bundle"
    words = ("--recipes", "linear", "--folds", 3, "--jobs", 1, "--out", folder)
    assert locomotion("train", own, *ASKED, *words).status == 0
    assert locomotion("bundle", folder, "--out", bundle).status == 0
    opened, store = open_bundle(bundle), PredictionStore(tmp_path / "store.sqlite")
    body = table.rename(columns={"PATIENT": "subject"}).to_csv(index=False).encode()
    answering = Answering(RecordedBundle(opened, store=store), ServiceSettings())
    (reply,) = answering.answer([Job("predict", body, CSV)])
    assert len(json.loads(reply.body)["people"]) == PEOPLE
    found = watch(store, opened, n_permutations=99)
    assert found.drift.n_current == PEOPLE
    assert not found.drift.alarm
    assert found.drift.features["psi"].max() == pytest.approx(0, abs=1e-9)
    assert not [note for note in found.drift.notes if "Curves" in note]
    store.close()
    registry = tmp_path / "registry"
    added = locomotion("registry", "add", registry, bundle, "--run", folder, "--promote")
    assert added.status == 0, added.err
    others = [table.assign(PATIENT=str(number) + table["PATIENT"]) for number in range(1, 4)]
    pd.concat([table, *others]).to_csv(tmp_path / "all.csv", index=False)
    words = ("--subject-column", "PATIENT", "--out", tmp_path / "new", "--folds", 3, "--jobs", 1)
    done = locomotion("retrain", registry, tmp_path / "all.csv", *words)
    assert done.status == 0, done.err
    assert "20 of those in training were seen by the champion" in done.out


def test_one_subject_a_class_is_no_target(locomotion, table, tmp_path):
    first = table.groupby("PATIENT").head(3).assign(shoe=table["PATIENT"] + "x")
    first.to_csv(tmp_path / "own.csv", index=False)
    words = ("--subject-column", "PATIENT", "--out", tmp_path / "r")
    done = locomotion("run", tmp_path / "own.csv", "--target", "shoe", *words)
    assert done.status == 2
    assert "20 classes of one subject each" in done.err


def test_what_needs_curves_says_where_a_table_goes(locomotion, own, tmp_path):
    done = locomotion("plot", own, "--out", tmp_path / "pictures")
    assert done.status == 2
    assert "locomotion run, train and audit" in done.err

"""The main job: what it predicts, leaves out, scores and writes."""

import base64
import json
import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, TargetError
from locomotion_analysis.evaluation import run_study, study_result
from locomotion_analysis.evaluation.study_inputs import (
    kept_warnings,
    protocol_columns,
    study_target,
)
from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="module")
def walking():
    return simulate(n_subjects=24, n_cycles=2, tasks=["level_walking", "stair_ascent"])


def _with(data, **columns):
    return LocomotionData(data.cycles.assign(**columns), data.block, data.channels)


@pytest.fixture(scope="module")
def study(walking, tmp_path_factory):
    out = tmp_path_factory.mktemp("study")
    return run_study(walking, "pathology", out, model="linear", n_splits=3)


@pytest.fixture(scope="module")
def page(study):
    return study.report_path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (lambda n: np.arange(n) % 10, "classification"),
        (lambda n: np.arange(n) % 11, "regression"),
        (lambda n: np.arange(n) % 2 == 0, "classification"),
        (lambda n: np.array([f"c{i % 20}" for i in range(n)]), "classification"),
    ],
)
def test_kind_follows_the_values_of_the_target(walking, values, kind):
    data = _with(walking, asked=values(len(walking)))
    assert study_target(data, "asked").kind == kind


def test_cycles_without_a_target_are_dropped_and_counted(walking):
    value = walking.cycles["pathology"].where(np.arange(len(walking)) % 4 > 0)
    asked = study_target(_with(walking, asked=value), "asked")
    assert len(asked.data) == len(walking) * 3 // 4
    assert asked.data.history[-1].count == len(walking) // 4
    assert not asked.values.isna().any()


def test_an_alias_of_a_column_is_a_target(walking):
    assert study_target(walking, "gender").target == "sex"


def test_thirds_of_a_number_hold_equal_numbers_of_subjects(walking):
    asked = study_target(walking, "mass_kg")
    each = pd.Series(asked.labels).groupby(walking.groups).unique()
    assert each.map(len).eq(1).all()
    assert each.map(lambda own: own[0]).value_counts().tolist() == [8, 8, 8]


def test_a_constant_target_is_refused(walking):
    with pytest.raises(TargetError, match="only"):
        study_target(_with(walking, asked=3), "asked")


def test_random_labels_of_subjects_score_at_chance(tmp_path):
    data = simulate(n_subjects=40, n_cycles=4, tasks=["level_walking"], pathologies=["healthy"])
    kinds = pd.Series(np.random.default_rng(4).permutation(["x", "y"] * 20), index=range(40))
    codes = pd.factorize(data.groups)[0]
    labelled = _with(data, asked=kinds.to_numpy()[codes])
    found = run_study(labelled, "asked", tmp_path, model="linear").headline
    assert found.low < 0.5 < found.high
    assert not found.beats_baseline


def test_a_column_that_stands_still_in_one_class_is_left_out(walking, tmp_path):
    lab = np.where(pd.factorize(walking.groups)[0] % 2, "set", "measured")
    speed = walking.cycles["speed_m_s"].where(lab == "measured", 1.25)
    data = _with(walking, laboratory=lab, speed_m_s=speed)
    with pytest.warns(LocomotionWarning, match="every cycle of Set"):
        found = run_study(data, "laboratory", tmp_path, model="linear", n_splits=3)
    assert "speed_m_s" in dict(found.left_out)
    assert "speed_m_s" not in found.X
    assert "froude_number" not in found.X
    assert any("every cycle of Set" in text for text in found.cautions)


def test_the_seed_reaches_folds_and_model(walking, tmp_path):
    studies = [
        run_study(walking, "pathology", tmp_path / str(number), n_splits=3, random_state=seed)
        for number, seed in enumerate((0, 1, 1))
    ]
    folds = [each.results["predictions"]["fold"].to_numpy() for each in studies]
    assert not np.array_equal(folds[0], folds[1])
    assert np.array_equal(folds[1], folds[2])
    told = [json.loads(each.metrics_path.read_text(encoding="utf-8")) for each in studies]
    assert [each["seed"] for each in told] == [0, 1, 1]
    assert told[1]["balanced_accuracy"] == told[2]["balanced_accuracy"]


def test_warnings_are_given_on_even_where_the_work_fails():
    def fails():
        with kept_warnings() as texts:
            kept.append(texts)
            warnings.warn("told before", LocomotionWarning, stacklevel=2)
            raise TargetError(expected="a", got="b")

    kept = []
    with pytest.warns(LocomotionWarning, match="told before"), pytest.raises(TargetError):
        fails()
    assert kept == [["told before"]]


def test_one_person_with_one_height_is_no_protocol():
    cycles = pd.DataFrame(
        {"subject": ["A", "A", "B", "C"], "step": range(4), "height_m": [1.8, 1.8, 1.7, 1.6]}
    )
    assert protocol_columns(cycles, np.array(["x", "x", "y", "y"])) == {}
    both = protocol_columns(cycles.assign(height_m=[1.8, 1.8, 1.7, 1.7]), np.array(list("xxyy")))
    assert both == {"height_m": "y"}


def test_features_file_holds_key_target_and_features(study):
    table = pd.read_parquet(study.features_path)
    keys = ["dataset", "subject", "task", "task_id", "step", "pathology"]
    assert table.columns[:6].tolist() == keys
    assert table.columns[6:].tolist() == study.X.columns.tolist()
    assert (table["pathology"].to_numpy() == study.y.to_numpy()).all()
    assert table[study.X.columns].to_numpy() == pytest.approx(study.X.to_numpy(), nan_ok=True)


def test_the_task_is_not_written_twice_where_it_is_the_target(walking, tmp_path):
    # Every stair is as long as the next, so the stride's length would name the task.
    with pytest.warns(LocomotionWarning, match="every cycle of Stair ascent"):
        found = run_study(walking, "task", tmp_path, model="linear", n_splits=3)
    assert "stride_length_m" not in found.X
    assert "speed_m_s" in found.X
    columns = pd.read_parquet(found.features_path).columns
    assert columns.is_unique
    assert "task" in columns


def test_metrics_file_is_strict_json_with_what_repeats_the_study(study):
    text = study.metrics_path.read_text(encoding="utf-8")
    assert "NaN" not in text
    metrics = json.loads(text)
    assert metrics["balanced_accuracy"] == pytest.approx(study.headline.value)
    assert metrics["simulated"] is True
    assert metrics["seed"] == 0
    assert "scikit-learn" in metrics["provenance"]["versions"]


def test_the_same_study_twice_gives_the_same_numbers(walking, study, tmp_path):
    again = run_study(walking, "pathology", tmp_path, model="linear", n_splits=3)
    assert [each.value for each in again.scores] == [each.value for each in study.scores]
    assert again.scores[0].low == study.scores[0].low


def test_any_estimator_can_be_studied(walking, tmp_path):
    from sklearn.dummy import DummyClassifier

    found = run_study(walking, "pathology", tmp_path, model=DummyClassifier(), n_splits=3)
    assert found.model == "DummyClassifier()"
    assert "gives no importance" in found.report_path.read_text(encoding="utf-8")


def test_regression_reports_errors_and_agreement(walking, tmp_path):
    found = run_study(walking, "mass_kg", tmp_path, model="linear", n_splits=3)
    assert found.kind == "regression"
    assert found.headline.name == "Mean absolute error"
    page = found.report_path.read_text(encoding="utf-8")
    assert "Predicted against observed" in page
    assert "Confusion matrix" not in page
    assert "Limits of agreement" in page or "limits of agreement" in page
    assert set(found.details) == {"fairness", "hardest_cycles", "agreement"}
    error = (found.results["predictions"]["y_pred"] - found.y).abs().mean()
    assert found.headline.value == pytest.approx(error)


def test_metrics_file_holds_the_tables_of_the_page(study, page):
    details = json.loads(study.metrics_path.read_text(encoding="utf-8"))["details"]
    assert set(details) == {"fairness", "hardest_cycles", "class_metrics", "subject_level",
                            "discrimination", "calibration"}  # fmt: skip
    first = details["class_metrics"][0]
    assert (
        f"{first['recall']:.2f} ({first['recall_low']:.2f} to {first['recall_high']:.2f})" in page
    )
    assert json.loads(study.metrics_path.read_text(encoding="utf-8"))["checks"] is None


@pytest.fixture(scope="module")
def two_laboratories():
    parts = [
        simulate(n_subjects=12, n_cycles=2, tasks=["level_walking"],
                 pathologies=["healthy", "stroke"], seed=seed)
        for seed in (1, 2)
    ]  # fmt: skip
    cycles = [
        part.cycles.assign(dataset=name, subject=[f"{name}_{who}" for who in part.groups])
        for name, part in zip(("lab_a", "lab_b"), parts, strict=True)
    ]
    block = np.concatenate([part.block for part in parts], axis=1)
    return LocomotionData(pd.concat(cycles, ignore_index=True), block, parts[0].channels)


@pytest.mark.slow
def test_a_full_study_checks_chance_people_disturbance_and_laboratories(
    two_laboratories, tmp_path, monkeypatch
):
    monkeypatch.setattr(study_result, "PERMUTATIONS", 4)
    seen = set()
    found = run_study(
        two_laboratories, "pathology", tmp_path, model="linear", n_splits=3, full=True,
        features=["kinematic"], aggregations=["rom"],
        progress=lambda stage, done, total: seen.add(stage),
    )  # fmt: skip
    assert {"permutations", "learning curve", "robustness", "other laboratory"} <= seen
    checks = json.loads(found.metrics_path.read_text(encoding="utf-8"))["checks"]
    assert len(checks["permutation"]["permuted"]) == 4
    assert [each["dataset"] for each in checks["laboratories"]] == ["lab_a", "lab_b"]
    # The same folds and seed: the studies start from the headline.
    assert checks["permutation"]["score"] == pytest.approx(found.headline.value)
    assert checks["robustness"][0]["score"] == pytest.approx(found.headline.value)
    assert checks["learning_curve"][-1]["score"] == pytest.approx(found.headline.value)
    page = found.report_path.read_text(encoding="utf-8")
    for name in ("chance-and-more-people", "robustness", "other-laboratories"):
        assert f'<h2 id="{name}">' in page


class _Page(HTMLParser):
    """Collects what the tests look at."""

    def __init__(self):
        super().__init__()
        self.images, self.addresses, self.tags, self.targets, self.ids = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.tags.append(tag)
        self.images += [named] if tag == "img" else []
        self.addresses += [named[key] for key in ("src", "href") if key in named]
        self.ids += [named["id"]] if "id" in named else []


@pytest.fixture(scope="module")
def parsed(page):
    reader = _Page()
    reader.feed(page)
    return reader


def test_the_page_needs_nothing_from_outside(page, parsed):
    outside = [each for each in parsed.addresses if not each.startswith(("data:image/", "#"))]
    assert outside == []
    assert "script" not in parsed.tags
    assert "link" not in parsed.tags
    assert not re.search(r"url\(|@import|https?://", page)


def test_every_picture_is_said_in_words(parsed):
    # Two tasks of curves, scores, confusion, subjects, importances, ROC, precision, calibration,
    # groups of people, six hardest cycles. Panels of one picture share its words.
    told = [image["alt"] for image in parsed.images if image["alt"]]
    assert len(told) == parsed.tags.count("figure") == 16
    assert all(len(words) > 20 for words in told)


def test_every_section_is_reached_by_its_link(parsed):
    wanted = {each[1:] for each in parsed.addresses if each.startswith("#")}
    assert wanted == set(parsed.ids)
    assert wanted == {
        "data", "mean-curves", "scores", "confusion-matrix", "score-of-each-subject",
        "features", "per-subject-classification-majority-vote", "probabilities", "groups-of-people",
        "hardest-cycles", "left-out-and-why", "provenance", "reading",
    }  # fmt: skip


def test_simulated_data_is_marked_on_the_page_and_on_every_figure(page, parsed):
    assert page.count("SIMULATED DATA: no person was measured") == 1
    for image in parsed.images:
        if image.get("class") == "legend":
            continue
        svg = base64.b64decode(image["src"].split(",", 1)[1]).decode()
        assert "SIMULATED DATA" in svg


def test_the_page_gives_the_scores_of_the_metrics_file(page, study):
    for each in study.scores:
        row = f'<th scope="row">{each.name}</th><td data-column="Model" class="num short">{each.text()}</td>'
        assert row in page
        assert f"{each.text('low')} to {each.text('high')}" in page


def test_numbers_in_a_figure_keep_their_digits(parsed):
    # Rounding coordinates must not touch the text: 0.0125 is no 0.01.
    pictures = {image["alt"].split(";")[0]: image["src"] for image in parsed.images}
    importances = pictures["Bars of feature importance"].split(",", 1)[1]
    texts = re.findall(r">(-?[\d.]+)</text>", base64.b64decode(importances).decode())
    ticks = [float(text) for text in texts if "." in text]
    assert len(ticks) > 2
    assert len(set(ticks)) == len(ticks)


def test_text_from_the_data_is_escaped(walking, tmp_path):
    evil = "<script>alert('x')</script>"
    kind = np.where(pd.factorize(walking.groups)[0] % 2, evil, "a & b")
    data = _with(walking, **{"kind<b>": kind})
    run_study(data, "kind<b>", tmp_path, model="linear", n_splits=3)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<b>" not in page

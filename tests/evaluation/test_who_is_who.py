"""What speaks against the names of the people stands above every score."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB
from tests.evaluation.made_people import people

from locomotion_analysis import BiomechanicalModelEvaluator, LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.evaluation.audit import leak_audit
from locomotion_analysis.evaluation.audit_report import render_audit
from locomotion_analysis.evaluation.leaderboard import leaderboard
from locomotion_analysis.evaluation.study import run_study
from locomotion_analysis.models.supervised import pathology_detection


def table_of(names, cycles=4, **columns):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(len(names)) % 2, cycles)
    X = pd.DataFrame({"a": y + rng.normal(0, 1, len(y)), **columns})
    return X, y, np.repeat(names, cycles)


def evaluate(X, y, groups):
    return BiomechanicalModelEvaluator(2, n_bootstrap=5).evaluate_classification(
        GaussianNB(), X, y, groups
    )


NAMES = ["S1", "S2", "S3", "S4", "S5", "S6"]


def test_names_of_people_are_nothing_to_tell():
    assert evaluate(*table_of(NAMES))["identity"] == []
    assert evaluate(*table_of(range(6)))["identity"] == []


@pytest.mark.parametrize(
    ("name", "code"), [("FullBody52", "GAIT013"), ("S01", "GAIT015"), ("S-2", "GAIT015")]
)
def test_names_are_looked_at_where_there_is_nothing_else(name, code):
    X, y, groups = table_of([*NAMES[:-1], name])
    for features in (X, X.to_numpy(), np.repeat(X.to_numpy()[:, None], 3, axis=1)):
        model = GaussianNB() if features.ndim == 2 else Flat()
        with pytest.warns(LocomotionWarning, match=rf"{code}: .*'{name}'"):
            found = BiomechanicalModelEvaluator(2, n_bootstrap=5).evaluate_classification(
                model, features, y, groups
            )
        assert [text[:7] for text in found["identity"]] == [code]


class Flat(GaussianNB):
    """Takes curves."""

    def fit(self, X, y):
        return super().fit(X.reshape(len(X), -1), y)

    def predict(self, X):
        return super().predict(X.reshape(len(X), -1))

    def predict_proba(self, X):
        return super().predict_proba(X.reshape(len(X), -1))


def test_nobody_is_refused():
    with pytest.raises(SchemaError, match="may be anybody"):
        evaluate(*table_of([*NAMES[:-1], "unknown"]))


def test_columns_of_a_body_tell_two_people_of_one_name():
    masses = np.repeat([60.0, 61, 62, 63, 64, 65], 4)
    masses[1] = 90.0
    with pytest.warns(LocomotionWarning, match=r"'S1' has several bodies \(mass_kg: 60, 90\)"):
        assert len(evaluate(*table_of(NAMES, mass_kg=masses))["identity"]) == 1


@pytest.fixture
def walks():
    """Twelve people, of whom one is two: two masses under the name S002."""
    data = people(12, 0, steps=4)
    cycles = data.cycles.assign(mass_kg=70.0)
    cycles.loc[cycles["subject"].eq("S002") & (cycles["step"] > 1), "mass_kg"] = 95.0
    return LocomotionData(cycles, data.block, data.channels)


TOLD = "GAIT012: 'S002' has several bodies (mass_kg: 70, 95)"


def test_features_know_the_bodies_behind_their_names(walks):
    X, y = walks.prepare_ml_features("pathology", features=["kinematic"])
    with pytest.warns(LocomotionWarning, match="GAIT012"):
        found = evaluate(X, y, X.index.get_level_values("subject"))
    assert [text.partition(":")[0] for text in found["identity"]] == ["GAIT012"]
    others = (X.index.get_level_values("subject") != "S002").nonzero()[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        few = X.iloc[others]
        evaluator = evaluate(few, y.iloc[others], few.index.get_level_values("subject"))
    assert evaluator["identity"] == []


def test_the_figure_says_so(walks):
    X, y = walks.prepare_ml_features("pathology", features=["kinematic"])
    evaluator = BiomechanicalModelEvaluator(2, n_bootstrap=5)
    with pytest.warns(LocomotionWarning, match="GAIT012"):
        evaluator.evaluate_classification(GaussianNB(), X, y, X.index.get_level_values("subject"))
    texts = [text.get_text() for ax in evaluator.plot_results().axes for text in ax.texts]
    assert any("Who is who is open: GAIT012 (1)" in text for text in texts)


def test_studies_boards_and_audits_say_so_once_above_the_score(walks, tmp_path):
    with pytest.warns(LocomotionWarning):
        study = run_study(walks, "pathology", tmp_path, n_splits=2, model="linear")
    assert sum(TOLD in text for text in study.cautions) == 1
    page = study.report_path.read_text(encoding="utf-8")
    assert page.index("has several bodies") < page.index("How to read")
    numbers = json.loads(study.metrics_path.read_text())
    assert [text[:7] for text in numbers["identity"]] == ["GAIT012"]
    with pytest.warns(LocomotionWarning):
        board = leaderboard(walks, "pathology", [pathology_detection("majority")], n_splits=2)
    assert sum(TOLD in text for text in board.cautions) == 1
    audit = leak_audit(walks, "pathology", model="linear", n_splits=2, n_draws=1, n_bootstrap=5)
    assert sum(TOLD in text for text in audit.cautions) == 1
    assert "has several bodies" in render_audit(audit)

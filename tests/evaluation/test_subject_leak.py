"""The field's commonest mistake, measured: folds over cycles instead of people."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis.errors import SplitLeakError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator

N_SUBJECTS, N_CYCLES = 40, 20


@pytest.fixture(scope="module")
def signatures():
    """Features that tell people apart, and labels that have nothing to do with them."""
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(N_SUBJECTS), N_CYCLES)
    person = rng.normal(size=(N_SUBJECTS, 12))
    X = person[groups] + rng.normal(0, 0.2, (len(groups), 12))
    y = rng.integers(0, 2, N_SUBJECTS)[groups]
    return X, y, groups


def forest():
    steps = [
        ("scaler", StandardScaler()),
        ("classifier", RandomForestClassifier(30, random_state=0)),
    ]
    return Pipeline(steps)


def test_random_labels_score_at_chance_here_and_near_one_under_the_page_recipe(signatures):
    X, y, groups = signatures
    page = StratifiedKFold(n_splits=5, shuffle=True, random_state=42)
    recipe = cross_val_score(forest(), X, y, cv=page, scoring="accuracy").mean()
    results = BiomechanicalModelEvaluator().evaluate_classification(forest(), X, y, groups)
    low, high = results["intervals"]["accuracy"]
    assert recipe > 0.95
    assert low < 0.5 < high
    assert 0.3 < results["accuracy"] < 0.7
    assert results["intervals"]["accuracy_minus_baseline"][0] < 0


def test_leaking_folds_and_unknown_subjects_are_refused(signatures):
    X, y, groups = signatures
    evaluator = BiomechanicalModelEvaluator()
    leaking = StratifiedKFold(5, shuffle=True, random_state=0)
    with pytest.raises(SplitLeakError, match="39 subjects in both: 0, 1, 2, …"):
        evaluator.evaluate_classification(forest(), X, y, groups, cv=leaking)
    with pytest.raises(SplitLeakError, match="allow_subject_overlap=True") as caught:
        evaluator.evaluate_classification(forest(), X, y)
    assert caught.value.code == "GAIT001"
    with pytest.raises(SplitLeakError, match="groups=None"):
        evaluator.evaluate_regression(forest(), X, y)
    assert evaluator.results == {}


def test_allowed_overlap_is_said_in_the_result_and_on_the_figure(signatures):
    X, y, groups = signatures
    evaluator = BiomechanicalModelEvaluator()
    for given_groups, cv in ((None, None), (groups, StratifiedKFold(5))):
        results = evaluator.evaluate_classification(
            forest(), X, y, given_groups, cv=cv, allow_subject_overlap=True
        )
        assert results["subject_overlap"] is True
        assert "SUBJECT OVERLAP" in evaluator.plot_results().get_suptitle()
        assert (results["intervals"] == {}) == (given_groups is None)


def test_overlap_is_measured_not_assumed(signatures):
    X, y, groups = signatures
    evaluator = BiomechanicalModelEvaluator()
    results = evaluator.evaluate_classification(
        forest(), X, y, groups, cv=GroupKFold(4), allow_subject_overlap=True
    )
    assert results["subject_overlap"] is False
    assert len(results["cv_scores"]) == 4
    assert evaluator.plot_results().get_suptitle() == ""

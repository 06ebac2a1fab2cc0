"""Permutation test: labels move with people, and chance is called chance."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from locomotion_analysis.evaluation import BiomechanicalModelEvaluator, permutation_test
from locomotion_analysis.evaluation.checks import ACROSS, WITHIN, _scheme, on_one_core, study_design


def people(meaning, seed=0, n_subjects=24, n_cycles=5):
    """Cycles that tell who walked, and the person's class only if it has meaning."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(n_subjects), n_cycles)
    label = rng.permutation(np.arange(n_subjects) % 2)
    centre = rng.normal(size=(n_subjects, 3)) + meaning * label[:, None]
    X = centre[subject] + rng.normal(scale=0.1, size=(len(subject), 3))
    return X, label[subject], subject


def test_score_is_that_of_the_evaluator_on_the_same_folds(table):
    found = permutation_test(GaussianNB(), *table[:2], table.groups, n_permutations=2, n_jobs=1)
    results = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_classification(
        GaussianNB(), table.X, table.y, table.groups
    )
    assert found.score == pytest.approx(results["balanced_accuracy"])


def test_a_difference_between_people_is_found_and_chance_is_not():
    real = permutation_test(GaussianNB(), *people(3.0), n_permutations=39, n_jobs=1)
    assert real.p_value == pytest.approx(1 / 40)
    assert abs(real.permuted.mean() - 0.5) < 0.1
    ps = [
        permutation_test(GaussianNB(), *people(0.0, seed), n_permutations=19, n_jobs=1).p_value
        for seed in range(6)
    ]
    assert np.mean(ps) > 0.2


def test_labels_of_people_stay_whole():
    X, y, subject = people(0.0)
    permute, scheme = _scheme(study_design(GaussianNB(), X, y, subject))
    assert scheme == ACROSS
    drawn = permute(np.random.default_rng(1))
    assert (pd.Series(drawn).groupby(subject).nunique() == 1).all()
    assert np.bincount(drawn).tolist() == np.bincount(y).tolist()
    assert (drawn != y).any()


def test_labels_within_people_are_exchanged_in_blocks(table):
    permute, scheme = _scheme(study_design(GaussianNB(), table.X, table.y, table.groups))
    assert scheme == WITHIN
    drawn = pd.Series(permute(np.random.default_rng(1)))
    blocks = drawn.groupby([np.asarray(table.groups), table.y.to_numpy()])
    assert (blocks.nunique() == 1).all()
    assert (drawn.groupby(np.asarray(table.groups)).nunique() == 3).all()
    assert (drawn.to_numpy() != table.y.to_numpy()).any()


def test_smaller_errors_are_better(table):
    found = permutation_test(
        LinearRegression(), table.X, table.age, table.groups, n_permutations=19, n_jobs=1
    )
    assert found.metric == "mae"
    assert found.score < found.permuted.min()
    assert found.p_value == pytest.approx(1 / 20)


def test_a_model_that_looks_at_nothing_is_never_better_than_chance():
    """Every exchange of labels gives the very score it has: none is worse."""
    people = np.repeat(np.arange(12), 3)
    y, X = np.tile([1.0, -1.0], 6)[people], np.zeros((36, 2))
    found = permutation_test(
        DummyRegressor(strategy="constant", constant=0.0), X, y, people, n_permutations=9, n_jobs=1
    )
    assert np.allclose(found.permuted, found.score)
    assert found.p_value == 1.0


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers_on_any_number_of_processes():
    runs = [
        permutation_test(GaussianNB(), *people(1.0), n_permutations=4, n_jobs=jobs)
        for jobs in (1, 2)
    ]
    assert runs[0].permuted.tolist() == runs[1].permuted.tolist()


def test_models_inside_a_study_use_one_core():
    model = make_pipeline(RandomForestClassifier(n_jobs=-1))
    assert on_one_core(model)[-1].n_jobs == 1
    assert model[-1].n_jobs == -1


def test_progress_is_told():
    seen = []
    permutation_test(GaussianNB(), *people(1.0), n_permutations=3, n_jobs=1,
                     progress=lambda _, done, total: seen.append((done, total)))  # fmt: skip
    assert seen == [(1, 3), (2, 3), (3, 3)]

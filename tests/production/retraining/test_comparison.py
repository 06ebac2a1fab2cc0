"""Comparison and decision against scikit-learn and by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, mean_absolute_error

from locomotion_analysis.production.retraining import Comparison, compared, decided


@pytest.fixture
def people():
    rng = np.random.default_rng(3)
    subject = np.repeat([f"S{k:02}" for k in range(40)], 5)
    first = pd.DataFrame(
        {"sex": np.tile(["female", "male"], 20), "age": rng.uniform(30, 80, 40)},
        index=np.unique(subject),
    )
    cycles = first.loc[subject].reset_index(names="subject")
    true = np.where(np.repeat(rng.random(40) < 0.5, 5), "stroke", "healthy")
    return cycles, true, rng


def flipped(true, share, rng):
    other = np.where(true == "stroke", "healthy", "stroke")
    return np.where(rng.random(len(true)) < share, other, true)


def test_scores_are_scikit_learns(people):
    cycles, true, rng = people
    old, new = flipped(true, 0.4, rng), flipped(true, 0.1, rng)
    found = compared(true, old, new, cycles, classes=True)
    assert found.champion == pytest.approx(balanced_accuracy_score(true, old))
    assert found.challenger == pytest.approx(balanced_accuracy_score(true, new))
    assert found.improvement == pytest.approx(found.challenger - found.champion)
    assert 0 < found.interval[0] < found.improvement < found.interval[1]
    women = (cycles["sex"] == "female").to_numpy()
    row = found.groups.set_index("group").loc["female"]
    assert row["challenger"] == pytest.approx(balanced_accuracy_score(true[women], new[women]))
    assert decided(found).promote


def test_a_smaller_error_is_an_improvement(people):
    cycles, _, rng = people
    true = rng.normal(60, 10, len(cycles))
    old, new = true + rng.normal(0, 8, len(cycles)), true + rng.normal(0, 2, len(cycles))
    found = compared(true, old, new, cycles, classes=False)
    assert found.champion == pytest.approx(mean_absolute_error(true, old))
    assert found.improvement == pytest.approx(
        mean_absolute_error(true, old) - mean_absolute_error(true, new)
    )
    assert decided(found).promote
    assert not decided(compared(true, new, old, cycles, classes=False)).promote


def test_no_better_than_the_champion_is_not_enough(people):
    cycles, true, rng = people
    found = compared(true, flipped(true, 0.2, rng), flipped(true, 0.2, rng), cycles, classes=True)
    decision = decided(found)
    assert not decision.promote
    assert decision.reasons[0].startswith("not better beyond")


def test_better_for_most_and_worse_for_one_group_is_refused(people):
    cycles, true, rng = people
    men = (cycles["sex"] == "male").to_numpy()
    old = np.where(men, flipped(true, 0.1, rng), flipped(true, 0.6, rng))
    new = np.where(men, flipped(true, 0.3, rng), true)
    found = compared(true, old, new, cycles, classes=True)
    decision = decided(found)
    assert found.interval[0] > 0
    assert not decision.promote
    assert any(reason.startswith("worse for sex male") for reason in decision.reasons)


@pytest.mark.parametrize(
    ("metric", "champion", "improvement", "promote"),
    [
        ("balanced_accuracy", 0.8, -0.04, True),
        ("balanced_accuracy", 0.8, -0.06, False),
        ("mae", 10.0, -0.9, True),
        ("mae", 10.0, -1.1, False),
    ],
)
def test_a_group_may_lose_what_a_few_people_make_uncertain(metric, champion, improvement, promote):
    row = {"attribute": "sex", "group": "male", "n_subjects": 8, "champion": champion,
           "challenger": 0.0, "improvement": improvement, "low": -2.0, "high": 0.5}  # fmt: skip
    found = Comparison(metric, 1.0, 1.0, 0.1, (0.01, 0.2), 30, pd.DataFrame([row]))
    assert decided(found).promote is promote

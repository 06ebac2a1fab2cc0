"""Coverage on new people, against what the definition promises."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomotion_analysis.production.bundle.confidence import (
    calibrated_limit,
    prediction_sets,
    subject_quantile,
)


def test_rows_of_new_people_are_covered_as_often_as_said():
    # People differ (random intercepts), and the one with odd values has the most rows.
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(300):
        level = rng.normal(size=31)
        counts = np.where(np.abs(level) > 1, 8, 2)
        scores = np.abs(np.repeat(level, counts) + 0.3 * rng.normal(size=counts.sum()))
        person = np.repeat(np.arange(31), counts)
        old = person < 30
        limit = subject_quantile(scores[old], person[old], 0.9)
        inside.append((scores[~old] <= limit).mean())
    # 300 draws: the standard error of the mean is below 0.02.
    assert 0.88 <= np.mean(inside) <= 0.95


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.floats(0, 1)), min_size=1, max_size=60),
    st.floats(0.05, 0.95),
)
def test_the_limit_is_the_smallest_score_with_enough_weight_below(rows, level):
    person, scores = (np.array(each) for each in zip(*rows, strict=True))
    limit = subject_quantile(scores.astype(float), person, level)
    people = np.unique(person)

    def below(value):
        return sum((scores[person == p] <= value).mean() for p in people) / (len(people) + 1)

    if limit is None:
        assert below(scores.max()) < level + 1e-8
    else:
        assert below(limit) >= level - 1e-8
        assert all(below(score) < level + 1e-8 for score in scores[scores < limit])


def test_too_few_people_give_sets_of_everything():
    held_out = pd.DataFrame(
        {
            "subject": ["a", "b", "c"],
            "y_true": ["x", "y", "x"],
            "y_pred": ["x", "y", "x"],
            "probability_x": [0.9, 0.1, 0.8],
            "probability_y": [0.1, 0.9, 0.2],
        }
    )
    found = calibrated_limit(held_out, ("x", "y"))
    assert found.limit is None
    assert found.n_subjects == 3
    sets = prediction_sets(np.array([[0.99, 0.01]]), np.array(["x"]), ("x", "y"), found)
    assert sets == [["x", "y"]]
    half = calibrated_limit(held_out, ("x", "y"), coverage=0.5)
    assert np.isclose(half.limit, 0.1)
    both = prediction_sets(
        np.array([[0.95, 0.05], [0.5, 0.5]]), np.array(["x", "y"]), ("x", "y"), half
    )
    assert both == [["x"], ["y"]]
    assert calibrated_limit(held_out[["subject", "y_true", "y_pred"]], ("x", "y")) is None


def rare_and_common(rng, n_rare, n_common, steps=6):
    """Held-out probabilities of a model that finds the common class easy and the rare one hard."""
    kinds = np.repeat(["rare", "common"], [n_rare, n_common])
    person = np.repeat(np.arange(len(kinds)), steps)
    true = kinds[person]
    logit = np.where(true == "rare", 0.0, -2.5) + rng.normal(0, 1.2, len(kinds))[person]
    rare = 1 / (1 + np.exp(-(logit + rng.normal(0, 0.5, len(person)))))
    return pd.DataFrame(
        {
            "subject": person,
            "y_true": true,
            "y_pred": np.where(rare > 0.5, "rare", "common"),
            "probability_rare": rare,
            "probability_common": 1 - rare,
        }
    )


def share_held(table, sets):
    held = [true in each for true, each in zip(table["y_true"], sets, strict=True)]
    return pd.Series(held).groupby(table["y_true"].to_numpy()).mean()


def sets_of(table, conformal):
    probability = table[["probability_rare", "probability_common"]].to_numpy()
    labels = table["y_pred"].to_numpy(dtype=object)
    return prediction_sets(probability, labels, ("rare", "common"), conformal)


def test_a_rare_class_is_held_as_often_as_is_promised():
    rng, held, pooled = np.random.default_rng(0), [], []
    for _ in range(60):
        found = calibrated_limit(rare_and_common(rng, 12, 100), ("rare", "common"))
        new = rare_and_common(rng, 40, 40)
        held.append(share_held(new, sets_of(new, found)))
        one_for_all = replace(found, by_class={})
        pooled.append(share_held(new, sets_of(new, one_for_all)))
    held, pooled = pd.DataFrame(held).mean(), pd.DataFrame(pooled).mean()
    assert pooled["rare"] < 0.8  # what one limit for all gives
    assert (held >= 0.885).all()
    assert held["rare"] <= 0.97


def test_what_is_promised_and_achieved_of_a_class_is_told():
    table = rare_and_common(np.random.default_rng(5), 12, 100)
    found = calibrated_limit(table, ("rare", "common")).by_class
    assert (found["rare"].n_subjects, found["common"].n_subjects) == (12, 100)
    assert found["rare"].coverage == found["common"].coverage == 0.9
    # By hand: each person by the limit of the others.
    own = table[table["y_true"] == "rare"]
    held = [
        np.mean(
            1 - one["probability_rare"]
            <= subject_quantile(
                1 - own.loc[own["subject"] != who, "probability_rare"].to_numpy(),
                own.loc[own["subject"] != who, "subject"].to_numpy(),
                0.9,
            )
        )
        for who, one in own.groupby("subject")
    ]
    assert found["rare"].achieved == pytest.approx(np.mean(held))


def test_a_class_of_too_few_people_gets_the_largest_limit_seen_and_says_so():
    table = rare_and_common(np.random.default_rng(2), 4, 60)
    rare = calibrated_limit(table, ("rare", "common")).by_class["rare"]
    own = table.loc[table["y_true"] == "rare", "probability_rare"]
    assert rare.limit == pytest.approx(max((1 - own).max(), 0))
    assert rare.coverage == pytest.approx(4 / 5)
    assert rare.n_subjects == 4

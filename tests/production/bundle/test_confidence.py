"""Coverage on new people, against what the definition promises."""

import numpy as np
import pandas as pd
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

"""Before and after: who gets better, and how well it can be foreseen."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate, simulate_treatment


@pytest.fixture(scope="module")
def people():
    c = simulate_treatment(400, 1, seed=1).cycles
    return c.pivot(index="subject", columns="session")


def test_everybody_has_both_sessions_under_keys_of_their_own():
    data = simulate_treatment(5, 3, "cerebral_palsy")
    assert not data.key.duplicated().any()
    assert set(data.cycles.groupby("subject")["session"].nunique()) == {2}
    assert data.cycles["task_id"].str.endswith(("_pre", "_post")).all()


def test_before_is_what_simulate_gives():
    both = simulate_treatment(4, 2, "knee_osteoarthritis", seed=3)
    before = simulate(4, 2, ["level_walking"], ["knee_osteoarthritis"], seed=3)
    np.testing.assert_array_equal(both.select(session="pre").block, before.block)


def test_severity_falls_and_speed_rises(people):
    assert (people["severity", "post"] < people["severity", "pre"]).all()
    assert (people["speed_m_s", "post"] - people["speed_m_s", "pre"]).mean() > 0.02


def test_responders_are_those_who_lost_three_tenths(people):
    lost = 1 - people["severity", "post"] / people["severity", "pre"]
    assert ((lost >= 0.3) == people["responder", "pre"].astype(bool)).all()
    assert 0.3 < people["responder", "pre"].mean() < 0.7


def test_response_can_be_foreseen_in_part(people):
    X = pd.concat([people[name, "pre"] for name in ("age", "bmi", "severity")], axis=1)
    X = (X - X.mean()) / X.std()
    y = people["responder", "pre"].astype(bool)
    found = cross_val_predict(LogisticRegression(), X, y, method="predict_proba")[:, 1]
    assert 0.60 < roc_auc_score(y, found) < 0.85


def test_the_healthy_are_not_treated():
    with pytest.raises(SchemaError, match="knee_osteoarthritis"):
        simulate_treatment(2, 2, "healthy")

"""What explains a clustering is named, and many cycles of few people are no evidence."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from locomotion_analysis.models.unsupervised import explained_by
from locomotion_analysis.models.unsupervised.clusters import (
    cluster_of_subject,
    cramers_v,
    eta_squared,
)


def _row(table, variable):
    return table.set_index("variable").loc[variable]


def test_a_speed_that_makes_the_clusters_explains_them_all():
    rng = np.random.default_rng(0)
    speed = np.concatenate([rng.normal(1.0, 0.02, 20), rng.normal(1.6, 0.02, 20)])
    table = pd.DataFrame({"speed_m_s": speed, "age": rng.normal(40, 9, 40)})
    found = explained_by(speed > 1.3, table, np.arange(40))
    assert found["variable"].iloc[0] == "speed_m_s"
    assert _row(found, "speed_m_s")["share"] > 0.9
    assert _row(found, "speed_m_s")["p_value"] < 0.01
    assert abs(_row(found, "age")["share"]) < 0.2


def test_the_share_is_adjusted_mutual_information():
    """Equal to scikit-learn's where its normaliser is the clusters' entropy."""
    rng = np.random.default_rng(1)
    lab = rng.integers(0, 4, 200)
    clusters = np.where(rng.random(200) < 0.7, lab % 2, 1 - lab % 2)
    table = pd.DataFrame({"laboratory": lab.astype(str)})
    found = explained_by(clusters, table, np.arange(200), n_permutations=999)
    expected = adjusted_mutual_info_score(lab, clusters, average_method="min")
    assert _row(found, "laboratory")["share"] == pytest.approx(expected, abs=0.01)


def test_many_cycles_of_few_people_are_no_evidence():
    """Clusters that are subjects look like they go with the laboratory; the null knows better."""
    rng = np.random.default_rng(2)
    p_values = []
    for _ in range(20):
        subjects = np.repeat(np.arange(8), 30)
        clusters = rng.permutation(np.repeat([0, 1], 4))[subjects]
        lab = rng.permutation(np.repeat(["A", "B"], 4))[subjects]
        table = pd.DataFrame({"laboratory": lab})
        found = explained_by(clusters, table, subjects, n_permutations=99)
        assert _row(found, "subject")["share"] == pytest.approx(1.0)
        p_values.append(_row(found, "laboratory")["p_value"])
    assert np.mean(np.array(p_values) < 0.05) <= 0.2


def test_clusters_that_ignore_the_subject_are_not_explained_by_it():
    rng = np.random.default_rng(3)
    subjects = np.repeat(np.arange(10), 20)
    found = explained_by(rng.integers(0, 2, 200), pd.DataFrame(index=range(200)), subjects)
    assert abs(_row(found, "subject")["share"]) < 0.1


def test_missing_values_and_idle_columns_are_left_out():
    table = pd.DataFrame(
        {
            "age": [30.0, np.nan, 50, 60, 70, 80],
            "name": list("abcdef"),
            "site": ["one"] * 6,
            "step": range(6),
        }
    )
    found = explained_by([0, 0, 0, 1, 1, 1], table, np.arange(6), n_permutations=19)
    assert found["variable"].tolist() == ["age"]
    assert found["n_units"].tolist() == [5]


def test_nothing_known_gives_an_empty_table():
    found = explained_by([0, 1, 1], pd.DataFrame(index=range(3)), ["a", "b", "c"])
    assert found.empty
    assert "share" in found


def test_effect_sizes_by_hand():
    labels = np.array([0, 0, 1, 1])
    assert eta_squared(labels, np.array([1.0, 3.0, 5.0, 7.0])) == pytest.approx(16 / 20)
    many = np.repeat([0, 1], 500)
    assert cramers_v(many, many) == pytest.approx(1.0)
    assert cramers_v(many, np.tile([0, 1], 500)) == 0.0
    assert cluster_of_subject([0, 0, 0, 1, 1, 1], list("aaaabb")) == pytest.approx((0.75 + 1) / 2)

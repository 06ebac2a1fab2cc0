"""Clusters that are there are found and explained; many cycles of few people are no evidence."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import cophenet
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.unsupervised import (
    SubjectClusters,
    best_count,
    cluster_stability,
    cluster_validity,
    explained_by,
    gap_count,
)
from locomotion_analysis.models.unsupervised.clusters import (
    CLUSTER_METHODS,
    balanced_rows,
    cluster_of_subject,
    cramers_v,
    eta_squared,
)


@pytest.fixture
def blobs():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(m, 0.5, (12, 2)) for m in (0, 6, 12)])
    return points, np.repeat([0, 1, 2], 12)


@pytest.mark.parametrize("method", CLUSTER_METHODS)
def test_blobs_are_found_and_predicted(blobs, method):
    points, truth = blobs
    found = SubjectClusters(3, method).fit(points, groups=np.arange(36))
    assert adjusted_rand_score(truth, found.labels_) == 1.0
    np.testing.assert_array_equal(found.predict(points + 0.1), found.labels_)


@pytest.mark.parametrize("method", CLUSTER_METHODS)
def test_a_subject_with_a_hundred_cycles_weighs_like_the_others(method):
    """Three kinds of ten people; one person of the first kind has a spread of 300 cycles."""
    rng = np.random.default_rng(1)
    people = np.concatenate([rng.normal(m, 0.3, (10, 1)) for m in (0, 4)])
    many = rng.uniform(-2, 1.5, (300, 1))
    points = np.concatenate([np.repeat(people[1:], 3, axis=0), many])
    subjects = np.concatenate([np.repeat(np.arange(1, 20), 3), np.zeros(300, int)])
    found = SubjectClusters(2, method).fit(points, groups=subjects)
    truth = np.concatenate([np.repeat(np.arange(1, 20) >= 10, 3), np.zeros(300, bool)])
    assert adjusted_rand_score(truth, found.labels_) > 0.95
    assert len(found.rows_) == 60


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 40))
def test_balanced_rows_take_the_same_of_every_subject(counts, most):
    subjects = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    rows = balanced_rows(subjects, most)
    taken = np.bincount(subjects[rows], minlength=len(counts))
    assert len(set(taken.tolist())) == 1
    assert len(rows) <= max(most, len(counts))
    for subject in range(len(counts)):
        own = rows[subjects[rows] == subject]
        assert len(set(own.tolist())) == min(len(own), counts[subject])


def test_groups_are_numbered_by_size(blobs):
    points, _ = blobs
    labels = SubjectClusters(2).fit(points[:30]).labels_
    assert np.bincount(labels).tolist() == sorted(np.bincount(labels).tolist(), reverse=True)


def test_the_tree_is_wards(blobs):
    points, _ = blobs
    tree = SubjectClusters(3, "hierarchical").fit(points).linkage_
    assert tree.shape == (35, 4)
    # Ward's first merge joins the closest pair, at its distance.
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert tree[0, 2] == pytest.approx(distance[distance > 0].min())
    assert cophenet(tree).max() == pytest.approx(tree[-1, 2])


def test_as_many_clusters_as_subjects_are_refused(blobs):
    points, _ = blobs
    with pytest.raises(SchemaError, match=r"more subjects than clusters \(4\)") as refused:
        SubjectClusters(4).fit(points, groups=np.repeat([0, 1, 2, 3], 9))
    assert "4 subjects" in str(refused.value)


@pytest.mark.parametrize("method", ["kmeans", "hierarchical"])
def test_the_right_number_of_groups_is_chosen(blobs, method):
    points, _ = blobs
    validity = cluster_validity(points, np.arange(36), method, (1, 2, 3, 4, 5), n_references=8)
    assert best_count(validity) == 3
    assert gap_count(validity) == 3
    assert np.isnan(validity["silhouette"].iloc[0])


def test_the_gap_finds_no_groups_in_one_cloud():
    cloud = np.random.default_rng(4).uniform(size=(60, 2))
    validity = cluster_validity(cloud, np.arange(60), counts=(1, 2, 3), n_references=20)
    assert gap_count(validity) == 1


def test_blobs_are_stable_and_a_cloud_is_not(blobs):
    points, _ = blobs
    found = SubjectClusters(3).fit(points, groups=np.arange(36))
    firm = cluster_stability(points, np.arange(36), found, n_draws=8)
    assert firm.adjusted_rand.mean() == 1.0
    np.testing.assert_allclose(firm.jaccard, 1.0)
    cloud = np.random.default_rng(5).normal(size=(36, 4))
    none = SubjectClusters(3).fit(cloud, groups=np.arange(36))
    loose = cluster_stability(cloud, np.arange(36), none, n_draws=8)
    assert loose.adjusted_rand.mean() < 0.8
    again = cluster_stability(cloud, np.arange(36), none, n_draws=8)
    np.testing.assert_array_equal(loose.adjusted_rand, again.adjusted_rand)


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

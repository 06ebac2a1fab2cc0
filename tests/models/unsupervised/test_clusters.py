"""Clusters that are there are found, and a subject weighs the same however often recorded."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import cophenet
from sklearn.metrics import adjusted_rand_score

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.unsupervised import (
    SubjectClusters,
    cluster_stability,
    cluster_validity,
)
from locomotion_analysis.models.unsupervised.clusters import (
    CLUSTER_METHODS,
    balanced_rows,
    best_count,
    gap_count,
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

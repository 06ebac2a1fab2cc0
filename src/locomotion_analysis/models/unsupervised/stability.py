"""Whether the same clusters come out with other subjects."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.models.unsupervised.clusters import (
    SubjectClusters,
    balanced_rows,
    check_cluster_count,
)
from locomotion_analysis.models.unsupervised.curve_arrays import Floats

_DRAWS = 50
_STARTS = 3


@dataclass(frozen=True, slots=True)
class Stability:
    """How alike the clusters of bootstrap draws are to those of all subjects.

    Attributes
    ----------
    adjusted_rand : ndarray, shape (n_draws,)
        Adjusted Rand index of each draw: 1 the same clusters, 0 no more alike than by chance.
    jaccard : ndarray, shape (n_clusters,)
        For each cluster, the mean overlap with the cluster of a draw that is most like it.
    """

    adjusted_rand: Floats
    jaccard: Floats


def cluster_stability(
    scores: ArrayLike,
    subjects: ArrayLike,
    clusters: SubjectClusters,
    n_draws: int = _DRAWS,
    random_state: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Stability:
    """Cluster bootstrap draws of the subjects and compare with the clusters found.

    Each draw takes as many subjects as there are, with replacement, with all their rows; its
    clusters then name every row, drawn or not, and the two namings are compared (Hennig 2007,
    Comput Stat Data Anal 52:258). The components stay as they are; only the clusters are found
    anew.

    Parameters
    ----------
    scores : array_like, shape (n_rows, n_features)
        Scores.
    subjects : array_like, shape (n_rows,)
        Subject of each row.
    clusters : SubjectClusters
        Fitted on them.
    n_draws : int
        Number of draws.
    random_state : int
        Seed.
    progress : callable, optional
        Called as ``progress(done, total)``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> two = np.concatenate([rng.normal(0, 1, (15, 2)), rng.normal(30, 1, (15, 2))])
    >>> found = SubjectClusters(2).fit(two, groups=np.arange(30))
    >>> cluster_stability(two, np.arange(30), found, n_draws=5).adjusted_rand.tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    from sklearn.base import clone
    from sklearn.metrics import adjusted_rand_score

    points = np.asarray(scores, dtype=np.float64)
    names = np.asarray(subjects, dtype=object).astype(str)
    rows = balanced_rows(names)
    # Subject by subject, so that a subject is one row of this table.
    per_subject = rows.reshape(len(np.unique(names)), -1)
    reference = clusters.labels_[rows]
    rng = np.random.default_rng(random_state)
    rand, overlap = np.empty(n_draws), np.empty((n_draws, len(clusters.centers_)))
    for draw in range(n_draws):
        drawn = _draw(rng, len(per_subject), clusters.n_clusters)
        again = clone(clusters).set_params(n_init=_STARTS)
        again.fit(points[per_subject[drawn].ravel()])
        labels = again.predict(points[rows])
        rand[draw] = adjusted_rand_score(reference, labels)
        overlap[draw] = _jaccard(reference, labels, len(clusters.centers_))
        if progress is not None:
            progress(draw + 1, n_draws)
    return Stability(rand, overlap.mean(axis=0))


def _draw(rng: np.random.Generator, n_subjects: int, n_clusters: int) -> NDArray[np.int64]:
    """Draw subjects with replacement until there are enough different ones for the clusters."""
    check_cluster_count(n_clusters, n_subjects)
    while True:
        drawn = rng.integers(n_subjects, size=n_subjects)
        if len(np.unique(drawn)) >= n_clusters:
            return drawn


def _jaccard(reference: NDArray[np.int64], labels: NDArray[np.int64], n_clusters: int) -> Floats:
    both = np.zeros((n_clusters, int(labels.max()) + 1))
    np.add.at(both, (reference, labels), 1.0)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    best: Floats = (both / either).max(axis=1)
    return best

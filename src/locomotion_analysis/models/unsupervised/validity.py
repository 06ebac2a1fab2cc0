"""Whether there are groups at all, and how many: silhouette and gap statistic."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.models.unsupervised.clusters import (
    ClusterMethod,
    SubjectClusters,
    balanced_rows,
)
from locomotion_analysis.models.unsupervised.curve_arrays import Floats

_MOST_COMPARED = 4000
_REFERENCES = 20
# The same for data and draws, so that the gap compares like with like.
_STARTS = 2


def cluster_validity(
    scores: ArrayLike,
    subjects: ArrayLike,
    method: ClusterMethod = "kmeans",
    counts: Sequence[int] = (1, 2, 3, 4, 5, 6),
    n_references: int = _REFERENCES,
    random_state: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    r"""Return silhouette and gap statistic of each number of clusters.

    Parameters
    ----------
    scores : array_like, shape (n_rows, n_features)
        Scores.
    subjects : array_like, shape (n_rows,)
        Subject of each row; each weighs the same.
    method : {"kmeans", "gmm", "hierarchical"}
        How clusters are found.
    counts : sequence of int
        Numbers of clusters, in rising order.
    n_references : int
        Draws of data without clusters.
    random_state : int
        Seed.
    progress : callable, optional
        Called as ``progress(done, total)``.

    Returns
    -------
    DataFrame
        Columns ``clusters``; ``silhouette``, the mean silhouette width (Rousseeuw 1987, J
        Comput Appl Math 20:53), NaN for one cluster; ``gap`` and ``gap_se``.

    Notes
    -----
    The gap is :math:`E^*[\ln W_k] - \ln W_k` with W the squared distances within clusters and
    the expectation over data uniform in the box of the principal axes; its error is the standard
    deviation of the draws times :math:`\sqrt{1 + 1/B}` (Tibshirani, Walther & Hastie 2001, J R
    Stat Soc B 63:411). Scores of principal components lie along those axes already.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> two = np.concatenate([rng.normal(0, 1, (15, 2)), rng.normal(9, 1, (15, 2))])
    >>> best_count(cluster_validity(two, np.arange(30), counts=(1, 2, 3), n_references=5))
    2
    """
    points = np.asarray(scores, dtype=np.float64)[balanced_rows(subjects)]
    rng = np.random.default_rng(random_state)
    low, high = points.min(axis=0), points.max(axis=0)
    expected = np.empty((n_references, len(counts)))
    for draw in range(n_references):
        uniform = rng.uniform(low, high, size=points.shape)
        labels = [_labels(uniform, count, method, random_state) for count in counts]
        expected[draw] = [_log_within(uniform, each) for each in labels]
        if progress is not None:
            progress(draw + 1, n_references)
    found = [_labels(points, count, method, random_state) for count in counts]
    within = np.array([_log_within(points, each) for each in found])
    return pd.DataFrame(
        {
            "clusters": list(counts),
            "silhouette": [_silhouette(points, each, random_state) for each in found],
            "gap": expected.mean(axis=0) - within,
            "gap_se": expected.std(axis=0) * np.sqrt(1.0 + 1.0 / n_references),
        }
    )


def best_count(validity: pd.DataFrame) -> int:
    """Return the number of clusters, at least two, with the widest silhouette.

    Parameters
    ----------
    validity : DataFrame
        From :func:`cluster_validity`.
    """
    several = validity[validity["clusters"] > 1].dropna(subset=["silhouette"])
    widest = int(several["silhouette"].to_numpy().argmax())
    return int(several["clusters"].to_numpy()[widest])


def gap_count(validity: pd.DataFrame) -> int:
    """Return the number of clusters that the gap statistic prefers; one means no groups.

    The smallest k with gap(k) ≥ gap(k + 1) − error(k + 1) (Tibshirani et al. 2001); the largest
    tried where there is none.
    """
    gap, error = validity["gap"].to_numpy(), validity["gap_se"].to_numpy()
    enough = np.flatnonzero(gap[:-1] >= gap[1:] - error[1:])
    return int(validity["clusters"].to_numpy()[enough[0] if len(enough) else -1])


def _labels(points: Floats, count: int, method: ClusterMethod, seed: int) -> NDArray[np.int64]:
    if count == 1:
        return np.zeros(len(points), dtype=np.int64)
    labels: NDArray[np.int64] = SubjectClusters(count, method, seed, _STARTS).fit(points).labels_
    return labels


def _log_within(points: Floats, labels: NDArray[np.int64]) -> float:
    total = sum(
        float(((points[labels == name] - points[labels == name].mean(axis=0)) ** 2).sum())
        for name in np.unique(labels)
    )
    return float(np.log(max(total, np.finfo(float).tiny)))


def _silhouette(points: Floats, labels: NDArray[np.int64], seed: int) -> float:
    from sklearn.metrics import silhouette_score

    distinct = len(np.unique(labels))
    if distinct < 2 or distinct >= len(points):
        return float("nan")
    sample = _MOST_COMPARED if len(points) > _MOST_COMPARED else None
    return float(silhouette_score(points, labels, sample_size=sample, random_state=seed))

"""Groups of gaits: found, counted, tested against other subjects, and explained.

Clusters of scores in which every subject weighs the same (:class:`SubjectClusters`); whether there
are groups at all and how many (:func:`cluster_validity`); whether the same come out with other
subjects (:func:`cluster_stability`); and how much of them the subject, the speed or the laboratory
explains (:func:`explained_by`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.unsupervised.curves import Floats
from locomotion_analysis.statistics.posthoc import holm

ClusterMethod = Literal["kmeans", "gmm", "hierarchical"]
CLUSTER_METHODS: tuple[str, ...] = get_args(ClusterMethod)

MOST_ROWS = 1000
_MOST_LINKED = 20_000


def balanced_rows(subjects: ArrayLike, most_rows: int = MOST_ROWS) -> NDArray[np.int64]:
    """Choose the same number of rows of every subject, evenly over those it has.

    A subject with fewer rows than the others gives some of them again. Gaussian mixtures and
    linkage know no weights, and this gives them to every method alike.

    Parameters
    ----------
    subjects : array_like, shape (n_rows,)
        Subject of each row.
    most_rows : int
        Most rows altogether, though at least one a subject.

    Returns
    -------
    ndarray of int
        Positions, subject by subject: of each as many as the median subject has, or fewer
        where `most_rows` asks for it.

    Examples
    --------
    >>> balanced_rows(["A", "A", "A", "B", "B", "C"]).tolist()
    [0, 1, 3, 4, 5, 5]
    """
    names: NDArray[Any] = np.asarray(subjects, dtype=object).astype(str)
    _, codes, counts = np.unique(names, return_inverse=True, return_counts=True)
    each = max(1, min(int(np.median(counts)), most_rows // len(counts)))
    order = np.argsort(codes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    steps = np.arange(each)
    # Floor of the even spacing: repeats where a subject has too few, skips where too many.
    inside = steps[None, :] * np.maximum(counts, 1)[:, None] // each
    rows: NDArray[np.int64] = order[starts[:, None] + inside].ravel()
    return rows


class SubjectClusters(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Clusters of scores; with subjects given, each subject has the same weight.

    Parameters
    ----------
    n_clusters : int
        Number of clusters.
    method : {"kmeans", "gmm", "hierarchical"}
        k-means; a mixture of Gaussians with diagonal covariances; or Ward's linkage, cut at
        `n_clusters` (further rows go to the nearest cluster mean).
    random_state : int
        Seed.
    n_init : int
        Starts of k-means and of the mixture, the best of which is kept.

    Attributes
    ----------
    labels_ : ndarray of int, shape (n_rows,)
        Cluster of each row, 0 the largest in the rows that were fitted.
    centers_ : ndarray, shape (n_clusters, n_features)
        Mean of each cluster.
    rows_ : ndarray of int
        Rows that were fitted: see ``balanced_rows``.
    linkage_ : ndarray, shape (n_rows - 1, 4)
        Ward's tree as :func:`scipy.cluster.hierarchy.linkage` gives it; hierarchical only.

    Examples
    --------
    >>> points = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    >>> SubjectClusters(2).fit(points).labels_.tolist()
    [0, 0, 0, 1, 1]
    """

    def __init__(
        self,
        n_clusters: int = 2,
        method: ClusterMethod = "kmeans",
        random_state: int = 0,
        n_init: int = 10,
    ) -> None:
        self.n_clusters = n_clusters
        self.method = method
        self.random_state = random_state
        self.n_init = n_init

    def fit(self, X: ArrayLike, y: Any = None, groups: ArrayLike | None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Find the clusters.

        Parameters
        ----------
        X : array_like, shape (n_rows, n_features)
            Scores.
        y : None
            Not used.
        groups : array_like, shape (n_rows,), optional
            Subject of each row; without it every row is a subject of its own.

        Raises
        ------
        SchemaError
            If there are not more subjects than clusters, or a parameter does not fit.
        """
        points = np.asarray(X, dtype=np.float64)
        subjects = np.arange(len(points)) if groups is None else np.asarray(groups)
        self._check(points, subjects)
        self.rows_ = np.arange(len(points)) if groups is None else balanced_rows(subjects)
        fitted = points[self.rows_]
        names, raw = np.unique(self._fit(fitted), return_inverse=True)
        order = np.argsort(-np.bincount(raw), kind="stable")
        # A mixture may leave a component without a row: such a one is no cluster.
        self._components = names[order]
        self.centers_ = np.stack([fitted[raw == number].mean(axis=0) for number in order])
        own = np.argsort(order)[raw]
        self.labels_ = own if groups is None else self.predict(points)
        if groups is not None:
            self.labels_[self.rows_] = own
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the cluster of each row of new scores.

        Parameters
        ----------
        X : array-like, shape (n_rows, n_components)

        Returns
        -------
        ndarray of int, shape (n_rows,)
            Numbered from 0 as ``labels_``.
        """
        check_is_fitted(self)
        points = np.asarray(X, dtype=np.float64)
        if self.method == "gmm":
            likely = self._model.predict_proba(points)[:, self._components]
            return np.asarray(likely.argmax(axis=1), dtype=np.int64)
        return nearest(points, self.centers_)

    def _fit(self, points: Floats) -> NDArray[np.int64]:
        if self.method == "kmeans":
            from sklearn.cluster import KMeans

            model = KMeans(self.n_clusters, n_init=self.n_init, random_state=self.random_state)
            return np.asarray(model.fit_predict(points), dtype=np.int64)
        if self.method == "gmm":
            from sklearn.mixture import GaussianMixture

            self._model = GaussianMixture(
                self.n_clusters,
                covariance_type="diag",
                n_init=self.n_init,
                # Repeated rows of a subject must not let a component shrink onto them.
                reg_covar=1e-3 * float(points.var(axis=0).mean()),
                random_state=self.random_state,
                max_iter=300,
            )
            return np.asarray(self._model.fit_predict(points), dtype=np.int64)
        from scipy.cluster.hierarchy import fcluster, linkage

        self.linkage_ = linkage(points, method="ward")
        return np.asarray(fcluster(self.linkage_, self.n_clusters, "maxclust"), dtype=np.int64) - 1

    def _check(self, points: Floats, subjects: NDArray[Any]) -> None:
        if self.method not in CLUSTER_METHODS:
            raise SchemaError(
                expected=f"a method among {', '.join(CLUSTER_METHODS)}",
                got=repr(self.method),
                where="method",
            )
        if points.ndim != 2 or not np.isfinite(points).all() or len(points) != len(subjects):
            raise SchemaError(
                expected="a table of scores without missing values, and one subject a row",
                got=f"an array of shape {points.shape} and {len(subjects)} subjects",
            )
        check_cluster_count(self.n_clusters, len(np.unique(subjects.astype(str))))
        if self.method == "hierarchical" and len(points) > _MOST_LINKED:
            raise SchemaError(
                expected=f"at most {_MOST_LINKED:,} rows for linkage, which compares all pairs",
                got=f"{len(points):,}",
                fix="use kmeans or gmm, or cluster subjects",
            )


def check_cluster_count(n_clusters: int, n_subjects: int) -> None:
    """Raise :class:`SchemaError` unless clusters can be groups of subjects."""
    if not isinstance(n_clusters, (int, np.integer)) or n_clusters < 1:
        raise SchemaError(
            expected="a number of clusters of at least 1", got=repr(n_clusters), where="n_clusters"
        )
    if n_subjects <= n_clusters:
        raise SchemaError(
            expected=f"more subjects than clusters ({n_clusters})",
            got=f"{n_subjects} subject{'s' * (n_subjects != 1)}",
            where="clusters",
            fix="ask for fewer clusters, or add subjects",
        )


def nearest(points: Floats, centers: Floats) -> NDArray[np.int64]:
    """Return the position of the nearest center of each point."""
    from sklearn.metrics import pairwise_distances_argmin

    return np.asarray(pairwise_distances_argmin(points, centers), dtype=np.int64)


# Whether there are groups at all, and how many: silhouette and gap statistic


_MOST_COMPARED = 4000
_REFERENCES = 20
# The same for data and draws, so that the gap compares like with like.
_VALIDITY_STARTS = 2


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

    Returns
    -------
    int

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> scores = np.concatenate([rng.normal(0, 1, (15, 2)), rng.normal(6, 1, (15, 2))])
    >>> best_count(cluster_validity(scores, np.arange(30), counts=(1, 2, 3), n_references=5))
    2
    """
    several = validity[validity["clusters"] > 1].dropna(subset=["silhouette"])
    widest = int(several["silhouette"].to_numpy().argmax())
    return int(several["clusters"].to_numpy()[widest])


def gap_count(validity: pd.DataFrame) -> int:
    """Return the number of clusters that the gap statistic prefers; one means no groups.

    The smallest k with gap(k) ≥ gap(k + 1) − error(k + 1) (Tibshirani et al. 2001); the largest
    tried where there is none.

    Parameters
    ----------
    validity : DataFrame
        From :func:`cluster_validity`.

    Returns
    -------
    int

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> scores = np.concatenate([rng.normal(0, 1, (15, 2)), rng.normal(6, 1, (15, 2))])
    >>> gap_count(cluster_validity(scores, np.arange(30), counts=(1, 2, 3), n_references=5))
    2
    """
    gap, error = validity["gap"].to_numpy(), validity["gap_se"].to_numpy()
    enough = np.flatnonzero(gap[:-1] >= gap[1:] - error[1:])
    return int(validity["clusters"].to_numpy()[enough[0] if len(enough) else -1])


def _labels(points: Floats, count: int, method: ClusterMethod, seed: int) -> NDArray[np.int64]:
    if count == 1:
        return np.zeros(len(points), dtype=np.int64)
    labels: NDArray[np.int64] = (
        SubjectClusters(count, method, seed, _VALIDITY_STARTS).fit(points).labels_
    )
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


_POPULATION_DRAWS = 199
_STARTING_FEATURES, _MOST_STEPS, _MOST_CUTS = 3, 20, 100
_AFTER_TWO = 1.0
_MOST_VALUES = 2_000_000


def one_population_p(
    scores: ArrayLike,
    subjects: ArrayLike,
    n_draws: int = _POPULATION_DRAWS,
    random_state: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> float:
    r"""Test whether scores may be of one population, which has no groups.

    Two clusters are made (k-means), the scores projected onto the line through their means, and cut
    into two and into three where the squares within the parts are least, as a share of all squares.
    It is small where the line shows two or three heaps. The same is done with draws of one Gaussian
    population that have exactly the mean and the covariance of the scores; there, too, clusters are
    made first, so that the test does not mistake for groups what clustering makes of any data.

    Parameters
    ----------
    scores : array_like, shape (n_rows, n_features)
        Scores.
    subjects : array_like, shape (n_rows,)
        Subject of each row; each weighs the same. With several rows a subject, means of subjects
        and deviations from them are drawn apart.
    n_draws : int
        Draws of one population.
    random_state : int
        Seed.
    progress : callable, optional
        Called as ``progress(done, total)``.

    Returns
    -------
    float
        p: at most 0.05 in one of twenty Gaussian populations, whatever their covariance and the
        number of subjects.

    Notes
    -----
    The cluster index of SigClust (Liu, Hayes, Nobel & Marron 2008, J Am Stat Assoc 103:1281, DOI
    10.1198/016214508000000454), along one line. Mean and covariance are sufficient for a Gaussian
    population, so that draws which keep them (turned at random, Langsrud 2005, Stat Comput 15:53)
    make the test exact. A population that is skewed or long-tailed is no Gaussian one either, and
    may be told from it.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> one, apart = rng.normal(0, 1, (30, 2)), np.repeat([[0, 0], [6, 0]], 15, axis=0)
    >>> one_population_p(one, np.arange(30)) > 0.05, one_population_p(one + apart, np.arange(30)) < 0.01
    (True, True)
    """
    names = np.asarray(subjects, dtype=object).astype(str)
    rows = balanced_rows(names)
    points = np.asarray(scores, dtype=np.float64)[rows]
    own = np.repeat(np.arange(len(np.unique(names))), len(rows) // len(np.unique(names)))
    points = points - points.mean(axis=0)
    means = _means_of(points, own)
    rng = np.random.default_rng(random_state)
    as_one = np.zeros(len(means), dtype=np.int64)
    within = [_log_within_sides(points[None])]
    at_once = max(1, _MOST_VALUES // max(points.size, _MOST_CUTS**2))
    for start in range(0, n_draws, at_once):
        size = min(at_once, n_draws - start)
        drawn = np.stack([_turned(means, as_one, rng)[own] for _ in range(size)])
        if len(own) > len(means):
            drawn += np.stack([_turned(points - means[own], own, rng) for _ in range(size)])
        within.append(_log_within_sides(drawn))
        if progress is not None:
            progress(start + size, n_draws)
    # On one scale; three sides count only where they are more unusual than two, so that asking for
    # both costs two groups little.
    shares = np.concatenate(within)
    spread = shares.std(axis=0)
    two, three = ((shares - shares.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)).T
    least = np.minimum(two, three + _AFTER_TWO)
    return float((least <= least[0] + 1e-9).mean())


def _means_of(points: Floats, own: NDArray[np.int64]) -> Floats:
    total = np.zeros((int(own.max()) + 1, points.shape[1]))
    np.add.at(total, own, points)
    means: Floats = total / np.bincount(own)[:, None]
    return means


def _turned(points: Floats, own: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Draw Gaussian points with the covariance of `points` and no mean in any group `own`."""
    _, size, axes = np.linalg.svd(points, full_matrices=False)
    rank = int((size > 1e-9 * max(size[0], np.finfo(float).tiny)).sum())
    drawn = rng.normal(size=(len(points), rank))
    drawn -= _means_of(drawn, own)[own]
    turned: Floats = np.linalg.qr(drawn)[0] * size[:rank] @ axes[:rank]
    return turned


def _log_within_sides(points: Floats) -> Floats:
    """Return the logarithm of the least share of squares within two and within three parts.

    Of each set of points, shape (n_sets, n_points, n_features), along the line through two
    clusters: those of k-means, begun at the halves of each of the first features.
    """
    n = points.shape[1]
    least = np.full(len(points), np.inf)
    line = np.zeros((len(points), points.shape[2]))
    for feature in range(min(points.shape[2], _STARTING_FEATURES)):
        values = points[:, :, feature]
        side = values > np.median(values, axis=1, keepdims=True)
        for _ in range(_MOST_STEPS):
            size = (
                np.maximum(side.sum(axis=1), 1)[:, None],
                np.maximum((~side).sum(axis=1), 1)[:, None],
            )
            means = [
                np.einsum("sn,snf->sf", each, points) / number
                for each, number in zip((side, ~side), size, strict=True)
            ]
            far = [np.square(points - mean[:, None]).sum(axis=2) for mean in means]
            moved = far[0] < far[1]
            if (moved == side).all():
                break
            side = moved
        within = np.minimum(*far).sum(axis=1)
        better = within < least
        least, line = (
            np.where(better, within, least),
            np.where(better[:, None], means[0] - means[1], line),
        )
    along = np.sort(np.einsum("snf,sf->sn", points, line), axis=1)
    along -= along.mean(axis=1, keepdims=True)
    # Squares between the parts of each cut, at most 100 places; those within are the rest.
    number = np.unique(np.linspace(1, n - 1, min(n - 1, _MOST_CUTS)).astype(int))
    left = np.cumsum(along, axis=1)[:, number - 1]
    two = (left**2 * (1 / number + 1 / (n - number))).max(axis=1)
    first, second = np.triu_indices(len(number), 1)
    three = two
    if len(first):
        middle = (left[:, second] - left[:, first]) ** 2 / (number[second] - number[first])
        outer = left[:, first] ** 2 / number[first] + left[:, second] ** 2 / (n - number[second])
        three = (middle + outer).max(axis=1)
    between = np.column_stack([two, three]) / np.square(along).sum(axis=1)[:, None]
    logarithm: Floats = np.log(np.maximum(1 - between, 1e-12))
    return logarithm


# Whether the same clusters come out with other subjects


_DRAWS = 50
_STABILITY_STARTS = 3


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

    Returns
    -------
    Stability
        ``adjusted_rand``, one value a draw.

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
    n_subjects = len(np.unique(names))
    check_cluster_count(clusters.n_clusters, n_subjects)
    per_subject = rows.reshape(n_subjects, -1)
    reference = clusters.labels_[rows]
    rng = np.random.default_rng(random_state)
    rand, overlap = np.empty(n_draws), np.empty((n_draws, len(clusters.centers_)))
    for draw in range(n_draws):
        drawn = rng.integers(n_subjects, size=n_subjects)
        while len(np.unique(drawn)) < clusters.n_clusters:
            drawn = rng.integers(n_subjects, size=n_subjects)
        again = clone(clusters).set_params(n_init=_STABILITY_STARTS)
        again.fit(points[per_subject[drawn].ravel()])
        labels = again.predict(points[rows])
        rand[draw] = adjusted_rand_score(reference, labels)
        both = np.zeros((len(clusters.centers_), int(labels.max()) + 1))
        np.add.at(both, (reference, labels), 1.0)
        either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
        overlap[draw] = (both / either).max(axis=1)
        if progress is not None:
            progress(draw + 1, n_draws)
    return Stability(rand, overlap.mean(axis=0))


# What explains the clusters


# So many that the smallest p, times dozens of variables, can still lie below 0.05.
_PERMUTATIONS = 999
_BINS = 10
_SUBJECTS_A_BIN = 3
_KEY_PARTS = ("subject", "task_id", "step", "task_info", "simulated", "cycles")
COLUMNS = (
    "variable",
    "n_units",
    "share",
    "low_by_chance",
    "high_by_chance",
    "p_value",
    "p_adjusted",
    "effect",
    "effect_size",
)


def explained_by(
    labels: ArrayLike,
    table: pd.DataFrame,
    subjects: ArrayLike,
    n_permutations: int = _PERMUTATIONS,
    random_state: int = 0,
) -> pd.DataFrame:
    r"""Return how much of a clustering each column explains, most first.

    Parameters
    ----------
    labels : array_like of int, shape (n_units,)
        Cluster of each unit.
    table : DataFrame, shape (n_units, ...)
        What is known of each unit. Columns that say nothing (one value only, a text that is
        another for nearly every subject) are passed over; units without a value are left out
        of that column.
    subjects : array_like, shape (n_units,)
        Subject of each unit. Where subjects have several units, the subject itself is tested.
    n_permutations : int
        Draws of the null.
    random_state : int
        Seed.

    Returns
    -------
    DataFrame
        ``variable``; ``n_units``; ``share``, the part of the clustering that is known once the
        variable is (0 no more than chance, 1 all); ``low_by_chance`` and ``high_by_chance``, the
        2.5th and 97.5th percentile of the share under the null; ``p_value``; ``p_adjusted`` for
        the number of variables asked about (Holm 1979); ``effect``, which
        effect size follows: ``"cramers_v"`` of texts, corrected for bias, ``"eta_squared"`` of
        numbers (share of the variable's variance that lies between clusters); ``effect_size``.

    Notes
    -----
    The share is :math:`(I - \bar I_0) / (H - \bar I_0)`, with I the mutual information of
    clusters and variable (numbers in up to ten quantile classes of three subjects or more), H the entropy of the clusters
    and :math:`\bar I_0` the mean of I over permutations: the adjusted mutual information of Vinh,
    Epps & Bailey 2010 (JMLR 11:2837), normalised by the clusters' entropy, with a null that knows
    of subjects: what belongs to one subject is handed to another as a whole, so that many cycles
    of few people do not pass for evidence. For the subject itself the clusters are permuted over
    the units. p is (1 + draws at least as large) / (1 + draws). Cramér's V: Bergsma 2013, J
    Korean Stat Soc 42:323.

    Examples
    --------
    >>> speed = np.repeat([1.0, 1.1, 1.2, 1.6, 1.7, 1.8], 5) + np.arange(30) / 1000
    >>> made = explained_by(speed > 1.4, pd.DataFrame({"speed_m_s": speed}), np.arange(30))
    >>> made["variable"].tolist(), bool(made["share"].iloc[0] > 0.7)
    (['speed_m_s'], True)
    """
    clusters = np.unique(np.asarray(labels), return_inverse=True)[1]
    names = np.asarray(subjects, dtype=object).astype(str)
    rng = np.random.default_rng(random_state)
    rows = []
    n_subjects = len(np.unique(names))
    if n_subjects < len(names):
        codes = np.unique(names, return_inverse=True)[1]
        shuffled = ((rng.permutation(clusters), codes) for _ in range(n_permutations))
        rows.append(
            {
                "variable": "subject",
                "n_units": len(names),
                **_share(clusters, codes, shuffled),
                **_effect(clusters, names, codes),
            }
        )
    for column in table.columns:
        if column in _KEY_PARTS:
            continue
        known = table[column].notna().to_numpy()
        values = table[column].to_numpy()[known]
        coded = _codes(values, len(np.unique(names[known])))
        if coded is None or len(np.unique(clusters[known])) < 2:
            continue
        drawn = _by_subject(coded, names[known], n_permutations, rng)
        rows.append(
            {
                "variable": str(column),
                "n_units": int(known.sum()),
                **_share(clusters[known], coded, ((clusters[known], each) for each in drawn)),
                **_effect(clusters[known], values, coded),
            }
        )
    made = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "p_adjusted"])
    asked = made["p_value"].notna()
    made["p_adjusted"] = np.nan
    made.loc[asked, "p_adjusted"] = holm(made.loc[asked, "p_value"].to_numpy(float))
    made = made[list(COLUMNS)]
    return made.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def cluster_of_subject(labels: ArrayLike, subjects: ArrayLike) -> float:
    """Return the mean share of a subject's units that lie in its most frequent cluster."""
    counts = pd.crosstab(np.asarray(subjects, dtype=object).astype(str), np.asarray(labels))
    return float((counts.max(axis=1) / counts.sum(axis=1)).mean())


def _codes(values: NDArray[Any], n_subjects: int) -> NDArray[np.int64] | None:
    """Return the class of each value; None where the column cannot explain a clustering."""
    if not len(values):
        return None
    if _is_number(values):
        numbers = values.astype(np.float64)
        if len(np.unique(numbers)) > _BINS:
            bins = int(np.clip(n_subjects // _SUBJECTS_A_BIN, 2, _BINS))
            edges = np.unique(np.quantile(numbers, np.linspace(0, 1, bins + 1)[1:-1]))
            codes = np.searchsorted(edges, numbers, side="left")
        else:
            codes = np.unique(numbers, return_inverse=True)[1]
    else:
        texts = values.astype(str)
        codes = np.unique(texts, return_inverse=True)[1]
        if codes.max() + 1 > max(2, n_subjects // 3):
            return None
    codes = np.unique(codes, return_inverse=True)[1]
    return codes.astype(np.int64) if codes.max() > 0 else None


def _is_number(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "fiu"


def _by_subject(
    codes: NDArray[np.int64], names: NDArray[Any], draws: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield the codes with every subject's handed to another, stretched to its number of units."""
    subject = np.unique(names, return_inverse=True)[1]
    order = np.argsort(subject, kind="stable")
    counts = np.bincount(subject)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    own = subject[order]
    within = np.arange(len(order)) - starts[own]
    ordered = codes[order]
    for _ in range(draws):
        giver = rng.permutation(len(counts))[own]
        drawn = np.empty_like(codes)
        drawn[order] = ordered[starts[giver] + within * counts[giver] // counts[own]]
        yield drawn


def _share(
    clusters: NDArray[np.int64],
    codes: NDArray[np.int64],
    null: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> dict[str, float]:
    found = _mutual_information(clusters, codes)
    chance = np.array([_mutual_information(*pair) for pair in null])
    entropy = _mutual_information(clusters, clusters)
    room = entropy - chance.mean()
    if room <= 1e-9 * entropy:  # chance alone explains it: as many values as units
        return dict.fromkeys(("share", "low_by_chance", "high_by_chance", "p_value"), np.nan)
    shares = (chance - chance.mean()) / room
    low, high = np.percentile(shares, [2.5, 97.5])
    return {
        "share": float((found - chance.mean()) / room),
        "low_by_chance": float(low),
        "high_by_chance": float(high),
        "p_value": float((1 + (chance >= found - 1e-12).sum()) / (1 + len(chance))),
    }


def _contingency(first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
    shape = (int(first.max()) + 1, int(second.max()) + 1)
    counts: Floats = np.bincount(first * shape[1] + second, minlength=shape[0] * shape[1]).reshape(
        shape
    ) / len(first)
    return counts


def _mutual_information(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return the mutual information of two codings, nat."""
    joint = _contingency(first, second)
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    filled = joint > 0
    return float((joint[filled] * np.log(joint[filled] / product[filled])).sum())


def _effect(
    clusters: NDArray[np.int64], values: NDArray[Any], codes: NDArray[np.int64]
) -> dict[str, Any]:
    if _is_number(values):
        return {
            "effect": "eta_squared",
            "effect_size": eta_squared(clusters, values.astype(np.float64)),
        }
    return {"effect": "cramers_v", "effect_size": cramers_v(clusters, codes)}


def eta_squared(labels: NDArray[np.int64], values: Floats) -> float:
    """Return the share of the variance of `values` that lies between clusters."""
    overall = ((values - values.mean()) ** 2).sum()
    count = np.bincount(labels)
    sums = np.bincount(labels, weights=values)[count > 0]
    means = sums / count[count > 0]
    between = (count[count > 0] * (means - values.mean()) ** 2).sum()
    return float(between / overall) if overall > 0 else float("nan")


def cramers_v(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return Cramér's V with Bergsma's correction for bias; 0 independent, 1 fully dependent."""
    joint = _contingency(first, second)
    joint = joint[joint.sum(axis=1) > 0][:, joint.sum(axis=0) > 0]
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    n, (rows, columns) = len(first), joint.shape
    if n < 2 or min(rows, columns) < 2:
        return float("nan")
    phi = max(
        0.0,
        float(((joint - expected) ** 2 / expected).sum()) - (rows - 1) * (columns - 1) / (n - 1),
    )
    corrected = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(phi / corrected)) if corrected > 0 else float("nan")

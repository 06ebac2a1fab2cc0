"""Clusters of scores in which every subject weighs the same."""

from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.unsupervised.curve_arrays import Floats

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
        Rows that were fitted: see :func:`balanced_rows`.
    linkage_ : ndarray, shape (len(rows_) - 1, 4)
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
        """Return the cluster of each row of new scores."""
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

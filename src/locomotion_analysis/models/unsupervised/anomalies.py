"""Unusual gaits: Mahalanobis distance, isolation forest and functional depth.

Scores are of whole curves, with every subject weighing the same.
"""

from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.unsupervised.curves import (
    Floats,
    FunctionalPCA,
    as_curves,
    phase_weights,
    row_weights,
    subject_row_weights,
)

AnomalyMethod = Literal["mahalanobis", "isolation_forest", "band_depth"]
ANOMALY_METHODS: tuple[str, ...] = get_args(AnomalyMethod)

_SHARE_EXPLAINED = 0.9
_TREES = 200


class CurveAnomalyDetector(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Tells how unusual curves are among those it was fitted on.

    Parameters
    ----------
    method : {"mahalanobis", "isolation_forest", "band_depth"}
        Distance of the functional principal component scores from their mean, each in standard
        deviations; isolation forest of these scores (Liu, Ting & Zhou 2008,
        doi:10.1109/ICDM.2008.17); or modified band depth of the curves.
    contamination : float
        Share of the fitted weight called unusual, between 0 and 0.5. It is a choice, not a
        finding: among healthy people too some are the most unusual.
    random_state : int
        Seed of the forest.

    Attributes
    ----------
    pca_ : FunctionalPCA
        Components explaining 90 % of the variance.
    offset_ : float
        Score below which a curve is called unusual.

    Examples
    --------
    >>> curves = np.random.default_rng(0).normal(size=(30, 1)) + np.sin(np.linspace(0, 6, 150))
    >>> curves[7] += 20
    >>> CurveAnomalyDetector().fit(curves).score_samples(curves).argmin().item()
    7
    """

    def __init__(
        self,
        method: AnomalyMethod = "mahalanobis",
        contamination: float = 0.05,
        random_state: int = 0,
    ) -> None:
        self.method = method
        self.contamination = contamination
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None, groups: ArrayLike | None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn what is usual.

        Parameters
        ----------
        X : array_like, shape (n_curves, n_points, n_channels) or (n_curves, n_points)
            Curves without gaps.
        y : None
            Not used.
        groups : array_like, shape (n_curves,), optional
            Subject of each curve; each subject then weighs the same.

        Raises
        ------
        SchemaError
            If there are gaps, too few curves, or a parameter does not fit.
        """
        if self.method not in ANOMALY_METHODS:
            raise SchemaError(
                expected=f"a method among {', '.join(ANOMALY_METHODS)}",
                got=repr(self.method),
                where="method",
            )
        if not 0.0 < self.contamination <= 0.5:
            raise SchemaError(
                expected="a contamination between 0 and 0.5",
                got=repr(self.contamination),
                where="contamination",
            )
        curves = as_curves(X)
        subjects = np.arange(len(curves)) if groups is None else np.asarray(groups)
        weights = subject_row_weights(subjects)
        self.pca_ = FunctionalPCA(_SHARE_EXPLAINED).fit(curves, sample_weight=weights)
        if self.method == "band_depth":
            self._reference, self._weights = curves, weights
        elif self.method == "isolation_forest":
            from sklearn.ensemble import IsolationForest

            self._forest = IsolationForest(n_estimators=_TREES, random_state=self.random_state)
            self._forest.fit(self.pca_.transform(curves), sample_weight=weights * len(curves))
        # The score that the chosen share of the weight reaches.
        values = self.score_samples(curves)
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(weights[order]) >= self.contamination - 1e-12
        self.offset_ = float(values[order][int(reached.argmax())])
        return self

    def score_samples(self, X: ArrayLike) -> Floats:
        """Return how usual each curve is; the lower, the more unusual.

        Returns
        -------
        ndarray, shape (n_curves,)
            Minus the Mahalanobis distance, minus the forest's anomaly score (-1 to 0), or the
            depth (0 to about 0.5).
        """
        check_is_fitted(self)
        if self.method == "band_depth":
            return modified_band_depth(X, self._reference, self._weights)
        scores = self.pca_.transform(X)
        if self.method == "isolation_forest":
            return np.asarray(self._forest.score_samples(scores), dtype=np.float64)
        distance: Floats = np.sqrt((scores**2 / self.pca_.explained_variance_).sum(axis=1))
        return -distance

    def decision_function(self, X: ArrayLike) -> Floats:
        """Return the score less the threshold.

        Parameters
        ----------
        X : array-like, shape (n_curves, n_points, n_channels)

        Returns
        -------
        ndarray, shape (n_curves,)
            Negative or zero is unusual.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return which curves are unusual.

        Parameters
        ----------
        X : array-like, shape (n_curves, n_points, n_channels)

        Returns
        -------
        ndarray of int, shape (n_curves,)
            -1 for unusual curves, 1 for the others.
        """
        return np.where(self.decision_function(X) <= 0, -1, 1).astype(np.int64)


def modified_band_depth(
    X: ArrayLike, reference: ArrayLike | None = None, sample_weight: ArrayLike | None = None
) -> Floats:
    r"""Return the share of bands between two reference curves, over the cycle, that hold a curve.

    Parameters
    ----------
    X : array_like, shape (n_curves, n_points, n_channels) or (n_curves, n_points)
        Curves to judge.
    reference : array_like, shape (n_reference, n_points, n_channels), optional
        Curves they are judged by; `X` itself where None.
    sample_weight : array_like, shape (n_reference,), optional
        Weight of each reference curve, with which it is drawn.

    Returns
    -------
    ndarray, shape (n_curves,)
        From 0 (outside of all) to about 0.5 (as central as can be), the mean over channels.

    Raises
    ------
    CycleShapeError
        If reference and curves have other points or channels.

    Notes
    -----
    At each phase, the chance that two reference curves drawn with replacement enclose the
    curve is :math:`1 - B^2 - A^2`, with B the weighted share of the reference strictly below and
    A strictly above (López-Pintado & Romo 2009, J Am Stat Assoc 104:718, with J = 2; by ranks as
    in Sun, Genton & Nychka 2012, Stat 1:68). Theirs draws without replacement; the difference is
    of order 1/n.

    Examples
    --------
    >>> flat = np.arange(5.0)[:, None] * np.ones(150)
    >>> modified_band_depth(flat).argmax().item()
    2
    """
    curves = as_curves(X)
    known = curves if reference is None else as_curves(reference)
    if known.shape[1:] != curves.shape[1:]:
        raise CycleShapeError(
            expected=f"curves of shape {known.shape[1:]} as the reference",
            got=f"{curves.shape[1:]}",
        )
    weights = row_weights(len(known), sample_weight)
    phases = phase_weights(curves.shape[1])
    depth = np.zeros(len(curves))
    for point, channel in np.ndindex(*curves.shape[1:]):
        values, others = curves[:, point, channel], known[:, point, channel]
        order = np.argsort(others)
        ranked = others[order]
        cumulative = np.concatenate([[0.0], np.cumsum(weights[order])])
        below = cumulative[np.searchsorted(ranked, values, side="left")]
        above = cumulative[-1] - cumulative[np.searchsorted(ranked, values, side="right")]
        depth += phases[point] / curves.shape[2] * (1.0 - below**2 - above**2)
    return depth

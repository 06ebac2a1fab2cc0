"""Principal components of curves: the few ways in which gaits differ from their mean."""

from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.unsupervised.curve_arrays import (
    Floats,
    as_curves,
    phase_weights,
    row_weights,
)

Scaling = Literal["channel", "none"]
_NO_SPREAD = 1e-6


class Modes(NamedTuple):
    """Curves some standard deviations below and above the mean, in the channels' units.

    Attributes
    ----------
    low, high : ndarray, shape (n_components, n_points, n_channels)
        Mean minus and plus `deviations` standard deviations of each component's score.
    mean : ndarray, shape (n_points, n_channels)
    """

    low: Floats
    mean: Floats
    high: Floats


class CurvePCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    r"""Principal components of sampled curves of several channels, every sample counting alike.

    With one channel and ``scaling="none"`` this is :class:`sklearn.decomposition.PCA` of the
    curves, up to the length of components and scores.

    Parameters
    ----------
    n_components : int or float
        How many components, or the share of the variance (0 to 1) they shall explain together.
    scaling : {"channel", "none"}
        Divide each channel by its standard deviation (root of the variance averaged over the
        phases), so that radians and Nm/kg count alike; or leave the units as they are.

    Attributes
    ----------
    mean_ : ndarray, shape (n_points, n_channels)
        Mean curve, in the channels' units.
    scale_ : ndarray, shape (n_channels,)
        What each channel was divided by.
    components_ : ndarray, shape (n_components, n_points, n_channels)
        Orthonormal in the inner product sum over channels and phases of w(t) f(t) g(t). The
        largest value of each is positive.
    explained_variance_, explained_variance_ratio_ : ndarray, shape (n_components,)
        Variance of the scores (weights summing to one), and its share of the whole.
    channel_share_ : ndarray, shape (n_components, n_channels)
        Part of each component that lies in each channel; rows sum to one.

    Notes
    -----
    A curve is :math:`x(t) = \mu(t) + s \sum_k c_k \varphi_k(t)` with scores :math:`c_k`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> phase = np.linspace(0, 2 * np.pi, 150)
    >>> curves = rng.normal(size=(40, 1)) * np.sin(phase) + 0.1 * rng.normal(size=(40, 150))
    >>> pca = CurvePCA(n_components=2).fit(curves)
    >>> bool(pca.explained_variance_ratio_[0] > 0.9)
    True
    """

    def __init__(self, n_components: float = 0.95, scaling: Scaling = "channel") -> None:
        self.n_components = n_components
        self.scaling = scaling

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Find the components.

        Parameters
        ----------
        X : array_like, shape (n_curves, n_points, n_channels) or (n_curves, n_points)
            Curves without gaps, for example from ``data.array``.
        y : None
            Not used.
        sample_weight : array_like, shape (n_curves,), optional
            Weight of each curve; see
            :func:`~locomotion_analysis.models.unsupervised.subject_row_weights`.

        Raises
        ------
        SchemaError
            If there are gaps, fewer than two curves, a channel is the same in all curves, or
            a parameter does not fit.
        """
        curves = as_curves(X)
        if len(curves) < 2:
            raise SchemaError(expected="two curves or more", got=f"{len(curves)}")
        rows = row_weights(len(curves), sample_weight)
        self.phase_weights_ = self._weights_of_phases(curves.shape[1])
        self.mean_ = np.asarray(np.tensordot(rows, curves, axes=1), dtype=np.float64)
        centred = curves - self.mean_
        self.scale_ = self._scales(centred, rows)
        flat = self._weighted(centred) * np.sqrt(rows)[:, None]
        _, singular, directions = np.linalg.svd(flat, full_matrices=False)
        variance = singular**2
        kept = self._count(variance)
        self.explained_variance_: Floats = np.asarray(variance[:kept], dtype=np.float64)
        self.explained_variance_ratio_ = variance[:kept] / variance.sum()
        self.components_ = self._as_functions(directions[:kept])
        energy = self.components_**2 * self.phase_weights_[:, None]
        self.channel_share_ = energy.sum(axis=1)
        self._n_features_out = kept
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Return the scores of curves, shape (n_curves, n_components).

        Raises
        ------
        CycleShapeError
            If the curves have other points or channels than those fitted.
        """
        check_is_fitted(self)
        curves = as_curves(X)
        if curves.shape[1:] != self.mean_.shape:
            raise CycleShapeError(
                expected=f"curves of {self.mean_.shape[0]} points and {self.mean_.shape[1]} "
                "channels, as fitted",
                got=f"{curves.shape[1]} points and {curves.shape[2]} channels",
            )
        weighted = (curves - self.mean_) / self.scale_ * self.phase_weights_[:, None]
        scores = np.tensordot(weighted, self.components_, axes=([1, 2], [1, 2]))
        return np.asarray(scores, dtype=np.float64)

    def inverse_transform(self, scores: ArrayLike) -> Floats:
        """Return the curves that scores stand for, shape (n_curves, n_points, n_channels)."""
        check_is_fitted(self)
        curves = np.tensordot(np.asarray(scores), self.components_, axes=1)
        moved: Floats = self.mean_ + curves * self.scale_
        return moved

    def back_project(self, deviations: float = 2.0) -> Modes:
        """Return what each component does to the mean curve, in the channels' units.

        Parameters
        ----------
        deviations : float
            Standard deviations of the score to either side.
        """
        check_is_fitted(self)
        reach: Floats = np.diag(deviations * np.sqrt(self.explained_variance_))
        return Modes(self.inverse_transform(-reach), self.mean_, self.inverse_transform(reach))

    def _weights_of_phases(self, n_points: int) -> Floats:
        return np.full(n_points, 1.0 / n_points)

    def _scales(self, centred: Floats, rows: Floats) -> Floats:
        if self.scaling not in ("channel", "none"):
            raise SchemaError(
                expected="scaling 'channel' or 'none'", got=repr(self.scaling), where="scaling"
            )
        pointwise = np.tensordot(rows, centred**2, axes=1)
        deviation: Floats = np.sqrt(self.phase_weights_ @ pointwise)
        constant = deviation <= _NO_SPREAD * (np.abs(self.mean_).max(axis=0) + _NO_SPREAD)
        if constant.any():
            raise SchemaError(
                expected="channels that differ between curves",
                got="the same curve in every row",
                where=f"channel at position {', '.join(map(str, np.flatnonzero(constant)))}",
                fix="leave this channel out",
            )
        return deviation if self.scaling == "channel" else np.ones(len(deviation))

    def _weighted(self, centred: Floats) -> Floats:
        root = np.sqrt(self.phase_weights_)[:, None]
        flat: Floats = (centred / self.scale_ * root).reshape(len(centred), -1)
        return flat

    def _as_functions(self, directions: Floats) -> Floats:
        root = np.sqrt(self.phase_weights_)[:, None]
        shaped = directions.reshape(-1, *self.mean_.shape)
        # A phase without weight has no say, so the component is zero there.
        functions = np.divide(shaped, root, out=np.zeros_like(shaped), where=root > 0)
        flat = functions.reshape(len(functions), -1)
        largest = np.take_along_axis(flat, np.abs(flat).argmax(axis=1)[:, None], axis=1)
        signed: Floats = np.asarray(functions * np.sign(largest)[:, :, None], dtype=np.float64)
        return signed

    def _count(self, variance: Floats) -> int:
        rank = int((variance > variance[0] * np.finfo(float).eps).sum())
        wanted = self.n_components
        if isinstance(wanted, float) and 0.0 < wanted < 1.0:
            share = np.cumsum(variance) / variance.sum()
            return min(int(np.searchsorted(share, wanted)) + 1, rank)
        if isinstance(wanted, (int, np.integer)) and not isinstance(wanted, bool) and wanted >= 1:
            return min(int(wanted), rank)
        raise SchemaError(
            expected="a number of components of at least 1, or a share between 0 and 1",
            got=repr(wanted),
            where="n_components",
        )


class FunctionalPCA(CurvePCA):
    r"""Functional principal components of gait curves of several channels.

    The inner product is an integral over the cycle by the trapezoid rule, summed over channels
    (Ramsay & Silverman 2005, Functional Data Analysis, ch. 8; several channels: 8.5). Weights of
    phases put the emphasis where it is wanted.

    Parameters
    ----------
    n_components : int or float
        How many components, or the share of the variance they shall explain together.
    scaling : {"channel", "none"}
        As for :class:`CurvePCA`.
    weights : array_like, shape (n_points,), optional
        Importance of each phase; equal where None.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> phase = np.linspace(0, 2 * np.pi, 150)
    >>> curves = 30 + rng.normal(size=(40, 1)) * np.sin(phase)[None] + rng.normal(size=(40, 1))
    >>> pca = FunctionalPCA(n_components=2).fit(curves)
    >>> pca.back_project().high.shape
    (2, 150, 1)
    """

    def __init__(
        self,
        n_components: float = 0.95,
        scaling: Scaling = "channel",
        weights: ArrayLike | None = None,
    ) -> None:
        super().__init__(n_components, scaling)
        self.weights = weights

    def _weights_of_phases(self, n_points: int) -> Floats:
        return phase_weights(n_points, self.weights)

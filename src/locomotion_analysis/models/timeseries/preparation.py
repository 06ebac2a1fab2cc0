"""Curves made ready for a model: gaps filled and channels scaled by the training cycles alone."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.models.timeseries.curve_checks import checked_curves


class CurveEstimator(BaseEstimator):  # type: ignore[misc]
    """Base of what takes curves, (n_cycles, n_points, n_channels), and says so in its tags."""

    _takes_gaps: ClassVar[bool] = False

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self._takes_gaps
        return tags


class CurveTransformer(TransformerMixin, CurveEstimator):  # type: ignore[misc]
    """Base of the transformers that take curves."""


class MeanCurveImputer(CurveTransformer):
    """Puts the mean training curve in the place of curves that were not fully measured.

    A curve with any gap is replaced whole: a mean curve spliced into a measured one would make a
    step that no joint makes. A channel that no training cycle has becomes zero.

    Attributes
    ----------
    mean_ : ndarray of float32, shape (n_points, n_channels)
        Mean of the fully measured training curves, in the channels' units.
    n_filled_ : ndarray of int, shape (n_channels,)
        Training curves replaced.

    Examples
    --------
    >>> curves = np.ones((3, 150, 1))
    >>> curves[2, 40:60] = np.nan
    >>> imputer = MeanCurveImputer().fit(curves)
    >>> imputer.n_filled_.tolist(), bool(np.isfinite(imputer.transform(curves)).all())
    ([1], True)
    """

    _takes_gaps: ClassVar[bool] = True

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn the mean curves.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : None
            Not used.
        """
        curves = checked_curves(X, gaps=True)
        broken = _with_gaps(curves)
        measured = len(curves) - broken.sum(axis=0)
        # Sums in double precision: thousands of cycles would round in float32.
        total = np.where(broken[:, None], 0.0, curves).sum(axis=0, dtype=np.float64)
        self.mean_: NDArray[np.float32] = (total / np.maximum(measured, 1)).astype(np.float32)
        self.n_filled_ = broken.sum(axis=0)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the curves without gaps, in float32."""
        check_is_fitted(self)
        n_points, n_channels = self.mean_.shape
        curves = checked_curves(X, (n_points, n_channels), gaps=True)
        broken = _with_gaps(curves)
        return np.where(broken[:, None], self.mean_, curves) if broken.any() else curves


class ChannelScaler(CurveTransformer):
    """Divides each channel by its spread over training cycles and phases, after its mean.

    Radians and newton metres so weigh the same where a kernel sums over channels. The single
    curve keeps its offset and amplitude: these are what a stiff knee shows.

    Attributes
    ----------
    mean_, scale_ : ndarray of float32, shape (n_channels,)
        In the channels' units. The scale of a channel that does not vary is 1.

    Examples
    --------
    >>> curves = np.random.default_rng(0).normal(30, 5, (20, 150, 1))
    >>> float(ChannelScaler().fit_transform(curves).std().round(3))
    1.0
    """

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn mean and spread of each channel.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves without gaps.
        y : None
            Not used.
        """
        curves = checked_curves(X)
        self.n_points_ = curves.shape[1]
        self.mean_: NDArray[np.float32] = curves.mean(axis=(0, 1), dtype=np.float64).astype("f4")
        spread = (curves - self.mean_).std(axis=(0, 1), dtype=np.float64)
        resolution = np.finfo(np.float32).eps * (np.abs(self.mean_) + 1e-12)
        self.scale_ = np.where(spread > 10 * resolution, spread, 1.0).astype(np.float32)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the curves in spreads of their channel."""
        check_is_fitted(self)
        curves = checked_curves(X, (self.n_points_, len(self.mean_)))
        scaled: NDArray[np.float32] = (curves - self.mean_) / self.scale_
        return scaled


def _with_gaps(curves: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether each curve lacks a point, shape (n_cycles, n_channels)."""
    gaps: NDArray[np.bool_] = np.any(np.isnan(curves), axis=1)
    return gaps

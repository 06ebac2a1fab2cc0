"""Curves as networks take them: in spreads of their channel, with what was measured beside."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.models.timeseries.curve_checks import checked_curves
from locomotion_analysis.models.timeseries.preparation import CurveTransformer


class ScaledCurves(NamedTuple):
    """Curves and which of them were measured.

    Attributes
    ----------
    curves : ndarray of float32, shape (n_cycles, n_points, n_channels)
        In spreads of the channel; 0 throughout a curve that was not fully measured.
    measured : ndarray of bool, shape (n_cycles, n_channels)
        Whether the curve was measured throughout.
    """

    curves: NDArray[np.float32]
    measured: NDArray[np.bool_]


class CurveScaler(CurveTransformer):
    """Divides each channel by its spread over measured training curves, after their mean.

    A curve with a gap counts as not measured: networks see it through the mask alone, so a
    laboratory without force plates does not look like one that measured zeros.

    Attributes
    ----------
    mean_, scale_ : ndarray of float32, shape (n_channels,)
        In the channels' units. A channel that does not vary, or was never measured, has scale 1.
    n_points_ : int
        Points a cycle.

    Examples
    --------
    >>> curves = np.random.default_rng(0).normal(30, 5, (20, 150, 2))
    >>> curves[3:, :, 1] = np.nan
    >>> scaled = CurveScaler().fit_transform(curves)
    >>> float(scaled.curves[..., 0].std().round(3)), scaled.measured.sum(axis=0).tolist()
    (1.0, [20, 3])
    """

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn mean and spread of each channel.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : None
            Not used.
        """
        curves = checked_curves(X, gaps=True)
        _, self.n_points_, n_channels = curves.shape
        measured = _measured(curves)
        self.mean_ = np.zeros(n_channels, np.float32)
        self.scale_ = np.ones(n_channels, np.float32)
        for channel in range(n_channels):
            values = curves[measured[:, channel], :, channel].astype(np.float64)
            if values.size:
                self.mean_[channel] = values.mean()
                spread, resolution = values.std(), np.finfo(np.float32).eps * np.abs(values).max()
                self.scale_[channel] = spread if spread > 10 * resolution else 1.0
        return self

    def transform(self, X: Any) -> ScaledCurves:
        """Return the scaled curves with what was measured of them."""
        check_is_fitted(self)
        curves = checked_curves(X, (self.n_points_, len(self.mean_)), gaps=True)
        measured = _measured(curves)
        scaled = np.where(measured[:, None], (curves - self.mean_) / self.scale_, np.float32(0))
        return ScaledCurves(scaled.astype(np.float32, copy=False), measured)

    def inverse_transform(self, curves: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return scaled curves in the channels' units."""
        check_is_fitted(self)
        return (np.asarray(curves) * self.scale_ + self.mean_).astype(np.float32)


def _measured(curves: NDArray[np.float32]) -> NDArray[np.bool_]:
    measured: NDArray[np.bool_] = ~np.asarray(np.isnan(curves).any(axis=1))
    return measured

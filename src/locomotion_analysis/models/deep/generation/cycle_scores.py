"""Whole cycles as a few dozen independent numbers of spread 1, and back."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.curve_scaler import CurveScaler

Floats = NDArray[np.float32]
_LEAST_SHARE = 1e-8


class CycleScores:
    """Principal component scores of all channels together, each in its spread.

    A generator that draws scores in place of points cannot draw a curve that jumps, and what is
    linear in all training cycles (segment angle = sum of joint angles, both legs carry one body
    weight) is so in every cycle it draws.

    Parameters
    ----------
    n_components : int
        Scores a cycle.
    random_state : int
        Seed of the decomposition.

    Attributes
    ----------
    mean_ : ndarray, shape (n_points * n_channels,)
        Mean scaled curves, channels varying fastest.
    components_ : ndarray, shape (n_scores, n_points * n_channels)
        Orthonormal.
    spread_ : ndarray, shape (n_scores,)
        Standard deviation of each score before it was divided by it.
    kept_variance_ : float
        Share of the training curves' variance, in spreads of their channels, that the scores hold.

    Examples
    --------
    >>> size = np.random.default_rng(0).normal(size=(20, 1, 1))
    >>> curves = 1 + size * np.sin(np.linspace(0, 6.28, 150))[None, :, None]
    >>> scores = CycleScores(n_components=1).fit(curves)
    >>> bool(np.allclose(scores.inverse_transform(scores.transform(curves)), curves, atol=1e-5))
    True
    """

    def __init__(self, n_components: int, random_state: int = 0) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, curves: NDArray[np.floating[Any]]) -> Self:
        """Learn the components.

        Parameters
        ----------
        curves : ndarray, shape (n_cycles, n_points, n_channels)
            Without gaps.

        Raises
        ------
        SchemaError
            If all cycles are the same.
        """
        self.scaler_ = CurveScaler().fit(curves)
        flat = self._flat(curves)
        if np.ptp(flat, axis=0).max() == 0:
            raise SchemaError(
                expected="cycles that differ", got=f"{len(flat)} times the same", where="data"
            )
        wanted = min(self.n_components, len(flat) - 1, flat.shape[1])
        pca = PCA(wanted, svd_solver="randomized", random_state=self.random_state).fit(flat)
        # Rounding has directions too; in their own spread they would weigh as much as gait.
        real = pca.explained_variance_ratio_ > _LEAST_SHARE
        self.mean_: Floats = pca.mean_.astype(np.float32)
        self.components_: Floats = pca.components_[real].astype(np.float32)
        self.spread_: Floats = np.sqrt(pca.explained_variance_[real]).astype(np.float32)
        self.kept_variance_ = float(pca.explained_variance_ratio_[real].sum())
        return self

    @property
    def n_scores(self) -> int:
        """Scores a cycle: fewer than asked for where there are fewer cycles or ways to differ."""
        return len(self.spread_)

    def transform(self, curves: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return the scores, shape (n_cycles, n_scores)."""
        centred = self._flat(curves) - self.mean_
        return (centred @ self.components_.T / self.spread_).astype(np.float32)

    def inverse_transform(self, scores: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return curves in the channels' units, shape (n_cycles, n_points, n_channels)."""
        shape = (len(scores), self.scaler_.n_points_, len(self.scaler_.mean_))
        flat = (scores * self.spread_).astype(np.float32) @ self.components_ + self.mean_
        return self.scaler_.inverse_transform(flat.reshape(shape))

    def _flat(self, curves: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        return self.scaler_.transform(curves).curves.reshape(len(curves), -1)

"""From curves to curves without a network: the mean curve, and ridge regression."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import LocomotionError, LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.models.deep.core import Learned, Learner
from locomotion_analysis.models.timeseries import (
    ChannelScaler,
    CurveEstimator,
    MeanCurveImputer,
    checked_curves,
    with_gaps,
)
from locomotion_analysis.selection import subject_codes

N_COSINES = 31


def cosine_basis(n_points: int, n_cosines: int = N_COSINES) -> NDArray[np.float32]:
    """Return orthonormal cosines over the cycle, columns of rising frequency.

    Column `k` has `k` half waves over the cycle (discrete cosine transform II), so that 31 of
    them reach 15 cycles a stride, above which gait curves hold next to nothing. Cosines of half
    waves, unlike sines and cosines of whole ones, also fit a movement that ends elsewhere than
    it began.

    Parameters
    ----------
    n_points : int
        Points a cycle.
    n_cosines : int
        Columns; no more than `n_points` are made.

    Returns
    -------
    ndarray of float32, shape (n_points, min(n_cosines, n_points))

    Examples
    --------
    >>> basis = cosine_basis(150)
    >>> bool(np.allclose(basis.T @ basis, np.eye(31), atol=1e-5))
    True
    """
    middle = (np.arange(n_points) + 0.5) / n_points
    waves = np.cos(np.pi * np.outer(middle, np.arange(min(n_cosines, n_points))))
    basis: NDArray[np.float32] = (waves / np.linalg.norm(waves, axis=0)).astype(np.float32)
    return basis


def checked_pair(X: Any, Y: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return curves to predict from and curves to predict, as float32.

    Parameters
    ----------
    X : array_like, shape (n_cycles, n_points, n_channels)
        Curves to predict from; NaN where not measured.
    Y : array_like, shape (n_cycles, n_points, n_targets)
        Curves to predict; NaN where not measured.

    Raises
    ------
    CycleShapeError
        If one is not of three dimensions.
    SchemaError
        If values are infinite, or cycles or points differ.
    """
    curves = checked_curves(X, gaps=True)
    try:
        targets = checked_curves(Y, gaps=True)
    except LocomotionError as error:
        error.where = error.where.replace("X", "Y")
        raise
    if curves.shape[:2] != targets.shape[:2]:
        raise SchemaError(
            expected=f"{curves.shape[0]} cycles of {curves.shape[1]} points, as in X",
            got=f"{targets.shape[0]} cycles of {targets.shape[1]} points",
            where="Y",
            fix="take both from the same cycles with data.array",
        )
    return curves, targets


class TargetScaler(Learner):
    """Takes the mean curve off and divides by the spread about it, over measured points.

    Attributes
    ----------
    mean_ : ndarray of float32, shape (n_points, n_targets)
        Mean curves, in the targets' units.
    scale_ : ndarray of float32, shape (n_targets,)
        Spread about the mean curve; 1 for a target that does not vary.
    """

    _learned: ClassVar[Learned] = {"mean_": np.asarray, "scale_": np.asarray}

    def fit(self, targets: NDArray[np.float32]) -> Self:
        """Learn mean curves and spreads.

        Raises
        ------
        TargetError
            If a target has a phase at which no cycle was measured.
        """
        never = np.isnan(targets).all(axis=0).any(axis=0)
        if never.any():
            raise TargetError(
                expected="targets that some training cycle measured at every phase",
                got=f"none for the targets at positions {np.flatnonzero(never).tolist()}",
                where="Y",
                fix="leave these targets out, or add a laboratory that measured them",
            )
        mean: NDArray[np.float64] = np.nanmean(targets, axis=0, dtype=np.float64)
        self.mean_: NDArray[np.float32] = mean.astype(np.float32)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Degrees of freedom")
            spread = np.sqrt(np.nanmean((targets - self.mean_) ** 2, axis=(0, 1), dtype=np.float64))
        resolution = 10 * np.finfo(np.float32).eps * np.abs(self.mean_).max(axis=0)
        self.scale_ = np.where(spread > resolution, spread, 1.0).astype(np.float32)
        return self

    def transform(self, targets: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the targets in spreads about their mean curve; NaN stays."""
        scaled: NDArray[np.float32] = (targets - self.mean_) / self.scale_
        return scaled

    def inverse_transform(self, scaled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return scaled targets in their units."""
        targets: NDArray[np.float32] = scaled * self.scale_ + self.mean_
        return targets


class MeanCurve(CurveEstimator):
    """Predicts the mean of the measured training curves for every cycle.

    Attributes
    ----------
    mean_ : ndarray of float32, shape (n_points, n_targets)
        In the targets' units.

    Examples
    --------
    >>> angles, moments = np.zeros((4, 150, 2)), np.ones((4, 150, 1))
    >>> moments[0] = np.nan  # no force plate
    >>> float(MeanCurve().fit(angles, moments).predict(angles).max())
    1.0
    """

    _takes_gaps: ClassVar[bool] = True

    def fit(self, X: Any, Y: Any, groups: Any = None) -> Self:  # noqa: ARG002 - the models' common signature
        """Learn the mean curves.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Only its shape is used.
        Y : array_like, shape (n_cycles, n_points, n_targets)
            Curves to predict; NaN where not measured.
        groups : None
            Not used.
        """
        curves, targets = checked_pair(X, Y)
        self.n_channels_ = curves.shape[2]
        self.mean_: NDArray[np.float32] = TargetScaler().fit(targets).mean_
        return self

    def predict(self, X: Any) -> NDArray[np.float32]:
        """Return the mean training curves for each cycle.

        Parameters
        ----------
        X : array-like, shape (n_cycles, n_points, n_channels)

        Returns
        -------
        ndarray of float32, shape (n_cycles, n_points, n_targets)
        """
        check_is_fitted(self)
        curves = checked_curves(X, (len(self.mean_), self.n_channels_), gaps=True)
        return np.broadcast_to(self.mean_, (len(curves), *self.mean_.shape)).copy()


Array = NDArray[np.float64]
PENALTIES = tuple(10.0**power for power in range(-3, 3))
_FOLDS = 4
_EVERY = 5  # neighbouring points tell the same about a penalty


class RidgeCurves(CurveEstimator):
    """Each point of each target is a weighted sum of the whole input curves, with small weights.

    Inputs are the cosine scores of the scaled curves (``cosine_basis``); a curve that was
    not measured counts as the mean training curve. The penalty of each target is the one of six
    with the least error on held-out training subjects. A target is fitted on the cycles in which
    it was measured.

    Attributes
    ----------
    penalties_ : ndarray of float64, shape (n_targets,)
        Penalty chosen for each target, in mean squared lengths of an input.

    Examples
    --------
    >>> angles = np.random.default_rng(0).normal(size=(60, 150, 2)).cumsum(axis=1)
    >>> moments = 2 * angles[..., :1] + 1
    >>> model = RidgeCurves().fit(angles, moments, groups=np.repeat(np.arange(20), 3))
    >>> bool(abs(model.predict(angles) - moments).mean() < 0.2 * moments.std())
    True
    """

    _takes_gaps: ClassVar[bool] = True

    def fit(self, X: Any, Y: Any, groups: Any = None) -> Self:
        """Fit the weights, and the penalty on held-out subjects.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves to predict from; NaN where not measured.
        Y : array_like, shape (n_cycles, n_points, n_targets)
            Curves to predict; NaN where not measured. A curve with a gap is left out.
        groups : array_like of shape (n_cycles,), optional
            Subject of each cycle.

        Warns
        -----
        LocomotionWarning
            Without `groups`: the penalty is then chosen over cycles, and is too small.
        """
        curves, targets = checked_pair(X, Y)
        measured = ~with_gaps(targets)
        targets = np.where(measured[:, None], targets, np.float32(np.nan))
        self.targets_ = TargetScaler().fit(targets)
        self.preparation_: Pipeline = make_pipeline(MeanCurveImputer(), ChannelScaler()).fit(curves)
        scores = self._scores(curves)
        if groups is None:
            warnings.warn(
                "no groups: the ridge penalty is chosen over cycles, not subjects, and will be too "
                "small",
                LocomotionWarning,
                stacklevel=2,
            )
            subjects = np.arange(len(curves))
        else:
            subjects = subject_codes(groups)[0]
        scaled = self.targets_.transform(targets)
        n_points, n_targets = self.targets_.mean_.shape
        self.weights_ = np.zeros((scores.shape[1], n_points, n_targets), np.float32)
        self.intercept_ = np.zeros((n_points, n_targets))
        self.penalties_ = np.zeros(n_targets)
        _, group = np.unique(measured, axis=1, return_inverse=True)
        for number in range(group.max() + 1):
            together = np.flatnonzero(group.ravel() == number)  # measured in the same cycles
            rows = measured[:, together[0]]
            self._fit_together(scores[rows], scaled[rows][..., together], subjects[rows], together)
        return self

    def predict(self, X: Any) -> NDArray[np.float32]:
        """Return the predicted curves.

        Parameters
        ----------
        X : array-like, shape (n_cycles, n_points, n_channels)

        Returns
        -------
        ndarray of float32, shape (n_cycles, n_points, n_targets)
            In the units of ``Y``.
        """
        check_is_fitted(self)
        scaled = np.tensordot(self._scores(X), self.weights_, axes=1) + self.intercept_
        return self.targets_.inverse_transform(scaled.astype(np.float32))

    def _scores(self, X: Any) -> Array:
        curves = self.preparation_.transform(X)
        scores = np.einsum("npc,ph->nhc", curves, cosine_basis(curves.shape[1]), optimize=True)
        flat: Array = scores.reshape(len(curves), -1).astype(np.float64)
        return flat

    def _fit_together(
        self, scores: Array, targets: NDArray[np.float32], subjects: Any, together: Any
    ) -> None:
        """Fit targets that were measured in the same cycles, each with a penalty of its own."""
        chosen = _best_penalties(scores, targets[:, ::_EVERY], subjects)
        n_cycles, n_points, n_targets = targets.shape
        origin, level, weights = _ridge(scores, targets.reshape(n_cycles, -1), sorted(set(chosen)))
        for penalty, fitted in weights:
            own = together[chosen == penalty]
            of_points = fitted.reshape(-1, n_points, n_targets)[..., chosen == penalty]
            self.weights_[..., own] = of_points
            constant = level.reshape(n_points, n_targets)[:, chosen == penalty]
            self.intercept_[:, own] = constant - np.tensordot(origin, of_points, axes=1)
        self.penalties_[together] = chosen


def _best_penalties(
    scores: Array, targets: NDArray[np.float32], subjects: NDArray[np.intp]
) -> Array:
    n_cycles, _, n_targets = targets.shape
    n_subjects = len(np.unique(subjects))
    if n_subjects < 2:
        return np.ones(n_targets)
    errors = np.zeros((len(PENALTIES), n_targets))
    # Shuffled: subjects' names often tell their group, and a fold must not be one group.
    folds = GroupKFold(min(_FOLDS, n_subjects), shuffle=True, random_state=0)
    flat = targets.reshape(n_cycles, -1)
    for train, test in folds.split(scores, groups=subjects):
        origin, level, weights = _ridge(scores[train], flat[train], PENALTIES)
        for row, (_, fitted) in enumerate(weights):
            away = (scores[test] - origin) @ fitted + level - flat[test]
            errors[row] += np.square(away).reshape(-1, n_targets).sum(axis=0)
    best: Array = np.array(PENALTIES)[errors.argmin(axis=0)]
    return best


def _ridge(
    scores: Array, targets: NDArray[np.float32], penalties: Sequence[float]
) -> tuple[Array, Array, Iterator[tuple[float, Array]]]:
    """Return mean inputs, mean targets, and each penalty with its weights."""
    origin, level = scores.mean(axis=0), targets.mean(axis=0, dtype=np.float64)
    away = scores - origin
    values, vectors = _directions(away)
    projected = vectors.T @ (away.T @ (targets - level))
    size = max(np.square(away).sum() / len(scores), np.finfo(float).tiny)
    weights = ((p, vectors @ (projected / (values + p * size)[:, None])) for p in penalties)
    return origin, level, weights


def _directions(away: Array) -> tuple[Array, Array]:
    """Return variances and directions of the inputs, by the smaller of the two Gram matrices."""
    if len(away) >= away.shape[1]:
        values, vectors = np.linalg.eigh(away.T @ away)
        return values, vectors
    values, left = np.linalg.eigh(away @ away.T)
    real = values > len(away) * np.finfo(float).eps * values[-1]
    return values[real], away.T @ left[:, real] / np.sqrt(values[real])

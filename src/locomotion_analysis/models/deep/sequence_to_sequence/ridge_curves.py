"""The linear baseline: ridge regression from whole curves to whole curves."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.models.deep.sequence_to_sequence.cosine_scores import cosine_basis
from locomotion_analysis.models.deep.sequence_to_sequence.target_curves import (
    TargetScaler,
    checked_pair,
)
from locomotion_analysis.models.timeseries.preparation import ChannelScaler, MeanCurveImputer
from locomotion_analysis.selection import subject_codes

Array = NDArray[np.float64]
PENALTIES = tuple(10.0**power for power in range(-3, 3))
_FOLDS = 4
_EVERY = 5  # neighbouring points tell the same about a penalty


class RidgeCurves(BaseEstimator):  # type: ignore[misc]
    """Each point of each target is a weighted sum of the whole input curves, with small weights.

    Inputs are the cosine scores of the scaled curves (:func:`cosine_basis`); a curve that was
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
        measured = np.logical_not(np.any(np.isnan(targets), axis=1))
        targets = np.where(measured[:, None], targets, np.float32(np.nan))
        self.targets_ = TargetScaler().fit(targets)
        self.preparation_: Pipeline = make_pipeline(MeanCurveImputer(), ChannelScaler()).fit(curves)
        scores = self._scores(curves)
        subjects = _subjects(groups, len(curves))
        scaled = self.targets_.transform(targets)
        n_points, n_targets = self.targets_.mean_.shape
        self.weights_ = np.zeros((scores.shape[1], n_points, n_targets), np.float32)
        self.intercept_ = np.zeros((n_points, n_targets))
        self.penalties_ = np.zeros(n_targets)
        for together in _measured_together(measured):
            rows = measured[:, together[0]]
            self._fit_together(scores[rows], scaled[rows][..., together], subjects[rows], together)
        return self

    def predict(self, X: Any) -> NDArray[np.float32]:
        """Return the predicted curves, shape (n_cycles, n_points, n_targets)."""
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


def _subjects(groups: Any, n_cycles: int) -> NDArray[np.intp]:
    if groups is not None:
        return subject_codes(groups)[0]
    warnings.warn(
        "no groups: the ridge penalty is chosen over cycles, not subjects, and will be too small",
        LocomotionWarning,
        stacklevel=3,
    )
    return np.arange(n_cycles)


def _measured_together(measured: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the targets in groups that were measured in the same cycles."""
    _, group = np.unique(measured, axis=1, return_inverse=True)
    return [np.flatnonzero(group.ravel() == number) for number in range(group.max() + 1)]


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

"""A network that predicts a quantity from gait cycles."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from torch import nn

from locomotion_analysis.errors import TargetError
from locomotion_analysis.models.deep.estimators.base import DeepEstimator
from locomotion_analysis.models.deep.estimators.training import Targets
from locomotion_analysis.models.prediction_target import known_quantity
from locomotion_analysis.selection import quantile_strata, subject_codes
from locomotion_analysis.selection.strata import MAX_BINS


class DeepRegressor(RegressorMixin, DeepEstimator):  # type: ignore[misc]
    """Predicts a quantity (age, speed) from whole curves.

    Parameters are those of :class:`DeepClassifier`, without ``label_smoothing``. The loss is the
    mean square in spreads of the target; validation subjects cover its range.

    Attributes
    ----------
    target_mean_, target_std_ : float
        Of the training, in the target's unit.
    history_ : DataFrame
        As of :class:`DeepClassifier`, with ``valid_mae`` in the target's unit.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(24, 150, 2)).cumsum(axis=1)
    >>> age, subjects = np.repeat(np.arange(20.0, 28.0), 3), np.repeat(np.arange(8), 3)
    >>> DeepRegressor("cnn", max_epochs=1).fit(X, age, subjects).predict(X).shape
    (24,)
    """

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : array_like, shape (n_cycles,)
            The quantity, in any unit.
        groups : array_like, shape (n_cycles,), optional
            Subject of each cycle; without, there is no early stopping.

        Raises
        ------
        CycleShapeError, SchemaError
            If curves, settings and device do not fit.
        TargetError
            If the target is incomplete, no number, or does not vary.
        FileReadError
            If `checkpoint` is damaged, or of another training.
        """
        self._fit(X, self._targets(y, groups), groups)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the quantity for each cycle, in the target's unit."""
        return self._outputs(X)[:, 0].astype(np.float64) * self.target_std_ + self.target_mean_

    def _targets(self, y: Any, groups: Any) -> Targets:
        values = known_quantity(y)
        if not len(values) or np.ptp(values) == 0:
            raise TargetError(
                expected="a quantity that varies",
                got=f"{values[0]:g} in all {len(values)} rows" if len(values) else "no rows",
                where="y",
            )
        self.target_mean_, self.target_std_ = float(values.mean()), float(values.std())
        scaled = (values - self.target_mean_) / self.target_std_
        return Targets(
            values=scaled.astype(np.float32)[:, None],
            n_outputs=1,
            strata=_bins(values, groups),
            loss=nn.MSELoss,
            scores=self._scores,
        )

    def _scores(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, float]:
        return {"mae": float((outputs - targets).abs().mean()) * self.target_std_}

    def _n_outputs(self) -> int:
        return 1

    def _answer_facts(self) -> dict[str, Any]:
        return {"mean": self.target_mean_, "std": self.target_std_}

    def _restore_answer(self, facts: Mapping[str, Any]) -> None:
        self.target_mean_, self.target_std_ = float(facts["mean"]), float(facts["std"])


def _bins(values: NDArray[np.float64], groups: Any) -> NDArray[np.intp]:
    """Return bins of the subjects' means, of four subjects or more: one of each can be spared."""
    if groups is None or len(groups) != len(values):
        return np.zeros(len(values), np.intp)
    n_subjects = len(subject_codes(groups)[1])
    return quantile_strata(values, groups, max(1, min(MAX_BINS, n_subjects // 4)))

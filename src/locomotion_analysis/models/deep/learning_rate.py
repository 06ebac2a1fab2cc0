"""Which learning rate to train with: losses while the rate rises from batch to batch."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from skorch.callbacks import Callback

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.estimators.base import DeepEstimator
from locomotion_analysis.models.deep.estimators.training import (
    gpus_of,
    inputs_of,
    training_cycles,
    untrained_net,
)
from locomotion_analysis.models.deep.net import StopTraining

_SMOOTHING = 0.9
_DIVERGED = 4.0


@dataclass(frozen=True, eq=False)
class LearningRateSweep:
    """Losses at rising learning rates.

    Attributes
    ----------
    rates : ndarray, shape (n_steps,)
        Learning rate of each batch.
    losses : ndarray, shape (n_steps,)
        Training loss, a moving average over batches.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def suggested(self) -> float:
        """A rate to train with: a third of the one at which the loss was lowest.

        Beyond that one the training diverges; the third keeps clear of it.
        """
        return float(self.rates[np.argmin(self.losses)] / 3)


def sweep_learning_rate(
    estimator: DeepEstimator,
    X: ArrayLike,
    y: Any,
    groups: ArrayLike | None = None,
    *,
    lowest: float = 1e-5,
    highest: float = 1.0,
    n_steps: int = 100,
) -> LearningRateSweep:
    """Train a copy of an estimator while the learning rate rises, and record the loss.

    The range test of Smith (2017, https://arxiv.org/abs/1506.01186), with a rate that grows by the
    same factor each batch. It ends early where the loss is four times its lowest.

    Parameters
    ----------
    estimator : DeepClassifier, DeepRegressor or DeepMultiTask
        Left as it is.
    X, y, groups
        As for its ``fit``; subjects that would be set aside for validation are left out.
    lowest, highest : float
        Learning rates to begin and to end with.
    n_steps : int
        Batches.

    Raises
    ------
    SchemaError
        If the rates do not rise from above 0, or there are fewer than 10 steps.

    Examples
    --------
    >>> from locomotion_analysis.models.deep import DeepClassifier
    >>> X = np.random.default_rng(0).normal(size=(24, 150, 2)).cumsum(axis=1)
    >>> model = DeepClassifier("gru", validation_share=None)
    >>> sweep = sweep_learning_rate(model, X, np.repeat(["healthy", "stroke"], 12), n_steps=20)
    >>> bool(1e-5 / 3 <= sweep.suggested <= 1)
    True
    """
    if not 0 < lowest < highest or n_steps < 10:
        raise SchemaError(
            expected="0 < lowest < highest, and 10 steps or more",
            got=f"lowest={lowest}, highest={highest}, n_steps={n_steps}",
        )
    trial = clone(estimator)
    targets = trial._targets(y, groups)  # noqa: SLF001 - of the same room
    cycles = training_cycles(trial, X, targets, groups)
    sweep = _Sweep(np.geomspace(lowest, highest, n_steps))
    net = untrained_net(trial, cycles, targets, [("sweep", sweep)], validated=False)
    train = cycles.split.train
    with torch.random.fork_rng(gpus_of(net.device)):
        net.initialize()
        net.partial_fit(inputs_of(cycles, train), targets.values[train], epochs=n_steps)
    return LearningRateSweep(sweep.rates[: len(sweep.losses_)], np.array(sweep.losses_))


class _Sweep(Callback):  # type: ignore[misc]
    def __init__(self, rates: NDArray[np.float64]) -> None:
        self.rates = rates

    def initialize(self) -> "_Sweep":
        self.losses_: list[float] = []
        self.average_ = 0.0
        return self

    def on_batch_begin(self, net: Any, **_: Any) -> None:
        for group in net.optimizer_.param_groups:
            group["lr"] = float(self.rates[len(self.losses_)])

    def on_batch_end(self, net: Any, loss: Any = None, **_: Any) -> None:  # noqa: ARG002 - skorch's
        found = float(loss.detach())
        self.average_ = _SMOOTHING * self.average_ + (1 - _SMOOTHING) * found
        # The average begins at 0: divided by the weight it has gathered, as in Adam.
        smoothed = self.average_ / (1 - _SMOOTHING ** (len(self.losses_) + 1))
        if not math.isfinite(smoothed) or (
            self.losses_ and smoothed > _DIVERGED * min(self.losses_)
        ):
            raise StopTraining
        self.losses_.append(smoothed)
        if len(self.losses_) == len(self.rates):
            raise StopTraining

"""A network from curves to curves, as a scikit-learn estimator."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import nn

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.batchwise import outputs_of
from locomotion_analysis.models.deep.curve_scaler import CurveScaler
from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.estimators.saving import FittedState
from locomotion_analysis.models.deep.known_curves import KnownPointsLoss
from locomotion_analysis.models.deep.networks import NETWORKS
from locomotion_analysis.models.deep.scheduled_training import (
    losses,
    trained,
)
from locomotion_analysis.models.deep.sequence_to_sequence.curve_networks import (
    StepwiseNetwork,
    WholeCycleNetwork,
)
from locomotion_analysis.models.deep.sequence_to_sequence.target_curves import (
    TargetScaler,
    checked_pair,
)
from locomotion_analysis.models.deep.subject_balance import balanced_weights
from locomotion_analysis.selection.subjects import check_lengths, subject_codes

WHOLE_CYCLE = "whole_cycle"
_NETWORK = "network."


class CurveRegressor(BaseEstimator):  # type: ignore[misc]
    """Predicts curves from curves: joint moments and ground forces from joint angles.

    The loss is the mean squared error in spreads of each target about its mean curve, over what
    was measured: cycles of a laboratory without force plates teach nothing about forces, and do
    no harm. The learning rate rises and falls over a fixed number of epochs (one cycle, Smith
    and Topin 2019, https://arxiv.org/abs/1708.07120), so no subject is set aside to stop early.

    Parameters
    ----------
    architecture : str
        ``"whole_cycle"`` (a perceptron on all curves at once), or an encoder of
        :data:`~locomotion_analysis.models.deep.networks.NETWORKS` read out step by step:
        ``"gru"``, ``"cnn"``, ``"transformer"``, ...
    max_epochs : int
        Passes over the cycles.
    learning_rate : float
        Highest learning rate.
    batch_size : int
        Cycles a batch.
    weight_decay : float
        Of AdamW.
    dropout : float
        Share of hidden units left out in training.
    network_options : mapping, optional
        Further arguments of the network, such as ``width``.
    device : str
        ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``.
    random_state : int
        Seed of weights, order and dropout.

    Attributes
    ----------
    network_ : torch.nn.Module
        The trained network.
    history_ : list of float
        Mean training loss of each epoch, in spreads squared.

    Examples
    --------
    >>> angles = np.random.default_rng(0).normal(size=(40, 150, 2)).cumsum(axis=1)
    >>> moments = np.sin(angles[..., :1])
    >>> model = CurveRegressor(max_epochs=2).fit(angles, moments)
    >>> model.predict(angles).shape
    (40, 150, 1)
    """

    def __init__(
        self,
        architecture: str = WHOLE_CYCLE,
        *,
        max_epochs: int = 25,
        learning_rate: float = 2e-3,
        batch_size: int = 64,
        weight_decay: float = 1e-2,
        dropout: float = 0.5,
        network_options: Mapping[str, Any] | None = None,
        device: str = "auto",
        random_state: int = 0,
    ) -> None:
        self.architecture = architecture
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.network_options = network_options
        self.device = device
        self.random_state = random_state

    def fit(self, X: Any, Y: Any, groups: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves to predict from; NaN where not measured.
        Y : array_like, shape (n_cycles, n_points, n_targets)
            Curves to predict, in any unit; NaN where not measured.
        groups : array_like of shape (n_cycles,), optional
            Subject of each cycle: subjects with more cycles then do not count for more.

        Raises
        ------
        CycleShapeError, SchemaError
            If curves do not fit each other, or there is no such architecture or device.
        TargetError
            If a target was measured in no cycle.
        """
        curves, targets = checked_pair(X, Y)
        check_lengths(X=curves, groups=groups)
        self.curves_ = CurveScaler().fit(curves)
        self.targets_ = TargetScaler().fit(targets)
        network, options = self._network()
        size = {
            "n_channels": curves.shape[2],
            "n_points": targets.shape[1],
            "n_targets": targets.shape[2],
        }
        net = trained(
            network,
            self.curves_.transform(curves)._asdict(),
            self.targets_.transform(targets),
            n_epochs=self.max_epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            seed=self.random_state,
            device=checked_device(self.device),
            criterion=KnownPointsLoss,
            optimizer__weight_decay=self.weight_decay,
            iterator_train__weights=_draws(groups),
            **{f"module__{name}": value for name, value in {**size, **options}.items()},
        )
        self.network_: nn.Module = net.module_
        self.history_ = losses(net)
        return self

    def predict(self, X: Any) -> NDArray[np.float32]:
        """Return the predicted curves, shape (n_cycles, n_points, n_targets), in Y's units."""
        check_is_fitted(self)
        return self.targets_.inverse_transform(
            outputs_of(self.network_, *self.curves_.transform(X))
        )

    def _state(self) -> FittedState:
        arrays = {
            "curves.mean": self.curves_.mean_,
            "curves.scale": self.curves_.scale_,
            "targets.mean": self.targets_.mean_,
            "targets.scale": self.targets_.scale_,
        }
        tensors = {name: torch.from_numpy(values) for name, values in arrays.items()}
        weights = self.network_.state_dict()
        tensors |= {f"{_NETWORK}{name}": value for name, value in weights.items()}
        return FittedState(tensors, {"history": self.history_})

    def _restore(self, state: FittedState) -> None:
        tensors, facts = state
        self.curves_, self.targets_ = CurveScaler(), TargetScaler()
        for scaler, name in ((self.curves_, "curves"), (self.targets_, "targets")):
            scaler.mean_ = tensors[f"{name}.mean"].numpy()
            scaler.scale_ = tensors[f"{name}.scale"].numpy()
        n_points, n_targets = self.targets_.mean_.shape
        self.curves_.n_points_ = n_points
        network, options = self._network()
        self.network_ = network(len(self.curves_.mean_), n_points, n_targets, **options)
        self.network_.load_state_dict(
            {
                name.removeprefix(_NETWORK): value
                for name, value in tensors.items()
                if name.startswith(_NETWORK)
            }
        )
        self.network_.to(checked_device(self.device))
        self.history_ = list(facts["history"])

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        options = {"dropout": self.dropout, **(self.network_options or {})}
        if self.architecture == WHOLE_CYCLE:
            return WholeCycleNetwork, options
        if self.architecture in NETWORKS:
            return StepwiseNetwork, {"architecture": self.architecture, **options}
        raise SchemaError(
            expected=f"an architecture of {', '.join((WHOLE_CYCLE, *NETWORKS))}",
            got=repr(self.architecture),
            where="architecture",
        )


def _draws(groups: Any) -> NDArray[np.float64] | None:
    """Return chances of being drawn, or None where all subjects have as many cycles."""
    if groups is None or len(set(np.bincount(subject_codes(groups)[0]))) == 1:
        return None
    return balanced_weights(groups)

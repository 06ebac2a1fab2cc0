"""What all estimators around a network share: the training, the answer, the file."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import nn

from locomotion_analysis.models.deep.architectures import architecture, network_settings
from locomotion_analysis.models.deep.augmentation import GaitAugmentation
from locomotion_analysis.models.deep.batches import Batch
from locomotion_analysis.models.deep.batchwise import outputs_of
from locomotion_analysis.models.deep.curve_scaler import CurveScaler
from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.estimators.checks import tell_of_gaps
from locomotion_analysis.models.deep.estimators.saving import FittedState
from locomotion_analysis.models.deep.estimators.training import (
    Targets,
    trained_net,
    training_cycles,
)
from locomotion_analysis.models.deep.logs import epoch_table
from locomotion_analysis.models.timeseries.curve_checks import checked_curves

Augment = bool | None | GaitAugmentation | Callable[[Batch, torch.Generator], Batch]


class DeepEstimator(BaseEstimator):  # type: ignore[misc]
    """Base; see :class:`DeepClassifier` for the parameters."""

    def __init__(
        self,
        architecture: str = "cnn",
        *,
        channels: Sequence[str] | None = None,
        network_options: Mapping[str, Any] | None = None,
        max_epochs: int = 60,
        learning_rate: float = 1e-3,
        batch_size: int = 64,
        weight_decay: float = 1e-2,
        dropout: float | None = None,
        augmentation: Augment = True,
        balance: Literal["subject"] | None = "subject",
        validation_share: float | None = 0.2,
        patience: int = 10,
        device: str = "auto",
        compiled: bool = False,
        random_state: int = 0,
        checkpoint: str | os.PathLike[str] | None = None,
        log: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> None:
        self.architecture = architecture
        self.channels = channels
        self.network_options = network_options
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.augmentation = augmentation
        self.balance = balance
        self.validation_share = validation_share
        self.patience = patience
        self.device = device
        self.compiled = compiled
        self.random_state = random_state
        self.checkpoint = checkpoint
        self.log = log
        self.progress = progress

    def _fit(self, X: ArrayLike, targets: Targets, groups: Any) -> None:
        cycles = training_cycles(self, X, targets, groups)
        net = trained_net(self, cycles, targets)
        self.scaler_ = cycles.scaler
        self.network_: nn.Module = net.module_
        self.history_ = epoch_table(net)

    def _outputs(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return what the network answers to each cycle, shape (n_cycles, n_outputs)."""
        check_is_fitted(self)
        trained = (self.scaler_.n_points_, len(self.scaler_.mean_))
        curves = checked_curves(X, trained, gaps=True)
        scaled = self.scaler_.transform(curves)
        tell_of_gaps(curves, scaled.measured)
        return outputs_of(self.network_, *scaled)

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        """Return the network and those of its arguments that the data do not give."""
        network = architecture(self.architecture)
        return network, network_settings(network, self.dropout, self.channels, self.network_options)

    def _targets(self, y: Any, groups: Any) -> Targets:
        """Return what to learn from `y`, and keep what is needed to answer in its terms."""
        raise NotImplementedError

    def _n_outputs(self) -> Any:
        """Return what the fitted network was made with as ``n_outputs``."""
        raise NotImplementedError

    def _answer_facts(self) -> dict[str, Any]:
        """Return what is needed to answer in terms of `y`, as JSON can hold it."""
        raise NotImplementedError

    def _restore_answer(self, facts: Mapping[str, Any]) -> None:
        """Set what :meth:`_answer_facts` returned."""
        raise NotImplementedError

    def _state(self) -> FittedState:
        weights = {f"network.{key}": value for key, value in self.network_.state_dict().items()}
        scaler = {
            "scaler.mean": torch.from_numpy(self.scaler_.mean_),
            "scaler.scale": torch.from_numpy(self.scaler_.scale_),
        }
        facts = {
            "n_points": int(self.scaler_.n_points_),
            "answer": self._answer_facts(),
            "history": self.history_.to_dict("records"),
        }
        return FittedState({**weights, **scaler}, facts)

    def _restore(self, state: FittedState) -> None:
        tensors, facts = state
        scaler = CurveScaler()
        scaler.mean_ = tensors["scaler.mean"].numpy()
        scaler.scale_ = tensors["scaler.scale"].numpy()
        scaler.n_points_ = int(facts["n_points"])
        self._restore_answer(facts["answer"])
        network, settings = self._network()
        module = network(len(scaler.mean_), scaler.n_points_, self._n_outputs(), **settings)
        module.load_state_dict(
            {
                key.removeprefix("network."): value
                for key, value in tensors.items()
                if key.startswith("network.")
            }
        )
        self.scaler_ = scaler
        self.network_ = module.to(checked_device(self.device)).eval()
        self.history_ = pd.DataFrame(facts["history"])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


class SmoothedEstimator(DeepEstimator):
    """Base of the estimators that learn classes; see :class:`DeepClassifier`."""

    def __init__(
        self,
        architecture: str = "cnn",
        *,
        channels: Sequence[str] | None = None,
        network_options: Mapping[str, Any] | None = None,
        max_epochs: int = 60,
        learning_rate: float = 1e-3,
        batch_size: int = 64,
        weight_decay: float = 1e-2,
        dropout: float | None = None,
        label_smoothing: float = 0.05,
        augmentation: Augment = True,
        balance: Literal["subject"] | None = "subject",
        validation_share: float | None = 0.2,
        patience: int = 10,
        device: str = "auto",
        compiled: bool = False,
        random_state: int = 0,
        checkpoint: str | os.PathLike[str] | None = None,
        log: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> None:
        super().__init__(
            architecture,
            channels=channels,
            network_options=network_options,
            max_epochs=max_epochs,
            learning_rate=learning_rate,
            batch_size=batch_size,
            weight_decay=weight_decay,
            dropout=dropout,
            augmentation=augmentation,
            balance=balance,
            validation_share=validation_share,
            patience=patience,
            device=device,
            compiled=compiled,
            random_state=random_state,
            checkpoint=checkpoint,
            log=log,
            progress=progress,
        )
        self.label_smoothing = label_smoothing

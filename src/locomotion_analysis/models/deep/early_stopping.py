"""Stopping when held-out subjects no longer gain, and going back to the best epoch."""

from typing import Any

import torch
from skorch.callbacks import Callback

from locomotion_analysis.models.deep.net import StopTraining


class BestEpoch(Callback):  # type: ignore[misc]
    """Keeps the weights of the epoch with the lowest validation loss and ends with them.

    Attributes
    ----------
    weights_ : dict of str to Tensor
        The network's state at the best epoch.
    """

    def initialize(self) -> "BestEpoch":
        """Forget an earlier training."""
        self.weights_: dict[str, torch.Tensor] = {}
        return self

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Keep the weights of a better epoch; stop after too many others."""
        losses = net.history[:, "valid_loss"]
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            state = net.module_.state_dict()
            self.weights_ = {name: value.detach().clone() for name, value in state.items()}

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Return to the best epoch."""
        if self.weights_:
            net.module_.load_state_dict(self.weights_)


class Patience(Callback):  # type: ignore[misc]
    """Ends the training after epochs without a lower validation loss.

    Apart from :class:`BestEpoch` because it must come last: what raises here, no later callback
    sees.

    Parameters
    ----------
    patience : int
        Epochs.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Stop where the best epoch is too long ago."""
        self._check(net)

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Stop at once where an interrupted training had come to its end."""
        if len(net.history):
            self._check(net)

    def _check(self, net: Any) -> None:
        losses = net.history[:, "valid_loss"]
        if len(losses) - 1 - losses.index(min(losses)) >= self.patience:
            raise StopTraining

"""The PyTorch module inside a fitted estimator, and the curves as it takes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep import CurveScaler

CYCLES_AT_ONCE = 64


class FittedNetwork(NamedTuple):
    """What a fitted estimator of ``models.deep`` holds.

    Attributes
    ----------
    module : torch.nn.Module
        ``module(curves, measured)`` -> (n_cycles, n_outputs).
    scaler : CurveScaler
        Makes its inputs.
    """

    module: torch.nn.Module
    scaler: CurveScaler

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.module.parameters()).device

    def batches(self, X: NDArray[np.float32]) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor]]:
        """Yield the rows of a batch, its scaled curves, and which were measured."""
        for start in range(0, len(X), CYCLES_AT_ONCE):
            rows = slice(start, start + CYCLES_AT_ONCE)
            curves, measured = self.scaler.transform(X[rows])
            yield (
                rows,
                torch.from_numpy(curves).to(self.device),
                torch.from_numpy(measured).to(self.device),
            )


def fitted_network(model: Any) -> FittedNetwork:
    """Return the network and the scaler of a fitted estimator.

    Raises
    ------
    NotFittedError
        If it is an estimator of ``models.deep`` before ``fit``.
    SchemaError
        If it is no such estimator.
    """
    network, scaler = getattr(model, "network_", None), getattr(model, "scaler_", None)
    if isinstance(network, torch.nn.Module) and isinstance(scaler, CurveScaler):
        return FittedNetwork(network, scaler)
    if type(model).__module__.startswith("locomotion_analysis.models.deep"):
        message = f"{type(model).__name__} is not fitted yet: call fit first"
        raise NotFittedError(message)
    raise SchemaError(
        expected="a network of models.deep, for example DeepClassifier",
        got=type(model).__name__,
        where="model",
        fix="phase_occlusion and sequence_importance explain any model of curves",
    )


@contextmanager
def answering(module: torch.nn.Module) -> Iterator[None]:
    """Switch dropout off for the while; cuDNN too, whose LSTM has gradients in training only."""
    training = module.training
    module.eval()
    try:
        with torch.backends.cudnn.flags(enabled=False):
            yield
    finally:
        module.train(training)

"""A pretrained encoder under a new head."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from locomotion_analysis.models.deep.networks import NETWORKS
from locomotion_analysis.models.deep.networks.phase_pooling import PhaseMean

Tensors = Mapping[str, torch.Tensor]


class FinetunedNetwork(nn.Module):  # type: ignore[misc]
    """An encoder, the mean over phases, and a linear head.

    Parameters
    ----------
    architecture : str
        A name in ``NETWORKS``.
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    start : mapping of str to Tensor, optional
        Tensors of a pretrained encoder and of a head fitted on it. Batch normalisation then keeps
        the statistics of the pretraining: a handful of cycles has no statistics of its own.
    **options
        Size of the encoder.
    """

    def __init__(
        self,
        architecture: str,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        start: Tensors | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.network = NETWORKS[architecture](n_channels, n_points, n_outputs, **options)
        # An attention over phases would begin untrained: pretraining does not use it.
        self.network.pool = PhaseMean()
        self.network.head = nn.Linear(self.network.width, n_outputs)
        self.pretrained = start is not None
        if start is not None:
            self.network.load_state_dict(dict(start))

    def train(self, mode: bool = True) -> "FinetunedNetwork":
        """Set training or evaluation."""
        super().train(mode)
        if self.pretrained:
            for module in self.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001 - torch has no public name for all kinds
                    module.eval()
        return self

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return logits or values, shape (n_cycles, n_outputs)."""
        answer: torch.Tensor = self.network(curves, measured)
        return answer

"""Recurrent networks with attention over gait phases."""

from typing import ClassVar

import torch
from torch import nn

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.networks.attentive_network import AttentiveNetwork
from locomotion_analysis.models.deep.networks.cycle_stem import STEM_STRIDE, CycleStem


class RecurrentNetwork(AttentiveNetwork):
    """Reads the cycle in both directions and weighs its phases.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step, half from either direction; an even number.
    depth : int
        Recurrent layers.
    dropout : float
        Share of features left out in training.

    Examples
    --------
    >>> network = GRUNetwork(n_channels=3, n_points=150, n_outputs=2)
    >>> curves, measured = torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)
    >>> network(curves, measured).shape, network.phase_weights(curves, measured).shape
    (torch.Size([8, 2]), torch.Size([8, 50]))
    """

    stride = STEM_STRIDE
    cell: ClassVar[type[nn.RNNBase]]

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 64,
        depth: int = 1,
        dropout: float = 0.2,
    ) -> None:
        if width % 2:
            raise SchemaError(expected="an even width", got=str(width), where="width")
        super().__init__(n_channels, n_points, n_outputs, width, dropout)
        self.stem = CycleStem(n_channels, n_points, width)
        self.recurrence = self.cell(
            width,
            width // 2,
            depth,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if depth > 1 else 0.0,
        )

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        encoded: torch.Tensor = self.recurrence(torch.relu(self.stem(curves, measured)))[0]
        return encoded


class LSTMNetwork(RecurrentNetwork):
    """Long short-term memory (Hochreiter and Schmidhuber 1997) with attention over phases."""

    cell = nn.LSTM


class GRUNetwork(RecurrentNetwork):
    """Gated recurrent units (Cho et al. 2014) with attention over phases."""

    cell = nn.GRU

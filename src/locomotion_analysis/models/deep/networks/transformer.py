"""A small Transformer over the steps of the cycle."""

import torch
from torch import nn

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.networks.attentive_network import AttentiveNetwork
from locomotion_analysis.models.deep.networks.cycle_stem import STEM_STRIDE, CycleStem
from locomotion_analysis.models.deep.networks.phase_encoding import phase_encoding

_HEAD_WIDTH = 16


class TransformerNetwork(AttentiveNetwork):
    """Self-attention between all steps of the cycle, which know their phase from a cyclic code.

    Layers with the norm first (Xiong et al. 2020, https://arxiv.org/abs/2002.04745), which train
    without a warm-up of the learning rate.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step; a multiple of 16, the width of an attention head.
    depth : int
        Layers.
    dropout : float
        Share of features left out in training.

    Examples
    --------
    >>> network = TransformerNetwork(n_channels=3, n_points=150, n_outputs=2)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 2])
    """

    stride = STEM_STRIDE
    phase: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 64,
        depth: int = 2,
        dropout: float = 0.2,
    ) -> None:
        if width % _HEAD_WIDTH:
            raise SchemaError(
                expected=f"a multiple of {_HEAD_WIDTH}", got=str(width), where="width"
            )
        super().__init__(n_channels, n_points, n_outputs, width, dropout)
        self.stem = CycleStem(n_channels, n_points, width)
        encoding = phase_encoding(n_points, width)[:: self.stride]
        self.register_buffer("phase", encoding, persistent=False)
        self.layers = nn.ModuleList(_layer(width, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        steps = self.stem(curves, measured) + self.phase
        for layer in self.layers:
            steps = layer(steps)
        encoded: torch.Tensor = self.norm(steps)
        return encoded


def _layer(width: int, dropout: float) -> nn.TransformerEncoderLayer:
    layer = nn.TransformerEncoderLayer(
        width,
        width // _HEAD_WIDTH,
        2 * width,
        dropout,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
    # Drawing a number for each pair of steps is slow on a CPU; features are dropped out all the same.
    layer.self_attn.dropout = 0.0
    return layer

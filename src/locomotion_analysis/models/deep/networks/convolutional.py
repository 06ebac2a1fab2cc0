"""A residual network of dilated convolutions around the cycle."""

import torch
from torch import nn

from locomotion_analysis.models.deep.networks.curve_network import CurveNetwork
from locomotion_analysis.models.deep.networks.cycle_stem import STEM_STRIDE, CycleStem


class ConvolutionalNetwork(CurveNetwork):
    """Residual blocks of 1-D convolutions whose dilation doubles from block to block.

    The convolutions go round the cycle (what comes after 100 % is 0 %). With four blocks each
    step sees the whole cycle. Blocks as He et al. (2016, https://arxiv.org/abs/1603.05027),
    dilation as Bai et al. (2018, https://arxiv.org/abs/1803.01271), but not causal.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step.
    depth : int
        Blocks.
    dropout : float
        Share of features left out in training.

    Examples
    --------
    >>> network = ConvolutionalNetwork(n_channels=3, n_points=150, n_outputs=2)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 2])
    """

    stride = STEM_STRIDE

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 64,
        depth: int = 4,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(n_channels, n_points, n_outputs, width, dropout)
        self.stem = CycleStem(n_channels, n_points, width)
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, 2**position, dropout) for position in range(depth)),
            nn.BatchNorm1d(width),
            nn.ReLU(),
        )

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        steps = self.stem(curves, measured).transpose(1, 2)
        encoded: torch.Tensor = self.blocks(steps).transpose(1, 2)
        return encoded


class ResidualBlock(nn.Module):  # type: ignore[misc]
    """Two dilated convolutions around the cycle, added to what came in.

    Parameters
    ----------
    width : int
        Features at each step.
    dilation : int
        Steps between the taps of the convolutions.
    dropout : float
        Share of features left out between them.
    """

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.BatchNorm1d(width),
            nn.ReLU(),
            _around_the_cycle(width, dilation),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(dropout),
            _around_the_cycle(width, dilation),
        )

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        """Return (n_cycles, width, n_steps) from the same shape."""
        changed: torch.Tensor = steps + self.change(steps)
        return changed


def _around_the_cycle(width: int, dilation: int) -> nn.Conv1d:
    return nn.Conv1d(
        width, width, 3, padding=dilation, dilation=dilation, padding_mode="circular", bias=False
    )

"""What every network on gait curves has in common."""

from typing import ClassVar

import torch
from torch import nn

from locomotion_analysis.models.deep.networks.phase_pooling import PhaseMean


class CurveNetwork(nn.Module):  # type: ignore[misc]
    """Base of the networks: ``forward(curves, measured)`` -> (n_cycles, n_outputs).

    Subclasses define :meth:`encode`; `pool` reduces what it returns to one row a cycle, and
    `head` answers from that row. Everything but ``pool`` and ``head`` is the encoder.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step of the cycle.
    dropout : float
        Share of features left out in training.

    Attributes
    ----------
    stride : int
        Points from one step of :meth:`encode` to the next.
    """

    stride: ClassVar[int] = 1

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.n_channels, self.n_points, self.n_outputs = n_channels, n_points, n_outputs
        self.width = width
        self.pool: nn.Module = PhaseMean()
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, n_outputs))

    @property
    def step_phase(self) -> torch.Tensor:
        """Middle of each step that :meth:`encode` returns, % of the cycle, shape (n_steps,)."""
        points = torch.arange(0, self.n_points, self.stride, dtype=torch.float32)
        return 100.0 * points / (self.n_points - 1)

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle.

        Parameters
        ----------
        curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
            Scaled curves, 0 where not measured.
        measured : Tensor of bool, shape (n_cycles, n_channels)
            Which curves were measured.

        Returns
        -------
        Tensor of float32, shape (n_cycles, n_steps, width)
        """
        raise NotImplementedError

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return logits or values, shape (n_cycles, n_outputs)."""
        answer: torch.Tensor = self.head(self.pool(self.encode(curves, measured)))
        return answer


class MeasuredCurves(nn.Module):  # type: ignore[misc]
    """First layer: curves with a learned stand-in where nothing was measured, and the mask.

    Output has ``2 * n_channels`` channels: the curves, and for each whether it was measured.
    """

    def __init__(self, n_channels: int, n_points: int) -> None:
        super().__init__()
        self.stand_in = nn.Parameter(torch.zeros(n_points, n_channels))

    def fill(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return the curves with the stand-ins, shape (n_cycles, n_points, n_channels)."""
        return torch.where(measured[:, None, :], curves, self.stand_in)

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return Tensor of shape (n_cycles, n_points, 2 * n_channels)."""
        known = measured[:, None, :].expand_as(curves).to(curves.dtype)
        return torch.cat([self.fill(curves, measured), known], dim=-1)

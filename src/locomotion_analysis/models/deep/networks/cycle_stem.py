"""First layers of the networks that read the curves point by point."""

import torch
from torch import nn

from locomotion_analysis.models.deep.networks.curve_network import MeasuredCurves
from locomotion_analysis.models.deep.networks.phase_encoding import (
    N_PHASE_FEATURES,
    phase_encoding,
)

STEM_STRIDE = 3


class CycleStem(nn.Module):  # type: ignore[misc]
    """Curves, what was measured and the phase, mixed into steps of three points.

    The 150 points of a cycle are dense for what a gait curve holds (its power lies below some
    15 cycles a stride); steps of 2 % make everything after three times cheaper.

    Parameters
    ----------
    n_channels, n_points : int
        Size of the inputs.
    width : int
        Features at each step.
    """

    phase: torch.Tensor

    def __init__(self, n_channels: int, n_points: int, width: int) -> None:
        super().__init__()
        self.measured_curves = MeasuredCurves(n_channels, n_points)
        encoding = phase_encoding(n_points, N_PHASE_FEATURES)
        self.register_buffer("phase", encoding, persistent=False)
        self.known = nn.Linear(n_channels, width, bias=False)
        self.mix = nn.Conv1d(
            n_channels + N_PHASE_FEATURES,
            width,
            kernel_size=7,
            stride=STEM_STRIDE,
            padding=3,
            padding_mode="circular",
        )

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features at each step: (n_cycles, n_steps, width)."""
        phase = self.phase.expand(len(curves), -1, -1)
        points = torch.cat([self.measured_curves.fill(curves, measured), phase], dim=-1)
        steps: torch.Tensor = self.mix(points.transpose(1, 2)).transpose(1, 2)
        # What was measured is the same at every phase: added once, not convolved 150 times.
        return steps + self.known(measured.to(curves.dtype))[:, None]

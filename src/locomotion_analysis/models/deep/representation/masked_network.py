"""The network of masked-cycle pretraining: an encoder, and a head that rebuilds the curves."""

from typing import Any

import torch
from torch import nn

from locomotion_analysis.models.deep.networks import NETWORKS
from locomotion_analysis.models.deep.networks.phase_pooling import PhaseMean


class MaskedCycleNetwork(nn.Module):  # type: ignore[misc]
    """Rebuilds cycles of which a span of phases was hidden.

    Parameters
    ----------
    architecture : str
        Of the encoder; a name in ``NETWORKS``.
    n_channels, n_points : int
        Size of a cycle.
    **options
        Size of the encoder, for example ``width``.

    Examples
    --------
    >>> network = MaskedCycleNetwork("cnn", 3, 150)
    >>> seen = torch.ones(8, 3, dtype=torch.bool)
    >>> network(torch.zeros(8, 150, 3), seen, torch.zeros(8, 150, dtype=torch.bool)).shape
    torch.Size([8, 150, 3])
    """

    def __init__(self, architecture: str, n_channels: int, n_points: int, **options: Any) -> None:
        super().__init__()
        self.encoder = NETWORKS[architecture](n_channels, n_points, n_outputs=1, **options)
        # An attention over phases, and a head, have nothing to learn here: features are means.
        self.encoder.pool, self.encoder.head = PhaseMean(), nn.Identity()
        width = self.encoder.width
        self.stand_in = nn.Parameter(torch.zeros(n_channels))
        self.smooth = nn.Conv1d(width, width, 5, padding=2)
        self.curves = nn.Conv1d(width, n_channels, 5, padding=2)

    def forward(
        self, curves: torch.Tensor, measured: torch.Tensor, hidden: torch.Tensor
    ) -> torch.Tensor:
        """Return scaled curves, shape (n_cycles, n_points, n_channels).

        Parameters
        ----------
        curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
            Scaled curves.
        measured : Tensor of bool, shape (n_cycles, n_channels)
            Which the network may see.
        hidden : Tensor of bool, shape (n_cycles, n_points)
            Phases it may not see.
        """
        shown = torch.where(hidden[:, :, None], self.stand_in, curves)
        shown = shown * measured[:, None, :]
        steps = self.encoder.encode(shown, measured).transpose(1, 2)
        wider = nn.functional.interpolate(
            nn.functional.gelu(self.smooth(steps)),
            curves.shape[1],
            mode="linear",
            align_corners=True,
        )
        rebuilt: torch.Tensor = self.curves(wider)
        return rebuilt.transpose(1, 2)

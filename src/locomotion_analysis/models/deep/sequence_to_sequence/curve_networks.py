"""Networks that answer with curves."""

from typing import Any

import numpy as np
import torch
from torch import nn

from locomotion_analysis.models.deep.networks import NETWORKS, MeasuredCurves
from locomotion_analysis.models.deep.sequence_to_sequence.cosine_scores import cosine_basis


class WholeCycleNetwork(nn.Module):  # type: ignore[misc]
    """A perceptron from the cosine scores of all curves to all points of the targets.

    Beside the perceptron runs a linear path of low rank: the perceptron has only to learn what
    is not linear.

    Parameters
    ----------
    n_channels, n_points, n_targets : int
        Size of the inputs and of the answer.
    width : int
        Hidden units.
    rank : int
        Rank of the linear path.
    dropout : float
        Share of hidden units left out in training; of the inputs, half as many.

    Examples
    --------
    >>> network = WholeCycleNetwork(n_channels=3, n_points=150, n_targets=2)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 150, 2])
    """

    basis: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_targets: int,
        width: int = 256,
        rank: int = 32,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        basis = torch.from_numpy(cosine_basis(n_points))
        self.register_buffer("basis", basis, persistent=False)
        self.measured_curves = MeasuredCurves(n_channels, n_points)
        n_inputs, n_outputs = n_channels * (basis.shape[1] + 1), n_points * n_targets
        self.some = nn.Dropout(dropout / 2)
        self.perceptron = nn.Sequential(
            nn.Linear(n_inputs, width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Dropout(dropout),
            _zero(nn.Linear(width, n_outputs)),
        )
        self.linear = nn.Sequential(
            nn.Linear(n_inputs, rank), _zero(nn.Linear(rank, n_outputs, bias=False))
        )
        self.unfold = nn.Unflatten(1, (n_points, n_targets))

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return scaled targets, shape (n_cycles, n_points, n_targets)."""
        filled = self.measured_curves.fill(curves, measured)
        # An orthonormal basis gathers the points' variance in few scores: back to about 1 each.
        scores = torch.einsum("npc,ph->nhc", filled, self.basis) / self.basis.shape[0] ** 0.5
        scores = scores * self.basis.shape[1] ** 0.5
        inputs = torch.cat([scores.flatten(1), (~measured).to(curves.dtype)], dim=1)
        inputs = self.some(inputs)
        targets: torch.Tensor = self.unfold(self.perceptron(inputs) + self.linear(inputs))
        return targets


class StepwiseNetwork(nn.Module):  # type: ignore[misc]
    """An encoder of :data:`NETWORKS`, read out step by step with its mean over the cycle beside.

    Parameters
    ----------
    n_channels, n_points, n_targets : int
        Size of the inputs and of the answer.
    architecture : str
        Name in :data:`NETWORKS`.
    dropout : float
        Share of features left out in training.
    **options
        Further arguments of the encoder, such as ``width`` and ``depth``.

    Examples
    --------
    >>> network = StepwiseNetwork(3, 150, 2, architecture="gru", width=8)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 150, 2])
    """

    weights: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_targets: int,
        architecture: str,
        dropout: float = 0.2,
        **options: Any,
    ) -> None:
        super().__init__()
        self.encoder = NETWORKS[architecture](
            n_channels, n_points, n_targets, dropout=dropout, **options
        )
        weights = _interpolation(self.encoder.step_phase.numpy(), n_points)
        self.register_buffer("weights", weights, persistent=False)
        width = self.encoder.width
        # The encoder's own answer is one row a cycle: not trained here.
        self.encoder.pool, self.encoder.head = nn.Identity(), nn.Identity()
        self.mix = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Dropout(dropout))
        self.answer = _zero(nn.Conv1d(width, n_targets, 5, padding=2, padding_mode="replicate"))

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return scaled targets, shape (n_cycles, n_points, n_targets)."""
        steps = self.encoder.encode(curves, measured)
        cycle = steps.mean(dim=1, keepdim=True).expand_as(steps)
        mixed = self.mix(torch.cat([steps, cycle], dim=-1))
        points = torch.einsum("ps,nsw->nwp", self.weights, mixed)
        targets: torch.Tensor = self.answer(points).transpose(1, 2)
        return targets


def _interpolation(step_phase: Any, n_points: int) -> torch.Tensor:
    """Return the weights of each step at each point, linear in phase: (n_points, n_steps)."""
    grid = np.linspace(0.0, 100.0, n_points)
    columns = [np.interp(grid, step_phase, step) for step in np.eye(len(step_phase))]
    return torch.from_numpy(np.stack(columns, axis=1).astype(np.float32))


def _zero(layer: Any) -> Any:
    """Let the last layer start at 0: training then starts from the mean curve."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer

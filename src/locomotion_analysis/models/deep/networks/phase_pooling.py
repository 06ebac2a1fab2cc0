"""From features along the cycle to one row a cycle."""

import torch
from torch import nn


class PhaseMean(nn.Module):  # type: ignore[misc]
    """Mean over the cycle."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the mean over steps: (n_cycles, n_steps, width) -> (n_cycles, width)."""
        return features.mean(dim=1)


class PhaseAttention(nn.Module):  # type: ignore[misc]
    """Mean over the cycle in which each step weighs what a small network says of it.

    ``weights = softmax(v . tanh(W h))`` over the steps, the additive attention of Bahdanau et al.
    (2015, https://arxiv.org/abs/1409.0473).

    Parameters
    ----------
    width : int
        Features at each step.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(
            nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False)
        )

    def weights(self, features: torch.Tensor) -> torch.Tensor:
        """Return the weight of each step; they sum to 1: (n_cycles, n_steps)."""
        weights: torch.Tensor = self.score(features).squeeze(-1).softmax(dim=1)
        return weights

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the weighted mean: (n_cycles, n_steps, width) -> (n_cycles, width)."""
        return torch.einsum("ns,nsw->nw", self.weights(features), features)

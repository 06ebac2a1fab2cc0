"""A perceptron that condition inputs steer at every layer."""

import torch
from torch import nn


class ConditionalNetwork(nn.Module):  # type: ignore[misc]
    """Residual perceptron; each block is scaled and shifted by the conditions.

    Steering as Perez et al. (2018, https://arxiv.org/abs/1709.07871).

    Parameters
    ----------
    n_inputs, n_conditions, n_outputs : int
        Sizes.
    width : int
        Hidden features.
    depth : int
        Residual blocks.
    dropout : float
        Share of hidden features left out in training.

    Examples
    --------
    >>> ConditionalNetwork(8, 3, 1)(torch.zeros(5, 8), torch.zeros(5, 3)).shape
    torch.Size([5, 1])
    """

    def __init__(
        self,
        n_inputs: int,
        n_conditions: int,
        n_outputs: int,
        width: int = 256,
        depth: int = 3,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(n_inputs, width)
        self.conditions = nn.Sequential(
            nn.Linear(n_conditions, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )
        self.blocks = nn.ModuleList(_SteeredBlock(width, dropout) for _ in range(depth))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, n_outputs))

    def forward(self, inputs: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Return Tensor of shape (n_cycles, n_outputs)."""
        steering = self.conditions(conditions)
        features = self.enter(inputs)
        for block in self.blocks:
            features = block(features, steering)
        outputs: torch.Tensor = self.leave(features)
        return outputs


class _SteeredBlock(nn.Module):  # type: ignore[misc]
    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.steer = nn.Linear(width, 2 * width)
        self.change = nn.Sequential(
            nn.Linear(width, width), nn.SiLU(), nn.Dropout(dropout), nn.Linear(width, width)
        )

    def forward(self, features: torch.Tensor, steering: torch.Tensor) -> torch.Tensor:
        scale, shift = self.steer(steering).chunk(2, dim=-1)
        changed: torch.Tensor = features + self.change(self.norm(features) * (1 + scale) + shift)
        return changed

"""A network that takes noise away from cycle scores, and the way from noise to a cycle."""

import itertools

import torch
from torch import nn

from locomotion_analysis.models.deep.generation.conditional_network import ConditionalNetwork

# Karras et al. 2022, table 1, for data of spread 1. The scores have spread 1 each.
_LOG_NOISE_MEAN, _LOG_NOISE_SPREAD = -0.8, 1.4
_LEAST_NOISE, _MOST_NOISE, _CURVATURE = 0.01, 40.0, 7.0
_N_FREQUENCIES = 16


class DiffusionNetwork(nn.Module):  # type: ignore[misc]
    """Denoiser of cycle scores, in the formulation of Karras et al.

    Karras, Aittala, Aila & Laine (2022, https://arxiv.org/abs/2206.00364): inputs, outputs and
    loss scaled so that they have spread 1 at every level of noise; cycles are drawn by solving
    the probability-flow equation with Heun's method.

    Parameters
    ----------
    n_scores, n_conditions : int
        Sizes.
    width, depth, dropout
        Of the :class:`ConditionalNetwork`.

    Examples
    --------
    >>> network = DiffusionNetwork(n_scores=8, n_conditions=3, width=16)
    >>> network(torch.zeros(5, 8), torch.zeros(5, 3)).shape
    torch.Size([5, 8])
    """

    frequencies: torch.Tensor

    def __init__(
        self,
        n_scores: int,
        n_conditions: int,
        width: int = 256,
        depth: int = 3,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.n_scores = n_scores
        self.network = ConditionalNetwork(
            n_scores, n_conditions + 2 * _N_FREQUENCIES, n_scores, width, depth, dropout
        )
        self.register_buffer("frequencies", torch.linspace(0.2, 4.0, _N_FREQUENCIES))

    def forward(self, scores: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Return how far the denoised scores are off, at noise drawn for each cycle."""
        noise = torch.randn(len(scores), 1, device=scores.device, dtype=scores.dtype)
        level = (_LOG_NOISE_MEAN + _LOG_NOISE_SPREAD * noise).exp()
        noisy = scores + level * torch.randn_like(scores)
        weight = (level**2 + 1).sqrt() / level
        return weight * (self.denoise(noisy, level, conditions) - scores)

    def denoise(
        self, noisy: torch.Tensor, level: torch.Tensor, conditions: torch.Tensor
    ) -> torch.Tensor:
        """Return the expected scores, shape (n_cycles, n_scores).

        Parameters
        ----------
        noisy : Tensor, shape (n_cycles, n_scores)
            Scores plus noise.
        level : Tensor, shape (n_cycles, 1)
            The noise's standard deviation.
        conditions : Tensor, shape (n_cycles, n_conditions)
            What the cycles are.
        """
        total = (level**2 + 1).sqrt()
        angle = level.log() * self.frequencies
        steering = torch.cat([conditions, angle.sin(), angle.cos()], dim=-1)
        answer: torch.Tensor = self.network(noisy / total, steering)
        return noisy / total**2 + level / total * answer

    def draw(
        self, conditions: torch.Tensor, generator: torch.Generator, n_steps: int
    ) -> torch.Tensor:
        """Return scores of new cycles, shape (n_cycles, n_scores).

        Parameters
        ----------
        conditions : Tensor, shape (n_cycles, n_conditions)
            What they shall be.
        generator : torch.Generator
            Of the CPU, so that a seed gives the same cycles on any device.
        n_steps : int
            Steps from noise to cycle; each but the last asks the network twice.
        """
        levels = _noise_levels(n_steps).to(conditions.device)
        start = torch.randn(len(conditions), self.n_scores, generator=generator)
        scores = start.to(conditions.device) * levels[0]
        for level, following in itertools.pairwise(levels):
            slope = self._slope(scores, level, conditions)
            moved = scores + (following - level) * slope
            if following > 0:
                slope = (slope + self._slope(moved, following, conditions)) / 2
                moved = scores + (following - level) * slope
            scores = moved
        return scores

    def _slope(
        self, scores: torch.Tensor, level: torch.Tensor, conditions: torch.Tensor
    ) -> torch.Tensor:
        column = level.expand(len(scores), 1)
        slope: torch.Tensor = (scores - self.denoise(scores, column, conditions)) / level
        return slope


class SquaredError(nn.Module):  # type: ignore[misc]
    """Mean square of what a network is off by; the target is in the network's answer."""

    def forward(self, error: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        """Return the loss, a scalar."""
        return error.square().mean()


def _noise_levels(n_steps: int) -> torch.Tensor:
    """Return falling levels of noise, the last 0, close to each other where noise is small."""
    share = torch.linspace(0, 1, n_steps)
    first, last = _MOST_NOISE ** (1 / _CURVATURE), _LEAST_NOISE ** (1 / _CURVATURE)
    levels = (first + share * (last - first)) ** _CURVATURE
    return torch.cat([levels, torch.zeros(1)])

"""Gait cycles drawn by taking noise away."""

import itertools
from dataclasses import KW_ONLY, dataclass
from typing import Any

import torch
from skorch.callbacks import Callback
from torch import nn

from locomotion_analysis.models.deep.callbacks import WarmUpAndCosine
from locomotion_analysis.models.deep.generation import (
    ConditionalNetwork,
    CycleGenerator,
    check_positive,
)

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


def _noise_levels(n_steps: int) -> torch.Tensor:
    """Return falling levels of noise, the last 0, close to each other where noise is small."""
    share = torch.linspace(0, 1, n_steps)
    first, last = _MOST_NOISE ** (1 / _CURVATURE), _LEAST_NOISE ** (1 / _CURVATURE)
    levels = (first + share * (last - first)) ** _CURVATURE
    return torch.cat([levels, torch.zeros(1)])


@dataclass(eq=False, repr=False)
class CurveDiffusion(CycleGenerator):
    """Draws gait cycles for a task, speed, pathology and person by denoising diffusion.

    The stronger of the two generators; see ``DiffusionNetwork`` for the method and
    :class:`CycleGenerator` for what is drawn and what is computed.

    Parameters
    ----------
    channels : sequence of str, optional
        Channels to make; all measured ones but the centre of pressure where None.
    conditions : sequence of str, optional
        Columns of ``data.cycles`` to steer by, beside the task. None: those of
        :data:`~locomotion_analysis.models.deep.conditions.CONDITIONS` that the data have.
    n_components : int
        Principal component scores a cycle.
    condition_noise : float
        Noise on numeric conditions in training, in their standard deviations: with 0 the network
        can know a person by age, height and mass, and draw that person's gait.
    max_epochs, batch_size : int
        Length of the training; there is no early stopping.
    learning_rate : float
        At its highest: it rises, then falls along a cosine.
    width, depth : int
        Of the network.
    dropout : float
        Share of its features left out in training.
    n_steps : int
        Steps from noise to a cycle.
    device : str
        ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``.
    random_state : int
        Seed.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=6, n_cycles=4, tasks=["level_walking"])
    >>> diffusion = CurveDiffusion(n_components=8, width=16, max_epochs=2).fit(data)
    >>> generated = diffusion.sample(data.cycles.head(5))
    >>> len(generated), generated.is_simulated
    (5, True)
    """

    _: KW_ONLY
    batch_size: int = 256
    learning_rate: float = 2e-3
    width: int = 384
    dropout: float = 0.1
    n_steps: int = 24

    def _check_parameters(self) -> None:
        check_positive(n_steps=self.n_steps, max_epochs=self.max_epochs)

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        options = {"width": self.width, "depth": self.depth, "dropout": self.dropout}
        return DiffusionNetwork, {**self._sizes(), **options}

    def _schedule(self, n_batches: int) -> list[tuple[str, Callback]]:
        return [("schedule", WarmUpAndCosine(n_batches))]

    def _draw(self, conditions: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        drawn: torch.Tensor = self.network_.draw(conditions, generator, self.n_steps)
        return drawn

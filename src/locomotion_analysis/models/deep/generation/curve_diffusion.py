"""Conditional diffusion of gait cycles."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.generation.cycle_generator import (
    CycleGenerator,
    check_positive,
)
from locomotion_analysis.models.deep.generation.diffusion_network import (
    DiffusionNetwork,
    SquaredError,
)
from locomotion_analysis.models.deep.net import GaitNet
from locomotion_analysis.models.deep.schedule import WarmUpAndCosine


class CurveDiffusion(CycleGenerator):
    """Draws gait cycles for a task, speed, pathology and person by taking noise away.

    The stronger of the two generators; see :class:`DiffusionNetwork` for the method and
    :class:`CycleGenerator` for what is drawn and what is computed.

    Parameters
    ----------
    channels : sequence of str, optional
        Channels to make; all measured ones but the centre of pressure where None.
    conditions : sequence of str, optional
        Columns of ``data.cycles`` to steer by, beside the task. None: those of
        :data:`~locomotion_analysis.models.deep.generation.CONDITIONS` that the data have.
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

    network = DiffusionNetwork

    def __init__(
        self,
        channels: Sequence[str] | None = None,
        conditions: Sequence[str] | None = None,
        *,
        n_components: int = 160,
        condition_noise: float = 0.3,
        max_epochs: int = 100,
        batch_size: int = 256,
        learning_rate: float = 2e-3,
        width: int = 384,
        depth: int = 3,
        dropout: float = 0.1,
        n_steps: int = 24,
        device: str = "auto",
        random_state: int = 0,
    ) -> None:
        self.channels = channels
        self.conditions = conditions
        self.n_components = n_components
        self.condition_noise = condition_noise
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.width = width
        self.depth = depth
        self.dropout = dropout
        self.n_steps = n_steps
        self.device = device
        self.random_state = random_state

    def _sizes(self) -> dict[str, Any]:
        return {
            "width": self.width,
            "depth": self.depth,
            "dropout": self.dropout,
        }

    def _net(self, n_scores: int, n_conditions: int, weights: NDArray[np.float64]) -> GaitNet:
        check_positive(n_steps=self.n_steps, max_epochs=self.max_epochs)
        n_batches = self.max_epochs * -(-len(weights) // self.batch_size)
        return GaitNet(
            self.network,
            criterion=SquaredError,
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            lr=self.learning_rate,
            iterator_train__weights=weights,
            callbacks=[("schedule", WarmUpAndCosine(n_batches))],
            seed=self.random_state,
            device=checked_device(self.device),
            module__n_scores=n_scores,
            module__n_conditions=n_conditions,
            **{f"module__{name}": value for name, value in self._sizes().items()},
        )

    def _draw(self, conditions: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        drawn: torch.Tensor = self.network_.draw(conditions, generator, self.n_steps)
        return drawn

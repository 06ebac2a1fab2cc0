"""A conditional generative adversarial network of gait cycles."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.generation.adversarial_network import (
    AdversarialNet,
    AdversarialNetwork,
)
from locomotion_analysis.models.deep.generation.cycle_generator import (
    CycleGenerator,
    check_positive,
)
from locomotion_analysis.models.deep.generation.diffusion_network import SquaredError
from locomotion_analysis.models.deep.net import GaitNet


class CurveGAN(CycleGenerator):
    """Draws gait cycles for a task, speed, pathology and person, learnt against a critic.

    A Wasserstein GAN with gradient penalty; see :class:`AdversarialNet` for the method and
    :class:`CycleGenerator` for what is drawn and what is computed.

    Parameters
    ----------
    channels, conditions : sequence of str, optional
        As for :class:`CurveDiffusion`.
    n_components : int
        Principal component scores a cycle.
    condition_noise : float
        Noise on numeric conditions in training, in their standard deviations: with 0 the network
        can know a person by age, height and mass, and draw that person's gait.
    n_noise : int
        Random numbers a cycle is made of.
    max_epochs, batch_size : int
        Length of the training; the generator moves every second batch.
    learning_rate : float
        Of Adam, for both networks, at the start; it falls to zero.
    width, depth : int
        Of both networks.
    device : str
        ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``.
    random_state : int
        Seed.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=6, n_cycles=4, tasks=["level_walking"])
    >>> gan = CurveGAN(n_components=8, width=16, max_epochs=2).fit(data)
    >>> len(gan.sample(data.cycles.head(5)))
    5
    """

    network = AdversarialNetwork

    def __init__(
        self,
        channels: Sequence[str] | None = None,
        conditions: Sequence[str] | None = None,
        *,
        n_components: int = 160,
        condition_noise: float = 0.3,
        n_noise: int = 64,
        max_epochs: int = 100,
        batch_size: int = 128,
        learning_rate: float = 5e-4,
        width: int = 256,
        depth: int = 3,
        device: str = "auto",
        random_state: int = 0,
    ) -> None:
        self.channels = channels
        self.conditions = conditions
        self.n_components = n_components
        self.condition_noise = condition_noise
        self.n_noise = n_noise
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.width = width
        self.depth = depth
        self.device = device
        self.random_state = random_state

    def _sizes(self) -> dict[str, Any]:
        return {
            "n_noise": self.n_noise,
            "width": self.width,
            "depth": self.depth,
        }

    def _net(self, n_scores: int, n_conditions: int, weights: NDArray[np.float64]) -> GaitNet:
        check_positive(n_noise=self.n_noise, max_epochs=self.max_epochs)
        return AdversarialNet(
            self.network,
            criterion=SquaredError,
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            lr=self.learning_rate,
            iterator_train__weights=weights,
            seed=self.random_state,
            device=checked_device(self.device),
            module__n_scores=n_scores,
            module__n_conditions=n_conditions,
            **{f"module__{name}": value for name, value in self._sizes().items()},
        )

    def _draw(self, conditions: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        drawn: torch.Tensor = self.network_.draw(conditions, generator)
        return drawn

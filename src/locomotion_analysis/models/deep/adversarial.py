"""Gait cycles drawn by a network that learnt against a critic."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import torch
from skorch.callbacks import Callback
from skorch.dataset import unpack_data
from torch import nn

from locomotion_analysis.models.deep.core import GaitNet
from locomotion_analysis.models.deep.generation import (
    ConditionalNetwork,
    CycleGenerator,
    check_positive,
)

PENALTY_WEIGHT = 1.0
"""Of the gradient penalty. The paper has 10 for images and 0.1 for a plane; at 10 the critic of
a few hundred cycles swings, and the generator does not learn what its conditions mean."""

CRITIC_STEPS = 2
"""Steps of the critic to one of the generator. The paper has 5; with a few thousand cycles a
critic that far ahead learns them by heart, and the generator hardly moves."""

_BETAS = (0.0, 0.9)


class AdversarialNetwork(nn.Module):  # type: ignore[misc]
    """A generator of cycle scores and the critic that tells them from real ones.

    Parameters
    ----------
    n_scores, n_conditions : int
        Sizes.
    n_noise : int
        Random numbers a cycle is made of.
    width, depth
        Of both :class:`ConditionalNetwork`.

    Examples
    --------
    >>> network = AdversarialNetwork(n_scores=8, n_conditions=3, n_noise=4, width=16)
    >>> network(torch.zeros(5, 8), torch.zeros(5, 3)).shape
    torch.Size([5, 1])
    """

    def __init__(
        self, n_scores: int, n_conditions: int, n_noise: int, width: int = 256, depth: int = 3
    ) -> None:
        super().__init__()
        self.n_noise = n_noise
        self.generator = ConditionalNetwork(n_noise, n_conditions, n_scores, width, depth)
        self.critic = ConditionalNetwork(n_scores, n_conditions, 1, width, depth)

    def forward(self, scores: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Return how real the critic takes cycles for, shape (n_cycles, 1)."""
        judged: torch.Tensor = self.critic(scores, conditions)
        return judged

    def draw(
        self, conditions: torch.Tensor, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Return scores of new cycles, shape (n_cycles, n_scores).

        Parameters
        ----------
        conditions : Tensor, shape (n_cycles, n_conditions)
            What they shall be.
        generator : torch.Generator, optional
            Of the CPU; torch's own where None.
        """
        noise = torch.randn(len(conditions), self.n_noise, generator=generator)
        drawn: torch.Tensor = self.generator(noise.to(conditions.device), conditions)
        return drawn

    def penalty(
        self, real: torch.Tensor, drawn: torch.Tensor, conditions: torch.Tensor
    ) -> torch.Tensor:
        """Return how far the critic's slope is from 1 between real and drawn cycles."""
        share = torch.rand(len(real), 1, device=real.device)
        between = (share * real + (1 - share) * drawn).requires_grad_()
        (slope,) = torch.autograd.grad(self(between, conditions).sum(), between, create_graph=True)
        return (slope.norm(dim=1) - 1).square().mean()


class AdversarialNet(GaitNet):
    """The training loop of a Wasserstein GAN with gradient penalty.

    Gulrajani et al. (2017, https://arxiv.org/abs/1704.00028). The loss it records is the
    critic's estimate of the Wasserstein distance between real and generated scores.
    """

    def initialize_optimizer(self) -> "AdversarialNet":
        """Make one optimizer for the critic and one for the generator."""
        module = self.module_
        self.optimizer_ = torch.optim.Adam(module.critic.parameters(), self.lr, _BETAS)
        self.generator_optimizer_ = torch.optim.Adam(module.generator.parameters(), self.lr, _BETAS)
        self.n_batches_ = 0
        return self

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Let the learning rates fall to zero in a straight line, so that the game settles."""
        super().on_epoch_begin(net, **kwargs)
        left = 1 - (len(self.history) - 1) / self.max_epochs
        for optimizer in (self.optimizer_, self.generator_optimizer_):
            for group in optimizer.param_groups:
                group["lr"] = self.lr * left

    def train_step(self, batch: Any, **_: Any) -> dict[str, torch.Tensor]:
        """Move the critic, and every second time the generator."""
        module = self.module_.train()
        inputs, _targets = unpack_data(batch)
        real = inputs["scores"].to(self.device)
        conditions = inputs["conditions"].to(self.device)
        with torch.no_grad():
            drawn = module.draw(conditions)
        distance = module(real, conditions).mean() - module(drawn, conditions).mean()
        loss = PENALTY_WEIGHT * module.penalty(real, drawn, conditions) - distance
        self.optimizer_.zero_grad()
        loss.backward()
        self.optimizer_.step()
        self.n_batches_ += 1
        if self.n_batches_ % CRITIC_STEPS == 0:
            loss = -module(module.draw(conditions), conditions).mean()
            self.generator_optimizer_.zero_grad()
            loss.backward()
            self.generator_optimizer_.step()
        return {"loss": distance.detach(), "y_pred": real}


@dataclass(eq=False, repr=False)
class CurveGAN(CycleGenerator):
    """Draws gait cycles for a task, speed, pathology and person, learnt against a critic.

    A Wasserstein GAN with gradient penalty; see ``AdversarialNet`` for the method and
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

    _loop: ClassVar[type[GaitNet]] = AdversarialNet

    _: KW_ONLY
    n_noise: int = 64
    batch_size: int = 128
    learning_rate: float = 5e-4
    width: int = 256

    def _check_parameters(self) -> None:
        check_positive(n_noise=self.n_noise, max_epochs=self.max_epochs)

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        options = {"n_noise": self.n_noise, "width": self.width, "depth": self.depth}
        return AdversarialNetwork, {**self._sizes(), **options}

    def _schedule(self, n_batches: int) -> list[tuple[str, Callback]]:  # noqa: ARG002
        return []  # the loop has its own

    def _draw(self, conditions: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        drawn: torch.Tensor = self.network_.draw(conditions, generator)
        return drawn

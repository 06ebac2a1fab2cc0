"""One encoder, several answers: task, pathology, speed."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from locomotion_analysis.models.deep.networks.curve_network import CurveNetwork
from locomotion_analysis.models.deep.networks.phase_pooling import PhaseAttention


class MultiTaskNetwork(CurveNetwork):
    """A shared encoder; each answer weighs the phases of the cycle for itself.

    Parameters
    ----------
    n_channels, n_points : int
        Size of the inputs.
    n_outputs : mapping of str to int
        Outputs of each answer: number of classes, or 1 for a quantity.
    encoder : type of CurveNetwork
        The architecture, from ``NETWORKS``.
    dropout : float
        Share of features left out in training.
    **options
        Of the encoder, for example ``width``.

    Attributes
    ----------
    answers : dict of str to int
        `n_outputs`, in the order of the columns that :meth:`forward` returns.

    Examples
    --------
    >>> from locomotion_analysis.models.deep.networks import NETWORKS
    >>> network = MultiTaskNetwork(3, 150, {"pathology": 4, "speed_m_s": 1}, NETWORKS["gru"])
    >>> outputs = network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool))
    >>> {name: tuple(columns.shape) for name, columns in network.split(outputs).items()}
    {'pathology': (8, 4), 'speed_m_s': (8, 1)}
    """

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: Mapping[str, int],
        encoder: type[CurveNetwork],
        dropout: float = 0.2,
        **options: Any,
    ) -> None:
        shared = encoder(n_channels, n_points, 1, dropout=dropout, **options)
        super().__init__(n_channels, n_points, sum(n_outputs.values()), shared.width, dropout)
        self.answers = dict(n_outputs)
        shared.pool = shared.head = nn.Identity()  # only its encoder is used
        self.shared = shared
        self.pool = nn.ModuleList(PhaseAttention(shared.width) for _ in n_outputs)
        self.head = nn.ModuleList(
            nn.Sequential(nn.Dropout(dropout), nn.Linear(shared.width, size))
            for size in n_outputs.values()
        )

    @property
    def step_phase(self) -> torch.Tensor:
        """Middle of each step that :meth:`encode` returns, % of the cycle, shape (n_steps,)."""
        return self.shared.step_phase

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        return self.shared.encode(curves, measured)

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return the answers' columns side by side, shape (n_cycles, sum of n_outputs)."""
        features = self.encode(curves, measured)
        answers = [head(pool(features)) for pool, head in zip(self.pool, self.head, strict=True)]
        return torch.cat(answers, dim=1)

    def split(self, outputs: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the columns of each answer."""
        columns = outputs.split(list(self.answers.values()), dim=1)
        return dict(zip(self.answers, columns, strict=True))

    def phase_weights(
        self, curves: torch.Tensor, measured: torch.Tensor, answer: str
    ) -> torch.Tensor:
        """Return the weight of each step of the cycle in one answer, shape (n_cycles, n_steps)."""
        pool = self.pool[list(self.answers).index(answer)]
        return pool.weights(self.encode(curves, measured))

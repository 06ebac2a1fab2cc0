"""Networks that say which phases of the cycle they weighed."""

from typing import Any

import torch

from locomotion_analysis.models.deep.networks.curve_network import CurveNetwork
from locomotion_analysis.models.deep.networks.phase_pooling import PhaseAttention


class AttentiveNetwork(CurveNetwork):
    """Base of the networks whose answer is read from an attention over gait phases.

    Parameters are those of :class:`CurveNetwork`.
    """

    pool: PhaseAttention

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pool = PhaseAttention(self.width)

    def phase_weights(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return the weight of each step of the cycle in the answer.

        Parameters
        ----------
        curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
            Scaled curves, 0 where not measured.
        measured : Tensor of bool, shape (n_cycles, n_channels)
            Which curves were measured.

        Returns
        -------
        Tensor of float32, shape (n_cycles, n_steps)
            Each row sums to 1; the steps' phases are ``step_phase``.
        """
        return self.pool.weights(self.encode(curves, measured))

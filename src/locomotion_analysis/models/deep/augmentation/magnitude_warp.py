"""Movements a little larger or smaller."""

import math

import torch

from locomotion_analysis.models.deep.augmentation.training_cycles import GaitAugmentation

_HARMONICS = 2


class MagnitudeWarp(GaitAugmentation):
    """Stretches each curve about its channel's mean by a factor that changes slowly and cyclically.

    The factor is one plus a random constant and two random harmonics, so it is the same at both
    contacts. Each channel has its own: what binds channels, such as power = moment × velocity,
    holds no longer exactly.

    Parameters
    ----------
    sd : float
        Standard deviation of the factor at any one phase.

    Examples
    --------
    >>> curves, measured = torch.ones(1000, 150, 1), torch.ones(1000, 1, dtype=torch.bool)
    >>> warped, _ = MagnitudeWarp(sd=0.1).changed(curves, measured, torch.Generator().manual_seed(0))
    >>> round(float(warped.std()), 2), bool((warped[:, 0] - warped[:, -1]).abs().max() < 1e-5)
    (0.1, True)
    """

    def __init__(self, sd: float = 0.1) -> None:
        self.sd = sd

    def changed(
        self, curves: torch.Tensor, measured: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return warped curves; the mask stays."""
        n_cycles, n_points, n_channels = curves.shape
        turns = 2 * math.pi * torch.linspace(0, 1, n_points)
        waves = [torch.ones(n_points)]
        for harmonic in range(1, _HARMONICS + 1):
            waves += [torch.cos(harmonic * turns), torch.sin(harmonic * turns)]
        heights = torch.randn(n_cycles, n_channels, len(waves), generator=generator)
        by_point = torch.stack(waves, dim=1).expand(n_cycles, -1, -1)
        factor = torch.bmm(by_point, heights.transpose(1, 2))  # laid out as the curves are
        # cos² + sin² = 1: each harmonic adds as much variance as the constant.
        factor *= self.sd / math.sqrt(1 + _HARMONICS)
        return factor.add_(1).mul_(curves), measured

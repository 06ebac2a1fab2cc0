"""Events within the cycle a little earlier or later."""

import math

import torch

from locomotion_analysis.models.deep.augmentation.training_cycles import GaitAugmentation
from locomotion_analysis.models.deep.legs.resampling import sample_at

_HARMONICS = 3
_STEEPEST = 0.9  # below 1 time never runs backwards


class PhaseJitter(GaitAugmentation):
    """Lets the events within a cycle come a little earlier or later, all channels together.

    Time is displaced by three sines of random height that are zero at both contacts, so 0 and
    100 % stay what they mean. Both sides and all channels move together: the joints stay in step.

    Parameters
    ----------
    sd_percent : float
        Standard deviation of the displacement in mid-cycle, percent of the cycle. A person's
        toe-off varies by 1 to 2 % of the cycle from stride to stride.

    Examples
    --------
    >>> curves = torch.linspace(0, 1, 150).reshape(1, 150, 1)
    >>> generator = torch.Generator().manual_seed(0)
    >>> moved, _ = PhaseJitter().changed(curves, torch.ones(1, 1, dtype=torch.bool), generator)
    >>> moved[0, [0, -1], 0].tolist(), bool((moved.diff(dim=1) > 0).all())
    ([0.0, 1.0], True)
    """

    def __init__(self, sd_percent: float = 1.5) -> None:
        self.sd_percent = sd_percent

    def changed(
        self, curves: torch.Tensor, measured: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return curves with their events displaced; the mask stays."""
        n_cycles, n_points, _ = curves.shape
        order = torch.arange(1, _HARMONICS + 1)
        phase = torch.linspace(0, 1, n_points)
        # Mid-cycle sees the first and the third sine.
        heights = torch.randn(n_cycles, _HARMONICS, generator=generator) / order
        heights *= self.sd_percent / 100 / math.hypot(1, 1 / 3)
        slope = math.pi * (heights.abs() * order).sum(dim=1, keepdim=True)
        heights *= (_STEEPEST / slope).clamp(max=1)
        displaced = phase + heights @ torch.sin(math.pi * order[:, None] * phase)
        points = (displaced * (n_points - 1)).clamp(0, n_points - 1)
        return sample_at(curves, points), measured

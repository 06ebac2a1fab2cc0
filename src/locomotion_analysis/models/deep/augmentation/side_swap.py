"""The same stride as a cycle of the other leg."""

from typing import Self

import numpy as np
import torch

from locomotion_analysis.models.deep.augmentation.training_cycles import (
    GaitAugmentation,
    TrainingCycles,
)
from locomotion_analysis.models.deep.legs import leg_channels, seen_from_other_leg


class SideSwap(GaitAugmentation):
    """Turns some cycles into the cycle of the other leg.

    Ipsilateral and contralateral channels are exchanged, trunk and pelvis channels outside the
    sagittal plane change sign, and the cycle starts at the other foot's contact, which is found in
    the curves: half a cycle later in even walking, another time where one leg steps shorter.

    The target stays: leave it out where the target depends on the leg (which side is affected).

    Parameters
    ----------
    chance : float
        Share of the cycles that is swapped.

    Attributes
    ----------
    legs_ : LegChannels
        Which channels pair.
    gain_, offset_ : Tensor of float32, shape (n_channels,)
        Turn the partner's scaled values into each channel's.
    """

    def __init__(self, chance: float = 0.5) -> None:
        self.chance = chance

    def fit(self, cycles: TrainingCycles) -> Self:
        """Pair the channels by name.

        Raises
        ------
        SchemaError
            If the channels have no names, or a leg's channel lacks its other side.
        """
        n_channels = cycles.scaled.curves.shape[2]
        self.legs_ = leg_channels(cycles.channels, n_channels, "channels of SideSwap")
        mean, scale = cycles.scaler.mean_, cycles.scaler.scale_
        sign, partner = np.array(self.legs_.sign), self.legs_.partner
        self.gain_ = torch.as_tensor(sign * scale[partner] / scale, dtype=torch.float32)
        self.offset_ = torch.as_tensor((sign * mean[partner] - mean) / scale, dtype=torch.float32)
        return self

    def changed(
        self, curves: torch.Tensor, measured: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return curves and mask, some of them of the other leg."""
        chosen = torch.rand(len(curves), generator=generator) < self.chance
        rows = chosen.nonzero().flatten()
        if not len(rows):
            return curves, measured
        picked = curves.index_select(0, rows), measured.index_select(0, rows)
        swapped, known = self.swapped(*picked)
        return curves.index_copy(0, rows, swapped), measured.index_copy(0, rows, known)

    def swapped(
        self, curves: torch.Tensor, measured: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return all cycles as cycles of the other leg."""
        return seen_from_other_leg(curves, measured, self.legs_, self.gain_, self.offset_)

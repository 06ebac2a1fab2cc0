"""A network that reads both legs with the same eyes."""

from collections.abc import Sequence

import torch
from torch import nn

from locomotion_analysis.models.deep.legs import leg_channels, seen_from_other_leg
from locomotion_analysis.models.deep.networks.convolutional import ResidualBlock
from locomotion_analysis.models.deep.networks.curve_network import CurveNetwork
from locomotion_analysis.models.deep.networks.cycle_stem import STEM_STRIDE, CycleStem


class TwoLegNetwork(CurveNetwork):
    """Reads each leg in its own phase with shared weights, and answers from sum and difference.

    How unlike the legs are says more of many pathologies than either of them, and a person may
    be affected on either side. A network on all channels would have to learn that for each
    channel, side and half cycle from few people. Here it is built in: each leg's channels, with
    those of trunk and pelvis, start at that leg's contact; one small residual network reads
    both; what it and the curves hold along the cycle is pooled for each leg; and the head sees
    the sum of the legs and the size of their difference. Which leg is ipsilateral makes no
    difference to the answer but through the scaling of the two legs' channels.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    channels : sequence of str
        Names of the channels; each of one leg with the same of the other.
    width : int
        Features a leg at each step.
    depth : int
        Residual blocks.
    dropout : float
        Share of pooled features left out in training.

    Raises
    ------
    SchemaError
        If the channels are not named, or one lacks its other side.

    Examples
    --------
    >>> names = ["knee_flexion_angle_ipsi_rad", "knee_flexion_angle_contra_rad"]
    >>> network = TwoLegNetwork(2, 150, 3, channels=names)
    >>> network(torch.randn(8, 150, 2), torch.ones(8, 2, dtype=torch.bool)).shape
    torch.Size([8, 3])
    """

    stride = STEM_STRIDE
    sign: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        channels: Sequence[str] | None = None,
        width: int = 16,
        depth: int = 1,
        dropout: float = 0.5,
    ) -> None:
        legs = leg_channels(channels, n_channels, "channels of the two-leg network")
        own = [*legs.ipsi, *legs.midline]
        per_leg = width + len(own)
        super().__init__(n_channels, n_points, n_outputs, 2 * per_leg, dropout)
        self.legs, self.own = legs, own
        self.register_buffer("sign", torch.tensor(legs.sign), persistent=False)
        self.stem = CycleStem(len(own), n_points, width)
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, 2**position, 0.0) for position in range(depth))
        )
        self.pool = LegPool(per_leg)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(8 * per_leg, n_outputs))

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return one leg's features and curves, then the other's: (n_cycles, n_steps, width)."""
        curves = curves * measured[:, None]
        other = seen_from_other_leg(curves, measured, self.legs, self.sign)
        views = [
            torch.cat(pair)[..., self.own] for pair in zip((curves, measured), other, strict=True)
        ]
        steps = self.blocks(self.stem(*views).transpose(1, 2)).transpose(1, 2)
        read = torch.cat([steps, views[0][:, :: self.stride]], dim=-1)
        return torch.cat(read.chunk(2), dim=-1)


class LegPool(nn.Module):  # type: ignore[misc]
    """Mean, spread, largest and smallest value of each leg; then sum and size of difference.

    Parameters
    ----------
    per_leg : int
        Features a leg.
    """

    def __init__(self, per_leg: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(8 * per_leg)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (n_cycles, 8 * per_leg) from (n_cycles, n_steps, 2 * per_leg)."""
        spread = (features.var(dim=1, correction=0) + 1e-6).sqrt()
        pooled = [features.mean(dim=1), spread, features.amax(dim=1), features.amin(dim=1)]
        one, other = torch.stack(pooled, dim=1).chunk(2, dim=-1)
        both = torch.cat([one + other, (one - other).abs()], dim=1)
        flat = both.flatten(1)
        if len(flat) > 1:
            normed: torch.Tensor = self.norm(flat)
            return normed
        # One cycle has no spread: the running one has to do, in training too.
        norm = self.norm
        return nn.functional.batch_norm(
            flat, norm.running_mean, norm.running_var, norm.weight, norm.bias
        )

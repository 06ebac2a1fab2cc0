"""A stride as a cycle of the other leg."""

import torch

from locomotion_analysis.models.deep.legs.leg_channels import LegChannels
from locomotion_analysis.models.deep.legs.other_contact import other_contact


def seen_from_other_leg(
    curves: torch.Tensor,
    measured: torch.Tensor,
    legs: LegChannels,
    gain: torch.Tensor,
    offset: torch.Tensor | float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return cycles with the legs exchanged, which start at the other foot's contact.

    Parameters
    ----------
    curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
        Scaled curves, 0 where not measured; their first and last point are the same instant of
        two cycles, so the period is one less than the points.
    measured : Tensor of bool, shape (n_cycles, n_channels)
        Which curves were measured.
    legs : LegChannels
        The channels of both legs.
    gain, offset : Tensor of float32, shape (n_channels,)
        Turn the partner's scaled values into each channel's; `gain` holds the sign.
    """
    known = measured[:, legs.partner]
    other = (curves[:, :, legs.partner] * gain + offset) * known[:, None]
    period = curves.shape[1] - 1
    start = other_contact(curves, measured, legs)[:, None]
    points = (torch.arange(period + 1, device=curves.device) + start) % period
    first = torch.arange(len(curves), device=curves.device)[:, None] * (period + 1)
    rows = (first + points).flatten()
    later = other.flatten(0, 1).index_select(0, rows)  # whole rows: faster than take_along_dim
    return later.reshape(curves.shape), known

"""Hides parts of cycles, for a network to rebuild them."""

import torch

from locomotion_analysis.models.deep.batches import Batch

LONGEST_SPAN = 0.5
SHORTEST_SPAN = 0.1


def hide_parts(batch: Batch, generator: torch.Generator) -> Batch:
    """Hide a span of phases and some channels of each cycle, and ask for nothing but these.

    Of each cycle a span of 10 to 50 % is hidden in all channels at once (a hidden angle could be
    read off its own velocity), going on at 0 % where it passes 100 %; and a share of its channels,
    anything from none to all but one, as if a laboratory had not measured them.

    Parameters
    ----------
    batch : tuple of (dict, Tensor)
        ``curves`` (n_cycles, n_points, n_channels), ``measured`` (n_cycles, n_channels); the
        target is the scaled curves, NaN where not known.
    generator : torch.Generator
        Where all chance comes from.

    Returns
    -------
    tuple of (dict, Tensor)
        ``measured`` without the hidden channels, and ``hidden`` (n_cycles, n_points), True in the
        span; the target is NaN wherever the network can see.
    """
    inputs, target = batch
    hidden = _spans(target.shape[0], target.shape[1], generator)
    measured = _some_channels(inputs["measured"], generator)
    seen = measured[:, None, :] & ~hidden[:, :, None]
    return (
        {"curves": inputs["curves"], "measured": measured, "hidden": hidden},
        target.masked_fill(seen, torch.nan),
    )


def _spans(n_cycles: int, n_points: int, generator: torch.Generator) -> torch.Tensor:
    length, start = torch.rand((2, n_cycles, 1), generator=generator)
    length = SHORTEST_SPAN + (LONGEST_SPAN - SHORTEST_SPAN) * length
    phase = torch.arange(n_points) / n_points
    hidden: torch.Tensor = (phase - start) % 1.0 < length
    return hidden


def _some_channels(measured: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    kept_share = torch.rand((len(measured), 1), generator=generator)
    chance = torch.rand(measured.shape, generator=generator).masked_fill(~measured, 2.0)
    kept = chance < kept_share
    # One is always left: of nothing, nothing can be told.
    kept.scatter_(1, chance.argmin(dim=1, keepdim=True), value=True)
    return kept & measured

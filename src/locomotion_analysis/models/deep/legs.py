"""The two legs of a stride: which channels pair, when the other foot lands, the other leg's view."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard.channels import Channel, is_channel

_SAGITTAL = ("tilt", "flexion", "extension", "sagittal")


class LegChannels(NamedTuple):
    """Positions of channels and of what takes their place seen from the other leg.

    Attributes
    ----------
    partner : list of int, length n_channels
        Position of the same channel of the other leg; a midline channel's own.
    sign : list of float, length n_channels
        -1 for a midline channel that the other leg sees with the other sign.
    ipsi : list of int
        Positions of the ipsilateral channels.
    midline : list of int
        Positions of the channels without a side.
    force : int or None
        Position of the ipsilateral vertical ground reaction force.
    """

    partner: list[int]
    sign: list[float]
    ipsi: list[int]
    midline: list[int]
    force: int | None


def leg_channels(names: Sequence[str] | None, n_channels: int, where: str) -> LegChannels:
    """Pair the channels of the two legs.

    Parameters
    ----------
    names : sequence of str or None
        Names of the channels, in order.
    n_channels : int
        How many the curves have.
    where : str
        Who asks, for the message.

    Raises
    ------
    SchemaError
        If names are missing or too few, or a leg's channel lacks its other side.

    Examples
    --------
    >>> names = ["knee_flexion_angle_contra_rad", "pelvis_obliquity_up_angle_rad"]
    >>> leg_channels([*names, "knee_flexion_angle_ipsi_rad"], 3, "here")
    LegChannels(partner=[2, 1, 0], sign=[1.0, -1.0, 1.0], ipsi=[2], midline=[1], force=None)
    """
    if names is None or len(names) != n_channels:
        raise SchemaError(
            expected=f"the names of the {n_channels} channels",
            got="none" if names is None else f"{len(names)} names",
            where=where,
            fix="pass channels=, the features given to prepare_sequential_features",
        )
    if alone := unpaired_channels(names):
        raise SchemaError(
            expected="each channel of one leg with the same channel of the other",
            got=f"{', '.join(alone[:3])} without its other side",
            where=where,
            fix="add the missing channels",
        )
    parsed = [Channel.parse(name) for name in names]
    order = {name: position for position, name in enumerate(names)}
    ipsi = [position for position, each in enumerate(parsed) if each.side == "ipsi"]
    vertical = [at for at in ipsi if parsed[at].quantity == "grf_vertical"]
    return LegChannels(
        partner=[order[_opposite(name)] for name in names],
        sign=[_mirror_sign(each) for each in parsed],
        ipsi=ipsi,
        midline=[position for position, each in enumerate(parsed) if each.side is None],
        force=vertical[0] if vertical else None,
    )


def unpaired_channels(names: Sequence[str]) -> list[str]:
    """Return the channels of one leg whose other leg's channel is missing.

    Examples
    --------
    >>> unpaired_channels(["knee_flexion_angle_ipsi_rad", "pelvis_anterior_tilt_angle_rad"])
    ['knee_flexion_angle_ipsi_rad']
    """
    return [name for name in names if _opposite(name) not in names]


def has_both_legs(names: Sequence[str]) -> bool:
    """Whether there are channels of the legs, and each with the same of the other leg.

    Examples
    --------
    >>> has_both_legs(["pelvis_anterior_tilt_angle_rad"])
    False
    """
    parsed = [Channel.parse(name) for name in names if is_channel(name)]
    sided = any(channel.side is not None for channel in parsed)
    return len(parsed) == len(names) and sided and not unpaired_channels(names)


def _opposite(name: str) -> str:
    opposite = Channel.parse(name).opposite()
    return name if opposite is None else opposite.name


def _mirror_sign(channel: Channel) -> float:
    motion = channel.motion or ""
    sagittal = any(word in motion for word in _SAGITTAL) and "lateral" not in motion
    return 1.0 if channel.side is not None or sagittal else -1.0


_LOADED_SHARE = 0.05
_TOGETHER = 0.1


def other_contact(curves: torch.Tensor, measured: torch.Tensor, legs: LegChannels) -> torch.Tensor:
    """Return when the other foot's cycle starts, in points after this one's.

    From the vertical forces where both were measured and rise once in the cycle above a twentieth
    of their range: the other foot's rise after this one's. Else the lag at which the
    contralateral channels look most like the ipsilateral ones, a few percent off where the legs
    move unlike each other. Feet that are loaded within a tenth of the cycle do not step: 0, as in
    rising from a chair.

    Parameters
    ----------
    curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
        Scaled curves; their first and last point are the same instant of two cycles.
    measured : Tensor of bool, shape (n_cycles, n_channels)
        Which curves were measured.
    legs : LegChannels
        The channels of both legs.

    Returns
    -------
    Tensor of int64, shape (n_cycles,)
        0 where the curves have no two legs.
    """
    cycle = curves[:, :-1]
    period = cycle.shape[1]
    lag = torch.zeros(len(cycle), dtype=torch.int64, device=cycle.device)
    clear = torch.zeros_like(lag, dtype=torch.bool)
    if legs.force is not None:
        forces = [legs.force, legs.partner[legs.force]]
        own, other = (_rise(cycle[:, :, force]) for force in forces)
        clear = (own >= 0) & (other >= 0) & measured[:, forces].all(dim=1)
        lag = (other - own) % period
    if legs.ipsi and not clear.all():
        lag[~clear] = _likest_lag(cycle[~clear], legs)
    steps = torch.minimum(lag, period - lag) > _TOGETHER * period
    return torch.where(steps, lag, 0)


def _likest_lag(cycle: torch.Tensor, legs: LegChannels) -> torch.Tensor:
    contra = [legs.partner[each] for each in legs.ipsi]
    own, other = (torch.fft.rfft(cycle[:, :, side], dim=1) for side in (legs.ipsi, contra))
    spectra = (own.conj() * other).sum(dim=2)
    spectra[:, 0] = 0  # the mean of a curve says nothing about when
    return torch.fft.irfft(spectra, n=cycle.shape[1], dim=1).argmax(dim=1)


def _rise(force: torch.Tensor) -> torch.Tensor:
    """Return the point at which the force rises from swing; -1 where it does not just once."""
    least, most = force.amin(dim=1, keepdim=True), force.amax(dim=1, keepdim=True)
    loaded = force > least + _LOADED_SHARE * (most - least)
    rises = loaded & ~loaded.roll(1, dims=1)
    once: torch.Tensor = torch.where(rises.sum(dim=1) == 1, rises.int().argmax(dim=1), -1)
    return once


def sample_at(curves: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Return curves at other points of each cycle, linear between the two neighbours.

    Parameters
    ----------
    curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
        Curves.
    points : Tensor of float32, shape (n_cycles, n_wanted)
        Where to read them, from 0 to ``n_points - 1``.

    Returns
    -------
    Tensor of float32, shape (n_cycles, n_wanted, n_channels)

    Examples
    --------
    >>> curves = torch.tensor([[[0.0], [2.0], [6.0]]])
    >>> sample_at(curves, torch.tensor([[0.5, 2.0, 1.5]])).flatten().tolist()
    [1.0, 6.0, 4.0]
    """
    n_cycles, n_points, n_channels = curves.shape
    below = points.floor().clamp(0, n_points - 2).long()
    rows = (torch.arange(n_cycles, device=curves.device)[:, None] * n_points + below).flatten()
    flat = curves.reshape(-1, n_channels)  # whole rows are gathered: faster than single values
    between = (points - below).reshape(-1, 1)
    sampled = torch.lerp(flat[rows], flat[rows + 1], between)
    return sampled.reshape(n_cycles, -1, n_channels)


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
        Scaled curves, 0 where not measured; their first and last point are heel strikes of the same
        foot, so the period is one less than the points.
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
    points = torch.arange(period + 1, device=curves.device) + start
    points = torch.where(points > period, points - period, points)  # the last is not the first
    first = torch.arange(len(curves), device=curves.device)[:, None] * (period + 1)
    rows = (first + points).flatten()
    later = other.flatten(0, 1).index_select(0, rows)  # whole rows: faster than take_along_dim
    return later.reshape(curves.shape), known

"""Which channels of the two legs belong together, by name."""

from collections.abc import Sequence
from typing import NamedTuple

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard.channel import Channel

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


def _opposite(name: str) -> str:
    opposite = Channel.parse(name).opposite()
    return name if opposite is None else opposite.name


def _mirror_sign(channel: Channel) -> float:
    motion = channel.motion or ""
    sagittal = any(word in motion for word in _SAGITTAL) and "lateral" not in motion
    return 1.0 if channel.side is not None or sagittal else -1.0

"""Which channels a generator draws, and which follow from those by mechanics."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation.physics import velocity
from locomotion_analysis.standard import Channel
from locomotion_analysis.standard.normative import NOT_CYCLIC

CONTACT_BW = 0.03
"""A foot with less force on it is off the ground: 20 N of 70 kg, the usual threshold of plates."""

_SAGITTAL = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}


class ChannelPlan(NamedTuple):
    """Where each channel of generated cycles comes from.

    Attributes
    ----------
    drawn : tuple of str
        Channels that the network draws.
    computed : tuple of str
        Velocities, from the drawn angle and the cycle's duration; and powers, from the drawn
        sagittal moment and that velocity.
    left_out : tuple of str
        Channels that are not made: the centre of pressure, which jumps at contact and toe-off.
    """

    drawn: tuple[str, ...]
    computed: tuple[str, ...]
    left_out: tuple[str, ...]


def channel_plan(
    available: Sequence[str], wanted: Sequence[str] | None, *, durations: bool
) -> ChannelPlan:
    """Sort channels by where they shall come from.

    Parameters
    ----------
    available : sequence of str
        Channels of the training data.
    wanted : sequence of str or None
        Channels to make; all but the centre of pressure where None.
    durations : bool
        Whether the cycles' durations are known.
    """
    chosen = list(available if wanted is None else wanted)
    left_out = [name for name in chosen if wanted is None and Channel.parse(name).joint == "cop"]
    chosen = [name for name in chosen if name not in left_out]
    if not chosen:
        raise SchemaError(expected="at least one channel to generate", got="none", where="channels")
    computed = [name for name in chosen if durations and follows_from(name, chosen)]
    drawn = tuple(name for name in chosen if name not in computed)
    return ChannelPlan(drawn, tuple(computed), tuple(left_out))


def follows_from(name: str, channels: Sequence[str]) -> tuple[str, ...]:
    """Return the angle, or the angle and the moment, that a channel is computed from.

    Empty where it is not computed, or one of them is not among `channels`.
    """
    channel = Channel.parse(name)
    side = f"_{channel.side}" if channel.side else ""
    if channel.measurement == "velocity":
        needed: tuple[str, ...] = (f"{channel.joint}_{channel.motion}_angle{side}_rad",)
    elif channel.measurement == "power" and channel.joint in _SAGITTAL:
        motion = f"{channel.joint}_{channel.motion or _SAGITTAL[channel.joint]}"
        unit = "Nm_kg" if channel.unit == "W_kg" else "Nm"
        needed = (f"{motion}_angle{side}_rad", f"{motion}_moment{side}_{unit}")
    else:
        return ()
    return needed if set(needed) <= set(channels) else ()


def computed_channel(
    name: str,
    curves: dict[str, NDArray[np.float32]],
    durations: NDArray[np.float64],
    tasks: NDArray[np.object_],
) -> NDArray[np.float32]:
    """Return a velocity (rad/s) or power (W/kg), shape (n_cycles, 150).

    Parameters
    ----------
    name : str
        The channel.
    curves : dict of str to ndarray
        The drawn channels.
    durations : ndarray, shape (n_cycles,)
        Of the cycles, s.
    tasks : ndarray of str, shape (n_cycles,)
        Of the cycles; those that end elsewhere than they began have no periodic derivative.
    """
    angle, *moment = (curves[each] for each in follows_from(name, tuple(curves)))
    cyclic = ~np.isin(tasks, NOT_CYCLIC)
    rate = np.empty(angle.shape, np.float64)
    for chosen, periodic in ((cyclic, True), (~cyclic, False)):
        if chosen.any():
            own = angle[chosen].astype(np.float64)
            rate[chosen] = velocity(own, durations[chosen], periodic=periodic)
    product: NDArray[np.float32] = (rate * moment[0] if moment else rate).astype(np.float32)
    return product


def lift_feet(curves: dict[str, NDArray[np.float32]]) -> None:
    """Set the ground reaction to 0 in place where a foot carries almost nothing."""
    for side in ("ipsi", "contra"):
        vertical = curves.get(f"grf_vertical_{side}_BW")
        if vertical is None:
            continue
        off = vertical < CONTACT_BW
        for axis in ("vertical", "anterior", "lateral"):
            if f"grf_{axis}_{side}_BW" in curves:
                curves[f"grf_{axis}_{side}_BW"][off] = 0.0

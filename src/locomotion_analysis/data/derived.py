"""Channels that follow from others: angular velocities from angles, units scaled by body mass.

Files differ in what they store. A model of angular velocities can answer cycles that hold the angles
and their duration, one of moments per kilogram those in newton metres with the mass beside them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data.locomotion_data import LocomotionData
from locomotion_analysis.data.parts import HistoryEntry
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard import N_PHASES, STANDARD_GRAVITY_M_S2, Channel

__all__ = ["Derivation", "derivation", "shared_channels", "with_derived", "with_hint"]

_PER_MASS = {"Nm_kg": ("Nm", 1.0), "W_kg": ("W", 1.0), "BW": ("N", STANDARD_GRAVITY_M_S2)}
_OF_MASS = {unit: (per_mass, factor) for per_mass, (unit, factor) in _PER_MASS.items()}
_SHOWN = 5
_MOST_GAPS_PERCENT = 50.0


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a channel follows from another.

    Attributes
    ----------
    name : str
        The channel.
    source : str
        The channel it follows from.
    column : str
        What must be known of each cycle.
    how : str
        Formula.
    """

    name: str
    source: str
    column: str
    how: str

    def curves(
        self, source: NDArray[np.float32], known: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the channel, shape (n_cycles, 150), from its source and the column."""
        given = np.where(known > 0, known, np.nan)[:, None]
        channel = Channel.parse(self.name)
        if channel.measurement == "velocity":
            slopes = np.gradient(source.astype(np.float64), axis=1, edge_order=2)
            return np.asarray(slopes * (N_PHASES - 1) / given)
        if channel.unit in _PER_MASS:
            return np.asarray(source / (given * _PER_MASS[channel.unit][1]))
        return np.asarray(source * (given * _OF_MASS[channel.unit][1]))


def derivation(name: str) -> Derivation | None:
    """Return what a channel follows from; None where nothing gives it exactly.

    Examples
    --------
    >>> derivation("knee_flexion_velocity_ipsi_rad_s").source
    'knee_flexion_angle_ipsi_rad'
    >>> derivation("knee_flexion_angle_ipsi_rad") is None
    True
    """
    channel = Channel.parse(name)
    if channel.measurement == "velocity":
        source = replace(channel, measurement="angle", unit="rad").name
        return Derivation(
            name, source, "cycle_duration_s", "central differences of the angle over time"
        )
    if channel.unit in _PER_MASS:
        unit, factor = _PER_MASS[channel.unit]
        weight = "body weight" if factor != 1 else "body mass"
        return Derivation(name, replace(channel, unit=unit).name, "mass_kg", f"divided by {weight}")
    if channel.unit in _OF_MASS and channel.measurement != "cop":
        unit, factor = _OF_MASS[channel.unit]
        weight = "body weight" if factor != 1 else "body mass"
        return Derivation(name, replace(channel, unit=unit).name, "mass_kg", f"times {weight}")
    return None


def with_derived(data: LocomotionData, names: Iterable[str]) -> LocomotionData:
    """Return the data with those of some channels that it lacks and that follow from others.

    Angular velocities are central differences of the angle over time (Winter 2009, Biomechanics and
    Motor Control of Human Movement, ch. 3), at the first and last point one-sided of second order.
    They are rates of the joint angle, not components of the segments' angular velocity. Moments, powers
    and forces are scaled by the mass.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    names : iterable of str
        Channels wanted.

    Returns
    -------
    LocomotionData
        Its history names what was derived; the same data where nothing was. A cycle whose duration or
        mass is not known has NaN.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> walk = simulate(2, 2, ["level_walking"]).select(channels=["knee_flexion_angle_ipsi_rad"])
    >>> with_derived(walk, ["knee_flexion_velocity_ipsi_rad_s"]).channels[1]
    'knee_flexion_velocity_ipsi_rad_s'
    """
    found = [each for each in _absent(data.channels, names) if _possible(each, data)]
    if not found:
        return data
    cycles = data.cycles
    curves = [
        each.curves(data.curves(each.source), pd.to_numeric(cycles[each.column]).to_numpy(float))
        for each in found
    ]
    block = np.concatenate([data.block, np.asarray(curves, dtype=np.float32)])
    by_rule: dict[tuple[str, str], list[str]] = {}
    for each in found:
        by_rule.setdefault((each.how, each.column), []).append(each.name)
    entries = [
        HistoryEntry("derived", f"{', '.join(made)}: {how} ({column})")
        for (how, column), made in by_rule.items()
    ]
    channels = (*data.channels, *(each.name for each in found))
    return LocomotionData(cycles, block, channels, (*data.history, *entries))


def with_hint(fix: str, data: LocomotionData, missing: Sequence[str]) -> str:
    """Return what to do about missing channels, with those that a further column would give."""
    columns: dict[str, list[str]] = {}
    for each in _absent(data.channels, missing):
        if each.source in data.channels and not _possible(each, data):
            columns.setdefault(each.column, []).append(f"{each.name} from {each.source}")
    hints = [
        f"{', '.join(each[:_SHOWN])}{f' and {len(each) - _SHOWN} more' * (len(each) > _SHOWN)} "
        f"can be derived once the column {column} is known"
        for column, each in columns.items()
    ]
    return "; ".join([*hints, fix])


def shared_channels(data: LocomotionData, other: LocomotionData) -> tuple[list[str], list[str]]:
    """Return the channels that other data have too, and those of them that are derived there.

    A channel that less than half of the other's cycles have in full does not count: a model that
    needs it could not predict for the rest.

    Parameters
    ----------
    data : LocomotionData
        The data of the training.
    other : LocomotionData
        The data that the model will be used on.

    Returns
    -------
    shared : list of str
        Channels of `data` that `other` has or that follow from its own, in the order of `data`.
    derived : list of str
        Those of them that follow from others.

    Raises
    ------
    SchemaError
        If there is none.
    """
    gaps = other.missing()
    there = [name for name in other.channels if gaps[name] <= _MOST_GAPS_PERCENT]
    complete = other.select(channels=there) if there else other
    derived = [
        each.name
        for each in _absent(there, data.channels)
        if each.source in there and _possible(each, complete)
    ]
    shared = [name for name in data.channels if name in there or name in derived]
    if not shared:
        raise SchemaError(
            expected="channels that both have",
            got=f"{', '.join(data.channels[:_SHOWN])} here, {', '.join(there[:_SHOWN]) or 'none'} there",
            fix="compare `locomotion info` of both",
        )
    return shared, derived


def _absent(channels: Sequence[str], names: Iterable[str]) -> list[Derivation]:
    there = set(channels)
    absent = (derivation(name) for name in dict.fromkeys(names) if name not in there)
    return [each for each in absent if each is not None]


def _possible(each: Derivation, data: LocomotionData) -> bool:
    if each.source not in data.channels or each.column not in data.columns:
        return False
    known = data.cycles[each.column]
    return pd.api.types.is_numeric_dtype(known) and bool((known > 0).any())

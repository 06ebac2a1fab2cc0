"""The end of stance of each cycle: measured where it can be, published where it cannot."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.columns import GRAVITY_M_S2, leg_length_m, number_column
from locomotion_analysis.features.feature import Values
from locomotion_analysis.standard import PHASE_PERCENT, toe_off_percent

CONTACT_FORCE_N = 20.0
"""Vertical force above which the foot is on the ground (Fukuchi et al. 2017, PeerJ 5:e3298)."""

_USUAL_MASS_KG = 70.0
_SHORTEST_SWING = 8
"""Samples (5 % of the cycle): shorter unloading is noise, not a swing."""


@dataclass(frozen=True)
class Stance:
    """Where stance ends.

    Attributes
    ----------
    percent : ndarray, shape (n_cycles,)
        Toe-off of the ipsilateral foot, percent of the cycle; NaN for a task without steps.
    source : ndarray of str, shape (n_cycles,)
        ``"grf"`` (vertical force), ``"metadata"`` (column stance_percent), ``"published"``
        (literature, by task and speed) or ``"unknown"``.
    """

    percent: Values
    source: NDArray[Any]

    @property
    def measured(self) -> Values:
        """The percent where it was measured, NaN where it is a published value."""
        return np.where(np.isin(self.source, ("grf", "metadata")), self.percent, np.nan)

    def note(self) -> str:
        """Return how many cycles each source served."""
        counts = ", ".join(f"{name} {count}" for name, count in Counter(self.source).most_common())
        return f"end of stance taken from (cycles): {counts}"


def stance_percent(data: LocomotionData) -> Stance:
    """Find toe-off of every cycle.

    In this order: where the vertical ground reaction force falls below 20 N for the longest
    time (on force in body weights: 20 N over the subject's weight, or over that of 70 kg where
    the mass is unknown), interpolated between samples; the column ``stance_percent``; the
    published toe-off of the task at the cycle's speed.

    Parameters
    ----------
    data : LocomotionData
        The cycles.

    Returns
    -------
    Stance

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> stance = stance_percent(simulate(n_subjects=3, n_cycles=2))
    >>> sorted(set(stance.source.tolist()))
    ['grf']
    """
    cycles = data.cycles
    published = _published(cycles)
    metadata = number_column(cycles, "stance_percent")
    metadata[~((metadata > 0) & (metadata < 100))] = np.nan
    load = ground_load(data, cycles, "ipsi")
    force = np.full(len(cycles), np.nan) if load is None else toe_off_from_load(load)
    known = [np.isfinite(force), np.isfinite(metadata), np.isfinite(published)]
    percent = np.select(known, [force, metadata, published], default=np.nan)
    source = np.select(known, ["grf", "metadata", "published"], default="unknown")
    return Stance(percent, source.astype(object))


def ground_load(data: LocomotionData, cycles: pd.DataFrame, side: str) -> Values | None:
    """Return vertical force less the contact threshold, (n_cycles, 150), or None without one."""
    for unit in ("BW", "N"):
        name = f"grf_vertical_{side}_{unit}"
        if name in data.channels:
            force = data.curves(name).astype(np.float64)
            return force - _threshold(cycles, unit)[:, None]
    return None


def _threshold(cycles: pd.DataFrame, unit: str) -> Values:
    if unit == "N":
        return np.full(len(cycles), CONTACT_FORCE_N)
    mass = number_column(cycles, "mass_kg")
    weight = np.where(np.isnan(mass), _USUAL_MASS_KG, mass) * GRAVITY_M_S2
    return CONTACT_FORCE_N / weight


def toe_off_from_load(load: Values) -> Values:
    """Return the phase at which the longest unloaded stretch begins, NaN where there is none.

    Parameters
    ----------
    load : ndarray, shape (n_cycles, 150)
        Vertical force less the threshold: positive while the foot is on the ground.
    """
    index = np.arange(load.shape[1])
    last_loaded = np.maximum.accumulate(np.where(load > 0, index, -1), axis=1)
    unloaded_for = index - last_loaded
    swing_end = unloaded_for.argmax(axis=1)
    rows = np.arange(len(load))
    before = last_loaded[rows, swing_end]
    good = (unloaded_for[rows, swing_end] >= _SHORTEST_SWING) & (before >= _SHORTEST_SWING)
    good &= np.isfinite(load).all(axis=1)
    before = np.where(good, before, 0)
    after = before + 1
    high, low = load[rows, before], load[rows, after]
    share = np.divide(high, high - low, out=np.zeros_like(high), where=good)
    step = PHASE_PERCENT[1]
    return np.where(good, PHASE_PERCENT[before] + share * step, np.nan)


def loaded_percent(load: Values) -> Values:
    """Return for how much of the cycle a piecewise-linear curve is above zero, percent."""
    start, end = load[:, :-1], load[:, 1:]
    above = np.maximum(start, 0) + np.maximum(end, 0)
    size = np.abs(start) + np.abs(end)
    share = np.divide(above, size, out=np.zeros_like(size), where=size > 0)
    return np.where(np.isfinite(load).all(axis=1), 100.0 * share.mean(axis=1), np.nan)


def _published(cycles: pd.DataFrame) -> Values:
    speed, leg = number_column(cycles, "speed_m_s"), leg_length_m(cycles)
    task = cycles["task"].to_numpy(dtype=object)
    result = np.full(len(cycles), np.nan)
    for name in cycles["task"].unique():
        own = task == name
        result[own] = toe_off_percent(name, speed[own], leg[own])
    return result

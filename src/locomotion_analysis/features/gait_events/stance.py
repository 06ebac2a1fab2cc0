"""The end of stance of each cycle: measured where it can be, published where it cannot."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.columns import leg_length_m, number_column
from locomotion_analysis.features.feature import Values
from locomotion_analysis.features.kernels.ground_contact import toe_off
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2, toe_off_percent

CONTACT_FORCE_N = 20.0
"""Vertical force above which the foot is on the ground (Fukuchi et al. 2017, PeerJ 5:e3298)."""

_USUAL_MASS_KG = 70.0
_SOURCES = np.array(["grf", "metadata", "published", "unknown"])


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
    source: NDArray[np.str_]

    @property
    def measured(self) -> Values:
        """The percent where it was measured, NaN where it is a published value."""
        return np.where(np.isin(self.source, ("grf", "metadata")), self.percent, np.nan)

    def note(self) -> str:
        """Return how many cycles each source served."""
        counts = ", ".join(
            f"{name} {count}" for name, count in Counter(self.source.tolist()).most_common()
        )
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
    metadata = number_column(cycles, "stance_percent")
    metadata[~((metadata > 0) & (metadata < 100))] = np.nan
    ground = ground_force(data, cycles, "ipsi")
    force = np.full(len(cycles), np.nan) if ground is None else toe_off(*ground)
    percent = np.where(np.isfinite(force), force, metadata)
    unmeasured = np.isnan(percent)
    if unmeasured.any():
        percent[unmeasured] = _published(cycles[unmeasured])
    known = [np.isfinite(force), np.isfinite(metadata), np.isfinite(percent)]
    return Stance(percent, _SOURCES[np.select(known, [0, 1, 2], default=3)])


class GroundForce(NamedTuple):
    """Vertical force of one foot and what it takes to be on the ground.

    Attributes
    ----------
    force : ndarray of float32, shape (n_cycles, 150)
        BW or N.
    threshold : ndarray, shape (n_cycles,)
        20 N in the force's unit.
    """

    force: NDArray[np.float32]
    threshold: Values


def ground_force(data: LocomotionData, cycles: pd.DataFrame, side: str) -> GroundForce | None:
    """Return the vertical force of a side with its contact threshold, or None without one."""
    for unit in ("BW", "N"):
        name = f"grf_vertical_{side}_{unit}"
        if name in data.channels:
            return GroundForce(data.curves(name), _threshold(cycles, unit))
    return None


def _threshold(cycles: pd.DataFrame, unit: str) -> Values:
    if unit == "N":
        return np.full(len(cycles), CONTACT_FORCE_N)
    mass = number_column(cycles, "mass_kg")
    weight = np.where(np.isnan(mass), _USUAL_MASS_KG, mass) * STANDARD_GRAVITY_M_S2
    return CONTACT_FORCE_N / weight


def _published(cycles: pd.DataFrame) -> Values:
    speed, leg = number_column(cycles, "speed_m_s"), leg_length_m(cycles)
    task = cycles["task"].to_numpy(dtype=object)
    result = np.full(len(cycles), np.nan)
    for name in cycles["task"].unique():
        own = task == name
        result[own] = toe_off_percent(name, speed[own], leg[own])
    return result

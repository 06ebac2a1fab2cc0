"""Some cycles of a dataset, and what several checks measure of them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality.batch import HEALTHY
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT, STANDARD_GRAVITY_M_S2
from revalidation.figure import NotInDataError

Array = NDArray[np.float64]
Speeds = tuple[float, float]

LEVEL = ("level_walking",)
WALKING = ("level_walking", "incline_walking", "decline_walking")
STEPPING = (*WALKING, "stair_ascent", "stair_descent")
SIDES = ("ipsi", "contra")
MOTIONS = {"hip": "hip_flexion", "knee": "knee_flexion", "ankle": "ankle_dorsiflexion"}

WHOLE = (0.0, 100.0)
"""The whole cycle, percent."""

USUAL_M_S: Speeds = (1.15, 1.45)
"""Speeds that count as 1.3 m/s."""

_TRIAL = ["dataset", "subject", "task", "task_id"]
_FEWEST_PEOPLE = 5
_LEG_SHARE_OF_HEIGHT = 0.53


@dataclass(frozen=True, eq=False)
class Choice:
    """Some cycles of a dataset.

    Attributes
    ----------
    data : LocomotionData
    rows : ndarray of int
        Positions of the cycles in the data.
    what : str
        The cycles in words, for the message that something is not there.
    """

    data: LocomotionData
    rows: NDArray[np.intp]
    what: str

    def curves(self, channel: str) -> Array:
        """Return a channel, (n_cycles, 150); angles in degrees, cycles not measured NaN."""
        if channel not in self.data.channels:
            raise NotInDataError(f"no channel {channel}")
        found = self.data.curves(channel)[self.rows].astype(np.float64)
        if not np.isfinite(found).all(axis=1).any():
            raise NotInDataError(f"{channel} not measured in {self.what}")
        return np.degrees(found) if channel.endswith("_rad") else found

    def column(self, name: str) -> Array:
        """Return a column of numbers, (n_cycles,)."""
        if name not in self.data.cycles:
            raise NotInDataError(f"no column {name}")
        found = self.data.cycles[name].to_numpy(dtype=np.float64)[self.rows]
        if not np.isfinite(found).any():
            raise NotInDataError(f"{name} not known in {self.what}")
        return found

    def by_trial(self, values: Array, *more: Hashable) -> Array:
        """Return the mean of each subject's cycles of one task and condition.

        Parameters
        ----------
        values : ndarray, shape (n_cycles,) or (n_cycles, n)
        *more : str
            Columns of `cycles` to keep apart as well.

        Returns
        -------
        ndarray, shape (n_trials,) or (n_trials, n)
        """
        means = pd.DataFrame(values).groupby(self.codes(*more)).mean().to_numpy()
        return means[:, 0] if values.ndim == 1 else means

    def codes(self, *more: Hashable) -> NDArray[np.intp]:
        """Return the number of each cycle's trial (and value of `more`)."""
        keys = self.data.cycles.iloc[self.rows].groupby([*_TRIAL, *more], sort=False)
        return keys.ngroup().to_numpy().astype(np.intp)

    def froude_speed(self) -> Array:
        """Return the dimensionless speed ``v / sqrt(g L)`` of each cycle."""
        speed: Array = self.column("speed_m_s") / np.sqrt(
            STANDARD_GRAVITY_M_S2 * self.leg_length_m()
        )
        return speed

    def leg_length_m(self) -> Array:
        """Return the leg length, or 0.53 of the height where only that is known."""
        if "leg_length_m" in self.data.cycles:
            return self.column("leg_length_m")
        return _LEG_SHARE_OF_HEIGHT * self.column("height_m")


def choose(
    data: LocomotionData,
    tasks: Sequence[str],
    pathology: str | None = "healthy",
    speed_m_s: Speeds | None = None,
    incline_deg: float | None = None,
    where: str | None = None,
) -> Choice:
    """Return the cycles of some tasks, people and speeds.

    Parameters
    ----------
    data : LocomotionData
    tasks : sequence of str
    pathology : str or None
        None for everybody. Data without a column `pathology` counts as healthy.
    speed_m_s : tuple of float, optional
        Lowest and highest speed.
    incline_deg : float, optional
        Slope, within 1.5 degrees.
    where : str, optional
        A further condition, as for :meth:`pandas.DataFrame.query`.

    Raises
    ------
    NotInDataError
        If fewer than five people are left.
    """
    cycles = data.cycles
    keep = cycles["task"].isin(list(tasks))
    if pathology is not None:
        keep &= _has(cycles, pathology)
    if speed_m_s is not None:
        keep &= _numbers(cycles, "speed_m_s").between(*speed_m_s)
    if incline_deg is not None:
        keep &= (_numbers(cycles, "incline_deg") - incline_deg).abs() <= 1.5
    if where is not None:
        keep &= _condition(cycles, where)
    what = _in_words(tasks, pathology, speed_m_s, incline_deg, where)
    people = cycles.loc[keep, ["dataset", "subject"]].drop_duplicates()
    if len(people) < _FEWEST_PEOPLE:
        raise NotInDataError(f"{what}: {len(people)} people, {_FEWEST_PEOPLE} are needed")
    return Choice(data, np.flatnonzero(keep.to_numpy()), what)


def _has(cycles: pd.DataFrame, pathology: str) -> "pd.Series[bool]":
    if "pathology" not in cycles:
        return pd.Series(pathology == "healthy", index=cycles.index)
    wanted = list(HEALTHY) if pathology == "healthy" else [pathology]
    return cycles["pathology"].isin(wanted)


def _numbers(cycles: pd.DataFrame, name: str) -> "pd.Series[float]":
    if name not in cycles:
        raise NotInDataError(f"no column {name}")
    return pd.Series(cycles[name].to_numpy(dtype=np.float64), index=cycles.index)


def _condition(cycles: pd.DataFrame, where: str) -> "pd.Series[bool]":
    try:
        found = cycles.eval(where)
    except pd.errors.UndefinedVariableError as error:
        raise NotInDataError(f"no column for {where}") from error
    return pd.Series(np.asarray(found, dtype=bool), index=cycles.index)


def _in_words(
    tasks: Sequence[str],
    pathology: str | None,
    speed: Speeds | None,
    slope: float | None,
    where: str | None,
) -> str:
    parts = [pathology or "", " or ".join(tasks)]
    parts += [f"at {speed[0]:g} to {speed[1]:g} m/s"] if speed else []
    parts += [f"at {slope:+g} degrees"] if slope is not None else []
    parts += [f"with {where}"] if where else []
    return " ".join(part for part in parts if part)


def share(low_percent: float, high_percent: float) -> slice:
    """Return the samples from one phase to another."""
    first, last = np.searchsorted(PHASE_PERCENT, [low_percent, high_percent + 1e-9])
    return slice(int(first), int(last))


def cycle_mean(curves: Array) -> Array:
    """Return the mean over the cycle (trapezium rule), without the last axis."""
    return np.asarray(np.trapezoid(curves, dx=1.0 / (N_PHASES - 1), axis=-1), dtype=np.float64)


def furthest(values: Array, centre: float) -> float:
    """Return the value that lies furthest from `centre`."""
    known = values[np.isfinite(values)]
    return float(known[np.abs(known - centre).argmax()])

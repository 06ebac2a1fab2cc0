"""Published normative curves of the tasks, on the phase grid and in standard units."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard.channel import Channel
from locomotion_analysis.standard.phase import PHASE_PERCENT
from locomotion_analysis.standard.tasks import TASKS

Array = NDArray[np.float64]

SOURCES: dict[str, str] = {
    "level_walking": "Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015), "
    "with adult amplitudes after Winter and Fukuchi, Fukuchi & Duarte 2018 "
    "(doi:10.7717/peerj.4640)",
    "incline_walking": "kinematics: Embry et al. 2018; kinetics derived from level walking",
    "decline_walking": "kinematics: Embry et al. 2018; kinetics derived from level walking",
    "run": "26 runners of Fukuchi, Fukuchi & Duarte 2017 (doi:10.7717/peerj.3298)",
    "stair_ascent": "reconstructed from Riener 2002, Protopapadaki 2007, Costigan 2002; SD assumed",
    "stair_descent": "reconstructed from Riener 2002, Protopapadaki 2007; SD assumed",
    "sit_to_stand": "reconstructed from Kotake 1993 and Yoshioka 2007; SD assumed",
    "stand_to_sit": "reconstructed from Kotake 1993 and Yoshioka 2007; SD assumed",
}
"""Where each task's curves come from."""

NOT_CYCLIC = ("sit_to_stand", "stand_to_sit")
"""Tasks that end elsewhere than they began; both legs move together."""

_TABLE_PHASES = np.linspace(0.0, 100.0, 51)


@dataclass(frozen=True, eq=False)
class NormativeCurves:
    """Mean and between-subject standard deviation of healthy adults in one task.

    Attributes
    ----------
    task : str
    channels : tuple of str
        Ipsilateral, contralateral and midline channels in standard units.
    mean, sd : ndarray, shape (n_channels, 150)
    source : str
        The papers behind the numbers.
    """

    task: str
    channels: tuple[str, ...]
    mean: Array
    sd: Array
    source: str

    def of(self, channel: str) -> tuple[Array, Array] | None:
        """Return mean and standard deviation of `channel`, or None where there is none."""
        if channel not in self.channels:
            return None
        row = self.channels.index(channel)
        return self.mean[row], self.sd[row]


@cache
def _table() -> dict[str, NDArray[Any]]:
    place = files("locomotion_analysis.standard") / "tables" / "normative.npz"
    with as_file(place) as path, np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


@cache
def conditions(task: str) -> tuple[tuple[str, ...], Array, Array, Array, Array]:
    """Return what is tabulated of a task, on the phase grid.

    Parameters
    ----------
    task : str
        A task of :data:`~locomotion_analysis.standard.TASKS`.

    Returns
    -------
    channels : tuple of str
        Ipsilateral and midline channels.
    mean, sd : ndarray, shape (n_conditions, n_channels, 150)
    speed_m_s, incline_deg : ndarray, shape (n_conditions,)
        NaN where the condition has no speed.

    Raises
    ------
    SchemaError
        If the task is unknown.
    """
    from scipy.interpolate import PchipInterpolator

    if task not in TASKS:
        raise SchemaError(expected=f"a task of {tuple(TASKS)}", got=repr(task))
    table = _table()
    rows = np.flatnonzero(table["task"] == task)
    both = np.stack([table["speed_m_s"][rows], table["incline_deg"][rows]])
    _, first, of = np.unique(np.nan_to_num(both), axis=1, return_index=True, return_inverse=True)
    channels = tuple(dict.fromkeys(table["channel"][rows].tolist()))
    shape = (len(first), len(channels), len(PHASE_PERCENT))
    curves = np.full((2, *shape), np.nan)
    column = [channels.index(name) for name in table["channel"][rows]]
    for found, name in zip(curves, ("mean", "sd"), strict=True):
        # Shape-preserving: a cubic spline would overshoot below zero force in swing.
        found[of, column] = PchipInterpolator(_TABLE_PHASES, table[name][rows], axis=1)(
            PHASE_PERCENT
        )
    speed, incline = (
        table[name][rows[first]].astype(float) for name in ("speed_m_s", "incline_deg")
    )
    return channels, curves[0], curves[1], speed, incline


@cache
def normative_curves(
    task: str, speed_m_s: float | None = None, incline_deg: float | None = None
) -> NormativeCurves:
    """Return the normative curves of healthy adults.

    Level walking and running are linear in speed between the tabulated ones (0.8 to 1.8 and
    2.5 to 4.5 m/s) and held outside; ramps are linear in the slope (5 to 10 degrees). Where
    speed or slope is not given, the mean of the tabulated conditions is returned and their
    spread is added to the variance. The contralateral leg is the ipsilateral one half a cycle
    later; in sit-to-stand both legs move together.

    Parameters
    ----------
    task : str
        A task of :data:`~locomotion_analysis.standard.TASKS`.
    speed_m_s : float, optional
        Walking or running speed, m/s.
    incline_deg : float, optional
        Slope of a ramp, degrees.

    Returns
    -------
    NormativeCurves

    Raises
    ------
    SchemaError
        If the task is unknown.

    Examples
    --------
    >>> curves = normative_curves("level_walking", speed_m_s=1.2)
    >>> mean, sd = curves.of("knee_flexion_angle_ipsi_rad")
    >>> mean.shape, bool(0.95 < mean.max() < 1.25)
    ((150,), True)
    """
    channels, mean, sd, speed, incline = conditions(task)
    along, at = (speed, speed_m_s) if len(set(incline)) == 1 else (incline, incline_deg)
    if at is None or not np.isfinite(at):
        weights = np.full(len(along), 1.0 / len(along))
        between = mean.var(axis=0)
    else:
        weights, between = _linear_weights(along, at), np.zeros(mean.shape[1:])
    centre = np.tensordot(weights, mean, axes=1)
    spread = np.sqrt(np.tensordot(weights, sd**2, axes=1) + between)
    names, rows = zip(*mirrored_channels(task, channels), strict=True)
    both = np.stack([shift(centre[row], lag) for row, lag in rows])
    both_sd = np.stack([shift(spread[row], lag) for row, lag in rows])
    for curves in (both, both_sd):
        curves.setflags(write=False)
    return NormativeCurves(task, names, both, both_sd, SOURCES[task])


def mirrored_channels(task: str, channels: tuple[str, ...]) -> list[tuple[str, tuple[int, float]]]:
    """Name both legs' channels, each with its row and lag (percent of the cycle)."""
    lag = 0.0 if task in NOT_CYCLIC else 50.0
    own = [(name, (row, 0.0)) for row, name in enumerate(channels)]
    opposite = [(Channel.parse(name).opposite(), row) for row, name in enumerate(channels)]
    return own + [(other.name, (row, lag)) for other, row in opposite if other is not None]


def shift(curve: Array, lag_percent: float) -> Array:
    """Return a periodic curve `lag_percent` of the cycle later (linear between samples).

    Parameters
    ----------
    curve : ndarray, shape (..., 150)
        First and last sample are the same instant of two cycles.
    lag_percent : float
        How much later each event shall come, percent of the cycle.
    """
    if lag_percent == 0.0:
        return curve
    from scipy.interpolate import interp1d

    wanted = (PHASE_PERCENT - lag_percent) % 100.0
    later = interp1d(PHASE_PERCENT, curve, axis=-1)(wanted)
    return np.asarray(later, dtype=np.float64)


def _linear_weights(nodes: Array, at: float) -> Array:
    """Weights of linear interpolation at `at`, held outside the nodes."""
    order = np.argsort(nodes)
    unit = np.eye(len(nodes))
    return np.array([np.interp(at, nodes[order], unit[row][order]) for row in range(len(nodes))])

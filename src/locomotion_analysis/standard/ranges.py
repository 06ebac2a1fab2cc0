"""Plausible values of each channel, by task and phase: a healthy band and wide rails."""

import json
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard.channel import SEGMENTS, Channel
from locomotion_analysis.standard.normative import (
    NOT_CYCLIC,
    conditions,
    mirrored_channels,
    shift,
)
from locomotion_analysis.standard.phase import PHASE_PERCENT
from locomotion_analysis.standard.tasks import TASKS

Array = NDArray[np.float64]
Kind = Literal["healthy", "rails"]

SD_FLOOR = {
    "angle": np.radians(3.0),
    "moment": 0.04,
    "power": 0.1,
    "grf": 0.02,
}
"""Smallest standard deviation believed, in the channel's own unit.

A mean over many subjects has almost no spread where the curve is near zero (force in swing),
and a laboratory's own offsets are a few degrees (Pinzone et al. 2014, Gait Posture 40:286).
"""

RAIL_SD_FLOOR = {"joint": np.radians(5.0), "segment": np.radians(8.0)}
"""Smallest standard deviation behind the rails of angles.

The published spreads of segment angles on ramps and stairs are assumptions; a segment adds up
the spreads of the joints above it (hip and knee about 6 degrees each).
"""

RAIL_SHARE_OF_PEAK = 0.25
"""Smallest standard deviation behind the rails of forces, moments and powers, as a share of the
mean curve's peak. Level walking has 16 % (moments) to 36 % (powers)."""

HEALTHY_SD = 3.0
RAIL_SD = 6.0
TIMING_PERCENT = 10.0
"""How far, in percent of the cycle, an event may lie from where it is in the mean curve."""


@cache
def _published_rails() -> dict[str, dict[str, list[list[float]]]]:
    place = files("locomotion_analysis.standard") / "tables" / "rails.json"
    rails: dict[str, dict[str, list[list[float]]]] = json.loads(place.read_text(encoding="utf-8"))
    return rails


def _envelope(task: str, kind: Kind) -> tuple[tuple[str, ...], Array, Array]:
    """Lowest and highest of mean -/+ some standard deviations over a task's conditions."""
    channels, mean, sd, _, _ = conditions(task)
    if kind == "healthy":
        floors = np.array([SD_FLOOR[Channel.parse(name).measurement] for name in channels])
        spread = HEALTHY_SD * np.maximum(sd, floors[:, None])
    else:
        peaks = np.abs(mean).max(axis=(0, 2))
        floors = np.array([_rail_floor(*pair) for pair in zip(channels, peaks, strict=True)])
        spread = RAIL_SD * np.maximum(sd, floors[:, None])
    return channels, (mean - spread).min(axis=0), (mean + spread).max(axis=0)


def _rail_floor(name: str, peak: float) -> float:
    channel = Channel.parse(name)
    if channel.measurement == "angle":
        return float(RAIL_SD_FLOOR["segment" if channel.joint in SEGMENTS else "joint"])
    return float(max(SD_FLOOR[channel.measurement], RAIL_SHARE_OF_PEAK * peak))


def _widened_in_time(
    low: Array, high: Array, percent: float, *, cyclic: bool
) -> tuple[Array, Array]:
    """Let each bound come `percent` of the cycle earlier or later."""
    samples = round(percent / 100 * (len(PHASE_PERCENT) - 1))
    if not samples:
        return low, high
    size = 2 * samples + 1
    pad = ((0, 0), (samples, samples))
    if cyclic:  # first and last sample are the same instant
        lows, highs = (np.pad(curve[:, :-1], pad, mode="wrap") for curve in (low, high))
        lows, highs = (np.concatenate([c, c[:, size - 1 : size]], axis=1) for c in (lows, highs))
    else:
        lows, highs = (np.pad(curve, pad, mode="edge") for curve in (low, high))
    windows = np.lib.stride_tricks.sliding_window_view
    return windows(lows, size, axis=1).min(axis=-1), windows(highs, size, axis=1).max(axis=-1)


def _rails(task: str) -> tuple[tuple[str, ...], Array, Array]:
    """Wide rails: six standard deviations, shifted in time, or the published rails if wider."""
    channels, low, high = _envelope(task, "rails")
    low, high = _widened_in_time(low, high, TIMING_PERCENT, cyclic=task not in NOT_CYCLIC)
    for name, rows in _published_rails().get(task, {}).items():
        if name in channels:
            phase, bottom, top = np.array(rows).T
            row = channels.index(name)
            low[row] = np.minimum(low[row], np.interp(PHASE_PERCENT, phase, bottom, period=100.0))
            high[row] = np.maximum(high[row], np.interp(PHASE_PERCENT, phase, top, period=100.0))
    return channels, low, high


@cache
def range_bands(
    task: str, kind: Kind = "healthy", timing_percent: float = 0.0
) -> tuple[dict[str, int], Array, Array]:
    """Return lower and upper bounds of every channel of a task.

    ``healthy``: the envelope, over all tabulated speeds and slopes, of the normative mean
    -/+ 3 between-subject standard deviations. ``rails``: -/+ 6 standard deviations, with events
    up to 10 % of the cycle early or late, united with the LocoHub project's published ranges;
    what lies outside is a mistake in the data, not a patient.

    Parameters
    ----------
    task : str
        A task of :data:`~locomotion_analysis.standard.TASKS`.
    kind : {"healthy", "rails"}
    timing_percent : float
        Let events come this much earlier or later still, percent of the cycle.

    Returns
    -------
    rows : dict of str to int
        Channel name -> row, both legs.
    low, high : ndarray, shape (n_channels, 150)

    Raises
    ------
    SchemaError
        If task or kind is unknown.
    """
    if task not in TASKS or kind not in ("healthy", "rails"):
        raise SchemaError(
            expected=f"a task of {tuple(TASKS)} and a kind of ('healthy', 'rails')",
            got=f"{task!r}, {kind!r}",
        )
    own, low, high = _rails(task) if kind == "rails" else _envelope(task, "healthy")
    low, high = _widened_in_time(low, high, timing_percent, cyclic=task not in NOT_CYCLIC)
    names, rows = zip(*mirrored_channels(task, own), strict=True)
    lows = np.stack([shift(low[row], lag) for row, lag in rows])
    highs = np.stack([shift(high[row], lag) for row, lag in rows])
    for bound in (lows, highs):
        bound.setflags(write=False)
    return {name: row for row, name in enumerate(names)}, lows, highs


def plausible_range(
    task: str, phase: ArrayLike, channel: str, kind: Kind = "healthy"
) -> tuple[Array, Array]:
    """Return the plausible values of a channel at some phases of a task.

    Parameters
    ----------
    task : str
        A task of :data:`~locomotion_analysis.standard.TASKS`.
    phase : array_like
        Percent of the ipsilateral cycle, 0 to 100.
    channel : str
        Standard channel name.
    kind : {"healthy", "rails"}
        See :func:`range_bands`.

    Returns
    -------
    low, high : ndarray
        In the channel's unit, the shape of `phase`.

    Raises
    ------
    SchemaError
        If the task is unknown or has no range for the channel.

    Examples
    --------
    >>> low, high = plausible_range("level_walking", 70, "knee_flexion_angle_ipsi_rad")
    >>> bool(low < 1.05 < high)
    True
    """
    rows, low, high = range_bands(task, kind)
    if channel not in rows:
        raise SchemaError(
            expected=f"a channel with a published range in {task}",
            got=repr(channel),
            fix=f"ranges exist for {', '.join(sorted(rows))}",
        )
    at = np.asarray(phase, dtype=np.float64)
    row = rows[channel]
    return np.interp(at, PHASE_PERCENT, low[row]), np.interp(at, PHASE_PERCENT, high[row])

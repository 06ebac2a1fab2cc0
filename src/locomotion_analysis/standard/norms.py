"""Published norms of the tasks: mean curves, plausible ranges, and the cohort behind gait scores.

All are in standard units on the phase grid. The cohort is frozen: its version changes whenever a
number changes.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard.channels import (
    PHASE_PERCENT,
    SEGMENTS,
    STANDARD_GRAVITY_M_S2,
    TASKS,
    Channel,
    toe_off_percent,
)

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
    "turning": "none: no curves of turns are tabulated",
    "backward_walking": "none: no curves of walking backward are tabulated",
    "dual_task_walking": "those of level walking, at the speed walked: in young healthy adults the "
    "change of stride times under a second task is explained by the slower speed (Beauchet et al. "
    "2005, doi:10.1186/1743-0003-2-26)",
}
"""Where each task's curves come from."""

TABLE_OF = {"dual_task_walking": "level_walking"}
"""Task -> the task whose table it shares."""

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

    Examples
    --------
    >>> from locomotion_analysis.standard import normative_curves
    >>> mean, sd = normative_curves("level_walking").of("knee_flexion_angle_ipsi_rad")
    >>> mean.shape
    (150,)
    """

    task: str
    channels: tuple[str, ...]
    mean: Array
    sd: Array
    source: str

    def of(self, channel: str) -> tuple[Array, Array] | None:
        """Return the norm of one channel.

        Parameters
        ----------
        channel : str

        Returns
        -------
        mean, sd : ndarray, shape (150,)
            In the unit of the channel, from 0 to 100 % of the cycle; None instead of both where no
            norm is published.
        """
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
        Ipsilateral and midline channels; none for a task of which nothing is published.
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
    rows = np.flatnonzero(table["task"] == TABLE_OF.get(task, task))
    if not len(rows):
        nothing, unknown = np.empty((1, 0, len(PHASE_PERCENT))), np.full(1, np.nan)
        return (), nothing, nothing, unknown, unknown
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

    Walking with a second task has the curves of level walking; of turns nothing is tabulated, and
    there are no channels. Level walking and running are linear in speed between the tabulated ones (0.8 to 1.8 and
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
    legs = mirrored_channels(task, channels)
    both, both_sd = _of_both_legs(centre, legs), _of_both_legs(spread, legs)
    return NormativeCurves(task, tuple(name for name, _ in legs), both, both_sd, SOURCES[task])


def mirrored_channels(task: str, channels: tuple[str, ...]) -> list[tuple[str, tuple[int, float]]]:
    """Name both legs' channels, each with its row and lag (percent of the cycle)."""
    lag = 0.0 if task in NOT_CYCLIC else 50.0
    own = [(name, (row, 0.0)) for row, name in enumerate(channels)]
    opposite = [(Channel.parse(name).opposite(), row) for row, name in enumerate(channels)]
    return own + [(other.name, (row, lag)) for other, row in opposite if other is not None]


def _of_both_legs(curves: Array, legs: list[tuple[str, tuple[int, float]]]) -> Array:
    """Return the curves that :func:`mirrored_channels` names, shape (n_channels, 150), read-only."""
    both = np.array([shift(curves[row], lag) for _, (row, lag) in legs], dtype=np.float64)
    both = both.reshape(len(legs), len(PHASE_PERCENT))
    both.setflags(write=False)
    return both


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


# Steps of healthy walkers

_STEP_SD_SHARE = 0.075
_STEP_WIDTH_PER_LEG_LENGTH = 0.13
_STEP_SD = {"step_width_m": 0.03, "stance_percent": 2.0, "double_support_percent": 3.0}


def expected_steps(
    speed_m_s: ArrayLike, leg_length_m: ArrayLike
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the steps of healthy people at a walking speed, for their leg length.

    With ``v* = v / sqrt(g L)``: step length ``1.085 L v*^0.428``, cadence ``60 v / step length``,
    stance as :func:`~locomotion_analysis.standard.toe_off_percent` and double support ``7.05 + 4.98 / v*`` percent of the cycle, all
    fitted to the five speeds of Schwartz, Rozumalski & Trost 2008
    (doi:10.1016/j.jbiomech.2008.03.015); step width ``0.13 L`` (Donelan, Kram & Kuo 2001).
    The standard deviations between people are 7.5 % of step length and cadence, 0.03 m, 2 % and
    3 %.

    Parameters
    ----------
    speed_m_s : array_like
        Walking speed on the level.
    leg_length_m : array_like
        Leg length, broadcast against the speed.

    Returns
    -------
    mean, sd : dict of str to ndarray
        ``cadence_steps_min``, ``step_length_m``, ``step_width_m``, ``stance_percent`` and
        ``double_support_percent``; NaN where speed or leg length is unknown.

    Examples
    --------
    >>> mean, sd = expected_steps(1.3, 0.9)
    >>> round(float(mean["step_length_m"]), 2), round(float(mean["cadence_steps_min"]))
    (0.69, 114)
    """
    speed, leg = np.broadcast_arrays(
        np.asarray(speed_m_s, np.float64), np.asarray(leg_length_m, np.float64)
    )
    known = (speed > 0) & (leg > 0)
    speed, leg = np.where(known, speed, np.nan), np.where(known, leg, np.nan)
    v = speed / np.sqrt(STANDARD_GRAVITY_M_S2 * leg)
    step = 1.085 * leg * v**0.428
    mean = {
        "cadence_steps_min": 60.0 * speed / step,
        "step_length_m": step,
        "step_width_m": _STEP_WIDTH_PER_LEG_LENGTH * leg,
        "stance_percent": np.where(known, toe_off_percent("level_walking", speed, leg), np.nan),
        "double_support_percent": 7.05 + 4.98 / v,
    }
    sd = {
        name: np.where(known, _STEP_SD[name], np.nan) if name in _STEP_SD else _STEP_SD_SHARE * each
        for name, each in mean.items()
    }
    return mean, sd


# Plausible values by task and phase: a healthy band and wide rails

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


def _envelope(task: str, kind: Kind) -> tuple[tuple[str, ...], Array, Array]:
    """Lowest and highest of mean -/+ some standard deviations over a task's conditions."""
    channels, mean, sd, _, _ = conditions(task)
    parsed = [Channel.parse(name) for name in channels]
    floors = np.array([SD_FLOOR[channel.measurement] for channel in parsed])
    if kind == "rails":
        is_angle = np.array([channel.measurement == "angle" for channel in parsed])
        is_segment = np.array([channel.joint in SEGMENTS for channel in parsed])
        angle_floors = np.where(is_segment, RAIL_SD_FLOOR["segment"], RAIL_SD_FLOOR["joint"])
        peaks = np.abs(mean).max(axis=(0, 2))
        floors = np.where(is_angle, angle_floors, np.maximum(floors, RAIL_SHARE_OF_PEAK * peaks))
    spread = (HEALTHY_SD if kind == "healthy" else RAIL_SD) * np.maximum(sd, floors[:, None])
    return channels, (mean - spread).min(axis=0), (mean + spread).max(axis=0)


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
    own, low, high = _envelope(task, kind)
    cyclic = task not in NOT_CYCLIC
    if kind == "rails":
        low, high = _widened_in_time(low, high, TIMING_PERCENT, cyclic=cyclic)
        place = files("locomotion_analysis.standard") / "tables" / "rails.json"
        tables = json.loads(place.read_text(encoding="utf-8"))
        published = tables.get(TABLE_OF.get(task, task), {})
        for row, name in enumerate(own):
            if name in published:
                phase, bottom, top = np.array(published[name]).T
                lowest, highest = (
                    np.interp(PHASE_PERCENT, phase, rail, period=100.0) for rail in (bottom, top)
                )
                low[row] = np.minimum(low[row], lowest)
                high[row] = np.maximum(high[row], highest)
    low, high = _widened_in_time(low, high, timing_percent, cyclic=cyclic)
    legs = mirrored_channels(task, own)
    lows, highs = _of_both_legs(low, legs), _of_both_legs(high, legs)
    return {name: row for row, (name, _) in enumerate(legs)}, lows, highs


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
        See ``range_bands``.

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


# Reference cohort of the clinical gait scores

PROFILE_CHANNELS = (
    "pelvis_anterior_tilt_angle_rad",
    "pelvis_obliquity_up_angle_rad",
    "pelvis_internal_rotation_angle_rad",
    "hip_flexion_angle_ipsi_rad",
    "hip_adduction_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
)
"""The gait variables the reference cohort has, in the order of the table."""

EXTRA_CHANNELS = (
    "hip_internal_rotation_angle_ipsi_rad",
    "foot_progression_internal_angle_ipsi_rad",
)
"""The two other variables of the Gait Profile Score: reference means are published curves."""


@dataclass(frozen=True, eq=False)
class ScoreReference:
    """Healthy adults walking on the level, and the basis of the Gait Deviation Index.

    Attributes
    ----------
    version : str
        Changes whenever a number changes.
    source : str
        Who was measured, or simulated.
    mean : ndarray, shape (7, 150)
        Mean curves of `PROFILE_CHANNELS`, rad.
    mean_squares : ndarray, shape (n_cycles, 7)
        Squared Gait Variable Scores of the healthy cycles, rad^2.
    basis : ndarray, shape (7, 15, 150)
        Vectors whose scalar products with the seven curves (rad) are the scores c (degrees).
    centre : ndarray, shape (15,)
        Mean score of the healthy.
    log_distance : tuple of float
        Mean and SD of ln |c - centre| of the healthy cycles.
    log_shape : tuple of float
        The same of their curves without constant offsets.
    fidelity : float
        Part of the pooled cohort's sum of squares that the 15 vectors hold.
    gillette_names : tuple of str
    gillette_mean, gillette_covariance : ndarray, shapes (k,) and (k, k)
        Discrete parameters of the healthy cycles.
    variability_names : tuple of str
    variability_mean, variability_sd, variability_weight : ndarray, shape (m,)
        Stride-to-stride fluctuations of the healthy subjects, and their first component.
    log_variability : tuple of float
        Mean and SD of the logarithm of the healthy subjects' distance.
    enhanced_names : tuple of str
    enhanced_mean, enhanced_sd, enhanced_weight : ndarray, shape (m,)
        Logarithms of the fluctuations of the enhanced index, and their first component.
    enhanced_variability : tuple of float
        Mean and SD of the healthy subjects' weighted sum.
    """

    version: str
    source: str
    mean: Array
    mean_squares: Array
    basis: Array
    centre: Array
    log_distance: tuple[float, float]
    log_shape: tuple[float, float]
    fidelity: float
    gillette_names: tuple[str, ...]
    gillette_mean: Array
    gillette_covariance: Array
    variability_names: tuple[str, ...]
    variability_mean: Array
    variability_sd: Array
    variability_weight: Array
    log_variability: tuple[float, float]
    enhanced_names: tuple[str, ...]
    enhanced_mean: Array
    enhanced_sd: Array
    enhanced_weight: Array
    enhanced_variability: tuple[float, float]

    def log_profile(self, channels: tuple[str, ...]) -> tuple[float, float]:
        """Return mean and SD of the healthy cycles' ln GPS (GPS in degrees) over some channels.

        Parameters
        ----------
        channels : tuple of str
            Among `PROFILE_CHANNELS`.
        """
        columns = [PROFILE_CHANNELS.index(name) for name in channels]
        profile = np.degrees(np.sqrt(self.mean_squares[:, columns].mean(axis=1)))
        return float(np.log(profile).mean()), float(np.log(profile).std(ddof=1))


@cache
def score_reference() -> ScoreReference:
    """Return the frozen reference of the clinical scores.

    Returns
    -------
    ScoreReference

    Examples
    --------
    >>> reference = score_reference()
    >>> reference.basis.shape
    (7, 15, 150)
    """
    place = files("locomotion_analysis.standard") / "tables" / "score_reference.npz"
    with as_file(place) as path, np.load(path, allow_pickle=False) as stored:
        table = {name: stored[name] for name in stored.files}
    arrays: dict[str, Array] = {}
    for name in (
        "mean",
        "mean_squares",
        "basis",
        "centre",
        "gillette_mean",
        "gillette_covariance",
        "variability_mean",
        "variability_sd",
        "variability_weight",
        "enhanced_mean",
        "enhanced_sd",
        "enhanced_weight",
    ):
        arrays[name] = np.ascontiguousarray(table[name], dtype=np.float64)
        arrays[name].setflags(write=False)
    return ScoreReference(
        version=str(table["version"]),
        source=str(table["source"]),
        fidelity=float(table["fidelity"]),
        log_distance=_pair(table["log_distance"]),
        log_shape=_pair(table["log_shape"]),
        log_variability=_pair(table["log_variability"]),
        enhanced_variability=_pair(table["enhanced_variability"]),
        gillette_names=tuple(table["gillette_names"].tolist()),
        variability_names=tuple(table["variability_names"].tolist()),
        enhanced_names=tuple(table["enhanced_names"].tolist()),
        **arrays,
    )


def _pair(values: NDArray[np.generic]) -> tuple[float, float]:
    mean, sd = (float(value) for value in values)
    return mean, sd

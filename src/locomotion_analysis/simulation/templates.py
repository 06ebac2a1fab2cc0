"""Published mean gait curves as functions of speed and slope."""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.simulation.series import N_COEFFICIENTS, N_SINES

Array = NDArray[np.float64]

LEG_CHANNELS = (
    "hip_flexion_angle",
    "knee_flexion_angle",
    "ankle_dorsiflexion_angle",
    "hip_adduction_angle",
    "hip_internal_rotation_angle",
    "knee_adduction_angle",
    "foot_progression_internal_angle",
    "hip_flexion_moment",
    "knee_flexion_moment",
    "ankle_dorsiflexion_moment",
    "hip_adduction_moment",
    "knee_adduction_moment",
    "pelvis_anterior_tilt_angle",
    "pelvis_obliquity_up_angle",
    "pelvis_internal_rotation_angle",
    "trunk_anterior_tilt_angle",
    "trunk_obliquity_up_angle",
    "trunk_internal_rotation_angle",
)
"""Curves given by a Fourier series of the leg's cycle: angles in degrees, moments in Nm/kg."""

FORCE_CHANNELS = ("grf_vertical", "grf_anterior", "grf_lateral")
"""Curves given by a sine series of stance, in body weights."""

SPEED_LIMITS = (0.15, 0.70)
"""Dimensionless speeds level walking was measured at; slower and faster are held here."""

RUN_SPEED_LIMITS = (0.75, 1.60)
"""The same for running."""

STAIR_TOE_OFF_PERCENT = {"stair_ascent": 65.0, "stair_descent": 66.5}
"""Toe-off of the stair templates, percent of the cycle."""

RISE = "sit_to_stand"
"""The task that is no stride: both feet stay down and both legs do the same."""

_RUN_V, _RUN_TOE_OFF_PERCENT = (0.8414, 1.1779, 1.5144), (39.4, 34.8, 32.8)
Table = dict[tuple[str, str, str], Array]


@cache
def _table() -> Table:
    path = files("locomotion_analysis.simulation") / "templates" / "coefficients.csv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return {(task, term, name): np.array(c.split(), float) for task, term, name, _, c in rows}


def _stack(task: str, term: str, channels: tuple[str, ...]) -> Array:
    width = N_SINES if channels is FORCE_CHANNELS else N_COEFFICIENTS
    return np.stack([_table().get((task, term, name), np.zeros(width)) for name in channels])


def level_toe_off_percent(v: Array) -> Array:
    """Toe-off (% of the cycle) at dimensionless speed `v`: ``52.8 + 2.64 / v``.

    Fitted to Schwartz, Rozumalski & Trost 2008, J Biomech 41:1639.
    """
    return 52.8 + 2.64 / np.clip(v, *SPEED_LIMITS)


def _quadratic(task: str, v: Array, channels: tuple[str, ...]) -> Array:
    limits = RUN_SPEED_LIMITS if task == "run" else SPEED_LIMITS
    v = np.clip(v, *limits)[..., None, None]
    terms = [_stack(task, term, channels) for term in ("one", "v", "v2")]
    curves: Array = terms[0] + v * terms[1] + v**2 * terms[2]
    return curves


def template(task: str, v: Array, grade: Array, channels: tuple[str, ...]) -> Array:
    """Coefficients of the healthy mean curves.

    Walking is quadratic in the dimensionless speed ``v* = v / sqrt(g L)`` plus a change
    quadratic in the slope; running is quadratic in `v`; stairs and sit to stand have one
    template each.

    Parameters
    ----------
    task : str
        One of the simulated tasks.
    v, grade : ndarray, shape (...)
        Dimensionless speed, and slope in degrees (uphill positive).
    channels : tuple of str
        `LEG_CHANNELS` or `FORCE_CHANNELS`.

    Returns
    -------
    ndarray, shape (..., n_channels, n_coefficients)
        Fourier or sine coefficients; for sit to stand Fourier coefficients of the movement and
        its mirror image, and cosine coefficients of the forces.
    """
    if task == "run":
        return _quadratic(task, v, channels)
    if task == RISE or task in STAIR_TOE_OFF_PERCENT:
        one = _stack(task, "one", channels)
        return np.broadcast_to(one, (*np.shape(v), *one.shape))
    slope = grade[..., None, None]
    ramp = slope * _stack("ramp", "grade", channels) + slope**2 * _stack("ramp", "grade2", channels)
    walking: Array = _quadratic("level_walking", v, channels) + ramp
    return walking


def toe_off_percent(task: str, v: Array) -> Array:
    """Toe-off of the template (% of the cycle), the anchor of the time warp.

    Running: Fukuchi, Fukuchi & Duarte 2017 (PeerJ 5:e3298), by dimensionless speed.
    """
    if task == RISE:
        return np.full(np.shape(v), 100.0)
    if task == "run":
        return np.interp(v, _RUN_V, _RUN_TOE_OFF_PERCENT)
    if task in STAIR_TOE_OFF_PERCENT:
        return np.full(np.shape(v), STAIR_TOE_OFF_PERCENT[task])
    return level_toe_off_percent(v)

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
    "hip_flexion_moment",
    "knee_flexion_moment",
    "ankle_dorsiflexion_moment",
    "pelvis_anterior_tilt_angle",
    "pelvis_obliquity_up_angle",
    "pelvis_internal_rotation_angle",
)
"""Curves given by a Fourier series of the leg's cycle: angles in degrees, moments in Nm/kg."""

FORCE_CHANNELS = ("grf_vertical", "grf_anterior", "grf_lateral")
"""Curves given by a sine series of stance, in body weights."""

SPEED_LIMITS = (0.15, 0.70)
"""Dimensionless speeds the level template was measured at; slower and faster are held here."""

STAIR_TOE_OFF_PERCENT = {"stair_ascent": 65.0, "stair_descent": 66.5}
"""Toe-off of the stair templates, percent of the cycle."""

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


def _polynomial(v: Array, grade: Array, channels: tuple[str, ...]) -> Array:
    v = np.clip(v, *SPEED_LIMITS)[..., None, None]
    slope = grade[..., None, None]
    level = (
        _stack("level_walking", "one", channels)
        + v * _stack("level_walking", "v", channels)
        + v**2 * _stack("level_walking", "v2", channels)
    )
    ramp = slope * _stack("ramp", "grade", channels) + slope**2 * _stack("ramp", "grade2", channels)
    template: Array = level + ramp
    return template


def template(task: str, v: Array, grade: Array, channels: tuple[str, ...]) -> Array:
    """Coefficients of the healthy mean curves.

    Walking is quadratic in the dimensionless speed ``v* = v / sqrt(g L)`` plus a change
    quadratic in the slope. Stairs have one template; the channels it lacks (pelvic obliquity and
    rotation, hip adduction, lateral force) are taken from level walking at the same `v`.

    Parameters
    ----------
    task : str
        One of the five walking and stair tasks.
    v, grade : ndarray, shape (...)
        Dimensionless speed, and slope in degrees (uphill positive).
    channels : tuple of str
        `LEG_CHANNELS` or `FORCE_CHANNELS`.

    Returns
    -------
    ndarray, shape (..., n_channels, n_coefficients)
    """
    if task not in STAIR_TOE_OFF_PERCENT:
        return _polynomial(v, grade, channels)
    found = _polynomial(v, np.zeros_like(grade), channels)
    for index, name in enumerate(channels):
        if (task, "one", name) in _table():
            found[..., index, :] = _table()[task, "one", name]
    return found


def toe_off_percent(task: str, v: Array) -> Array:
    """Toe-off of the template (% of the cycle), the anchor of the time warp."""
    if task in STAIR_TOE_OFF_PERCENT:
        return np.full(np.shape(v), STAIR_TOE_OFF_PERCENT[task])
    return level_toe_off_percent(v)

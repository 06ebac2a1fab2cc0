"""The tasks, and the published end of stance in each."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.standard.units import STANDARD_GRAVITY_M_S2

TASKS: dict[str, str] = {
    "level_walking": "Level walking",
    "incline_walking": "Incline walking",
    "decline_walking": "Decline walking",
    "stair_ascent": "Stair ascent",
    "stair_descent": "Stair descent",
    "run": "Running",
    "sit_to_stand": "Sit to stand",
    "stand_to_sit": "Stand to sit",
}
"""Task name -> title for people."""

STANCE_PERCENT: dict[str, float] = {
    "level_walking": 59.0,
    "incline_walking": 59.0,
    "decline_walking": 59.0,
    "stair_ascent": 64.5,
    "stair_descent": 67.0,
    "run": 36.0,
}
"""Toe-off in percent of the cycle at a task's usual speed, where the speed is not known.

Walking: Schwartz, Rozumalski & Trost 2008 at their free speed. Stairs: Beaulieu et al. 2008.
Running: middle of Fukuchi, Fukuchi & Duarte 2017 between 2.5 and 4.5 m/s.
"""

_WALKING = ("level_walking", "incline_walking", "decline_walking")
_RUN_SPEED_M_S = (2.5, 3.5, 4.5)
_RUN_STANCE_PERCENT = (39.4, 34.8, 32.8)
_ADULT_LEG_LENGTH_M = 0.9


def toe_off_percent(
    task: str, speed_m_s: ArrayLike | None = None, leg_length_m: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the published toe-off of a task, for cycles without a force plate.

    Walking: ``52.8 + 2.64 / v*`` with ``v* = v / sqrt(g L)``, fitted to the five speeds of
    Schwartz, Rozumalski & Trost 2008 (J Biomech 41:1639). Running: duty factor against speed
    of Fukuchi, Fukuchi & Duarte 2017 (PeerJ 5:e3298), linear between 2.5 and 4.5 m/s.

    Parameters
    ----------
    task : str
        A task of :data:`TASKS`.
    speed_m_s : array_like, optional
        Speed of each cycle, m/s; NaN where unknown.
    leg_length_m : array_like, optional
        Leg length, m; 0.9 where unknown.

    Returns
    -------
    ndarray
        Toe-off, percent of the cycle, in the shape of `speed_m_s`; NaN for a task without
        a stance phase, or one that is not known.

    Examples
    --------
    >>> float(toe_off_percent("level_walking", 1.3).round(1))
    58.8
    >>> bool(toe_off_percent("sit_to_stand") != toe_off_percent("sit_to_stand"))
    True
    """
    usual = STANCE_PERCENT.get(task, np.nan)
    if speed_m_s is None or task not in (*_WALKING, "run"):
        return np.full(np.shape(0.0 if speed_m_s is None else speed_m_s), usual)
    speed = np.asarray(speed_m_s, dtype=np.float64)
    if task == "run":
        stance = np.interp(speed, _RUN_SPEED_M_S, _RUN_STANCE_PERCENT)
    else:
        leg = np.asarray(
            _ADULT_LEG_LENGTH_M if leg_length_m is None else leg_length_m, dtype=np.float64
        )
        leg = np.where(np.isfinite(leg), leg, _ADULT_LEG_LENGTH_M)
        froude_root = np.maximum(speed / np.sqrt(STANDARD_GRAVITY_M_S2 * leg), 0.15)
        stance = 52.8 + 2.64 / froude_root
    return np.where(np.isfinite(speed), stance, usual)

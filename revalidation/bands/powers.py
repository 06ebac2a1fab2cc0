"""Checks 4 and 12: joint powers and work."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import N_PHASES
from revalidation.choice import LEVEL, MOTIONS, SIDES, STEPPING, Array, Choice, choose
from revalidation.figure import Band

Rate = Callable[[Choice, str, str], Array]


def recorded_velocity(walks: Choice, motion: str, side: str) -> Array:
    """Return the velocity channel, rad/s."""
    return walks.curves(f"{motion}_velocity_{side}_rad_s")


def derived_velocity(walks: Choice, motion: str, side: str) -> Array:
    """Return the derivative of the angle, rad/s: central differences."""
    angle = np.radians(walks.curves(f"{motion}_angle_{side}_rad"))
    step = walks.column("cycle_duration_s")[:, None] / (N_PHASES - 1)
    rate: Array = np.gradient(angle, axis=1, edge_order=2) / step
    return rate


def power_error(data: LocomotionData, rate: Rate) -> float:
    """Return the RMS of power minus moment x velocity, W/kg, of the joint where it is largest."""
    return max(float(np.sqrt(np.nanmean((p - q) ** 2))) for p, q in _pairs(data, rate))


def power_correlation(data: LocomotionData, rate: Rate) -> float:
    """Return the correlation of power with moment x velocity of the joint where it is least."""
    return min(_correlation(p, q) for p, q in _pairs(data, rate))


def _pairs(data: LocomotionData, rate: Rate) -> list[tuple[Array, Array]]:
    walks = choose(data, STEPPING, pathology=None)
    return [
        (
            walks.curves(f"{joint}_power_{side}_W_kg"),
            walks.curves(f"{motion}_moment_{side}_Nm_kg") * rate(walks, motion, side),
        )
        for joint, motion in MOTIONS.items()
        for side in SIDES
    ]


def _correlation(one: Array, other: Array) -> float:
    known = np.isfinite(one) & np.isfinite(other)
    return min(float(np.corrcoef(one[known], other[known])[0, 1]), 1.0)  # above by rounding


def net_work(data: LocomotionData, tasks: Sequence[str], incline_deg: float | None) -> float:
    """Return the net work of hip, knee and ankle of a leg over a cycle, J/kg, mean over trials."""
    walks = choose(data, tasks, incline_deg=incline_deg)
    powers = np.sum([walks.curves(f"{joint}_power_ipsi_W_kg") for joint in MOTIONS], axis=0)
    seconds = walks.column("cycle_duration_s") / (N_PHASES - 1)
    return float(np.nanmean(walks.by_trial(np.trapezoid(powers, axis=1) * seconds)))


def _work_band(name: str, task: str, slope: float | None, low: float, high: float) -> Band:
    measure = partial(net_work, tasks=(task,), incline_deg=slope)
    return Band("12", f"net joint work, {name}", low, high, "J/kg", _WORK, measure)


_WORK = "body weight raised a cycle; Montgomery & Grabowski 2018"
_DEFINITION = "P = M ω (Schwartz 2008, Winter 1991 recomputed)"

BANDS = (
    Band(
        "4",
        "power - M x velocity, worst joint",
        0.0,
        0.15,
        "W/kg",
        _DEFINITION,
        partial(power_error, rate=recorded_velocity),
    ),
    Band(
        "4",
        "power - M x d(angle)/dt, worst joint",
        0.0,
        0.15,
        "W/kg",
        _DEFINITION,
        partial(power_error, rate=derived_velocity),
    ),
    Band(
        "4",
        "correlation with M x velocity",
        0.98,
        1.0,
        "1",
        _DEFINITION,
        partial(power_correlation, rate=recorded_velocity),
    ),
    Band(
        "4",
        "correlation with M x d(angle)/dt",
        0.98,
        1.0,
        "1",
        _DEFINITION,
        partial(power_correlation, rate=derived_velocity),
    ),
    _work_band("level", LEVEL[0], None, 0.0, 0.35),
    _work_band("10 degrees up", "incline_walking", 10.0, 0.4, 0.9),
    _work_band("10 degrees down", "decline_walking", -10.0, -1.0, -0.4),
    _work_band("stair ascent", "stair_ascent", None, 1.2, 1.8),
    _work_band("stair descent", "stair_descent", None, -1.8, -1.1),
)

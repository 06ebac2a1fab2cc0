"""Checks 2, 3 and 7: ground reaction forces."""

from collections.abc import Callable
from functools import partial

import numpy as np

from locomotion_analysis.data import LocomotionData
from revalidation.channels import FORE_AFT, VERTICAL
from revalidation.choice import (
    LEVEL,
    SIDES,
    STEPPING,
    USUAL_M_S,
    Array,
    choose,
    cycle_mean,
    furthest,
    share,
)
from revalidation.figure import Band
from revalidation.peaks import Part, highest, lowest

_GAIT = (*STEPPING, "run")
_FIRST, _VALLEY, _SECOND = (6.0, 30.0), (20.0, 45.0), (38.0, 62.0)


def leg_load(data: LocomotionData) -> float:
    """Return the mean vertical force of a healthy leg, BW, of the leg further from one half."""
    walks = choose(data, STEPPING)
    means = [walks.by_trial(cycle_mean(walks.curves(f"grf_vertical_{side}_BW"))) for side in SIDES]
    return furthest(np.nanmean(means, axis=1), 0.5)


def both_legs(data: LocomotionData) -> float:
    """Return both legs' mean vertical force, BW, of the cycle where it is furthest from one."""
    walks = choose(data, _GAIT, pathology=None)
    total = sum(walks.curves(f"grf_vertical_{side}_BW") for side in SIDES)
    return furthest(cycle_mean(np.asarray(total)), 1.0)


def leg_impulse(data: LocomotionData) -> float:
    """Return a healthy leg's net fore-aft impulse as a share of the whole, mean over trials."""
    walks = choose(data, LEVEL)
    force = walks.by_trial(walks.curves(FORE_AFT))
    return abs(float(np.nanmean(_net_share(force))))


def both_legs_impulse(data: LocomotionData) -> float:
    """Return everybody's net fore-aft impulse of both legs as a share, mean of the sizes."""
    walks = choose(data, LEVEL, pathology=None)
    legs = [walks.curves(f"grf_anterior_{side}_BW") for side in SIDES]
    net = np.abs(cycle_mean(legs[0] + legs[1]))
    whole = cycle_mean(np.abs(legs[0])) + cycle_mean(np.abs(legs[1]))
    return float(np.nanmean(net / whole))


def _net_share(force: Array) -> Array:
    return cycle_mean(force) / cycle_mean(np.abs(force))


def peak_against_speed(data: LocomotionData) -> float:
    """Return how much the first peak rises with speed over the trials, BW per m/s."""
    walks = choose(data, LEVEL)
    peak = walks.by_trial(walks.curves(VERTICAL))[:, share(*_FIRST)].max(axis=1)
    speed = walks.by_trial(walks.column("speed_m_s"))
    known = np.isfinite(peak) & np.isfinite(speed)
    return float(np.polyfit(speed[known], peak[known], 1)[0])


def _at_usual_speed(
    measure: Callable[..., float], name: str, low: float, high: float, part: Part
) -> Band:
    found = partial(measure, tasks=LEVEL, channel=VERTICAL, part=part, speed_m_s=USUAL_M_S)
    return Band("7", f"{name} at 1.3 m/s", low, high, "BW", _PEAKS, found)


_NEWTON = "momentum over a whole cycle"
_PEAKS = "Schwartz 2008, Winter 1991, Fukuchi 2018"

BANDS = (
    Band("2", "vertical force of a healthy leg", 0.485, 0.515, "BW", _NEWTON, leg_load),
    Band("2", "both legs, worst cycle", 0.98, 1.02, "BW", _NEWTON, both_legs),
    Band("3", "net fore-aft impulse, healthy leg", 0.0, 0.05, "1", _NEWTON, leg_impulse),
    Band("3", "net fore-aft impulse, both legs", 0.0, 0.05, "1", _NEWTON, both_legs_impulse),
    _at_usual_speed(highest, "first vertical peak", 1.05, 1.20, _FIRST),
    _at_usual_speed(lowest, "valley", 0.72, 0.85, _VALLEY),
    _at_usual_speed(highest, "second vertical peak", 1.04, 1.16, _SECOND),
    Band("7", "rise of the first peak", 0.20, 0.40, "BW s/m", "Schwartz 2008", peak_against_speed),
)

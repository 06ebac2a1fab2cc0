"""Checks 5 and 6: events, steps and speed."""

from functools import partial

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import PHASE_PERCENT, STANDARD_GRAVITY_M_S2
from revalidation.channels import VERTICAL
from revalidation.choice import LEVEL, STEPPING, Array, Choice, Speeds, choose, share
from revalidation.figure import Band, NotInDataError

LOADED_BW = 0.03
"""A foot is on the ground above this; 20 N at 68 kg."""

_BEFORE_CONTACT = share(0, 95)
_SPEEDS: dict[str, Speeds] = {
    "below 1.15 m/s": (0.3, 1.15),
    "1.15-1.45 m/s": (1.15, 1.45),
    "above 1.45 m/s": (1.45, 2.2),
}
_RUNS: dict[str, Speeds] = {
    "below 3 m/s": (1.8, 3.0),
    "3-4 m/s": (3.0, 4.0),
    "above 4 m/s": (4.0, 6.0),
}


def toe_off_percent(walks: Choice) -> Array:
    """Return when the foot leaves the ground, percent of the cycle.

    Last crossing of :data:`LOADED_BW` by the vertical force before 95 %, linear between samples;
    the column `stance_percent` where there is no force.
    """
    if VERTICAL not in walks.data.channels:
        return walks.column("stance_percent")
    force = walks.curves(VERTICAL)[:, _BEFORE_CONTACT]
    loaded = force > LOADED_BW
    last = force.shape[1] - 1 - loaded[:, ::-1].argmax(axis=1)
    row, after = np.arange(len(force)), np.minimum(last + 1, force.shape[1] - 1)
    drop = force[row, last] - force[row, after]
    part = (force[row, last] - LOADED_BW) / np.where(drop > 0, drop, np.inf)
    step = PHASE_PERCENT[1]
    known = loaded.any(axis=1) & np.isfinite(force).all(axis=1)
    return np.where(known, (last + part) * step, np.nan)


def toe_off_error(data: LocomotionData, speed_m_s: Speeds) -> float:
    """Return toe-off minus ``52.8 + 2.64 / v*``, percent of the cycle, mean over trials."""
    walks = choose(data, LEVEL, speed_m_s=speed_m_s)
    return _mean(walks, toe_off_percent(walks) - (52.8 + 2.64 / walks.froude_speed()))


def double_support_error(data: LocomotionData) -> float:
    """Return double support minus ``2 toe-off - 100``, percent, mean over trials.

    Double support: the part of the cycle with both feet loaded.
    """
    walks = choose(data, LEVEL)
    both = [walks.curves(f"grf_vertical_{side}_BW") > LOADED_BW for side in ("ipsi", "contra")]
    support = 100.0 * (both[0] & both[1])[:, :-1].mean(axis=1)
    return _mean(walks, support - (2 * toe_off_percent(walks) - 100.0))


def duty(data: LocomotionData, speed_m_s: Speeds) -> float:
    """Return the part of a running stride with the foot on the ground, mean over trials."""
    runs = choose(data, ["run"], speed_m_s=speed_m_s)
    return _mean(runs, toe_off_percent(runs) / 100.0)


def speed_error(data: LocomotionData) -> float:
    """Return by how much step length x cadence differs from speed, percent, worst cycle."""
    walks = choose(data, (*STEPPING, "run"), pathology=None)
    product = walks.column("step_length_m") * walks.column("cadence_steps_min") / 60.0
    return float(100.0 * np.nanmax(np.abs(product / walks.column("speed_m_s") - 1.0)))


def step_length_error(data: LocomotionData, speed_m_s: Speeds) -> float:
    """Return step length against ``1.085 L v*^0.428``, percent off, mean over trials."""
    walks = choose(data, LEVEL, speed_m_s=speed_m_s)
    law = 1.085 * walks.leg_length_m() * walks.froude_speed() ** 0.428
    return _mean(walks, 100.0 * (walks.column("step_length_m") / law - 1.0))


def cadence_error(data: LocomotionData, speed_m_s: Speeds) -> float:
    """Return cadence against ``0.928 v*^0.577 sqrt(g / L)`` steps/s, percent off."""
    walks = choose(data, LEVEL, speed_m_s=speed_m_s)
    rate = np.sqrt(STANDARD_GRAVITY_M_S2 / walks.leg_length_m())
    law = 60.0 * 0.928 * walks.froude_speed() ** 0.577 * rate
    return _mean(walks, 100.0 * (walks.column("cadence_steps_min") / law - 1.0))


def _mean(walks: Choice, values: Array) -> float:
    if not np.isfinite(values).any():
        raise NotInDataError(f"nothing measured in {walks.what}")
    return float(np.nanmean(walks.by_trial(values)))


_LAWS = "fitted to Schwartz 2008, five speeds"
_DUTY = "Fukuchi 2017"

BANDS = (
    *(
        Band(
            "5",
            f"toe-off minus law, {name}",
            -2.5,
            2.5,
            "%",
            _LAWS,
            partial(toe_off_error, speed_m_s=s),
        )
        for name, s in _SPEEDS.items()
    ),
    Band(
        "5",
        "double support minus (2 toe-off - 100)",
        -2.0,
        2.0,
        "%",
        "definition",
        double_support_error,
    ),
    *(
        Band("5", f"running duty, {name}", 0.27, 0.42, "1", _DUTY, partial(duty, speed_m_s=s))
        for name, s in _RUNS.items()
    ),
    Band("6", "step length x cadence - speed, worst", 0.0, 0.5, "%", "definition", speed_error),
    *(
        Band(
            "6",
            f"step length off law, {name}",
            -8.0,
            8.0,
            "%",
            _LAWS,
            partial(step_length_error, speed_m_s=s),
        )
        for name, s in _SPEEDS.items()
    ),
    *(
        Band(
            "6",
            f"cadence off law, {name}",
            -8.0,
            8.0,
            "%",
            _LAWS,
            partial(cadence_error, speed_m_s=s),
        )
        for name, s in _SPEEDS.items()
    ),
)

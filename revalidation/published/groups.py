"""How groups of people walk on the level at their own speed."""

from functools import partial

import numpy as np

from locomotion_analysis.data import LocomotionData
from revalidation.channels import FOOT_PROGRESSION
from revalidation.choice import LEVEL, choose, cycle_mean
from revalidation.figure import Published
from revalidation.peaks import average

_YOUNG_MEN = "age < 60 and sex == 'male'"
_YOUNG_WOMEN = "age < 60 and sex == 'female'"
_GAITRITE = "GAITRite norms"


def mean_of(
    data: LocomotionData, column: str, pathology: str = "healthy", where: str | None = None
) -> float:
    """Return the mean of a column over people."""
    walks = choose(data, LEVEL, pathology=pathology, where=where)
    return float(np.nanmean(walks.by_trial(walks.column(column))))


def paretic_propulsion(data: LocomotionData) -> float:
    """Return the paretic leg's share of both legs' propulsive impulse (Bowden 2006)."""
    walks = choose(data, LEVEL, pathology="stroke", where="side == affected_side")
    own, other = (
        cycle_mean(np.maximum(walks.curves(f"grf_anterior_{side}_BW"), 0.0))
        for side in ("ipsi", "contra")
    )
    return float(np.nanmean(walks.by_trial(own / (own + other))))


FIGURES = (
    Published(
        "men under 60: cadence",
        106.0,
        7.0,
        "steps/min",
        _GAITRITE,
        partial(mean_of, column="cadence_steps_min", where=_YOUNG_MEN),
    ),
    Published(
        "women under 60: cadence",
        116.0,
        8.0,
        "steps/min",
        _GAITRITE,
        partial(mean_of, column="cadence_steps_min", where=_YOUNG_WOMEN),
    ),
    Published(
        "men under 60: stride length",
        1.50,
        0.15,
        "m",
        _GAITRITE,
        partial(mean_of, column="stride_length_m", where=_YOUNG_MEN),
    ),
    Published(
        "women under 60: stride length",
        1.42,
        0.11,
        "m",
        _GAITRITE,
        partial(mean_of, column="stride_length_m", where=_YOUNG_WOMEN),
    ),
    Published(
        "men: step width",
        0.10,
        0.03,
        "m",
        _GAITRITE,
        partial(mean_of, column="step_width_m", where="sex == 'male'"),
    ),
    Published(
        "women: step width",
        0.08,
        0.03,
        "m",
        _GAITRITE,
        partial(mean_of, column="step_width_m", where="sex == 'female'"),
    ),
    Published(
        "foot progression, toes out negative",
        -5.5,
        5.0,
        "deg",
        _GAITRITE,
        partial(average, tasks=LEVEL, channel=FOOT_PROGRESSION),
    ),
    Published(
        "stroke: speed",
        0.60,
        0.28,
        "m/s",
        "Jonkers 2009",
        partial(mean_of, column="speed_m_s", pathology="stroke"),
    ),
    Published("stroke: paretic propulsion", 0.30, 0.15, "1", "Bowden 2006", paretic_propulsion),
)

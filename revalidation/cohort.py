"""The simulated cohort that is judged."""

from collections.abc import Sequence

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate
from revalidation.choice import LEVEL

TASKS = (
    "level_walking",
    "incline_walking",
    "decline_walking",
    "stair_ascent",
    "stair_descent",
    "run",
    "sit_to_stand",
)
PATIENTS = (
    "stroke",
    "parkinsons",
    "knee_osteoarthritis",
    "cerebral_palsy",
    "transtibial_amputation",
    "transfemoral_amputation",
    "fall_risk",
)
RUNNING_SPEEDS_M_S = (2.5, 3.5, 4.5)
"""Everybody runs at those of Fukuchi et al. 2017."""

USUAL_SPEED_M_S = 1.33
"""Of adults at their natural cadence (Winter 1991)."""

OTHER_SPEEDS_M_S = (0.7, 1.0, 1.6)
"""Slow and fast of Orendurff et al. 2004, and the slow of Winter 1991."""

_SERIES, _ADULTS = 100, 200  # seeds after those of the groups


def simulated_cohort(n_subjects: int, n_cycles: int, seed: int) -> LocomotionData:
    """Return healthy people in all tasks, and patients walking on the level.

    Parameters
    ----------
    n_subjects, n_cycles : int
        Healthy subjects, and cycles of everybody in each task. Older adults at risk of falling
        are as many, half as many have each pathology.
    seed : int
        Of the healthy; each other group has the next.
    """
    tasks = [task for task in TASKS if _knows([task], ["healthy"])]
    speeds = RUNNING_SPEEDS_M_S if "run" in tasks else ()
    parts = [_named(simulate(n_subjects, n_cycles, tasks, ["healthy"], seed, speeds), "healthy")]
    for later, name in enumerate(PATIENTS, start=1):
        if _knows(LEVEL, [name]):
            count = n_subjects if name == "fall_risk" else max(1, n_subjects // 2)
            parts.append(_named(simulate(count, n_cycles, LEVEL, [name], seed + later), name))
    return LocomotionData.concat(parts)


def simulated_series(seed: int) -> LocomotionData:
    """Return a few healthy people who walk 120 strides of each leg, and run 40.

    Parameters
    ----------
    seed : int
        The people are others than those of :func:`simulated_cohort` with the same.
    """
    walks = simulate(8, 240, LEVEL, ["healthy"], seed + _SERIES)
    runs = simulate(8, 80, ["run"], ["healthy"], seed + _SERIES, RUNNING_SPEEDS_M_S[:1])
    return LocomotionData.concat([_named(walks, "series"), _named(runs, "series")])


def simulated_adults(seed: int) -> LocomotionData:
    """Return healthy people at the speeds of the papers, a stride of each leg: most at the usual.

    Parameters
    ----------
    seed : int
        The people are others than those of :func:`simulated_cohort` with the same.
    """
    usual = simulate(400, 2, LEVEL, ["healthy"], seed + _ADULTS, [USUAL_SPEED_M_S])
    other = simulate(100, 2, LEVEL, ["healthy"], seed + _ADULTS + 1, OTHER_SPEEDS_M_S)
    return LocomotionData.concat([_named(usual, "usual"), _named(other, "other")])


def _knows(tasks: Sequence[str], pathologies: Sequence[str]) -> bool:
    try:
        simulate(1, 1, tasks, pathologies)
    except SchemaError:
        return False
    return True


def _named(data: LocomotionData, group: str) -> LocomotionData:
    """Give the subjects of one cohort names that another cohort does not have."""
    cycles = data.cycles
    cycles["subject"] = group + "_" + cycles["subject"].astype(str)
    return LocomotionData(cycles, data.block, data.channels, data.history)

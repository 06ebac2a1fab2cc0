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

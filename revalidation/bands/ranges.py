"""Check D4: the healthy are inside the ranges of :mod:`locomotion_analysis.quality`."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality.batch import Batch
from locomotion_analysis.quality.checks import physiology_hits
from revalidation.choice import LEVEL, choose
from revalidation.figure import Band, NotInDataError

_RAILS, _RANGES = ("GAIT101",), ("GAIT101", "GAIT102", "GAIT107")
_TASKS = (
    "level_walking",
    "incline_walking",
    "decline_walking",
    "stair_ascent",
    "stair_descent",
    "run",
    "sit_to_stand",
)


def strides_inside(data: LocomotionData, task: str, codes: Sequence[str]) -> float:
    """Return the healthy strides of which no curve has a finding of `codes`, percent."""
    judged, found = _findings(data, (task,), codes)
    return float(100.0 * (1.0 - found[:, judged.any(axis=0)].any(axis=0).mean()))


def curves_inside(data: LocomotionData, tasks: Sequence[str], codes: Sequence[str]) -> float:
    """Return the healthy curves that have no finding of `codes`, percent."""
    judged, found = _findings(data, tasks, codes)
    return float(100.0 * (1.0 - found[judged].mean()))


def _findings(
    data: LocomotionData, tasks: Sequence[str], codes: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which curves are measured and have a range, and which are reported.

    Returns
    -------
    judged, found : ndarray of bool, shape (n_channels, n_cycles)
        Of the cycles of healthy people.
    """
    walks = choose(data, tasks)
    batch = Batch(data.take(walks.rows))
    found = np.zeros((len(batch.channels), len(batch)), dtype=bool)
    for hits in physiology_hits(batch):
        if hits.code in codes:
            found[hits.channel, hits.cycle] = True
    ranged = np.asarray(np.isfinite(batch.rails).any(axis=(2, 3)))[batch.table_of].T
    judged = found | (ranged & np.isfinite(batch.block).all(axis=2))
    if not judged.any():
        raise NotInDataError(f"{walks.what}: no measured channel has a published range")
    return judged, found


BANDS = (
    *(
        Band(
            "D4",
            f"healthy strides inside the rails, {task}",
            95.0,
            100.0,
            "%",
            "quality check GAIT101",
            partial(strides_inside, task=task, codes=_RAILS),
        )
        for task in _TASKS
    ),
    Band(
        "D4",
        f"healthy strides inside the healthy band, {LEVEL[0]}",
        95.0,
        100.0,
        "%",
        "quality checks GAIT101, GAIT102, GAIT107",
        partial(strides_inside, task=LEVEL[0], codes=_RANGES),
    ),
    # By curve: in these tasks part of the published spreads, so of the band, is assumed.
    Band(
        "D4",
        "healthy curves inside the healthy band, other tasks",
        95.0,
        100.0,
        "%",
        "quality checks GAIT101, GAIT102, GAIT107",
        partial(curves_inside, tasks=_TASKS[1:], codes=_RANGES),
    ),
)

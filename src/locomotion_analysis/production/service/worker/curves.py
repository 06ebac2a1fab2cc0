"""Curves of a request beside the bands of healthy adults."""

from typing import Any

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.production.service.jobs import Reply
from locomotion_analysis.production.service.worker.rendering import as_json
from locomotion_analysis.standard import PHASE_PERCENT, TASKS, Channel, normative_curves

_MOST_CYCLES = 24
_MOST_CHANNELS = 40
_DIGITS = 5


def curves_reply(data: LocomotionData) -> Reply:
    """Return the first cycles of each task, and mean and standard deviation of healthy adults.

    Angles and the rest stay in the unit of the channel; the page turns radians into degrees.
    """
    cycles = data.cycles
    tasks = []
    for task in cycles["task"].unique():
        rows = np.flatnonzero(cycles["task"] == task)
        tasks.append(
            {
                "task": task,
                "cycles": len(rows),
                "shown": min(len(rows), _MOST_CYCLES),
                "channels": _channels(data, task, rows[:_MOST_CYCLES]),
            }
        )
    content = {"phase_percent": PHASE_PERCENT.round(3), "tasks": tasks}
    return Reply(200, as_json(content), rows=len(data))


def _channels(data: LocomotionData, task: str, rows: np.ndarray) -> list[dict[str, Any]]:
    normative = normative_curves(task) if task in TASKS else None
    shown = []
    for name in data.channels[:_MOST_CHANNELS]:
        band = normative.of(name) if normative else None
        channel = Channel.parse(name)
        shown.append(
            {
                "name": name,
                "unit": channel.unit,
                "curves": data.curves(name)[rows].astype(float).round(_DIGITS),
                "mean": None if band is None else band[0].round(_DIGITS),
                "sd": None if band is None else band[1].round(_DIGITS),
                "source": normative.source if normative and band is not None else None,
            }
        )
    return shown

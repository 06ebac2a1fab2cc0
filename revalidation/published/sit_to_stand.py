"""Standing up from a chair; the spread is half of the published range."""

from functools import partial

import numpy as np

from locomotion_analysis.data import LocomotionData
from revalidation.channels import HIP_MOMENT, KNEE_MOMENT
from revalidation.choice import choose
from revalidation.figure import Published
from revalidation.peaks import lowest

_TASK = ("sit_to_stand",)
_MOMENTS = "range of Yoshioka 2007, Kotake 1993"


def duration(data: LocomotionData) -> float:
    """Return the time to stand up, s."""
    rises = choose(data, _TASK)
    return float(np.nanmean(rises.by_trial(rises.column("cycle_duration_s"))))


FIGURES = (
    Published("sit to stand: duration", 2.0, 0.3, "s", "range of Kotake 1993", duration),
    Published(
        "sit to stand: hip extensor moment",
        -1.08,
        0.84,
        "Nm/kg",
        _MOMENTS,
        partial(lowest, tasks=_TASK, channel=HIP_MOMENT),
    ),
    Published(
        "sit to stand: knee extensor moment",
        -1.24,
        0.73,
        "Nm/kg",
        _MOMENTS,
        partial(lowest, tasks=_TASK, channel=KNEE_MOMENT),
    ),
)

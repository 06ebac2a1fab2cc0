"""Winter's adults at their natural cadence; the simulator took amplitudes from them, no shape."""

import csv
from functools import cache
from pathlib import Path

import numpy as np

from locomotion_analysis.standard import PHASE_PERCENT
from revalidation.choice import Array

SPEED_M_S = 1.33
"""105.3 steps/min of 0.755 m."""

_TABLE = Path(__file__).with_name("winter.csv")


@cache
def adult_curves(channel: str) -> tuple[Array, Array]:
    """Return the mean curve and the SD between subjects (Winter 1991).

    Parameters
    ----------
    channel : str
        Sagittal angle of knee or ankle, or sagittal moment or power of hip, knee or ankle.

    Returns
    -------
    mean, sd : ndarray, shape (150,)
        On the phase grid; angles in degrees, moments in Nm/kg, powers in W/kg.
    """
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        head, *rows = csv.reader(lines)
    of = {(name, what): np.array(values, dtype=np.float64) for name, what, *values in rows}
    phases = np.array(head[2:], dtype=np.float64)
    mean, sd = (np.interp(PHASE_PERCENT, phases, of[channel, what]) for what in ("mean", "sd"))
    return mean, sd

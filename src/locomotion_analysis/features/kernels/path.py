"""The way a point travels on the ground during part of the cycle."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import jit

Curves = NDArray[np.float32]
Index = NDArray[np.int64]
Values = NDArray[np.float64]


@jit
def path(forward: Curves, sideways: Curves, last: Index) -> Values:
    """Return length and extent of each path from the first to the last sample of a part.

    Parameters
    ----------
    forward, sideways : ndarray of float32, shape (n_cycles, n_phases)
        Coordinates; outside the part they need not be known.
    last : ndarray of int64, shape (n_cycles,)
        Last sample inside; below 1 where unknown.

    Returns
    -------
    ndarray, shape (3, n_cycles)
        Path length, range forward, range sideways. NaN where a point of the part is not finite.
    """
    n_cycles = len(forward)
    found = np.full((3, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        x, y = float(forward[cycle, 0]), float(sideways[cycle, 0])
        back, front, left, right, length = x, x, y, y, 0.0
        for phase in range(1, last[cycle] + 1):
            next_x, next_y = float(forward[cycle, phase]), float(sideways[cycle, phase])
            length += np.sqrt((next_x - x) ** 2 + (next_y - y) ** 2)
            x, y = next_x, next_y
            back, front, left, right = min(back, x), max(front, x), min(left, y), max(right, y)
        if last[cycle] >= 1 and np.isfinite(length):
            found[0, cycle], found[1, cycle], found[2, cycle] = length, front - back, right - left
    return found

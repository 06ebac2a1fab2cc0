"""The way a point travels on the ground during part of the cycle."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import HAVE_NUMBA, jit, prange

Curves = NDArray[np.float32]
Index = NDArray[np.int64]
Values = NDArray[np.float64]


def path_numpy(forward: Curves, sideways: Curves, last: Index) -> Values:
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
    inside = np.arange(forward.shape[1]) <= last[:, None]
    finite = np.isfinite(forward) & np.isfinite(sideways)
    known = np.all(finite | ~inside, axis=1) & (last >= 1)
    inside &= known[:, None]
    x, y = (np.where(inside, curves, 0.0).astype(np.float64) for curves in (forward, sideways))
    steps = np.hypot(np.diff(x, axis=1), np.diff(y, axis=1))
    ranges = [
        np.where(inside, each, -np.inf).max(axis=1) - np.where(inside, each, np.inf).min(axis=1)
        for each in (x, y)
    ]
    found = np.stack([np.where(inside[:, 1:], steps, 0.0).sum(axis=1), *ranges])
    return np.where(known, found, np.nan)


@jit
def _path_loops(forward: Curves, sideways: Curves, last: Index) -> Values:
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


path = _path_loops if HAVE_NUMBA else path_numpy

"""First peak, valley and second peak of a force that rises twice in stance."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import jit
from locomotion_analysis.standard import N_PHASES

Curves = NDArray[np.float32]
Values = NDArray[np.float64]

_STEP = 100.0 / (N_PHASES - 1)


@jit
def force_peaks(force: Curves, toe_off: Values) -> Values:
    """Return the largest values of the halves of stance and the smallest between them.

    Parameters
    ----------
    force : ndarray of float32, shape (n_cycles, 150)
    toe_off : ndarray, shape (n_cycles,)
        End of stance, percent of the cycle; NaN where unknown.

    Returns
    -------
    ndarray, shape (3, n_cycles)
        First peak, valley, second peak; NaN where the end of stance is unknown or any point is
        not finite.
    """
    n_cycles = len(force)
    found = np.full((3, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        check = np.float32(0.0)
        for phase in range(N_PHASES):
            check += np.float32(0.0) * force[cycle, phase]
        half, end = -1, -1
        for phase in range(N_PHASES):
            if toe_off[cycle] / 2 >= phase * _STEP:
                half = phase
            if toe_off[cycle] >= phase * _STEP:
                end = phase
        if np.isnan(check) or half < 0 or end <= half:
            continue
        first, second = 0, half + 1
        for phase in range(half + 1):
            if force[cycle, phase] > force[cycle, first]:
                first = phase
        for phase in range(half + 1, end + 1):
            if force[cycle, phase] > force[cycle, second]:
                second = phase
        valley = force[cycle, first]
        for phase in range(first, second + 1):
            valley = min(valley, force[cycle, phase])
        found[0, cycle] = force[cycle, first]
        found[1, cycle] = valley
        found[2, cycle] = force[cycle, second]
    return found

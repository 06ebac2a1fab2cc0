"""Values of each curve at phases between its samples."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.extremes import is_finite
from locomotion_analysis.features.kernels.jit import jit

Curves = NDArray[np.float32]
Values = NDArray[np.float64]


@jit
def at_phase(curves: Curves, percent: Values) -> Values:
    """Return the values of each curve at given phases, linear between samples.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)
    percent : ndarray, shape (n_places, n_cycles)
        Phase, percent of the cycle, 0 or more; beyond 100 the cycle begins anew.

    Returns
    -------
    ndarray, shape (n_places, n_cycles)
        NaN where the phase is NaN or any point of the curve is not finite.
    """
    n_places, n_cycles = percent.shape
    period = curves.shape[1] - 1
    found = np.full((n_places, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        if not is_finite(curves[cycle]):
            continue
        for row in range(n_places):
            phase = percent[row, cycle]
            if not np.isfinite(phase):
                continue
            place = (phase - 100.0 if phase > 100.0 else phase) / 100.0 * period
            before = min(int(place), period - 1)
            low = float(curves[cycle, before])
            step = float(curves[cycle, before + 1]) - low
            found[row, cycle] = low + (place - before) * step
    return found

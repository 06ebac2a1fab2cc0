"""Values of each curve at phases between its samples."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import HAVE_NUMBA, inner, jit, prange

Curves = NDArray[np.float32]
Values = NDArray[np.float64]


def at_phase_numpy(curves: Curves, percent: Values) -> Values:
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
    period = curves.shape[1] - 1
    known = np.isfinite(curves).all(axis=1) & np.isfinite(percent)
    place = np.where(known, np.where(percent > 100.0, percent - 100.0, percent), 0.0)
    place = place / 100.0 * period
    before = np.minimum(place.astype(np.int64), period - 1)
    share = place - before
    cycle = np.arange(len(curves))
    with np.errstate(invalid="ignore"):
        low = curves[cycle, before].astype(np.float64)
        found = low + share * (curves[cycle, before + 1] - low)
    return np.where(known, found, np.nan)


@inner
def _is_finite(curve: Curves) -> bool:
    unknown = 0
    for value in curve:
        unknown += value - value != 0
    return unknown == 0


@jit
def _at_phase_loops(curves: Curves, percent: Values) -> Values:
    n_places, n_cycles = percent.shape
    period = curves.shape[1] - 1
    found = np.full((n_places, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        if not _is_finite(curves[cycle]):
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


at_phase = _at_phase_loops if HAVE_NUMBA else at_phase_numpy

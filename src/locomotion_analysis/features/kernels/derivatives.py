"""Peaks of the first and second derivative of each curve over time."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import HAVE_NUMBA, jit, prange

Curves = NDArray[np.float32]
Values = NDArray[np.float64]


def derivative_peaks_numpy(curves: Curves) -> Values:
    """Return the peaks of the derivatives of each curve with respect to the share of the cycle.

    Central differences at the inner samples; one cycle is 1.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)

    Returns
    -------
    ndarray, shape (6, n_cycles)
        Largest and smallest first derivative, their samples, largest and smallest second
        derivative. NaN where any point of the curve is not finite.
    """
    period = curves.shape[1] - 1
    known = np.asarray(np.isfinite(curves).all(axis=1))
    exact = np.where(known[:, None], curves, 0.0).astype(np.float64)
    first = np.gradient(exact, 1.0 / period, axis=1)[:, 1:-1]
    second = np.diff(exact, 2, axis=1) * period**2
    found = np.stack(
        [
            first.max(axis=1),
            first.min(axis=1),
            first.argmax(axis=1) + 1.0,
            first.argmin(axis=1) + 1.0,
            second.max(axis=1),
            second.min(axis=1),
        ]
    )
    return np.where(known, found, np.nan)


@jit
def _derivative_peaks_loops(curves: Curves) -> Values:
    n_cycles, n_phases = curves.shape
    period = n_phases - 1
    found = np.full((6, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        before, here = float(curves[cycle, 0]), float(curves[cycle, 1])
        unknown = before - before + here - here
        most, least, more, less = -np.inf, np.inf, -np.inf, np.inf
        most_at, least_at = 1, 1
        for phase in range(1, period):
            after = float(curves[cycle, phase + 1])
            unknown += after - after
            first, second = after - before, after - 2.0 * here + before
            if first > most:
                most, most_at = first, phase
            if first < least:
                least, least_at = first, phase
            more, less = max(more, second), min(less, second)
            before, here = here, after
        if unknown == 0:
            found[0, cycle], found[1, cycle] = most * period / 2, least * period / 2
            found[2, cycle], found[3, cycle] = most_at, least_at
            found[4, cycle], found[5, cycle] = more * period**2, less * period**2
    return found


derivative_peaks = _derivative_peaks_loops if HAVE_NUMBA else derivative_peaks_numpy

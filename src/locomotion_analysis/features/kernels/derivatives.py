"""Peaks of the first and second derivative of each curve over time."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.extremes import extreme_bits, first_places
from locomotion_analysis.features.kernels.jit import HAVE_NUMBA, jit, prange, reordered

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


@reordered
def _differences(curve: Curves, first: Curves, second: Curves) -> float:
    """Fill in y[k+1] - y[k-1] and the second difference; NaN unless all of them are finite."""
    nothing = np.float32(0.0)
    for place in range(len(first)):
        before, here, after = curve[place], curve[place + 1], curve[place + 2]
        first[place] = after - before
        second[place] = (after - here) - (here - before)
        nothing += first[place] - first[place] + (second[place] - second[place])
    return np.float64(nothing)


@jit
def _derivative_peaks_loops(curves: Curves) -> Values:
    n_cycles, n_phases = curves.shape
    period = n_phases - 1
    found = np.full((6, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        curve = np.empty(n_phases, np.float32)
        first, second = np.empty(period - 1, np.float32), np.empty(period - 1, np.float32)
        bits = np.empty(4, np.int32)
        extremes = bits.view(np.float32)
        for phase in range(n_phases):
            curve[phase] = curves[cycle, phase]
        if _differences(curve, first, second) != 0:
            continue
        inside = period - 1
        signed, unsigned = first.view(np.int32), first.view(np.uint32)
        bits[0], bits[1] = extreme_bits(signed, unsigned, 0, inside)
        signed, unsigned = second.view(np.int32), second.view(np.uint32)
        bits[2], bits[3] = extreme_bits(signed, unsigned, 0, inside)
        least, most, less, more = extremes
        least_at, most_at = first_places(first, 0, inside, least, most)
        found[0, cycle], found[1, cycle] = most * (period / 2), least * (period / 2)
        found[2, cycle], found[3, cycle] = most_at + 1, least_at + 1
        found[4, cycle], found[5, cycle] = more * period**2, less * period**2
    return found


derivative_peaks = _derivative_peaks_loops if HAVE_NUMBA else derivative_peaks_numpy

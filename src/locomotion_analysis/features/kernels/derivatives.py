"""Peaks of the first and second derivative of each curve over time."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.extremes import extreme_bits, first_places
from locomotion_analysis.features.kernels.jit import jit, reordered

Curves = NDArray[np.float32]
Values = NDArray[np.float64]


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
def derivative_peaks(curves: Curves) -> Values:
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

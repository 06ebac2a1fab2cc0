"""Amplitude and phase of the first harmonics of each curve."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import jit

Curves = NDArray[np.float32]
Values = NDArray[np.float64]


def harmonic_basis(n_phases: int, n_harmonics: int) -> Values:
    """Return the vectors that give Fourier coefficients as scalar products.

    The first and the last sample are the same instant of the cycle and count one half each
    (trapezoid rule), so a curve that does not quite close adds no step of its own.

    Returns
    -------
    ndarray, shape (n_phases, 2 * n_harmonics)
        Cosines of harmonic 1, 2, ..., then sines.
    """
    period = n_phases - 1
    angle = 2.0 * np.pi * np.outer(np.arange(n_phases) / period, np.arange(1, n_harmonics + 1))
    weight = np.full(n_phases, 2.0 / period)
    weight[[0, -1]] /= 2.0
    return np.ascontiguousarray(weight[:, None] * np.hstack([np.cos(angle), np.sin(angle)]))


@jit
def harmonics(curves: Curves, basis: Values) -> Values:
    """Return amplitudes A and phases p of ``x(t) = a0 + sum A_k cos(2 pi k t - p_k)``.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_phases)
    basis : ndarray, shape (n_phases, 2 * n_harmonics)
        Of :func:`harmonic_basis`.

    Returns
    -------
    ndarray, shape (2 * n_harmonics, n_cycles)
        Amplitudes in the unit of the curves, then phases in rad, -pi to pi. NaN where any point
        of the curve is not finite.
    """
    n_cycles, n_phases = curves.shape
    n_harmonics = basis.shape[1] // 2
    found = np.empty((2 * n_harmonics, n_cycles))
    for cycle in prange(n_cycles):
        parts = np.zeros(2 * n_harmonics)
        for phase in range(n_phases):
            value = float(curves[cycle, phase])
            for vector in range(2 * n_harmonics):
                parts[vector] += value * basis[phase, vector]
        for row in range(n_harmonics):
            cosine, sine = parts[row], parts[n_harmonics + row]
            known = np.isfinite(parts).all()
            found[row, cycle] = np.sqrt(cosine**2 + sine**2) if known else np.nan
            found[n_harmonics + row, cycle] = np.arctan2(sine, cosine) if known else np.nan
    return found

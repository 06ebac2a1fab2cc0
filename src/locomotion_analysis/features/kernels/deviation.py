"""How far curves are from reference curves, and their scores on a basis."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import jit, reordered

Curves = NDArray[np.float32]
Index = NDArray[np.int64]
Values = NDArray[np.float64]


@reordered
def _square_sum(curve: Values, mean: Values) -> float:
    total = 0.0
    for phase in range(len(mean)):
        away = np.float64(curve[phase]) - mean[phase]
        total += away * away
    return total


@jit
def mean_square(block: Curves, channels: Index, mean: Values) -> Values:
    """Return the mean square of each curve's difference from its channel's mean curve.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, n_phases)
    channels : ndarray of int64, shape (k,)
        Rows of `block`.
    mean : ndarray, shape (k, n_phases)

    Returns
    -------
    ndarray, shape (k, n_cycles)
        In the squared unit of the curves; NaN where a point of the curve is not finite.
    """
    n_cycles, n_phases = block.shape[1:]
    found = np.empty((len(channels), n_cycles))
    for curve in prange(len(channels) * n_cycles):
        row, cycle = curve // n_cycles, curve % n_cycles
        total = _square_sum(block[channels[row], cycle], mean[row])
        found[row, cycle] = total / n_phases if np.isfinite(total) else np.nan
    return found


@reordered
def _z_sum(
    curve: Values, part: float, low: Values, high: Values, low_spread: Values, high_spread: Values
) -> float:
    total = 0.0
    for phase in range(len(low)):
        centre = (1.0 - part) * low[phase] + part * high[phase]
        spread = (1.0 - part) * low_spread[phase] + part * high_spread[phase]
        away = np.float64(curve[phase]) - centre
        total += away * away / spread
    return total


@jit
def mean_square_z(
    block: Curves, channels: Index, place: Index, share: Values, mean: Values, variance: Values
) -> Values:
    """Return the mean square of z = (x - m) / s, each cycle with its own reference.

    The reference of a cycle lies between two rows of its channel's table: mean and variance are
    ``(1 - share) * table[place] + share * table[place + 1]``.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, n_phases)
    channels : ndarray of int64, shape (k,)
        Rows of `block`.
    place : ndarray of int64, shape (n_cycles,)
        Row of the tables; -1 where there is no reference.
    share : ndarray, shape (n_cycles,)
        0 to 1; 0 where `place` is the last one.
    mean, variance : ndarray, shape (k, n_rows, n_phases)

    Returns
    -------
    ndarray, shape (k, n_cycles)
        NaN without reference, or where a point of the curve is not finite.
    """
    n_cycles, n_phases = block.shape[1:]
    found = np.full((len(channels), n_cycles), np.nan)
    for curve in prange(len(channels) * n_cycles):
        row, cycle = curve // n_cycles, curve % n_cycles
        low = place[cycle]
        if low < 0:
            continue
        part = share[cycle]
        high = low + 1 if part > 0.0 else low
        total = _z_sum(
            block[channels[row], cycle],
            part,
            mean[row, low],
            mean[row, high],
            variance[row, low],
            variance[row, high],
        )
        found[row, cycle] = total / n_phases if np.isfinite(total) else np.nan
    return found


@reordered
def _product(curve: Values, vector: Values) -> float:
    total = 0.0
    for phase in range(len(vector)):
        total += np.float64(curve[phase]) * vector[phase]
    return total


@jit
def basis_scores(block: Curves, channels: Index, basis: Values) -> Values:
    """Return the scalar products of each cycle's channels, end to end, with a basis.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, n_phases)
    channels : ndarray of int64, shape (k,)
        Rows of `block`.
    basis : ndarray, shape (k, n_vectors, n_phases)

    Returns
    -------
    ndarray, shape (n_cycles, n_vectors)
        NaN where a point of one of the curves is not finite.
    """
    n_cycles, n_vectors = block.shape[1], basis.shape[1]
    scores = np.zeros((n_cycles, n_vectors))
    for cycle in prange(n_cycles):
        for row in range(len(channels)):
            for vector in range(n_vectors):
                scores[cycle, vector] += _product(block[channels[row], cycle], basis[row, vector])
        if not np.isfinite(scores[cycle].sum()):
            scores[cycle] = np.nan
    return scores

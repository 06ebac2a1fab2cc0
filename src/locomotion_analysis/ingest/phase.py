"""From time to phase: every curve on the one grid of 150 points.

Curves over time are interpolated with a piecewise cubic that keeps their shape (no new maxima
between two samples), so a constant stays constant, a monotone rise stays monotone and the
values at both ends are kept. Curves that are already on an even grid of 0 to 100 % are
interpolated linearly, as the field's published 150-point sets were made.

Fritsch & Butland 1984, SIAM J Sci Stat Comput 5:300, doi 10.1137/0905021.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.standard import PHASE_PERCENT

MAX_GAP_S = 0.1
"""Longest run of missing samples that is bridged, s."""
_GRID_TOLERANCE_S = 1e-5
"""Times of events are often stored in single precision."""


def phase_curves(
    time_s: ArrayLike,
    values: ArrayLike,
    starts_s: ArrayLike,
    ends_s: ArrayLike,
    max_gap_s: float = MAX_GAP_S,
) -> NDArray[np.float64]:
    """Evaluate signals at the 150 phases of every stride.

    Parameters
    ----------
    time_s : array_like, shape (n,)
        Seconds, strictly rising; the rate need not be even.
    values : array_like, shape (n_channels, n)
        Signals; NaN where not measured.
    starts_s, ends_s : array_like, shape (n_strides,)
        First and next ipsilateral heel strike.
    max_gap_s : float
        Gaps up to this long, NaN or frames left out (from the last sample before to the first
        after, less one sample), are bridged; in longer ones the result is NaN.

    Returns
    -------
    ndarray of float64, shape (n_channels, n_strides, 150)
        Column 0 is the value at the start, column 149 the value at the end. NaN outside the
        time base and inside gaps that are too long.

    Notes
    -----
    All strides and all channels with the same missing samples are evaluated in one call.

    Examples
    --------
    >>> time = np.arange(0.0, 4.0, 0.01)
    >>> curves = phase_curves(time, [time, np.ones_like(time)], [0.5, 1.5], [1.5, 2.7])
    >>> curves.shape, curves[0, 1, [0, -1]].round(6).tolist(), float(np.ptp(curves[1]))
    ((2, 2, 150), [1.5, 2.7], 0.0)
    """
    from scipy.interpolate import PchipInterpolator

    time = np.asarray(time_s, dtype=np.float64)
    signals = np.atleast_2d(np.asarray(values, dtype=np.float64))
    starts = np.atleast_1d(np.asarray(starts_s, dtype=np.float64))[:, np.newaxis]
    ends = np.atleast_1d(np.asarray(ends_s, dtype=np.float64))[:, np.newaxis]
    instants: NDArray[np.float64] = starts + (ends - starts) * (PHASE_PERCENT / 100.0)
    instants[:, -1:] = ends  # exactly, whatever rounding made of it
    result = np.full((len(signals), instants.size), np.nan)
    finite = np.isfinite(signals)
    patterns, group = np.unique(np.packbits(finite, axis=1), axis=0, return_inverse=True)
    for pattern in range(len(patterns)):
        rows = np.flatnonzero(group.ravel() == pattern)
        measured = finite[rows[0]]
        if measured.sum() < 2:
            continue
        known_s = time[measured]
        # Rounding may have put the first or last instant just outside the time base.
        inside = instants.ravel()
        for end in known_s[[0, -1]]:
            inside = np.where(np.abs(inside - end) < _GRID_TOLERANCE_S, end, inside)
        cubic = PchipInterpolator(known_s, signals[rows][:, measured], axis=1, extrapolate=False)
        curves = cubic(inside)
        too_long = _missing_s(time, known_s) > max_gap_s + _GRID_TOLERANCE_S
        if too_long.any():
            after = np.searchsorted(known_s, inside, side="right") - 1
            gap = np.clip(after, 0, len(too_long) - 1)
            curves[:, too_long[gap] & ~np.isin(inside, known_s)] = np.nan
        result[rows] = curves
    return result.reshape(len(signals), *instants.shape)


def bridged_gaps(
    time_s: NDArray[np.float64], signal: NDArray[np.float64], max_gap_s: float = MAX_GAP_S
) -> tuple[int, int]:
    """Count the gaps of a signal, NaN or frames left out, that are bridged and that are not."""
    missing = _missing_s(time_s, time_s[np.isfinite(signal)])
    long = len(long_gaps(time_s, signal, max_gap_s))
    return int(np.count_nonzero(missing > 0.0)) - long, long


def long_gaps(
    time_s: NDArray[np.float64], signal: NDArray[np.float64], max_gap_s: float = MAX_GAP_S
) -> NDArray[np.float64]:
    """Return where a signal has gaps, NaN or frames left out, that are not bridged.

    Shape (n_gaps, 2): the last sample before and the first after, s.
    """
    known_s = time_s[np.isfinite(signal)]
    before = np.flatnonzero(_missing_s(time_s, known_s) > max_gap_s + _GRID_TOLERANCE_S)
    spans: NDArray[np.float64] = np.stack([known_s[before], known_s[before + 1]], axis=1)
    return spans


def _missing_s(time_s: NDArray[np.float64], known_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length of what is missing after each known sample but the last; 0 for none, s."""
    if len(known_s) < 2:
        return np.empty(0)
    sample = float(np.median(np.diff(time_s)))
    span = np.diff(known_s)
    return np.where(span > 1.5 * sample, span - sample, 0.0)

"""How curves of one series differ from each other."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.extremes import is_finite
from locomotion_analysis.features.kernels.jit import inner, jit

Curves = NDArray[np.float32]
Index = NDArray[np.int64]
Values = NDArray[np.float64]


@inner
def _spread(curves: Curves, cycles: Index, found: Values) -> None:
    n_phases = curves.shape[1]
    mean, within = np.zeros(n_phases), np.zeros(n_phases)
    count = 0
    for cycle in cycles:
        if not is_finite(curves[cycle]):
            continue
        count += 1
        part = 1.0 / count
        for phase in range(n_phases):
            away = curves[cycle, phase] - mean[phase]
            mean[phase] += away * part
            within[phase] += away * (curves[cycle, phase] - mean[phase])
    found[0] = count
    if count < 2:
        return
    inside, grand = within.sum(), mean.mean()
    found[1] = inside
    found[2] = inside + count * ((mean - grand) ** 2).sum()
    found[3] = np.sqrt(within / (count - 1)).mean()


@jit
def series_spread(block: Curves, channels: Index, order: Index, starts: Index) -> Values:
    """Return sums of squares within and about the grand mean of series of curves.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, n_phases)
    channels : ndarray of int64, shape (k,)
        Rows of `block`.
    order : ndarray of int64, shape (n_cycles,)
        Cycles sorted by series.
    starts : ndarray of int64, shape (n_series + 1,)
        Where each series begins in `order`.

    Returns
    -------
    ndarray, shape (k, n_series, 4)
        Number of curves without a missing point; sum of squares about the mean curve; sum of
        squares about the grand mean; mean over the phases of the standard deviation (ddof 1).
        NaN, and a count of 0 or 1, where fewer than two curves are complete.
    """
    n_series = len(starts) - 1
    found = np.full((len(channels), n_series, 4), np.nan)
    for job in prange(len(channels) * n_series):
        row, series = job // n_series, job % n_series
        cycles = order[starts[series] : starts[series + 1]]
        _spread(block[channels[row]], cycles, found[row, series])
    return found

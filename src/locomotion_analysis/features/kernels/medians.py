"""Medians of the strides of each series."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import jit

Index = NDArray[np.int64]
Values = NDArray[np.float64]


@jit
def medians(values: Values, order: Index, starts: Index) -> Values:
    """Return the median of each series.

    Parameters
    ----------
    values : ndarray, shape (n,)
    order : ndarray of int64, shape (n,)
        Places in `values` sorted by series.
    starts : ndarray of int64, shape (n_series + 1,)
        Where each series begins in `order`.

    Returns
    -------
    ndarray, shape (n_series,)
        Values that are not finite are left out; NaN where none is left.
    """
    n_series = len(starts) - 1
    found = np.full(n_series, np.nan)
    for series in prange(n_series):
        own = np.empty(starts[series + 1] - starts[series])
        count = 0
        for place in range(starts[series], starts[series + 1]):
            value = values[order[place]]
            if np.isfinite(value):
                own[count] = value
                count += 1
        if count > 0:
            own = np.sort(own[:count])
            found[series] = (own[(count - 1) // 2] + own[count // 2]) / 2.0
    return found

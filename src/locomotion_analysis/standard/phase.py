"""The phase grid of a gait cycle: 150 points, first and last contact included."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import SchemaError

N_PHASES = 150
"""Samples a gait cycle."""

PHASE_PERCENT: NDArray[np.float64] = np.linspace(0.0, 100.0, N_PHASES)
"""Percent of the ipsilateral cycle: 0 is heel strike, 100 the next ipsilateral heel strike."""
PHASE_PERCENT.setflags(write=False)


def resample_curves(
    curves: ArrayLike, n_points: int = N_PHASES, axis: int = -1
) -> NDArray[np.floating[Any]]:
    """Bring curves from an even grid over 0 to 100 % to another, linearly.

    Parameters
    ----------
    curves : array_like, shape (..., m, ...)
        Curves whose first point is 0 % and whose last is 100 % of the cycle, m >= 2.
    n_points : int
        Points of the new grid.
    axis : int
        Axis of the points.

    Returns
    -------
    ndarray, shape (..., n_points, ...)
        First and last value kept; float32 stays float32, everything else becomes float64. NaN
        spreads to the points next to it.

    Raises
    ------
    SchemaError
        If a curve has fewer than two points.

    Examples
    --------
    >>> resample_curves([[0.0, 1.0, 4.0]], 5).tolist()
    [[0.0, 0.5, 1.0, 2.5, 4.0]]
    """
    given = np.asarray(curves)
    if given.dtype != np.float32:
        given = given.astype(np.float64)
    n_given = given.shape[axis] if given.ndim else 0
    if n_given < 2:
        raise SchemaError(expected="curves of at least two points", got=f"{n_given} point(s)")
    if n_given == n_points:
        return given
    position = np.linspace(0.0, n_given - 1.0, n_points)
    before = position.astype(np.intp)
    along = [1] * given.ndim
    along[axis] = n_points
    share = (position - before).astype(given.dtype).reshape(along)
    start = given.take(before, axis)
    step = given.take(np.minimum(before + 1, n_given - 1), axis) - start
    # start + share * step keeps a constant to the last bit; a NaN beside an exact grid point
    # does not spread to it.
    resampled: NDArray[np.floating[Any]] = np.where(share == 0, start, start + share * step)
    return resampled

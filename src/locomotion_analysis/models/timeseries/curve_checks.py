"""Checks of the curves that a time-series model is given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import CycleShapeError, SchemaError

_DIMENSIONS = 3


def checked_curves(
    X: Any, trained: tuple[int, int] | None = None, *, gaps: bool = False
) -> NDArray[np.float32]:
    """Return curves as float32.

    Parameters
    ----------
    X : array_like, shape (n_cycles, n_points, n_channels)
        Curves, as from ``prepare_sequential_features``.
    trained : tuple of (int, int), optional
        Points and channels of the training.
    gaps : bool
        Whether NaN is allowed.

    Raises
    ------
    CycleShapeError
        If it is not of three dimensions, or of other points or channels than the training.
    SchemaError
        If values are infinite, or NaN where none is allowed.
    """
    found: NDArray[Any] = np.asarray(X)
    if found.ndim != _DIMENSIONS or found.dtype.kind not in "biuf" or 0 in found.shape:
        raise CycleShapeError(
            expected="curves of shape (n_cycles, n_points, n_channels)",
            got=f"{found.dtype} of shape {found.shape}",
            where="X",
            fix="pass what prepare_sequential_features returned",
        )
    if trained is not None and found.shape[1:] != trained:
        raise CycleShapeError(
            expected=f"curves of {trained[0]} points and {trained[1]} channels, as in training",
            got=f"{found.shape[1]} points and {found.shape[2]} channels",
            where="X",
            fix="see PredictionSchema, which compares channels by name",
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite: told below
        curves = np.ascontiguousarray(found, dtype=np.float32)
    unusable = np.isinf(curves) if gaps else ~np.isfinite(curves)
    if unusable.any():
        cycles = int(unusable.any(axis=(1, 2)).sum())
        raise SchemaError(
            expected="finite curves" + (" or NaN" if gaps else ""),
            got=f"values that are not, in {cycles} of {len(curves)} cycles",
            where=f"channels at positions {np.flatnonzero(unusable.any(axis=(0, 1))).tolist()}",
            fix="leave these cycles out"
            + ("" if gaps else ", or put a MeanCurveImputer before this step"),
        )
    return curves

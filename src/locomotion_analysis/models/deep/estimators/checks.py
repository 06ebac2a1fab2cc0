"""Settings and curves of a training, checked before it starts."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.models.timeseries.curve_checks import checked_curves

_SHOWN = 5
_WHOLE = ("max_epochs", "batch_size", "patience")


def check_settings(estimator: Any) -> None:
    """Refuse settings that no training can have.

    Raises
    ------
    SchemaError
        Naming the setting.
    """
    for name in _WHOLE:
        value = getattr(estimator, name)
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise SchemaError(expected="a whole number above 0", got=repr(value), where=name)
    if not estimator.learning_rate > 0:
        raise SchemaError(
            expected="a number above 0", got=repr(estimator.learning_rate), where="learning_rate"
        )
    if estimator.balance not in ("subject", None):
        raise SchemaError(
            expected="'subject' or None", got=repr(estimator.balance), where="balance"
        )


def training_curves(X: Any, channels: Sequence[str] | None) -> NDArray[np.float32]:
    """Return the curves of a training.

    Raises
    ------
    CycleShapeError, SchemaError
        If they are no curves, the names are not as many as the channels, or nothing was measured.

    Warns
    -----
    LocomotionWarning
        If a channel was measured in no cycle, or curves have gaps.
    """
    curves = checked_curves(X, gaps=True)
    if channels is not None and len(channels) != curves.shape[2]:
        raise SchemaError(
            expected=f"names of the {curves.shape[2]} channels",
            got=f"{len(channels)} names",
            where="channels",
            fix="pass the features given to prepare_sequential_features",
        )
    measured: NDArray[np.bool_] = ~np.asarray(np.isnan(curves).any(axis=1))
    if not measured.any():
        raise SchemaError(
            expected="at least one curve without gaps", got="gaps in all of them", where="X"
        )
    never = np.flatnonzero(~measured.any(axis=0))
    if never.size:
        _warn(
            f"Never measured in training: {_named(never, channels)}. The network learns nothing of "
            "them, and would not use them later."
        )
    tell_of_gaps(curves, measured)
    return curves


def tell_of_gaps(curves: NDArray[np.float32], measured: NDArray[np.bool_]) -> None:
    """Tell of curves that count as not measured although they have values.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_points, n_channels)
        NaN where not measured.
    measured : ndarray of bool, shape (n_cycles, n_channels)
        Whether a curve has no gap.

    Warns
    -----
    LocomotionWarning
        If there are such, or cycles of which nothing was measured.
    """
    parts = int((~measured & ~np.isnan(curves).all(axis=1)).sum())
    if parts:
        _warn(f"{parts} curves have gaps and count as not measured.")
    empty = int((~measured).all(axis=1).sum())
    if empty:
        _warn(
            f"{empty} of {len(curves)} cycles have no curve without gaps: nothing is known of them."
        )


def _named(positions: NDArray[np.intp], channels: Sequence[str] | None) -> str:
    names = [str(at) if channels is None else channels[at] for at in positions]
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    prefix = "channels at positions " if channels is None else ""
    return prefix + ", ".join(names[:_SHOWN]) + rest


def _warn(message: str) -> None:
    warnings.warn(message, LocomotionWarning, stacklevel=5)

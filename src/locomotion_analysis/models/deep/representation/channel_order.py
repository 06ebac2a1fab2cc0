"""Channels of one laboratory put where an encoder expects those of another."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import CycleShapeError, LocomotionWarning, SchemaError
from locomotion_analysis.models.timeseries.curve_checks import checked_curves


def in_order(
    X: ArrayLike, channels: Sequence[str] | None, wanted: Sequence[str] | None
) -> NDArray[np.float32]:
    """Return curves with the wanted channels in their order, NaN where `X` has none.

    Parameters
    ----------
    X : array_like, shape (n_cycles, n_points, n_channels)
        Curves.
    channels : sequence of str or None
        Names of the channels of `X`; None if they are the wanted ones, in order.
    wanted : sequence of str or None
        Names of the channels of the encoder, if it knows them.

    Raises
    ------
    CycleShapeError
        If `channels` are not as many as the channels of `X`.
    SchemaError
        If the encoder does not know its channels' names, or shares none of them.

    Warns
    -----
    LocomotionWarning
        If channels of `X` are left out because the encoder never saw them.

    Examples
    --------
    >>> in_order(np.ones((1, 150, 1)), ["knee"], ["hip", "knee"])[0, 0].tolist()
    [nan, 1.0]
    """
    curves = checked_curves(X, gaps=True)
    if channels is None or (wanted is not None and list(channels) == list(wanted)):
        return curves
    place = _places(channels, wanted, curves.shape[2])
    known = [number for number, name in enumerate(channels) if name in place]
    unknown = [name for name in channels if name not in place]
    if unknown:
        warnings.warn(
            f"left out, for the encoder was pretrained without them: {', '.join(unknown)}",
            LocomotionWarning,
            stacklevel=3,
        )
    ordered = np.full((*curves.shape[:2], len(place)), np.nan, np.float32)
    ordered[:, :, [place[channels[number]] for number in known]] = curves[:, :, known]
    return ordered


def _places(
    channels: Sequence[str], wanted: Sequence[str] | None, n_channels: int
) -> dict[str, int]:
    """Return the position of each wanted channel, after checks."""
    if len(channels) != n_channels or len(set(channels)) != n_channels:
        raise CycleShapeError(
            expected=f"names of {n_channels} channels, each once",
            got=", ".join(channels),
            where="channels",
        )
    if wanted is None:
        raise SchemaError(
            expected="an encoder that knows the names of its channels",
            got="one pretrained on an array without names",
            fix="pretrain(..., channels=[...])",
        )
    if not set(channels) & set(wanted):
        raise SchemaError(
            expected=f"at least one of the encoder's channels: {', '.join(wanted)}",
            got=", ".join(channels),
            where="channels",
        )
    return {name: number for number, name in enumerate(wanted)}

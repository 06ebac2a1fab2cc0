"""From cycles to sequences for recurrent and convolutional networks."""

import logging
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.features.target import labelled_cycles
from locomotion_analysis.standard import N_PHASES, canonical_name, resample_curves

_logger = logging.getLogger(__name__)


def sequential_features(
    data: LocomotionData,
    target: str,
    sequence_length: int = N_PHASES,
    features: Sequence[str] | None = None,
) -> tuple[NDArray[np.float32], "pd.Series[Any]"]:
    """Return the curves as a sequence array, and the column to predict.

    Parameters
    ----------
    data : LocomotionData
        The cycles. Those whose target is missing are dropped, with a count in the log.
    target : str
        A column of ``data.cycles``.
    sequence_length : int
        Points a cycle, at least 2. Other than 150, the curves are interpolated linearly between
        the phases; the first and last point stay as they are.
    features : sequence of str, optional
        Channels, or aliases of them, in the order wanted; all where None.

    Returns
    -------
    X : ndarray of float32, shape (n_cycles, sequence_length, n_channels)
    y : Series, shape (n_cycles,)
        The target, indexed by the cycle key.

    Warns
    -----
    LocomotionWarning
        If some of the curves are not fully measured (they stay NaN).

    Raises
    ------
    SchemaError
        If a channel is not in the data, or `sequence_length` is below 2.
    TargetError
        If the target is unknown or empty.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    >>> X, y = sequential_features(data, "pathology", 50, ["knee_flexion_angle_ipsi_rad"])
    >>> X.shape
    (6, 50, 1)
    """
    if sequence_length < 2:
        raise SchemaError(
            expected="a sequence_length of at least 2",
            got=str(sequence_length),
            where="sequence_length",
            fix=f"use {N_PHASES} for the curves as they are",
        )
    channels = data.channels if features is None else resolved_channels(data.channels, features)
    labelled, y = labelled_cycles(data, target)
    curves = resample_curves(labelled.array(channels), sequence_length, axis=1)
    _warn_of_gaps(curves, channels)
    return curves, y


def resolved_channels(known: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return the standard names of the channels asked for, aliases read and logged.

    Parameters
    ----------
    known : sequence of str
        Channels there are.
    wanted : sequence of str
        Channels or aliases of them.

    Raises
    ------
    SchemaError
        If one is not there, or none is asked for.
    """
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    standard = [name if name in known else canonical_name(name) for name in names]
    missing = [name for name in standard if name not in known]
    if missing or not names:
        near = {name: get_close_matches(name, known, n=3) for name in missing}
        hints = [f"{name}: did you mean {', '.join(m)}?" for name, m in near.items() if m]
        raise SchemaError(
            expected=f"channels of this dataset ({', '.join(known)})",
            got=", ".join(map(repr, missing)) or "none",
            where="features",
            fix="; ".join(hints) or "see data.channels",
        )
    for given, name in zip(names, standard, strict=True):
        if given != name:
            _logger.info("channel %s is read as %s", given, name)
    return standard


def _warn_of_gaps(curves: NDArray[np.float32], channels: Sequence[str]) -> None:
    gaps: NDArray[np.bool_] = np.any(~np.isfinite(curves), axis=1)
    if gaps.any():
        counts = ", ".join(
            f"{name} in {count}"
            for name, count in zip(channels, gaps.sum(axis=0), strict=True)
            if count
        )
        warnings.warn(
            f"curves not fully measured stay NaN, of {len(gaps)} cycles: {counts}",
            LocomotionWarning,
            stacklevel=4,
        )

"""Curves as sequences for recurrent and convolutional networks.

The array itself, the target as numbers a loss function takes, and the order in which a stream gives
its cycles: shuffled, yet almost as they lie on the disk.
"""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.features.table import is_quantity, labelled_cycles
from locomotion_analysis.standard import N_PHASES, canonical_name, resample_curves

# The order in which a stream gives its cycles: shuffled, yet almost as it lies on the disk

BLOCK_CYCLES = 128
"""Neighbouring cycles that are read together."""
WINDOW_BLOCKS = 128
"""Blocks from all over the data whose cycles are shuffled together."""


def epoch_order(n_cycles: int, seed: int, epoch: int) -> NDArray[np.intp]:
    """Return every position once, shuffled by blocks.

    Blocks of neighbours are shuffled; then the cycles of :data:`WINDOW_BLOCKS` blocks at a time
    are shuffled among themselves. A batch thereby mixes blocks from all over the data, while the
    disk is read in pieces of a block and only one window need stay in the page cache. Up to
    16,384 cycles the order is a full shuffle.

    Parameters
    ----------
    n_cycles : int
        How many.
    seed, epoch : int
        The order depends on these two alone.

    Examples
    --------
    >>> sorted(epoch_order(5, seed=0, epoch=1).tolist())
    [0, 1, 2, 3, 4]
    """
    random = np.random.default_rng([seed, epoch])
    starts = random.permutation(np.arange(0, n_cycles, BLOCK_CYCLES))
    order: NDArray[np.intp] = (starts[:, None] + np.arange(BLOCK_CYCLES)).reshape(-1)
    order = order[order < n_cycles]
    window = BLOCK_CYCLES * WINDOW_BLOCKS
    for start in range(0, n_cycles, window):
        random.shuffle(order[start : start + window])
    return order


def batches_of(order: NDArray[np.intp], batch_size: int) -> list[NDArray[np.intp]]:
    """Cut an order into batches, the last one with what is left."""
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


# From cycles to sequences for recurrent and convolutional networks

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
            stacklevel=3,
        )
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


# The target of every labelled cycle, as numbers a loss function takes


@dataclass(frozen=True)
class EncodedTarget:
    """The labelled cycles and their target.

    Attributes
    ----------
    rows : ndarray of intp, shape (n_labelled,)
        Positions of the labelled cycles, ascending.
    values : ndarray of int64 or float32, shape (n_labelled,)
        Positions in `classes`; or the quantity itself.
    classes : ndarray or None
        The labels, sorted; None for a quantity.
    """

    rows: NDArray[np.intp]
    values: NDArray[Any]
    classes: NDArray[Any] | None


def encoded_target(
    cycles: pd.DataFrame, target: str, classes: Sequence[Any] | None = None
) -> EncodedTarget:
    """Encode a column of the cycles; cycles without a value are left out and counted in the log.

    Parameters
    ----------
    cycles : DataFrame
        One row a gait cycle, as ``data.cycles``.
    target : str
        One of its columns, or an alias of one. Numbers with fractions, or of more than 20
        values, are a quantity; everything else is labels.
    classes : sequence, optional
        The labels, in the order of their codes; the sorted labels of `cycles` where None.

    Raises
    ------
    TargetError
        If the column is unknown or empty, or has a label that is not in `classes`.

    Examples
    --------
    >>> cycles = pd.DataFrame({"subject": ["A", "B"], "task": "run", "step": 0, "sex": ["m", "f"]})
    >>> encoded_target(cycles, "sex").values.tolist()
    [1, 0]
    """
    # The target alone: no curve is touched.
    without_curves = np.empty((0, len(cycles), N_PHASES), dtype=np.float32)
    _, y = labelled_cycles(LocomotionData(cycles, without_curves, ()), target)
    rows = np.flatnonzero(cycles[y.name].notna())
    values = y.to_numpy()
    if classes is None and is_quantity(values):
        return EncodedTarget(rows, values.astype(np.float32), None)
    values = values if values.dtype.kind in "biuf" else values.astype(str)
    found = np.unique(values)
    known = found if classes is None else np.asarray(classes)
    codes = pd.Index(known).get_indexer(pd.Index(values))
    if (codes < 0).any():
        raise TargetError(
            expected=f"labels among {', '.join(map(str, known))}",
            got=", ".join(str(label) for label in found if label not in known),
            where=f"target {y.name}",
            fix="leave those cycles out with data.select, or leave `classes` out",
        )
    return EncodedTarget(rows, codes.astype(np.int64), known)

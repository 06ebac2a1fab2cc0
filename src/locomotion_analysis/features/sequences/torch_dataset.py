"""Gait cycles for PyTorch: from memory by position, or from a mapped file in shuffled batches."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.features.sequences.cache import cached_source, measured_curves
from locomotion_analysis.features.sequences.labelled_sequences import (
    SequenceSource,
    labelled_sequences,
)
from locomotion_analysis.standard import N_PHASES

if TYPE_CHECKING:
    from locomotion_analysis.features.sequences.torch_sequences import (
        SequenceDataset,
        SequenceStream,
    )


def to_torch_dataset(
    data: LocomotionData,
    target: str,
    features: Sequence[str] | None = None,
    sequence_length: int = N_PHASES,
    subjects: Sequence[Any] | None = None,
    classes: Sequence[Any] | None = None,
) -> "SequenceDataset":
    """Return the cycles as a PyTorch dataset that copies nothing but the batches asked for.

    An item is a named tuple ``(curves, target, measured)`` of tensors: float32
    (sequence_length, n_channels) with 0 where nothing was measured; int64 code of the label, or
    float32 quantity; bool (n_channels,), whether the curve was measured throughout.
    Worker processes that are forked (the default on Linux up to Python 3.13) share the data;
    spawned ones each get a copy: there, use :func:`stream_torch_dataset`.

    Parameters
    ----------
    data : LocomotionData
        The cycles. Those whose target is missing are left out, with a count in the log.
    target : str
        A column of ``data.cycles``. Numbers with fractions, or of more than 20 values, are a
        quantity; everything else is labels.
    features : sequence of str, optional
        Channels, or aliases of them, in the order wanted; all where None.
    sequence_length : int
        Points a cycle; other than 150, the curves are interpolated linearly, batch by batch.
    subjects : sequence of str, optional
        Subjects to keep; all where None. The labels are numbered over all subjects.
    classes : sequence, optional
        The labels in the order of their codes, for example ``train.classes``; the sorted
        labels of `data` where None.

    Returns
    -------
    SequenceDataset
        With `channels`, `classes`, `groups` (subject of each cycle), `target` and
        `subject_split`.

    Warns
    -----
    LocomotionWarning
        If some of the curves are not fully measured.

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    SchemaError
        If a channel or subject is not in the data, or `sequence_length` is below 2.
    TargetError
        If the target is unknown or empty, or has a label outside `classes`.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    >>> dataset = to_torch_dataset(data, "pathology", ["knee_flexion_angle_ipsi_rad"], 50)
    >>> tuple(dataset[[0, 3, 5]].curves.shape)
    (3, 50, 1)
    """
    require("torch", "deep")
    from locomotion_analysis.features.sequences.torch_sequences import SequenceDataset

    curves = data.block.transpose(1, 0, 2)
    source = SequenceSource(data.cycles, curves, data.channels, measured_curves(curves))
    return SequenceDataset(
        labelled_sequences(source, target, features, sequence_length, subjects, classes)
    )


def stream_torch_dataset(
    path: str | os.PathLike[str],
    target: str,
    features: Sequence[str] | None = None,
    sequence_length: int = N_PHASES,
    subjects: Sequence[Any] | None = None,
    classes: Sequence[Any] | None = None,
    *,
    batch_size: int = 256,
    seed: int | None = 0,
    cache: str | os.PathLike[str] | None = None,
) -> "SequenceStream":
    """Return batches of cycles from a file larger than memory, as a PyTorch iterable dataset.

    The Parquet file or folder is written once, in one streaming pass, to an uncompressed
    memory-mapped cache; batches are copied out of it. An epoch gives every cycle once, in an
    order that depends on `seed` and the epoch alone, whatever the number of workers.
    Use ``DataLoader(stream, batch_size=None, num_workers=...)``, and ``stream.set_epoch(i)``
    before each epoch.

    Parameters
    ----------
    path : path-like
        As for :meth:`LocomotionData.from_parquet`.
    target, features, sequence_length, subjects, classes
        As for :func:`to_torch_dataset`.
    batch_size : int
        Cycles a batch; the last of an epoch may have fewer.
    seed : int or None
        Of the shuffling (by blocks, see
        :func:`~locomotion_analysis.features.sequences.order.epoch_order`); None: no shuffling.
    cache : path-like, optional
        Folder of the cache, 600 bytes a cycle and channel; ``<path>.sequences`` where None. It
        is written anew when the source has changed.

    Returns
    -------
    SequenceStream
        With `channels`, `classes`, `groups`, `target`, `set_epoch` and `subject_split`.

    Raises
    ------
    MissingExtraError, SchemaError, TargetError
        As :func:`to_torch_dataset`.
    DuplicateCycleError
        If two cycles share a key.
    """
    require("torch", "deep")
    from locomotion_analysis.features.sequences.torch_sequences import SequenceStream

    if batch_size < 1:
        raise SchemaError(
            expected="a batch_size of at least 1", got=str(batch_size), where="batch_size"
        )
    source = cached_source(path, cache)
    sequences = labelled_sequences(source, target, features, sequence_length, subjects, classes)
    return SequenceStream(sequences, batch_size, seed)

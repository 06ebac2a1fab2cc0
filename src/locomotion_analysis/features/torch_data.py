"""Gait cycles for PyTorch: from memory by position, or from a mapped file in shuffled batches.

Nothing here imports PyTorch before a dataset is asked for.
"""

import contextlib
import hashlib
import json
import logging
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.parquet import parquet_files
from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError
from locomotion_analysis.extras import require
from locomotion_analysis.features.sequences import encoded_target, resolved_channels
from locomotion_analysis.files import atomic_path, json_text, locked, write_all
from locomotion_analysis.standard import N_PHASES, resample_curves

if TYPE_CHECKING:
    from locomotion_analysis.features.torch_datasets import SequenceDataset, SequenceStream

# Curves of some cycles, wherever they lie, with target, subjects and what was measured


class Curves(Protocol):
    """Curves by cycle: an array or a file, shape (n_cycles, n_channels, 150)."""

    def __getitem__(self, index: Any) -> NDArray[np.float32]:
        """Return some of the curves, as for an ndarray."""


@dataclass(frozen=True)
class SequenceSource:
    """All the cycles there are.

    Attributes
    ----------
    cycles : DataFrame
        One row a gait cycle.
    curves : Curves
        Shape (n_cycles, n_channels, 150), NaN where not measured.
    channels : tuple of str
        Names along the second axis.
    measured : ndarray of bool, shape (n_cycles, n_channels)
        Whether a curve is finite throughout.
    """

    cycles: pd.DataFrame
    curves: Curves
    channels: tuple[str, ...]
    measured: NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledSequences:
    """The cycles chosen from a source, in an order of their own; nothing is copied but batches.

    Attributes
    ----------
    curves, measured
        Of the source, all cycles and channels.
    rows : ndarray of intp, shape (n,)
        The cycles chosen.
    columns : ndarray of intp, shape (n_channels,)
        The channels chosen.
    channels : tuple of str
        Their names.
    target : ndarray of int64 or float32, shape (n,)
    classes : ndarray or None
        Names of the labels; None for a quantity.
    groups : ndarray of object, shape (n,)
        Subject of each cycle.
    length : int
        Points a cycle.
    """

    curves: Curves
    measured: NDArray[np.bool_]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    channels: tuple[str, ...]
    target: NDArray[Any]
    classes: NDArray[Any] | None
    groups: NDArray[Any]
    length: int

    def __len__(self) -> int:
        return len(self.rows)

    def fetch(
        self, positions: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[np.bool_]]:
        """Copy the cycles at `positions`.

        Returns
        -------
        curves : ndarray of float32, shape (n, length, n_channels)
            Points that were not measured are 0.
        target : ndarray, shape (n,)
        measured : ndarray of bool, shape (n, n_channels)
            Whether the curve was measured throughout.
        """
        rows = self.rows[positions]
        chosen = (rows[:, None], self.columns)
        curves = np.ascontiguousarray(self.curves[chosen].transpose(0, 2, 1))
        curves = resample_curves(curves, self.length, axis=1)
        measured = self.measured[chosen]
        if not measured.all():
            curves[~np.isfinite(curves)] = 0.0
        return curves, self.target[positions], measured

    def part(self, positions: NDArray[np.intp]) -> Self:
        """Return the cycles at `positions` alone."""
        return replace(
            self,
            rows=self.rows[positions],
            target=self.target[positions],
            groups=self.groups[positions],
        )

    def subject_parts(self, parts: Sequence[NDArray[np.intp]]) -> list[Self]:
        """Return one set a part, after checking that no two share a subject.

        Raises
        ------
        SplitLeakError
            If a subject has cycles in two parts.
        """
        owner: dict[Any, int] = {}
        for number, positions in enumerate(parts):
            for subject in np.unique(self.groups[positions]):
                if owner.setdefault(subject, number) != number:
                    raise SplitLeakError(
                        expected="every subject in one part alone",
                        got=f"subject {subject} in parts {owner[subject]} and {number}",
                        where="subject_split",
                        fix="split with locomotion_analysis.selection, passing dataset.groups",
                    )
        return [self.part(np.asarray(positions)) for positions in parts]


def labelled_sequences(
    source: SequenceSource,
    target: str,
    features: Sequence[str] | None = None,
    length: int = 150,
    subjects: Sequence[Any] | None = None,
    classes: Sequence[Any] | None = None,
) -> LabelledSequences:
    """Choose the labelled cycles of some subjects, and channels.

    The labels are numbered over all cycles, so that sets of different subjects agree.

    Parameters
    ----------
    source : SequenceSource
        The cycles.
    target, classes
        As for :func:`~locomotion_analysis.features.sequences.encoded_target`.
    features : sequence of str, optional
        Channels, or aliases of them, in the order wanted; all where None.
    length : int
        Points a cycle, at least 2.
    subjects : sequence, optional
        Subjects to keep; all where None.
    """
    if length < 2:
        raise SchemaError(
            expected="a sequence_length of at least 2", got=str(length), where="sequence_length"
        )
    names = source.channels if features is None else resolved_channels(source.channels, features)
    encoded = encoded_target(source.cycles, target, classes)
    groups = source.cycles["subject"].to_numpy(dtype=object)
    everyone = LabelledSequences(
        curves=source.curves,
        measured=source.measured,
        rows=encoded.rows,
        columns=np.array([source.channels.index(name) for name in names]),
        channels=tuple(names),
        target=encoded.values,
        classes=encoded.classes,
        groups=groups[encoded.rows],
        length=length,
    )
    chosen = everyone
    if subjects is not None:
        wanted = {subjects} if isinstance(subjects, str) else {str(name) for name in subjects}
        unknown = wanted - set(groups)
        positions = np.flatnonzero(pd.Series(everyone.groups).isin(list(wanted)))
        if unknown or not len(positions):
            raise SchemaError(
                expected="subjects of this data, with a target",
                got=", ".join(sorted(unknown or wanted)) or "none",
                where="subjects",
                fix="see data.cycles['subject'].unique()",
            )
        chosen = everyone.part(positions)
    counts = [int(np.sum(~chosen.measured[chosen.rows, column])) for column in chosen.columns]
    if any(counts):
        gaps = zip(chosen.channels, counts, strict=True)
        text = ", ".join(f"{name} in {count}" for name, count in gaps if count)
        warnings.warn(
            f"points not measured are 0, and `measured` is False, of {len(chosen)} cycles: {text}",
            LocomotionWarning,
            stacklevel=3,
        )
    return chosen


# Curves of a Parquet file or folder as one memory-mapped array, written once beside it

_logger = logging.getLogger(__name__)

_FORMAT = 1
_BATCH_CYCLES = 1024
_TAIL_BYTES = 1 << 16
_INDEX = "cache.json"
_PARTS = ("curves.npy", "measured.npy", "cycles.arrow")


class MappedCurves:
    """A ``.npy`` file read where it is touched; pickled as its path, never as its values."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._array: NDArray[np.float32] = np.load(path, mmap_mode="r")

    def __getitem__(self, index: Any) -> NDArray[np.float32]:
        chosen: NDArray[np.float32] = self._array[index]
        return chosen

    def __reduce__(self) -> tuple[type["MappedCurves"], tuple[Path]]:
        return MappedCurves, (self._path,)


def cached_source(
    path: str | os.PathLike[str], cache: str | os.PathLike[str] | None = None
) -> SequenceSource:
    """Open the cache of a Parquet file or folder; write it first where there is none.

    The cache is a folder with the curves of all cycles as one uncompressed float32 array of
    shape (n_cycles, n_channels, 150), one cycle after the other, the cycles' metadata, and an
    index that names both and the fingerprint of the source. The index is written last: a cache
    is whole or not there. When the source has changed, the cache is written anew.

    Parameters
    ----------
    path : path-like
        As for :meth:`~locomotion_analysis.LocomotionData.from_parquet`; read in batches, with
        bounded memory.
    cache : path-like, optional
        The folder; ``<path>.sequences`` where None. It takes 600 bytes a cycle and channel.
    """
    folder = Path(f"{Path(path)}.sequences" if cache is None else cache)
    fingerprint = _fingerprint(path)
    channels = _channels(folder, fingerprint)
    if channels is None:
        # Of several programs that train on the same file, one writes and the others wait for it.
        with locked(folder / ".lock", math.inf, required=False):
            channels = _channels(folder, fingerprint)
            if channels is None:
                channels = _write(path, folder, fingerprint)
    with pa.memory_map(str(_part(folder, fingerprint, "cycles.arrow"))) as stream:
        cycles = pa.ipc.open_file(stream).read_all().to_pandas()
    return SequenceSource(
        cycles=cycles,
        curves=MappedCurves(_part(folder, fingerprint, "curves.npy")),
        channels=tuple(channels),
        measured=np.load(_part(folder, fingerprint, "measured.npy")),
    )


def measured_curves(curves: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which curves are finite throughout, (n_cycles, n_channels), some cycles at a time."""
    measured = np.empty(curves.shape[:2], dtype=bool)
    for start in range(0, len(curves), _BATCH_CYCLES):
        some = slice(start, start + _BATCH_CYCLES)
        np.all(np.isfinite(curves[some]), axis=2, out=measured[some])
    return measured


def _write(path: str | os.PathLike[str], folder: Path, fingerprint: str) -> list[str]:
    """Write the cache, and return the names of its channels."""
    first = (next(LocomotionData.scan(file, 1)) for file in parquet_files(path))
    channels = list(dict.fromkeys(name for data in first for name in data.channels))
    folder.mkdir(parents=True, exist_ok=True)
    with _atomic_stream(_part(folder, fingerprint, "curves.npy")) as stream:
        cycles, measured = _write_curves(stream, path, channels)
    with _atomic_stream(_part(folder, fingerprint, "measured.npy")) as stream:
        np.save(stream, measured)
    table = pa.Table.from_pandas(cycles, preserve_index=False)
    with _atomic_stream(_part(folder, fingerprint, "cycles.arrow")) as stream:
        writer = pa.ipc.new_file(stream, table.schema)
        writer.write_table(table)
        writer.close()
    index = {"fingerprint": fingerprint, "channels": channels}
    write_all({folder / _INDEX: json_text(index)})
    for name in _PARTS:
        for older in folder.glob(f"*-{name}"):
            if not older.name.startswith(fingerprint):
                with contextlib.suppress(OSError):  # Windows keeps a file that is still read
                    older.unlink()
    return channels


@contextlib.contextmanager
def _atomic_stream(path: Path) -> Iterator[BinaryIO]:
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        yield stream


def _write_curves(
    stream: BinaryIO, path: str | os.PathLike[str], channels: list[str]
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Append the curves batch by batch; return the cycles and what was measured."""
    # NumPy pads the header for a first axis of any length, so it can be rewritten in place.
    _write_header(stream, 0, len(channels))
    start = stream.tell()
    known, measured = [], []
    for batch in LocomotionData.scan(path, _BATCH_CYCLES):
        curves = np.full((len(batch), len(channels), N_PHASES), np.nan, dtype=np.float32)
        for index, name in enumerate(channels):
            if name in batch.channels:
                curves[:, index] = batch.curves(name)
        stream.write(curves.data)
        measured.append(measured_curves(curves))
        without_curves = np.empty((0, len(batch), N_PHASES), dtype=np.float32)
        known.append(LocomotionData(batch.cycles, without_curves, (), batch.history))
    everything = LocomotionData.concat(known)
    stream.seek(0)
    _write_header(stream, len(everything), len(channels))
    if stream.tell() != start:  # pragma: no cover - a promise of NumPy's format
        raise AssertionError("the header of the .npy file changed its length")
    for entry in everything.history:
        _logger.info("%s: %s", path, entry)
    return everything.cycles, np.concatenate(measured)


def _write_header(stream: BinaryIO, n_cycles: int, n_channels: int) -> None:
    shape = (n_cycles, n_channels, N_PHASES)
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)  # type: ignore[no-untyped-call]


def _fingerprint(path: str | os.PathLike[str]) -> str:
    """Return a hash of each file's name, size, time of change and last bytes (its footer)."""
    digest = hashlib.sha256(f"{_FORMAT}".encode())
    for file in parquet_files(path):
        facts = file.stat()
        digest.update(f"{file.name} {facts.st_size} {facts.st_mtime_ns}".encode())
        with file.open("rb") as stream:
            stream.seek(max(0, facts.st_size - _TAIL_BYTES))
            digest.update(stream.read())
    return digest.hexdigest()[:16]


def _channels(folder: Path, fingerprint: str) -> list[str] | None:
    """Return the names of a cache's channels; None where it is not whole, or of another source."""
    try:
        index: dict[str, Any] = json.loads((folder / _INDEX).read_text())
    except FileNotFoundError:
        return None
    parts = (_part(folder, fingerprint, name) for name in _PARTS)
    if index.get("fingerprint") != fingerprint or not all(part.is_file() for part in parts):
        return None
    channels: list[str] = index["channels"]
    return channels


def _part(folder: Path, fingerprint: str, name: str) -> Path:
    return folder / f"{fingerprint}-{name}"


# Gait cycles for PyTorch


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
    from locomotion_analysis.features.torch_datasets import SequenceDataset

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
        As for :meth:`~locomotion_analysis.LocomotionData.from_parquet`.
    target, features, sequence_length, subjects, classes
        As for :func:`to_torch_dataset`.
    batch_size : int
        Cycles a batch; the last of an epoch may have fewer.
    seed : int or None
        Of the shuffling (by blocks, see
        :func:`~locomotion_analysis.features.sequences.epoch_order`); None: no shuffling.
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
    from locomotion_analysis.features.torch_datasets import SequenceStream

    if batch_size < 1:
        raise SchemaError(
            expected="a batch_size of at least 1", got=str(batch_size), where="batch_size"
        )
    source = cached_source(path, cache)
    sequences = labelled_sequences(source, target, features, sequence_length, subjects, classes)
    return SequenceStream(sequences, batch_size, seed)

"""Curves of a Parquet file or folder as one memory-mapped array, written once beside it."""

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.files import parquet_files
from locomotion_analysis.features.sequences.labelled_sequences import SequenceSource
from locomotion_analysis.files import atomic_path, json_text, write_all
from locomotion_analysis.standard import N_PHASES

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
        As for :meth:`LocomotionData.from_parquet`; read in batches, with bounded memory.
    cache : path-like, optional
        The folder; ``<path>.sequences`` where None. It takes 600 bytes a cycle and channel.
    """
    folder = Path(f"{Path(path)}.sequences" if cache is None else cache)
    fingerprint = _fingerprint(path)
    if not _is_whole(folder, fingerprint):
        _write(path, folder, fingerprint)
    with pa.memory_map(str(_part(folder, fingerprint, "cycles.arrow"))) as stream:
        cycles = pa.ipc.open_file(stream).read_all().to_pandas()
    return SequenceSource(
        cycles=cycles,
        curves=MappedCurves(_part(folder, fingerprint, "curves.npy")),
        channels=tuple(_index(folder)["channels"]),
        measured=np.load(_part(folder, fingerprint, "measured.npy")),
    )


def measured_curves(curves: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which curves are finite throughout, (n_cycles, n_channels), some cycles at a time."""
    measured = np.empty(curves.shape[:2], dtype=bool)
    for start in range(0, len(curves), _BATCH_CYCLES):
        some = slice(start, start + _BATCH_CYCLES)
        np.all(np.isfinite(curves[some]), axis=2, out=measured[some])
    return measured


def _write(path: str | os.PathLike[str], folder: Path, fingerprint: str) -> None:
    channels = _all_channels(path)
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
    _remove_older(folder, fingerprint)


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
        curves = _by_cycle(batch, channels)
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


def _by_cycle(batch: LocomotionData, channels: list[str]) -> NDArray[np.float32]:
    curves = np.full((len(batch), len(channels), N_PHASES), np.nan, dtype=np.float32)
    for index, name in enumerate(channels):
        if name in batch.channels:
            curves[:, index] = batch.curves(name)
    return curves


def _write_header(stream: BinaryIO, n_cycles: int, n_channels: int) -> None:
    shape = (n_cycles, n_channels, N_PHASES)
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)  # type: ignore[no-untyped-call]


def _all_channels(path: str | os.PathLike[str]) -> list[str]:
    """Return the channels of all files, in order of appearance."""
    first = (next(LocomotionData.scan(file, 1)) for file in parquet_files(path))
    return list(dict.fromkeys(name for data in first for name in data.channels))


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


def _index(folder: Path) -> dict[str, Any]:
    try:
        index: dict[str, Any] = json.loads((folder / _INDEX).read_text())
    except FileNotFoundError:
        return {}
    return index


def _is_whole(folder: Path, fingerprint: str) -> bool:
    return _index(folder).get("fingerprint") == fingerprint and all(
        _part(folder, fingerprint, name).is_file() for name in _PARTS
    )


def _part(folder: Path, fingerprint: str, name: str) -> Path:
    return folder / f"{fingerprint}-{name}"


def _older(folder: Path, fingerprint: str) -> Iterator[Path]:
    for name in _PARTS:
        yield from (p for p in folder.glob(f"*-{name}") if not p.name.startswith(fingerprint))


def _remove_older(folder: Path, fingerprint: str) -> None:
    for path in _older(folder, fingerprint):
        with contextlib.suppress(OSError):  # Windows keeps a file that someone still reads
            path.unlink()
